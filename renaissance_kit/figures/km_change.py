"""What do measured constants change? Densities, distance in the network, and what moved most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.density import mirrored_density
from renaissance_kit.figures.rows import ROW, row_axis
from renaissance_kit.figures.theme import Figure, Source, count, headline, number

WITHOUT, WITH = theme.GREY, theme.BLUE
NOISE = "#E2E2E2"
DATA = "#F3D9B1"
_WIDE = 130


@dataclass(frozen=True)
class Panel:
    """One parameter of a figure of densities.

    Attributes:
        title: above the panel.
        unit: of the axis.
        without, with_data: values of each ensemble.
        interval: measured interval, if there is one.
    """

    title: str
    unit: str
    without: Sequence[np.ndarray]
    with_data: Sequence[np.ndarray]
    interval: tuple[float, float] | None = None


def densities(
    panels: Sequence[Panel], *, integrated: str, models: int, source: Source | None = None
) -> Figure:
    """Distributions without and with data, a thin line each ensemble, a thick one all together.

    Args:
        integrated: what was constrained to measured ranges, in words.
        models: of all ensembles together.
    """
    charts = [_density_panel(panel) for panel in panels]
    rows = [alt.hconcat(*charts[i : i + 2], spacing=40) for i in range(0, len(charts), 2)]
    first = panels[0]
    return alt.vconcat(*rows, spacing=24).properties(
        title=headline(
            "Parameters without and with data",
            f"Grey: without data, {count(len(first.without), 'training')}. Blue: {integrated} in "
            f"their ranges, {count(len(first.with_data), 'training')}. Thin: one training; thick: "
            "all. Orange band: measured, from least to greatest, widened by 20 %. "
            f"{count(models, 'model')} in all; logarithmic axes.",
            source or "",
            width=_WIDE,
        )
    )


def _density_panel(panel: Panel) -> Figure:
    groups = {"without": panel.without, "with": panel.with_data}
    logs = {k: [np.log10(v) for v in values] for k, values in groups.items()}
    every = np.concatenate([x for values in logs.values() for x in values])
    low, high = (float(v) for v in np.quantile(every, [0.001, 0.999]))
    if panel.interval:
        low = min(low, float(np.log10(panel.interval[0])))
        high = max(high, float(np.log10(panel.interval[1])))
    margin = 0.04 * max(high - low, 0.5)
    grid = np.linspace(low - margin, high + margin, 321)
    lines = []
    for group, values in logs.items():
        for i, x in enumerate([*values, np.concatenate(values)]):
            density = smoothed_density(x, grid)
            kind = "all" if i == len(values) else "one"
            lines.append(
                pd.DataFrame({"value": 10**grid, "density": density, "group": group,
                              "kind": kind, "line": f"{group} {i}"})
            )  # fmt: skip
    table = pd.concat(lines)
    span = [10 ** float(grid[0]), 10 ** float(grid[-1])]
    x = _log_x("value", f"{panel.title} ({panel.unit})", span)
    top = 1.05 * float(table.density.max())
    y = alt.Y("density:Q", title=None, axis=None, scale=alt.Scale(domain=[0, top], nice=False))
    colour = alt.Color(
        "group:N", scale=alt.Scale(domain=["without", "with"], range=[WITHOUT, WITH]), legend=None
    )
    layers = []
    if panel.interval:
        band = pd.DataFrame({"value": [panel.interval[0]], "end": [panel.interval[1]]})
        layers.append(alt.Chart(band).mark_rect(color=DATA).encode(x=x, x2="end:Q"))
    for kind, width, opacity in (("one", 1, 0.45), ("all", 3, 1)):
        mark = alt.Chart(table[table.kind == kind]).mark_line(strokeWidth=width, opacity=opacity)
        layers.append(mark.encode(x=x, y=y, color=colour, detail="line:N"))
    return alt.layer(*layers).properties(width=420, height=130)


def change_by_distance(
    tables: Mapping[str, pd.DataFrame], *, threshold: float = 0.05, source: Source | None = None
) -> Figure:
    """Jensen-Shannon distance of every parameter against its steps from the data.

    Args:
        tables: as from `renaissance_kit.analysis.km_change.change_table` with
            `renaissance_kit.network.distance.with_distance`, by the name of the kind.
        threshold: false discovery rate below which a change is marked.
    """
    everything = pd.concat([t.assign(kind=kind) for kind, t in tables.items()])
    finite = everything.distance_steps[np.isfinite(everything.distance_steps)]
    beyond = float(finite.max()) + 1
    low = 0.8 * float(everything[["distance", "distance_null_low"]].clip(lower=0.01).min().min())
    everything["distance"] = everything.distance.clip(lower=low)
    levels = theme.round_ticks(low, 1.0)
    ticks = [float(v) for v in range(int(beyond) + 1)]
    x_scale = alt.Scale(domain=[-0.6, beyond + 0.6], nice=False)
    y_scale = alt.Scale(type="log", domain=[low, 1.0], nice=False, clamp=True)
    y_axis = alt.Axis(values=levels, labelExpr=theme.tick_labels(levels, number))
    panels = []
    for i, (kind, table) in enumerate(tables.items()):
        steps = table.distance_steps.replace(np.inf, beyond)
        jitter = 0.28 * np.sin(7.0 * np.arange(len(table)))  # the same every time
        placed = table.assign(
            steps=steps + jitter,
            found=np.where(table.q_distance < threshold, "found", "noise"),
        )
        x = alt.X(
            "steps:Q", title="Distance from the data (steps)",
            scale=x_scale,
            axis=alt.Axis(values=ticks, grid=False, labelExpr=theme.tick_labels(
                ticks, lambda v: "none" if v == beyond else f"{v:g}")),
        )  # fmt: skip
        y_title = "Jensen-Shannon distance (dimensionless)" if i == 0 else None
        y = alt.Y("distance:Q", title=y_title, scale=y_scale, axis=y_axis)
        colour = alt.Color(
            "found:N", legend=None,
            scale=alt.Scale(domain=["found", "noise"], range=[theme.BLUE, "#B5B5B5"]),
        )  # fmt: skip
        columns = [f"distance_null{end}" for end in ("", "_low", "_high")]
        null = table.assign(steps=steps).groupby("steps")[columns].mean().reset_index()
        null = null.assign(low=null.steps - 0.4, high=null.steps + 0.4)
        sides = {"x": alt.X("low:Q", scale=x_scale), "x2": "high:Q"}
        band = alt.Chart(null).mark_rect(color=NOISE).encode(
            **sides, y=alt.Y("distance_null_low:Q", scale=y_scale),
            y2="distance_null_high:Q",
        )  # fmt: skip
        rule = alt.Chart(null).mark_rule(color=theme.INK, strokeWidth=2)
        found = int((table.q_distance < threshold).sum())
        said = f"{found} of {len(table)} changed"
        if _too_few(table, threshold):
            said = f"{len(table)}, too few trainings to tell"
        panels.append(
            alt.layer(
                band,
                alt.Chart(placed).mark_circle(size=34, opacity=0.8).encode(x=x, y=y, color=colour),
                rule.encode(**sides, y=alt.Y("distance_null:Q", scale=y_scale)),
            ).properties(
                width=300, height=300,
                title=alt.Title(f"{kind}: {said}", fontSize=theme.TITLE,
                                fontWeight="normal", offset=8),
            )
        )  # fmt: skip
    away = everything[everything.distance_steps > 0]
    changed = int((away.q_distance < threshold).sum())
    return alt.hconcat(*panels, spacing=18).properties(
        title=headline(
            _too_few(everything, threshold)
            or f"Beyond the reactions with data {changed} of {len(away):,} parameters change",
            "Each point a parameter. Steps: from reaction to reaction over shared metabolites, "
            "currency metabolites left out; 0: reactions with data; none: no path. Blue: false "
            f"discovery rate below {100 * threshold:g} % in a permutation test; black and "
            "grey: mean distance with permuted labels and its central 95 %, averaged over the "
            "parameters. Logarithmic axis.",
            source or "",
            width=_WIDE,
        )
    )


def moved_most(
    table: pd.DataFrame,
    *,
    rows: int = 20,
    what: str = "constants without data",
    threshold: float = 0.05,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Shift of the medians that moved most, each beside its permutation null distribution.

    Args:
        table: as from `renaissance_kit.analysis.km_change.change_table`.
        rows: how many to show.
        what: the rows of the table, in words.
        names: of constants for readers; as in the table where there is none.
    """
    order = np.argsort(-np.abs(table["shift"].to_numpy()), kind="stable")[:rows]
    shown = table.iloc[order].reset_index(drop=True)
    shown = shown.assign(
        row=range(len(shown)),
        found=np.where(shown.q_shift < threshold, "found", "noise"),
        name=theme.called(shown.name, names),
    )
    y = row_axis(shown, "name", len(shown) - 1)
    title = "Shift of the median (decades)"
    x = alt.X("shift:Q", title=title)
    zero = alt.Chart(pd.DataFrame({"shift": [0.0]})).mark_rule(color=theme.INK, strokeWidth=1)
    base = alt.Chart(shown).encode(y=y)
    colour = alt.Color(
        "found:N", legend=None,
        scale=alt.Scale(domain=["found", "noise"], range=[theme.BLUE, theme.GREY]),
    )  # fmt: skip
    found = int((table.q_shift < threshold).sum())
    return alt.layer(
        base.mark_bar(color=NOISE, height=ROW - 6).encode(
            x=alt.X("shift_low:Q", title=title), x2="shift_high:Q"
        ),
        zero.encode(x=x),
        base.mark_circle(size=90, opacity=1).encode(x=x, color=colour),
    ).properties(
        width=520,
        height=ROW * len(shown),
        title=headline(
            _too_few(table, threshold) or f"{found} of {len(table)} {what} shift beyond chance",
            f"The {len(shown)} of {len(table)} {what} whose median moved most. Grey bars: 95 % of "
            f"the permutation null distribution. Blue: false discovery rate below "
            f"{100 * threshold:g} %.",
            source or "",
        ),
    )


def _too_few(table: pd.DataFrame, threshold: float) -> str:
    """A title for a comparison that could not have found anything; else empty."""
    least = float(table.p_least.max())
    return f"Too few trainings to tell: no p-value below {least:.2g}" if least > threshold else ""


def smoothed_density(x: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Kernel density of log10 values with Silverman's width, at least 1.5 points of the grid.

    Mirrored at the smallest and the largest value and 0 beyond: constants end at their bounds, and
    many lie on them.
    """
    spread = min(float(x.std()), float(np.subtract(*np.quantile(x, [0.75, 0.25]))) / 1.34)
    width = max(0.9 * spread * len(x) ** -0.2, 1.5 * float(grid[1] - grid[0]))
    low, high = float(x.min()), float(x.max())
    if high - low <= 3 * width:  # a peak, narrower than what mirrors would add at its ends
        low, high = -np.inf, np.inf
    density = mirrored_density(x, grid, width, low, high)
    return np.where((grid >= low) & (grid <= high), density, 0.0)


def _log_x(field: str, title: str, span: Sequence[float]) -> alt.X:
    ticks = theme.round_ticks(span[0], span[1])
    every = max(1, -(-len(ticks) // 7))
    ticks = ticks[::every]
    return alt.X(
        f"{field}:Q", title=title,
        scale=alt.Scale(type="log", domain=list(span), nice=False, clamp=True),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, number), grid=False),
    )  # fmt: skip
