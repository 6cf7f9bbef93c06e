"""Figures of the landscape: units, captions, and the same twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import (
    require_caption,
    require_same_twice,
    require_thin_threshold,
    require_units,
    texts,
)

from renaissance_kit import studies
from renaissance_kit.analysis import wilson_interval
from renaissance_kit.figures import Source, landscape, surveys, views

SOURCE = Source("example", "example", 3, "smoke")
RNG = np.random.default_rng


def cells() -> pd.DataFrame:
    count = np.array([3, 7, 9])
    ends = [wilson_interval(int(c), 10) for c in count]
    low, high = zip(*ends, strict=True)
    return pd.DataFrame(
        {"cell": [0, 1, 2], "states": 10, "count": count, "share": count / 10, "low": low,
         "high": high, "x": [0.0, 1.0, -1.0], "y": [1.0, -1.0, 0.0]}
    )  # fmt: skip


VIEWS = ("t-SNE of everything", "two principal components", studies.METABOLITES)


def views_table(rho: tuple[float, float, float] = (0.1, 0.2, 0.6)) -> pd.DataFrame:
    rng = RNG(1)
    return pd.concat(
        pd.DataFrame(
            {"view": view, "x_of": "atp_c", "y_of": "adp_c", "x": rng.uniform(0.1, 9, 30),
             "y": rng.uniform(0.1, 9, 30), "value": rng.uniform(-4, 1, 30), "rho": r,
             "low": r - 0.15, "high": r + 0.15}
        )
        for view, r in zip(VIEWS, rho, strict=True)
    )  # fmt: skip


def state_views() -> Any:
    return views.state_views(
        views_table(), models=50, threshold_per_h=-2.5, names={"atp_c": "ATP (cytosol)"},
        source=SOURCE,
    )  # fmt: skip


def without_model() -> Any:
    efforts = ("unbiased models", "first descent")
    table = pd.concat(cells().assign(population=["a", "b", "c"], effort=e) for e in efforts)
    return surveys.without_model(table, models=50, threshold_per_h=-2.5, source=SOURCE)


def neighbourhoods() -> Any:
    table = cells().assign(population=["a", "b", "c"])
    return surveys.supporting_shares(table, covered={"a": 0.5, "b": 1.0}, models=50, source=SOURCE)


def correlations() -> Any:
    table = pd.DataFrame(
        {"kind": ["flux", "concentration", "displacement"], "name": ["PGI, PFK", "atp_c", "RPE"],
         "rho": [-0.6, 0.4, 0.1], "found": [True, True, False]}
    )  # fmt: skip
    return landscape.correlations({"generic, 30 states": table, "shipped": table}, source=SOURCE)


def ranges() -> Any:
    rng = RNG(2)
    middle = np.exp(rng.normal(size=7))
    table = pd.DataFrame(
        {"metabolite": [f"m{i}_c" for i in range(7)], "found": [True] * 2 + [False] * 5,
         "others_low": middle / 5, "others_median": middle, "others_high": 5 * middle,
         "group_low": middle / 4, "group_median": middle, "group_high": 2 * middle}
    )  # fmt: skip
    return landscape.supporting_ranges(
        table, states=30, supporting=20, population="generic", source=SOURCE
    )


def thresholds() -> Any:
    rng = RNG(3)
    table = pd.DataFrame(
        {"metabolite": np.repeat(["3pg_c", "ac_c"], 30),
         "concentration_mM": np.exp(rng.normal(size=60)),
         "lambda_max_per_h": rng.uniform(-4, 0, 60)}
    )  # fmt: skip
    x = np.linspace(0.3, 3, 5)
    running = pd.concat(
        pd.DataFrame({"metabolite": m, "x": x, "q10": -4 + x / 3, "q50": -3 + x / 3,
                      "q90": -2 + x / 3})
        for m in ("3pg_c", "ac_c")
    )  # fmt: skip
    cut = pd.DataFrame(
        {"metabolite": ["ac_c"], "value_mM": [1.0], "low_mM": [0.8], "high_mM": [1.4],
         "youden": [0.4]}
    )  # fmt: skip
    return landscape.against_concentration(
        table,
        running,
        cut,
        threshold_per_h=-2.5,
        measured={"3pg_c": 1.5},
        population="generic",
        source=SOURCE,
    )


def held() -> Any:
    rng = RNG(4)
    table = pd.DataFrame(
        {"population": np.repeat(["free", "supporting", "non-supporting"], 20),
         "lambda_max_per_h": rng.uniform(-4, 3, 60)}
    )  # fmt: skip
    return landscape.constrained_distributions(
        table, threshold_per_h=-2.5, constrained=30, source=SOURCE
    )


def exactness() -> Any:
    change = np.array([1e-4, 1e-3, 1e-2])
    table = pd.concat(
        pd.DataFrame({"group": g, "change": change, "models": 20, "held": 10, "share": s,
                      "low": s - 0.1, "high": s + 0.1})
        for g, s in (("succeeds", np.array([0.9, 0.8, 0.5])),
                     ("fails", np.array([0.6, 0.3, 0.1])))
    )  # fmt: skip
    return surveys.exactness(table, threshold_per_h=-2.5, source=SOURCE)


def cost() -> Any:
    modelled = pd.DataFrame({"workers": [1, 2, 10, 100], "wall_s": [4000.0, 2010, 410, 60]})
    measured = pd.DataFrame({"workers": [1, 2], "wall_s": [4100.0, 2100]})
    return surveys.cost_by_cores(modelled, measured, states=5000, per_state_s=0.8, source=SOURCE)


FIGURES: dict[str, tuple[Callable[[], Any], int, tuple[str, ...]]] = {
    "views": (state_views, 150, ("30 steady states", "50 unbiased", "−2.5 1/h", "seed 3")),
    "ranges": (
        ranges,
        130,
        ("30 generic states", "Blue: 20", "over 7 metabolites", "seed 3"),
    ),
    "without model": (without_model, 96, ("50 unbiased", "−2.5 1/h", "Wilson", "seed 3")),
    "correlations": (correlations, 116, ("ln ρ", "false discovery", "seed 3")),
    "neighbourhoods": (neighbourhoods, 96, ("bounds cover: a 50 %, b 100 %.", "Wilson", "seed 3")),
    "thresholds": (thresholds, 116, ("30 generic states", "bootstrap", "seed 3")),
    "held": (held, 96, ("20 free", "20 non-supporting", "seed 3")),
    "exactness": (exactness, 96, ("succeeds: 20", "−2.5 1/h", "Wilson", "seed 3")),
    "cost": (cost, 96, ("5,000 states", "0.8 core-seconds", "seed 3")),
}


@pytest.mark.parametrize("name", FIGURES)
def test_units_caption_and_the_same_twice(name: str, tmp_path: Path) -> None:
    make, width, facts = FIGURES[name]
    chart = make()
    specification = chart.to_dict()
    if name != "thresholds":  # its axes are named by metabolite
        require_units(specification)
    require_caption(specification, *facts, width=width)
    require_same_twice(chart, make(), name, tmp_path)


@pytest.mark.parametrize("make", [thresholds, held])
def test_the_threshold_is_a_thin_line(make: Callable[[], Any]) -> None:
    require_thin_threshold(make().to_dict(), "-2.5")


def test_metabolites_found_are_marked_and_thresholds_drawn_where_there_are_any() -> None:
    assert "● m0_c" in texts(ranges().to_dict())
    assert "● m6_c" not in texts(ranges().to_dict())
    assert texts(thresholds().to_dict()).count("low_mM:Q") <= 1


@pytest.mark.parametrize(
    ("rho", "title"),
    [
        ((0.1, 0.2, 0.6), "Of these views the two metabolites tell most"),
        ((0.5, 0.55, 0.6), "No view of the states tells more than another"),
        ((0.05, 0.0, 0.1), "No view of the states tells how fast"),
        ((0.1, 0.2, 0.6), "Too few states to tell"),
    ],
)
def test_the_title_of_the_views_follows_the_data(
    rho: tuple[float, float, float], title: str
) -> None:
    table = views_table(rho)
    if title.startswith("Too few"):
        table = table.assign(low=-0.1, high=0.9)
    chart = views.state_views(table, models=50, threshold_per_h=-2.5).to_dict()
    assert chart["title"]["text"].startswith(title)
    assert studies.best_view(table).startswith(title)


def test_neighbours_agree_where_a_plane_tells_something() -> None:
    plane = RNG(3).normal(size=(120, 2))
    assert studies.neighbour_correlation(plane, plane[:, 1]) > 0.9
    assert abs(studies.neighbour_correlation(plane, RNG(4).normal(size=120))) < 0.3
