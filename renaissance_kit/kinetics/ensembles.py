"""Ensembles of kinetic models in one labelled file that opens without this package."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import h5netcdf
import h5py
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.datasets import Labelled, Layout, Variable
from renaissance_kit.core.errors import CheckpointError, ParameterError, SteadyStateError
from renaissance_kit.core.files import Hdf5Sink, atomic_hdf5
from renaissance_kit.core.types import Array
from renaissance_kit.core.versions import MADE_WITH, versions_text
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Spectrum, Status, time_constant_min
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import OWN, PUBLISHED, require_set

_EXAMPLES = {OWN: "valid_models", PUBLISHED: "valid_models_published"}


def example_file(network: Network, states: str = OWN) -> str:
    """Name of the ensemble in a network's folder, that with the network's regulation.

    Args:
        states: ``own`` or ``published``.

    Raises:
        ParameterError: there is no such set of states.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.kinetics import example_file
    >>> example_file(Network.example(regulation="published"))
    'valid_models+published.nc'
    """
    regulation = f"+{network.regulation}" if network.regulation else ""
    return f"{_EXAMPLES[require_set(states)]}{regulation}.nc"


@dataclass(frozen=True)
class KineticEnsemble(Labelled):
    """Parameters and eigenvalues of many models at one steady state.

    Attributes:
        dataset: ``km`` (model, km_name) in mM, ``vmax`` (model, reaction) in mM/h,
            ``eigenvalue_real`` and ``eigenvalue_imag`` (model, mode) in 1/h, ``status`` (model)
            with its meanings as flag attributes, ``provenance_of_km`` (km_name: generated, fixed
            or measured) and ``source_of_km`` (km_name: the measurements behind it), and the
            steady state: ``concentration`` (metabolite), ``flux`` and ``log_displacement``
            (reaction). Attributes hold seed, fingerprints and density.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        what="ensemble",
        made_by="notebook 02",
        rows="model",
        variables={
            "km": Variable(("model", "km_name"), "mM"),
            "vmax": Variable(("model", "reaction"), "mM/h"),
            "eigenvalue_real": Variable(("model", "mode"), "1/h"),
            "eigenvalue_imag": Variable(("model", "mode"), "1/h"),
            "status": Variable(("model",), flags=Status),
            "provenance_of_km": Variable(("km_name",)),
            "source_of_km": Variable(("km_name",)),
            "concentration": Variable(("metabolite",), "mM"),
            "flux": Variable(("reaction",), "mmol/gDW/h"),
            "log_displacement": Variable(("reaction",), "1"),
        },
        attributes={
            "network": str, "network_digest": str, "steady_state": str,
            "dry_weight_density_gDW_L": float, "threshold_per_h": float, "seed": int,
            "generator_digest": str, "provenance": str,
        },
    )  # fmt: skip

    @classmethod
    def from_models(
        cls,
        models: KineticModels,
        spectrum: Spectrum,
        *,
        seed: int | None = None,
        generator_digest: str = "",
        km_provenance: Mapping[str, str] | None = None,
        km_sources: Mapping[str, str] | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> KineticEnsemble:
        """Label a batch of models and its spectrum.

        Args:
            seed: of the random stream that made the KM.
            generator_digest: `Generator.digest` of the weights, empty for unbiased sampling.
            km_provenance: where a KM comes from, by name; ``generated`` where it is not given.
            km_sources: the measurements behind a KM, by name; empty where there are none.
            attributes: more provenance, values JSON can hold.
        """
        network, state = models.network, models.state
        provenance = [(km_provenance or {}).get(k, "generated") for k in network.km_names]
        sources = [(km_sources or {}).get(k, "") for k in network.km_names]
        dataset = xr.Dataset(
            {
                "km": (("model", "km_name"), models.km_mM, {"units": "mM"}),
                "vmax": (("model", "reaction"), models.vmax_mM_h, {"units": "mM/h"}),
                "eigenvalue_real": (
                    ("model", "mode"), spectrum.eigenvalues_per_h.real, {"units": "1/h"},
                ),
                "eigenvalue_imag": (
                    ("model", "mode"), spectrum.eigenvalues_per_h.imag, {"units": "1/h"},
                ),
                "status": ("model", spectrum.status),
                "provenance_of_km": ("km_name", provenance),
                "source_of_km": ("km_name", np.array(sources, dtype=object)),
                "concentration": ("metabolite", state.concentrations_mM, {"units": "mM"}),
                "flux": ("reaction", state.fluxes_mmol_gDW_h, {"units": "mmol/gDW/h"}),
                "log_displacement": ("reaction", state.log_displacement, {"units": "1"}),
            },
            coords={
                "model": np.arange(len(models)),
                "km_name": list(network.km_names),
                "reaction": list(network.kinetic_reactions),
                "metabolite": list(network.species),
                "mode": np.arange(spectrum.eigenvalues_per_h.shape[1]),
            },
            attrs={
                "network": network.name,
                "network_digest": network.digest,
                "steady_state": state.label,
                "dry_weight_density_gDW_L": state.density_gDW_L,
                "threshold_per_h": spectrum.threshold_per_h,
                "seed": -1 if seed is None else seed,
                "generator_digest": generator_digest,
                "provenance": json.dumps(dict(attributes or {}), sort_keys=True),
            },
        )  # fmt: skip
        return cls.sealed(dataset)

    @classmethod
    def example(cls, network: Network, states: str = OWN) -> KineticEnsemble:
        """Read the ensemble that lies in a network's folder, ``valid_models.nc``.

        For a network with the regulation of ``regulation_NAME.csv``, ``valid_models+NAME.nc``.

        Args:
            states: ``own``, or ``published`` for models at the default published state,
                ``valid_models_published.nc``.

        Raises:
            ParameterError: there is no such set of states.
            DataError: the network was not read from a folder.
            CheckpointError: there is none, or it cannot be read.
        """
        path = network.file(example_file(network, states))
        if not path.is_file():
            raise CheckpointError(
                f"{network.name} comes without an ensemble ({path} does not exist); train a "
                "generator with it (notebook 02) and read its ensemble with KineticEnsemble.load"
            )
        return cls.load(path)

    def __len__(self) -> int:
        return int(self.dataset.sizes["model"])

    @property
    def lambda_max_per_h(self) -> Array:
        """(models,) largest real part of the eigenvalues; NaN where there are none."""
        return np.asarray(self.dataset.eigenvalue_real.values[:, 0])

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(models,) True where all eigenvalues meet the threshold."""
        return np.asarray(self.dataset.status.values == Status.VALID)

    def select(self, which: ArrayLike) -> KineticEnsemble:
        """The models at positions, or where a mask is True."""
        index = np.asarray(which)
        index = np.flatnonzero(index) if index.dtype == bool else index
        return KineticEnsemble(self.dataset.isel(model=index))

    def models(self, network: Network) -> KineticModels:
        """The kinetic models, for simulation.

        Raises:
            SteadyStateError: the ensemble belongs to another network.
        """
        data = self.dataset
        if data.attrs["network_digest"] != network.digest:
            raise SteadyStateError(
                f"the ensemble belongs to network {data.attrs['network']!r} with fingerprint "
                f"{data.attrs['network_digest']}, not {network.digest}; read that network"
            )
        state = SteadyState(
            data.concentration.values,
            data.flux.values,
            data.log_displacement.values,
            float(data.attrs["dry_weight_density_gDW_L"]),
            str(data.attrs["steady_state"]),
            network.structure_digest,
        )
        return KineticModels(network, state, data.km.values)

    def to_dataframe(self) -> pd.DataFrame:
        """One row a model: λmax, time constant, status, then KM (mM) and Vmax (mM/h).

        Columns are a two-level index (quantity, name), so that ``frame["km"]`` is a table.
        """
        data = self.dataset
        lambda_max = self.lambda_max_per_h
        summary = pd.DataFrame(
            {
                "lambda_max_per_h": lambda_max,
                "time_constant_min": time_constant_min(lambda_max),
                "status": [Status(int(s)).name for s in data.status.values],
            }
        )
        tables = {
            "spectrum": summary,
            "km": pd.DataFrame(data.km.values, columns=data.km_name.values),
            "vmax": pd.DataFrame(data.vmax.values, columns=data.reaction.values),
        }
        frame = pd.concat(tables, axis=1, names=["quantity", "name"])
        frame.index = pd.Index(data.model.values, name="model")
        return frame


def write_km_stream(
    path: str | Path,
    km_names: tuple[str, ...],
    n_sets: int,
    chunks: Iterable[NDArray[np.float32]],
    attributes: Mapping[str, str | int | float],
) -> None:
    """Write KM sets chunk by chunk to a NetCDF file, in bounded memory, whole or not at all.

    HDF5 makes the file with room for all sets in one block. The numbers then go straight there,
    which spares the copies that HDF5 would make of them.

    Args:
        n_sets: sets in all chunks together.
        chunks: arrays (sets, km) in mM, single precision.
        attributes: seed, fingerprints and whatever else labels the file.

    Raises:
        ParameterError: there are more or fewer sets than announced, or sets of another length.
        OSError: the disk is full or cannot be written; an earlier file stays.
    """
    if n_sets < 1:
        raise ParameterError(f"asked for a file of {n_sets} KM sets; ask for at least 1")
    written = 0
    with atomic_hdf5(path, checksum=False) as file:
        file.seek(_km_file(file, km_names, n_sets, attributes))
        for chunk in chunks:
            written += len(chunk)
            if written > n_sets or chunk.shape[1:] != (len(km_names),):
                raise ParameterError(
                    f"KM sets for {path}: a chunk of shape {chunk.shape} ends at set {written}; "
                    f"{n_sets} sets of {len(km_names)} KM were announced"
                )
            file.write(np.ascontiguousarray(chunk, dtype=np.float32))
            file.check()
            file.write_back()
        if written < n_sets:
            raise ParameterError(
                f"KM sets for {path}: the chunks hold {written} sets; {n_sets} were announced"
            )


def _km_file(
    file: Hdf5Sink,
    km_names: tuple[str, ...],
    n_sets: int,
    attributes: Mapping[str, str | int | float],
) -> int:
    """Make a file with room for the KM and all else filled in; where in it the KM begin."""
    with h5netcdf.File(file, "w") as made:
        made.dimensions = {"model": n_sets, "km_name": len(km_names)}
        label = made.create_variable(
            "km_name", ("km_name",), data=np.array(km_names, dtype=h5py.string_dtype())
        )
        label.attrs["long_name"] = "reaction:metabolite"
        km = made.create_variable("km", ("model", "km_name"), dtype="f4")
        km.attrs["units"] = "mM"
        for key, value in {**attributes, MADE_WITH: versions_text()}.items():
            made.attrs[key] = value
        km[0] = 0  # the first number written sets aside the block
    file.check()  # HDF5 does not survive reading half a file
    with h5py.File(file, "r") as made:
        return int(made["km"].id.get_offset())
