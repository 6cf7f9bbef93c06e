"""Are valid models robust? Returns after a perturbation, by variable and metabolite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number, percent
from renaissance_kit.studies import CYTOSOL

COLOURS = (theme.GREEN, theme.PURPLE, theme.SKY, theme.ORANGE)  # of single variables, in order
_WIDE = theme.CAPTION_CHARACTERS + 14


def colours_of(groups: Iterable[str]) -> dict[str, str]:
    """A colour for each group: blue for `CYTOSOL`, those of `COLOURS` for the others in order."""
    single = [g for g in dict.fromkeys(groups) if g != CYTOSOL]
    shades = {g: COLOURS[i % len(COLOURS)] for i, g in enumerate(single)}
    return {**shades, CYTOSOL: theme.BLUE}


def returned_over_time(
    shares: pd.DataFrame,
    *,
    paper: Mapping[tuple[str, float], float] | None = None,
    marked_min: tuple[float, ...] = (24.0, 34.0),
    source: Source | None = None,
) -> Figure:
    """Share of perturbed models that are back for good over time, by variable.

    Args:
        shares: as from `renaissance_kit.studies.return_shares`, of one tolerance.
        paper: published shares by group and time, drawn as short dashed lines.
        marked_min: times that get a line.
    """
    last = float(shares.time_min.max())
    x = time_axis(last)
    y_scale = alt.Scale(domain=[0, 1], clamp=True)
    y_title = "Share of models returned (%)"
    y = alt.Y("share:Q", title=y_title, scale=y_scale, axis=alt.Axis(labelExpr=theme.PERCENT))
    colour = group_colour(shares)
    ends = shares[shares.time_min == last]
    colours = colours_of(shares.group)
    labels = [
        (float(share), f"{group} {percent(float(share))}", colours[group])
        for group, share in zip(ends.group, ends.share, strict=True)
    ]
    area = alt.Chart(shares).mark_area(opacity=0.18, interpolate="step-after")
    line = alt.Chart(shares).mark_line(strokeWidth=2.5, interpolate="step-after")
    layers = [
        *_marked(marked_min, x),
        area.encode(x=x, y=alt.Y("low:Q", scale=y_scale, title=y_title), y2="high:Q", color=colour),
        line.encode(x=x, y=y, color=colour),
        theme.end_labels(labels, "share"),
    ]
    if paper:
        layers += _paper_levels(paper, set(shares.group), last, y)
    single = sorted({v for (g, _), v in (paper or {}).items() if g != CYTOSOL})
    return alt.layer(*layers).properties(
        title=headline(
            _back_by(shares, marked_min),
            f"Returned: |c/c* − 1| ≤ {as_percent(float(shares.tolerance.iloc[0]))} from then on; "
            f"{CYTOSOL}: of all these metabolites at the same time. "
            f"{count(int(shares.perturbed.iloc[0]), 'perturbed model')}; bands: 95 % intervals.",
            f"Dashed: {CYTOSOL} in the paper, whose criterion is not known; each of the others "
            f"there: {100 * single[0]:g} to {100 * single[-1]:g} % at {number(marked_min[0])} min."
            if single else "",
            source or "",
            width=_WIDE,
        )
    )  # fmt: skip


def trajectories(
    table: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    groups: Mapping[str, tuple[str, ...]],
    tolerance: float,
    marked_min: tuple[float, ...] = (24.0, 34.0),
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Time courses of all cytosolic metabolites of some perturbed models, one panel each.

    Args:
        table: as from `renaissance_kit.studies.time_courses`.
        titles: text above each panel, by time course; says by which rule it was chosen.
        groups: as from `renaissance_kit.studies.variable_groups`.
        names: of metabolites, for readers; ids where there is none.
    """
    single = {names[0]: group for group, names in groups.items() if group != CYTOSOL}
    colours = colours_of(groups)
    shown = table[table.variable.isin({*single, *groups[CYTOSOL]}) & table.deviation.notna()]
    shown = shown.assign(percent=100 * shown.deviation)
    last = float(shown.time_min.max())
    x = time_axis(last, ticks=4)
    low, high = 1.3 * float(shown.percent.min()), 1.3 * float(shown.percent.max())
    beyond = high > _HIGHEST
    high = min(high, _HIGHEST)
    shown = shown.assign(percent=shown.percent.clip(upper=high))
    scale = theme.lambda_scale(low, high)
    ticks = theme.symlog_ticks(low, high)
    axis = alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, theme.symlog_label))
    width, height, panels = 400, 360, []
    gap = 0.055 * float(np.ptp(theme.to_symlog([low, high])))
    for i, (name, above) in enumerate(titles.items()):
        part = shown[shown.time_course == name]
        y_title = "Deviation from the steady state (%)" if i == 0 else None
        y = alt.Y("percent:Q", title=y_title, scale=scale, axis=axis)
        grey = part[~part.variable.isin(single)]
        band = alt.Chart(pd.DataFrame({"percent": [-100 * tolerance], "top": [100 * tolerance]}))
        layers = [
            band.mark_rect(color="#DDEBF4").encode(y=y, y2="top:Q"),
            *_marked(marked_min, x),
            alt.Chart(grey)
            .mark_line(color=theme.GREY, strokeWidth=1, opacity=0.55)
            .encode(x=x, y=y, detail="variable:N"),
        ]
        ends = part[part.time_min == part.time_min.max()].set_index("variable").percent
        labels = []
        for variable, group in single.items():
            mark = alt.Chart(part[part.variable == variable])
            layers.append(mark.mark_line(color=colours[group], strokeWidth=2.5).encode(x=x, y=y))
            labels.append((float(ends[variable]), group, colours[group]))
        others = part[~part.variable.isin(single) & (part.time_min == part.time_min.max())]
        if len(others):
            slowest = str(others.set_index("variable").deviation.abs().idxmax())
            (called,) = theme.called([slowest], names)
            labels.append((float(ends[slowest]), called, theme.GREY))
        layers.append(theme.end_labels(labels, "percent", width=width, scale=scale, gap=gap))
        title = alt.Title(above, fontSize=theme.TITLE, fontWeight="normal", offset=26)
        panels.append(alt.layer(*layers).properties(width=width, height=height, title=title))
    return alt.hconcat(*panels, spacing=20).properties(
        title=headline(
            "The perturbed models that are back first and last",
            f"By when all the cytosolic metabolites are within {as_percent(tolerance)} (band) for "
            f"good. Grey: these {len(groups[CYTOSOL])} metabolites, with the name of the one "
            "furthest away at the end. Symmetric logarithmic axis, linear within ±1 %"
            + (f", that ends at {_HIGHEST:,.0f} %." if beyond else "."),
            source or "",
            width=_WIDE + 24,
        )
    )


def return_against_stability(
    table: pd.DataFrame,
    *,
    size: float,
    tolerance: float,
    until_min: float,
    source: Source | None = None,
) -> Figure:
    """When models are back, against their slowest mode and against their linear response.

    Args:
        table: as from `renaissance_kit.studies.return_table`; the panel of the linear response
            appears if it has one.
        size, tolerance: of the perturbation and of the return.
        until_min: last time of the time courses.
    """
    finite = np.isfinite(table.return_min)
    table = table.assign(  # a logarithmic axis has no 0
        return_min=table.return_min.clip(lower=0.5),
        linear_return_min=table.linear_return_min.clip(lower=0.5),
    )
    back = table[finite]
    promised = bool(np.isfinite(table.linear_return_min).any())
    constants = table.time_constant_min
    ends = [0.95 * float(constants.min()), 1.05 * float(constants.max())]
    grid = np.linspace(ends[0], ends[1], 30)
    mode = pd.DataFrame({"time_constant_min": grid, "shown": np.log(size / tolerance) * grid})
    mode = mode[mode["shown"] > 0]
    seen = [*back.return_min, *table.linear_return_min.replace(np.inf, np.nan).dropna()]
    low, high = 0.9 * min([*seen, *mode["shown"]]), 1.15 * max([*seen, *mode["shown"]])
    never = 1.2 * high
    span = [low, 1.2 * never if not finite.all() else high]
    table = table.assign(shown=table.return_min.where(finite, never))
    ticks = theme.at_least_three_ticks(low, high)
    levels = ticks if finite.all() else [*ticks, never]
    labels = theme.tick_labels(levels, lambda v: "not back" if v == never else f"{v:g}")

    def vertical(title: str | None) -> alt.Y:
        scale = alt.Scale(type="log", domain=span, nice=False)
        return alt.Y(
            "shown:Q", title=title, scale=scale, axis=alt.Axis(values=levels, labelExpr=labels)
        )

    x = alt.X(
        "time_constant_min:Q",
        title="Dominant time constant −1/λmax (min)",
        scale=alt.Scale(domain=ends, nice=False, zero=False),
        axis=alt.Axis(tickCount=6, grid=False),
    )
    panels = [_scatter(table, mode, x, vertical("All cytosolic metabolites back (min)"))]
    if promised:
        x = alt.X(
            "linear_return_min:Q",
            title="Back in the linear response (min)",
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(values=ticks, grid=False),
        )
        diagonal = pd.DataFrame({"linear_return_min": [low, high], "shown": [low, high]})
        shown = table[np.isfinite(table.linear_return_min)]
        panels.append(_scatter(shown, diagonal, x, vertical(None)))
    ranks = back[["time_constant_min", "linear_return_min", "return_min"]].corr("spearman")
    rank = ranks["return_min"]
    said = [f"{number(float(rank.time_constant_min))} with the time constant"]
    if promised:
        said.append(f"{number(float(rank.linear_return_min))} with the linear response")
    correlation = f"Rank correlation of the {len(back):,} that return: {' and '.join(said)}. "
    missing = int((~finite).sum())
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            _predicted(rank, len(back), promised),
            f"{count(len(table), 'perturbed model')}; returned: within {as_percent(tolerance)} "
            "from then on. "
            + (correlation if len(back) > 2 else "")
            + (f"Grey triangles: {missing:,} not back within {number(until_min)} min. "
               if missing else "")
            + f"Dotted: {'left, ' if promised else ''}the slowest mode alone falling from "
            f"{as_percent(size)} to {as_percent(tolerance)}"
            + ("; right, equality." if promised else "."),
            source or "",
            width=_WIDE,
        )
    )  # fmt: skip


# --- pieces ------------------------------------------------------------------------------------


def _back_by(shares: pd.DataFrame, times_min: tuple[float, ...]) -> str:
    """What is true at the marked times, of all cytosolic metabolites together."""
    together = shares[shares.group == CYTOSOL].sort_values("time_min")
    if not len(together):
        return "Return after a perturbation"
    read = [together[together.time_min <= t].share.iloc[-1] for t in times_min]
    said = " and ".join(
        f"{percent(float(share))} of models within {number(t)} min" if i == 0
        else f"{percent(float(share))} within {number(t)} min"
        for i, (share, t) in enumerate(zip(read, times_min, strict=True))
    )  # fmt: skip
    return f"All back in {said}"


_FEW = 10  # models whose ranks tell nothing
_HIGHEST = 10_000.0  # %, of the axis of time courses


def _predicted(rank: pd.Series, back: int, promised: bool) -> str:
    """How well the slowest mode and the linear response say when models are back."""
    if back < _FEW:
        return "Too few models to tell whether linear stability predicts the return"
    said = f"slowest mode {number(float(rank.time_constant_min))}"
    if promised:
        said = f"linear response {number(float(rank.linear_return_min))}, {said}"
    return f"Rank correlation with the return: {said}"


def _scatter(table: pd.DataFrame, line: pd.DataFrame, x: alt.X, y: alt.Y) -> Figure:
    """Perturbed models that return in blue, others as grey triangles above, and a dotted line."""
    finite = np.isfinite(table.return_min)
    dotted = alt.Chart(line).mark_line(color=theme.INK, strokeDash=[2, 3], strokeWidth=1.5)
    points = alt.Chart(table[finite]).mark_circle(color=theme.VALID, size=34, opacity=0.6)
    away = alt.Chart(table[~finite]).mark_point(
        shape="triangle-up", filled=True, color=theme.INVALID, size=90, opacity=0.9
    )
    layers = [mark.encode(x=x, y=y) for mark in (dotted, points, away)]
    return alt.layer(*layers).properties(width=350, height=350)


def time_axis(last: float, *, field: str = "time_min", ticks: int = 7) -> alt.X:
    return alt.X(
        f"{field}:Q",
        title="Time after the perturbation (min)",
        scale=alt.Scale(domain=[0, last], nice=False),
        axis=alt.Axis(tickCount=ticks, grid=False),
    )


def group_colour(shares: pd.DataFrame) -> alt.Color:
    """The colour of each group as a channel without a legend."""
    groups = list(dict.fromkeys(shares.group))
    colours = colours_of(groups)
    scale = alt.Scale(domain=groups, range=[colours[g] for g in groups])
    return alt.Color("group:N", scale=scale, legend=None)


def _marked(minutes: tuple[float, ...], x: alt.X) -> list[alt.Chart]:
    """Thin vertical lines, with their times above the plot."""
    data = pd.DataFrame({"time_min": minutes, "text": [f"{number(m)} min" for m in minutes]})
    rule = alt.Chart(data).mark_rule(color=theme.GREY, strokeWidth=1)
    text = alt.Chart(data).mark_text(color=theme.INK, baseline="bottom", dy=-4)
    return [rule.encode(x=x), text.encode(x=x, y=alt.value(0), text="text:N")]


def _paper_levels(
    paper: Mapping[tuple[str, float], float], groups: set[str], last: float, y: alt.Y
) -> list[alt.Chart]:
    """A short dashed line at each published share of all metabolites, with its number."""
    rows = [
        {"time_min": t - 2, "end": t + 2, "share": v,
         "text": f"paper at {number(t)} min: {100 * v:g} %"}
        for (g, t), v in paper.items() if g == CYTOSOL and g in groups
    ]  # fmt: skip
    if not rows:
        return []
    data = pd.DataFrame(rows)
    rule = alt.Chart(data).mark_rule(color=theme.PAPER, strokeDash=[5, 3], strokeWidth=2)
    # A label lies on the free side, so that none reaches the line of another time.
    late = data.time_min == data.time_min.max()
    sides = [(data[late], "end", 5), (data[~late], "time_min", -5)]
    return [
        rule.encode(x=time_axis(last), x2="end:Q", y=y),
        *(
            text
            for part, field, dx in sides
            for text in outlined(part, time_axis(last, field=field), y, dx=dx)
        ),
    ]


def outlined(data: pd.DataFrame, x: Any, y: alt.Y, *, dx: float, dy: float = 0) -> list[alt.Chart]:
    """Black text with a white rim, readable across lines."""
    rim: dict[str, Any] = {"stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}
    return [
        alt.Chart(data)
        .mark_text(
            color=theme.PAPER,
            align="left" if dx >= 0 else "right",
            baseline="middle",
            dx=dx,
            dy=dy,
            **mark,
        )
        .encode(x=x, y=y, text="text:N")
        for mark in (rim, {})
    ]


def as_percent(share: float) -> str:
    """A share in percent that is not broken at the end of a line."""
    return f"{number(100 * share)}\u00a0%"
