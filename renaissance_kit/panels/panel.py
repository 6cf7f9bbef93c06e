"""What all panels have in common: settings, Run, Pause, Stop, Resume, progress, charts, export."""

from __future__ import annotations

import html
import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets

from renaissance_kit.core.errors import (
    CheckpointError,
    ParameterError,
    RenaissanceError,
    nearest,
)
from renaissance_kit.panels.charts import LiveChart
from renaissance_kit.panels.controls import Control
from renaissance_kit.panels.export import command, save_parameters
from renaissance_kit.panels.frame import (
    Anew,
    Assist,
    bare,
    box,
    button,
    failure,
    fresh_folder,
    heading,
    sentence,
)
from renaissance_kit.panels.jobs import Handle, Job, State, Update, duration
from renaissance_kit.panels.waiting import until_something_is_done


class Panel(ABC):
    """A panel: buttons and progress on top, below them controls and charts in two columns.

    A subclass says what its controls, work and charts are. Everything that is shown can also be
    done from Python: `set`, `run`, `pause`, `resume`, `stop`, `wait`, `parameters`, `result`.

    Attributes:
        widget: to display; showing the panel itself does the same.
        folder: where results are written; a fresh one in it after `start_anew`.
        job: the work at present, or None.
        asked_later: controls that ask something of a run that is there; it stays what it was.
        compiles: modules whose kernels the work needs.
    """

    title: ClassVar[str]
    notebook: ClassVar[str]
    result_name: ClassVar[str]
    about: ClassVar[str] = ""
    asked_later: ClassVar[frozenset[str]] = frozenset()
    compiles: ClassVar[tuple[str, ...]] = ("kinetics.models",)

    _open: ClassVar[weakref.WeakSet[Panel]] = weakref.WeakSet()

    def __init__(self, controls: Sequence[Control], *, scale: str, folder: str | Path) -> None:
        self.controls = {control.name: control for control in controls}
        self.scale, self.folder = scale, Path(folder)
        self._home = self.folder
        self.job: Job | None = None
        self.settings: dict[str, Any] = {}  # of the last run
        self._answers: dict[widgets.HTML, str] = {}
        self._build()
        for control in controls:
            control.on_change(self._changed)
        self._changed()
        self._show_state(State.IDLE)
        self._leave_others()

    # --- what a subclass does

    @abstractmethod
    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> Any:
        """Check the settings together and draw empty charts; what it returns goes to `work`.

        Raises:
            ParameterError: settings that do not go together.
        """

    @abstractmethod
    def work(self, task: Any, handle: Handle) -> Any:
        """Do it, in a thread; returns the result, or None if it was stopped before the end."""

    @abstractmethod
    def show(self, update: Update) -> None:
        """Draw what has come in."""

    @abstractmethod
    def charts(self) -> list[LiveChart]:
        """The charts, in order."""

    def finish(self, result: Any) -> str:
        """Called with a complete result; a sentence about it."""
        return ""

    def choosers(self) -> list[widgets.Widget]:
        """What stands above the charts and says what they show."""
        return []

    def extras(self) -> list[widgets.Widget]:
        """What stands below the charts."""
        return []

    def review(self) -> None:
        """An input has changed while nothing runs: draw what needs no new run."""
        return

    def check(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with settings that are right one by one, by control."""
        return {}

    # --- what a user does

    @property
    def state(self) -> State:
        """Where the work stands."""
        return State.IDLE if self.job is None else self.job.state

    @property
    def result(self) -> Any:
        """Of the last run, complete or stopped."""
        return None if self.job is None else self.job.result

    def values(self) -> dict[str, Any]:
        """What the controls say, by name.

        Raises:
            ParameterError: an input is wrong; names it.
        """
        values = {}
        for name, control in self.controls.items():
            try:
                values[name] = control.value
            except ParameterError as error:
                raise ParameterError(f"{control.label}: {error}") from error
        for name, message in self.check(values).items():
            raise ParameterError(f"{self.controls[name].label}: {message}")
        return values

    def parameters(self) -> dict[str, Any]:
        """What the notebook is given to do the same in a batch run.

        Raises:
            ParameterError: an input is wrong; names it.
        """
        return self.values()

    def command(self) -> str:
        """The shell command that does the same as a batch run."""
        return command(self.notebook, self.parameters(), scale=self.scale)

    def save_parameters(self) -> Path:
        """Write the parameters of the batch run as JSON into the folder."""
        return save_parameters(self.folder / "parameters.json", self.parameters())

    def set(self, **values: Any) -> None:
        """Put values into controls, by the name of the parameter.

        Raises:
            ParameterError: no such control.
        """
        for name, value in values.items():
            if name not in self.controls:
                raise ParameterError(f"no control {name!r}{nearest(name, self.controls)}")
            self.controls[name].set(value)

    def run(self) -> None:
        """Begin from the start, with the settings as they are."""
        if self.state.active:
            return
        try:
            self.settings = self.values()
        except ParameterError as error:
            self._refuse(error)
            return
        self._begin(resume=False)

    def pause(self) -> None:
        """Wait after the present step."""
        if self.job is not None:
            self.job.pause()
            self._show_state(self.state)

    def resume(self) -> None:
        """Go on after a pause or a stop, with the settings of that run."""
        if self.state is State.PAUSED and self.job is not None:
            self.job.resume()
        elif self.state is State.STOPPED:
            self.set(**self.settings)
            self._begin(resume=True)

    def stop(self) -> None:
        """End after the present step; what is done is kept."""
        if self.job is not None and self.state.active:
            self.job.stop()
            self._show_state(self.state)

    def start_anew(self) -> None:
        """Run in a fresh folder inside the panel's own, for what is there cannot be gone on with.

        Such as what another version began. It stays as it is.
        """
        if not self.state.active:
            self.folder = fresh_folder(self._home)
            self.again()

    def again(self) -> None:
        """Do what was asked last."""
        self.run()

    def wait(self, timeout_s: float = 60.0, *, until: State | None = None) -> State:
        """Wait for the end, or for a state; for scripts, since it blocks a notebook.

        Raises:
            ParameterError: nothing was started; says why, if it was tried.
        """
        if self.job is None:
            said = bare(self.message.value)
            raise ParameterError(said or "nothing was started; call run() first")
        return self.job.wait(timeout_s, until=until)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = f"{self.title}: open this notebook in JupyterLab to use the panel."
        return data

    # --- how it is made

    def _build(self) -> None:
        self.buttons = {
            "run": button("Run", "play", "Run: begin from the start with these settings",
                          self.run, "primary"),
            "pause": button("Pause", "pause", "Pause: wait after the present step", self.pause),
            "stop": button("Stop", "stop", "Stop: end after the present step and keep what is "
                           "done", self.stop),
            "resume": button("Resume", "step-forward", "Resume: go on where it was paused or "
                             "stopped, with the settings of that run", self.resume),
        }  # fmt: skip
        self.bar = widgets.FloatProgress(min=0, max=1)
        self.status, self.message, self.saved = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.anew = Anew(self.start_anew)
        self.batch = widgets.Textarea(
            layout={"width": "100%", "height": "310px"}, disabled=False,
            tooltip="Copy this into a terminal, in the folder of the project",
        )  # fmt: skip
        tip = "Save settings: write them as papermill parameters (JSON)"
        save = button("Save settings", "save", tip, self._save)
        export = widgets.Accordion([widgets.VBox([self.batch, widgets.HBox([save, self.saved])])])
        export.set_title(0, "The same as a batch run")
        export.selected_index = None
        empty = widgets.HTML('<div class="rk-hint rk-empty">Charts appear here after Run.</div>')
        results = widgets.VBox(
            [
                empty,
                *self.choosers(),
                box("rk-charts", [chart.widget for chart in self.charts()]),
                *self.extras(),
            ]
        )
        results.add_class("rk-results")
        controls = box("rk-controls", [control.row for control in self.controls.values()])
        self.widget = widgets.VBox(
            [
                heading(self.title, self.about),
                box("rk-run", [*self.buttons.values(), self.bar, self.status]),
                self.message,
                self.anew.widget,
                box("rk-columns", [controls, results]),
                export,
                Assist(),
            ]
        )
        self.widget.add_class("rk-panel")

    def _changed(self) -> None:
        """An input changed: explain what does not go together, and write the command anew.

        What is said about other settings goes.
        """
        values, wrong = {}, {}
        for name, control in self.controls.items():
            try:
                values[name] = control.value
            except ParameterError as error:
                wrong[name] = str(error)
        if not wrong:
            wrong = self.check(values)
        for name, control in self.controls.items():
            control.complain(wrong.get(name, ""))
        try:
            self.batch.value = self.command()
        except ParameterError as error:
            self.batch.value = f"# {error}"
        else:
            if not self.state.active:
                self.review()
        if not self.state.active:
            self.anew.hide()
            said = self._answers if self.state is State.DONE and self.as_run else {}
            for place in {self.place, self.message, *self._answers}:
                place.value = said.get(place, "")
            self._write_status()

    def _save(self) -> None:
        try:
            path = self.save_parameters()
        except (RenaissanceError, OSError) as error:
            self.saved.value = f'<span class="rk-wrong">{html.escape(str(error))}</span>'
        else:
            self.saved.value = f'<span role="status">written: {html.escape(str(path))}</span>'

    @property
    def as_run(self) -> bool:
        """Whether the controls say what they said at the last run."""
        try:
            now = {name: control.value for name, control in self.controls.items()}
        except ParameterError:
            return False
        return all(now[k] == v for k, v in self.settings.items() if k not in self.asked_later)

    def _begin(self, *, resume: bool) -> None:
        for place in (self.message, *self._answers):
            place.value = ""
        self._answers.clear()
        try:
            task = self.prepare(self.settings, resume=resume)
        except (RenaissanceError, OSError) as error:
            self._refuse(error)
            return
        self._start(task, resume=resume)

    def _start(self, task: Any, *, resume: bool = False) -> None:
        self.job = Job(
            lambda handle: self._watched(task, handle),
            on_update=self._update,
            on_state=self._show_state,
        )
        if not resume:
            self.bar.value = 0
        self.status.value = ""
        self.job.start()

    def _watched(self, task: Any, handle: Handle) -> Any:
        with until_something_is_done(handle, self.compiles):
            return self.work(task, handle)

    def _update(self, update: Update) -> None:
        self.bar.value = update.done / max(update.total, 1)
        left = duration(update.left_s)
        text = update.doing + (f" · about {left} left" if left else "")
        self._doing = text
        self._write_status()
        try:
            self.show(update)
        except Exception as error:  # a chart must not end the work
            self._fail(error)

    def _show_state(self, state: State) -> None:
        active = state.active
        if active:
            self.anew.hide()
        self.buttons["run"].disabled = active
        self.buttons["pause"].disabled = state is not State.RUNNING or self._asked != ""
        self.buttons["stop"].disabled = not active or self._asked == "stop"
        self.buttons["resume"].disabled = state not in (State.PAUSED, State.STOPPED)
        for control in self.controls.values():
            control.lock(active)
        job = self.job
        if state is State.IDLE:
            self._doing = ""
        elif state is State.FAILED and job is not None and job.error is not None:
            self._fail(job.error)
        elif state is State.DONE and job is not None:
            self.bar.value = 1
            try:
                self._answer(self.finish(job.result))
                self._doing = ""
            except Exception as error:
                self._fail(error)
        self._write_status()

    def _write_status(self) -> None:
        words = {
            State.IDLE: "ready", State.PAUSED: "paused", State.STOPPED: "stopped",
            State.DONE: "done", State.FAILED: "failed", State.RUNNING: "",
        }[self.state]  # fmt: skip
        if self.state is State.DONE and not self.as_run:
            words = "settings have changed; charts and files are of the run before"
        asked = {"pause": "pausing after this step", "stop": "stopping after this step"}
        words = asked.get(self._asked, words)
        doing = self._doing if self.state in (State.RUNNING, State.PAUSED, State.STOPPED) else ""
        if self.state is not State.RUNNING:
            doing = doing.split(" · about")[0]
        text = " · ".join(part for part in (words, doing) if part)
        self.status.value = f'<span class="rk-status" role="status">{html.escape(text)}</span>'

    @property
    def _asked(self) -> str:
        return "" if self.job is None else self.job.asked

    @property
    def place(self) -> widgets.HTML:
        """Where the answer of the present work stands: beside the button that asked for it."""
        return self.message

    def _refuse(self, error: BaseException) -> None:
        self.message.value = sentence(f"Not started. {error}", wrong=True)
        self._offer(error)

    def _offer(self, error: BaseException) -> None:
        """A way on, beside the message, where what the folder holds is in the way."""
        if isinstance(error, CheckpointError):
            self.anew.offer(fresh_folder(self._home))
        else:
            self.anew.hide()

    def _answer(self, text: str) -> None:
        """Say what came out; it goes when the settings change, and comes back with them."""
        self._answers[self.place] = self.place.value = sentence(text)

    def _fail(self, error: BaseException) -> None:
        self.place.value = ""
        place = self.message if isinstance(error, CheckpointError) else self.place
        place.value = failure(error)
        self._offer(error)

    def _leave_others(self) -> None:
        """A cell that is run again makes another panel: the work of the one before ends."""
        for other in list(Panel._open):
            if type(other) is type(self):
                other.stop()
        Panel._open.add(self)

    _doing = ""
