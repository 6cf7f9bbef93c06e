"""The tables of a data folder, and those that users bring, as `data/README.md` describes them.

Ranges are wide: what lies outside of them is no quantity of nature. The kit's own may be narrower.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from .tables import (
    Column,
    Row,
    Table,
    equation,
    formula,
    gene_rule,
    identifier,
    number,
    numbers,
    one_of,
    positive,
    proton_terms,
    terms,
    text,
    within,
    yes_no,
)

FLUX = ENERGY = 1e6
LOG_DISPLACEMENT = 1e4
MM = 1e5  # pure water is 55,500 mM
HOURS = 1e6
KINETIC = ("kinetic", "growth")
NO_KM = ("reversible_mass_action",)
GENERAL = ("every_flux", "total_flux", "driving_force", "measured_fold", "pool", "turnover_time")


@dataclass(frozen=True)
class Names:
    """Ids of a folder, read from its unchanged tables with the csv module."""

    tables: Mapping[str, Sequence[Mapping[str, str]]]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Names:
        """Read all tables of a folder."""
        return cls(
            {
                name.removesuffix(".csv"): list(
                    csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
                )
                for name, content in files.items()
                if name.endswith(".csv")
            }
        )

    def ids(self, table: str, **where: Collection[str]) -> tuple[str, ...]:
        """Ids of the rows whose cells are among some values."""
        return tuple(
            row["id"]
            for row in self.tables.get(table, ())
            if all(row[column] in values for column, values in where.items())
        )

    @property
    def species(self) -> tuple[str, ...]:
        """Metabolites that stand in the kinetics."""
        return self.ids("metabolites", role=("dynamic", "constant"))

    @property
    def kinetic(self) -> tuple[str, ...]:
        """Reactions with a rate law."""
        return self.ids("reactions", role=KINETIC)

    @property
    def growth(self) -> tuple[str, ...]:
        """The growth reaction, if there is one."""
        return self.ids("reactions", role=("growth",))

    @property
    def medium(self) -> tuple[str, ...]:
        """Metabolites outside the cell."""
        outside = self.ids("compartments", role=("medium",))
        return self.ids("metabolites", role=("constant",), compartment=outside)

    def mentions(self, word: str, *, but: str) -> bool:
        """Whether a cell of another table names an id."""
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        return any(
            pattern.search(cell or "")
            for name, rows in self.tables.items()
            if name != but
            for row in rows
            for column, cell in row.items()
            if column not in ("source", "note", "name")
        )

    def defines(self, table: str) -> Callable[[Sequence[Row]], str | None]:
        """All ids of a table that other tables name must stay in it."""
        wanted = [i for i in self.ids(table) if self.mentions(i, but=table)]

        def check(rows: Sequence[Row]) -> str | None:
            there = {row["id"] for row in rows}
            gone = [i for i in wanted if i not in there]
            return f"{gone[0]} is gone, and other tables name it" if gone else None

        return check


SOURCE = Column("source", text, filled=True, used=False)
ITS_SOURCE = Column("source", text, filled=True)


def metabolites(names: Names) -> Table:
    places = names.ids("compartments")
    outside = names.ids("compartments", role=("medium",))

    def row(cells: Row) -> str | None:
        dynamic_outside = cells["role"] == "dynamic" and cells["compartment"] in outside
        return "a dynamic metabolite of the medium" if dynamic_outside else None

    return Table(
        (
            Column("id", identifier, filled=True), Column("name", text), Column("formula", formula),
            Column("charge", number(-1000, 1000)),
            Column("compartment", one_of(places), filled=True),
            Column("role", one_of(("dynamic", "constant", "water")), filled=True),
            Column("currency", yes_no), Column("dgf0_kJ_mol", number(-ENERGY, ENERGY)),
            Column("dgf0_error_kJ_mol", number(0, ENERGY)), Column("n_h", number(0, 1e5)),
            Column("pka", numbers(-1e3, 1e3)), Column("seed_id", text), ITS_SOURCE,
        ),
        key=("id",), row=row, whole=names.defines("metabolites"),
    )  # fmt: skip


def reactions(names: Names) -> Table:
    known = names.ids("metabolites")
    laws = {row["rate_law"] for row in names.tables["reactions"]} - {""}
    laws |= {"reversible_michaelis_menten", "irreversible_michaelis_menten", "convenience"}
    laws |= {"generalized_reversible_hill", "reversible_mass_action", "uni_bi_reversible_hill"}
    laws |= {"bi_uni_reversible_hill"}
    roles = (*KINETIC, "water_transport", "exchange")
    gone = names.defines("reactions")

    def whole(rows: Sequence[Row]) -> str | None:
        growing = sum(row["role"] == "growth" for row in rows)
        return "two growth reactions" if growing > 1 else gone(rows)

    def row(cells: Row) -> str | None:
        if (cells["role"] in KINETIC) != (cells["rate_law"] is not None):
            return "a role that does not go with the rate law"
        return None

    return Table(
        (
            Column("id", identifier, filled=True), Column("name", text),
            Column("equation", equation(known), filled=True), Column("subsystem", text),
            Column("transport", text, needed=False), Column("ec", text),
            Column("gpr", gene_rule, needed=False), Column("gpr_source", text, needed=False),
            Column("role", one_of(roles), filled=True), Column("rate_law", one_of(laws)),
            Column("substrates", terms(known)), Column("products", terms(known)),
            Column("proton_terms", proton_terms(known)), Column("balance_exempt", text, used=False),
            Column("dgr0_kJ_mol", number(-ENERGY, ENERGY)),
            Column("dgr0_error_kJ_mol", number(0, ENERGY)), Column("dgr0_note", text), ITS_SOURCE,
        ),
        key=("id",), row=row, whole=whole,
    )  # fmt: skip


MODIFIERS = (
    "competitive_inhibition", "inhibition", "mixed_inhibition", "activation",
    "essential_activation",
)  # fmt: skip


def regulation(names: Names) -> Table:
    return Table(
        (
            Column("reaction", one_of(names.kinetic), filled=True),
            Column("metabolite", one_of(names.ids("metabolites")), filled=True),
            Column("kind", one_of(MODIFIERS), filled=True), ITS_SOURCE,
        ),
        key=("reaction", "metabolite", "kind"),
    )  # fmt: skip


def ids(names: Names) -> Table:
    bases = {
        row["id"].removesuffix(f"_{row['compartment']}") for row in names.tables["metabolites"]
    }
    known = {*names.ids("reactions"), *names.ids("metabolites"), *bases}
    return Table(
        (
            Column("id", one_of(known), filled=True),
            Column("database", text, filled=True, used=False),
            Column("other_id", text, filled=True), SOURCE,
        ),
        key=("id", "database", "other_id"), rowwise=False,
    )  # fmt: skip


def compartments(names: Names) -> Table:
    gone = names.defines("compartments")
    ids = "|".join(names.ids("compartments"))

    def row(cells: Row) -> str | None:
        outside = cells["role"] == "medium"
        has = cells["volume_fraction"] is not None
        if outside and has:
            return "a medium with a volume fraction"
        return "a compartment without volume" if not outside and not has else None

    def whole(rows: Sequence[Row]) -> str | None:
        cytosols = sum(row["role"] == "cytosol" for row in rows)
        return "two cytosols" if cytosols > 1 else gone(rows)

    roles = ("cytosol", "periplasm", "organelle", "medium")
    return Table(
        (
            Column("id", identifier, filled=True), Column("name", text),
            Column("role", one_of(roles), filled=True),
            Column("volume_fraction", positive(1)), Column("pH", number(0, 14), filled=True),
            Column("ionic_strength_M", number(0, 10), filled=True), SOURCE,
        ),
        pattern=(rf"potential_to_({ids})_mV", number(-1e4, 1e4)), key=("id",), row=row, whole=whole,
    )  # fmt: skip


QUANTITIES = {
    "dry_weight_density": ("gDW/L", 1, 2000), "eigenvalue_threshold": ("1/h", -1e9, 0),
    "km_lower_bound": ("mM", 1e-15, MM), "km_upper_bound": ("mM", 1e-15, MM),
    "temperature": ("K", 200, 500), "doubling_time": ("min", 1e-6, 1e9),
    "growth_phase": ("h", 0, HOURS),
}  # fmt: skip
REQUIRED = ("dry_weight_density", "eigenvalue_threshold", "km_lower_bound", "km_upper_bound")


def conditions(names: Names) -> Table:
    def row(cells: Row) -> str | None:
        unit, least, most = QUANTITIES[cells["quantity"]]
        if cells["unit"] != unit:
            return f"{cells['quantity']} in {cells['unit']}"
        for column in ("value", "low", "high"):
            if (x := cells[column]) is not None and not least <= x <= most:
                return f"{column} of {cells['quantity']} is {x}"
        return within(cells, "value", "low", "high")

    def whole(rows: Sequence[Row]) -> str | None:
        value = {row["quantity"]: row["value"] for row in rows}
        for name in REQUIRED:
            if name not in value:
                return f"no {name}"
        too_high = value["km_lower_bound"] >= value["km_upper_bound"]
        return "the lower bound of KM is not the lower one" if too_high else None

    wide = number(-1e9, 1e9)
    return Table(
        (
            Column("quantity", one_of(QUANTITIES), filled=True), Column("value", wide, filled=True),
            Column("low", wide), Column("high", wide), Column("unit", text, filled=True),
            ITS_SOURCE,
        ),
        key=("quantity",), row=row, whole=whole,
    )  # fmt: skip


def figures(names: Names) -> Table:
    every, dynamic = names.ids("reactions"), names.ids("metabolites", role=("dynamic",))
    known: dict[str, Collection[str]] = {
        "flux": every, "km": every, "variable": ("growth", *dynamic), "inside": names.species,
        "name": names.ids("metabolites"),
        "pathway": {row["subsystem"] for row in names.tables["reactions"]},
    }  # fmt: skip

    def row(cells: Row) -> str | None:
        parts = [cells["id"]]
        if cells["kind"] == "ratio":
            sides = cells["id"].split(":")
            parts = [p.strip() for side in sides for p in side.split(" + ")]
            if len(sides) != 2 or not all(parts):
                return "no ratio"
        for part in parts:
            if part not in known.get(cells["kind"], every):
                return f"unknown {part}"
        return None

    kinds = ("ratio", *known)
    return Table(
        (
            Column("kind", one_of(kinds), filled=True), Column("id", text, filled=True),
            Column("label", text, filled=True),
        ),
        key=("kind", "id"), row=row, ordered=True,
    )  # fmt: skip
