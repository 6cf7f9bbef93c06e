"""The panel of notebook 05: a map of steady states, neighbourhoods, and new states inside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.landscape import (
    FEWEST,
    Map,
    features,
    map_of,
    neighbourhood_table,
    neighbourhoods,
    resample,
)
from renaissance_kit.analysis.unbiased import UnbiasedModels, unbiased_models
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import Run
from renaissance_kit.figures import choices
from renaissance_kit.figures.theme import number, percent
from renaissance_kit.network.network import Network
from renaissance_kit.panels.charts import LiveChart, specification
from renaissance_kit.panels.controls import Control, Number
from renaissance_kit.panels.fields import chooser, row_of
from renaissance_kit.panels.frame import box, button, sentence
from renaissance_kit.panels.jobs import Handle, State, Update
from renaissance_kit.panels.models import network_parameter
from renaissance_kit.panels.panel import Panel
from renaissance_kit.panels.ranges import ranges_apart
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.sampling import StateSpace
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.intracellular import bounds_with_room

BRUSHED = "brushed"


@dataclass(frozen=True)
class _Task:
    """Unbiased models at sampled states, or at new states inside bounds."""

    settings: Mapping[str, Any]
    members: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class StatesResult:
    """What a run leaves.

    Attributes:
        states: that were sampled or drawn.
        unbiased: models at each.
        chart: their map; None for new states.
        drawn_from: the neighbourhood of new states in words, and the share its bounds cover.
    """

    states: SteadyStates
    unbiased: UnbiasedModels
    chart: Map | None = None
    drawn_from: str = ""


class StatesPanel(Panel):
    """Sample steady states, see what random constants give at each, map them, and draw new ones.

    A complete run writes ``unbiased.nc``, as a batch run of notebook 05 with the same parameters.

    Args:
        network: the network; its folder holds the constraints.
        generic: file of states to use instead of sampling them.
        steps_per_dimension: of the sampler, between two states.
        scale: of the batch run that does the same.
        folder: of the results, and of what is done when a run is stopped.
        workers: processes; does not change the result.
        values: of the controls at the start, by name.
    """

    title: ClassVar[str] = "Explore steady states"
    notebook: ClassVar[str] = "05_intracellular_states"
    result_name: ClassVar[str] = "unbiased.nc"
    compiles: ClassVar[tuple[str, ...]] = ()  # first it samples, which needs no kernel
    asked_later: ClassVar[frozenset[str]] = frozenset({"resampled"})

    def __init__(
        self,
        network: Network,
        *,
        generic: str | Path | None = None,
        steps_per_dimension: int = 16,
        scale: str = "demo",
        folder: str | Path = "build/panels/states",
        workers: int = 2,
        **values: Any,
    ) -> None:
        self.network, self.generic, self.workers = network, generic, workers
        self.fine = steps_per_dimension
        self.threshold_per_h = network.conditions["eigenvalue_threshold"].value
        self._space: StateSpace | None = None
        self.found_states: StatesResult | None = None
        self.members_text: NDArray[np.bool_] | None = None
        self._filling = False
        self._map, self._ranges = LiveChart(fixed=True), LiveChart()
        self.state_choice = chooser(
            "Neighbourhood",
            "whose ranges are shown and in whose bounds new states are drawn; a rectangle on the "
            "map chooses one too",
            [("after a run", "")],
        )
        self.state_choice.disabled = True
        self.state_choice.observe(self.chosen_choice, "value")
        self.resample_button = button(
            "Draw new states", "random",
            "Draw new states: inside the bounds of the neighbourhood, and search for the valid "
            "ones among random models at each", self.resample,
        )  # fmt: skip
        self.resample_button.disabled = True
        self.resample_message = widgets.HTML()
        super().__init__(_controls(), scale=scale, folder=folder)
        self.set(**{name: value for name, value in values.items() if value is not None})

    def charts(self) -> list[LiveChart]:
        """The map, and the ranges of the neighbourhood."""
        return [self._map, self._ranges]

    def choosers(self) -> list[widgets.Widget]:
        """Another way than the mouse to choose a neighbourhood, and what to do with it."""
        row = box("rk-run", [row_of(self.state_choice, kind="rk-wide"), self.resample_button])
        return [row, self.resample_message]

    def check(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """No more states than are sampled."""
        if self.generic is None and settings["n_states"] > settings["sampled"]:
            return {"n_states": f"give at most the states sampled, {settings['sampled']}"}
        return {}

    def parameters(self) -> dict[str, Any]:
        """The settings, and the file of states if there is one."""
        file = {} if self.generic is None else {"generic": str(Path(self.generic).resolve())}
        return {**network_parameter(self.network), **self.values(), **file}

    def prepare(self, settings: Mapping[str, Any], *, resume: bool) -> _Task:
        """What was done last, again, or a new sample."""
        if resume and self.job is not None and self._last.members is not None:
            return self._last
        self._last = _Task(settings)
        return self._last

    def resample(self) -> None:
        """Draw new states inside the bounds of the neighbourhood, and make models at them."""
        if self.state.active or self.found_states is None or self.members_text is None:
            return
        self.settings = {**self._found_settings, "resampled": self.controls["resampled"].value}
        self._last = _Task(self.settings, self.members_text)
        self._forget()
        self._start(self._last)

    def again(self) -> None:
        """What was done last: a new sample, or new states inside the neighbourhood."""
        if self._last.members is None:
            self.run()
        else:
            self.resample()

    def work(self, task: _Task, handle: Handle) -> StatesResult | None:
        """Sample states and make models at them."""
        if task.members is None:
            return self._sampled(task, handle)
        assert self.found_states is not None
        space, n = self._space_of(), task.settings["resampled"]
        handle.report(Update(0, n, doing="bounds of the neighbourhood"))
        found = bounds_with_room(space, self.network, self.found_states.states, task.members)
        if found is None:
            raise ParameterError(
                "the bounds of this neighbourhood leave no room for a steady state; choose a "
                "larger one"
            )
        bounds, central = found
        handle.report(Update(0, n, doing=f"drawing {n} states"))
        drawn = resample(
            space, bounds, n, seed=task.settings["seed"] + 10, steps_per_dimension=self.fine
        )
        unbiased = self._unbiased(drawn, task.settings, handle)
        if unbiased is None:
            return None
        name = f"{int(task.members.sum())} members, bounds over their central {percent(central)}"
        return StatesResult(drawn, unbiased, drawn_from=name)

    def show(self, update: Update) -> None:
        """The map, when there is one."""
        if isinstance(update.content, StatesResult):
            self.found_states, self._found_settings = update.content, dict(self.settings)
            self._fill()

    def finish(self, result: StatesResult) -> str:
        """The share of supporting states in words."""
        supports, n = result.unbiased.supports, len(result.unbiased)
        low, high = wilson_interval(int(supports.sum()), n)
        said = (
            f"{supports.sum():,} of {n:,} states support valid dynamics: at least one of "
            f"{result.unbiased.models:,} unbiased models is at or below "
            f"{number(self.threshold_per_h)} 1/h (95 % interval {percent(low)} to {percent(high)})"
        )
        if result.drawn_from:
            assert self.found_states is not None
            assert self.members_text is not None
            before = self.found_states.unbiased.supports
            return (
                f"Drawn inside the neighbourhood ({result.drawn_from}): {said}. Of the members "
                f"{percent(float(before[self.members_text].mean()))} do, of all states "
                f"{percent(float(before.mean()))}."
            )
        kinds = "" if 0 < supports.sum() < n else " All states are of one kind."
        return f"{said}.{kinds} Written: {self.folder / self.result_name}"

    # --- pieces

    _last = _Task({})

    @property
    def place(self) -> widgets.HTML:
        """Beside the button that draws new states, if that was asked."""
        return self.message if self._last.members is None else self.resample_message

    def _forget(self, text: str = "") -> None:
        """What was said about another neighbourhood goes."""
        self._answers.pop(self.resample_message, None)
        self.resample_message.value = sentence(text)

    def _write_status(self) -> None:
        super()._write_status()
        if self._last.members is not None and self.state.active:
            self.resample_message.value = self.status.value

    def _show_state(self, state: State) -> None:
        super()._show_state(state)
        self.resample_button.disabled = state.active or self.members_text is None

    def _space_of(self) -> StateSpace:
        if self._space is None:
            constraints = Constraints.from_folder(self.network)
            self._space = StateSpace.of(
                self.network, replace(constraints, turnover_time_min=float("inf"))
            )
        return self._space

    def _sampled(self, task: _Task, handle: Handle) -> StatesResult | None:
        settings, n = task.settings, task.settings["n_states"]
        handle.report(Update(0, n, doing=f"sampling {settings['sampled']} states"))
        if self.generic is None:
            everyone = self._space_of().states(
                settings["sampled"], seed=settings["seed"], steps_per_dimension=self.fine
            )
        else:
            everyone = SteadyStates.load(self.generic)
        sample = everyone[:: max(1, len(everyone) // n)][:n]
        if handle.stop():
            return None
        unbiased = self._unbiased(sample, settings, handle)
        if unbiased is None or len(unbiased) < len(sample):  # what is done is kept in the store
            return None
        unbiased.save(self.folder / self.result_name)
        done = len(unbiased)
        handle.report(Update(done, n, doing="drawing the map"))
        table, _ = features(self.network, sample)
        result = StatesResult(sample, unbiased, map_of(table, seed=settings["seed"]))
        handle.report(Update(done, n, doing=f"{done} of {n} states", content=result, keep=True))
        return result

    def _unbiased(
        self, states: SteadyStates, settings: Mapping[str, Any], handle: Handle
    ) -> UnbiasedModels | None:
        try:
            return unbiased_models(
                self.network,
                states,
                models=settings["models"],
                seed=settings["seed"],
                run=Run(
                    self.workers, self.folder / "runs", handle.following("states"), handle.stop
                ),
            )
        except ParameterError:
            if handle.stopped:
                return None
            raise

    def _fill(self) -> None:
        """The list of neighbourhoods of a new map."""
        assert self.found_states is not None
        assert self.found_states.chart is not None
        supports = self.found_states.unbiased.supports
        rings, sectors = (2, 6) if len(supports) >= 100 else (1, 3)
        self._cell = neighbourhoods(self.found_states.chart, rings=rings, sectors=sectors)
        cells = neighbourhood_table(self.found_states.chart, self._cell, supports)
        cells = cells.sort_values("share", ascending=False, kind="stable")
        columns = (cells.cell, cells.states, cells.share)
        options: list[tuple[str, Any]] = [
            (f"cell {cell + 1}: {states} states, {percent(share)} support", int(cell))
            for cell, states, share in zip(*columns, strict=True)
        ]
        options += [("all supporting states", "supports"), ("all others", "others")]
        self._filling = True
        self.state_choice.options = [*options, ("rectangle on the map", BRUSHED)]
        self.state_choice.value = options[0][1]
        self.state_choice.disabled = False
        self._filling = False
        self._take(self._cell == options[0][1])

    def chosen_choice(self, _: Any) -> None:
        if self._filling or self.found_states is None:
            return
        value, supports = self.state_choice.value, self.found_states.unbiased.supports
        if value == BRUSHED:
            return
        if value in ("supports", "others"):
            self._take(supports if value == "supports" else ~supports)
        else:
            self._take(self._cell == value)

    def on_brush(self, value: Mapping[str, Any]) -> None:
        """A rectangle was drawn: the states inside are the neighbourhood."""
        if self.found_states is None or self.found_states.chart is None:
            return
        sides = [value.get(axis) for axis in ("x", "y")]
        if any(side is None or len(side) != 2 for side in sides):
            return
        inside = np.ones(len(self.found_states.unbiased), dtype=bool)
        for column, side in enumerate(sides):
            low, high = sorted(side or (0.0, 0.0))
            position = self.found_states.chart.xy[:, column]
            inside &= (position >= low) & (position <= high)
        if inside.sum() < 2:
            self._forget("A neighbourhood needs at least two states; draw a larger rectangle.")
            return
        self._filling = True
        self.state_choice.value = BRUSHED
        self._filling = False
        self._take(inside, redraw=False)

    def _take(self, members: NDArray[np.bool_], *, redraw: bool = True) -> None:
        """Make this the neighbourhood; the map stays where the rectangle is on it."""
        assert self.found_states is not None
        assert self.found_states.chart is not None
        if members.sum() < 2:
            self._forget("Fewer than two such states; choose another neighbourhood.")
            self.members_text, self.resample_button.disabled = None, True
            return
        self.members_text = members
        self._forget()
        self.resample_button.disabled = self.state.active
        found = self.found_states
        assert found.chart is not None
        if redraw:
            table = pd.DataFrame(
                {"x": found.chart.xy[:, 0], "y": found.chart.xy[:, 1],
                 "lambda_max_per_h": found.unbiased.lambda_max_quantile_per_h,
                 "supports": found.unbiased.supports}
            )  # fmt: skip
            figure = choices.brush_map(
                table,
                models=found.unbiased.models,
                threshold_per_h=self.threshold_per_h,
                members=members.tolist(),
            )
            self._map.show(figure)
            self._map.on_brush(choices.BRUSH, self.on_brush)
        ranges = ranges_apart(self.network, found.states, members)
        figure = choices.neighbourhood_ranges(
            ranges, members=int(members.sum()), names=self.network.names
        )
        self._ranges.draw(specification(figure))


def _controls() -> list[Control]:
    return [
        Number("n_states", "States on the map", "number",
               "more make a finer map and take longer, a fifth of a second each",
               100, FEWEST, 5000, whole=True),
        Number("sampled", "States sampled", "number",
               "of which those on the map are evenly spaced; more are less alike",
               400, FEWEST, 20_000, whole=True),
        Number("models", "Unbiased models", "at each state",
               "at each state; among more of them a valid one is found at more states",
               100, 1, 1000, whole=True),
        Number("resampled", "New states", "in a neighbourhood",
               "more give a surer share of supporting ones and take longer",
               30, 2, 1000, whole=True),
        Number("seed", "Seed", "whole number",
               "of all random numbers; the same seed gives the same result",
               1, 0, 2**31 - 1, whole=True),
    ]  # fmt: skip
