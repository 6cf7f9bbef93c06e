"""The guide to COPASI, followed to the letter in an empty folder."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from commands import said

from renaissance_kit import KineticEnsemble, Network

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "copasi.md"
BLOCK = re.compile(r"(?ms)^( *)```(python|bash|text)\n(.*?)^\1```")


@pytest.mark.slow
def test_the_guide_is_followed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("basico")
    names: dict[str, object] = {}
    printed, kinds = "", []
    for indent, kind, block in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        code = re.sub(f"(?m)^{indent}", "", block)
        kinds.append(kind)
        if kind == "bash":
            for line in code.splitlines():
                said(capsys, shlex.split(line)[1:])
        elif kind == "text":
            assert printed == code
        else:
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                exec(compile(code, GUIDE.name, "exec"), names)
            printed = shown.getvalue()
    assert (kinds.count("bash"), kinds.count("python"), kinds.count("text")) == (3, 4, 3)
    mine = Network.open(here / "mine")
    assert KineticEnsemble.example(mine).valid.all()
    assert (here / "batch.xml").is_file()
