"""The panel of control: the same tables as notebook 11."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from patience import PATIENCE_S

from renaissance_kit import KineticModels, Network, studies
from renaissance_kit.cli import batch
from renaissance_kit.control import control_coefficients
from renaissance_kit.panels import ControlPanel, State


def done(panel: ControlPanel) -> None:
    panel.run()
    state = panel.wait(PATIENCE_S)
    if panel.job is not None and panel.job.error is not None:
        raise panel.job.error
    assert state is State.DONE, panel.message.value


@pytest.fixture
def panel(tiny: Network, models_file: Path, tmp_path: Path) -> ControlPanel:
    return ControlPanel(
        tiny, ensemble=models_file, scale="smoke", folder=tmp_path / "panel", workers=1, models=2
    )


def test_tables_are_those_of_the_study(panel: ControlPanel, tiny: Network, models_file) -> None:
    panel.set(targets=["PGI", "FRUt"], enzymes=["HEX"])
    done(panel)
    chosen, _ = studies.valid_ensemble(tiny, 2, path=models_file)
    models: KineticModels = chosen.models(tiny)
    expected = studies.coefficient_table(
        control_coefficients(models), ["PGI", "FRUt"], studies.reaction_pathways(tiny)
    )
    kept = pd.read_csv(panel.folder / "control.csv")
    np.testing.assert_allclose(kept["median"], expected["median"])
    assert kept.name.tolist() == expected.name.tolist()
    scans = pd.read_csv(panel.folder / "scans.csv")
    assert set(scans.enzyme) == {"HEX"}
    assert (panel.folder / "pathways.csv").is_file()
    assert "PGI: " in panel.message.value
    assert all(chart.made_chart().spec for chart in panel.charts())


def test_nothing_takes_what_the_notebook_takes(panel: ControlPanel, ecoli: Network) -> None:
    assert "targets" not in panel.parameters()
    panel.set(targets=["PGI"])
    assert panel.parameters()["targets"] == ["PGI"]
    batch.check_parameters(batch.notebook_path(panel.notebook), panel.parameters())
    words = panel.command().replace("\\\n", " ")
    assert f"run {panel.notebook} " in words
    assert all(f"-p {name} " in words for name in panel.parameters())
    for control in panel.controls.values():
        assert len(control.tooltip) > 40  # type: ignore[attr-defined]


def test_a_wrong_reaction_is_explained(panel: ControlPanel) -> None:
    panel.controls["targets"].text.value = "FRUK, PGII"  # type: ignore[attr-defined]
    panel.run()
    assert panel.state is State.IDLE
    assert "&#x27;PGII&#x27; is not a reaction; did you mean" in panel.message.value


@pytest.mark.slow
def test_a_batch_run_gives_the_same_files(ecoli: Network, tmp_path: Path) -> None:
    panel = ControlPanel(
        ecoli, scale="smoke", folder=tmp_path / "panel", models=3, enzymes=["PGI"], workers=1
    )
    done(panel)
    batch.run(
        panel.notebook, tmp_path / "batch", scale="smoke",
        parameters={**panel.parameters(), "widgets": False},
    )  # fmt: skip
    for name in ("control.csv", "pathways.csv", "scans.csv"):
        assert (panel.folder / name).read_bytes() == (tmp_path / "batch" / name).read_bytes()
