"""The panel of notebook 06: constrain KM to their measured ranges and see what changes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
import numpy as np
import pandas as pd

from renaissance_kit import studies
from renaissance_kit.analysis.km_overlap import measured_intervals, overlap_scores
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.runs import Run
from renaissance_kit.core.seeds import repeat_seeds
from renaissance_kit.figures import choices
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.network.network import Network
from renaissance_kit.panels.charts import LiveChart, specification
from renaissance_kit.panels.controls import Control, Number, Picks
from renaissance_kit.panels.fields import chooser, row_of
from renaissance_kit.panels.jobs import Handle, Update
from renaissance_kit.panels.models import network_parameter
from renaissance_kit.panels.panel import Panel
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.training.gradient import GradientSettings
from renaissance_kit.training.recipes import Recipe

SCORES = 12  # constants in the chart of scores


@dataclass(frozen=True)
class _Task:
    study: studies.Integration
    measured: KMMeasurements
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class KMResult:
    """Trainings without and with data, as many as are done.

    Attributes:
        without, with_data: one run a seed.
        measured: what was constrained.
    """

    measured: KMMeasurements
    without: list[studies.IntegrationRun] = field(default_factory=list)
    with_data: list[studies.IntegrationRun] = field(default_factory=list)


class KMPanel(Panel):
    """Pick measured constants, train without and with them, look at distributions and scores.

    Every training writes its ensemble and its weights to the folder ``ensembles``, under the name
    and with the content that a batch run of notebook 06 with the same parameters gives them. One
    that is there already is not done again.

    Args:
        network: the network.
        state: where the models stand.
        table: of measurements; the network's own if not given.
        km_table: the file that ``table`` was read from, for the batch run.
        scale: of the batch run that does the same.
        folder: of the results.
        workers: threads; does not change the result.
        values: of the controls at the start, by name.
    """

    title: ClassVar[str] = "Constrain KM to their measured ranges"
    notebook: ClassVar[str] = "06_km_aconitase"
    result_name: ClassVar[str] = "ensembles"
    compiles: ClassVar[tuple[str, ...]] = ("kinetics.models", "kinetics.gradients")

    def __init__(
        self,
        network: Network,
        state: SteadyState,
        *,
        table: KMMeasurements | None = None,
        km_table: str | Path | None = None,
        scale: str = "demo",
        folder: str | Path = "build/panels/km",
        workers: int = 2,
        **values: Any,
    ) -> None:
        self.network, self.steady_state, self.workers = network, state, workers
        self.table = KMMeasurements.example(network) if table is None else table
        self.km_table = km_table
        self.intervals = measured_intervals(self.table)
        self.constant_chart, self.scores_chart = LiveChart(), LiveChart()
        self._shown: KMResult | None = None
        others = [name for name in network.km_names if name not in self.intervals]
        self.km_choice = chooser(
            "Constant in the chart",
            "whose distribution is drawn; all measured ones first",
            [
                *((f"{network.names[name]} (measured)", name) for name in self.intervals),
                *((network.names[name], name) for name in others),
            ],
        )
        self.km_choice.observe(self._another, "value")
        super().__init__(_controls(self.table), scale=scale, folder=folder)
        self.set(**{name: value for name, value in values.items() if value is not None})

    def charts(self) -> list[LiveChart]:
        """One constant, and the scores of the others."""
        return [self.constant_chart, self.scores_chart]

    def choosers(self) -> list[widgets.Widget]:
        """Which constant is drawn."""
        return [row_of(self.km_choice, kind="rk-wide")]

    def parameters(self) -> dict[str, Any]:
        """The settings, and the table of measurements if it is not the network's."""
        table = {} if self.km_table is None else {"km_table": str(Path(self.km_table).resolve())}
        return {**network_parameter(self.network), **self.values(), **table}

    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> _Task:
        """The study, and what is constrained."""
        study = studies.Integration(
            self.network,
            self.steady_state,
            Recipe.by_gradient(
                self.network, steps=settings["steps"], models_per_step=settings["models_per_step"]
            ),
            settings["models"],
            Run(self.workers, self.folder / self.result_name),
        )
        measured = self.table.select(reactions=settings["reactions"].split())
        seeds = repeat_seeds(settings["seed"], 2 * settings["repeats"])
        return _Task(study, measured, seeds)

    def work(self, task: _Task, handle: Handle) -> KMResult:
        """Train, in turns without and with data, so that there is something to compare early."""
        half, result = len(task.seeds) // 2, KMResult(task.measured)
        total, began = len(task.seeds), time.perf_counter()
        handle.report(Update(0, total, doing=f"0 of {total} trainings"))
        for i in range(half):
            for seed, measured, done in (
                (task.seeds[i], None, result.without),
                (task.seeds[half + i], task.measured, result.with_data),
            ):
                if handle.stop():
                    return result
                done.append(task.study.train(measured, seed=seed))
                n = len(result.without) + len(result.with_data)
                left = (time.perf_counter() - began) / n * (total - n)
                copy = KMResult(task.measured, list(result.without), list(result.with_data))
                doing = f"{n} of {total} trainings"
                handle.report(Update(n, total, left, doing, (copy, self._scored(copy))))
        return result

    def show(self, update: Update) -> None:
        """The distribution of the chosen constant, and the scores."""
        if update.content is None:
            return
        self._shown, scores = update.content
        if len(self._shown.without) + len(self._shown.with_data) == 1:
            self._filling = True
            self.km_choice.value = self._shown.measured.names[0]
            self._filling = False
        self._draw()
        if scores is not None:
            self.scores_chart.draw(scores)

    def finish(self, result: KMResult) -> str:
        """Incidence without and with the data, in words."""
        before, after = (
            float(np.mean([run.incidence for run in runs]))
            for runs in (result.without, result.with_data)
        )
        return (
            f"{len(result.measured.names)} constants constrained; incidence {100 * before:.3g} % "
            f"without and {100 * after:.3g} % with them. Written: {self.folder / self.result_name}"
        )

    _filling = False

    def _another(self, _: Any) -> None:
        if not self._filling and self._shown is not None:
            self._draw()

    def _draw(self) -> None:
        assert self._shown is not None
        name = str(self.km_choice.value)
        groups = [
            [_km(run)[name].to_numpy() for run in runs]
            for runs in (self._shown.without, self._shown.with_data)
        ]
        figure = choices.one_constant(
            *groups, name=self.network.names[name], interval=self.intervals.get(name)
        )
        self.constant_chart.draw(specification(figure))

    def _scored(self, result: KMResult) -> dict[str, Any] | None:
        """The chart of scores, where there are both kinds and other constants."""
        free = {k: v for k, v in self.intervals.items() if k not in result.measured.names}
        if not (result.without and result.with_data and free):
            return None
        before, after = (
            pd.concat([overlap_scores(_km(run), free).overlap for run in runs], axis=1).mean(axis=1)
            for runs in (result.without, result.with_data)
        )
        table = pd.DataFrame({"name": before.index, "before": before, "after": after})
        order = (table.after - table.before).abs().sort_values(ascending=False, kind="stable")
        shown = table.loc[order.index[:SCORES]]
        return specification(choices.score_changes(shown, names=self.network.names))


def _km(run: studies.IntegrationRun) -> pd.DataFrame:
    """KM of the valid models, of all where there are too few to speak of."""
    enough = int(run.ensemble.valid.sum()) >= 10
    return run.parameters("km", valid_only=enough)


def _controls(table: KMMeasurements) -> list[Control]:
    by_reaction: dict[str, list[str]] = {}
    for name in table.names:
        reaction, _, metabolite = name.partition(":")
        by_reaction.setdefault(reaction, []).append(metabolite)

    def parse(chosen: Sequence[str]) -> str:
        if not chosen:
            raise ParameterError("nothing is constrained; pick at least one reaction")
        return " ".join(chosen)

    def unpack(value: str) -> list[str]:
        for name in value.split():
            if name not in by_reaction:
                raise ParameterError(f"no measured KM of {name!r}{nearest(name, by_reaction)}")
        return value.split()

    usual = GradientSettings()
    usual_reactions = table.network.labels.get("km", {})
    first = [r for r in usual_reactions if r in by_reaction] or list(by_reaction)[:1]
    return [
        Picks("reactions", "Constrained KM", "by reaction",
              "their constants are drawn from the measured ranges, in training and afterwards; "
              "with Ctrl (Cmd) several are picked",
              {f"{r}: {', '.join(m)}": r for r, m in by_reaction.items()}, first, parse, unpack),
        Number("repeats", "Repeats", "trainings of each kind",
               "more tell what the data change from what another seed changes",
               2, 2, 20, whole=True),
        Number("steps", "Steps", "of a training", "more give more valid models",
               usual.steps, 1, 1000, whole=True),
        Number("models_per_step", "Models per step", "models",
               "more give a surer direction and take longer",
               usual.models_per_step, 3, 1000, whole=True),
        Number("models", "Models drawn", "of a generator",
               "more give smoother distributions", 300, 20, 10_000, whole=True),
        Number("seed", "Seed", "whole number",
               "of all random numbers; the same seed gives the same result",
               1, 0, 2**31 - 1, whole=True),
    ]  # fmt: skip
