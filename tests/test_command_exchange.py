"""The commands export and import."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import said

from renaissance_kit import KineticEnsemble, KineticModels, Network, SteadyState
from renaissance_kit.cli import main
from renaissance_kit.formats import read_sbml, write_skimpy

pytestmark = pytest.mark.usefixtures("here")


def test_models_go_out_and_come_back(
    here: Path, models_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = ["export", "tiny", "--models", str(models_file)]
    assert said(capsys, [*export, "--out", "one"]) == "one.xml: tiny\n"
    assert said(capsys, [*export, "-n", "2", "--out", "two.sbml"]).splitlines() == [
        "two_0.sbml: tiny", "two_1.sbml: tiny",
    ]  # fmt: skip
    assert said(capsys, ["import", "two_1.sbml", "--out", "mine"]).splitlines()[-1] == (
        "mine/valid_models.nc: 1 of 1 models valid"
    )
    mine = Network.open(here / "mine")
    assert mine.digest == Network.example("tiny").digest
    km = KineticEnsemble.load(models_file).dataset.km.values[1]
    assert KineticEnsemble.example(mine).dataset.km.values[0].tobytes() == km.tobytes()
    assert "no problems" in said(capsys, ["check", "mine"])


def test_nothing_is_replaced_without_force(
    models_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = ["export", "tiny", "--models", str(models_file), "-n", "2", "--out", "m.xml"]
    assert main(export) == 0
    before = Path("m_1.xml").read_text()
    assert "m_0.xml is there already; --force replaces it" in said(capsys, export, 2)
    assert main([*export, "--force"]) == 0
    assert main(["import", "m_0.xml", "--out", "mine"]) == 0
    again = said(capsys, ["import", "m_1.xml", "--out", "mine"], 2)
    assert "mine/compartments.csv is there already" in again
    assert main(["import", "m_1.xml", "--out", "mine", "--force"]) == 0
    assert Path("m_1.xml").read_text() == before


def test_what_is_assumed_is_said(models_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "tiny", "--models", str(models_file), "--out", "m.xml"]) == 0
    text = Path("m.xml").read_text()
    start, end = text.index("<rk:model"), text.index("</rk:model>") + len("</rk:model>")
    text = (text[:start] + text[end:]).replace(' timeUnits="hour"', "")
    Path("m.xml").write_text(text)
    capsys.readouterr()
    assert main(["import", "m.xml", "--density", "250", "--out", "mine"]) == 0
    assert "note: the file declares no unit of time; hour is assumed" in capsys.readouterr().err
    assert Network.open("mine").conditions["dry_weight_density"].value == 250


@pytest.mark.slow
def test_an_archive_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    line = "export ecoli_w3110_trpd9923 -n 2 --conditions own --starts 2 --seed 4 --out all.omex"
    assert said(capsys, line.split()) == "all.omex: ecoli_w3110_trpd9923\n"


@pytest.mark.slow
def test_a_fermentation_is_written(ecoli: Network, capsys: pytest.CaptureFixture[str]) -> None:
    line = "export ecoli_w3110_trpd9923+published --conditions aerated --out batch.xml"
    assert said(capsys, line.split()) == "batch.xml: ecoli_w3110_trpd9923+published\n"
    read = read_sbml("batch.xml")
    assert read.left_out == ("the bioreactor around the cells",)
    assert np.isfinite(read.models.vmax_mM_h).all()


def test_a_model_of_skimpy_goes_out_and_comes_back(
    capsys: pytest.CaptureFixture[str], tiny: Network
) -> None:
    folder = Path("regulated")
    shutil.copytree(tiny.folder, folder)
    (folder / "valid_models.nc").unlink(missing_ok=True)
    (folder / "regulation.csv").write_text(
        "reaction,metabolite,kind,source\nPGI,atp_c,mixed_inhibition,test\n", encoding="utf-8"
    )
    network = Network.open("regulated")
    km = np.exp(np.random.default_rng(1).normal(size=(3, 12)))
    models = KineticModels(network, SteadyState.from_folder(network), km)
    KineticEnsemble.from_models(models, models.spectrum()).save("three.nc")
    line = "export regulated --models three.nc -n 3 --all --out model.yaml"
    files = ["model.yaml", "model_regulation.csv", "model_parameters.hdf5"]
    assert said(capsys, line.split()).split("\n")[:3] == [f"{file}: regulated" for file in files]
    Path("model.yaml").unlink()
    assert "model_regulation.csv is there already" in said(capsys, line.split(), 2)
    assert said(capsys, [*line.split(), "--force"])
    line = "import model.yaml --regulation model_regulation.csv --out back --density"
    said(capsys, [*line.split(), str(models.state.density_gDW_L)])
    back = Network.open("back")
    assert set(back.km_names) == set(network.km_names)
    found = KineticEnsemble.load(Path("back") / "valid_models.nc").dataset.km
    np.testing.assert_allclose(found.sel(km_name=list(network.km_names)).values[0], km[0])


def test_a_model_of_skimpy_without_numbers_gives_its_tables(
    capsys: pytest.CaptureFixture[str], tiny: Network
) -> None:
    write_skimpy("open.yaml", tiny)
    assert said(capsys, ["import", "open.yaml", "--out", "opened"]).startswith("opened: Network(")
    assert set(Network.open("opened").km_names) == set(tiny.km_names)
    assert not (Path("opened") / "valid_models.nc").exists()
