"""The strategy against evosax's OpenAI-ES, an independent implementation, on the same draws."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from test_evolution import Function, rng, settings

from renaissance_kit.training import NESTrainer, gradient_estimate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    evosax = pytest.importorskip("evosax", reason="needs the extra 'oracles'")
    import jax
    import jax.numpy as jnp
    import optax
    from evosax.algorithms import Open_ES
    from evosax.core import fitness_shaping

N, DIMENSIONS, SIGMA, RATE, DECAY = 10, 7, 0.2, 0.05, 0.1
SHAPING = {
    "standardised": fitness_shaping.standardize_fitness_shaping_fn,
    "ranks": fitness_shaping.centered_rank_fitness_shaping_fn,
}


def reward(w):
    return -np.sum((w - 1.0) ** 2) + np.sin(3 * w[0])


def their_rate(shaping, optimiser):
    """Theirs leaves ranks between −0.5 and 0.5, which only a plain step notices."""
    ranks = np.arange(N) / (N - 1) - 0.5
    rate = RATE / ranks.std() if (shaping, optimiser) == ("ranks", "plain") else RATE
    return optax.exponential_decay(rate, transition_steps=1, decay_rate=1 - DECAY)


def oracle(shaping, optimiser, mirrored):
    kind = {"plain": optax.sgd, "adam": optax.adam}[optimiser]
    return Open_ES(
        population_size=N,
        solution=jnp.zeros(DIMENSIONS),
        use_antithetic_sampling=mirrored,
        optimizer=kind(their_rate(shaping, optimiser)),
        std_schedule=optax.constant_schedule(SIGMA),
        fitness_shaping_fn=SHAPING[shaping],
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shaping", "optimiser", "mirrored"),
    [("standardised", "plain", False), ("ranks", "plain", True), ("ranks", "adam", True)],
    ids=["settings of the paper", "mirrored ranks", "Adam"],
)
def test_six_generations_agree(shaping, optimiser, mirrored):
    """Ours draws; theirs is told our population and its fitness (which it minimises)."""
    chosen = settings(
        population=N, sigma=SIGMA, learning_rate=RATE, decay=DECAY, shaping=shaping,
        optimiser=optimiser, mirrored=mirrored,
    )  # fmt: skip
    begin = rng(2).standard_normal(DIMENSIONS).astype(np.float32)
    function = Function(reward)
    trainer = NESTrainer(function, chosen)
    ours = trainer.init(rng(3), begin)
    strategy = oracle(shaping, optimiser, mirrored)
    key, params = jax.random.key(0), strategy.default_params
    theirs = strategy.init(key, jnp.asarray(begin), params)
    for _ in range(6):
        ours, _ = trainer.step(ours)
        population = jnp.asarray(np.array([weights for weights, _ in function.seen[-1]]))
        fitness = -jnp.asarray(function.rewards[-1], dtype=jnp.float32)
        theirs, _ = strategy.tell(key, population, fitness, theirs, params)
    # their population is the perturbed weights, from which the noise is recovered in float32
    np.testing.assert_allclose(ours.weights, np.asarray(theirs.mean), rtol=2e-4, atol=2e-5)
    assert np.abs(ours.weights - begin).max() > 0.05


def test_their_draws_give_our_gradient():
    """Theirs draws; our estimate from their noise is their plain step divided by its rate."""
    chosen = settings(population=N, sigma=SIGMA, shaping="standardised")
    strategy = oracle("standardised", "plain", mirrored=True)
    key, params = jax.random.key(4), strategy.default_params
    before = strategy.init(key, jnp.zeros(DIMENSIONS), params)
    population, before = strategy.ask(key, before, params)
    rewards = np.array([reward(np.asarray(w, dtype=float)) for w in population])
    after, _ = strategy.tell(key, population, -jnp.asarray(rewards), before, params)
    noise = np.asarray(population, dtype=np.float32) / np.float32(SIGMA)
    ours = gradient_estimate(noise[: N // 2], rewards, chosen)
    np.testing.assert_allclose(ours, np.asarray(after.mean) / RATE, rtol=1e-4, atol=1e-5)
