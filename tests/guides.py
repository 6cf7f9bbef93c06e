"""Blocks of the how-to guides, which stand indented in lists."""

from __future__ import annotations

import re
from pathlib import Path


def guide_blocks(page: Path, language: str = "python") -> list[str]:
    """The blocks of code of one language on a page, in order, without the indent."""
    text = re.sub(r"(?m)^   ", "", page.read_text(encoding="utf-8"))
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
