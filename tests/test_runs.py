"""Runs of many tasks: what is done stays, what is missing is done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patience import PATIENCE_S

from renaissance_kit.core import (
    CheckpointError,
    ParameterError,
    Progress,
    RenaissanceError,
    read_store,
    run_chunks,
)

SETTINGS = {"power": 2}


def squares(items: np.ndarray) -> dict[str, np.ndarray]:
    return {"square": items.astype(float) ** 2, "name": np.array([f"n{i}" for i in items])}


class Counted:
    """Squares, and a file a call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, items: np.ndarray) -> dict[str, np.ndarray]:
        (self.folder / f"call-{items[0]}-{time.time_ns()}").touch()
        return squares(items)


class DiesOnce:
    """Kills its own process at item 4 the first time."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, items: np.ndarray) -> dict[str, np.ndarray]:
        if 4 in items and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return squares(items)


class AlwaysDies:
    def __call__(self, items: np.ndarray) -> dict[str, np.ndarray]:
        if 4 in items:
            os.kill(os.getpid(), signal.SIGKILL)
        return squares(items)


def run(function: Any, **changes: Any) -> dict[str, np.ndarray]:
    arguments = {"chunk": 2, "settings": SETTINGS, "workers": 1, **changes}
    return run_chunks(function, 10, **arguments)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_are_in_order(workers: int) -> None:
    found = run(squares, workers=workers)
    np.testing.assert_array_equal(found["item"], np.arange(10))
    np.testing.assert_array_equal(found["square"], np.arange(10.0) ** 2)
    assert found["name"].tolist() == [f"n{i}" for i in range(10)]


def test_a_finished_run_is_not_done_again(tmp_path: Path) -> None:
    calls, store = tmp_path / "calls", tmp_path / "store"
    calls.mkdir()
    first = run(Counted(calls), store=store)
    again = run(Counted(calls), store=store)
    assert len(list(calls.iterdir())) == 5
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert read_store(store)["power"] == 2


def test_stop_keeps_what_is_done_and_the_next_call_goes_on(tmp_path: Path) -> None:
    seen: list[Progress] = []
    part = run(squares, store=tmp_path / "s", progress=seen.append, stop=lambda: len(seen) > 2)
    assert len(part["item"]) == 4  # the first report is of the empty store
    assert seen[-1].done == 4
    assert seen[-1].left_s >= 0
    whole = run(squares, store=tmp_path / "s")
    np.testing.assert_array_equal(whole["square"], np.arange(10.0) ** 2)


def test_a_killed_worker_loses_its_chunk_only(tmp_path: Path) -> None:
    found = run(DiesOnce(tmp_path / "mark"), workers=2, store=tmp_path / "store")
    assert (tmp_path / "mark").exists()
    np.testing.assert_array_equal(found["square"], np.arange(10.0) ** 2)


def test_workers_that_keep_dying_are_an_error_and_the_rest_is_kept(tmp_path: Path) -> None:
    with pytest.raises(RenaissanceError, match="died 3 times"):
        run(AlwaysDies(), workers=2, store=tmp_path / "store")
    assert list((tmp_path / "store").glob("part-*.npz"))


def test_other_settings_are_refused(tmp_path: Path) -> None:
    run(squares, store=tmp_path / "s")
    with pytest.raises(CheckpointError, match="power differ"):
        run(squares, store=tmp_path / "s", settings={"power": 3})


@pytest.mark.parametrize("kept", [None, 0.0, 0.5, 0.99])
def test_a_damaged_part_is_named_and_done_again(kept: float | None, tmp_path: Path) -> None:
    """Also one that is cut off, wherever that is."""
    whole = run(squares, store=tmp_path / "s")
    part = tmp_path / "s" / "part-000001.npz"
    content = part.read_bytes()
    cut = b"not an archive" if kept is None else content[: int(kept * len(content))]
    part.write_bytes(cut)
    with pytest.raises(CheckpointError, match=r"part-000001\.npz is damaged .* delete this file"):
        run(squares, store=tmp_path / "s")
    part.unlink()
    again = run(squares, store=tmp_path / "s")
    for name in whole:
        np.testing.assert_array_equal(whole[name], again[name])


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="holds no run"):
        run(squares, store=tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_nothing_to_do_is_an_error() -> None:
    with pytest.raises(ParameterError, match="at least one item"):
        run_chunks(squares, 0, chunk=1, settings={})


_SLOW = """
import signal, sys, time
import numpy as np
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell ignores it
from renaissance_kit.core import run_chunks

def slow(items):
    time.sleep(0.2)
    return {"square": items.astype(float) ** 2}

run_chunks(slow, 40, chunk=1, settings={}, store=sys.argv[1], workers=1,
           progress=lambda p: print(p.done, flush=True))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_an_interrupted_run_goes_on(tmp_path: Path, name: str) -> None:
    store = tmp_path / "store"
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(store)], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 3:
            process.send_signal(getattr(signal, name))
            break
    process.wait(timeout=PATIENCE_S)
    kept = len(list(store.glob("part-*.npz")))
    assert 3 <= kept < 40
    found = run_chunks(
        lambda items: {"square": items.astype(float) ** 2}, 40, chunk=1, settings={}, store=store,
        workers=1,
    )  # fmt: skip
    np.testing.assert_array_equal(found["square"], np.arange(40.0) ** 2)
