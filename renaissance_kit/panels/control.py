"""The panel of notebook 11: what limits a flux, by enzyme and pathway, and what more of it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from renaissance_kit import studies
from renaissance_kit.control.coefficients import control_coefficients
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import Run
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.figures import control as figures
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.panels.charts import LiveChart, specification
from renaissance_kit.panels.controls import Control, Words
from renaissance_kit.panels.jobs import Handle, Update
from renaissance_kit.panels.models import ModelSource, models_control
from renaissance_kit.panels.panel import Panel
from renaissance_kit.studies.pages import control as page


@dataclass(frozen=True)
class _Task:
    models: KineticModels
    scanned: KineticModels
    targets: tuple[str, ...]
    enzymes: tuple[str, ...] | None


class ControlPanel(Panel):
    """Rank the enzymes and pathways that limit fluxes, and change some of them by large factors.

    What a complete run writes to the folder: ``control.csv``, ``pathways.csv`` and ``scans.csv``,
    as a batch run of notebook 11 with the same parameters writes them.

    Args:
        network: the network.
        ensemble: file of an ensemble to take valid models from.
        trained: what a training may have left; taken if ``ensemble`` is not given.
        states: ``own`` or ``published``, the set of states at which the models stand.
        scale: of the batch run that does the same; says how many models are scanned.
        folder: of the results, and of what is done when a run is stopped.
        workers: threads, and processes of the scan; does not change the result.
        values: of the controls at the start, by name.
    """

    title: ClassVar[str] = "What limits a flux?"
    notebook: ClassVar[str] = "11_control_and_design"
    result_name: ClassVar[str] = "control.csv"
    compiles: ClassVar[tuple[str, ...]] = (
        "kinetics.models", "control.kernels", "simulation.equations",
    )  # fmt: skip

    def __init__(
        self,
        network: Network,
        *,
        ensemble: str | Path | None = None,
        trained: str | Path | None = None,
        states: str = "own",
        scale: str = "demo",
        folder: str | Path = "build/panels/control",
        workers: int = 2,
        **values: Any,
    ) -> None:
        self.network, self.workers = network, workers
        self.source = ModelSource(network, ensemble, trained, states)
        self.sizes = page.Sizes.at(scale)
        self._charts = [LiveChart() for _ in range(3)]
        super().__init__(_controls(network, self.sizes.models), scale=scale, folder=folder)
        self.set(**{name: value for name, value in values.items() if value is not None})

    def charts(self) -> list[LiveChart]:
        """Enzymes, pathways, and scans."""
        return self._charts

    def parameters(self) -> dict[str, Any]:
        """The settings that are not left to the notebook, and the file of the models."""
        said = {name: value for name, value in self.values().items() if value is not None}
        return {**self.source.parameters, **said}

    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> _Task:
        """The models and the fluxes."""
        chosen, _ = self.source.valid(settings["models"])
        models = chosen.models(self.network)
        targets = studies.target_fluxes(self.network, models.state, settings["targets"])
        scanned = models.with_km(models.km_mM[: self.sizes.scanned_models])
        enzymes = settings["enzymes"]
        return _Task(models, scanned, targets, None if enzymes is None else tuple(enzymes))

    def work(self, task: _Task, handle: Handle) -> pd.DataFrame | None:
        """Coefficients first, which take a moment, then the scan."""
        names = {**self.network.names, **studies.flux_names(self.network, task.targets)}
        pathways = studies.reaction_pathways(self.network)
        found = control_coefficients(task.models, workers=self.workers)
        table = studies.coefficient_table(found, task.targets, pathways)
        groups = studies.group_table(found, task.targets, pathways)
        charts = {
            0: specification(figures.ranked(table, names=names)),
            1: specification(figures.ranked(groups, of="pathway", names=names)),
        }
        total = len(task.scanned)
        handle.report(Update(0, total, doing="scan", content=charts, keep=True))
        enzymes = task.enzymes or studies.with_most_control(table)

        try:
            scan = studies.scan_table(
                task.scanned, control_coefficients(task.scanned, workers=self.workers), enzymes,
                task.targets, page.FACTORS,
                run=Run(self.workers, self.folder, handle.following("models scanned"), handle.stop),
            )  # fmt: skip
        except ParameterError:
            if handle.stopped:
                return None
            raise
        if handle.stopped:
            return None
        for name, written in (("control", table), ("pathways", groups), ("scans", scan)):
            write_csv(self.folder / f"{name}.csv", written)
        charts = {2: specification(figures.scans(scan, names=names))}
        handle.report(Update(total, total, doing="done", content=charts, keep=True))
        return table

    def show(self, update: Update) -> None:
        """The charts that have come."""
        for number, chart in (update.content or {}).items():
            self._charts[number].draw(chart)

    def finish(self, result: pd.DataFrame) -> str:
        """What limits each flux most, in words."""
        names = studies.flux_names(self.network, list(dict.fromkeys(result.target)))
        return f"{page.ranked(result, names)} Written: {self.folder / self.result_name}"


def _controls(network: Network, models: int | Sequence[int]) -> list[Control]:
    reactions = network.kinetic_reactions

    def parse(text: str) -> list[str] | None:
        names = [part.strip() for part in text.split(",") if part.strip()]
        network.require_reactions(names)
        return names or None

    def show(value: Sequence[str] | None) -> str:
        return ", ".join(value or ())

    few = f"ids, such as {', '.join(reactions[:2])}; or nothing"
    return [
        Words("targets", "Fluxes", "reactions whose fluxes are asked for, ids with commas; nothing "
              "takes what was measured in a fermentation, and growth", None, parse, show,
              options=list(reactions), example=few),
        Words("enzymes", "Enzymes scanned", "reactions whose Vmax is multiplied by 0.1 to 10, ids "
              "with commas; nothing takes those with the most control", None, parse, show,
              options=list(reactions), example=few),
        models_control(models),
    ]  # fmt: skip
