"""Tables of measurements and of reactors, as `data/README.md` and the guides describe them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from .described import HOURS, ITS_SOURCE, MM, NO_KM, SOURCE, Names
from .tables import (
    PLAIN,
    REMARK,
    Column,
    Row,
    Table,
    Wrong,
    formula,
    number,
    one_of,
    positive,
    text,
    within,
    yes_no,
)

YES = {"true", "yes", "1", "1.0", "t", "y"}
NO = {"false", "no", "0", "0.0", "f", "n", "none", "nan"}
OTHER = "kind|pH|temperature_C|ec|database|licence"  # kept and not used
PER_MM = {"M": 1e-3, "mM": 1.0, "uM": 1e3, "µM": 1e3, "μM": 1e3, "nM": 1e6}


def fermentation(names: Names) -> Table:
    def row(cells: Row) -> str | None:
        biomass = cells["variable"] == "biomass"
        if cells.get("weighed_as") and (biomass or cells["unit"] != "g/L"):
            return "weighed_as without grams of a substance"
        if biomass and cells["unit"] != "g/L":
            return "biomass in mM"
        if not biomass and cells["unit"] == "g/L" and cells["variable"] not in names.medium:
            return "grams per litre in the cell"
        return within(cells, "value", "low", "high")

    def whole(rows: Sequence[Row]) -> str | None:
        courses = defaultdict(set)
        for cells in rows:
            same = tuple(cells.get(c) for c in ("variable", "weighed_as", "unit"))
            courses[cells["strain"], cells["quantity"]].add(same)
        return next((f"two kinds of {c}" for c, kinds in courses.items() if len(kinds) > 1), None)

    amount = number(0, 1e5)
    return Table(
        (
            Column("strain", text, filled=True), Column("quantity", text, filled=True),
            Column("variable", one_of(("biomass", *names.species)), filled=True),
            Column("weighed_as", formula, needed=False),
            Column("time_h", number(0, HOURS), filled=True),
            Column("value", amount, filled=True), Column("low", amount), Column("high", amount),
            Column("unit", one_of(("g/L", "mM")), filled=True), SOURCE,
        ),
        key=("strain", "quantity", "time_h"), row=row, whole=whole, ordered=True,
        stands_for={"low": "value", "high": "value"},
    )  # fmt: skip


def strains(names: Names) -> Table:
    return Table(
        (
            Column("strain", text, filled=True),
            Column("reaction", one_of(names.kinetic), filled=True), SOURCE,
        ),
        key=("strain", "reaction"), ordered=True,
    )  # fmt: skip


def designs(names: Names) -> Table:
    return Table(
        (
            Column("design", text, filled=True),
            Column("reaction", one_of(names.kinetic), filled=True),
            Column("change", one_of(("up", "down")), filled=True), SOURCE,
        ),
        key=("design", "reaction"), ordered=True,
    )  # fmt: skip


def published(names: Names) -> Table:
    def row(cells: Row) -> str | None:
        if cells["time_min"] is not None:
            number(0, 1)(cells["value"])
        low, high = cells.get("low"), cells.get("high")
        if low is not None and high is not None and low > high:
            return "low above high"
        return None

    return Table(
        (
            Column("claim", text, filled=True), Column("quantity", text, filled=True),
            Column("time_min", number(0, 1e9)), Column("value", text, filled=True),
            Column("low", number(-1e9, 1e9), needed=False),
            Column("high", number(-1e9, 1e9), needed=False),
            Column("beyond_chance", yes_no, needed=False), Column("because", text, needed=False),
            ITS_SOURCE,
        ),
        key=("claim", "quantity", "time_min"), row=row, ordered=True,
    )  # fmt: skip


_UNITS = {
    "inoculum": "g/L", "duration": "h", "volume": "L", "medium": "mM", "held": "1",
    "inflow": "L/h", "outflow": "L/h", "feed": "mM", "pulse": "mM", "harvest": "1",
    "kla": "1/h", "saturation": "mM", "growth_density": "gDW/L", "exchange_density": "gDW/L",
    "dilution": "1",
}  # fmt: skip
_NAMED = ("medium", "feed", "held", "kla", "saturation", "pulse")
_EVENTS = ("inflow", "outflow", "pulse", "harvest")
_RANGES = {
    "inoculum": positive(1200), "duration": positive(HOURS), "volume": positive(1e8),
    "medium": number(0, MM), "feed": number(0, MM), "inflow": number(0, 1e8),
    "outflow": number(0, 1e8), "pulse": number(0, MM), "harvest": number(0, 1),
    "kla": positive(1e4), "saturation": number(0, MM), "growth_density": positive(1200),
    "exchange_density": positive(1200), "dilution": one_of(("replaced", "all", "none")),
}  # fmt: skip


def bioreactor(names: Names) -> Table:
    def row(cells: Row) -> str | None:
        kind, value = cells["kind"], cells["value"]
        if (kind in _NAMED) != (cells["id"] is not None):
            return f"{kind} with id {cells['id']}"
        if cells["id"] is not None and cells["id"] not in names.medium:
            return f"{cells['id']} is not in the medium"
        if cells["unit"] != _UNITS[kind]:
            return f"{kind} in {cells['unit']}"
        if kind == "held":
            return None if value is None else "held with a value"
        if value is None:
            return f"{kind} without value"
        _RANGES[kind](value)
        if (kind in _EVENTS) != (cells["time_h"] is not None):
            return f"{kind} with time {cells['time_h']}"
        return None

    def whole(rows: Sequence[Row]) -> str | None:
        kinds = {(cells["kind"], cells["id"]) for cells in rows}
        if ("inoculum", None) not in kinds:
            return "no inoculum"
        for kind, other in (("kla", "saturation"), ("saturation", "kla")):
            for name in (m for k, m in kinds if k == kind):
                if (other, name) not in kinds or ("held", name) in kinds:
                    return f"{kind} of {name} alone"
        length = next((float(c["value"]) for c in rows if c["kind"] == "duration"), 60.0)
        times = [c["time_h"] for c in rows if c["time_h"] is not None]
        return "an event after the end" if times and max(times) > length else None

    def default(cells: Row) -> bool:
        given = {"duration": "60.0", "volume": "1.0", "dilution": "replaced"}
        return given.get(cells["kind"]) == cells["value"] and cells["id"] is None

    def value(cell: str) -> str:
        try:
            number(-1e12, 1e12)(cell)
        except Wrong:
            return one_of(("replaced", "all", "none"))(cell)
        return repr(float(cell) + 0.0)  # -0.0 is 0.0

    return Table(
        (
            Column("kind", one_of(_UNITS), filled=True), Column("id", text),
            Column("time_h", number(0, HOURS)), Column("value", value),
            Column("unit", text, filled=True), SOURCE,
        ),
        key=("kind", "id", "time_h"), row=row, whole=whole, default=default,
    )  # fmt: skip


class InAnyUnit(Table):
    """A table whose columns ``km_mM``, ``low_mM`` and ``high_mM`` may be in another unit."""

    def parsed(self, cells: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """As of a table in mM."""
        changed = [list(line) for line in cells]
        for j, name in enumerate(changed[0] if changed else ()):
            stem, _, unit = name.strip().rpartition("_")
            if stem in ("km", "low", "high") and unit in PER_MM:
                changed[0][j] = f"{stem}_mM"
                for line in changed[1:]:
                    if j < len(line) and PLAIN.fullmatch(line[j].strip()):
                        line[j] = repr(float(line[j]) / PER_MM[unit])
        return super().parsed(changed)


def measured_km(names: Names, *, amount: str = "km_mM") -> Table:
    """Measured Michaelis constants.

    Args:
        amount: name of the column of values; ``value`` with a column ``unit``.
    """
    laws = {row["id"]: row for row in names.tables["reactions"] if row["id"] in names.kinetic}
    unit = amount.partition("_")[2]
    low, high = ("low", "high") if not unit else (f"low_{unit}", f"high_{unit}")

    def row(cells: Row) -> str | None:
        law = laws.get(cells["reaction"])
        if law is None or law["rate_law"] in NO_KM:
            return f"{cells['reaction']} has no KM"
        words = f"{law['substrates']} + {law['products']}".split()
        if cells["metabolite"] not in words:
            return f"{cells['reaction']} has no KM of {cells['metabolite']}"
        if cells[amount] is None and (cells.get(low) is None or cells.get(high) is None):
            return "neither a value nor a range"
        remarks = [cells.get("kind"), cells.get("source")]
        remarks += [text for name, text in cells.items() if name.startswith("note")]
        if (
            cells.get("flag") is None
            and not cells.get("variant")
            and any("mutant" in (text or "").lower() for text in remarks)
        ):
            return "a remark speaks of a mutant"
        factor = PER_MM[cells.get("unit", unit)]
        for column in (amount, low, high):
            x = cells.get(column)
            if x is not None and not 1e-12 <= x / factor <= MM:
                return f"{column} is {x}"
        return within(cells, amount, low, high)

    wide = positive(1e12)
    columns = [
        Column("reaction", text, filled=True), Column("metabolite", text, filled=True),
        Column(amount, wide), Column(low, wide, needed=False),
        Column(high, wide, needed=False), Column("distinct", yes_no, needed=False, filled=True),
        Column("flag", _why, needed=False), Column("variant", _variant, needed=False), ITS_SOURCE,
    ]  # fmt: skip
    if not unit:
        columns.append(Column("unit", one_of(PER_MM), filled=True))
    ends = {low: amount, high: amount}
    # without a column distinct, what a row counts depends on the others
    rowwise = bool(unit)
    made = InAnyUnit if unit else Table
    return made(columns, extra=f"{REMARK}|{OTHER}", row=row, stands_for=ends, rowwise=rowwise)


def _variant(cell: str) -> str | None:
    return None if cell.lower().replace("-", " ") in ("wt", "wild type", "wildtype") else cell


def _why(cell: str) -> str | None:
    if cell.lower() in YES:
        raise Wrong("no reason")
    return None if cell.lower() in NO else cell


def phenotypes(names: Names) -> Table:
    """Growth or fluxes of strains, over those of the wild type."""

    def row(cells: Row) -> str | None:
        return "low above high" if cells["low"] > cells["high"] else None

    def whole(rows: Sequence[Row]) -> str | None:
        ranges = defaultdict(set)
        for cells in rows:
            ranges[cells["strain"], cells["quantity"]].add((cells["low"], cells["high"]))
        return next((f"two ranges of {c}" for c, found in ranges.items() if len(found) > 1), None)

    ratio = number(0, 1e6)
    quantities = (*names.kinetic, *(("growth",) if names.growth else ()))
    return Table(
        (
            Column("strain", text, filled=True),
            Column("reaction", one_of(names.kinetic), filled=True),
            Column("factor", ratio, filled=True),
            Column("quantity", one_of(quantities), filled=True),
            Column("low", ratio, filled=True), Column("high", ratio, filled=True), ITS_SOURCE,
        ),
        key=("strain", "reaction", "quantity"), row=row, whole=whole, rowwise=False,
    )  # fmt: skip


def enzymes(names: Names) -> Table:
    """Turnover numbers and amounts of enzymes."""
    laws = {row["id"]: row["rate_law"] for row in names.tables["reactions"]}
    own = [r for r in names.kinetic if laws[r] not in NO_KM and r not in names.growth]
    kcat = positive(1e8)
    return Table(
        (
            Column("reaction", one_of(own), filled=True), Column("kcat_per_s", kcat, filled=True),
            Column("enzyme_umol_gDW", positive(1e3), filled=True),
            Column("kcat_reverse_per_s", kcat, needed=False),
            Column("enzyme", text, needed=False), ITS_SOURCE,
        ),
        key=("reaction", "enzyme"), rowwise=False,
    )  # fmt: skip
