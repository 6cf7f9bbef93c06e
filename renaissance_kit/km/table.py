"""Reads tables of measured Michaelis constants: every name checked, every value in mM."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.numbers import PURE_WATER_MM
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant

PER_MM = {"M": 1e-3, "mM": 1.0, "uM": 1e3, "nM": 1e6}  # units in 1 mM; µM is read as uM
PHYSICAL_MM = (1e-9, PURE_WATER_MM)  # from 1 pM

_NO = ("false", "no", "0", "0.0", "f", "n", "none", "nan")
_WILD = re.compile(r"wild[- _]?type|wt", re.IGNORECASE)
_MUTANT = re.compile(r"mutants?|mutated|mutation", re.IGNORECASE)
_YES = ("true", "yes", "1", "1.0", "t", "y")


def _called(*stems: str) -> tuple[str, ...]:
    """Names of a column with numbers: each stem with each unit, and alone beside ``unit``."""
    return (*(f"{stem}_{unit}" for stem in stems for unit in PER_MM), stems[-1])


KM = "KM"
CONSTANTS = (KM, *dict.fromkeys(name for m in MODIFIERS.values() for name, _ in m.constants))
"""What may stand in the column ``constant``; empty stands for KM."""
VALUE, LOW, HIGH = _called("km", "value"), _called("low"), _called("high")
ABOUT = (
    Column("kind", optional=True),
    Column("pH", Kind.NUMBER, optional=True, least=0, most=14),
    Column("temperature_C", Kind.NUMBER, optional=True, least=-20, most=150, meaning="in °C"),
    Column("ec", optional=True),
    Column("database", optional=True),
    Column("licence", optional=True),
)
KM_TABLE = Table(
    "km_measurements.csv",
    (
        Column("reaction", filled=True),
        Column("metabolite", filled=True),
        Column("constant", optional=True, words=CONSTANTS),
        *(Column(name, Kind.NUMBER, optional=True, above=0,
                 beside="" if "_" in name else "unit") for name in (*VALUE, *LOW, *HIGH)),
        Column("unit", optional=True),
        Column("distinct", Kind.FLAG, optional=True, filled=True),
        Column("flag", optional=True),
        Column("variant", optional=True),
        *ABOUT,
        Column("source", filled=True),
    ),
    one_of=(VALUE,),
    at_most_one_of=(LOW, HIGH),
    ranges=tuple(
        (f"low{end}", f"{stem}{end}", f"high{end}")
        for stem in ("km", "value")
        for end in ("", *(f"_{unit}" for unit in PER_MM))
        if stem + end != "km"
    ),
)  # fmt: skip


@compared_by_value
@dataclass(frozen=True)
class KMMeasurement:
    """One row of a table.

    Attributes:
        name: the constant, ``reaction:metabolite``.
        value_mM: the measured constant.
        low_mM, high_mM: the range that the row gives, the value itself where it gives none.
        source: where the value comes from.
        distinct: False for a measurement that stands in another row as well.
        flag: why the value should not be used; empty: nothing speaks against it.
        flag_ignored: it is used all the same.
        place: file and line; rows of a data frame are counted from 0.
        other: the columns of the table that nothing here reads, such as pH.
    """

    name: str
    value_mM: float
    low_mM: float
    high_mM: float
    source: str
    distinct: bool = True
    flag: str = ""
    flag_ignored: bool = False
    place: str = ""
    other: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def used(self) -> bool:
        """It counts in averages: distinct and without a flag, or with one that is ignored."""
        return self.distinct and (self.flag_ignored or not self.flag)


def read_measurements(network: Network, path: str | Path) -> tuple[KMMeasurement, ...]:
    """Read a CSV file; see `renaissance_kit.km.measurements.KMMeasurements.read`."""
    return _measurements(network, KM_TABLE.read(path))


def measurements_of(network: Network, frame: pd.DataFrame) -> tuple[KMMeasurement, ...]:
    """Read a pandas table; see `renaissance_kit.km.measurements.KMMeasurements.of`."""
    return _measurements(network, KM_TABLE.of(frame))


def _measurements(network: Network, rows: Sequence[Row]) -> tuple[KMMeasurement, ...]:
    kept = [
        name
        for name in rows[0]
        if (KM_TABLE.column(name) in ABOUT or name.startswith("note"))
        and any(row[name] for row in rows)
    ]
    measurements = tuple(each(rows, lambda row: _measurement(network, row, kept)))
    return measurements if any(row["distinct"] for row in rows) else _count_once(measurements)


# --- rows ----------------------------------------------------------------------------------


def _measurement(network: Network, row: Row, kept: Sequence[str]) -> KMMeasurement:
    name = _name(network, row)
    value, low, high = (_in_mM(row, names) for names in (VALUE, LOW, HIGH))
    if math.isnan(value):
        if math.isnan(low) or math.isnan(high):
            raise row.error(
                "the value is empty; give a number, or the ends of a range in the columns low and "
                "high"
            )
        value = math.sqrt(low * high)
    low, high = (value if math.isnan(low) else low), (value if math.isnan(high) else high)
    if not low <= value <= high:
        raise row.error(
            f"the value {value:g} mM is not between low {low:g} and high {high:g} mM; correct one "
            "of them"
        )
    least, greatest = PHYSICAL_MM
    for x in (low, high):
        if not least <= x <= greatest:
            raise row.error(
                f"{x:g} mM is no Michaelis constant: possible are {least:g} mM (1 pM) to "
                f"{greatest:g} mM (pure water); check the unit"
            )
    return KMMeasurement(
        name,
        value,
        low,
        high,
        row["source"],
        row.flag("distinct") if row["distinct"] else True,
        _flag(row) or _variant(row),
        place=row.place,
        other={column: row[column] for column in kept},
    )


def _in_mM(row: Row, names: Sequence[str]) -> float:
    """The number in the one of these columns that the table has; NaN without any."""
    name = next((name for name in names if row[name]), None)
    unit = name.rpartition("_")[2] if name and "_" in name else ""
    given = row["unit"].replace("\u00b5", "u").replace("\u03bc", "u") or unit
    if name is None:
        return math.nan
    if given not in PER_MM:
        raise row.error(f"unit {row['unit']!r}; write one of {', '.join(PER_MM)} (or µM)")
    if unit and given != unit:
        raise row.error(
            f"column {name} is in {unit}, but column unit says {row['unit']!r}; correct one"
        )
    return row.number(name) / PER_MM[given]


def _flag(row: Row) -> str:
    """Why a value should not be used; empty where it counts, also if a spreadsheet says FALSE."""
    flag = row["flag"]
    if flag.lower() in _YES:
        raise row.error(f"flag holds {flag!r}; write the reason why the value should not be used")
    return "" if flag.lower() in _NO else flag


def _variant(row: Row) -> str:
    """Why a value of a mutant should not be used; empty for the wild type.

    Raises:
        DataError: a remark speaks of a mutant, and no column says what to do about it.
    """
    if row["variant"]:
        return "" if _WILD.fullmatch(row["variant"]) else f"variant {row['variant']}"
    for column, text in row.items():
        spoken = column.startswith("note") or column in ("kind", "source")
        if spoken and (found := _MUTANT.search(text)):
            raise row.error(
                f"{column} speaks of a {found[0].lower()}; name it in a column variant, where only "
                "'wild type' counts, or write 'wild type' there if it is none"
            )
    return ""


def _name(network: Network, row: Row) -> str:
    """The constant of a row.

    Raises:
        DataError: the reaction or metabolite is unknown, or the rate law has no such constant.
    """
    reaction, metabolite = row["reaction"], row["metabolite"]
    if reaction not in network.reactions:
        raise row.error(
            f"reaction {reaction!r} is not in {network.name}"
            f"{meant(network, reaction, network.kinetic_reactions)} Correct it or remove the row"
        )
    law = network.reactions[reaction].rate_law
    if not law:
        raise row.error(
            f"{reaction} has no rate law (its role is {network.reactions[reaction].role}), so no "
            "KM; remove the row"
        )
    constant = row["constant"] or KM
    if constant == KM and not REGISTRY[law].has_km:
        raise row.error(f"{reaction} follows {law}, which has no KM; remove the row")
    name = f"{reaction}:{metabolite}" + ("" if constant == KM else f":{constant}")
    if name not in network.km_index:
        own = [k.partition(":")[2] for k in network.km_names if k.startswith(f"{reaction}:")]
        listed = ", ".join(f"{reaction}:{m}" for m in own) or "none"
        if metabolite not in network.metabolites:
            near = meant(network, metabolite, own)
            if near == ".":
                near = meant(network, metabolite, network.metabolites)
            problem = f"metabolite {metabolite!r} is not in {network.name}{near}"
        else:
            problem = f"{metabolite} has no {constant} in the rate law of {reaction}."
        others = [k.rpartition(":")[2] for k in own if k.startswith(f"{metabolite}:")]
        if others:
            problem += f" Write {' or '.join(others)} in the column constant for the modifier."
        raise row.error(
            f"{problem} The constants of {reaction} are {listed}; correct or remove the row"
        )
    return name


def _count_once(measurements: Iterable[KMMeasurement]) -> tuple[KMMeasurement, ...]:
    """Without a column distinct: the same value from the same source counts once."""
    seen: set[tuple[str, str, str, bool]] = set()
    out = []
    for m in measurements:
        key = (m.name, f"{m.value_mM:.9g}", m.source, bool(m.flag))
        out.append(m if key not in seen else replace(m, distinct=False))
        seen.add(key)
    return tuple(out)
