"""Control coefficients against the factorisation that they need at least."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import least_seconds, shipped_models
from benchmarks.rows import Row, at_most, missing, share

WHAT = "control coefficients of a model"


def control_coefficients(tiny: bool) -> list[Row]:
    """Flux and concentration control coefficients of shipped models of *E. coli*, one thread, in
    turns with `numpy.linalg.inv` of the same reduced Jacobians."""
    if find_spec("renaissance_kit.control") is None:
        return [missing(WHAT, "not built", at_most(3.0))]
    coefficients = import_module("renaissance_kit.control").control_coefficients
    models = shipped_models(2 if tiny else 100)
    jacobians = models.jacobians_per_h()
    coefficients(models, workers=1)  # compile
    with threadpool_limits(1, user_api="blas"):
        ours, bare = least_seconds(
            lambda: coefficients(models, workers=1),
            lambda: [np.linalg.inv(j) for j in jacobians],
            repeats=1 if tiny else 9,
        )
    n = len(models)
    return [share(WHAT, 1e3 * ours / n, 1e3 * bare / n, "ms", "its Jacobian's inverse",
                  at_most(3.0))]  # fmt: skip
