"""The same models with and without inhibition and activation, in a batch."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline

_COLOURS = (theme.BLUE, theme.GREEN, theme.UNBIASED)


def courses(table: pd.DataFrame, measured: pd.DataFrame, *, source: Source | None = None) -> Figure:
    """Median time course and the middle half of the models, a colour a network.

    Args:
        table: as from `renaissance_kit.studies.regulation_courses`.
        measured: as from `renaissance_kit.studies.measured_table`.
    """
    networks = list(dict.fromkeys(table.regulation))
    colour = alt.Color(
        "regulation:N",
        scale=alt.Scale(domain=networks, range=list(_COLOURS[: len(networks)])),
        legend=alt.Legend(title=None, orient="top", labelLimit=400, symbolOpacity=1),
    )
    last = float(table.time_h.max())
    panels = []
    for quantity in dict.fromkeys(measured.quantity):
        points = measured[(measured.quantity == quantity) & (measured.time_h <= last)]
        part = table[table.quantity == quantity]
        spread = (
            part.groupby(["regulation", "time_h"], sort=False)
            .value.quantile([0.25, 0.5, 0.75])
            .unstack()
            .set_axis(["low", "middle", "high"], axis=1)
            .reset_index()
        )
        top = 1.06 * float(max(points.high.max(), spread.high.max()))
        x = alt.X(
            "time_h:Q", title="Time (h)", scale=alt.Scale(domain=[0, last], nice=False),
            axis=alt.Axis(tickCount=6),
        )  # fmt: skip
        scale = alt.Scale(domain=[0, top], nice=False)
        title = f"{theme.titled(quantity)} ({points.unit.iloc[0]})"
        base = alt.Chart(spread)
        bars = alt.Chart(points)
        layers: list[Any] = [
            base.mark_area(opacity=0.18, clip=True).encode(
                x=x, y=alt.Y("low:Q", title=title, scale=scale), y2="high:Q", color=colour
            ),
            base.mark_line(strokeWidth=2, clip=True).encode(
                x=x, y=alt.Y("middle:Q", title=title, scale=scale), color=colour
            ),
            bars.mark_rule(color=theme.MEASURED).encode(
                x=x, y=alt.Y("low:Q", title=title, scale=scale), y2="high:Q"
            ),
            bars.mark_point(color=theme.MEASURED, filled=True, size=36, opacity=1).encode(
                x=x, y=alt.Y("value:Q", title=title, scale=scale)
            ),
        ]
        panels.append(alt.layer(*layers).properties(width=190, height=200))
    models = int(table.groupby("regulation").model.nunique().max())
    gone = [n for n in networks[1:] if n not in set(table.regulation[np.isfinite(table.value)])]
    return alt.hconcat(*panels, spacing=18).properties(
        title=headline(
            "The same models with and without regulation",
            f"{count(models, 'valid model')} of a generator that was trained with regulation: line "
            "the median, band the middle half. Steady state and constants are the same in all "
            "colours; Vmax takes up what the modifiers did. Black: measured.",
            f"No model finished: {', '.join(gone)}." if gone else "",
            source or "",
            width=theme.CAPTION_CHARACTERS + 14,
        )
    )
