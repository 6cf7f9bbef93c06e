"""Designs in every model of an ensemble: whether they hold, and what they gain there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.design.optimum import Changes, best_folds
from renaissance_kit.design.response import LinearResponse

KEPT = 1e-6  # by which a limit may be passed


@dataclass(frozen=True)
class Evaluation:
    """Designs with given folds in each model of an ensemble, by their linear response.

    Attributes:
        log_folds: (designs, levers) ln of the fold of each enzyme.
        log_gain: (designs, models) ln fold of the target; NaN without control coefficients.
        kept: (designs, models) True where all limits are kept.
        passed: (designs, models) the limit that is passed most, empty where all are kept.
    """

    log_folds: Array
    log_gain: Array
    kept: Mask
    passed: NDArray[Any]

    @property
    def holds(self) -> Mask:
        """(designs, models) True where all limits are kept and something is gained."""
        return self.kept & (self.log_gain > 0)


def evaluate_designs(responses: Sequence[LinearResponse], log_folds: ArrayLike) -> Evaluation:
    """Take designs, with their folds, to every model of an ensemble.

    Args:
        responses: of the models.
        log_folds: (designs, levers) ln of the fold of each enzyme.

    Raises:
        ParameterError: no models, or another number of enzymes.
    """
    levers = _levers(responses)
    folds = np.atleast_2d(np.asarray(log_folds, dtype=np.float64))
    if folds.ndim != 2 or folds.shape[1] != len(levers):
        raise ParameterError(f"log_folds has shape {folds.shape}; give (designs, {len(levers)})")
    shape = len(folds), len(responses)
    gain, kept = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    passed = np.full(shape, "", dtype=object)
    for m, response in enumerate(responses):
        if not response.known:
            continue
        gain[:, m] = folds @ response.gain
        for i, y in enumerate(folds):
            over, what = response.violation(y)
            kept[i, m] = over <= KEPT
            passed[i, m] = "" if kept[i, m] else what
    return Evaluation(folds, gain, kept, passed)


def folds_in_each(
    responses: Sequence[LinearResponse], designs: Sequence[Changes]
) -> tuple[Array, Array]:
    """The folds of each design's enzymes that are best in each model.

    Args:
        responses: of the models.
        designs: enzymes and directions of each.

    Returns:
        ln fold of the target, (designs, models), and of the enzymes, (designs, models, levers); NaN
        without control coefficients.

    Raises:
        ParameterError: no models.
    """
    shape = len(designs), len(responses)
    gain, folds = np.full(shape, np.nan), np.full((*shape, len(_levers(responses))), np.nan)
    for m, response in enumerate(responses):
        for i, changes in enumerate(designs):
            found = best_folds(response, changes) if response.known else None
            if found is not None:
                gain[i, m], folds[i, m] = found.log_gain, found.log_folds
    return gain, folds


def _levers(responses: Sequence[LinearResponse]) -> tuple[str, ...]:
    if not responses:
        raise ParameterError("no models; give the responses of at least one")
    return responses[0].levers
