"""Rates from a fermentation: exact for exponential growth, and for any strain of the tables."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from renaissance_kit import Network
from renaissance_kit.core import DataError
from renaissance_kit.states import (
    Constraints,
    biomass_integral,
    read_time_course,
    specific_rate,
    uptake_range,
)

RATE, START = 0.3, 0.05  # 1/h, gDW/L
FILE = "fermentation.csv"
COLUMNS = (
    "strain", "quantity", "variable", "weighed_as", "time_h", "value", "low", "high", "unit",
    "source",
)  # fmt: skip
VARIABLES = {"glucose": "glc__D_e", "ethanol": "etoh_e", "acetate": "ac_e"}


def exponential(
    strain: str, substances: dict[str, tuple[float, float, str]], times: tuple[float, ...]
) -> list[list[object]]:
    """Rows of a culture that grows exponentially.

    Args:
        substances: by quantity, amount at the start, specific rate and unit: g/L of glucose and
            g/gDW/h, or mM and mmol/gDW/h.
    """
    rows: list[list[object]] = []
    for time in times:
        biomass = START * math.exp(RATE * time)
        rows.append([strain, "biomass", "biomass", "", time, biomass, "", "", "g/L", "made up"])
        for quantity, (first, rate, unit) in substances.items():
            amount = first + rate * (biomass - START) / RATE
            variable = VARIABLES[quantity]
            rows.append([strain, quantity, variable, "", time, amount, "", "", unit, "made up"])
    return rows


def write(folder: Path, rows: list[list[object]]) -> None:
    with (folder / "fermentation.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


GLUCOSE = {"glucose": (10.0, -4.0 * 0.180156, "g/L")}  # 4 mmol/gDW/h are taken up
PRODUCTS = {"ethanol": (50.0, -6.0, "mM"), "acetate": (0.0, 1.5, "mM")}


# --- rates ----------------------------------------------------------------------------------


def test_biomass_integral_of_exponential_growth_is_exact(ecoli: Network, tmp_path: Path) -> None:
    write(tmp_path, exponential("W", GLUCOSE, (0, 3, 7)))
    integral = biomass_integral(read_time_course(ecoli, "biomass", "W", table=tmp_path / FILE), 7)
    assert integral == pytest.approx(START * (math.exp(RATE * 7) - 1) / RATE)
    assert specific_rate(ecoli, "glucose", 7, "W", table=tmp_path / FILE).value == pytest.approx(
        -4.0
    )


def test_any_substance_in_mM_and_any_strain(ecoli: Network, tmp_path: Path) -> None:
    write(
        tmp_path,
        exponential("mine", PRODUCTS, (0, 2, 5)) + exponential("other", GLUCOSE, (0, 2, 5)),
    )
    assert specific_rate(ecoli, "ethanol", 5, "mine", table=tmp_path / FILE).value == pytest.approx(
        -6.0
    )
    assert specific_rate(ecoli, "acetate", 2, "mine", table=tmp_path / FILE).value == pytest.approx(
        1.5
    )
    uptake = uptake_range(ecoli, "ethanol", 2, 5, "mine", table=tmp_path / FILE)
    assert (uptake.low, uptake.value, uptake.high) == pytest.approx((6.0, 6.0, 6.0))
    assert uptake_range(
        ecoli, "glucose", 2, 5, "other", table=tmp_path / FILE
    ).value == pytest.approx(4.0)
    assert (
        read_time_course(ecoli, "biomass", table=tmp_path / FILE).strain == "mine"
    )  # the first in the table


def test_measured_rates_of_the_strain(ecoli: Network) -> None:
    uptake = uptake_range(ecoli, "glucose", 8, 12)
    assert uptake.low < 5 < uptake.value < 6 < uptake.high
    assert specific_rate(ecoli, "anthranilate", 12).value == pytest.approx(0.14, abs=0.005)
    assert read_time_course(ecoli, "biomass").strain == "W3110 trpD9923"


def test_the_upper_bound_of_growth_is_the_measured_exponential_rate(ecoli: Network) -> None:
    assert ecoli.folder is not None
    biomass = read_time_course(ecoli, "biomass")
    rate = math.log(biomass.value[2] / biomass.value[0]) / biomass.time_h[2]
    bound = Constraints.from_folder(ecoli).fluxes["GROWTH"]
    assert bound.high == pytest.approx(rate, abs=0.005)


def test_molar_masses_come_from_formulas(ecoli: Network) -> None:
    assert read_time_course(ecoli, "glucose").molar_mass_g_mol == 180.156
    assert (
        read_time_course(ecoli, "anthranilate").molar_mass_g_mol == 137.138
    )  # the acid is weighed
    assert ecoli.metabolites["anth_e"].molar_mass_g_mol == 136.13  # the anion
    assert np.isnan(read_time_course(ecoli, "biomass").molar_mass_g_mol)


# --- mistakes in the table ------------------------------------------------------------------


def test_a_time_without_measurement_is_an_error(ecoli: Network) -> None:
    assert ecoli.folder is not None
    with pytest.raises(DataError, match=r"was not measured at 5 h.*choose one of 4, 8, 12"):
        specific_rate(ecoli, "glucose", 5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [[*row[:2], "etoh_x", *row[3:]] for row in exponential("W", PRODUCTS, (0, 2))],
            "'etoh_x' is neither 'biomass' nor in the medium; did you mean 'etoh_e'",
        ),
        (
            [
                [*row[:3], "C2H7NO", *row[4:]]
                for row in exponential("W", {"ethanol": (9.0, -0.5, "g/L")}, (0, 2))
            ],
            "in more than hydrogens.*to mM",
        ),
        (
            exponential("W", {"ethanol": (9.0, -0.5, "kg")}, (0, 2)),
            "unit is 'kg'.*Choose one of g/L, mM",
        ),
        (exponential("W", PRODUCTS, (0, 2))[1:], "begins at 0 h, its biomass at 2 h"),
        (exponential("V", PRODUCTS, (0, 2)), "no 'ethanol' of strain 'W'.*ethanol of V"),
        ([["W", "biomass", "biomass", "", 0, 1, "", "", "mM", "made up"]], "no 'ethanol'"),
    ],
)
def test_what_no_rate_follows_from(
    ecoli: Network, tmp_path: Path, rows: list[list[object]], message: str
) -> None:
    write(tmp_path, rows)
    with pytest.raises(DataError, match=message):
        specific_rate(ecoli, "ethanol", 2, "W", table=tmp_path / FILE)


def test_units_of_a_course(ecoli: Network, tmp_path: Path) -> None:
    rows = exponential("W", PRODUCTS, (0, 2))
    rows[0][-2] = "mM"
    write(tmp_path, rows)
    with pytest.raises(DataError, match=r"line 2 \(biomass\): unit 'mM' of biomass; write 'g/L'"):
        read_time_course(ecoli, "biomass", table=tmp_path / FILE)
    rows[4][-2] = "g/L"
    write(tmp_path, rows)
    with pytest.raises(DataError, match=r"line 6 \(ethanol\): unit 'g/L' after 'mM'"):
        read_time_course(ecoli, "ethanol", table=tmp_path / FILE)


# --- in constraints.csv ---------------------------------------------------------------------


@pytest.fixture
def own(ecoli: Network, tmp_path: Path) -> Path:
    """Tables of constraints of a strain of one's own, with rates that are known exactly."""
    assert ecoli.folder is not None
    for name in ("constraints.csv", "medium.csv", "concentrations.csv"):
        shutil.copy(ecoli.folder / name, tmp_path)
    write(tmp_path, exponential("mine", GLUCOSE | PRODUCTS, (0, 2, 4, 6)))
    return tmp_path


def edit(folder: Path, change: dict[str, dict[str, str]]) -> None:
    """Change cells of the rows of constraints.csv with the given ids."""
    path = folder / "constraints.csv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | change.get(row["id"], {}) for row in rows)


WINDOW = {"kind": "fermentation", "low": "2", "high": "6", "unit": "h", "strain": "mine"}


def test_bounds_of_a_strain_of_ones_own(ecoli: Network, own: Path) -> None:
    edit(
        own,
        {
            "EX_glc__D_e": WINDOW | {"quantity": "glucose"},
            "EX_ac_e": WINDOW | {"quantity": "acetate"},
        },
    )
    fluxes = Constraints.from_folder(ecoli, own).fluxes
    uptake, release = fluxes["EX_glc__D_e"], fluxes["EX_ac_e"]
    assert (uptake.low, uptake.high) == pytest.approx((-4.0, -4.0))
    assert (release.low, release.high) == pytest.approx((1.5, 1.5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"EX_glc__D_e": {"strain": ""}},
            r"line 9 \(EX_glc__D_e\): .* columns strain and quantity",
        ),
        ({"EX_glc__D_e": {"quantity": ""}}, "needs the columns strain and quantity, written as in"),
        (
            {"EX_glc__D_e": WINDOW | {"strain": "yours"}},
            r"fermentation\.csv has no 'glucose' of strain 'yours'.*glucose of mine",
        ),
        ({"EX_glc__D_e": WINDOW | {"low": "7", "high": "9"}}, "between 7 and 9 h; widen"),
        (
            {"EX_ac_e": WINDOW | {"id": "PGI", "quantity": "acetate"}},
            r"\(PGI\): a fermentation measures exchanges; use the exchange reaction",
        ),
    ],
)
def test_fermentation_rows_that_cannot_be_used(
    ecoli: Network, own: Path, change: dict[str, dict[str, str]], message: str
) -> None:
    edit(own, {"EX_glc__D_e": WINDOW | {"quantity": "glucose"}})
    edit(own, change)
    with pytest.raises(DataError, match=message):
        Constraints.from_folder(ecoli, own)


def test_a_table_without_the_columns_says_what_to_add(ecoli: Network, own: Path) -> None:
    path = own / "constraints.csv"
    with path.open(newline="") as handle:
        rows = [row[:-2] for row in csv.reader(handle)]
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows(rows)
    with pytest.raises(DataError, match="needs the columns strain and quantity"):
        Constraints.from_folder(ecoli, own)
