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
from numpy.typing import NDArray

from renaissance_kit.errors import DataError
from renaissance_kit.tables import read_table

Array = NDArray[np.float64]

MOLAR_MASS_G_MOL = {"glucose": 180.156, "anthranilate": 137.138}


@dataclass(frozen=True)
class Estimate:
    """A number with the range that its measurements allow."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Course:
    """One quantity over time: (points,) arrays, g/L; low and high equal value where not drawn."""

    time_h: Array
    value: Array
    low: Array
    high: Array


def read_course(folder: Path, quantity: str, strain: str = "W3110 trpD9923") -> Course:
    """Read the course of one quantity of one strain from ``fermentation.csv``.

    Args:
        folder: data folder.
        quantity: ``biomass``, ``glucose`` or ``anthranilate``.
        strain: as written in the table.

    Raises:
        DataError: no such quantity or strain in the table, or a unit other than g/L.
    """
    columns = ("strain", "quantity", "time_h", "value", "low", "high", "unit", "source")
    table = read_table(folder / "fermentation.csv", columns, key=("strain", "quantity", "time_h"))
    rows = [r for r in table if r["quantity"] == quantity and r["strain"] == strain]
    if not rows:
        raise DataError(f"fermentation.csv has no {quantity!r} of strain {strain!r}; add its rows")
    for row in rows:
        if row["unit"] != "g/L":
            raise row.error(f"unit {row['unit']!r}; write 'g/L'")
    rows.sort(key=lambda row: row.required_number("time_h"))
    time, value = (np.array([r.required_number(c) for r in rows]) for c in ("time_h", "value"))
    low, high = (np.array([r.number(c) for r in rows]) for c in ("low", "high"))
    return Course(
        time, value, np.where(np.isnan(low), value, low), np.where(np.isnan(high), value, high)
    )


def biomass_integral(biomass: Course, stop_h: float) -> float:
    """∫ X dt from the first measurement to ``stop_h``, in gDW h/L.

    Raises:
        DataError: no measurement at ``stop_h``, or a biomass that is not positive.
    """
    last = _index(biomass, stop_h, "biomass")
    x = biomass.value[: last + 1]
    if (x <= 0).any():
        raise DataError("fermentation.csv: biomass must be positive for a specific rate")
    ratio = np.log(x[1:] / x[:-1])
    flat = np.abs(ratio) < 1e-9
    mean = np.where(flat, x[1:], np.diff(x) / np.where(flat, 1.0, ratio))
    return float((mean * np.diff(biomass.time_h[: last + 1])).sum())


def specific_rate(
    folder: Path, quantity: str, stop_h: float, strain: str = "W3110 trpD9923"
) -> Estimate:
    """Mean specific rate of a substance from the first measurement to ``stop_h``.

    Args:
        folder: data folder.
        quantity: ``glucose`` or ``anthranilate``.
        stop_h: a time at which both the substance and the biomass were measured.
        strain: as written in the table.

    Returns:
        The rate in mmol/gDW/h, negative for uptake. The range comes from the error bars of the
        substance at ``stop_h``; the biomass has none in the table.

    Raises:
        DataError: a time without measurements, or an unknown substance.

    >>> from renaissance_kit.paths import example_folder
    >>> rate = specific_rate(example_folder("ecoli_w3110_trpd9923"), "anthranilate", 12)
    >>> round(rate.value, 2)
    0.14
    """
    if quantity not in MOLAR_MASS_G_MOL:
        raise DataError(f"no molar mass for {quantity!r}; known: {', '.join(MOLAR_MASS_G_MOL)}")
    course = read_course(folder, quantity, strain)
    last = _index(course, stop_h, quantity)
    scale = 1000.0 / MOLAR_MASS_G_MOL[quantity]
    scale /= biomass_integral(read_course(folder, "biomass", strain), stop_h)
    change = (x[last] - course.value[0] for x in (course.value, course.low, course.high))
    value, low, high = (float(x * scale) for x in change)
    return Estimate(value, min(value, low), max(value, high))


def uptake_range(folder: Path, quantity: str, first_h: float, last_h: float) -> Estimate:
    """Specific uptake over the windows from 0 h to each measurement in [first_h, last_h].

    A culture slows down as it grows, so the mean rate depends on the window: for glucose it is
    5.8 mmol/gDW/h over 0-8 h, at a mean growth rate of 0.35 1/h, and 4.4 over 0-12 h, at 0.18 1/h.
    A state that grows at 0.26 1/h or more lies between, and the range here spans the windows
    together with their error bars. Yield times growth rate, 24 mmol/gDW × 0.26 1/h = 6.2, lies
    inside as well.

    Returns:
        Uptake as a positive number in mmol/gDW/h; ``value`` is the mean over the windows.

    Raises:
        DataError: no measurement in the window.
    """
    times = read_course(folder, quantity).time_h
    times = times[(times >= first_h) & (times <= last_h) & (times > 0)]
    if not len(times):
        raise DataError(
            f"fermentation.csv has no {quantity} between {first_h:g} and {last_h:g} h; widen the "
            "window in constraints.csv"
        )
    rates = [specific_rate(folder, quantity, float(t)) for t in times]
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
