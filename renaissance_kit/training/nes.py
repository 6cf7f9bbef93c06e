"""Natural evolution strategies: train a generator without derivatives or training data.

Each generation perturbs the weights θ with n Gaussian vectors ε, rewards each perturbed
generator θ + σ ε by the models it makes, and moves

    θ ← θ + α / (n σ) · Σ z_i ε_i

with z the standardised (or ranked) rewards; α shrinks by a constant factor a generation. Where
all rewards are the same nothing moves (with Adam, its momentum still does).

State is explicit: `start` makes it, `step` returns the next one, `run` steps until the end and
writes a checkpoint after every generation. All random numbers come from the state's own stream,
so a run that was killed resumes to the identical end.

References: Wierstra et al. 2014 J Mach Learn Res 15:949; Salimans et al. 2017 arXiv:1703.03864.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from renaissance_kit.core.seeds import rng_from
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.training.checkpoints import save_checkpoint
from renaissance_kit.training.state import EvolutionState, NESSettings, Record

_ADAM = (0.9, 0.999, 1e-8)


class Objective(Protocol):
    """What is optimised; see `renaissance_kit.training.fit` for kinetic models."""

    @property
    def digest(self) -> str:
        """Fingerprint, so that a checkpoint cannot be resumed with another objective."""

    @property
    def threshold_per_h(self) -> float:
        """Bound on λmax in 1/h at or below which a model is valid."""

    def draw_noise(self, n_models: int, rng: np.random.Generator) -> Any:
        """Random numbers that one evaluation needs."""

    def evaluate(self, candidates: list[tuple[Weights, Any]]) -> tuple[Array, Array]:
        """Rewards (candidates,) and λmax (candidates, models) of weights with their noise."""


def start(
    weights: Weights, settings: NESSettings, rng: np.random.Generator, *, seed: int = -1
) -> EvolutionState:
    """State before the first generation; continues the random stream of ``rng``.

    Args:
        seed: that ``rng`` was made with, kept as a label.
    """
    empty = np.zeros(len(weights) if settings.optimiser == "adam" else 0, dtype=np.float32)
    state = dict(rng.bit_generator.state)
    return EvolutionState(weights.astype(np.float32), 0, state, empty, empty.copy(), seed)


def shape_rewards(rewards: Array, shaping: str) -> Array:
    """Standardised or ranked rewards, mean 0 and standard deviation 1; all 0 if they are equal.

    Equal rewards get equal ranks. A reward that is NaN counts as the worst of the others.
    """
    missing = np.isnan(rewards)
    if missing.all():
        return np.zeros_like(rewards)
    values = np.where(missing, rewards[~missing].min(), rewards)
    if shaping == "ranks":
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        values = (last - (counts + 1) / 2)[inverse]
    largest = float(np.abs(values).max())
    if not 0 < largest < np.inf:
        return np.zeros_like(rewards)
    values = values / largest  # rewards of 1e-200 differ too, and their squares underflow
    spread = values.std()
    if spread <= 1e-12:
        return np.zeros_like(rewards)
    shaped: Array = (values - values.mean()) / spread
    return shaped


def gradient(noise: Weights, rewards: Array, settings: NESSettings) -> Weights:
    """Estimate ``1/(n σ) Σ z_i ε_i``, (weights,).

    Args:
        noise: (n, weights), or with mirrored sampling its first half (n/2, weights).
        rewards: (n,); with mirrored sampling those of +ε first, then those of −ε.
    """
    z = shape_rewards(rewards, settings.shaping)
    if settings.mirrored:
        half = len(z) // 2
        z = z[:half] - z[half:]
    scale = 1.0 / (settings.population * settings.sigma)
    estimate: Weights = (z.astype(np.float32) @ noise) * np.float32(scale)
    return estimate


def step(state: EvolutionState, objective: Objective, settings: NESSettings) -> EvolutionState:
    """One generation."""
    began = time.perf_counter()
    rng = rng_from(state.rng_state)
    n, draws = settings.population, settings.population // (2 if settings.mirrored else 1)
    noise = rng.standard_normal((draws, len(state.weights)), dtype=np.float32)
    shared = objective.draw_noise(settings.models_per_generator, rng)
    candidates = []
    for i in range(n):
        sign = np.float32(settings.sigma if i < draws else -settings.sigma)
        own = shared
        if not settings.common_noise and i > 0:
            own = objective.draw_noise(settings.models_per_generator, rng)
        candidates.append((state.weights + sign * noise[i % draws], own))
    rewards, lambda_max = objective.evaluate(candidates)
    monitored = np.empty(0)
    watching = np.random.default_rng(int(rng.integers(2**63)))  # does not touch the training
    if settings.monitor_models:
        watch = objective.draw_noise(settings.monitor_models, watching)
        monitored = objective.evaluate([(state.weights, watch)])[1][0]
    direction = gradient(noise, rewards, settings)
    rate = settings.learning_rate * (1.0 - settings.decay) ** state.generation
    first, second = state.first_moment, state.second_moment
    if settings.optimiser == "adam":
        b1, b2, eps = _ADAM
        t = state.generation + 1
        first = (b1 * first + (1 - b1) * direction).astype(np.float32)
        second = (b2 * second + (1 - b2) * direction**2).astype(np.float32)
        direction = (first / (1 - b1**t)) / (np.sqrt(second / (1 - b2**t)) + eps)
    record = Record(
        state.generation,
        rewards,
        float(np.mean(lambda_max <= objective.threshold_per_h)),
        monitored,
        time.perf_counter() - began,
    )
    return EvolutionState(
        (state.weights + np.float32(rate) * direction).astype(np.float32),
        state.generation + 1,
        dict(rng.bit_generator.state),
        first,
        second,
        state.seed,
        (*state.history, record),
    )


def run(
    state: EvolutionState,
    objective: Objective,
    settings: NESSettings,
    *,
    checkpoint: str | Path | None = None,
    progress: Callable[[EvolutionState], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> EvolutionState:
    """Step until the last generation.

    Args:
        checkpoint: file that is replaced, whole, after every generation.
        progress: called with the state after every generation.
        stop: asked before every generation; True ends the run there (resume later).
    """
    while state.generation < settings.generations and not (stop and stop()):
        state = step(state, objective, settings)
        if checkpoint is not None:
            save_checkpoint(checkpoint, state, settings, objective.digest)
        if progress is not None:
            progress(state)
    return state
