"""The page on what generated ranges mean runs as it is written."""

from __future__ import annotations

from pathlib import Path

from guides import guide_blocks

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "what-ranges-mean.md"


def test_the_guide(capsys):
    blocks = guide_blocks(GUIDE)
    assert len(blocks) == 4
    smaller = {"steps=2_000": "steps=400", "400, seed": "100, seed", "repeats=100": "repeats=30"}
    names: dict[str, object] = {}
    for block in blocks:
        for old, new in smaller.items():
            block = block.replace(old, new)
        exec(block, names)
    printed = capsys.readouterr().out
    assert "told_apart" in printed
    assert "covered" in printed
