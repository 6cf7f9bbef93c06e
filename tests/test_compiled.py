"""Compiled code on disk is never older than its source, and needs no place to be kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import renaissance_kit

PACKAGE = Path(renaissance_kit.__file__).parent
JACOBIAN = """
import json, sys, warnings
import numpy as np
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    from renaissance_kit import KineticModels, Network, SteadyState
    network = Network.example("tiny")
    models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
    jacobian = models.jacobians_per_h()[0].tolist()
about = [str(w.message) for w in said if "NUMBA_CACHE_DIR" in str(w.message)]
print(json.dumps([jacobian, about, sys.modules["renaissance_kit"].__file__]))
"""


@pytest.fixture
def copy(tmp_path: Path, tiny) -> Path:
    """A folder with a copy of the package and the data of the tiny network."""
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(tiny.folder, tmp_path / "data" / tiny.folder.name)
    return tmp_path


def run(root: Path, **environment: str) -> tuple[np.ndarray, list[str]]:
    """Jacobian of the copy, made by a process of its own, and warnings about the cache."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    done = subprocess.run(
        [sys.executable, "-c", JACOBIAN], capture_output=True, text=True, check=True, cwd=root,
        env={**inherited, "PYTHONPATH": str(root), **environment},
    )  # fmt: skip
    jacobian, about, file = json.loads(done.stdout.splitlines()[-1])
    assert Path(file).is_relative_to(root)
    return np.array(jacobian), about


def kept(root: Path) -> dict[Path, int]:
    """Files of compiled code, and when they were written."""
    return {p: p.stat().st_mtime_ns for p in root.rglob("*.nb[ci]")}


@pytest.mark.slow
def test_an_edited_rate_law_is_compiled_anew(copy: Path) -> None:
    before, said = run(copy)
    files = kept(copy)
    assert files
    assert not said
    np.testing.assert_array_equal(run(copy)[0], before)
    assert kept(copy) == files  # taken from disk
    law = copy / PACKAGE.name / "laws" / "paired.py"
    old, new = "factor = 1.0 + x[k] + (", "factor = 3.0 + x[k] + ("
    assert law.read_text().count(old) == 1
    law.write_text(law.read_text().replace(old, new))
    after, _ = run(copy)
    assert (after != before).any()
    fresh, _ = run(copy, NUMBA_CACHE_DIR=str(copy / "elsewhere"))
    np.testing.assert_array_equal(after, fresh)


@pytest.mark.slow
def test_code_is_compiled_where_nothing_can_be_written(copy: Path, tiny, tiny_state) -> None:
    """As in a shared installation, for a user without a home folder: a file is in the way."""
    for folder in (copy / PACKAGE.name).rglob("*"):
        if folder.is_dir():
            (folder / "__pycache__").touch()
    found, said = run(copy, HOME=os.devnull, XDG_CACHE_HOME=os.devnull)
    assert len(said) == 1
    assert not kept(copy)
    expected = renaissance_kit.KineticModels(tiny, tiny_state, np.ones((1, 10))).jacobians_per_h()
    np.testing.assert_array_equal(found, expected[0])


def test_there_is_one_door_to_the_compiler() -> None:
    """An njit elsewhere would keep code under a name that does not know its sources."""
    doors = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(word in path.read_text() for word in ("njit", "register_jitable", "@jit"))
    }
    assert doors == {"kinetics/compiled.py"}
