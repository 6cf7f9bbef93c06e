"""The search for the fastest dynamics of a steady state."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.core import ParameterError
from renaissance_kit.search import SearchSettings, fastest_dynamics, restart_point

SHORT = SearchSettings(steps=400, restarts=1, margin=np.inf)


@pytest.fixture(scope="module")
def tiny_models(tiny, tiny_state):
    return KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names)))


def test_the_fastest_is_faster_than_thousands_of_random_sets(tiny, tiny_models):
    random = tiny_models.with_km(KMRanges.of(tiny).uniform(5000, np.random.default_rng(1)))
    found = fastest_dynamics(tiny_models, np.random.default_rng(2), settings=SHORT)
    assert found.lambda_max_per_h < random.spectrum().lambda_max_per_h.min()
    assert found.evaluations == 800 == len(found.history_per_h)


def test_what_it_reports_is_what_its_constants_have(tiny, tiny_models):
    ranges = KMRanges.of(tiny)
    found = fastest_dynamics(tiny_models, np.random.default_rng(3), settings=SHORT)
    spectrum = tiny_models.with_km(found.km_mM).spectrum()
    assert found.lambda_max_per_h == spectrum.lambda_max_per_h[0]
    assert found.lambda_max_per_h == pytest.approx(np.nanmin(found.history_per_h), rel=1e-9)
    assert ((found.km_mM >= ranges.low_mM) & (found.km_mM <= ranges.high_mM)).all()
    assert found.label == tiny_models.state.label


def test_it_stops_at_the_threshold_and_its_margin(tiny_models):
    best = fastest_dynamics(tiny_models, np.random.default_rng(1), settings=SHORT)
    threshold = 0.8 * best.lambda_max_per_h
    settings = SearchSettings(margin=0.1)
    found = fastest_dynamics(
        tiny_models, np.random.default_rng(1), settings=settings, threshold_per_h=threshold
    )
    assert found.valid
    assert found.lambda_max_per_h <= 1.1 * threshold
    assert (found.history_per_h[:-1] > 1.1 * threshold).all()
    out_of_reach = fastest_dynamics(
        tiny_models,
        np.random.default_rng(1),
        settings=SearchSettings(steps=5, restarts=2),
        threshold_per_h=-1e9,
    )
    assert not out_of_reach.valid
    assert out_of_reach.evaluations == 15


def test_a_restart_begins_where_restart_point_says(tiny, tiny_models):
    """After one model from the middle, the second stands where the first restart begins."""
    ranges = KMRanges.of(tiny)
    low, high = np.log(ranges.low_mM), np.log(ranges.high_mM)
    found = fastest_dynamics(
        tiny_models, np.random.default_rng(1), settings=SearchSettings(1, 1, margin=np.inf)
    )
    begin = [(low + high) / 2, restart_point(1, low, low, high, np.random.default_rng(1))]
    expected = tiny_models.with_km(np.exp(begin)).spectrum().lambda_max_per_h
    np.testing.assert_allclose(found.history_per_h, expected)
    assert found.first_lambda_max_per_h == found.history_per_h[0]


def test_every_second_restart_renews_a_fifth_of_the_best(rng):
    low, high, best = np.full(400, -3.0), np.full(400, 2.0), np.zeros(400)
    kept = [
        np.mean(restart_point(restart, best, low, high, rng) == best) for restart in range(1, 41)
    ]
    assert not np.any(kept[0::2])
    assert np.mean(kept[1::2]) == pytest.approx(0.8, abs=0.02)
    assert np.std(kept[1::2]) > 0  # each constant by itself


def test_measured_ranges_are_kept(tiny, tiny_models):
    name = tiny.km_names[3]
    ranges = KMRanges.of(tiny, fixed={name: (0.4, 0.5)})
    found = fastest_dynamics(tiny_models, np.random.default_rng(4), settings=SHORT, ranges=ranges)
    assert 0.4 <= found.km_mM[3] <= 0.5


def test_ecoli_states_have_fast_models(ecoli):
    """Almost no set of constants drawn at random is fast enough at these states."""
    states = SteadyStates.example(ecoli)
    models = KineticModels(ecoli, states.default, np.ones(len(ecoli.km_names)))
    valid = 0
    for i, state in enumerate([states.default, states[11], states[12], states[13]]):
        found = fastest_dynamics(models.at(state), np.random.default_rng([1, i]))
        spectrum = models.at(state).with_km(found.km_mM).spectrum()
        assert found.label == state.label
        assert found.valid == spectrum.valid[0]
        valid += found.valid
    assert valid >= 2


def test_placement_continues_where_a_descent_ends(ecoli):
    """From the end of the same short descent; the search then ends at the threshold itself."""
    states = SteadyStates.example(ecoli)
    models = KineticModels(ecoli, states.default, np.ones(len(ecoli.km_names)))
    reached = fastest_dynamics(
        models, np.random.default_rng(1), settings=SearchSettings(100, 0, margin=np.inf)
    )
    goal = 1.1 * reached.lambda_max_per_h
    settings = SearchSettings(100, 0, margin=0.5, placement_steps=300)
    found = fastest_dynamics(
        models, np.random.default_rng(1), settings=settings, threshold_per_h=goal
    )
    np.testing.assert_allclose(found.history_per_h[:100], reached.history_per_h)
    assert found.first_lambda_max_per_h == pytest.approx(reached.lambda_max_per_h, rel=1e-6)
    assert found.evaluations > 100
    assert found.valid
    assert found.lambda_max_per_h <= goal


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"restarts": -1},
        {"placement_steps": -1},
        {"step_size": 0.0},
        {"tau": -1.0},
        {"last_tau": 0.0},
        {"last_tau": 0.3},
        {"margin": -0.1},
    ],
)
def test_settings_out_of_range(change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        SearchSettings(**change)
