"""Checkpoints of a training run: one ``.npz`` file without pickle, written whole or not at all.

The same format for every trainer: weights, what the method remembers, the history as one array a
column, and a text (JSON) with the rest.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.training.trainer import Record, Settings, TrainingState

VERSION = 2
_UNREADABLE = (
    OSError, ValueError, TypeError, AttributeError, KeyError, EOFError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
_MEMORY, _VALUE = "memory.", "value."  # before the names of these arrays


def save_checkpoint(
    path: str | Path, state: TrainingState, settings: Settings, objective_digest: str
) -> None:
    """Write everything that `load_checkpoint` needs to go on, replacing an earlier file.

    Raises:
        OSError: the disk is full or cannot be written; an earlier checkpoint stays.
    """
    about = {
        "version": VERSION,
        "method": settings.method,
        "settings": settings.identity(),
        "objective": objective_digest,
        "step": state.step,
        "seed": state.seed,
        "rng_state": state.rng_state,
    }
    history = state.history
    arrays: dict[str, Any] = {
        "weights": state.weights,
        "lambda_max_per_h": np.array([record.lambda_max_per_h for record in history]),
        "seconds": np.array([record.seconds for record in history]),
    }
    for name, array in state.memory.items():
        arrays[_MEMORY + name] = array
    for name in history[0].values if history else ():
        arrays[_VALUE + name] = np.array([record.values[name] for record in history])
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, about=np.array(json.dumps(about)), **arrays)


def load_checkpoint(path: str | Path, settings: Settings, objective_digest: str) -> TrainingState:
    """Read a checkpoint and make sure that it belongs to this run.

    The number of steps may differ where the settings say so, so that a run can be lengthened;
    nothing else may.

    Raises:
        CheckpointError: the file is missing, truncated, or of another objective or settings.
    """
    about, arrays = _read(Path(path).expanduser())
    if about["method"] != settings.method:
        raise CheckpointError(
            f"{path} was written by another method ({about['method']}, now {settings.method}); "
            "give another checkpoint file"
        )
    if about["objective"] != objective_digest:
        raise CheckpointError(
            f"{path} was written for another objective (network, steady states, generator, reward "
            "or threshold); give another checkpoint file"
        )
    saved, now = about["settings"], settings.identity()
    changed = [name for name in now if saved.get(name) != now[name]]
    if changed:
        text = ", ".join(f"{k} was {saved.get(k)!r}, now {now[k]!r}" for k in changed)
        raise CheckpointError(
            f"{path} has other settings ({text}); use the same ones or another checkpoint file"
        )
    values = _with_prefix(arrays, _VALUE)
    records = tuple(
        Record(
            i,
            arrays["lambda_max_per_h"][i],
            {name: float(column[i]) for name, column in values.items()},
            float(arrays["seconds"][i]),
        )
        for i in range(about["step"])
    )
    return TrainingState(
        arrays["weights"], about["step"], about["rng_state"], _with_prefix(arrays, _MEMORY),
        about["seed"], records,
    )  # fmt: skip


def _with_prefix(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; start the run without resuming")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(str(arrays.pop("about")))
        current = about["version"] == VERSION
        columns = [arrays["lambda_max_per_h"], arrays["seconds"]] if current else []
        columns += _with_prefix(arrays, _VALUE).values()
        complete = (
            current
            and "weights" in arrays
            and {"method", "settings", "objective", "rng_state", "seed"} <= about.keys()
            and all(len(column) == about["step"] for column in columns)
        )
    except _UNREADABLE as error:
        raise CheckpointError(
            f"{path} is damaged or not a checkpoint ({error}); delete it and start again"
        ) from error
    if not complete:
        raise CheckpointError(f"{path} is of another version; delete it and start again")
    return about, arrays
