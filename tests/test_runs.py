"""Runs of many tasks: what is done stays, what is missing is done again."""

from __future__ import annotations

import json
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
    Run,
    read_store,
    run_chunks,
    versions,
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


def run(
    function: Any, settings: dict[str, Any] = SETTINGS, **changes: Any
) -> dict[str, np.ndarray]:
    how = Run(**{"workers": 1, **changes})
    return run_chunks(function, 10, name="squares", settings=settings, chunk=2, run=how)


def place(store: Path) -> Path:
    """Where the only run of a store is kept."""
    (found,) = store.iterdir()
    return found


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
    assert place(store).name.startswith("squares-")
    assert read_store(place(store))["power"] == 2


def test_stop_keeps_what_is_done_and_the_next_call_resumes(tmp_path: Path) -> None:
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


@pytest.mark.slow
def test_workers_that_keep_dying_are_an_error_and_the_rest_is_kept(tmp_path: Path) -> None:
    with pytest.raises(RenaissanceError, match="died 3 times"):
        run(AlwaysDies(), workers=2, store=tmp_path / "store")
    assert list(place(tmp_path / "store").glob("part-*.npz"))


def test_other_settings_are_kept_beside_these(tmp_path: Path) -> None:
    for settings in (SETTINGS, {"power": 3}, SETTINGS):
        run(squares, settings, store=tmp_path)
    run(squares, store=tmp_path, chunk=5)
    kept = [read_store(folder) for folder in tmp_path.iterdir()]
    assert sorted((one["power"], one["chunk"]) for one in kept) == [(2, 2), (2, 5), (3, 2)]


def test_a_run_whose_settings_were_changed_by_hand_is_refused(tmp_path: Path) -> None:
    run(squares, store=tmp_path)
    file = place(tmp_path) / "run.json"
    file.write_text(file.read_text().replace('"power": 2', '"power": 3'))
    with pytest.raises(CheckpointError, match="power differ"):
        run(squares, store=tmp_path)
    file.write_text("{")
    with pytest.raises(CheckpointError, match=r"run\.json cannot be read"):
        run(squares, store=tmp_path)


def test_a_task_carries_the_data_of_its_own_items() -> None:
    seen = []

    def task(items: np.ndarray, data: list[int]) -> dict[str, np.ndarray]:
        seen.append(data)
        return {"double": 2 * np.array(data)}

    found = run_chunks(
        task, 5, name="doubles", settings={}, chunk=2, run=Run(workers=1),
        part=lambda items: [int(i) + 1 for i in items],
    )  # fmt: skip
    assert seen == [[1, 2], [3, 4], [5]]
    assert found["double"].tolist() == [2, 4, 6, 8, 10]


@pytest.mark.parametrize("kept", [None, 0.0, 0.5, 0.99])
def test_a_damaged_part_is_named_and_done_again(kept: float | None, tmp_path: Path) -> None:
    """Also one that is cut off, wherever that is."""
    whole = run(squares, store=tmp_path / "s")
    part = place(tmp_path / "s") / "part-000001.npz"
    content = part.read_bytes()
    cut = b"not an archive" if kept is None else content[: int(kept * len(content))]
    part.write_bytes(cut)
    with pytest.raises(CheckpointError, match=r"part-000001\.npz is damaged .* delete this file"):
        run(squares, store=tmp_path / "s")
    part.unlink()
    again = run(squares, store=tmp_path / "s")
    for name in whole:
        np.testing.assert_array_equal(whole[name], again[name])


def test_nothing_to_do_is_an_error() -> None:
    with pytest.raises(ParameterError, match="at least one item"):
        run_chunks(squares, 0, name="none", chunk=1, settings={})
    with pytest.raises(ParameterError, match="at least one item"):
        Run(chunk=0)


_SLOW = """
import signal, sys, time
import numpy as np
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell ignores it
from renaissance_kit.core import Run, run_chunks

def slow(items):
    time.sleep(0.2)
    return {"square": items.astype(float) ** 2}

run_chunks(slow, 40, name="slow", chunk=1, settings={},
           run=Run(1, sys.argv[1], progress=lambda p: print(p.done, flush=True)))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_an_interrupted_run_resumes(tmp_path: Path, name: str) -> None:
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
    kept = len(list(place(store).glob("part-*.npz")))
    assert 3 <= kept < 40
    found = run_chunks(
        lambda items: {"square": items.astype(float) ** 2}, 40, name="slow", chunk=1, settings={},
        run=Run(1, store),
    )  # fmt: skip
    np.testing.assert_array_equal(found["square"], np.arange(40.0) ** 2)


def test_a_store_of_another_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    run(squares, store=tmp_path)
    file = place(tmp_path) / "run.json"
    kept = json.loads(file.read_text())
    assert kept["made_with"] == versions()
    kept["made_with"]["numpy"] = "1.0"
    file.write_text(json.dumps(kept))
    with pytest.raises(CheckpointError, match=r"numpy 1\.0, now .* another store"):
        run(squares, store=tmp_path)
    del kept["made_with"]
    file.write_text(json.dumps(kept))
    with pytest.raises(CheckpointError, match="does not say which versions made it"):
        run(squares, store=tmp_path)


def test_a_part_that_was_copied_over_another_is_refused(tmp_path: Path) -> None:
    run(squares, store=tmp_path / "s")
    run(squares, {"power": 3}, store=tmp_path / "t")
    folder = place(tmp_path / "s")
    target = folder / "part-000001.npz"
    for source in (folder / "part-000002.npz", place(tmp_path / "t") / "part-000001.npz"):
        target.write_bytes(source.read_bytes())
        with pytest.raises(CheckpointError, match=r"part-000001\.npz was written as another part"):
            run(squares, store=tmp_path / "s")
