"""Which states can a cell be in? The map of states, ranges of metabolites, and thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.rows import ROW, in_columns, row_axis
from renaissance_kit.figures.theme import Figure, Source, count, headline, number

QUANTILE = "5 % quantile of λmax of unbiased models (1/h)"
KINDS = {"concentration": theme.BLUE, "flux": theme.ORANGE, "displacement": theme.GREEN}


def quantile_colours(values: pd.Series, threshold_per_h: float) -> tuple[pd.Series, alt.Color]:
    """Colours of states on a map: blue at or below the threshold, orange to red above it.

    Args:
        values: 5 % quantile of λmax over unbiased models, in 1/h.

    Returns:
        The values clipped to the scale, to be put in a column ``shown``, and the encoding.
    """
    reach = abs(threshold_per_h)
    bottom = min(float(np.nanquantile(values, 0.02)), threshold_per_h - 0.4 * reach)
    top = max(threshold_per_h + 0.4 * reach, min(0.0, float(np.nanquantile(values, 0.98))))
    return values.clip(bottom, top), alt.Color(
        "shown:Q",
        title=QUANTILE,
        scale=alt.Scale(
            domain=[bottom, threshold_per_h, threshold_per_h + 1e-9, top],
            range=["#00405F", theme.SKY, "#F4C27A", theme.VERMILLION],
            clamp=True,
        ),
        legend=alt.Legend(
            orient="bottom", direction="horizontal", gradientLength=300, padding=16, titleLimit=400,
            values=[round(bottom, 1), threshold_per_h, round(top, 1)],
        ),
    )  # fmt: skip


def supporting_ranges(
    table: pd.DataFrame,
    *,
    states: int,
    supporting: int,
    population: str,
    shown: int = 40,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Per metabolite, its range at supporting states against that at the others.

    Args:
        table: as from `renaissance_kit.analysis.landscape.ranges_of_metabolites`, of the
            supporting states.
        states, supporting: number of states, and of these.
        population: what the states are called.
        shown: metabolites with the largest differences.
        names: of metabolites, for readers; ids where there is none.
    """
    found = int(table.found.sum())
    part = table.head(shown).assign(
        name=[f"● {m}" if f else m for m, f in
              zip(theme.called(table.metabolite.head(shown), names), table.found.head(shown),
                  strict=True)]
    )  # fmt: skip
    placed, _ = in_columns(part, 2)
    last = int(placed.row.max())
    span = [
        0.7 * float(part[["others_low", "group_low"]].min().min()),
        1.4 * float(part[["others_high", "group_high"]].max().max()),
    ]
    ticks = theme.round_ticks(*span)

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            title="Concentration (mM)",
            scale=alt.Scale(type="log", domain=span, nice=False),
            axis=alt.Axis(
                values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}"),
                labelOverlap=True,
            ),
        )  # fmt: skip

    panels = []
    for column in sorted(set(placed.column)):
        rows = placed[placed.column == column]
        y = row_axis(rows, "name", last)
        above, below = rows.assign(row=rows.row - 0.19), rows.assign(row=rows.row + 0.19)
        layers = []
        for data, prefix, colour in (
            (above, "others", theme.INVALID),
            (below, "group", theme.VALID),
        ):
            base = alt.Chart(data).encode(y=y)
            layers += [
                base.mark_rule(color=colour, strokeWidth=4).encode(
                    x=x(f"{prefix}_low"), x2=f"{prefix}_high:Q"
                ),
                base.mark_tick(color=theme.INK, thickness=2, height=7).encode(
                    x=x(f"{prefix}_median")
                ),
            ]
        panels.append(alt.layer(*layers).properties(width=380, height=ROW * (last + 1)))
    return alt.hconcat(*panels, spacing=30).properties(
        title=headline(
            _that_differ(found, len(table), states, supporting),
            f"{count(states, f'{population} state')}. Blue: {supporting:,} that support valid "
            f"dynamics; grey: {states - supporting:,} others. Line: 95 % of them, tick: median; "
            f"the {len(part)} metabolites with the largest difference "
            "(Kolmogorov–Smirnov), largest first. "
            f"●: significant at a false discovery rate of 5 % over {len(table)} metabolites.",
            source or "",
            width=130,
        )
    )


def _that_differ(found: int, metabolites: int, states: int, supporting: int) -> str:
    """How many concentrations differ, where any test could tell."""
    least = 1 / math.comb(states, supporting)  # p-value of the clearest order of the states
    if least > 0.05 / metabolites:
        return f"Too few states to tell: {supporting:,} of {states:,} support valid dynamics"
    return f"{found} of {metabolites} concentrations differ where valid dynamics are supported"


def against_concentration(
    table: pd.DataFrame,
    running: pd.DataFrame,
    thresholds: pd.DataFrame,
    *,
    threshold_per_h: float,
    measured: dict[str, float],
    population: str,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """What unbiased models have against the concentration of some metabolites, running quantiles.

    Args:
        table: metabolite, concentration_mM, lambda_max_per_h (5 % quantile over the models).
        running: metabolite and the columns of
            `renaissance_kit.analysis.landscape.running_quantiles`.
        thresholds: metabolite, value_mM, low_mM, high_mM, youden.
        measured: concentrations by metabolite, where there are any.
        population: what the states are called.
        names: of metabolites, for readers; ids where there is none.
    """
    low = min(float(np.quantile(table.lambda_max_per_h, 0.01)), 1.6 * threshold_per_h)
    domain = [low, max(0.0, min(0.5, float(table.lambda_max_per_h.max())))]
    panels = []
    for k, name in enumerate(dict.fromkeys(table.metabolite)):
        (called,) = theme.called([name], names)
        part = table[table.metabolite == name]
        part = part.assign(shown=part.lambda_max_per_h.clip(*domain))
        span = [
            0.95 * float(part.concentration_mM.min()),
            1.05 * float(part.concentration_mM.max()),
        ]
        ticks = theme.at_least_three_ticks(*span)
        along = alt.Scale(type="log", domain=span, nice=False)
        x = alt.X(
            "concentration_mM:Q",
            title=f"{called} (mM)",
            scale=along,
            axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}"),
                          labelOverlap=True, grid=False),
        )  # fmt: skip
        title = QUANTILE if k == 0 else None
        y = alt.Y("shown:Q", title=title, scale=alt.Scale(domain=domain, nice=False))
        lines = running[running.metabolite == name]
        band = lines.assign(
            concentration_mM=lines.x, shown=lines.q50.clip(*domain), lower=lines.q10.clip(*domain),
            upper=lines.q90.clip(*domain),
        )  # fmt: skip
        cut = thresholds[thresholds.metabolite == name].rename(
            columns={"value_mM": "concentration_mM"}
        )
        rule = pd.DataFrame({"shown": [threshold_per_h]})
        layers: list[alt.Chart] = [
            alt.Chart(part).mark_circle(color=theme.INVALID, size=14, opacity=0.5).encode(x=x, y=y),
            alt.Chart(band).mark_area(color=theme.VALID, opacity=0.2).encode(
                x=x, y=alt.Y("lower:Q", scale=alt.Scale(domain=domain, nice=False), title=title),
                y2="upper:Q",
            ),
            alt.Chart(band).mark_line(color=theme.VALID, strokeWidth=2.5).encode(x=x, y=y),
            alt.Chart(rule).mark_rule(color=theme.THRESHOLD, strokeWidth=1.5).encode(y=y),
        ]  # fmt: skip
        if len(cut) and float(cut.youden.iloc[0]) > 0:
            layers.append(
                alt.Chart(cut).mark_rect(color=theme.ORANGE, opacity=0.25).encode(
                    x=alt.X("low_mM:Q", scale=along, title=f"{called} (mM)"), x2="high_mM:Q"
                )
            )  # fmt: skip
            layers.append(alt.Chart(cut).mark_rule(color=theme.ORANGE, strokeWidth=2).encode(x=x))
        if name in measured and span[0] <= measured[name] <= span[1]:
            mark = pd.DataFrame({"concentration_mM": [measured[name]]})
            layers.append(
                alt.Chart(mark).mark_rule(color=theme.MEASURED, strokeDash=[5, 3]).encode(x=x)
            )
        panels.append(alt.layer(*layers).properties(width=270, height=300))
    states = int(len(table) / max(1, table.metabolite.nunique()))
    return alt.hconcat(*panels, spacing=24).properties(
        title=headline(
            "How fast random models are, against single concentrations",
            f"{count(states, f'{population} state')}. Blue: running median and 10 to 90 %. Red: "
            f"the threshold, {number(threshold_per_h)} 1/h. Orange: the concentration that best "
            "divides supporting states from the others, with its 95 % bootstrap interval, where "
            "the two differ. Dashed: measured.",
            source or "",
            width=116,
        )
    )


def constrained_distributions(
    table: pd.DataFrame, *, threshold_per_h: float, constrained: int, source: Source | None = None
) -> Figure:
    """What unbiased models have with metabolites constrained, beside a control: shares below.

    Args:
        table: population, lambda_max_per_h (5 % quantile over the models).
        constrained: number of metabolites that are constrained to a part of their range.
    """
    colours = [theme.GREY, theme.BLUE, theme.ORANGE]
    names = list(dict.fromkeys(table.population))
    low, high = theme.lambda_range(table.lambda_max_per_h, threshold_per_h)
    rows = []
    for name in names:
        values = np.sort(table.lambda_max_per_h[table.population == name].dropna().to_numpy())
        shares_below = np.arange(len(values) + 1) / len(values)  # from no state at the lowest one
        at = [*values[:1], *values]
        rows.append(
            pd.DataFrame({"lambda_max_per_h": at, "share": shares_below, "population": name})
        )
    data = pd.concat(rows)
    y = alt.Y(
        "share:Q", scale=alt.Scale(domain=[0, 1]), title="States at or below (%)",
        axis=alt.Axis(labelExpr=theme.PERCENT),
    )  # fmt: skip
    x = theme.lambda_axis(low, high, title=QUANTILE)
    lines = (
        alt.Chart(data)
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=x, y=y,
            color=alt.Color(
                "population:N", title=None, scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(orient="bottom", labelLimit=300),
            ),
        )
    )  # fmt: skip
    rule = (
        alt.Chart(pd.DataFrame({"lambda_max_per_h": [threshold_per_h]}))
        .mark_rule(color=theme.THRESHOLD, strokeWidth=1.5)
        .encode(x=x)
    )
    return alt.layer(rule, lines).properties(
        title=headline(
            f"Dynamics with {constrained} metabolites constrained to a part of their range",
            "Cumulative distributions over the states: "
            + ", ".join(f"{(table.population == n).sum():,} {n}" for n in names)
            + f". Red: the threshold, {number(threshold_per_h)} 1/h.",
            source or "",
        )
    )


def correlations(
    tables: Mapping[str, pd.DataFrame],
    *,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """What goes with the speed of random models, in one panel a population.

    Args:
        tables: by population with its number of states, as from
            `renaissance_kit.analysis.state_correlations`; all rows are drawn.
        names: of metabolites, for readers; ids where there is none.
    """
    panels = []
    for title, table in tables.items():
        rows = table.assign(
            label=[
                f"● {n}" if f else n
                for n, f in zip(theme.called(table.name, names), table.found, strict=True)
            ]
        )
        rows["label"] = [
            f"{label} ({kind})" for label, kind in zip(rows.label, rows.kind, strict=True)
        ]
        y = alt.Y(
            "label:N", sort=list(rows.label), title=None,
            axis=alt.Axis(labelLimit=360, ticks=False, domain=False, grid=False),
        )  # fmt: skip
        x = alt.X(
            "rho:Q", title="Spearman correlation (dimensionless)",
            scale=alt.Scale(domain=[-1, 1]), axis=alt.Axis(values=[-1, -0.5, 0, 0.5, 1]),
        )  # fmt: skip
        colour = alt.Color(
            "kind:N", title=None, legend=alt.Legend(orient="bottom"),
            scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values())),
        )  # fmt: skip
        bars = alt.Chart(rows).mark_bar(size=12).encode(x=x, y=y, color=colour)
        zero = alt.Chart(pd.DataFrame({"rho": [0.0]})).mark_rule(color=theme.INK).encode(x=x)
        panels.append(
            alt.layer(bars, zero).properties(width=260, height=24 * len(rows), title=title)
        )
    return alt.hconcat(*panels, spacing=30).properties(
        title=headline(
            "What goes with fast random models?",
            "Rank correlation over the states of the 5 % quantile of λmax with ln c, |flux| and "
            "|ln ρ|; negative: more of it goes with faster models. The largest of each "
            "population; fluxes that rise together are one. ●: significant at a false discovery "
            "rate of 5 %.",
            source or "",
            width=116,
        )
    )
