"""The answers of the workshop run in the notebook where they stand, and say what is true."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import numpy as np
import pytest

from renaissance_kit.cli import batch

PATH = batch.notebook_path("00_start_here")
EXERCISE = r"^### Exercise (\d+): .+ \((\d+) minutes\)$"


def cells() -> list[nbformat.NotebookNode]:
    return nbformat.read(PATH, as_version=4).cells


def answer_in(source: str) -> str | None:
    """The code of an answer, as one who unfolds it copies it."""
    found = re.search(r"<details><summary>Answer</summary>\n\n(.+?)\n</details>", source, re.DOTALL)
    return None if found is None else re.search(r"^```python\n(.+?)^```$", found[1], re.M | re.S)[1]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What is known after each answer, with the notebook's cells run at smoke scale.

    They run here rather than in a kernel, so that arrays can be looked at; no figure is written.
    """
    names: dict[str, Any] = {"display": lambda *_: None}
    after = []
    for cell in cells():
        if cell.cell_type == "markdown":
            code = answer_in(cell.source)
            if code is not None:
                names_then = dict(names)
                exec(compile(code, f"answer {len(after) + 1}", "exec"), names_then)
                after.append(names_then)
            continue
        source = cell.source
        if "parameters" in cell.metadata.get("tags", []):
            out = str(tmp_path_factory.mktemp("out"))
            source += f"\nscale, output_dir = 'smoke', {out!r}"
        source = source.replace("save(figure,", "print(").replace("use_theme()", "")
        exec(compile(source, "00_start_here", "exec"), names)
        if source.startswith("# Your turn"):
            called = set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)(?=\(|\.\w)", source)) - {"from"}
            unknown = called - set(names) - {"models", "renaissance_kit"}
            assert not unknown, f"{source}\n{unknown}: the hint names what is not imported"
    return after


def test_each_exercise_has_room_and_an_answer_below() -> None:
    numbers, minutes = [], []
    listed = cells()
    for i, cell in enumerate(listed):
        found = re.search(EXERCISE, cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and found:
            numbers.append(int(found[1]))
            minutes.append(int(found[2]))
            assert listed[i + 1].source.startswith(f"# Your turn: exercise {found[1]}.")
            assert answer_in(listed[i + 2].source)
            hint = r"#|from renaissance_kit(\.\w+)? import "
            assert all(re.match(hint, line) for line in listed[i + 1].source.splitlines())
    assert numbers == list(range(1, 9))
    assert sum(minutes) < 90
    parts = re.findall(r"^\| (\d)\. (.+?) \| (\d+) \|$", listed[0].source, re.MULTILINE)
    assert sum(int(part[2]) for part in parts) == 90
    headings = re.findall(r"^## (\d)\. (.+)$", "\n".join(c.source for c in listed), re.MULTILINE)
    assert headings == [(n, title) for n, title, _ in parts]


@pytest.mark.slow
def test_answers(answers: list[dict[str, Any]]) -> None:
    assert len(answers) == 8
    one, few, two, three, four, five, seven, eight = answers
    # By hand: v/Vmax = (s - s rho)/(1 + s + p) = 3/7 and 0.075/1.6 at a flux of 300 mM/h.
    assert one["vmax_pgi"] == pytest.approx([300 * 7 / 3, 300 * 1.6 / 0.075])
    eigenvalues = two["all_six"]
    assert np.sum(np.abs(eigenvalues) < 1e-6) == 2
    reduced = two["spectrum"].eigenvalues_per_h[0].real
    assert np.sort(eigenvalues)[:4] == pytest.approx(np.sort(reduced))
    assert three["correlation"].idxmin() == "PGI:g6p_c"
    assert -0.65 < three["correlation"].min() < -0.4
    found = four["incidence_by_sigma"]
    assert found[0.01] > 0.9
    assert max(found[0.0001], found[1.0]) < 0.3
    assert min(found[0.001], found[0.1]) > 0.6
    assert five["limit"].incidence == 0
    assert -310 < np.median(five["limit"].lambda_max_per_h) < -290
    n, k, z2 = few["n"], few["valid"], 1.96**2  # Wilson's interval: the roots of a square
    assert (n, k) == (500, 10)
    assert few["mine"].valid.tolist() == [True]  # what a student holds after the first part
    for end in (few["low"], few["high"]):
        assert n * (k / n - end) ** 2 == pytest.approx(z2 * end * (1 - end), rel=1e-3)
    assert seven["by_gradient"].models_evaluated == 640
    assert -7 < np.median(seven["drawn"].lambda_max_per_h) < -4
    assert seven["drawn"].incidence > 0.9
    assert -0.6 < np.median(seven["ecoli_spectrum"].lambda_max_per_h) < -0.2
    back = eight["back"]
    assert (back.loc[["ATP", "growth"]] == 1).all(axis=None)
    assert back.loc["every metabolite", 0.01] < back.loc["every metabolite", 0.05]
    assert (back[0.05] >= back[0.01]).all()
