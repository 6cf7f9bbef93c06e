"""What limits a flux: control coefficients with their spread over models, and scans of Vmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, called, count, headline, percent
from renaissance_kit.studies.control import SURE

ROW = 22  # height of a row in points
COLOURS = {"rises": theme.BLUE, "falls": theme.VERMILLION, "models disagree": theme.GREY}
CAPTION = 112  # characters that fit in a line above two figures


def ranked(
    table: pd.DataFrame,
    *,
    rows: int = 12,
    of: str = "enzyme",
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Largest coefficients of each target, with the spread over the models.

    Args:
        table: as from `renaissance_kit.studies.coefficient_table` or `group_table`.
        rows: of each target.
        of: what a row is, such as ``enzyme``, ``pathway`` or ``constant``.
        names: for readers, of targets and rows.
    """
    charts = []
    for target, part in table.groupby("target", sort=False):
        shown = part.head(rows)
        charts.append(_ranks(shown, called([str(target)], names)[0], names))
    models = int(table.models.max())
    rest = max(len(part) for _, part in table.groupby("target")) - rows
    return alt.hconcat(*charts, spacing=24).properties(
        title=headline(
            _said(table, names, of),
            f"Scaled coefficients of {count(models, 'model')}: the change of a flux in percent "
            f"when {_changed(of)} by 1 %. Tick: median; bar: middle half; line: 5 to 95 %. "
            f"Grey: fewer than {percent(SURE)} of the models have the sign of the median.",
            _left_out(rows, rest),
            source or "",
            width=CAPTION,
        )
    )


def _left_out(rows: int, rest: int) -> str:
    """How many rows are shown and how many not, if any are not."""
    if rest < 1:
        return ""
    are = "is" if rest == 1 else "are"
    return f"The {rows} largest medians of each; {rest:,} more {are} not shown."


def _changed(of: str) -> str:
    return {"enzyme": "Vmax of an enzyme rises", "pathway": "every Vmax of a pathway rises"}.get(
        of, f"a {of} rises"
    )


def _said(table: pd.DataFrame, names: Mapping[str, str] | None, of: str) -> str:
    """The first of each target."""
    first = table.groupby("target", sort=False).head(1)
    if first["median"].isna().any():
        return "No model has control coefficients"
    pairs = zip(called(first.name, names), called(first.target, names), strict=True)
    if of in ("enzyme", "pathway"):
        return f"The {of} with most control: " + "; ".join(f"{n} of {t}" for n, t in pairs)
    return f"The {of} with the largest effect: " + "; ".join(n for n, _ in pairs)


def _ranks(part: pd.DataFrame, target: str, names: Mapping[str, str] | None) -> Figure:
    labels = called(part.name, names)
    data = part.assign(
        row=range(len(part)),
        change=[_direction(m, s) for m, s in zip(part["median"], part.sure, strict=True)],
    )
    low, high = min(-0.05, float(part.low.min())), max(0.05, float(part.high.max()))
    wide = max(abs(low), abs(high)) > 3
    ticks = theme.symlog_ticks(low, high, most=5) if wide else theme.even_ticks(low, high)
    x = alt.X(
        "median:Q",
        title=f"Change of {target} (%)",
        scale=alt.Scale(type="symlog", constant=1, domain=[low, high], nice=False)
        if wide
        else alt.Scale(domain=[low, high], nice=False),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, theme.number)),
    )
    y = alt.Y(
        "row:Q",
        title=None,
        scale=alt.Scale(domain=[len(part) - 0.5, -0.5], nice=False),
        axis=alt.Axis(
            values=list(range(len(part))),
            labelExpr=theme.tick_labels(list(range(len(part))), lambda i: labels[int(i)]),
            ticks=False, domain=False, grid=False, labelLimit=270,
        ),
    )  # fmt: skip
    colour = alt.Color(
        "change:N",
        scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
        legend=alt.Legend(title=None, orient="top"),
    )
    base = alt.Chart(data)
    zero = alt.Chart(pd.DataFrame({"median": [0.0]})).mark_rule(color=theme.INK, strokeWidth=1)
    layers: list[Any] = [
        zero.encode(x=x),
        base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour),
        base.mark_bar(height=9).encode(
            x=alt.X("first_quarter:Q"), x2="third_quarter:Q", y=y, color=colour
        ),
        base.mark_tick(color=theme.INK, thickness=2.5, height=14).encode(x=x, y=y),
    ]
    return alt.layer(*layers).properties(width=300, height=ROW * len(part))


def _direction(median: float, sure: float) -> str:
    if not sure >= SURE:
        return "models disagree"
    return "rises" if median > 0 else "falls"


def scans(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Fluxes after Vmax of an enzyme was multiplied, and what control coefficients predict.

    Args:
        table: as from `renaissance_kit.studies.scan_table`.
        names: for readers, of targets.
    """
    targets = list(dict.fromkeys(table.target))
    call = dict(zip(targets, called(targets, names), strict=True))
    data = table.assign(flux=table.target.map(call))
    colour = alt.Color(
        "flux:N",
        scale=alt.Scale(domain=list(call.values()), range=list(theme.GROUPS[: len(call)])),
        legend=alt.Legend(title=None, orient="top", labelLimit=300, symbolOpacity=1),
    )
    low, high = 0.8 * float(table.factor.min()), 1.25 * float(table.factor.max())
    ticks = theme.round_ticks(low, high)
    panels = []
    for enzyme, part in data.groupby("enzyme", sort=False):
        x = alt.X(
            "factor:Q",
            title=f"Vmax of {enzyme}, × (dimensionless)",
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, theme.number)),
        )
        y = alt.Y("median:Q", title="Flux, × (dimensionless)")
        base = alt.Chart(part)
        flux = alt.layer(
            base.mark_area(opacity=0.18).encode(
                x=x, y=alt.Y("first_quarter:Q"), y2="third_quarter:Q", color=colour
            ),
            base.mark_line(strokeWidth=2, point=True).encode(x=x, y=y, color=colour),
            base.mark_line(strokeWidth=1.5, strokeDash=[5, 4]).encode(
                x=x, y=alt.Y("linear:Q"), color=colour
            ),
        ).properties(width=240, height=210)
        held = part[part.target == targets[0]].assign(share=lambda t: t.held / t.models)
        share = (
            alt.Chart(held)
            .mark_bar(size=10, color=theme.GREY)
            .encode(
                x=x,
                y=alt.Y(
                    "share:Q", title="Stable (%)", scale=alt.Scale(domain=[0, 1]),
                    axis=alt.Axis(values=[0, 0.5, 1], labelExpr=theme.PERCENT),
                ),
            )
            .properties(width=240, height=70)
        )  # fmt: skip
        panels.append(alt.vconcat(flux, share, spacing=8))
    models = int(table.models.max())
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            _bent(table),
            f"New steady states of {count(models, 'model')} after one Vmax was multiplied. Line: "
            "median of the models that are at a stable steady state; band: their middle half; "
            "dashed: median of what control coefficients predict, factor to the power of the "
            "coefficient. Below: share of the models that have a stable steady state.",
            source or "",
            width=CAPTION,
        )
    )


def _bent(table: pd.DataFrame) -> str:
    """How far the prediction is off within a factor of two, and how many models stay stable."""
    near = table[np.abs(np.log(table.factor)) <= np.log(2) + 1e-9]
    if not len(near) or not near.held.any():
        return "No model keeps a stable steady state"
    off = np.abs(near.linear.to_numpy() / near["median"].to_numpy() - 1)
    held = (near.held / near.models).min()
    return (
        f"Within a factor of two coefficients miss a flux by up to {percent(np.nanmax(off))}; "
        f"at least {percent(held)} of the models stay stable"
    )
