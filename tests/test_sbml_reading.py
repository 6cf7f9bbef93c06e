"""SBML read: our own files to the last bit, those of others by the rates that their laws give."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import libsbml
import numpy as np
import pytest
from external import FOLDER, external

from renaissance_kit import KineticEnsemble, KineticModels, Network, SteadyState
from renaissance_kit.core import DataError, SteadyStateError
from renaissance_kit.formats import read_sbml, write_sbml

REGULATION = """reaction,metabolite,kind,source
HEX,f6p_c,competitive_inhibition,test
HEX,fru_c,inhibition,test
PGI,atp_c,mixed_inhibition,test
PGI,adp_c,activation,test
FRUK,g6p_c,essential_activation,test
FRUK,glc__D_e,competitive_inhibition,test
GLCt,g6p_c,inhibition,test
"""


def models_of(name: str, count: int = 2) -> KineticModels:
    network = Network.open(name)
    if "tiny" in name:
        km = np.random.default_rng(4).uniform(0.1, 5, (count, len(network.km_names)))
        return KineticModels(network, SteadyState.from_folder(network), km)
    models = KineticEnsemble.example(network).models(network)
    return models.with_km(models.km_mM[:count])


def foreign(file: Path, **replaced: str) -> Path:
    """The file without what we wrote beside the model, as another program would save it."""
    text = re.sub(r"(?s)<rk:model.*?</rk:model>", "", file.read_text())
    for before, after in replaced.items():
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
    return file


@pytest.fixture
def regulated(tmp_path: Path) -> str:
    """The tiny network with every kind of modifier."""
    folder = tmp_path / "tiny"
    shutil.copytree(Network.example("tiny").file(""), folder)
    (folder / "regulation_all.csv").write_text(REGULATION)
    return f"{folder}+all"


@pytest.mark.parametrize("name", ["tiny", "ecoli_w3110_trpd9923", "ecoli_w3110_trpd9923+published"])
def test_nothing_is_lost_of_what_we_wrote(name: str, tmp_path: Path) -> None:
    models = models_of(name)
    (file,) = write_sbml(tmp_path / "model.xml", models, 1)
    read = read_sbml(file)
    assert read.network == models.network
    assert read.left_out == ()
    assert read.provenance["steady_state"] == models.state.label
    assert read.models.state == models.state
    assert read.models.km_mM[0].tobytes() == models.km_mM[1].tobytes()
    assert read.models.vmax_mM_h[0].tobytes() == models.vmax_mM_h[1].tobytes()
    (again,) = write_sbml(tmp_path / "again.xml", read.models)
    assert again.read_text().replace('model="0"', 'model="1"').replace(
        "model 0 of", "model 1 of"
    ) == file.read_text()  # fmt: skip


@pytest.mark.parametrize("name", ["tiny", "ecoli_w3110_trpd9923", "regulated"])
def test_laws_are_recognised_by_their_rates(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = request.getfixturevalue(name) if name == "regulated" else name
    models = models_of(name, 1)
    (file,) = write_sbml(tmp_path / "model.xml", models)
    read = read_sbml(foreign(file), density_gDW_L=models.state.density_gDW_L)
    network = models.network
    for r in network.kinetic_reactions:
        theirs, ours = read.network.reactions[r], network.reactions[r]
        assert theirs.rate_law == ours.rate_law
        kinds = [{(m.metabolite, m.kind) for m in x.modifiers} for x in (theirs, ours)]
        assert kinds[0] == kinds[1]
    constants = dict(zip(read.network.km_names, read.models.km_mM[0], strict=True))
    for k, value in enumerate(models.km_mM[0]):
        if models.laws.influential_km[k]:
            assert constants[network.km_names[k]] == pytest.approx(value, rel=1e-13)
    assert read.network.kinetic_reactions == network.kinetic_reactions
    np.testing.assert_allclose(read.models.vmax_mM_h, models.vmax_mM_h, rtol=1e-13)
    np.testing.assert_allclose(read.models.state.fluxes_mM_h, models.state.fluxes_mM_h, rtol=1e-9)
    ours, found = (m.spectrum().eigenvalues_per_h[0] for m in (models, read.models))
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(ours), rtol=1e-9)


def test_a_file_that_was_changed_is_that_of_another(tmp_path: Path) -> None:
    """The tables beside the model no longer speak of it; the state is that of the numbers."""
    models = models_of("tiny")
    (file,) = write_sbml(tmp_path / "model.xml", models)
    value = f'value="{models.vmax_mM_h[0, 2]:.15g}"'
    assert file.read_text().count(value) == 1
    file.write_text(file.read_text().replace(value, f'value="{2 * models.vmax_mM_h[0, 2]}"'))
    with pytest.raises(SteadyStateError, match="fluxes do not balance"):
        read_sbml(file)
    read = read_sbml(file, settle_h=5)
    assert "changed since, in Vmax_PGI" in read.left_out[0]
    balance = read.network.stoichiometry @ read.models.state.fluxes_mM_h
    assert np.abs(balance).max() < 1e-8 * np.abs(read.models.state.fluxes_mM_h).max()


def other_program(units: bool = True, level: int = 3) -> libsbml.SBMLDocument:
    """X -> S -> P -> X in micromolar and minutes, with laws as other programs write them."""
    document = libsbml.SBMLDocument(level, 1 if level == 3 else 4)
    model = document.createModel()
    model.setId("other")
    for name, kind, scale, multiplier in (
        ("umol", libsbml.UNIT_KIND_MOLE, -6, 1.0), ("minute", libsbml.UNIT_KIND_SECOND, 0, 60.0),
    ):  # fmt: skip
        unit = model.createUnitDefinition()
        unit.setId(name)
        part = unit.createUnit()
        part.setKind(kind)
        part.setScale(scale)
        part.setMultiplier(multiplier)
        part.setExponent(1)
    if units:
        model.setSubstanceUnits("umol")
        model.setExtentUnits("umol")
        model.setTimeUnits("minute")
        model.setVolumeUnits("litre")
    compartment = model.createCompartment()
    compartment.setId("cell")
    compartment.setSize(2.0)
    compartment.setConstant(True)
    for name, value, boundary in (("X", 500.0, True), ("S", 40.0, False), ("P", 10.0, False)):
        species = model.createSpecies()
        species.setId(name)
        species.setCompartment("cell")
        species.setInitialConcentration(value)
        species.setBoundaryCondition(boundary)
        species.setHasOnlySubstanceUnits(False)
        species.setConstant(False)
    for name, value in (
        ("kf", 0.2), ("kr", 0.1), ("kcat", 30.0), ("E", 2.0), ("Ks", 25.0), ("V", 90.0),
        ("Kp", 5.0), ("Vr", 3.0),
    ):  # fmt: skip
        parameter = model.createParameter()
        parameter.setId(name)
        parameter.setValue(value)
        parameter.setConstant(True)
    function = model.createFunctionDefinition()
    function.setId("haldane")
    function.setMath(
        libsbml.parseL3Formula(
            "lambda(s, p, vf, vr, ks, kp, (vf*s/ks - vr*p/kp)/(1 + s/ks + p/kp))"
        )
    )
    for name, left, right, law in (
        ("uptake", "X", "S", "cell * (kf*X - kr*S)"),
        ("enzyme", "S", "P", "cell * haldane(S, P, kcat*E, Vr, Ks, Kp)"),
        ("drain", "P", "X", "cell * V * P / (Kp + P)"),
    ):
        reaction = model.createReaction()
        reaction.setId(name)
        reaction.setReversible(True)
        reaction.setFast(False)
        for made, metabolite in (
            (reaction.createReactant(), left),
            (reaction.createProduct(), right),
        ):
            made.setSpecies(metabolite)
            made.setStoichiometry(1.0)
            made.setConstant(True)
        reaction.createKineticLaw().setMath(libsbml.parseL3Formula(law))
    return document


def saved(document: libsbml.SBMLDocument, path: Path) -> Path:
    assert libsbml.writeSBMLToFile(document, str(path))
    return path


def test_constants_of_another_program_in_our_units(tmp_path: Path) -> None:
    """Micromolar become mM, minutes hours; the names of parameters do not matter."""
    file = saved(other_program(), tmp_path / "other.xml")
    with pytest.raises(SteadyStateError):
        read_sbml(file)
    read = read_sbml(file, settle_h=100.0, density_gDW_L=250.0)
    laws = {r.id: r.rate_law for r in read.network.reactions.values()}
    assert laws == {
        "uptake": "reversible_mass_action",
        "enzyme": "reversible_michaelis_menten",
        "drain": "irreversible_michaelis_menten",
    }
    km = dict(zip(read.network.km_names, read.models.km_mM[0], strict=True))
    assert km["enzyme:S"] == pytest.approx(0.025)
    assert km["enzyme:P"] == pytest.approx(0.005)
    assert km["drain:P"] == pytest.approx(0.005)
    vmax = dict(zip(read.network.kinetic_reactions, read.models.vmax_mM_h[0], strict=True))
    assert vmax["uptake"] == pytest.approx(0.2 * 60)  # 1/h
    assert vmax["enzyme"] == pytest.approx(60.0 * 60 / 1000)  # mM/h
    assert vmax["drain"] == pytest.approx(90.0 * 60 / 1000)
    keq = np.exp(read.models.log_keq[1])
    assert keq == pytest.approx(60.0 * 5 / (3.0 * 25))
    assert any("KM of X in drain" in text for text in read.left_out)


def test_units_that_are_not_declared_are_said(tmp_path: Path) -> None:
    read = read_sbml(saved(other_program(units=False), tmp_path / "other.xml"), settle_h=1000.0)
    assert "the file declares no unit of time; hour is assumed" in read.left_out
    km = dict(zip(read.network.km_names, read.models.km_mM[0], strict=True))
    assert km["enzyme:S"] == pytest.approx(25.0)


def test_everything_that_is_not_known_is_listed_with_its_reason(tmp_path: Path) -> None:
    document = other_program()
    model = document.getModel()
    wrong = {
        "uptake": "cell * kf * sin(X)",
        "enzyme": "cell * kcat * E * S^2 / (Ks^2 + S^2)",
    }
    model.getReaction("drain").unsetKineticLaw()
    for name, law in wrong.items():
        model.getReaction(name).getKineticLaw().setMath(libsbml.parseL3Formula(law))
    event = model.createEvent()
    event.setUseValuesFromTriggerTime(True)
    with pytest.raises(DataError) as caught:
        read_sbml(saved(document, tmp_path / "other.xml"))
    problems = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 4
    assert "other.xml: 1 events" in problems
    assert "reaction uptake: it uses sin" in problems
    assert "reaction enzyme: its rate at random concentrations is that of none of" in problems
    assert "reaction drain: it has no rate law" in problems


def test_a_law_against_its_equation_is_named(tmp_path: Path) -> None:
    document = other_program()
    law = libsbml.parseL3Formula("cell * haldane(P, S, kcat*E, Vr, Kp, Ks)")
    document.getModel().getReaction("enzyme").getKineticLaw().setMath(law)
    with pytest.raises(DataError, match="reaction enzyme: its law drives it from right to left"):
        read_sbml(saved(document, tmp_path / "other.xml"))


@pytest.mark.parametrize("content", ["", "no xml", "<sbml/>", "<html><body/></html>"])
def test_what_is_no_sbml_is_named(content: str, tmp_path: Path) -> None:
    file = tmp_path / "model.xml"
    file.write_text(content)
    with pytest.raises(DataError, match=r"model\.xml"):
        read_sbml(file)
    with pytest.raises(DataError, match="does not exist"):
        read_sbml(tmp_path / "none.xml")


def test_a_damaged_annotation_is_named(tmp_path: Path) -> None:
    (file,) = write_sbml(tmp_path / "model.xml", models_of("tiny"))
    file.write_text(file.read_text().replace('rate_law="convenience"', 'rate_law="inconvenience"'))
    with pytest.raises(DataError, match="annotation of renaissance_kit is damaged"):
        read_sbml(file)


@external
def test_a_file_that_skimpy_wrote_with_a_law_against_its_equation() -> None:
    with pytest.raises(DataError, match="reaction pfk: its law drives it from right to left"):
        read_sbml(FOLDER / "skimpy_test_model.sbml")
