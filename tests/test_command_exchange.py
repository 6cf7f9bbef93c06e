"""The commands export and import."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from commands import said

from renaissance_kit import KineticEnsemble, Network
from renaissance_kit.cli import main
from renaissance_kit.formats import read_sbml

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
    pytest.importorskip("libcombine")
    pytest.importorskip("libsedml")
    line = "export ecoli_w3110_trpd9923 -n 2 --conditions own --starts 2 --seed 4 --out all.omex"
    assert said(capsys, line.split()) == "all.omex: ecoli_w3110_trpd9923\n"


@pytest.mark.slow
def test_a_fermentation_is_written(ecoli: Network, capsys: pytest.CaptureFixture[str]) -> None:
    line = "export ecoli_w3110_trpd9923+published --conditions aerated --out batch.xml"
    assert said(capsys, line.split()) == "batch.xml: ecoli_w3110_trpd9923+published\n"
    read = read_sbml("batch.xml")
    assert read.left_out == ("the bioreactor around the cells",)
    assert np.isfinite(read.models.vmax_mM_h).all()
