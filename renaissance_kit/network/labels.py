"""What figures of an organism show and how they call it: the optional table ``figures.csv``.

These are choices of presentation, not data: no number depends on them. Without the table, figures
show what every network has, under its ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from renaissance_kit.core.errors import nearest
from renaissance_kit.core.tables import Row, read_table
from renaissance_kit.network.records import Metabolite, Reaction

FILE = "figures.csv"
GROWTH_RATE = "growth"
KINDS = ("flux", "ratio", "variable", "inside", "km", "pathway")
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
    labels: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    path = folder / FILE
    if not path.is_file():
        return labels
    dynamic = [m.id for m in metabolites.values() if m.role == "dynamic"]
    known: dict[str, Collection[str]] = {
        "flux": reactions,
        "ratio": reactions,
        "variable": (GROWTH_RATE, *dynamic),
        "km": reactions,
        "inside": [m.id for m in metabolites.values() if m.role != "water"],
        "pathway": list(dict.fromkeys(r.subsystem for r in reactions.values())),
    }
    for row in read_table(path, ("kind", "id", "label"), key=("kind", "id")):
        kind = row["kind"]
        if kind not in KINDS:
            raise row.error(f"unknown kind {kind!r}{nearest(kind, KINDS)}")
        above, below = ratio_of(row["id"], row) if kind == "ratio" else ((row["id"],), ())
        for name in (*above, *below):
            if name not in known[kind]:
                raise row.error(f"{name!r} is unknown{nearest(name, known[kind])}")
        if not row["label"]:
            raise row.error("no label; write the text that figures show")
        labels[kind][row["id"]] = row["label"]
    return labels


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
