"""What every figure must meet; the tests of single figures import these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from renaissance_kit.figures import save, theme

UNITS = (
    "1/h", "mM", "ms", "min", "kJ/mol", "mmol/gDW/h", "states", "standard deviations", "%",
    "% of models valid", "steps taken", "dimensionless", "s", "h", "g/L", "gDW/L",
    "decades", "mM/h", "steps", "decisions",
)  # fmt: skip


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary in a specification."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def texts(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False)


def require_units(specification: dict[str, Any]) -> None:
    titles = {
        node[channel]["title"]
        for node in nodes(specification)
        for channel in ("x", "y")
        if isinstance(node.get(channel), dict) and node[channel].get("title")
    }
    assert titles
    unit = re.compile(rf"\(({'|'.join(map(re.escape, UNITS))})\)$")
    assert all(unit.search(title) for title in titles), titles


def require_caption(specification: dict[str, Any], *facts: str, width: int) -> None:
    title = specification["title"]
    assert title["text"]
    caption = " ".join(title["subtitle"])
    for fact in facts:
        assert fact in caption, fact
    assert all(len(line) <= width for line in title["subtitle"])


def require_same_twice(chart: Any, again: Any, name: str, folder: Path) -> None:
    png, svg = save(chart, folder / "a" / name)
    png_again, svg_again = save(again, folder / "b" / name)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.read_bytes() == png_again.read_bytes()
    text = svg.read_text(encoding="utf-8")
    assert text == svg_again.read_text(encoding="utf-8")
    assert "<svg" in text
    assert theme.FONT.split(",")[0] in text, "the theme is applied"
    assert sorted(p.name for p in (folder / "a").iterdir()) == [f"{name}.png", f"{name}.svg"]


def require_thin_threshold(specification: dict[str, Any], text: str) -> None:
    rules = [
        node["mark"]
        for node in nodes(specification)
        if isinstance(node.get("mark"), dict)
        and node["mark"]["type"] == "rule"
        and node["mark"].get("color") == theme.THRESHOLD
    ]
    assert rules
    assert all(rule["strokeWidth"] < 2 for rule in rules)
    assert text in texts(specification)
