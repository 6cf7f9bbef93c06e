"""Repeats of a training, and their histories as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import incidence_interval
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import derived_seed
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.spectrum import incidence_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyState
from renaissance_kit.training.fit import KineticObjective, Training, train
from renaissance_kit.training.nes import EvolutionState
from renaissance_kit.training.recipes import Recipe

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Repeat:
    """One training and the models drawn from it after the last generation."""

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
        """Wall time of all generations, also of those before an interruption."""
        return float(self.training.history.seconds.sum())


def run_repeats(
    network: Network,
    state: SteadyState,
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    models: int,
    folder: str | Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
    every: int = 5,
) -> list[Repeat]:
    """Train once per seed and draw an ensemble from each trained generator.

    Args:
        seeds: one per repeat, see `repeat_seeds`.
        models: size of each ensemble.
        folder: of the checkpoints; a run that is there already goes on where it stopped.
        progress: called with a line of text after every ``every`` generations and at the end.
    """
    objective = KineticObjective.of(network, state, recipe, workers=workers)
    repeats = []
    for number, seed in enumerate(seeds):
        training = train(
            network,
            state,
            seed=seed,
            recipe=recipe,
            checkpoint=None if folder is None else checkpoint_file(folder, recipe, objective, seed),
            resume=folder is not None,
            progress=_line_of(recipe, number, progress, every),
            workers=workers,
        )
        # Not the training's own seed: its stream begins with the initial weights.
        ensemble = training.ensemble(models, seed=derived_seed(seed, 1))
        repeats.append(Repeat(recipe.label, number, training, ensemble))
        if progress:
            progress(
                f"{recipe.label}, repeat {number}: {repeats[-1].seconds:.0f} s, "
                f"final incidence {repeats[-1].incidence:.1%} of {models:,} models"
            )
    return repeats


def _line_of(
    recipe: Recipe, number: int, progress: Progress | None, every: int
) -> Callable[[EvolutionState], None] | None:
    if progress is None:
        return None

    def report(state: EvolutionState) -> None:
        if state.generation % every == 0 and state.generation < recipe.settings.generations:
            lambda_max = state.history[-1].lambda_max_per_h
            share = incidence_of(lambda_max, recipe.threshold_per_h)
            middle = pd.Series(lambda_max).median()  # of those that have one
            progress(
                f"{recipe.label}, repeat {number}: generation {state.generation} of "
                f"{recipe.settings.generations}, incidence {share:.0%}, median λmax "
                f"{middle:.3g} 1/h"
            )

    return report


def incidence_history(repeats: Iterable[Repeat]) -> pd.DataFrame:
    """One row per repeat and generation, the last from the ensemble of the trained generator.

    Columns: group, repeat, seed, generation (steps taken), incidence, models (it is a share of),
    not_finite (those of them without eigenvalues, which are never valid).
    """
    rows = []
    for repeat in repeats:
        training = repeat.training
        common = {"group": repeat.label, "repeat": repeat.number, "seed": training.seed}
        for record in training.state.history:
            share = incidence_of(record.lambda_max_per_h, training.objective.threshold_per_h)
            rows.append(
                {
                    **common,
                    "generation": record.generation,
                    "incidence": share,
                    "models": len(record.lambda_max_per_h),
                    "not_finite": int(np.isnan(record.lambda_max_per_h).sum()),
                }
            )
        rows.append(
            {
                **common,
                "generation": training.state.generation,
                "incidence": repeat.incidence,
                "models": len(repeat.ensemble),
                "not_finite": repeat.not_finite,
            }
        )
    return pd.DataFrame(rows)


def lambda_history(repeats: Iterable[Repeat]) -> pd.DataFrame:
    """λmax of every model that was made to watch the training, and of the final ensembles.

    Columns: group, repeat, generation (steps taken), lambda_max_per_h.
    """
    parts = []
    for repeat in repeats:
        training = repeat.training
        final = repeat.ensemble.lambda_max_per_h
        steps = [(r.generation, r.lambda_max_per_h) for r in training.state.history]
        for generation, values in [*steps, (training.state.generation, final)]:
            parts.append(
                pd.DataFrame(
                    {
                        "group": repeat.label,
                        "repeat": repeat.number,
                        "generation": generation,
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
        Columns group, repeat, generations, first, last.
    """
    rows = []
    for (group, repeat), part in history.groupby(["group", "repeat"], sort=False):
        ends = part.iloc[[0, -1]].incidence
        rows.append((group, repeat, int(part.generation.iloc[-1]), *map(float, ends)))
    return pd.DataFrame(rows, columns=["group", "repeat", "generations", "first", "last"])


def mean_over_repeats(history: pd.DataFrame) -> pd.DataFrame:
    """Mean incidence by group and generation with its `incidence_interval`.

    Columns: group, generation, incidence, low, high, repeats, interval (what it is based on).
    """
    rows = []
    for (group, generation), part in history.groupby(["group", "generation"], sort=False):
        low, high, kind = incidence_interval(list(part.incidence), list(part.models))
        rows.append(
            {
                "group": group,
                "generation": generation,
                "incidence": float(part.incidence.mean()),
                "low": low,
                "high": high,
                "repeats": len(part),
                "interval": kind,
            }
        )
    return pd.DataFrame(rows)


def checkpoint_file(
    folder: str | Path, recipe: Recipe, objective: KineticObjective, seed: int
) -> Path:
    """File of one run; its name changes with whatever changes the run."""
    name = fingerprint(recipe.settings, objective.digest)
    return Path(folder) / f"{name}-seed{seed}.npz"
