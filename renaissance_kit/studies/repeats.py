"""Repeats of a training, and their histories as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import incidence_interval
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.seeds import derived_seed
from renaissance_kit.core.stores import store_of
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.spectrum import incidence_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.text import percent
from renaissance_kit.training.fit import Training, train
from renaissance_kit.training.fitness import Where
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.trainer import Trainer, TrainingState
from renaissance_kit.training.trainers import trainer_of


@dataclass(frozen=True)
class Repeat:
    """One training and the models drawn from it after the last step."""

    label: str
    number: int
    training: Training
    ensemble: KineticEnsemble

    @property
    def incidence(self) -> float:
        """Share of valid models among all of the ensemble, `not_finite` ones included."""
        return float(self.ensemble.valid.mean())

    @property
    def not_finite(self) -> int:
        """Number of models of the ensemble whose Jacobian is not finite; they are never valid."""
        return int(np.isnan(self.ensemble.lambda_max_per_h).sum())

    @property
    def seconds(self) -> float:
        """Wall time of all steps, also of those before an interruption."""
        return float(self.training.history.seconds.sum())


def run_repeats(
    network: Network,
    state: SteadyState,
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    models: int,
    every: int = 5,
    run: Run = RUN,
) -> list[Repeat]:
    """Train once per seed and draw an ensemble from each trained generator.

    Args:
        seeds: one per repeat, see `repeat_seeds`.
        models: size of each ensemble.
        every: steps from one line of progress to the next.
        run: threads; store of checkpoints, from which a training resumes; progress; stop, which is
            asked after each training.
    """
    repeats = []
    for number, seed in enumerate(seeds):
        training = kept_training(
            network, state, recipe, seed=seed, run=run,
            progress=_line_of(recipe, number, run, every),
        )  # fmt: skip
        # Not the training's own seed: its stream begins with the initial weights.
        ensemble = training.ensemble(models, seed=derived_seed(seed, 1))
        repeats.append(Repeat(recipe.label, number, training, ensemble))
        run.say(
            f"{recipe.label}, repeat {number}: {repeats[-1].seconds:.0f} s, "
            f"final incidence {percent(repeats[-1].incidence, 1)} of {models:,} models"
        )
        if run.stopped:
            break
    return repeats


def _line_of(
    recipe: Recipe, number: int, run: Run, every: int
) -> Callable[[TrainingState], None] | None:
    if run.progress is None:
        return None

    def report(state: TrainingState) -> None:
        if state.step % every == 0 and state.step < recipe.settings.n_steps:
            lambda_max = state.history[-1].lambda_max_per_h
            share = incidence_of(lambda_max, recipe.threshold_per_h)
            middle = pd.Series(lambda_max).median()  # of those that have one
            run.say(
                f"{recipe.label}, repeat {number}: step {state.step} of "
                f"{recipe.settings.n_steps}, incidence {percent(share)}, median λmax "
                f"{middle:.3g} 1/h"
            )

    return report


def incidence_history(repeats: Iterable[Repeat]) -> pd.DataFrame:
    """One row per repeat and step, the last from the ensemble of the trained generator.

    Columns: group, repeat, seed, step (steps taken before), incidence, models (it is a share of),
    not_finite (those of them without eigenvalues, which are never valid).
    """
    rows = []
    for repeat in repeats:
        training = repeat.training
        common = {"group": repeat.label, "repeat": repeat.number, "seed": training.seed}
        for record in training.state.history:
            share = incidence_of(record.lambda_max_per_h, training.fitness.threshold_per_h)
            rows.append(
                {
                    **common,
                    "step": record.step,
                    "incidence": share,
                    "models": len(record.lambda_max_per_h),
                    "not_finite": int(np.isnan(record.lambda_max_per_h).sum()),
                }
            )
        rows.append(
            {
                **common,
                "step": training.state.step,
                "incidence": repeat.incidence,
                "models": len(repeat.ensemble),
                "not_finite": repeat.not_finite,
            }
        )
    return pd.DataFrame(rows)


def lambda_history(repeats: Iterable[Repeat]) -> pd.DataFrame:
    """λmax of every model that was made to watch the training, and of the final ensembles.

    Columns: group, repeat, step (steps taken before), lambda_max_per_h.
    """
    parts = []
    for repeat in repeats:
        training = repeat.training
        final = repeat.ensemble.lambda_max_per_h
        steps = [(r.step, r.lambda_max_per_h) for r in training.state.history]
        for step, values in [*steps, (training.state.step, final)]:
            parts.append(
                pd.DataFrame(
                    {
                        "group": repeat.label,
                        "repeat": repeat.number,
                        "step": step,
                        "lambda_max_per_h": values,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def first_and_last(history: pd.DataFrame) -> pd.DataFrame:
    """Incidence before training and of the trained generator, one row a repeat.

    Args:
        history: as from `incidence_history`.

    Returns:
        Columns group, repeat, steps (of the training), first, last.
    """
    rows = []
    for (group, repeat), part in history.groupby(["group", "repeat"], sort=False):
        ends = part.iloc[[0, -1]].incidence
        rows.append((group, repeat, int(part.step.iloc[-1]), *map(float, ends)))
    return pd.DataFrame(rows, columns=["group", "repeat", "steps", "first", "last"])


def mean_over_repeats(history: pd.DataFrame) -> pd.DataFrame:
    """Mean incidence by group and step with its `incidence_interval`.

    Columns: group, step, incidence, low, high, repeats, interval (what it is based on).
    """
    rows = []
    for (group, step), part in history.groupby(["group", "step"], sort=False):
        low, high, kind = incidence_interval(list(part.incidence), list(part.models))
        rows.append(
            {
                "group": group,
                "step": step,
                "incidence": float(part.incidence.mean()),
                "low": low,
                "high": high,
                "repeats": len(part),
                "interval": kind,
            }
        )
    return pd.DataFrame(rows)


def kept_training(
    network: Network,
    state: Where,
    recipe: Recipe,
    *,
    seed: int,
    run: Run = RUN,
    progress: Callable[[TrainingState], None] | None = None,
) -> Training:
    """`train` to the end, with a checkpoint in the store, from which it resumes.

    Args:
        run: threads and store.
        progress: called with the state after every step.
    """
    path = None
    if run.store is not None:
        path = checkpoint_file(run.store, trainer_of(network, state, recipe), seed)
    return train(
        network, state, seed=seed, recipe=recipe, checkpoint=path, resume=path is not None,
        progress=progress, workers=run.threads,
    )  # fmt: skip


def checkpoint_file(folder: str | Path, trainer: Trainer, seed: int) -> Path:
    """File of one run; its name changes with whatever changes the run."""
    return store_of(folder, "training", trainer.settings, trainer.digest, seed).with_suffix(".npz")
