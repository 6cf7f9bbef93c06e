"""Checkpoints of a training run: one ``.npz`` file without pickle, written whole or not at all."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.training.state import EvolutionState, Record

VERSION = 1
_UNREADABLE = (
    OSError, ValueError, TypeError, AttributeError, KeyError, EOFError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
_RECORDS = ("rewards", "population_incidence", "lambda_max_per_h", "seconds")


def save_checkpoint(
    path: str | Path, state: EvolutionState, settings: Any, objective_digest: str
) -> None:
    """Write everything that `load_checkpoint` needs to go on, replacing an earlier file.

    Args:
        settings: dataclass of the training's settings, such as `NESSettings`.

    Raises:
        OSError: the disk is full or cannot be written; an earlier checkpoint stays.
    """
    history: dict[str, Any] = {
        name: np.array([getattr(record, name) for record in state.history]) for name in _RECORDS
    }
    about = {
        "version": VERSION,
        "generation": state.generation,
        "seed": state.seed,
        "settings": asdict(settings),
        "objective": objective_digest,
        "rng_state": state.rng_state,
    }
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(
            handle,
            about=np.array(json.dumps(about)),
            weights=state.weights,
            first_moment=state.first_moment,
            second_moment=state.second_moment,
            **history,
        )


def load_checkpoint(path: str | Path, settings: Any, objective_digest: str) -> EvolutionState:
    """Read a checkpoint and make sure that it belongs to this run.

    The number of generations may differ, so that a run can be lengthened; nothing else may.

    Raises:
        CheckpointError: the file is missing, truncated, or of another objective or settings.
    """
    about, arrays = _read(Path(path))
    if about["objective"] != objective_digest:
        raise CheckpointError(
            f"{path} was written for another objective (network, steady state, generator, reward "
            "or threshold); give another checkpoint file"
        )
    saved, now = dict(about["settings"]), asdict(settings)
    changed = [k for k in now if k != "generations" and saved.get(k) != now[k]]
    if changed:
        text = ", ".join(f"{k} was {saved.get(k)!r}, now {now[k]!r}" for k in changed)
        raise CheckpointError(
            f"{path} has other settings ({text}); use the same ones or another checkpoint file"
        )
    records = tuple(
        Record(
            i,
            arrays["rewards"][i],
            float(arrays["population_incidence"][i]),
            arrays["lambda_max_per_h"][i],
            float(arrays["seconds"][i]),
        )
        for i in range(about["generation"])
    )
    return EvolutionState(
        arrays["weights"],
        about["generation"],
        about["rng_state"],
        arrays["first_moment"],
        arrays["second_moment"],
        about["seed"],
        records,
    )


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; start the run without resuming")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(str(arrays.pop("about")))
        complete = (
            about["version"] == VERSION
            and {"weights", "first_moment", "second_moment"} <= arrays.keys()
            and {"settings", "objective", "rng_state"} <= about.keys()
            and all(len(arrays[name]) == about["generation"] for name in _RECORDS)
        )
    except _UNREADABLE as error:
        raise CheckpointError(
            f"{path} is damaged or not a checkpoint ({error}); delete it and start again"
        ) from error
    if not complete:
        raise CheckpointError(f"{path} is of another version; delete it and start again")
    return about, arrays
