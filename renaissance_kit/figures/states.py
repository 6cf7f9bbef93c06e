"""Are these states possible? Concentrations, energies, fluxes and turnover times of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.rows import ROW, in_columns, ranges, row_axis, row_headings
from renaissance_kit.figures.theme import Figure, Source, count, headline, number

FORWARD, BACKWARD = theme.BLUE, theme.PURPLE
WITH_BOUND, WITHOUT_BOUND = theme.BLUE, theme.GREY
BOUNDS = "#E4E4E4"
_RANGES = "Line: 95 % of the states, bar: 50 %, white tick: median."


def concentration_ranges(
    table: pd.DataFrame,
    *,
    states: int,
    fold: float,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Sampled concentrations beside bounds and measured values, by pathway.

    Args:
        table: as from `renaissance_kit.studies.concentration_table`.
        states: number of sampled states.
        fold: factor by which a measured value may differ, drawn as its error bar.
        names: of metabolites, for readers; ids where there is none.
    """
    table = pd.concat([table[table.pathway == g] for g in dict.fromkeys(table.pathway)])
    table = table.assign(
        label=theme.called(table.metabolite, names),
        measured_low=table.measured_mM / fold,
        measured_high=table.measured_mM * fold,
    )
    placed, headings = in_columns(table, 2, group="pathway")
    last = int(placed.row.max())
    span = [0.7 * float(table.low_mM.min()), 1.5 * float(table.high_mM.max())]

    def x(field: str) -> alt.X:
        return _log_axis(field, "Concentration (mM)", span)

    panels = []
    for column in sorted(set(placed.column)):
        part = placed[placed.column == column]
        y = row_axis(part, "label", last)
        known = alt.Chart(part[part.measured_mM.notna()]).encode(y=y)
        layers = [
            alt.Chart(part).mark_bar(color=BOUNDS, height=15).encode(
                x=x("low_mM"), x2="high_mM:Q", y=y
            ),
            *ranges(part, x, y, theme.BLUE),
            known.mark_rule(color=theme.MEASURED, strokeWidth=1.5, yOffset=-6).encode(
                x=x("measured_low"), x2="measured_high:Q"
            ),
            known.mark_circle(color=theme.MEASURED, size=42, opacity=1, yOffset=-6).encode(
                x=x("measured_mM")
            ),
            *row_headings(headings[headings.column == column], y),
        ]  # fmt: skip
        panels.append(alt.layer(*layers).properties(width=440, height=ROW * (last + 1)))
    measured = int(table.measured_mM.notna().sum())
    capped = int((table.bound == "turnover").sum())
    return alt.hconcat(*panels, spacing=30).properties(
        title=headline(
            "Concentrations: sampled, allowed and measured",
            f"{count(states, 'steady state')}, {len(table)} metabolites. {_RANGES} Grey: bounds, "
            f"of which {capped} are upper bounds by turnover. Black: the {measured} measured "
            f"values with a factor of {number(fold)} either way.",
            source or "",
            width=150,
        )
    )


def reaction_energies(table: pd.DataFrame, *, states: int, source: Source | None = None) -> Figure:
    """ΔrG′ of every reaction against 0, coloured by the direction of the flux.

    Args:
        table: as from `renaissance_kit.studies.energy_table`.
        states: number of sampled states.
    """
    groups = sorted(
        dict.fromkeys(table.pathway), key=lambda g: (g == _LAST, -int((table.pathway == g).sum()))
    )
    table = pd.concat([table[table.pathway == g] for g in groups])
    placed, headings = in_columns(table, 3, group="pathway")
    last = int(placed.row.max())
    low, high = 1.15 * float(table.least.min()), 1.4 * float(table.most.max())
    ticks = [t for t in (-100.0, -10.0, -1.0, 0.0, 1.0, 10.0) if low <= t <= high]

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            title="ΔrG′ (kJ/mol)",
            scale=theme.lambda_scale(low, high),
            axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, theme.symlog_label)),
        )

    panels = []
    for column in sorted(set(placed.column)):
        part = placed[placed.column == column]
        y = row_axis(part, "reaction", last)
        zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=theme.INK, strokeWidth=1.5)
        layers = [zero.encode(x=x("zero"))]
        for sign, colour in ((1, FORWARD), (-1, BACKWARD)):
            if (part.sign == sign).any():
                layers += ranges(part[part.sign == sign], x, y, colour)
        layers += row_headings(headings[headings.column == column], y)
        panels.append(alt.layer(*layers).properties(width=290, height=ROW * (last + 1)))
    forward = int((table.sign > 0).sum())
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            "Reaction energies: no flux runs uphill",
            f"{count(states, 'steady state')}, {len(table)} reactions; symmetric logarithmic axis. "
            f"{_RANGES} Blue: {forward} reactions with a positive flux, which need ΔrG′ < 0; "
            f"pink: {len(table) - forward} with a negative flux, which need ΔrG′ > 0. The energy "
            f"nearest to 0 is {number(_nearest_to_zero(table))} kJ/mol.",
            source or "",
            width=150,
        )
    )


def turnover_times(
    table: pd.DataFrame,
    *,
    bound_min: float,
    settle_min: float,
    states: int,
    generic_states: int,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Turnover time of every metabolite, with the bound and without it.

    Args:
        table: as from `renaissance_kit.studies.turnover_table`, with generic states.
        bound_min: turnover time that bounds unmeasured metabolites.
        settle_min: time constant of a valid model, from the threshold on λmax.
        states, generic_states: number of sampled states with and without the bound.
        names: of metabolites, for readers; ids where there is none.
    """
    table = table.assign(
        name=[f"● {m}" if known else m for m, known in
              zip(theme.called(table.metabolite, names), table.measured, strict=True)]
    )  # fmt: skip
    placed, _ = in_columns(table, 2)
    last = int(placed.row.max())
    columns = [c for c in table if str(c).endswith(("low_95", "high_95"))]
    span = [max(1e-6, 0.7 * float(table[columns].min().min())),
            2.0 * max(settle_min, float(table[columns].max().max()))]  # fmt: skip

    def x(field: str) -> alt.X:
        return _log_axis(field, "Turnover time (min)", span)

    panels = []
    for column in sorted(set(placed.column)):
        part = placed[placed.column == column]
        y = row_axis(part, "name", last)
        below, above = part.assign(row=part.row + 0.22), part.assign(row=part.row - 0.2)
        layers = [
            *_marked(bound_min, f"bound {number(bound_min)} min", theme.BLUE, x, "right", [5, 3]),
            *_marked(settle_min, f"{number(settle_min)} min", theme.THRESHOLD, x, "left", [1, 0]),
            *ranges(below, x, y, WITHOUT_BOUND, prefix="generic_", thick=6),
            *ranges(above, x, y, WITH_BOUND, thick=6),
        ]
        panels.append(alt.layer(*layers).properties(width=440, height=ROW * (last + 1)))
    slow = int((table.generic_high_95 > settle_min).sum())
    return alt.hconcat(*panels, spacing=30).properties(
        title=headline(
            "Turnover of every metabolite, with and without the bound",
            f"Blue: {count(states, 'steady state')} whose unmeasured metabolites turn over within "
            f"{number(bound_min)} min at their least throughput; grey: {generic_states:,} without "
            f"that bound. {_RANGES} ●: measured, not bounded by turnover. Red: the time constant "
            f"of a valid model. Without the bound {count(slow, 'metabolite')} may take longer.",
            source or "",
            width=150,
        )
    )


def key_fluxes(
    table: pd.DataFrame,
    values: pd.DataFrame,
    measured: pd.DataFrame,
    *,
    states: int,
    source: Source | None = None,
) -> Figure:
    """Distributions of the main fluxes with their bounds and what was measured.

    Args:
        table: as from `renaissance_kit.studies.flux_table`.
        values: magnitudes in all states, one column a reaction.
        measured: as from `renaissance_kit.studies.measured_rates`.
        states: number of sampled states.
    """
    panels: list[Any] = []
    for unit, part in table.groupby("unit", sort=True):
        part = part.assign(row=range(len(part)))
        found = measured.merge(part[["reaction", "row"]], on="reaction")
        edges = [*part.least, *part.most, *found.low[found.low > 0], *found.high]
        span = [0.95 * min(edges), 1.05 * max(edges)]
        title = "Growth rate (1/h)" if unit == "1/h" else "Flux, magnitude (mmol/gDW/h)"

        def x(field: str, span: list[float] = span, title: str = title) -> alt.X:
            return _log_axis(field, title, span)

        bounded = part[part.low.notna()]
        bounded = bounded.assign(
            low=bounded.low.clip(lower=span[0]), high=bounded.high.clip(upper=span[1])
        )
        y = row_axis(part, "text", len(part) - 1)
        layers = [
            alt.Chart(bounded).mark_bar(color=BOUNDS, height=24).encode(
                x=x("low"), x2="high:Q", y=y
            )
        ]  # fmt: skip
        for _, row in part.iterrows():
            shape = _violin(values[row.reaction], float(row.row), span)
            area = alt.Chart(shape).mark_area(color=theme.BLUE, opacity=0.75)
            layers.append(area.encode(x=x("value"), y=_row(y, "top"), y2="bottom:Q"))
        base = alt.Chart(part).encode(y=y)
        layers.append(base.mark_tick(color="white", thickness=2, height=14).encode(x=x("median")))
        points = alt.Chart(found.assign(row=found.row + 0.0)).encode(y=y)
        layers += [
            points.mark_rule(color=theme.MEASURED, strokeWidth=2).encode(x=x("low"), x2="high:Q"),
            points.mark_circle(color=theme.MEASURED, size=70, opacity=1).encode(x=x("value")),
        ]
        panels.append(alt.layer(*layers).properties(width=theme.WIDTH, height=30 * len(part)))
    return alt.vconcat(*panels, spacing=16).properties(
        title=headline(
            "Main fluxes: sampled, allowed and measured",
            f"Distributions over {count(states, 'steady state')}; white tick: median. Grey: the "
            "bound on that flux, where it has one of its own. Black: measured in the "
            "fermentation, with the range over windows and error bars.",
            source or "",
            width=theme.CAPTION_CHARACTERS + 14,
        )
    )


# --- pieces ------------------------------------------------------------------------------------

_LAST = "Other"


def _log_axis(field: str, title: str, span: list[float]) -> alt.X:
    """Logarithmic axis with a label at each power of ten; linear if there is none in range."""
    if span[1] < 4 * span[0]:
        scale = alt.Scale(domain=span, nice=False, clamp=True)
        return alt.X(f"{field}:Q", title=title, scale=scale, axis=alt.Axis(tickCount=6))
    ticks = theme.round_ticks(*span)
    return alt.X(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(type="log", domain=span, nice=False, clamp=True),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, _plain), labelOverlap=True),
    )


def _plain(value: float) -> str:
    return number(value) if value < 1e-3 else f"{value:,g}"


def _marked(
    value: float, text: str, colour: str, x: Any, side: str, dash: list[int]
) -> list[alt.Chart]:
    """A vertical line with its text above the plot, on one side of it."""
    data = pd.DataFrame({"value": [value], "text": [text]})
    rule = alt.Chart(data).mark_rule(color=colour, strokeWidth=1.5, strokeDash=dash)
    label = alt.Chart(data).mark_text(
        color=theme.darker(colour), baseline="bottom", dy=-5,
        align="left" if side == "left" else "right",
        dx=-4 if side == "left" else 4,
    )  # fmt: skip
    return [
        rule.encode(x=x("value")),
        label.encode(x=x("value"), y=alt.value(0), text="text:N"),
    ]


def _nearest_to_zero(table: pd.DataFrame) -> float:
    return float(np.where(table.sign > 0, -table.most, table.least).min())


def _row(y: alt.Y, field: str) -> alt.Y:
    """The same axis for another field."""
    found = y.copy(deep=True)
    found.shorthand = f"{field}:Q"
    return found


def _violin(values: pd.Series, row: float, span: list[float]) -> pd.DataFrame:
    """Density on a logarithmic axis, symmetric about a row, 0.8 rows wide at its peak."""
    u = np.log10(values.to_numpy())
    width = np.log10(span[1] / span[0])
    grid = np.linspace(u.min(), u.max(), 60)
    bandwidth = max(0.15 * float(u.std()), 0.002 * width)
    density = np.exp(-0.5 * ((grid[:, None] - u[None, :]) / bandwidth) ** 2).mean(axis=1)
    half = 0.4 * density / density.max()
    return pd.DataFrame({"value": 10**grid, "top": row - half, "bottom": row + half})
