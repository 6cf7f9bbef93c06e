"""Where the example data and the notebooks are."""

from __future__ import annotations

from pathlib import Path

from renaissance_kit.core.errors import DataError, nearest

_PACKAGE = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Return the folder of the networks that come with the toolkit, ``data/`` of the repository.

    Raises:
        DataError: the installation has lost it.
    """
    return _shipped("data")


def notebooks_folder() -> Path:
    """Return the folder of the notebooks, ``notebooks/`` of the repository.

    Raises:
        DataError: the installation has lost it.
    """
    return _shipped("notebooks")


def _shipped(name: str) -> Path:
    """A folder that a wheel has inside the package, and a clone beside it."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise DataError(
        f"the folder {name} is neither in {_PACKAGE} nor beside it; install renaissance_kit again"
    )


def network_folder(name_or_folder: str | Path) -> Path:
    """Return the folder of a network that is given by the name of an example or by its path.

    Args:
        name_or_folder: a name without a slash that is an example's is that example; all else is a
            path.

    Raises:
        DataError: it is neither; the message lists the examples.
    """
    text = str(name_or_folder)
    if Path(text).name == text and (data_folder() / text / "reactions.csv").is_file():
        return data_folder() / text
    if Path(text).expanduser().is_dir():
        return Path(text).expanduser()
    names = example_names()
    raise DataError(
        f"{text!r} is neither an example network nor a folder{nearest(text, names)} "
        f"Give a folder, or one of {', '.join(names)}"
    )


def network_place(network: str | Path) -> tuple[Path, str]:
    """Return the folder of a network and what stands after a plus sign, the name of a regulation.

    Args:
        network: as `network_folder` takes it, and ``+NAME``. A folder whose own name holds a plus
            sign is that folder.

    >>> network_place("ecoli_w3110_trpd9923+published")[1]
    'published'
    """
    text = str(network)
    folder, plus, regulation = text.rpartition("+")
    if not plus or Path(text).expanduser().is_dir():
        return network_folder(network), ""
    return network_folder(folder), regulation


def example_names() -> list[str]:
    """Names of the networks that come with the toolkit."""
    return sorted(p.name for p in data_folder().iterdir() if (p / "reactions.csv").is_file())


def example_folder(name: str) -> Path:
    """Return the folder of an example network.

    Raises:
        DataError: there is no such example; the message lists those that there are.
    """
    names = example_names()
    if name not in names:
        raise DataError(f"no example network {name!r}{nearest(name, names)} There are: {names}")
    return data_folder() / name
