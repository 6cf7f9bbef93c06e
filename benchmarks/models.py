"""(a) Vmax, Jacobian and λmax against bare LAPACK; (b) both cores against one; (c) the second look
at models near the threshold."""

from __future__ import annotations

import threading

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import default_models, seconds
from renaissance_kit import KineticEnsemble
from renaissance_kit.kinetics.spectrum import NEAR


def linear_algebra(n_models: int = 400) -> dict[str, float]:
    """Whole evaluation of a model against LAPACK's eigenvalues of the same matrices."""
    models = default_models(n_models)
    models.spectrum(workers=1)  # compile
    jacobians = models.jacobians_per_h()

    def bare() -> None:
        for start in range(0, n_models, 50):
            np.linalg.eigvals(jacobians[start : start + 50])

    with threadpool_limits(1, user_api="blas"):
        whole, lapack, jacobian = seconds(
            lambda: models.spectrum(workers=1),
            bare,
            lambda: [models.with_km(models.km_mM[i : i + 50]).jacobians_per_h()
                     for i in range(0, n_models, 50)],
        )  # fmt: skip
    return {
        "evaluation of a model, ms": 1e3 * whole / n_models,
        "LAPACK eigenvalues alone, ms": 1e3 * lapack / n_models,
        "Vmax and Jacobian alone, ms": 1e3 * jacobian / n_models,
        "evaluation / LAPACK (at most 1.15)": whole / lapack,
    }


def cores(n_models: int = 1000) -> dict[str, float]:
    """Throughput of two worker threads against one, beside what bare LAPACK gains from two."""
    models = default_models(n_models)
    models.spectrum(workers=2)
    half = n_models // 2
    jacobians = models.jacobians_per_h()

    def bare(*parts: np.ndarray) -> None:
        threads = [threading.Thread(target=np.linalg.eigvals, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with threadpool_limits(1, user_api="blas"):
        one, two, bare_one, bare_two = seconds(
            lambda: models.spectrum(workers=1),
            lambda: models.spectrum(workers=2),
            lambda: bare(jacobians),
            lambda: bare(jacobians[:half], jacobians[half:]),
        )
    return {
        "models per second, 1 worker": n_models / one,
        "models per second, 2 workers": n_models / two,
        "2 workers / 1 worker (at least 1.7)": one / two,
        "the same for bare LAPACK on this machine": bare_one / bare_two,
    }


def second_look() -> dict[str, float]:
    """Slow eigenvalues from the inverse: its worst case are models that are just fast enough."""
    random = default_models(1000)
    valid = KineticEnsemble.example(random.network).models(random.network)
    out = {}
    for name, models in (("unbiased", random), ("shipped valid", valid)):
        spectrum = models.spectrum(workers=1)
        gap = np.abs(spectrum.lambda_max_per_h - spectrum.threshold_per_h)
        with_it, without = seconds(
            lambda models=models: models.spectrum(workers=1),
            lambda models=models: models.spectrum(threshold_per_h=-1e9, workers=1),
        )
        near = gap <= NEAR * (1 + abs(spectrum.threshold_per_h))
        out[f"{name} models near the threshold (share)"] = float(near.mean())
        out[f"{name} models, with / without a second look"] = with_it / without
    return out
