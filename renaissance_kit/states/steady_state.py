"""One steady state: fluxes, concentrations and displacements that fit together, and its checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import DataError, SteadyStateError, nearest
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.core.tables import Row, each
from renaissance_kit.core.types import Array
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.states.tables import STEADY_STATE_TABLE

UNITS = {"concentration": "mM", "log_displacement": "1"}
BALANCE_TOLERANCE = 1e-6  # of the largest term in a metabolite's balance


@compared_by_value
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

    def __post_init__(self) -> None:
        # compiled code takes these for rows of doubles
        for name in ("concentrations_mM", "fluxes_mmol_gDW_h", "log_displacement"):
            values = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            object.__setattr__(self, name, values)

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
        ids = {
            "concentration": network.species,
            "flux": network.kinetic_reactions,
            "log_displacement": network.kinetic_reactions,
        }
        values = {kind: np.full(len(names), np.nan) for kind, names in ids.items()}

        def take(row: Row) -> None:
            kind = row["quantity"]
            unit = network.flux_unit(row["id"]) if kind == "flux" else UNITS[kind]
            if row["unit"] != unit:
                raise row.error(f"unit {row['unit']!r}; write {unit!r}")
            if row["id"] not in ids[kind]:
                raise row.error(f"{row['id']!r} is unknown{nearest(row['id'], ids[kind])}")
            values[kind][ids[kind].index(row["id"])] = row.required_number("value")

        each(STEADY_STATE_TABLE.read(network.folder / STEADY_STATE_TABLE.name), take)
        state = cls(
            values["concentration"],
            values["flux"],
            values["log_displacement"],
            network.conditions["dry_weight_density"].value,
            network.name,
            network.structure_digest,
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
        if self.network_digest != network.structure_digest:
            raise SteadyStateError(
                f"steady state {self.label} belongs to another network (fingerprint "
                f"{self.network_digest}, this one has {network.structure_digest}); sample it anew"
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
            raise SteadyStateError(
                f"steady state {self.label}: {'; '.join(problems)}. Correct these numbers, or take "
                "another state"
            )


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
    bad = reactions[v == 0]
    if len(bad):
        problems.append(
            f"no flux, so that Vmax has no value: {listed(bad)}; leave these reactions out of the "
            "network, or take a state in which they run"
        )
    bad = reactions[reversible & finite & (v != 0) & (np.sign(v) != -np.sign(log_rho))]
    if len(bad):
        problems.append(
            f"flux against its displacement: {listed(bad)} (a positive flux needs ln ρ < 0)"
        )
    bad = reactions[~reversible & (v < 0)]
    if len(bad):
        problems.append(f"irreversible reaction with a negative flux: {listed(bad)}")
    if not problems:
        terms = network.stoichiometry * v
        residual = np.abs(terms.sum(axis=1)) / np.maximum(np.abs(terms).max(axis=1), 1e-300)
        bad = np.array(network.dynamic)[residual > BALANCE_TOLERANCE]
        if len(bad):
            problems.append(f"fluxes do not balance: {listed(bad)}")
    return problems
