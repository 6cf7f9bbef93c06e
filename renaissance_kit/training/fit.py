"""Train a generator: the main call of the toolkit, and the one loop over the steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.endings import orderly_end
from renaissance_kit.core.errors import CheckpointError, ParameterError
from renaissance_kit.core.locks import sole_use
from renaissance_kit.core.seeds import require_seed, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import incidence_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.training.checkpoints import load_checkpoint, require_memory, save_checkpoint
from renaissance_kit.training.conditional_net import ConditionalGenerator
from renaissance_kit.training.fitness import ModelFitness, Where
from renaissance_kit.training.generators import KMGenerator
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.trainer import Settings, Trainer, TrainingState
from renaissance_kit.training.trainers import ModelTrainer, trainer_of

Progress = Callable[[TrainingState], None]


def train(
    network: Network,
    state: Where,
    *,
    seed: int,
    recipe: Recipe | None = None,
    initial_weights: Weights | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    workers: int = 2,
) -> Training:
    """Train a generator whose kinetic models have the observed dynamics.

    Args:
        network: the network.
        state: steady state at which the models stand; for a conditional recipe a sequence of them.
        seed: of every random draw; the same seed gives the same weights.
        recipe: method with its settings, objective, architecture, bounds and threshold:
            ``Recipe.default(network)`` if not given, ``Recipe.paper``, ``Recipe.by_gradient``,
            ``Recipe.by_score``, for many states ``Recipe.conditional``, and ``Recipe.rekindle``,
            ``Recipe.ischrunk`` or ``Recipe.flow``, which learn from labelled sets.
        initial_weights: to start from a trained generator instead of a new one.
        checkpoint: file that holds the run; replaced after every step, or after every
            ``checkpoint_every`` of the settings.
        resume: go on from ``checkpoint`` if it exists, to the identical end. Without it an
            existing file is an error, so that no run is lost.
        progress: called with the state after every step.
        stop: asked before every step; True ends the run there (resume later).
        workers: threads for the eigenvalues; does not change the result.

    Raises:
        SteadyStateError: a state does not belong to the network.
        ParameterError: settings out of range, weights of another architecture, or states or an
            objective that the recipe's method cannot use.
        CheckpointError: the checkpoint is damaged, of another run, or used by one that goes on.

    >>> from renaissance_kit import Network, Recipe, SteadyState, train
    >>> network = Network.example("tiny")
    >>> recipe = Recipe.default(network, generations=2, population=4, models_per_generator=5)
    >>> training = train(network, SteadyState.from_folder(network), seed=1, recipe=recipe)
    >>> training.models_evaluated
    40
    """
    trainer = trainer_of(network, state, recipe or Recipe.default(network), workers=workers)
    begun = begin_or_resume(trainer, seed, initial_weights, checkpoint, resume)
    return Training(trainer, run(trainer, begun, checkpoint, progress=progress, stop=stop))


def begin_or_resume(
    trainer: ModelTrainer,
    seed: int,
    initial_weights: Weights | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
) -> TrainingState:
    """The state to begin with: from the checkpoint where there is one to go on from.

    Arguments as in `train`.

    Raises:
        ParameterError: a seed that is no whole number from 0, nothing to resume from, or weights
            that do not fit.
        CheckpointError: the checkpoint is damaged, of another run, or would be overwritten.
    """
    seed = require_seed(seed)
    if resume and checkpoint is None:
        raise ParameterError("resume=True needs a checkpoint file; give checkpoint=...")
    if checkpoint is None or not Path(checkpoint).expanduser().exists():
        rng, fitness = rng_of(seed), trainer.fitness
        weights = fitness.initial_weights(rng) if initial_weights is None else initial_weights
        fitness.check(weights)
        return trainer.init(rng, weights, seed=seed)
    if not resume:
        raise _earlier_run(checkpoint)
    begun = load_checkpoint(checkpoint, trainer.settings, trainer.digest)
    if begun.seed != seed:
        raise CheckpointError(
            f"{checkpoint} was begun with seed {begun.seed}, not {seed}; give that seed or "
            "another checkpoint file"
        )
    try:
        trainer.fitness.check(begun.weights)
    except ParameterError as error:
        raise CheckpointError(f"{checkpoint}: {error}; delete it and start again") from error
    require_memory(checkpoint, begun, trainer.init(rng_of(seed), begun.weights))
    return begun


def run(
    trainer: Trainer,
    state: TrainingState,
    checkpoint: str | Path | None = None,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> TrainingState:
    """Step until the last: the loop of every training.

    Args:
        state: to go on from.
        checkpoint: file that is replaced, whole, every ``checkpoint_every`` steps, and at the end,
            also when that is an error, Ctrl-C or the time limit of a queue (SIGTERM).
        progress: called with the state after every step.
        stop: asked before every step; True ends the run there (resume later).

    Raises:
        CheckpointError: another run uses the checkpoint, or one was begun there meanwhile.
    """
    if checkpoint is None or state.step >= trainer.settings.n_steps:
        return _stepped(trainer, state, lambda state: None, progress, stop)
    digest = trainer.digest

    def save(state: TrainingState) -> None:
        save_checkpoint(checkpoint, state, trainer.settings, digest)

    with orderly_end(), sole_use(checkpoint):
        if state.step == 0 and Path(checkpoint).expanduser().exists():
            raise _earlier_run(checkpoint)  # begun since we looked
        return _stepped(trainer, state, save, progress, stop)


def _stepped(
    trainer: Trainer,
    state: TrainingState,
    save: Callable[[TrainingState], None],
    progress: Progress | None,
    stop: Callable[[], bool] | None,
) -> TrainingState:
    settings, saved = trainer.settings, state.step
    try:
        while state.step < settings.n_steps and not (stop and stop()):
            with single_threaded():  # so that sums have one order, whatever the trainer
                after, record = trainer.step(state)
            state = replace(after, history=(*state.history, record))
            if state.step % settings.checkpoint_every == 0:
                save(state)
                saved = state.step
            if progress is not None:
                progress(state)
    finally:  # also at Ctrl-C, a time limit or an error
        if state.step > saved:
            save(state)
    return state


def _earlier_run(checkpoint: str | Path) -> CheckpointError:
    return CheckpointError(
        f"{checkpoint} holds an earlier run; go on from it with resume=True, delete it, or "
        "give another file"
    )


@dataclass(frozen=True)
class Training:
    """A training run, finished or stopped: weights, what led to them, and how to use them.

    Attributes:
        trainer: method and fitness.
        state: the last `TrainingState`.
    """

    trainer: ModelTrainer
    state: TrainingState = field(repr=False)

    @property
    def fitness(self) -> ModelFitness:
        """What was trained."""
        return self.trainer.fitness

    @property
    def settings(self) -> Settings:
        """Settings of the method."""
        return self.trainer.settings

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return self.state.seed

    @property
    def weights(self) -> Weights:
        """Trained weights, (n_weights,)."""
        return self.state.weights

    @property
    def history(self) -> pd.DataFrame:
        """One row a step, with the models that the generator made before it.

        Columns: ``step`` (steps made before), ``incidence`` (share of valid models) and
        ``without_eigenvalues`` (number of models that have none; never valid, but they belong to
        the models that the share is of), the values of the method, ``seconds``. The models are
        ``monitor_models`` fresh ones with natural evolution strategies, the batch itself with the
        methods that use derivatives; methods that learn from labelled sets have such fresh ones
        too. For the values see the records of the trainer, such as
        `renaissance_kit.training.nes.NESTrainer`,
        `renaissance_kit.training.gradient.GradientTrainer`,
        `renaissance_kit.training.conditional.ConditionalTrainer` or
        `renaissance_kit.training.rekindle.RekindleTrainer`.
        """
        threshold = self.fitness.threshold_per_h
        rows = [
            {
                "step": record.step,
                "incidence": incidence_of(record.lambda_max_per_h, threshold),
                "without_eigenvalues": int(np.isnan(record.lambda_max_per_h).sum()),
                **record.values,
                "seconds": record.seconds,
            }
            for record in self.state.history
        ]
        return pd.DataFrame(rows)

    @property
    def models_evaluated(self) -> int:
        """Models that were made to train so far; those that only watch are not counted."""
        return self.settings.models_evaluated(self.state.step)

    @property
    def generator(self) -> KMGenerator | ConditionalGenerator:
        """What makes the constants.

        Trained at one state it is a `Generator`, or what another method trains, whose methods take
        `weights`; trained at many a `ConditionalGenerator`, which holds its weights and can be
        saved.
        """
        about: dict[str, Any] = {
            "seed": self.seed,
            "steps_done": self.state.step,
            "objective": repr(self.fitness.objective),
            "threshold_per_h": self.fitness.threshold_per_h,
            **asdict(self.settings),
        }
        return self.fitness.trained(self.weights, about)

    def km(self, n: int, rng: np.random.Generator, *, state: SteadyState | None = None) -> Array:
        """Draw n sets of KM in mM, (n, km). Arguments as in `models`."""
        return self.fitness.km(self.weights, n, rng, self.fitness.place(state))

    def models(
        self, n: int, rng: np.random.Generator, *, state: SteadyState | None = None
    ) -> KineticModels:
        """Draw n kinetic models from the trained generator.

        Args:
            state: where they stand; the state that was trained at if not given. After a
                conditional training any state of the network, seen or not, must be given.

        Raises:
            ParameterError: n below 1, or no state after a conditional training.
        """
        place = self.fitness.place(state)
        return KineticModels(self.fitness.network, place, self.km(n, rng, state=place))

    def ensemble(self, n: int, *, seed: int, state: SteadyState | None = None) -> KineticEnsemble:
        """Draw n models with their eigenvalues, labelled; not all of them need be valid.

        Args:
            seed: of the draws.
            state: as in `models`.
        """
        fitness, ranges = self.fitness, self.fitness.ranges
        models = self.models(n, rng_of(seed), state=state)
        spectrum = models.spectrum(threshold_per_h=fitness.threshold_per_h, workers=fitness.workers)
        method = self.settings.method
        return KineticEnsemble.from_models(
            models,
            spectrum,
            seed=seed,
            generator_digest=fitness.generator_digest(self.weights),
            km_provenance=ranges.provenance,
            km_sources=dict(zip(ranges.names, ranges.sources, strict=True)),
            attributes={
                "training_method": method,
                "training_seed": self.seed,
                "training_steps": self.state.step,
                "objective": repr(fitness.objective),
                **{f"{method}_{k}": v for k, v in asdict(self.settings).items()},
            },
        )
