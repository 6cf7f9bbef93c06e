"""The same run on this machine and on a Dask cluster."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from renaissance_kit.core import ParameterError, Run, run_chunks, use_cluster


def squares(items: np.ndarray) -> dict[str, np.ndarray]:
    return {"square": items.astype(float) ** 2, "process": np.full(len(items), os.getpid())}


def run(function=squares, **changes) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def]
    how = Run(workers=None, **changes)
    return run_chunks(function, 12, name="squares", chunk=2, settings={}, run=how)


@pytest.mark.parametrize("kind", ["processes", "threads"])
def test_on_this_machine(kind: str) -> None:
    with use_cluster(kind, workers=2):
        found = run()
    np.testing.assert_array_equal(found["square"], np.arange(12.0) ** 2)
    assert (os.getpid() in found["process"]) == (kind == "threads")


class KilledOnce:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, items: np.ndarray) -> dict[str, np.ndarray]:
        if 4 in items and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return squares(items)


@pytest.mark.slow
def test_on_dask_also_when_a_worker_is_killed(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        use_cluster("dask", cluster),
    ):
        found = run()
        again = run(KilledOnce(tmp_path / "mark"), store=tmp_path / "store")
    assert os.getpid() not in found["process"]
    np.testing.assert_array_equal(found["square"], np.arange(12.0) ** 2)
    assert (tmp_path / "mark").exists()
    np.testing.assert_array_equal(again["square"], np.arange(12.0) ** 2)


@pytest.mark.slow
def test_mistakes() -> None:
    with pytest.raises(ParameterError, match="did you mean 'dask'"), use_cluster("dsk"):
        pass
    with pytest.raises(ParameterError, match="takes no address"), use_cluster("threads", "tcp://x"):
        pass
    pytest.importorskip("distributed")
    with (
        pytest.raises(ParameterError, match="no Dask scheduler answers"),
        use_cluster("dask", "tcp://127.0.0.1:1"),
    ):
        pass
