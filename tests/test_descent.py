"""Steps along the floor of narrow valleys."""

from __future__ import annotations

import numpy as np

from renaissance_kit.search import ValleyDescent
from renaissance_kit.search.descent import DAMPING, MEAN, REACH, SPREAD, WINDOW


def test_a_step_is_that_of_the_dense_formula(rng):
    """Written out with the whole matrix C, for more derivatives than the window holds."""
    n, size = 7, 0.02
    history = rng.normal(size=(WINDOW + 9, n)) * np.array([1e3, 1, 1, 1, 1, 1e-3, 1])
    descent = ValleyDescent(n)
    for gradient in history:
        step = descent.step(gradient, size)
    age = np.arange(len(history))[::-1]
    mean = ((1 - MEAN) * MEAN**age) @ history
    square = ((1 - SPREAD) * SPREAD**age) @ history**2 / (1 - SPREAD ** len(history))
    half = np.diag(square**-0.25)
    kept = history[-WINDOW:] @ half
    c = (1 - SPREAD) * np.einsum("a,ai,aj->ij", SPREAD ** age[-WINDOW:], kept, kept)
    damped = c + DAMPING**2 * np.trace(c) * np.eye(n)
    along = half @ np.linalg.solve(damped, half @ mean)
    along *= -size / np.sqrt(np.mean(along**2))
    np.testing.assert_allclose(step, np.clip(along, -REACH * size, REACH * size), rtol=1e-9)


def test_the_size_is_the_root_mean_square_and_nothing_moves_without_derivatives(rng):
    descent = ValleyDescent(50)
    assert not descent.step(np.zeros(50), 0.1).any()
    step = descent.step(rng.normal(size=50), 0.1)
    np.testing.assert_allclose(np.sqrt(np.mean(step**2)), 0.1, rtol=1e-12)
    beyond = ValleyDescent(100).step(np.eye(100)[3], 0.1)
    assert np.abs(beyond).max() == REACH * 0.1
    assert np.count_nonzero(beyond) == 1


def test_it_goes_down_a_valley_where_derivatives_and_signs_bounce(rng):
    """f = max over walls of (wᵢ·x) + a·x: steep walls that cross the floor at random angles."""
    n, steps = 40, 300
    walls = 100 * rng.normal(size=(6, n))
    floor = rng.normal(size=n)

    def derivative(x):
        heights = walls @ x
        k = np.abs(heights).argmax()
        return np.abs(heights[k]) + floor @ x, np.sign(heights[k]) * walls[k] + floor

    def lowest(step_of):
        x, best = np.zeros(n), np.inf
        for i in range(steps):
            value, gradient = derivative(x)
            best = min(best, value)
            x = x + step_of(gradient, 0.1 * (1 + np.cos(np.pi * i / steps)) / 2)
        return best

    descent = ValleyDescent(n)
    ours = lowest(descent.step)
    signs = lowest(lambda g, size: -size * np.sign(g))
    plain = lowest(lambda g, size: -size * g / np.sqrt(np.mean(g**2)))
    assert ours < 5 * min(signs, plain) < 0
