"""Checkpoints of a training run: one ``.npz`` file without pickle, written whole or not at all.

The same format for every trainer: weights, what the method remembers, the history as one array a
column, and a text (JSON) with the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from renaissance_kit.core.archives import load_archive, save_archive
from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import UNREADABLE
from renaissance_kit.core.seeds import rng_from
from renaissance_kit.core.versions import MADE_WITH, require_same_versions
from renaissance_kit.training.trainer import Record, Settings, TrainingState

_MEMORY, _VALUE = "memory.", "value."  # before the names of these arrays


def save_checkpoint(
    path: str | Path, state: TrainingState, settings: Settings, objective_digest: str
) -> None:
    """Write everything that `load_checkpoint` needs to go on, replacing an earlier file.

    Raises:
        OSError: the disk is full or cannot be written; an earlier checkpoint stays.
    """
    about = {
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
    save_archive(path, about, arrays)


def load_checkpoint(path: str | Path, settings: Settings, objective_digest: str) -> TrainingState:
    """Read a checkpoint and make sure that it belongs to this run.

    The number of steps may differ where the settings say so, so that a run can be lengthened;
    nothing else may.

    Raises:
        CheckpointError: the file is missing, damaged, of another version, or of another objective
            or settings.
    """
    about, arrays = _read(Path(path).expanduser())
    require_same_versions(about.get(MADE_WITH), path)
    if about["method"] != settings.method:
        raise CheckpointError(
            f"{path} was written by another method ({about['method']}, now {settings.method}); "
            "give another checkpoint file"
        )
    if about["objective"] != objective_digest:
        raise CheckpointError(
            f"{path} was written for another objective, network, steady state, generator or "
            "threshold; give another checkpoint file"
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


def require_memory(path: str | Path, state: TrainingState, first: TrainingState) -> None:
    """Refuse a state that remembers something else than its method does.

    Args:
        path: where it was read, for the message.
        state: that was read.
        first: as the trainer begins with these weights.

    Raises:
        CheckpointError: another array, shape or precision.
    """
    for name in sorted({*state.memory, *first.memory}):
        found, expected = (
            f"{memory[name].shape} {memory[name].dtype}" if name in memory else "missing"
            for memory in (state.memory, first.memory)
        )
        if found != expected:
            raise _damaged(path, f"{name} is {found}; it would be {expected} in this run")


def _damaged(path: str | Path, why: object) -> CheckpointError:
    return CheckpointError(
        f"{path} is damaged or not a checkpoint ({why}); delete it and start again"
    )


def _with_prefix(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; start the run without resuming")
    about, arrays = load_archive(path, "checkpoint", "delete it and start again")
    try:
        _require_complete(about, arrays)
    except UNREADABLE as error:
        raise _damaged(path, error) from error
    return about, arrays


def _require_complete(about: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Raise ValueError, KeyError or TypeError unless all is there, in the form that belongs."""
    columns = {"seconds": arrays["seconds"], **_with_prefix(arrays, _VALUE)}
    dimensions = {"weights": (arrays["weights"], 1)}
    dimensions |= {"lambda_max_per_h": (arrays["lambda_max_per_h"], 2 if about["step"] else 1)}
    dimensions |= {name: (column, 1) for name, column in columns.items()}
    for name, (array, number) in dimensions.items():
        if array.ndim != number or array.dtype.kind != "f":
            raise ValueError(f"{name} is {array.shape} {array.dtype}")
        if name != "weights" and len(array) != about["step"]:
            raise ValueError(f"{name} has {len(array)} rows after {about['step']} steps")
    for name, kind in _ABOUT.items():
        if type(about[name]) is not kind:
            raise ValueError(f"{name} is {about[name]!r}")
    rng_from(about["rng_state"])


_ABOUT = {
    "method": str, "settings": dict, "objective": str, "step": int, "seed": int, "rng_state": dict,
}  # fmt: skip
