"""Charts in a panel: drawn in the browser without a network, with data that can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import ipywidgets as widgets

from renaissance_kit.figures.theme import WIDTH, config, themed

DEBOUNCE_MS = 250  # after the last movement of a brush
EMBED = {
    "renderer": "svg",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}


def specification(chart: Any, *, width: int | None = None) -> dict[str, Any]:
    """A chart as the browser takes it, in our theme; may be called in a thread.

    Args:
        width: in pixels, of axes that have none of their own.
    """
    made: dict[str, Any] = chart.to_dict(validate=False)
    ours = config()
    if width is not None:
        ours["view"] = {**ours["view"], "continuousWidth": width}
        made = _with_right_edge_at(width, made)
    return {**made, "config": ours}


def _with_right_edge_at(width: int, part: Any) -> Any:
    """A specification whose labels at the right edge of a plot of `WIDTH` are at another's."""
    if isinstance(part, dict):
        if part == {"value": WIDTH}:
            return {"value": width}
        return {key: _with_right_edge_at(width, value) for key, value in part.items()}
    return [_with_right_edge_at(width, p) for p in part] if isinstance(part, list) else part


class LiveChart:
    """An Altair chart in a notebook.

    Args:
        chart: to begin with.
        fixed: it does not shrink where it has less room, since positions on it are read in pixels.

    Attributes:
        widget: to put into a layout.
    """

    def __init__(self, chart: Any | None = None, *, fixed: bool = False) -> None:
        alt.JupyterChart.enable_offline()
        self.widget = widgets.Box([], layout={"overflow": "visible"})
        if fixed:
            self.widget.add_class("rk-fixed")
        self._chart: alt.JupyterChart | None = None
        if chart is not None:
            self.show(chart)

    def show(self, chart: Any) -> None:
        """Draw another chart, one with selections or not."""
        with themed():
            self.made_chart().chart = chart

    def draw(self, specification: dict[str, Any]) -> None:
        """Draw what `specification` made, which takes no time here."""
        self.made_chart().spec = specification

    def made_chart(self) -> alt.JupyterChart:
        if self._chart is None:
            nothing: Any = None  # allowed, though not by its type
            self._chart = alt.JupyterChart(
                nothing, embed_options=EMBED, debounce_wait=DEBOUNCE_MS, max_wait=False
            )
            self.widget.children = [self._chart]
        return self._chart

    def replace(self, data: Mapping[str, list[dict[str, Any]]]) -> None:
        """Put other rows into data of the chart, by name, and leave the rest as it is drawn."""
        assert self._chart is not None
        self._chart._py_to_js_updates = [
            {"namespace": "data", "name": name, "scope": [], "value": rows}
            for name, rows in data.items()
        ]

    def on_click(self, selection: str, call: Callable[[list[dict[str, Any]]], None]) -> None:
        """Call with the rows that a point selection of the chart shown has picked."""
        assert self._chart is not None

        def picked(change: Mapping[str, Any]) -> None:
            call(list(change["new"].value))

        self._chart.selections.observe(picked, [selection])

    def on_brush(self, selection: str, call: Callable[[Mapping[str, Any]], None]) -> None:
        """Call with the ends by axis of an interval selection of the chart shown."""
        assert self._chart is not None

        def brushed(change: Mapping[str, Any]) -> None:
            call(dict(change["new"].value))

        self._chart.selections.observe(brushed, [selection])
