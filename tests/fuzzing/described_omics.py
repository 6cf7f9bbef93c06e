"""Tables of genes and proteins, as `docs/omics.md` describes them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .described import ITS_SOURCE, SOURCE, Names
from .tables import Column, Row, Table, number, one_of, positive, text


def rules(names: Names) -> Mapping[str, str]:
    """Gene rule of each reaction that has one."""
    return {r["id"]: r.get("gpr") or "" for r in names.tables["reactions"] if r.get("gpr")}


def genes(names: Names) -> set[str]:
    """Genes that the rules name."""
    words = {w for rule in rules(names).values() for w in re.findall(r"[^\s()]+", rule)}
    return words - {"and", "or"}


def some_gene(names: Names) -> Callable[[Sequence[Row]], str | None]:
    """A gene of the network stands in every condition."""
    known = genes(names)

    def whole(rows: Sequence[Row]) -> str | None:
        found = defaultdict(set)
        for cells in rows:
            found[cells["condition"]] |= {cells["gene"]} & known
        return next((f"no gene of the network in {c}" for c in found if not found[c]), None)

    return whole


def expression(names: Names) -> Table:
    return Table(
        (
            Column("gene", text, filled=True), Column("condition", text, filled=True),
            Column("level", number(0, 1e8), filled=True), SOURCE,
        ),
        key=("gene", "condition"), whole=some_gene(names), rowwise=False,
    )  # fmt: skip


def proteins(names: Names) -> Table:
    known = genes(names)

    def whole(rows: Sequence[Row]) -> str | None:
        masses = defaultdict(set)
        for cells in rows:
            if cells["gene"] in known and cells.get("molar_mass_g_mol") is not None:
                masses[cells["gene"]].add(cells["molar_mass_g_mol"])
        if any(len(found) > 1 for found in masses.values()):
            return "two masses"
        return None if {cells["gene"] for cells in rows} & known else "no gene of the network"

    return Table(
        (
            Column("gene", text, filled=True), Column("condition", text, filled=True),
            Column("protein_uM", number(0, 1e6), filled=True),
            Column("molar_mass_g_mol", number(100, 1e7, above=100), needed=False), ITS_SOURCE,
        ),
        key=("gene", "condition"), whole=whole, rowwise=False,
    )  # fmt: skip


def turnovers(names: Names) -> Table:
    of = rules(names)

    def row(cells: Row) -> str | None:
        enzyme: Any = cells.get("enzyme")
        made = {e.replace(" and ", "+") for e in of[cells["reaction"]].split(" or ")}
        return None if enzyme is None or enzyme.replace(" ", "") in made else "no such enzyme"

    return Table(
        (
            Column("reaction", one_of([r for r in names.kinetic if r in of]), filled=True),
            Column("enzyme", text, needed=False), Column("kcat_per_s", positive(1e8), filled=True),
            Column("kcat_reverse_per_s", positive(1e8), needed=False), ITS_SOURCE,
        ),
        key=("reaction", "enzyme"), row=row, rowwise=False,
    )  # fmt: skip
