"""SBML: what is written is valid with its units, and what it says of the model."""

from __future__ import annotations

from pathlib import Path

import libsbml
import numpy as np
import pytest

from renaissance_kit import KineticEnsemble, KineticModels, Network, SteadyState
from renaissance_kit.core import ParameterError
from renaissance_kit.formats import write_sbml


def complaints(text: str) -> list[str]:
    """Everything that libSBML's checks say, warnings included."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    found = [document.getError(i) for i in range(document.getNumErrors())]
    return [f"{e.getSeverityAsString()}: {e.getMessage()}" for e in found]


@pytest.fixture(scope="module")
def tiny_models() -> KineticModels:
    network = Network.example("tiny")
    km = np.random.default_rng(2).uniform(0.1, 5, (3, len(network.km_names)))
    return KineticModels(network, SteadyState.from_folder(network), km)


def test_no_error_and_no_warning_with_units(tiny_models: KineticModels, tmp_path: Path) -> None:
    (file,) = write_sbml(tmp_path / "tiny.xml", tiny_models, 1)
    assert complaints(file.read_text()) == []


@pytest.mark.slow
def test_no_error_and_no_warning_in_a_real_network(ecoli: Network, tmp_path: Path) -> None:
    ensemble = KineticEnsemble.example(ecoli)
    files = write_sbml(tmp_path / "ecoli.xml", ensemble, [0, 7], network=ecoli)
    assert [f.name for f in files] == ["ecoli_0.xml", "ecoli_7.xml"]
    for file in files:
        assert complaints(file.read_text()) == []
    assert f'seed="{ensemble.dataset.attrs["seed"]}"' in files[0].read_text()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('id="KM_HEX_atp_c" name="KM HEX:atp_c" value="', 'units="mmol_per_litre_2"'),
        ('id="Keq_GLCt" name="Keq GLCt" value="', 'units="mmol"'),
        ('id="Vmax_PGI" name="Vmax PGI" value="', 'units="mmol"'),
    ],
)
def test_the_check_sees_a_wrong_unit(
    right: str, wrong: str, tiny_models: KineticModels, tmp_path: Path
) -> None:
    (file,) = write_sbml(tmp_path / "tiny.xml", tiny_models)
    lines = file.read_text().splitlines()
    (at,) = [i for i, line in enumerate(lines) if right in line and "<parameter" in line]
    before, _, after = lines[at].partition('units="')
    lines[at] = f"{before}{wrong.removesuffix(chr(34))}{after[after.index(chr(34)) :]}"
    assert any("unit" in text for text in complaints("\n".join(lines)))


def test_parameters_are_parameters_and_known_to_databases(
    tiny_models: KineticModels, tmp_path: Path
) -> None:
    (file,) = write_sbml(tmp_path / "tiny.xml", tiny_models, 2)
    model = libsbml.readSBMLFromFile(str(file)).getModel()
    network = tiny_models.network
    for k, name in enumerate(network.km_names):
        parameter = model.getParameter(f"KM_{name.replace(':', '_')}")
        assert parameter.getValue() == pytest.approx(tiny_models.km_mM[2, k], rel=1e-14)
        assert parameter.getSBOTermID() == "SBO:0000027"
        assert parameter.getUnits() == "mmol_per_litre"
    for r, name in enumerate(network.kinetic_reactions):
        vmax = model.getParameter(f"Vmax_{name}").getValue()
        assert vmax == pytest.approx(tiny_models.vmax_mM_h[2, r], rel=1e-14)
    law = model.getReaction("R_HEX").getKineticLaw()
    assert law.getSBOTermID() == "SBO:0000429"
    assert law.getNumLocalParameters() == 0
    resources = [
        model.getSpecies("M_atp_c").getCVTerm(0).getResourceURI(0),
        *(model.getReaction("R_HEX").getCVTerm(i).getResourceURI(0) for i in range(2)),
    ]
    assert resources == [
        f"https://identifiers.org/{x}"
        for x in ("bigg.metabolite:atp", "bigg.reaction:HEX", "ec-code:2.7.1.1")
    ]
    medium = model.getSpecies("M_glc__D_e")
    assert medium.getBoundaryCondition()
    assert medium.getConstant()
    assert model.getCompartment("c").getSize() == 1.0


def test_what_is_not_there_is_named(tiny_models: KineticModels, models_file: Path) -> None:
    with pytest.raises(ParameterError, match="there is no member 3; the batch holds 0 to 2"):
        write_sbml("never.xml", tiny_models, [0, 3])
    with pytest.raises(ParameterError, match="give network="):
        write_sbml("never.xml", KineticEnsemble.load(models_file))
    assert not Path("never.xml").exists()
