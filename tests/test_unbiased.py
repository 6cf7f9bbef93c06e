"""Unbiased models at many states, and what goes with them: against NumPy's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from renaissance_kit import KineticModels, Network, SteadyStates, studies
from renaissance_kit.analysis import (
    UnbiasedModels,
    false_discovery_rate,
    state_correlations,
    unbiased_models,
)
from renaissance_kit.core import CheckpointError, ParameterError, Run, SteadyStateError, use_cluster

ONE = Run(workers=1)


@pytest.fixture(scope="module")
def states(ecoli: Network) -> SteadyStates:
    return SteadyStates.example(ecoli)[:1600:200]


@pytest.fixture(scope="module")
def unbiased(ecoli: Network, states: SteadyStates) -> UnbiasedModels:
    return unbiased_models(ecoli, states, models=30, seed=7, run=ONE)


def test_counts_and_quantiles_by_hand(
    ecoli: Network, states: SteadyStates, unbiased: UnbiasedModels
) -> None:
    """Log-uniform sets from NumPy's own uniform numbers, the same at all states."""
    km = np.exp(np.random.default_rng(7).uniform(np.log(0.0013), np.log(20), (30, 384)))
    np.testing.assert_allclose(unbiased.dataset.km.values, km)
    values = np.array(
        [
            [np.linalg.eigvals(j).real.max() for j in KineticModels(ecoli, s, km).jacobians_per_h()]
            for s in states[:3]
        ]
    )
    few = unbiased.select(np.arange(3))
    np.testing.assert_allclose(few.lambda_max_per_h, values, rtol=1e-5)
    np.testing.assert_allclose(
        few.lambda_max_quantile_per_h, [np.quantile(v, 0.05) for v in values], rtol=1e-5
    )
    valid = values <= -2.5
    np.testing.assert_array_equal(few.valid, valid)
    np.testing.assert_array_equal(few.supports, valid.any(axis=1))
    np.testing.assert_allclose(few.incidence, valid.sum(axis=1) / 30)


def test_a_looser_threshold_supports_more_states(ecoli: Network, states: SteadyStates) -> None:
    loose = unbiased_models(ecoli, states, models=30, seed=7, threshold_per_h=-1.0, run=ONE)
    strict = unbiased_models(ecoli, states, models=30, seed=7, threshold_per_h=-3.0, run=ONE)
    assert (strict.supports <= loose.supports).all()
    assert loose.supports.any()
    assert loose.threshold_per_h == -1.0


@pytest.mark.parametrize(("chunk", "workers"), [(1, 1), (3, 2)])
def test_chunks_and_workers_do_not_matter(
    ecoli: Network, states: SteadyStates, unbiased: UnbiasedModels, chunk: int, workers: int
) -> None:
    with use_cluster("threads", workers=workers):
        found = unbiased_models(ecoli, states, models=30, seed=7, run=Run(None, chunk=chunk))
    np.testing.assert_array_equal(found.lambda_max_per_h, unbiased.lambda_max_per_h)
    np.testing.assert_array_equal(found.numbers, unbiased.numbers)


def test_a_stopped_run_resumes_and_others_have_places_of_their_own(
    tmp_path: Any, ecoli: Network, states: SteadyStates, unbiased: UnbiasedModels
) -> None:
    seen: list[Any] = []
    options = {"models": 30, "seed": 7}
    watched = Run(1, tmp_path, seen.append, lambda: len(seen) > 2, chunk=2)
    part = unbiased_models(ecoli, states, run=watched, **options)
    assert 0 < len(part) < 8
    np.testing.assert_array_equal(part.numbers, states.dataset.state.values[: len(part)])
    run = Run(1, tmp_path, chunk=2)
    full = unbiased_models(ecoli, states, run=run, **options)
    np.testing.assert_array_equal(full.lambda_max_per_h, unbiased.lambda_max_per_h)
    unbiased_models(ecoli, states[:2], run=run, models=2, seed=7)
    unbiased_models(ecoli, states[2:4], run=run, models=2, seed=7)
    assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(ParameterError, match="stopped before any state"):
        unbiased_models(ecoli, states, models=3, seed=7, run=Run(1, stop=lambda: True))
    with pytest.raises(ParameterError, match="at least 1"):
        unbiased_models(ecoli, states, models=0, seed=7)


def test_saved_and_read_again(unbiased: UnbiasedModels, tmp_path: Any) -> None:
    unbiased.save(tmp_path / "unbiased.nc")
    read = UnbiasedModels.load(tmp_path / "unbiased.nc")
    np.testing.assert_array_equal(read.lambda_max_per_h, unbiased.lambda_max_per_h)
    assert (read.models, len(read), read.threshold_per_h) == (30, 8, -2.5)
    with pytest.raises(CheckpointError, match="unbiased_models"):
        UnbiasedModels.load(tmp_path / "none.nc")


def test_a_single_model_has_the_reported_eigenvalue(
    ecoli: Network, states: SteadyStates, unbiased: UnbiasedModels
) -> None:
    chosen = [(5, 3), (1, 0)]
    for (i, k), model in zip(chosen, unbiased.each_model(ecoli, states, chosen), strict=True):
        assert model.state.label == states[i].label
        assert model.spectrum().lambda_max_per_h[0] == unbiased.lambda_max_per_h[i, k]
    with pytest.raises(SteadyStateError, match="not among these 2 states"):
        next(unbiased.each_model(ecoli, states[:2], [(5, 0)]))


def test_a_table_by_sample_has_the_same_numbers(
    ecoli: Network, states: SteadyStates, unbiased: UnbiasedModels
) -> None:
    table = studies.unbiased_by_state(
        ecoli, {"a": states}, n_states=2, models=30, threshold_per_h=-2.5, seed=7, workers=1
    )
    assert table.state.tolist() == [0, 1]
    values = unbiased.lambda_max_per_h[:2]
    np.testing.assert_array_equal(table.lambda_max_per_h, np.median(values, axis=1))
    np.testing.assert_array_equal(table.stable, (values < 0).mean(axis=1))
    np.testing.assert_array_equal(table.incidence, unbiased.incidence[:2])


def test_correlations_are_spearmans(ecoli: Network) -> None:
    states = SteadyStates.example(ecoli)[:100]
    data = states.dataset
    values = np.log(data.concentration.sel(metabolite="atp_c").values) ** 3
    values[5] = np.nan
    table = state_correlations(ecoli, states, values)
    assert table.iloc[0]["name"] == "atp_c"
    assert table.rho[0] == pytest.approx(1.0)
    assert table.rho.abs().is_monotonic_decreasing
    np.testing.assert_allclose(table.q, false_discovery_rate(table.p))
    np.testing.assert_array_equal(table.found, table.q <= 0.05)
    kept = np.arange(100) != 5
    by_hand = {
        ("concentration", "glu__L_c"): data.concentration.sel(metabolite="glu__L_c"),
        ("flux", "GLUt2rpp"): np.abs(data.flux.sel(reaction="GLUt2rpp")),
        ("displacement", "RPE"): np.abs(data.log_displacement.sel(kinetic_reaction="RPE")),
    }
    for (kind, name), x in by_hand.items():
        row = table[(table.kind == kind) & (table["name"] == name)].iloc[0]
        expected = stats.spearmanr(np.asarray(x)[kept], values[kept])
        assert (row.rho, row.p) == pytest.approx((expected.statistic, expected.pvalue))
    pathway = table[table["name"].str.contains("G6PDH2r") & (table.kind == "flux")]
    assert len(pathway) == 1
    assert set(pathway.iloc[0]["name"].split(", ")) >= {"G6PDH2r", "PGL"}  # one after the other
    with pytest.raises(ParameterError, match="at least 4"):
        state_correlations(ecoli, states, np.full(100, np.nan))
