"""The normalising flow: densities in closed form, exact samples by rejection, what a gain is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from renaissance_kit import KineticModels, KMRanges, Recipe, train
from renaissance_kit.core import ParameterError
from renaissance_kit.training import FlowGenerator, LabelledKM


def two_constants(tiny):
    return KMRanges.of(tiny, fixed=dict.fromkeys(tiny.km_names[2:], (0.4, 0.6)))


def sets_of(ranges, x, rng):
    """KM whose generated constants are those normal numbers, and fixed ones in their range."""
    km = ranges.uniform(len(x), rng)
    free = ~ranges.fixed
    km[:, free] = ranges.low_mM[free] * (ranges.high_mM / ranges.low_mM)[free] ** ndtr(x)
    return km


def spoilt(generator, rng, size=0.1):
    """Weights that change something."""
    weights = generator.initial_weights(rng)
    return (weights + size * rng.standard_normal(len(weights))).astype(np.float32)


@pytest.mark.parametrize("bins", [0, 4])
@pytest.mark.parametrize("layers", [1, 3])
def test_the_density_integrates_to_one(tiny, rng, bins, layers):
    """Over a grid of two constants, and samples have that density."""
    ranges = two_constants(tiny)
    generator = FlowGenerator(ranges, layers=layers, hidden=(5,), bins=bins)
    weights = spoilt(generator, rng)
    edges = np.linspace(-4.7, 4.7, 300)
    x = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(-1, 2)
    width = np.log(ranges.high_mM / ranges.low_mM)[:2]
    density = generator.log_density(weights, sets_of(ranges, x, rng)) + np.log(width).sum()
    density = np.exp(density - (x**2).sum(axis=1) / 2) / (2 * np.pi)  # per unit of x
    cell = (edges[1] - edges[0]) ** 2
    assert density.sum() * cell == pytest.approx(1, abs=0.02)
    drawn = generator.sample(weights, 20_000, rng)
    below = (np.log(drawn / ranges.low_mM)[:, :2] < 0.5 * width).all(axis=1).mean()
    assert below == pytest.approx(density[(x < 0).all(axis=1)].sum() * cell, abs=0.02)


def test_a_new_flow_is_unbiased_sampling(tiny, rng):
    ranges = KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.4, 0.6)})
    generator = FlowGenerator(ranges, bins=3)
    weights = generator.initial_weights(rng)
    km = ranges.uniform(50, rng)
    np.testing.assert_allclose(generator.gain(weights, km), 0, atol=1e-4)
    width = np.log(ranges.high_mM / ranges.low_mM)[~ranges.fixed]
    np.testing.assert_allclose(generator.log_density(weights, km), -np.log(width).sum(), atol=1e-4)


def test_there_is_no_density_out_of_the_bounds(tiny, rng):
    ranges = KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.4, 0.6)})
    generator = FlowGenerator(ranges)
    km = ranges.uniform(4, rng)
    km[0, 0], km[1, 0] = 1.01 * ranges.high_mM[0], 0.99 * ranges.low_mM[0]
    km[2, 0], km[2, tiny.km_index["PGI:g6p_c"]] = ranges.high_mM[0], 7.0  # at it, and held
    weights = generator.initial_weights(rng)
    for found in (generator.log_density(weights, km), generator.gain(weights, km)):
        assert np.isneginf(found).tolist() == [True, True, False, False]


def test_one_constant(tiny, rng):
    fixed = dict.fromkeys(tiny.km_names[1:], (0.4, 0.6))
    generator = FlowGenerator(KMRanges.of(tiny, fixed=fixed))
    assert generator.sample(generator.initial_weights(rng), 3, rng).shape == (3, 10)


def test_any_two_constants_are_in_different_halves_of_some_layer():
    from renaissance_kit.training.flow import half

    for n in (2, 3, 10, 384):
        masks = np.array([half(n, i).numpy() for i in range(2 * (n - 1).bit_length())])
        assert all(0 < mask.sum() < n for mask in masks)
        np.testing.assert_array_equal(masks[0], ~masks[1])
        apart = (masks[:, :, None] != masks[:, None, :]).any(axis=0)
        assert apart[~np.eye(n, dtype=bool)].all()


def test_a_normal_distribution_is_learnt_to_its_closed_form(tiny, tiny_state, rng):
    """Its gain is ½ (μ² + tr Σ − n − ln det Σ), and so are densities and samples."""
    ranges = two_constants(tiny)
    mean, covariance = np.array([0.8, -0.5]), np.array([[0.5, 0.3], [0.3, 0.6]])
    x = rng.multivariate_normal(mean, covariance, 4_000)
    data = LabelledKM(sets_of(ranges, x, rng), np.ones(len(x), dtype=bool))
    recipe = Recipe.flow(tiny, ranges=ranges, data=data, epochs=25, learning_rate=5e-3, decay=0.0)
    training = train(tiny, tiny_state, seed=1, recipe=recipe.but(monitor_models=0))
    expected = (mean @ mean + np.trace(covariance) - 2 - np.log(np.linalg.det(covariance))) / 2
    assert training.history.held_out_gain.max() == pytest.approx(expected, abs=0.06)
    generator, weights = training.generator, training.weights
    fresh = rng.multivariate_normal(mean, covariance, 500)
    true = multivariate_normal(mean, covariance).logpdf(fresh)
    true -= multivariate_normal(np.zeros(2), np.eye(2)).logpdf(fresh)
    found = generator.gain(weights, sets_of(ranges, fresh, rng))
    assert np.abs(found - true).mean() < 0.15
    km = training.km(5_000, rng)
    share = np.log(km / ranges.low_mM)[:, :2] / np.log(ranges.high_mM / ranges.low_mM)[:2]
    assert np.median(share, axis=0) == pytest.approx(ndtr(mean), abs=0.03)
    assert np.corrcoef(share.T)[0, 1] == pytest.approx(np.corrcoef(ndtr(fresh).T)[0, 1], abs=0.1)


def test_the_best_epoch_on_sets_held_back_is_the_result(tiny, tiny_state):
    """A flow that is too large for its sets soon learns them by heart."""
    recipe = Recipe.flow(tiny, samples=300, epochs=30, learning_rate=1e-2, threshold_per_h=-260.0)
    kept = {}
    training = train(tiny, tiny_state, seed=1, recipe=recipe,
                     progress=lambda s: kept.setdefault(s.step, s.memory["now"]))  # fmt: skip
    history = training.history
    best = int(history.held_out_gain.idxmax())
    assert best < 29
    assert history.gain.iloc[-1] > history.gain[best]
    if history.held_out_gain[best] > 0:
        np.testing.assert_array_equal(training.weights, kept[best + 1])


def test_means_move_only_where_that_is_sure(tiny, rng):
    """One of ten constants is shifted; the others are not, in nearly all of many samples."""
    generator = FlowGenerator(KMRanges.of(tiny))
    weights = generator.initial_weights(rng)
    others = 0
    for _ in range(40):
        x = torch.from_numpy(rng.standard_normal((200, 10), dtype=np.float32))
        x[:, 4] += 0.6
        shift = -generator.centred(weights, x)[-20:-10]
        assert shift[4] == pytest.approx(float(x[:, 4].mean()), abs=1e-5)
        others += int((np.delete(shift, 4) != 0).sum())
    assert others < 40 * 9 * 0.08  # P(|z| > √(2 ln 10)) is 0.032


@pytest.mark.slow
def test_it_comes_near_to_exact_samples_by_rejection(tiny, tiny_state):
    """Its gain stays below −ln p, as it must, and its means are those of the relevant sets."""
    threshold = -270.0
    recipe = Recipe.flow(tiny, samples=20_000, epochs=30, learning_rate=3e-3, decay=0.0,
                         threshold_per_h=threshold)  # fmt: skip
    recipe = recipe.but(generator=FlowGenerator(KMRanges.of(tiny), layers=4, hidden=(64,)))
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    ceiling, gain = training.history.ceiling[0], training.history.held_out_gain.max()
    assert 0.6 * ceiling < gain < ceiling
    km = training.km(4_000, np.random.default_rng(2))
    lambda_max = KineticModels(tiny, tiny_state, km).spectrum().lambda_max_per_h
    p = np.exp(-ceiling)
    assert p < 0.15
    assert (lambda_max <= threshold).mean() > p * np.exp(gain)  # Jensen: E[q/q₀] ≥ exp E[ln q/q₀]
    unbiased = KMRanges.of(tiny).uniform(60_000, np.random.default_rng(3))
    found = KineticModels(tiny, tiny_state, unbiased).spectrum().lambda_max_per_h
    exact = np.log(unbiased[found <= threshold])
    np.testing.assert_allclose(np.log(km).mean(axis=0), exact.mean(axis=0), atol=0.25)
    np.testing.assert_allclose(np.log(km).std(axis=0), exact.std(axis=0), atol=0.3)


@pytest.mark.parametrize("change", [{"layers": 0}, {"hidden": (0,)}, {"bins": 1}])
def test_architectures_out_of_range(tiny, change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        FlowGenerator(KMRanges.of(tiny), **change)
