"""Two samples of models compared constant by constant, by the Kolmogorov-Smirnov test.

The models of a sample must be independent draws from one distribution: that of an exact sample, or
that of one generator. The test asks whether the two distributions differ. Two generators trained
with different seeds are two distributions; whether data make a difference beyond that is a question
for `renaissance_kit.analysis.permutations`.

References: Hodges 1958 Ark Mat 3:469 (the test); Benjamini & Hochberg 1995 J R Stat Soc B 57:289.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from renaissance_kit.analysis.km_change import median_log10, width_decades
from renaissance_kit.analysis.permutations import false_discovery_rate
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.km.ranges import KMRanges

Q = 0.05
"""False discovery rate below which a distribution counts as another."""


def compare_samples(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare two samples of independent models, parameter by parameter.

    Args:
        before, after: (models, parameters) positive numbers, the same columns.

    Returns:
        One row a parameter: name, distance (Kolmogorov-Smirnov, 0 to 1), p_value, q_value (false
        discovery rate over the rows), shift of the median and change of the width of the central
        95 %, both in decades.

    Raises:
        ParameterError: different columns, or a sample without models.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from renaissance_kit.analysis import compare_samples
    >>> rng = np.random.default_rng(1)
    >>> one, two = (pd.DataFrame(rng.uniform(1, 9, (300, 2)), columns=["a", "b"]) for _ in range(2))
    >>> two["b"] *= 2
    >>> compare_samples(one, two).q_value.lt(0.05).tolist()
    [False, True]
    """
    if list(before.columns) != list(after.columns):
        raise ParameterError("the two samples have different parameters; take the same of both")
    shift = median_log10(after) - median_log10(before)  # says so where a sample is empty
    tests = [
        stats.ks_2samp(x, y, method="asymp")
        for x, y in zip(before.to_numpy().T, after.to_numpy().T, strict=True)
    ]
    p = np.array([float(t.pvalue) for t in tests])
    return pd.DataFrame(
        {
            "name": list(before.columns),
            "distance": np.array([float(t.statistic) for t in tests]),
            "p_value": p,
            "q_value": false_discovery_rate(p),
            "shift": shift,
            "widening": width_decades(after) - width_decades(before),
        }
    )


def compare_with_unbiased(km_mM: pd.DataFrame, ranges: KMRanges) -> pd.DataFrame:
    """Compare a sample with the distribution that `KMRanges.uniform` draws from.

    Args:
        km_mM: (models, constants), columns named as in ``ranges``.

    Returns:
        One row a constant that is not held to data: name, distance (Kolmogorov-Smirnov), p_value,
        q_value.
    """
    free = ~ranges.fixed
    names = [name for name, is_free in zip(ranges.names, free, strict=True) if is_free]
    low, high = np.log(ranges.low_mM[free]), np.log(ranges.high_mM[free])
    place = (np.log(km_mM[names].to_numpy()) - low) / (high - low)
    tests = [stats.kstest(u, "uniform") for u in place.T]
    p = np.array([float(t.pvalue) for t in tests])
    distance = np.array([float(t.statistic) for t in tests])
    return pd.DataFrame(
        {"name": names, "distance": distance, "p_value": p, "q_value": false_discovery_rate(p)}
    )


def least_distance(models: ArrayLike, other_models: ArrayLike, tests: int, q: float = Q) -> float:
    """Kolmogorov-Smirnov distance from which on a single parameter counts as changed.

    Args:
        models, other_models: numbers of models of the two samples.
        tests: parameters that are compared.
        q: false discovery rate.

    >>> from renaissance_kit.analysis import least_distance
    >>> round(least_distance(1000, 1000, 1), 3)  # 1.36 √(2/n), as tables have it
    0.06
    """
    m, n = float(np.asarray(models)), float(np.asarray(other_models))
    return float(stats.kstwo.isf(q / tests, max(1, round(m * n / (m + n)))))
