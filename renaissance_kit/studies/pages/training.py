"""Notebook 02, does training work?: its sizes and its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.studies.baseline import Baseline
from renaissance_kit.studies.models import Confirmation
from renaissance_kit.studies.repeats import Repeat
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent
from renaissance_kit.training.nes import NESSettings


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the runs are.

    Attributes:
        repeats: trainings with the default recipe, a seed each.
        generations: of these.
        population: generators tried in a generation.
        models_per_generator: that each of them is judged by.
        paper_repeats: trainings with the paper's settings.
        released_repeats: trainings with the released code's settings.
        paper_generations: of those with the paper's settings.
        released_generations: of those with the released code's.
        baseline_models: unbiased models for comparison.
        ensemble_models: in the ensemble that is written.
        km_sets: in the measurement of time.
        grid: whether to train over a grid of settings, see `GRIDS`.
        monitor_models: that watch a training.
        parts: whether to train without each part of the recipe.
        part_repeats: trainings without each part, a seed each.
    """

    repeats: int
    generations: int
    population: int
    models_per_generator: int
    paper_repeats: int
    paper_generations: int
    released_repeats: int
    released_generations: int
    baseline_models: int
    ensemble_models: int
    km_sets: int
    grid: bool
    monitor_models: int
    parts: bool
    part_repeats: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "repeats": (2, 1, 3, 10),
        "generations": (3, 50, 50, 50),
        "population": (4, 20, 20, 20),
        "models_per_generator": (10, 100, 100, 100),
        "paper_repeats": (1, 1, 3, 10),
        "paper_generations": (3, 10, 50, 50),
        "released_repeats": (1, 1, 3, 5),
        "released_generations": (3, 5, 25, 25),
        "baseline_models": (100, 2_000, 10_000, 50_000),
        "ensemble_models": (40, 1_000, 1_500, 1_500),
        "km_sets": (20_000, 100_000, 1_000_000, 1_000_000),
        "grid": (True, False, True, True),
        "monitor_models": (20, 100, 100, 100),
        "parts": (True, False, True, True),
        "part_repeats": (1, 1, 1, 3),
    }


@dataclass(frozen=True)
class Grid:
    """Short trainings over a grid of settings.

    Attributes:
        sigma, learning_rate: as multiples of the default ones.
        generations: of each training.
        models: in a generation.
        population, decay: as they are; only the default where empty.
    """

    sigma: tuple[float, ...]
    learning_rate: tuple[float, ...]
    generations: int
    models: int
    population: tuple[int, ...] = ()
    decay: tuple[float, ...] = ()

    def around(self, settings: NESSettings) -> dict[str, list[float]]:
        """Values by setting, in the order in which they are tried."""
        values: dict[str, list[float]] = {
            "population": list(self.population),
            "decay": list(self.decay),
            "sigma": [factor * settings.sigma for factor in self.sigma],
            "learning_rate": [factor * settings.learning_rate for factor in self.learning_rate],
        }
        return {name: tried for name, tried in values.items() if tried}

    def length(self, settings: NESSettings) -> str:
        """How long each training is, beside one with the settings."""
        models = settings.population * settings.models_per_generator
        return (
            f"Short trainings: {self.generations} generations of {self.models} models; "
            f"the default has {settings.generations} of {models:,}."
        )


GRIDS: Mapping[str, Grid] = {
    "smoke": Grid((0.5, 2), (0.5, 2), generations=2, models=40),
    "demo": Grid((0.5, 2), (0.5, 2), generations=10, models=100),
    "laptop": Grid((0.5, 1, 2), (0.5, 1, 2), 30, 600, population=(10, 20), decay=(0.0, 0.05)),
    "paper": Grid((0.25, 0.5, 1, 2), (0.25, 0.5, 1, 2), 50, 1_000, (10, 20, 40), (0.0, 0.05)),
}
"""The grid of each scale."""

MILLION = 1_000_000


def unbiased(baseline: Baseline) -> Text:
    """How many models are valid without training."""
    low, high = baseline.interval
    return Text(
        f"{baseline.valid:,} of {len(baseline.lambda_max_per_h):,} unbiased models are valid: "
        f"{percent(baseline.incidence, 2)} (95 % Wilson interval {percent(low, 2)} to "
        f"{percent(high, 2)}). A model whose "
        f"Jacobian is not finite counts as not valid; there are {baseline.not_finite:,}."
    )


def incidence(first_and_last: pd.DataFrame, baseline: Baseline) -> Text:
    """From where to where the incidence went, and what the baselines have.

    Args:
        first_and_last: as from `renaissance_kit.studies.first_and_last`, of the default settings
            and after them of the published ones.
    """
    (_, own), *published = first_and_last.groupby("group", sort=False)
    low, high = baseline.interval
    reached = "; ".join(
        f"the {label} {percent(part['last'].mean(), 1)} in {part.steps.iloc[0]} generations over "
        f"{len(part)} repeat(s)"
        for label, part in published
    )
    return Text(
        f"Mean incidence went from {percent(own['first'].mean(), 1)} to "
        f"{percent(own['last'].mean(), 1)} in "
        f"{own.steps.iloc[0]} generations over {len(own)} repeat(s), from "
        f"{percent(own['last'].min(), 1)} to {percent(own['last'].max(), 1)}. Unbiased sampling "
        f"has "
        f"{percent(baseline.incidence, 2)} ({percent(low, 2)} to {percent(high, 2)}). Reached by "
        f"published "
        f"recipes: {reached}."
    )


def lambda_max(lambdas: pd.DataFrame, threshold_per_h: float) -> Text:
    """Whether all models become faster, or only a few."""
    by_step = lambdas.groupby("step").lambda_max_per_h
    medians, fastest = by_step.median(), by_step.min()
    return Text(
        f"The median λmax went from {medians.iloc[0]:.3g} to {medians.iloc[-1]:.3g} 1/h and the "
        f"smallest from {fastest.iloc[0]:.3g} to {fastest.iloc[-1]:.3g} 1/h; the threshold is "
        f"{threshold_per_h:g} 1/h."
    )


def best_of_grid(grid: pd.DataFrame) -> pd.Series:
    """The row of the highest incidence, the first of equals."""
    return grid.sort_values("incidence", ascending=False, kind="stable").iloc[0]


def settings_grid(grid: pd.DataFrame | None, scale: str) -> Text:
    """Which settings train best in the same time, if the grid was computed."""
    if grid is None:
        return Text(f"Not computed at scale {scale}; set `grid=True`, or a larger scale.")
    best = best_of_grid(grid)
    return Text(
        f"Best of {len(grid)} trainings: σ = {best.sigma:g}, α = {best.learning_rate:g}, "
        f"n = {best.population:.0f}, decay {percent(best.decay, 0)}, with an incidence of "
        f"{percent(best.incidence, 1)}; the worst had {percent(grid.incidence.min(), 1)}."
    )


def recipe_parts(parts: pd.DataFrame | None, scale: str) -> Text:
    """Without which parts of the recipe the incidence falls most, if that was computed."""
    if parts is None:
        return Text(f"Not computed at scale {scale}; set `parts=True`, or a larger scale.")
    mean = parts.groupby("variant", sort=False).incidence.mean()
    loss = (mean.iloc[0] - mean.iloc[1:]).sort_values(ascending=False)
    losses = ", ".join(f"{name} ({percent(mean[name], 1)})" for name in loss.index[:4])
    return Text(
        f"The default recipe reached {percent(mean.iloc[0], 1)}. The largest losses: {losses}."
    )


def ensemble(file: str, check: Confirmation) -> Text:
    """What the saved ensemble holds, and that its valid models are valid."""
    return Text(
        f"`{file}` holds {check.models:,} models, {check.counted:,} counted as valid and "
        f"{check.confirmed:,} of them confirmed; stored and recomputed λmax differ by at most "
        f"{check.largest_difference:.1e} (relative)."
    )


def km_shift(shift: pd.DataFrame, names: Mapping[str, str]) -> Text:
    """Which constant training moved most, and how many it moved at all.

    Args:
        names: of constants for readers, as in `renaissance_kit.Network.names`.
    """
    top = shift.iloc[0]
    return Text(
        f"{names.get(top['name'], top['name'])} moved most: its median went from "
        f"{top.median_before_mM:.3g} to {top.median_after_mM:.3g} mM "
        f"(Kolmogorov–Smirnov distance {top.distance:.2f}). "
        f"{(shift.distance > 0.5).sum()} of {len(shift)} constants moved by more than 0.5, "
        f"{(shift.distance < 0.1).sum()} by less than 0.1."
    )


def time(
    budget: pd.DataFrame, runs: Sequence[Repeat], stream: Mapping[str, float], workers: int
) -> Text:
    """What a training and a million sets of KM take.

    Args:
        budget: as from `renaissance_kit.studies.time_budget`.
        stream: as from `renaissance_kit.studies.time_km_sets`.
    """
    return Text(
        f"{100 * budget.share[budget.part == 'eigenvalues'].iloc[0]:.0f} % of the time goes to "
        f"eigenvalues. A training took {seconds_of(runs):.0f} s of wall time on {workers} "
        f"workers. {stream['sets']:,.0f} sets of KM were written in {stream['seconds']:.1f} s "
        f"({stream['megabytes']:,.0f} MB), "
        + ("" if stream["sets"] >= MILLION else "which extrapolates to ")
        + f"{stream['seconds_per_million']:.1f} s a million."
    )


def seconds_of(runs: Sequence[Repeat]) -> float:
    """Mean wall time of a training."""
    return float(np.mean([run.seconds for run in runs]))
