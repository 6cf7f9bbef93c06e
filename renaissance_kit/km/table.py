"""Reads tables of measured Michaelis constants: every name checked, every value in mM."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.tables import Row, read_table, rows_of
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network

PER_MM = {"M": 1e-3, "mM": 1.0, "uM": 1e3, "nM": 1e6}  # units in 1 mM; µM is read as uM
PHYSICAL_MM = (1e-9, 55_500.0)  # 1 pM; pure water

_YES_OR_NO = (
    "true",
    "false",
    "yes",
    "no",
    "0",
    "1",
    "0.0",
    "1.0",
    "t",
    "f",
    "y",
    "n",
    "none",
    "nan",
)
_REQUIRED = ("reaction", "metabolite", "source")
_COLUMNS = "reaction, metabolite, km_mM (or value and unit) and source"
_LISTED = 10  # problems that one message names


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
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} does not exist; give a table with the columns {_COLUMNS}")
    return _measurements(network, read_table(path, _REQUIRED), path.name)


def measurements_of(network: Network, frame: pd.DataFrame) -> tuple[KMMeasurement, ...]:
    """Read a pandas table; see `renaissance_kit.km.measurements.KMMeasurements.of`."""
    return _measurements(network, rows_of(frame, _REQUIRED), "the data frame")


def _measurements(network: Network, rows: Sequence[Row], file: str) -> tuple[KMMeasurement, ...]:
    if not rows:
        raise DataError(f"{file} has no rows; give one for each measurement: {_COLUMNS}")
    header = list(rows[0])
    columns = _Columns.of(header, file)
    measurements = tuple(_each(rows, lambda row: _measurement(network, row, columns)))
    _refuse_copies(rows)
    return measurements if "distinct" in header else _count_once(measurements)


def _each(rows: Sequence[Row], read: Callable[[Row], KMMeasurement]) -> Iterable[KMMeasurement]:
    """Read every row before complaining, so that a table is corrected in one go."""
    done, problems = [], []
    for row in rows:
        try:
            done.append(read(row))
        except DataError as problem:
            problems.append(str(problem))
    if problems:
        more = len(problems) - _LISTED
        text = "\n".join(problems[:_LISTED]) + (f"\nand {more} more" if more > 0 else "")
        raise DataError(text)
    return done


# --- columns and units ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """Name and unit of the columns with numbers; an empty unit stands in the column ``unit``."""

    value: tuple[str, str]
    low: tuple[str, str] | None
    high: tuple[str, str] | None

    @classmethod
    def of(cls, header: Sequence[str], file: str) -> _Columns:
        value = _column(header, ("km", "value"), file)
        if value is None:
            raise DataError(
                f"{file}: no column with the values; name it km_mM (or km_M, km_uM, km_nM), or "
                f"give the columns value and unit{nearest('km_mM', header)}"
            )
        return cls(value, _column(header, ("low",), file), _column(header, ("high",), file))

    def read(self, row: Row) -> tuple[float, float, float]:
        """Value, low and high in mM; low and high are the value where the row has none."""
        value = _in_mM(row, self.value, row.required_number)
        low = _in_mM(row, self.low, row.number) if self.low else math.nan
        high = _in_mM(row, self.high, row.number) if self.high else math.nan
        return value, value if math.isnan(low) else low, value if math.isnan(high) else high

    def other(self, row: Row) -> dict[str, str]:
        """The cells that nothing here reads."""
        known = {*_REQUIRED, "unit", "distinct", "flag"}
        known |= {column[0] for column in (self.value, self.low, self.high) if column}
        return {k: v for k, v in row.items() if k not in known}


def _in_mM(row: Row, column: tuple[str, str], read: Callable[..., float]) -> float:
    name, unit = column
    given = _plain(row.get("unit", "")) or unit
    if given not in PER_MM:
        raise row.error(f"unit {row['unit']!r}; write one of {', '.join(PER_MM)} (or µM)")
    if unit and given != unit:
        raise row.error(
            f"column {name} is in {unit}, but column unit says {row['unit']!r}; correct one"
        )
    return read(name, positive=True) / PER_MM[given]


def _column(header: Sequence[str], stems: Sequence[str], file: str) -> tuple[str, str] | None:
    """Name and unit of the column that is called a stem, or a stem and a unit."""
    wanted = {f"{stem}_{unit}": unit for stem in stems for unit in PER_MM}
    wanted |= dict.fromkeys(stems, "")
    found = [(name, wanted[_plain(name)]) for name in header if _plain(name) in wanted]
    if len(found) > 1:
        names = " and ".join(name for name, _ in found)
        raise DataError(f"{file}: columns {names} say the same; keep one of them")
    if found and not found[0][1] and "unit" not in header:
        raise DataError(
            f"{file}: column {found[0][0]!r} has no unit; call it {found[0][0]}_mM, or add a "
            "column unit"
        )
    return found[0] if found else None


def _plain(unit: str) -> str:
    """The micro sign and the Greek letter as u."""
    return unit.replace("\u00b5", "u").replace("\u03bc", "u")


# --- rows ----------------------------------------------------------------------------------


def _measurement(network: Network, row: Row, columns: _Columns) -> KMMeasurement:
    name = _name(network, row)
    value, low, high = columns.read(row)
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
        _is_distinct(row),
        _flag(row),
        place=row.place,
        other=columns.other(row),
    )


def _flag(row: Row) -> str:
    """Why a value should not be used; empty where it counts."""
    flag = row.get("flag", "")
    if flag.lower() in _YES_OR_NO:
        raise row.error(
            f"flag holds {flag!r}; leave it empty where the value counts, or write the reason why "
            "it should not"
        )
    return flag


def _is_distinct(row: Row) -> bool:
    if "distinct" not in row:
        return True
    number = row.number("distinct")
    if number not in (0, 1):
        raise row.error(
            f"distinct holds {row['distinct']!r}; write 1, or 0 where the measurement stands in "
            "another row"
        )
    return number == 1


def _name(network: Network, row: Row) -> str:
    """The constant of a row.

    Raises:
        DataError: the reaction or metabolite is unknown, or the rate law has no such constant.
    """
    reaction, metabolite = row["reaction"], row["metabolite"]
    if reaction not in network.reactions:
        raise row.error(
            f"reaction {reaction!r} is not in {network.name}"
            f"{nearest(reaction, network.kinetic_reactions)} Correct it or remove the row"
        )
    law = network.reactions[reaction].rate_law
    if not law:
        raise row.error(
            f"{reaction} has no rate law (its role is {network.reactions[reaction].role}), so no "
            "KM; remove the row"
        )
    if not REGISTRY[law].has_km:
        raise row.error(f"{reaction} follows {law}, which has no KM; remove the row")
    name = f"{reaction}:{metabolite}"
    if name not in network.km_index:
        own = [k.partition(":")[2] for k in network.km_names if k.startswith(f"{reaction}:")]
        listed = ", ".join(f"{reaction}:{m}" for m in own)
        if metabolite not in network.metabolites:
            near = nearest(metabolite, own)
            if near == ".":
                near = nearest(metabolite, network.metabolites)
            problem = f"metabolite {metabolite!r} is not in {network.name}{near}"
        else:
            problem = f"{metabolite} has no KM in the rate law of {reaction}."
        raise row.error(f"{problem} The KM of {reaction} are {listed}; correct or remove the row")
    return name


def _refuse_copies(rows: Sequence[Row]) -> None:
    """Raise for rows that are the same in every column."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = tuple(row.values())
        if key in seen:
            raise row.error(
                f"the same as {row.counted} {seen[key].line} in every column; remove one of the two"
            )
        seen[key] = row


def _count_once(measurements: Iterable[KMMeasurement]) -> tuple[KMMeasurement, ...]:
    """Without a column distinct: the same value from the same source counts once."""
    seen: set[tuple[str, str, str, bool]] = set()
    out = []
    for m in measurements:
        key = (m.name, f"{m.value_mM:.9g}", m.source, bool(m.flag))
        out.append(m if key not in seen else replace(m, distinct=False))
        seen.add(key)
    return tuple(out)
