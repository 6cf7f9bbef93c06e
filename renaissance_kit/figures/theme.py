"""One look for all figures: colours with a meaning, readable fonts, and the axis of λmax.

Colours: Okabe & Ito 2008, distinguishable with every common form of colour blindness. The same
thing has the same colour in every figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.studies.text import percent as percent

BLACK, GREY, LIGHT_GREY = "#000000", "#8C8C8C", "#D9D9D9"
ORANGE, SKY, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILLION, PURPLE, INK = "#D55E00", "#CC79A7", "#222222"

INDIGO, WINE, OLIVE, TEAL = "#332288", "#882255", "#999933", "#44AA99"  # further ones (Tol)
VALID, INVALID = BLUE, GREY
THRESHOLD = VERMILLION
PAPER, MEASURED = BLACK, BLACK
BEFORE, AFTER = GREY, BLUE
UNBIASED = ORANGE
GROUPS = (BLUE, PURPLE, GREEN, SKY)  # the toolkit's default first, the paper's settings second

WIDTH, HEIGHT = 620, 340
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
LABEL, TITLE, HEADLINE, CAPTION = 15, 16, 19, 14  # sizes in points of the full figure
CAPTION_CHARACTERS = 96  # that fit in one line above a figure of the standard width

NAME = "renaissance_kit"
Figure = alt.LayerChart | alt.FacetChart | alt.VConcatChart | alt.HConcatChart
ROWS = 100_000  # in the data of a figure; Altair's own limit, 5,000, is for pages without images
PERCENT = "format(100 * datum.value, '.3~g')"  # labels of an axis whose title says %


@dataclass(frozen=True)
class Source:
    """Where the data of a figure come from, for its caption.

    Args:
        network: its name.
        steady_state: label of the state.
        seed: from which all random numbers derive.
        scale: smoke, demo, laptop or paper.
        models: where ready models come from, such as a file; empty where the figure's own run
            made them.
    """

    network: str
    steady_state: str
    seed: int
    scale: str
    models: str = ""

    def __str__(self) -> str:
        state = f", steady state {self.steady_state}" if self.steady_state != self.network else ""
        models = f", models of {self.models}" if self.models else ""
        return f"Network {self.network}{state}{models}; seed {self.seed}, scale {self.scale}."


def config() -> dict[str, Any]:
    """The theme as a Vega-Lite configuration."""
    axis = {
        "labelFontSize": LABEL, "titleFontSize": TITLE, "titleFontWeight": "normal",
        "labelColor": INK, "titleColor": INK, "domainColor": INK, "tickColor": INK,
        "gridColor": "#EDEDED", "titlePadding": 10, "labelPadding": 5, "labelFlush": False,
    }  # fmt: skip
    return {
        "background": "white",
        "font": FONT,
        "padding": 12,
        "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": HEIGHT},
        "axis": axis,
        "header": {
            "labelFontSize": LABEL, "titleFontSize": TITLE, "titleFontWeight": "normal",
            "labelColor": INK, "titleColor": INK,
        },
        "legend": {"labelFontSize": LABEL, "titleFontSize": TITLE, "titleFontWeight": "normal"},
        "title": {
            "anchor": "start", "frame": "group", "fontSize": HEADLINE, "fontWeight": "bold",
            "subtitleFontSize": CAPTION, "color": INK, "subtitleColor": "#555555",
            "offset": 18, "subtitlePadding": 6, "subtitleLineHeight": 19,
        },
        "text": {"fontSize": LABEL, "color": INK},
        "range": {"category": list(GROUPS), "heatmap": {"scheme": "blues"}},
    }  # fmt: skip


def _theme() -> alt.theme.ThemeConfig:
    return cast(alt.theme.ThemeConfig, {"config": config()})


def _register() -> None:
    if NAME not in alt.theme.names():
        alt.theme.register(NAME, enable=False)(_theme)


def use_theme(renderer: str | None = "png") -> None:
    """Make the theme the current one and show charts as images, which needs no network.

    Args:
        renderer: ``png``, ``svg`` or None to leave the renderer as it is.
    """
    _register()
    alt.theme.enable(NAME)
    alt.data_transformers.enable("default", max_rows=ROWS)
    if renderer == "png":
        alt.renderers.enable("png", ppi=144)  # twice the resolution of the page
    elif renderer:
        alt.renderers.enable(renderer)


@contextmanager
def themed() -> Iterator[None]:
    """Use the theme within a block, whatever the current one is."""
    _register()
    with alt.theme.enable(NAME), alt.data_transformers.enable("default", max_rows=ROWS):
        yield


# --- captions ------------------------------------------------------------------------------------


def headline(title: str, *sentences: str | Source, width: int = CAPTION_CHARACTERS) -> alt.Title:
    """A title with a generated caption under it, wrapped to the figure."""
    words = " ".join(str(s) for s in sentences if str(s)).split(" ")
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return alt.Title(title, subtitle=lines)


def titled(text: str) -> str:
    """A text at the beginning of a title.

    >>> titled("glucose")
    'Glucose'
    """
    return text[:1].upper() + text[1:]


def count(n: int, thing: str, things: str | None = None) -> str:
    """A number with its noun: ``1 model``, ``2,000 models``."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def number(value: float) -> str:
    """A number in three digits with a real minus sign: ``−2.5``, ``1.5e8``."""
    text = f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    return text.replace("-", "−")


def called(ids: Iterable[str], names: Mapping[str, str] | None) -> list[str]:
    """Names for readers, such as those of `renaissance_kit.Network.names`; else the ids."""
    return [(names or {}).get(i, i) for i in ids]


def darker(colour: str) -> str:
    """A shade in which text of this colour is readable on white."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{int(0.72 * c):02X}" for c in channels)


# --- the axis of λmax -----------------------------------------------------------------------------


def to_symlog(value: ArrayLike) -> NDArray[np.float64]:
    """sign(x) · ln(1 + |x|): linear near 0, logarithmic on both sides; as Vega's symlog."""
    x = np.asarray(value, dtype=float)
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


def from_symlog(value: ArrayLike) -> NDArray[np.float64]:
    """Inverse of `to_symlog`."""
    u = np.asarray(value, dtype=float)
    return np.asarray(np.sign(u) * np.expm1(np.abs(u)))


def symlog_ticks(low: float, high: float, most: int = 9) -> list[float]:
    """At most ``most`` tick values: 0 and powers of ten of both signs, if three fit.

    In a range too narrow for that, evenly spaced round numbers.
    """
    decades = max(1, math.ceil(math.log10(max(abs(low), abs(high), 1.0))))
    ticks: list[float] = []
    for every in range(1, decades + 1):
        sizes = [10.0**k for k in range(0 if every == 1 else every, decades + 1, every)]
        ticks = [t for t in [*(-s for s in reversed(sizes)), 0.0, *sizes] if low <= t <= high]
        if len(ticks) <= most:
            break
    if len(ticks) >= 3:
        return ticks
    return even_ticks(low, high)


def symlog_label(value: float) -> str:
    """Tick label: plain to 9,999, then powers of ten as 1e4."""
    return number(value) if abs(value) >= 1e4 else f"{value:,.10g}".replace("-", "−")


def round_ticks(low: float, high: float) -> list[float]:
    """Powers of ten in a range of positive numbers; with 2 and 5 times them if it is narrow."""
    digits = (1, 2, 5) if high / low < 300 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [float(f"{m}e{k}") for k in powers for m in digits]
    return [t for t in ticks if low <= t <= high]


def lambda_scale(low: float, high: float) -> alt.Scale:
    """Symmetric logarithmic scale, linear within ±1 1/h."""
    return alt.Scale(type="symlog", constant=1, domain=[low, high], nice=False)


def lambda_axis(
    low: float,
    high: float,
    *,
    field: str = "lambda_max_per_h",
    title: str | None = "λmax (1/h)",
) -> alt.X:
    """Horizontal symmetric logarithmic axis of λmax, in 1/h."""
    ticks = symlog_ticks(low, high)
    return alt.X(
        f"{field}:Q",
        title=title,
        scale=lambda_scale(low, high),
        axis=alt.Axis(values=ticks, labelExpr=tick_labels(ticks, symlog_label)),
    )


def at_least_three_ticks(low: float, high: float) -> list[float]:
    """Ticks of a logarithmic axis: as round as they can be if there are to be three.

    >>> at_least_three_ticks(0.001, 100.0), at_least_three_ticks(0.0004, 0.3)
    ([0.001, 0.01, 0.1, 1.0, 10.0, 100.0], [0.001, 0.01, 0.1])
    >>> at_least_three_ticks(1.0, 2.8), at_least_three_ticks(17.0, 26.0)
    ([1.0, 1.5, 2.0, 2.5], [18.0, 20.0, 22.0, 24.0, 26.0])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5)):
        ticks = [float(f"{m}e{k}") for k in powers for m in digits]
        ticks = [t for t in ticks if low <= t <= high]
        if len(ticks) >= 3:
            return ticks
    return even_ticks(low, high)


def even_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Evenly spaced round numbers in a range.

    >>> even_ticks(0.5, 5.6)
    [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    width = (high - low) / about
    unit = 10.0 ** math.floor(math.log10(width))
    step = min((m * unit for m in (1, 2, 5, 10)), key=lambda s: abs(s - width))
    return [round(k * step, 12) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def tick_labels(values: Sequence[float], label: Any) -> str:
    """A Vega expression that gives each tick value its own text."""
    texts = "".join(f"abs(datum.value - ({v!r})) < 1e-9 ? '{label(v)}' : " for v in values)
    return texts + "''"


def lambda_range(values: ArrayLike, threshold_per_h: float) -> tuple[float, float]:
    """Range of the axis: all finite values and the threshold, with a margin."""
    x = np.asarray(values, dtype=float)
    x = np.append(x[np.isfinite(x)], threshold_per_h)
    u = to_symlog(x)
    margin = 0.04 * max(float(u.max() - u.min()), 1.0)
    low, high = from_symlog([u.min() - margin, u.max() + margin])
    return float(low), float(high)


# --- placing labels ---------------------------------------------------------------------------


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions apart by at least ``gap`` within a range, as little as needed.

    Labels that would touch form a block, centred on the mean of their positions; equal ones keep
    their order.
    """
    order = np.argsort(positions, kind="stable")
    blocks: list[list[float]] = []  # of wanted positions, from below

    def start(block: list[float]) -> float:
        length = gap * (len(block) - 1)
        return float(np.clip(np.mean(block) - length / 2, low, max(low, high - length)))

    for i in order:
        blocks.append([positions[i]])
        while len(blocks) > 1 and (
            start(blocks[-1]) < start(blocks[-2]) + gap * len(blocks[-2]) - 1e-12
        ):
            last = blocks.pop()
            blocks[-1] += last
    placed = [start(block) + gap * k for block in blocks for k in range(len(block))]
    out = np.empty(len(placed))
    out[order] = placed
    return [float(v) for v in out]


def end_labels(
    labels: Sequence[tuple[float, str, str]],
    field: str,
    *,
    width: float = WIDTH,
    scale: alt.Scale | None = None,
    gap: float = 0.062,
) -> alt.Chart:
    """Coloured text at the right edge, moved apart where values are close.

    Args:
        labels: value, text and colour of each.
        field: of the vertical axis.
        width: of the plot in points.
        scale: symmetric logarithmic scale of the axis, as from `lambda_scale`; if not given, the
            axis goes from 0 to 1.
        gap: least distance of two labels, in units of the axis or of its `to_symlog`.
    """
    values = np.array([value for value, _, _ in labels])
    if scale is None:
        heights = spread(list(values), gap, 0.0, 1.0)
    else:
        low, high = to_symlog(scale.domain)
        placed = spread(list(np.clip(to_symlog(values), low, high)), gap, float(low), float(high))
        heights = [float(v) for v in from_symlog(placed)]
    data = pd.DataFrame(
        [
            {field: height, "text": text, "colour": darker(colour)}
            for height, (_, text, colour) in zip(heights, labels, strict=True)
        ]
    )
    return (
        alt.Chart(data)
        .mark_text(align="left", dx=8, baseline="middle")
        .encode(
            x=alt.value(width),
            y=alt.Y(f"{field}:Q", scale=scale or alt.Scale(domain=[0, 1])),
            text="text:N",
            color=alt.Color("colour:N", scale=None),
        )
    )
