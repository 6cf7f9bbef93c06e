"""A training while it runs: rows that a live figure is drawn from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.spectrum import incidence_of, is_valid
from renaissance_kit.training.trainer import Record

BINS = 36  # of a histogram of λmax, over the whole axis


def incidence_row(step: int, lambda_max_per_h: Array, threshold_per_h: float) -> pd.DataFrame:
    """Share of valid models of one step with its 95 % interval (Wilson).

    Columns: step, incidence, low, high, models.
    """
    n = len(lambda_max_per_h)
    share = incidence_of(lambda_max_per_h, threshold_per_h)
    low, high = wilson_interval(round(share * n), n) if n else (np.nan, np.nan)
    return pd.DataFrame(
        {"step": [step], "incidence": [share], "low": [low], "high": [high],
         "models": [n]}
    )  # fmt: skip


def incidence_so_far(history: Iterable[Record], threshold_per_h: float) -> pd.DataFrame:
    """`incidence_row` of every step so far; of the models made to watch the training."""
    rows = [incidence_row(r.step, r.lambda_max_per_h, threshold_per_h) for r in history]
    if not rows:
        return incidence_row(0, np.zeros(0), threshold_per_h).iloc[:0]
    return pd.concat(rows, ignore_index=True)


def lambda_edges(low: float, high: float, threshold_per_h: float) -> Array:
    """Edges of the bins of λmax, evenly spaced on a symmetric logarithmic axis.

    The threshold is one of them.

    Args:
        low, high: of the axis in 1/h; the edges span at least this.
    """
    bottom, cut, top = _position(np.array([low, threshold_per_h, high]))
    width = (top - bottom) / BINS
    below, above = int(np.ceil((cut - bottom) / width)), int(np.ceil((top - cut) / width))
    steps = cut + width * np.arange(-below, above + 1)
    edges: Array = np.sign(steps) * np.expm1(np.abs(steps))
    edges[below] = threshold_per_h
    return edges


def lambda_bins(lambda_max_per_h: Array, edges: Array, threshold_per_h: float) -> pd.DataFrame:
    """Share of the models in each bin of λmax.

    A model beyond the edges counts in the bin next to it. One without eigenvalues is in no bin but
    belongs to the models that the share is of.

    Args:
        edges: as from `lambda_edges`; a bin contains its upper edge, as valid models do.

    Returns:
        Columns low, high (1/h), share and side: ``valid`` or ``slow``.
    """
    finite = lambda_max_per_h[~np.isnan(lambda_max_per_h)]
    place = np.clip(np.searchsorted(edges, finite, side="left"), 1, len(edges) - 1) - 1
    counts = np.bincount(place, minlength=len(edges) - 1)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "share": counts / max(len(lambda_max_per_h), 1),
            "side": np.where(is_valid(edges[1:], threshold_per_h), "valid", "slow"),
        }
    )


def _position(value: Array) -> Array:
    return np.asarray(np.sign(value) * np.log1p(np.abs(value)))
