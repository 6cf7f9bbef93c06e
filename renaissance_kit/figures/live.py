"""Figures for panels: their data have names that a panel replaces, or points that it can pick."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, number

INCIDENCE, LAMBDA, FIRST = "incidence_so_far", "lambda_now", "lambda_first"
"""Names of the data in the charts."""

WIDTH, HEIGHT = 340, 240


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a chart takes them; NaN becomes nothing."""
    clean = table.astype(object).where(table.notna(), None)  # type: ignore[call-overload]
    return [{str(k): v for k, v in row.items()} for row in clean.to_dict("records")]


def incidence_so_far(table: pd.DataFrame, *, steps: int) -> Figure:
    """Incidence by generation with its interval, on the axes of the whole training.

    Args:
        table: as from `renaissance_kit.studies.incidence_so_far`.
        steps: of the whole training.
    """
    data = alt.NamedData(name=INCIDENCE)
    x = alt.X(
        "step:Q",
        title="Generation (steps taken)",
        scale=alt.Scale(domain=[0, steps], nice=False),
        axis=alt.Axis(tickMinStep=1, format="d", grid=False, tickCount=6),
    )
    title, scale = "Incidence (% of models valid)", alt.Scale(domain=[0, 1])
    y = alt.Y("incidence:Q", title=title, scale=scale, axis=alt.Axis(labelExpr=theme.PERCENT))
    low = alt.Y("low:Q", title=title, scale=scale, axis=alt.Axis(labelExpr=theme.PERCENT))
    last = alt.Chart(data).transform_joinaggregate(end="max(step)")
    end = last.transform_filter("datum.step == datum.end").transform_calculate(
        text="format(100 * datum.incidence, '.3~g') + ' %'",
        spot="datum.end > 0.8 * " + str(steps) + " ? 'left' : 'right'",
    )
    words: dict[str, Any] = {
        "color": theme.darker(theme.VALID),
        "fontSize": 18,
        "fontWeight": "bold",
        "dy": alt.expr("datum.incidence > 0.85 ? 24 : -14"),  # inside, whatever it says
    }
    return alt.layer(
        alt.Chart(data).mark_area(color=theme.VALID, opacity=0.2).encode(x=x, y=low, y2="high:Q"),
        alt.Chart(data).mark_line(color=theme.VALID, strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(data).mark_point(color=theme.VALID, filled=True, size=26, opacity=1).encode(
            x=x, y=y
        ),
        end.transform_filter("datum.spot == 'right'").mark_text(align="left", **words).encode(
            x=x, y=y, text="text:N"
        ),
        end.transform_filter("datum.spot == 'left'").mark_text(align="right", **words).encode(
            x=x, y=y, text="text:N"
        ),
        datasets={INCIDENCE: records(table)},
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        title=theme.headline("Incidence of valid models", "Band: 95 % interval (Wilson)."),
        description="Line: share of valid models by generation, with its 95 % interval",
    )  # fmt: skip


def lambda_now(
    bins: pd.DataFrame, first: pd.DataFrame, *, threshold_per_h: float, models: int
) -> Figure:
    """Histogram of λmax with the threshold; the one before training as a line.

    Args:
        bins, first: as from `renaissance_kit.studies.lambda_bins`, now and before training.
        models: that a histogram is of.
    """
    low, high = float(bins.low.min()), float(bins.high.max())
    x = theme.lambda_axis(low, high, field="low", title="λmax, slowest mode of a model (1/h)")
    y = alt.Y(
        "share:Q",
        title="Share of models (%)",
        scale=alt.Scale(domainMin=0),
        axis=alt.Axis(labelExpr=theme.PERCENT, tickCount=5),
    )
    colour = alt.Color(
        "side:N",
        scale=alt.Scale(domain=["valid", "slow"], range=[theme.VALID, theme.INVALID]),
        legend=None,
    )
    bars = alt.Chart(alt.NamedData(name=LAMBDA)).mark_rect(stroke="white", strokeWidth=0.5)
    before = alt.Chart(alt.NamedData(name=FIRST)).mark_line(
        color=theme.INK, strokeWidth=1.2, interpolate="step-after", strokeDash=[3, 2]
    )
    mark = pd.DataFrame(
        {"low": [threshold_per_h], "text": [f"threshold {number(threshold_per_h)} 1/h"]}
    )
    rule = alt.Chart(mark).mark_rule(color=theme.THRESHOLD, strokeWidth=1.5).encode(x=x)
    named = alt.Chart(mark).mark_text(
        color=theme.darker(theme.THRESHOLD), align="left", dx=-4, baseline="bottom"
    )
    return alt.layer(
        bars.encode(x=x, x2="high:Q", y=y, y2=alt.datum(0), color=colour),
        before.encode(x=x, y=y),
        rule,
        named.encode(x=x, y=alt.value(-4), text="text:N"),
        datasets={LAMBDA: records(bins), FIRST: records(first)},
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        title=theme.headline(
            "λmax of the models now",
            f"{theme.count(models, 'model')}; blue: valid; dashed: before training.",
            width=60,
        ),
        description="Histogram of λmax in 1/h, valid models in blue, with the threshold",
    )


PICKED = "picked"
"""Name of the selection in `return_picker`."""


def return_picker(
    table: pd.DataFrame, *, until_min: float, shown: tuple[int, int] | None = None
) -> Figure:
    """When each perturbed model is back, against its slowest mode; a click picks one.

    Args:
        table: as from `renaissance_kit.studies.return_table`.
        until_min: last time of the time courses.
        shown: model and perturbation that are marked.
    """
    back = np.isfinite(table.return_min)
    data = table.assign(shown=table.return_min.where(back, 1.25 * until_min).clip(lower=0.5))
    data = data[["model", "perturbation", "time_constant_min", "shown"]].assign(back=back)
    low = 0.8 * float(data["shown"].min())
    ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= t <= until_min]
    levels = [*ticks, 1.25 * until_min]
    axis = alt.Axis(
        values=levels,
        labelExpr=theme.tick_labels(levels, lambda v: "not back" if v > until_min else f"{v:g}"),
    )
    y = alt.Y(
        "shown:Q",
        title="All cytosolic metabolites back (min)",
        scale=alt.Scale(type="log", domain=[low, 1.5 * until_min], nice=False),
        axis=axis,
    )
    x = alt.X(
        "time_constant_min:Q",
        title="Dominant time constant −1/λmax (min)",
        scale=alt.Scale(zero=False, padding=12),
        axis=alt.Axis(tickCount=6, grid=False),
    )
    pick = alt.selection_point(name=PICKED, fields=["model", "perturbation"], empty=False)
    points = (
        alt.Chart(data)
        .mark_point(filled=True, size=110, opacity=0.75, cursor="pointer")
        .encode(
            x=x,
            y=y,
            shape=alt.Shape(
                "back:N",
                scale=alt.Scale(domain=[True, False], range=["circle", "triangle-up"]),
                legend=None,
            ),
            color=alt.condition(alt.datum.back, alt.value(theme.VALID), alt.value(theme.INVALID)),
            tooltip=[
                alt.Tooltip("model:Q", title="model"),
                alt.Tooltip("perturbation:Q", title="perturbation"),
                alt.Tooltip("time_constant_min:Q", title="time constant (min)", format=".3~g"),
            ],
        )
        .add_params(pick)
    )
    layers: list[alt.Chart] = [points]
    if shown is not None:
        model, perturbation = shown
        marked = data[(data.model == model) & (data.perturbation == perturbation)]
        ring = alt.Chart(marked).mark_point(
            size=330, color=theme.ORANGE, strokeWidth=3, filled=False, opacity=1
        )
        layers.append(ring.encode(x=x, y=y))
    return alt.layer(*layers).properties(
        width=WIDTH - 60,
        height=300,
        title=theme.headline(
            "When each model is back",
            "Click a point to see its time courses. Triangles: not back"
            f" within {number(until_min)} min.",
            width=50,
        ),
        description="Time of return of each perturbed model against its dominant time constant",
    )
