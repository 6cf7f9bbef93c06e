"""Control coefficients against the factorisation that they need at least, new steady states against
integration, and libRoadRunner's coefficients of the same model."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_limits

from benchmarks.common import least_seconds, seconds, shipped_models
from benchmarks.rows import Row, alone, at_most, faster, missing, share
from renaissance_kit import KineticModels
from renaissance_kit.control import control_coefficients, responses
from renaissance_kit.core import Run
from renaissance_kit.formats import write_sbml
from renaissance_kit.simulation import Step, new_steady_states, shift

HALVED = "PGI"


def coefficients(tiny: bool) -> list[Row]:
    """Flux and concentration control coefficients of shipped models of *E. coli*, one thread, in
    turns with LU factorisations of the same Jacobians; the least of nine turns of each."""
    n = 2 if tiny else 200
    models = shipped_models(n)
    jacobians = models.jacobians_per_h()
    found = control_coefficients(models, workers=1)  # compile
    with threadpool_limits(1, user_api="blas"):
        ours, by_km, factors, inverses = least_seconds(
            lambda: control_coefficients(models, workers=1),
            lambda: responses(models, "km", coefficients=found),
            lambda: [scipy.linalg.lu_factor(j, check_finite=False) for j in jacobians],
            lambda: [np.linalg.inv(j) for j in jacobians],
            repeats=1 if tiny else 9,
        )
    ms = 1e3 / n
    what, lu = "control coefficients of a model", "LU factorisation of its Jacobian"
    return [
        alone(f"{what}, above one LU factorisation", ms * (ours - factors), "ms", at_most(1.0)),
        share(what, ms * ours, ms * factors, "ms", lu, at_most(3.0)),
        share(f"{what}, with all responses to KM", ms * (ours + by_km), ms * inverses, "ms",
              "inverse of its Jacobian"),
    ]  # fmt: skip


def steady_states(tiny: bool) -> list[Row]:
    """One enzyme halved: the new steady states by continuation, in turns with integration over
    2,000 h, one worker; and how far the two differ."""
    n = 2 if tiny else 10
    models, one = shipped_models(n), Run(workers=1)
    change, times = Step(vmax_factors={HALVED: 0.5}), np.array([0.0, 2000.0])
    found = new_steady_states(models, [change], run=one)
    long = shift(models, (change,), times, run=one)
    continued, integrated = seconds(
        lambda: new_steady_states(models, [change], run=one),
        lambda: shift(models, (change,), times, run=one),
        repeats=1 if tiny else 3,
    )
    ours, theirs = found.states_mM[:, 0], long.states_mM[:, -1]
    ms = 1e3 / n
    return [
        faster("new steady state of a model", ms * continued, ms * integrated, "ms",
               "integration over 2,000 h"),
        alone("new steady state, largest relative difference from integration",
              np.abs(ours / theirs - 1).max(), ""),
    ]  # fmt: skip


def against_roadrunner(tiny: bool) -> list[Row]:
    """Scaled flux control coefficients of one model of *E. coli*, which libRoadRunner takes from
    finite differences of its rates on the SBML that we write; it takes it minutes."""
    what = "flux control coefficients of a model"
    if tiny:
        return [missing(what, "it takes minutes")]
    try:
        import roadrunner  # an extra
    except ImportError:
        return [missing(what, "pip install -e '.[oracles]' for libRoadRunner")]
    models = shipped_models(1)
    control_coefficients(models)  # compile
    begin = time.perf_counter()
    ours = control_coefficients(models)
    taken = time.perf_counter() - begin
    matrix, its = roadrunner_coefficients(roadrunner, models)
    columns = [name[2:] for name in matrix.colnames]
    expected = np.array([ours.of(row[2:]).loc[0, columns] for row in matrix.rownames])
    off = np.abs(np.asarray(matrix) - expected)
    largest = np.abs(expected).max(axis=1, keepdims=True)
    return [
        faster(what, taken, its, "s", "libRoadRunner"),
        alone("largest difference from it, of the largest in a row", (off / largest).max(), ""),
    ]


def roadrunner_coefficients(roadrunner: object, models: KineticModels) -> tuple[object, float]:
    """Its matrix for the first model of a batch, with names, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as folder:
        (file,) = write_sbml(Path(folder) / "model.xml", models)
        simulator = roadrunner.RoadRunner()  # type: ignore[attr-defined]
        simulator.conservedMoietyAnalysis = True
        simulator.load(str(file))
    begin = time.perf_counter()
    matrix = simulator.getScaledFluxControlCoefficientMatrix()
    return matrix, time.perf_counter() - begin
