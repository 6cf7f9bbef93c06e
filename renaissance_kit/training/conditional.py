"""Train one generator at many steady states by gradient, for states that it has not seen.

A generator trained at one state knows that state only. The network of
`renaissance_kit.training.conditional_net` sees the state beside the noise. The fitness is that of
`renaissance_kit.training.gradient`, averaged over the states of a batch. The divergence is computed
within each state: over all states together, a generator that makes one model of each would look
diverse.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import child_rng, rng_of
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.objective import Objective
from renaissance_kit.states.features import StateFeatures
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.training.conditional_net import ConditionalGenerator, ConditionalNet
from renaissance_kit.training.differentiable import (
    ModelScores,
    differentiable,
    divergence,
    log_km_of,
)
from renaissance_kit.training.fitness import Problem, objective_fingerprint, state_arrays
from renaissance_kit.training.gradient import (
    GradientSettings,
    Loss,
    begin,
    descend,
    require_trainable,
)
from renaissance_kit.training.trainer import Record, TrainingState

_SCORES = "scores"  # name of what is kept of every state
_KEPT = 0.5  # of a state's score so far, when it is drawn again


@dataclass(frozen=True)
class ConditionalSettings(GradientSettings):
    """Settings of a training at many states; the others are those of `GradientSettings`.

    Args:
        models_per_step: models in a batch, of all its states together.
        states_per_step: states in a batch, drawn anew for every step; each gets the same number
            of models, at least 3.
        hardest: share of the draws of states that goes to those whose models score least, in
            proportion to what they lack; the others are drawn alike. Most states are easy, and at
            these nothing is left to learn.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "conditional"
    checkpoint_every: ClassVar[int] = 20

    steps: int = 600
    models_per_step: int = 128
    diversity: float = 0.5
    states_per_step: int = 32
    hardest: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.hardest < 1:
            raise ParameterError(f"hardest is {self.hardest}; give a share from 0 to below 1")
        each, left = divmod(self.models_per_step, max(self.states_per_step, 1))
        if self.states_per_step < 1 or left or each < 3:
            raise ParameterError(
                f"{self.models_per_step} models in {self.states_per_step} states: give a multiple "
                "of the states, at least three times as many"
            )


@dataclass(frozen=True)
class ConditionalFitness:
    """What is trained: a conditional generator, by the models that it makes at many states.

    Args:
        net: architecture.
        states: to train at.
        objective: of the dynamics.
        threshold_per_h: of a valid model.
        workers: threads for the eigenvalues.
    """

    net: ConditionalNet
    states: tuple[SteadyState, ...] = field(repr=False)
    objective: Objective
    threshold_per_h: float
    workers: int = 2

    @classmethod
    def of(cls, problem: Problem) -> ConditionalFitness:
        """The fitness of a problem that has many steady states."""
        states = problem.all_states()
        features = problem.features or StateFeatures.of(problem.network, states)
        net = ConditionalNet(problem.network, require_trainable(problem.generator), features)
        return cls(net, states, problem.objective, problem.threshold_per_h, problem.workers)

    @property
    def network(self) -> Network:
        """The network."""
        return self.net.network

    @property
    def ranges(self) -> KMRanges:
        """Bounds of the constants."""
        return self.net.generator.ranges

    @cached_property
    def digest(self) -> str:
        """Fingerprint of network, states, generator, objective and threshold."""
        return fingerprint(
            self.net.digest(), [state_arrays(state) for state in self.states],
            objective_fingerprint(self.objective), float(self.threshold_per_h),
        )  # fmt: skip

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """(states, features)."""
        return np.array([self.net.features(self.network, state) for state in self.states])

    @cached_property
    def batch(self) -> KineticModels:
        """One model, for its compiled tables."""
        return KineticModels(self.network, self.states[0], self.ranges.middle_mM)

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new generator, in which the state has no effect."""
        return self.net.initial_weights(rng)

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        self.net.check(weights)

    def place(self, state: SteadyState | None) -> SteadyState:
        """The steady state to draw models at.

        Raises:
            ParameterError: none is given.
        """
        if state is None:
            raise ParameterError(
                "a conditional generator makes models for a steady state; say which: state=..."
            )
        return state

    def km(self, weights: Weights, n: int, rng: np.random.Generator, state: SteadyState) -> Array:
        """Draw n sets of KM in mM for a steady state, (n, km)."""
        return self.trained(weights, {}).generate(state, n, rng)

    def generator_digest(self, weights: Weights) -> str:
        """Fingerprint of network, architecture, features and weights."""
        return self.net.digest(weights)

    def trained(self, weights: Weights, about: dict[str, Any]) -> ConditionalGenerator:
        """The generator, with its weights; ``about`` says how it was trained."""
        labels = [state.label for state in self.states]
        return ConditionalGenerator(self.net, weights, {**about, "states": labels})


@dataclass(frozen=True)
class ConditionalTrainer:
    """The trainer; the models of its records are the batch itself, at the states of the step.

    Values of its records: ``reward`` of the batch and ``divergence`` in nats per constant.
    """

    fitness: ConditionalFitness
    settings: ConditionalSettings

    @classmethod
    def of(cls, problem: Problem, settings: ConditionalSettings) -> ConditionalTrainer:
        """For a problem with many steady states.

        Raises:
            ParameterError: an objective or generator without derivatives, or a single state.
        """
        differentiable(problem.objective)
        return cls(ConditionalFitness.of(problem), settings)

    @property
    def digest(self) -> str:
        """Fingerprint of the fitness."""
        return self.fitness.digest

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first step."""
        first = begin(rng, weights, seed)
        unseen = np.full(len(self.fitness.states), np.nan)
        return replace(first, memory={**first.memory, _SCORES: unseen})

    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """One step of Adam, with states drawn anew."""
        scores = np.array(state.memory[_SCORES])
        after, record = descend(state, self.settings, partial(self._loss, scores))
        return replace(after, memory={**after.memory, _SCORES: scores}), record

    def _loss(self, scores: Array, weights: torch.Tensor, rng: np.random.Generator) -> Loss:
        """Of a batch; the scores of its states are brought up to date in place."""
        fitness, settings = self.fitness, self.settings
        number = settings.states_per_step
        each = settings.models_per_step // number
        there = len(fitness.states)
        share = chances(scores, settings.hardest)
        chosen = rng.choice(there, number, replace=there < number, p=share)
        latent = fitness.net.generator.latent
        noise = rng.standard_normal((settings.models_per_step, latent), dtype=np.float32)
        own = child_rng(rng)
        features = np.repeat(fitness.features[chosen], each, axis=0)
        outputs = fitness.net.outputs(weights, noise, features, own).double()
        log_km = log_km_of(outputs, fitness.ranges, own, projected=True)
        batches = [fitness.batch.at(fitness.states[i]) for i in chosen]
        score, lambda_max = ModelScores.apply(
            log_km, differentiable(fitness.objective), batches, settings.tau, fitness.workers
        )
        if torch.isnan(lambda_max).any():  # not all objectives compute it on the way
            km = np.exp(log_km.detach().numpy()).reshape(number, each, -1)
            spectra = [
                batch.with_km(part).spectrum(workers=fitness.workers)
                for batch, part in zip(batches, km, strict=True)
            ]
            lambda_max = torch.from_numpy(np.concatenate([s.lambda_max_per_h for s in spectra]))
        own_scores = score.detach().numpy().reshape(number, each).mean(axis=1)
        before = np.where(np.isnan(scores[chosen]), own_scores, scores[chosen])
        scores[chosen] = _KEPT * before + (1 - _KEPT) * own_scores
        apart = [divergence(part, settings.dependence) for part in outputs.split(each)]
        return Loss(score.mean(), torch.stack(apart).mean(), lambda_max)


def chances(scores: Array, hardest: float) -> Array:
    """Chance of each state to be drawn, (states,), which add up to 1.

    Args:
        scores: (states,) of its models so far; NaN for a state that was not drawn yet, which counts
            as the mean of the others.
        hardest: share in proportion to what a state lacks to the best score.

    >>> import numpy as np
    >>> from renaissance_kit.training import chances
    >>> chances(np.array([0.0, -1.0, -3.0]), 0.6).round(3)
    array([0.133, 0.283, 0.583])
    """
    n = len(scores)
    seen = np.isfinite(scores)
    if seen.any():
        lacks = np.where(seen, np.nanmax(scores) - scores, 0.0)
        lacks[~seen] = lacks[seen].mean()
        if 0 < lacks.sum() < np.inf:
            return np.asarray(hardest * lacks / lacks.sum() + (1 - hardest) / n)
    return np.full(n, 1 / n)


def split_states(n: int, held_out: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the states to train at and of those to hold back, at random, each in order.

    Args:
        held_out: share that is held back.

    Raises:
        ParameterError: a share that leaves none on one side.

    >>> from renaissance_kit.training import split_states
    >>> trained, held = split_states(10, 0.3, seed=1)
    >>> len(trained), len(held)
    (7, 3)
    """
    back = round(n * held_out)
    if not 0 < back < n:
        raise ParameterError(f"holding back {held_out:g} of {n} states leaves none on one side")
    order = rng_of(seed).permutation(n)
    return np.sort(order[back:]), np.sort(order[:back])
