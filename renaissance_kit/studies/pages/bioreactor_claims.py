"""Notebook 04, do the models ferment like the strain?: its table beside the paper and summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import BioreactorResult
from renaissance_kit.simulation.fit import Fit, MeasuredCurve
from renaissance_kit.studies.media import BOTH, biomass_gain, plain_name
from renaissance_kit.studies.pages.bioreactor import matches_by_curve
from renaissance_kit.studies.published import Claim
from renaissance_kit.studies.text import percent


def fewer_matches(fit: Fit) -> list[str]:
    """Rows of `Fit.counts` for some of the curves, the most first."""
    n = len(fit.quantities)
    return [f"match {i} of {n}" for i in range(n - 1, 0, -1)]


def shape(
    summary: pd.DataFrame, group: str, row: str, style: Callable[[Any], str]
) -> tuple[str, str]:
    """Median of the models in blue with the measured value, and their range.

    Args:
        summary: as from `renaissance_kit.studies.shape_summary`.
        style: writes a number.
    """
    values = summary.loc[row]
    return (
        f"{style(values[f'{group}, median'])} ({group}); measured {style(values['measured'])}",
        f"{style(values[f'{group}, smallest'])} to {style(values[f'{group}, largest'])} "
        f"({group}); {style(values['all finished, 5 %'])} to "
        f"{style(values['all finished, 95 %'])} (90 % of all that finished)",
    )


def claims(
    fit: Fit,
    control: Fit,
    curves: Sequence[MeasuredCurve],
    shapes: pd.DataFrame,
    group: str,
    *,
    early_h: float,
    duration_h: float,
) -> list[Claim]:
    """Rows of the table beside the paper.

    Args:
        control: of unbiased models.
        shapes: as from `renaissance_kit.studies.shape_summary`.
        group: what the models in blue are called there.
        early_h: over which the growth rate is a mean.
    """
    in_percent = partial(percent, digits=1)
    full = len(fit) >= 1_000 and duration_h >= 60
    low, high = wilson_interval(int(fit.matches.sum()), len(fit))
    counts, fewer, n = fit.counts(), fewer_matches(fit), len(curves)
    every = {2: "both", 3: "all three"}.get(n, f"all {n}")
    how_many = " and ".join(str(i) for i in range(n - 1, 0, -1))
    taken_up = [c.quantity for c in curves[1:] if c.time_course.falls]
    released = [c.quantity for c in curves[1:] if not c.time_course.falls]
    return [
        ("C10", f"models that match {every} curves", f"{fit.matches.sum():,} of {len(fit):,}",
         f"goodness of fit ≤ {fit.threshold:g} of each curve; {percent(low, 1)} to "
         f"{percent(high, 1)} (Wilson); "
         "paper's criterion not stated", full),
        ("C10", f"models that match {how_many} of {n} curves",
         f"{' and '.join(f'{counts[name]:,}' for name in fewer)} of {len(fit):,}",
         f"{counts['did not finish']:,} did not finish", full),
        ("C10", f"unbiased models that match {every} curves",
         f"{control.matches.sum():,} of {len(control):,}", "control", full),
        ("C10", f"exponential phase: growth rate over {early_h:g} h (1/h)",
         *shape(shapes, group, "growth_rate_per_h", "{:.2f}".format), full),
        ("C10", "stationary phase: biomass at 90 % of its last value (h)",
         *shape(shapes, group, "growth_ends_h", "{:.1f}".format), full),
        *(("C10", f"uptake of {name} halted: used in the last 24 h, of all used",
           *shape(shapes, group, f"{name}_late_share", in_percent), full)
          for name in taken_up),
        *(("C10", f"{name} at 90 % of its last value (h)",
           *shape(shapes, group, f"{name}_saturates_h", "{:.1f}".format), full)
          for name in released),
    ]  # fmt: skip


def summary(
    network: Network,
    fit: Fit,
    control: Fit,
    result: BioreactorResult,
    ends: pd.DataFrame,
    factors: Mapping[str, float],
    vmax_factor: float,
) -> dict[str, Any]:
    """The results of the notebook for ``summary.json``.

    Args:
        ends: as from `renaissance_kit.studies.final_values`.
        factors: on the nutrients of the richer media.
    """
    gain, counts = biomass_gain(ends), fit.counts()
    called = {m: plain_name(network, m) for m in factors}
    return {
        "finished": int(fit.finished.sum()),
        "match_all": int(fit.matches.sum()),
        "match_all_interval_95": list(wilson_interval(int(fit.matches.sum()), len(fit))),
        "match_fewer": {name: int(counts[name]) for name in fewer_matches(fit)},
        "match_by_curve": matches_by_curve(fit),
        "best_misfits": fit.goodness_of_fit[fit.best_first[0]].tolist(),
        "control_models": len(control),
        "control_match_all": int(control.matches.sum()),
        "vmax_factor": vmax_factor,
        **{f"{called[m]}_factor": factor for m, factor in factors.items()},
        **{f"biomass_gain_{name}": float(gain[name].median()) for name in (*called.values(), BOTH)},
        "median_seconds": float(np.median(result.dataset.seconds.values)),
    }
