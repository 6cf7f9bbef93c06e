"""Bioreactor simulations beside the measured curves, outside and inside the cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.simulation.bioreactor import (
    BioreactorResult,
)
from renaissance_kit.simulation.fit import Fit, MeasuredCurve
from renaissance_kit.simulation.integrators import Outcome

Progress = Callable[[str], None]

MATCHING, BEST, OTHER = "matching", "best", "other"


def bioreactor_outcomes(result: BioreactorResult) -> pd.DataFrame:
    """How the integrations ended: outcome, meaning, models and an example of the reason."""
    outcome, reason = result.dataset.outcome.values, result.dataset.reason.values
    rows = []
    for kind in Outcome:
        which = outcome == kind
        if which.any():
            rows.append((kind.name, kind.meaning, int(which.sum()), str(reason[which][0])))
    return pd.DataFrame(rows, columns=["outcome", "meaning", "models", "example"])


# --- beside the measurements ----------------------------------------------------------------------


def measured_table(curves: Sequence[MeasuredCurve]) -> pd.DataFrame:
    """The measured points: quantity, unit, time_h, value, low, high, uncertainty, strain."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "quantity": curve.quantity,
                    "unit": curve.unit,
                    "time_h": curve.time_course.time_h,
                    "value": curve.time_course.value,
                    "low": curve.time_course.low,
                    "high": curve.time_course.high,
                    "uncertainty": curve.uncertainty,
                    "strain": curve.time_course.strain,
                }
            )
            for curve in curves
        ],
        ignore_index=True,
    )


def time_course_table(
    result: BioreactorResult,
    fit: Fit,
    curves: Sequence[MeasuredCurve],
    *,
    best: int = 10,
    background: int = 80,
    every_h: float = 1.0,
) -> pd.DataFrame:
    """Simulated time courses in the units of the measurements.

    Args:
        best: that are shown where no model matches.
        background: others that are shown: the first ones, which is as good as a random choice.
        every_h: time between two points.

    Returns:
        Columns model, group (matching, best or other), quantity, time_h, value.
    """
    positions, groups = _chosen(fit, best, background)
    times = times_of(result, every_h)
    parts = []
    for curve in curves:
        values = curve.simulated(result, times)[positions]
        parts.append(
            pd.DataFrame(
                {
                    "model": np.repeat(fit.models[positions], len(times)),
                    "group": np.repeat(groups, len(times)),
                    "quantity": curve.quantity,
                    "time_h": np.tile(times, len(positions)),
                    "value": values.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def goodness_of_fit_table(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Goodness of fit of groups of models, long: group, model, curve, goodness_of_fit.

    The curve ``all`` is the worst of a model's curves. Models that did not finish are left out.
    """
    rows = []
    for group, fit in fits.items():
        done = fit.finished
        for name, values in [
            *zip(fit.quantities, fit.goodness_of_fit.T, strict=True),
            ("all", fit.worst),
        ]:
            rows.append(
                pd.DataFrame(
                    {"group": group, "model": fit.models[done], "curve": name,
                     "goodness_of_fit": values[done]}
                )
            )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def matches_by_threshold(fit: Fit, thresholds: Sequence[float]) -> pd.DataFrame:
    """Models that match each curve, and all of them, at several thresholds."""
    rows = []
    for threshold in thresholds:
        matched = replace(fit, threshold=threshold)
        row: dict[str, Any] = {"threshold": threshold}
        row |= dict(zip(fit.quantities, matched.matched.sum(axis=0).tolist(), strict=True))
        rows.append({**row, "all": int(matched.matches.sum())})
    return pd.DataFrame(rows)


# --- inside the cell ------------------------------------------------------------------------------


def inside_table(
    result: BioreactorResult,
    fit: Fit,
    models: KineticModels,
    metabolites: Sequence[str],
    *,
    best: int = 10,
    background: int = 40,
    every_h: float = 0.5,
) -> pd.DataFrame:
    """Intracellular time courses over the steady state: model, group, metabolite, time_h, ratio.

    Args:
        best, background: see `time_course_table`.
    """
    positions, groups = _chosen(fit, best, background)
    times = times_of(result, every_h)
    index, steady = models.network.species_index, models.state.concentrations_mM
    parts = []
    for name in metabolites:
        ratio = result.at(name, times)[positions] / steady[index[name]]
        parts.append(
            pd.DataFrame(
                {
                    "model": np.repeat(fit.models[positions], len(times)),
                    "group": np.repeat(groups, len(times)),
                    "metabolite": name,
                    "time_h": np.tile(times, len(positions)),
                    "ratio": ratio.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _chosen(fit: Fit, best: int, background: int) -> tuple[NDArray[np.int64], list[str]]:
    """Positions of the models to show, the background first, and the group of each."""
    shown = fit.shown(best)
    others = np.flatnonzero(fit.finished & ~np.isin(np.arange(len(fit)), shown))[:background]
    group = MATCHING if fit.matches.any() else BEST
    positions = np.concatenate([others, shown]).astype(np.int64)
    return positions, [OTHER] * len(others) + [group] * len(shown)


def times_of(result: BioreactorResult, every_h: float) -> Array:
    """Evenly spaced times from 0 to the end, which is among them."""
    end = float(result.dataset.time_h.values[-1])
    times = np.arange(0.0, end + 1e-9, every_h)
    return times if times[-1] == end else np.append(times, end)
