"""Published steady states of a network: the optional table ``published_states.csv``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.tables import Row, each
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.tables import PUBLISHED_STATE_TABLE

FILE = PUBLISHED_STATE_TABLE.name
_DENSITY = "density"
_RESIDUAL = 1e-6  # mmol/gDW/h that the exchanges may leave in a balance


@dataclass(frozen=True)
class PublishedStates:
    """What the table holds, with the fluxes that follow from the balances.

    Attributes:
        numbers: (states,) by which the source calls them.
        reactions: names of the columns of ``fluxes``.
        fluxes: (states, reactions), mmol/gDW/h.
        concentrations_mM: (states, species).
        log_displacement: (states, kinetic reactions); NaN where the law has none.
        density_gDW_L: dry weight per litre of cell.
    """

    numbers: tuple[int, ...]
    reactions: tuple[str, ...]
    fluxes: Array
    concentrations_mM: Array
    log_displacement: Array
    density_gDW_L: float


def read_published(network: Network) -> PublishedStates:
    """Read the table and work out the fluxes that are not kinetic.

    Raises:
        DataError: there is no table, a value is missing or unknown, or fluxes do not balance.
    """
    rows = PUBLISHED_STATE_TABLE.read(network.file(FILE))
    columns = [name for name in rows[0] if name.startswith("state_")]
    if not columns:
        raise DataError(f"{FILE} has no states; give each a column, such as state_1712")
    kinetic = network.kinetic_reactions
    ids = {
        "concentration": network.species,
        "flux": kinetic,
        "log_displacement": kinetic,
        _DENSITY: ("dry_weight_density",),
    }
    values = {kind: np.full((len(columns), len(names)), np.nan) for kind, names in ids.items()}

    def take(row: Row) -> None:
        kind = row["quantity"]
        if row["id"] not in ids[kind]:
            raise row.error(f"{row['id']!r} is unknown{nearest(row['id'], ids[kind])}")
        if row["unit"] != (unit := _unit(network, row)):
            raise row.error(f"unit {row['unit']!r}; write {unit!r}")
        positive = kind in ("concentration", _DENSITY)
        found = [row.required_number(c, positive=positive) for c in columns]
        values[kind][:, ids[kind].index(row["id"])] = found

    each(rows, take)
    for kind in ("concentration", "flux", _DENSITY):
        for j in np.flatnonzero(np.isnan(values[kind]).any(axis=0))[:1]:
            raise DataError(f"{FILE}: no {kind} of {ids[kind][j]}; add the row")
    density = values[_DENSITY][:, 0]
    if np.ptp(density) > 0:
        raise DataError(f"{FILE}: {_DENSITY} differs between the states; put them in two folders")
    others = tuple(r for r in network.reactions if r not in kinetic)
    return PublishedStates(
        tuple(int(c.removeprefix("state_")) for c in columns),
        (*kinetic, *others),
        np.hstack([values["flux"], _others(network, values["flux"], others)]),
        values["concentration"],
        values["log_displacement"],
        float(density[0]),
    )


def _unit(network: Network, row: Row) -> str:
    if row["quantity"] == "flux":
        return network.flux_unit(row["id"])
    return {"concentration": "mM", "log_displacement": "1", _DENSITY: "gDW/L"}[row["quantity"]]


def _others(network: Network, kinetic: Array, others: tuple[str, ...]) -> Array:
    """(states, others): exchanges and transports of water that balance the kinetic fluxes."""
    names = tuple(m.id for m in network.metabolites.values() if m.charge is not None)
    made: Array = kinetic @ network.stoichiometric_matrix(names, network.kinetic_reactions).T
    counts = network.stoichiometric_matrix(names, others)
    found = np.asarray(np.linalg.lstsq(counts, -made.T, rcond=None)[0].T, dtype=np.float64)
    left = np.abs(made + found @ counts.T).max(axis=0)
    for j in np.flatnonzero(left > _RESIDUAL)[:1]:
        raise DataError(
            f"{FILE}: the fluxes leave {left[j]:.2g} mmol/gDW/h of {names[j]}; correct them, or "
            "add its exchange to reactions.csv"
        )
    return found
