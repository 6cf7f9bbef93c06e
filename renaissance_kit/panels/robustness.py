"""The panel of notebook 03: perturb valid models and see which come back, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
import numpy as np
import pandas as pd

from renaissance_kit import studies
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import Run
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.figures import live, robustness as figures
from renaissance_kit.figures.theme import percent
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.panels.charts import LiveChart, specification
from renaissance_kit.panels.controls import Choice, Control, Number, Words
from renaissance_kit.panels.fields import chooser, row_of
from renaissance_kit.panels.jobs import Handle, State, Update
from renaissance_kit.panels.models import ModelSource, models_control
from renaissance_kit.panels.panel import Panel
from renaissance_kit.simulation.perturbation import Perturbation, PerturbationResult, perturb
from renaissance_kit.studies import CYTOSOL

SHOWN_MIN, WIDTH = 60.0, 400
MARKED_MIN = (24.0, 34.0)


@dataclass(frozen=True)
class _Task:
    models: KineticModels
    where: str
    lambda_max_per_h: np.ndarray
    settings: Perturbation
    tolerance: float


@dataclass(frozen=True)
class _Finished:
    """What there is to look at."""

    task: _Task
    result: PerturbationResult


class RobustnessPanel(Panel):
    """Perturb models; look at shares over time, at every model, and at the time courses of one.

    What a complete run writes to the folder: ``perturbation.nc`` and ``outcomes.csv``, as a batch
    run of notebook 03 with the same parameters writes them.

    Args:
        network: the network.
        ensemble: file of an ensemble to take valid models from.
        trained: what a training may have left; taken if ``ensemble`` is not given.
        states: ``own`` or ``published``, the set of states at which the models stand.
        scale: of the batch run that does the same.
        folder: of the results, and of what is done when a run is stopped.
        workers: processes; does not change the result.
        values: of the controls at the start, by name.
    """

    title: ClassVar[str] = "Perturb valid models"
    notebook: ClassVar[str] = "03_robustness"
    result_name: ClassVar[str] = "perturbation.nc"
    compiles: ClassVar[tuple[str, ...]] = ("kinetics.models", "simulation.equations")
    asked_later: ClassVar[frozenset[str]] = frozenset({"tolerance"})

    def __init__(
        self,
        network: Network,
        *,
        ensemble: str | Path | None = None,
        trained: str | Path | None = None,
        states: str = "own",
        scale: str = "demo",
        folder: str | Path = "build/panels/robustness",
        workers: int = 2,
        **values: Any,
    ) -> None:
        self.network, self.workers = network, workers
        self.source = ModelSource(network, ensemble, trained, states)
        self.groups = studies.variable_groups(network)
        self.shares_chart, self._picker, self._time_courses = LiveChart(), LiveChart(), LiveChart()
        self._finished: _Finished | None = None
        self._drawn: float | None = None  # the tolerance of the charts
        self._filling = False
        self.chosen_choice = chooser(
            "Model in the time courses",
            "whose time courses are drawn; a click on a point of the chart does the same",
            [("after a run", "")],
        )
        self.chosen_choice.disabled = True
        self.chosen_choice.observe(self._choose, "value")
        super().__init__(_controls(network), scale=scale, folder=folder)
        self.set(**{name: value for name, value in values.items() if value is not None})

    def charts(self) -> list[LiveChart]:
        """Shares over time, every model, and the time courses of one."""
        return [self.shares_chart, self._picker, self._time_courses]

    def choosers(self) -> list[widgets.Widget]:
        """Another way than the mouse to pick a model."""
        return [row_of(self.chosen_choice, kind="rk-wide")]

    def parameters(self) -> dict[str, Any]:
        """The settings, and the file of the models."""
        return {**self.source.parameters, **self.values()}

    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> _Task:
        """The models and the perturbation."""
        chosen, where = self.source.valid(settings["models"])
        models = chosen.models(self.network)
        perturbation = Perturbation(
            times_min=studies.RETURN_TIMES_MIN,
            **{k: settings[k] for k in ("size", "metabolites", "per_model", "totals", "seed")},
        )
        return _Task(models, where, chosen.lambda_max_per_h, perturbation, settings["tolerance"])

    def work(self, task: _Task, handle: Handle) -> PerturbationResult | None:
        """Integrate, draw and write."""
        total = len(task.models)
        handle.report(Update(0, total, doing=f"0 of {total:,} models"))

        try:
            run = Run(self.workers, self.folder, handle.following("models"), handle.stop)
            result = perturb(task.models, task.settings, run=run)
        except ParameterError:
            if handle.stopped:  # before the first models were done
                return None
            raise
        done = len(result.dataset.model)
        if done == total:
            result.save(self.folder / self.result_name)
            write_csv(self.folder / "outcomes.csv", studies.outcome_table(result, task.tolerance))
        content = _Finished(task, result), self._figures(_Finished(task, result), task.tolerance)
        doing = f"{done:,} of {total:,} models"
        handle.report(Update(done, total, doing=doing, content=content, keep=True))
        return result

    def show(self, update: Update) -> None:
        """The charts, when there is a result."""
        if update.content is None:
            return
        self._finished, (shares, table) = update.content
        self._drawn = self._finished.task.tolerance
        self.shares_chart.draw(shares)
        self._fill(table)

    def finish(self, result: PerturbationResult) -> str:
        """The shares at the two times of the paper, in words."""
        tolerance = self._drawn or 0.0
        cytosol = {CYTOSOL: self.groups[CYTOSOL]}
        shares = studies.return_shares(
            result, cytosol, times_min=MARKED_MIN, tolerances=[tolerance]
        )
        said = ", ".join(
            f"{percent(share)} within {time:g} min"
            for share, time in zip(shares.share, shares.time_min, strict=True)
        )
        assert self._finished is not None
        task = self._finished.task
        return (
            f"{len(task.models):,} valid models from {task.where}. "
            f"All cytosolic metabolites are back to {100 * tolerance:g} % in {said}. "
            f"Written: {self.folder / self.result_name}"
        )

    def review(self) -> None:
        """Another tolerance: the same time courses, asked again."""
        if self._finished is None:
            return
        tolerance = self.controls["tolerance"].value
        if tolerance != self._drawn:
            self._drawn = tolerance
            shares, table = self._figures(self._finished, tolerance)
            self.shares_chart.draw(shares)
            self._fill(table)
            if self.state is State.DONE:
                self._answer(self.finish(self._finished.result))

    def _figures(
        self, finished: _Finished, tolerance: float
    ) -> tuple[dict[str, Any], pd.DataFrame]:
        result = finished.result
        shares = studies.return_shares(
            result,
            self.groups,
            times_min=studies.RETURN_TIMES_MIN[studies.RETURN_TIMES_MIN <= SHOWN_MIN],
            tolerances=[tolerance],
        )
        table = studies.return_table(
            result, finished.task.lambda_max_per_h, self.groups[CYTOSOL], tolerance=tolerance
        )
        figure = figures.returned_over_time(shares, marked_min=MARKED_MIN)
        return specification(figure, width=WIDTH), table.sort_values("return_min", kind="stable")

    def _fill(self, table: pd.DataFrame) -> None:
        """The list of models, earliest first; the one that was chosen stays chosen."""
        before = self.chosen_choice.value
        options = []
        columns = (table.model, table.perturbation, table.return_min)
        for model, perturbation, minutes in zip(*columns, strict=True):
            when = f"back after {minutes:g} min" if np.isfinite(minutes) else "not back"
            each = f", perturbation {perturbation}" if self.settings["per_model"] > 1 else ""
            options.append((f"model {model}{each}: {when}", (int(model), int(perturbation))))
        keys = [key for _, key in options]
        self._table, self._filling = table, True
        self.chosen_choice.options = options
        self.chosen_choice.value = before if before in keys else keys[0]
        self.chosen_choice.disabled = False
        self._filling = False
        self._draw_chosen()

    def _choose(self, _: Any) -> None:
        if not self._filling and self._finished is not None:
            self._draw_chosen()

    def on_click(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            key = (int(rows[0]["model"]), int(rows[0]["perturbation"]))
            if key in [value for _, value in self.chosen_choice.options]:
                self.chosen_choice.value = key

    def _draw_chosen(self) -> None:
        assert self._finished is not None
        key, tolerance = self.chosen_choice.value, self._drawn or 0.01
        result = self._finished.result
        until = float(result.dataset.time_min.values[-1])
        self._picker.show(live.return_picker(self._table, until_min=until, shown=key))
        self._picker.on_click(live.PICKED, self.on_click)
        position = int(np.flatnonzero(result.dataset.model.values == key[0])[0])
        name = self.chosen_choice.label
        table = studies.time_courses(result, {"shown": (position, key[1])}, until_min=SHOWN_MIN)
        if table.deviation.notna().any():
            figure = figures.trajectories(
                table, titles={"shown": name[0].upper() + name[1:]}, groups=self.groups,
                tolerance=tolerance, marked_min=MARKED_MIN, names=self.network.names,
            )  # fmt: skip
            figure = figure.properties(
                title=live.theme.headline(
                    "Time courses of the model",
                    f"Grey: all {len(self.groups[CYTOSOL])} cytosolic metabolites. Band: the "
                    "tolerance. Symmetric logarithmic axis.",
                    width=60,
                )
            )
            self._time_courses.draw(specification(figure, width=WIDTH))


def _controls(network: Network) -> list[Control]:
    usual = Perturbation()
    compartments = [c.id for c in network.compartments.values()]
    named = [m for m in network.labels.get("variable", {}) if m in network.dynamic]
    few = (named or list(network.dynamic))[:2]

    def parse(text: str) -> str | list[str]:
        names = [part.strip() for part in text.split(",") if part.strip()]
        single = len(names) == 1 and (names[0] == "all" or names[0] in known)
        value: str | list[str] = names[0] if single else names
        Perturbation(metabolites=value).displaced(network)
        return value

    known = {key for c in network.compartments.values() for key in (c.id, c.name)}

    def show(value: str | Sequence[str]) -> str:
        return value if isinstance(value, str) else ", ".join(value)

    return [
        Number("size", "Size δ", "share",
               "concentrations are multiplied by 1 − δ to 1 + δ; larger asks more of the models",
               usual.size, 0.01, 0.95, slider="linear", step=0.01,
               hint=lambda v: f"concentrations × {1 - v:.3g} to {1 + v:.3g}"),
        Words("metabolites", "Metabolites perturbed",
              "all, a compartment, or ids with commas; the others begin at the steady state",
              "all", parse, show, options=["all", *compartments, *network.dynamic],
              example=f"all, {', '.join(compartments[:3])}, or ids: {', '.join(few)}"),
        Number("tolerance", "Tolerance", "share",
               "largest |c/c* − 1| of what has returned; larger lets models be back earlier",
               0.01, 0.001, 0.5, slider="log", explained=True,
               hint=lambda v: "A metabolite is back when it stays within "
               f"{100 * v:.3g} % of its steady state from then on."),
        Choice("totals", "Totals of conserved moieties",
               "kept: adenylates, NAD(H) and others keep their totals; resampled: the totals "
               "change too, and the model settles at another state",
               {"kept": "keep", "resampled": "resample"}, "keep"),
        Number("per_model", "Perturbations", "of each model",
               "more tell chance from the model, and take longer",
               1, 1, 20, whole=True),
        models_control(20),
        Number("seed", "Seed", "whole number",
               "of all random numbers; the same seed gives the same result",
               1, 0, 2**31 - 1, whole=True),
    ]  # fmt: skip
