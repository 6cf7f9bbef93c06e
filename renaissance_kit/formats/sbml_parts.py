"""Pieces of an SBML document: ids, units, formulas, annotations.

SBML Level 3 Version 2 core (Hucka et al. 2019 J Integr Bioinform 16:20190021).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

import libsbml

from renaissance_kit.core.errors import DataError

NAMESPACE = "urn:renaissance-kit:sbml:1"
"""XML namespace of what SBML itself has no place for."""

_IDENTIFIERS = "https://identifiers.org/"
_KNOWN = {
    "bigg.metabolite": re.compile(r"[A-Za-z0-9_]+"),
    "bigg.reaction": re.compile(r"[A-Za-z0-9_]+"),
    "seed.compound": re.compile(r"cpd[0-9]+"),
    "ec-code": re.compile(r"[0-9]+\.(-\.-\.-|[0-9]+\.(-\.-|[0-9]+\.(-|n?[0-9]+)))"),
}


def done(status: int, what: str) -> None:
    """Raise DataError where libSBML refuses something, which it says by a number."""
    if status not in (None, libsbml.LIBSBML_OPERATION_SUCCESS):
        reason = libsbml.OperationReturnValue_toString(status)
        raise DataError(f"SBML cannot hold {what}: libSBML says {reason.strip()}")


class Ids:
    """Safe ids, each given once.

    >>> ids = Ids()
    >>> ids.new("M_2pg-c"), ids.new("M_2pg_c")
    ('M_2pg_c', 'M_2pg_c_2')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, text: str) -> str:
        """An id of letters, digits and underscores that begins with no digit."""
        plain = re.sub(r"[^A-Za-z0-9_]", "_", text)
        plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        found, number = plain, 1
        while found in self._taken:
            number += 1
            found = f"{plain}_{number}"
        self._taken.add(found)
        return found


class Units:
    """Units of a model, made when they are first asked for.

    A unit is (mmol, litre, hour, gram) exponents; ``mM`` is (1, −1, 0, 0).
    """

    def __init__(self, model: libsbml.Model) -> None:
        self._model = model
        self._made: dict[tuple[float, ...], str] = {}

    def id(self, mmol: float = 0, litre: float = 0, hour: float = 0, gram: float = 0) -> str:
        """Id of the unit."""
        key = (mmol, litre, hour, gram)
        if not any(key):
            return "dimensionless"
        if key not in self._made:
            self._made[key] = self._make(key)
        return self._made[key]

    def of_mM(self, power: float, *, per_hour: bool = False) -> str:
        """Id of mM to a power, and per hour."""
        return self.id(power, -power, -1.0 if per_hour else 0.0)

    def _make(self, key: tuple[float, ...]) -> str:
        names = zip(("mmol", "litre", "hour", "gram"), key, strict=True)
        parts = [
            ("per_" if n < 0 else "") + name + (f"_{abs(n):g}" if abs(n) != 1 else "")
            for name, n in names if n
        ]  # fmt: skip
        unit = self._model.createUnitDefinition()
        name = "_".join(parts).replace(".", "p").replace("-", "m").replace("+", "")
        # the names of base units are SBML's own; a definition may not take them
        found = f"{name}_unit" if libsbml.UnitKind_isValidUnitKindString(name, 3, 2) else name
        done(unit.setId(found), f"the unit {found}")
        kinds = (
            (libsbml.UNIT_KIND_MOLE, -3, 1.0), (libsbml.UNIT_KIND_LITRE, 0, 1.0),
            (libsbml.UNIT_KIND_SECOND, 0, 3600.0), (libsbml.UNIT_KIND_GRAM, 0, 1.0),
        )  # fmt: skip
        for (kind, scale, multiplier), exponent in zip(kinds, key, strict=True):
            if exponent:
                part = unit.createUnit()
                part.setKind(kind)
                part.setScale(scale)
                part.setMultiplier(multiplier)
                part.setExponent(float(exponent))
        return found


def math_of(text: str, model: libsbml.Model) -> libsbml.ASTNode:
    """A formula as libSBML holds it; its plain numbers are without dimension."""
    settings = libsbml.L3ParserSettings()
    settings.setModel(model)  # ids of the model go before constants such as pi
    node = libsbml.parseL3FormulaWithSettings(text, settings)
    if node is None:
        raise DataError(f"SBML cannot hold the formula {text}: {libsbml.getLastParseL3Error()}")
    _walk(node, lambda n: n.setUnits("dimensionless") if n.isNumber() else None)
    return node


def _walk(node: libsbml.ASTNode, visit: Callable[[Any], Any]) -> None:
    visit(node)
    for i in range(node.getNumChildren()):
        _walk(node.getChild(i), visit)


def refer(element: Any, database: str, names: Iterable[str], *, version: bool = False) -> None:
    """Annotate an element with entries of a database; what is no entry there is passed over."""
    good = [name for name in names if _KNOWN[database].fullmatch(name)]
    if not good:
        return
    term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
    kind = libsbml.BQB_IS_VERSION_OF if version else libsbml.BQB_IS
    term.setBiologicalQualifierType(kind)
    for name in good:
        term.addResource(f"{_IDENTIFIERS}{database}:{name}")
    element.addCVTerm(term)


def notes_of(*paragraphs: str) -> str:
    """Notes as XHTML."""
    lines = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return f'<body xmlns="http://www.w3.org/1999/xhtml">{lines}</body>'


def parameter(
    model: libsbml.Model, name: str, value: float, unit: str, label: str, sbo: str = ""
) -> libsbml.Parameter:
    """Add a constant parameter."""
    made = model.createParameter()
    done(made.setId(name), f"the id {name}")
    made.setMetaId(f"meta_{name}")
    made.setName(label)
    made.setValue(value)
    made.setUnits(unit)
    made.setConstant(True)
    if sbo:
        made.setSBOTerm(sbo)
    return made


def plain_id(name: str) -> str:
    """An id without the letter that SBML of metabolic models puts before it.

    >>> plain_id("M_atp_c"), plain_id("R_PFK"), plain_id("Mn_c")
    ('atp_c', 'PFK', 'Mn_c')
    """
    return name[2:] if name[:2] in ("M_", "R_") and len(name) > 2 else name
