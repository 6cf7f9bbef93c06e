"""Changed data sets as files, written by xarray and by the kit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import xarray as xr

from renaissance_kit.core import RenaissanceError

from .mutations import Mutant, Mutation, Rng, of_bytes
from .mutations_of_data_sets import CHANGES, Changed, Kind, NoSuchChange
from .oracle import Expect


def of_data_sets(
    raw: xr.Dataset, kind: Kind, save: Callable[[xr.Dataset, Path], None], loaded: xr.Dataset,
    place: Path, others: Mapping[str, bytes],
) -> dict[str, Mutation]:  # fmt: skip
    """All changes of a data set.

    Args:
        raw: the file as xarray opens it.
        save: writes a data set as the kit does.
        loaded: the data set as the kit reads it, for `save`.
        place: a file to write to.
        others: files of other kinds or networks, none of which can stand in for this one.
    """

    def by_xarray(change: Callable[[xr.Dataset, Kind, Rng], Changed]) -> Mutation:
        def mutation(content: bytes, rng: Rng) -> Mutant:
            try:
                changed, expect, _ = change(raw, kind, rng)
                changed.to_netcdf(place, engine="h5netcdf")
            except (NoSuchChange, ValueError, TypeError, AttributeError):
                return Mutant(content)  # there is no such change of it, or no file can hold it
            return Mutant(place.read_bytes(), expect)

        return mutation

    def by_kit(change: Callable[[xr.Dataset, Kind, Rng], Changed]) -> Mutation:
        def mutation(content: bytes, rng: Rng) -> Mutant:
            try:
                changed, _, expect = change(loaded, kind, rng)
                save(changed, place)
            except RenaissanceError as error:
                return Mutant(None, expect, error)
            except (NoSuchChange, ValueError, TypeError, AttributeError):
                return Mutant(content)
            return Mutant(place.read_bytes(), expect)

        return mutation

    def another(other: bytes) -> Mutation:
        return lambda content, rng: Mutant(other, Expect.FAIL)

    return {
        **{f"{name} (written by xarray)": by_xarray(c) for name, c in CHANGES.items()},
        **{f"{name} (saved again)": by_kit(c) for name, c in CHANGES.items()},
        **{f"file: {name}": another(content) for name, content in others.items()},
        **of_bytes(Expect.FAIL_OR_EQUAL),
        "bytes: bit flipped again": of_bytes(Expect.FAIL_OR_EQUAL)["bytes: bit flipped"],
        "bytes: bit flipped once more": of_bytes(Expect.FAIL_OR_EQUAL)["bytes: bit flipped"],
    }
