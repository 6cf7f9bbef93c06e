"""The panel of notebook 02: train a generator and watch it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit import studies
from renaissance_kit.core.seeds import derived_seed, repeat_seeds
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.core.types import Array
from renaissance_kit.figures import live
from renaissance_kit.figures.theme import lambda_range, number, percent
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.named import named_objective, objectives_for
from renaissance_kit.panels.charts import LiveChart, specification
from renaissance_kit.panels.controls import Choice, Control, Number
from renaissance_kit.panels.jobs import Handle, Update
from renaissance_kit.panels.models import network_parameter
from renaissance_kit.panels.panel import Panel
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.training.fit import Training, train
from renaissance_kit.training.fitness import Fitness
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.generators import require_generator
from renaissance_kit.training.nes import NESSettings
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.trainer import TrainingState
from renaissance_kit.training.trainers import trainer_of

LEAST_LAMBDA_PER_H = -15.0  # the axis of λmax begins here, so that there is room for valid models
FIRST_LOOK = 100  # models of the untrained generator, shown before the first generation is done


@dataclass(frozen=True)
class _Task:
    """What the thread needs to know."""

    state: SteadyState
    recipe: Recipe
    seed: int
    models: int
    checkpoint: Path
    resume: bool


@dataclass(frozen=True)
class _Drawing:
    """What the thread made for the charts: specifications of new ones, or rows for old ones."""

    incidence: Any
    lambda_max: Any


@dataclass(frozen=True)
class TrainingResult:
    """What a run of the panel leaves.

    Attributes:
        training: finished or stopped.
        ensemble: drawn from the trained generator; None if it was stopped.
    """

    training: Training
    ensemble: KineticEnsemble | None


class TrainingPanel(Panel):
    """Train a generator, with pause, stop and resume.

    What a complete run writes to the folder: ``ensemble.nc`` and ``incidence.csv``, as a batch run
    of notebook 02 with the same parameters writes them.

    Args:
        network: the network.
        states: steady states to choose from, or the only one.
        scale: of the batch run that does the same.
        folder: of the results.
        workers: threads for the eigenvalues; does not change the result.
        values: of the controls at the start, by name; None leaves one as it is.

    >>> from renaissance_kit import Network, SteadyState
    >>> network = Network.example("tiny")
    >>> panel = TrainingPanel(network, SteadyState.from_folder(network), generations=3)
    >>> panel.parameters()["generations"]
    3
    """

    title: ClassVar[str] = "Train a generator"
    notebook: ClassVar[str] = "02_generator_training"
    result_name: ClassVar[str] = "ensemble.nc"

    def __init__(
        self,
        network: Network,
        states: SteadyStates | SteadyState,
        *,
        scale: str = "demo",
        folder: str | Path = "build/panels/training",
        workers: int = 2,
        **values: Any,
    ) -> None:
        self.network, self.states, self.workers = network, states, workers
        self.incidence_chart, self.lambda_chart = LiveChart(), LiveChart()
        self._edges: Array | None = None
        self._first = pd.DataFrame()
        super().__init__(_controls(network, states), scale=scale, folder=folder)
        self.set(**{name: value for name, value in values.items() if value is not None})

    def charts(self) -> list[LiveChart]:
        """Incidence and λmax."""
        return [self.incidence_chart, self.lambda_chart]

    def check(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """The bounds of the KM the right way round."""
        if not settings["km_low_mM"] < settings["km_high_mM"]:
            return {"km_high_mM": f"give more than the lower bound, {settings['km_low_mM']:g}"}
        return {}

    def parameters(self) -> dict[str, Any]:
        """The settings, and one repeat as here."""
        return {**network_parameter(self.network), **self.values(), "repeats": 1}

    def recipe(self, settings: Mapping[str, Any]) -> Recipe:
        """The recipe of some settings."""
        recipe = Recipe.default(
            self.network,
            threshold_per_h=settings["threshold_per_h"],
            ranges=KMRanges.of(
                self.network, low_mM=settings["km_low_mM"], high_mM=settings["km_high_mM"]
            ),
            **{
                name: settings[name]
                for name in (
                    "generations", "population", "models_per_generator", "monitor_models",
                    "sigma", "learning_rate", "decay",
                )
            },
        )  # fmt: skip
        return recipe.but(
            objective=named_objective(
                self.network, settings["objective"], threshold_per_h=settings["threshold_per_h"]
            )
        )

    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> _Task:
        """Recipe, state and checkpoint; the earlier one of the same settings for a new run goes."""
        recipe = self.recipe(settings)
        state = chosen_state(self.states, settings["steady_state"])
        seed = repeat_seeds(settings["seed"], 1)[0]
        trainer = trainer_of(self.network, state, recipe)
        checkpoint = studies.checkpoint_file(self.folder / "checkpoints", trainer, seed)
        if not resume:
            checkpoint.unlink(missing_ok=True)
            self._edges = None
        return _Task(state, recipe, seed, settings["ensemble_models"], checkpoint, resume)

    def work(self, task: _Task, handle: Handle) -> TrainingResult:
        """Train, draw the ensemble and write the files."""
        total = task.recipe.settings.n_steps
        handle.report(Update(0, total, doing=f"generation 0 of {total}"))
        if not task.resume:
            look = self._first_look(task)
            handle.report(
                Update(0, total, doing=f"generation 0 of {total}", content=look, keep=True)
            )

        def progress(state: TrainingState) -> None:
            recent = [record.seconds for record in state.history[-5:]]
            left = float(np.mean(recent)) * (total - state.step)
            doing = f"generation {state.step} of {total}"
            handle.report(Update(state.step, total, left, doing, self._so_far(task, state)))

        training = train(
            self.network, task.state, seed=task.seed, recipe=task.recipe,
            checkpoint=task.checkpoint, resume=True, progress=progress, stop=handle.stop,
            workers=self.workers,
        )  # fmt: skip
        if training.state.step < total:
            return TrainingResult(training, None)
        handle.report(Update(total, total, doing=f"drawing {task.models:,} models"))
        ensemble = training.ensemble(task.models, seed=derived_seed(task.seed, 1))
        end = self._end(training, ensemble)
        handle.report(Update(total, total, doing="writing", content=end, keep=True))
        ensemble.save(self.folder / self.result_name)
        repeat = studies.Repeat("default settings", 0, training, ensemble)
        write_csv(self.folder / "incidence.csv", studies.incidence_history([repeat]))
        return TrainingResult(training, ensemble)

    def show(self, update: Update) -> None:
        """The incidence so far, and λmax now."""
        if not isinstance(update.content, _Drawing):
            return
        for chart, name, made in (
            (self.incidence_chart, live.INCIDENCE, update.content.incidence),
            (self.lambda_chart, live.LAMBDA, update.content.lambda_max),
        ):
            if isinstance(made, dict):
                chart.draw(made)
            else:
                chart.replace({name: made})

    def finish(self, result: TrainingResult) -> str:
        """The incidence of the ensemble in words."""
        assert result.ensemble is not None
        share = float(result.ensemble.valid.mean())
        middle = float(np.nanmedian(result.ensemble.lambda_max_per_h))
        return (
            f"{percent(share)} of {len(result.ensemble):,} models are valid; median λmax "
            f"{number(middle)} 1/h. Written: {self.folder / self.result_name}"
        )

    def _first_look(self, task: _Task) -> _Drawing:
        """Models of the untrained generator: new charts, on axes for the whole run."""
        recipe, threshold = task.recipe, task.recipe.threshold_per_h
        fitness = Fitness(
            self.network, task.state, require_generator(recipe.generator, Generator),
            recipe.objective, threshold, self.workers,
        )  # fmt: skip
        rng = np.random.default_rng(task.seed)
        weights = fitness.initial_weights(rng)
        lambda_max = fitness.evaluate([(weights, fitness.draw_noise(FIRST_LOOK, rng))])[1][0]
        low, high = lambda_range(lambda_max, threshold)
        self._edges = studies.lambda_edges(min(low, LEAST_LAMBDA_PER_H), high, threshold)
        self._first = studies.lambda_bins(lambda_max, self._edges, threshold)
        rows = studies.incidence_row(0, lambda_max, threshold)
        return self._new(rows, lambda_max, threshold, task.recipe.settings.n_steps)

    def _so_far(self, task: _Task, state: TrainingState) -> _Drawing:
        """Rows for the charts that are there."""
        threshold = task.recipe.threshold_per_h
        rows = studies.incidence_so_far(state.history, threshold)
        assert self._edges is not None  # drawn by the first charts
        bins = studies.lambda_bins(state.history[-1].lambda_max_per_h, self._edges, threshold)
        return _Drawing(live.records(rows), live.records(bins))

    def _end(self, training: Training, ensemble: KineticEnsemble) -> _Drawing:
        """Charts that hold their data, the ensemble as the last point."""
        threshold, lambda_max = training.fitness.threshold_per_h, ensemble.lambda_max_per_h
        last = studies.incidence_row(training.state.step, lambda_max, threshold)
        before = studies.incidence_so_far(training.state.history, threshold)
        rows = pd.concat([before, last], ignore_index=True)
        return self._new(rows, lambda_max, threshold, training.settings.n_steps)

    def _new(self, rows: pd.DataFrame, lambda_max: Array, threshold: float, steps: int) -> _Drawing:
        assert self._edges is not None
        bins = studies.lambda_bins(lambda_max, self._edges, threshold)
        return _Drawing(
            specification(live.incidence_so_far(rows, steps=steps)),
            specification(
                live.lambda_now(
                    bins, self._first, threshold_per_h=threshold, models=len(lambda_max)
                )
            ),
        )


def _controls(network: Network, states: SteadyStates | SteadyState) -> list[Control]:
    usual = NESSettings()
    conditions = network.conditions
    last = len(states) - 1 if isinstance(states, SteadyStates) else -1

    def which(value: float) -> str:
        if value < 0:
            return "−1: the default profile" + (f"; or 0 to {last:,}" if last >= 0 else "")
        return f"of 0 to {last:,}; −1 is the default profile"

    return [
        Choice("objective", "Objective",
               "what is wanted of a model; all but the dynamics simulate every valid model, which "
               "takes minutes a generation",
               {text: name for name, text in objectives_for(network).items()}, "dynamics"),
        Number("sigma", "Step σ", "initial weight spreads",
               "how far the tried generators are from the present one; larger explores more, and "
               "the estimate of the direction becomes coarser",
               usual.sigma, 1e-3, 1.0, slider="log"),
        Number("learning_rate", "Learning rate α", "–",
               "how far the generator moves in a generation; larger is quicker until it overshoots",
               usual.learning_rate, 1e-4, 1.0, slider="log"),
        Number("decay", "Decay of α", "share a generation",
               "how much α shrinks in a generation; larger settles sooner and may stop too early",
               usual.decay, 0.0, 0.5, slider="linear", step=0.005),
        Number("population", "Population n", "generators",
               "how many generators are tried in a generation; more give a better direction and "
               "take longer", usual.population, 2, 200, whole=True, slider="linear"),
        Number("models_per_generator", "Models per generator", "models",
               "how many models judge each generator; more give a surer reward and take longer",
               usual.models_per_generator, 1, 1000, whole=True, slider="linear"),
        Number("generations", "Generations", "steps",
               "how long to train; the incidence rises and levels off",
               usual.generations, 1, 1000, whole=True, slider="linear"),
        Number("km_low_mM", "KM, lower bound", "mM",
               "smallest Michaelis constant that a model may have; lower allows more saturated "
               "enzymes", conditions["km_lower_bound"].value, 1e-6, 1e3, slider="log"),
        Number("km_high_mM", "KM, upper bound", "mM",
               "largest Michaelis constant that a model may have; higher allows enzymes that "
               "answer to every change", conditions["km_upper_bound"].value, 1e-6, 1e4,
               slider="log"),
        Number("threshold_per_h", "Threshold of λmax", "1/h",
               "models with λmax at or below it are valid; lower asks for faster models and makes "
               "them rarer", conditions["eigenvalue_threshold"].value, -30.0, 0.0,
               slider="linear", step=0.1, hint=_time_constant, explained=True),
        Number("seed", "Seed", "whole number",
               "of all random numbers; the same seed gives the same result, bit by bit",
               1, 0, 2**31 - 1, whole=True),
        Number("steady_state", "Steady state", "number",
               "at which the models stand: other fluxes and concentrations, other rates",
               -1, -1, last, whole=True, hint=which),
        Number("ensemble_models", "Models drawn at the end", "models",
               "size of the ensemble that is saved; more give a surer incidence",
               1000, 1, 100_000, whole=True),
        Number("monitor_models", "Models that watch", "models",
               "made in each generation to draw the charts; they do not change the training",
               usual.monitor_models, 10, 1000, whole=True),
    ]  # fmt: skip


def _time_constant(threshold_per_h: float) -> str:
    if threshold_per_h == 0:
        return "A model is valid when it is stable, however slow."
    return (
        "A model is valid when λmax is at or below this, so that every small disturbance fades "
        f"with a time constant of at most {60 / -threshold_per_h:.3g} min (λ_partition)."
    )


def chosen_state(states: SteadyStates | SteadyState, number: int) -> SteadyState:
    return states if isinstance(states, SteadyState) else states.numbered(number)
