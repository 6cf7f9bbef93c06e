"""How the cost of each stage grows with the network."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import default_models, least_seconds
from benchmarks.rows import Row, alone, at_most, missing
from renaissance_kit import KineticModels


def growth(tiny: bool) -> list[Row]:
    """Stages of an evaluation, one thread: the network of *E. coli* (n = 85), then eigenvalues of
    random matrices with its pattern of scales at n = 85, 195 and 400; the exponent of n is the
    slope of a straight line through the logarithms."""
    models = default_models(2 if tiny else 5)
    sizes = (85, 195) if tiny else (85, 195, 400)
    matrices = {n: _like(models, n) for n in sizes}
    with threadpool_limits(1, user_api="blas"):
        times = least_seconds(
            *(lambda m=m: np.linalg.eigvals(m) for m in matrices.values()),
            repeats=1 if tiny else 5,
        )
    slope = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
    rows = [
        alone(f"eigenvalues, n = {n}", 1e3 * t, "ms") for n, t in zip(sizes, times, strict=True)
    ]
    rows.append(alone("eigenvalues, exponent of n", slope, ""))
    return [*rows, missing("default training at n = 400", "no network of that size is shipped",
                           at_most(600.0))]  # fmt: skip


def _like(models: KineticModels, n: int) -> np.ndarray:
    """(models, n, n) with rows and columns of the Jacobians, drawn at random and blurred, so that
    their scales stay."""
    rng = np.random.default_rng(n)
    jacobians = models.jacobians_per_h()[:5]
    if n == jacobians.shape[1]:
        return jacobians
    place = rng.integers(0, jacobians.shape[1], n)
    drawn = jacobians[:, place][:, :, place]
    return np.asarray(drawn * np.exp(0.5 * rng.normal(size=drawn.shape)))
