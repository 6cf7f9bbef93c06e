"""The generator: its size, its bounds, and how it starts."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from scipy import stats

from renaissance_kit import Generator, KineticModels, KMRanges, Recipe, SteadyStates, train
from renaissance_kit.core import ParameterError

FIXED = {"PGI:g6p_c": (0.08, 0.12), "HEX:atp_c": (0.5, 3.0)}


@pytest.fixture(scope="module")
def small(tiny):
    return Generator(KMRanges.of(tiny), hidden=(16, 16))


@pytest.fixture(scope="module")
def with_data(tiny):
    return Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(16, 16))


def rng(seed=1):
    return np.random.default_rng(seed)


def test_the_published_architecture_has_1076352_weights(ecoli):
    """100·256 + 257·512 + 513·1024 + 1025·384 and the first layer's 256 biases."""
    generator = Generator(KMRanges.of(ecoli))
    assert generator.n_weights == 1_076_352
    weights = generator.initial_weights(rng())
    assert weights.shape == (1_076_352,)
    assert weights.dtype == np.float32
    assert generator.sample(weights, 3, rng()).shape == (3, 384)


def test_outputs_are_those_of_a_plain_forward_pass(small):
    """Written out in double precision: matrix, bias, leaky rectifier, in units of the scales."""
    weights = small.initial_weights(rng())
    noise = rng(2).standard_normal((7, small.latent), dtype=np.float32)
    x = np.hstack([noise, np.ones((7, 1))]).astype(float)
    position = 0
    for layer, (n_in, n_out) in enumerate([(100, 16), (16, 16), (16, 10)]):
        matrix = weights[position : position + n_in * n_out].reshape(n_out, n_in).astype(float)
        position += n_in * n_out
        scale = 1 / np.sqrt(n_in) if layer == 2 else np.sqrt(2 / (1 + 0.2**2) / n_in)
        bias = weights[position : position + n_out] * (small.bias_unit if layer == 2 else 1)
        x = x @ (scale * matrix).T + bias
        position += n_out
        if layer < 2:
            x = np.where(x > 0, x, 0.2 * x)
    assert position == small.n_weights
    np.testing.assert_allclose(small.outputs(weights, noise), x, rtol=1e-4, atol=1e-5)
    share = stats.norm.cdf(x)
    expected = 1.3e-3 * (20 / 1.3e-3) ** share
    np.testing.assert_allclose(small.km_from_noise(weights, noise, rng()), expected, rtol=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e4), st.sampled_from(["pointwise", "batch"]))
@settings(max_examples=60, deadline=None)
def test_bounds_are_never_left(with_data, seed, scale, rescale):
    """Whatever the weights: exactly, not to rounding."""
    generator = replace(with_data, rescale=rescale)
    random = rng(seed)
    weights = (scale * random.standard_normal(generator.n_weights)).astype(np.float32)
    km = generator.sample(weights, 20, random)
    assert (km >= generator.ranges.low_mM).all()
    assert (km <= generator.ranges.high_mM).all()


@pytest.mark.parametrize("rescale", ["pointwise", "batch"])
def test_weights_of_zero_make_finite_constants(small, rescale):
    generator = replace(small, rescale=rescale)
    km = generator.sample(np.zeros(small.n_weights, np.float32), 4, rng())
    np.testing.assert_allclose(km, np.sqrt(1.3e-3 * 20), rtol=1e-6)


def test_the_untrained_generator_is_unbiased_sampling(ecoli):
    """Every KM log-uniform between its bounds: Kolmogorov-Smirnov over latent noise."""
    generator = Generator(KMRanges.of(ecoli), hidden=(64, 64))
    km = generator.sample(generator.initial_weights(rng(3)), 4000, rng(4))
    share = np.log(km / 1.3e-3) / np.log(20 / 1.3e-3)
    distances = [stats.kstest(column, "uniform").statistic for column in share.T]
    # a mixture of few rectified units is not quite normal; 0.03 is the largest distance of chance
    assert np.median(distances) < 0.03
    assert max(distances) < 0.08


def test_calibration_centres_every_output_for_any_seed(small):
    noise = rng(9).standard_normal((4000, small.latent), dtype=np.float32)
    for output_scale in (1.0, 0.3):
        generator = replace(small, output_scale=output_scale)
        y = generator.outputs(generator.initial_weights(rng(8)), noise)
        np.testing.assert_allclose(y.mean(axis=0), 0, atol=0.1 * output_scale)
        np.testing.assert_allclose(y.std(axis=0), output_scale, rtol=0.1)
    raw = small.outputs(replace(small, calibrated=False).initial_weights(rng(8)), noise)
    assert np.abs(raw.mean(axis=0)).max() > 0.2


def test_unbiased_sampling_is_log_uniform_and_fixed_constants_are_uniform(tiny):
    ranges = KMRanges.of(tiny, fixed=FIXED)
    km = ranges.uniform(4000, rng())
    for i, name in enumerate(ranges.names):
        low, high = ranges.low_mM[i], ranges.high_mM[i]
        if name in FIXED:
            share = (km[:, i] - low) / (high - low)
        else:
            share = np.log(km[:, i] / low) / np.log(high / low)
        assert stats.kstest(share, "uniform").pvalue > 1e-4, name


# --- first weights -------------------------------------------------------------------------


def plain_layers(ranges, first_weights, hidden=(256, 300)):
    """Matrices, (n_out, n_in), and biases of a new generator in plain units."""
    generator = Generator(
        ranges, hidden=hidden, scaled=False, calibrated=False, first_weights=first_weights
    )
    weights, position = generator.initial_weights(rng(6)), 0
    sizes = (generator.latent + 1, *hidden, ranges.n_generated)
    for n_in, n_out in pairwise(sizes):
        matrix = weights[position : position + n_in * n_out].reshape(n_out, n_in)
        position += n_in * n_out
        yield matrix.astype(float), weights[position : position + n_out]
        position += n_out
    assert position == len(weights)


def test_glorot_weights_are_uniform_within_their_limit(ecoli):
    """√(6/(n_in + n_out)) in every layer, variance limit²/3, biases 0: the default of Keras."""
    for matrix, bias in plain_layers(KMRanges.of(ecoli), "glorot"):
        limit = np.sqrt(6 / sum(matrix.shape))
        assert np.abs(matrix).max() <= limit * (1 + 1e-6)
        assert np.abs(matrix).max() > 0.999 * limit
        # the variance of x² is 4/45 limit⁴
        error = limit**2 * np.sqrt(4 / 45 / matrix.size)
        assert matrix.var() == pytest.approx(limit**2 / 3, abs=4 * error)
        assert stats.kstest(matrix.ravel() / (2 * limit) + 0.5, "uniform").pvalue > 1e-4
        assert not bias.any()


def test_he_weights_are_normal_with_the_variance_that_keeps_activations(ecoli):
    """2/((1 + slope²) n_in), and 1/n_in in the last layer."""
    layers = list(plain_layers(KMRanges.of(ecoli), "he"))
    for i, (matrix, bias) in enumerate(layers):
        gain = 1.0 if i == len(layers) - 1 else 2 / (1 + 0.2**2)
        unit = matrix.ravel() / np.sqrt(gain / matrix.shape[1])
        assert stats.kstest(unit, "norm").pvalue > 1e-4
        assert not bias.any()


def test_the_published_generator_is_that_of_the_released_code(tiny):
    published = Generator.paper(KMRanges.of(tiny))
    assert (published.hidden, published.latent, published.slope) == ((256, 512, 1024), 99, 0.2)
    assert (published.first_weights, published.rescale) == ("glorot", "batch")
    assert published.dropout == 0
    assert not published.scaled
    assert not published.calibrated


# --- constants held to data ----------------------------------------------------------------


def test_fixed_constants_are_drawn_uniformly_and_not_generated(tiny, with_data):
    assert with_data.ranges.n_generated == 8
    weights = with_data.initial_weights(rng())
    assert with_data.outputs(weights, np.zeros((1, 99), np.float32)).shape == (1, 8)
    km = with_data.sample(weights, 4000, rng(2))
    for name, (low, high) in FIXED.items():
        column = km[:, tiny.km_index[name]]
        assert ((column >= low) & (column <= high)).all()
        assert stats.kstest((column - low) / (high - low), "uniform").pvalue > 1e-4


def test_fixed_constants_ignore_the_weights(tiny, with_data):
    fixed = [tiny.km_index[name] for name in FIXED]
    one = with_data.sample(with_data.initial_weights(rng(1)), 5, rng(7))
    two = with_data.sample(with_data.initial_weights(rng(2)), 5, rng(7))
    np.testing.assert_array_equal(one[:, fixed], two[:, fixed])
    assert (one != two).any()


def test_all_constants_may_be_fixed(tiny):
    ranges = KMRanges.of(tiny, fixed=dict.fromkeys(tiny.km_names, (0.5, 2.0)))
    for rescale in ("pointwise", "batch"):
        generator = Generator(ranges, hidden=(4,), rescale=rescale)
        km = generator.sample(generator.initial_weights(rng()), 50, rng())
        assert ((km >= 0.5) & (km <= 2.0)).all()


# --- batches -------------------------------------------------------------------------------


def test_pointwise_samples_do_not_know_their_batch(small):
    weights = small.initial_weights(rng())
    noise = rng(5).standard_normal((6, small.latent), dtype=np.float32)
    together = small.km_from_noise(weights, noise, rng())
    for i in range(6):
        alone = small.km_from_noise(weights, noise[i : i + 1], rng())
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-5)


def test_samples_rescaled_by_batch_depend_on_their_mates(small):
    """As the published code does; its extremes are the bounds themselves."""
    generator = replace(small, rescale="batch")
    weights = small.initial_weights(rng())
    noise = rng(5).standard_normal((6, small.latent), dtype=np.float32)
    six = generator.km_from_noise(weights, noise, rng())
    two = generator.km_from_noise(weights, noise[:2], rng())
    assert (np.abs(np.log(six[:2] / two)) > 1e-3).any()
    assert six.min() == pytest.approx(1.3e-3, rel=1e-5)
    assert six.max() == pytest.approx(20, rel=1e-5)


def test_the_same_seed_gives_the_same_bits(with_data):
    weights = with_data.initial_weights(rng(3))
    np.testing.assert_array_equal(weights, with_data.initial_weights(rng(3)))
    np.testing.assert_array_equal(
        with_data.sample(weights, 9, rng(4)), with_data.sample(weights, 9, rng(4))
    )
    assert (with_data.sample(weights, 9, rng(4)) != with_data.sample(weights, 9, rng(5))).any()


@pytest.mark.parametrize(("n", "sizes"), [(7, [3, 3, 1]), (6, [3, 3]), (2, [2])])
def test_a_stream_is_bounded_chunks_of_the_same_numbers(with_data, n, sizes):
    weights = with_data.initial_weights(rng())
    chunks = list(with_data.stream(weights, n, rng(6), chunk=3))
    assert [len(c) for c in chunks] == sizes
    seeds = rng(6)
    streams = [np.random.default_rng(int(seeds.integers(2**63))) for _ in sizes]
    expected = [
        with_data.sample(weights, size, own) for size, own in zip(sizes, streams, strict=True)
    ]
    for chunk, km in zip(chunks, expected, strict=True):
        assert chunk.dtype == np.float32
        np.testing.assert_allclose(chunk, km, rtol=1e-6)


def test_a_stream_does_not_depend_on_the_number_of_threads(with_data):
    weights = with_data.initial_weights(rng())
    one, three = (
        np.concatenate(list(with_data.stream(weights, 50, rng(6), chunk=7, workers=w)))
        for w in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


def test_a_stream_in_bfloat16_has_the_same_dynamics(ecoli):
    """Constants move by a percent; valid models stay valid, and λmax is distributed as before."""
    state = SteadyStates.example(ecoli).default
    training = train(ecoli, state, seed=1, recipe=Recipe.by_gradient(ecoli, steps=30))
    single, half = (
        np.concatenate(
            list(training.generator.stream(training.weights, 1500, rng(2), bfloat16=b))
        ).astype(float)
        for b in (False, True)
    )
    moved = np.abs(np.log(half / single))
    assert 1e-4 < moved.mean() < 0.03
    one, other = (KineticModels(ecoli, state, km).spectrum() for km in (single, half))
    assert 0.5 < one.valid.mean() < 1
    assert (one.valid != other.valid).mean() < 0.02
    assert stats.ks_2samp(one.lambda_max_per_h, other.lambda_max_per_h).pvalue > 0.2


def test_a_stream_in_bfloat16_stays_within_the_bounds(with_data):
    weights, ranges = with_data.initial_weights(rng()), with_data.ranges
    (km,) = with_data.stream(weights, 200, rng(), bfloat16=True)
    assert km.dtype == np.float32
    assert (km >= ranges.low_mM).all()
    assert (km <= ranges.high_mM).all()


def test_a_stream_leaves_the_callers_torch_as_it_was(small):
    """Between two chunks the caller may need gradients."""
    threads = torch.get_num_threads()
    for _ in small.stream(small.initial_weights(rng()), 4, rng(), chunk=2):
        assert not torch.is_inference_mode_enabled()
    assert torch.get_num_threads() == threads


def test_a_stream_keeps_one_chunk_in_memory(small):
    weights = small.initial_weights(rng())
    total = 0
    tracemalloc.start()
    for chunk in small.stream(weights, 200_000, rng(), chunk=2000):
        total += chunk.nbytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 200_000 * 10 * 4
    assert peak < total / 2


# --- dropout and identity ------------------------------------------------------------------


def test_dropout_varies_models_of_one_noise_and_keeps_the_mean_signal(small):
    """Units that are kept are scaled up, so that a linear layer keeps its expectation."""
    generator = replace(small, dropout=0.5)
    weights = generator.initial_weights(rng())
    noise = np.repeat(rng(2).standard_normal((1, 99), dtype=np.float32), 4000, axis=0)
    varied = generator.outputs(weights, noise, rng(3))
    assert varied.std(axis=0).min() > 0
    assert small.outputs(weights, noise).std(axis=0).max() < 1e-3 * varied.std(axis=0).min()

    shallow = Generator(generator.ranges, hidden=(16,), dropout=0.5)
    weights = shallow.initial_weights(rng())
    expected = replace(shallow, dropout=0.0).outputs(weights, noise[:1])[0]
    found = shallow.outputs(weights, noise, rng(4))
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - expected) < 5 * error).all()


def test_dropout_without_random_numbers_is_an_error(small):
    generator = replace(small, dropout=0.5)
    weights = generator.initial_weights(rng())
    with pytest.raises(ParameterError, match="dropout needs a random generator; pass rng"):
        generator.outputs(weights, np.zeros((1, 99), np.float32))


def test_the_unit_of_the_last_biases_does_not_change_the_untrained_generator(small):
    noise = rng(2).standard_normal((5, 99), dtype=np.float32)
    other = replace(small, bias_unit=1.0)
    np.testing.assert_allclose(
        other.outputs(other.initial_weights(rng(3)), noise),
        small.outputs(small.initial_weights(rng(3)), noise),
        rtol=1e-3, atol=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("first_weights", ["he", "glorot"])
def test_plain_weights_start_with_the_same_distribution(small, first_weights):
    """`scaled` changes the unit of the weights, not the untrained generator."""
    small = replace(small, first_weights=first_weights)
    plain = replace(small, scaled=False)
    noise = rng(2).standard_normal((5, 99), dtype=np.float32)
    np.testing.assert_allclose(
        plain.outputs(plain.initial_weights(rng(3)), noise),
        small.outputs(small.initial_weights(rng(3)), noise),
        rtol=1e-3, atol=1e-4,
    )  # fmt: skip


def test_the_digest_knows_weights_bounds_and_architecture(tiny, small):
    weights = small.initial_weights(rng())
    other = weights.copy()
    other[0] = np.nextafter(other[0], np.float32(np.inf))
    same_shape = [
        replace(small, slope=0.1),
        replace(small, dropout=0.5),
        replace(small, scaled=False),
        replace(small, bias_unit=1.0),
        replace(small, first_weights="glorot"),
        replace(small, rescale="batch"),
        replace(small, ranges=KMRanges.of(tiny, high_mM=21.0)),
    ]
    digests = [small.digest(weights), small.digest(other)]
    digests += [generator.digest(weights) for generator in same_shape]
    assert len(set(digests)) == len(digests)
    assert small.digest(weights.copy()) == digests[0]
