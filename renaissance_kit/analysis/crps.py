"""The continuous ranked probability score: how good is a sample as a prediction of a number?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array


def crps(sample: ArrayLike, observed: ArrayLike) -> Array:
    """CRPS of samples as predictions, in the unit of what was observed; smaller is better.

    mean |x − y| − ½ mean |x − x'| over pairs of different members, which is unbiased for the
    distribution that the sample was drawn from. It is a proper score: neither a prediction that is
    too narrow nor one that is too wide gains. Of a single member it is |x − y|.

    Args:
        sample: (members, points).
        observed: (points,).

    Raises:
        ParameterError: no members, other points, or numbers that are not finite.

    Reference: Gneiting & Raftery 2007 J Am Stat Assoc 102:359; Ferro 2014 Q J R Meteorol Soc
    140:1917 (pairs of different members).

    >>> import numpy as np
    >>> crps(np.array([[0.0], [2.0]]), np.array([1.0]))
    array([0.])
    """
    x, y = np.asarray(sample, dtype=float), np.asarray(observed, dtype=float)
    if x.ndim != 2 or not len(x) or x.shape[1:] != y.shape:
        raise ParameterError(f"sample {x.shape}, observed {y.shape}; give (members, points)")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ParameterError("the sample or the observations hold NaN or infinity")
    n = len(x)
    error = np.abs(x - y).mean(axis=0)
    if n == 1:
        return np.asarray(error)
    ranks = 2 * np.arange(1, n + 1) - n - 1  # Σ over pairs of |x − x'| from sorted members
    spread = 2 * (ranks[:, None] * np.sort(x, axis=0)).sum(axis=0) / (n * (n - 1))
    return np.asarray(error - spread / 2)
