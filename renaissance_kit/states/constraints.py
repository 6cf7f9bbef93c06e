"""What is known of a steady state before it is sampled: bounds with a source each.

Read from three tables of a data folder: ``constraints.csv`` (fluxes and general rules),
``medium.csv`` (extracellular concentrations) and ``concentrations.csv`` (measured concentrations).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.tables import Row, read_table
from renaissance_kit.network.labels import ratio_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.fermentation import uptake_range

_UNITS = {
    "every_flux": "mmol/gDW/h",
    "total_flux": "1",
    "driving_force": "kJ/mol",
    "measured_fold": "1",
    "pool": "mM",
    "turnover_time": "min",
    "flux": "mmol/gDW/h",
    "fermentation": "h",
    "concentration": "mM",
    "energy": "kJ/mol",
    "displacement": "1",
    "ratio": "1",
    "direction": "1",
    "unmeasured": "1",
}


@dataclass(frozen=True)
class Bound:
    """A lower and an upper bound, and where they come from."""

    low: float
    high: float
    source: str = "given in the call"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ParameterError(f"a bound must be finite, not {self.low} to {self.high}")
        if self.low > self.high:
            raise ParameterError(f"a bound runs from {self.low:g} to {self.high:g}; swap the two")


@dataclass(frozen=True)
class Constraints:
    """Bounds of the steady states.

    Attributes:
        fluxes: by reaction, mmol/gDW/h (growth: 1/h); exchange fluxes are negative for uptake.
        directions: +1 or −1 for reactions that run one way only.
        energies_kJ_mol: by reaction, transformed reaction energies ΔrG′.
        displacements: by reaction, ln ρ = ΔrG′/RT.
        ratios: by text such as ``PFL : PFL + PDH``, sums of net fluxes over sums of net fluxes.
        measured_mM: measured intracellular concentrations, the value as both bounds; each may
            differ by ``measured_fold`` either way.
        medium_mM: extracellular and other constant concentrations, each with its range.
        pools_mM: ranges of single unmeasured concentrations that replace ``pool_mM``.
        pool_mM: range of every other unmeasured concentration.
        minimum_flux, maximum_flux: magnitude of every kinetic flux, mmol/gDW/h.
        total_flux_factor: largest sum of magnitudes, over the least possible sum.
        driving_force_kJ_mol: least magnitude of every transformed reaction energy.
        measured_fold: factor by which a measured concentration may differ.
        turnover_time_min: an unmeasured metabolite holds at most this time of its least throughput;
            infinite for no such bound.
    """

    fluxes: Mapping[str, Bound]
    directions: Mapping[str, int]
    energies_kJ_mol: Mapping[str, Bound]
    displacements: Mapping[str, Bound]
    ratios: Mapping[str, Bound]
    measured_mM: Mapping[str, Bound]
    medium_mM: Mapping[str, Bound]
    pools_mM: Mapping[str, Bound]
    pool_mM: Bound
    minimum_flux: float
    maximum_flux: float
    total_flux_factor: float
    driving_force_kJ_mol: float
    measured_fold: float
    turnover_time_min: float

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
        for name, bound in (*self.measured_mM.items(), *self.medium_mM.items()):
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
        return _read(network, where)

    def with_flux(self, reaction: str, low: float, high: float) -> Constraints:
        """A copy with another bound on one flux.

        Whether there is such a reaction shows when the constraints meet a network, see `check`.
        """
        return replace(self, fluxes={**self.fluxes, reaction: Bound(low, high)})

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
            ("measured concentration", self.measured_mM, network.species),
            ("medium concentration", self.medium_mM, network.species),
            ("pool", self.pools_mM, network.species),
        ):
            for name in names:
                if name not in known:
                    raise ParameterError(
                        f"constraints: {kind} of {name!r}, which is not in {network.name}"
                        f"{nearest(name, known)}"
                    )

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers and text, for the provenance of a result."""
        return asdict(self)


def choose_measurements(rows: list[Row]) -> dict[str, Bound]:
    """One measured concentration for each metabolite, in mM.

    The row that the table prefers (column ``preferred``), where there is one; else the most recent
    (by the year in ``source``), the first listed of the same year.
    """
    best: dict[str, tuple[tuple[bool, int], Bound]] = {}
    for row in rows:
        year = re.search(r"\b(?:19|20)\d\d\b", row["source"])
        if year is None:
            raise row.error("the source names no year; write 'Author year ...'")
        preferred = row.get("preferred", "")
        if preferred not in ("", "1"):
            raise row.error(f"preferred is {preferred!r}; write 1 or leave it empty")
        rank = (preferred == "1", int(year[0]))
        value = row.required_number("value_mM", positive=True)
        name = row["metabolite"]
        if name not in best or rank > best[name][0]:
            best[name] = (rank, Bound(value, value, row["source"]))
    return {name: bound for name, (_, bound) in best.items()}


def _read(network: Network, folder: Path) -> Constraints:
    rows = read_table(
        folder / "constraints.csv",
        ("id", "kind", "low", "high", "unit", "source", "note"),
        key=("id", "kind"),
    )
    general: dict[str, Row] = {}
    fluxes, directions, energies, pools, unmeasured = {}, {}, {}, {}, set()
    classes: dict[str, Bound] = {}
    displacements: dict[str, Bound] = {}
    ratios: dict[str, Bound] = {}
    transport = {r.transport for r in network.reactions.values() if r.transport}
    for row in rows:
        kind = row["kind"]
        if kind not in _UNITS:
            raise row.error(f"unknown kind {kind!r}{nearest(kind, _UNITS)}")
        unit = network.flux_unit(row["id"]) if kind == "flux" else _UNITS[kind]
        if row["unit"] != unit:
            raise row.error(f"unit {row['unit']!r}; write {unit!r}")
        if row["id"] == "*":
            general[kind] = row
        elif kind == "flux":
            _known(row, network.reactions)
            fluxes[row["id"]] = _bound(row)
        elif kind == "fermentation":
            _known(row, network.reactions)
            fluxes[row["id"]] = _fermented(row, network, folder)
        elif kind == "direction":
            _known(row, network.kinetic_reactions)
            sign = row.required_number("low")
            if sign not in (-1.0, 1.0) or row.required_number("high") != sign:
                raise row.error("a direction is 1 or -1, the same in low and high")
            directions[row["id"]] = int(sign)
        elif kind == "energy":
            _known(row, network.kinetic_reactions)
            energies[row["id"]] = _bound(row)
        elif kind == "displacement":
            _known(row, {*network.kinetic_reactions, *transport})
            (classes if row["id"] in transport else displacements)[row["id"]] = _bound(row)
        elif kind == "ratio":
            for name in chain(*ratio_of(row["id"], row)):
                if name not in network.reactions:
                    raise row.error(f"{name!r} is unknown{nearest(name, network.reactions)}")
            ratios[row["id"]] = _bound(row)
        elif kind == "concentration":
            _known(row, network.species_index)
            pools[row["id"]] = _bound(row)
        elif kind == "unmeasured":
            _known(row, network.species_index)
            unmeasured.add(row["id"])
        else:
            raise row.error(f"kind {kind!r} is a general rule; write '*' as its id")
    missing = [k for k in list(_UNITS)[:6] if k not in general]
    if missing:
        raise rows[0].error(f"the table has no row '*' of kind {', '.join(missing)}; add it")
    table = read_table(
        folder / "concentrations.csv", ("metabolite", "value_mM", "low_mM", "high_mM", "source")
    )
    for row in table:
        _known(row, network.species_index, "metabolite")
    measured = choose_measurements([row for row in table if row["metabolite"] not in unmeasured])
    medium_rows = read_table(
        folder / "medium.csv",
        ("metabolite", "value_mM", "low_mM", "high_mM", "source"),
        key="metabolite",
    )
    medium = {}
    for row in medium_rows:
        _known(row, network.constant, "metabolite")
        low, high = (row.required_number(c, positive=True) for c in ("low_mM", "high_mM"))
        if not low <= row.required_number("value_mM") <= high:
            raise row.error("value_mM is not between low_mM and high_mM; correct one of them")
        medium[row["metabolite"]] = Bound(low, high, row["source"])
    of_class = {
        r: classes[network.reactions[r].transport]
        for r in network.kinetic_reactions
        if network.reactions[r].transport in classes
    }
    return Constraints(
        fluxes=fluxes,
        directions=directions,
        energies_kJ_mol=energies,
        displacements={**of_class, **displacements},
        ratios=ratios,
        measured_mM=measured,
        medium_mM=medium,
        pools_mM=pools,
        pool_mM=_bound(general["pool"]),
        minimum_flux=general["every_flux"].required_number("low", positive=True),
        maximum_flux=general["every_flux"].required_number("high", positive=True),
        total_flux_factor=general["total_flux"].required_number("high", positive=True),
        driving_force_kJ_mol=general["driving_force"].required_number("low", positive=True),
        measured_fold=general["measured_fold"].required_number("high", positive=True),
        turnover_time_min=general["turnover_time"].required_number("high", positive=True),
    )


def _known(row: Row, known: Any, column: str = "id") -> None:
    if row[column] not in known:
        raise row.error(f"{row[column]!r} is unknown{nearest(row[column], known)}")


def _fermented(row: Row, network: Network, folder: Path) -> Bound:
    """Bounds of an exchange flux from the fermentation of a strain."""
    if network.reactions[row["id"]].role != "exchange":
        raise row.error("a fermentation measures exchanges; use the exchange reaction")
    strain, quantity = row.get("strain"), row.get("quantity")
    if not strain or not quantity:
        raise row.error(
            "a fermentation row needs the columns strain and quantity, written as in "
            "fermentation.csv; fill them in"
        )
    window = _bound(row)
    rate = uptake_range(network, quantity, window.low, window.high, strain, folder)
    return Bound(-rate.high, -rate.low, row["source"])


def _bound(row: Row) -> Bound:
    low, high = row.required_number("low"), row.required_number("high")
    if low > high:
        raise row.error(f"low {low:g} is greater than high {high:g}; swap the two")
    return Bound(low, high, row["source"])
