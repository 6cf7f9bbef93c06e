"""Notebook 03, are valid models robust?: what it writes beside the paper and into its summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.simulation.perturbation import PerturbationResult
from renaissance_kit.studies.criteria import share_name
from renaissance_kit.studies.pages.robustness import READ_MIN
from renaissance_kit.studies.published import Claim
from renaissance_kit.studies.robustness import CYTOSOL, share_at
from renaissance_kit.studies.text import percent


def claims(
    asked: Iterable[tuple[str, float]],
    by_tolerance: pd.DataFrame,
    compared: pd.DataFrame,
    by_criterion: pd.DataFrame,
    *,
    tolerance: float,
    last_min: float,
    published_size: bool,
) -> list[Claim]:
    """Rows of the table beside the paper.

    Args:
        asked: groups and minutes with a published value.
        by_tolerance: as from `renaissance_kit.studies.return_shares`.
        compared: as from `renaissance_kit.studies.generator_table`.
        by_criterion: as from `renaissance_kit.studies.criteria_table`.
        last_min: end of the integrations.
        published_size: whether this run is.
    """
    rows: list[Claim] = []
    for group, minutes in asked:
        here = share_at(by_tolerance, group, minutes, tolerance)
        wider = ", ".join(
            f"{percent(share_at(by_tolerance, group, minutes, t).share, 1)} at {100 * t:g} %"
            for t in (0.05, 0.1)
        )
        rows.append(
            ("C9" if group == CYTOSOL else "C8", f"{group} back within {minutes:g} min",
             percent(here.share, 1),
             f"{percent(here.low, 1)} to {percent(here.high, 1)} (95 %), {here.perturbed:,} "
             f"perturbed, tolerance "
             f"{100 * tolerance:g} %; {wider}{_nearest(by_criterion, group, minutes)}",
             published_size)
        )  # fmt: skip
    rows += [
        ("C8", f"back within {last_min / 60:g} h, {r.generator}", percent(r.ever, 1),
         f"{percent(r.ever_low, 1)} to {percent(r.ever_high, 1)} (95 %), {r.models:,} models with "
         f"a median λmax of "
         f"{r.median_lambda_max_per_h:.1f} 1/h", published_size)
        for _, r in compared.iterrows()
    ]  # fmt: skip
    return rows


def _nearest(by_criterion: pd.DataFrame, group: str, minutes: float) -> str:
    """The share by the combination of criterion and generator that is nearest to the paper."""
    first = by_criterion.iloc[0]
    if not first.of_share:
        return ""
    return (
        f"; nearest to the paper in all shares: {first.criterion}, {first.generator}, "
        f"{percent(first[share_name(group, minutes)], 1)}"
    )


def shares_read(over_time: pd.DataFrame) -> dict[str, float]:
    """Shares at the times that the paper reports, as they stand in ``summary.json``."""
    read = over_time[over_time.time_min.isin(READ_MIN)]
    return {
        f"{row.group.replace(' ', '_')}_within_{row.time_min:g}_min": float(row.share)
        for _, row in read.iterrows()
    }


def summary(
    result: PerturbationResult,
    ensemble: KineticEnsemble,
    over_time: pd.DataFrame,
    late: pd.DataFrame,
    variables: Sequence[str],
    tolerance: float,
) -> dict[str, Any]:
    """The results of the notebook for ``summary.json``."""
    times = result.return_time_min(tolerance, variables).max(axis=-1)
    return {
        "median_time_constant_min": float(np.median(-60 / ensemble.lambda_max_per_h)),
        **shares_read(over_time),
        "latest_metabolite": late.iloc[0].variable,
        "not_back_at_the_last_time": float(np.isinf(times).mean()),
        "median_seconds_of_an_integration": float(np.median(result.dataset.seconds.values)),
    }
