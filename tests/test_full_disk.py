"""A disk that fills while a file is written: the earlier file stays and nothing half is left.

The disk is simulated by the kernel's limit on the size of a file (``RLIMIT_FSIZE``), in a process
of its own, so that the real writing code of NumPy and HDF5 meets a real error. Freed memory is
overwritten there, so that whoever relies on it fails for certain.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from patience import PATIENCE_S

from renaissance_kit.core import atomic_path
from renaissance_kit.kinetics import write_km_stream

resource = pytest.importorskip("resource", reason="limits of a process are a Unix feature")

KINDS = ("checkpoint", "ensemble", "steady states", "KM stream")
LIMITS = (1_000, 4_096, 40_000)  # bytes: within what HDF5 writes first, and behind it

WRITE_ALL = """
import itertools, json, os, resource, sys
from pathlib import Path
import numpy as np
from renaissance_kit import (
    Generator,
    KMRanges,
    KineticEnsemble,
    KineticModels,
    Network,
    SteadyState,
    SteadyStates,
)
from renaissance_kit.training import NESSettings, TrainingState, save_checkpoint
from renaissance_kit.kinetics import write_km_stream

folder, limits = Path(sys.argv[1]), [int(limit) for limit in sys.argv[2:]]
network = Network.example("tiny")
state = SteadyState.from_folder(network)
rng = np.random.default_rng(1)

def checkpoint(path, n):
    state = TrainingState.begin(rng.standard_normal(n, dtype=np.float32), rng)
    save_checkpoint(path, state, NESSettings(), "objective")

def ensemble(path, n):
    models = KineticModels(network, state, KMRanges.of(network).uniform(n, rng))
    KineticEnsemble.from_models(models, models.spectrum()).save(path)

def steady_states(path, n):
    noise = lambda names: rng.random((n, len(names)))
    SteadyStates.from_arrays(
        network, noise(network.kinetic_reactions), network.kinetic_reactions,
        noise(network.species), noise(network.kinetic_reactions), {},
    ).save(path)

def km_stream(path, n):
    ranges = KMRanges.of(Network.example())  # more names than fit where HDF5 begins to write
    generator = Generator(ranges, hidden=(4,))
    sets = generator.stream(generator.initial_weights(rng), n, rng, chunk=500)
    write_km_stream(path, ranges.names, n, sets, {"seed": 1})

writers = {
    "checkpoint": (checkpoint, "run.npz"), "ensemble": (ensemble, "models.nc"),
    "steady states": (steady_states, "states.nc"), "KM stream": (km_stream, "km.nc"),
}
sizes = (20, 20_000)
report = {kind: [] for kind in writers}
for limit, kind in itertools.product(limits, writers):
    write, name = writers[kind]
    path = folder / f"{kind} {limit}" / name
    write(path, sizes[0])
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        write(path, sizes[1])
        error = None
    except Exception as caught:
        error = caught
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    outcome = {
        "error": type(error).__name__, "is_os_error": isinstance(error, OSError),
        "message": str(error), "kept": path.read_bytes() == before,
        "files": sorted(os.listdir(path.parent)), "name": name,
    }
    write(path, sizes[1])  # and the process can go on when there is space again
    report[kind].append(outcome | {"size_with_space": path.stat().st_size})
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    package = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", WRITE_ALL, str(folder), *map(str, LIMITS)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        env=os.environ | {"PYTHONPATH": package, "GLIBC_TUNABLES": "glibc.malloc.perturb=165"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_the_earlier_file_stays_and_no_partial_one(report, kind):
    assert len(report[kind]) == len(LIMITS)
    for limit, outcome in zip(LIMITS, report[kind], strict=True):
        assert outcome["size_with_space"] > limit  # it was in the way
        assert outcome["kept"]
        assert outcome["files"] == [outcome["name"]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_names_the_file_and_the_remedy(report, kind):
    for outcome in report[kind]:
        assert outcome["is_os_error"], outcome
        assert outcome["name"] in outcome["message"]
        assert "Free some space or choose another folder" in outcome["message"]


def test_a_disk_that_fills_while_km_are_streamed_ends_the_stream(tmp_path):
    path = tmp_path / "km.nc"
    path.write_text("earlier")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    made = []

    def chunks():
        for i in range(10):
            if i == 3:
                resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
            made.append(i)
            yield np.ones((1000, 10), dtype=np.float32)

    try:
        with pytest.raises(OSError, match=r"could not write .*km\.nc: File too large"):
            write_km_stream(path, tuple("abcdefghij"), 10_000, chunks(), {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert made == [0, 1, 2, 3]
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["km.nc"]


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_no_space_at_the_last_moment(tmp_path, monkeypatch, when):
    """Network file systems report a full disk only when a file is flushed or renamed."""
    path = tmp_path / "result.txt"
    path.write_text("earlier")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, when, full)
    with (
        pytest.raises(OSError, match=r"could not write .*result\.txt: No space left") as caught,
        atomic_path(path) as temporary,
    ):
        temporary.write_text("new")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["result.txt"]


def test_any_other_failure_leaves_the_earlier_file_too(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text("earlier")

    def interrupted():
        with atomic_path(path) as temporary:
            temporary.write_text("half of the new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["result.txt"]


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "results").write_text("a file, no folder")
    with (
        pytest.raises(OSError, match=r"could not write .*run\.npz.*choose another folder"),
        atomic_path(tmp_path / "results" / "run.npz"),
    ):
        pass


def test_folders_are_made_and_files_can_be_read_by_others(tmp_path):
    """With the permissions that any new file of the user has."""
    usual = tmp_path / "usual"
    usual.touch()
    path = tmp_path / "new" / "folder" / "numbers.npy"
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.save(handle, np.arange(3))
    np.testing.assert_array_equal(np.load(path), np.arange(3))
    assert path.stat().st_mode == usual.stat().st_mode
