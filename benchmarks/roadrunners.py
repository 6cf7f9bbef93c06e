"""libRoadRunner on SBML, beside ours: its CVODE with rate laws that it compiles itself."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import shipped_models
from benchmarks.courses import displaced
from benchmarks.rows import Row, alone, at_least, at_most, faster, missing, share
from renaissance_kit import KineticModels, Network, Perturbation, SteadyState
from renaissance_kit.formats import write_sbml
from renaissance_kit.simulation import Dynamics, batch_of, course_of

HERE = Path(__file__).parent
TINY_SBML = HERE.parent / "tests" / "reference" / "tiny.xml"
THEIRS = "libRoadRunner"
SMALL = "five reactions, ±30 % over 10 h"
DIFFERENCE = f"{SMALL}: largest relative difference"


def against_roadrunner(tiny: bool) -> list[Row]:
    """Its CVODE on the SBML that we write (for the five reactions on one written by hand), same
    starts, times and tolerances, one model after the other, in turns; compiling its model is not
    counted. Its Jacobian is of finite differences, ours analytic."""
    try:
        import roadrunner as simulator  # not a dependency of the package
    except ImportError:
        return [missing("time courses", "pip install -e '.[oracles]' for libRoadRunner")]
    rows = small(simulator, 2 if tiny else 20)
    if tiny:
        return rows
    return [*rows, perturbed(simulator), cultivated(simulator)]


def small(simulator: Any, repeats: int) -> list[Row]:
    """The network of five reactions."""
    network = Network.example("tiny")
    models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
    start = Perturbation(size=0.3).starts(models, 0)[0]
    model = _by_hand(simulator, models, start)

    def other() -> Any:
        model.reset()
        return model.simulate(0, 10, 11)

    cell = Dynamics(models)
    system, times = cell.system(0), np.linspace(0, 10, 11)

    def ours() -> Any:
        return course_of(system, start, times, scale=cell.steady_state)

    difference = np.abs(np.asarray(other())[:, 1:] / ours().states - 1).max()
    mine, its = _processor(ours, other, repeats=repeats)
    return [
        alone(DIFFERENCE, difference, "", at_most(1e-6)),
        share(SMALL, 1e3 * mine, 1e3 * its, "ms", THEIRS, at_most(1.0)),
    ]


def perturbed(simulator: Any, n_models: int = 3) -> Row:
    """±50 % over 10 h of *E. coli*."""
    models = shipped_models(n_models)
    cell, ours, theirs = Dynamics(models), [], []
    for i in range(n_models):
        model = _exported(simulator, models, i)
        model.integrator.relative_tolerance = 1e-9
        start, names = Perturbation().starts(models, i)[0], models.network.dynamic
        _tolerances(model, {n: 1e-9 * c for n, c in zip(names, cell.steady_state, strict=True)})

        def other(model: Any = model, start: np.ndarray = start) -> None:
            _begin(model, models.network.dynamic, start)
            model.simulate(0, 10, 2)

        mine, its = _processor(lambda i=i: displaced(models, i, "cvode"), other, repeats=5)
        ours.append(mine)
        theirs.append(its)
    return faster("±50 % over 10 h, a model of E. coli", 1e3 * float(np.median(ours)),
                  1e3 * float(np.median(theirs)), "ms", THEIRS, at_least(3.0))  # fmt: skip


def cultivated(simulator: Any, n_models: int = 2) -> Row:
    """60 h in the bioreactor."""
    models = shipped_models(n_models)
    reactor = batch_of(models.network)
    dynamics, ours, theirs = reactor.dynamics(models), [], []
    for i in range(n_models):
        model = _exported(simulator, models, i, reactor)
        model.integrator.relative_tolerance = reactor.tolerances.relative
        model.integrator.absolute_tolerance = reactor.tolerances.absolute

        def other(model: Any = model) -> None:
            model.reset()
            model.simulate(0, reactor.conditions.duration_h, len(reactor.times_h))

        try:
            mine, its = _processor(lambda i=i: reactor.run(dynamics, i), other, repeats=2)
        except RuntimeError as error:
            return missing("60 h bioreactor, a model of E. coli", f"{THEIRS}: {error}")
        ours.append(mine)
        theirs.append(its)
    return faster("60 h bioreactor, a model of E. coli", float(np.median(ours)),
                  float(np.median(theirs)), "s", THEIRS, at_least(2.0))  # fmt: skip


def _exported(simulator: Any, models: KineticModels, i: int, reactor: Any = None) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        one = models.with_km(models.km_mM[i : i + 1])
        (file,) = write_sbml(Path(folder) / "model.xml", one, reactor=reactor)
        model = simulator.RoadRunner(str(file))
    model.integrator.maximum_num_steps = 200_000
    return model


def _tolerances(model: Any, absolute: dict[str, float]) -> None:
    """Absolute tolerances of its variables, which are amounts per litre of cell."""
    inside = model.model
    values = inside.getFloatingSpeciesAmounts() / inside.getFloatingSpeciesConcentrations()
    of_name = dict(zip(inside.getFloatingSpeciesIds(), values, strict=True))
    order = [n.removeprefix("M_") for n in inside.getFloatingSpeciesIds()]
    model.integrator.absolute_tolerance = [
        absolute[n] * of_name[f"M_{n}"] for n in order if n in absolute
    ]


def _begin(model: Any, names: tuple[str, ...], start: np.ndarray) -> None:
    model.reset()
    inside = model.model
    where = {name: i for i, name in enumerate(inside.getFloatingSpeciesIds())}
    inside.setFloatingSpeciesConcentrations([where[f"M_{n}"] for n in names], start)


def _processor(*functions: Callable[[], object], repeats: int) -> list[float]:
    """Least processor seconds of each, in turns; the first turn is not counted."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats + 1):
        for function, collected in zip(functions, times, strict=True):
            begin = time.process_time()
            function()
            collected.append(time.process_time() - begin)
    return [min(t[1:]) for t in times]


def _by_hand(simulator: Any, models: KineticModels, start: np.ndarray) -> Any:
    """Its model of the five reactions with the constants of ours."""
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
