"""COMBINE archives: whole, valid by the checks of others, and simulated as SED-ML says."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

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
STARTS = Perturbation(per_model=2, seed=5)


@pytest.fixture(scope="module")
def ensemble(ecoli: Network) -> KineticEnsemble:
    return KineticEnsemble.example(ecoli)


@pytest.fixture(scope="module")
def unpacked(
    ecoli: Network, ensemble: KineticEnsemble, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    pytest.importorskip("libcombine")
    pytest.importorskip("libsedml")
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
    import libcombine

    files = {p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*") if p.is_file()}
    assert {"manifest.xml", "metadata.rdf", "simulations.sedml", "ensemble.nc", "provenance.json",
            "model_0.xml", "batch_4.xml", "petab/problem.yaml"} <= files  # fmt: skip
    archive = libcombine.CombineArchive()
    assert archive.initializeFromArchive(str(unpacked.parent / "ecoli.omex"))
    named = {archive.getEntry(i).getLocation().removeprefix("./")
             for i in range(archive.getNumEntries())}  # fmt: skip
    assert files - {"manifest.xml", "metadata.rdf"} <= named
    assert archive.getMasterFile().getLocation() == "./simulations.sedml"
    assert "ecoli_w3110" in archive.getMetadataForLocation(".").getDescription()


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
    import libsbml
    import libsedml

    text = (unpacked / "simulations.sedml").read_text()
    document = libsedml.readSedMLFromString(text)
    assert document.getNumErrors() == 0
    assert libsedml.readSedMLFromString(text.replace("</sedML>", "")).getNumErrors() > 0
    models = {document.getModel(i).getId(): document.getModel(i)
              for i in range(document.getNumModels())}  # fmt: skip
    assert len(models) == len(MEMBERS) * (1 + 2 + 1)
    batch = ensemble.models(ecoli)
    for member in MEMBERS:
        for i, start in enumerate(STARTS.starts(batch, member)):
            changes = models[f"cell_{member}_start_{i}"].getListOfChanges()
            values = {c.getTarget().split("'")[1]: float(c.getNewValue()) for c in changes}
            assert values == {f"M_{m}": x for m, x in zip(ecoli.dynamic, start, strict=True)}
    tasks = {document.getTask(i).getId(): document.getTask(i)
             for i in range(document.getNumTasks())}  # fmt: skip
    ids: dict[str, set[str]] = {}
    for i in range(document.getNumDataGenerators()):
        variable = document.getDataGenerator(i).getVariable(0)
        model = models[tasks[variable.getTaskReference()].getModelReference()]
        while model.getSource().startswith("#"):
            model = models[model.getSource()[1:]]
        if variable.getTarget():
            ids.setdefault(model.getSource(), set()).add(variable.getTarget().split("'")[1])
    assert len(ids) == len(MEMBERS) * 2
    for file, asked in ids.items():
        found = libsbml.readSBMLFromFile(str(unpacked / file))
        assert all(found.getModel().getElementBySId(name) is not None for name in asked)


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


def test_a_library_that_is_missing_is_named(
    ecoli: Network, ensemble: KineticEnsemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "libcombine", None)
    with pytest.raises(ParameterError, match=r"pip install 'renaissance_kit\[archive\]'"):
        write_archive(tmp_path / "a.omex", ensemble, ecoli)
