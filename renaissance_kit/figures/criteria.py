"""How much depends on what counts as returned? Shares by tolerance, and by several criteria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.robustness import as_percent, colours_of, group_colour, outlined
from renaissance_kit.figures.theme import Figure, Source, count, headline, number
from renaissance_kit.studies import CYTOSOL

_WIDE = theme.CAPTION_CHARACTERS + 14


def tolerance_dependence(
    shares: pd.DataFrame,
    *,
    used: float,
    paper: Mapping[tuple[str, float], float] | None = None,
    source: Source | None = None,
) -> Figure:
    """Share of models returned against the tolerance, one panel for each time.

    Args:
        shares: as from `renaissance_kit.studies.return_shares`, of several tolerances.
        used: the tolerance of the other figures.
        paper: published shares by group and time.
    """
    low, high = float(shares.tolerance.min()), float(shares.tolerance.max())
    ticks = theme.round_ticks(low, high)
    x = alt.X(
        "tolerance:Q",
        title="Tolerance (%)",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(
            values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{100 * v:g}"), grid=False
        ),
    )
    y_scale = alt.Scale(domain=[0, 1], clamp=True)
    colour = group_colour(shares)
    width, height, panels = 330, 330, []
    times = sorted(set(shares.time_min))
    for i, time in enumerate(times):
        part = shares[shares.time_min == time]
        title = "Share of models returned (%)" if i == 0 else None
        y = alt.Y("share:Q", title=title, scale=y_scale, axis=alt.Axis(labelExpr=theme.PERCENT))
        vertical = alt.Chart(pd.DataFrame({"tolerance": [used]}))
        layers = [
            vertical.mark_rule(color=theme.GREY, strokeWidth=1).encode(x=x),
            alt.Chart(part).mark_area(opacity=0.18).encode(
                x=x, y=alt.Y("low:Q", scale=y_scale, title=title), y2="high:Q", color=colour
            ),
            alt.Chart(part).mark_line(strokeWidth=2.5, point={"size": 45, "filled": True}).encode(
                x=x, y=y, color=colour
            ),
        ]  # fmt: skip
        published = (paper or {}).get((CYTOSOL, time))
        if published is not None:
            text = f"paper {100 * published:g} %"
            data = pd.DataFrame({"share": [published], "text": [text]})
            rule = alt.Chart(data).mark_rule(color=theme.PAPER, strokeDash=[7, 5], strokeWidth=1.5)
            layers += [rule.encode(y=y), *outlined(data, alt.value(0), y, dx=4, dy=-9)]
        if i == len(times) - 1:
            last = part[part.tolerance == high]
            colours = colours_of(last.group)
            labels = [
                (float(share), group, colours[group])
                for group, share in zip(last.group, last.share, strict=True)
            ]
            layers.append(theme.end_labels(labels, "share", width=width))
        heading = alt.Title(
            f"{number(time)} min", fontSize=theme.TITLE, fontWeight="normal", offset=8
        )
        panels.append(alt.layer(*layers).properties(width=width, height=height, title=heading))
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            "How the result depends on what counts as returned",
            f"{count(int(shares.perturbed.iloc[0]), 'perturbed model')}; bands: 95 % intervals. "
            "Every variable of the group within the tolerance of the steady state. "
            f"Grey line: the tolerance used elsewhere, {as_percent(used)}."
            + (" Dashed: all cytosolic metabolites in the paper, criterion not known."
               if paper else ""),
            source or "",
            width=_WIDE,
        )
    )  # fmt: skip


def by_criterion(
    shares: pd.DataFrame,
    generators: pd.DataFrame,
    *,
    marked_min: tuple[float, float] = (24.0, 34.0),
    paper: Mapping[tuple[str, float], float] | None = None,
    source: Source | None = None,
) -> Figure:
    """Share of models with all cytosolic metabolites back, a row a criterion, a panel a generator.

    Args:
        shares: as from `renaissance_kit.studies.criteria_shares`.
        generators: as from `renaissance_kit.studies.generator_table`; the slowest stands left.
        marked_min: two times, drawn as full and as open circles.
        paper: published shares by group and time.
    """
    criteria = list(dict.fromkeys(shares.criterion))
    shown = shares[(shares.group == CYTOSOL) & shares.time_min.isin(marked_min)]
    shown = shown.drop(columns="paper")
    places: tuple[dict[str, Any], ...] = ({"align": "right", "dx": 6}, {"align": "left", "dx": -6})
    scale = alt.Scale(domain=[0, 1], clamp=True)
    axis = alt.Axis(labelExpr=theme.PERCENT, values=[0, 0.5, 1])
    title = "Share of models (%)"
    x = alt.X("share:Q", title=title, scale=scale, axis=axis)
    panels = []
    order = generators.sort_values("median_lambda_max_per_h", ascending=False, kind="stable")
    for i, row in enumerate(order.to_dict("records")):
        names = alt.Axis(
            labels=i == 0, labelLimit=320, ticks=False, domain=False, grid=True, labelPadding=12
        )
        y = alt.Y("criterion:N", sort=criteria, title=None, axis=names)
        lines, bars, dots = [], [], []
        for time, fill, place in zip(marked_min, (theme.BLUE, "white"), places, strict=True):
            published = (paper or {}).get((CYTOSOL, time))
            if published is not None:
                data = pd.DataFrame({"share": [published], "text": [f"{100 * published:g}"]})
                mark = alt.Chart(data)
                rule = mark.mark_rule(color=theme.PAPER, strokeDash=[5, 4], strokeWidth=1.3)
                text = mark.mark_text(color=theme.PAPER, baseline="bottom", dy=-3, **place)
                lines += [rule.encode(x=x), text.encode(x=x, y=alt.value(0), text="text:N")]
            of_panel = (shown.generator == row["generator"]) & (shown.time_min == time)
            part = alt.Chart(shown[of_panel])
            bar = part.mark_rule(color=theme.BLUE, strokeWidth=2, opacity=0.45)
            dot = part.mark_point(
                filled=True, fill=fill, stroke=theme.BLUE, strokeWidth=2, size=85, opacity=1
            )
            low = alt.X("low:Q", title=title, scale=scale, axis=axis)
            bars.append(bar.encode(x=low, x2="high:Q", y=y))
            dots.append(dot.encode(x=x, y=y))
        speed = number(row["median_lambda_max_per_h"])
        heading = alt.Title(
            row["generator"],
            subtitle=f"{count(row['models'], 'model')}, λmax {speed} 1/h",
            fontSize=theme.TITLE, fontWeight="normal", offset=14 if paper else 6,
        )  # fmt: skip
        panels.append(
            alt.layer(*lines, *bars, *dots).properties(
                width=190, height=42 * len(criteria), title=heading
            )
        )
    first, second = (number(t) for t in marked_min)
    return alt.hconcat(*panels, spacing=26).properties(
        title=headline(
            "All cytosolic metabolites back, by criterion and generator",
            f"Full circles: within {first} min; open: within {second} min; lines: 95 % intervals. "
            "From the slowest generator to the fastest, by the median λmax of its valid models.",
            "Dashed, with their number: the same two shares in the paper, whose criterion is not "
            "known."
            if paper
            else "",
            source or "",
            width=_WIDE + 40,
        )
    )
