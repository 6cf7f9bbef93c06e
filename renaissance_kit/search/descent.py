"""Steps down a valley with steep walls.

At the fastest dynamics of a state many eigenvalues meet, and the largest real part has a kink
across them: a narrow valley whose floor descends slowly. A step along the derivative, each
coordinate scaled or not, bounces from wall to wall and hardly moves along the floor. The last
derivatives span the directions of the walls. With h = D^½ g, g the derivative and D⁻¹ its root mean
square of late, coordinate by coordinate, and

    C = (1 − β) Σ_a βᵃ h hᵀ     over the last ``WINDOW`` derivatives of age a,

the step goes along D^½ (C + ε² tr(C) 1)⁻¹ D^½ m, with m a short mean of g: small across the walls,
large along the floor. Its length is set by the caller. C has the rank of the window, so that a
step costs little.

Reference: Agarwal et al. 2019 ICML (full-matrix adaptive steps in a window; there with the square
root of C).
"""

from __future__ import annotations

import numpy as np

from renaissance_kit.core.types import Array

WINDOW = 20
DAMPING = 0.1  # ε
SPREAD = 0.9  # memory of C and of D
MEAN = 0.5  # memory of m
REACH = 5.0  # a coordinate moves at most by so many times the root mean square of the step


class ValleyDescent:
    """Directions from the derivatives seen so far.

    >>> import numpy as np
    >>> from renaissance_kit.search import ValleyDescent
    >>> ValleyDescent(2).step(np.array([2.0, -1.0]), 0.1)
    array([-0.1,  0.1])
    """

    def __init__(self, n: int) -> None:
        self._window = np.zeros((WINDOW, n))
        self._mean, self._square = np.zeros(n), np.zeros(n)
        self._seen = 0

    def step(self, gradient: Array, size: float) -> Array:
        """The step that follows a derivative; 0 while all derivatives are 0.

        Args:
            gradient: (n,).
            size: its root mean square, before the longest coordinates are cut.
        """
        place, self._seen = self._seen % WINDOW, self._seen + 1
        self._window *= np.sqrt(SPREAD)
        self._window[place] = np.sqrt(1.0 - SPREAD) * gradient
        self._mean += (1.0 - MEAN) * (gradient - self._mean)
        self._square += (1.0 - SPREAD) * (gradient**2 - self._square)
        spread = np.sqrt(self._square / (1.0 - SPREAD**self._seen))
        half = np.divide(1.0, np.sqrt(spread), out=np.zeros_like(spread), where=spread > 0)
        walls, mean = self._window * half, self._mean * half
        gram = walls @ walls.T
        damping = DAMPING**2 * gram.trace()
        if not damping > 0:
            return np.zeros_like(gradient)
        across = np.linalg.solve(gram + damping * np.eye(WINDOW), walls @ mean)
        along = half * (mean - across @ walls)
        along *= -size / np.sqrt(np.mean(along**2))
        return np.clip(along, -REACH * size, REACH * size)
