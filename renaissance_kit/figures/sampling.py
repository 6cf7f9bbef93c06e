"""Has the sampling converged, which state is the default, and what the turnover bound is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit import studies
from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number
from renaissance_kit.kinetics.spectrum import is_valid

KINDS = {
    "fluxes": theme.BLUE,
    "ln concentrations": theme.ORANGE,
    "ΔrG′": theme.GREEN,
    "ΔrG′°": theme.PURPLE,
}
RHAT_LIMIT, ESS_LIMIT = 1.01, 400.0  # Vehtari et al. 2021 Bayesian Analysis 16:667


def convergence(
    table: pd.DataFrame,
    *,
    draws: int,
    names: Mapping[str, str] | None = None,
    source: Source | None = None,
) -> Figure:
    """Effective sample size and R-hat of every sampled variable, the worst of them named.

    Args:
        table: as from `renaissance_kit.studies.diagnostics_table`.
        draws: number of states.
        names: of metabolites, for readers; ids where there is none.
    """
    table = table[np.isfinite(table.ess) & np.isfinite(table.rhat)].reset_index(drop=True)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values())),
                       legend=None)  # fmt: skip
    right = 1.04 * max(float(table.ess.max()), ESS_LIMIT)
    low = min(float(table.rhat.min()), 1.0)
    high = max(float(table.rhat.max()), RHAT_LIMIT)
    room = 0.08 * (high - low)
    x = alt.X(
        "ess:Q", title="Effective sample size (states)",
        scale=alt.Scale(domain=[0, right], nice=False), axis=alt.Axis(tickCount=6, format=",d"),
    )  # fmt: skip
    y = alt.Y(
        "rhat:Q", title="Split R-hat (dimensionless)",
        scale=alt.Scale(domain=[low - room, high + room], nice=False),
        axis=alt.Axis(tickCount=6),
    )  # fmt: skip
    limits = [
        alt.Chart(pd.DataFrame({"rhat": [RHAT_LIMIT]}))
        .mark_rule(color=theme.INK, strokeDash=[6, 4])
        .encode(y=y),
        alt.Chart(pd.DataFrame({"ess": [ESS_LIMIT]}))
        .mark_rule(color=theme.INK, strokeDash=[6, 4])
        .encode(x=x),
    ]
    points = alt.Chart(table).mark_circle(size=46, opacity=0.6)
    worst = pd.concat([table.nsmallest(3, "ess"), table.nlargest(3, "rhat")]).drop_duplicates()
    one = {"ln concentrations": "ln c", "fluxes": "flux"}
    kinds = worst.kind.replace(one)
    called = theme.called(worst.name, names)
    worst = worst.assign(text=[f"{k} {n}" for k, n in zip(kinds, called, strict=True)])
    span = high - low + 2 * room
    heights = theme.spread(list(worst.rhat), 0.058 * span, low - room, high + room)
    inward = worst.ess < 0.25 * right  # no room on the left, where few points are
    placed = worst.assign(height=heights)
    marks = [
        alt.Chart(placed[inward]).mark_text(align="left", dx=10, fontSize=14),
        alt.Chart(placed[~inward]).mark_text(align="right", dx=-10, fontSize=14),
    ]
    side = np.where(inward, 1.0, -1.0)
    lines = pd.concat(
        [
            pd.DataFrame({"line": i, "ess": [a, a + 0.009 * s * right], "rhat": [b, h]})
            for i, (a, b, h, s) in enumerate(zip(worst.ess, worst.rhat, heights, side, strict=True))
        ]
    )
    panel = alt.layer(
        *limits,
        points.encode(x=x, y=y, color=colour),
        alt.Chart(lines).mark_line(color=theme.GREY, strokeWidth=1).encode(
            x=x, y=y, detail="line:N"
        ),
        *(mark.encode(x=x, y=_same(y, "height"), text="text:N") for mark in marks),
    ).properties(width=theme.WIDTH, height=theme.HEIGHT)  # fmt: skip
    key = pd.DataFrame({"text": list(KINDS), "kind": list(KINDS), "at": np.arange(len(KINDS))})
    key["text"] = [f"{k} ({(table.kind == k).sum()})" for k in key.kind]
    texts = alt.Chart(key).mark_text(align="left", baseline="middle", fontWeight="bold").encode(
        x=alt.value(theme.WIDTH + 14), text="text:N",
        y=alt.Y("at:Q", scale=alt.Scale(domain=[13, -1], nice=False), axis=None),
        color=alt.Color(
            "kind:N", legend=None,
            scale=alt.Scale(domain=list(KINDS), range=[theme.darker(c) for c in KINDS.values()]),
        ),
    )  # fmt: skip
    share = 100 * float(table.ess.min()) / draws
    return (
        alt.layer(panel, texts)
        .resolve_scale(y="independent", color="independent")
        .properties(
            title=headline(
                "Convergence of the sampling",
                f"{len(table)} variables over {count(draws, 'state')} of 4 chains. The least "
                f"effective sample size is {table.ess.min():,.0f} ({number(share)} % of the "
                f"states), the largest R-hat {table.rhat.max():.4f}; named: the three worst of "
                f"each. Dashed: the usual limits, {ESS_LIMIT:g} and {RHAT_LIMIT:g}.",
                source or "",
                width=theme.CAPTION_CHARACTERS + 14,
            )
        )
    )


def two_samples(
    table: pd.DataFrame, *, names: tuple[str, str], source: Source | None = None
) -> Figure:
    """Do two independent samples agree? Differences of means over their standard errors.

    Args:
        table: as from `renaissance_kit.studies.agreement`.
        names: of the two samples, for the caption.
    """
    z = table.z[np.isfinite(table.z)].to_numpy()
    edge = max(4.0, 0.5 * math.ceil(2 * float(np.abs(z).max())))
    edges = np.linspace(-edge, edge, round(4 * edge) + 1)
    density = np.histogram(z, edges)[0] / (len(z) * (edges[1] - edges[0]))
    bars = pd.DataFrame({"z": edges[:-1], "end": edges[1:], "density": density, "zero": 0.0})
    grid = np.linspace(-edge, edge, 200)
    curve = pd.DataFrame({"z": grid, "density": np.exp(-0.5 * grid**2) / math.sqrt(2 * math.pi)})
    x = alt.X(
        "z:Q", title="Difference of means over its standard error (dimensionless)",
        scale=alt.Scale(domain=[-edge, edge], nice=False), axis=alt.Axis(tickCount=9),
    )  # fmt: skip
    y = alt.Y("density:Q", title="Density (dimensionless)", axis=alt.Axis(tickCount=4))
    inside = float((np.abs(z) < 1.96).mean())
    normal = pd.DataFrame({"z": [1.2], "density": [0.215], "text": ["standard normal"]})
    return alt.layer(
        alt.Chart(bars).mark_rect(color=theme.BLUE, opacity=0.75, stroke="white").encode(
            x=x, x2="end:Q", y=y, y2="zero:Q"
        ),
        alt.Chart(curve).mark_line(color=theme.BLACK, strokeWidth=2).encode(x=x, y=y),
        alt.Chart(normal).mark_text(align="left", dx=6).encode(x=x, y=y, text="text:N"),
    ).properties(
        height=240,
        title=headline(
            f"Two samples: {100 * inside:.0f} % of the means agree within their errors, 95 % "
            "expected",
            f"{names[0]} and {names[1]}: {len(z)} variables, within their errors: ±1.96; "
            f"standard deviation {z.std():.2f} (expected 1). Variables of a "
            "sample depend on each other, so the histogram is rougher than the curve.",
            source or "",
        ),
    )  # fmt: skip


def default_profile(
    table: pd.DataFrame, *, threshold_per_h: float, models: int, source: Source | None = None
) -> Figure:
    """Where the default profile stands among the examined states.

    Args:
        table: as from `renaissance_kit.studies.profile_table`.
        models: number of KM sets at each state.
    """
    low, high = theme.lambda_range(table.lambda_max_quantile, threshold_per_h)
    x = theme.lambda_axis(
        low, high, field="lambda_max_quantile", title="5 % quantile of λmax, random KM (1/h)"
    )
    y = alt.Y(
        "distance:Q", title="Distance to the centroid (standard deviations)",
        scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5),
    )  # fmt: skip
    colours = {"examined": theme.GREY, "default": theme.BLUE}
    layers: list[alt.Chart] = [
        alt.Chart(pd.DataFrame({"lambda_max_quantile": [threshold_per_h]}))
        .mark_rule(color=theme.THRESHOLD, strokeWidth=1.5)
        .encode(x=x)
    ]
    for role, colour in colours.items():
        part = table[table.role == role]
        size, opacity = (50, 0.6) if role == "examined" else (170, 1.0)
        mark = alt.Chart(part).mark_circle(color=colour, size=size, opacity=opacity)
        layers.append(mark.encode(x=x, y=y))
    chosen = table[table.role == "default"]
    chosen = chosen.assign(text=[f"default: state {s}" for s in chosen.state])
    text: dict[str, Any] = {
        "align": "right", "dx": -12, "baseline": "middle", "fontWeight": "bold",
    }  # fmt: skip
    behind = alt.Chart(chosen).mark_text(**text, stroke="white", strokeWidth=5, color="white")
    named = alt.Chart(chosen).mark_text(**text, color=theme.BLUE)
    top = pd.DataFrame(
        {"lambda_max_quantile": [threshold_per_h],
         "text": [f"threshold {number(threshold_per_h)} 1/h"]}
    )  # fmt: skip
    label = alt.Chart(top).mark_text(
        color=theme.darker(theme.THRESHOLD), baseline="bottom", dy=-6, align="left", dx=-4
    )
    layers += [
        behind.encode(x=x, y=y, text="text:N"),
        named.encode(x=x, y=y, text="text:N"),
        label.encode(x=x, y=alt.value(0), text="text:N"),
    ]
    return alt.layer(*layers).properties(
        title=headline(
            "The default profile: a state of middling speed",
            f"{count(len(table), 'examined state')}, {models} random KM sets each, the same for "
            "all. The one with the median quantile is the default. Height: how far a state is from "
            "the mean of all.",
            source or "",
        )
    )


def turnover_and_speed(
    unbiased: pd.DataFrame,
    found: pd.DataFrame,
    *,
    threshold_per_h: float,
    models: int,
    source: Source | None = None,
) -> Figure:
    """λmax by turnover time: of random models, and of the fastest that a search finds.

    Args:
        unbiased: as from `renaissance_kit.studies.unbiased_by_turnover`.
        found: as from `renaissance_kit.studies.search_by_turnover`.
        models: evaluated by the search at each state.
    """
    times = sorted(set(unbiased.turnover_time_min), reverse=True)
    rows = {time: float(i) for i, time in enumerate(times)}
    labels = {row: _time(time) for time, row in rows.items()}
    span = [len(times) - 0.35, -0.8]

    def y(title: str | None) -> alt.Y:
        axis = alt.Axis(
            values=list(labels), labelExpr=theme.tick_labels(list(labels), lambda v: labels[v]),
            ticks=False, domain=False, grid=False,
        ) if title else None  # fmt: skip
        return alt.Y("base:Q", title=title, scale=alt.Scale(domain=span, nice=False), axis=axis)

    panels: list[Any] = []
    for data, panel_title, title in (
        (unbiased, "random KM", "Bound (min)"),
        (found, f"fastest of {models:,} tried", None),
    ):
        low, high = theme.lambda_range(data.lambda_max_per_h, threshold_per_h)
        x = theme.lambda_axis(low, high, title="λmax (1/h)")
        rule = alt.Chart(pd.DataFrame({"lambda_max_per_h": [threshold_per_h]})).mark_rule(
            color=theme.THRESHOLD, strokeWidth=1.5
        )
        layers = [rule.encode(x=x)]
        texts = []
        for time, row in rows.items():
            values = data.lambda_max_per_h[data.turnover_time_min == time].to_numpy()
            finite = values[np.isfinite(values)]
            if title:
                shape = _ridge(finite, row, low, high)
                area = alt.Chart(shape).mark_area(color=theme.UNBIASED, opacity=0.8)
                layers.append(area.encode(x=x, y=y(title), y2="top:Q"))
                marks = pd.DataFrame({"lambda_max_per_h": [np.quantile(finite, 0.05)]})
            else:
                marks = pd.DataFrame({"lambda_max_per_h": [np.median(finite)]})
                jitter = 0.22 * np.cos(2.4 * np.arange(len(finite)))
                points = pd.DataFrame(
                    {
                        "lambda_max_per_h": finite,
                        "base": row + jitter,
                        "colour": np.where(
                            is_valid(finite, threshold_per_h), theme.VALID, theme.INVALID
                        ),
                    }
                )
                circle = alt.Chart(points).mark_circle(size=90, opacity=0.85)
                layers.append(
                    circle.encode(x=x, y=y(title), color=alt.Color("colour:N", scale=None))
                )
            valid, total = int(is_valid(values, threshold_per_h).sum()), len(values)
            texts.append({"base": row, "text": f"{valid:,} of {total:,}"})
            tick = alt.Chart(marks.assign(base=row)).mark_tick(
                color=theme.INK, thickness=2.5, height=30
            )
            layers.append(tick.encode(x=x, y=y(title)))
        head = pd.DataFrame({"lambda_max_per_h": [threshold_per_h],
                             "text": [f"threshold {number(threshold_per_h)} 1/h"]})  # fmt: skip
        at_right = np.arcsinh(threshold_per_h) > np.mean(np.arcsinh([low, high]))
        label = alt.Chart(head).mark_text(
            color=theme.darker(theme.THRESHOLD), baseline="bottom", dy=-6,
            align="right" if at_right else "left", dx=4 if at_right else -4,
        )  # fmt: skip
        shares = alt.Chart(pd.DataFrame(texts)).mark_text(
            align="left", dx=8, color=theme.VALID, baseline="middle"
        )
        column = alt.Chart(pd.DataFrame({"text": ["valid"]})).mark_text(
            align="left", dx=8, dy=-6, baseline="bottom", color=theme.VALID
        )
        layers += [
            label.encode(x=x, y=alt.value(0), text="text:N"),
            shares.encode(x=alt.value(360), y=y(title), text="text:N"),
            column.encode(x=alt.value(360), y=alt.value(0), text="text:N"),
        ]
        panels.append(
            alt.layer(*layers).properties(
                width=360, height=64 * len(times),
                title=alt.Title(panel_title, fontSize=theme.TITLE, offset=26),
            )
        )  # fmt: skip
    states = found.groupby("turnover_time_min").size().max()
    each = len(unbiased) // (
        len(times) * unbiased.groupby("turnover_time_min").state.nunique().max()
    )
    return alt.hconcat(*panels, spacing=40).properties(
        title=headline(
            studies.bound_makes_faster(found),
            f"{count(int(states), 'state')} for each bound on turnover time. Left: density of "
            f"{each:,} log-uniform KM sets at each state, tick: 5 % quantile. Right: the fastest "
            f"model that an evolution strategy found at each state with {models:,} models, tick: "
            "median. Symmetric logarithmic axes.",
            source or "",
            width=130,
        )
    )


# --- pieces ------------------------------------------------------------------------------------


def _same(y: alt.Y, field: str) -> alt.Y:
    """The same axis for another field."""
    found = y.copy(deep=True)
    found.shorthand = f"{field}:Q"
    return found


def _time(minutes: float) -> str:
    return "none" if math.isinf(minutes) else number(minutes)


def _ridge(values: np.ndarray, base: float, low: float, high: float) -> pd.DataFrame:
    """Density in symlog coordinates, rising 0.7 rows above its base."""
    left, right = theme.to_symlog([low, high])
    grid = np.linspace(left, right, 160)
    bandwidth = 0.012 * (grid[-1] - grid[0])
    z = (grid[:, None] - theme.to_symlog(values)[None, :]) / bandwidth
    density = np.exp(-0.5 * z**2).mean(axis=1)
    top = base - 0.7 * density / max(float(density.max()), 1e-300)
    return pd.DataFrame({"lambda_max_per_h": theme.from_symlog(grid), "base": base, "top": top})
