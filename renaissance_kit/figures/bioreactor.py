"""Do the models ferment like the strain? Time courses, goodness of fit, richer media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit import studies
from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number
from renaissance_kit.studies.bioreactor import BEST, MATCHING, OTHER

FACTOR_SHADES = ("#9ECAE1", "#56A3D0", "#0072B2", "#003F73")  # from the weakest to the strongest
_WIDE = theme.CAPTION_CHARACTERS + 14


def time_courses(
    table: pd.DataFrame,
    measured: pd.DataFrame,
    *,
    models: int,
    finished: int,
    threshold: float,
    source: Source | None = None,
) -> Figure:
    """Biomass, glucose and product over time: measurements over matching or best models.

    Args:
        table: as from `renaissance_kit.studies.time_course_table`.
        measured: as from `renaissance_kit.studies.measured_table`.
        models: that were simulated.
        finished: of these, whose integration reached the end.
        threshold: largest goodness-of-fit value of a curve that is matched.
    """
    group = next((g for g in (MATCHING, BEST) if g in set(table.group)), OTHER)
    shown = table[table.group == group].model.nunique() if group != OTHER else 0
    others = table[table.group == OTHER].model.nunique()
    last = float((table if len(table) else measured).time_h.max())
    panels = []
    quantities = list(dict.fromkeys(measured.quantity))
    for i, quantity in enumerate(quantities):
        points = measured[(measured.quantity == quantity) & (measured.time_h <= last)]
        part = table[table.quantity == quantity]
        front, back = part[part.group == group], part[part.group == OTHER]
        high = 1.06 * max(
            float(points.high.max()),
            float(front.value.max()) if len(front) else 0.0,
            float(back.value.quantile(0.995)) if len(back) else 0.0,
        )
        x = _time(last, title="Time (h)" if i == len(quantities) - 1 else None)
        title = f"{theme.titled(quantity)} ({points.unit.iloc[0]})"
        y = _amount("value", title, high)
        thin = alt.Chart(back).mark_line(
            color=theme.INVALID, strokeWidth=1, opacity=0.35, clip=True
        )
        thick = alt.Chart(front).mark_line(
            color=theme.VALID, strokeWidth=1.8, opacity=0.8, clip=True
        )
        layers: list[Any] = [
            thin.encode(x=x, y=y, detail="model:N"),
            thick.encode(x=x, y=y, detail="model:N"),
            *_points(points, x, title, high),
        ]
        if i == 0:
            labels = [
                (float(points.value.iloc[-1]), "measured", theme.MEASURED),
                (_end(front), f"{shown} {group}", theme.VALID),
                (_end(back), f"{others} {OTHER}", theme.INVALID),
            ]
            layers.append(_labels([k for k in labels if np.isfinite(k[0])], "value", high, 0.085))
        panels.append(alt.layer(*layers).properties(height=210))
    of_biomass = measured[measured.unit == "gDW/L"]
    bars = "which has none for biomass" if (of_biomass.low == of_biomass.high).all() else "as given"
    what = (
        f"Blue: the {count(shown, 'model')} that {'matches' if shown == 1 else 'match'} all "
        f"curves, root mean square of (simulated − measured)/u ≤ {number(threshold)}."
        if group == MATCHING
        else f"No model matches all curves (goodness of fit ≤ {number(threshold)}). Blue: the "
        f"{count(shown, 'model')} with the best fit of their worst curve."
    )
    return alt.vconcat(*panels, spacing=14).properties(
        title=headline(
            "Batch fermentation, simulated and measured",
            f"{count(models, 'valid model')}, none trained on these curves; {finished:,} reached "
            f"{number(last)} h. {what}",
            f"Grey: {count(others, 'other')}. Error bars from the source, {bars}.",
            source or "",
            width=_WIDE,
        )
    )


def goodness_of_fit(
    table: pd.DataFrame,
    *,
    threshold: float,
    failed: Mapping[str, int],
    source: Source | None = None,
) -> Figure:
    """Distribution of the goodness of fit by curve, and of the worst of each model.

    Args:
        table: as from `renaissance_kit.studies.goodness_of_fit_table`; the first group is in front.
        threshold: largest goodness-of-fit value of a curve that is matched.
        failed: models that did not finish, by group.
    """
    groups = list(dict.fromkeys(table.group))
    colours = dict(zip(groups, (theme.VALID, theme.UNBIASED), strict=False))
    low = 10 ** (
        np.floor(4 * np.log10(0.9 * min(float(table.goodness_of_fit.min()), threshold))) / 4
    )
    high = 10 ** (
        np.ceil(4 * np.log10(1.1 * max(float(table.goodness_of_fit.max()), threshold))) / 4
    )
    edges = np.linspace(np.log10(low), np.log10(high), 31)
    ticks = theme.round_ticks(float(low), float(high))
    curves = list(dict.fromkeys(table.curve))
    panels: list[Any] = []
    for i, curve in enumerate(curves):
        bars, texts = [], []
        for group in groups:
            values = table[
                (table.curve == curve) & (table.group == group)
            ].goodness_of_fit.to_numpy()
            counts, _ = np.histogram(np.log10(values), edges)
            total = len(values) + failed.get(group, 0)
            bars.append(
                pd.DataFrame(
                    {"left": 10 ** edges[:-1], "right": 10 ** edges[1:], "group": group,
                     "base": 0.0, "share": counts / max(total, 1)}
                )
            )  # fmt: skip
            hits = int((values <= threshold).sum())
            texts.append(f"{hits:,} of {total:,} {group}")
        data = pd.concat(bars)
        data = data[data.share > 0]
        top = 1.06 * float(data.share.max())
        x = alt.X(
            "left:Q",
            title="Goodness of fit, root mean square of (simulated − measured)/u (dimensionless)"
            if i == len(curves) - 1
            else None,
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}")),
        )
        y = alt.Y(
            "share:Q",
            title="Models (%)",
            scale=alt.Scale(domain=[0, top], nice=False),
            axis=alt.Axis(labelExpr=theme.PERCENT, tickCount=3),
        )
        layers: list[Any] = []
        for group in reversed(groups):
            mark = alt.Chart(data[data.group == group]).mark_rect(
                color=colours[group], opacity=0.6, stroke=colours[group], strokeWidth=1
            )
            layers.append(mark.encode(x=x, x2="right:Q", y=y, y2="base:Q"))
        rule = alt.Chart(
            pd.DataFrame({"left": [threshold], "text": [f"threshold {number(threshold)}"]})
        )
        layers.append(rule.mark_rule(color=theme.THRESHOLD, strokeWidth=1.5).encode(x=x))
        if i == 0:
            text = rule.mark_text(
                color=theme.darker(theme.THRESHOLD), align="right", dx=-5, baseline="top"
            )
            layers.append(text.encode(x=x, y=alt.value(2), text="text:N"))
        name = "All: the worst of the curves" if curve == "all" else theme.titled(curve)
        shades = [theme.darker(colours[g]) for g in groups]
        layers.extend(_above([name, *(f"{t} match" for t in texts)], [theme.INK, *shades]))
        panels.append(alt.layer(*layers).properties(height=120))
    missing = "; ".join(f"{failed[g]:,} {g}" for g in groups if failed.get(g))
    return alt.vconcat(*panels, spacing=26).properties(
        title=headline(
            "How far the models are from the measured curves",
            "A curve is matched within the threshold. u: the larger of half the error bar and 10 % "
            "of the largest measured value. "
            "Logarithmic axis. "
            + (f"Counted as not matching, not drawn: did not finish ({missing})." if missing else
               "All integrations reached the end."),
            source or "",
            width=_WIDE,
        )
    )  # fmt: skip


def why_growth_stops(
    table: pd.DataFrame,
    *,
    best: int,
    media: Mapping[str, str],
    left: Mapping[str, str],
    ceilings: pd.DataFrame,
    source: Source | None = None,
) -> Figure:
    """Growth in the medium and in richer ones, and what is left in the medium.

    Args:
        table: as from `renaissance_kit.studies.changed_media`; the first medium is the reference.
        best: model whose lines are thick.
        media: text for the label of each medium.
        left: state variables to show in the reference medium, with their names: what the second
            medium has more of, what the third has more of, and another one.
        ceilings: as from `renaissance_kit.studies.biomass_ceilings`.
    """
    names = list(media)
    colours = dict(zip(names, theme.GROUPS, strict=False))
    panels: list[Any] = []
    dashes = {name: [5, 5] if i % 2 else [1, 0] for i, name in enumerate(names)}
    done = table[table.finished]
    last = float(done.time_h.max())
    stops = studies.growth_stops(table, names[0], list(left))
    for field, title in (("biomass", "Biomass (gDW/L)"), ("growth_rate", "Growth rate (1/h)")):
        high = 1.05 * float(done[field].max())
        x = _time(last, title=None)
        low = 0.0 if field == "biomass" else min(0.0, 1.05 * float(done[field].min()))
        y = _amount(field, title, high, low)
        layers: list[Any] = []
        labels = []
        for name in names:
            part = done[done.medium == name]
            lead = part[part.model == best]
            mark = alt.Chart(part[part.model != best]).mark_line(
                color=colours[name], strokeWidth=1, opacity=0.4, strokeDash=dashes[name], clip=True
            )
            layers.append(mark.encode(x=x, y=y, detail="model:N"))
            bold = alt.Chart(lead).mark_line(
                color=colours[name], strokeWidth=3, strokeDash=dashes[name], clip=True
            )
            layers.append(bold.encode(x=x, y=y))
            if len(lead):
                labels.append((float(lead[field].iloc[-1]), media[name], colours[name]))
        if field == "biomass":
            layers.append(_labels(labels, field, high, 0.095))
        panels.append(alt.layer(*layers).properties(height=210))
    panels.append(_left_over(done[done.medium == names[0]], best, left, last))
    models = done.model.nunique()
    limits = ", ".join(
        f"{row.what} for {row.ceiling_gDW_L:.2f}" for row in ceilings.head(2).itertuples()
    )
    return alt.vconcat(*panels, spacing=14).properties(
        title=headline(
            studies.why_growth_stops(stops, left),
            f"{count(models, 'model')} that fit best, the best one thick; lines of models that did "
            "not reach the end are left out. "
            f"By stoichiometry the medium as given holds {limits} gDW/L at most.",
            source or "",
            width=_WIDE,
        )
    )


def engineered_strains(
    predicted: pd.DataFrame,
    measured: pd.DataFrame,
    *,
    host: pd.DataFrame,
    changed: Mapping[str, Sequence[str]],
    default_factor: float,
    source: Source | None = None,
) -> Figure:
    """Two engineered strains: curves predicted from the host's models, and the measured ones.

    Args:
        predicted: time courses as from `renaissance_kit.studies.predicted_strain`, of all strains.
        measured: as from `renaissance_kit.studies.measured_table`, of these strains.
        host: the same of the host.
        changed: reactions whose Vmax is multiplied, by strain.
        default_factor: whose models are drawn one by one; of the others the medians.
    """
    factors = sorted(set(predicted.factor))
    shades = shades_of(factors)
    last = float(predicted.time_h.max())
    rows = []
    for r, (strain, reactions) in enumerate(changed.items()):
        panels = []
        for quantity in dict.fromkeys(measured.quantity):
            inside = (measured.quantity == quantity) & (measured.time_h <= last)
            points = measured[inside & (measured.strain == strain)]
            before = host[(host.quantity == quantity) & (host.time_h <= last)]
            part = predicted[(predicted.strain == strain) & (predicted.quantity == quantity)]
            every = predicted[predicted.quantity == quantity].value.quantile(0.999)
            top = 1.06 * max(
                float(measured[inside].high.max()), float(before.high.max()), float(every)
            )
            x = _time(last, title="Time (h)" if r == len(changed) - 1 else None, ticks=4)
            title = f"{theme.titled(quantity)} ({points.unit.iloc[0]})"
            y = _amount("value", title, top)
            each = part[part.factor == default_factor]
            middle = part.groupby(["factor", "time_h"]).value.median().reset_index()
            middle["text"] = middle.factor.map(number)
            colour = alt.Color(
                "text:N",
                title="Vmax ×",
                sort=[number(f) for f in factors],
                scale=alt.Scale(domain=[number(f) for f in factors], range=shades),
                legend=alt.Legend(orient="top", symbolStrokeWidth=4),
            )
            thin = alt.Chart(each).mark_line(
                strokeWidth=1, opacity=0.4, clip=True, color=theme.GREY
            )
            median = alt.Chart(middle).mark_line(strokeWidth=2.5, clip=True)
            hollow = alt.Chart(before).mark_point(
                filled=False, color=theme.GREY, size=40, opacity=1, strokeWidth=1.3
            )
            panels.append(
                alt.layer(
                    thin.encode(x=x, y=y, detail="model:N"),
                    median.encode(x=x, y=y, color=colour),
                    hollow.encode(x=x, y=y),
                    *_points(points, x, title, top),
                ).properties(width=255, height=220)
            )
        name = f"{strain}: Vmax of {', '.join(reactions)} multiplied"
        rows.append(
            alt.hconcat(*panels, spacing=18).properties(
                title=alt.Title(name, fontSize=theme.TITLE, fontWeight="normal", offset=8)
            )
        )
    n = predicted.model.nunique()
    drawn = f"each model (thin) at a factor of {number(default_factor)}, and medians at all factors"
    return alt.vconcat(*rows, spacing=22).properties(
        title=headline(
            "Engineered strains, predicted and then compared",
            f"Lines: {count(n, 'model')} chosen by the host strain alone; {drawn}. Black: measured "
            "on the strain, not used before. Grey circles: measured on the host.",
            source or "",
            width=_WIDE + 26,
        )
    )


def inside_the_cell(
    table: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    columns: int = 3,
    span: float = 1e3,
    source: Source | None = None,
) -> Figure:
    """Intracellular concentrations over time, relative to the steady state.

    Args:
        table: as from `renaissance_kit.studies.inside_table`.
        titles: text above the panel of each metabolite.
        span: factor above and below the steady state that is shown.
    """
    group = next((g for g in (MATCHING, BEST) if g in set(table.group)), OTHER)
    last = float(table.time_h.max())
    low, high = 1 / span, span
    ticks = [t for t in (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0) if low <= t <= high]
    clipped = table.assign(ratio=table.ratio.clip(low, high))
    panels = []
    names = list(titles)
    for i, name in enumerate(names):
        part = clipped[clipped.metabolite == name]
        bottom = i + columns >= len(names)
        x = _time(last, title="Time (h)" if bottom else None, ticks=4)
        y = alt.Y(
            "ratio:Q",
            title="c/c* (dimensionless)" if i % columns == 0 else None,
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(
                values=ticks, labelExpr=theme.tick_labels(ticks, lambda v: f"{v:,g}"),
            ),
        )  # fmt: skip
        one = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(color=theme.INK, strokeWidth=0.8)
        thin = alt.Chart(part[part.group == OTHER]).mark_line(
            color=theme.INVALID, strokeWidth=1, opacity=0.3, clip=True
        )
        thick = alt.Chart(part[part.group == group]).mark_line(
            color=theme.VALID, strokeWidth=1.8, opacity=0.8, clip=True
        )
        panels.append(
            alt.layer(
                thin.encode(x=x, y=y, detail="model:N"),
                one.encode(y=y),
                thick.encode(x=x, y=y, detail="model:N"),
            ).properties(
                width=250,
                height=150,
                title=alt.Title(titles[name], fontSize=theme.TITLE, fontWeight="normal", offset=6),
            )
        )
    shown = table[table.group == group].model.nunique() if group != OTHER else 0
    others = table[table.group == OTHER].model.nunique()
    which = (
        "that match all curves" if group == MATCHING else "with the best fit of their worst curve"
    )
    grid = [
        alt.hconcat(*panels[k : k + columns], spacing=18) for k in range(0, len(panels), columns)
    ]
    return alt.vconcat(*grid, spacing=14).properties(
        title=headline(
            "Inside the cell during the batch",
            f"Concentrations relative to the steady state c*. Blue: {count(shown, 'model')} "
            f"{which}; grey: {count(others, 'other')}. Values beyond a factor of {span:,.0f} are "
            "drawn at the edge.",
            source or "",
            width=_WIDE + 12,
        )
    )


# --- pieces ---------------------------------------------------------------------------------------


def _time(last: float, *, title: str | None, ticks: int = 7) -> alt.X:
    return alt.X(
        "time_h:Q",
        title=title,
        scale=alt.Scale(domain=[0, last], nice=False),
        axis=alt.Axis(tickCount=ticks, grid=False),
    )


def _amount(field: str, title: str, high: float, low: float = 0.0) -> alt.Y:
    scale = alt.Scale(domain=[low, high], nice=False)
    return alt.Y(f"{field}:Q", title=title, scale=scale)


def _points(points: pd.DataFrame, x: alt.X, title: str, high: float) -> list[alt.Chart]:
    """Measured points, black, with their error bars where there are any."""
    bars = alt.Chart(points[points.high > points.low]).mark_rule(
        color=theme.MEASURED, strokeWidth=1.5
    )
    dots = alt.Chart(points).mark_point(filled=True, color=theme.MEASURED, size=42, opacity=1)
    return [
        bars.encode(x=x, y=_amount("low", title, high), y2="high:Q"),
        dots.encode(x=x, y=_amount("value", title, high)),
    ]


def _end(part: pd.DataFrame) -> float:
    if not len(part):
        return np.nan
    return float(part[part.time_h == part.time_h.max()].value.median())


def _labels(
    labels: Sequence[tuple[float, str, str]], field: str, high: float, gap: float
) -> alt.Chart:
    """Coloured text at the right edge of a panel from 0 to ``high``, moved apart."""
    heights = theme.spread([value for value, _, _ in labels], gap * high, 0.0, high)
    data = pd.DataFrame(
        [
            {field: height, "text": text, "colour": theme.darker(colour)}
            for height, (_, text, colour) in zip(heights, labels, strict=True)
        ]
    )
    return (
        alt.Chart(data)
        .mark_text(align="left", dx=8, baseline="middle")
        .encode(
            x=alt.value(theme.WIDTH),
            y=alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, high], nice=False)),
            text="text:N",
            color=alt.Color("colour:N", scale=None),
        )
    )


def _above(texts: Sequence[str], colours: Sequence[str]) -> list[alt.Chart]:
    """Texts on the line above a panel: the first, bold, at the left, the others at the right."""
    charts = []
    for i, (text, colour) in enumerate(zip(texts, colours, strict=True)):
        mark = alt.Chart(pd.DataFrame({"text": [text]})).mark_text(
            align="left" if i == 0 else "right", baseline="bottom", color=colour,
            fontWeight="bold" if i == 0 else "normal",
        )  # fmt: skip
        at = 0.0 if i == 0 else theme.WIDTH - 210.0 * (len(texts) - 1 - i)
        charts.append(mark.encode(x=alt.value(at), y=alt.value(-5), text="text:N"))
    return charts


def _left_over(table: pd.DataFrame, best: int, left: Mapping[str, str], last: float) -> Figure:
    """What is left in the medium, in percent of the start."""
    palette = (*theme.GROUPS[1:3], theme.ORANGE)  # as the media that have more of them
    layers: list[Any] = []
    labels = []
    x = _time(last, title="Time (h)")
    parts = []
    for variable, name in left.items():
        first = table[table.time_h == 0].set_index("model")[variable]
        share = table[variable] / table.model.map(first)
        parts.append(table.assign(share=share, name=name)[["model", "time_h", "share", "name"]])
    data = pd.concat(parts)
    high = 1.05 * max(1.0, float(data.share.max()))
    y = alt.Y(
        "share:Q",
        title="Left in the medium as given (%)",
        scale=alt.Scale(domain=[0, high], nice=False),
        axis=alt.Axis(labelExpr=theme.PERCENT, tickCount=5),
    )
    for colour, name in zip(palette, left.values(), strict=False):
        part = data[data.name == name]
        thin = alt.Chart(part[part.model != best]).mark_line(
            color=colour, strokeWidth=1, opacity=0.4, clip=True
        )
        lead = part[part.model == best]
        layers.append(thin.encode(x=x, y=y, detail="model:N"))
        bold = alt.Chart(lead).mark_line(color=colour, strokeWidth=3, clip=True)
        layers.append(bold.encode(x=x, y=y))
        if len(lead):
            labels.append((float(lead.share.iloc[-1]), name, colour))
    layers.append(_labels(labels, "share", high, 0.095))
    return alt.layer(*layers).properties(height=210)


def shades_of(factors: Sequence[float]) -> list[str]:
    """One blue for each factor, darker with it."""
    steps = np.linspace(0, len(FACTOR_SHADES) - 1, len(factors)) if len(factors) > 1 else [2.0]
    out = []
    for step in steps:
        a, b = FACTOR_SHADES[int(np.floor(step))], FACTOR_SHADES[int(np.ceil(step))]
        w = float(step - np.floor(step))
        mixed = (
            round((1 - w) * int(a[i : i + 2], 16) + w * int(b[i : i + 2], 16)) for i in (1, 3, 5)
        )
        out.append("#" + "".join(f"{c:02X}" for c in mixed))
    return out
