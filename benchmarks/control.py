"""Control coefficients against one factorisation of the same Jacobians, new steady states against
integration, and libRoadRunner's coefficients of the same model."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.linalg

from benchmarks.common import seconds
from renaissance_kit import KineticEnsemble, KineticModels, Network
from renaissance_kit.control import control_coefficients, responses
from renaissance_kit.core import Run, single_threaded
from renaissance_kit.formats import write_sbml
from renaissance_kit.simulation import Step, new_steady_states, shift


def _shipped(n_models: int) -> KineticModels:
    network = Network.example()
    models = KineticEnsemble.example(network).models(network)
    return models.with_km(models.km_mM[:n_models])


def coefficients(n_models: int = 400) -> dict[str, float]:
    """Whole analysis of a model on one thread, and what is above one factorisation."""
    models = _shipped(n_models)
    jacobians = models.jacobians_per_h()
    found = control_coefficients(models, workers=1)  # compile
    with single_threaded():
        whole, by_km, factors, eigenvalues, derivatives = seconds(
            lambda: control_coefficients(models, workers=1),
            lambda: responses(models, "km", coefficients=found),
            lambda: [scipy.linalg.lu_factor(j, check_finite=False) for j in jacobians],
            lambda: np.linalg.eigvals(jacobians),
            models.jacobians_per_h,
        )
    ms = 1e3 / n_models
    return {
        "dynamic metabolites": float(jacobians.shape[1]),
        "control coefficients of a model, ms": ms * whole,
        "LU factorisation of its Jacobian alone, ms": ms * factors,
        "eigenvalues of its Jacobian alone, ms": ms * eigenvalues,
        "Vmax and Jacobian alone, ms": ms * derivatives,
        "above one LU factorisation, ms (at most 1)": ms * (whole - factors),
        "responses to all KM on top, ms": ms * by_km,
    }


def steady_states(n_models: int = 10) -> dict[str, float]:
    """PGI halved: continuation against integration over 2,000 h, and how far they differ."""
    models, one = _shipped(n_models), Run(workers=1)
    change = Step(vmax_factors={"PGI": 0.5})
    found = new_steady_states(models, [change], run=one)
    long = shift(models, (change,), np.array([0.0, 2000.0]), run=one)
    continued, integrated = seconds(
        lambda: new_steady_states(models, [change], run=one),
        lambda: shift(models, (change,), np.array([0.0, 2000.0]), run=one),
        repeats=3,
    )
    ours, theirs = found.states_mM[:, 0], long.states_mM[:, -1]
    return {
        "continuation, ms a model": 1e3 * continued / n_models,
        "integration, ms a model": 1e3 * integrated / n_models,
        "largest relative difference": float(np.abs(ours / theirs - 1).max()),
    }


def against_roadrunner() -> dict[str, float]:
    """Scaled flux control coefficients of one E. coli model; it takes minutes."""
    import roadrunner  # an extra

    models = _shipped(1)
    with tempfile.TemporaryDirectory() as folder:
        (file,) = write_sbml(Path(folder) / "model.xml", models)
        simulator = roadrunner.RoadRunner()
        simulator.conservedMoietyAnalysis = True
        simulator.load(str(file))
    begin = time.perf_counter()
    matrix = simulator.getScaledFluxControlCoefficientMatrix()
    taken = time.perf_counter() - begin
    ours = control_coefficients(models)
    columns = [name[2:] for name in matrix.colnames]
    expected = np.array([ours.of(row[2:]).loc[0, columns] for row in matrix.rownames])
    off = np.abs(np.asarray(matrix) - expected)
    return {
        "libRoadRunner, s": taken,
        "largest coefficient": float(np.abs(expected).max()),
        "largest difference": float(off.max()),
        "relative to the largest of its row": float(
            (off / np.abs(expected).max(axis=1, keepdims=True)).max()
        ),
    }
