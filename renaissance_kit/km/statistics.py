"""Averages of the measurements of one constant, and what looks wrong with them.

Michaelis constants scatter by factors, so everything here works on the logarithmic scale.

Reference: Iglewicz & Hoaglin 1993, How to Detect and Handle Outliers (median and its absolute
deviation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.km.table import KMMeasurement

AVERAGES = ("geometric", "median", "interval")
_NORMAL = 1.4826  # standard deviation of a normal distribution over its median absolute deviation


@dataclass(frozen=True)
class KMCriteria:
    """When the summary speaks of a conflict, and when of an outlier.

    A value is an outlier if it lies more than ``outlier_score`` deviations from the median of its
    constant, both on log10. The deviation is 1.4826 times the median absolute deviation, but at
    least ``least_deviation_log10``, so that two equal values do not make a third one an outlier
    that differs by the usual scatter of assays. A value above ``greatest_mM`` is an outlier even if
    it stands alone: no pool of a cell comes near it, and most such values are µM entered as mM.

    Args:
        conflict_factor: the largest measurement over the smallest.
        outlier_score: deviations; 3.5 is that of Iglewicz & Hoaglin.
        least_deviation_log10: decades; 0.15 is a factor of 1.4.
        least_measurements: fewer cannot tell which of them lies apart.
        greatest_mM: values above it have an infinite score.
    """

    conflict_factor: float = 10.0
    outlier_score: float = 3.5
    least_deviation_log10: float = 0.15
    least_measurements: int = 3
    greatest_mM: float = 100.0

    def __post_init__(self) -> None:
        for name, least in (("conflict_factor", 1), ("outlier_score", 0), ("greatest_mM", 0)):
            if not getattr(self, name) > least:
                raise ParameterError(
                    f"{name} is {getattr(self, name)}; give a number above {least}"
                )
        if not 0 < self.least_deviation_log10 < np.inf:
            raise ParameterError(
                f"least_deviation_log10 is {self.least_deviation_log10}; give a positive number"
            )
        if self.least_measurements < 3:
            raise ParameterError(
                f"least_measurements is {self.least_measurements}; of fewer than 3 none lies apart"
            )

    def scores(self, values: Array) -> Array:
        """Distance of each value from the median in deviations, (values,); 0 for too few.

        Infinite above ``greatest_mM``.
        """
        scores = np.zeros(len(values))
        if len(values) >= self.least_measurements:
            distance = np.abs(np.log10(values) - np.median(np.log10(values)))
            scale = max(_NORMAL * float(np.median(distance)), self.least_deviation_log10)
            scores = distance / scale
        return np.where(values > self.greatest_mM, np.inf, scores)


def _values(used: list[KMMeasurement]) -> Array:
    return np.array([m.value_mM for m in used])


def average_of(used: list[KMMeasurement], average: str) -> tuple[float, float]:
    """The two ends that are widened; the same number but for ``interval``."""
    if average == "interval":
        return min(m.low_mM for m in used), max(m.high_mM for m in used)
    middle = np.mean if average == "geometric" else np.median
    centre = float(np.exp(middle(np.log(_values(used)))))
    return centre, centre


def statistics(used: list[KMMeasurement], criteria: KMCriteria) -> dict[str, Any]:
    """Columns of `KMMeasurements.summary` that follow from the values alone."""
    if not used:
        return {"n_distinct": 0, "conflict": False, "n_outliers": 0}
    values = _values(used)
    spread = float(values.max() / values.min())
    return {
        "n_distinct": len(used),
        "geometric_mean_mM": average_of(used, "geometric")[0],
        "median_mM": average_of(used, "median")[0],
        "min_mM": float(values.min()),
        "max_mM": float(values.max()),
        "spread_factor": spread,
        "conflict": spread > criteria.conflict_factor,
        "n_outliers": len(outliers_of(used, criteria)),
    }


def outliers_of(
    used: list[KMMeasurement], criteria: KMCriteria
) -> list[tuple[KMMeasurement, float]]:
    """Outliers with their scores."""
    scores = criteria.scores(_values(used))
    return [(m, float(s)) for m, s in zip(used, scores, strict=True) if s > criteria.outlier_score]


def remarks_on(
    row: dict[str, Any], apart: list[tuple[KMMeasurement, float]], bounds: list[float]
) -> list[str]:
    """What looks wrong with a row of `KMMeasurements.summary`, in words."""
    remarks = []
    if not row["n_distinct"]:
        remarks.append("not used: every distinct measurement is flagged")
    if row["conflict"]:
        remarks.append(f"conflict: measurements differ {row['spread_factor']:.3g}-fold")
    remarks += [f"outlier: {m.value_mM:g} mM ({m.place})" for m, _ in apart]
    if row["outside_bounds"]:
        remarks.append(f"range leaves the bounds of {bounds[0]:g} to {bounds[1]:g} mM")
    if not row["influential"]:
        remarks.append("influences no rate")
    return remarks
