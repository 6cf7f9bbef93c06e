"""Panels without a browser: jobs, controls, and the same result as a batch run."""

from __future__ import annotations

import ast
import asyncio
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from patience import PATIENCE_S

from renaissance_kit import Network, Recipe, SteadyState, studies
from renaissance_kit.cli import batch, main
from renaissance_kit.core import ParameterError, repeat_seeds
from renaissance_kit.figures import live
from renaissance_kit.panels import Job, State, TrainingPanel, Update
from renaissance_kit.panels.controls import Choice, Number
from renaissance_kit.panels.export import command
from renaissance_kit.panels.jobs import Handle

SMALL = {"generations": 5, "population": 4, "models_per_generator": 10, "ensemble_models": 30}


@pytest.fixture
def panel(tiny: Network, tiny_state: SteadyState, tmp_path: Path) -> TrainingPanel:
    return TrainingPanel(tiny, tiny_state, scale="smoke", folder=tmp_path / "panel", **SMALL)


def counting(steps: int, seconds: float = 0.0) -> Any:
    """Work of some steps that reports each one."""

    def work(handle: Handle) -> int:
        for i in range(steps):
            if handle.stop():
                return i
            time.sleep(seconds)
            handle.report(Update(i + 1, steps, keep=True))
        return steps

    return work


# --- jobs ----------------------------------------------------------------------------------------


def test_a_job_hands_its_updates_over_in_order_in_the_thread_that_waits() -> None:
    seen: list[int] = []
    states: list[State] = []
    job = Job(counting(5), on_update=lambda u: seen.append(u.done), on_state=states.append)
    job.start()
    assert job.wait(PATIENCE_S) is State.DONE
    assert (seen, job.result) == ([1, 2, 3, 4, 5], 5)
    assert states == [State.RUNNING, State.DONE]
    with pytest.raises(ParameterError, match="make a new one"):
        job.start()


def test_a_paused_job_stands_still_and_a_resumed_one_ends_as_if_nothing_had_been() -> None:
    seen: list[int] = []
    job = Job(counting(40, 0.005), on_update=lambda u: seen.append(u.done))
    job.start()
    job.pause()
    assert job.wait(PATIENCE_S, until=State.PAUSED) is State.PAUSED
    reached = len(seen)
    time.sleep(0.05)
    job.pump()
    assert len(seen) == reached < 40
    job.resume()
    assert job.wait(PATIENCE_S) is State.DONE
    assert seen == list(range(1, 41))


def test_a_stopped_job_keeps_what_it_has_also_from_a_pause() -> None:
    for pause in (False, True):
        job = Job(counting(1000, 0.002))
        job.start()
        if pause:
            job.pause()
            job.wait(PATIENCE_S, until=State.PAUSED)
        job.stop()
        assert job.wait(PATIENCE_S) is State.STOPPED
        assert job.result < 1000


def test_a_job_that_fails_keeps_the_error() -> None:
    def work(handle: Handle) -> None:
        raise ParameterError("size is 7; give less")

    job = Job(work)
    job.start()
    assert job.wait(PATIENCE_S) is State.FAILED
    assert str(job.error) == "size is 7; give less"


@pytest.mark.slow
def test_an_event_loop_gets_updates_in_its_own_thread_and_stays_responsive(
    panel: TrainingPanel,
) -> None:
    """What a kernel does: its loop runs on while the panel trains."""
    panel.set(generations=10)

    async def watch() -> list[str]:
        """What the status line says, at each turn of the loop while the panel works."""
        said = []
        panel.run()
        while panel.state.active:
            await asyncio.sleep(0.005)
            said.append(panel.status.value)
        return said

    said = asyncio.run(watch())
    assert panel.state is State.DONE
    # a loop that were blocked would see none of the generations, or the last one only
    assert len({text for text in said if "generation" in text}) >= 3


# --- controls ------------------------------------------------------------------------------------


def number(**changes: Any) -> Number:
    given = {"value": 0.04, "low": 0.001, "high": 1.0, "slider": "log", **changes}
    return Number("sigma", "Step σ", "spreads", "larger explores more", **given)


@pytest.mark.parametrize(
    ("text", "says"),
    [("0,1", "a decimal point"), ("", "nothing is no number"), ("abc", "no number"),
     ("2", "give 0.001 to 1"), ("nan", "no number"), ("-0.5", "out of bounds")],
)  # fmt: skip
def test_wrong_input_is_explained_beside_the_control(text: str, says: str) -> None:
    control = number()
    control.text.value = text
    assert says in control.note.value
    assert 'role="alert"' in control.note.value
    with pytest.raises(ParameterError, match=says):
        control.value  # noqa: B018
    control.text.value = "0.1"
    assert "alert" not in control.note.value


def test_whole_numbers_only_where_they_are_meant() -> None:
    control = number(value=20, low=2, high=100, whole=True, slider="linear")
    assert control.value == 20
    assert isinstance(control.value, int)
    control.text.value = "3.5"
    assert "no whole number" in control.note.value


def test_a_slider_that_the_browser_puts_on_its_next_step_changes_nothing() -> None:
    control = number(value=7e-3, low=1e-4, high=1.0)
    assert control.slider is not None
    step = control.slider.step
    for value in (7e-3, 0.0123, 1e-4, 1.0):
        control.text.value = str(value)
        steps = round((np.log10(value) + 4) / step)
        control.slider.value = 10 ** (-4 + steps * step)
        assert control.value == value
    control.text.value = "0.007"
    control.slider.value = 10 ** (-4 + (round((np.log10(0.007) + 4) / step) + 1) * step)
    assert control.value > 0.007


def test_slider_and_field_follow_each_other() -> None:
    control = number()
    assert control.slider is not None
    control.slider.value = 0.2
    assert control.value == 0.2
    control.text.value = "0.013"
    assert control.slider.value == pytest.approx(0.013, rel=0.12)  # to the next step
    assert control.value == 0.013


def test_every_control_has_label_unit_tooltip_and_bounds(panel: TrainingPanel) -> None:
    for name, control in panel.controls.items():
        if isinstance(control, Choice):
            assert control.menu.description
            assert control.menu.tooltip
            continue
        assert isinstance(control, Number)
        assert f"({control.unit})" in control.text.description, name
        assert len(control.tooltip) > len(control.title) + 20, name
        assert control.low < control.value < control.high or control.low == control.value, name
        assert control.note.value, name


def test_bounds_the_wrong_way_round_are_explained_and_not_run(panel: TrainingPanel) -> None:
    panel.set(km_low_mM=10, km_high_mM=1)
    assert "more than the lower bound" in panel.controls["km_high_mM"].note.value
    panel.run()
    assert panel.state is State.IDLE
    assert "KM, upper bound" in panel.message.value
    assert panel.batch.value.startswith("#")


# --- the panel -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_gives_what_the_study_of_the_notebook_gives(
    panel: TrainingPanel, tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    panel.set(sigma=0.1, seed=5, threshold_per_h=-25.0)
    panel.run()
    assert panel.wait(PATIENCE_S) is State.DONE
    recipe = Recipe.default(
        tiny, generations=5, population=4, models_per_generator=10, sigma=0.1, threshold_per_h=-25.0
    )
    seeds = repeat_seeds(5, 1)
    (repeat,) = studies.run_repeats(tiny, tiny_state, recipe, seeds=seeds, models=30)
    repeat.ensemble.save(tmp_path / "study.nc")
    ours, theirs = tmp_path / "panel" / "ensemble.nc", tmp_path / "study.nc"
    with xr.open_dataset(ours) as a, xr.open_dataset(theirs) as b:
        xr.testing.assert_identical(a, b)
    assert "models are valid" in panel.message.value


@pytest.mark.slow
def test_stopped_and_resumed_it_ends_at_the_same_weights(panel: TrainingPanel) -> None:
    panel.set(generations=12)
    panel.run()
    assert panel.wait(PATIENCE_S) is State.DONE
    whole = panel.result.training.weights
    panel.run()
    panel.pause()
    assert panel.wait(PATIENCE_S, until=State.PAUSED) is State.PAUSED
    assert not panel.buttons["resume"].disabled
    panel.stop()
    assert panel.wait(PATIENCE_S) is State.STOPPED
    reached = panel.result.training.state.step
    assert reached < 12
    assert panel.result.ensemble is None
    panel.set(sigma=0.5)  # of the next run, not of this one
    panel.resume()
    assert panel.wait(PATIENCE_S) is State.DONE
    assert panel.controls["sigma"].value == 0.04
    np.testing.assert_array_equal(panel.result.training.weights, whole)


def test_the_charts_get_the_data_and_end_with_them(panel: TrainingPanel) -> None:
    panel.run()
    panel.wait(PATIENCE_S)
    shown = panel.incidence_chart.made_chart().spec
    rows = shown["datasets"][live.INCIDENCE]
    assert [row["step"] for row in rows] == [0, 1, 2, 3, 4, 5]
    assert rows[-1]["models"] == 30
    bins = panel.lambda_chart.made_chart().spec["datasets"][live.LAMBDA]
    assert sum(row["share"] for row in bins) == pytest.approx(1.0)
    edges = {row["low"] for row in bins}
    assert -2.5 in edges


def test_an_error_appears_in_the_panel_with_its_remedy(
    panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ParameterError("weights are not finite; the learning rate was too large")

    monkeypatch.setattr("renaissance_kit.panels.training.train", broken)
    panel.run()
    assert panel.wait(PATIENCE_S) is State.FAILED
    assert "the learning rate was too large" in panel.message.value
    assert "Traceback" not in panel.message.value
    assert not panel.buttons["run"].disabled


def test_an_unexpected_error_has_its_traceback_folded_away(
    panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("renaissance_kit.panels.training.train", lambda *a, **k: 1 / 0)
    panel.run()
    assert panel.wait(PATIENCE_S) is State.FAILED
    assert "<details>" in panel.message.value
    assert "ZeroDivisionError" in panel.message.value
    assert capsys.readouterr() == ("", "")


def field_of(control):
    """The widget that is typed into or chosen from."""
    return control.menu if isinstance(control, Choice) else control.text


def test_controls_are_locked_while_it_runs(panel: TrainingPanel) -> None:
    panel.set(generations=500)
    panel.run()
    panel.pause()
    panel.wait(PATIENCE_S, until=State.PAUSED)
    assert all(field_of(control).disabled for control in panel.controls.values())
    assert panel.buttons["run"].disabled
    panel.stop()
    panel.wait(PATIENCE_S)
    assert not any(field_of(control).disabled for control in panel.controls.values())


def test_another_panel_ends_the_work_of_the_one_before(
    panel: TrainingPanel, tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    panel.set(generations=1000, models_per_generator=100)
    panel.run()
    TrainingPanel(tiny, tiny_state, folder=tmp_path)
    assert panel.wait(PATIENCE_S) is State.STOPPED


def test_an_answer_goes_when_the_settings_change_and_comes_back_with_them(
    panel: TrainingPanel,
) -> None:
    panel.run()
    assert panel.wait(PATIENCE_S) is State.DONE
    said = panel.message.value
    assert "models are valid" in said
    panel.set(sigma=0.5)
    assert panel.message.value == ""
    assert "settings have changed" in panel.status.value
    panel.set(sigma=0.04)
    assert panel.message.value == said
    assert "done" in panel.status.value
    panel.set(km_low_mM=10, km_high_mM=1)
    panel.run()
    assert "Not started" in panel.message.value
    panel.set(km_low_mM=0.1)
    assert "Not started" not in panel.message.value


def test_while_nothing_is_done_it_says_what_it_waits_for(
    panel: TrainingPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rate laws that are compiled take up to a minute, in which no generation ends."""
    left = iter([30.0, 30.0, 30.0])
    seen: list[str] = []
    monkeypatch.setattr("renaissance_kit.panels.waiting.EVERY_S", 0.05)
    monkeypatch.setattr(
        "renaissance_kit.panels.waiting.seconds_to_compile", lambda *modules: next(left, 0.0)
    )
    show = panel._update

    def noted(update: Update) -> None:
        seen.append(update.doing)
        show(update)

    def slow(handle: Handle) -> None:
        handle.report(Update(0, 20, doing="0 of 20 models"))
        time.sleep(1.0)
        handle.report(Update(1, 20, doing="1 of 20 models"))
        time.sleep(0.2)

    monkeypatch.setattr(panel, "_update", noted)
    monkeypatch.setattr(panel, "work", lambda task, handle: slow(handle))
    monkeypatch.setattr(panel, "finish", lambda result: "")
    panel.run()
    assert panel.wait(PATIENCE_S) is State.DONE
    first = seen.index(next(words for words in seen if words.startswith("compiling")))
    assert seen[0] == "0 of 20 models"
    assert any(words.startswith("0 of 20 models") for words in seen[first:])
    assert seen[-1] == "1 of 20 models"


# --- from a panel to a batch run -----------------------------------------------------------------


def test_the_notebook_knows_every_parameter_of_the_panel(panel: TrainingPanel) -> None:
    batch.check_parameters(batch.notebook_path(panel.notebook), panel.parameters())
    saved = json.loads(panel.save_parameters().read_text())
    assert saved == panel.parameters()


def test_the_command_holds_the_parameters(panel: TrainingPanel) -> None:
    words = panel.command().replace("\\\n", " ").split()
    pairs = {words[i + 1]: words[i + 2] for i, w in enumerate(words) if w == "-p"}
    assert {k: batch.parse_value(v) for k, v in pairs.items()} == panel.parameters()
    assert panel.batch.value == panel.command()


def test_a_command_quotes_what_the_shell_would_change() -> None:
    text = command("03_robustness", {"metabolites": ["atp_c", "adp_c"]}, scale="demo")
    assert """-p metabolites '["atp_c", "adp_c"]'""" in text


def test_the_runner_reads_the_file_that_a_panel_wrote(
    panel: TrainingPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def run(name: str, folder: Path, **given: Any) -> Path:
        seen.update(given["parameters"], name=name)
        return Path(folder)

    monkeypatch.setattr(batch, "run", run)
    path = panel.save_parameters()
    arguments = ["run", panel.notebook, "--parameters", str(path), "-p", "seed", "9"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    assert seen == {**panel.parameters(), "seed": 9, "name": panel.notebook}
    path.write_text("[1]")
    assert main([*arguments, "--out", str(tmp_path)]) == 2


def test_nothing_below_imports_the_panels() -> None:
    package = Path(batch.__file__).parent
    for path in package.rglob("*.py"):
        if path.parent.name != "panels":
            names = [
                getattr(node, "module", None) or ""
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.ImportFrom)
            ]
            assert not any(name.startswith("renaissance_kit.panels") for name in names), path
