"""Validity of models against bare LAPACK, its parts, the second look, and two cores."""

from __future__ import annotations

import threading

import numpy as np
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from benchmarks.common import default_models, least_seconds, seconds, shipped_models
from benchmarks.rows import Row, alone, at_least, at_most, share
from renaissance_kit import KineticModels
from renaissance_kit.kinetics.spectrum import CHUNK, NEAR

LAPACK = "LAPACK's eigenvalues of the same matrices"


def validity(tiny: bool) -> list[Row]:
    """Vmax, Jacobian, eigenvalues, second look and status of models of *E. coli* (n = 85), one
    thread, in turns with `numpy.linalg.eigvals` on the same Jacobians in the same batches of 50;
    the least of nine turns of each. Unbiased KM, and the shipped valid models; row *second* says
    how many of each are near the threshold."""
    rows = []
    for name, models in _two_kinds(20 if tiny else 400):
        models.spectrum(workers=1)  # compile
        n, jacobians = len(models), models.jacobians_per_h()

        def bare(n: int = n, jacobians: np.ndarray = jacobians) -> None:
            for start in range(0, n, CHUNK):
                np.linalg.eigvals(jacobians[start : start + CHUNK])

        with threadpool_limits(1, user_api="blas"):
            whole, eigenvalues = least_seconds(
                lambda models=models: models.spectrum(workers=1), bare, repeats=1 if tiny else 9
            )
        rows.append(
            share(f"validity of a model, {name}", 1e3 * whole / n, 1e3 * eigenvalues / n, "ms",
                  LAPACK, at_most(1.02))
        )  # fmt: skip
    return rows


def parts(tiny: bool) -> list[Row]:
    """What a certificate of validity could be made of, as shares of LAPACK's eigenvalues of the
    same matrices; one thread, in turns."""
    models = default_models(5 if tiny else 100)
    matrices = models.jacobians_per_h()
    shift = np.eye(matrices.shape[1])

    def each(function: object) -> object:
        return lambda: [function(m) for m in matrices]  # type: ignore[operator]

    def assembly() -> None:
        models.with_km(models.km_mM).jacobians_per_h()

    with threadpool_limits(1, user_api="blas"):
        eigenvalues, *others = least_seconds(
            each(np.linalg.eigvals), each(_reduced), each(np.linalg.inv),
            each(lambda m: lapack.dgetrf(m - 2.5 * shift)), assembly, repeats=1 if tiny else 9,
        )  # fmt: skip
    names = (
        "balancing and reduction to Hessenberg form (gebal, gehrd)", "one inverse",
        "one LU factorisation", "Vmax and Jacobian",
    )  # fmt: skip
    n = len(matrices)
    return [
        share(f"{name}, n = 85", 1e3 * t / n, 1e3 * eigenvalues / n, "ms", LAPACK)
        for name, t in zip(names, others, strict=True)
    ]


def _reduced(matrix: np.ndarray) -> object:
    balanced, low, high, _, _ = lapack.dgebal(matrix, scale=1, permute=1)
    return lapack.dgehrd(balanced, low, high)


def second_look(tiny: bool) -> list[Row]:
    """Models near the threshold are looked at twice, by a Newton step or the inverse: evaluation
    with it and without it (a threshold far away), one thread, in turns."""
    rows = []
    for name, models in _two_kinds(20 if tiny else 1000):
        spectrum = models.spectrum(workers=1)
        gap = np.abs(spectrum.lambda_max_per_h - spectrum.threshold_per_h)
        near = gap <= NEAR * (1 + abs(spectrum.threshold_per_h))
        with_it, without = seconds(
            lambda models=models: models.spectrum(workers=1),
            lambda models=models: models.spectrum(threshold_per_h=-1e9, workers=1),
            repeats=1 if tiny else 5,
        )
        n = len(models)
        rows += [
            alone(f"{name}: near the threshold", float(near.mean()), "of the models"),
            share(f"{name}: with a second look", 1e3 * with_it / n, 1e3 * without / n, "ms",
                  "without"),
        ]  # fmt: skip
    return rows


def cores(tiny: bool) -> list[Row]:
    """Evaluation of 1,000 models with two worker threads against one, beside what bare LAPACK
    gains from two threads on this machine at the same time."""
    n = 100 if tiny else 1000
    models = default_models(n)
    models.spectrum(workers=2)
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
            lambda: bare(jacobians[: n // 2], jacobians[n // 2 :]),
            repeats=1 if tiny else 5,
        )
    return [
        alone("models per second, one worker", n / one, "1/s"),
        Row("two workers, gain over one", n / two, "1/s", n / one, "one worker", one / two,
            at_least(1.7), f"bare LAPACK gains {bare_one / bare_two:.2f}"),
    ]  # fmt: skip


def _two_kinds(n: int) -> tuple[tuple[str, KineticModels], ...]:
    return ("unbiased KM", default_models(n)), ("shipped valid models", shipped_models(n))
