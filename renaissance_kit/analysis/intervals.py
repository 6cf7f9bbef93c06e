"""Confidence intervals of shares and means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats

from renaissance_kit.core.errors import ParameterError


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
