"""Stores: what is done is kept under a name of all that it depends on.

The same call finds it again. A call with anything else finds nothing, and keeps what it does beside
it: results of different settings never meet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.archives import load_archive, save_archive
from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.versions import MADE_WITH, require_same_versions, versions

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
        CheckpointError: other settings stand there, so that its parts are of another run, or
            another version began it.
    """
    text = json.dumps({**settings, MADE_WITH: versions()}, sort_keys=True, indent=1)
    if (folder / "run.json").is_file():
        kept, ours = read_store(folder), json.loads(text)
        require_same_versions(kept.pop(MADE_WITH, None), folder)
        ours.pop(MADE_WITH)
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
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); delete its folder") from error
    if not isinstance(content, dict):
        raise CheckpointError(
            f"{path} holds a {type(content).__name__}, not the settings of a run; delete its folder"
        )
    return content


def part_path(folder: Path, number: int) -> Path:
    """File of a chunk."""
    return folder / f"part-{number:06d}.npz"


def read_parts(folder: Path, chunks: Sequence[NDArray[np.int64]]) -> dict[int, Result]:
    """Results of the chunks that are there, by number.

    Args:
        chunks: item numbers of each.

    Raises:
        CheckpointError: a file is damaged, or is not the part that its name says.
    """
    found: dict[int, Result] = {}
    for number, items in enumerate(chunks):
        path = part_path(folder, number)
        if path.is_file():
            found[number] = _read_part(path, folder.name, items)
    return found


def _read_part(path: Path, run: str, items: NDArray[np.int64]) -> Result:
    again = "delete this file, and the chunk is done again"
    about, arrays = load_archive(path, "part of a run", again)
    if about.get("run") != run or about.get("items") != items.tolist():
        raise CheckpointError(
            f"{path} was written as another part, of run {about.get('run')}, items "
            f"{_range(about.get('items'))}; {again}"
        )
    return arrays


def _range(items: Any) -> str:
    return f"{items[0]} to {items[-1]}" if items else "none"


def write_part(folder: Path, number: int, items: NDArray[np.int64], result: Result) -> None:
    """Keep the result of a chunk, whole or not at all, with the run and the items that it is of."""
    about = {"run": folder.name, "items": items.tolist()}
    save_archive(part_path(folder, number), about, result)
