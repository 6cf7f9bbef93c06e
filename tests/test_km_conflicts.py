"""Measured constants in models: which contradict, and starting from trained weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from renaissance_kit import Generator, KineticModels, KMMeasurements, KMRanges, Recipe, train
from renaissance_kit.analysis import incidence_by_measurement, with_measured
from renaissance_kit.analysis.km_conflicts import ALL_IN, AS_GENERATED
from renaissance_kit.core import ParameterError
from renaissance_kit.training import NESSettings


@pytest.fixture(scope="module")
def models(tiny, tiny_state):
    km = KMRanges.of(tiny).uniform(150, np.random.default_rng(1))
    return KineticModels(tiny, tiny_state, km)


def lambda_max(models, km):
    return np.array([
        np.linalg.eigvals(models.with_km(row).jacobians_per_h()[0]).real.max() for row in km
    ])  # fmt: skip


def test_the_measurement_that_slows_the_cell_is_found(models, tiny):
    """A small KM of ATP slows most models; every number by brute force with NumPy."""
    threshold = float(np.quantile(lambda_max(models, models.km_mM), 0.7))
    bad = "HEX:atp_c"
    ranges = {"PGI:f6p_c": (10.0, 18.0), bad: (0.0013, 0.0015), "FRUK:f6p_c": (10.0, 15.0)}
    table = incidence_by_measurement(models, ranges, seed=3, threshold_per_h=threshold)
    assert list(table.index[:3]) == [AS_GENERATED, ALL_IN, bad]
    full = with_measured(models, ranges, np.random.default_rng(3)).km_mM
    everything = lambda_max(models, full) <= threshold
    assert table.without[ALL_IN] == pytest.approx(everything.mean())
    for name in ranges:
        i = tiny.km_index[name]
        left_out, alone = full.copy(), models.km_mM.copy()
        left_out[:, i], alone[:, i] = models.km_mM[:, i], full[:, i]
        now = lambda_max(models, left_out) <= threshold
        row = table.loc[name]
        assert row.without == pytest.approx(now.mean())
        assert row.alone == pytest.approx((lambda_max(models, alone) <= threshold).mean())
        assert (row.gained, row.lost) == ((now & ~everything).sum(), (everything & ~now).sum())
        assert row.blame == pytest.approx((row.gained - row.lost) / len(models))
        low, high = sorted((row.gained, row.lost))  # two-sided binomial test by hand
        expected = min(1.0, 2 * stats.binom.cdf(low, low + high, 0.5)) if low < high else 1.0
        assert row.p_value == pytest.approx(expected)
    assert table.q_value[bad] < 1e-3


def test_measured_constants_are_drawn_evenly_and_the_rest_is_untouched(models, tiny):
    ranges = {"HEX:atp_c": (0.5, 1.5), "PGI:g6p_c": (100.0, 200.0)}
    km = with_measured(models, ranges, np.random.default_rng(4)).km_mM
    for name, (low, high) in ranges.items():
        values = km[:, tiny.km_index[name]]
        assert low <= values.min() < values.max() <= high
        assert values.mean() == pytest.approx((low + high) / 2, abs=(high - low) / 8)
    rest = [i for i, n in enumerate(tiny.km_names) if n not in ranges]
    np.testing.assert_array_equal(km[:, rest], models.km_mM[:, rest])


def test_unknown_constants_are_refused(models):
    with pytest.raises(ParameterError, match="did you mean 'HEX:atp_c'"):
        with_measured(models, {"HEX:atp": (1.0, 2.0)}, np.random.default_rng(0))
    with pytest.raises(ParameterError, match="no measured constants"):
        incidence_by_measurement(models, {}, seed=1)


# --- ranges in training, and the start from trained weights -----------------------------------


@pytest.fixture(scope="module")
def measured(tiny):
    table = pd.DataFrame(
        {"reaction": ["HEX", "PGI"], "metabolite": ["atp_c", "g6p_c"], "km_mM": [0.3, 70.0],
         "source": ["assay 1", "assay 2"]}
    )  # fmt: skip
    return KMMeasurements.of(tiny, table)


SMALL = (16, 16)


def by_gradient(tiny, tiny_state, generator, **more):
    recipe = Recipe.by_gradient(tiny, steps=4, models_per_step=8).but(generator=generator)
    return train(tiny, tiny_state, seed=2, recipe=recipe, workers=1, **more)


def by_evolution(tiny, tiny_state, generator, **more):
    settings = NESSettings(
        generations=2, population=4, models_per_generator=5, monitor_models=5
    )  # fmt: skip
    recipe = Recipe.default(tiny).but(settings=settings, generator=generator)
    return train(tiny, tiny_state, seed=2, recipe=recipe, workers=1, **more)


@pytest.mark.slow
@pytest.mark.parametrize("route", [by_gradient, by_evolution])
@pytest.mark.parametrize("warm", [False, True])
def test_both_routes_hold_constants_to_their_data(tiny, tiny_state, measured, route, warm):
    """From an untrained and from a trained generator; provenance stays with the ensemble."""
    generator = Generator(KMRanges.of(tiny, fixed=measured.ranges()), hidden=SMALL)
    more = {}
    if warm:
        free = replace(generator, ranges=KMRanges.of(tiny))
        before = route(tiny, tiny_state, free)
        more["initial_weights"] = generator.weights_from(free, before.weights)
    ensemble = route(tiny, tiny_state, generator, **more).ensemble(200, seed=5)
    km = ensemble.dataset.km
    for name, (low, high) in measured.ranges().items():
        values = km.sel(km_name=name).values
        assert low <= values.min() < values.max() <= high
        assert ensemble.dataset.provenance_of_km.sel(km_name=name).item() == "measured"
        assert "assay" in ensemble.dataset.source_of_km.sel(km_name=name).item()
    others = [n for n in tiny.km_names if n not in measured.ranges()]
    assert (km.sel(km_name=others).values.std(axis=0) > 0.05).all()  # those still vary
    assert set(ensemble.dataset.provenance_of_km.sel(km_name=others).values) == {"generated"}


def test_carried_weights_give_the_same_values_of_all_other_constants(tiny, measured):
    rng = np.random.default_rng(6)
    free = Generator(KMRanges.of(tiny), hidden=SMALL)
    held = Generator(KMRanges.of(tiny, fixed=measured.ranges()), hidden=SMALL)
    weights = free.initial_weights(rng)
    carried = held.weights_from(free, weights)
    noise = rng.standard_normal((30, free.latent), dtype=np.float32)
    before = free.km_from_noise(weights, noise, np.random.default_rng(1))
    after = held.km_from_noise(carried, noise, np.random.default_rng(1))
    same = ~held.ranges.fixed
    np.testing.assert_allclose(after[:, same], before[:, same], rtol=1e-5)
    np.testing.assert_array_equal(free.weights_from(free, weights), weights)


def test_weights_that_do_not_fit_are_refused(tiny, measured):
    rng = np.random.default_rng(7)
    free = Generator(KMRanges.of(tiny), hidden=SMALL)
    held = Generator(KMRanges.of(tiny, fixed=measured.ranges()), hidden=SMALL)
    with pytest.raises(ParameterError, match="HEX:atp_c was held to data in the trained"):
        free.weights_from(held, held.initial_weights(rng))
    other = Generator(KMRanges.of(tiny), hidden=(8,))
    with pytest.raises(ParameterError, match="another architecture"):
        held.weights_from(other, other.initial_weights(rng))
    narrow = Generator(KMRanges.of(tiny, low_mM=0.01), hidden=SMALL)
    with pytest.raises(ParameterError, match="other bounds"):
        held.weights_from(narrow, narrow.initial_weights(rng))
