"""What measured constants change, exactly and by trained generators, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, headline
from renaissance_kit.studies import Comparison

SAME = "#B5B5B5"
HEIGHT = 44  # of a row in points


def distances(
    comparisons: Mapping[str, Comparison], *, threshold: float = 0.05, source: Source | None = None
) -> Figure:
    """Kolmogorov-Smirnov distance of every constant, a row a comparison, with how many changed.

    Args:
        comparisons: as from `renaissance_kit.studies.compare_km`, by what is compared.
        threshold: false discovery rate below which a constant counts as changed.
    """
    labels = list(comparisons)
    points, ticks, texts = [], [], []
    for row, found in enumerate(comparisons.values()):
        if not found.enough:
            texts.append({"row": row, "text": f"{min(found.models)} models: too few"})
            continue
        table = found.table
        jitter = 0.26 * np.sin(7.0 * np.arange(len(table)))  # the same every time
        found_or_not = np.where(table.q_value < threshold, "found", "same")
        points.append(
            pd.DataFrame({"distance": table.distance, "row": row + jitter, "found": found_or_not})
        )
        ticks.append({"row": row, "distance": found.least})
        changed = int((table.q_value < threshold).sum())
        texts.append({"row": row, "text": f"{changed} of {len(table)}"})
    shown = pd.concat(points) if points else pd.DataFrame(columns=["distance", "row", "found"])
    far = [float(t["distance"]) for t in ticks] + [float(d) for d in shown.distance] or [1.0]
    places = [float(i) for i in range(len(labels))]
    y_scale = alt.Scale(domain=[len(labels) - 0.5, -0.5], nice=False)
    y = alt.Y(
        "row:Q", title=None, scale=y_scale,
        axis=alt.Axis(values=places, grid=False, ticks=False, domain=False, labelLimit=420,
                      labelOverlap=False,
                      labelExpr=theme.tick_labels(places, lambda v: labels[int(v)])),
    )  # fmt: skip
    x = alt.X(
        "distance:Q", title="Kolmogorov-Smirnov distance (dimensionless)",
        scale=alt.Scale(domain=[0, 1.04 * max(far)], nice=False),
        axis=alt.Axis(tickCount=6),
    )  # fmt: skip
    colour = alt.Color(
        "found:N", legend=None,
        scale=alt.Scale(domain=["found", "same"], range=[theme.BLUE, SAME]),
    )  # fmt: skip
    rows = pd.DataFrame(texts)
    text = alt.Chart(rows).mark_text(align="left", dx=12)
    head = alt.Chart(pd.DataFrame({"text": ["changed"]})).mark_text(align="left", dx=12)
    right = alt.value(theme.WIDTH)
    return alt.layer(
        alt.Chart(shown).mark_circle(size=22, opacity=0.7).encode(x=x, y=y, color=colour),
        alt.Chart(pd.DataFrame(ticks, columns=["row", "distance"]))
        .mark_tick(color=theme.INK, thickness=2, height=HEIGHT - 12)
        .encode(x=x, y=y),
        text.encode(x=right, y=alt.Y("row:Q", scale=y_scale), text="text:N"),
        head.encode(x=right, y=alt.value(-12), text="text:N"),
    ).properties(
        width=theme.WIDTH,
        height=HEIGHT * len(labels),
        title=headline(
            "What measured constants change, exactly and by training",
            "Each point a constant that is not held to data, in two samples of models. Black "
            "tick: distance from which on a single constant would count as changed, which depends "
            f"on the number of models. Blue: false discovery rate below {100 * threshold:g} %.",
            source or "",
            width=120,
        ),
    )
