"""Specific rates of growth, uptake and secretion from a measured batch fermentation.

In a batch, ``dS/dt = −q X``, so the mean specific rate over a window is the amount used divided by
the integral of the biomass. Between two measurements the biomass is taken to grow
exponentially, which makes the integral the logarithmic mean times the interval
(Stephanopoulos, Aristidou & Nielsen 1998, Metabolic Engineering, ch. 3).

The table says which metabolite of the medium each substance is. Grams become mmol with the molar
mass of that metabolite's formula, or of the formula in the column ``weighed_as`` where the table
weighs another state of protonation (an acid whose anion is in the network).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.formulas import parse_formula
from renaissance_kit.core.tables import Row
from renaissance_kit.core.types import Array
from renaissance_kit.network.elements import molar_mass_g_mol
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant
from renaissance_kit.states.tables import FERMENTATION_TABLE

if TYPE_CHECKING:
    import pandas as pd

CourseTable: TypeAlias = "str | Path | pd.DataFrame | None"
FILE = FERMENTATION_TABLE.name
BIOMASS = "biomass"
"""State variable of a reactor, and what the column ``variable`` holds for it."""


@dataclass(frozen=True)
class Estimate:
    """A number with the range that its measurements allow."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MeasuredTimeCourse:
    """One quantity over time: (points,) arrays; low and high equal value where not drawn.

    Attributes:
        value, low, high: in ``unit``.
        unit: ``g/L`` or ``mM``; biomass is always in gDW/L, written ``g/L``.
        strain: that was measured.
        variable: ``biomass``, or the metabolite of the medium that was measured.
        molar_mass_g_mol: of what the grams are grams of; NaN for biomass and in mM.
    """

    time_h: Array
    value: Array
    low: Array
    high: Array
    unit: str = "g/L"
    strain: str = ""
    variable: str = ""
    molar_mass_g_mol: float = float("nan")

    @property
    def falls(self) -> bool:
        """Whether less is there at the end than at the start, as of a substance taken up."""
        return bool(self.value[-1] < self.value[0])

    @property
    def units_per_mM(self) -> float:
        """Units of the course in 1 mM of a substance, or in 1 gDW/L of biomass.

        Raises:
            DataError: a substance in g/L without molar mass.
        """
        if self.unit != "g/L" or self.variable == BIOMASS:
            return 1.0
        if not self.molar_mass_g_mol > 0:
            raise DataError(
                f"{FILE}: no molar mass of {self.variable or 'a substance'} in g/L; fill in its "
                "formula in metabolites.csv or weighed_as, or write its rows in mM"
            )
        return self.molar_mass_g_mol / 1000


def read_time_course(
    network: Network, quantity: str, strain: str | None = None, table: CourseTable = None
) -> MeasuredTimeCourse:
    """Read the course of one quantity of one strain from ``fermentation.csv``.

    Args:
        network: whose metabolites the table names.
        quantity: biomass or a substance, as written in the table.
        strain: as written in the table; the first one there if not given.
        table: file or data frame; the network's own ``fermentation.csv`` if not given.

    Raises:
        DataError: no such quantity or strain in the table, or a row that cannot be used.
    """
    return _course(network, _rows(network, table), quantity, strain)


def quantities(
    network: Network, strain: str | None = None, table: CourseTable = None
) -> tuple[str, ...]:
    """What was measured on a strain, in the order of ``fermentation.csv``.

    Args:
        strain: as written in the table; the first one there if not given.
        table: file or data frame; the network's own ``fermentation.csv`` if not given.

    Raises:
        DataError: there is no table, or it has no such strain.
    """
    rows = _rows(network, table)
    strain = _strain(rows, strain)
    return tuple(dict.fromkeys(r["quantity"] for r in rows if r["strain"] == strain))


def _rows(network: Network, table: CourseTable) -> list[Row]:
    if table is None:
        return FERMENTATION_TABLE.read(network.file(FILE))
    if isinstance(table, str | Path):
        return FERMENTATION_TABLE.read(table)
    return FERMENTATION_TABLE.of(table)


def _strain(table: list[Row], strain: str | None) -> str:
    names = list(dict.fromkeys(r["strain"] for r in table))
    if not names or (strain is not None and strain not in names):
        known = f" There are: {', '.join(names)}"
        raise DataError(f"{FILE} has no strain {strain!r}{nearest(strain or '', names)}{known}")
    return names[0] if strain is None else strain


def _course(
    network: Network, table: list[Row], quantity: str, strain: str | None
) -> MeasuredTimeCourse:
    if strain is None:
        strain = table[0]["strain"] if table else ""
    rows = [r for r in table if r["quantity"] == quantity and r["strain"] == strain]
    if not rows:
        raise DataError(
            f"{FILE} has no {quantity!r} of strain {strain!r}; add its rows. There are: "
            + ", ".join(sorted({f"{r['quantity']} of {r['strain']}" for r in table}))
        )
    variable = rows[0]["variable"]
    for row in rows:
        for column in ("variable", "weighed_as"):
            if row[column] != rows[0][column]:
                raise row.error(f"{column} {row[column]!r} after {rows[0][column]!r}; use one")
        if variable == BIOMASS and row["unit"] != "g/L":
            raise row.error(f"unit {row['unit']!r} of biomass; write 'g/L'")
        if row["unit"] != rows[0]["unit"]:
            raise row.error(f"unit {row['unit']!r} after {rows[0]['unit']!r}; use one of them")
    mass = _molar_mass(network, rows[0])
    rows.sort(key=lambda row: row.required_number("time_h"))
    time, value = (np.array([r.required_number(c) for r in rows]) for c in ("time_h", "value"))
    low, high = (np.array([r.number(c) for r in rows]) for c in ("low", "high"))
    return MeasuredTimeCourse(
        time,
        value,
        np.where(np.isnan(low), value, low),
        np.where(np.isnan(high), value, high),
        rows[0]["unit"],
        strain,
        variable,
        mass,
    )


def _molar_mass(network: Network, row: Row) -> float:
    """Of the substance of a row, checked against the network; NaN for biomass and in mM."""
    variable, weighed_as = row["variable"], row["weighed_as"]
    if variable == BIOMASS or row["unit"] != "g/L":
        if weighed_as:
            raise row.error(f"weighed_as is for substances in g/L; leave {weighed_as!r} out")
        if variable == BIOMASS:
            return float("nan")
    known = network.species if row["unit"] == "mM" else _medium(network)
    if variable not in known:
        inside = " (grams per litre are of the medium)" if variable in network.species else ""
        raise row.error(
            f"variable {variable!r} is neither 'biomass' nor in the medium{inside}"
            f"{meant(network, variable, _medium(network))}"
        )
    if row["unit"] != "g/L":
        return float("nan")
    formula = dict(network.metabolites[variable].formula)
    if not formula and not weighed_as:
        raise row.error(
            f"no molar mass of {variable}; fill in its formula in metabolites.csv, or weighed_as "
            "here, or write the rows in mM"
        )
    if weighed_as:
        other = parse_formula(weighed_as, row)
        if formula and {**other, "H": 0} != {**formula, "H": 0}:
            raise row.error(
                f"weighed_as {weighed_as} differs from the formula of {variable} in more than "
                "hydrogens; convert the rows to mM"
            )
        formula = other
    return molar_mass_g_mol(formula)


def _medium(network: Network) -> list[str]:
    return [m for m in network.constant if not is_inside(network, m)]


def is_inside(network: Network, metabolite: str) -> bool:
    """Whether a metabolite is in the cell, not in the medium."""
    compartment = network.compartments[network.metabolites[metabolite].compartment]
    return compartment.volume_fraction is not None


def biomass_integral(biomass: MeasuredTimeCourse, stop_h: float) -> float:
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
    network: Network,
    quantity: str,
    stop_h: float,
    strain: str | None = None,
    table: CourseTable = None,
) -> Estimate:
    """Mean specific rate of a substance from the first measurement to ``stop_h``.

    Args:
        network, strain, table: as in `read_time_course`.
        quantity: a substance in the table.
        stop_h: a time at which both the substance and the biomass were measured.

    Returns:
        The rate in mmol/gDW/h, negative for uptake. The range comes from the error bars of the
        substance at ``stop_h``; the biomass has none in the table.

    Raises:
        DataError: a time without measurements, a substance that begins at another time than the
            biomass, or one in g/L of unknown molar mass.

    >>> from renaissance_kit import Network
    >>> rate = specific_rate(Network.example(), "anthranilate", 12)
    >>> round(rate.value, 2)
    0.14
    """
    rows = _rows(network, table)
    course = _course(network, rows, quantity, strain)
    if course.variable == BIOMASS:
        raise DataError(f"{FILE}: {quantity} is biomass; ask for the rate of a substance")
    if is_inside(network, course.variable):
        raise DataError(f"{FILE}: {quantity} is in the cell; ask for a substance of the medium")
    last = _index(course, stop_h, quantity)
    scale = 1.0 if course.unit == "mM" else 1000.0 / course.molar_mass_g_mol
    biomass = _biomass(network, rows, course.strain)
    if not np.isclose(course.time_h[0], biomass.time_h[0]):
        raise DataError(
            f"fermentation.csv: {quantity} of {course.strain} begins at {course.time_h[0]:g} h, "
            f"its biomass at {biomass.time_h[0]:g} h; give both from the same time on"
        )
    scale /= biomass_integral(biomass, stop_h)
    change = (x[last] - course.value[0] for x in (course.value, course.low, course.high))
    value, low, high = (float(x * scale) for x in change)
    return Estimate(value, min(value, low), max(value, high))


def biomass_time_course(
    network: Network, strain: str | None = None, table: CourseTable = None
) -> MeasuredTimeCourse:
    """The course of the biomass of a strain; arguments and errors as of `read_time_course`."""
    rows = _rows(network, table)
    return _biomass(network, rows, _strain(rows, strain))


def _biomass(network: Network, table: list[Row], strain: str) -> MeasuredTimeCourse:
    for row in table:
        if row["strain"] == strain and row["variable"] == BIOMASS:
            return _course(network, table, row["quantity"], strain)
    raise DataError(f"{FILE} has no biomass of strain {strain!r}; add its rows, variable 'biomass'")


def uptake_range(
    network: Network,
    quantity: str,
    first_h: float,
    last_h: float,
    strain: str | None = None,
    table: CourseTable = None,
) -> Estimate:
    """Specific uptake over the windows from the first point to each one in [first_h, last_h].

    A culture slows down as it grows, so the mean rate depends on the window: the glucose uptake of
    W3110 trpD9923 is 5.8 mmol/gDW/h over 0-8 h, at a mean growth rate of 0.35 1/h, and 4.4 over
    0-12 h, at 0.18 1/h. A state that grows at 0.26 1/h or more lies between, and the range here
    spans the windows together with their error bars. Yield times growth rate, 24 mmol/gDW ×
    0.26 1/h = 6.2, lies inside as well.

    Args:
        network, quantity, strain, table: as in `specific_rate`.
        first_h, last_h: the windows end between them.

    Returns:
        Uptake in mmol/gDW/h, negative for what is released; ``value`` is the mean over the windows.

    Raises:
        DataError: no measurement in the window.
    """
    course = read_time_course(network, quantity, strain, table)
    times = course.time_h[1:]
    times = times[(times >= first_h) & (times <= last_h)]
    if not len(times):
        raise DataError(
            f"fermentation.csv has no {quantity} of {course.strain} between {first_h:g} and "
            f"{last_h:g} h; widen the window in constraints.csv"
        )
    rates = [specific_rate(network, quantity, float(t), course.strain, table) for t in times]
    return Estimate(
        -float(np.mean([r.value for r in rates])),
        -max(r.high for r in rates),
        -min(r.low for r in rates),
    )


def _index(course: MeasuredTimeCourse, time_h: float, quantity: str) -> int:
    found = np.flatnonzero(np.isclose(course.time_h, time_h))
    if not len(found) or found[0] == 0:
        raise DataError(
            f"fermentation.csv: {quantity} was not measured at {time_h:g} h after a first point; "
            f"choose one of {', '.join(f'{t:g}' for t in course.time_h[1:])}"
        )
    return int(found[0])
