"""Time courses: CVODE against SciPy on the same equations, and against libRoadRunner."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from renaissance_kit import KineticEnsemble, KineticModels, Network, Perturbation, SteadyState
from renaissance_kit.simulation import Dynamics, Outcome, batch_of, integrate

TINY_SBML = Path(__file__).parent.parent / "tests" / "reference" / "tiny.xml"
HOURS = np.array([0.0, 10.0])


def shipped_models(n: int) -> KineticModels:
    """The first valid models that are shipped."""
    network = Network.example()
    assert network.folder is not None
    models = KineticEnsemble.load(network.folder / "valid_models.nc").models(network)
    return models.with_km(models.km_mM[:n])


def perturbations(n_models: int = 15) -> dict[str, float]:
    """Displacements of half, 10 h at 1e-9, one model and core; SciPy on the first few."""
    models = shipped_models(n_models)
    ours = [_course(models, i, "cvode") for i in range(n_models)]
    bdf, radau = ([_course(models, i, s) for i in range(3)] for s in ("BDF", "Radau"))
    system, state = Dynamics(models).system(0), Dynamics(models).steady_state
    out, square, feed = np.empty(90), np.empty((90, 90)), np.zeros(90)
    right = _seconds(lambda: system.derivative(state, out, 0.0, feed))
    jacobian = _seconds(lambda: system.jacobian(state, square, 0.0))
    median = float(np.median([c.seconds for c in ours]))
    return {
        "models that finished": float(sum(c.outcome == Outcome.FINISHED for c in ours)),
        "right-hand side, us": 1e6 * right,
        "Jacobian, us": 1e6 * jacobian,
        "evaluations of an integration, median": float(np.median([c.evaluations for c in ours])),
        "CVODE, ms a model, median (at most 100)": 1e3 * median,
        "SciPy BDF / CVODE, first models": _ratio(bdf, ours),
        "SciPy Radau / CVODE, first models": _ratio(radau, ours),
    }


def cultivations(n_models: int = 6) -> dict[str, float]:
    """60 h in the bioreactor, one model and core."""
    models = shipped_models(n_models)
    reactor = batch_of(models.network)
    dynamics = reactor.dynamics(models)
    reactor.run(dynamics, 0)
    courses = [reactor.run(dynamics, i)[0] for i in range(n_models)]
    return {
        "models that finished": float(sum(c.outcome == Outcome.FINISHED for c in courses)),
        "60 h, s a model, median (at most 3)": float(np.median([c.seconds for c in courses])),
        "60 h, s a model, longest": float(max(c.seconds for c in courses)),
    }


def against_roadrunner() -> dict[str, float]:
    """The tiny network against libRoadRunner's CVODE on SBML with rate laws written by hand."""
    try:
        import roadrunner as simulator  # not a dependency of the package
    except ImportError:
        return {"libroadrunner is not installed (pip install -e .[oracles])": float("nan")}
    network = Network.example("tiny")
    state = SteadyState.from_folder(network)
    models = KineticModels(network, state, np.ones((1, 10)))
    start = Perturbation(size=0.3).starts(models, 0)[0]
    model = sbml_model(simulator, models, start)

    def other() -> Any:
        model.reset()
        return model.simulate(0, 10, 11)

    cell = Dynamics(models)
    system, feed = cell.system(0), np.zeros(len(start))

    def ours() -> Any:
        return integrate(
            lambda t, y, out: system.derivative(y, out, 0.0, feed),
            lambda t, y, out: system.jacobian(y, out, 0.0),
            start, np.linspace(0, 10, 11), scale=cell.steady_state,
        )  # fmt: skip

    difference = np.abs(np.asarray(other())[:, 1:] / ours().states - 1).max()
    return {
        "largest relative difference": float(difference),
        "libRoadRunner, ms": 1e3 * _seconds(other),
        "ours, ms": 1e3 * _seconds(ours),
    }


def sbml_model(simulator: Any, models: KineticModels, start: np.ndarray) -> Any:
    """libRoadRunner's model of the tiny network with the constants of ours."""
    network = models.network
    model = simulator.RoadRunner(str(TINY_SBML))
    for name, value in zip(network.km_names, models.km_mM[0], strict=True):
        model[f"init(KM_{name.replace(':', '_')})"] = value
    for j, reaction in enumerate(network.kinetic_reactions):
        model[f"init(Vmax_{reaction})"] = models.vmax_mM_h[0, j]
        model[f"init(Keq_{reaction})"] = float(np.exp(models.log_keq[j]))
    concentrations = models.state.concentrations_mM.copy()
    concentrations[: len(start)] = start
    for name, value in zip(network.species, concentrations, strict=True):
        model[f"init([{name}])"] = value
    model.timeCourseSelections = ["time", *(f"[{name}]" for name in network.dynamic)]
    model.integrator.relative_tolerance = 1e-9
    model.integrator.absolute_tolerance = 1e-12
    return model


def _course(models: KineticModels, model: int, solver: str) -> Any:
    cell = Dynamics(models)
    system, feed = cell.system(model), np.zeros(len(cell.names))
    return integrate(
        lambda t, y, out: system.derivative(y, out, 0.0, feed),
        lambda t, y, out: system.jacobian(y, out, 0.0),
        Perturbation().starts(models, model)[0], HOURS, scale=cell.steady_state, solver=solver,
    )  # fmt: skip


def _ratio(others: list[Any], ours: list[Any]) -> float:
    return float(np.median([o.seconds / c.seconds for o, c in zip(others, ours, strict=False)]))


def _seconds(function: Any, repeats: int = 200) -> float:
    function()
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(repeats // 5):
            function()
        times.append((time.perf_counter() - begin) / (repeats // 5))
    return float(np.median(times))
