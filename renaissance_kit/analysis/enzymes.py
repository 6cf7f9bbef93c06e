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
from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.errors import InfeasibleError, ParameterError
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant
from renaissance_kit.states.bounds import Bound
from renaissance_kit.states.constraints import Constraints

_AMOUNTS = ("enzyme_umol_gDW", "enzyme_uM")
_MOST = {"enzyme_umol_gDW": 1e3, "enzyme_uM": 1e6}  # were all of a cell enzyme of 1,000 g/mol


def _kcat(name: str, *, optional: bool = False) -> Column:
    meaning = "catalase, the fastest, has 4e7 1/s"
    return Column(
        name, Kind.NUMBER, optional=optional, filled=not optional, above=0, most=1e8,
        meaning=meaning,
    )  # fmt: skip


ENZYME_TABLE = Table(
    "a table of enzymes",
    (
        Column("reaction", filled=True),
        Column("enzyme", optional=True),
        _kcat("kcat_per_s"),
        _kcat("kcat_reverse_per_s", optional=True),
        *(
            Column(name, Kind.NUMBER, above=0, most=_MOST[name], optional=True, filled=True)
            for name in _AMOUNTS
        ),
        Column("source", filled=True),
    ),
    key=("reaction", "enzyme"),
    twice=(
        "average replicates into one row, remove one of the two, or name each in a column enzyme "
        "if they are isoenzymes"
    ),
    one_of=(_AMOUNTS,),
)
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

    def beside(self, other: Capacity) -> Capacity:
        """Both enzymes together."""
        return Capacity(
            self.forward_mmol_gDW_h + other.forward_mmol_gDW_h,
            self.reverse_mmol_gDW_h + other.reverse_mmol_gDW_h,
            f"{self.source}; {other.source}",
        )


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
        rows of one reaction are enzymes side by side (isoenzymes), and add up; a column
        ``enzyme`` then names each.

        Raises:
            DataError: with file, line and remedy.
        """
        return _capacities(network, ENZYME_TABLE.read(path))

    @classmethod
    def of(cls, network: Network, frame: pd.DataFrame) -> EnzymeCapacities:
        """As `read`, from a pandas table; messages count its rows from 0."""
        return _capacities(network, ENZYME_TABLE.of(frame))

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
            Index: reaction. ``flux_mM_h``; ``capacity_mM_h`` and ``capacity_reverse_mM_h``, kcat·E
            from left to right and back (NaN where no reverse kcat is known); of the ratio
            Vmax/(kcat·E) from left to right ``ratio_median``, ``ratio_low`` and ``ratio_high``
            (central 95 %); ``within``, the share of models with Vmax ≤ slack·kcat·E in both
            directions; ``possible``, False where the flux itself is above kcat·E in its direction,
            so that no KM can help. A direction without kcat is not judged.
        """
        forward, reverse = self._ratios(models)
        low, high = central_interval(forward, axis=0)
        index = [self.network.reaction_index[r] for r in self.capacities]
        flux = models.state.fluxes_mM_h[index]
        capacity, back = self.capacities_mM_h, self.reverse_capacities_mM_h
        return pd.DataFrame(
            {
                "flux_mM_h": flux,
                "capacity_mM_h": capacity,
                "capacity_reverse_mM_h": back,
                "ratio_median": np.quantile(forward, 0.5, axis=0),
                "ratio_low": low,
                "ratio_high": high,
                "within": ((forward <= slack) & ~(reverse > slack)).mean(axis=0),
                "possible": (flux <= slack * capacity) & ~(-flux > slack * back),
            },
            index=pd.Index(list(self.capacities), name="reaction"),
        )

    def within(self, models: KineticModels, *, slack: float = 1.0) -> NDArray[np.bool_]:
        """(models,) True where every Vmax is at most slack · kcat · E, in both directions."""
        forward, reverse = self._ratios(models)
        return np.asarray(((forward <= slack) & ~(reverse > slack)).all(axis=1))

    @property
    def capacities_mM_h(self) -> Array:
        """(reactions,) kcat · E from left to right, per litre of cell."""
        forward = [c.forward_mmol_gDW_h for c in self.capacities.values()]
        return np.array(forward) * self.density_gDW_L

    @property
    def reverse_capacities_mM_h(self) -> Array:
        """(reactions,) kcat · E from right to left; NaN where no reverse kcat is known."""
        reverse = [c.reverse_mmol_gDW_h for c in self.capacities.values()]
        return np.array(reverse) * self.density_gDW_L

    def _ratios(self, models: KineticModels) -> tuple[Array, Array]:
        """(models, reactions) Vmax over kcat · E from left to right, and from right to left."""
        if models.network.digest != self.network.digest:
            raise ParameterError(
                f"the models are of network {models.network.name!r}, the enzymes of "
                f"{self.network.name!r}; read the enzymes with that network"
            )
        index = [self.network.reaction_index[r] for r in self.capacities]
        vmax = models.vmax_mM_h[:, index]
        back = vmax * np.column_stack([_reverse_share(models, r) for r in self.capacities])
        return vmax / self.capacities_mM_h, back / self.reverse_capacities_mM_h


def _reverse_share(models: KineticModels, reaction: str) -> Array:
    """(models,) Vmax from right to left over Vmax from left to right; NaN where irreversible.

    The Haldane relation of laws with Michaelis constants: the rate of a reaction whose products
    saturate it is Vmax Π K_p / (Keq Π K_s), each K to the power of its kinetic coefficient. The
    state gives Keq, as ρ = Π p / (Keq Π s).
    """
    network, state = models.network, models.state
    terms = network.reactions[reaction]
    total = np.full(len(models), state.log_displacement[network.reaction_index[reaction]])
    for sign, side in ((1.0, terms.products), (-1.0, terms.substrates)):
        for name, coefficient in side:
            km = models.km_mM[:, network.km_index[f"{reaction}:{name}"]]
            concentration = state.concentrations_mM[network.species_index[name]]
            total += sign * coefficient * np.log(km / concentration)
    return np.exp(total)


def _capacities(network: Network, rows: list[Row]) -> EnzymeCapacities:
    density = network.conditions["dry_weight_density"].value
    found: dict[str, Capacity] = {}
    unnamed = {row["reaction"] for row in rows if not row["enzyme"]}

    def take(row: Row) -> None:
        reaction = row["reaction"]
        if reaction not in network.reaction_index:
            hint = meant(network, reaction, network.kinetic_reactions)
            raise row.error(
                f"{reaction!r} is no kinetic reaction of {network.name}{hint} Correct it or remove "
                "the row"
            )
        has_km = REGISTRY[network.reactions[reaction].rate_law].has_km
        if not has_km or reaction == network.growth:
            raise row.error(f"{reaction} has no enzyme of its own in this network; remove the row")
        per_gDW = row.number("enzyme_umol_gDW")
        if np.isnan(per_gDW):
            per_gDW = row.number("enzyme_uM") / density
        scale = _SECONDS * per_gDW * 1e-3
        new = Capacity(
            scale * row.number("kcat_per_s"), scale * row.number("kcat_reverse_per_s"),
            row["source"],
        )  # fmt: skip
        old = found.get(reaction)
        if old is not None and reaction in unnamed:
            raise row.error(f"{reaction} has several rows; name each enzyme in the column enzyme")
        found[reaction] = new if old is None else old.beside(new)

    each(rows, take)
    ordered = {r: found[r] for r in network.kinetic_reactions if r in found}
    return EnzymeCapacities(network, ordered, density)
