"""Figures of measured constants: units, marks that must be there, and the same twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from figure_checks import nodes, require_caption, require_same_twice, require_units, texts

from renaissance_kit import studies
from renaissance_kit.analysis import by_subsystem, change_table, permutation_test
from renaissance_kit.figures import (
    Source,
    km_change,
    km_exact,
    km_overlap,
    km_shifts,
    posterior,
    theme,
)

SOURCE = Source("example", "7", 3, "smoke")
NAMES = [f"R{i}:m_c" for i in range(12)]
GROUPS = {name: f"pathway {i % 3}" for i, name in enumerate(NAMES)}


def ensembles(shift: float, seed: int, n: int = 4, models: int = 30) -> list[pd.DataFrame]:
    rng = np.random.default_rng(seed)
    shifts = np.zeros(len(NAMES))
    shifts[:3] = shift
    return [
        pd.DataFrame(10 ** (shifts + rng.standard_normal((models, len(NAMES)))), columns=NAMES)
        for _ in range(n)
    ]


def changes() -> pd.DataFrame:
    table = change_table(
        ensembles(0.0, 1), ensembles(2.0, 2), rng=np.random.default_rng(3), permutations=60
    )
    steps = np.arange(len(NAMES), dtype=float) % 4
    steps[-1] = np.inf
    return table.assign(distance_steps=steps)


def scores() -> Any:
    rng = np.random.default_rng(4)
    before, after = rng.uniform(0.1, 0.4, (2, 5, len(NAMES)))
    after[:, :4] += 0.4
    return permutation_test(before, after, NAMES, rng=rng, permutations=300)


def densities() -> Any:
    without, with_data = ensembles(0.0, 1), ensembles(2.0, 2)
    panels = [
        km_change.Panel(
            f"KM of {name}", "mM", [t[name].to_numpy() for t in without],
            [t[name].to_numpy() for t in with_data], (0.5, 8.0) if i else None,
        )
        for i, name in enumerate(NAMES[:4])
    ]  # fmt: skip
    return km_change.densities(panels, integrated="two constants", models=240, source=SOURCE)


LEVELS = {"no data": ensembles(0.0, 1), "some": ensembles(1.0, 5), "all": ensembles(2.0, 6)}


def frame() -> Any:
    found = studies.common_frame(LEVELS, NAMES, rng=np.random.default_rng(7), models=60)
    return km_shifts.common_frame(found, constants=len(NAMES), source=SOURCE)


def compared(shift: float, seed: int, models: int = 30) -> Any:
    before, after = (ensembles(s, seed + i, 1, models)[0] for i, s in enumerate((0.0, shift)))
    return studies.compare_km(before, after, NAMES[-1:])


def exact() -> Any:
    comparisons = {
        "moved": compared(2.0, 9),
        "same": compared(0.0, 11),
        "few": compared(0.0, 13, 5),
    }
    return km_exact.distances(comparisons, source=SOURCE)


def calibrated(truths: int = 60) -> studies.Calibration:
    """One sampler that is right, and one whose ranges are far too narrow."""
    rng = np.random.default_rng(3)
    right = rng.integers(100, size=(truths, len(NAMES)))
    return studies.Calibration(
        tuple(NAMES), 99, {"right": right, "narrow": 99 * (right > 49)},
        {"right": np.ones(right.shape), "narrow": np.ones(right.shape)},
    )  # fmt: skip


FIGURES: dict[str, Callable[[], Any]] = {
    "densities": densities,
    "distance": lambda: km_change.change_by_distance(
        {"KM": changes(), "Vmax": changes(), "Vmax/KM": changes()}, source=SOURCE
    ),
    "moved": lambda: km_change.moved_most(changes(), rows=8, source=SOURCE),
    "overlap": lambda: km_overlap.overlap_by_constant(
        scores().table().assign(group=list(GROUPS.values())), runs=(5, 5), source=SOURCE
    ),
    "groups": lambda: km_overlap.overlap_by_group(
        by_subsystem(scores(), GROUPS), paper={"pathway 0": (3, 4)}, source=SOURCE
    ),
    "frame": frame,
    "exact": exact,
    "ranks": lambda: posterior.ranks(calibrated(), NAMES[:2], source=SOURCE),
    "repeats": lambda: km_shifts.repeat_distances(
        studies.repeat_distances(LEVELS, NAMES, rng=np.random.default_rng(8)), source=SOURCE
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_figure(name: str, tmp_path: Path) -> None:
    chart, again = FIGURES[name](), FIGURES[name]()
    specification = chart.to_dict()
    require_units(specification)
    facts = ("example", "steady state 7", "seed 3", "scale smoke")
    require_caption(specification, *facts, width=150)
    assert specification == again.to_dict()
    if name in ("overlap", "moved", "repeats", "exact", "ranks"):  # one of each module is drawn
        require_same_twice(chart, again, name, tmp_path)


def test_densities_end_at_bounds() -> None:
    """Uniform values are a box: all of it inside, none of it lost at the ends."""
    values = np.random.default_rng(5).uniform(-2.0, 1.0, 4_000)
    values[:200] = 1.0  # some lie on a bound
    grid = np.linspace(-3.0, 2.0, 1_001)
    density = km_change.smoothed_density(values, grid)
    assert not density[(grid < -2.01) | (grid > 1.01)].any()
    assert np.trapezoid(density, grid) == pytest.approx(1.0, abs=0.02)
    middle = density[(grid > -1.9) & (grid < 0.5)]
    np.testing.assert_allclose(middle, 0.95 / 3, rtol=0.2)


def test_noise_and_findings_have_their_colours() -> None:
    specification = FIGURES["moved"]().to_dict()
    marks = [n["mark"] for n in nodes(specification) if isinstance(n.get("mark"), dict)]
    assert {"type": "bar", "color": km_change.NOISE, "height": 13} in marks
    assert theme.BLUE in texts(specification)
    rows = changes()
    shown = [row for data in specification["datasets"].values() for row in data if "name" in row]
    assert len(shown) == 8
    for row in shown:  # the numbers of the table, found or not as it says
        expected = rows.set_index("name").loc[row["name"]]
        assert row["shift"] == pytest.approx(expected["shift"])
        assert (row["found"] == "found") == (expected.q_shift < 0.05)


def test_the_measured_interval_is_a_band_in_the_panels_that_have_one() -> None:
    specification = densities().to_dict()
    bands = [
        row
        for data in specification["datasets"].values()
        for row in data
        if set(row) == {"value", "end"}
    ]
    assert bands
    assert all((row["value"], row["end"]) == (0.5, 8.0) for row in bands)
    panels = [n for n in nodes(specification) if "layer" in n]
    assert [len(p["layer"]) for p in panels] == [2, 3, 3, 3]


def test_the_paper_stands_beside_the_counts() -> None:
    text = texts(FIGURES["groups"]().to_dict())
    assert "pathway 0 3 of 4" in text
    assert theme.PAPER in text


def test_each_comparison_says_how_many_constants_changed_or_why_it_cannot() -> None:
    rows = [row for data in exact().to_dict()["datasets"].values() for row in data]
    written = {row["row"]: row["text"] for row in rows if "text" in row and "row" in row}
    changed = [len(compared(2.0, 9).changed), len(compared(0.0, 11).changed)]
    assert changed[0] >= 3
    assert written == {
        0: f"{changed[0]} of 11", 1: f"{changed[1]} of 11", 2: "5 models: too few"
    }  # fmt: skip
    assert sum(row.get("found") == "found" for row in rows) == sum(changed)


def test_ranks_of_a_right_sampler_lie_in_the_band_and_all_are_drawn() -> None:
    rows = [
        row
        for data in FIGURES["ranks"]().to_dict()["datasets"].values()
        for row in data
    ]  # fmt: skip
    band = next(row for row in rows if "high" in row)
    dots = pd.DataFrame([row for row in rows if "sampler" in row])
    assert set(dots[dots.kind == "measured"].place.round(3)) <= set(
        np.arange(0.03, 1, 0.1).round(3)
    )
    for _, part in dots.groupby("sampler"):
        assert part.share.sum() == pytest.approx(100 * len(NAMES))
    inside = dots.share.between(band["low"], band["high"]).groupby(dots.sampler).mean()
    assert inside["right"] > 0.95
    assert inside["narrow"] < 0.5


def test_many_trainings_fit_into_one_figure() -> None:
    values = [np.geomspace(0.1, 1.0 + i, 50) for i in range(20)]
    panel = km_change.Panel("KM", "mM", values, values)
    with theme.themed():
        drawn = km_change.densities([panel], integrated="none", models=2000).to_dict()
    assert max(len(rows) for rows in drawn["datasets"].values()) > 5000


def test_too_few_trainings_are_no_finding() -> None:
    few = changes().assign(p_least=0.1, q_distance=1.0, q_shift=1.0)
    for figure in (
        km_change.change_by_distance({"KM": few}, source=SOURCE),
        km_change.moved_most(few, source=SOURCE),
    ):
        specification = figure.to_dict()
        assert specification["title"]["text"] == "Too few trainings to tell: no p-value below 0.1"
        assert " 0 of " not in texts(specification)


def test_the_title_counts_what_changes_beyond_the_data() -> None:
    table = changes().assign(p_least=0.001, q_distance=1.0)
    table["distance_steps"] = [0.0, *[2.0] * (len(table) - 1)]
    table.loc[[0, 1], "q_distance"] = 0.01
    title = km_change.change_by_distance({"KM": table}).to_dict()["title"]["text"]
    assert title == f"Beyond the reactions with data 1 of {len(table) - 1} parameters change"
