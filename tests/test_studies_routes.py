"""Routes compared: costs and tables against plain counting over small runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from renaissance_kit import Generator, KineticModels, KMRanges, Recipe, studies, train
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.studies.routes import RouteRun

COMMON = {"route": "x", "seed": 3, "models": 40, "workers": 1}


@pytest.fixture(scope="module")
def rare(tiny, tiny_state):
    """A threshold that one in twenty unbiased models meets."""
    km = KMRanges.of(tiny).uniform(1000, np.random.default_rng(1))
    return float(np.quantile(KineticModels(tiny, tiny_state, km).spectrum().lambda_max_per_h, 0.05))


def made_up(route="a", state="1", valid=60, shift=0.0, spread=1.0, seed=0):
    """A run with a known history."""
    history = pd.DataFrame(
        {
            "evaluations": [0, 10, 20, 30],
            "seconds": [0.0, 1.0, 2.5, 3.0],
            "incidence": [0.0, 0.6, 0.4, 0.95],
            "models": [100, 100, 100, 100],
            "fastest_per_h": [-1.0, -3.0, -3.0, -4.0],
        }
    )
    rng = np.random.default_rng(seed)
    lambda_max = np.where(np.arange(100) < valid, -3.0, -1.0)
    km = np.exp(shift + spread * rng.standard_normal((100, 8)))
    return RouteRun(route, state, seed, history, km, lambda_max, -2.5, 0.01, trained=True)


def test_costs_by_hand():
    row = studies.cost_table([made_up()]).iloc[0]
    assert row.evaluations_to_50 == 10
    assert row.seconds_to_90 == 3.0
    assert row.fastest_per_h == -4.0
    assert row.evaluations_to_fastest == 30
    assert row.incidence == 0.6
    assert row.seconds_for_1000 == pytest.approx(3.0 + 1000 / 0.6 * 0.01)
    never = studies.cost_table([made_up(valid=0)], levels=(0.99,)).iloc[0]
    assert np.isnan(never.seconds_to_99)
    assert np.isinf(never.seconds_for_1000)


def test_search_is_valid_where_it_says_so(tiny, tiny_state, rare):
    run = studies.by_search(tiny, tiny_state, threshold_per_h=rare, **COMMON)
    again = KineticModels(tiny, tiny_state, run.km_mM).spectrum(threshold_per_h=rare)
    assert run.incidence == again.incidence > 0.9
    assert run.history.incidence.is_monotonic_increasing
    assert run.history.evaluations.iloc[-1] <= 200 * 40
    ranges = KMRanges.of(tiny)
    assert ((run.km_mM >= ranges.low_mM) & (run.km_mM <= ranges.high_mM)).all()
    # sets that were valid from the start stay as they were drawn
    drawn = ranges.uniform(40, np.random.default_rng(3))
    first = KineticModels(tiny, tiny_state, drawn).spectrum().lambda_max_per_h
    done = first <= rare - 0.1 * abs(rare)
    np.testing.assert_allclose(run.km_mM[done], drawn[done], rtol=1e-12)


def test_sampling_counts_its_own_models(tiny, tiny_state, rare):
    run = studies.by_sampling(tiny, tiny_state, threshold_per_h=rare, **{**COMMON, "models": 500})
    assert run.history.evaluations.iloc[-1] == 500
    valid = (run.lambda_max_per_h <= rare).sum()
    assert run.history.incidence.iloc[-1] == valid / 500 == run.incidence
    assert run.history.fastest_per_h.iloc[-1] == run.lambda_max_per_h.min()


def test_trainings_count_their_evaluations(tiny, tiny_state, rare, tmp_path):
    recipe = Recipe.default(
        tiny,
        generations=3,
        population=4,
        models_per_generator=10,
        monitor_models=60,
        threshold_per_h=min(rare, 0.0),
    )
    recipe = recipe.but(generator=Generator(KMRanges.of(tiny), hidden=(8,)))
    by_gradient = Recipe.by_gradient(tiny, steps=3, models_per_step=60, threshold_per_h=rare)
    kept = {**{k: v for k, v in COMMON.items() if k != "workers"}, "run": Run(1, tmp_path)}
    nes = studies.by_training(tiny, tiny_state, recipe, **kept)
    gradient = studies.by_training(tiny, tiny_state, by_gradient, **kept)
    assert list(nes.history.evaluations) == [0, 40, 80, 120]
    assert list(gradient.history.evaluations) == [0, 60, 120, 180]
    assert list(gradient.history.models) == [60, 120, 120, 40]  # pooled; the last is the sample
    for run in (nes, gradient):
        assert run.history.seconds.is_monotonic_increasing
        assert run.history.fastest_per_h.is_monotonic_decreasing
        assert run.history.incidence.iloc[-1] == run.incidence
    again = studies.by_training(tiny, tiny_state, by_gradient, **kept)
    np.testing.assert_array_equal(again.km_mM, gradient.km_mM)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    table = studies.history_table([nes, gradient])
    assert len(table) == 8
    assert list(table.columns[:3]) == ["route", "state", "seed"]


def test_conditional_and_held_out(tiny, tiny_state, rare):
    states = [
        replace(tiny_state, concentrations_mM=f * tiny_state.concentrations_mM, label=str(f))
        for f in (1.0, 1.1, 1.3, 0.8)
    ]
    recipe = Recipe.conditional(
        tiny, steps=2, models_per_step=9, states_per_step=3, threshold_per_h=rare
    ).but(generator=Generator(KMRanges.of(tiny), hidden=(8,)))
    training = train(tiny, states[:3], seed=1, recipe=recipe)
    run = studies.by_conditional(training, states[3], **COMMON)
    assert run.state == "0.8"
    assert list(run.history.evaluations) == [0, 9, 18]
    constant = np.ones((1, len(tiny.km_names)))
    generators = {
        "conditional": training.generator.generate,
        "one model": lambda _, n, rng: constant.repeat(n, axis=0),
    }
    call = {"models": 30, "seed": 5, "threshold_per_h": rare}
    found = studies.incidence_by_state(tiny, states, generators, workers=2, **call)
    pd.testing.assert_frame_equal(
        found, studies.incidence_by_state(tiny, states, generators, workers=1, **call)
    )
    for row in found[found.generator == "one model"].itertuples():
        state = next(s for s in states if s.label == row.state)
        valid = KineticModels(tiny, state, constant).spectrum(threshold_per_h=rare).incidence
        assert row.incidence == valid
        assert row.spread == 0
    table = studies.held_out_table(found).set_index("generator")
    part = found[found.generator == "conditional"].incidence
    assert table.incidence["conditional"] == pytest.approx(part.mean())
    assert table.states["conditional"] == 4
    assert table["none"]["conditional"] == (part == 0).mean()


def test_diversity_compares_samples_of_one_size():
    runs = [made_up("a", valid=60), made_up("b", valid=40, spread=2.0), made_up("c", valid=5)]
    table = studies.diversity_table(runs, np.random.default_rng(1)).set_index("route")
    assert list(table.valid) == [40, 40, 5]
    assert np.isnan(table.std_mean["c"])
    assert table.std_mean["b"] == pytest.approx(2 * table.std_mean["a"], rel=0.15)
    none = studies.diversity_table([made_up(valid=0)], np.random.default_rng(1))
    assert none.std_mean.isna().all()


def test_coverage_finds_the_collapsed_one():
    runs = [made_up("wide"), made_up("narrow", spread=0.1, seed=1), made_up("few", valid=3)]
    table = studies.coverage_table(runs, np.random.default_rng(1), pairs=10)
    cover = table.set_index(["route", "other"]).coverage
    assert set(table.route) == {"wide", "narrow"}
    assert cover["narrow", "wide"] < 0.5 < 0.8 < cover["wide", "wide"]
    with pytest.raises(ParameterError, match="one run of each route"):
        studies.coverage_table([made_up(), made_up()], np.random.default_rng(1))


def test_where_no_route_finds_enough_valid_models():
    """As at a hard state: tables without rows, not an error."""
    runs = [made_up("a", valid=3), made_up("b", valid=0)]
    rng = np.random.default_rng(1)
    coverage = studies.coverage_by_state(runs, rng)
    assert list(coverage.columns) == ["route", "other", "state", "coverage"]
    assert not len(coverage)
    assert np.isnan(studies.mean_coverage(runs, coverage)).all()


def test_no_states(tiny):
    with pytest.raises(ParameterError, match="at least one state"):
        studies.incidence_by_state(tiny, [], {}, models=5, seed=1, threshold_per_h=-2.5)
