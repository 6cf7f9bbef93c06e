"""The guide to an own network, followed to the letter in an empty folder."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from renaissance_kit import KineticEnsemble, Network, SteadyStates

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "own-network.md"
BLOCK = re.compile(r"(?ms)^( *)```(python|csv|text)\n(.*?)^\1```")


@pytest.mark.slow
def test_a_newcomer_follows_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are written where the guide says so, code runs, and prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    text = GUIDE.read_text(encoding="utf-8")
    names: dict = {}
    printed: list[str] = []
    ran, position = [], 0
    for block in BLOCK.finditer(text):
        before, position = text[position : block.start()], block.end()
        code = dedent(block[3])
        ran.append(block[2])
        if block[2] == "csv":
            (*_, file) = re.findall(r"as\s+`([\w/.]+\.csv)`:", before)
            assert Path(file).parent.is_dir(), file
            Path(file).write_text(code, encoding="utf-8")
        elif block[2] == "text":
            assert printed[-1] == code
        else:
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                exec(compile(code, GUIDE.name, "exec"), names)
            printed.append(shown.getvalue())
    assert (ran.count("python"), ran.count("csv"), ran.count("text")) == (11, 3, 1)
    assert any("flux of EX_glc__D_e from -2 to -1" in text for text in printed)
    network = Network.open(tmp_path / "data" / "mine")
    assert network.reactions["MALS"].rate_law == "convenience"
    assert network.conditions["doubling_time"].value == 60
    states = SteadyStates.example(network)
    atp = states.dataset.concentration.sel(metabolite="atp_c").values
    assert 9.63 / 2 - 1e-6 <= atp.min() <= atp.max() <= 2 * 9.63 + 1e-6
    assert KineticEnsemble.example(network).valid.all()
    assert np.mean(names["ensemble"].valid) > 0.5
