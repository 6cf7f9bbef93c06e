"""The search for the fastest dynamics of a steady state."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.core import ParameterError
from renaissance_kit.search import SearchSettings, fastest, fastest_dynamics, fastest_of_states

SHORT = SearchSettings(steps=400, starts=2, margin=np.inf)


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
        settings=SearchSettings(steps=5, starts=3),
        threshold_per_h=-1e9,
    )
    assert not out_of_reach.valid
    assert out_of_reach.evaluations == 15


def test_patience_ends_a_start_that_stands_still(tiny_models):
    """The same path as without patience, cut where the lowest λmax has not fallen for a while."""
    full = fastest_dynamics(
        tiny_models, np.random.default_rng(1), settings=SearchSettings(60, 1, margin=np.inf)
    )
    cut = fastest_dynamics(
        tiny_models,
        np.random.default_rng(1),
        settings=SearchSettings(60, 1, margin=np.inf, patience=10),
    )
    n = cut.evaluations
    assert 10 < n < 60
    np.testing.assert_array_equal(cut.history_per_h, full.history_per_h[:n])
    lowest = np.arcsinh(np.minimum.accumulate(cut.history_per_h))
    assert lowest[-11] - lowest[-1] <= 2 * 0.01
    assert lowest[0] - lowest[-11] > 0.01


def test_a_second_fall_goes_on_from_the_best_of_the_first(tiny_models):
    def search(falls: int):
        settings = SearchSettings(30, 1, falls, margin=np.inf)
        return fastest_dynamics(tiny_models, np.random.default_rng(1), settings=settings)

    one, two = search(1), search(2)
    assert two.evaluations == 60
    np.testing.assert_array_equal(two.history_per_h[:30], one.history_per_h)
    assert two.history_per_h[30] == one.history_per_h.min()
    assert two.lambda_max_per_h <= one.lambda_max_per_h
    assert SearchSettings(tau=0.2, last_tau=0.15).tau_of(1) == 0.15


def test_every_second_start_renews_a_fifth_of_the_best(tiny_models, monkeypatch):
    seen = []

    def fall(self, log_km, smallest, tau):
        seen.append(log_km)
        return log_km, -float(len(seen) == 2)  # the second start is the best

    monkeypatch.setattr(fastest._Search, "fall", fall)
    settings = SearchSettings(starts=401, margin=np.inf)
    fastest_dynamics(tiny_models, np.random.default_rng(1), settings=settings)
    ranges = KMRanges.of(tiny_models.network)
    np.testing.assert_allclose(seen[0], np.log(ranges.low_mM * ranges.high_mM) / 2)
    kept = np.mean(np.array(seen[2:]) == seen[1], axis=1)
    assert (kept[1::2] == 0).all()
    assert kept[0::2].mean() == pytest.approx(1 - fastest.RENEWED, abs=0.03)


def test_measured_ranges_are_kept(tiny, tiny_models):
    name = tiny.km_names[3]
    ranges = KMRanges.of(tiny, fixed={name: (0.4, 0.5)})
    found = fastest_dynamics(tiny_models, np.random.default_rng(4), settings=SHORT, ranges=ranges)
    assert 0.4 <= found.km_mM[3] <= 0.5


def test_ecoli_states_have_fast_models(ecoli):
    """Almost no set of constants drawn at random is fast enough at these states."""
    states = SteadyStates.example(ecoli)
    models = KineticModels(ecoli, states.default, np.ones(len(ecoli.km_names)))
    chosen = [states.default, states[11], states[12], states[13]]
    seen = []
    found = fastest_of_states(models, chosen, seed=1, workers=2, progress=seen.append)
    assert [f.label for f in found] == [s.label for s in chosen] == [f.label for f in seen]
    threshold = ecoli.conditions["eigenvalue_threshold"].value
    for one, state in zip(found, chosen, strict=True):
        spectrum = models.at(state).with_km(one.km_mM).spectrum()
        assert one.valid == (spectrum.lambda_max_per_h[0] <= threshold)
    assert sum(f.valid for f in found) >= 2
    again = fastest_of_states(models, chosen, seed=1, workers=1)
    for a, b in zip(found, again, strict=True):
        np.testing.assert_array_equal(a.km_mM, b.km_mM)


def test_placements_go_on_where_a_descent_ends(ecoli):
    """From the end of the same short descent; the search then ends at the threshold itself."""
    states = SteadyStates.example(ecoli)
    models = KineticModels(ecoli, states.default, np.ones(len(ecoli.km_names)))
    reached = fastest_dynamics(
        models, np.random.default_rng(1), settings=SearchSettings(100, 1, margin=np.inf)
    )
    goal = 1.1 * reached.lambda_max_per_h
    settings = SearchSettings(100, 1, margin=0.5, placements=300)
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
        {"starts": 0},
        {"falls": 0},
        {"placements": -1},
        {"step_size": 0.0},
        {"tau": -1.0},
        {"last_tau": 0.0},
        {"last_tau": 0.3},
        {"margin": -0.1},
        {"patience": 0},
    ],
)
def test_settings_out_of_range(change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        SearchSettings(**change)
