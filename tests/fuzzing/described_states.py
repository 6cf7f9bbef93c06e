"""Tables of steady states and of what bounds them, as `data/README.md` describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from .described import FLUX, GENERAL, ITS_SOURCE, LOG_DISPLACEMENT, MM, SOURCE, Names
from .tables import (
    REMARK,
    Column,
    Row,
    Table,
    identifier,
    number,
    one_of,
    positive,
    text,
    within,
    yes_no,
)


def steady_state(names: Names) -> Table:
    units = {"concentration": "mM", "flux": "mmol/gDW/h", "log_displacement": "1"}
    ids = dict.fromkeys(units, names.kinetic) | {"concentration": names.species}
    ranges = {
        "concentration": positive(MM), "flux": number(-FLUX, FLUX),
        "log_displacement": number(-LOG_DISPLACEMENT, LOG_DISPLACEMENT),
    }  # fmt: skip

    def row(cells: Row) -> str | None:
        kind = cells["quantity"]
        if cells["id"] not in ids[kind]:
            return f"unknown {cells['id']}"
        ranges[kind](repr(cells["value"]))
        return None if cells["unit"] == units[kind] else f"{kind} in {cells['unit']}"

    def whole(rows: Sequence[Row]) -> str | None:
        there = {(row["quantity"], row["id"]) for row in rows}
        for kind, wanted in ids.items():
            for name in wanted:
                if (kind, name) not in there:
                    return f"no {kind} of {name}"
        return None

    return Table(
        (
            Column("quantity", one_of(units), filled=True), Column("id", identifier, filled=True),
            Column("value", number(-FLUX, FLUX), filled=True), Column("unit", text, filled=True),
            SOURCE,
        ),
        key=("quantity", "id"), row=row, whole=whole,
    )  # fmt: skip


def published_states(names: Names) -> Table:
    base = steady_state(names)
    kinds = ("concentration", "flux", "log_displacement", "density")
    laws = {row["id"]: row["rate_law"] for row in names.tables["reactions"]}

    def row(cells: Row) -> str | None:
        kind, values = cells["quantity"], [v for k, v in cells.items() if k.startswith("state_")]
        wanted = {"density": ("dry_weight_density",), "concentration": names.species}
        unit = {"concentration": "mM", "log_displacement": "1", "density": "gDW/L"}.get(
            kind, "1/h" if cells["id"] in names.growth else "mmol/gDW/h"
        )
        if cells["id"] not in wanted.get(kind, names.kinetic):
            return f"unknown {cells['id']}"
        if kind in ("concentration", "density") and min(values) <= 0:
            return f"{kind} {min(values)}"
        return None if cells["unit"] == unit else f"{kind} in {cells['unit']}"

    def whole(rows: Sequence[Row]) -> str | None:
        if not any(name.startswith("state_") for name in rows[0]):
            return "no states"
        there = {(row["quantity"], row["id"]) for row in rows}
        wanted = [("density", "dry_weight_density")]
        wanted += [("concentration", m) for m in names.species]
        wanted += [("flux", r) for r in names.kinetic]
        wanted += [
            ("log_displacement", r) for r in names.kinetic if not laws[r].startswith("irreversible")
        ]
        gone = [w for w in wanted if w not in there]
        return f"no {gone[0]}" if gone else None

    return Table(
        (
            Column("quantity", one_of(kinds), filled=True), base.columns[1],
            Column("unit", text, filled=True), SOURCE,
        ),
        pattern=(r"state_(0|[1-9][0-9]{0,8})", number(-FLUX, FLUX)), key=("quantity", "id"),
        row=row, whole=whole,
    )  # fmt: skip


def medium(names: Names) -> Table:
    constant = names.ids("metabolites", role=("constant",))
    return Table(
        (
            Column("metabolite", one_of(constant), filled=True),
            Column("value_mM", positive(MM), filled=True, used=False),
            Column("low_mM", positive(MM), filled=True),
            Column("high_mM", positive(MM), filled=True), ITS_SOURCE,
        ),
        key=("metabolite",), row=lambda cells: within(cells, "value_mM", "low_mM", "high_mM"),
    )  # fmt: skip


def concentrations(names: Names) -> Table:
    outside = {row["metabolite"] for row in names.tables["medium"]}

    def row(cells: Row) -> str | None:
        if cells["metabolite"] in outside:
            return "its concentration stands in medium.csv"
        return within(cells, "value_mM", "low_mM", "high_mM")

    def whole(rows: Sequence[Row]) -> str | None:
        for name, count in Counter(row["metabolite"] for row in rows).items():
            preferred = [r for r in rows if r["metabolite"] == name and r.get("preferred")]
            if count > 1 and len(preferred) != 1:
                return f"{count} measurements of {name}, {len(preferred)} preferred"
        return None

    return Table(
        (
            Column("metabolite", one_of(names.species), filled=True),
            Column("value_mM", positive(MM), filled=True), Column("low_mM", positive(MM)),
            Column("high_mM", positive(MM)), Column("preferred", yes_no, needed=False),
            ITS_SOURCE,
        ),
        extra=f"{REMARK}|condition|licence", row=row, whole=whole, rowwise=False,
    )  # fmt: skip


def constraints(names: Names) -> Table:
    classes = {row.get("transport") or "" for row in names.tables["reactions"]} - {""}
    every = names.ids("reactions")
    known: dict[str, Collection[str]] = {
        "flux": every, "fermentation": names.ids("reactions", role=("exchange",)),
        "direction": names.kinetic, "energy": names.kinetic, "concentration": names.species,
        "displacement": {*names.kinetic, *classes}, "unmeasured": (*names.species, "*"),
    } | dict.fromkeys(GENERAL, ("*",))  # fmt: skip
    units = dict.fromkeys(known, "1") | {
        "every_flux": "mmol/gDW/h", "driving_force": "kJ/mol", "pool": "mM", "turnover_time": "min",
        "flux": "mmol/gDW/h", "fermentation": "h", "concentration": "mM", "energy": "kJ/mol",
        "ratio": "1",
    }  # fmt: skip
    only = {"driving_force": "low", "total_flux": "high", "measured_fold": "high"}
    only |= {"turnover_time": "high"}

    def row(cells: Row) -> str | None:
        kind, name = cells["kind"], cells["id"]
        parts = [p.strip() for s in name.split(":") for p in s.split(" + ")]
        for part in parts if kind == "ratio" else [name]:
            if part not in known.get(kind, every):
                return f"{kind} of unknown {part}"
        unit = "1/h" if kind == "flux" and name in names.growth else units[kind]
        if cells["unit"] != unit:
            return f"{kind} in {cells['unit']}"
        if kind == "unmeasured":
            used = cells["low"] is not None or cells["high"] is not None
            return "unmeasured, with a number" if used else None
        if kind in only and cells[{"low": "high", "high": "low"}[only[kind]]] is not None:
            return f"{kind} with both ends"
        for column in [only[kind]] if kind in only else ["low", "high"]:
            if cells[column] is None:
                return f"{kind} without {column}"
        if kind in ("pool", "concentration", "every_flux") and cells["low"] < 0:
            return f"{kind} below 0"
        about = [bool(cells.get(c)) for c in ("strain", "quantity")]
        if about != [kind == "fermentation"] * 2:
            return "whose fermentation?"
        return within(cells, "", "low", "high")

    def whole(rows: Sequence[Row]) -> str | None:
        there = {row["kind"] for row in rows if row["id"] == "*"}
        return next((f"no {kind}" for kind in GENERAL if kind not in there), None)

    return Table(
        (
            Column("id", text, filled=True), Column("kind", one_of(units), filled=True),
            Column("low", number(-FLUX, FLUX)), Column("high", number(-FLUX, FLUX)),
            Column("unit", text, filled=True), ITS_SOURCE, Column("strain", text, needed=False),
            Column("quantity", text, needed=False),
        ),
        key=("id", "kind"), row=row, whole=whole, rowwise=False,
    )  # fmt: skip
