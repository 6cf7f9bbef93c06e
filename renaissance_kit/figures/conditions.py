"""Two conditions of a bioreactor compared: goodness of fit, one difference at a time."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number
from renaissance_kit.studies.conditions import NOTHING

_ROW = 24  # height of a row in points
_PANEL = 220


def one_change_at_a_time(
    table: pd.DataFrame, *, threshold: float, source: Source | None = None
) -> Figure:
    """Goodness of fit of each model to each curve, a row a simulation, with medians.

    Args:
        table: as from `renaissance_kit.studies.conditions_table`.
        threshold: largest goodness of fit of a curve that is matched.
    """
    starts = list(dict.fromkeys(table.start))
    others = dict(zip(starts, reversed(starts), strict=True))
    named = table.assign(
        row=[
            f"{start}" if changed == NOTHING else f"{start}, {others[start]} {changed}"
            for start, changed in zip(table.start, table.changed, strict=True)
        ]
    )
    order = list(dict.fromkeys(named.row))
    done = named.dropna(subset=["goodness_of_fit"])
    low = 0.8 * min(float(done.goodness_of_fit.min()), threshold)
    high = 1.2 * max(float(done.goodness_of_fit.max()), threshold)
    ticks = theme.round_ticks(low, high)
    panels = []
    for i, quantity in enumerate(dict.fromkeys(table.quantity)):
        part = done[done.quantity == quantity]
        middle = part.groupby(["start", "row"], sort=False).goodness_of_fit.median().reset_index()
        x = alt.X(
            "goodness_of_fit:Q",
            title="Goodness of fit (dimensionless)",
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(
                values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}"),
                titleFontSize=theme.CAPTION,
            ),
        )  # fmt: skip
        y = alt.Y(
            "row:N",
            title=None,
            sort=order,
            scale=alt.Scale(domain=order),
            axis=alt.Axis(labels=i == 0, labelLimit=330, ticks=False, labelPadding=8),
        )
        colour = alt.Color(
            "start:N",
            scale=alt.Scale(domain=starts, range=[theme.BLUE, theme.GREEN]),
            legend=None,
        )
        rule = alt.Chart(pd.DataFrame({"goodness_of_fit": [threshold]}))
        panels.append(
            alt.layer(
                rule.mark_rule(color=theme.THRESHOLD, strokeWidth=1.5).encode(x=x),
                alt.Chart(part).mark_circle(size=36, opacity=0.35).encode(x=x, y=y, color=colour),
                alt.Chart(middle)
                .mark_tick(thickness=3, size=16, opacity=1)
                .encode(x=x, y=y, color=colour),
            ).properties(
                width=_PANEL,
                height=_ROW * len(order),
                title=alt.Title(theme.titled(quantity), fontSize=theme.TITLE, fontWeight="normal"),
            )
        )
    models = table.model.nunique()
    failed = int(np.isnan(table.goodness_of_fit).sum() // table.quantity.nunique())
    return alt.hconcat(*panels, spacing=14).properties(
        title=headline(
            "Which choice of conditions decides",
            f"{count(models, 'model')}, the same in every row; ticks are medians. A curve is "
            f"matched left of the line, at {number(threshold)}. Each row takes one difference from "
            "the other conditions.",
            f"Not drawn: {count(failed, 'simulation')} that did not finish." if failed else "",
            source or "",
            width=theme.CAPTION_CHARACTERS + 26,
        )
    )
