"""Natural evolution strategies: train a generator without derivatives or training data.

Each generation perturbs the weights θ with n Gaussian vectors ε, rewards each perturbed
generator θ + σ ε by the models it makes, and moves

    θ ← θ + α / (n σ) · Σ z_i ε_i

with z the standardised (or ranked) rewards; α shrinks by a constant factor a generation. Where
all rewards are the same nothing moves (with Adam, its momentum still does).

References: Wierstra et al. 2014 J Mach Learn Res 15:949; Salimans et al. 2017 arXiv:1703.03864.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import child_rng, rng_from
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.training.adam import adam_memory, adam_step
from renaissance_kit.training.fitness import Evaluation, Fitness, Problem
from renaissance_kit.training.trainer import Record, Settings, TrainingState

SHAPING = ("standardised", "ranks")
OPTIMISERS = ("plain", "adam")


@dataclass(frozen=True)
class NESSettings(Settings):
    """Settings of the strategy. `NESSettings.paper` has the published ones.

    Args:
        generations: steps of the strategy; one step is one generation.
        population: perturbed generators in a generation, n.
        models_per_generator: models that each of them makes.
        sigma: standard deviation of the perturbations, σ.
        learning_rate: α of the first generation.
        decay: share by which α shrinks in each generation.
        mirrored: use every perturbation with both signs (n must be even).
        shaping: ``standardised`` rewards, or ``ranks`` between −0.5 and 0.5, standardised.
        common_noise: give every generator of a generation the same latent noise, so that their
            rewards differ by their weights only.
        optimiser: ``plain`` (the formula above) or ``adam`` on the same gradient estimate.
        monitor_models: models of the unperturbed generator in each generation, made to watch
            the progress; they do not take part in the training.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "nes"
    length: ClassVar[str] = "generations"
    can_be_lengthened: ClassVar[bool] = True

    generations: int = 50
    population: int = 20
    models_per_generator: int = 100
    sigma: float = 0.04
    learning_rate: float = 7e-3
    decay: float = 0.0
    mirrored: bool = False
    shaping: str = "ranks"
    common_noise: bool = True
    optimiser: str = "plain"
    monitor_models: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("generations", "population", "models_per_generator"):
            if getattr(self, name) < 1:
                raise ParameterError(f"{name} is {getattr(self, name)}; give at least 1")
        if self.population < 2:
            raise ParameterError("population is 1; one generator has nothing to be better than")
        for name in ("sigma", "learning_rate"):
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        if not 0 <= self.decay < 1:
            raise ParameterError(f"decay is {self.decay}; give a share from 0 to below 1")
        if self.mirrored and self.population % 2:
            raise ParameterError(
                f"population is {self.population}; mirrored sampling needs an even number"
            )
        if self.shaping not in SHAPING:
            raise ParameterError(f"shaping is {self.shaping!r}; choose one of {SHAPING}")
        if self.optimiser not in OPTIMISERS:
            raise ParameterError(f"optimiser is {self.optimiser!r}; choose one of {OPTIMISERS}")
        if self.monitor_models < 0:
            raise ParameterError("monitor_models must not be negative")

    @classmethod
    def paper(cls, **changes: Any) -> NESSettings:
        """The published settings (σ = 1e-2, α = 1e-3, decay 5 %), with any changes."""
        published = cls(
            sigma=1e-2,
            learning_rate=1e-3,
            decay=0.05,
            mirrored=False,
            shaping="standardised",
            common_noise=False,
        )
        return replace(published, **changes)

    @property
    def models_per_step(self) -> int:
        """Models of the perturbed generators of one generation."""
        return self.population * self.models_per_generator


class FitnessFunction(Protocol):
    """What the strategy needs to know; `renaissance_kit.training.fitness.Fitness` for models."""

    @property
    def digest(self) -> str:
        """Fingerprint, so that a checkpoint cannot be resumed with another objective."""

    @property
    def threshold_per_h(self) -> float:
        """Bound on λmax in 1/h at or below which a model is valid."""

    def draw_noise(self, n_models: int, rng: np.random.Generator) -> Any:
        """Random numbers that one evaluation needs."""

    def evaluate(self, candidates: list[tuple[Weights, Any]]) -> Evaluation:
        """What weights are worth, with their noise."""


Of = TypeVar("Of", bound=FitnessFunction)


@dataclass(frozen=True)
class NESTrainer(Generic[Of]):
    """The trainer; the models of its records are those of the unperturbed generator.

    Values of its records: ``population_incidence``, the share of valid models among all that the
    perturbed generators made; ``met`` and ``population_met``, the shares that do what the objective
    wants, of the unperturbed generator (NaN where it is not watched) and of the perturbed ones; and
    mean, standard deviation and maximum of their rewards, ``reward_mean``, ``reward_std``,
    ``reward_max``.
    """

    fitness: Of
    settings: NESSettings

    @classmethod
    def of(cls, problem: Problem, settings: NESSettings) -> NESTrainer[Fitness]:
        """For a problem with one steady state.

        Raises:
            ParameterError: several states are given.
        """
        return NESTrainer(Fitness.of(problem), settings)

    @property
    def digest(self) -> str:
        """Fingerprint of the fitness."""
        return self.fitness.digest

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first generation."""
        adam = self.settings.optimiser == "adam"
        memory = adam_memory(weights.astype(np.float32)) if adam else {}
        return TrainingState.begin(weights, rng, seed=seed, memory=memory)

    @single_threaded()
    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """One generation."""
        began = time.perf_counter()
        fitness, settings, rng = self.fitness, self.settings, rng_from(state.rng_state)
        noise, candidates = self._perturbed(state.weights, rng)
        rewards, lambda_max, met = fitness.evaluate(candidates)
        monitored, monitored_met = np.empty(0), np.nan
        watching = child_rng(rng)  # does not touch the training
        if settings.monitor_models:
            watch = fitness.draw_noise(settings.monitor_models, watching)
            watched = fitness.evaluate([(state.weights, watch)])
            monitored, monitored_met = watched.lambda_max_per_h[0], float(watched.met.mean())
        direction = gradient_estimate(noise, rewards, settings)
        rate = settings.learning_rate * (1.0 - settings.decay) ** state.step
        memory = state.memory
        if settings.optimiser == "adam":
            weights, memory = adam_step(
                state.weights, -direction, memory, step=state.step, learning_rate=rate
            )
        else:
            weights = (state.weights + np.float32(rate) * direction).astype(np.float32)
        after = replace(
            state, weights=weights, step=state.step + 1, memory=memory,
            rng_state=dict(rng.bit_generator.state),
        )  # fmt: skip
        with np.errstate(invalid="ignore"):  # a reward may be −∞
            spread = float(rewards.std())
        values = {
            "population_incidence": float(is_valid(lambda_max, fitness.threshold_per_h).mean()),
            "met": monitored_met,
            "population_met": float(met.mean()),
            "reward_mean": float(rewards.mean()),
            "reward_std": spread,
            "reward_max": float(rewards.max()),
        }
        return after, Record(state.step, monitored, values, time.perf_counter() - began)

    def _perturbed(
        self, weights: Weights, rng: np.random.Generator
    ) -> tuple[Weights, list[tuple[Weights, Any]]]:
        """The perturbations, and the perturbed weights with the noise of their models."""
        settings, fitness = self.settings, self.fitness
        draws = settings.population // (2 if settings.mirrored else 1)
        noise = rng.standard_normal((draws, len(weights)), dtype=np.float32)
        shared = fitness.draw_noise(settings.models_per_generator, rng)
        candidates = []
        for i in range(settings.population):
            sign = np.float32(settings.sigma if i < draws else -settings.sigma)
            own = shared
            if not settings.common_noise and i > 0:
                own = fitness.draw_noise(settings.models_per_generator, rng)
            candidates.append((weights + sign * noise[i % draws], own))
        return noise, candidates


def shape_rewards(rewards: Array, shaping: str) -> Array:
    """Standardised or ranked rewards, mean 0 and standard deviation 1; all 0 if they are equal.

    Equal rewards get equal ranks. A reward that is NaN or −∞ counts as the worst of the others.
    """
    missing = np.isnan(rewards) | np.isneginf(rewards)
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


@single_threaded()
def gradient_estimate(noise: Weights, rewards: Array, settings: NESSettings) -> Weights:
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
