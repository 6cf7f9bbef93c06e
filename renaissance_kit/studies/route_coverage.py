"""Whether a route's models cover those of the others, beside log-uniform constants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from renaissance_kit.analysis.diversity import diversity_of, pair_coverage
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.studies.routes import LEAST_VALID, RouteRun, coverage_table


def first_runs(runs: Sequence[RouteRun]) -> list[RouteRun]:
    """The first run of each route at each state."""
    first: dict[tuple[str, str], RouteRun] = {}
    for run in runs:
        first.setdefault((run.route, run.state), run)
    return list(first.values())


def coverage_by_state(
    runs: Sequence[RouteRun], rng: np.random.Generator, *, pairs: int = 60
) -> pd.DataFrame:
    """`coverage_table` of the first runs, state by state.

    Args:
        rng: chooses models and pairs.
        pairs: of constants.
    """
    first = first_runs(runs)
    labels = dict.fromkeys(run.state for run in first)
    return pd.concat(
        coverage_table([run for run in first if run.state == label], rng, pairs=pairs)
        for label in labels
    )


def mean_coverage(runs: Sequence[RouteRun], coverage: pd.DataFrame) -> list[float]:
    """Mean coverage of the other routes' models by each run; NaN for repeats, which have none."""
    others = coverage[coverage.route != coverage.other]
    mean = others.groupby(["route", "state"]).coverage.mean()
    first = {id(run) for run in first_runs(runs)}
    return [
        float(mean.get((run.route, run.state), np.nan)) if id(run) in first else np.nan
        for run in runs
    ]


def log_uniform_diversity(
    ranges: KMRanges, runs: Sequence[RouteRun], table: pd.DataFrame, rng: np.random.Generator
) -> dict[str, float]:
    """Spread, dependence and coverage of log-uniform constants, the widest that there are.

    Args:
        ranges: bounds of the constants.
        runs: whose valid models are to be covered.
        table: as from `renaissance_kit.studies.diversity_table`; says how large a sample is.
        rng: draws the sets.
    """
    measured = table.dropna(subset=["std_mean"])
    n = int(measured.valid.iloc[0]) if len(measured) else LEAST_VALID
    uniform = np.log(ranges.uniform(2 * n, rng))
    reference = diversity_of(uniform[:n], rng)
    half = max(n // 2, 6)
    covered = [
        pair_coverage(uniform[:half], run.valid_log_km[:half], rng, pairs=20)
        for run in first_runs(runs)
        if len(run.valid_log_km) >= half
    ]
    return {
        "std_mean": reference.std_mean,
        "joint_deficit": reference.joint_deficit,
        "coverage": float(np.mean(covered or [np.nan])),
    }
