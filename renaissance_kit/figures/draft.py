"""What a draft of a network decided by rule."""

from __future__ import annotations

import re

import altair as alt
import pandas as pd

from renaissance_kit.figures import theme
from renaissance_kit.figures.theme import Figure, Source, count, headline

_CHOICES = 60  # characters of them that stand beside a bar


def decisions_by_rule(summary: pd.DataFrame, *, source: Source | None = None) -> Figure:
    """How often each rule decided, what it chose, and what the user chose instead.

    Args:
        summary: as from `renaissance_kit.draft.NetworkDraft.summary`.
    """
    data = summary.reset_index()
    given = "given by the user"
    data["text"] = [
        f"{n}: {_first_of(c.replace('_', ' '))}"
        for n, c in zip(data.decisions, data.choices, strict=True)
    ]
    parts = pd.concat(
        [
            data.assign(number=data.decisions - data[given], by="rule"),
            data.assign(number=data[given], by="user"),
        ]
    )
    y = alt.Y(
        "rule:N", title=None, sort=list(data.rule), axis=alt.Axis(labelLimit=200, ticks=False)
    )
    largest = int(data.decisions.max())
    scale = alt.Scale(domain=[0, largest], nice=False)
    x = alt.X("number:Q", title="Taken by a rule (decisions)", scale=scale, stack="zero",
              axis=alt.Axis(tickCount=4, tickMinStep=1))  # fmt: skip
    colour = alt.Color(
        "by:N", title="chosen by", sort=["rule", "user"],
        scale=alt.Scale(domain=["rule", "user"], range=[theme.BLUE, theme.INVALID]),
        legend=alt.Legend(orient="bottom"),
    )  # fmt: skip
    ends = alt.X("decisions:Q", scale=scale)
    return alt.layer(
        alt.Chart(parts).mark_bar(height=16).encode(x=x, y=y, color=colour, order="by:N"),
        alt.Chart(data).mark_text(align="left", dx=6).encode(x=ends, y=y, text="text:N"),
    ).properties(
        width=240,
        height=24 * len(data),
        title=headline(
            "What the draft decided",
            f"{count(int(data.decisions.sum()), 'decision')}, each a row of decisions.csv that may "
            "be edited. Beside the bars: how many, and the most frequent choices.",
            source or "",
        ),
    )  # fmt: skip


def _first_of(choices: str) -> str:
    """As many choices as stand beside a bar, whole ones; numbers with a real minus sign.

    >>> _first_of("reversible michaelis menten (25); generalized reversible hill (20); growth (1)")
    'reversible michaelis menten (25); …'
    """
    shown = re.sub(r"(?<![\w.])-(?=[\d.])", "−", choices)
    while len(shown) > _CHOICES and "; " in shown:
        shown = shown.removesuffix("; …").rpartition("; ")[0] + "; …"
    return shown if len(shown) <= _CHOICES else shown[: _CHOICES - 1] + "…"
