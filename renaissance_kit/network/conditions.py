"""Quantities of ``conditions.csv`` that the kit uses: unit, range and sign of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renaissance_kit.core.tables import Row
from renaissance_kit.network.records import Quantity


@dataclass(frozen=True)
class Known:
    """What a quantity may be.

    Attributes:
        unit: that the table must state.
        least, most: range of the value, ends included.
        meaning: in words, for messages.
        required: whether every network needs it.
    """

    unit: str
    least: float
    most: float
    meaning: str
    required: bool = True


CONDITIONS: Mapping[str, Known] = {
    "dry_weight_density": Known("gDW/L", 10.0, 1000.0, "dry weight per litre of cell"),
    "eigenvalue_threshold": Known("1/h", -1e6, 0.0, "largest real part of a valid model"),
    "km_lower_bound": Known("mM", 1e-12, 1e6, "smallest generated Michaelis constant"),
    "km_upper_bound": Known("mM", 1e-12, 1e6, "largest generated Michaelis constant"),
    "temperature": Known("K", 250.0, 400.0, "temperature in kelvin, not in °C", False),
    "doubling_time": Known("min", 1e-3, 1e6, "time in which biomass doubles", False),
    "growth_phase": Known("h", 0.0, 1e4, "end of the growth phase", False),
}


def condition_of(row: Row) -> tuple[str, Quantity]:
    """Quantity and value of a row, checked.

    Raises:
        DataError: another unit, or a value out of its range.
    """
    name, known = row["quantity"], CONDITIONS[row["quantity"]]
    if row["unit"] != known.unit:
        raise row.error(f"unit {row['unit']!r}; convert the value and write {known.unit!r}")
    value, low, high = row.required_number("value"), row.number("low"), row.number("high")
    for column, number in (("value", value), ("low", low), ("high", high)):
        if number < known.least or number > known.most:
            raise row.error(
                f"{column} is {number:g} {known.unit}; the {known.meaning} lies between "
                f"{known.least:g} and {known.most:g} {known.unit}"
            )
    return name, Quantity(value, row["unit"], low, high, row["source"])
