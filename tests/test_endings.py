"""One run at a time, and how runs end: time limits, deaths, and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from patience import PATIENCE_S

from renaissance_kit.core import (
    CheckpointError,
    Run,
    atomic_path,
    orderly_end,
    read_store,
    run_chunks,
    sole_use,
)

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of Unix")

ROOT = Path(__file__).resolve().parents[1]

HEARS = """
import signal
for number in (signal.SIGHUP, signal.SIGTERM):  # nohup, and some shells, have them ignored
    signal.signal(number, signal.SIG_DFL)
"""
SLOW = """
import os, sys, time
from pathlib import Path
import numpy as np
from renaissance_kit.core import Run, run_chunks

def slow(items):
    Path(sys.argv[1], f"worker-{os.getpid()}").touch()
    while items[0] >= 4:
        time.sleep(0.05)
    return {"square": items.astype(float) ** 2}

run_chunks(slow, 40, name="slow", chunk=1, settings={},
           run=Run(2, Path(sys.argv[1], "store"), progress=lambda p: print(p.done, flush=True)))
"""

TRAINING = """
import sys, time
from test_checkpoints import CASES, recipe_of, where_of
from renaissance_kit import Network, SteadyState, train

network = Network.example("tiny")
case = CASES["conditional"]

def wait(state):
    print(state.step, flush=True)
    while state.step == 7:
        time.sleep(0.05)

train(network, where_of(case, SteadyState.from_folder(network)), seed=5,
      recipe=recipe_of(case, network, 40), checkpoint=sys.argv[1] + "/run.npz", progress=wait)
"""


@contextmanager
def running(code: str, folder: Path, until: int) -> Iterator[subprocess.Popen[str]]:
    """A process that has said a number."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    process = subprocess.Popen(
        [sys.executable, "-c", HEARS + code, str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if int(line) >= until:
                break
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        process.stdout.close()


def gone(folder: Path) -> None:
    """Wait until the workers are gone; forever would be too long."""
    workers = [int(path.name.split("-")[1]) for path in folder.glob("worker-*")]
    assert workers
    deadline = time.monotonic() + PATIENCE_S
    while any(map(psutil.pid_exists, workers)):
        assert time.monotonic() < deadline, "workers stay"
        time.sleep(0.05)


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*"))


# --- endings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
def test_workers_go_with_their_run(tmp_path: Path, name: str) -> None:
    with running(SLOW, tmp_path, 4) as process:
        process.send_signal(getattr(signal, name))
        process.wait(PATIENCE_S)
    number = getattr(signal, name)
    assert process.returncode == (-number if name == "SIGKILL" else 128 + number)
    gone(tmp_path)
    if name != "SIGKILL":
        assert hidden(tmp_path) == []
    (store,) = (tmp_path / "store").iterdir()
    assert len(list(store.glob("part-*.npz"))) == 4
    found = run_chunks(
        lambda items: {"square": items.astype(float) ** 2}, 40, name="slow", chunk=1, settings={},
        run=Run(1, tmp_path / "store"),
    )  # fmt: skip
    np.testing.assert_array_equal(found["square"], np.arange(40.0) ** 2)
    assert hidden(tmp_path) == []


def test_a_training_saves_its_last_step_when_its_time_is_over(tmp_path: Path) -> None:
    """Also where a checkpoint is written every 20 steps only."""
    with running(TRAINING, tmp_path, 7) as process:
        assert not (tmp_path / "run.npz").exists()
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    assert process.returncode == 128 + signal.SIGTERM
    with np.load(tmp_path / "run.npz") as archive:
        assert len(archive["seconds"]) == 7
    assert os.listdir(tmp_path) == ["run.npz"]


def test_a_handler_of_somebody_else_stays() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with orderly_end():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with pytest.raises(SystemExit, match="143"), orderly_end(), orderly_end():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


# --- one at a time ---------------------------------------------------------------------------


def test_a_second_run_at_a_store_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    def again() -> dict[str, np.ndarray]:
        return run_chunks(
            lambda items: {"square": items.astype(float) ** 2}, 40, name="slow", chunk=1,
            settings={}, run=Run(1, tmp_path / "store"),
        )  # fmt: skip

    with running(SLOW, tmp_path, 4) as process:
        with pytest.raises(CheckpointError, match=rf"in use by .*process {process.pid} on .*since"):
            again()
        process.kill()
        process.wait(PATIENCE_S)
        assert hidden(tmp_path) == [".run.json.lock"]  # of a dead process: it locks nobody out
        assert len(again()["square"]) == 40
    (store,) = (tmp_path / "store").iterdir()
    with sole_use(store / "run.json"):  # nothing is left to do, so nobody is in the way
        assert len(again()["square"]) == 40
    assert read_store(store)["study"] == "slow"
    assert hidden(tmp_path) == []


def test_a_second_training_at_a_checkpoint_is_refused(tmp_path: Path) -> None:
    from test_checkpoints import CASES, recipe_of, where_of

    from renaissance_kit import Network, SteadyState, train

    network = Network.example("tiny")
    case = CASES["conditional"]
    where = where_of(case, SteadyState.from_folder(network))
    arguments = {"seed": 5, "recipe": recipe_of(case, network, 40), "resume": True}
    path = tmp_path / "run.npz"
    with (
        running(TRAINING, tmp_path, 7) as process,
        pytest.raises(CheckpointError, match=rf"run\.npz is in use by .*process {process.pid} "),
    ):
        train(network, where, checkpoint=path, **arguments)
    finished = train(network, where, checkpoint=path, **arguments)
    assert finished.state.step == 40
    with sole_use(path):  # a finished one is only read
        assert train(network, where, checkpoint=path, **arguments).state.step == 40
    assert os.listdir(tmp_path) == ["run.npz"]


def test_a_run_that_was_begun_meanwhile_is_not_overwritten(tmp_path: Path, tiny, tiny_state):
    """Two trainings look at the same time, and both see that there is no checkpoint."""
    from renaissance_kit import Recipe, train
    from renaissance_kit.training import run, trainer_of

    recipe = Recipe.default(tiny, generations=1, population=2, models_per_generator=2)
    trainer = trainer_of(tiny, tiny_state, recipe)
    rng = np.random.default_rng(1)
    first = trainer.init(rng, trainer.fitness.initial_weights(rng), seed=1)
    train(tiny, tiny_state, seed=2, recipe=recipe, checkpoint=tmp_path / "run.npz")
    before = (tmp_path / "run.npz").read_bytes()
    with pytest.raises(CheckpointError, match="holds an earlier run"):
        run(trainer, first, tmp_path / "run.npz")
    assert (tmp_path / "run.npz").read_bytes() == before


def test_where_nothing_can_be_locked_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with sole_use(tmp_path / "file" / "run.npz"):
        pass


# --- leftovers -------------------------------------------------------------------------------

DIES = """
import os, sys
from pathlib import Path
from renaissance_kit.core import atomic_path
with atomic_path(Path(sys.argv[1], "result.txt")) as temporary:
    temporary.write_text("half")
    os._exit(9)
"""


def test_only_the_leftovers_of_the_dead_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", DIES, str(tmp_path)], timeout=PATIENCE_S, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    (left,) = hidden(tmp_path)  # the second one removed that of the first
    others = [tmp_path / ".result.txt.part", tmp_path / ".another.txt.0123abcd.part"]
    for other in others:
        other.touch()
    with atomic_path(path) as living:
        living.write_text("of the living")
        with atomic_path(path) as second:
            second.write_text("whole")
        assert living.exists()
        assert not (tmp_path / left).exists()
    assert path.read_text() == "of the living"
    assert hidden(tmp_path) == sorted(other.name for other in others)
