"""Specific rates of growth, uptake and secretion from a measured batch fermentation.

In a batch, ``dS/dt = −q X``, so the mean specific rate over a window is the amount used divided by
the integral of the biomass. Between two measurements the biomass is taken to grow
exponentially, which makes the integral the logarithmic mean times the interval
(Stephanopoulos, Aristidou & Nielsen 1998, Metabolic Engineering, ch. 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.tables import read_table
from renaissance_kit.core.types import Array

MOLAR_MASS_G_MOL = {"glucose": 180.156, "anthranilate": 137.138}
UNITS = ("g/L", "mM")
BIOMASS = "biomass"


@dataclass(frozen=True)
class Estimate:
    """A number with the range that its measurements allow."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Course:
    """One quantity over time: (points,) arrays; low and high equal value where not drawn.

    Attributes:
        value, low, high: in ``unit``.
        unit: ``g/L`` or ``mM``; biomass is always in gDW/L, written ``g/L``.
        strain: that was measured.
    """

    time_h: Array
    value: Array
    low: Array
    high: Array
    unit: str = "g/L"
    strain: str = ""


def read_course(folder: Path, quantity: str, strain: str | None = None) -> Course:
    """Read the course of one quantity of one strain from ``fermentation.csv``.

    Args:
        folder: data folder.
        quantity: ``biomass`` or a substance, as written in the table.
        strain: as written in the table; the first one there if not given.

    Raises:
        DataError: no such quantity or strain in the table, or units other than `UNITS`.
    """
    columns = ("strain", "quantity", "time_h", "value", "low", "high", "unit", "source")
    table = read_table(folder / "fermentation.csv", columns, key=("strain", "quantity", "time_h"))
    if strain is None:
        strain = table[0]["strain"] if table else ""
    rows = [r for r in table if r["quantity"] == quantity and r["strain"] == strain]
    if not rows:
        raise DataError(
            f"fermentation.csv has no {quantity!r} of strain {strain!r}; add its rows. There are: "
            + ", ".join(sorted({f"{r['quantity']} of {r['strain']}" for r in table}))
        )
    allowed = UNITS[:1] if quantity == BIOMASS else UNITS
    for row in rows:
        if row["unit"] not in allowed:
            raise row.error(f"unit {row['unit']!r}; write {' or '.join(map(repr, allowed))}")
        if row["unit"] != rows[0]["unit"]:
            raise row.error(f"unit {row['unit']!r} after {rows[0]['unit']!r}; use one of them")
    rows.sort(key=lambda row: row.required_number("time_h"))
    time, value = (np.array([r.required_number(c) for r in rows]) for c in ("time_h", "value"))
    low, high = (np.array([r.number(c) for r in rows]) for c in ("low", "high"))
    return Course(
        time,
        value,
        np.where(np.isnan(low), value, low),
        np.where(np.isnan(high), value, high),
        rows[0]["unit"],
        strain,
    )


def biomass_integral(biomass: Course, stop_h: float) -> float:
    """∫ X dt from the first measurement to ``stop_h``, in gDW h/L.

    Raises:
        DataError: no measurement at ``stop_h``, or a biomass that is not positive.
    """
    last = _index(biomass, stop_h, BIOMASS)
    x = biomass.value[: last + 1]
    if (x <= 0).any():
        raise DataError("fermentation.csv: biomass must be positive for a specific rate")
    ratio = np.log(x[1:] / x[:-1])
    flat = np.abs(ratio) < 1e-9
    mean = np.where(flat, x[1:], np.diff(x) / np.where(flat, 1.0, ratio))
    return float((mean * np.diff(biomass.time_h[: last + 1])).sum())


def specific_rate(
    folder: Path, quantity: str, stop_h: float, strain: str | None = None
) -> Estimate:
    """Mean specific rate of a substance from the first measurement to ``stop_h``.

    Args:
        folder: data folder.
        quantity: a substance in the table, in mM, or in g/L if it is in `MOLAR_MASS_G_MOL`.
        stop_h: a time at which both the substance and the biomass were measured.
        strain: as written in the table; the first one there if not given.

    Returns:
        The rate in mmol/gDW/h, negative for uptake. The range comes from the error bars of the
        substance at ``stop_h``; the biomass has none in the table.

    Raises:
        DataError: a time without measurements, a substance that begins at another time than the
            biomass, or one in g/L of unknown molar mass.

    >>> from renaissance_kit.core import example_folder
    >>> rate = specific_rate(example_folder("ecoli_w3110_trpd9923"), "anthranilate", 12)
    >>> round(rate.value, 2)
    0.14
    """
    course = read_course(folder, quantity, strain)
    if course.unit == "g/L" and quantity not in MOLAR_MASS_G_MOL:
        raise DataError(
            f"fermentation.csv: no molar mass for {quantity!r}; known: "
            f"{', '.join(MOLAR_MASS_G_MOL)}. Write its rows in mM"
        )
    last = _index(course, stop_h, quantity)
    scale = 1000.0 / MOLAR_MASS_G_MOL[quantity] if course.unit == "g/L" else 1.0
    biomass = read_course(folder, BIOMASS, course.strain)
    if not np.isclose(course.time_h[0], biomass.time_h[0]):
        raise DataError(
            f"fermentation.csv: {quantity} of {course.strain} begins at {course.time_h[0]:g} h, "
            f"its biomass at {biomass.time_h[0]:g} h; give both from the same time on"
        )
    scale /= biomass_integral(biomass, stop_h)
    change = (x[last] - course.value[0] for x in (course.value, course.low, course.high))
    value, low, high = (float(x * scale) for x in change)
    return Estimate(value, min(value, low), max(value, high))


def uptake_range(
    folder: Path, quantity: str, first_h: float, last_h: float, strain: str | None = None
) -> Estimate:
    """Specific uptake over the windows from the first point to each one in [first_h, last_h].

    A culture slows down as it grows, so the mean rate depends on the window: the glucose uptake of
    W3110 trpD9923 is 5.8 mmol/gDW/h over 0-8 h, at a mean growth rate of 0.35 1/h, and 4.4 over
    0-12 h, at 0.18 1/h. A state that grows at 0.26 1/h or more lies between, and the range here
    spans the windows together with their error bars. Yield times growth rate, 24 mmol/gDW ×
    0.26 1/h = 6.2, lies inside as well.

    Args:
        folder, quantity, strain: as in `specific_rate`.
        first_h, last_h: the windows end between them.

    Returns:
        Uptake in mmol/gDW/h, negative for what is released; ``value`` is the mean over the windows.

    Raises:
        DataError: no measurement in the window.
    """
    course = read_course(folder, quantity, strain)
    times = course.time_h[1:]
    times = times[(times >= first_h) & (times <= last_h)]
    if not len(times):
        raise DataError(
            f"fermentation.csv has no {quantity} of {course.strain} between {first_h:g} and "
            f"{last_h:g} h; widen the window in constraints.csv"
        )
    rates = [specific_rate(folder, quantity, float(t), course.strain) for t in times]
    return Estimate(
        -float(np.mean([r.value for r in rates])),
        -max(r.high for r in rates),
        -min(r.low for r in rates),
    )


def _index(course: Course, time_h: float, quantity: str) -> int:
    found = np.flatnonzero(np.isclose(course.time_h, time_h))
    if not len(found) or found[0] == 0:
        raise DataError(
            f"fermentation.csv: {quantity} was not measured at {time_h:g} h after a first point; "
            f"choose one of {', '.join(f'{t:g}' for t in course.time_h[1:])}"
        )
    return int(found[0])
