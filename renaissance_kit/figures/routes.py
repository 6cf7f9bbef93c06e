"""Routes to valid models compared: incidence over cost, diversity, and states never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, percent
from renaissance_kit.studies import held_out_table

COLOURS: Mapping[str, str] = {
    "NES": theme.BLUE,
    "NES, study's reward": theme.SKY,
    "score": theme.INDIGO,
    "gradient": theme.GREEN,
    "gradient, reward alone": theme.GREY,
    "REKINDLE": theme.WINE,
    "iSCHRUNK": theme.OLIVE,
    "flow": theme.TEAL,
    "conditional": theme.PURPLE,
    "without seeing the state": theme.BLACK,
    "direct search": theme.VERMILLION,
    "unbiased sampling": theme.UNBIASED,
}
_WIDE = theme.CAPTION_CHARACTERS + 14


def incidence_over_cost(
    history: pd.DataFrame, *, states: Mapping[str, str] | None = None, source: Source | None = None
) -> Figure:
    """Incidence over evaluations and over seconds, a column each; a row for every state.

    Args:
        history: as from `renaissance_kit.studies.history_table`.
        states: what to call the states, by label.
    """
    history = history.reset_index(drop=True)
    routes = [route for route in COLOURS if route in set(history.route)]
    colour = _colour(routes)
    y_scale = alt.Scale(domain=[0, 1])
    rows = []
    for state in dict.fromkeys(history.state):
        part = history[history.state == state]
        panels = []
        for unit, title in (
            ("evaluations", "Models evaluated (dimensionless)"),
            ("seconds", "Time of training or search (s)"),
        ):
            seen = part[part[unit] > 0].assign(run=part.route + part.seed.astype(str))
            low, high = float(seen[unit].min()), float(seen[unit].max())
            ticks = theme.at_least_three_ticks(low, high)
            x = alt.X(
                f"{unit}:Q",
                title=title,
                scale=alt.Scale(type="log", domain=[low, high], nice=False),
                axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, _plain), grid=False),
            )
            first = unit == "evaluations"
            y = alt.Y(
                "incidence:Q",
                title="Incidence (% of models valid)" if first else None,
                scale=y_scale,
                axis=alt.Axis(labelExpr=theme.PERCENT, values=[0, 0.25, 0.5, 0.75, 0.9, 1]),
            )
            line = alt.Chart(seen).mark_line(strokeWidth=2.2, opacity=0.85)
            ends = seen.groupby("run", sort=False).tail(1)
            layers = [
                line.encode(x=x, y=y, color=colour, detail="run:N"),
                alt.Chart(ends)
                .mark_point(filled=True, size=70, opacity=1)
                .encode(x=x, y=y, color=colour),
            ]
            if not first:
                means = ends.groupby("route", sort=False).incidence.mean()
                labels = [
                    (float(means[r]), f"{r} {percent(float(means[r]))}", COLOURS[r])
                    for r in routes
                    if r in means
                ]
                layers.append(theme.end_labels(labels, "incidence", width=_PANEL, gap=0.075))
            panels.append(alt.layer(*layers).properties(width=_PANEL, height=270))
        name = (states or {}).get(state, f"state {state}")
        rows.append(
            alt.hconcat(*panels, spacing=30).properties(
                title=alt.Title(name, fontSize=theme.TITLE, anchor="start", offset=6)
            )
        )
    models = history.groupby(["route", "state", "seed"], sort=False).tail(1).models
    return alt.vconcat(*rows, spacing=24).properties(
        title=headline(
            "What valid models cost",
            "Lines: one run each; shares of the models of the generator itself (NES) or of the "
            "batches (the others, at least 100 models pooled; conditional: at the states it trains "
            "at). Dots and labels: "
            f"{_range(models)} models made at the end, at the state above.",
            source or "",
            width=_WIDE + 24,
        )
    )


_PANEL = 400


def _plain(value: float) -> str:
    return f"{value:,.10g}"


def _range(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _colour(routes: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(routes), range=[COLOURS[route] for route in routes])
    return alt.Color("route:N", scale=scale, legend=None)


def diversity_against_incidence(
    table: pd.DataFrame, *, log_uniform: Mapping[str, float], source: Source | None = None
) -> Figure:
    """Width, dependence and coverage of the valid models against incidence, a dot each run.

    Args:
        table: as from `renaissance_kit.studies.diversity_table`, with a column ``coverage``, the
            mean share of the models of the other routes that lie near these.
        log_uniform: values of ``std_mean``, ``joint_deficit`` and ``coverage`` of unbiased sets,
            valid or not, in samples of the same size; drawn as dashed lines.
    """
    shown = table.dropna(subset=["std_mean"])
    routes = [route for route in COLOURS if route in set(shown.route)]
    colour = _colour(routes)
    panels = []
    for name, title, domain in _MEASURES:
        values = [*shown[name].dropna(), log_uniform[name]]
        top = domain[1] if domain[1] else 1.1 * max(values)
        x = alt.X(
            "incidence:Q",
            title="Incidence (% of models valid)",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(labelExpr=theme.PERCENT, values=[0, 0.5, 1]),
        )
        low = min(domain[0], 1.1 * min(values))
        y = alt.Y(f"{name}:Q", title=title, scale=alt.Scale(domain=[low, top], nice=False))
        if name == "coverage":
            y = alt.Y(
                f"{name}:Q", title=title, scale=alt.Scale(domain=[low, top]),
                axis=alt.Axis(labelExpr=theme.PERCENT),
            )  # fmt: skip
        dashed = alt.Chart(pd.DataFrame({name: [log_uniform[name]]}))
        dots = alt.Chart(shown).mark_point(filled=True, size=110, opacity=0.85)
        layers = [
            dashed.mark_rule(color=theme.INK, strokeDash=[7, 5], strokeWidth=1.3).encode(y=y),
            dots.encode(x=x, y=y, color=colour, shape=_shape(shown)),
        ]
        panels.append(alt.layer(*layers).properties(width=270, height=300))
    key = pd.DataFrame({"route": routes, "row": range(len(routes))})
    legend = alt.layer(
        alt.Chart(key)
        .mark_point(filled=True, size=110)
        .encode(x=alt.value(8), y=_key_axis(len(routes)), color=colour),
        alt.Chart(key)
        .mark_text(align="left", dx=10)
        .encode(x=alt.value(10), y=_key_axis(len(routes)), text="route:N"),
    ).properties(width=180, height=24 * len(routes))
    states = list(dict.fromkeys(shown.state))
    marks = ", ".join(f"{s} {m}" for s, m in zip(states, _SHAPES, strict=False))
    size = int(shown.valid.iloc[0]) if len(shown) else 0
    return alt.hconcat(*panels, legend, spacing=26).properties(
        title=headline(
            "Is speed bought by collapse?",
            f"Valid models only, samples of {size:,} each; one mark a run"
            + (f" (states: {marks})." if len(states) > 1 else "."),
            "Left: standard deviation of ln KM, mean over the constants. Middle: entropy that "
            "dependence between the constants takes away. Right: share of the valid models of "
            "the other routes that lie near, pair by pair. Dashed: log-uniform constants.",
            source or "",
            width=_WIDE + 24,
        )
    )


_MEASURES = (
    ("std_mean", "Spread of ln KM (dimensionless)", (0.0, 3.0)),
    ("joint_deficit", "Lost entropy, nats a constant (dimensionless)", (0.0, 0.0)),
    ("coverage", "Coverage of the others' models (%)", (0.0, 1.0)),
)
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


def _shape(table: pd.DataFrame) -> alt.Shape:
    states = list(dict.fromkeys(table.state))
    shapes = [_SHAPES[i % len(_SHAPES)] for i in range(len(states))]
    return alt.Shape("state:N", scale=alt.Scale(domain=states, range=shapes), legend=None)


def _key_axis(rows: int) -> alt.Y:
    return alt.Y("row:Q", scale=alt.Scale(domain=[rows - 0.5, -0.5]), axis=None)


def held_out_incidence(
    by_state: pd.DataFrame, *, trained_at: int, source: Source | None = None
) -> Figure:
    """Incidence at states that no generator has seen: every state a dot, sorted; means at the side.

    Args:
        by_state: as from `renaissance_kit.studies.incidence_by_state`.
        trained_at: number of states that the conditional generator was trained at.
    """
    summary = held_out_table(by_state).set_index("generator")
    names = [name for name in COLOURS if name in summary.index]
    parts = []
    for name in names:
        part = by_state[by_state.generator == name].sort_values("incidence", ascending=False)
        share = (np.arange(len(part)) + 0.5) / len(part)
        parts.append(part.assign(route=name, share=share))
    shown = pd.concat(parts)
    x = alt.X(
        "share:Q",
        title="States, from the highest incidence to the lowest (%)",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(labelExpr=theme.PERCENT, grid=False, tickCount=5),
    )
    y = alt.Y(
        "incidence:Q", title="Incidence (% of models valid)", scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(labelExpr=theme.PERCENT),
    )  # fmt: skip
    colour = _colour(names)
    line = alt.Chart(shown).mark_line(strokeWidth=2, interpolate="step")
    dots = alt.Chart(shown).mark_point(filled=True, size=26, opacity=0.8)
    labels = [
        (
            float(summary.incidence[name]),
            f"{name}: mean {percent(float(summary.incidence[name]))}",
            COLOURS[name],
        )
        for name in names
    ]
    layers = [
        line.encode(x=x, y=y, color=colour),
        dots.encode(x=x, y=y, color=colour),
        theme.end_labels(labels, "incidence", width=theme.WIDTH, gap=0.065),
    ]
    one = summary.iloc[0]
    best = str(summary.incidence[names].idxmax())
    return alt.layer(*layers).properties(
        title=headline(
            f"At states that no generator was trained at: {best} "
            f"{percent(float(summary.incidence[best]))} valid",
            f"{count(int(one.states), 'state')} held back at random, "
            f"{count(int(by_state.models.iloc[0]), 'model')} at each; the conditional generator "
            f"was trained at {count(trained_at, 'other state')}. Means with 95 % intervals: "
            + "; ".join(
                f"{name} {percent(float(summary.low[name]))} to "
                f"{percent(float(summary.high[name]))}"
                for name in names
            )
            + ".",
            source or "",
            width=_WIDE,
        )
    )
