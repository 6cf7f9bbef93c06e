"""Settings of a training run and the state that it has reached: what a checkpoint holds.

`renaissance_kit.training.nes` makes the steps, `renaissance_kit.training.checkpoints` keeps the
state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array, Weights

SHAPING = ("standardised", "ranks")
OPTIMISERS = ("plain", "adam")


@dataclass(frozen=True)
class NESSettings:
    """Settings of a training run. `NESSettings.paper` has the published ones.

    Args:
        generations: steps of the strategy.
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


@dataclass(frozen=True)
class Record:
    """What happened in one generation.

    Attributes:
        rewards: (population,) of the perturbed generators.
        population_incidence: share of valid models among all that they made, those without
            eigenvalues included.
        lambda_max_per_h: (monitor_models,) of the unperturbed generator, before the step; NaN
            for a model without eigenvalues.
        seconds: wall time of the generation.
    """

    generation: int
    rewards: Array
    population_incidence: float
    lambda_max_per_h: Array
    seconds: float


@dataclass(frozen=True)
class EvolutionState:
    """Everything that the next step depends on, and the seed that the run began with."""

    weights: Weights
    generation: int
    rng_state: dict[str, Any]
    first_moment: Weights
    second_moment: Weights
    seed: int = -1
    history: tuple[Record, ...] = field(default=(), repr=False)
