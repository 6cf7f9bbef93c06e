"""Rewards: their formulas, their order, and numbers that would overflow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from renaissance_kit.core import ParameterError
from renaissance_kit.objectives import (
    DifferentiableObjective,
    FastestDynamics,
    Incidence,
    SmoothIncidence,
    SoftMargin,
)

REWARDS = {
    "incidence": Incidence(),
    "fastest dynamics": FastestDynamics(),
    "smooth incidence": SmoothIncidence(),
}
lambdas = st.one_of(st.floats(-1e8, 1e8), st.floats(-30, 30))
batches = st.integers(1, 300).flatmap(lambda n: arrays(float, n, elements=lambdas))


@pytest.fixture(params=REWARDS)
def reward(request):
    return REWARDS[request.param]


# --- formulas ------------------------------------------------------------------------------


def test_incidence_is_the_share_of_valid_models():
    assert Incidence()(np.array([-2.5, -3.0, -2.4, 1.0])) == 0.5
    assert Incidence(partition_per_h=-1.0)(np.array([-2.5, -3.0, -2.4, 1.0])) == 0.75
    assert Incidence()(np.full(7, -9.0)) == 1.0


def test_without_valid_models_the_fastest_one_earns_a_little():
    """0.01 / (1 + exp(λ_fastest − λ_partition))."""
    assert Incidence()(np.array([-1.5, 30.0])) == pytest.approx(0.01 / (1 + math.e))
    assert Incidence()(np.array([7.5, 30.0])) == pytest.approx(0.01 / (1 + math.exp(10)))


def test_fastest_dynamics_is_exponential_in_the_mean_of_the_ten_fastest():
    """0.5 · exp(−0.1 · mean)."""
    values = np.arange(-20.0, 80.0)
    assert FastestDynamics()(values) == pytest.approx(0.5 * math.exp(-0.1 * -15.5))
    assert FastestDynamics(n_fastest=1)(values) == pytest.approx(0.5 * math.exp(2))
    assert FastestDynamics()(np.array([0.0])) == 0.5  # fewer models than ten


def test_smooth_incidence_is_a_mean_of_steps():
    """1 / (1 + exp((asinh λ − asinh λ_partition) / width))."""
    assert SmoothIncidence()(np.array([-2.5])) == 0.5
    z = (math.asinh(4.0) - math.asinh(-2.5)) / 0.5
    expected = (0.5 + 1 / (1 + math.exp(z))) / 2
    assert SmoothIncidence()(np.array([-2.5, 4.0])) == pytest.approx(expected)


def test_the_soft_margin_is_the_logarithm_of_a_smooth_step():
    """Minus the mean of ln(1 + exp((s − s(threshold) + margin)/width))."""
    reward = SoftMargin(partition_per_h=-2.5, margin=0.2, width=0.1)
    values = np.array([-2.5, -9.0, 40.0])
    distance = (np.arcsinh(values) - np.arcsinh(-2.5) + 0.2) / 0.1
    assert reward(values) == pytest.approx(-np.log1p(np.exp(distance)).mean())
    assert reward(np.array([-5.0])) > reward(np.array([-3.0])) > reward(np.array([1e5]))
    assert reward(np.array([-5.0, np.nan])) == -np.inf
    with pytest.raises(ParameterError, match="width is 0"):
        SoftMargin(width=0)


# --- derivatives ---------------------------------------------------------------------------


def test_which_objectives_say_that_they_have_a_derivative():
    assert not isinstance(Incidence(), DifferentiableObjective)
    assert not isinstance(FastestDynamics(), DifferentiableObjective)
    assert isinstance(SmoothIncidence(), DifferentiableObjective)
    assert isinstance(SoftMargin(), DifferentiableObjective)


@pytest.mark.parametrize("reward", [SmoothIncidence(), SoftMargin()], ids=repr)
def test_the_derivative_is_that_of_the_reward(reward):
    """Of s = asinh(λmax), against the reward itself and its finite differences."""
    s = np.array([-2.4, -1.6, -1.2, 0.3, 4.0])
    score, slope = reward.of(s)
    np.testing.assert_allclose(score, reward.each(np.sinh(s)), rtol=1e-12)
    assert score.mean() == pytest.approx(reward(np.sinh(s)), rel=1e-12)
    up, down = (reward.each(np.sinh(s + h)) for h in (1e-6, -1e-6))
    np.testing.assert_allclose(slope, (up - down) / 2e-6, rtol=1e-5, atol=1e-9)


# --- the sign trap -------------------------------------------------------------------------


@given(batches.filter(lambda x: (x > -2.5).all()), st.floats(-1e8, -2.5))
def test_no_valid_models_never_earn_more_than_one(values, valid):
    """Whatever the size of the batch and however fast the invalid models are."""
    with_one = values.copy()
    with_one[0] = valid
    slow_but_one = np.full(len(values), 1e8)
    slow_but_one[0] = valid
    assert Incidence()(values) < Incidence()(with_one)
    assert Incidence()(values) < Incidence()(slow_but_one)


@pytest.mark.parametrize("n", [1, 100, 200, 201, 10_000, 1_000_000])
def test_the_credit_stays_below_one_valid_model_for_any_number_of_models(n):
    almost = np.full(n, np.nextafter(-2.5, 0))
    one = np.full(n, 1e8)
    one[-1] = -2.5
    assert Incidence()(almost) < Incidence()(one)


def test_up_to_200_models_the_credit_is_the_published_one():
    for n in (1, 100, 200):
        assert Incidence()(np.full(n, -2.5 + 1e-12)) == pytest.approx(0.005)


# --- order and range -----------------------------------------------------------------------


@given(batches, st.floats(0, 1e6))
def test_faster_models_never_earn_less(values, gain):
    for reward in REWARDS.values():
        assert reward(values - gain) >= reward(values) * (1 - 1e-12)


@given(batches, st.data())
def test_one_faster_model_never_earns_less(values, data):
    i = data.draw(st.integers(0, len(values) - 1))
    better = values.copy()
    better[i] -= data.draw(st.floats(0, 1e6))
    for reward in REWARDS.values():
        assert reward(better) >= reward(values) * (1 - 1e-12)


@given(batches, st.randoms())
def test_the_order_of_the_models_does_not_matter(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    for reward in REWARDS.values():
        assert reward(shuffled) == pytest.approx(reward(values), rel=1e-12)


@given(batches)
def test_shares_lie_between_0_and_1(values):
    for reward in (Incidence(), SmoothIncidence()):
        assert 0 <= reward(values) <= 1


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("size", [1e3, 1e8, 1e300])
def test_nothing_overflows(reward, sign, size):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = reward(np.full(100, sign * size))
    assert math.isfinite(value)
    assert value >= 0


def test_a_model_without_eigenvalues_counts_as_the_worst(reward):
    values = np.array([-3.0, -1.0, 2.0, 5.0])
    missing = np.array([-3.0, np.nan, 2.0, 5.0])
    assert reward(missing) == reward(np.array([-3.0, np.inf, 2.0, 5.0]))
    assert reward(missing) <= reward(values)


def test_nothing_but_nan_earns_what_the_worst_models_earn(reward):
    worst = reward(np.full(5, np.nan))
    assert math.isfinite(worst)
    assert worst <= reward(np.full(5, 1e8))


def test_nan_is_not_valid():
    assert Incidence()(np.array([np.nan, -3.0])) == 0.5
    assert SmoothIncidence()(np.array([np.nan, -1e8])) == pytest.approx(0.5)


@given(batches.filter(lambda x: (np.abs(x + 2.5) > 1e-3).all()))
def test_smooth_incidence_becomes_incidence_as_its_width_vanishes(values):
    share = (values <= -2.5).mean()
    assert SmoothIncidence(width=1e-6)(values) == pytest.approx(share, abs=1e-9)


def test_smooth_incidence_sees_progress_where_incidence_sees_none():
    """From 1e5 1/h the way to the threshold is long; each step of it must count."""
    rewards = [SmoothIncidence()(np.full(10, x)) for x in (1e5, 1e4, 1e2, 1.0, -2.0, -2.5, -30.0)]
    assert (np.diff(rewards) > 0).all()
    assert np.unique([Incidence()(np.full(10, x)) for x in (1e5, 1e4, 1e3)]).size == 1
