"""Stores: what is done is kept under a name of all that it depends on.

The same call finds it again. A call with anything else finds nothing, and keeps what it does beside
it: results of different settings never meet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.fingerprint import fingerprint

Result = Mapping[str, NDArray[Any]]


def store_of(folder: str | Path, name: str, *identity: Any) -> Path:
    """Where something is kept: a file or folder that is named after all that it depends on.

    Args:
        folder: of many such.
        name: what it is, for the eye.
        identity: all that the results depend on, as `fingerprint` takes it.

    >>> store_of("build", "survey", {"seed": 1}) == store_of("build", "survey", {"seed": 2})
    False
    """
    return Path(folder).expanduser() / f"{name}-{fingerprint(*identity)}"


def open_store(folder: Path, settings: Mapping[str, Any]) -> None:
    """Make the folder of a run, with its settings in ``run.json`` for whoever looks there.

    Raises:
        CheckpointError: other settings stand there, so that its parts are of another run.
    """
    text = json.dumps(settings, sort_keys=True, indent=1)
    if (folder / "run.json").is_file():
        kept, ours = read_store(folder), json.loads(text)
        if kept != ours:
            differ = sorted(k for k in {*kept, *ours} if kept.get(k) != ours.get(k))
            raise CheckpointError(
                f"{folder} holds a run with other settings ({', '.join(differ)} differ); delete it"
            )
        return
    with atomic_path(folder / "run.json") as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_store(folder: str | Path) -> dict[str, Any]:
    """The settings of a run.

    Raises:
        CheckpointError: no run there, or a damaged one.
    """
    path = Path(folder).expanduser() / "run.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); delete its folder") from error
    return dict(content)


def part_path(folder: Path, number: int) -> Path:
    """File of a chunk."""
    return folder / f"part-{number:06d}.npz"


def read_parts(folder: Path, n_chunks: int) -> dict[int, Result]:
    """Results of the chunks that are there, by number.

    Raises:
        CheckpointError: a file is damaged.
    """
    found: dict[int, Result] = {}
    for number in range(n_chunks):
        path = part_path(folder, number)
        if path.is_file():
            try:
                with np.load(path, allow_pickle=False) as archive:
                    found[number] = {name: archive[name] for name in archive.files}
            except (OSError, ValueError, EOFError, BadZipFile) as error:
                raise CheckpointError(
                    f"{path} is damaged ({error}); delete this file, and the chunk is done again"
                ) from error
    return found


def write_part(folder: Path, number: int, result: Result) -> None:
    """Keep the result of a chunk, whole or not at all."""
    arrays: dict[str, Any] = {name: np.asarray(array) for name, array in result.items()}
    with atomic_path(part_path(folder, number)) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
