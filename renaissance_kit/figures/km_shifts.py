"""Where do the constants without data go? A common frame, and distances between repeats."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, percent
from renaissance_kit.studies import CommonFrame

FIRST, LATER, SHARED = theme.GREY, theme.BLUE, "#C9C9C9"


def common_frame(frame: CommonFrame, *, constants: int, source: Source | None = None) -> Figure:
    """Models of every level of data in one frame, a panel each with the same axes.

    Args:
        frame: as from `renaissance_kit.studies.common_frame`.
        constants: number of constants without data.
    """
    levels = list(dict.fromkeys(frame.points.level))
    first = frame.points[frame.points.level == levels[0]]
    scales = [
        alt.Scale(domain=_span(frame.points[field]), nice=False, clamp=True) for field in "xy"
    ]
    panels = []
    for i, level in enumerate(levels):
        x = alt.X("x:Q", title="Component 1 (decades)", scale=scales[0])
        y = alt.Y("y:Q", title="Component 2 (decades)" if i == 0 else None, scale=scales[1])
        part = frame.points[frame.points.level == level]
        centres = frame.centres[frame.centres.level == level]
        layers = [alt.Chart(first).mark_circle(color=SHARED, size=16, opacity=0.5).encode(x=x, y=y)]
        if i:
            mark = alt.Chart(part).mark_circle(color=LATER, size=16, opacity=0.5)
            layers.append(mark.encode(x=x, y=y))
        mark = alt.Chart(centres).mark_point(
            filled=True, size=80, opacity=1, stroke=theme.INK, strokeWidth=1.2,
            color=LATER if i else FIRST,
        )  # fmt: skip
        layers.append(mark.encode(x=x, y=y))
        title = alt.Title(level, fontSize=theme.TITLE, fontWeight="normal", offset=8)
        panels.append(alt.layer(*layers).properties(width=240, height=240, title=title))
    each = int(frame.points.groupby("level").size().max())
    return alt.hconcat(*panels, spacing=16).properties(
        title=headline(
            f"A frame that shows {percent(float(frame.explained[:2].sum()))} of the variance of "
            f"{constants} constants",
            f"Principal components of log10 KM of the {constants} constants that no measurement "
            f"holds, fitted to all panels together; {count(each, 'model')} a panel. Component 1 "
            f"holds {percent(float(frame.explained[0]))} of the variance, component 2 "
            f"{percent(float(frame.explained[1]))}; a component of independent constants would "
            f"hold {percent(1 / constants)}. Grey: without data, in every "
            "panel. Large points: means of single trainings.",
            source or "",
            width=130,
        )
    )


def repeat_distances(table: pd.DataFrame, *, source: Source | None = None) -> Figure:
    """Distances between trainings of each level, and from those without data.

    Args:
        table: as from `renaissance_kit.studies.repeat_distances`.
    """
    levels = list(dict.fromkeys(table.level))
    offsets = {"between": -0.17, "to first": 0.17}
    colours = {"between": theme.BLUE, "to first": theme.PURPLE}
    place = {level: i for i, level in enumerate(levels)}
    rows = [float(i) for i in range(len(levels))]
    shown = table[table.kind.isin(offsets)]
    jitter = 0.1 * np.sin(5.0 * np.arange(len(shown)))
    shown = shown.assign(row=shown.level.map(place) + shown.kind.map(offsets) + jitter)
    means = shown.groupby(["level", "kind"], sort=False).distance.mean().reset_index()
    means = means.assign(row=means.level.map(place) + means.kind.map(offsets))
    floor = table[table.kind == "halves"].groupby("level", sort=False).distance.mean().reset_index()
    floor = floor.assign(row=floor.level.map(place))
    y_scale = alt.Scale(domain=[len(levels) - 0.4, -0.6], nice=False)
    y = alt.Y(
        "row:Q", title=None, scale=y_scale,
        axis=alt.Axis(values=rows, grid=False, ticks=False, domain=False, labelLimit=300,
                      labelExpr=theme.tick_labels(rows, lambda v: levels[int(v)])),
    )  # fmt: skip
    x = alt.X(
        "distance:Q", title="Distance between medians (decades)",
        scale=alt.Scale(domain=[0, 1.05 * float(table.distance.max())], nice=False),
        axis=alt.Axis(tickCount=6),
    )  # fmt: skip
    between = means[means.kind == "between"].set_index("level").distance
    together = [f"{between.get(level, np.nan):.2f} decades" for level in levels]
    colour = alt.Color(
        "kind:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(orient="top", title=None, labelExpr=(
            "datum.label == 'between' ? 'two trainings of the level' : "
            "'one of the level, one without data'"), labelLimit=400),
    )  # fmt: skip
    return alt.layer(
        alt.Chart(shown).mark_circle(size=36, opacity=0.45).encode(x=x, y=y, color=colour),
        alt.Chart(means).mark_tick(color=theme.INK, thickness=2.5, height=18).encode(x=x, y=y),
        alt.Chart(floor).mark_tick(color=theme.ORANGE, thickness=2.5, height=44).encode(x=x, y=y),
    ).properties(
        height=70 * len(levels),
        title=headline(
            f"Two trainings are {together[0]} apart with {levels[0]}, {together[-1]} with "
            f"{levels[-1]}",
            "Root mean square over the constants without data. Black ticks: means. Orange ticks: "
            "what the finite number of models makes of one training.",
            source or "",
        ),
    )


def _span(values: pd.Series) -> list[float]:
    low, high = (float(v) for v in np.quantile(values, [0.001, 0.999]))
    margin = 0.06 * (high - low)
    return [low - margin, high + margin]
