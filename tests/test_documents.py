"""The code in README and tutorial runs, and prints what stands below it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

from renaissance_kit import KineticEnsemble, Recipe, train

ROOT = Path(__file__).resolve().parents[1]


def examples(page: Path) -> list[tuple[str, str | None]]:
    """Blocks of Python, each with the block of text that follows it directly."""
    text = page.read_text(encoding="utf-8")
    pattern = r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?"
    return [(m[1], m[2]) for m in re.finditer(pattern, text, re.MULTILINE | re.DOTALL)]


def run(page: Path, namespace: dict[str, Any]) -> list[str]:
    """Run the blocks one after the other; give what each one printed."""
    printed = []
    for code, expected in examples(page):
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            exec(compile(code, page.name, "exec"), namespace)
        printed.append(shown.getvalue())
        if expected is not None:
            assert shown.getvalue() == expected, code
    return printed


@pytest.mark.slow
def test_tutorial_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed = run(ROOT / "docs" / "tutorial.md", {})
    assert len(printed) >= 6
    assert (tmp_path / "ensemble.nc").is_file()


@pytest.mark.slow
def test_readme_runs_with_a_short_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line as it stands; only the size of the training is another one."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)

    def short(network: Any, state: Any, *, seed: int) -> Any:
        size = {"generations": 1, "population": 2, "models_per_generator": 4}
        return train(network, state, seed=seed, recipe=Recipe.default(network, **size))

    monkeypatch.setattr("renaissance_kit.train", short)
    ((code, _),) = examples(ROOT / "README.md")
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 12
    (printed,) = run(ROOT / "README.md", {})
    assert "lambda_max_per_h" in printed
    saved = KineticEnsemble.load(tmp_path / "ensemble.nc")
    assert len(saved.valid) == 1000
