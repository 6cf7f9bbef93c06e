"""Where the example data are."""

from __future__ import annotations

from pathlib import Path

from renaissance_kit.core.errors import DataError, nearest


def data_folder() -> Path:
    """Return the folder ``data/`` of the repository."""
    folder = Path(__file__).resolve().parents[2] / "data"
    if folder.is_dir():
        return folder
    raise DataError(
        "the example data are not beside the package; install from a clone with 'pip install -e .'"
    )


def example_folder(name: str) -> Path:
    """Return the folder of an example network.

    Raises:
        DataError: there is no such example; the message lists those that there are.
    """
    root = data_folder()
    names = sorted(p.name for p in root.iterdir() if (p / "reactions.csv").is_file())
    if name not in names:
        raise DataError(f"no example network {name!r}{nearest(name, names)} There are: {names}")
    return root / name
