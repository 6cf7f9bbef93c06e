"""Simulation-based calibration: do the ranges that a sampler gives hold the truth as often as due?

A truth is drawn from the prior, data are drawn from the truth, and the sampler is given the data.
If it draws from the posterior, the rank of the truth among its independent draws is uniform, one
parameter by another. Ranks that pile up at both ends mean ranges that are too narrow, in the middle
too wide, at one end too low or too high. Uniform ranks are necessary, not sufficient: a sampler
that ignores the data and draws from the prior has them too, so widths belong beside them.

References: Cook, Gelman & Rubin 2006 J Comput Graph Stat 15:675; Talts et al. 2018
arXiv:1804.06788.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.permutations import false_discovery_rate
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array

BINS = 10
LEVEL = 0.9
"""Share of the draws in the central range whose coverage is counted."""


def rank_of(truth: Array, draws: Array) -> NDArray[np.int64]:
    """Number of draws below the truth, for each parameter.

    Args:
        truth: (parameters,).
        draws: (draws, parameters), independent of each other.

    >>> import numpy as np
    >>> from renaissance_kit.analysis import rank_of
    >>> rank_of(np.array([0.5, 9.0]), np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])).tolist()
    [1, 3]
    """
    if draws.ndim != 2 or draws.shape[1:] != truth.shape:
        raise ParameterError(
            f"draws have shape {draws.shape}; give (draws, {len(truth)}), as many as the truth"
        )
    return np.asarray((draws < truth).sum(axis=0), dtype=np.int64)


def rank_counts(ranks: NDArray[np.int64], draws: int, bins: int = BINS) -> NDArray[np.int64]:
    """How many ranks fall into each of some bins of equal size, (parameters, bins).

    Args:
        ranks: (repeats, parameters), 0 to ``draws``.
        draws: of each sample; ``draws + 1`` must be a multiple of the bins.

    Raises:
        ParameterError: bins of unequal size, or a rank that cannot be.
    """
    if (draws + 1) % bins:
        raise ParameterError(
            f"{draws} draws have {draws + 1} ranks, which {bins} bins do not share; give "
            f"{bins * ((draws + 1) // bins + 1) - 1} draws"
        )
    if ranks.min(initial=0) < 0 or ranks.max(initial=0) > draws:
        raise ParameterError(f"ranks among {draws} draws lie from 0 to {draws}")
    binned = ranks * bins // (draws + 1)
    return np.array([np.bincount(column, minlength=bins) for column in binned.T], dtype=np.int64)


def calibration_table(
    ranks: NDArray[np.int64],
    draws: int,
    names: Sequence[str],
    *,
    bins: int = BINS,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Are the ranks of each parameter uniform, and how often is the truth in the central range?

    Args:
        ranks: (repeats, parameters), as from `rank_of`.
        draws: of each sample.
        names: of the parameters.
        bins: of the χ² test, which needs about five repeats in each.
        level: share of the draws in the central range.

    Returns:
        One row a parameter: name, repeats, p_value (χ²), q_value (false discovery rate over the
        rows), covered (share of the repeats in which the truth lies in the central range), low and
        high (95 % Wilson interval), due (what a correct sampler covers), and place (mean rank over
        the draws, ½ if right; below, the draws lie too high).

    >>> import numpy as np
    >>> from renaissance_kit.analysis import calibration_table
    >>> ranks = np.random.default_rng(1).integers(100, size=(500, 2))
    >>> bool((calibration_table(ranks, 99, ["a", "b"]).q_value > 0.05).all())
    True
    """
    counts = rank_counts(ranks, draws, bins)
    cut = round((1 - level) / 2 * (draws + 1))  # ranks that lie outside, at each end
    inside = (ranks >= cut) & (ranks <= draws - cut)
    p = np.array([float(stats.chisquare(row).pvalue) for row in counts])
    intervals = [wilson_interval(int(column.sum()), len(ranks)) for column in inside.T]
    return pd.DataFrame(
        {
            "name": list(names),
            "repeats": len(ranks),
            "p_value": p,
            "q_value": false_discovery_rate(p),
            "covered": inside.mean(axis=0),
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
            "due": (draws + 1 - 2 * cut) / (draws + 1),
            "place": ranks.mean(axis=0) / draws,
        }
    )


def uniform_band(repeats: int, bins: int = BINS, share: float = 0.99) -> tuple[int, int]:
    """Counts between which a bin of uniform ranks lies in so large a share of all cases.

    >>> from renaissance_kit.analysis import uniform_band
    >>> uniform_band(200)
    (10, 32)
    """
    low, high = stats.binom.interval(share, repeats, 1 / bins)
    return int(low), int(high)
