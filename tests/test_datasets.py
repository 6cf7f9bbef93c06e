"""Every kind of labelled file: what belongs together stays together, or the file is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from monod import monod

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    Perturbation,
    ReactorConditions,
    SteadyStates,
    cultivate,
    perturb,
)
from renaissance_kit.analysis import unbiased_models
from renaissance_kit.core import CheckpointError, Labelled, Run, versions
from renaissance_kit.search import SearchSettings, survey_states
from renaissance_kit.simulation import Bioreactor

ONE = Run(workers=1)
KINDS = ["ensemble", "states", "survey", "unbiased", "perturbation", "bioreactor"]


@pytest.fixture(scope="module")
def made(tiny: Network, tiny_state, tmp_path_factory) -> dict[str, Labelled]:
    """One result of each kind, of small networks."""
    fluxes = tiny_state.fluxes_mmol_gDW_h[None]
    rows = [np.repeat(a[None], 3, axis=0) for a in (
        tiny_state.concentrations_mM, tiny_state.log_displacement)]  # fmt: skip
    states = SteadyStates.from_arrays(
        tiny, np.repeat(fluxes, 3, axis=0), tiny.kinetic_reactions, *rows, {"default_state": 0}
    )
    km = KMRanges.of(tiny).uniform(4, rng=np.random.default_rng(3))
    models = KineticModels(tiny, tiny_state, km)
    growing = monod(tmp_path_factory.mktemp("datasets") / "monod")
    reactor = Bioreactor(ReactorConditions.from_folder(growing.network).but(duration_h=1.0))
    return {
        "ensemble": KineticEnsemble.from_models(models, models.spectrum(), seed=3),
        "states": states,
        "survey": survey_states(
            tiny, states, seed=1, settings=SearchSettings(steps=20, restarts=1), run=ONE
        ),
        "unbiased": unbiased_models(tiny, states, models=5, seed=1, run=ONE),
        "perturbation": perturb(models, Perturbation(size=0.2, times_min=[0, 1, 5]), run=ONE),
        "bioreactor": cultivate(growing, reactor, run=ONE),
    }


def written(dataset: xr.Dataset, path: Path) -> Path:
    """A file as another program writes it, without asking the toolkit."""
    dataset.to_netcdf(path, engine="h5netcdf")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_as_it_was_written(made, kind: str, tmp_path: Path) -> None:
    made[kind].save(tmp_path / "kept.nc")
    again = type(made[kind]).load(tmp_path / "kept.nc")
    xr.testing.assert_identical(again.dataset, made[kind].dataset)
    assert json.loads(again.made_with) == versions()


@pytest.mark.parametrize("kind", KINDS)
def test_labels_say_what_a_column_is_whatever_its_place(made, kind: str, tmp_path: Path) -> None:
    result = made[kind]
    moved = result.dataset
    for axis in result.LAYOUT.axes:
        moved = moved.isel({axis: slice(None, None, -1)})
    moved = moved.transpose(*reversed(list(moved.sizes)))
    again = type(result).load(written(moved, tmp_path / "moved.nc"))
    for name in result.LAYOUT.variables:
        np.testing.assert_array_equal(again.dataset[name].values, result.dataset[name].values)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_may_be_sorted_and_selected(made, kind: str) -> None:
    result = made[kind]
    rows = result.LAYOUT.rows
    chosen = np.arange(result.dataset.sizes[rows])[::-1][:2]
    part = type(result)(result.dataset.isel({rows: chosen}))
    assert part.dataset[rows].values.tolist() == result.dataset[rows].values[chosen].tolist()


def changes(result: Labelled) -> dict[str, tuple[Callable[[xr.Dataset], xr.Dataset], str]]:
    """What goes wrong with files, each with the words of its message."""
    layout, data = result.LAYOUT, result.dataset
    found: dict[str, tuple[Callable[[xr.Dataset], xr.Dataset], str]] = {}
    for name, variable in layout.variables.items():
        if data[name].dtype.kind in "fi" and name not in data.dims:
            found[f"{name} changed"] = (
                lambda d, n=name: d.assign({n: d[n].copy(data=d[n].values + 1)}), "do not belong",
            )  # fmt: skip
        if variable.units is not None:
            found[f"{name} in another unit"] = (
                lambda d, n=name: _with_units(d, n, "M"), f"{name} has the unit 'M'",
            )  # fmt: skip
            found[f"{name} without unit"] = (
                lambda d, n=name: _with_units(d, n, None), f"{name} has no unit",
            )  # fmt: skip
        found[f"{name} dropped"] = (lambda d, n=name: d.drop_vars(n), f"is no {layout.what}: no")
    for axis in layout.axes:
        if data.sizes[axis] > 1:
            found[f"{axis} incomplete"] = (
                lambda d, a=axis: d.isel({a: slice(1, None)}), f"labels of {axis} are missing",
            )  # fmt: skip
        if data[axis].dtype.kind in "OU" and data.sizes[axis] > 1:
            found[f"{axis} relabelled"] = (
                lambda d, a=axis: d.assign_coords({a: d[a].values[::-1]}), "do not belong",
            )  # fmt: skip
    for name, kind in layout.attributes.items():
        found[f"{name} changed"] = (
            lambda d, n=name, k=kind: d.assign_attrs({n: "x" if k is str else k(d.attrs[n]) + 1}),
            "do not belong",
        )
        found[f"{name} dropped"] = (lambda d, n=name: _without(d, n), f"no attribute '{name}'")
        if kind is not str:
            found[f"{name} no number"] = (
                lambda d, n=name: d.assign_attrs({n: "much"}), f"attribute {name} holds 'much'",
            )  # fmt: skip
    return found


def _with_units(data: xr.Dataset, name: str, units: str | None) -> xr.Dataset:
    data = data.copy(deep=True)
    data[name].attrs.pop("units")
    if units:
        data[name].attrs["units"] = units
    return data


def _without(data: xr.Dataset, attribute: str) -> xr.Dataset:
    data = data.copy()
    del data.attrs[attribute]
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_belong_together_is_refused(made, kind: str, tmp_path: Path) -> None:
    result = made[kind]
    for what, (change, words) in changes(result).items():
        path = written(change(result.dataset), tmp_path / f"{what}.nc")
        with pytest.raises(CheckpointError, match=words) as caught:
            type(result).load(path)
        assert path.name in str(caught.value), what
        assert result.LAYOUT.made_by in str(caught.value) or "Convert" in str(caught.value), what


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_is_seen_or_does_not_matter(made, kind: str, tmp_path: Path) -> None:
    """A hundred bits of the file, one after the other."""
    path = tmp_path / "kept.nc"
    result = made[kind]
    result.save(path)
    whole = path.read_bytes()
    refused = 0
    for bit in range(0, 8 * len(whole), 8 * len(whole) // 100 + 1):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            again = type(result).load(path)
        except CheckpointError:
            refused += 1
            continue
        for name in result.LAYOUT.variables:
            np.testing.assert_array_equal(again.dataset[name].values, result.dataset[name].values)
        for name in result.LAYOUT.attributes:
            assert again.dataset.attrs[name] == result.dataset.attrs[name]
    assert refused > 0


def test_constants_changed_in_memory_are_not_saved_as_valid(made, tmp_path: Path) -> None:
    ensemble = KineticEnsemble(made["ensemble"].dataset.copy(deep=True))
    ensemble.dataset["km"][0] *= 2.0
    with pytest.raises(CheckpointError, match=r"model 0: the numbers do not belong together"):
        ensemble.save(tmp_path / "changed.nc")
    assert not (tmp_path / "changed.nc").exists()


def test_the_shipped_ensemble_sorted_by_name_is_the_same_models(
    ecoli: Network, tmp_path: Path
) -> None:
    shipped = KineticEnsemble.example(ecoli).select(np.arange(20))
    path = written(shipped.dataset.sortby(["km_name", "reaction", "metabolite"]), tmp_path / "s.nc")
    again = KineticEnsemble.load(path)
    spectrum = again.models(ecoli).spectrum()
    assert again.valid.all()
    np.testing.assert_allclose(spectrum.lambda_max_per_h, shipped.lambda_max_per_h, rtol=1e-9)
