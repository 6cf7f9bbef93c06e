"""Write a chart as PNG and SVG, without a browser and without a network."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any

import vl_convert

from renaissance_kit.core.files import atomic_path
from renaissance_kit.figures.theme import themed


def save(chart: Any, path: str | Path, *, scale: float = 2.0) -> tuple[Path, Path]:
    """Write ``path`` with the suffixes ``.png`` and ``.svg``; each whole or not at all.

    The SVG is ready for print: letters are text in the theme's font, which an editor can change,
    and its title and caption stand in it once more for screen readers and for the gallery.

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
        drawn = _numbered_from_0(vl_convert.vegalite_to_svg(specification))
        temporary.write_text(_described(drawn, specification), encoding="utf-8")
    return png, svg


def _described(svg: str, specification: str) -> str:
    """Headline and caption of a chart as ``title`` and ``desc`` of its SVG."""
    title: dict[str, Any] = json.loads(specification).get("title") or {}
    text, lines = title.get("text", ""), title.get("subtitle", "")
    caption = lines if isinstance(lines, str) else " ".join(lines)
    inside = f"<title>{escape(text)}</title><desc>{escape(caption)}</desc>"
    return re.sub(r"^<svg ", '<svg role="img" ', svg).replace(">", f">{inside}", 1)


def _numbered_from_0(svg: str) -> str:
    """The renderer numbers gradients and clips on through a process; here by the figure."""
    used = r'(?<=id=")(?:gradient|clip)_?\d+(?=")|(?<=url\(#)(?:gradient|clip)_?\d+(?=\))'
    names = {name: i for i, name in enumerate(dict.fromkeys(re.findall(used, svg)))}
    return re.sub(used, lambda m: re.sub(r"\d+", str(names[m[0]]), m[0]), svg)
