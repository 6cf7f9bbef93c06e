"""What all panels have in common: settings, Run, Pause, Stop, Resume, progress, charts, export."""

from __future__ import annotations

import html
import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import ipywidgets as widgets

from renaissance_kit.core.errors import ParameterError, RenaissanceError, nearest
from renaissance_kit.panels.charts import LiveChart
from renaissance_kit.panels.controls import Control
from renaissance_kit.panels.export import command, save_parameters
from renaissance_kit.panels.jobs import Handle, Job, State, Update, duration, explain

STYLE = """<style>
.rk-panel { --jp-widgets-font-size: 15px; font-size: 15px; line-height: 1.4;
  padding: 4px 12px 12px; overflow: visible; }
.rk-panel .widget-label, .rk-panel .jupyter-button, .rk-panel .widget-html-content {
  font-size: 15px; }
.rk-panel .widget-label { text-align: left; }
.rk-panel h3 { font-size: 19px; margin: 6px 0 2px; }
.rk-panel h4 { font-size: 16px; margin: 10px 0 2px; }
.rk-panel .rk-hint { color: #555; }
.rk-panel .rk-wrong { color: #A34700; font-weight: 600; }
.rk-panel .rk-box { border-left: 4px solid #D55E00; background: #FFF4EC; color: #222;
  padding: 8px 12px; margin: 6px 0; white-space: pre-wrap; }
.rk-panel .jupyter-button { height: 36px; line-height: 36px; min-width: 96px; }
.rk-panel .jupyter-button.mod-primary { background: #005A8F; color: white; }
.rk-panel input:disabled, .rk-panel select:disabled { opacity: 0.85; color: #444; }
.rk-panel .jupyter-button:disabled { opacity: 0.45; }
.rk-panel *:focus-visible { outline: 3px solid #D55E00 !important; outline-offset: 2px; }
.rk-panel textarea { font-family: monospace; font-size: 14px; }
.rk-panel .rk-table { border-collapse: collapse; }
.rk-panel .rk-table td, .rk-panel .rk-table th { padding: 3px 14px 3px 0; text-align: left; }
.rk-panel .progress-bar { background: #0072B2; }
</style>"""


class Assist(anywidget.AnyWidget):
    """Names for sliders, for screen readers."""

    _esm = Path(__file__).parent / "assist.js"


class Panel(ABC):
    """A panel: controls on top, then buttons and progress, then charts.

    A subclass says what its controls, work and charts are. Everything that is shown can also be
    done from Python: `set`, `run`, `pause`, `resume`, `stop`, `wait`, `parameters`, `result`.

    Attributes:
        widget: to display; showing the panel itself does the same.
        folder: where results are written.
        job: the work at present, or None.
    """

    title: ClassVar[str]
    notebook: ClassVar[str]
    result_name: ClassVar[str]
    about: ClassVar[str] = ""

    _open: ClassVar[weakref.WeakSet[Panel]] = weakref.WeakSet()

    def __init__(self, controls: Sequence[Control], *, scale: str, folder: str | Path) -> None:
        self.controls = {control.name: control for control in controls}
        self.scale, self.folder = scale, Path(folder)
        self.job: Job | None = None
        self.settings: dict[str, Any] = {}  # of the last run
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

    def extras(self) -> list[widgets.Widget]:
        """What stands between the charts and the export."""
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
            self._say(f"Not started. {error}", wrong=True)
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

    def wait(self, timeout_s: float = 60.0, *, until: State | None = None) -> State:
        """Wait for the end, or for a state; for scripts, since it blocks a notebook.

        Raises:
            ParameterError: nothing was started; says why, if it was tried.
        """
        if self.job is None:
            said = self.message.value and html.unescape(_bare(self.message.value))
            raise ParameterError(said or "nothing was started; call run() first")
        return self.job.wait(timeout_s, until=until)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = f"{self.title}: open this notebook in JupyterLab to use the panel."
        return data

    # --- how it is made

    def _build(self) -> None:
        def button(text: str, icon: str, tip: str, call: Any, style: str = "") -> widgets.Button:
            made = widgets.Button(
                description=text, icon=icon, tooltip=tip, button_style=style,
                layout={"width": "auto", "margin": "2px 8px 2px 0"},
            )  # fmt: skip
            made.on_click(lambda _: call())
            return made

        self.buttons = {
            "run": button("Run", "play", "Run: begin from the start with these settings",
                          self.run, "primary"),
            "pause": button("Pause", "pause", "Pause: wait after the present step", self.pause),
            "stop": button("Stop", "stop", "Stop: end after the present step and keep what is "
                           "done", self.stop),
            "resume": button("Resume", "step-forward", "Resume: go on where it was paused or "
                             "stopped, with the settings of that run", self.resume),
        }  # fmt: skip
        self.bar = widgets.FloatProgress(min=0, max=1, layout={"width": "320px", "height": "20px"})
        self.status = widgets.HTML()
        self.message = widgets.HTML(layout={"width": "auto"})
        self.batch = widgets.Textarea(
            layout={"width": "100%", "height": "310px"}, disabled=False,
            tooltip="Copy this into a terminal, in the folder of the project",
        )  # fmt: skip
        self.saved = widgets.HTML()
        tip = "Save settings: write them as papermill parameters (JSON)"
        save = button("Save settings", "save", tip, self._save)
        export = widgets.Accordion([widgets.VBox([self.batch, widgets.HBox([save, self.saved])])])
        export.set_title(0, "The same as a batch run")
        export.selected_index = None
        live = widgets.HBox(
            [chart.widget for chart in self.charts()],
            layout={"flex_flow": "row wrap", "overflow": "visible"},
        )
        heading = f"<h3>{html.escape(self.title)}</h3>" + (
            f"<div>{html.escape(self.about)}</div>" if self.about else ""
        )
        self.widget = widgets.VBox(
            [
                widgets.HTML(STYLE + heading),
                widgets.VBox([control.row for control in self.controls.values()]),
                widgets.HBox(
                    [*self.buttons.values(), self.bar, self.status],
                    layout={"flex_flow": "row wrap", "align_items": "center",
                            "margin": "8px 0 0 0"},
                ),
                self.message,
                live,
                *self.extras(),
                export,
                Assist(),
            ],
            layout={"overflow": "visible"},
        )  # fmt: skip
        self.widget.add_class("rk-panel")

    def _changed(self) -> None:
        """An input changed: explain what does not go together, and write the command anew."""
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

    def _save(self) -> None:
        try:
            path = self.save_parameters()
        except (RenaissanceError, OSError) as error:
            self.saved.value = f'<span class="rk-wrong">{html.escape(str(error))}</span>'
        else:
            self.saved.value = f'<span role="status">written: {html.escape(str(path))}</span>'

    def _begin(self, *, resume: bool) -> None:
        self._say("")
        try:
            task = self.prepare(self.settings, resume=resume)
        except (RenaissanceError, OSError) as error:
            self._say(f"Not started. {error}", wrong=True)
            return
        self._start(task, resume=resume)

    def _start(self, task: Any, *, resume: bool = False) -> None:
        self.job = Job(
            lambda handle: self.work(task, handle),
            on_update=self._update,
            on_state=self._show_state,
        )
        if not resume:
            self.bar.value = 0
        self.status.value = ""
        self.job.start()

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
                self._say(self.finish(job.result))
                self._doing = ""
            except Exception as error:
                self._fail(error)
        self._write_status()

    def _write_status(self) -> None:
        words = {
            State.IDLE: "ready", State.PAUSED: "paused", State.STOPPED: "stopped",
            State.DONE: "done", State.FAILED: "failed", State.RUNNING: "",
        }[self.state]  # fmt: skip
        asked = {"pause": "pausing after this step", "stop": "stopping after this step"}
        words = asked.get(self._asked, words)
        doing = self._doing if self.state in (State.RUNNING, State.PAUSED, State.STOPPED) else ""
        if self.state is not State.RUNNING:
            doing = doing.split(" · about")[0]
        text = " · ".join(part for part in (words, doing) if part)
        self.status.value = (
            f'<span class="rk-status" role="status" style="margin-left:12px">'
            f"{html.escape(text)}</span>"
        )

    @property
    def _asked(self) -> str:
        return "" if self.job is None else self.job.asked

    def _say(self, text: str, *, wrong: bool = False) -> None:
        if wrong:
            self.message.value = f'<div class="rk-box" role="alert">{html.escape(text)}</div>'
        else:
            self.message.value = f'<div role="status">{html.escape(text)}</div>' if text else ""

    def _fail(self, error: BaseException) -> None:
        text, trace = explain(error)
        details = (
            f"<details><summary>Details for a report</summary><pre>{html.escape(trace)}</pre>"
            "</details>"
            if trace
            else ""
        )
        self.message.value = (
            f'<div class="rk-box" role="alert">⚠ {html.escape(text)}{details}</div>'
        )

    def _leave_others(self) -> None:
        """A cell that is run again makes another panel: the work of the one before ends."""
        for other in list(Panel._open):
            if type(other) is type(self):
                other.stop()
        Panel._open.add(self)

    _doing = ""


def _bare(text: str) -> str:
    """Text without tags."""
    inside, out = False, []
    for letter in text:
        if letter in "<>":
            inside = letter == "<"
        elif not inside:
            out.append(letter)
    return "".join(out)
