"""Labelled data sets: what belongs to what, in memory and on disk (NetCDF 4).

A data set is read by its labels, never by the order in which a file happens to hold them. Each
axis of labels carries its position in the network's order; columns that were sorted, or axes that
were swapped, are put back. Units are checked. Each row (a model, a state) has a *seal*, a digest of
all that belongs together in it: constants, what was computed from them, the labels, and what all
rows share. Rows may be selected, dropped or sorted. A number that was changed by hand, or by a
damaged disk, breaks the seal of its row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar, Self

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.errors import CheckpointError
from renaissance_kit.core.files import atomic_hdf5, require_whole
from renaissance_kit.core.versions import MADE_WITH, versions_text

SEAL = "seal"
_IN_MEMORY = "the data set"
_WORDS = {float: "a number", int: "a whole number", str: "a text"}
_POSITION = "{}_position"


@dataclass(frozen=True)
class Variable:
    """Axes and unit of a variable; no unit for codes and words.

    Attributes:
        flags: of codes, what they mean; written beside them as the attributes ``flag_values`` and
            ``flag_meanings``.
    """

    dims: tuple[str, ...]
    units: str | None = None
    flags: type[IntEnum] | None = None

    @property
    def flag_attributes(self) -> dict[str, Any]:
        """What the codes mean, for other programs (CF conventions)."""
        if self.flags is None:
            return {}
        return {
            "flag_values": [int(flag) for flag in self.flags],
            "flag_meanings": " ".join(flag.name for flag in self.flags),
        }


@dataclass(frozen=True)
class Layout:
    """What a kind of data set must hold.

    Attributes:
        what, made_by: what it is and what makes it, for the messages.
        rows: the axis whose members stand for themselves, such as ``model``.
        variables: that must be there and that belong together; others are kept as they are.
        attributes: that must be there, with their types; they belong to every row.
        level: of the compression of a file, 1 (quick) to 9 (small).
    """

    what: str
    made_by: str
    rows: str
    variables: Mapping[str, Variable]
    attributes: Mapping[str, type] = field(default_factory=dict)
    level: int = 4

    @property
    def one(self) -> str:
        """``what`` with its article."""
        return f"{'an' if self.what[0] in 'aeio' else 'a'} {self.what}"

    @property
    def axes(self) -> tuple[str, ...]:
        """All axes but the rows; the order of their labels has a meaning."""
        dims = (d for variable in self.variables.values() for d in variable.dims)
        return tuple(d for d in dict.fromkeys(dims) if d != self.rows)

    def sealed(self, dataset: xr.Dataset) -> xr.Dataset:
        """The data set with positions of its labels, seals of its rows and what made it.

        Raises:
            CheckpointError: a variable, axis, unit or attribute is missing or wrong.
        """
        self._check(dataset, _IN_MEMORY)
        positions = {
            _POSITION.format(axis): (axis, np.arange(dataset.sizes[axis])) for axis in self.axes
        }
        dataset = self._transposed(dataset.assign_coords(positions))
        for name, variable in self.variables.items():
            dataset[name].attrs.update(variable.flag_attributes)
        dataset[SEAL] = (self.rows, self._seals(dataset), {"long_name": "digest of the row"})
        dataset.attrs.setdefault(MADE_WITH, versions_text())
        return dataset

    def accepted(self, dataset: xr.Dataset) -> xr.Dataset:
        """The data set with its labels in order, if all that it holds belongs together.

        Raises:
            CheckpointError: something is missing, in another unit, or was changed.
        """
        where = dataset.encoding.get("source", _IN_MEMORY)  # the file, where xarray read one
        self._check(dataset, where)
        if SEAL not in dataset or dataset[SEAL].dims != (self.rows,):
            raise CheckpointError(
                f"{where} has no seals, which say that its numbers belong together; {self.made_by} "
                f"makes {self.one} that has them"
            )
        for axis in self.axes:
            dataset = self._in_order(dataset, axis, where)
        dataset = self._transposed(dataset)
        broken = np.flatnonzero(dataset[SEAL].values != self._seals(dataset))
        if len(broken):
            labels = [str(v) for v in dataset[self.rows].values[broken[:3]]]
            more = f" and {len(broken) - len(labels):,} more" if len(broken) > len(labels) else ""
            raise CheckpointError(
                f"{where}: {self.rows} {', '.join(labels)}{more}: the numbers do not belong "
                f"together; one of {', '.join(self.variables)}, their labels or the attributes was "
                f"changed, or the file is damaged. {self.made_by} makes it again; from constants "
                "of your own, compute a new one"
            )
        return dataset

    def _check(self, dataset: xr.Dataset, where: str) -> None:
        absent = sorted(set(self.variables) - set(dataset.variables))
        absent += [f"labels of {d!r}" for d in (self.rows, *self.axes) if d not in dataset.coords]
        absent += [f"attribute {a!r}" for a in self.attributes if a not in dataset.attrs]
        if absent:
            more = f" and {len(absent) - 4} more" if len(absent) > 4 else ""
            raise CheckpointError(
                f"{where} is no {self.what}: no {', '.join(absent[:4])}{more}; {self.made_by} "
                "makes one"
            )
        for name, asked in self.variables.items():
            found = dataset[name]
            if set(found.dims) != set(asked.dims):
                raise CheckpointError(
                    f"{where}: {name} has the axes {', '.join(map(str, found.dims)) or 'none'}; "
                    f"{self.one} has {', '.join(asked.dims)} there, {self.made_by} makes one"
                )
            units = found.attrs.get("units")
            if asked.units is not None and units != asked.units:
                given = "no unit" if units is None else f"the unit {units!r}"
                raise CheckpointError(
                    f"{where}: {name} has {given}; {self.one} holds it in {asked.units}. "
                    "Convert the numbers and set the attribute 'units'"
                )
            for key, meant in asked.flag_attributes.items() if SEAL in dataset else ():
                if np.array(found.attrs.get(key)).tolist() != meant:
                    raise CheckpointError(
                        f"{where}: {name} has {key} {found.attrs.get(key)!r}; {self.one} has "
                        f"{meant!r} there, {self.made_by} makes one"
                    )
        for name, kind in self.attributes.items():
            try:
                kind(dataset.attrs[name])
            except (TypeError, ValueError):
                raise CheckpointError(
                    f"{where}: attribute {name} holds {dataset.attrs[name]!r}; {self.one} has "
                    f"{_WORDS[kind]} there; {self.made_by} makes it again"
                ) from None

    def _in_order(self, dataset: xr.Dataset, axis: str, where: str) -> xr.Dataset:
        position = dataset.coords.get(_POSITION.format(axis))
        if position is None or position.dims != (axis,):
            raise CheckpointError(
                f"{where} does not say in which order its {axis} labels belong; {self.made_by} "
                f"makes {self.one} that does"
            )
        order = np.argsort(position.values, kind="stable")
        if not np.array_equal(position.values[order], np.arange(len(order))):
            raise CheckpointError(
                f"{where}: labels of {axis} are missing or stand twice; {self.one} needs each of "
                f"them once, {self.made_by} makes it again"
            )
        if np.array_equal(order, np.arange(len(order))):
            return dataset
        return dataset.isel({axis: order})

    def _transposed(self, dataset: xr.Dataset) -> xr.Dataset:
        swapped = {
            name: dataset[name].transpose(*asked.dims)
            for name, asked in self.variables.items()
            if name not in dataset.dims and dataset[name].dims != asked.dims
        }
        return dataset.assign(swapped) if swapped else dataset

    def _seals(self, dataset: xr.Dataset) -> NDArray[np.uint64]:
        """A digest of each row, together with all that the rows share."""
        own = [n for n, v in self.variables.items() if self.rows in v.dims]
        shared = hashlib.blake2b(digest_size=8)
        for name, kind in self.attributes.items():
            shared.update(f"{name} {kind(dataset.attrs[name])!r};".encode())
        for axis in self.axes:
            shared.update(_bytes(dataset[axis].values))
        for name in self.variables:
            if name not in own:
                shared.update(_bytes(dataset[name].values))
        along = [np.moveaxis(dataset[n].values, dataset[n].dims.index(self.rows), 0) for n in own]
        seals = np.empty(dataset.sizes[self.rows], dtype=np.uint64)
        for i, label in enumerate(dataset[self.rows].values):
            row = shared.copy()
            row.update(f"{label};".encode())
            for values in along:
                row.update(_bytes(values[i]))
            seals[i] = int.from_bytes(row.digest(), "little")
        return seals


def _bytes(values: Any) -> bytes:
    """Of numbers, or of words, led by their kind and shape."""
    array = np.asarray(values)
    if array.dtype.kind in "OUS":
        words = "\0".join(str(v) for v in array.ravel())
        return f"words {array.shape};{words}".encode()
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return f"{array.dtype.str} {array.shape};".encode() + array.tobytes()


@dataclass(frozen=True)
class Labelled:
    """Base of the results that are one labelled data set.

    Each says in ``LAYOUT`` what it must hold. Whatever it is made from is checked, so that what
    exists belongs together.
    """

    dataset: xr.Dataset
    LAYOUT: ClassVar[Layout]

    def __post_init__(self) -> None:
        object.__setattr__(self, "dataset", self.LAYOUT.accepted(self.dataset))

    @classmethod
    def sealed(cls, dataset: xr.Dataset) -> Self:
        """From a data set that was just computed, whose numbers belong together.

        Raises:
            CheckpointError: a variable, axis, unit or attribute is missing or wrong.
        """
        return cls(cls.LAYOUT.sealed(dataset))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that `save` wrote.

        Raises:
            CheckpointError: the file is missing, damaged or of another kind; labels are missing,
                a unit is another one, or numbers were changed.
        """
        path = Path(path).expanduser()
        made_by = cls.LAYOUT.made_by
        if not path.is_file():
            raise CheckpointError(f"{path} does not exist; {made_by} makes it")
        try:
            require_whole(path)
            with h5py.File(path):  # what is no HDF5 ends here; h5netcdf would say more than once
                pass
            with xr.open_dataset(path, engine="h5netcdf", decode_timedelta=False) as opened:
                dataset = opened.load()
        except Exception as error:  # a damaged file may raise anything, out of three libraries
            raise CheckpointError(
                f"{path} cannot be read ({type(error).__name__}: {error}); {made_by} makes it again"
            ) from error
        return cls(dataset)

    def save(self, path: str | Path) -> None:
        """Write a compressed NetCDF file with checksums, whole or not at all.

        Raises:
            CheckpointError: numbers of the data set were changed since it was made.
            OSError: the disk is full or cannot be written; an earlier file stays.
        """
        dataset = self.LAYOUT.accepted(self.dataset)
        packed = {"zlib": True, "complevel": self.LAYOUT.level, "shuffle": True, "fletcher32": True}
        encoding = {
            n: packed for n, v in dataset.variables.items() if v.ndim and v.dtype.kind in "fiu"
        }
        with atomic_hdf5(path) as file:
            dataset.to_netcdf(file, engine="h5netcdf", encoding=encoding)

    @property
    def made_with(self) -> str:
        """Versions of the package and of the libraries that made it, JSON."""
        return str(self.dataset.attrs.get(MADE_WITH, "{}"))
