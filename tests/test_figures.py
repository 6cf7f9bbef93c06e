"""Every figure: units, marks that must be there, PNG and SVG, and the same twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
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
from pages import contrast
from patience import PATIENCE_S

from renaissance_kit.figures import (
    Source,
    draft,
    overview,
    save,
    settings,
    theme,
    training as figures,
)
from renaissance_kit.studies import Baseline

THRESHOLD = -2.5
SOURCE = Source("example", "7", 3, "smoke")


def history() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        (group, repeat, 10 + repeat, g, min(1.0, slope * g + 0.02 * rng.random()), 50)
        for group, slope in (("default settings", 0.2), ("paper's settings", 0.01))
        for repeat in range(3)
        for g in range(6)
    ]
    names = ["group", "repeat", "seed", "step", "incidence", "models"]
    return pd.DataFrame(rows, columns=names)


def baseline() -> Baseline:
    lambda_max = np.linspace(-3.0, 40.0, 200)
    return Baseline(np.ones((200, 2)), lambda_max, THRESHOLD, 1, 0.1)


def lambdas() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    parts = []
    for g in range(12):
        values = theme.from_symlog(rng.normal(18 - 2 * g, 1.0, 40))
        parts.append(pd.DataFrame({"step": g, "repeat": 0, "lambda_max_per_h": values}))
    table = pd.concat(parts, ignore_index=True)
    table.loc[5, "lambda_max_per_h"] = np.nan  # a model without eigenvalues
    return table


def grid() -> pd.DataFrame:
    rows = [
        (s, a, n, d, seed, min(1.0, 3 * s + 10 * a), -1.0)
        for s in (0.01, 0.1)
        for a in (0.001, 0.02)
        for n in (10, 20)
        for d in (0.0, 0.03)
        for seed in (1, 2)
    ]
    names = ["sigma", "learning_rate", "population", "decay", "seed", "incidence"]
    return pd.DataFrame(rows, columns=[*names, "lambda_max_median_per_h"])


def parts() -> pd.DataFrame:
    rows = [
        (variant, seed, share, -10 * share, 1.0 + share)
        for variant, share in (("default recipe", 0.95), ("plain weights", 0.4))
        for seed in (1, 2)
    ]
    names = ["variant", "seed", "incidence", "lambda_max_median_per_h", "spread"]
    return pd.DataFrame(rows, columns=names)


def km(shift: float) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    values = np.clip(np.exp(rng.normal(shift, 1.0, (60, 2))), 1.3e-3, 20.0)
    return pd.DataFrame(values, columns=["PFK:f6p_c", "ACONTa:cit_c"])


def budget() -> pd.DataFrame:
    parts = ["generator", "Vmax and Jacobian", "eigenvalues", "perturbation and update"]
    seconds = np.array([0.05, 0.06, 1.3, 0.3])
    return pd.DataFrame(
        {
            "part": parts,
            "seconds": seconds,
            "milliseconds_per_model": seconds,
            "share": seconds / seconds.sum(),
            "models": 1000,
        }
    )


def eigenvalues() -> np.ndarray:
    return np.array([-3.0, -10 + 4j, -10 - 4j, -1e6], dtype=complex)


FIGURES: dict[str, Callable[[], Any]] = {
    "incidence": lambda: figures.incidence_over_generations(
        history(), baseline=baseline(), paper_incidence=0.92, source=SOURCE
    ),
    "ridge": lambda: figures.lambda_ridge(lambdas(), threshold_per_h=THRESHOLD, source=SOURCE),
    "grid": lambda: settings.settings_grid(grid(), source=SOURCE),
    "parts": lambda: settings.recipe_parts(parts(), source=SOURCE),
    "km": lambda: figures.km_shift(
        km(-2.0), km(1.0), names=["PFK:f6p_c", "ACONTa:cit_c"],
        concentrations_mM={"f6p_c": 0.2}, called={"PFK:f6p_c": "PFK, fructose 6-phosphate"},
        source=SOURCE,
    ),
    "time": lambda: figures.time_budget(budget(), source=SOURCE),
    "draft": lambda: draft.decisions_by_rule(
        pd.DataFrame(
            {
                "decisions": [68, 1],
                "given by the user": [3, 1],
                "choices": ["reversible_michaelis_menten (25); " * 4, "60"],
                "meaning": ["by stoichiometry", "min"],
            },
            index=pd.Index(["rate law", "doubling time"], name="rule"),
        ),
        source=SOURCE,
    ),
    "concentrations": lambda: overview.concentrations(
        ("a_c", "b_c"), np.array([0.5, 3.0]), source=SOURCE
    ),
    "eigenvalues": lambda: overview.eigenvalues(
        eigenvalues(), threshold_per_h=THRESHOLD, source=SOURCE
    ),
    "histogram": lambda: overview.lambda_histogram(
        {"random": np.linspace(-4, 1e5, 99), "trained": np.linspace(-9, -1, 99)},
        threshold_per_h=THRESHOLD, source=SOURCE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units(name: str) -> None:
    require_units(FIGURES[name]().to_dict())


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_dark_enough_to_read(name: str) -> None:
    marks = [n["mark"] for n in nodes(FIGURES[name]().to_dict()) if isinstance(n.get("mark"), dict)]
    colours = [m["color"] for m in marks if m["type"] == "text" and "color" in m]
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in colours), colours


@pytest.mark.parametrize("name", FIGURES)
def test_caption_names_its_source(name: str) -> None:
    facts = ("example", "steady state 7", "seed 3", "scale smoke")
    require_caption(FIGURES[name]().to_dict(), *facts, width=theme.CAPTION_CHARACTERS + 14)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_renders_the_same_twice(name: str, tmp_path: Path) -> None:
    require_same_twice(FIGURES[name](), FIGURES[name](), name, tmp_path)


@pytest.mark.parametrize("name", ["ridge", "eigenvalues", "histogram"])
def test_threshold_is_a_thin_red_line_with_its_value(name: str) -> None:
    specification = FIGURES[name]().to_dict()
    require_thin_threshold(specification, "threshold −2.5 1/h")
    marks = [n["mark"] for n in nodes(specification) if isinstance(n.get("mark"), dict)]
    assert all(m["color"] == theme.THRESHOLD for m in marks if m["type"] == "rule")


def test_incidence_shows_repeats_band_baseline_and_paper() -> None:
    specification = FIGURES["incidence"]().to_dict()
    marks = [n["mark"] for n in nodes(specification) if isinstance(n.get("mark"), dict)]
    kinds = [mark["type"] for mark in marks]
    assert {"line", "area", "rule", "rect", "text"} <= set(kinds)
    dashed = [m for m in marks if m["type"] == "rule" and m.get("strokeDash")]
    assert [m["color"] for m in dashed] == [theme.PAPER, theme.UNBIASED]
    assert "paper reports 92 %" in texts(specification)
    assert "unbiased sampling" in texts(specification)
    assert "3 repeats" in texts(specification)


def test_no_line_of_a_paper_where_it_has_none() -> None:
    specification = figures.incidence_over_generations(history(), baseline=baseline()).to_dict()
    marks = [n["mark"] for n in nodes(specification) if isinstance(n.get("mark"), dict)]
    assert not [m for m in marks if m["type"] == "rule" and m.get("color") == theme.PAPER]
    assert "paper reports" not in texts(specification)


def test_one_repeat_has_a_band_too() -> None:
    one = history().query("repeat == 0")
    caption = " ".join(figures.incidence_over_generations(one).to_dict()["title"]["subtitle"])
    assert "Wilson" in caption
    assert "1 repeat of" in caption


def test_ridge_shows_first_and_last_generation_and_counts_all_models() -> None:
    specification = FIGURES["ridge"]().to_dict()
    assert "'0'" in texts(specification)
    assert "'11'" in texts(specification)
    table = lambdas()
    last = table[table.step == 11].lambda_max_per_h
    assert f"{100 * (last <= THRESHOLD).mean():.0f} %" in texts(specification)


def test_grid_has_a_number_in_each_cell() -> None:
    specification = FIGURES["grid"]().to_dict()
    (rows,) = specification["datasets"].values()
    assert len(rows) == 16
    assert {row["text"] for row in rows} == {f"{100 * v:.0f} %" for v in grid().incidence.unique()}


def test_km_labels_are_direct() -> None:
    text = texts(FIGURES["km"]().to_dict())
    assert "PFK, fructose 6-phosphate" in text
    assert "ACONTa:cit_c" in text, "the id where there is no name"


def test_histogram_counts_the_threshold_as_valid() -> None:
    chart = overview.lambda_histogram(
        {"x": np.array([-2.5, -2.5, -2.4, np.nan])}, threshold_per_h=THRESHOLD
    )
    datasets = chart.to_dict()["datasets"].values()
    bars = next(rows for rows in datasets if "share" in rows[0])
    shares = pd.DataFrame(bars).groupby("colour").share.sum()
    assert shares[theme.VALID] == pytest.approx(0.5)
    assert shares[theme.INVALID] == pytest.approx(0.25)
    assert "2 of 4 valid" in texts(chart.to_dict())
    assert chart.to_dict()["title"]["text"] == "Valid models: x 50 %"


def test_colours_are_those_of_okabe_and_ito() -> None:
    assert (theme.VALID, theme.THRESHOLD, theme.PAPER) == ("#0072B2", "#D55E00", "#000000")
    assert len({*theme.GROUPS, theme.UNBIASED, theme.INVALID}) == len(theme.GROUPS) + 2


def test_symlog_round_trip() -> None:
    x = np.array([-1e8, -2.5, -0.1, 0.0, 3.0, 1e8])
    assert np.allclose(theme.from_symlog(theme.to_symlog(x)), x, rtol=1e-12)


@pytest.mark.parametrize(
    ("low", "high"), [(-30, 1e8), (-1e10, 1), (-300, -100), (-3, 0.5), (-0.02, 0.01), (-280, -279)]
)
def test_symlog_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = theme.symlog_ticks(low, high)
    assert 3 <= len(ticks) <= 9
    assert all(low <= t <= high for t in ticks)
    assert len({theme.symlog_label(t) for t in ticks}) == len(ticks)


def test_labels_keep_their_distance_and_order() -> None:
    placed = theme.spread([0.5, 0.99, 1.0, 0.51], 0.06, 0.0, 1.0)
    assert list(np.argsort(placed)) == list(np.argsort([0.5, 0.99, 1.0, 0.51]))
    assert np.diff(sorted(placed)).min() >= 0.06 - 1e-12
    assert 0.0 <= min(placed) <= max(placed) <= 1.0


def test_a_failed_rendering_leaves_an_earlier_figure(tmp_path: Path) -> None:
    png, _ = save(FIGURES["time"](), tmp_path / "figure")
    before = png.read_bytes()
    broken = SimpleNamespace(to_json=lambda: '{"mark": 1}')
    with pytest.raises(ValueError):
        save(broken, tmp_path / "figure")
    assert png.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["figure.png", "figure.svg"]


@pytest.mark.slow
def test_import_changes_no_global_state() -> None:
    code = (
        "import altair as alt; before = (alt.theme.active, alt.renderers.active);"
        "import renaissance_kit.figures, renaissance_kit.figures.training as t;"
        "assert (alt.theme.active, alt.renderers.active) == before;"
        "renaissance_kit.figures.use_theme();"
        "assert (alt.theme.active, alt.renderers.active) == ('renaissance_kit', 'png')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S)
