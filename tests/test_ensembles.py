"""Ensembles: a labelled file that needs nothing of this package, and back again."""

from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
import xarray as xr

from renaissance_kit import (
    Generator,
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Recipe,
    SteadyStates,
    train,
)
from renaissance_kit.core import CheckpointError, ParameterError, SteadyStateError, versions
from renaissance_kit.kinetics import Status, write_km_stream
from renaissance_kit.training import NESSettings

UNITS = {
    "km": "mM",
    "vmax": "mM/h",
    "eigenvalue_real": "1/h",
    "eigenvalue_imag": "1/h",
    "concentration": "mM",
    "flux": "mmol/gDW/h",
    "log_displacement": "1",
}


@pytest.fixture(scope="module")
def models(tiny, tiny_state):
    """Seven models, one of which has no eigenvalues."""
    km = KMRanges.of(tiny).uniform(7, np.random.default_rng(1))
    km[3] = 1e-300
    return KineticModels(tiny, tiny_state, km)


@pytest.fixture(scope="module")
def ensemble(models):
    return KineticEnsemble.from_models(
        models,
        models.spectrum(),
        seed=1,
        generator_digest="abc",
        km_provenance={"PGI:g6p_c": "measured"},
        attributes={"note": "seven models"},
    )


@pytest.fixture
def path(ensemble, tmp_path):
    ensemble.save(tmp_path / "models.nc")
    return tmp_path / "models.nc"


# --- the file ------------------------------------------------------------------------------


def test_saving_and_loading_keeps_every_bit(ensemble, path):
    loaded = KineticEnsemble.load(path)
    xr.testing.assert_identical(loaded.dataset, ensemble.dataset)


def test_opens_with_xarray_alone(models, path):
    """Names, units and meanings stand in the file."""
    with xr.open_dataset(path) as data:
        assert dict(data.sizes) == {
            "model": 7, "km_name": 10, "reaction": 5, "metabolite": 8, "mode": 4,
        }  # fmt: skip
        assert {name: data[name].attrs["units"] for name in UNITS} == UNITS
        index = models.network.km_index["HEX:atp_c"]
        np.testing.assert_array_equal(data.km.sel(km_name="HEX:atp_c"), models.km_mM[:, index])
        assert data.vmax.sel(model=0, reaction="GLCt") == models.vmax_mM_h[0, 0]
        assert data.concentration.sel(metabolite="atp_c") == 3.0
        meanings = data.status.attrs["flag_meanings"].split()
        by_value = dict(zip(data.status.attrs["flag_values"], meanings, strict=True))
        assert by_value == {s.value: s.name for s in Status}
        assert by_value[data.status.values[3]] == "NOT_FINITE"
        assert data.provenance_of_km.sel(km_name="PGI:g6p_c") == "measured"
        assert data.provenance_of_km.sel(km_name="PGI:f6p_c") == "generated"
        assert data.attrs["seed"] == 1
        assert data.attrs["generator_digest"] == "abc"
        assert data.attrs["network"] == "tiny"
        assert data.attrs["network_digest"] == models.network.digest
        assert data.attrs["dry_weight_density_gDW_L"] == 300
        assert data.attrs["threshold_per_h"] == -2.5
        assert json.loads(data.attrs["provenance"]) == {"note": "seven models"}


def test_opens_with_hdf5_alone(models, path):
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["km"][:], models.km_mM)
        assert {name: file[name].attrs["units"] for name in UNITS} == UNITS
        names = [name.decode() for name in file["km_name"][:]]
        assert names == list(models.network.km_names)


def test_a_truncated_file_is_an_error_wherever_it_ends(path):
    whole = path.read_bytes()
    for size in (0, 5, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match=r"models\.nc cannot be read .* makes it again"):
            KineticEnsemble.load(path)


def test_other_files_are_no_ensembles(tmp_path, ensemble, one_tiny_state):
    with pytest.raises(CheckpointError, match=r"none\.nc does not exist; notebook 02 makes it"):
        KineticEnsemble.load(tmp_path / "none.nc")
    states = one_tiny_state()
    states.save(tmp_path / "states.nc")
    with pytest.raises(
        CheckpointError, match=r"is no ensemble: no eigenvalue_imag, .* more; notebook 02"
    ):
        KineticEnsemble.load(tmp_path / "states.nc")
    ensemble.save(tmp_path / "models.nc")
    with pytest.raises(CheckpointError, match="is no set of steady states: no labels of 'state'"):
        SteadyStates.load(tmp_path / "models.nc")


def test_steady_states_are_read_back(tmp_path, tiny, tiny_state, one_tiny_state):
    states = one_tiny_state(seed=3, default_state=0)
    states.save(tmp_path / "states.nc")
    loaded = SteadyStates.load(tmp_path / "states.nc")
    xr.testing.assert_identical(loaded.dataset, states.dataset)
    loaded.default.check(tiny)
    assert len(loaded) == 1
    assert loaded.provenance == {"seed": 3, "default_state": 0}


# --- back to models ------------------------------------------------------------------------


def test_models_come_back_with_identical_eigenvalues(models, path):
    again = KineticEnsemble.load(path).models(models.network)
    np.testing.assert_array_equal(
        again.spectrum().eigenvalues_per_h, models.spectrum().eigenvalues_per_h
    )
    np.testing.assert_array_equal(again.vmax_mM_h, models.vmax_mM_h)


def test_models_of_another_network_are_refused(ensemble, ecoli):
    with pytest.raises(SteadyStateError, match=r"belongs to network 'tiny' .*read that network"):
        ensemble.models(ecoli)


def test_valid_models_can_be_selected(ensemble, models):
    valid = ensemble.select(ensemble.valid)
    assert 0 < len(valid) == models.spectrum().valid.sum() < 7
    assert (valid.lambda_max_per_h <= -2.5).all()
    assert 3 not in valid.dataset.model.values
    np.testing.assert_array_equal(
        ensemble.select(np.array([5, 2])).dataset.km, models.km_mM[[5, 2]]
    )


# --- as a table ----------------------------------------------------------------------------


def test_a_table_has_a_row_for_each_model(ensemble, models):
    frame = ensemble.to_dataframe()
    assert frame.index.name == "model"
    assert frame.columns.names == ["quantity", "name"]
    assert list(frame["km"].columns) == list(models.network.km_names)
    np.testing.assert_array_equal(frame["km"], models.km_mM)
    np.testing.assert_array_equal(frame["vmax"], models.vmax_mM_h)
    spectrum = models.spectrum()
    np.testing.assert_array_equal(frame["spectrum", "lambda_max_per_h"], spectrum.lambda_max_per_h)
    np.testing.assert_array_equal(
        frame["spectrum", "time_constant_min"], spectrum.dominant_time_constant_min
    )
    assert [Status[name] for name in frame["spectrum", "status"]] == list(spectrum.status)


def test_a_model_without_eigenvalues_has_no_time_constant(ensemble):
    row = ensemble.to_dataframe().loc[3, "spectrum"]
    assert row["status"] == "NOT_FINITE"
    assert np.isnan(row["lambda_max_per_h"])
    assert np.isnan(row["time_constant_min"])


def test_a_trained_ensemble_says_where_it_comes_from(tiny, tiny_state):
    generator = Generator(KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.08, 0.12)}), hidden=(8,))
    settings = NESSettings(generations=2, population=4, models_per_generator=5)
    training = train(
        tiny,
        tiny_state,
        seed=7,
        recipe=Recipe.default(tiny).but(settings=settings, generator=generator),
    )
    data = training.ensemble(6, seed=8).dataset
    assert data.attrs["seed"] == 8
    assert data.attrs["generator_digest"] == generator.digest(training.weights)
    provenance = json.loads(data.attrs["provenance"])
    assert provenance["training_seed"] == 7
    assert provenance["training_steps"] == 2
    assert provenance["nes_sigma"] == settings.sigma
    assert data.provenance_of_km.sel(km_name="PGI:g6p_c") == "fixed"
    np.testing.assert_array_equal(data.km, training.ensemble(6, seed=8).dataset.km)


# --- streams -------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2500, 1000, 1])
def test_a_stream_of_km_is_the_chunks_one_after_another(tiny, tmp_path, n):
    generator = Generator(KMRanges.of(tiny), hidden=(4,))
    weights = generator.initial_weights(np.random.default_rng(1))
    path, random = tmp_path / "km.nc", np.random.default_rng
    chunks = generator.stream(weights, n, random(2), chunk=700)
    write_km_stream(path, tiny.km_names, n, chunks, {"seed": 2, "generator": "abc"})
    with xr.open_dataset(path) as data:
        assert data.km.dims == ("model", "km_name")
        assert data.km.attrs["units"] == "mM"
        assert list(data.km_name.values) == list(tiny.km_names)
        assert json.loads(data.attrs["made_with"]) == versions()
        assert (data.attrs["seed"], data.attrs["generator"]) == (2, "abc")
        expected = np.concatenate(list(generator.stream(weights, n, random(2), chunk=700)))
        assert data.km.dtype == np.float32
        np.testing.assert_array_equal(data.km, expected)


def test_a_stream_is_written_chunk_by_chunk(tiny, tmp_path):
    """The writer asks for a chunk only when it has written the one before."""
    alive = []

    class Chunk(np.ndarray):
        def __del__(self):
            alive.pop()

    def chunks():
        for i in range(20):
            assert len(alive) <= 1
            alive.append(i)
            yield np.full((50, 10), 1.0 + i, dtype=np.float32).view(Chunk)

    write_km_stream(tmp_path / "km.nc", tiny.km_names, 1000, chunks(), {})
    with xr.open_dataset(tmp_path / "km.nc") as data:
        np.testing.assert_array_equal(data.km[:, 3], np.repeat(np.arange(1.0, 21), 50))


def test_a_stream_may_hold_any_layout_of_numbers(tiny, tmp_path):
    """The file holds the values, not the memory of the arrays."""
    table = np.random.default_rng(1).random((6, 10))
    chunks = [table[:2], np.asfortranarray(table[2:5]), table[5:].astype(">f4")]
    write_km_stream(tmp_path / "km.nc", tiny.km_names, 6, chunks, {})
    with h5py.File(tmp_path / "km.nc") as file:
        np.testing.assert_array_equal(file["km"][:], table.astype(np.float32))


@pytest.mark.parametrize(
    ("announced", "shapes", "message"),
    [
        (9, [(4, 10), (4, 10)], "the chunks hold 8 sets; 9 were announced"),
        (9, [], "the chunks hold 0 sets; 9 were announced"),
        (7, [(4, 10), (4, 10)], r"shape \(4, 10\) ends at set 8; 7 sets of 10 KM were announced"),
        (8, [(4, 10), (4, 9)], r"shape \(4, 9\) ends at set 8; 8 sets of 10 KM were announced"),
        (0, [], "asked for a file of 0 KM sets; ask for at least 1"),
    ],
)
def test_a_stream_of_other_sets_than_announced_is_refused(
    tiny, tmp_path, announced, shapes, message
):
    path = tmp_path / "km.nc"
    path.write_text("earlier")
    chunks = (np.ones(shape, dtype=np.float32) for shape in shapes)
    with pytest.raises(ParameterError, match=message):
        write_km_stream(path, tiny.km_names, announced, chunks, {})
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_stream_that_fails_leaves_no_file(tiny, tmp_path):
    def chunks():
        yield np.ones((5, 10), dtype=np.float32)
        raise ValueError("the generator broke")

    with pytest.raises(ValueError, match="the generator broke"):
        write_km_stream(tmp_path / "km.nc", tiny.km_names, 10, chunks(), {})
    assert list(tmp_path.iterdir()) == []


def test_the_state_of_an_ensemble_carries_its_own_density(tiny, tiny_state, tmp_path):
    """A result keeps the conversion that it was made with."""
    models = KineticModels(tiny, replace(tiny_state, density_gDW_L=420.0), np.ones(10))
    KineticEnsemble.from_models(models, models.spectrum()).save(tmp_path / "models.nc")
    again = KineticEnsemble.load(tmp_path / "models.nc").models(tiny)
    assert again.state.density_gDW_L == 420
    np.testing.assert_array_equal(again.vmax_mM_h, models.vmax_mM_h)
