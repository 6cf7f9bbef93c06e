"""Densities of values that end at bounds."""

from __future__ import annotations

import numpy as np

from renaissance_kit.core.types import Array


def mirrored_density(values: Array, grid: Array, width: float, low: float, high: float) -> Array:
    """Gaussian density on a grid, mirrored at two ends so that none of it is lost there.

    Args:
        values: (values,) between the ends.
        grid: (points,) where; what it gives outside the ends has no meaning.
        width: of the kernel.
        low, high: the ends.
    """
    mirrored = np.concatenate([values, 2 * low - values, 2 * high - values])
    z = (grid[:, None] - mirrored[None, :]) / width
    density: Array = np.exp(-0.5 * z**2).sum(axis=1) / (len(values) * width * np.sqrt(2 * np.pi))
    return density
