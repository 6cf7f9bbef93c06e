"""The states on a plane, in three ways: which of them tells how fast models are?"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from renaissance_kit import studies
from renaissance_kit.figures import theme
from renaissance_kit.figures.landscape import quantile_colours
from renaissance_kit.figures.theme import Figure, Source, count, headline, number


def state_views(
    table: pd.DataFrame,
    *,
    models: int,
    threshold_per_h: float,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """The states in each view, coloured by how fast their unbiased models are.

    Args:
        table: as from `renaissance_kit.studies.state_views`.
        models: unbiased ones at each state.
        names: of metabolites, for readers; ids where there is none.
    """
    shown, colours = quantile_colours(table.value, threshold_per_h)
    table = table.assign(shown=shown)
    panels = []
    for view, part in table.groupby("view", sort=False):
        metabolites = view == studies.METABOLITES
        unit = "mM" if metabolites else "dimensionless"
        axes = {}
        for axis, channel in (("x", alt.X), ("y", alt.Y)):
            (of,) = theme.called([str(part[f"{axis}_of"].iloc[0])], names)
            span = [float(part[axis].min()), float(part[axis].max())]
            ticks = theme.at_least_three_ticks(*span) if metabolites else []
            axes[axis] = channel(
                f"{axis}:Q",
                title=f"{_upper(of)} ({unit})",
                scale=alt.Scale(type="log" if metabolites else "linear", domain=span,
                                nice=False, padding=8),
                axis=alt.Axis(values=ticks, labels=metabolites, ticks=metabolites, grid=False,
                              labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}"),
                              labelOverlap=True),
            )  # fmt: skip
        row = part.iloc[0]
        points = (
            alt.Chart(part)
            .mark_circle(size=max(14.0, min(60.0, 20_000 / len(part))), opacity=0.9)
            .encode(**axes, color=colours)
        )
        title = alt.Title(
            f"{_upper(str(view))}: {_signed(row.rho)} ({_signed(row.low)} to {_signed(row.high)})",
            fontSize=theme.TITLE, fontWeight="normal", offset=8,
        )  # fmt: skip
        panels.append(points.properties(width=320, height=320, title=title))
    states = int(len(table) / table.view.nunique())
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            studies.best_view(table),
            f"{count(states, 'steady state')}, coloured by the 5 % quantile of λmax of {models:,} "
            f"unbiased models; blue: at or below {number(threshold_per_h)} 1/h. Above each view: "
            f"rank correlation of a state's quantile with the mean of its nearest neighbours "
            "there, and 95 % interval. The metabolites were chosen at other states than those "
            "that judge.",
            source or "",
            width=150,
        )
    )


def _upper(text: str) -> str:
    return text if text.startswith("t-SNE") else theme.titled(text)


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
