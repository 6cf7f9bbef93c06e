"""The panel of notebook 04: ferment with valid models and compare with the measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
import numpy as np

from renaissance_kit import studies
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import Run
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.figures import bioreactor as figures
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.panels.charts import LiveChart, specification
from renaissance_kit.panels.controls import Choice, Control, Number
from renaissance_kit.panels.jobs import Handle, State, Update
from renaissance_kit.panels.models import ModelSource, models_control
from renaissance_kit.panels.panel import Panel
from renaissance_kit.simulation.bioreactor import Bioreactor, BioreactorResult, batch_of, cultivate
from renaissance_kit.simulation.conditions import OWN, ReactorConditions, condition_names
from renaissance_kit.simulation.fit import Fit, fit_of, measured_curves

MEDIUM = "medium_"  # before the metabolite, in the names of controls
LIMITS_MM = 1000.0
LISTED = 10
WIDTH = 440


@dataclass(frozen=True)
class _Task:
    models: KineticModels
    where: str
    reactor: Bioreactor
    threshold: float


@dataclass(frozen=True)
class _Finished:
    result: BioreactorResult
    fit: Fit
    where: str


class BioreactorPanel(Panel):
    """Change conditions and models of a batch; the measured curves lie over the time courses.

    What a complete run writes to the folder: ``cultivations.nc`` and ``fit.csv``, as a batch run of
    notebook 04 with the same parameters writes them.

    Args:
        network: a network with a ``bioreactor.csv`` and a ``fermentation.csv`` in its folder.
        ensemble: file of an ensemble to take valid models from.
        trained: what a training may have left; taken if ``ensemble`` is not given.
        states: ``own`` or ``published``, the set of states at which the models stand.
        dilution: what growth does to intracellular metabolites; as in the conditions if not given.
        scale: of the batch run that does the same.
        folder: of the results, and of what is done when a run is stopped.
        workers: processes; does not change the result.
        values: of the controls at the start, by name; ``medium_mM`` by metabolite.

    Raises:
        ParameterError: no such control or conditions.
        DataError: a table of the folder has mistakes.
    """

    title: ClassVar[str] = "Ferment with valid models"
    notebook: ClassVar[str] = "04_bioreactor"
    result_name: ClassVar[str] = "cultivations.nc"
    compiles: ClassVar[tuple[str, ...]] = ("kinetics.models", "simulation.equations")
    asked_later: ClassVar[frozenset[str]] = frozenset({"cut"})

    def __init__(
        self,
        network: Network,
        *,
        ensemble: str | Path | None = None,
        trained: str | Path | None = None,
        states: str = "own",
        dilution: str | None = None,
        scale: str = "demo",
        folder: str | Path = "build/panels/bioreactor",
        workers: int = 2,
        **values: Any,
    ) -> None:
        self.network, self.workers, self.dilution = network, workers, dilution
        self.source = ModelSource(network, ensemble, trained, states)
        self.curves = measured_curves(network)
        self._measured = studies.measured_table(self.curves)
        self.curves_chart, self.fits_text = LiveChart(), widgets.HTML()
        self._finished: _Finished | None = None
        self._drawn: float | None = None
        self.conditions = {
            name: ReactorConditions.from_folder(network, name) for name in condition_names(network)
        }
        first = next(iter(self.conditions), OWN)
        self.chosen = ReactorConditions.from_folder(network, first)
        super().__init__(
            _controls(self.chosen, first, list(self.conditions), network),
            scale=scale,
            folder=folder,
        )
        self.controls["reactor"].on_change(self._other_conditions)
        self.set(**{name: value for name, value in values.items() if value is not None})

    def charts(self) -> list[LiveChart]:
        """The time courses over the measurements."""
        return [self.curves_chart]

    def extras(self) -> list[widgets.Widget]:
        """Goodness of fit of the best models."""
        return [self.fits_text]

    def set(self, **values: Any) -> None:
        """As `Panel.set`; ``medium_mM`` is taken apart by metabolite.

        Raises:
            ParameterError: no such control or conditions.
        """
        medium = values.pop("medium_mM", None) or {}
        if "reactor" in values:  # first, since it changes the others
            name = values.pop("reactor")
            ReactorConditions.from_folder(self.network, name)  # raises where there are none
            super().set(reactor=name)
        super().set(**values, **{MEDIUM + name: value for name, value in medium.items()})

    def parameters(self) -> dict[str, Any]:
        """The settings, with the medium in one, and the file of the models."""
        values = self.values()
        medium = {k[len(MEDIUM) :]: values.pop(k) for k in list(values) if k.startswith(MEDIUM)}
        return {
            **self.source.parameters,
            **values,
            "medium_mM": medium,
            **({} if self.dilution is None else {"dilution": str(self.dilution)}),
        }

    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> _Task:
        """The models and the reactor."""
        chosen, where = self.source.valid(settings["models"])
        models = chosen.models(self.network)
        medium = _medium_in(settings)
        given = {} if self.dilution is None else {"dilution": self.dilution}
        reactor = batch_of(
            self.network,
            settings["reactor"],
            duration_h=settings["duration_h"],
            inoculum_gDW_L=settings["inoculum_gDW_L"],
            medium_mM=medium,
            **given,
        )
        for curve in self.curves:
            curve.require_comparable(settings["duration_h"])
        return _Task(models, where, reactor, settings["cut"])

    def work(self, task: _Task, handle: Handle) -> BioreactorResult | None:
        """Simulate, draw and write."""
        total = len(task.models)
        handle.report(Update(0, total, doing=f"0 of {total:,} models"))

        try:
            run = Run(self.workers, self.folder / "runs", handle.following("models"), handle.stop)
            result = cultivate(task.models, task.reactor, run=run)
        except ParameterError:
            if handle.stopped:  # before the first models were done
                return None
            raise
        fit = fit_of(result, self.curves, task.threshold)
        done = len(fit)
        if done == total:
            result.save(self.folder / self.result_name)
            write_csv(self.folder / "fit.csv", fit.table())
        finished = _Finished(result, fit, task.where)
        handle.report(
            Update(done, total, doing=f"{done:,} of {total:,} models", keep=True,
                   content=(finished, self._figure(finished)))
        )  # fmt: skip
        return result

    def show(self, update: Update) -> None:
        """The time courses and their goodness of fit, when there is a result."""
        if update.content is not None:
            self._finished, figure = update.content
            self._drawn = self._finished.fit.threshold
            self.curves_chart.draw(figure)
            self.fits_text.value = _listed(self._finished.fit)

    def finish(self, result: BioreactorResult) -> str:
        """How many match, in words."""
        assert self._finished is not None
        fit = self._finished.fit
        failed = int((~fit.finished).sum())
        named = self.conditions[self.settings["reactor"]].medium_mM
        other = any(named.get(m, v) != v for m, v in _medium_in(self.settings).items())
        return (
            f"{fit.matches.sum():,} of {len(fit):,} valid models from {self._finished.where} match "
            "all curves"
            + (f"; {failed:,} did not finish" if failed else "")
            + (". The medium is not that of the measurements" if other else "")
            + f". Written: {self.folder / self.result_name}"
        )

    def review(self) -> None:
        """Another threshold: the same time courses, judged again."""
        if self._finished is None:
            return
        threshold = self.controls["cut"].value
        if threshold != self._drawn:
            self._drawn = threshold
            self._finished = replace(
                self._finished, fit=replace(self._finished.fit, threshold=threshold)
            )
            self.curves_chart.draw(self._figure(self._finished))
            self.fits_text.value = _listed(self._finished.fit)
            if self.state is State.DONE:
                self._answer(self.finish(self._finished.result))

    def _other_conditions(self) -> None:
        """Put medium, inoculum and duration of other conditions into their controls."""
        chosen = self.conditions[self.controls["reactor"].value]
        if chosen is self.chosen:
            return
        self.chosen = chosen
        medium = {m: v for m, v in chosen.medium_mM.items() if MEDIUM + m in self.controls}
        self.set(
            medium_mM=medium,
            inoculum_gDW_L=chosen.inoculum_gDW_L,
            duration_h=chosen.duration_h,
        )

    def _figure(self, finished: _Finished) -> dict[str, Any]:
        fit = finished.fit
        figure = figures.time_courses(
            studies.time_course_table(finished.result, fit, self.curves, best=min(3, len(fit))),
            self._measured,
            models=len(fit),
            finished=int(fit.finished.sum()),
            threshold=fit.threshold,
        )
        return specification(figure, width=WIDTH)


def _listed(fit: Fit) -> str:
    """The best models and their goodness of fit as a table."""
    names = map(escape, ("model", *fit.quantities))
    head = "".join(f"<th scope='col'>{name}</th>" for name in names)
    rows = []
    for i in fit.best_first[:LISTED]:
        cells = [
            f"<td>{v:.2f}{' ✓' if v <= fit.threshold else ''}</td>"
            if np.isfinite(v)
            else "<td>–</td>"
            for v in fit.goodness_of_fit[i]
        ]
        rows.append(f"<tr><th scope='row'>{escape(str(fit.models[i]))}</th>{''.join(cells)}</tr>")
    return (
        f"<h4>Goodness of fit of the {len(rows)} nearest models "
        f"(dimensionless; ✓ at most {fit.threshold:g})</h4>"
        f"<table class='rk-table'><tr>{head}</tr>{''.join(rows)}</table>"
    )


def _medium_in(settings: Mapping[str, Any]) -> dict[str, float]:
    return {k[len(MEDIUM) :]: v for k, v in settings.items() if k.startswith(MEDIUM)}


def _controls(
    conditions: ReactorConditions, first: str, names: Sequence[str], network: Network
) -> list[Control]:
    medium: list[Control] = []
    for name, value in conditions.medium_mM.items():
        called = network.metabolites[name].name
        medium.append(
            Number(MEDIUM + name, f"Medium: {called}", "mM",
                   "concentration at the start; what runs out first ends growth",
                   value, 0.0, LIMITS_MM, slider="linear" if value >= 1 else "",
                   step=0.5, slider_high=max(4 * value, 1.0))
        )  # fmt: skip
    return [
        Choice("reactor", "Conditions",
               "table of medium, gas, densities and inoculum in the folder of the network; sets "
               "the controls below, and what has no control",
               {n: n for n in names}, first),
        *medium,
        Number("inoculum_gDW_L", "Inoculum", "gDW/L",
               "biomass at the start; more shortens the time until the medium is used up",
               conditions.inoculum_gDW_L, 1e-4, 10.0, slider="log"),
        Number("duration_h", "Duration", "h",
               "length of the simulation; measured points after it do not count",
               conditions.duration_h, 5.0, 200.0, slider="linear", step=1.0),
        Number("cut", "Threshold of fit", "dimensionless",
               "largest goodness of fit of a curve that is matched; larger lets more match",
               1.0, 0.05, 20.0, slider="log", explained=True,
               hint=lambda v: "A model matches when each curve is, as root mean square, at most "
               f"{v:.3g} u from the measurements; u is half an error bar, at least 10 % of the "
               "curve's largest value."),
        models_control(10),
    ]  # fmt: skip
