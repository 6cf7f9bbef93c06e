"""Labelled data sets on disk: NetCDF 4, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import xarray as xr

from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_hdf5


def load_dataset(
    path: str | Path, *, what: str, made_by: str, dimension: str, variables: Iterable[str]
) -> xr.Dataset:
    """Read a data set into memory.

    Args:
        what, made_by: what it should be and what makes it, for the messages.
        dimension, variables: that it must have.

    Raises:
        CheckpointError: the file is missing, truncated or of another kind.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise CheckpointError(f"{path} does not exist; {made_by} makes it")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            dataset = opened.load()
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}); {made_by} makes it again"
        ) from error
    absent = sorted(set(variables) - set(dataset))
    if dimension not in dataset.sizes:
        absent.append(f"dimension {dimension!r}")
    if absent:
        raise CheckpointError(f"{path} is no {what}: no {', '.join(absent)}; {made_by} makes one")
    return dataset


def save_dataset(path: str | Path, dataset: xr.Dataset, *, level: int) -> None:
    """Write a data set, its numbers compressed.

    Args:
        level: of the compression, 1 (quick) to 9 (small).

    Raises:
        OSError: the disk is full or cannot be written; an earlier file stays.
    """
    numeric = [name for name, variable in dataset.items() if variable.dtype.kind == "f"]
    encoding = {name: {"zlib": True, "complevel": level, "shuffle": True} for name in numeric}
    with atomic_hdf5(path) as file:
        dataset.to_netcdf(file, engine="h5netcdf", encoding=encoding)
