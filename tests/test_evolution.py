"""NES on functions with a known optimum, a known gradient, and against torch's optimisers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import gamma

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from renaissance_kit.core import CheckpointError
from renaissance_kit.training import (
    Evaluation,
    NESSettings,
    NESTrainer,
    gradient_estimate,
    nes,
    run,
    shape_rewards,
)


@dataclass
class Function:
    """A fitness whose reward is a plain function of the weights."""

    f: object
    seen: list = field(default_factory=list)
    threshold_per_h = -2.5
    digest = "a function"
    rewards: list = field(default_factory=list)

    def draw_noise(self, n_models, rng):
        return rng.random(n_models)

    def evaluate(self, candidates):
        self.seen.append(candidates)
        rewards = np.array([self.f(weights.astype(float)) for weights, _ in candidates])
        self.rewards.append(rewards)
        lambda_max = -np.abs(rewards)[:, None]
        return Evaluation(rewards, lambda_max, lambda_max <= self.threshold_per_h)


def settings(**changes):
    """Every setting that matters here is given, so that the defaults are free to change."""
    small = NESSettings(
        generations=50, population=20, models_per_generator=1, sigma=0.1, learning_rate=0.02,
        decay=0.03, mirrored=True, shaping="ranks", common_noise=True, optimiser="plain",
        monitor_models=0,
    )  # fmt: skip
    return replace(small, **changes)


def optimum_of(f, begin, seed=1, **changes):
    trainer = NESTrainer(Function(f), settings(**changes))
    return run(trainer, trainer.init(rng(seed), np.array(begin, dtype=np.float32))).weights


def rng(seed=1):
    return np.random.default_rng(seed)


# --- known optima --------------------------------------------------------------------------

VARIANTS = [
    {"mirrored": mirrored, "shaping": shaping}
    for mirrored in (True, False)
    for shaping in ("ranks", "standardised")
]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_reaches_the_optimum_of_a_sphere(variant):
    target = np.array([1.0, -2.0, 0.5, 3.0, -1.0])
    found = optimum_of(
        lambda w: -np.sum((w - target) ** 2), np.zeros(5), generations=150, sigma=0.1,
        learning_rate=0.05, decay=0.04, **variant,
    )  # fmt: skip
    np.testing.assert_allclose(found, target, atol=0.05)


@pytest.mark.parametrize("optimiser", ["plain", "adam"])
def test_reaches_the_optimum_of_a_rotated_ellipsoid(optimiser):
    """Curvatures from 1 to 30, in a basis that is none of the coordinates."""
    basis, _ = np.linalg.qr(rng(5).standard_normal((4, 4)))
    curvature = basis @ np.diag([1.0, 3.0, 10.0, 30.0]) @ basis.T
    target = np.array([1.0, -1.0, 2.0, 0.0])

    def f(w):
        return -(w - target) @ curvature @ (w - target)

    rate = {"plain": 0.02, "adam": 0.2}[optimiser]
    found = optimum_of(
        f, np.zeros(4), generations=300, population=30, sigma=0.05, learning_rate=rate,
        decay=0.015, optimiser=optimiser,
    )  # fmt: skip
    np.testing.assert_allclose(found, target, atol=0.1)


def test_follows_the_bent_valley_of_rosenbrock():
    def f(w):
        return -((1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2)

    found = optimum_of(
        f, [-1.0, 1.0], generations=600, population=30, sigma=0.05, learning_rate=0.01, decay=0.006
    )
    np.testing.assert_allclose(found, [1, 1], atol=0.1)


# --- the gradient estimate -----------------------------------------------------------------


@pytest.mark.parametrize("mirrored", [True, False])
def test_the_estimate_is_unbiased_on_a_linear_function(mirrored):
    """Its mean is ĝ·E[s]/σ, with s the standard deviation of the rewards in units of σ|g|.

    s is that of n normal numbers about their mean (chi distribution, n − 1 degrees of freedom),
    or with mirrored sampling of n/2 numbers about 0.
    """
    n, sigma, slope = 8, 0.3, np.array([3.0, -4.0, 0.0])
    chosen = settings(population=n, sigma=sigma, mirrored=mirrored, shaping="standardised")
    random, draws, estimates = rng(2), n // 2 if mirrored else n, []
    for _ in range(6000):
        noise = random.standard_normal((draws, 3), dtype=np.float32)
        rewards = sigma * noise.astype(float) @ slope + 7.0
        if mirrored:
            rewards = np.concatenate([rewards, 14.0 - rewards])
        estimates.append(gradient_estimate(noise, rewards, chosen))
    k, size = (n // 2, n // 2) if mirrored else (n - 1, n)
    spread = np.sqrt(2 / size) * gamma((k + 1) / 2) / gamma(k / 2)
    expected = slope / np.linalg.norm(slope) * spread / sigma
    mean, error = np.mean(estimates, axis=0), np.std(estimates, axis=0) / np.sqrt(6000)
    assert (np.abs(mean - expected) < 4 * error).all()


def test_mirrored_sampling_does_not_see_curvature():
    """On a quadratic the estimate points exactly where that of the tangent plane does."""
    chosen = settings(population=12, sigma=0.5, shaping="standardised")
    noise = rng(3).standard_normal((6, 4), dtype=np.float32)
    both = chosen.sigma * np.concatenate([noise, -noise]).astype(float)
    slope, root = np.array([1.0, 2.0, -1.0, 0.5]), rng(4).standard_normal((4, 4))
    plane = both @ slope
    bowl = plane - 3.0 * np.sum((both @ root) ** 2, axis=1)
    directions = [gradient_estimate(noise, r, chosen) for r in (plane, bowl)]
    directions = [d / np.linalg.norm(d) for d in directions]
    np.testing.assert_allclose(directions[0], directions[1], atol=1e-6)

    one_sided = replace(chosen, mirrored=False)
    noise = np.concatenate([noise, -noise[::-1] * np.float32(0.5)])
    both = chosen.sigma * noise.astype(float)
    plane = both @ slope
    bowl = plane - 3.0 * np.sum((both @ root) ** 2, axis=1)
    directions = [gradient_estimate(noise, r, one_sided) for r in (plane, bowl)]
    directions = [d / np.linalg.norm(d) for d in directions]
    assert np.abs(directions[0] - directions[1]).max() > 0.1


def test_the_estimate_is_the_formula():
    """1/(n σ) Σ z ε, with the noise of the second half mirrored."""
    noise = rng(1).standard_normal((3, 5), dtype=np.float32)
    rewards = np.array([1.0, 4.0, 2.0, 0.0, 8.0, 3.0])
    z = (rewards - rewards.mean()) / rewards.std()
    expected = sum(z[i] * e for i, e in enumerate([*noise, *-noise])) / (6 * 0.2)
    chosen = settings(population=6, sigma=0.2, shaping="standardised")
    np.testing.assert_allclose(gradient_estimate(noise, rewards, chosen), expected, rtol=1e-5)


# --- shaping -------------------------------------------------------------------------------

whole = arrays(float, st.integers(2, 20), elements=st.integers(-50, 50).map(float))


@given(whole)
def test_shaped_rewards_are_standardised(rewards):
    for shaping in ("ranks", "standardised"):
        z = shape_rewards(rewards, shaping)
        if np.ptp(rewards) == 0:
            assert not z.any()
        else:
            assert z.mean() == pytest.approx(0, abs=1e-12)
            assert z.std() == pytest.approx(1)
            order = np.argsort(rewards, kind="stable")
            assert (np.diff(z[order]) >= 0).all()


@given(whole, st.sampled_from([np.exp, lambda x: x**3, lambda x: 1e-9 * x - 5, np.arcsinh]))
def test_ranks_do_not_change_under_monotone_transformations(rewards, transform):
    np.testing.assert_array_equal(
        shape_rewards(transform(rewards), "ranks"), shape_rewards(rewards, "ranks")
    )


@pytest.mark.parametrize("scale", [1e-200, 1e-15, 1.0, 1e200])
def test_the_size_of_the_rewards_does_not_matter(scale):
    """The fallback of the incidence may be 1e-100; such rewards differ as well."""
    rewards = np.array([1.0, 3.0, 2.0, 9.0])
    for shaping in ("ranks", "standardised"):
        np.testing.assert_allclose(
            shape_rewards(scale * rewards, shaping), shape_rewards(rewards, shaping), rtol=1e-12
        )


@given(whole.filter(lambda x: np.ptp(x) > 0))
def test_equal_rewards_have_equal_ranks(rewards):
    """The mean of the ranks that they share, as SciPy ranks them."""
    ranks = stats.rankdata(rewards)
    np.testing.assert_allclose(
        shape_rewards(rewards, "ranks"), (ranks - ranks.mean()) / ranks.std(), atol=1e-12
    )


@pytest.mark.parametrize("shaping", ["ranks", "standardised"])
def test_a_reward_that_is_nan_counts_as_the_worst(shaping):
    rewards = np.array([2.0, np.nan, 5.0, 1.0])
    np.testing.assert_array_equal(
        shape_rewards(rewards, shaping), shape_rewards(np.array([2.0, 1.0, 5.0, 1.0]), shaping)
    )


@pytest.mark.parametrize("shaping", ["ranks", "standardised"])
@pytest.mark.parametrize("value", [0.0, 0.3, -7.0, np.nan, np.inf])
@pytest.mark.parametrize("mirrored", [True, False])
def test_nothing_moves_when_all_rewards_are_the_same(shaping, value, mirrored):
    chosen = settings(shaping=shaping, mirrored=mirrored)
    trainer = NESTrainer(Function(lambda w: value), chosen)
    before = trainer.init(rng(), rng().standard_normal(9).astype(np.float32))
    after, _ = trainer.step(before)
    np.testing.assert_array_equal(after.weights, before.weights)
    assert after.step == 1
    assert after.rng_state != before.rng_state


# --- steps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mirrored", [True, False])
def test_a_step_is_the_formula_with_its_own_random_numbers(mirrored):
    """θ + α (1 − decay)^g / (n σ) Σ z ε, transcribed, for three generations."""
    chosen = settings(
        population=6, sigma=0.1, learning_rate=0.02, decay=0.25, mirrored=mirrored,
        shaping="standardised",
    )  # fmt: skip
    fitness = Function(lambda w: -np.sum(w**2))
    trainer = NESTrainer(fitness, chosen)
    state = trainer.init(rng(5), np.arange(4, dtype=np.float32))
    random = rng(5)
    for generation in range(3):
        noise = random.standard_normal((3 if mirrored else 6, 4), dtype=np.float32)
        fitness.draw_noise(1, random)
        random.integers(2**63)  # seeds what watches the progress
        if mirrored:
            noise = np.concatenate([noise, -noise])
        candidates = state.weights + 0.1 * noise
        rewards = -np.sum(candidates.astype(float) ** 2, axis=1)
        z = (rewards - rewards.mean()) / rewards.std()
        expected = state.weights + 0.02 * 0.75**generation / (6 * 0.1) * z @ noise
        state, _ = trainer.step(state)
        seen = np.array([weights for weights, _ in fitness.seen[-1]])
        np.testing.assert_allclose(seen, candidates, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(state.weights, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimiser", ["plain", "adam"])
def test_optimisers_are_those_of_torch(monkeypatch, optimiser):
    """The same gradients, with a learning rate that decays by 10 % a generation."""
    gradients = rng(7).standard_normal((12, 6)).astype(np.float32) * 10.0 ** np.arange(-3, 3)
    gradients = gradients.astype(np.float32)
    scripted = iter(gradients)
    monkeypatch.setattr(nes, "gradient_estimate", lambda *_: next(scripted))
    chosen = settings(generations=12, optimiser=optimiser, learning_rate=0.05, decay=0.1)
    begin = rng(8).standard_normal(6).astype(np.float32)
    trainer = NESTrainer(Function(np.sum), chosen)
    ours = run(trainer, trainer.init(rng(), begin)).weights

    parameter = torch.nn.Parameter(torch.from_numpy(begin.copy()))
    kind = {"plain": torch.optim.SGD, "adam": torch.optim.Adam}[optimiser]
    theirs = kind([parameter], lr=0.05, maximize=True)
    schedule = torch.optim.lr_scheduler.ExponentialLR(theirs, gamma=0.9)
    for g in gradients:
        parameter.grad = torch.from_numpy(g.copy())
        theirs.step()
        schedule.step()
    np.testing.assert_allclose(ours, parameter.detach().numpy(), rtol=1e-5)


def test_a_step_changes_nothing_that_it_was_given():
    chosen = settings(optimiser="adam")
    begin = np.ones(3, dtype=np.float32)
    trainer = NESTrainer(Function(np.sum), chosen)
    state = trainer.init(rng(), begin)
    (once, _), (again, _) = (trainer.step(state) for _ in range(2))
    np.testing.assert_array_equal(begin, 1)
    np.testing.assert_array_equal(once.weights, again.weights)
    assert (once.weights != begin).all()
    assert once.rng_state == again.rng_state
    assert state.step == 0
    assert not any(moment.any() for moment in state.memory.values())


def test_the_same_seed_gives_the_same_bits():
    def f(w):
        return -np.sum((w - 1) ** 2)

    results = [optimum_of(f, np.zeros(7), seed=seed, generations=5) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(results[0], results[1])
    assert (results[0] != results[2]).all()


def test_a_run_is_its_steps():
    chosen = settings(generations=4)
    trainer = NESTrainer(Function(np.sum), chosen)
    state = trainer.init(rng(), np.zeros(3, np.float32))
    told = []
    whole_run = run(trainer, state, progress=told.append)
    for _ in range(4):
        state, _ = trainer.step(state)
    np.testing.assert_array_equal(whole_run.weights, state.weights)
    assert [s.step for s in told] == [1, 2, 3, 4]
    assert [record.step for record in whole_run.history] == [0, 1, 2, 3]


def test_a_run_stops_when_asked():
    chosen = settings(generations=10)
    done = []
    trainer = NESTrainer(Function(np.sum), chosen)
    begun = trainer.init(rng(), np.zeros(3, np.float32))
    state = run(trainer, begun, progress=done.append, stop=lambda: len(done) == 3)
    assert state.step == 3


@pytest.mark.parametrize(("common", "distinct"), [(True, 1), (False, 6)])
def test_common_noise_is_the_same_for_all_generators(common, distinct):
    chosen = settings(population=6, models_per_generator=4, common_noise=common)
    fitness = Function(np.sum)
    trainer = NESTrainer(fitness, chosen)
    trainer.step(trainer.init(rng(), np.zeros(3, np.float32)))
    noise = [tuple(n) for _, n in fitness.seen[0]]
    assert len(noise) == 6
    assert len(set(noise)) == distinct


def test_the_record_watches_the_unperturbed_generator():
    """Before the step, with noise of its own; λmax of this fitness is −|reward|."""
    chosen = settings(population=4, monitor_models=5)
    fitness = Function(lambda w: 3.0 + 0 * w[0])
    trainer = NESTrainer(fitness, chosen)
    state = trainer.init(rng(), np.full(3, 2.0, np.float32))
    _, record = trainer.step(state)
    ((watched, noise),) = fitness.seen[1]
    np.testing.assert_array_equal(watched, state.weights)
    assert len(noise) == 5
    assert record.lambda_max_per_h == [-3.0]
    assert record.values == {
        "population_incidence": 1.0, "met": 1.0, "population_met": 1.0,
        "reward_mean": 3.0, "reward_std": 0.0, "reward_max": 3.0,
    }  # fmt: skip
    assert record.seconds > 0


# --- settings ------------------------------------------------------------------------------


def test_paper_settings_are_the_published_ones():
    paper = NESSettings.paper()
    assert (paper.sigma, paper.learning_rate, paper.decay) == (1e-2, 1e-3, 0.05)
    assert (paper.generations, paper.population, paper.models_per_generator) == (50, 20, 100)
    assert (paper.mirrored, paper.shaping, paper.optimiser) == (False, "standardised", "plain")
    assert not paper.common_noise
    assert NESSettings.paper(sigma=0.5) == replace(paper, sigma=0.5)


def test_settings_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        NESSettings().sigma = 1.0


def test_random_states_of_another_kind_are_refused():
    chosen = settings()
    trainer = NESTrainer(Function(np.sum), chosen)
    state = trainer.init(np.random.Generator(np.random.MT19937(1)), np.zeros(2, np.float32))
    with pytest.raises(CheckpointError, match=r"not PCG64; use numpy\.random\.default_rng"):
        trainer.step(state)
