"""Which metabolites come back after a perturbation, and when?"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.robustness import as_percent, time_axis
from renaissance_kit.figures.rows import ROW, in_columns, row_axis, row_headings
from renaissance_kit.figures.theme import Figure, Source, count, headline, number

_RAMP = ["#F7FBFF", "#9ECAE1", "#0072B2", "#08306B"]


def return_map(
    table: pd.DataFrame,
    *,
    tolerance: float,
    perturbed: int,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """In which share of the models each metabolite is back, over time and by pathway.

    Args:
        table: as from `renaissance_kit.studies.return_map`.
        tolerance: that it was made with.
        perturbed: number of perturbed models.
        names: of metabolites, for readers; ids where there is none.
    """
    items = table.drop_duplicates("metabolite")[["metabolite", "pathway", "median_return_min"]]
    items = pd.concat([items[items.pathway == g] for g in dict.fromkeys(items.pathway)])
    items = items.assign(label=theme.called(items.metabolite, names))
    placed, headings = in_columns(items, 2, group="pathway")
    last_row = int(placed.row.max())
    places = placed.set_index("metabolite")
    longest = float(table.time_min.max())
    moving = table[table.share != table.groupby("metabolite").share.transform("last")]
    until = (
        min(longest, 10.0 * np.ceil((moving.time_min.max() + 1) / 10)) if len(moving) else longest
    )
    step = float(np.diff(np.unique(table.time_min))[0])
    cells = table.assign(
        away=1 - table.share,
        end=table.time_min + 1.04 * step,  # no seams between cells
        column=table.metabolite.map(places.column),
        row=table.metabolite.map(places.row),
    )
    cells = cells[cells.time_min < until]
    cells = cells.assign(top=cells.row - 0.5, bottom=cells.row + 0.5)
    colour = alt.Color(
        "away:Q",
        title="Models in which it is not yet back (%)",
        scale=alt.Scale(domain=[0, 1], range=_RAMP),
        legend=alt.Legend(
            orient="top", gradientLength=260, titleLimit=400, values=[0, 0.25, 0.5, 0.75, 1],
            labelExpr=theme.PERCENT,
        ),
    )  # fmt: skip
    x = time_axis(until)
    panels = []
    for column in sorted(set(placed.column)):
        part = placed[placed.column == column]
        y = row_axis(part, "label", last_row)
        top = row_axis(part, "label", last_row, field="top")
        rect = alt.Chart(cells[cells.column == column]).mark_rect(strokeWidth=0)
        ever = part[part.median_return_min <= until]
        at = {"x": time_axis(until, field="median_return_min"), "y": y}
        rim = alt.Chart(ever).mark_tick(color="white", thickness=5, height=ROW - 3)
        tick = alt.Chart(ever).mark_tick(color=theme.INK, thickness=2, height=ROW - 4)
        layers = [
            rect.encode(x=x, x2="end:Q", y=top, y2="bottom:Q", color=colour),
            rim.encode(**at),
            tick.encode(**at),
            *row_headings(headings[headings.column == column], y),
        ]
        panels.append(alt.layer(*layers).properties(width=400, height=ROW * (last_row + 1)))
    never = int((items.median_return_min > longest).sum())
    latest = items.loc[items.median_return_min.idxmax()]
    title = (
        f"{count(never, 'metabolite')} of {len(items)} not back in half of the models within "
        f"{number(longest)} min"
        if never
        else f"{latest.label} is the last that half of the models have back, after "
        f"{number(latest.median_return_min)} min"
    )
    return alt.hconcat(*panels, spacing=30).properties(
        title=headline(
            title,
            f"{count(perturbed, 'perturbed model')}, {len(items)} metabolites; back: within "
            f"{as_percent(tolerance)} of the steady state for good. Tick: the time by which half "
            "of the models have it back, where they do. Nothing changes after the last time shown.",
            source or "",
            width=150,
        )
    )
