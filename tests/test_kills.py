"""A run of any kind that is killed at any moment, and asked again, ends as if nothing had been.

``KILLS=100`` (``make kills``) says how many are killed in all; by default each kind once. Half of
them get SIGKILL, of which no process hears, the others SIGTERM, as from a queue.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from killing import CHUNKED, KINDS
from patience import PATIENCE_S

from renaissance_kit.training import TRAINERS

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
TARGETS = [(kind, "run") for kind in KINDS] + [("notebook", "kernel")]
KILLS = int(os.environ.get("KILLS", len(TARGETS)))


def test_every_kind_of_run_is_killed() -> None:
    assert {settings.method for settings in TRAINERS} <= set(KINDS)
    called = re.compile(r"= run_chunks\(.*?name=\"([^\"]+)\"", re.DOTALL)
    sources = (HERE.parent / "renaissance_kit").rglob("*.py")
    names = {n for path in sources for n in called.findall(_code(path))}
    assert names == set(CHUNKED)


def _code(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith((">>>", "...")))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The end of a run that was left alone, and how many moments it had."""
    known: dict[tuple[str, str], dict[str, Any]] = {}

    def of(kind: str, where: str) -> dict[str, Any]:
        if (kind, where) not in known:
            done = run(kind, tmp_path_factory.mktemp("whole"), where, -1)
            assert done.returncode == 0, done.stderr
            known[kind, where] = json.loads(done.stdout.splitlines()[-1])
        return known[kind, where]

    return of


def run(
    kind: str, folder: Path, where: str, moment: int = 0, number: int = signal.SIGKILL
) -> subprocess.CompletedProcess[str]:
    """Run until the end or the kill, and until all processes that it began are gone."""
    mark = uuid.uuid4().hex
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
        "KILLING_MARK": mark,
    }
    output = folder.with_name(f"{folder.name}-{mark}.txt")  # a pipe would wait for the workers
    with output.open("w+") as file:
        done = subprocess.run(
            [sys.executable, "-m", "killing", kind, str(folder), where, str(moment), str(number)],
            stdout=file, stderr=subprocess.STDOUT, env=environment, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    deadline = time.monotonic() + PATIENCE_S
    while left := processes(mark):
        assert time.monotonic() < deadline, f"processes are left: {left}"
        time.sleep(0.1)
    text = output.read_text()
    return subprocess.CompletedProcess(done.args, done.returncode, text, text)


def processes(mark: str) -> list[str]:
    """Command lines of what a run began, and its children."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("KILLING_MARK") == mark:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def leftovers(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob(".*")
        if path.name.endswith((".part", ".lock"))
    )  # fmt: skip


@pytest.mark.parametrize("trial", range(KILLS))
def test_a_killed_run_resumes_to_the_identical_end(
    trial: int, expected: Any, tmp_path: Path
) -> None:
    kind, where = TARGETS[trial % len(TARGETS)]
    turn, rng = trial // len(TARGETS), np.random.default_rng([7, trial])
    number = (signal.SIGKILL, signal.SIGTERM)[(trial + turn) % 2]
    whole = expected(kind, where)
    folder = tmp_path / "run"
    folder.mkdir()
    # the beginning, where least is there to go on from, now and then; else anywhere
    moment = 1 + int(rng.integers(5 if rng.random() < 0.2 else whole["moments"]))
    killed = run(kind, folder, where, moment, number)
    if killed.returncode == 0:  # threads make some moments more or less
        assert json.loads(killed.stdout.splitlines()[-1])["end"] == whole["end"]
        return
    if where == "run":
        dead = {-number} if number == signal.SIGKILL else {-number, 128 + number}
        assert killed.returncode in dead, killed.stdout
        if number == signal.SIGTERM:
            assert leftovers(folder) == []
    resumed = run(kind, folder, where)
    assert resumed.returncode == 0, resumed.stdout
    assert json.loads(resumed.stdout.splitlines()[-1])["end"] == whole["end"]
    assert leftovers(folder) == []
