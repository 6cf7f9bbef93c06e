"""What figures of an organism show and how they call it: the optional table ``figures.csv``.

These are choices of presentation, not data: no number depends on them. Without the table, figures
show what every network has, under its ids.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from renaissance_kit.core.errors import nearest
from renaissance_kit.core.tables import Row, each
from renaissance_kit.network.records import Compartment, Metabolite, Reaction
from renaissance_kit.network.tables import LABEL_KINDS, LABEL_TABLE

GROWTH_RATE = "growth"
LONGEST = 28  # letters of a name in a figure
Labels = Mapping[str, Mapping[str, str]]


def read_labels(
    folder: Path, metabolites: Mapping[str, Metabolite], reactions: Mapping[str, Reaction]
) -> Labels:
    """Labels by kind and id, in the order of the table.

    Args:
        folder: data folder; an empty table where there is no ``figures.csv``.
        metabolites, reactions: what the ids may be.

    Raises:
        DataError: unknown kind or id, a row without label, or one that stands twice.
    """
    labels: dict[str, dict[str, str]] = {kind: {} for kind in LABEL_KINDS}
    dynamic = [m.id for m in metabolites.values() if m.role == "dynamic"]
    known: dict[str, Collection[str]] = {
        "flux": reactions,
        "ratio": reactions,
        "variable": (GROWTH_RATE, *dynamic),
        "km": reactions,
        "inside": [m.id for m in metabolites.values() if m.role != "water"],
        "name": metabolites,
        "pathway": list(dict.fromkeys(r.subsystem for r in reactions.values())),
    }

    def check(row: Row) -> None:
        kind = row["kind"]
        above, below = ratio_of(row["id"], row) if kind == "ratio" else ((row["id"],), ())
        for name in (*above, *below):
            if name not in known[kind]:
                raise row.error(f"{name!r} is unknown{nearest(name, known[kind])}")
        labels[kind][row["id"]] = row["label"]

    each(LABEL_TABLE.read_if_there(folder), check)
    return labels


def substance(name: str) -> str:
    """A name in running text, without the prefix of its stereoisomer.

    >>> substance("L-Tryptophan"), substance("alpha-D-Ribose 5-phosphate"), substance("ATP")
    ('tryptophan', 'ribose 5-phosphate', 'ATP')
    """
    plain = re.sub(r"^(?:alpha-|beta-)?[DL]-", "", name)
    return re.sub(r"^[\d,()-]*[A-Z](?=[a-z])", lambda start: start[0].lower(), plain)


def names_for_readers(
    metabolites: Mapping[str, Metabolite],
    compartments: Mapping[str, Compartment],
    labels: Labels,
) -> dict[str, str]:
    """What figures and sentences call each metabolite: ``acetate (cytosol)``.

    A short name that ``figures.csv`` gives goes before the one of ``metabolites.csv``; a substance
    whose name is longer than `LONGEST` keeps its id.
    """
    kinds = ("inside", "variable", "name")
    called = {m: text for kind in kinds for m, text in labels.get(kind, {}).items()
              if m in metabolites}  # fmt: skip
    short = {metabolites[m].base: text for m, text in called.items()}
    names = {}
    for m in metabolites.values():
        name = short.get(m.base) or substance(m.name)
        if not name or len(name) > LONGEST:
            name = m.base
        place = compartments[m.compartment].name or m.compartment
        names[m.id] = f"{name} ({place})"
    return names


def constants_for_readers(
    constants: Iterable[str], reactions: Mapping[str, Reaction], names: Mapping[str, str]
) -> dict[str, str]:
    """What figures call each constant: ``PYK, pyruvate`` for ``PYK:pyr_c``.

    The compartment stands there where the reaction goes through a membrane, ``Ki`` and its like
    where it is no Michaelis constant.

    Args:
        constants: as `renaissance_kit.Network.km_names` lists them.
        names: of the metabolites, with their compartments.
    """
    called = {}
    for constant in constants:
        reaction, metabolite, *kind = constant.split(":")
        places = {names[m].rpartition(" (")[2] for m in reactions[reaction].stoichiometry}
        name = names[metabolite] if len(places) > 1 else names[metabolite].rpartition(" (")[0]
        called[constant] = ", ".join([reaction, name, *kind])
    return called


def ratio_of(text: str, row: Row | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Reactions above and below the line of a ratio of fluxes.

    >>> ratio_of("ICL : ICL + ICDHyr")
    (('ICL',), ('ICL', 'ICDHyr'))
    """
    above, colon, below = text.partition(":")
    sides = [tuple(t.strip() for t in side.split(" + ") if t.strip()) for side in (above, below)]
    if row is not None and not (colon and all(sides)):
        raise row.error("write a ratio of fluxes as 'A : A + B'")
    return sides[0], sides[1]
