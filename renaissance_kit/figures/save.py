"""Write a chart as PNG and SVG, without a browser and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import vl_convert

from renaissance_kit.figures.theme import themed
from renaissance_kit.files import atomic_path


def save(chart: Any, path: str | Path, *, scale: float = 2.0) -> tuple[Path, Path]:
    """Write ``path`` with the suffixes ``.png`` and ``.svg``; each whole or not at all.

    Args:
        chart: an Altair chart.
        path: name of the figure, without suffix.
        scale: pixels of the PNG per point of the figure.

    Returns:
        Paths of the PNG and the SVG.
    """
    with themed():
        specification = chart.to_json()
    path = Path(path)
    png, svg = path.with_name(path.name + ".png"), path.with_name(path.name + ".svg")
    with atomic_path(png) as temporary:
        temporary.write_bytes(vl_convert.vegalite_to_png(specification, scale=scale))
    with atomic_path(svg) as temporary:
        temporary.write_text(vl_convert.vegalite_to_svg(specification), encoding="utf-8")
    return png, svg
