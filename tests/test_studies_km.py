"""Trainings with and without data that are kept, frames and distances, against plain loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from renaissance_kit import KMMeasurements, Network, Recipe, SteadyState, studies
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.studies import Integration

NAMES = [f"R{i}:m_c" for i in range(40)]
GRADIENT = {"steps": 2, "models_per_step": 4}
NES = {"generations": 1, "population": 2, "models_per_generator": 3, "monitor_models": 2}


@pytest.fixture(scope="module")
def measured(tiny: Network) -> KMMeasurements:
    table = pd.DataFrame(
        {"reaction": ["HEX", "PGI"], "metabolite": ["atp_c", "g6p_c"], "km_mM": [0.3, 7.0],
         "source": ["assay 1", "assay 2"]}
    )  # fmt: skip
    return KMMeasurements.of(tiny, table)


def test_what_is_kept_is_not_trained_again(
    tiny: Network, tiny_state: SteadyState, measured: KMMeasurements, tmp_path: Path
) -> None:
    said: list[str] = []
    gradient = Recipe.by_gradient(tiny, **GRADIENT)
    kept = Run(1, tmp_path / "a", said.append)
    first = Integration(tiny, tiny_state, gradient, 20, kept)
    runs = first.repeats(measured, seeds=(1, 2))
    assert len(said) == 2
    own = Run(1, tmp_path / "b", said.append)
    again = Integration(
        tiny, tiny_state, gradient, 20, own, (tmp_path / "a",)
    )  # another notebook's
    for run, kept in zip(runs, again.repeats(measured, seeds=(1, 2)), strict=True):
        np.testing.assert_array_equal(kept.ensemble.dataset.km, run.ensemble.dataset.km)
        np.testing.assert_array_equal(kept.weights, run.weights)
        assert (kept.integrated, kept.seconds) == (measured.names, run.seconds)
    assert len(said) == 2
    assert not (tmp_path / "b").exists()
    again.train(measured.drop("PGI:g6p_c"), seed=1)  # other data, another seed: new trainings
    again.train(measured, seed=3)
    assert len(said) == 4
    table = studies.run_table({"held": runs})
    assert table["constants held"].tolist() == [2]
    assert table.incidence.item() == pytest.approx(np.mean([r.incidence for r in runs]))


@pytest.mark.parametrize(("make", "size"), [(Recipe.by_gradient, GRADIENT), (Recipe.default, NES)])
def test_a_run_goes_on_from_one_without_data(
    tiny: Network, tiny_state: SteadyState, measured: KMMeasurements, make, size
) -> None:
    job = Integration(tiny, tiny_state, make(tiny, **size), 30, Run(workers=1))
    plain = job.train(None, seed=1)
    one = job.train(measured.drop("PGI:g6p_c"), seed=2, start=plain)
    both = job.train(measured, seed=3, start=one)
    ranges = measured.ranges()
    for run in (one, both):
        km = run.parameters("km", valid_only=False)
        for name in run.integrated:
            assert ranges[name][0] <= km[name].min() < km[name].max() <= ranges[name][1]
    assert not set(one.integrated) >= set(measured.names)
    with pytest.raises(ParameterError, match="kept no weights"):
        job.train(measured, seed=1, start=studies.IntegrationRun((), 1, plain.ensemble, 0.0))


def ensembles(
    seed: int, shift: float = 0.0, scatter: float = 0.2, n: int = 8
) -> list[pd.DataFrame]:
    rng = np.random.default_rng(seed)
    return [
        pd.DataFrame(
            10 ** (shift + scatter * rng.standard_normal(40) + rng.standard_normal((60, 40))),
            columns=NAMES,
        )
        for _ in range(n)
    ]


def test_distances_are_those_of_scipy() -> None:
    levels = {"none": ensembles(1), "some": ensembles(2, 0.5, n=3)}
    table = studies.repeat_distances(levels, NAMES, rng=np.random.default_rng(3))
    medians = {
        level: np.array([np.median(np.log10(t), axis=0) for t in tables])
        for level, tables in levels.items()
    }
    for level, m in medians.items():
        found = table[(table.level == level) & (table.kind == "between")].distance
        np.testing.assert_allclose(found, pdist(m) / np.sqrt(40))
    first = table[table.kind == "to first"]
    assert set(first.level) == {"some"}
    assert len(first) == 3 * 8
    halves = table[(table.kind == "halves") & (table.level == "none")].distance.mean()
    expected = np.sqrt(np.pi / 2 / 60) * np.sqrt(2)  # of a median of 60 normal numbers, two of them
    assert halves == pytest.approx(expected, rel=0.15)


def test_a_planted_shift_and_a_planted_agreement_are_told_apart() -> None:
    rng = np.random.default_rng(4)
    base, moved, near = ensembles(5), ensembles(6, shift=0.4), ensembles(7, scatter=0.02)
    apart = studies.shift_apart(base, moved, NAMES, rng=rng, permutations=300)
    assert apart.p_value < 0.01
    assert apart.observed == pytest.approx(0.4, abs=0.08)
    together = studies.drawn_together(base, moved, NAMES, rng=rng, permutations=300)
    assert together.p_value > 0.02  # they moved together, but not nearer to each other
    nearer = studies.drawn_together(base, near, NAMES, rng=rng, permutations=300)
    assert nearer.p_value < 0.01
    assert nearer.observed > nearer.high
    same = studies.shift_apart(base, ensembles(8), NAMES, rng=rng, permutations=300)
    assert same.p_value > 0.02


def test_the_frame_is_that_of_a_singular_value_decomposition() -> None:
    levels = {"none": ensembles(9, n=3), "moved": ensembles(10, 1.0, n=2)}
    frame = studies.common_frame(levels, NAMES, rng=np.random.default_rng(11), models=60)
    assert frame.points.groupby("level").size().to_dict() == {"moved": 60, "none": 60}
    assert frame.centres.groupby("level").size().to_dict() == {"moved": 2, "none": 3}
    # orthonormal, and the planted shift of all constants is along the first component
    np.testing.assert_allclose(frame.loadings.T @ frame.loadings, np.eye(2), atol=1e-12)
    assert np.abs(frame.loadings.x.sum()) / np.sqrt(40) > 0.95
    centres = frame.centres.groupby("level").x.mean()
    assert abs(centres["moved"] - centres["none"]) == pytest.approx(np.sqrt(40), rel=0.1)
    spread = frame.points[["x", "y"]].var()
    assert frame.explained[0] / frame.explained[1] == pytest.approx(spread.x / spread.y)
    with pytest.raises(ParameterError, match="at least two"):
        studies.common_frame(levels, NAMES[:1], rng=np.random.default_rng(0))
