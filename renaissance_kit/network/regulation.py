"""Reads which metabolites inhibit or activate which reactions.

A folder may hold ``regulation.csv``, which is read with the network, and others beside it,
``regulation_NAME.csv``, which are read in its place when they are asked for by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.tables import Row, each
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.network.records import Metabolite, Reaction, Regulation
from renaissance_kit.network.tables import REGULATION_TABLE

NONE = "none"


def regulations(folder: str | Path) -> tuple[str, ...]:
    """Names of the tables ``regulation_NAME.csv`` in a folder.

    >>> from renaissance_kit.core import example_folder
    >>> from renaissance_kit.network import regulations
    >>> regulations(example_folder("tiny"))
    ()
    """
    paths = sorted(Path(folder).expanduser().glob("regulation_*.csv"))
    return tuple(path.stem.removeprefix("regulation_") for path in paths)


def regulation_rows(folder: Path, name: str) -> list[Row]:
    """Rows of a table of regulation in a folder.

    Args:
        name: empty for ``regulation.csv`` if it is there, ``none`` for no regulation, else that of
            ``regulation_NAME.csv``.

    Raises:
        DataError: there is no such table, or it has mistakes.
    """
    if name == NONE:
        return []
    if name and name not in regulations(folder):
        there = regulations(folder)
        raise DataError(
            f"{folder} has no regulation_{name}.csv{nearest(name, there)} "
            f"{'It has: ' + ', '.join(there) if there else 'It has no such table'}; 'none' is for "
            "no regulation"
        )
    if name:
        return REGULATION_TABLE.read(folder / f"regulation_{name}.csv")
    return REGULATION_TABLE.read_if_there(folder)


def regulated(
    reactions: Mapping[str, Reaction], metabolites: Mapping[str, Metabolite], rows: list[Row]
) -> dict[str, Reaction]:
    """Put the modifiers of a table into the reactions.

    Raises:
        DataError: a row does not fit the network.
    """
    found = each(rows, lambda row: _regulation(row, reactions, metabolites))
    out = dict(reactions)
    named: dict[str, Row] = {}
    for row, (reaction, regulation) in zip(rows, found, strict=True):
        for constant, _ in MODIFIERS[regulation.kind].constants:
            full = f"{reaction}:{regulation.metabolite}:{constant}"
            if full in named:
                raise row.error(
                    f"{named[full]['kind']} in line {named[full].line} has the constant {constant} "
                    "too; keep one row, or write mixed_inhibition for both ways of inhibition"
                )
            named[full] = row
        modifiers = (*out[reaction].modifiers, regulation)
        out[reaction] = replace(out[reaction], modifiers=modifiers)
    return out


def _regulation(
    row: Row, reactions: Mapping[str, Reaction], metabolites: Mapping[str, Metabolite]
) -> tuple[str, Regulation]:
    reaction, metabolite = row["reaction"], row["metabolite"]
    if reaction not in reactions:
        raise row.error(
            f"reaction {reaction!r} is not in reactions.csv{nearest(reaction, reactions)} "
            "Correct it or remove the row"
        )
    if not reactions[reaction].kinetic:
        raise row.error(
            f"{reaction} has no rate law (its role is {reactions[reaction].role}), so nothing to "
            "inhibit or activate; remove the row"
        )
    if metabolite not in metabolites:
        raise row.error(
            f"metabolite {metabolite!r} is not in metabolites.csv"
            f"{nearest(metabolite, metabolites)} Correct it or remove the row"
        )
    if metabolites[metabolite].role == "water":
        raise row.error("water has no concentration here and cannot regulate; remove the row")
    return reaction, Regulation(metabolite, row["kind"], row["source"])
