"""Write a chart as PNG and SVG, without a browser and without a network."""

from __future__ import annotations

import re
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
        drawn = vl_convert.vegalite_to_svg(specification)
        temporary.write_text(_numbered_from_0(drawn), encoding="utf-8")
    return png, svg


def _numbered_from_0(svg: str) -> str:
    """The renderer numbers gradients and clips on through a process; here by the figure."""
    used = r'(?<=id=")(?:gradient|clip)_?\d+(?=")|(?<=url\(#)(?:gradient|clip)_?\d+(?=\))'
    names = {name: i for i, name in enumerate(dict.fromkeys(re.findall(used, svg)))}
    return re.sub(used, lambda m: re.sub(r"\d+", str(names[m[0]]), m[0]), svg)
