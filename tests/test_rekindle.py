"""REKINDLE: the published architecture and settings, its measure, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from labelled_sets import THREE, decided_by_three

from renaissance_kit import KMRanges, Recipe, train
from renaissance_kit.core import ParameterError
from renaissance_kit.training import (
    Discriminator,
    RekindleGenerator,
    RekindleSettings,
    mean_divergence,
)


def test_the_published_architecture_has_the_weights_that_one_counts_by_hand(ecoli):
    """Dense layers 127 + 1 → 128 → 256 → 512 → KM; normalisation has 2 trained, 2 running each."""
    n = len(ecoli.km_names)
    generator, other = RekindleGenerator(KMRanges.of(ecoli)), Discriminator(n)
    dense = 128 * 128 + 128 + 128 * 256 + 256 + 256 * 512 + 512 + 512 * n + n
    assert generator.n_trained == dense + 2 * (128 + 256 + 512)
    assert generator.n_weights == generator.n_trained + 2 * (128 + 256 + 512)
    assert len(generator.initial_weights(np.random.default_rng(1))) == generator.n_weights
    assert other.n_weights == (n + 1) * 32 + 32 + 32 * 64 + 64 + 64 * 128 + 128 + 128 + 1
    assert (generator.dropout, generator.momentum, generator.slope) == (0.5, 0.8, 0.2)
    assert other.dropout == 0.4


def test_the_published_settings():
    paper = RekindleSettings.paper()
    assert (paper.samples, paper.batch, paper.steps * paper.epochs_per_step) == (80_000, 1024, 1000)
    assert (paper.learning_rate, paper.beta1, paper.train_share) == (2e-4, 0.5, 0.9)
    assert (paper.epochs_per_step, paper.monitor_models, paper.even) == (10, 300, False)
    assert RekindleSettings.paper(steps=3).steps == 3


def modules(generator, weights):
    """The same network out of PyTorch's own modules."""
    parts, place = [], 0

    def take(*shape):
        nonlocal place
        size = int(np.prod(shape))
        place += size
        return torch.from_numpy(weights[place - size : place].reshape(shape).copy())

    layers = []
    for i, (n_out, n_in) in enumerate(generator.shapes):
        dense = torch.nn.Linear(n_in, n_out)
        dense.weight.data, dense.bias.data = take(n_out, n_in), take(n_out)
        layers.append(dense)
        if i < len(generator.hidden):
            norm = torch.nn.BatchNorm1d(n_out, eps=1e-3, momentum=0.2)
            norm.weight.data, norm.bias.data = take(n_out), take(n_out)
            parts.append(norm)
            layers += [torch.nn.LeakyReLU(0.2), norm]
    for norm, units in zip(parts, generator.hidden, strict=True):
        norm.running_mean.data, norm.running_var.data = take(units), take(units)
    assert place == len(weights)
    return torch.nn.Sequential(*layers, torch.nn.Tanh()), parts


def test_outputs_and_running_means_are_those_of_torch_modules(tiny, rng):
    generator = RekindleGenerator(KMRanges.of(tiny), hidden=(6, 5), latent=3, dropout=0.0)
    weights = generator.initial_weights(rng)
    weights += 0.1 * rng.standard_normal(len(weights), dtype=np.float32)
    weights[generator.n_trained :] = np.abs(weights[generator.n_trained :])
    net, norms = modules(generator, weights)
    noise = torch.from_numpy(rng.standard_normal((8, 3), dtype=np.float32))
    labels = torch.ones(8, 1)
    flat = torch.from_numpy(weights.copy())
    trained, running = flat[: generator.n_trained], flat[generator.n_trained :].clone()
    whole = torch.cat([noise, labels], dim=1)
    torch.testing.assert_close(
        generator.outputs(trained, running, noise, labels), net.eval()(whole)
    )
    dropped = torch.Generator().manual_seed(1)
    torch.testing.assert_close(
        generator.outputs(trained, running, noise, labels, dropped), net.train()(whole)
    )
    expected = torch.cat([part for n in norms for part in (n.running_mean, n.running_var)])
    torch.testing.assert_close(running, expected)


def test_dropout_switches_off_its_share_and_keeps_the_mean(tiny):
    generator = RekindleGenerator(KMRanges.of(tiny), hidden=(4,), latent=1, dropout=0.5)
    weights = generator.initial_weights(np.random.default_rng(1))
    flat = torch.from_numpy(weights)
    noise, labels = torch.zeros(400, 1), torch.ones(400, 1)

    def outputs(seed):
        dropped = None if seed is None else torch.Generator().manual_seed(seed)
        parts = flat[: generator.n_trained], flat[generator.n_trained :].clone()
        return generator.outputs(*parts, noise, labels, dropped)

    assert outputs(None).std(dim=0).max() < 1e-6
    torch.testing.assert_close(outputs(1), outputs(1))
    assert not torch.equal(outputs(1), outputs(2))


def test_scaling_goes_back(tiny, rng):
    ranges = KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.4, 0.6)})
    generator = RekindleGenerator(ranges)
    shares = rng.random((5, 9), dtype=np.float32)
    scaled = generator.scaled(shares)
    np.testing.assert_allclose(scaled, 2 * shares - 1, atol=1e-6)  # all have the same bounds
    np.testing.assert_allclose(generator.shares(scaled), shares, atol=1e-6)


def test_divergence_of_means_by_hand():
    """Means 0, 0, 0, 1 against 0, 1, 1, 1 in two bins: (3.5, 1.5)/5 against (1.5, 3.5)/5."""
    reference, sample = np.array([[0.0, 0, 0, 1]]), np.array([[0.0, 1, 1, 1]])
    expected = 0.7 * np.log(0.7 / 0.3) + 0.3 * np.log(0.3 / 0.7)
    assert mean_divergence(sample, reference, bins=2) == pytest.approx(expected)
    both = np.array([[0.0, 2, 2, 2], [0.0, 0, 0, 0]])  # wider, the same means
    assert mean_divergence(both, reference, bins=2) == pytest.approx(expected)
    assert np.isnan(mean_divergence(sample[:0], reference))


@pytest.mark.slow
def test_it_finds_three_constants_that_decide(tiny, tiny_state):
    """A sixth of unbiased sets has the label, most of what is drawn for it has."""
    data = decided_by_three(tiny, 4_000, seed=1)
    recipe = Recipe.rekindle(tiny, data=data, steps=3, monitor_models=20)
    recipe = recipe.but(generator=RekindleGenerator(KMRanges.of(tiny), hidden=(32, 64), latent=16))
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    km = training.km(2_000, np.random.default_rng(2))
    ranges = recipe.generator.ranges
    share = (np.log(km) - np.log(ranges.low_mM)) / np.log(ranges.high_mM / ranges.low_mM)
    a, b, c = (share[:, tiny.km_index[name]] for name in THREE)
    assert ((a < 0.5) & (b > 0.5) & (c > 1 / 3)).mean() > 3 * data.relevant.mean()
    others = np.delete(share, [tiny.km_index[name] for name in THREE], axis=1)
    assert others.std(axis=0).min() > 0.15


@pytest.mark.slow
def test_few_sets_do_where_a_generator_was_trained_before(tiny, tiny_state):
    """The generator goes on; with as few sets a new one has not learnt it."""
    net = RekindleGenerator(KMRanges.of(tiny), hidden=(32, 64), latent=16)
    many, few = (decided_by_three(tiny, n, seed=n) for n in (4_000, 400))

    def trained(data, steps, weights=None):
        recipe = Recipe.rekindle(tiny, data=data, steps=steps, monitor_models=0)
        return train(tiny, tiny_state, seed=1, recipe=recipe.but(generator=net),
                     initial_weights=weights)  # fmt: skip

    def shared(training):
        km = np.log(training.km(2_000, np.random.default_rng(2)))
        return np.median(km[:, tiny.km_index[THREE[0]]]) < np.log(
            KMRanges.of(tiny).middle_mM[tiny.km_index[THREE[0]]]
        )

    first = trained(many, 3)
    assert shared(first)
    assert shared(trained(few, 1, first.weights))


def test_transfer_begins_with_the_weights_that_are_given(tiny, tiny_state):
    net = RekindleGenerator(KMRanges.of(tiny), hidden=(8,), latent=4)
    recipe = Recipe.rekindle(tiny, samples=100, steps=1, epochs_per_step=1)
    weights = net.initial_weights(np.random.default_rng(3))
    begun = train(tiny, tiny_state, seed=1, recipe=recipe.but(generator=net),
                  initial_weights=weights, stop=lambda: True)  # fmt: skip
    np.testing.assert_array_equal(begun.weights, weights)
    with pytest.raises(ParameterError, match="this architecture has"):
        train(tiny, tiny_state, seed=1, recipe=recipe, initial_weights=weights)


@pytest.mark.parametrize("change", [{"hidden": (0,)}, {"dropout": 1.0}, {"latent": 0}])
def test_architectures_out_of_range(tiny, change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        RekindleGenerator(KMRanges.of(tiny), **change)
