"""Train a generator for one steady state: the main call of the toolkit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import CheckpointError, ParameterError
from renaissance_kit.core.seeds import rng_from
from renaissance_kit.core.threads import single_threaded, single_threaded_pool
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyState
from renaissance_kit.training import nes
from renaissance_kit.training.checkpoints import load_checkpoint
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.nes import EvolutionState, NESSettings
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.rewards import Reward


@dataclass(frozen=True)
class KineticObjective:
    """Reward of a generator by the models it makes at one steady state.

    Args:
        network, state: where the models stand.
        generator: architecture and bounds.
        reward: of (models,) λmax.
        threshold_per_h: of a valid model.
        workers: threads for the eigenvalues.
    """

    network: Network
    state: SteadyState
    generator: Generator
    reward: Reward
    threshold_per_h: float = -2.5
    workers: int = 2

    @classmethod
    def of(
        cls, network: Network, state: SteadyState, recipe: Recipe, *, workers: int = 2
    ) -> KineticObjective:
        """The objective of a recipe at a steady state."""
        return cls(network, state, recipe.generator, recipe.reward, recipe.threshold_per_h, workers)

    @cached_property
    def models(self) -> KineticModels:
        """One model in the middle of the bounds; `KineticModels.with_km` makes others of it."""
        middle = self.generator.ranges.middle_mM
        return KineticModels(self.network, self.state, middle)

    @property
    def digest(self) -> str:
        """Fingerprint of network, steady state, generator and reward."""
        ranges = self.generator.ranges
        content = (self.network.digest, self.generator.architecture, ranges.fixed.tolist(),
                   self.reward, self.threshold_per_h)  # fmt: skip
        hashed = hashlib.sha256(repr(content).encode())
        for array in (self.state.concentrations_mM, self.state.fluxes_mM_h,
                      self.state.log_displacement, ranges.low_mM, ranges.high_mM):  # fmt: skip
            hashed.update(np.ascontiguousarray(array).tobytes())
        return hashed.hexdigest()[:16]

    def draw_noise(self, n_models: int, rng: np.random.Generator) -> tuple[Any, dict[str, Any]]:
        """Latent noise, and a random state for fixed constants and dropout."""
        noise = rng.standard_normal((n_models, self.generator.latent), dtype=np.float32)
        child = np.random.default_rng(int(rng.integers(2**63)))
        return noise, dict(child.bit_generator.state)

    def evaluate(self, candidates: list[tuple[Weights, Any]]) -> tuple[Array, Array]:
        """Rewards and λmax of every candidate, all models in one batch."""

        def km_of(candidate: tuple[Weights, Any]) -> Array:
            weights, (noise, seed) = candidate
            return self.generator.km_from_noise(weights, noise, rng_from(seed))

        with single_threaded(), single_threaded_pool(self.workers) as pool:
            models = self.models.with_km(np.concatenate(list(pool.map(km_of, candidates))))
        spectrum = models.spectrum(threshold_per_h=self.threshold_per_h, workers=self.workers)
        lambda_max = spectrum.lambda_max_per_h.reshape(len(candidates), -1)
        return np.array([self.reward(values) for values in lambda_max]), lambda_max


@dataclass(frozen=True)
class Training:
    """A training run, finished or stopped: weights, what led to them, and how to use them.

    Attributes:
        objective: what was optimised.
        settings: of the strategy.
        seed: of the random stream.
        state: the last `EvolutionState`.
    """

    objective: KineticObjective
    settings: NESSettings
    seed: int
    state: EvolutionState = field(repr=False)

    @property
    def weights(self) -> Weights:
        """Trained weights, (n_weights,)."""
        return self.state.weights

    @property
    def history(self) -> pd.DataFrame:
        """One row a generation: incidence, rewards and seconds.

        ``incidence`` is that of the unperturbed generator before the generation's step, from
        ``monitor_models`` fresh models; ``without_eigenvalues`` counts those of them whose
        Jacobian was not finite. They are never valid but belong to the models that the share is
        of. ``population_incidence`` is that of all perturbed generators, likewise of all models.
        """
        threshold = self.objective.threshold_per_h
        rows = [
            {
                "generation": record.generation,
                "incidence": incidence_of(record.lambda_max_per_h, threshold),
                "population_incidence": record.population_incidence,
                "without_eigenvalues": int(np.isnan(record.lambda_max_per_h).sum()),
                "reward_mean": record.rewards.mean(),
                "reward_std": record.rewards.std(),
                "seconds": record.seconds,
            }
            for record in self.state.history
        ]
        return pd.DataFrame(rows)

    @property
    def models_evaluated(self) -> int:
        """Models made by perturbed generators so far; the budget of the strategy."""
        per_generation = self.settings.population * self.settings.models_per_generator
        return self.state.generation * per_generation

    def models(self, n: int, rng: np.random.Generator) -> KineticModels:
        """Draw n kinetic models from the trained generator."""
        km = self.objective.generator.sample(self.weights, n, rng)
        return KineticModels(self.objective.network, self.objective.state, km)

    def ensemble(self, n: int, *, seed: int) -> KineticEnsemble:
        """Draw n models with their eigenvalues, labelled; not all of them need be valid."""
        attributes = {
            "training_generations": self.state.generation,
            **{f"nes_{k}": v for k, v in asdict(self.settings).items()},
        }
        return draw_ensemble(self.objective, self.weights, n, seed, self.seed, attributes)


def draw_ensemble(
    objective: KineticObjective,
    weights: Weights,
    n: int,
    seed: int,
    training_seed: int,
    attributes: dict[str, Any],
) -> KineticEnsemble:
    """Draw n models of a trained generator with their eigenvalues, labelled with how it came."""
    km = objective.generator.sample(weights, n, np.random.default_rng(seed))
    models = KineticModels(objective.network, objective.state, km)
    spectrum = models.spectrum(threshold_per_h=objective.threshold_per_h, workers=objective.workers)
    ranges = objective.generator.ranges
    return KineticEnsemble.from_models(
        models,
        spectrum,
        seed=seed,
        generator_digest=objective.generator.digest(weights),
        km_provenance=ranges.provenance,
        km_sources=dict(zip(ranges.names, ranges.sources, strict=True)),
        attributes={
            "training_seed": training_seed,
            "reward": repr(objective.reward),
            **attributes,
        },
    )


def incidence_of(lambda_max_per_h: Array, threshold_per_h: float) -> float:
    """Share of valid models, with λmax at or below the threshold; NaN for no models.

    A share of all models: those without eigenvalues (λmax NaN) count, and are not valid.
    """
    if len(lambda_max_per_h) == 0:
        return float("nan")
    return float(np.mean(lambda_max_per_h <= threshold_per_h))


def train(
    network: Network,
    state: SteadyState,
    *,
    seed: int,
    recipe: Recipe | None = None,
    initial_weights: Weights | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[EvolutionState], None] | None = None,
    stop: Callable[[], bool] | None = None,
    workers: int = 2,
) -> Training:
    """Train a generator whose kinetic models have the observed dynamics.

    Args:
        network: the network.
        state: steady state at which the models stand.
        seed: of every random draw; the same seed gives the same weights.
        recipe: settings of the strategy, reward, architecture, bounds and threshold;
            ``Recipe.default(network)`` if not given. ``Recipe.paper(network)`` is the published.
        initial_weights: to start from a trained generator instead of a new one.
        checkpoint: file that holds the run; replaced after every generation.
        resume: go on from ``checkpoint`` if it exists, to the identical end. Without it an
            existing file is an error, so that no run is lost.
        progress, stop: see `renaissance_kit.training.nes.run`.
        workers: threads for the eigenvalues; does not change the result.

    Raises:
        SteadyStateError: the state does not belong to the network.
        ParameterError: settings out of range, or weights of another architecture.
        CheckpointError: the checkpoint is damaged or of another run.

    >>> from renaissance_kit import Network, Recipe, SteadyState, train
    >>> network = Network.example("tiny")
    >>> recipe = Recipe.default(network, generations=2, population=4, models_per_generator=5)
    >>> training = train(network, SteadyState.from_folder(network), seed=1, recipe=recipe)
    >>> training.models_evaluated
    40
    """
    if not isinstance(state, SteadyState):
        raise ParameterError("train takes one steady state; choose one, such as states.default")
    state.check(network)
    recipe = recipe or Recipe.default(network)
    settings = recipe.settings
    objective = KineticObjective.of(network, state, recipe, workers=workers)
    if checkpoint is not None and " at 0x" in repr(recipe.reward):
        raise ParameterError(
            "the reward's repr changes from process to process, so a checkpoint could not be "
            "resumed; make the reward a frozen dataclass"
        )

    def fresh() -> EvolutionState:
        rng = np.random.default_rng(seed)
        weights = initial_weights
        if weights is None:
            weights = objective.generator.initial_weights(rng)
        objective.generator.check(weights)
        return nes.start(weights, settings, rng, seed=seed)

    begun = begin_or_resume(fresh, settings, objective.digest, seed, checkpoint, resume)
    end = nes.run(begun, objective, settings, checkpoint=checkpoint, progress=progress, stop=stop)
    return Training(objective, settings, seed, end)


def begin_or_resume(
    fresh: Callable[[], EvolutionState],
    settings: Any,
    objective_digest: str,
    seed: int,
    checkpoint: str | Path | None,
    resume: bool,
) -> EvolutionState:
    """The state to begin with: from the checkpoint where there is one to go on from.

    Args:
        fresh: makes the state of a new run.
        settings: dataclass of the training's settings.

    Raises:
        ParameterError: a negative seed, or nothing to resume from.
        CheckpointError: the checkpoint is damaged, of another run, or would be overwritten.
    """
    if seed < 0:
        raise ParameterError(f"seed is {seed}; give a whole number from 0")
    if resume and checkpoint is None:
        raise ParameterError("resume=True needs a checkpoint file; give checkpoint=...")
    if checkpoint is None or not Path(checkpoint).exists():
        return fresh()
    if not resume:
        raise CheckpointError(
            f"{checkpoint} holds an earlier run; go on from it with resume=True, delete it, or "
            "give another file"
        )
    begun = load_checkpoint(checkpoint, settings, objective_digest)
    if begun.seed != seed:
        raise CheckpointError(
            f"{checkpoint} was begun with seed {begun.seed}, not {seed}; give that seed or "
            "another checkpoint file"
        )
    return begun
