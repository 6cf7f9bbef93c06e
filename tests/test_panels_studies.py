"""The panels of robustness, fermentation, KM and states: the same results as the studies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from patience import PATIENCE_S

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMMeasurements,
    KMRanges,
    Network,
    Perturbation,
    Recipe,
    SteadyState,
    SteadyStates,
    cultivate,
    perturb,
    studies,
)
from renaissance_kit.analysis import unbiased_models
from renaissance_kit.cli import batch
from renaissance_kit.core import ParameterError, Run, load_archive, repeat_seeds
from renaissance_kit.figures import live
from renaissance_kit.panels import (
    BioreactorPanel,
    KMPanel,
    Panel,
    RobustnessPanel,
    State,
    TrainingPanel,
)
from renaissance_kit.panels.states import StatesPanel
from renaissance_kit.simulation import batch_of, fit_of, measured_curves

ONE = Run(workers=1)


def require_same_but_for_seconds(ours: Path, theirs: Path) -> None:
    with xr.open_dataset(ours) as a, xr.open_dataset(theirs) as b:
        xr.testing.assert_identical(a.drop_vars("seconds"), b.drop_vars("seconds"))


def done(panel: Panel) -> None:
    panel.run()
    state = panel.wait(PATIENCE_S)
    if panel.job is not None and panel.job.error is not None:
        raise panel.job.error
    assert state is State.DONE, panel.message.value


# --- robustness ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def valid_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of valid models of the tiny network."""
    network = Network.example("tiny")
    km = KMRanges.of(network).uniform(40, np.random.default_rng(0))
    models = KineticModels(network, SteadyState.from_folder(network), km)
    ensemble = KineticEnsemble.from_models(models, models.spectrum(threshold_per_h=-2.5))
    path = tmp_path_factory.mktemp("models") / "ensemble.nc"
    ensemble.select(ensemble.valid).save(path)
    return path


@pytest.fixture
def robustness(tiny: Network, valid_models: Path, tmp_path: Path) -> RobustnessPanel:
    return RobustnessPanel(
        tiny, ensemble=valid_models, folder=tmp_path / "panel", workers=1, models=5, per_model=2
    )


def test_perturbations_are_those_of_the_study(
    robustness: RobustnessPanel, tiny: Network, valid_models: Path, tmp_path: Path
) -> None:
    robustness.set(size=0.3, seed=4, metabolites=["g6p_c", "fru_c"])
    done(robustness)
    chosen, _ = studies.valid_ensemble(tiny, 5, path=valid_models)
    settings = Perturbation(
        size=0.3, seed=4, metabolites=["g6p_c", "fru_c"], per_model=2,
        times_min=studies.RETURN_TIMES_MIN,
    )  # fmt: skip
    perturb(chosen.models(tiny), settings, run=ONE).save(tmp_path / "study.nc")
    require_same_but_for_seconds(tmp_path / "panel" / "perturbation.nc", tmp_path / "study.nc")
    assert (tmp_path / "panel" / "outcomes.csv").is_file()
    assert "within 24 min" in robustness.message.value


def test_single_models_are_taken_by_their_numbers(
    robustness: RobustnessPanel, tiny: Network, valid_models: Path
) -> None:
    robustness.controls["models"].text.value = "3, 1"  # type: ignore[attr-defined]
    assert robustness.values()["models"] == [3, 1]
    every, _ = studies.valid_ensemble(tiny, 1000, path=valid_models)
    two, _ = studies.valid_ensemble(tiny, [3, 1], path=valid_models)
    np.testing.assert_array_equal(two.dataset.km.values, every.dataset.km.values[[3, 1]])
    with pytest.raises(ParameterError, match="choose another"):
        studies.valid_ensemble(tiny, [len(every)], path=valid_models)
    for nothing in (0, [], [-1]):
        with pytest.raises(ParameterError, match="how many, or their numbers"):
            studies.valid_ensemble(tiny, nothing, path=valid_models)


@pytest.mark.parametrize("name", ["ecoli_w3110_trpd9923", "ecoli_w3110_trpd9923+published"])
@pytest.mark.parametrize("kind", [RobustnessPanel, BioreactorPanel])
def test_panels_take_the_models_that_the_notebooks_take(
    kind: type[RobustnessPanel | BioreactorPanel], name: str, tmp_path: Path
) -> None:
    network = Network.open(name)
    panel = kind(network, folder=tmp_path, models=3)
    task = panel.prepare(panel.values(), resume=False)
    expected, _ = studies.valid_ensemble(network, 3)
    np.testing.assert_array_equal(task.models.km_mM, expected.dataset.km.values)
    assert panel.parameters()["network"] == name
    assert f"-p network {name}" in panel.command()
    batch.check_parameters(batch.notebook_path(panel.notebook), panel.parameters())


def test_a_click_shows_the_courses_of_a_model(robustness: RobustnessPanel) -> None:
    done(robustness)
    charts = robustness.charts()
    picker = charts[1].made_chart()
    assert "picked" in picker.selections.trait_names()
    before = charts[2].made_chart().spec
    key = robustness.chosen_choice.options[-1][1]
    robustness.on_click([{"model": key[0], "perturbation": key[1]}])
    assert robustness.chosen_choice.value == key
    assert charts[2].made_chart().spec != before
    robustness.on_click([])  # a click beside the points
    assert robustness.chosen_choice.value == key


def of_another_version(folder: Path) -> dict[Path, bytes]:
    """Let the runs in a folder say that another version began them; all files as they are then."""
    for path in folder.rglob("run.json"):
        content = json.loads(path.read_text())
        content["made_with"]["numpy"] = "1.0"
        path.write_text(json.dumps(content))
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_of_another_version_stays_and_a_fresh_one_is_offered(
    robustness: RobustnessPanel, tmp_path: Path
) -> None:
    robustness.set(metabolites=["g6p_c"])
    done(robustness)
    assert not robustness.anew.offered
    for name in ("anew", "anew-2"):
        before = of_another_version(tmp_path / "panel")
        robustness.run()
        assert robustness.wait(PATIENCE_S) is State.FAILED
        assert "begun with other versions" in robustness.message.value
        assert robustness.anew.offered
        assert str(tmp_path / "panel" / name) in robustness.anew.note.value
        robustness.anew.button.click()
        assert not robustness.anew.offered
        assert robustness.wait(PATIENCE_S) is State.DONE
        assert str(tmp_path / "panel" / name / "perturbation.nc") in robustness.message.value
        assert (tmp_path / "panel" / name / "outcomes.csv").is_file()
        assert all(path.read_bytes() == content for path, content in before.items())
    assert robustness.save_parameters().parent == tmp_path / "panel" / "anew-2"


def test_the_offer_goes_with_its_message(robustness: RobustnessPanel, tmp_path: Path) -> None:
    done(robustness)
    of_another_version(tmp_path / "panel")
    robustness.run()
    robustness.wait(PATIENCE_S)
    assert robustness.anew.offered
    robustness.set(size=0.2)
    assert not robustness.anew.offered
    assert robustness.message.value == ""
    done(robustness)  # of other settings, so that nothing is in the way
    assert robustness.folder == tmp_path / "panel"


def test_another_tolerance_needs_no_new_run(robustness: RobustnessPanel) -> None:
    done(robustness)
    job, before = robustness.job, robustness.shares_chart.made_chart().spec
    said = robustness.message.value
    robustness.set(tolerance=0.3)
    assert robustness.job is job
    assert robustness.shares_chart.made_chart().spec != before
    assert robustness.message.value != said
    assert "30 %" in robustness.message.value


@pytest.mark.parametrize(
    ("text", "says"), [("g6p", "did you mean"), ("", "empty"), ("g6p_c, nothing", "no dynamic")]
)
def test_wrong_metabolites_are_explained(robustness: RobustnessPanel, text: str, says: str) -> None:
    control = robustness.controls["metabolites"]
    control.text.value = text  # type: ignore[attr-defined]
    assert says in control.note.value  # type: ignore[attr-defined]


def test_points_that_can_be_picked() -> None:
    table = pd.DataFrame(
        {"model": [0, 1], "perturbation": [0, 0], "time_constant_min": [8.0, 9.0],
         "return_min": [30.0, np.inf]}
    )  # fmt: skip
    specification = live.return_picker(table, until_min=600.0, shown=(1, 0)).to_dict()
    assert [p["name"] for p in specification["params"]] == [live.PICKED]
    text = json.dumps(specification, ensure_ascii=False)
    assert "not back" in text
    assert "(min)" in text


# --- fermentation --------------------------------------------------------------------------------


@pytest.mark.slow
def test_fermentations_are_those_of_the_study(ecoli: Network, tmp_path: Path) -> None:
    panel = BioreactorPanel(
        ecoli, folder=tmp_path / "panel", workers=1, models=[2], duration_h=12.0,
        medium_mM={"glc__D_e": 40.0}, inoculum_gDW_L=0.05,
    )  # fmt: skip
    done(panel)
    chosen, _ = studies.valid_ensemble(ecoli, [2])
    reactor = batch_of(ecoli, duration_h=12.0, inoculum_gDW_L=0.05, medium_mM={"glc__D_e": 40.0})
    result = cultivate(chosen.models(ecoli), reactor, run=ONE)
    result.save(tmp_path / "study.nc")
    require_same_but_for_seconds(tmp_path / "panel" / "cultivations.nc", tmp_path / "study.nc")
    assert ecoli.folder is not None
    fit = fit_of(result, measured_curves(ecoli)).table()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "panel" / "fit.csv"), fit)
    assert "The medium is not that of the measurements" in panel.message.value
    assert "biomass" in panel.fits_text.value
    loose = panel.curves_chart.made_chart().spec
    panel.set(cut=20.0)
    assert panel.curves_chart.made_chart().spec != loose
    assert "1 of 1 valid models from" in panel.message.value


def test_other_conditions_fill_the_controls(ecoli: Network, tmp_path: Path) -> None:
    panel = BioreactorPanel(ecoli, folder=tmp_path, reactor="published")
    assert panel.values()["inoculum_gDW_L"] == 0.037
    assert panel.parameters()["medium_mM"]["nh4_e"] == 18.89
    panel.set(medium_mM={"nh4_e": 10.0}, reactor="published")
    assert panel.parameters()["medium_mM"]["nh4_e"] == 10.0
    panel.set(reactor="own", duration_h=20.0)
    assert panel.parameters()["medium_mM"]["nh4_e"] == 18.0
    assert panel.values()["duration_h"] == 20.0
    with pytest.raises(ParameterError, match=r"did you mean 'aerated'\? There are own, aerated"):
        panel.set(reactor="areated")


# --- measured KM ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_trainings_with_data_are_those_of_the_study(
    tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    rows = [("HEX", "glc__D_c", 0.06), ("PGI", "g6p_c", 0.28), ("PGI", "f6p_c", 0.1)]
    known = [r for r in rows if f"{r[0]}:{r[1]}" in tiny.km_names]
    frame = pd.DataFrame(known, columns=["reaction", "metabolite", "km_mM"]).assign(source="test")
    table = KMMeasurements.of(tiny, frame)
    panel = KMPanel(
        tiny, tiny_state, table=table, folder=tmp_path / "panel", reactions="HEX", repeats=2,
        steps=2, models_per_step=8, models=30,
    )  # fmt: skip
    done(panel)
    assert panel.result.measured.names == ("HEX:glc__D_c",)
    study = studies.Integration(
        tiny, tiny_state, Recipe.by_gradient(tiny, steps=2, models_per_step=8), 30,
        Run(store=tmp_path / "study"),
    )  # fmt: skip
    seeds = repeat_seeds(1, 4)
    study.repeats(None, seeds=seeds[:2])
    study.repeats(table.select(reactions=["HEX"]), seeds=seeds[2:])
    ours, theirs = ({p.name: p for p in f.glob("*")} for f in (tmp_path / "panel" / "ensembles",
                                                              tmp_path / "study"))  # fmt: skip
    assert set(ours) == set(theirs)
    assert len(ours) == 8
    for name, path in ours.items():
        if name.endswith(".npz"):
            kept, others = (load_archive(p, "weights", "") for p in (path, theirs[name]))
            np.testing.assert_array_equal(kept[1]["weights"], others[1]["weights"])
        else:
            with (
                xr.open_dataset(path, engine="h5netcdf") as a,
                xr.open_dataset(theirs[name], engine="h5netcdf") as b,
            ):
                for data in (a, b):
                    data.attrs.pop("training_seconds")
                xr.testing.assert_identical(a, b)
    panel.km_choice.value = "PGI:g6p_c"
    assert "KM of PGI, " in json.dumps(panel.constant_chart.made_chart().spec)
    assert panel.scores_chart.made_chart().spec
    panel.controls["reactions"].menu.value = ()  # type: ignore[attr-defined]
    assert "pick at least one" in panel.controls["reactions"].note.value  # type: ignore[attr-defined]


# --- states --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_states_are_those_of_the_study(ecoli: Network, tmp_path: Path) -> None:
    few = SteadyStates.example(ecoli)[:2400:100]
    few.save(tmp_path / "few.nc")
    panel = StatesPanel(
        ecoli, generic=tmp_path / "few.nc", folder=tmp_path / "panel", workers=1, n_states=12,
        models=10,
    )  # fmt: skip
    done(panel)
    sample = SteadyStates.load(tmp_path / "few.nc")[::2][:12]
    unbiased = unbiased_models(ecoli, sample, models=10, seed=1, run=ONE)
    unbiased.save(tmp_path / "study.nc")
    with (
        xr.open_dataset(tmp_path / "panel" / "unbiased.nc") as a,
        xr.open_dataset(tmp_path / "study.nc") as b,
    ):
        xr.testing.assert_identical(a, b)
    assert f"{unbiased.supports.sum()} of 12 states support valid dynamics" in panel.message.value
    found: Any = panel.found_states
    first = panel.state_choice.value
    xy = found.chart.xy
    panel.on_brush({"x": [xy[:, 0].min(), xy[:, 0].max()], "y": [0.0, xy[:, 1].max()]})
    assert panel.state_choice.value != first
    np.testing.assert_array_equal(panel.members_text, xy[:, 1] >= 0)
    panel.on_brush({"x": [900.0, 901.0], "y": [0.0, 1.0]})
    assert "at least two states" in panel.resample_message.value
    panel.state_choice.value = first
    assert panel.resample_message.value == ""
    assert panel.members_text is not None
    assert panel.members_text.sum() == 4  # a third of the map
    assert not panel.resample_button.disabled

    # What was asked there is answered there, and goes with the neighbourhood.
    said = panel.message.value
    panel.set(resampled=3)
    panel.resample()
    assert panel.wait(PATIENCE_S) is State.DONE
    assert "Drawn inside the neighbourhood" in panel.resample_message.value
    assert panel.message.value == said
    panel.state_choice.value = panel.state_choice.options[1][1]
    assert panel.resample_message.value == ""
    assert panel.message.value == said

    # Where the folder holds what another version began, the same is asked in a fresh one.
    panel.state_choice.value = first
    of_another_version(tmp_path / "panel")
    panel.resample()
    assert panel.wait(PATIENCE_S) is State.FAILED
    assert "begun with other versions" in panel.message.value
    panel.anew.button.click()
    assert panel.wait(PATIENCE_S) is State.DONE
    assert "Drawn inside the neighbourhood" in panel.resample_message.value
    assert list((tmp_path / "panel" / "anew" / "runs").iterdir())


@pytest.mark.slow
def test_states_of_one_kind_are_said_to_be(ecoli: Network, tmp_path: Path) -> None:
    SteadyStates.published(ecoli)[:8].save(tmp_path / "few.nc")
    panel = StatesPanel(
        ecoli, generic=tmp_path / "few.nc", folder=tmp_path / "panel", workers=1, n_states=8,
        sampled=8, models=1,
    )  # fmt: skip
    few = SteadyStates.published(ecoli)[:8]
    assert not unbiased_models(ecoli, few, models=1, seed=1, run=ONE).supports.any()
    done(panel)
    assert "0 of 8 states support valid dynamics" in panel.message.value
    assert "All states are of one kind." in panel.message.value
    panel.state_choice.value = "supports"
    assert "Fewer than two such states" in panel.resample_message.value
    assert panel.resample_button.disabled


# --- a batch run does the same -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["training", "robustness", "bioreactor"])
def test_a_batch_run_with_the_panels_parameters_gives_the_same_files(
    name: str, ecoli: Network, tmp_path: Path
) -> None:
    panel: Panel
    less: dict[str, Any] = {"widgets": False}
    if name == "training":
        panel = TrainingPanel(
            ecoli, SteadyStates.example(ecoli), scale="smoke", folder=tmp_path / "panel",
            sigma=0.1, generations=3, population=4, models_per_generator=10, ensemble_models=40,
            monitor_models=20, km_low_mM=0.01, threshold_per_h=-2.0, seed=3, steady_state=7,
        )  # fmt: skip
        less |= {"parts": False, "grid": False, "baseline_models": 20, "km_sets": 1000}
    elif name == "robustness":
        panel = RobustnessPanel(
            ecoli, scale="smoke", folder=tmp_path / "panel", models=[4, 2, 9], size=0.2, seed=2,
            metabolites="c", tolerance=0.02,
        )  # fmt: skip
    else:
        panel = BioreactorPanel(
            ecoli, scale="smoke", folder=tmp_path / "panel", models=2, duration_h=10.0,
            medium_mM={"glc__D_e": 30.0},
        )  # fmt: skip
        less |= {"vmax_scan": [2.0], "control_models": 1, "best_models": 1}
    done(panel)
    batch.run(
        panel.notebook, tmp_path / "batch", scale="smoke", parameters={**panel.parameters(), **less}
    )
    ours, theirs = tmp_path / "panel", tmp_path / "batch"
    if name == "training":
        with (
            xr.open_dataset(ours / "ensemble.nc") as a,
            xr.open_dataset(theirs / "ensemble.nc") as b,
        ):
            xr.testing.assert_identical(a, b)
        return
    require_same_but_for_seconds(ours / panel.result_name, theirs / panel.result_name)
    table = {"robustness": "outcomes.csv", "bioreactor": "fit.csv"}[name]
    assert (ours / table).read_bytes() == (theirs / table).read_bytes()


@pytest.mark.parametrize("made", ["robustness", "bioreactor", "km", "states"])
def test_the_notebook_knows_every_parameter(made: str, ecoli: Network, tmp_path: Path) -> None:
    panel: Panel = {
        "robustness": lambda: RobustnessPanel(ecoli, folder=tmp_path),
        "bioreactor": lambda: BioreactorPanel(ecoli, folder=tmp_path),
        "km": lambda: KMPanel(ecoli, SteadyStates.example(ecoli).default, folder=tmp_path),
        "states": lambda: StatesPanel(ecoli, folder=tmp_path),
    }[made]()
    batch.check_parameters(batch.notebook_path(panel.notebook), panel.parameters())
    words = panel.command().replace("\\\n", " ")
    assert f"run {panel.notebook} " in words
    for name, value in panel.parameters().items():
        assert f"-p {name} " in words, value
    for control in panel.controls.values():
        assert len(control.tooltip) > 40  # type: ignore[attr-defined]
