"""Archives: arrays with a text about them in one ``.npz`` file, without pickle and with a seal.

The seal is a digest of the text and of all arrays. An array that was changed, lost, renamed or
taken from another archive breaks it, whatever the checksums of the file say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.versions import MADE_WITH, versions

_ABOUT, _SEAL, _VERSION = "about", "seal", "version"
FORMAT = 3
"""Version of the format of all archives."""


def save_archive(path: str | Path, about: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write an archive, whole or not at all.

    Args:
        about: values JSON can hold; the versions that made it are added.
        arrays: numbers and words by name.

    Raises:
        OSError: the disk is full or cannot be written; an earlier file stays.
    """
    packed: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    text = json.loads(json.dumps({**about, _VERSION: FORMAT, MADE_WITH: versions()}))
    text[_SEAL] = _seal(text, packed)
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(text)), **packed)


def load_archive(
    path: str | Path, what: str, remedy: str
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read an archive that `save_archive` wrote.

    Args:
        what: it should be, such as ``checkpoint``, for the messages.
        remedy: what to do about a damaged one.

    Returns:
        The text, and the arrays by name.

    Raises:
        CheckpointError: the file is missing, damaged or changed, or of another version.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; give the path of a {what}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(str(arrays.pop(_ABOUT)))
        version, seal = about[_VERSION], about.pop(_SEAL)
    except Exception as error:  # a damaged archive may raise anything, out of three libraries
        raise CheckpointError(
            f"{path} is damaged or not a {what} ({type(error).__name__}: {error}); {remedy}"
        ) from error
    if version != FORMAT:
        newer = isinstance(version, int) and version > FORMAT
        todo = "update renaissance_kit" if newer else "use the version that wrote it"
        raise CheckpointError(
            f"{path} was written by {'a newer' if newer else 'another'} version of "
            f"renaissance_kit (format {version!r}, this one has {FORMAT}); {todo}, or give another "
            "file"
        )
    if seal != _seal(about, arrays):
        raise CheckpointError(
            f"{path} is damaged or was changed: its seal does not fit its content; {remedy}"
        )
    return about, arrays


def _seal(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    return fingerprint(json.dumps(about, sort_keys=True), dict(arrays))
