"""Figures of notebook 12: ratios of levels that fluxes can follow, and fluxes of two conditions."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.rows import ROW, row_axis
from renaissance_kit.figures.theme import Figure, Source, count, headline, number
from renaissance_kit.studies.gene_conditions import AGAINST, ALWAYS, FORBIDDEN, SOMETIMES

COLOURS = {
    ALWAYS: theme.BLUE, SOMETIMES: theme.SKY, AGAINST: theme.ORANGE, FORBIDDEN: theme.GREY,
}  # fmt: skip
CONDITIONS = (theme.BEFORE, theme.AFTER)
SAME = "#B5B5B5"
_SHAPES = {ALWAYS: "circle", SOMETIMES: "circle", AGAINST: "diamond", FORBIDDEN: "cross"}


def ratios(table: pd.DataFrame, before: str, after: str, *, source: Source | None = None) -> Figure:
    """Ratio of the level of each reaction, and whether its flux can follow.

    Args:
        table: as from `renaissance_kit.studies.ratio_outcomes`.
        before, after: the two conditions.
    """
    shown = table.assign(row=range(len(table)))
    y = row_axis(shown, "name", len(shown) - 1)
    low, high = min(0.5, 0.8 * table.ratio.min()), max(2.0, 1.25 * table.ratio.max())
    ticks = theme.round_ticks(low, high)
    x = alt.X(
        "ratio:Q",
        title=f"Level in {after} over {before} (dimensionless)",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, number)),
    )
    there = [o for o in COLOURS if (table.outcome == o).any()]
    one = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(color=theme.INK, strokeWidth=1)
    points = alt.Chart(shown).mark_point(size=110, filled=True, opacity=1)
    followed = int(table.outcome.isin([ALWAYS, SOMETIMES]).sum())
    return alt.layer(
        one.encode(x=x),
        points.encode(
            x=x, y=y,
            color=alt.Color(
                "outcome:N", title=None,
                scale=alt.Scale(domain=there, range=[COLOURS[o] for o in there]),
                legend=alt.Legend(orient="bottom", columns=2, labelLimit=320),
            ),
            shape=alt.Shape(
                "outcome:N", title=None,
                scale=alt.Scale(domain=there, range=[_SHAPES[o] for o in there]),
            ),
        ),
    ).properties(
        width=520, height=ROW * len(shown),
        title=headline(
            f"Fluxes can follow {followed} of {len(table)} changed levels, not all at once"
            if (table.outcome == SOMETIMES).any()
            else f"Fluxes can follow {followed} of {len(table)} changed levels",
            "Each row a reaction whose enzyme changes enough to count, by its gene rule. "
            "Forbidden: mass balance, the second law and what is measured of the culture leave "
            "no such change, whatever the other levels. Logarithmic axis.",
            source or "",
        ),
    )  # fmt: skip


def _apart(table: pd.DataFrame, before: str, after: str) -> int:
    """Of how many fluxes the middle 95 % in the two conditions do not meet."""
    one, two = (table[table.condition == c].set_index("name").sort_index() for c in (before, after))
    return int(((one.high_95 < two.low_95) | (two.high_95 < one.low_95)).sum())


def fluxes(table: pd.DataFrame, before: str, after: str, *, source: Source | None = None) -> Figure:
    """Fluxes of some reactions in the states of two conditions.

    Args:
        table: as from `renaissance_kit.studies.condition_fluxes`.
        before, after: the two conditions.
    """
    names = list(dict.fromkeys(table.name))
    place = {name: float(i) for i, name in enumerate(names)}
    rows = pd.DataFrame({"name": names, "row": [place[n] for n in names]})
    y = row_axis(rows, "name", len(names) - 1)
    low = 10 ** math.floor(math.log10(max(table.low_95.min(), 1e-6)))
    high = 1.25 * float(table.high_95.max())
    ticks = theme.round_ticks(low, high)

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q", title="Magnitude of the flux (mmol/gDW/h)",
            scale=alt.Scale(type="log", domain=[low, high], nice=False, clamp=True),
            axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, number)),
        )  # fmt: skip

    layers = []
    for i, (condition, colour) in enumerate(zip((before, after), CONDITIONS, strict=True)):
        part = table[table.condition == condition]
        part = part.assign(row=[place[n] + (0.18 if i else -0.18) for n in part.name])
        base = alt.Chart(part).encode(y=y)
        layers += [
            base.mark_rule(color=colour, strokeWidth=2).encode(x=x("low_95"), x2="high_95:Q"),
            base.mark_bar(color=colour, height=6, opacity=0.75).encode(
                x=x("low_50"), x2="high_50:Q"
            ),
            base.mark_circle(color=colour, opacity=1, size=50).encode(x=x("median")),
        ]
    return alt.layer(*layers).properties(
        width=520, height=1.4 * ROW * len(names),
        title=headline(
            f"{_apart(table, before, after)} of the {count(len(names), 'flux', 'fluxes')} shown "
            "lie apart in the two conditions",
            f"Grey: {before}; blue: {after}. Line: middle 95 % of the states; bar: middle 50 %; "
            "point: median. The two samples were drawn one without the other, and every pair "
            "of them meets the ratios that are followed. Logarithmic axis.",
            source or "",
        ),
    )  # fmt: skip


def alternatives(
    first: pd.DataFrame, second: pd.DataFrame, *, source: Source | None = None
) -> Figure:
    """Shifts of all constants with one set of ratios against those with another.

    Args:
        first, second: as from `renaissance_kit.analysis.change_table`.
    """
    table = first[["name", "shift", "q_shift"]].merge(
        second[["name", "shift", "q_shift"]], on="name", suffixes=("", "_other")
    )
    one, two = table.q_shift < 0.05, table.q_shift_other < 0.05
    labels = ("beyond chance with both", "beyond chance with one", "no more than chance")
    table["found"] = np.select([one & two, one | two], labels[:2], labels[2])
    there = [label for label in labels if (table.found == label).any()]
    far = 1.1 * float(table[["shift", "shift_other"]].abs().max().max())
    scale = alt.Scale(domain=[-far, far], nice=False)
    x = alt.X("shift:Q", title="Shift of the median, first set (decades)", scale=scale)
    y = alt.Y("shift_other:Q", title="Shift of the median, second set (decades)", scale=scale)
    line = pd.DataFrame({"shift": [-far, far], "shift_other": [-far, far]})
    colours = dict(zip(labels, (theme.BLUE, theme.ORANGE, SAME), strict=True))
    ordered = table.sort_values("found", ascending=False, kind="stable")
    r = float(table["shift"].corr(table.shift_other))
    return alt.layer(
        alt.Chart(line).mark_line(color=theme.INK, strokeWidth=1).encode(x=x, y=y),
        alt.Chart(ordered).mark_circle(size=60, opacity=0.9).encode(
            x=x, y=y,
            color=alt.Color(
                "found:N", title=None,
                scale=alt.Scale(domain=there, range=[colours[label] for label in there]),
                legend=alt.Legend(orient="bottom", labelLimit=320),
            ),
        ),
    ).properties(
        width=420, height=420,
        title=headline(
            f"Shifts with two sets of ratios: correlation {number(round(r, 2) + 0.0)}",
            "Each point a Michaelis constant: how much its median shifts between the conditions, "
            "with the states of one largest set of ratios and of another. On the line both agree.",
            source or "",
            width=70,
        ),
    )  # fmt: skip
