"""Designs of one model in the others: whether they hold, and what they gain there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.design.optimum import Solution, best_folds
from renaissance_kit.design.response import LinearResponse

KEPT = 1e-6  # by which a limit may be passed


@dataclass(frozen=True)
class Evaluation:
    """Designs in each model of an ensemble.

    Attributes:
        log_folds: (designs, levers) as given.
        log_gain: (designs, models) ln fold of the target with these folds; NaN without control
            coefficients.
        kept: (designs, models) True where the given folds keep all limits.
        passed: (designs, models) the limit that is passed most, empty where all are kept.
        best_log_gain: (designs, models) the same enzymes in the same directions, with the folds
            that are best in each model.
        best_log_folds: (designs, models, levers) these folds.
    """

    log_folds: Array
    log_gain: Array
    kept: Mask
    passed: np.ndarray
    best_log_gain: Array
    best_log_folds: Array

    @property
    def holds(self) -> Mask:
        """(designs, models) True where the given folds keep all limits and gain something."""
        return self.kept & (self.log_gain > 0)


def evaluate_designs(responses: Sequence[LinearResponse], log_folds: Array) -> Evaluation:
    """Take designs to every model of an ensemble.

    Args:
        responses: of the models.
        log_folds: (designs, levers) ln of the fold of each enzyme.

    Raises:
        ParameterError: no models, or another number of enzymes.
    """
    if not responses:
        raise ParameterError("no models; give the responses of at least one")
    folds = np.atleast_2d(np.asarray(log_folds, dtype=np.float64))
    levers = len(responses[0].levers)
    if folds.ndim != 2 or folds.shape[1] != levers:
        raise ParameterError(f"log_folds has shape {folds.shape}; give (designs, {levers})")
    shape = len(folds), len(responses)
    gain, best = np.full(shape, np.nan), np.full(shape, np.nan)
    best_folds_of = np.full((*shape, levers), np.nan)
    kept, passed = np.zeros(shape, dtype=bool), np.full(shape, "", dtype=object)
    for i, y in enumerate(folds):
        for m, response in enumerate(responses):
            if not (np.isfinite(response.gain).all() and np.isfinite(response.rows).all()):
                continue
            gain[i, m] = response.gain @ y
            over, what = response.violation(y)
            kept[i, m] = over <= KEPT
            passed[i, m] = "" if kept[i, m] else what
            found = best_folds(response, Solution(y, 0.0).changes)
            if found is not None:
                best[i, m], best_folds_of[i, m] = found.log_gain, found.log_folds
    return Evaluation(folds, gain, kept, passed, best, best_folds_of)
