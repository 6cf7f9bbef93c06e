"""COMBINE archives: whole, valid by the checks of others, and simulated as SED-ML says."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from simulators import SIMULATORS

from renaissance_kit import KineticEnsemble, Network, Perturbation
from renaissance_kit.core import ParameterError
from renaissance_kit.formats import read_sbml, write_archive, write_sbml
from renaissance_kit.simulation import (
    Bioreactor,
    ReactorConditions,
    Tolerances,
    batch_of,
    measured_curves,
)

MEMBERS = [0, 4]
# libCombine and libSEDML replace the classes of libSBML: they are asked in a process of their own.
_ENTRIES = """
import json, sys, libcombine
archive = libcombine.CombineArchive()
assert archive.initializeFromArchive(sys.argv[1])
entries = [archive.getEntry(i).getLocation() for i in range(archive.getNumEntries())]
about = archive.getMetadataForLocation(".")
print(json.dumps([entries, archive.getMasterFile().getLocation(), about.getDescription(),
                  about.getCreated().getDateAsString()]))
"""
_SIMULATIONS = """
import json, sys, libsedml
document = libsedml.readSedMLFromFile(sys.argv[1])
errors = [document.getError(i).getMessage() for i in range(document.getNumErrors())]
models = {}
for i in range(document.getNumModels()):
    model = document.getModel(i)
    changes = [[c.getTarget(), float(c.getNewValue())] for c in model.getListOfChanges()]
    models[model.getId()] = [model.getSource(), changes]
tasks = {}
for i in range(document.getNumTasks()):
    tasks[document.getTask(i).getId()] = document.getTask(i).getModelReference()
variables = []
for i in range(document.getNumDataGenerators()):
    variable = document.getDataGenerator(i).getVariable(0)
    assert libsedml.formulaToL3String(document.getDataGenerator(i).getMath()) == variable.getId()
    variables.append([variable.getTaskReference(), variable.getTarget(), variable.getSymbol()])
courses = [document.getSimulation(i) for i in range(document.getNumSimulations())]
steps = [course.getNumberOfSteps() for course in courses]
print(json.dumps([errors, models, tasks, variables, steps]))
"""


def require(name: str) -> None:
    """Skip without a package, which is not loaded here."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


def asked(code: str, file: Path) -> Any:
    """What another program says of a file."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], check=True, capture_output=True, text=True
    )
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("[")))


STARTS = Perturbation(per_model=2, seed=5)


@pytest.fixture(scope="module")
def ensemble(ecoli: Network) -> KineticEnsemble:
    return KineticEnsemble.example(ecoli)


@pytest.fixture(scope="module")
def unpacked(
    ecoli: Network, ensemble: KineticEnsemble, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    file = write_archive(
        folder / "ecoli.omex", ensemble, ecoli, MEMBERS, perturbation=STARTS,
        reactor=batch_of(ecoli), curves=measured_curves(ecoli),
    )  # fmt: skip
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "ecoli")
    return folder / "ecoli"


@pytest.mark.slow
def test_the_manifest_names_every_file(unpacked: Path) -> None:
    files = {p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*") if p.is_file()}
    assert {"manifest.xml", "metadata.rdf", "simulations.sedml", "ensemble.nc", "provenance.json",
            "model_0.xml", "batch_4.xml", "petab/problem.yaml"} <= files  # fmt: skip
    require("libcombine")
    entries, master, description, created = asked(_ENTRIES, unpacked.parent / "ecoli.omex")
    assert files - {"manifest.xml", "metadata.rdf"} <= {e.removeprefix("./") for e in entries}
    assert master == "./simulations.sedml"
    assert "ecoli_w3110" in description
    assert created.startswith("20")


@pytest.mark.slow
def test_models_and_numbers_come_back(
    ecoli: Network, ensemble: KineticEnsemble, unpacked: Path
) -> None:
    kept = KineticEnsemble.load(unpacked / "ensemble.nc")
    for i, member in enumerate(MEMBERS):
        km = ensemble.dataset.km.values[member]
        assert read_sbml(unpacked / f"model_{member}.xml").models.km_mM[0].tobytes() == km.tobytes()
        assert kept.dataset.km.values[i].tobytes() == km.tobytes()
    read = read_sbml(unpacked / "batch_0.xml")
    assert read.left_out == ("the bioreactor around the cells",)
    about = json.loads((unpacked / "provenance.json").read_text())
    assert about["perturbation"]["seed"] == 5
    assert about["network_digest"] == ecoli.digest


@pytest.mark.slow
def test_simulations_are_those_that_were_asked_for(
    ecoli: Network, ensemble: KineticEnsemble, unpacked: Path
) -> None:
    """Valid by libSEDML, every start is the perturbation's, and every target is in its model."""
    libsbml = pytest.importorskip("libsbml")
    require("libsedml")
    file = unpacked / "simulations.sedml"
    errors, models, tasks, variables, courses = asked(_SIMULATIONS, file)
    assert errors == []
    damaged = unpacked / "damaged.sedml"
    damaged.write_text(file.read_text().replace('modelReference="cell_0', 'modelRef="cell_0'))
    assert asked(_SIMULATIONS, damaged)[0]
    damaged.unlink()
    assert courses == [120, 120]
    assert len(models) == len(MEMBERS) * (1 + 2 + 1)
    batch = ensemble.models(ecoli)
    for member in MEMBERS:
        for i, start in enumerate(STARTS.starts(batch, member)):
            changes = models[f"cell_{member}_start_{i}"][1]
            values = {target.split("'")[1]: value for target, value in changes}
            assert values == {f"M_{m}": x for m, x in zip(ecoli.dynamic, start, strict=True)}
    ids: dict[str, set[str]] = {}
    for task, target, symbol in variables:
        source, _ = models[tasks[task]]
        while source.startswith("#"):
            source, _ = models[source[1:]]
        assert bool(target) != (symbol == "urn:sedml:symbol:time")
        if target:
            ids.setdefault(source, set()).add(target.split("'")[1])
    assert len(ids) == len(MEMBERS) * 2
    for name, wanted in ids.items():
        found = libsbml.readSBMLFromFile(str(unpacked / name))
        assert all(found.getModel().getElementBySId(i) is not None for i in wanted)


@pytest.mark.slow
def test_petab_tables_are_those_of_the_fermentation(ecoli: Network, unpacked: Path) -> None:
    petab = pytest.importorskip("petab.v2")
    problem = petab.Problem.from_yaml(str(unpacked / "petab" / "problem.yaml"))
    assert list(problem.validate()) == []
    curves = measured_curves(ecoli)
    assert len(problem.measurements) == sum(len(c.time_course.time_h) for c in curves)
    assert problem.n_estimated == len(ecoli.kinetic_reactions)
    assert [o.name for o in problem.observables] == [f"{c.quantity}, {c.unit}" for c in curves]
    measured = [m for m in problem.measurements if m.observable_id == "measured_glucose"]
    (glucose,) = [c for c in curves if c.quantity == "glucose"]
    np.testing.assert_allclose([m.measurement for m in measured], glucose.time_course.value)
    np.testing.assert_allclose(
        [float(m.noise_parameters[0]) for m in measured], glucose.uncertainty
    )


@pytest.mark.slow
@pytest.mark.parametrize("conditions", ["own", "aerated"])
@pytest.mark.parametrize("name", SIMULATORS)
def test_the_fermentation_of_other_simulators_is_ours(
    name: str, conditions: str, ecoli: Network, ensemble: KineticEnsemble, tmp_path: Path
) -> None:
    hours = np.linspace(0.0, 10.0, 11)
    reactor = Bioreactor(
        ReactorConditions.from_folder(ecoli, conditions).but(duration_h=10.0),
        vmax_factors={"DDPA": 1.5}, times_h=hours,
        tolerances=Tolerances(relative=1e-10, absolute=1e-10, seconds=300.0),
    )  # fmt: skip
    models = ensemble.models(ecoli)
    models = models.with_km(models.km_mM[:1])
    (file,) = write_sbml(tmp_path / "batch.xml", models, reactor=reactor)
    cells = reactor.dynamics(models)
    ours = reactor.run(cells, 0)[0].states
    variables = [n for n in cells.names if n not in reactor.conditions.held]
    kept = [cells.index[n] for n in variables]
    found = SIMULATORS[name](file, ecoli).course(hours, variables)
    size = np.maximum(np.abs(ours[:, kept]), 1e-6)  # some of the medium starts at nothing
    assert np.abs((found - ours[:, kept]) / size).max() < 1e-6


def test_what_an_archive_cannot_hold_is_named(
    ecoli: Network, ensemble: KineticEnsemble, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match="give one with reactor="):
        write_archive(tmp_path / "a.omex", ensemble, ecoli, curves=measured_curves(ecoli))
    with pytest.raises(ParameterError, match="there is no member 1000"):
        write_archive(tmp_path / "a.omex", ensemble, ecoli, [1000])
    fed = ReactorConditions.from_folder(ecoli).fed_batch(0.1, {"glc__D_e": 500.0})
    with pytest.raises(ParameterError, match="SBML is written of a batch"):
        write_sbml(tmp_path / "a.xml", ensemble, network=ecoli, reactor=Bioreactor(fed))
    assert not list(tmp_path.iterdir())


def test_another_package_that_replaces_the_classes_of_libsbml_is_named(tmp_path: Path) -> None:
    """And writing an archive, which libSBML alone serves, leaves reading as it was."""
    require("libsedml")
    code = """
import sys, numpy as np, libsbml, libsedml
from renaissance_kit import KineticModels, Network, SteadyState
from renaissance_kit.formats import read_sbml, write_sbml
network = Network.example("tiny")
models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
(file,) = write_sbml(sys.argv[1], models)
document = libsbml.readSBMLFromFile(str(file))
document.getModel().unsetAnnotation()
libsbml.writeSBMLToFile(document, str(file))
try:
    read_sbml(file)
except Exception as error:
    print(__import__("json").dumps([type(error).__name__, str(error)]))
"""
    kind, message = asked(code, tmp_path / "tiny.xml")
    assert kind == "ParameterError"
    assert "such as libSEDML, has replaced the classes of libSBML" in message
