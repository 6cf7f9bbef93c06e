"""Many named rows in a few columns, in groups with a heading each: a layout for long tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import altair as alt
import pandas as pd

from renaissance_kit.figures import theme

ROW = 19  # height of a row in points
TEXT = 14  # size of its name


def in_columns(
    table: pd.DataFrame, columns: int, *, group: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place the rows of a table, from the top, in columns of about the same height.

    Args:
        table: one row an item, in the order in which to place them.
        columns: how many.
        group: column of the table whose values get a heading and stay together, in the order in
            which they first appear.

    Returns:
        The table with ``column`` and ``row`` (counted from the top), and the headings with
        ``text``, ``column`` and ``row``.
    """
    if group is None:
        each = -(-len(table) // columns)
        place = range(len(table))
        placed = table.assign(column=[i // each for i in place], row=[i % each for i in place])
        return placed, pd.DataFrame(columns=["text", "column", "row"])
    names = list(dict.fromkeys(table[group]))
    sizes = [int((table[group] == name).sum()) + 1 for name in names]
    cuts = min(
        combinations(range(1, len(names)), min(columns, len(names)) - 1),
        key=lambda c: max(_heights(sizes, c)),
    )
    parts, headings = [], []
    edges = [0, *cuts, len(names)]
    for column, (first, last) in enumerate(pairwise(edges)):
        row = 0
        for name in names[first:last]:
            part = table[table[group] == name]
            headings.append({"text": name, "column": column, "row": row})
            row += 1
            parts.append(part.assign(column=column, row=range(row, row + len(part))))
            row += len(part)
    return pd.concat(parts), pd.DataFrame(headings)


def _heights(sizes: Sequence[int], cuts: Sequence[int]) -> list[int]:
    edges = [0, *cuts, len(sizes)]
    return [sum(sizes[a:b]) for a, b in pairwise(edges)]


def row_axis(placed: pd.DataFrame, name: str, last: int, *, field: str = "row") -> alt.Y:
    """Vertical axis with the name of each row."""
    rows = [float(r) for r in placed.row]
    names = dict(zip(rows, placed[name], strict=True))
    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[last + 0.6, -0.6], nice=False),
        axis=alt.Axis(
            values=rows,
            labelExpr=theme.tick_labels(rows, lambda v: names[v]),
            labelFontSize=TEXT,
            labelLimit=280,
            labelPadding=8,  # a mark at the left end does not touch the name
            ticks=False,
            domain=False,
            grid=False,
            labelOverlap=False,
        ),
    )


def row_headings(headings: pd.DataFrame, y: alt.Y) -> list[alt.Chart]:
    """Bold text at the left end of the rows kept free for it."""
    if not len(headings):
        return []
    mark = alt.Chart(headings).mark_text(align="left", fontWeight="bold", fontSize=TEXT)
    return [mark.encode(x=alt.value(0), y=y, text="text:N")]


def ranges(
    data: pd.DataFrame, x: Any, y: alt.Y, colour: str, *, prefix: str = "", thick: float = 9
) -> list[alt.Chart]:
    """The middle 95 % of a sample as a thin line, the middle 50 % as a bar, the median as a tick.

    Args:
        x: function of a field that gives the horizontal channel.
        prefix: of the columns of `renaissance_kit.studies.QUANTILES`.
        thick: height of the bar in points.
    """
    base = alt.Chart(data).encode(y=y)
    low, high = f"{prefix}low_", f"{prefix}high_"
    return [
        base.mark_rule(color=colour, strokeWidth=2).encode(x=x(f"{low}95"), x2=f"{high}95:Q"),
        base.mark_bar(color=colour, height=thick, opacity=0.75).encode(
            x=x(f"{low}50"), x2=f"{high}50:Q"
        ),
        base.mark_tick(color="white", thickness=1.8, height=thick).encode(x=x(f"{prefix}median")),
    ]
