"""Turnover numbers and amounts of enzymes: v ≤ kcat · E.

An enzyme with the turnover number kcat and the amount E carries at most kcat · E. This bounds the
fluxes of the steady states before they are sampled (`EnzymeCapacities.constrain`), and it is the
Vmax that a generated model should have (`EnzymeCapacities.check`). A Vmax is never below its flux,
so models whose Vmax are within the capacities have fluxes within them too, but not the reverse.

References: Choudhury et al. 2024 Nat Catal 7:1086 (outlook: kcat and proteomics as data);
Sánchez et al. 2017 Mol Syst Biol 13:935 (v ≤ kcat · E as a constraint on fluxes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import central_interval
from renaissance_kit.core.errors import DataError, InfeasibleError, ParameterError, nearest
from renaissance_kit.core.tables import Row, read_table, rows_of
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.states.constraints import Bound, Constraints

_REQUIRED = ("reaction", "kcat_per_s", "source")
_AMOUNTS = ("enzyme_umol_gDW", "enzyme_uM")
_SECONDS = 3600.0


@dataclass(frozen=True)
class Capacity:
    """The most that the enzyme of a reaction can carry.

    Attributes:
        forward_mmol_gDW_h: kcat · E from left to right.
        reverse_mmol_gDW_h: from right to left; NaN where no reverse kcat is known.
        source: where the numbers come from.
    """

    forward_mmol_gDW_h: float
    reverse_mmol_gDW_h: float
    source: str


@dataclass(frozen=True)
class EnzymeCapacities:
    """Capacities kcat · E by reaction. Make them with `read` or `of`.

    Attributes:
        network: the network.
        capacities: by reaction.
        density_gDW_L: dry weight per litre of cell, which turns one unit into the other.

    >>> import pandas as pd
    >>> from renaissance_kit import Network
    >>> from renaissance_kit.analysis import EnzymeCapacities
    >>> network = Network.example("tiny")
    >>> table = pd.DataFrame({"reaction": ["HEX"], "kcat_per_s": [100.0],
    ...                       "enzyme_umol_gDW": [0.01], "source": ["example numbers"]})
    >>> enzymes = EnzymeCapacities.of(network, table)
    >>> round(enzymes.capacities["HEX"].forward_mmol_gDW_h, 9)  # 100 · 3600 · 0.01e-3
    3.6
    """

    network: Network = field(repr=False)
    capacities: Mapping[str, Capacity]
    density_gDW_L: float

    @classmethod
    def read(cls, network: Network, path: str | Path) -> EnzymeCapacities:
        """Read a UTF-8 CSV table.

        Columns: ``reaction``; ``kcat_per_s``; the amount in ``enzyme_umol_gDW`` or in
        ``enzyme_uM`` (per litre of cell); ``source``; if wanted ``kcat_reverse_per_s``. Several
        rows of one reaction are enzymes side by side (isoenzymes), and add up.

        Raises:
            DataError: with file, line and remedy.
        """
        path = Path(path)
        return _capacities(network, read_table(path, _REQUIRED), path.name)

    @classmethod
    def of(cls, network: Network, frame: pd.DataFrame) -> EnzymeCapacities:
        """As `read`, from a pandas table; messages count its rows from 0."""
        return _capacities(network, rows_of(frame, _REQUIRED), "the data frame")

    def constrain(self, constraints: Constraints, *, slack: float = 1.0) -> Constraints:
        """Constraints on steady states with −kcat·E (reverse) ≤ v ≤ kcat·E added.

        Args:
            constraints: those without; an existing bound of a flux stays where it is tighter.
            slack: factor on every capacity, above 1 for uncertain amounts.

        Raises:
            ParameterError: slack is not positive.
            InfeasibleError: a flux must be larger than its capacity; names the reaction.
        """
        if not 0 < slack < np.inf:
            raise ParameterError(f"slack is {slack}; give a positive factor")
        fluxes = dict(constraints.fluxes)
        most = constraints.maximum_flux
        for reaction, capacity in self.capacities.items():
            old = fluxes.get(reaction, Bound(-most, most))
            high = min(old.high, slack * capacity.forward_mmol_gDW_h)
            low = old.low
            if np.isfinite(capacity.reverse_mmol_gDW_h):
                low = max(low, -slack * capacity.reverse_mmol_gDW_h)
            if low > high:
                raise InfeasibleError(
                    f"the flux of {reaction} is to be {old.low:g} to {old.high:g} mmol/gDW/h, but "
                    f"kcat·E allows {slack * capacity.forward_mmol_gDW_h:g} forwards and "
                    f"{slack * capacity.reverse_mmol_gDW_h:g} backwards ({capacity.source}); check "
                    "both, or raise slack"
                )
            fluxes[reaction] = Bound(low, high, f"kcat·E: {capacity.source}")
        return replace(constraints, fluxes=fluxes)

    def check(self, models: KineticModels, *, slack: float = 1.0) -> pd.DataFrame:
        """Vmax of a batch of models beside kcat · E.

        Args:
            slack: factor on every capacity.

        Returns:
            Index: reaction. ``flux_mM_h`` and ``capacity_mM_h`` (kcat·E from left to right); of
            the ratio Vmax/(kcat·E) ``ratio_median``, ``ratio_low`` and ``ratio_high`` (central
            95 %); ``within``, the share of models with Vmax ≤ slack·kcat·E; ``possible``, False
            where the flux itself is above it, so that no KM can help.
        """
        ratio = self._ratios(models)
        low, high = central_interval(ratio, axis=0)
        index = [self.network.reaction_index[r] for r in self.capacities]
        flux = models.state.fluxes_mM_h[index]
        capacity = self.capacities_mM_h
        return pd.DataFrame(
            {
                "flux_mM_h": flux,
                "capacity_mM_h": capacity,
                "ratio_median": np.quantile(ratio, 0.5, axis=0),
                "ratio_low": low,
                "ratio_high": high,
                "within": (ratio <= slack).mean(axis=0),
                "possible": flux <= slack * capacity,
            },
            index=pd.Index(list(self.capacities), name="reaction"),
        )

    def within(self, models: KineticModels, *, slack: float = 1.0) -> NDArray[np.bool_]:
        """(models,) True where every Vmax is at most slack · kcat · E."""
        return np.asarray((self._ratios(models) <= slack).all(axis=1))

    @property
    def capacities_mM_h(self) -> Array:
        """(reactions,) kcat · E from left to right, per litre of cell."""
        forward = [c.forward_mmol_gDW_h for c in self.capacities.values()]
        return np.array(forward) * self.density_gDW_L

    def _ratios(self, models: KineticModels) -> Array:
        if models.network.digest != self.network.digest:
            raise ParameterError(
                f"the models are of network {models.network.name!r}, the enzymes of "
                f"{self.network.name!r}; read the enzymes with that network"
            )
        index = [self.network.reaction_index[r] for r in self.capacities]
        return np.asarray(models.vmax_mM_h[:, index] / self.capacities_mM_h)


def _capacities(network: Network, rows: list[Row], file: str) -> EnzymeCapacities:
    if not rows:
        raise DataError(f"{file} has no rows; give one for each enzyme")
    density = network.conditions["dry_weight_density"].value
    amounts = [name for name in _AMOUNTS if name in rows[0]]
    if len(amounts) != 1:
        raise DataError(f"{file}: give the amount in one column, {' or '.join(_AMOUNTS)}")
    found: dict[str, Capacity] = {}
    for row in rows:
        reaction = row["reaction"]
        if reaction not in network.reaction_index:
            raise row.error(
                f"{reaction!r} is no kinetic reaction of {network.name}"
                f"{nearest(reaction, network.kinetic_reactions)}"
            )
        has_km = REGISTRY[network.reactions[reaction].rate_law].has_km
        if not has_km or reaction == network.growth:
            raise row.error(f"{reaction} has no enzyme of its own in this network; remove the row")
        amount = row.required_number(amounts[0], positive=True)
        per_gDW = amount * (1.0 if amounts[0] == "enzyme_umol_gDW" else 1.0 / density)  # umol/gDW
        scale = _SECONDS * per_gDW * 1e-3
        forward = scale * row.required_number("kcat_per_s", positive=True)
        reverse = np.nan
        if "kcat_reverse_per_s" in row:
            reverse = scale * row.number("kcat_reverse_per_s", positive=True)
        if reaction in found:
            first = found[reaction]
            forward += first.forward_mmol_gDW_h
            reverse += first.reverse_mmol_gDW_h
            source = f"{first.source}; {row['source']}"
        else:
            source = row["source"]
        found[reaction] = Capacity(float(forward), float(reverse), source)
    ordered = {r: found[r] for r in network.kinetic_reactions if r in found}
    return EnzymeCapacities(network, ordered, density)
