"""The formula of a molecule, read and written, and one side of the equation of a reaction."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from renaissance_kit.core.errors import nearest
from renaissance_kit.core.tables import Row

_TERM = re.compile(
    r"(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s+)?(?P<name>[A-Za-z0-9_]+)"
)
_ELEMENT = re.compile(r"([A-Z][a-z]?)([0-9]*)")


def formula_text(formula: Mapping[str, int]) -> str:
    """A formula as it is written; `parse_formula` reads it back.

    >>> formula_text({"C": 6, "H": 12, "O": 1})
    'C6H12O'
    """
    return "".join(f"{e}{n if n != 1 else ''}" for e, n in formula.items())


def is_proton(formula: Mapping[str, int]) -> bool:
    """Whether a formula is that of a proton, whose concentration the pH fixes."""
    return dict(formula) == {"H": 1}


def is_water(formula: Mapping[str, int]) -> bool:
    """Whether a formula is that of water."""
    return dict(formula) == {"H": 2, "O": 1}


def parse_terms(text: str, row: Row, known: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """Parse ``"2 adp_c + pi_c"`` into ``(("adp_c", 2.0), ("pi_c", 1.0))``.

    Raises:
        DataError: a term that is not ``number metabolite``, an unknown metabolite, one given
            twice, or a coefficient that is not positive.
    """
    known = set(known)
    terms: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(" + "))):
        match = _TERM.fullmatch(part)
        if not match:
            raise row.error(f"cannot read the term {part!r}; write '2 adp_c' or 'adp_c'")
        name, coefficient = match["name"], float(match["number"] or 1)
        if name not in known:
            raise row.error(f"metabolite {name!r} is not in metabolites.csv{nearest(name, known)}")
        if name in terms:
            raise row.error(f"metabolite {name!r} stands twice on one side; add the coefficients")
        if not 0 < coefficient < math.inf:
            raise row.error(f"the coefficient of {name} is {coefficient:g}; it must be positive")
        terms[name] = coefficient
    return tuple(terms.items())


def parse_formula(formula: str, row: Row) -> dict[str, int]:
    """Parse ``"C6H12O6"`` into ``{"C": 6, "H": 12, "O": 6}``.

    Raises:
        DataError: anything but element symbols and counts.
    """
    if not re.fullmatch(r"(?:[A-Z][a-z]?[0-9]*)+", formula):
        raise row.error(f"cannot read the formula {formula!r}; write element symbols and counts")
    counts: dict[str, int] = {}
    for element, count in _ELEMENT.findall(formula):
        counts[element] = counts.get(element, 0) + int(count or 1)
    return counts
