"""Reactions that share a limited amount of enzyme: a bound on a weighted sum of their fluxes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from renaissance_kit.core.errors import ParameterError


@dataclass(frozen=True)
class EnzymePool:
    """Σ cost · |v| ≤ limit, over some reactions.

    With a cost of MW/kcat and a limit in g/gDW the enzymes of many reactions share the mass of
    protein (sMOMENT, Bekiaris & Klamt 2020 BMC Bioinformatics 21:19); with 1/kcat and the amount of
    one protein, the reactions that it catalyses share its molecules (GECKO, Sánchez et al. 2017 Mol
    Syst Biol 13:935).

    Attributes:
        costs: by reaction, enzyme per flux forward and in reverse, in ``unit`` per mmol/gDW/h.
        limit: most that there is, in ``unit``.
        unit: such as ``g/gDW``.
        source: where costs and limit come from.

    >>> pool = EnzymePool({"PGI": (0.01, 0.02)}, 0.05, "g/gDW", "example numbers")
    >>> pool.used({"PGI": -2.0, "PFK": 9.0})
    0.04
    """

    costs: Mapping[str, tuple[float, float]]
    limit: float
    unit: str
    source: str

    def __post_init__(self) -> None:
        if not 0 < self.limit < math.inf:
            raise ParameterError(f"the limit of an enzyme pool is {self.limit:g}; give it above 0")
        if not self.costs:
            raise ParameterError("an enzyme pool without reactions; give the cost of at least one")
        for reaction, costs in self.costs.items():
            if not all(0 <= cost < math.inf for cost in costs):
                raise ParameterError(
                    f"{reaction} costs {costs[0]:g} forward and {costs[1]:g} in reverse; give "
                    "numbers that are not negative"
                )

    def used(self, fluxes: Mapping[str, float]) -> float:
        """What fluxes take of the pool, in its unit.

        Args:
            fluxes: by reaction, mmol/gDW/h; those without a cost take nothing.
        """
        return sum(
            abs(fluxes[reaction]) * (forward if fluxes[reaction] > 0 else reverse)
            for reaction, (forward, reverse) in self.costs.items()
        )
