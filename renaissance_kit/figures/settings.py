"""Which settings, and which parts of the recipe, make training work."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number, percent


def settings_grid(
    grid: pd.DataFrame,
    *,
    default: Mapping[str, float] | None = None,
    length: str = "",
    source: Source | None = None,
) -> Figure:
    """Final incidence for each σ and α, one map per population n and decay.

    Args:
        grid: as from `renaissance_kit.studies.settings_grid`.
        default: sigma, learning_rate, population and decay of the cell to outline.
        length: of each training, in words.
    """
    keys = ["sigma", "learning_rate", "population", "decay"]
    cells = grid.groupby(keys).incidence.agg(["mean", "min", "max", "size"]).reset_index()
    cells["text"] = [f"{100 * v:.0f} %" for v in cells["mean"]]
    cells["range"] = [
        f"{100 * a:.0f}–{100 * b:.0f}" if n > 1 else ""
        for a, b, n in zip(cells["min"], cells["max"], cells["size"], strict=True)
    ]
    cells["outlined"] = default is not None and np.logical_and.reduce(
        [np.isclose(cells[key], (default or {}).get(key, np.nan)) for key in keys]
    )
    cells["sigma_text"] = [number(v) for v in cells.sigma]
    cells["rate_text"] = [number(v) for v in cells.learning_rate]
    cells["column"] = [f"n = {v:.0f}" for v in cells.population]
    cells["row"] = [f"decay {100 * v:.3g} %" for v in cells.decay]

    def ordered(column: str, by: str, reverse: bool = False) -> list[str]:
        pairs = cells[[by, column]].drop_duplicates().sort_values(by, ascending=not reverse)
        return list(pairs[column])

    x = alt.X(
        "rate_text:O", title="α (dimensionless)", sort=ordered("rate_text", "learning_rate"),
        axis=alt.Axis(labelAngle=0),
    )  # fmt: skip
    y = alt.Y(
        "sigma_text:O", title="σ (dimensionless)", sort=ordered("sigma_text", "sigma", reverse=True)
    )
    base = alt.Chart(cells).encode(x=x, y=y)
    colour = alt.Color("mean:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=None)
    ink = alt.condition("datum.mean > 0.62", alt.value("white"), alt.value(theme.INK))
    repeats = bool((cells["size"] > 1).any())
    layered = alt.layer(
        base.mark_rect(stroke="white", strokeWidth=2).encode(color=colour),
        base.transform_filter("datum.outlined").mark_rect(
            filled=False, stroke=theme.INK, strokeWidth=3
        ),
        base.mark_text(dy=-7 if repeats else 0, fontSize=16).encode(text="text:N", color=ink),
        base.mark_text(dy=11, fontSize=13).encode(text="range:N", color=ink),
    ).properties(width=84 * cells.learning_rate.nunique(), height=62 * cells.sigma.nunique())
    size = sorted(grid.groupby(keys).size().unique())
    below = "; range of repeats below the mean" if repeats else ", so no interval"
    columns = cells.population.nunique()
    return layered.facet(
        column=alt.Column("column:N", title=None, sort=ordered("column", "population")),
        row=alt.Row("row:N", title=None, sort=ordered("row", "decay")),
        spacing=18,
    ).properties(
        title=headline(
            "Incidence by step σ and learning rate α",
            f"{count(len(cells), 'combination')}, {'–'.join(map(str, size))} "
            f"{'repeat' if size == [1] else 'repeats'} each{below}; "
            f"the same number of models in each generation.{f' {length}' if length else ''}"
            + (" Outlined: the default recipe." if cells.outlined.any() else ""),
            source or "",
            width=min(theme.CAPTION_CHARACTERS, 30 + 13 * columns * cells.learning_rate.nunique()),
        )
    )


def recipe_parts(table: pd.DataFrame, *, source: Source | None = None) -> Figure:
    """Final incidence of the default recipe and of variants that differ in one part.

    Args:
        table: as from `renaissance_kit.studies.leave_one_out`; the first variant is the default.
    """
    variants = list(dict.fromkeys(table.variant))
    means = table.groupby("variant", sort=False).mean(numeric_only=True).reset_index()
    y = alt.Y("variant:N", title=None, sort=variants, axis=alt.Axis(labelLimit=300, ticks=False))
    x = alt.X(
        "incidence:Q",
        title="Incidence after training (% of models valid)",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(labelExpr=theme.PERCENT, format="", tickCount=6),
    )
    colour = alt.condition(
        alt.FieldEqualPredicate(field="variant", equal=variants[0]),
        alt.value(theme.BLUE),
        alt.value(theme.GREY),
    )
    repeats = int(table.groupby("variant").size().max())
    means["valid"] = means.incidence.map(percent)
    means["varied"] = means.spread.map("{:.2f}".format)
    means["middle"] = [f"{v:.2f}".replace("-", "−") for v in means.lambda_max_median_per_h]
    bars = alt.Chart(means).mark_bar(height=18).encode(x=x, y=y, color=colour)
    dots = alt.Chart(table).mark_circle(color=theme.INK, size=40, opacity=1).encode(x=x, y=y)
    columns = []
    for x_right, header, column in (
        (62, "valid", "valid"),
        (132, "spread", "varied"),
        (222, "λmax (1/h)", "middle"),
    ):
        right = alt.value(theme.WIDTH + x_right)
        cells = alt.Chart(means).mark_text(align="right")
        columns.append(cells.encode(x=right, y=y, text=f"{column}:N"))
        head = alt.Chart(pd.DataFrame({"text": [header]})).mark_text(align="right", color=theme.INK)
        columns.append(head.encode(x=right, y=alt.value(-12), text="text:N"))
    layers = [bars, dots, *columns] if repeats > 1 else [bars, *columns]
    each = (
        f"bars are means, dots {count(repeats, 'repeat')}" if repeats > 1
        else "one training each, so no interval"
    )  # fmt: skip
    return alt.layer(*layers).properties(
        height=30 * len(variants),
        width=theme.WIDTH,
        title=headline(
            "What each part of the recipe is worth",
            f"The default recipe, and {count(len(variants) - 1, 'variant')} that differ in what "
            f"is named; {each}. Spread: mean "
            "standard deviation of ln KM (log-uniform: 2.78, and 8.08 within the released code's "
            "bounds). λmax: median.",
            source or "",
        ),
    )
