"""Surveys of states: shares by population, how exact constants must be, and the cost."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number, percent

SUPPORTING = "States that support valid dynamics (%)"


def without_model(
    table: pd.DataFrame, *, models: int, threshold_per_h: float, source: Source | None = None
) -> Figure:
    """Share of states without a valid model, by population and by the effort to find one.

    Args:
        table: as from `renaissance_kit.studies.without_model`.
        models: unbiased ones at each state.
    """
    efforts = list(dict.fromkeys(table.effort))
    table = table.assign(
        label=[f"{c:,} of {n:,}" for c, n in zip(table["count"], table.states, strict=True)]
    )
    y = alt.Y(
        "population:N", sort=list(dict.fromkeys(table.population)), title=None,
        axis=alt.Axis(labelLimit=330, labelPadding=14, ticks=False, domain=False, grid=False),
    )  # fmt: skip
    apart = alt.YOffset("effort:N", sort=efforts)
    colour = alt.Color(
        "effort:N", sort=efforts, title=None, legend=alt.Legend(orient="bottom", labelLimit=300),
        scale=alt.Scale(domain=efforts, range=[theme.UNBIASED, theme.SKY, theme.BLUE]),
    )  # fmt: skip

    def x(field: str) -> alt.X:
        axis = alt.Axis(labelExpr=theme.PERCENT, tickCount=6)
        title = "States without a valid model (%)"
        return alt.X(f"{field}:Q", scale=alt.Scale(domain=[0, 1]), axis=axis, title=title)

    base = alt.Chart(table).encode(y=y, yOffset=apart, color=colour)
    return alt.layer(
        base.mark_rule(strokeWidth=2.5).encode(x=x("low"), x2="high:Q"),
        base.mark_circle(size=100, opacity=1).encode(x=x("share")),
        alt.Chart(table).mark_text(align="left", dx=10).encode(
            x=alt.value(430), y=y, yOffset=apart, text="label:N"
        ),
    ).properties(
        width=430,
        height=84 * table.population.nunique(),
        title=headline(
            _by_effort(table),
            f"By what looks for one: {models:,} unbiased models; one descent along the derivative "
            "of λmax; the whole search with restarts and eigenvalue placement. Valid: λmax at or "
            f"below {number(threshold_per_h)} 1/h. Line: 95 % Wilson interval.",
            source or "",
        ),
    )  # fmt: skip


def _by_effort(table: pd.DataFrame) -> str:
    """Over all populations, how many states are without a valid model: first and last effort."""
    total = table.groupby("effort", sort=False)[["count", "states"]].sum()
    first, last = total.iloc[0], total.iloc[-1]
    return (
        f"Without a valid model: {first['count']:,} of {first.states:,} states by random "
        f"constants, {last['count']:,} by search"
    )


def supporting_shares(
    table: pd.DataFrame, *, covered: Mapping[str, float], models: int, source: Source | None = None
) -> Figure:
    """Share of states that support valid dynamics, by the neighbourhood that they come from.

    Args:
        table: population, states, count, share, low, high; drawn in this order.
        covered: by neighbourhood, the central share of its members that the bounds cover.
        models: unbiased ones at each state.
    """
    table = table.assign(
        label=[f"{c:,} of {n:,}" for c, n in zip(table["count"], table.states, strict=True)]
    )
    y = alt.Y(
        "population:N", sort=list(table.population), title=None,
        axis=alt.Axis(labelLimit=330, labelPadding=14, ticks=False, domain=False, grid=False),
    )  # fmt: skip

    def x(field: str) -> alt.X:
        axis = alt.Axis(labelExpr=theme.PERCENT, tickCount=6)
        scale = alt.Scale(domain=[0, 1])
        return alt.X(f"{field}:Q", scale=scale, axis=axis, title=SUPPORTING)

    base = alt.Chart(table).encode(y=y)
    return alt.layer(
        base.mark_rule(color=theme.VALID, strokeWidth=2.5).encode(x=x("low"), x2="high:Q"),
        base.mark_circle(color=theme.VALID, size=110, opacity=1).encode(x=x("share")),
        base.mark_text(align="left", dx=10).encode(x=alt.value(430), text="label:N"),
    ).properties(
        width=430,
        height=44 * len(table),
        title=headline(
            "New states in neighbourhoods",
            f"Supporting: at least one of {models:,} unbiased models is valid. Central share of "
            "the members that the bounds cover: "
            + (", ".join(f"{name} {percent(value)}" for name, value in covered.items()) or "none")
            + ". Line: 95 % Wilson interval.",
            source or "",
        ),
    )


def exactness(
    table: pd.DataFrame, *, threshold_per_h: float, source: Source | None = None
) -> Figure:
    """Share of valid models that stay valid when all constants change a little.

    Args:
        table: as from `renaissance_kit.studies.exactness_table`.
    """
    names = list(dict.fromkeys(table.group))
    colours = [theme.VALID, theme.INVALID, theme.PURPLE, theme.UNBIASED]
    dashes = [[1, 0], [5, 3], [2, 2], [8, 3, 2, 3]]
    ticks = sorted(set(table.change))
    scale = alt.Scale(type="log", domain=[ticks[0] / 1.5, 1.5 * ticks[-1]], nice=False)
    x = alt.X(
        "change:Q", title="Standard deviation of the changes of ln KM (dimensionless)",
        scale=scale, axis=alt.Axis(values=ticks, format="~g"),
    )  # fmt: skip
    axis = alt.Axis(labelExpr=theme.PERCENT)
    y = alt.Y(
        "share:Q", title="Models that stay valid (%)", scale=alt.Scale(domain=[0, 1]), axis=axis
    )
    legend = alt.Legend(
        orient="bottom", columns=2, labelLimit=360, symbolType="stroke", symbolSize=700
    )
    colour = alt.Color(
        "group:N", title=None, sort=names, legend=legend,
        scale=alt.Scale(domain=names, range=colours[: len(names)]),
    )  # fmt: skip
    dash = alt.StrokeDash(
        "group:N", title=None, sort=names, legend=legend,
        scale=alt.Scale(domain=names, range=dashes[: len(names)]),
    )  # fmt: skip
    # Intervals stand side by side, so that none hides another.
    place = {name: 1.08 ** (i - (len(names) - 1) / 2) for i, name in enumerate(names)}
    table = table.assign(change=table.change * table.group.map(place))
    base = alt.Chart(table).encode(x=x, color=colour)
    counts = dict(zip(table.group, table.models, strict=True))
    return alt.layer(
        base.mark_rule(strokeWidth=2, opacity=0.6).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(strokeWidth=2.5).encode(y=y, strokeDash=dash),
        base.mark_circle(size=70, opacity=1).encode(y=y),
    ).properties(
        width=540,
        height=300,
        title=headline(
            "How exactly must the constants be met?",
            "All constants of valid models changed at random. A model stays valid when at "
            f"least half of its copies have λmax at or below {number(threshold_per_h)} 1/h. "
            + "; ".join(f"{name}: {n:,}" for name, n in counts.items())
            + ". Vertical: 95 % Wilson interval.",
            source or "",
        ),
    )


def cost_by_cores(
    modelled: pd.DataFrame,
    measured: pd.DataFrame,
    *,
    states: int,
    per_state_s: float,
    source: Source | None = None,
) -> Figure:
    """Time of a survey against the number of cores.

    Args:
        modelled: workers and wall_s of that many states.
        measured: workers and wall_s, already scaled to that many states.
        per_state_s: core-seconds of a state.
    """
    ideal = modelled.assign(minutes=modelled.wall_s.iloc[0] / modelled.workers / 60)
    line = modelled.assign(minutes=modelled.wall_s / 60)
    points = measured.assign(minutes=measured.wall_s / 60)
    ticks = [float(w) for w in modelled.workers if str(w)[0] in "1" or w == 2]
    x = alt.X(
        "workers:Q", title="Cores (dimensionless)", scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:,.0f}")),
    )  # fmt: skip
    every = [*line.minutes, *points.minutes, *ideal.minutes]
    span = [0.6 * min(every), 1.5 * max(every)]
    marks = theme.at_least_three_ticks(*span)
    y = alt.Y(
        "minutes:Q", title=f"Time for {states:,} states (min)",
        scale=alt.Scale(type="log", domain=span, nice=False),
        axis=alt.Axis(values=marks, labelExpr=theme.tick_labels(marks, lambda v: f"{v:g}")),
    )  # fmt: skip
    chart = alt.layer(
        alt.Chart(ideal).mark_line(color=theme.GREY, strokeDash=[5, 3]).encode(x=x, y=y),
        alt.Chart(line).mark_line(color=theme.BLUE, strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(points).mark_circle(color=theme.MEASURED, size=110, opacity=1).encode(x=x, y=y),
        *(
            alt.Chart(part.tail(1).assign(text=text))
            .mark_text(color=theme.darker(colour), align="left", dx=8, dy=dy)
            .encode(x=x, y=y, text="text:N")
            for part, text, colour, dy in (
                (line, "modelled", theme.BLUE, -8),
                (ideal, "no losses", theme.GREY, 8),
            )
        ),
        alt.Chart(points.tail(1).assign(text="measured"))
        .mark_text(color=theme.MEASURED, align="left", dx=10)
        .encode(x=x, y=y, text="text:N"),
    )  # fmt: skip
    return chart.properties(
        title=headline(
            _beside_model(points, line, states),
            f"Measured here, scaled to {states:,} states. Modelled from {number(per_state_s)} "
            "core-seconds a state, the spread of its tasks, their start and their bytes; level "
            "where the longest task alone takes that long.",
            source or "",
        )
    )


def _beside_model(points: pd.DataFrame, line: pd.DataFrame, states: int) -> str:
    """What was measured on the most cores, and what the model says of as many."""
    last = points.iloc[-1]
    modelled = float(line.minutes[line.workers == last.workers].iloc[0])
    return (
        f"{states:,} states on {count(int(last.workers), 'core')}: {number(last.minutes)} min "
        f"measured, {number(modelled)} min modelled"
    )
