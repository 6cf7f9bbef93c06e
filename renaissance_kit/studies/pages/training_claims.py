"""Notebook 02, does training work?: what it writes beside the paper and into its summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from renaissance_kit.analysis.intervals import incidence_interval
from renaissance_kit.network.network import Network
from renaissance_kit.studies.baseline import Baseline
from renaissance_kit.studies.models import Confirmation
from renaissance_kit.studies.pages.states_claims import size_of_network
from renaissance_kit.studies.pages.training import GRIDS, MILLION, best_of_grid, seconds_of
from renaissance_kit.studies.published import Claim
from renaissance_kit.studies.repeats import Repeat
from renaissance_kit.studies.text import percent
from renaissance_kit.training.nes import NESSettings
from renaissance_kit.training.recipes import RELEASED_GENERATIONS

PUBLISHED_GENERATIONS, PUBLISHED_MODELS = 50, 2_000  # models in a generation


def spread(shares: pd.Series, models: int) -> str:
    """Range of the repeats, and the 95 % interval of their mean.

    Args:
        models: that each share is of.
    """
    low, high, basis = incidence_interval(list(shares), [models] * len(shares))
    return (
        f"{percent(shares.min(), 1)} to {percent(shares.max(), 1)} over {len(shares)} repeat(s); "
        f"95 % interval, by {basis}, {percent(low, 1)} to {percent(high, 1)}"
    )


def claims(
    network: Network,
    settings: NESSettings,
    first_and_last: pd.DataFrame,
    lambdas: pd.DataFrame,
    baseline: Baseline,
    runs: Sequence[Repeat],
    stream: Mapping[str, float],
    grid: pd.DataFrame | None,
    *,
    scale: str,
    workers: int,
) -> list[Claim]:
    """Rows of the table beside the paper; arguments as those of the sentences above."""
    (_, own), (_, paper), (_, released) = first_and_last.groupby("group", sort=False)
    last, models = own["last"], len(runs[0].ensemble)
    medians = lambdas.groupby("step").lambda_max_per_h.median()
    low, high = baseline.interval
    full = (
        settings.generations >= PUBLISHED_GENERATIONS
        and settings.population * settings.models_per_generator >= PUBLISHED_MODELS
    )
    paper_full = full and paper.steps.iloc[0] >= PUBLISHED_GENERATIONS
    released_full = full and released.steps.iloc[0] >= RELEASED_GENERATIONS
    million = stream["sets"] >= MILLION
    chosen, of_grid, grid_full = "not computed", "", False
    if grid is not None:
        best, length = best_of_grid(grid), GRIDS[scale].generations
        chosen = (
            f"σ {best.sigma:g}, α {best.learning_rate:g}, n {best.population:.0f}, "
            f"decay {percent(best.decay, 0)}"
        )
        of_grid = f"{len(grid)} trainings of {length} generations, one seed"
        grid_full = length >= PUBLISHED_GENERATIONS
    return [
        *size_of_network(network),
        ("C3", "mean incidence after training", percent(last.mean(), 1), spread(last, models),
         full),
        ("C3", "repeats at 100 %", f"{(last == 1).sum()} of {len(last)}",
         f"best {percent(last.max(), 1)}", full),
        ("C3", "mean incidence with the paper's settings", f"{percent(paper['last'].mean(), 1)}",
         spread(paper["last"], models), paper_full),
        ("C3", "mean incidence with the released code's settings",
         percent(released["last"].mean(), 1), spread(released["last"], models), released_full),
        ("C4", "median λmax, first and last generation (1/h)",
         f"{medians.iloc[0]:.3g}, {medians.iloc[-1]:.3g}", f"{len(lambdas):,} models", full),
        ("C5", "incidence of unbiased sampling", percent(baseline.incidence, 2),
         f"{percent(low, 2)} to {percent(high, 2)} (Wilson), {len(baseline.lambda_max_per_h):,} "
         f"models", True),
        ("C6", "time of a training (min)", f"{seconds_of(runs) / 60:.2f}",
         f"{len(runs)} training(s), {workers} workers", full),
        ("C6", "time for a million KM sets (s)", f"{stream['seconds_per_million']:.1f}",
         "measured once" if million else f"extrapolated from {stream['sets']:,.0f} sets", million),
        ("C7", "settings by grid search", chosen, of_grid, grid_full),
    ]  # fmt: skip


def summary(
    first_and_last: pd.DataFrame,
    baseline: Baseline,
    runs: Sequence[Repeat],
    paper_runs: Sequence[Repeat],
    released_runs: Sequence[Repeat],
    check: Confirmation,
    stream: Mapping[str, float],
) -> dict[str, Any]:
    """The results of the notebook for ``summary.json``."""
    (_, own), (_, paper), (_, released) = first_and_last.groupby("group", sort=False)
    evaluated = runs[0].training.models_evaluated  # of one training, without those that watch it
    return {
        "repeats": len(runs),
        "generations": int(own.steps.iloc[0]),
        "incidence_first": float(own["first"].mean()),
        "incidence_last": float(own["last"].mean()),
        "incidence_last_of_repeats": own["last"].tolist(),
        "not_finite_last_of_repeats": [run.not_finite for run in runs],
        "paper_settings_generations": int(paper.steps.iloc[0]),
        "paper_settings_incidence_last": float(paper["last"].mean()),
        "paper_settings_not_finite_last_of_repeats": [run.not_finite for run in paper_runs],
        "released_settings_generations": int(released.steps.iloc[0]),
        "released_settings_incidence_last": float(released["last"].mean()),
        "released_settings_not_finite_last_of_repeats": [run.not_finite for run in released_runs],
        "baseline_incidence": baseline.incidence,
        "baseline_interval_95": list(baseline.interval),
        "baseline_models": len(baseline.lambda_max_per_h),
        "baseline_not_finite": baseline.not_finite,
        "ensemble_models": check.models,
        "ensemble_not_finite": runs[0].not_finite,
        "valid_models": check.confirmed,
        "seconds_training": seconds_of(runs),
        "models_evaluated": evaluated,
        "models_per_second": evaluated / seconds_of(runs),
        "seconds_per_million_km_sets": stream["seconds_per_million"],
    }
