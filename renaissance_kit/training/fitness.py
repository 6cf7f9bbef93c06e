"""What is trained: a generator, by the models that it makes at one steady state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from renaissance_kit.core.arguments import require_whole
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import child_rng, rng_from
from renaissance_kit.core.threads import single_threaded, single_threaded_pool
from renaissance_kit.core.types import Array, Mask, Weights
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.dynamics import LAMBDA_MAX
from renaissance_kit.objectives.objective import Objective, Scores, scores_of
from renaissance_kit.states.features import StateFeatures
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.training.conditional_net import ConditionalGenerator
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.generators import KMGenerator, require_generator
from renaissance_kit.training.labelled import LabelledKM

Where = SteadyState | SteadyStates | Sequence[SteadyState]
"""The steady state to train at, or several of them."""


@dataclass(frozen=True)
class Problem:
    """What a trainer is made for: the arguments of `train` and the parts of its recipe.

    Attributes:
        network: the network.
        states: one steady state, or several.
        generator: architecture and bounds.
        objective: what is wanted of the models.
        threshold_per_h: of a valid model.
        features: that a conditional generator sees; None for those of the states.
        workers: threads for the eigenvalues.
        data: sets of constants that a method learns from; None for unbiased ones.
    """

    network: Network
    states: Where = field(repr=False)
    generator: KMGenerator
    objective: Objective
    threshold_per_h: float
    features: StateFeatures | None = None
    workers: int = 2
    data: LabelledKM | None = None

    def __post_init__(self) -> None:
        require_whole("workers", self.workers)

    def one_state(self) -> SteadyState:
        """The steady state, of the network.

        Raises:
            ParameterError: several are given, or features of states.
            SteadyStateError: it does not belong to the network.
        """
        if not isinstance(self.states, SteadyState):
            raise ParameterError(
                "this recipe trains at one steady state; choose one, such as states.default, or "
                "train at many with Recipe.conditional(network)"
            )
        if self.features is not None:
            raise ParameterError(
                "features are what a conditional generator sees of a state; leave them out, or "
                "train at many states with Recipe.conditional(network)"
            )
        self.states.check(self.network)
        return self.states

    def all_states(self) -> tuple[SteadyState, ...]:
        """The steady states, of the network.

        Raises:
            ParameterError: a single one is given, or something else.
            SteadyStateError: one does not belong to the network.
        """
        states = () if isinstance(self.states, SteadyState) else tuple(self.states)
        if not states or not all(isinstance(state, SteadyState) for state in states):
            raise ParameterError(
                "a conditional recipe trains at many steady states; give a SteadyStates or a list "
                "of states, or train at one with another recipe, such as Recipe.default(network)"
            )
        for state in states:
            state.check(self.network)
        return states


class Evaluation(NamedTuple):
    """What candidates are worth.

    Args:
        rewards: (candidates,).
        lambda_max_per_h: (candidates, models) of their models.
        met: (candidates, models) True where a model does what is wanted.
    """

    rewards: Array
    lambda_max_per_h: Array
    met: Mask


class ModelFitness(Protocol):
    """What a finished training asks its fitness, to draw models with the trained weights."""

    @property
    def network(self) -> Network:
        """The network."""

    @property
    def objective(self) -> Objective:
        """What is wanted of the models."""

    @property
    def threshold_per_h(self) -> float:
        """Of a valid model."""

    @property
    def workers(self) -> int:
        """Threads for the eigenvalues."""

    @property
    def ranges(self) -> KMRanges:
        """Bounds of the constants."""

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new generator."""

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""

    def place(self, state: SteadyState | None) -> SteadyState:
        """Where to draw models: at this state, or where it was trained."""

    def km(self, weights: Weights, n: int, rng: np.random.Generator, state: SteadyState) -> Array:
        """Draw n sets of KM in mM for a steady state, (n, km)."""

    def generator_digest(self, weights: Weights) -> str:
        """Fingerprint of architecture and weights, kept with every ensemble."""

    def trained(
        self, weights: Weights, about: dict[str, Any]
    ) -> KMGenerator | ConditionalGenerator:
        """The generator, with these weights if it keeps its own."""


Of = TypeVar("Of", bound=KMGenerator)


@dataclass(frozen=True)
class AtOneState(Generic[Of]):
    """A generator and one steady state, whatever it is trained by there.

    Args:
        network, state: where the models stand.
        generator: architecture and bounds.
        objective: what is wanted of the models.
        threshold_per_h: of a valid model.
        workers: threads for the eigenvalues.
    """

    network: Network
    state: SteadyState
    generator: Of
    objective: Objective
    threshold_per_h: float
    workers: int

    @cached_property
    def batch(self) -> KineticModels:
        """One model in the middle of the bounds; `KineticModels.with_km` makes others of it."""
        return KineticModels(self.network, self.state, self.ranges.middle_mM)

    @property
    def ranges(self) -> KMRanges:
        """Bounds of the constants."""
        return self.generator.ranges

    @property
    def digest(self) -> str:
        """Fingerprint of network, steady state, generator, objective and threshold."""
        ranges = self.ranges
        return fingerprint(
            self.network.digest, state_arrays(self.state), self.generator.architecture,
            ranges.low_mM, ranges.high_mM, ranges.fixed, objective_fingerprint(self.objective),
            float(self.threshold_per_h),
        )  # fmt: skip

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new generator."""
        return self.generator.initial_weights(rng)

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        self.generator.check(weights)

    def place(self, state: SteadyState | None) -> SteadyState:
        """A steady state to draw models at; the one that was trained at if not given."""
        return self.state if state is None else state

    def km(self, weights: Weights, n: int, rng: np.random.Generator, state: SteadyState) -> Array:
        """Draw n sets of KM in mM, (n, km); they do not depend on the state."""
        return self.generator.sample(weights, n, rng)

    def generator_digest(self, weights: Weights) -> str:
        """Fingerprint of architecture and weights."""
        return self.generator.digest(weights)

    def trained(self, weights: Weights, about: dict[str, Any]) -> Of:
        """The generator, which is an architecture; its methods take the weights."""
        return self.generator

    def lambda_max_per_h(self, models: KineticModels, scores: Scores) -> Array:
        """(models,) λmax, from the scores where they hold it."""
        found = scores.values.get(LAMBDA_MAX)
        if found is None or np.isnan(found).any():
            spectrum = models.spectrum(threshold_per_h=self.threshold_per_h, workers=self.workers)
            return spectrum.lambda_max_per_h
        return found


@dataclass(frozen=True)
class Fitness(AtOneState[Generator]):
    """Reward of a generator by the models it makes at one steady state; as its base takes it."""

    threshold_per_h: float = -2.5
    workers: int = 2

    @classmethod
    def of(cls, problem: Problem) -> Fitness:
        """The fitness of a problem that has one steady state."""
        return cls(
            problem.network, problem.one_state(), require_generator(problem.generator, Generator),
            problem.objective, problem.threshold_per_h, problem.workers,
        )  # fmt: skip

    def draw_noise(self, n_models: int, rng: np.random.Generator) -> tuple[Any, dict[str, Any]]:
        """Latent noise, and a random state for fixed constants and dropout."""
        noise = rng.standard_normal((n_models, self.generator.latent), dtype=np.float32)
        return noise, dict(child_rng(rng).bit_generator.state)

    def evaluate(self, candidates: list[tuple[Weights, Any]]) -> Evaluation:
        """Rewards of every candidate, all models in one batch."""

        def km_of(candidate: tuple[Weights, Any]) -> Array:
            weights, (noise, seed) = candidate
            return self.generator.km_from_noise(weights, noise, rng_from(seed))

        with single_threaded(), single_threaded_pool(self.workers) as pool:
            models = self.batch.with_km(np.concatenate(list(pool.map(km_of, candidates))))
        scores = scores_of(self.objective, models, workers=self.workers)
        lambda_max = self.lambda_max_per_h(models, scores)
        rows = len(candidates)
        return Evaluation(
            np.array([self.objective.reward(part) for part in scores.split(len(models) // rows)]),
            lambda_max.reshape(rows, -1),
            scores.met.reshape(rows, -1),
        )


def state_arrays(state: SteadyState) -> tuple[Array, ...]:
    """The arrays of a steady state that models depend on."""
    return state.concentrations_mM, state.fluxes_mM_h, state.log_displacement


def objective_fingerprint(objective: Objective) -> str:
    """Fingerprint of an objective, for checkpoints.

    Raises:
        ParameterError: another process would not recognise it.
    """
    try:
        return fingerprint(objective)
    except ParameterError as error:
        raise ParameterError(
            f"{type(objective).__name__} would not be recognised when a checkpoint is resumed; "
            "make the objective a frozen dataclass of numbers and texts"
        ) from error
