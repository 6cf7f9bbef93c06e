"""Models that match a measured fermentation, selected or trained for it."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline


def matches(
    history: pd.DataFrame,
    routes: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    models_per_step: int,
    source: Source | None = None,
) -> Figure:
    """Share of models that match during training, beside selection; and the predictions of both.

    Args:
        history: of the training, with ``step`` and ``met``.
        routes: as from `renaissance_kit.studies.routes_table`; the first two are shown.
        scores: as from `renaissance_kit.studies.strain_scores`; may be empty.
        models_per_step: simulated in a step.
    """
    routes = routes.iloc[:2]
    names = list(routes.route)
    colour = _colour(names, alt.Legend(title=None, orient="top", symbolOpacity=1))
    selected, trained = routes.iloc[0], routes.iloc[1]
    last = float(history.step.iloc[-1] + 1) * models_per_step
    course = pd.DataFrame(
        {
            "simulations": history.step * models_per_step,
            "share": 100 * history.met,
            "route": names[1],
        }
    )
    end = pd.DataFrame(
        [
            {"simulations": last, "share": 100 * row.share, "low": 100 * row.low,
             "high": 100 * row.high, "route": row.route}
            for row in (selected, trained)
        ]
    )  # fmt: skip
    level = pd.DataFrame(
        {"simulations": [0.0, last], "share": 100 * selected.share, "route": names[0]}
    )
    x = alt.X(
        "simulations:Q", title="Simulations spent", axis=alt.Axis(tickCount=4),
        scale=alt.Scale(domain=[0, last * 1.04], nice=False),
    )  # fmt: skip
    y = _share("share")
    left = alt.layer(
        alt.Chart(level).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
        alt.Chart(course).mark_line(strokeWidth=2, point=True).encode(x=x, y=y, color=colour),
        alt.Chart(end).mark_rule(strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q", color=colour),
        alt.Chart(end).mark_point(filled=True, size=70).encode(x=x, y=y, color=colour),
    ).properties(width=260, height=230)
    parts: list[Any] = [left]
    if len(scores):
        shown = scores.assign(
            what=scores.strain.str.split("/").str[-1] + ", " + scores.quantity,
            score=100 * scores.crps_of_largest,
        )
        parts.append(
            alt.Chart(shown)
            .mark_point(filled=True, size=70, opacity=0.9)
            .encode(
                x=alt.X(
                    "score:Q", title="CRPS (% of the largest measured value)",
                    scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5),
                ),
                y=alt.Y(
                    "what:N", title=None, sort=list(dict.fromkeys(shown.what)),
                    axis=alt.Axis(labelLimit=260),
                ),
                color=colour,
                tooltip=["route", "strain", "quantity", "models", "crps", "coverage"],
            )
            .properties(width=230, height=230)
        )  # fmt: skip
    ratio = ", ".join(f"{row['match']} of {row.drawn:,} {row.route}" for row in (selected, trained))
    return alt.hconcat(*parts, spacing=26).properties(
        title=headline(
            f"Models that match all measured curves: {ratio}",
            "Left: share of the models of each step while a generator is trained for the "
            f"fermentation, {count(int(models_per_step), 'simulation')} each; at the end models "
            "drawn anew, bar the 95 % interval; level: drawn from the generator of valid models "
            "that it began with.",
            "Right: engineered strains that neither has seen, predicted by the models of both that "
            "match the host; smaller is better."
            if len(scores)
            else "",
            source or "",
            width=theme.CAPTION_CHARACTERS + 14 if len(scores) else 62,
        )
    )


def trade_off(routes: pd.DataFrame, *, source: Source | None = None) -> Figure:
    """How many models match, over how wide their generator is.

    Args:
        routes: as from `renaissance_kit.studies.routes_table`: selection, then at least one more.
    """
    names, trained = list(routes.route[:2]), routes.diversity.notna()
    shown = routes.assign(
        spread=100 * routes.spread, share=100 * routes.share, low=100 * routes.low,
        high=100 * routes.high,
        label=[f"weight {d:g}" if t else names[0]
               for d, t in zip(routes.diversity, trained, strict=True)],
        route=[names[int(t)] for t in trained],
    ).sort_values("spread")  # fmt: skip
    colour = _colour(names, None)
    x = alt.X(
        "spread:Q", title="Spread of ln KM (% of the first generator's)",
        scale=alt.Scale(zero=False, nice=False, padding=40), axis=alt.Axis(tickCount=6),
    )  # fmt: skip
    y, top = _share("share"), _share("high")
    base = alt.Chart(shown)
    best = shown[shown.route == names[1]].sort_values("share").iloc[-1]
    return alt.layer(
        base.mark_line(strokeWidth=1.5, color=theme.LIGHT_GREY).encode(x=x, y=y),
        base.mark_rule(strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q", color=colour),
        base.mark_point(filled=True, size=80, opacity=1).encode(
            x=x, y=y, color=colour, tooltip=["route", "drawn", "match", "spread"]
        ),
        base.mark_text(dy=-12).encode(x=x, y=top, text="label:N", color=colour),
    ).properties(
        width=480, height=260,
        title=headline(
            f"{best['match']} of {best.drawn:,} models match at {best.spread:.0f} % of the spread",
            "Generators trained for the fermentation from one start, with different weights of "
            "the diversity; bars: 95 % intervals. The spread is the mean standard deviation of "
            "ln KM of all drawn models, valid or not.",
            source or "",
            width=76,
        ),
    )  # fmt: skip


def _colour(names: list[str], legend: alt.Legend | None) -> alt.Color:
    scale = alt.Scale(domain=names, range=[theme.UNBIASED, theme.BLUE])
    return alt.Color("route:N", scale=scale, legend=legend)


def _share(column: str) -> alt.Y:
    scale = alt.Scale(domain=[0, 100])
    return alt.Y(f"{column}:Q", title="Models that match all curves (%)", scale=scale)
