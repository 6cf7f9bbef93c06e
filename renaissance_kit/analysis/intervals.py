"""Intervals of shares, of means and of samples: each is computed here and nowhere else."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share, also sensible for 0 of n and n of n.

    Reference: Wilson 1927 J Am Stat Assoc 22:209.

    >>> low, high = wilson_interval(0, 1000)
    >>> round(low, 5), round(high, 5)
    (0.0, 0.00383)
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ParameterError(f"{successes} of {trials} is no share; give 0 <= successes <= trials")
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    share = successes / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / (1 + z**2 / trials)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return float(low), float(high)


def mean_interval(values: Iterable[float], confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a mean by Student's t; NaN for fewer than two values."""
    x = np.array(list(values), dtype=float)
    if len(x) < 2:
        return float("nan"), float("nan")
    half = float(stats.t.ppf(0.5 + confidence / 2, len(x) - 1)) * x.std(ddof=1) / np.sqrt(len(x))
    return float(x.mean() - half), float(x.mean() + half)


def central_interval(samples: ArrayLike, axis: int | None = None) -> tuple[Array, Array]:
    """Central 95 % of a sample: percentiles 2.5 and 97.5, as of a bootstrap or of permutations.

    Args:
        samples: NaN are left out.
        axis: along which; all values if not given.

    Returns:
        Low and high ends; NaN where no value is left.

    Raises:
        ParameterError: no values at all.

    >>> low, high = central_interval(range(41))
    >>> float(low), float(high)
    (1.0, 39.0)
    """
    values = np.asarray(samples, dtype=float)
    if not values.size:
        raise ParameterError("no values, such as of an ensemble without valid models; give some")
    missing = np.isnan(values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing is left: NaN is the answer
        quantile = np.nanquantile if missing.any() else np.quantile
        low, high = quantile(values, [0.025, 0.975], axis=axis)
    return low, high


def incidence_interval(shares: Sequence[float], models: Sequence[int]) -> tuple[float, float, str]:
    """95 % interval of the mean incidence of repeats, within 0 and 1, and what it is based on.

    With repeats that differ, the interval of their mean (t): ``repeats``. With one repeat, or
    equal ones as at 0 and 1, that of the share among all models (Wilson): ``models``.
    """
    if len(set(shares)) > 1:
        low, high = mean_interval(shares)
        return max(low, 0.0), min(high, 1.0), "repeats"
    valid = sum(round(share * n) for share, n in zip(shares, models, strict=True))
    return *wilson_interval(valid, int(sum(models))), "models"
