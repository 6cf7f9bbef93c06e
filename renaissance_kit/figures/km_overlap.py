"""Does data on some constants improve the others? Overlap scores by constant and by subsystem."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.rows import ROW, in_columns, row_axis, row_headings
from renaissance_kit.figures.theme import Figure, Source, count, headline

WITHOUT, WITH = theme.GREY, theme.BLUE
NOISE = "#E2E2E2"


def overlap_by_constant(
    table: pd.DataFrame,
    *,
    columns: int = 3,
    runs: tuple[int, int],
    least: float = 0.0,
    threshold: float = 0.05,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Score of each measured constant that was held out, without and with data.

    Args:
        table: columns name, group, before, after, null_low, null_high and q_value, as from
            `renaissance_kit.analysis.PermutationTest.table` with the subsystem as group.
        runs: number of trainings without and with data.
        least: smallest p-value that so few trainings can have.
        names: of constants for readers; as in the table where there is none.
    """
    table = table[np.isfinite(table.change)]
    table = table.assign(name=theme.called(table.name, names))
    order = sorted(dict.fromkeys(table.group), key=lambda g: -int((table.group == g).sum()))
    table = pd.concat([table[table.group == g] for g in order])
    placed, headings = in_columns(table, columns, group="group")
    placed = placed.assign(
        low=placed.before + placed.null_low, high=placed.before + placed.null_high
    )
    last = int(placed.row.max())
    most = 1.04 * float(placed[["before", "after", "high"]].max().max())
    scale = alt.Scale(domain=[0, most], nice=False, clamp=True)
    panels = []
    for column in sorted(set(placed.column)):
        part = placed[placed.column == column]
        y = row_axis(part, "name", last)
        base = alt.Chart(part).encode(y=y)
        title = "Overlap score (dimensionless)"
        axis = alt.Axis(tickCount=4)
        x = alt.X("before:Q", title=title, scale=scale, axis=axis)
        layers = [
            base.mark_bar(color=NOISE, height=ROW - 6).encode(
                x=alt.X("low:Q", scale=scale, title=title, axis=axis), x2="high:Q"
            ),
            base.mark_point(color=WITHOUT, size=95, strokeWidth=2, opacity=1).encode(x=x),
            base.mark_circle(color=WITH, size=45, opacity=1).encode(
                x=alt.X("after:Q", scale=scale, title=title, axis=axis)
            ),
            *row_headings(headings[headings.column == column], y),
        ]
        panels.append(alt.layer(*layers).properties(width=185, height=ROW * (last + 1)))
    up = int((table.change > 0).sum())
    sure = int(((table.q_value < threshold) & (table.change > 0)).sum())
    down = int(((table.q_value < threshold) & (table.change < 0)).sum())
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            _too_few(least, threshold)
            or f"Beyond chance {sure} of {len(table)} constants come nearer to their measurement, "
            f"{down} go away from it",
            f"{len(table)} measured constants that were held out. Grey ring: without data "
            f"({count(runs[0], 'training')}), blue: with ({count(runs[1], 'training')}); grey bar: "
            f"95 % of the permutation null distribution. The score of {up} of them rises; "
            f"those that count do so beyond the bar, at a false discovery rate of "
            f"{100 * threshold:g} %.",
            source or "",
            width=150,
        )
    )


def overlap_by_group(
    table: pd.DataFrame,
    *,
    paper: Mapping[str, tuple[int, int]] | None = None,
    least: float = 0.0,
    threshold: float = 0.05,
    source: Source | None = None,
) -> Figure:
    """Mean change of the score and share of improved constants, by group.

    Args:
        table: as from `renaissance_kit.analysis.km_overlap.by_subsystem`.
        paper: improved and all constants of a group in the paper.
        least: smallest p-value that so few trainings can have.
        threshold: of p-values.
    """
    rows = table.reset_index(drop=True)
    rows = rows.assign(
        row=range(len(rows)),
        label=[f"{g} ({n})" for g, n in zip(rows.group, rows.constants, strict=True)],
        share=rows.improved / rows.constants,
        null=rows.improved_null / rows.constants,
        sure=np.where(
            (rows.change < rows.null_low) | (rows.change > rows.null_high), "found", "noise"
        ),
        text=[f"{i} of {n}" for i, n in zip(rows.improved, rows.constants, strict=True)],
    )
    names = list(rows.label)
    places = [float(i) for i in range(len(names))]
    y_scale = alt.Scale(domain=[len(names) - 0.4, -0.6], nice=False, padding=0)
    axis = alt.Axis(
        values=places, labelExpr=theme.tick_labels(places, lambda v: names[int(v)]),
        labelLimit=420, ticks=False, domain=False, grid=False, labelOverlap=False,
    )  # fmt: skip
    y = alt.Y("row:Q", title=None, scale=y_scale, axis=axis)
    bare = alt.Y("row:Q", scale=y_scale, axis=None)
    title = "Mean change of the score (dimensionless)"
    colour = alt.Color(
        "sure:N", legend=None,
        scale=alt.Scale(domain=["found", "noise"], range=[theme.BLUE, theme.GREY]),
    )  # fmt: skip
    zero = alt.Chart(pd.DataFrame({"change": [0.0]})).mark_rule(color=theme.INK, strokeWidth=1)
    base, height = alt.Chart(rows), 24 * len(rows)
    left = alt.layer(
        base.mark_bar(color=NOISE, height=ROW - 6).encode(
            x=alt.X("null_low:Q", title=title, axis=alt.Axis(tickCount=5)), x2="null_high:Q", y=y
        ),
        zero.encode(x=alt.X("change:Q", title=title)),
        base.mark_circle(size=90, opacity=1).encode(
            x=alt.X("change:Q", title=title), y=y, color=colour
        ),
    ).properties(width=340, height=height)
    share_title = "Constants with a higher score (%)"
    scale = alt.Scale(domain=[0, 1.25], nice=False)
    axis = alt.Axis(labelExpr=theme.PERCENT, values=[0, 0.25, 0.5, 0.75, 1])
    x = alt.X("share:Q", title=share_title, scale=scale, axis=axis)
    layers = [
        base.mark_tick(color=theme.INK, thickness=2, height=ROW - 4).encode(
            x=alt.X("null:Q", title=share_title, scale=scale, axis=axis), y=bare
        ),
        base.mark_circle(size=90, opacity=1).encode(x=x, y=bare, color=colour),
        base.mark_text(align="left", fontSize=14).encode(x=alt.datum(1.05), y=bare, text="text:N"),
    ]
    published = [
        {"row": place, "share": paper[group][0] / paper[group][1]}
        for place, group in enumerate(rows.group)
        if paper and group in paper
    ]
    if published:
        mark = alt.Chart(pd.DataFrame(published)).mark_point(
            color=theme.PAPER, shape="diamond", size=90, strokeWidth=1.8
        )
        layers.append(mark.encode(x=x, y=bare))
    right = alt.layer(*layers).properties(width=300, height=height)
    known = ", ".join(
        f"{g} {a} of {b}" for g, (a, b) in (paper or {}).items() if g in set(rows.group)
    )
    return alt.hconcat(left, right, spacing=20).properties(
        title=headline(
            _too_few(least, threshold) or _of_first(rows.iloc[0]),
            "Held-out constants, their number in brackets. Left, grey bars: 95 % of the "
            "permutation null distribution; blue: mean change beyond it. Right, black tick: its "
            "mean." + (f" Diamond: the paper ({known})." if known else ""),
            source or "",
            width=125,
        )
    )


def _too_few(least: float, threshold: float) -> str:
    return f"Too few trainings to tell: no p-value below {least:.2g}" if least > threshold else ""


def _of_first(row: pd.Series) -> str:
    """What became of the first group, and what would by chance."""
    return (
        f"{row.group}: {row.improved:.0f} of {row.constants:.0f} constants come nearer to their "
        f"measurement, {row.improved_null:.1f} by chance"
    )
