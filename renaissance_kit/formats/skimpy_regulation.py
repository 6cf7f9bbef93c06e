"""Lists of regulation as SKiMpy's ``load_enzyme_regulation`` takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from renaissance_kit.core.columns import Column
from renaissance_kit.core.errors import DataError
from renaissance_kit.core.tables import Table
from renaissance_kit.formats.skimpy_reactions import merged
from renaissance_kit.network.records import Reaction, Regulation

KINDS = {
    "competitive inhibition": "competitive_inhibition",
    "inhibition": "inhibition",
    "activation": "activation",
}
SKIMPY_REGULATION_TABLE = Table(
    "a list of regulation",
    (
        Column("reaction_id", filled=True),
        Column("regulator", filled=True),
        Column("regulation", words=tuple(KINDS), filled=True),
    ),
    repeats=True,
)


def read_regulation(
    path: str | Path,
    reactions: Mapping[str, Reaction],
    metabolites: Mapping[str, str],
    rename: Callable[[str], str],
    activation: str,
) -> tuple[dict[str, Reaction], int]:
    """Put a list of regulation into reactions; rows of others are passed by.

    Such lists are made for a larger network than one model has. Competitive inhibitors of a
    reaction keep the order of the rows: their constants in parameter sets are numbered so. A row
    that stands again, as rows of published lists do, is one regulator.

    Args:
        reactions: by id in the network.
        metabolites: roles by id in the network.
        rename: id in the list → id in the network.
        activation: kind of modifier that an activation is.

    Returns:
        The reactions, and how many rows were passed by.

    Raises:
        DataError: mistakes in the table, or a row that says what the model says already.
    """
    path = Path(path).expanduser()
    rows = SKIMPY_REGULATION_TABLE.read(path)
    kinds = {**KINDS, "activation": activation}
    found: dict[str, list[tuple[str, str]]] = {}
    passed = 0
    for row in rows:
        reaction, metabolite = rename(row["reaction_id"]), rename(row["regulator"])
        if reaction not in reactions or metabolite not in metabolites:
            passed += 1
            continue
        if reactions[reaction].modifiers:
            raise DataError(
                f"{path.name}, line {row.line}: the model's file names regulators of {reaction} "
                "already; leave the list away, or take them out of the model's file"
            )
        found.setdefault(reaction, []).append((metabolite, kinds[row["regulation"]]))
    out = dict(reactions)
    for reaction, modifiers in found.items():
        regulations = tuple(Regulation(m, kind, path.name) for m, kind in merged(modifiers))
        out[reaction] = replace(out[reaction], modifiers=regulations)
    return out, passed
