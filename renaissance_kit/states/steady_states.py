"""Steady states: fluxes, concentrations and displacements that fit together.

This module holds and checks them. `renaissance_kit.states.tfa` builds the thermodynamic flux model
and `renaissance_kit.states.sampling` draws states from it.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.datasets import load_dataset, save_dataset
from renaissance_kit.core.errors import DataError, SteadyStateError, nearest
from renaissance_kit.core.tables import read_table
from renaissance_kit.core.types import Array
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network

BALANCE_TOLERANCE = 1e-6  # of the largest term in a metabolite's balance


@dataclass(frozen=True)
class SteadyState:
    """One steady state of a network.

    Attributes:
        concentrations_mM: (species,) in the order of `Network.species`.
        fluxes_mmol_gDW_h: (reactions,) in the order of `Network.kinetic_reactions`; the growth
            reaction's flux is the growth rate in 1/h.
        log_displacement: (reactions,) ln ρ = ΔrG′/RT; NaN where the rate law has none.
        density_gDW_L: dry weight per litre of cell, which converts fluxes to mM/h.
        label: number of the state in its set, or a name.
        network_digest: fingerprint of the network it belongs to.
    """

    concentrations_mM: Array
    fluxes_mmol_gDW_h: Array
    log_displacement: Array
    density_gDW_L: float
    label: str
    network_digest: str

    @property
    def fluxes_mM_h(self) -> Array:
        """Fluxes per litre of cell."""
        return self.fluxes_mmol_gDW_h * self.density_gDW_L

    @classmethod
    def from_folder(cls, network: Network) -> SteadyState:
        """Read the one steady state that a teaching network brings, ``steady_state.csv``.

        Raises:
            DataError: the network was not read from a folder, or the table is incomplete.
            SteadyStateError: the numbers are not a steady state of the network.
        """
        if network.folder is None:
            raise DataError("the network was not read from a folder; give the states yourself")
        rows = read_table(
            network.folder / "steady_state.csv",
            ("quantity", "id", "value", "unit", "source"),
            key=("quantity", "id"),
        )
        units = {"concentration": "mM", "flux": "mmol/gDW/h", "log_displacement": "1"}
        ids = {
            "concentration": network.species,
            "flux": network.kinetic_reactions,
            "log_displacement": network.kinetic_reactions,
        }
        values = {kind: np.full(len(names), np.nan) for kind, names in ids.items()}
        for row in rows:
            kind = row["quantity"]
            if kind not in units:
                raise row.error(f"unknown quantity {kind!r}{nearest(kind, units)}")
            if row["unit"] != units[kind]:
                raise row.error(f"unit {row['unit']!r}; write {units[kind]!r}")
            if row["id"] not in ids[kind]:
                raise row.error(f"{row['id']!r} is unknown{nearest(row['id'], ids[kind])}")
            values[kind][ids[kind].index(row["id"])] = row.required_number("value")
        state = cls(
            values["concentration"],
            values["flux"],
            values["log_displacement"],
            network.conditions["dry_weight_density"].value,
            network.name,
            network.digest,
        )
        state.check(network)
        return state

    def check(self, network: Network) -> None:
        """Raise unless this is a steady state of the network.

        Checks the shapes and the network, finite positive concentrations, the directions
        (sign of every flux against its displacement) and the balances S v = 0.

        Raises:
            SteadyStateError: with the names of the metabolites or reactions that fail.
        """
        if self.network_digest != network.digest:
            raise SteadyStateError(
                f"steady state {self.label} belongs to another network (fingerprint "
                f"{self.network_digest}, this one has {network.digest}); sample it anew"
            )
        n_species, n_reactions = len(network.species), len(network.kinetic_reactions)
        for name, array, size in (
            ("concentrations_mM", self.concentrations_mM, n_species),
            ("fluxes_mmol_gDW_h", self.fluxes_mmol_gDW_h, n_reactions),
            ("log_displacement", self.log_displacement, n_reactions),
        ):
            if array.shape != (size,):
                raise SteadyStateError(f"{name} has shape {array.shape}, expected ({size},)")
        problems = problems_of(network, self)
        if problems:
            raise SteadyStateError(f"steady state {self.label}: " + "; ".join(problems))


def problems_of(network: Network, state: SteadyState) -> list[str]:
    """List what keeps the numbers from being a steady state, in words; empty if nothing does."""
    c, v, log_rho = state.concentrations_mM, state.fluxes_mmol_gDW_h, state.log_displacement
    species, reactions = np.array(network.species), np.array(network.kinetic_reactions)
    reversible = np.array([REGISTRY[network.reactions[r].rate_law].reversible for r in reactions])

    def listed(names: NDArray[Any]) -> str:
        return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

    problems = []
    if not (np.isfinite(state.density_gDW_L) and state.density_gDW_L > 0):
        problems.append(f"density {state.density_gDW_L} gDW/L must be positive")
    bad = species[~np.isfinite(c)]
    if len(bad):
        problems.append(f"concentration not finite: {listed(bad)}")
    bad = species[c <= 0]
    if len(bad):
        problems.append(f"concentration zero or negative: {listed(bad)}")
    bad = reactions[~np.isfinite(v)]
    if len(bad):
        problems.append(f"flux not finite: {listed(bad)}")
    bad = reactions[reversible & ~np.isfinite(log_rho)]
    if len(bad):
        problems.append(f"displacement missing: {listed(bad)}")
    finite = np.isfinite(v) & np.isfinite(log_rho)
    bad = reactions[reversible & finite & (v == 0) & (log_rho == 0)]
    if len(bad):
        problems.append(f"no flux, so that Vmax has no value: {listed(bad)}")
    bad = reactions[reversible & finite & (np.sign(v) != -np.sign(log_rho))]
    if len(bad):
        problems.append(
            f"flux against its displacement: {listed(bad)} (a positive flux needs ln ρ < 0)"
        )
    bad = reactions[~reversible & (v <= 0)]
    if len(bad):
        problems.append(f"irreversible reaction without positive flux: {listed(bad)}")
    if not problems:
        terms = network.stoichiometry * v
        residual = np.abs(terms.sum(axis=1)) / np.maximum(np.abs(terms).max(axis=1), 1e-300)
        bad = np.array(network.dynamic)[residual > BALANCE_TOLERANCE]
        if len(bad):
            problems.append(f"fluxes do not balance: {listed(bad)}")
    return problems


@dataclass(frozen=True)
class SteadyStates:
    """A labelled set of steady states; ``states[i]`` is one, ``states[:100]`` a smaller set.

    Attributes:
        dataset: variables ``flux`` (state, reaction), ``concentration`` (state, metabolite) and
            ``log_displacement`` (state, kinetic_reaction), each with its unit; attributes hold
            the network's fingerprint, the density, the seed and the constraints.
    """

    dataset: xr.Dataset
    _arrays: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_arrays(
        cls,
        network: Network,
        fluxes: Array,
        reactions: tuple[str, ...],
        concentrations: Array,
        log_displacement: Array,
        attributes: Mapping[str, Any],
    ) -> SteadyStates:
        """Label arrays.

        Args:
            fluxes: (states, all reactions) in mmol/gDW/h, columns named by ``reactions``.
            concentrations: (states, species) in mM.
            log_displacement: (states, kinetic reactions); NaN where the law has none.
            attributes: provenance (seed, constraints, method); values JSON can hold.
        """
        dataset = xr.Dataset(
            {
                "flux": (("state", "reaction"), fluxes, {"units": "mmol/gDW/h"}),
                "concentration": (("state", "metabolite"), concentrations, {"units": "mM"}),
                "log_displacement": (
                    ("state", "kinetic_reaction"),
                    log_displacement,
                    {"units": "1", "long_name": "ln rho = transformed reaction energy / RT"},
                ),
            },
            coords={
                "state": np.arange(len(fluxes)),
                "reaction": list(reactions),
                "metabolite": list(network.species),
                "kinetic_reaction": list(network.kinetic_reactions),
            },
            attrs={
                "network": network.name,
                "network_digest": network.digest,
                "dry_weight_density_gDW_L": network.conditions["dry_weight_density"].value,
                "provenance": json.dumps(dict(attributes), sort_keys=True),
            },
        )
        return cls(dataset)

    @classmethod
    def load(cls, path: str | Path) -> SteadyStates:
        """Read a file that `save` wrote.

        Raises:
            CheckpointError: the file is missing, truncated or of another kind.
        """
        variables = ("flux", "concentration", "log_displacement")
        dataset = load_dataset(
            path, what="set of steady states", made_by="notebook 01", dimension="state",
            variables=variables,
        )  # fmt: skip
        return cls(dataset)

    @classmethod
    def example(cls, network: Network) -> SteadyStates:
        """Read the states that lie in a network's folder, ``steady_states.nc``.

        Raises:
            DataError: the network was not read from a folder.
            CheckpointError: there are none, or they cannot be read.
            SteadyStateError: they were sampled with another dry-weight density.
        """
        states = cls.load(network.file("steady_states.nc"))
        sampled = float(states.dataset.attrs["dry_weight_density_gDW_L"])
        now = network.conditions["dry_weight_density"].value
        if sampled != now:
            raise SteadyStateError(
                f"steady_states.nc was sampled with a dry-weight density of {sampled:g} gDW/L, "
                f"conditions.csv has {now:g}; all rates scale with it, so sample anew"
            )
        return states

    def save(self, path: str | Path) -> None:
        """Write a compressed NetCDF file, whole or not at all."""
        save_dataset(path, self.dataset, level=9)

    @property
    def provenance(self) -> dict[str, Any]:
        """Seed, constraints and method that made the states."""
        return dict(json.loads(self.dataset.attrs["provenance"]))

    @property
    def default_label(self) -> int:
        """Number of the default profile, chosen by the rule in `provenance`.

        Raises:
            SteadyStateError: none was chosen.
        """
        if "default_state" not in self.provenance:
            raise SteadyStateError(
                "no default profile was chosen among these states; take one by its number, or "
                "choose by renaissance_kit.analysis.profiles.with_default_profile"
            )
        return int(self.provenance["default_state"])

    @property
    def default(self) -> SteadyState:
        """The default profile.

        Raises:
            SteadyStateError: none was chosen, or it is not among these states.
        """
        found = np.flatnonzero(self.dataset.state.values == self.default_label)
        if not len(found):
            raise SteadyStateError(
                f"the default profile, state {self.default_label}, is not among these "
                f"{len(self)} states; take it from the set that they were chosen from"
            )
        return self[int(found[0])]

    def __len__(self) -> int:
        return int(self.dataset.sizes["state"])

    def __iter__(self) -> Iterator[SteadyState]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, index: SupportsIndex) -> SteadyState: ...

    @overload
    def __getitem__(self, index: slice) -> SteadyStates: ...

    def __getitem__(self, index: SupportsIndex | slice) -> SteadyState | SteadyStates:
        """The state at a position, counted from 0 or, if negative, from the end.

        With a slice such as ``states[:100]`` a set of the states at those positions. They keep
        their numbers and their provenance; effective sample size and R-hat remain those of the
        whole sample.

        Raises:
            SteadyStateError: there is no such state, or the index is no position.
        """
        if isinstance(index, slice):
            return self._slice(index)
        try:
            index = operator.index(index)
        except TypeError:
            raise SteadyStateError(
                f"{index!r} is no position; give a whole number, as in states[0], or a slice, as "
                "in states[0:3]"
            ) from None
        if not -len(self) <= index < len(self):
            raise SteadyStateError(f"no state {index}; there are {len(self)}, counted from 0")
        if not self._arrays:
            data = self.dataset
            flux = data.flux.sel(reaction=data.kinetic_reaction.values).values
            object.__setattr__(
                self,
                "_arrays",
                {
                    "flux": flux,
                    "concentration": data.concentration.values,
                    "log_displacement": data.log_displacement.values,
                },
            )
        return SteadyState(
            self._arrays["concentration"][index],
            self._arrays["flux"][index],
            self._arrays["log_displacement"][index],
            float(self.dataset.attrs["dry_weight_density_gDW_L"]),
            str(int(self.dataset.state.values[index])),
            str(self.dataset.attrs["network_digest"]),
        )

    def _slice(self, index: slice) -> SteadyStates:
        try:
            positions = range(len(self))[index]
        except (TypeError, ValueError) as error:
            raise SteadyStateError(f"{index} cuts out no states: {error}") from None
        if not positions:
            raise SteadyStateError(
                f"no states from {index.start} to {index.stop} in steps of {index.step}; there are "
                f"{len(self)}, counted from 0"
            )
        return SteadyStates(self.dataset.isel(state=index))
