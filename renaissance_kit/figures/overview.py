"""A network at a glance: concentrations, eigenvalues, and λmax against the threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.core.types import Array
from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline, number
from renaissance_kit.kinetics.spectrum import is_valid


def concentrations(
    names: Sequence[str], values_mM: Array, *, source: Source | None = None
) -> Figure:
    """Concentrations of a steady state, one point a metabolite."""
    data = pd.DataFrame({"metabolite": list(names), "concentration_mM": values_mM})
    data["text"] = [f"{number(v)} mM" for v in data.concentration_mM]
    x = alt.X(
        "concentration_mM:Q",
        title="Concentration (mM)",
        scale=alt.Scale(
            type="log", domain=[0.7 * values_mM.min(), 1.8 * values_mM.max()], nice=False
        ),
        axis=alt.Axis(values=theme.round_ticks(float(values_mM.min()), float(values_mM.max()))),
    )
    y = alt.Y("metabolite:N", title=None, sort=list(names), axis=alt.Axis(labelLimit=280))
    base = alt.Chart(data).encode(x=x, y=y)
    return alt.layer(
        base.mark_circle(color=theme.BLUE, size=130, opacity=1),
        base.mark_text(align="left", dx=12).encode(text="text:N"),
    ).properties(
        height=30 * len(data),
        width=480,
        title=headline(
            "Concentrations at the steady state", f"{count(len(data), 'metabolite')}.", source or ""
        ),
    )


def eigenvalues(
    values_per_h: NDArray[np.complex128], *, threshold_per_h: float, source: Source | None = None
) -> Figure:
    """Eigenvalues of one model in the complex plane; λmax is the rightmost.

    Args:
        values_per_h: (modes,).
        threshold_per_h: a model is valid when all are on its left.
    """
    data = pd.DataFrame({"real": values_per_h.real, "imag": values_per_h.imag})
    rightmost = float(data.real.max())
    low, high = theme.lambda_range(np.append(data.real, 0.0), threshold_per_h)
    x = theme.lambda_axis(low, high, field="real", title="Real part (1/h)")
    side = 10 * max(float(data.imag.abs().max()), 1.0)
    ticks = theme.symlog_ticks(-side, side, 7)
    y = alt.Y(
        "imag:Q",
        title="Imaginary part (1/h)",
        scale=theme.lambda_scale(-side, side),
        axis=alt.Axis(values=ticks, labelExpr=theme.tick_labels(ticks, theme.symlog_label)),
    )
    point = alt.Chart(data).mark_circle(size=110, opacity=0.75, color=theme.SKY)
    top = data[data.real == rightmost].assign(text=f"λmax {number(rightmost)} 1/h")
    slowest = alt.Chart(top).mark_circle(size=110, opacity=1, color=theme.BLACK)
    align = _beside(rightmost, low, high)
    text = alt.Chart(top.head(1)).mark_text(fontWeight="bold", baseline="bottom", dy=-24, **align)
    return alt.layer(
        *_threshold(threshold_per_h, low, high, "real"),
        point.encode(x=x, y=y),
        slowest.encode(x=x, y=y),
        text.encode(x=x, y=alt.value(0), text="text:N"),
    ).properties(
        height=260,
        title=headline(
            "Eigenvalues of one model",
            f"{count(len(data), 'eigenvalue')} of its Jacobian, on symmetric logarithmic axes; "
            "black: the slowest mode, whose real part is λmax.",
            source or "",
        ),
    )


def lambda_histogram(
    groups: Mapping[str, Array],
    *,
    threshold_per_h: float,
    bins: int = 60,
    source: Source | None = None,
) -> Figure:
    """Histograms of λmax with the threshold, one panel a group, blue where models are valid.

    Args:
        groups: λmax in 1/h of the models by name, e.g. before and after training.
    """
    everything = np.concatenate([np.asarray(v, dtype=float) for v in groups.values()])
    low, high = theme.lambda_range(everything, threshold_per_h)
    u = theme.to_symlog([low, threshold_per_h, high])
    left = max(1, round(bins * (u[1] - u[0]) / (u[2] - u[0])))
    edges = theme.from_symlog(
        np.concatenate(
            [np.linspace(u[0], u[1], left + 1), np.linspace(u[1], u[2], bins - left)[1:]]
        )
    )
    panels: list[Any] = []
    shares = []
    for name, values in groups.items():
        title = "λmax, slowest mode of each model (1/h)" if len(panels) == len(groups) - 1 else None
        x = theme.lambda_axis(low, high, title=title)
        finite = np.asarray(values)[np.isfinite(values)]
        # A bin holds its upper edge, so that λmax = threshold counts as valid.
        share = np.histogram(-finite, bins=-edges[::-1])[0][::-1] / len(values)
        data = pd.DataFrame(
            {
                "lambda_max_per_h": edges[:-1],
                "end": edges[1:],
                "share": share,
                "zero": 0.0,
                "colour": [theme.VALID if i < left else theme.INVALID for i in range(len(share))],
            }
        )
        bars = alt.Chart(data).mark_rect(stroke="white", strokeWidth=0.5)
        valid = int(is_valid(values, threshold_per_h).sum())
        shares.append(f"{name} {theme.percent(valid / len(values))}")
        text = f"{name}: {valid:,} of {len(values):,} valid"
        label = alt.Chart(pd.DataFrame({"text": [text]})).mark_text(
            align="left", baseline="bottom", dy=-6 if panels else -26
        )
        panels.append(
            alt.layer(
                bars.encode(
                    x=x,
                    x2="end:Q",
                    y=alt.Y(
                        "share:Q",
                        title="Models (%)",
                        axis=alt.Axis(labelExpr=theme.PERCENT, tickCount=4),
                    ),
                    y2="zero:Q",
                    color=alt.Color("colour:N", scale=None),
                ),
                *_threshold(threshold_per_h, low, high, "lambda_max_per_h", named=not panels),
                label.encode(x=alt.value(0), y=alt.value(0), text="text:N"),
            ).properties(height=150, width=theme.WIDTH)
        )
    return alt.vconcat(*panels, spacing=22).properties(
        title=headline(
            "Valid models: " + ", ".join(shares),
            f"Threshold of a valid model: {number(threshold_per_h)} 1/h, a time constant of "
            f"{number(-60 / threshold_per_h)} min. Symmetric logarithmic axis.",
            source or "",
        )
    )


def _beside(value: float, low: float, high: float) -> dict[str, Any]:
    """Alignment of text next to a vertical line, towards the wider side."""
    u = theme.to_symlog([low, value, high])
    left = u[1] - u[0] > u[2] - u[1]
    return {"align": "right" if left else "left", "dx": 4 if left else -4}


def _threshold(
    threshold_per_h: float, low: float, high: float, field: str, *, named: bool = True
) -> list[alt.Chart]:
    """A thin red line, with its value above the plot."""
    data = pd.DataFrame(
        {field: [threshold_per_h], "text": [f"threshold {number(threshold_per_h)} 1/h"]}
    )
    x = alt.X(f"{field}:Q", scale=theme.lambda_scale(low, high))
    rule = alt.Chart(data).mark_rule(color=theme.THRESHOLD, strokeWidth=1.5).encode(x=x)
    align = _beside(threshold_per_h, low, high)
    text = alt.Chart(data).mark_text(
        color=theme.darker(theme.THRESHOLD), baseline="bottom", dy=-6, **align
    )
    return [rule, text.encode(x=x, y=alt.value(0), text="text:N")] if named else [rule]
