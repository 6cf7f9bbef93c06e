"""iSCHRUNK: boxes by hand, the constants that decide are found, precision and coverage are true."""

from __future__ import annotations

import numpy as np
import pytest
from labelled_sets import THREE, decided_by_three

from renaissance_kit import KMRanges, Recipe, train
from renaissance_kit.core import ParameterError
from renaissance_kit.training import Boxes, BoxGenerator, IschrunkSettings

PURE = {"rounds": 1, "leaves": 20, "least": 20, "purity": 0.95, "keep": 1.0}


@pytest.fixture
def two(tiny):
    """A generator of two constants, and two boxes of weights 3 and 1."""
    fixed = dict.fromkeys(tiny.km_names[2:], (0.4, 0.6))
    weights = Boxes(
        np.array([0.75, 0.25], np.float32),
        np.array([[0, 0.5], [0.8, 0]], np.float32),
        np.array([[0.2, 1], [1, 1]], np.float32),
    ).flat()
    return BoxGenerator(KMRanges.of(tiny, fixed=fixed)), weights


def test_the_layout_is_weight_low_high(two):
    _, weights = two
    np.testing.assert_allclose(weights, [0.75, 0, 0.5, 0.2, 1, 0.25, 0.8, 0, 1, 1])
    assert weights.dtype == np.float32


def test_sets_are_drawn_log_uniform_in_the_boxes_by_weight(two, rng):
    generator, weights = two
    ranges = generator.ranges
    km = generator.sample(weights, 20_000, rng)
    u = np.log(km / ranges.low_mM)[:, :2] / np.log(ranges.high_mM / ranges.low_mM)[:2]
    first = u[:, 0] < 0.5
    assert first.mean() == pytest.approx(0.75, abs=0.012)
    assert u[first, 0].max() <= 0.2
    assert u[first, 1].min() >= 0.5 - 1e-6
    assert u[first, 0].mean() == pytest.approx(0.1, abs=0.003)
    assert u[~first, 1].std() == pytest.approx(12**-0.5, rel=0.05)
    assert generator.inside(weights, km).all()


def test_inside_by_hand(two):
    generator, weights = two
    ranges = generator.ranges
    km = np.tile(ranges.middle_mM, (3, 1))
    share = np.array([[0.1, 0.6], [0.1, 0.4], [0.9, 0.1]])
    km[:, :2] = ranges.low_mM[:2] * (ranges.high_mM / ranges.low_mM)[:2] ** share
    assert generator.inside(weights, km).tolist() == [True, False, True]


def test_narrowing_and_rules_by_hand(two, tiny, tiny_state):
    """A fifth left in both boxes is ln 5; half left in three quarters of the weight ¾ ln 2."""
    generator, weights = two
    narrowing = generator.narrowing(weights)
    assert narrowing["HEX:glc__D_c"] == pytest.approx(np.log(5), rel=1e-6)
    assert narrowing["HEX:atp_c"] == pytest.approx(0.75 * np.log(2), rel=1e-6)
    rules = generator.rules(weights, tiny, tiny_state)
    assert rules.constant.tolist() == ["HEX:glc__D_c", "HEX:atp_c", "HEX:glc__D_c"]
    first = rules.iloc[0]
    low, high = generator.ranges.low_mM[0], generator.ranges.high_mM[0]
    assert first.low_mM == pytest.approx(low)
    assert first.high_mM == pytest.approx(low * (high / low) ** 0.2)
    c = tiny_state.concentrations_mM[tiny.species.index("glc__D_c")]
    assert first.low_saturation == pytest.approx(c / (first.high_mM + c))
    assert first.high_saturation == pytest.approx(c / (low + c))


def test_a_new_generator_samples_without_bias(tiny, rng):
    generator = BoxGenerator(KMRanges.of(tiny))
    weights = generator.initial_weights(rng)
    assert generator.narrowing(weights).max() == 0
    km = np.log(generator.sample(weights, 4_000, rng))
    unbiased = np.log(generator.ranges.uniform(4_000, rng))
    np.testing.assert_allclose(km.mean(axis=0), unbiased.mean(axis=0), atol=0.25)
    np.testing.assert_allclose(km.std(axis=0), unbiased.std(axis=0), rtol=0.05)
    assert len(generator.rules(weights, None, None)) == 0


def test_weights_that_are_no_boxes_are_refused(two):
    generator, weights = two
    for wrong in (weights[:-1], np.zeros(0, np.float32), weights[None]):
        with pytest.raises(ParameterError, match="a multiple of 5"):
            generator.check(wrong)
    for place, value in ((0, 0), (1, -0.1), (1, 0.5), (4, 1.1), (2, np.nan)):
        spoilt = weights.copy()
        spoilt[place] = value
        with pytest.raises(ParameterError, match="not finite boxes"):
            generator.check(spoilt)


def test_three_constants_that_decide_are_found(tiny, tiny_state):
    """And the precision and coverage on fresh sets are those of the rules."""
    data = decided_by_three(tiny, 8_000, seed=1)
    training = train(tiny, tiny_state, seed=1, recipe=Recipe.ischrunk(tiny, data=data, **PURE))
    generator, weights = training.generator, training.weights
    narrowing = generator.narrowing(weights)
    assert set(narrowing.index[:3]) == set(THREE)
    assert narrowing.iloc[:3].to_numpy() == pytest.approx(
        sorted(np.log([2, 2, 1.5]))[::-1], abs=0.1
    )
    assert narrowing.iloc[3:].max() < 0.1
    fresh = decided_by_three(tiny, 20_000, seed=2)
    inside = generator.inside(weights, fresh.km_mM)
    assert fresh.relevant[inside].mean() > 0.95
    assert inside[fresh.relevant].mean() > 0.95
    assert fresh.relevant.mean() == pytest.approx(1 / 6, abs=0.02)


def test_rounds_raise_the_incidence_and_count_their_models(tiny, tiny_state):
    recipe = Recipe.ischrunk(tiny, threshold_per_h=-270.0, rounds=4, samples=1_000, least=20)
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    relevant = training.history.relevant
    assert relevant[0] < 0.2
    assert relevant.iloc[-1] > 3 * relevant[0]
    assert training.models_evaluated == 4_000
    models = training.models(1_000, np.random.default_rng(1))
    assert (models.spectrum().lambda_max_per_h <= -270).mean() >= relevant.iloc[-1] - 0.05


def test_boxes_of_a_round_are_parts_of_those_before(tiny, tiny_state):
    recipe = Recipe.ischrunk(tiny, threshold_per_h=-270.0, rounds=3, samples=1_000, least=20)
    seen = []
    train(tiny, tiny_state, seed=1, recipe=recipe, progress=lambda s: seen.append(s.weights))
    km = recipe.generator.sample(seen[2], 500, np.random.default_rng(1))
    for earlier in seen[:2]:
        assert recipe.generator.inside(earlier, km * (1 + 1e-9)).mean() > 0.99


def test_no_leaf_is_pure_enough(tiny, tiny_state):
    recipe = Recipe.ischrunk(tiny, threshold_per_h=-280.0, samples=1_000).but(
        settings=IschrunkSettings.paper(samples=1_000, least=300)
    )
    with pytest.raises(ParameterError, match=r"no leaf .* 95% relevant sets, the purest has"):
        train(tiny, tiny_state, seed=1, recipe=recipe)


def test_given_labels_are_for_one_round(tiny, tiny_state):
    data = decided_by_three(tiny, 200, seed=1)
    with pytest.raises(ParameterError, match="give rounds=1"):
        train(tiny, tiny_state, seed=1, recipe=Recipe.ischrunk(tiny, data=data))
