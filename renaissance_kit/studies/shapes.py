"""What simulated and measured curves look like: growth, uptake and release in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.simulation.bioreactor import BioreactorResult
from renaissance_kit.simulation.fit import MeasuredCurve
from renaissance_kit.states.fermentation import BIOMASS


def shape_table(
    result: BioreactorResult,
    curves: Sequence[MeasuredCurve],
    *,
    early_h: float,
    late_h: float = 24.0,
) -> pd.DataFrame:
    """What the curves look like, one row a model, labelled by it, and one ``measured``.

    Args:
        curves: biomass first of all; the others are told apart by whether they fall.
        early_h: length of the first part, over which growth is averaged; such as the first of
            `renaissance_kit.studies.growth_phase_h`.
        late_h: length of the last part.

    Returns:
        Columns growth_rate_per_h (mean over the first part) and growth_ends_h (biomass reaches
        90 % of its last value); of each substance that is taken up, say glucose in g/L,
        glucose_left_g_L (at the end) and glucose_late_share (of what was used, that used in the
        last part); of each one released, say acetate, acetate_saturates_h (90 % of its last
        value). Models that did not finish have NaN.

    Raises:
        ParameterError: no curve of the biomass.
    """
    if not any(curve.variable == BIOMASS for curve in curves):
        raise ParameterError("no curve of the biomass; give it with the others")
    times = result.dataset.time_h.values
    end = float(times[-1])
    simulated = [curve.simulated(result, times) for curve in curves]
    rows = [
        _shape(curves, values, times, early_h, late_h) for values in zip(*simulated, strict=True)
    ]
    common = np.unique(np.concatenate([curve.time_course.time_h for curve in curves]))
    common = common[common <= end]
    points = [np.interp(common, c.time_course.time_h, c.time_course.value) for c in curves]
    measured = _shape(curves, points, common, early_h, late_h)
    labels = [str(m) for m in result.dataset.model.values]
    return pd.DataFrame([*rows, measured], index=[*labels, "measured"])


def _shape(
    curves: Sequence[MeasuredCurve],
    values: Sequence[Array],
    times: Array,
    early_h: float,
    late_h: float,
) -> dict[str, float]:
    end = float(times[-1])
    early = min(early_h, end)
    row: dict[str, float] = {}
    for curve, y in zip(curves, values, strict=True):
        name = curve.quantity
        if curve.variable == BIOMASS:
            rate = np.log(np.interp(early, times, y) / y[0]) / early
            row |= {"growth_rate_per_h": float(rate), "growth_ends_h": _reaches(y, 0.9, times)}
        elif curve.time_course.falls:
            late = float(np.interp(max(end - late_h, 0.0), times, y)) - y[-1]
            row[f"{name}_left_{curve.unit.replace('/', '_')}"] = float(y[-1])
            row[f"{name}_late_share"] = float(late / max(y[0] - y[-1], 1e-12))
        else:
            row[f"{name}_saturates_h"] = _reaches(y, 0.9, times)
    finished = all(np.isfinite(y[-1]) for y in values)
    return row if finished else dict.fromkeys(row, np.nan)


def _reaches(values: Array, share: float, times: Array) -> float:
    """First time at which a curve reaches a share of its last value, linear between points."""
    wanted = share * values[-1]
    i = int(np.argmax(values >= wanted))
    if i == 0:
        return float(times[0])
    step = (wanted - values[i - 1]) / (values[i] - values[i - 1])
    return float(times[i - 1] + step * (times[i] - times[i - 1]))


def shape_summary(shapes: pd.DataFrame, shown: NDArray[np.int64], group: str) -> pd.DataFrame:
    """The measured shape beside that of some models and of all that finished.

    Args:
        shapes: as from `shape_table`.
        shown: positions of the models.
        group: what these are called.

    Returns:
        One row a column of ``shapes``: measured; median, smallest and largest of the group; median,
        5 % and 95 % of all that finished.
    """
    models = shapes.drop(index="measured")
    chosen = models.iloc[shown]
    return pd.DataFrame(
        {
            "measured": shapes.loc["measured"],
            f"{group}, median": chosen.median(),
            f"{group}, smallest": chosen.min(),
            f"{group}, largest": chosen.max(),
            "all finished, median": models.median(),
            "all finished, 5 %": models.quantile(0.05),
            "all finished, 95 %": models.quantile(0.95),
        }
    )
