"""What is known of a steady state before it is sampled: bounds with a source each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.network.labels import ratio_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.bounds import Bound, Measured
from renaissance_kit.states.enzyme_pool import EnzymePool
from renaissance_kit.states.reading import read_constraints


@compared_by_value
@dataclass(frozen=True)
class Constraints:
    """Bounds of the steady states.

    Attributes:
        fluxes: by reaction, mmol/gDW/h (growth: 1/h); exchange fluxes are negative for uptake.
        directions: +1 or −1 for reactions that run one way only.
        energies_kJ_mol: by reaction, transformed reaction energies ΔrG′.
        displacements: by reaction, ln ρ = ΔrG′/RT.
        ratios: by text such as ``PFL : PFL + PDH``, sums of net fluxes over sums of net fluxes.
        measured_mM: measured intracellular concentrations with their error bars.
        medium_mM: extracellular and other constant concentrations, each with its range.
        pools_mM: ranges of single unmeasured concentrations that replace ``pool_mM``.
        pool_mM: range of every other unmeasured concentration.
        minimum_flux, maximum_flux: magnitude of every kinetic flux, mmol/gDW/h.
        total_flux_factor: largest sum of magnitudes, over the least possible sum.
        driving_force_kJ_mol: least magnitude of every transformed reaction energy.
        measured_fold: factor by which a measured concentration may differ either way; it may also
            differ as far as its error bars reach.
        turnover_time_min: an unmeasured metabolite holds at most this time of its least throughput;
            infinite for no such bound.
        enzyme_pools: by name, amounts of enzyme that reactions share.
    """

    fluxes: Mapping[str, Bound]
    directions: Mapping[str, int]
    energies_kJ_mol: Mapping[str, Bound]
    displacements: Mapping[str, Bound]
    ratios: Mapping[str, Bound]
    measured_mM: Mapping[str, Measured]
    medium_mM: Mapping[str, Bound]
    pools_mM: Mapping[str, Bound]
    pool_mM: Bound
    minimum_flux: float
    maximum_flux: float
    total_flux_factor: float
    driving_force_kJ_mol: float
    measured_fold: float
    turnover_time_min: float
    enzyme_pools: Mapping[str, EnzymePool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value, least in (
            ("minimum_flux", self.minimum_flux, 0.0),
            ("total_flux_factor", self.total_flux_factor, 1.0),
            ("driving_force_kJ_mol", self.driving_force_kJ_mol, 0.0),
            ("measured_fold", self.measured_fold, 1.0),
            ("turnover_time_min", self.turnover_time_min, 0.0),
        ):
            infinite = math.isinf(value) and name != "turnover_time_min"
            if infinite or not value > least:
                raise ParameterError(f"{name} is {value:g}; it must be greater than {least:g}")
        if self.maximum_flux <= self.minimum_flux:
            raise ParameterError("maximum_flux must be greater than minimum_flux")
        bounds = (*self.medium_mM.items(), *self.pools_mM.items(), ("pool_mM", self.pool_mM))
        for name, bound in bounds:
            if bound.low <= 0:
                raise ParameterError(f"the concentration of {name} must be greater than 0")

    @classmethod
    def from_folder(cls, network: Network, folder: str | Path | None = None) -> Constraints:
        """Read the constraints of a data folder.

        Args:
            network: its names are what the tables may use.
            folder: where the tables are; the network's own if not given.

        Raises:
            DataError: with file, line and remedy.
        """
        where = network.file("constraints.csv").parent if folder is None else Path(folder)
        values = read_constraints(network, where)
        try:
            return cls(**values)
        except ParameterError as error:
            raise DataError(f"constraints.csv: {error}") from error

    def measured_range_mM(self, metabolite: str) -> Bound:
        """What a measured concentration may be, in mM.

        The value within `measured_fold`, or within its error bars where these reach farther.

        Raises:
            KeyError: it was not measured.
        """
        measured = self.measured_mM[metabolite]
        fold = self.measured_fold
        return Bound(
            min(measured.value / fold, measured.low),
            max(measured.value * fold, measured.high),
            measured.source,
        )

    def with_flux(self, reaction: str, low: float, high: float) -> Constraints:
        """A copy with another bound on one flux.

        Whether there is such a reaction shows when the constraints meet a network, see `check`.
        """
        return replace(self, fluxes={**self.fluxes, reaction: Bound(low, high)})

    def with_enzyme_pools(self, pools: Mapping[str, EnzymePool]) -> Constraints:
        """A copy with further amounts of enzyme that reactions share, by name."""
        return replace(self, enzyme_pools={**self.enzyme_pools, **pools})

    def check(self, network: Network) -> None:
        """Raise unless everything that is bounded belongs to the network.

        Raises:
            ParameterError: names the unknown reaction or metabolite, and the nearest.
        """
        for kind, names, known in (
            ("flux", self.fluxes, network.reactions),
            ("direction", self.directions, network.kinetic_reactions),
            ("energy", self.energies_kJ_mol, network.kinetic_reactions),
            ("displacement", self.displacements, network.kinetic_reactions),
            (
                "ratio",
                [r for text in self.ratios for r in chain(*ratio_of(text))],
                network.reactions,
            ),
            ("enzyme pool", chain(*(p.costs for p in self.enzyme_pools.values())),
             network.kinetic_reactions),
            ("measured concentration", self.measured_mM, network.species),
            ("medium concentration", self.medium_mM, network.species),
            ("pool", self.pools_mM, network.species),
        ):  # fmt: skip
            for name in names:
                if name not in known:
                    raise ParameterError(
                        f"constraints: {kind} of {name!r}, which is not in {network.name}"
                        f"{nearest(name, known)}"
                    )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers and text, for the provenance of a result.

        A measured concentration is given by the two ends that `measured_fold` widens to its range:
        its value, twice, unless the error bars reach farther than that.
        """
        fold = self.measured_fold
        measured = {
            name: asdict(Bound(min(m.value, m.low * fold), max(m.value, m.high / fold), m.source))
            for name, m in self.measured_mM.items()
        }
        found = asdict(self) | {"measured_mM": measured}
        del found["enzyme_pools"]
        if self.enzyme_pools:
            found["enzyme_pools"] = {
                name: asdict(pool) | {"costs": {r: list(c) for r, c in pool.costs.items()}}
                for name, pool in self.enzyme_pools.items()
            }
        return found
