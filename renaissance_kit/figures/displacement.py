"""Why is my model slow: what the displacement of passive transport decides."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number, percent


def incidence_by_bound(
    table: pd.DataFrame,
    *,
    models: int,
    threshold_per_h: float,
    source: Source | None = None,
) -> Figure:
    """Share of valid unbiased models at each state, by what is bounded in the sample.

    Args:
        table: as from `renaissance_kit.studies.unbiased_by_state`.
        models: KM sets at each state.
    """
    samples = list(dict.fromkeys(table["sample"]))
    row = {name: float(i) for i, name in enumerate(samples)}
    most = max(0.05, 1.05 * float(table.incidence.max()))
    x = alt.X(
        "incidence:Q",
        title="Unbiased models that are valid, at each state (%)",
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(format=".0%", labelExpr="replace(datum.label, '%', '')", tickCount=6),
    )
    names = {row[name]: name for name in samples}
    y = alt.Y(
        "row:Q",
        title="Bounded displacement (|ln ρ|)",
        scale=alt.Scale(domain=[len(samples) - 0.5, -0.5], nice=False),
        axis=alt.Axis(
            values=list(names), labelExpr=theme.tick_labels(list(names), lambda v: names[v]),
            ticks=False, domain=False, grid=False, labelLimit=220, labelPadding=14,
        ),
    )  # fmt: skip
    jitter = 0.24 * np.cos(2.4 * np.arange(len(table)))
    points = table.assign(
        row=table["sample"].map(row) + jitter,
        colour=np.where(table.incidence > 0, theme.VALID, theme.INVALID),
    )
    texts = []
    for name, part in table.groupby("sample", sort=False):
        texts.append(
            {
                "row": row[str(name)],
                "incidence": part.incidence.mean(),
                "text": f"{(part.incidence > 0).sum()} of {len(part)}",
                "mean": percent(part.incidence.mean()),
                "stable": percent(part.stable.mean()),
            }
        )
    marks = pd.DataFrame(texts)
    layers: list[alt.Chart] = [
        alt.Chart(points)
        .mark_circle(size=70, opacity=0.7)
        .encode(x=x, y=y, color=alt.Color("colour:N", scale=None)),
        alt.Chart(marks).mark_tick(color=theme.INK, thickness=2.5, height=34).encode(x=x, y=y),
    ]
    for column, place, head in (
        ("mean", 8, "mean"),
        ("text", 92, "states with a valid one"),
        ("stable", 252, "stable models"),
    ):
        layers += [
            alt.Chart(marks)
            .mark_text(align="left", dx=place, baseline="middle")
            .encode(x=alt.value(420), y=y, text=f"{column}:N"),
            alt.Chart(pd.DataFrame({"text": [head]}))
            .mark_text(align="left", dx=place, dy=-8, baseline="bottom", color="#555555")
            .encode(x=alt.value(420), y=alt.value(0), text="text:N"),
        ]
    states = int(table.groupby("sample").size().max())
    return alt.layer(*layers).properties(
        width=420,
        height=62 * len(samples),
        title=headline(
            _with_bounds(table),
            f"{count(states, 'state')} for each set of bounds, {models:,} log-uniform KM sets at "
            f"each, valid at λmax ≤ {number(threshold_per_h)} 1/h. Tick: mean. Grey: no valid "
            "model.",
            source or "",
        ),
    )


def _with_bounds(table: pd.DataFrame) -> str:
    """Whether models are valid more often with bounds than without any, the first of the table.

    Told only where the standard errors of the means of states leave no doubt.
    """
    of_states = table.groupby("sample", sort=False).incidence
    mean, error = of_states.mean(), of_states.sem().fillna(np.inf)
    if mean.max() == 0:
        return "No valid model among so few, with or without bounds on displacement"
    apart = (mean.iloc[-1] - mean.iloc[0]) > 2 * np.hypot(error.iloc[-1], error.iloc[0])
    first, last = percent(float(mean.iloc[0])), percent(float(mean.iloc[-1]))
    if not apart:
        return f"Too few states to tell: {first} valid without bounds, {last} with all"
    return f"With passive transport near equilibrium {last} of models are valid, else {first}"


def exchange(
    table: pd.DataFrame,
    *,
    own: str,
    published: str,
    threshold_per_h: float,
    source: Source | None = None,
) -> Figure:
    """Share of valid models at all combinations of two states.

    Args:
        table: as from `renaissance_kit.studies.exchange_table`.
        own, published: how the two states are called.
    """
    call = {"own": own, "published": published}
    data = table.assign(
        share=table.valid / table.models,
        row=range(len(table)),
        label=[percent(v / m) for v, m in zip(table.valid, table.models, strict=True)],
        **{part: table[part].map(call) for part in ("fluxes", "concentrations", "displacements")},
    )
    most = max(0.02, 1.15 * float(data.share.max()))
    x = alt.X(
        "share:Q",
        title="Unbiased models that are valid (%)",
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(format=".0%", labelExpr="replace(datum.label, '%', '')", tickCount=6),
    )
    y = alt.Y("row:O", title=None, axis=None)
    colour = alt.Color(
        "displacements:N",
        scale=alt.Scale(domain=[own, published], range=[theme.ORANGE, theme.BLUE]),
        legend=None,
    )
    layers: list[alt.Chart] = [
        alt.Chart(data).mark_bar(height=16).encode(x=x, y=y, color=colour),
        alt.Chart(data)
        .mark_text(align="left", dx=5, baseline="middle")
        .encode(x=x, y=y, text="label:N"),
    ]
    for part, place in (("fluxes", -330), ("concentrations", -220), ("displacements", -90)):
        words = alt.Chart(data).mark_text(align="left", dx=place, baseline="middle")
        encoding = {"x": alt.value(0), "y": y, "text": f"{part}:N"}
        if part == "displacements":
            encoding["color"] = colour
        head = alt.Chart(pd.DataFrame({"text": [part]})).mark_text(
            align="left", dx=place, dy=-6, baseline="bottom", color="#555555"
        )
        layers += [
            words.encode(**encoding),
            head.encode(x=alt.value(0), y=alt.value(0), text="text:N"),
        ]
    models = int(table.models.max())
    title = headline(
        "What of a state makes its models fast?",
        f"Fluxes, concentrations and displacements (ln ρ) taken from {own} or {published}; "
        f"{models:,} log-uniform KM sets each, the same for all, valid at λmax ≤ "
        f"{number(threshold_per_h)} 1/h.",
        source or "",
    )
    title.frame = "bounds"
    return alt.layer(*layers).properties(width=380, height=26 * len(data), title=title)
