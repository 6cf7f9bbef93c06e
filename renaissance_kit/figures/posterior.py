"""What generated ranges mean: ranks of truths among the draws of samplers."""

from __future__ import annotations

from collections.abc import Collection

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, headline
from renaissance_kit.studies import Calibration

_HEIGHT = 150  # of a panel in points
_COLOURS = {"measured": theme.BLUE, "not measured": theme.GREY}


def ranks(found: Calibration, measured: Collection[str], *, source: Source | None = None) -> Figure:
    """Rank histograms, a panel a sampler, with the band in which those of a right one lie.

    Args:
        found: as from `renaissance_kit.studies.calibrate`.
        measured: names of the constants with a measurement.
    """
    repeats, (low, high) = found.repeats, found.band
    band = pd.DataFrame({"low": [100 * low], "high": [100 * high]})
    dots = found.rank_shares()
    known = dots["name"].isin(list(measured))
    dots = dots.assign(
        kind=np.where(known, "measured", "not measured"),
        place=dots["place"] + np.where(known, -0.02, 0.02),
        share=100 * dots["share"],
    )
    top = 1.08 * max(float(dots.share.max()), float(band.high.iloc[0]))
    y = alt.Scale(domain=[0, top], nice=False)
    panels = []
    for i, name in enumerate(found.ranks):
        own = dots[dots.sampler == name]
        points = (
            alt.Chart(own)
            .mark_circle(size=42, opacity=0.75)
            .encode(
                x=alt.X(
                    "place:Q",
                    title="Draws below the truth (%)",
                    scale=alt.Scale(domain=[0, 1], nice=False),
                    axis=alt.Axis(values=[0, 0.5, 1], labelExpr=theme.PERCENT),
                ),
                y=alt.Y(
                    "share:Q", title="Truths (%)" if i % 2 == 0 else None, scale=y,
                    axis=alt.Axis(tickCount=4),
                ),
                color=alt.Color(
                    "kind:N",
                    title=None,
                    scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
                    legend=alt.Legend(orient="bottom", title=None),
                ),
            )
        )  # fmt: skip
        due = (
            alt.Chart(band)
            .mark_rect(color=theme.LIGHT_GREY, opacity=0.55)
            .encode(y=alt.Y("low:Q", scale=y), y2="high:Q")
        )
        panels.append(
            alt.layer(due, points).properties(
                width=theme.WIDTH // 2 - 40, height=_HEIGHT,
                title=alt.Title(name, fontSize=theme.LABEL, offset=6),
            )
        )  # fmt: skip
    return (
        alt.concat(*panels, columns=2)
        .resolve_scale(color="shared")
        .properties(
            title=headline(
                "Which ranges hold the truth as often as they say?",
                f"{theme.count(repeats, 'truth')}, each with data drawn from it. Each point a "
                f"constant and a tenth of the ranks. Grey band: where 99 % of the points of a "
                "sampler lie whose ranges mean what they say. Piled up at both ends: ranges too "
                "narrow.",
                source or "",
                width=100,
            )
        )
    )
