"""Figures of sampled states: units, marks that must be there, and the same twice."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import (
    nodes,
    require_caption,
    require_same_twice,
    require_thin_threshold,
    require_units,
    texts,
)

from renaissance_kit.figures import Source, sampling, states, theme
from renaissance_kit.figures.rows import in_columns
from renaissance_kit.studies.states import sample_ranges

THRESHOLD = -2.5
SOURCE = Source("example", "7", 3, "smoke")
RNG = np.random.default_rng


def concentrations() -> pd.DataFrame:
    names = ["atp_c", "adp_c", "g6p_c", "pep_c", "cit_c", "glc__D_p"]
    values = np.exp(RNG(0).normal(-2.0, 1.0, (40, 6)))
    return pd.DataFrame(
        {
            "metabolite": names,
            "pathway": ["Carriers", "Carriers", "Glycolysis", "Glycolysis", "Cycle", "Periplasm"],
            "low_mM": 1e-4,
            "high_mM": 20.0,
            "bound": ["measured", *["turnover"] * 4, "general"],
            "measured_mM": [0.2, *[np.nan] * 5],
            **sample_ranges(values),
        }
    )


def energies() -> pd.DataFrame:
    signs = np.array([1, -1, 1, 1, 1])
    values = -signs * np.exp(RNG(1).normal(1.0, 1.0, (40, 5)))
    return pd.DataFrame(
        {
            "reaction": ["PFK", "PGK", "CS", "NH4tex", "ADK1"],
            "pathway": ["Glycolysis", "Glycolysis", "Cycle", "Outer membrane", "Other"],
            "sign": signs,
            **sample_ranges(values),
        }
    )


def turnover() -> pd.DataFrame:
    values = np.exp(RNG(2).normal(0.0, 1.5, (40, 4)))
    generic = {f"generic_{k}": v for k, v in sample_ranges(values * [1, 1, 3, 40]).items()}
    table = pd.DataFrame(
        {
            "metabolite": ["glu__L_c", "atp_c", "chor_c", "etoh_c"],
            "measured": [True, True, False, False],
            **sample_ranges(values),
            **generic,
        }
    )
    return table.sort_values("generic_median", ascending=False)


FLUXES = {"GROWTH": (0.3, 0.01), "EX_glc__D_e": (5.0, 0.2), "PYK": (4.0, 2.0)}


def flux_values() -> pd.DataFrame:
    rng = RNG(3)
    return pd.DataFrame({k: np.abs(rng.normal(*v, 50)) for k, v in FLUXES.items()})


def flux_table() -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "reaction": list(FLUXES),
            "text": ["growth", "glucose uptake", "PYK"],
            "low": [0.26, 4.0, np.nan],
            "high": [0.37, 7.0, np.nan],
            "unit": ["1/h", "mmol/gDW/h", "mmol/gDW/h"],
        }
    )
    return table.assign(**sample_ranges(flux_values().to_numpy()))


def rates() -> pd.DataFrame:
    rows = [("GROWTH", 0.32, 0.27, 0.37), ("EX_glc__D_e", 5.1, 4.1, 7.2)]
    return pd.DataFrame(rows, columns=["reaction", "value", "low", "high"])


def diagnostics(ess: float = 900.0) -> pd.DataFrame:
    kinds = list(sampling.KINDS)
    rng = RNG(4)
    return pd.DataFrame(
        {
            "kind": [kinds[i % 4] for i in range(40)],
            "name": [f"V{i}" for i in range(40)],
            "ess": rng.uniform(0.5, 1.0, 40) * ess,
            "rhat": 1 + np.abs(rng.normal(0, 0.002, 40)),
        }
    )


def profile() -> pd.DataFrame:
    quantile = np.sort(-RNG(5).uniform(0.0, 1.0, 30))
    role = ["default", *["examined"] * 29]
    distance = RNG(6).uniform(0.8, 1.4, 30)
    return pd.DataFrame(
        {"state": range(30), "lambda_max_quantile": quantile, "distance": distance, "role": role}
    )


def unbiased() -> pd.DataFrame:
    rows = [
        (time, state, value)
        for time in (math.inf, 4.0)
        for state in range(2)
        for value in theme.from_symlog(RNG(7).normal(0.0, 2.0, 25))
    ]
    return pd.DataFrame(rows, columns=["turnover_time_min", "state", "lambda_max_per_h"])


def found() -> pd.DataFrame:
    rows = [(math.inf, 0, -1.0), (math.inf, 1, -0.5), (4.0, 0, -2.5), (4.0, 1, -2.0)]
    return pd.DataFrame(rows, columns=["turnover_time_min", "state", "lambda_max_per_h"])


FIGURES: dict[str, Callable[[], Any]] = {
    "concentrations": lambda: states.concentration_ranges(
        concentrations(), states=40, fold=2.0, source=SOURCE
    ),
    "energies": lambda: states.reaction_energies(energies(), states=40, source=SOURCE),
    "turnover": lambda: states.turnover_times(
        turnover(), bound_min=4.0, settle_min=24.0, states=40, generic_states=30, source=SOURCE
    ),
    "fluxes": lambda: states.key_fluxes(
        flux_table(), flux_values(), rates(), states=50, source=SOURCE
    ),
    "convergence": lambda: sampling.convergence(diagnostics(), draws=1000, source=SOURCE),
    "two": lambda: sampling.two_samples(
        pd.DataFrame({"z": RNG(8).normal(size=200)}), names=("One", "another"), source=SOURCE
    ),
    "profile": lambda: sampling.default_profile(
        profile(), threshold_per_h=THRESHOLD, models=20, source=SOURCE
    ),
    "speed": lambda: sampling.turnover_and_speed(
        unbiased(), found(), threshold_per_h=THRESHOLD, models=800, source=SOURCE
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units(name: str) -> None:
    require_units(FIGURES[name]().to_dict())


@pytest.mark.parametrize("name", FIGURES)
def test_caption_names_its_source(name: str) -> None:
    facts = ("example", "steady state 7", "seed 3", "scale smoke")
    require_caption(FIGURES[name]().to_dict(), *facts, width=150)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_renders_the_same_twice(name: str, tmp_path: Path) -> None:
    require_same_twice(FIGURES[name](), FIGURES[name](), name, tmp_path)


@pytest.mark.parametrize("name", ["profile", "speed"])
def test_threshold_is_a_thin_red_line_with_its_value(name: str) -> None:
    require_thin_threshold(FIGURES[name]().to_dict(), "threshold −2.5 1/h")


def test_settling_time_is_the_threshold_of_turnover() -> None:
    specification = FIGURES["turnover"]().to_dict()
    require_thin_threshold(specification, "24 min")
    assert "bound 4 min" in texts(specification)
    assert "● glu__L_c" in texts(specification)
    assert "'chor_c'" in texts(specification)


@pytest.mark.parametrize("name", ["concentrations", "fluxes"])
def test_measured_values_are_black_points_with_error_bars(name: str) -> None:
    marks = [n["mark"] for n in nodes(FIGURES[name]().to_dict()) if isinstance(n.get("mark"), dict)]
    black = {m["type"] for m in marks if m.get("color") == theme.MEASURED}
    assert black == {"circle", "rule"}


def test_every_row_has_its_name_once() -> None:
    for name, table, column in (
        ("concentrations", concentrations(), "metabolite"),
        ("energies", energies(), "reaction"),
    ):
        text = texts(FIGURES[name]().to_dict())
        assert all(f"'{item}'" in text for item in table[column])


def test_energies_are_coloured_by_direction() -> None:
    specification = FIGURES["energies"]().to_dict()
    caption = " ".join(specification["title"]["subtitle"])
    assert "4 reactions with a positive flux" in caption
    assert "1 with a negative flux" in caption
    colours = {n["mark"].get("color") for n in nodes(specification)
               if isinstance(n.get("mark"), dict)}  # fmt: skip
    assert {states.FORWARD, states.BACKWARD} <= colours


def test_convergence_names_the_worst() -> None:
    table = diagnostics()
    text = texts(FIGURES["convergence"]().to_dict())
    for worst in (table.loc[table.ess.idxmin()], table.loc[table.rhat.idxmax()]):
        kind = worst.kind.replace("ln concentrations", "ln c").replace("fluxes", "flux")
        assert f"{kind} {worst['name']}" in text
    assert f"{table.ess.min():,.0f}" in text


def test_convergence_of_a_short_run_keeps_its_names_inside() -> None:
    chart = sampling.convergence(diagnostics(20.0), draws=50).to_dict()
    marks = [n["mark"] for n in nodes(chart) if isinstance(n.get("mark"), dict)]
    assert any(m["type"] == "text" and m.get("align") == "left" for m in marks)


def test_search_counts_the_threshold_as_valid() -> None:
    text = texts(FIGURES["speed"]().to_dict())
    assert '"1 of 2"' in text
    assert '"0 of 2"' in text
    assert "'none'" in text


def test_columns_keep_groups_together_and_are_even() -> None:
    table = pd.DataFrame({"group": list("aaabbcccccd"), "name": range(11)})
    placed, headings = in_columns(table, 2, group="group")
    assert (placed.groupby("group").column.nunique() == 1).all()
    assert list(headings.text) == list("abcd")
    heights = placed.groupby("column").row.max() + 1
    assert list(heights) == [7, 8]  # 3 + 2 items and two headings; 5 + 1 items and two headings
    for _, part in placed.groupby("column"):
        taken = [*part.row, *headings.row[headings.column == part.column.iloc[0]]]
        assert sorted(taken) == list(range(len(taken)))
    ungrouped, none = in_columns(table, 3)
    assert list(ungrouped.groupby("column").size()) == [4, 4, 3]
    assert none.empty
