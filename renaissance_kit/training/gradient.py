"""Train a generator by back-propagation through the eigenvalues, for the widest distribution.

The fitness is variational. The constants wanted are the log-uniform distribution within the
bounds, restricted to valid models. A generator with outputs y, ln K = low + (high − low) · Φ(y),
comes near it by making small

    diversity · divergence  −  reward,

with the divergence of y from independent standard normal numbers
(`renaissance_kit.training.differentiable`) and an objective that has a derivative, by
default `SoftMargin`, of the smooth maximum of `renaissance_kit.kinetics.gradients`. The weights
descend by Adam.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
import torch

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import rng_from
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Weights
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.training.adam import adam_memory, adam_step
from renaissance_kit.training.differentiable import (
    ModelScores,
    differentiable,
    divergence,
    log_km_of,
)
from renaissance_kit.training.fitness import Fitness, Problem
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.generators import KMGenerator, require_generator
from renaissance_kit.training.trainer import Record, Settings, TrainingState


class Loss(NamedTuple):
    """What a batch of models is worth.

    Args:
        reward, divergence: single numbers with derivatives by the weights.
        lambda_max_per_h: (models,).
        values: further numbers for the record.
    """

    reward: torch.Tensor
    divergence: torch.Tensor
    lambda_max_per_h: torch.Tensor
    values: Mapping[str, float] = {}


_BETAS = (0.5, 0.9)  # of Adam; a longer memory overshoots where eigenvalues change places


@dataclass(frozen=True)
class GradientSettings(Settings):
    """Settings of a training by gradient.

    Args:
        steps: of Adam; the learning rate is constant in the first half and falls to 0 in the
            second, along a line.
        models_per_step: models in a batch.
        learning_rate: in units of the weights' initial standard deviation, for a generator with
            scaled weights.
        diversity: weight of the divergence; more makes the distribution wider and its incidence
            lower.
        dependence: weight of the correlations within the divergence. 0 looks at the constants
            one by one; 1 is right for weak correlations and too much for strong ones, of which
            there are many in a network with 99 latent numbers, and costs width.
        tau: width of the smooth maximum over the eigenvalues.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "gradient"

    steps: int = 100
    models_per_step: int = 64
    learning_rate: float = 0.01
    diversity: float = 10.0
    dependence: float = 0.3
    tau: float = TAU

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps < 1:
            raise ParameterError(f"steps is {self.steps}; give at least 1")
        if self.models_per_step < 3:
            raise ParameterError(
                f"models_per_step is {self.models_per_step}; a spread needs at least 3"
            )
        for name in ("learning_rate", "tau"):
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        for name in ("diversity", "dependence"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give 0 or more")


@dataclass(frozen=True)
class GradientTrainer:
    """The trainer; the models of its records are the batch itself.

    Values of its records: ``reward`` of the batch and ``divergence`` in nats per constant.
    """

    fitness: Fitness
    settings: GradientSettings

    @classmethod
    def of(cls, problem: Problem, settings: GradientSettings) -> GradientTrainer:
        """For a problem with one steady state.

        Raises:
            ParameterError: an objective or generator without derivatives, or several states.
        """
        differentiable(problem.objective)
        require_trainable(problem.generator)
        return cls(Fitness.of(problem), settings)

    @property
    def digest(self) -> str:
        """Fingerprint of the fitness."""
        return self.fitness.digest

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first step."""
        return begin(rng, weights, seed)

    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """One step of Adam."""
        return descend(state, self.settings, self._loss)

    def _loss(self, weights: torch.Tensor, rng: np.random.Generator) -> Loss:
        fitness, settings = self.fitness, self.settings
        noise, seed = fitness.draw_noise(settings.models_per_step, rng)
        own = rng_from(seed)
        outputs = fitness.generator.differentiable_outputs(weights, noise, own).double()
        log_km = log_km_of(outputs, fitness.ranges, own)
        score, lambda_max = ModelScores.apply(
            log_km, differentiable(fitness.objective), [fitness.batch], settings.tau,
            fitness.workers,
        )  # fmt: skip
        if torch.isnan(lambda_max).any():  # not all objectives compute it on the way
            models = fitness.batch.with_km(np.exp(log_km.detach().numpy()))
            spectrum = models.spectrum(workers=fitness.workers)
            lambda_max = torch.from_numpy(spectrum.lambda_max_per_h.copy())
        return Loss(score.mean(), divergence(outputs, settings.dependence), lambda_max)


def require_trainable(generator: KMGenerator) -> Generator:
    """The generator, if its outputs have derivatives of their own.

    Raises:
        ParameterError: they have none, it is of another kind, or makes no constant.
    """
    generator = require_generator(generator, Generator)
    if generator.rescale != "pointwise":
        raise ParameterError(
            f"rescale is {generator.rescale!r}; training by gradient takes a generator with "
            "'pointwise'"
        )
    if generator.ranges.n_generated == 0:
        raise ParameterError("all constants are fixed; there is nothing to train")
    return generator


def begin(rng: np.random.Generator, weights: Weights, seed: int) -> TrainingState:
    """State before the first step of Adam."""
    return TrainingState.begin(
        weights, rng, seed=seed, memory=adam_memory(weights.astype(np.float32))
    )


@single_threaded()  # the network takes a tenth of a step, and less on a busy machine
def descend(
    state: TrainingState,
    settings: GradientSettings,
    loss: Callable[[torch.Tensor, np.random.Generator], Loss],
) -> tuple[TrainingState, Record]:
    """One step of Adam: up the reward, down the divergence.

    Args:
        loss: takes weights and a random generator.
    """
    began = time.perf_counter()
    rng = rng_from(state.rng_state)
    weights = torch.tensor(state.weights, requires_grad=True)
    found = loss(weights, rng)
    (settings.diversity * found.divergence - found.reward).backward()
    assert weights.grad is not None
    done = state.step / settings.steps
    moved, memory = adam_step(
        state.weights, weights.grad.numpy(), state.memory, step=state.step,
        learning_rate=settings.learning_rate * min(1.0, 2.0 * (1.0 - done)), betas=_BETAS,
    )  # fmt: skip
    after = replace(
        state, weights=moved, step=state.step + 1, rng_state=dict(rng.bit_generator.state),
        memory=memory,
    )  # fmt: skip
    values = {
        "reward": float(found.reward.detach()),
        "divergence": float(found.divergence.detach()),
        **found.values,
    }
    lambda_max = found.lambda_max_per_h.numpy()
    return after, Record(state.step, lambda_max, values, time.perf_counter() - began)
