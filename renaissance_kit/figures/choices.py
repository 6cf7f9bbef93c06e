"""Figures for the panels of states and of KM: a map to brush, ranges, one constant, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.km_change import DATA, WITH, WITHOUT
from renaissance_kit.figures.landscape import QUANTILE, quantile_colours
from renaissance_kit.figures.theme import Figure, count, number, percent

BRUSH = "brushed"
"""Name of the selection in `brush_map`."""

WIDTH = 340


# --- states --------------------------------------------------------------------------------------


def brush_map(
    table: pd.DataFrame,
    *,
    models: int,
    threshold_per_h: float,
    members: Sequence[bool] | None = None,
) -> Figure:
    """The map of states, coloured by what unbiased models have; a rectangle can be drawn on it.

    Args:
        table: x, y, lambda_max_per_h (5 % quantile over the models) and supports; one row a state.
        models: unbiased ones at each state.
        members: of the present neighbourhood, which get a ring.
    """
    size = 1.08 * float(max(table.x.abs().max(), table.y.abs().max()))
    axis = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    scale = alt.Scale(domain=[-size, size], nice=False)
    x = alt.X("x:Q", scale=scale, axis=axis, title="t-SNE 1 (no unit)")
    y = alt.Y("y:Q", scale=scale, axis=axis, title="t-SNE 2 (no unit)")
    angle = np.linspace(0, 2 * np.pi, 91)
    circles = pd.concat(
        pd.DataFrame({"x": r * np.cos(angle), "y": r * np.sin(angle), "r": r, "i": range(91)})
        for r in (size / 3, 2 * size / 3, size)
    )
    rings = (
        alt.Chart(circles)
        .mark_line(color=theme.LIGHT_GREY, strokeWidth=1)
        .encode(x=x, y=y, detail="r:N", order="i:Q")
    )
    clipped, colours = quantile_colours(table.lambda_max_per_h, threshold_per_h)
    kind = np.where(table.supports, "supports", "does not")
    data = table.assign(shown=clipped, kind=kind)
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=max(30.0, min(80.0, 30_000 / len(table))), opacity=0.9)
        .encode(
            x=x,
            y=y,
            color=colours,
            shape=alt.Shape(
                "kind:N",
                scale=alt.Scale(domain=["supports", "does not"], range=["circle", "triangle-up"]),
                legend=None,
            ),
            tooltip=[alt.Tooltip("lambda_max_per_h:Q", title=QUANTILE, format=".3~g")],
        )
        .add_params(alt.selection_interval(name=BRUSH, encodings=["x", "y"]))
    )
    layers = [rings, points]
    if members is not None:
        marked = data[np.asarray(members)]
        ring = alt.Chart(marked).mark_point(
            size=190, color=theme.INK, strokeWidth=1.2, filled=False
        )
        drawn = f"length(data('{BRUSH}_store')) > 0"  # then the rectangle is the neighbourhood
        shown = alt.condition(drawn, alt.value(0.0), alt.value(0.9))
        layers.append(ring.encode(x=x, y=y, opacity=shown))
    share = float(np.mean(table.supports))
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=WIDTH,
        title=theme.headline(
            "A map of the states",
            f"{count(len(table), 'state')}; circles: at least one of {models:,} unbiased "
            f"models is at or below {number(threshold_per_h)} 1/h ({percent(share)}); triangles: "
            "none. Rings: the neighbourhood. A rectangle drawn here is another.",
            width=58,
        ),
        description="Map of steady states by t-SNE: what unbiased models have; a neighbourhood",
    )


def neighbourhood_ranges(
    table: pd.DataFrame, *, members: int, names: Mapping[str, str] | None = None
) -> Figure:
    """Concentrations in a neighbourhood against those of all states.

    Args:
        table: metabolite, all_low, all_median, all_high, low, median, high in mM; from the top.
        members: states in the neighbourhood.
        names: of metabolites, for readers; ids where there is none.
    """
    table = table.assign(metabolite=theme.called(table.metabolite, names))
    y = alt.Y(
        "metabolite:N", sort=list(table.metabolite), title=None,
        axis=alt.Axis(labelLimit=280, ticks=False, domain=False, grid=False),
    )  # fmt: skip
    low, high = float(table.all_low.min()), float(table.all_high.max())
    ticks = theme.at_least_three_ticks(low, high)

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            title="Concentration (mM)",
            scale=alt.Scale(type="log", domain=[0.8 * low, 1.25 * high], nice=False),
            axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}")),
        )

    base = alt.Chart(table).encode(y=y)
    return alt.layer(
        base.mark_rule(color=theme.GREY, strokeWidth=9, opacity=0.45).encode(
            x=x("all_low"), x2="all_high:Q"
        ),
        base.mark_rule(color=theme.BLUE, strokeWidth=4).encode(x=x("low"), x2="high:Q"),
        base.mark_point(filled=True, color=theme.BLUE, size=90, opacity=1).encode(x=x("median")),
    ).properties(
        width=WIDTH - 60,
        height=26 * len(table),
        title=theme.headline(
            "Where the neighbourhood differs most",
            f"Blue: median and central 95 % of its {count(members, 'state')}; grey: of all.",
            width=58,
        ),
        description="Ranges of concentrations in the neighbourhood and in all states",
    )


# --- Michaelis constants ------------------------------------------------------------------------


def score_changes(table: pd.DataFrame, *, names: Mapping[str, str] | None = None) -> Figure:
    """Overlap with the measurements without and with data, one row a constant.

    Args:
        table: name, before, after; in the order from the top.
        names: of constants for readers; as in the table where there is none.
    """
    table = table.assign(shown=theme.called(table.name, names))
    y = alt.Y(
        "shown:N", sort=list(table.shown), title=None,
        axis=alt.Axis(labelLimit=280, ticks=False, domain=False),
    )  # fmt: skip

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            title="Overlap with the measured interval (0 to 1)",
            scale=alt.Scale(domain=[0, 1]),
        )

    base = alt.Chart(table).encode(y=y)
    return alt.layer(
        base.mark_rule(color=theme.LIGHT_GREY, strokeWidth=3).encode(x=x("before"), x2="after:Q"),
        base.mark_point(filled=True, color=WITHOUT, size=80, opacity=1).encode(x=x("before")),
        base.mark_point(filled=True, color=WITH, size=80, opacity=1).encode(x=x("after")),
    ).properties(
        width=WIDTH - 80,
        height=26 * len(table),
        title=theme.headline(
            "Scores of the other constants",
            f"The {len(table)} that changed most. Grey: without, blue: with data; means over "
            "trainings.",
            width=58,
        ),
        description="Overlap scores of measured Michaelis constants without and with data",
    )


def one_constant(
    without: Sequence[np.ndarray],
    with_data: Sequence[np.ndarray],
    *,
    name: str,
    interval: tuple[float, float] | None = None,
    bounds: Mapping[str, float] | None = None,
) -> Figure:
    """Distribution of one KM without and with data, a thin line each training.

    Args:
        without, with_data: values in mM of each ensemble; either may be empty.
        name: of the constant, for readers.
        interval: measured, in mM.
        bounds: ``low`` and ``high`` of the axis in mM.
    """
    every = [np.log10(v) for v in (*without, *with_data) if len(v)]
    ends = [float(f(v)) for v in every for f in (np.min, np.max)]
    if interval:
        ends += [float(np.log10(v)) for v in interval]
    if bounds:
        ends += [float(np.log10(bounds[k])) for k in ("low", "high")]
    low, high = min(ends) - 0.1, max(ends) + 0.1
    grid = np.linspace(low, high, 90)
    lines = []
    for group, values in (("without", without), ("with", with_data)):
        filled = [np.log10(v) for v in values if len(v)]
        pooled = [np.concatenate(filled)] if filled else []
        for i, v in enumerate([*filled, *pooled]):
            z = (grid[:, None] - v[None, :]) / 0.12
            density = np.exp(-0.5 * z**2).mean(axis=1)
            kind = "all" if i == len(filled) else "one"
            lines.append(
                pd.DataFrame({"km_mM": 10**grid, "density": density, "group": group,
                              "kind": kind, "line": f"{group} {i}"})
            )  # fmt: skip
    table = pd.concat(lines)
    span = [10**low, 10**high]
    ticks = theme.round_ticks(*span)
    ticks = [t for t in ticks if np.isclose(np.log10(t) % 1, 0)] if len(ticks) > 9 else ticks
    x = alt.X(
        "km_mM:Q",
        title=f"KM of {name} (mM)",
        scale=alt.Scale(type="log", domain=span, nice=False),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}")),
    )
    top = 1.08 * float(table.density.max())
    y = alt.Y("density:Q", title=None, axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    colour = alt.Color(
        "group:N", scale=alt.Scale(domain=["without", "with"], range=[WITHOUT, WITH]), legend=None
    )
    layers: list[alt.Chart] = []
    if interval:
        band = pd.DataFrame({"km_mM": [interval[0]], "end": [interval[1]]})
        layers.append(alt.Chart(band).mark_rect(color=DATA).encode(x=x, x2="end:Q"))
    for kind, width, opacity in (("one", 1, 0.5), ("all", 3, 1.0)):
        mark = alt.Chart(table[table.kind == kind]).mark_line(strokeWidth=width, opacity=opacity)
        layers.append(mark.encode(x=x, y=y, color=colour, detail="line:N"))
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=220,
        title=theme.headline(
            "One constant, without and with data",
            f"Grey: without, {count(len(without), 'training')}; blue: with data, "
            f"{count(len(with_data), 'training')}. Thin: one training; thick: all."
            + (" Orange: measured." if interval else ""),
            width=58,
        ),
        description=f"Distributions of the Michaelis constant {name} without and with data",
    )
