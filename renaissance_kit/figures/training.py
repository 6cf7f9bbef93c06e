"""Does training work? Incidence, λmax, settings, Michaelis constants and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.core.types import Array
from renaissance_kit.figures import theme
from renaissance_kit.figures.density import mirrored_density
from renaissance_kit.figures.theme import Figure, Source, count, headline, number, percent
from renaissance_kit.kinetics.spectrum import incidence_of
from renaissance_kit.studies import Baseline, mean_over_repeats

BANDWIDTH = 0.12  # decades, of the densities of constants


def incidence_over_generations(
    history: pd.DataFrame,
    *,
    baseline: Baseline | None = None,
    paper_incidence: float | None = None,
    source: Source | None = None,
) -> Figure:
    """Share of valid models over the generations: every repeat, mean and interval.

    Args:
        history: as from `renaissance_kit.studies.incidence_history`; first group in blue.
        baseline: unbiased sampling at the same state, drawn as a line with its interval.
        paper_incidence: the published mean of this network at this state, drawn as a dashed line.
    """
    groups = list(dict.fromkeys(history.group))
    colour = alt.Color("group:N", scale=_group_scale(groups), legend=None)
    x = alt.X(
        "step:Q",
        title="Generation (steps taken)",
        scale=alt.Scale(domain=[0, int(history.step.max())], nice=False),
        axis=alt.Axis(tickCount=10, tickMinStep=1, format="d", grid=False),
    )
    y_title = "Incidence (% of models valid)"
    y_scale = alt.Scale(domain=[0, 1])
    y = alt.Y("incidence:Q", title=y_title, scale=y_scale, axis=alt.Axis(labelExpr=theme.PERCENT))
    summary = mean_over_repeats(history)
    last = summary.groupby("group", sort=False).tail(1)
    ends = dict(zip(last.group, last.step, strict=True))
    labels = [
        (
            float(share),
            f"{group} {percent(float(share))}"
            + (f" after {ends[group]}" if ends[group] < history.step.max() else ""),
            colour_of,
        )
        for group, share, colour_of in zip(
            last.group, last.incidence, _colours(groups), strict=True
        )
    ]
    layers: list[alt.Chart] = []
    if paper_incidence is not None:
        labels.append((paper_incidence, f"paper reports {percent(paper_incidence)}", theme.PAPER))
        dashed = alt.Chart(pd.DataFrame({"incidence": [paper_incidence]})).mark_rule(
            color=theme.PAPER, strokeDash=[7, 5], strokeWidth=1.5
        )
        layers.append(dashed.encode(y=y))
    if baseline is not None:
        low, high = baseline.interval
        data = pd.DataFrame({"incidence": [baseline.incidence], "low": [low], "high": [high]})
        band = alt.Chart(data).mark_rect(color=theme.UNBIASED, opacity=0.25)
        layers.append(band.encode(y=alt.Y("low:Q", scale=y_scale), y2="high:Q"))
        labels.append(
            (
                baseline.incidence,
                f"unbiased sampling {percent(baseline.incidence)}",
                theme.UNBIASED,
            )
        )
    area = alt.Chart(summary).mark_area(opacity=0.2)
    thin = alt.Chart(history).mark_line(strokeWidth=1, opacity=0.55)
    thick = alt.Chart(summary).mark_line(strokeWidth=3)
    layers += [
        area.encode(x=x, y=alt.Y("low:Q", scale=y_scale, title=y_title), y2="high:Q", color=colour),
        thin.encode(x=x, y=y, color=colour, detail="repeat:N"),
        thick.encode(x=x, y=y, color=colour),
    ]
    if baseline is not None:  # above the others, so that it shows where both are near 0
        rule = alt.Chart(data).mark_rule(color=theme.UNBIASED, strokeWidth=2, strokeDash=[4, 4])
        layers.append(rule.encode(y=y))
    layers.append(theme.end_labels(labels, "incidence"))
    return alt.layer(*layers).properties(
        title=headline(
            _before_and_after(summary),
            _interval_sentence(history, summary),
            _baseline_sentence(baseline),
            source or "",
            width=theme.CAPTION_CHARACTERS + 14,
        )
    )


def _before_and_after(summary: pd.DataFrame) -> str:
    """What the first group of repeats began and ended with."""
    own = summary[summary.group == summary.group.iloc[0]].incidence
    steps = int(summary.step[summary.group == summary.group.iloc[0]].max())
    return (
        f"Valid models: {percent(float(own.iloc[0]))} before training, "
        f"{percent(float(own.iloc[-1]))} after {count(steps, 'generation')}"
    )


def lambda_ridge(
    lambdas: pd.DataFrame,
    *,
    threshold_per_h: float,
    strips: int = 8,
    source: Source | None = None,
) -> Figure:
    """Distribution of λmax by generation, one strip each, blue where models are valid.

    Args:
        lambdas: columns step and lambda_max_per_h, of one group of repeats.
        strips: how many generations to show; the first and the last are always among them.
    """
    generations = np.unique(lambdas.step)
    shown = np.unique(
        generations[np.linspace(0, len(generations) - 1, min(strips, len(generations))).astype(int)]
    )
    low, high = theme.lambda_range(lambdas.lambda_max_per_h, threshold_per_h)
    parts, labels = [], []
    for row, step in enumerate(shown):
        values = lambdas.lambda_max_per_h[lambdas.step == step].to_numpy()
        finite = values[np.isfinite(values)]
        strip = _strip(finite, low, high, threshold_per_h)
        base = float(len(shown) - 1 - row)
        parts.append(strip.assign(step=step, base=base, top=base + strip.height))
        valid = incidence_of(values, threshold_per_h)
        labels.append({"base": base, "step": f"{step}", "valid": percent(valid), "edge": high})
    x = theme.lambda_axis(low, high, title="λmax, slowest mode of each model (1/h)")
    table, marks = pd.concat(parts), pd.DataFrame(labels)
    rows = [float(v) for v in marks.base]
    names = dict(zip(rows, marks.step, strict=True))
    y_axis = alt.Axis(
        values=rows, labelExpr=theme.tick_labels(rows, lambda v: names[v]), ticks=False,
        grid=False, domain=False,
    )  # fmt: skip
    y = alt.Y(
        "base:Q", title="Generation (steps taken)", axis=y_axis,
        scale=alt.Scale(domain=[-0.15, len(shown) + 0.5], nice=False),
    )  # fmt: skip
    areas = [
        alt.Chart(table[(table.step == g) & (table.side == side)])
        .mark_area(color=fill, opacity=1)
        .encode(x=x, y=y, y2="top:Q")
        for g in shown
        for side, fill in (("valid", theme.VALID), ("slow", theme.INVALID))
    ]
    rule = (
        alt.Chart(pd.DataFrame({"lambda_max_per_h": [threshold_per_h]}))
        .mark_rule(color=theme.THRESHOLD, strokeWidth=1.5)
        .encode(x=x)
    )
    top = pd.DataFrame(
        {"lambda_max_per_h": [threshold_per_h], "base": [len(shown) + 0.25],
         "text": [f"threshold {number(threshold_per_h)} 1/h"]}
    )  # fmt: skip
    named = alt.Chart(top).mark_text(
        color=theme.darker(theme.THRESHOLD), align="left", dx=6, baseline="middle"
    )
    share = alt.Chart(marks).mark_text(color=theme.VALID, align="left", dx=8, dy=-8, fontSize=15)
    head = pd.DataFrame({"edge": [high], "base": [len(shown) + 0.25], "text": ["valid"]})
    column = alt.Chart(head).mark_text(color=theme.VALID, align="left", dx=8, baseline="middle")
    at_edge = alt.X("edge:Q", scale=theme.lambda_scale(low, high))
    per_strip = lambdas[lambdas.step.isin(shown)].groupby("step").size()
    return alt.layer(
        *areas,
        rule,
        named.encode(x=x, y=y, text="text:N"),
        share.encode(x=at_edge, y=y, text="valid:N"),
        column.encode(x=at_edge, y=y, text="text:N"),
    ).properties(
        height=46 * len(shown) + 24,
        title=headline(
            "λmax of the models during training",
            f"Density of {_range_of(per_strip)} models a strip, from "
            f"{count(lambdas['repeat'].nunique(), 'repeat') if 'repeat' in lambdas else 'one run'};"
            " symmetric logarithmic axis; blue: valid.",
            source or "",
        ),
    )


def km_shift(
    before_mM: pd.DataFrame,
    after_mM: pd.DataFrame,
    *,
    names: Sequence[str],
    concentrations_mM: Mapping[str, float] | None = None,
    after: str = "valid model",
    called: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Michaelis constants before and after training, one strip for each of ``names``.

    Args:
        before_mM, after_mM: one column a constant, one row a model.
        names: ``reaction:metabolite`` in the order from the top.
        concentrations_mM: of the metabolites at the steady state, marked on each strip.
        after: what the rows of ``after_mM`` are, for the caption.
        called: names of constants for readers; ``reaction:metabolite`` where there is none.
    """
    low = float(min(before_mM[list(names)].min().min(), after_mM[list(names)].min().min()))
    high = float(max(before_mM[list(names)].max().max(), after_mM[list(names)].max().max()))
    grid = np.linspace(np.log10(low), np.log10(high), 90)
    strips, rows, points = [], [], []
    for i, name in enumerate(names):
        base = float(len(names) - 1 - i)
        pair = [
            mirrored_density(np.log10(frame[name].to_numpy()), grid, BANDWIDTH, grid[0], grid[-1])
            for frame in (before_mM, after_mM)
        ]
        for density, when, most in zip(pair, ("before", "after"), (0.4, 0.86), strict=True):
            height = most * density / density.max()
            strips.append(
                pd.DataFrame({"km_mM": 10**grid, "base": base, "top": base + height, "when": when})
            )
        rows.append(base)
        metabolite = name.split(":")[1]
        if concentrations_mM and metabolite in concentrations_mM:
            points.append({"km_mM": concentrations_mM[metabolite], "base": base})
    table = pd.concat(strips)
    marks = pd.DataFrame(points, columns=["km_mM", "base"])
    span = [0.7 * min(low, *marks.km_mM), 1.4 * max(high, *marks.km_mM)]
    ticks = theme.round_ticks(*span)
    x = alt.X(
        "km_mM:Q",
        title="KM and concentration (mM)" if len(marks) else "KM (mM)",
        scale=alt.Scale(type="log", domain=span, nice=False),
        axis=alt.Axis(
            values=ticks,
            labelExpr=theme.tick_labels(ticks, lambda v: f"{v:g}"),
        ),
    )
    texts = dict(zip(rows, theme.called(names, called), strict=True))
    height = {
        "title": None,
        "scale": alt.Scale(domain=[-0.4, len(names)], nice=False),
        "axis": alt.Axis(
            values=rows, labelExpr=theme.tick_labels(rows, lambda v: texts[v]), ticks=False,
            domain=False, labelLimit=330,
        ),
    }  # fmt: skip
    layers = []
    for when, fill, opacity in (("before", theme.BEFORE, 0.45), ("after", theme.AFTER, 0.6)):
        for base in rows:
            part = table[(table.when == when) & (table.base == base)]
            mark = alt.Chart(part).mark_area(
                color=fill, opacity=opacity, line={"color": fill, "strokeWidth": 1.5}
            )
            layers.append(mark.encode(x=x, y=alt.Y("top:Q", **height), y2="base:Q"))
    if len(marks):
        tick = alt.Chart(marks).mark_point(
            shape="triangle-up", filled=True, color=theme.MEASURED, size=90, opacity=1, yOffset=5
        )
        layers.append(tick.encode(x=x, y=alt.Y("base:Q", **height)))
    where = " Triangle: steady-state concentration." if len(marks) else ""
    return alt.layer(*layers).properties(
        height=38 * len(names),
        title=headline(
            "Michaelis constants that training moved most",
            f"Density in grey: {count(len(before_mM), 'unbiased model')}; in blue: "
            f"{count(len(after_mM), after)} after training.{where} "
            f"{len(names)} of {after_mM.shape[1]} KM, by Kolmogorov–Smirnov distance; "
            "each density has its own height.",
            source or "",
        ),
    )


def time_budget(budget: pd.DataFrame, *, source: Source | None = None) -> Figure:
    """Where the time of a generation goes, per model and on one thread.

    Args:
        budget: as from `renaissance_kit.studies.time_budget`.
    """
    data = budget.assign(
        text=[
            f"{ms:.2f} ms, {100 * share:.0f} %"
            for ms, share in zip(budget.milliseconds_per_model, budget.share, strict=True)
        ]
    )
    largest = float(data.milliseconds_per_model.max())
    x = alt.X(
        "milliseconds_per_model:Q",
        title="Time for a model (ms)",
        scale=alt.Scale(domain=[0, 1.3 * largest], nice=False),
        axis=alt.Axis(tickCount=6),
    )
    y = alt.Y(
        "part:N", title=None, sort=list(data.part), axis=alt.Axis(labelLimit=260, ticks=False)
    )
    base = alt.Chart(data).encode(x=x, y=y)
    return alt.layer(
        base.mark_bar(color=theme.BLUE, height=26),
        base.mark_text(align="left", dx=6).encode(text="text:N"),
    ).properties(
        height=44 * len(data),
        width=480,
        title=headline(
            "Where the time of a generation goes",
            f"One generation of {count(int(data.models.iloc[0]), 'model')} on one thread, "
            f"measured once; {number(float(data.milliseconds_per_model.sum()))} ms a model in all.",
            source or "",
        ),
    )


# --- pieces ------------------------------------------------------------------------------------


def _colours(groups: Sequence[str]) -> list[str]:
    return [theme.GROUPS[i % len(theme.GROUPS)] for i in range(len(groups))]


def _group_scale(groups: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(groups), range=_colours(groups))


def _range_of(sizes: pd.Series) -> str:
    low, high = int(sizes.min()), int(sizes.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _interval_sentence(history: pd.DataFrame, summary: pd.DataFrame) -> str:
    parts = []
    for group, part in history.groupby("group", sort=False):
        steps, repeats = int(part.step.max()), part["repeat"].nunique()
        parts.append(f"{group}: {count(repeats, 'repeat')} of {count(steps, 'generation')}")
    band = {
        "repeats": "95 % interval of the mean over repeats (t)",
        "models": "95 % interval of the share of models (Wilson) where repeats do not differ",
    }
    if (summary.repeats == 1).all():
        band["models"] = "95 % interval of the share of models (Wilson)"
    kinds = [band[kind] for kind in sorted(set(summary.interval), reverse=True)]
    watched = _range_of(history.models)
    return f"{'; '.join(parts)}. {watched} models a point; bands: {', '.join(kinds)}."


def _baseline_sentence(baseline: Baseline | None) -> str:
    if baseline is None:
        return ""
    low, high = baseline.interval
    return (
        f"Unbiased sampling: {baseline.valid:,} of {count(len(baseline.lambda_max_per_h), 'model')}"
        f" valid (95 %: {100 * low:.2g} to {100 * high:.2g} %)."
    )


def _strip(values: Array, low: float, high: float, threshold: float) -> pd.DataFrame:
    """Density of λmax in symlog coordinates, cut at the threshold, peak 0.92 strips high."""
    edges = theme.to_symlog([low, threshold, high])
    grid = np.union1d(np.linspace(edges[0], edges[2], 160), edges[1:2])
    bandwidth = max(0.01 * float(edges[2] - edges[0]), 1e-6)
    density = np.zeros(len(grid))
    if len(values):
        z = (grid[:, None] - theme.to_symlog(values)[None, :]) / bandwidth
        density = np.exp(-0.5 * z**2).mean(axis=1)
    height = 0.92 * density / max(float(density.max()), 1e-300)
    frame = pd.DataFrame({"lambda_max_per_h": theme.from_symlog(grid), "height": height})
    left = frame[grid <= edges[1]].assign(side="valid")
    return pd.concat([left, frame[grid >= edges[1]].assign(side="slow")])
