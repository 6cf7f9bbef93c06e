"""What Binder and Colab would run, as far as that goes without them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from patience import PATIENCE_S
from test_packaging import PROJECT

ROOT = Path(__file__).resolve().parents[1]


def test_binder_has_a_supported_python_and_the_torch_of_the_makefile() -> None:
    version = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert version in SpecifierSet(PROJECT["requires-python"])
    lines = (ROOT / "binder" / "requirements.txt").read_text().split("\n")
    (torch,) = [Requirement(line) for line in lines if line.startswith("torch")]
    makefile = (ROOT / "Makefile").read_text()
    assert str(torch) == re.search(r"^TORCH \?= (.+)$", makefile, re.MULTILINE)[1] + "+cpu"
    index = re.search(r"^TORCH_INDEX \?= (.+)$", makefile, re.MULTILINE)[1]
    assert f"--extra-index-url {index}" in lines


@pytest.mark.slow
def test_binder_tries_what_it_installed(tmp_path: Path) -> None:
    """With a pip that does nothing in place of the real one."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$2" = pip ] || exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run(
        [str(ROOT / "binder" / "postBuild")], capture_output=True, text=True, timeout=PATIENCE_S,
        cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "works" in run.stdout


def test_colab_cell_finds_package_and_data(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (cell,) = re.findall(r"^```python\n(.+?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "renaissance_kit").symlink_to(ROOT)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-c", cell], capture_output=True, text=True, timeout=PATIENCE_S,
        cwd=tmp_path, env=environment,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "5 kinetic reactions" in run.stdout
