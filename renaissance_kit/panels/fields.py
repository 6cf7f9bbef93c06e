"""Rows of a panel, lists to choose from, and numbers as they are read and typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

FULL_LABEL = {"description_width": "auto"}


def chooser(label: str, tooltip: str, options: Sequence[tuple[str, Any]]) -> widgets.Dropdown:
    """A list from which one thing is chosen to be looked at; it is no setting of a run."""
    return widgets.Dropdown(
        options=list(options), description=label, tooltip=f"{label}: {tooltip}", style=FULL_LABEL
    )


def row_of(*parts: widgets.Widget, kind: str = "rk-plain") -> widgets.Box:
    """Label, field, slider and note in the places that ``style.css`` gives them."""
    row = widgets.Box(parts)
    row.add_class("rk-row")
    row.add_class(kind)
    return row


def readable(value: float) -> str:
    """A bound in words: ``5,000``, ``0.001``, ``1e-6``, ``−2.5``.

    >>> readable(5000), readable(1e-6), readable(-2.5)
    ('5,000', '1e-6', '−2.5')
    """
    text = f"{value:,}" if float(value).is_integer() else f"{value:.6g}"
    return text.removesuffix(".0").replace("e-0", "e-").replace("-", "−").replace("e−", "e-")


def written(value: float) -> str:
    """A number as it is typed: as short as it can be without changing it.

    >>> written(0.04), written(100), written(1e-5), written(-2.5)
    ('0.04', '100', '1e-05', '-2.5')
    """
    return f"{value:d}" if isinstance(value, int) else f"{value:.12g}"
