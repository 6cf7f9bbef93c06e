"""One generator for all steady states: Michaelis constants from noise and the state itself.

A generator trained at one state knows that state only. Here the network sees the state beside the
noise, is trained at many states by gradient, and makes models at states that it has not seen. A
state enters in two places, both without effect in a new generator, which samples without bias:

* all its features, through a matrix of their own, in the first hidden layer;
* at each constant, a linear function of the features that touch it, as a shift of the output: the
  concentrations and turnover times of the metabolites of its reaction, the fluxes and
  displacements of the reactions of its metabolite. A linear function of all features has fifteen
  times as many weights, most of them noise.

The objective is that of `renaissance_kit.training.gradient`, averaged over states. The divergence
is computed within each state: over all states together, a generator that makes one model of each
would look diverse.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from renaissance_kit.core.errors import CheckpointError, ParameterError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.states.features import StateFeatures
from renaissance_kit.states.steady_states import SteadyState
from renaissance_kit.training.fit import begin_or_resume
from renaissance_kit.training.generator import Generator, KMRanges
from renaissance_kit.training.gradient import (
    GradientSettings,
    Loss,
    SmoothLambdaMax,
    SoftMargin,
    adam_step,
    divergence,
    history_of,
    log_km_of,
    require_trainable,
    run_steps,
    start,
)
from renaissance_kit.training.nes import EvolutionState

VERSION = 1
SHIFT_UNIT = 3.0  # of the weights of the shifts, over the square root of their number
CHECKPOINT_EVERY = 20  # steps; a killed run does at most these again
_BETAS = (0.5, 0.9)


@dataclass(frozen=True)
class ConditionalSettings(GradientSettings):
    """Settings of a training at many states; the others are those of `GradientSettings`.

    Args:
        models_per_step: models in a batch, of all its states together.
        states_per_step: states in a batch, drawn anew for every step; each gets the same number
            of models, at least 3.

    Raises:
        ParameterError: a value out of its range.
    """

    steps: int = 600
    models_per_step: int = 128
    diversity: float = 0.5
    states_per_step: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        each, left = divmod(self.models_per_step, max(self.states_per_step, 1))
        if self.states_per_step < 1 or left or each < 3:
            raise ParameterError(
                f"{self.models_per_step} models in {self.states_per_step} states: give a multiple "
                "of the states, at least three times as many"
            )


@dataclass(frozen=True)
class ConditionalNet:
    """Architecture; weights are passed to its methods, as with `Generator`.

    Args:
        network: whose states it takes.
        generator: of the part that the noise goes through, and the bounds.
        features: of a state.
    """

    network: Network
    generator: Generator
    features: StateFeatures

    @property
    def n_weights(self) -> int:
        """Number of weights and biases."""
        return self.generator.n_weights + self._n_first + int(self._near.sum())

    @property
    def architecture(self) -> str:
        """Everything but the bounds, features and weights, as text."""
        return repr((self.generator.architecture, SHIFT_UNIT))

    def digest(self, weights: Weights | None = None) -> str:
        """Fingerprint of network, architecture, bounds, features and, if given, weights."""
        ranges, features = self.generator.ranges, self.features
        text = (self.network.digest, self.architecture, features.names)
        hashed = hashlib.sha256(repr(text).encode())
        for array in (ranges.low_mM, ranges.high_mM, ranges.fixed, features.mean, features.scale):
            hashed.update(np.ascontiguousarray(array).tobytes())
        if weights is not None:
            hashed.update(np.ascontiguousarray(weights).tobytes())
        return hashed.hexdigest()[:16]

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new generator, in which the state has no effect."""
        own = self.generator.initial_weights(rng)
        return np.concatenate([own, np.zeros(self.n_weights - len(own), np.float32)])

    def outputs(
        self,
        weights: torch.Tensor,
        noise: NDArray[np.float32],
        features: NDArray[np.float32],
        rng: np.random.Generator | None = None,
    ) -> torch.Tensor:
        """Network outputs before they are bounded, (samples, generated km), differentiable.

        Args:
            weights: (n_weights,) single precision.
            noise: (samples, latent).
            features: (samples, features).
        """
        z = torch.from_numpy(features)
        own, end = self.generator.n_weights, self.generator.n_weights + self._n_first
        first = weights[own:end].view(self.generator.hidden[0], z.shape[1])
        added = z @ first.T / max(1, z.shape[1]) ** 0.5
        y = self.generator.differentiable_outputs(weights[:own], noise, rng, added=added)
        shift = torch.zeros(self._near.shape)
        shift[self._where] = weights[end:] * self._shift_unit
        return y + z @ shift.T

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        if weights.shape != (self.n_weights,):
            raise ParameterError(
                f"weights have shape {weights.shape}; this architecture has {self.n_weights}"
            )
        if not np.isfinite(weights).all():
            raise ParameterError("weights are not finite; the learning rate was too large")

    @property
    def _n_first(self) -> int:
        return self.generator.hidden[0] * len(self.features.names)

    @cached_property
    def _near(self) -> NDArray[np.bool_]:
        ranges = self.generator.ranges
        return self.features.near(self.network, np.array(ranges.names)[~ranges.fixed])

    @cached_property
    def _where(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.from_numpy(index) for index in np.nonzero(self._near))

    @cached_property
    def _shift_unit(self) -> torch.Tensor:
        number = self._near.sum(axis=1)[np.nonzero(self._near)[0]]
        return torch.from_numpy((SHIFT_UNIT / np.sqrt(number)).astype(np.float32))


@dataclass(frozen=True)
class ConditionalGenerator:
    """A trained generator for the states of a network.

    Attributes:
        net: its architecture.
        weights: (n_weights,).
        about: how it was trained; values JSON can hold.
    """

    net: ConditionalNet
    weights: Weights = field(repr=False)
    about: dict[str, Any] = field(default_factory=dict)

    def generate(self, state: SteadyState, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM for a steady state, (n, km).

        Raises:
            SteadyStateError: the state is of another network.
            ParameterError: n below 1.
        """
        if n < 1:
            raise ParameterError(f"asked for {n} models; ask for at least 1")
        generator = self.net.generator
        features = np.tile(self.net.features(self.net.network, state), (n, 1))
        noise = rng.standard_normal((n, generator.latent), dtype=np.float32)
        with torch.inference_mode():
            weights = torch.from_numpy(self.weights)
            outputs = self.net.outputs(weights, noise, features, rng).numpy()
        return generator.km_from_outputs(outputs, rng)

    def models(self, state: SteadyState, n: int, rng: np.random.Generator) -> KineticModels:
        """Draw n kinetic models at a steady state."""
        return KineticModels(self.net.network, state, self.generate(state, n, rng))

    def save(self, path: str | Path) -> None:
        """Write one ``.npz`` file without pickle, whole or not at all."""
        net, ranges = self.net, self.net.generator.ranges
        own = net.generator
        about = {
            "version": VERSION,
            "network_digest": net.network.digest,
            "digest": net.digest(self.weights),
            "features": list(net.features.names),
            "generator": {name: getattr(own, name) for name in _ARCHITECTURE},
            "sources": list(ranges.sources),
            "about": self.about,
        }
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                about=np.array(json.dumps(about)),
                weights=self.weights,
                mean=net.features.mean,
                scale=net.features.scale,
                low_mM=ranges.low_mM,
                high_mM=ranges.high_mM,
                fixed=ranges.fixed,
            )

    @classmethod
    def load(cls, path: str | Path, network: Network) -> ConditionalGenerator:
        """Read a file that `save` wrote.

        Raises:
            CheckpointError: the file is missing, damaged, or of another network.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            about = json.loads(str(arrays["about"]))
            if about["version"] != VERSION:
                raise CheckpointError(f"{path} is of another version; train anew")
            if about["network_digest"] != network.digest:
                raise CheckpointError(
                    f"{path} belongs to another network (fingerprint {about['network_digest']}, "
                    f"this one has {network.digest}); load that network, or train anew"
                )
            bounds = (arrays["low_mM"], arrays["high_mM"], arrays["fixed"])
            ranges = KMRanges(network.km_names, *bounds, tuple(about["sources"]))
            architecture = {**about["generator"], "hidden": tuple(about["generator"]["hidden"])}
            features = StateFeatures(
                tuple(about["features"]), arrays["mean"], arrays["scale"], network.digest
            )
            net = ConditionalNet(network, Generator(ranges, **architecture), features)
            weights = arrays["weights"]
            net.check(weights)
            whole = about["digest"] == net.digest(weights)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise CheckpointError(
                f"{path} cannot be read as a conditional generator ({error}); train it anew"
            ) from error
        if not whole:
            raise CheckpointError(f"{path} is damaged: its fingerprint differs; train it anew")
        return cls(net, weights, about["about"])


_ARCHITECTURE = (
    "hidden", "latent", "slope", "dropout", "scaled", "bias_unit", "output_scale", "calibrated",
    "rescale",
)  # fmt: skip


@dataclass(frozen=True)
class ConditionalObjective:
    """What is trained: soft margin and divergence, averaged over states.

    Args:
        net: architecture.
        states: to train at.
        reward: soft margin of a model.
        threshold_per_h: of a valid model.
        workers: threads for the eigenvalues.
    """

    net: ConditionalNet
    states: tuple[SteadyState, ...] = field(repr=False)
    reward: SoftMargin
    threshold_per_h: float
    workers: int = 2

    @property
    def digest(self) -> str:
        """Fingerprint, so that a checkpoint cannot be resumed with another objective."""
        text = (self.net.digest(), self.reward, self.threshold_per_h)
        hashed = hashlib.sha256(repr(text).encode())
        for state in self.states:
            for array in (state.concentrations_mM, state.fluxes_mM_h, state.log_displacement):
                hashed.update(np.ascontiguousarray(array).tobytes())
        return hashed.hexdigest()[:16]

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """(states, features)."""
        return np.array([self.net.features(self.net.network, state) for state in self.states])

    @cached_property
    def models(self) -> KineticModels:
        """One model, for its compiled tables."""
        ranges = self.net.generator.ranges
        middle = ranges.middle_mM
        return KineticModels(self.net.network, self.states[0], middle)

    def step(self, state: EvolutionState, settings: ConditionalSettings) -> EvolutionState:
        """One step of Adam; see `renaissance_kit.training.gradient.adam_step`."""
        generator = self.net.generator
        each = settings.models_per_step // settings.states_per_step

        def loss(weights: torch.Tensor, rng: np.random.Generator) -> Loss:
            number = settings.states_per_step
            chosen = rng.choice(len(self.states), number, replace=len(self.states) < number)
            noise = rng.standard_normal(
                (settings.models_per_step, generator.latent), dtype=np.float32
            )
            own = np.random.default_rng(int(rng.integers(2**63)))
            features = np.repeat(self.features[chosen], each, axis=0)
            outputs = self.net.outputs(weights, noise, features, own).double()
            log_km = log_km_of(outputs, generator.ranges, own, projected=True)
            batches = [self.models.at(self.states[i]) for i in chosen]
            s, lambda_max = SmoothLambdaMax.apply(log_km, batches, settings.tau, self.workers)
            apart = [divergence(part, settings.dependence) for part in outputs.split(each)]
            return self.reward.of(s), torch.stack(apart).mean(), lambda_max

        return adam_step(state, settings, loss, self.threshold_per_h, betas=_BETAS)


@dataclass(frozen=True)
class ConditionalTraining:
    """A training at many states, finished or stopped.

    Attributes:
        objective: what was optimised.
        settings: of the training.
        seed: of the random stream.
        state: the last state.
    """

    objective: ConditionalObjective = field(repr=False)
    settings: ConditionalSettings
    seed: int
    state: EvolutionState = field(repr=False)

    @property
    def generator(self) -> ConditionalGenerator:
        """The trained generator."""
        objective = self.objective
        about = {
            "seed": self.seed,
            "steps_done": self.state.generation,
            "states": [state.label for state in objective.states],
            "reward": repr(objective.reward),
            "threshold_per_h": objective.threshold_per_h,
            **asdict(self.settings),
        }
        return ConditionalGenerator(objective.net, self.state.weights, about)

    @property
    def history(self) -> pd.DataFrame:
        """One row a step; see `renaissance_kit.training.gradient.history_of`."""
        return history_of(self.state)

    @property
    def models_evaluated(self) -> int:
        """Models whose derivatives were computed so far."""
        return self.state.generation * self.settings.models_per_step


def train_conditional(
    network: Network,
    states: Sequence[SteadyState],
    *,
    seed: int,
    settings: ConditionalSettings | None = None,
    generator: Generator | None = None,
    features: StateFeatures | None = None,
    reward: SoftMargin | None = None,
    threshold_per_h: float | None = None,
    initial_weights: Weights | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[EvolutionState], None] | None = None,
    stop: Callable[[], bool] | None = None,
    workers: int = 2,
) -> ConditionalTraining:
    """Train one generator at many steady states by the derivative of its models' eigenvalues.

    Args:
        network: the network.
        states: to train at, at least two; hold some back (`split_states`) to see how it does at
            states that it has not seen.
        seed: of every random draw.
        settings: of the training.
        generator: architecture of the part that the noise goes through, and bounds.
        features: that the network sees; all those of the states if not given.
            ``StateFeatures.none`` trains a generator that cannot see the state, for comparison.
        reward: with the threshold as its partition if not given.
        threshold_per_h: bound on λmax of a valid model; the network's if not given.
        initial_weights: to start from a trained generator of the same architecture.
        checkpoint: file that holds the run; replaced every 20 steps.
        resume, progress, stop: as of `train_by_gradient`.
        workers: threads for the eigenvalues; does not change the result.

    Raises:
        SteadyStateError: a state does not belong to the network.
        ParameterError: fewer than two states, settings out of range, or weights of another
            architecture.
        CheckpointError: the checkpoint is damaged or of another run.

    >>> import numpy as np
    >>> from dataclasses import replace
    >>> from renaissance_kit import Network, SteadyState
    >>> from renaissance_kit.training import ConditionalSettings, train_conditional
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> states = [state, replace(state, concentrations_mM=2 * state.concentrations_mM)]
    >>> settings = ConditionalSettings(steps=2, models_per_step=8, states_per_step=2)
    >>> generator = train_conditional(network, states, seed=1, settings=settings).generator
    >>> generator.generate(state, 5, np.random.default_rng(1)).shape
    (5, 10)
    """
    settings = settings or ConditionalSettings()
    for state in states:
        state.check(network)
    generator = generator or Generator(KMRanges.of(network))
    require_trainable(generator)
    net = ConditionalNet(network, generator, features or StateFeatures.of(network, states))
    threshold = threshold_per_h
    if threshold is None:
        threshold = network.conditions["eigenvalue_threshold"].value
    reward = reward or SoftMargin(partition_per_h=threshold)
    objective = ConditionalObjective(net, tuple(states), reward, threshold, workers)

    def fresh() -> EvolutionState:
        rng = np.random.default_rng(seed)
        weights = net.initial_weights(rng) if initial_weights is None else initial_weights
        net.check(weights)
        return start(weights, settings, rng, seed=seed)

    digest = objective.digest
    now = begin_or_resume(fresh, settings, digest, seed, checkpoint, resume)
    end = run_steps(
        now, lambda state: objective.step(state, settings), settings, digest,
        checkpoint=checkpoint, progress=progress, stop=stop, every=CHECKPOINT_EVERY,
    )  # fmt: skip
    return ConditionalTraining(objective, settings, seed, end)


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
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[back:]), np.sort(order[:back])
