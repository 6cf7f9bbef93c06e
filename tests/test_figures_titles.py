"""Titles say what the data of a figure say, and that a study is too small where it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import nodes, texts

from renaissance_kit.figures import (
    displacement,
    draft,
    km_overlap,
    landscape,
    robustness,
    routes,
    surveys,
    theme,
)
from renaissance_kit.studies import CYTOSOL


def title_of(chart: Any) -> str:
    return str(chart.to_dict()["title"]["text"])


@pytest.mark.parametrize(
    ("without", "bounded", "title"),
    [
        ([0, 0, 0], [0, 0, 0], "No valid model among so few, with or without bounds"),
        ([0, 0.02, 0.01], [0.5, 0.6, 0.55], "With passive transport near equilibrium 55 %"),
        ([0, 0.4], [0.3, 0.5], "Too few states to tell: 20 % valid without bounds, 40 % with all"),
        ([0.1], [0.9], "Too few states to tell"),
    ],
)
def test_bounds_on_displacement(without: list[float], bounded: list[float], title: str) -> None:
    table = pd.DataFrame(
        {
            "sample": ["no bound"] * len(without) + ["porin"] * len(bounded),
            "incidence": [*without, *bounded],
            "stable": 0.5,
        }
    )
    figure = displacement.incidence_by_bound(table, models=20, threshold_per_h=-2.5)
    assert title_of(figure).startswith(title)


def shares(at_24: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time_min": [0.0, 24.0, 34.0, 60.0],
            "group": CYTOSOL,
            "share": [0.0, at_24, 0.9, 1.0],
            "low": 0.0,
            "high": 1.0,
            "tolerance": 0.01,
            "perturbed": 10,
        }
    )


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_returns(share: float) -> None:
    title = title_of(robustness.returned_over_time(shares(share)))
    assert title == (
        f"All back in {theme.percent(share)} of models within 24 min and 90 % within 34 min"
    )


@pytest.mark.parametrize(("models", "told"), [(9, False), (10, True)])
def test_prediction_of_returns(models: int, told: bool) -> None:
    back = np.linspace(10.0, 40.0, models)
    table = pd.DataFrame(
        {"return_min": back, "linear_return_min": back, "time_constant_min": back[::-1]}
    )
    figure = robustness.return_against_stability(table, size=0.5, tolerance=0.01, until_min=60.0)
    said = "Rank correlation with the return: linear response 1, slowest mode −1"
    assert title_of(figure) == (
        said if told else "Too few models to tell whether linear stability predicts the return"
    )


@pytest.mark.parametrize(
    ("states", "title"),
    [(9, "Too few states to tell: 2 of 9"), (400, "1 of 4 concentrations differ")],
)
def test_concentrations_of_supporting_states(states: int, title: str) -> None:
    table = pd.DataFrame({"metabolite": list("abcd"), "found": [True, False, False, False]})
    for column, value in (("low", 0.1), ("median", 1.0), ("high", 9.0)):
        table = table.assign(**{f"others_{column}": value, f"group_{column}": value})
    figure = landscape.supporting_ranges(table, states=states, supporting=2, population="generic")
    assert title_of(figure).startswith(title)


def scores(q_value: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["PGI:g6p_c", "PFK:f6p_c"],
            "group": "Glycolysis",
            "before": 0.3,
            "after": [0.5, 0.2],
            "change": [0.2, -0.1],
            "null_low": -0.05,
            "null_high": 0.05,
            "q_value": [q_value, 1.0],
        }
    )


def test_overlap_of_constants() -> None:
    few = km_overlap.overlap_by_constant(scores(0.01), runs=(3, 3), least=0.1)
    assert title_of(few) == "Too few trainings to tell: no p-value below 0.1"
    enough = km_overlap.overlap_by_constant(
        scores(0.01), runs=(9, 9), least=0.01, names={"PGI:g6p_c": "PGI, glucose 6-phosphate"}
    )
    assert title_of(enough) == (
        "Beyond chance 1 of 2 constants come nearer to their measurement, 0 go away from it"
    )
    assert "'PGI, glucose 6-phosphate'" in texts(enough.to_dict())


def test_overlap_of_subsystems() -> None:
    table = pd.DataFrame(
        {"group": ["TCA cycle"], "constants": [10], "improved": [3], "improved_null": [4.96],
         "change": [0.1], "null_low": [-0.2], "null_high": [0.2]}
    )  # fmt: skip
    assert title_of(km_overlap.overlap_by_group(table, least=0.1)).startswith("Too few trainings")
    assert title_of(km_overlap.overlap_by_group(table)) == (
        "TCA cycle: 3 of 10 constants come nearer to their measurement, 5.0 by chance"
    )


def test_states_without_a_model() -> None:
    table = pd.DataFrame(
        {
            "population": ["shipped", "generic"] * 2,
            "effort": ["unbiased models"] * 2 + ["whole search"] * 2,
            "count": [4, 90, 0, 2],
            "states": [10, 100, 10, 100],
            "share": 0.5,
            "low": 0.1,
            "high": 0.9,
        }
    )
    assert title_of(surveys.without_model(table, models=30, threshold_per_h=-2.5)) == (
        "Without a valid model: 94 of 110 states by random constants, 2 by search"
    )


def test_states_never_trained_at() -> None:
    table = pd.DataFrame(
        [
            {"generator": name, "state": str(i), "incidence": share, "models": 40}
            for name, share in (("gradient", 0.5), ("conditional", 0.9))
            for i in range(20)
        ]
    ).assign(lambda_max_median_per_h=-3.0, spread=2.0)
    assert title_of(routes.held_out_incidence(table, trained_at=400)) == (
        "At states that no generator was trained at: conditional 90 % valid"
    )


def test_intervals_of_exactness_stand_side_by_side() -> None:
    change = [0.01, 0.1, 1.0]
    table = pd.concat(
        pd.DataFrame({"group": g, "change": change, "models": 9, "share": 1.0, "low": 0.7,
                      "high": 1.0})
        for g in ("searched", "unbiased")
    )  # fmt: skip
    specification = surveys.exactness(table, threshold_per_h=-2.5).to_dict()
    rows = [row for data in specification["datasets"].values() for row in data if "group" in row]
    places = {name: {r["change"] for r in rows if r["group"] == name} for name in set(table.group)}
    assert not set.intersection(*places.values())
    for found in places.values():
        np.testing.assert_allclose(sorted(found), change, rtol=0.1)


def test_a_cumulative_line_begins_at_no_state() -> None:
    table = pd.DataFrame({"population": "free", "lambda_max_per_h": [-2.0, -1.0, -0.5, 1.0]})
    specification = landscape.constrained_distributions(
        table, threshold_per_h=-2.5, constrained=30
    ).to_dict()
    (rows,) = (d for d in specification["datasets"].values() if "population" in d[0])
    assert [row["share"] for row in rows] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [row["lambda_max_per_h"] for row in rows][:2] == [-2.0, -2.0]


@pytest.mark.parametrize("high", [26.0, 2e3, 5e6])
def test_a_logarithmic_axis_has_three_round_ticks(high: float) -> None:
    ticks = theme.at_least_three_ticks(17.0, high)
    assert 3 <= len(ticks) <= 12
    assert all(17.0 <= tick <= high and float(f"{tick:.2g}") == tick for tick in ticks)


def test_choices_of_a_draft_are_whole() -> None:
    summary = pd.DataFrame(
        {
            "decisions": [68, 1],
            "given by the user": [0, 0],
            "choices": ["reversible_michaelis_menten (25); generalized_reversible_hill (20); a (3)",
                        "-7.04"],
            "meaning": "",
        },
        index=pd.Index(["rate law", "threshold"], name="rule"),
    )  # fmt: skip
    written = {
        node["text"]
        for data in draft.decisions_by_rule(summary).to_dict()["datasets"].values()
        for node in nodes(data)
        if "text" in node
    }
    assert written == {"68: reversible michaelis menten (25); …", "1: −7.04"}
