"""Strain designs: how often they are found, what they gain, and whether the cell agrees."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number, percent

_ROW = 24  # height of a row in points
_MOST = 24  # rows of a figure
_COLOURS = (theme.BLUE, theme.VERMILLION, theme.GREEN, theme.PURPLE, theme.ORANGE, theme.SKY)


def found_designs(
    table: pd.DataFrame, *, target: str, most: int = _MOST, source: Source | str | None = None
) -> Figure:
    """How often each design is found, and what it gains in all models.

    Args:
        table: as from `renaissance_kit.studies.candidates_table`.
        target: what is made more of, in words.
        most: designs that are shown.
    """
    shown, models = table.head(most), int(table.models.iloc[0])
    y, bare = _rows(shown, "design"), _no_axis("design")
    share = [
        alt.Chart(shown).mark_bar(height=12, color=theme.VALID).encode(x=_share("share"), y=y),
        alt.Chart(shown).mark_rule().encode(x=_share("share_low"), x2="share_high:Q", y=y),
    ]
    limits = _limits(shown, "fold_low", "fold_high", "common_low", "common_high")
    x = _fold(_title(target), limits)
    fold = [
        alt.Chart(shown)
        .mark_rule(color=theme.VALID, strokeWidth=5, opacity=0.45)
        .encode(x=x("fold_low"), x2="fold_high:Q", y=bare),
        alt.Chart(shown)
        .mark_tick(color=theme.VALID, thickness=3, height=13)
        .encode(x=x("fold"), y=bare),
        alt.Chart(shown)
        .mark_point(color=theme.VERMILLION, filled=True, size=45, opacity=1)
        .encode(x=x("common_fold"), y=bare),
        _host(),
    ]
    first = shown.iloc[0]
    height = _ROW * len(shown)
    return alt.hconcat(
        alt.layer(*share).properties(width=210, height=height),
        alt.layer(*fold).properties(width=330, height=height),
        spacing=24,
    ).properties(
        title=headline(
            f"{first.design}: best, or near it, in {int(first.found)} of {models:,} models",
            "Left: models among whose best designs it is (95 % of the best ln fold); line: "
            f"95 % interval. Right: {target} by the linear response of each model, blue with the "
            "folds of its enzymes that are best in each (median, central 95 %), red with one set "
            f"of folds for all. {_more(table, most)}",
            source or "",
        )
    )  # fmt: skip


def known_designs(
    table: pd.DataFrame,
    *,
    target: str,
    measured: pd.DataFrame | None = None,
    source: Source | str | None = None,
) -> Figure:
    """What the ensemble says of designs that were published or built.

    Args:
        table: as from `renaissance_kit.studies.known_table`.
        target: what is made more of, in words.
        measured: of built strains, as from `renaissance_kit.studies.measured_folds`.
    """
    data = table.assign(row=[f"{n}: {d}" for n, d in zip(table.name, table.design, strict=True)])
    y = _rows(data, "row")
    limits = _limits(data, "fold_low", "fold_high")
    points = pd.DataFrame(columns=["row", "yield_fold"])
    if measured is not None and len(measured):
        rows = dict(zip(data.name, data.row, strict=True))
        points = measured.assign(row=measured.strain.map(rows)).dropna(subset="row")
        limits = min(limits[0], points.yield_fold.min()), max(limits[1], points.yield_fold.max())
    x = _fold(_title(target), limits)
    layers: list[Any] = [
        alt.Chart(data)
        .mark_rule(color=theme.VALID, strokeWidth=5, opacity=0.45)
        .encode(x=x("fold_low"), x2="fold_high:Q", y=y),
        alt.Chart(data).mark_tick(color=theme.VALID, thickness=3, height=13).encode(
            x=x("fold"), y=y
        ),
        _host(),
    ]  # fmt: skip
    if len(points):
        mark = alt.Chart(points).mark_point(
            color=theme.MEASURED, filled=True, shape="diamond", size=90, opacity=1
        )
        layers.append(mark.encode(x=x("yield_fold"), y=y))
    shares = data.melt(
        id_vars="row", value_vars=["raises", "near_best", "in_best"], value_name="share"
    )
    names = {
        "raises": "raise it by 5 %",
        "near_best": "near the best of its size",
        "in_best": "part of the best design",
    }
    shares = shares.assign(kind=shares.variable.map(names))
    heat = alt.Chart(shares).encode(
        x=alt.X("kind:N", sort=list(names.values()), title="Share of the models (%)",
                axis=alt.Axis(labelAngle=-25, labelLimit=220, ticks=False, domain=False)),
        y=_no_axis("row"),
    )  # fmt: skip
    colour = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], scheme="blues"), legend=None)
    dark = alt.condition("datum.share > 0.6", alt.value("white"), alt.value(theme.INK))
    height = 1.2 * _ROW * len(data)
    return alt.hconcat(
        alt.layer(*layers).properties(width=300, height=height),
        alt.layer(
            heat.mark_rect().encode(color=colour),
            heat.transform_calculate(text="format(100 * datum.share, '.0f')")
            .mark_text()
            .encode(text="text:N", color=dark),
        ).properties(width=200, height=height),
        spacing=18,
    ).properties(
        title=headline(
            _said(table),
            f"Blue: {target} by the linear response, with the folds of its enzymes that are best "
            "in each model: median and central 95 %. "
            f"{'Diamond: measured, yield over the fermentation. ' if len(points) else ''}Right: "
            "share of the models that raise the target by it, in which it reaches 95 % of the best "
            "ln fold of as many enzymes, and whose best design contains it.",
            source or "",
        )
    )


def linear_and_not(
    table: pd.DataFrame, *, fold: str, target: str, where: str, source: Source | str | None = None
) -> Figure:
    """The fold that the linear response predicts, against what the equations give.

    Args:
        table: as from `renaissance_kit.studies.reactor_table` or ``steady_state_table``.
        fold: its column with the non-linear fold.
        target: what is made more of, in words.
        where: the equations were solved, in words.
    """
    data = table[(table.design != "host")].dropna(subset=[fold, "linear"])
    designs = list(dict.fromkeys(table.design[table.design != "host"]))
    low, high = _limits(data, fold, "linear")
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    ticks = _ticks(low, high)
    axis = alt.Axis(values=ticks, format="~g")
    line = pd.DataFrame({"linear": [low, high], fold: [low, high]})
    x = alt.X("linear:Q", title="Linear response (dimensionless)", scale=scale, axis=axis)
    y = alt.Y(f"{fold}:Q", title=f"{theme.titled(where)} (dimensionless)", scale=scale, axis=axis)
    colour = alt.Color(
        "design:N",
        scale=alt.Scale(domain=designs, range=[_COLOURS[i % 6] for i in range(len(designs))]),
        legend=alt.Legend(title=None, orient="right", labelLimit=320, symbolOpacity=1),
    )
    points = alt.Chart(data).mark_circle(size=75, opacity=0.8).encode(x=x, y=y, color=colour)
    diagonal = alt.Chart(line).mark_line(color=theme.GREY, strokeDash=[5, 4]).encode(x=x, y=y)
    lost = int(table[table.design != "host"][fold].isna().sum())
    left = f"Without an end, left out: {lost:,}." if lost else ""
    return alt.layer(diagonal, points).properties(
        width=330,
        height=330,
        title=headline(
            f"{theme.titled(where)}: {(data[fold] > 1).sum():,} of {len(data):,} give more",
            f"Each point is a design in a model, with the same folds of the enzymes in all models: "
            f"fold of the {target}. Dashed: as the linear response says. {left}",
            source or "",
        ),
    )


def expression(table: pd.DataFrame, *, target: str, source: Source | str | None = None) -> Figure:
    """What becomes of designs whose enzymes come out at half or one and a half of their folds.

    Args:
        table: as from `renaissance_kit.studies.expression_table`.
        target: what is made more of, in words.
    """
    quantiles = table.groupby(["design", "enzyme", "expressed"], sort=False).fold.quantile
    data = pd.DataFrame(
        {"fold": quantiles(0.5), "low": quantiles(0.025), "high": quantiles(0.975)}
    ).reset_index()
    shares = sorted(data.expressed.unique())
    data = data.assign(
        expressed=data.expressed.map(lambda s: f"{number(s)} of its fold"),
        row=[f"{d}: {e}" for d, e in zip(data.design, data.enzyme, strict=True)],
    )
    x = _fold(_title(target), _limits(data, "low", "high"))
    y = _rows(data.drop_duplicates("row"), "row")
    names = [f"{number(s)} of its fold" for s in shares]
    colour = alt.Color(
        "expressed:N",
        scale=alt.Scale(domain=names, range=[theme.ORANGE, theme.INK, theme.BLUE]),
        legend=alt.Legend(title="Expressed at", orient="bottom"),
    )
    place = alt.YOffset("expressed:N", sort=names)
    base = alt.Chart(data)
    models = int(table.groupby(["design", "enzyme", "expressed"]).size().max())
    return alt.layer(
        base.mark_rule(strokeWidth=2).encode(
            x=x("low"), x2="high:Q", y=y, yOffset=place, color=colour
        ),
        base.mark_point(filled=True, size=50, opacity=1).encode(
            x=x("fold"), y=y, yOffset=place, color=colour
        ),
        _host(),
    ).properties(
        width=330,
        height=1.3 * _ROW * data.row.nunique(),
        title=headline(
            f"Expressed at half or one and a half, the median stays {number(data.fold.min())} to "
            f"{number(data.fold.max())}",
            f"One enzyme of a design, or all of them, at half and one and a half of the intended "
            f"fold; {count(models, 'model')}, linear response: median and central 95 %.",
            source or "",
        ),
    )  # fmt: skip


def _said(table: pd.DataFrame) -> str:
    best = table.loc[table.near_best.idxmax()]
    if best.near_best == 0:
        return "In no model is a known design the best of its size, or near it"
    return f"{best['name']} is near the best of its size in {percent(best.near_best)} of the models"


def _title(target: str) -> str:
    return f"{theme.titled(target)}, fold (dimensionless)"


def _more(table: pd.DataFrame, most: int) -> str:
    left = len(table) - most
    return f"{count(left, 'further design')} not shown." if left > 0 else ""


def _rows(data: pd.DataFrame, field: str) -> alt.Y:
    return alt.Y(
        f"{field}:N",
        sort=list(data[field]),
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=420, labelPadding=8),
    )


def _no_axis(field: str) -> alt.Y:
    return alt.Y(f"{field}:N", sort=None, title=None, axis=None)


def _share(field: str) -> alt.X:
    return alt.X(
        f"{field}:Q",
        title="Models that find it (%)",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(labelExpr=theme.PERCENT, tickCount=5),
    )


def _fold(title: str, limits: tuple[float, float]) -> Any:
    """A logarithmic horizontal channel, as a function of the field."""
    ticks = _ticks(*limits)

    def channel(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            title=title,
            scale=alt.Scale(type="log", domain=list(limits), nice=False, clamp=True),
            axis=alt.Axis(values=ticks, format="~g"),
        )

    return channel


def _limits(data: pd.DataFrame, *columns: str) -> tuple[float, float]:
    """Range of positive numbers with a margin; 1 is always inside."""
    values = np.append(data[list(columns)].to_numpy(dtype=float).ravel(), 1.0)
    values = values[np.isfinite(values) & (values > 0)]
    return float(values.min() / 1.12), float(values.max() * 1.12)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers that do not touch."""
    ticks = theme.at_least_three_ticks(low, high)
    return ticks if len(ticks) <= 5 else ticks[:: -(-len(ticks) // 5)]


def _host() -> alt.Chart:
    """A dashed line where nothing is gained."""
    return (
        alt.Chart(pd.DataFrame({"one": [1.0]}))
        .mark_rule(color=theme.GREY, strokeDash=[5, 4])
        .encode(x="one:Q")
    )
