"""The flux model of a condition, thermodynamics kept, as one mixed-integer linear program.

Fluxes, their directions, concentrations and energies are those of
`renaissance_kit.states.ThermodynamicModel`, with the total flux bounded as it is when states are
sampled: without that bound a level of an enzyme could be met by a cycle that only burns ATP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from renaissance_kit.network.network import Network
from renaissance_kit.states.bounds import Bound
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.polytope import LinearProgram
from renaissance_kit.states.tfa import ThermodynamicModel, parsimonious_fluxes
from renaissance_kit.states.turnover import bound_total_flux


@dataclass(frozen=True)
class FluxProgram:
    """Variables of a condition by what they mean.

    Attributes:
        base: the program.
        forward, reverse: variable of the magnitude of a flux, by reaction, mmol/gDW/h.
        log_concentration: variable ln c (c in mol/L), by metabolite.
    """

    base: LinearProgram
    forward: Mapping[str, str]
    reverse: Mapping[str, str]
    log_concentration: Mapping[str, str]

    @classmethod
    def of(cls, network: Network, constraints: Constraints) -> FluxProgram:
        """The program of a network and its constraints.

        Raises:
            InfeasibleError: the constraints contradict each other; names a minimal set of them.
        """
        model = ThermodynamicModel.of(network, constraints)
        fluxes = parsimonious_fluxes(model)
        bound_total_flux(model, sum(abs(fluxes[r]) for r in network.kinetic_reactions))
        magnitudes = {r: model.magnitudes(r) for r in network.reactions}
        return cls(
            LinearProgram.of(model.tfa.solver),
            {r: found[1].name for r, found in magnitudes.items()},
            {r: found[-1].name for r, found in magnitudes.items()},
            {m: variable.name for m, variable in model.log_concentration.items()},
        )

    def called(self, prefix: str) -> FluxProgram:
        """The same with a word before the name of every variable, to tell two conditions apart."""

        def named(names: Mapping[str, str]) -> dict[str, str]:
            return {key: f"{prefix} {name}" for key, name in names.items()}

        base = self.base
        names = tuple(f"{prefix} {name}" for name in base.names)
        return FluxProgram(
            LinearProgram(
                names, base.matrix, base.low, base.high, base.lower, base.upper, base.integer
            ),
            named(self.forward), named(self.reverse), named(self.log_concentration),
        )  # fmt: skip

    def flux(self, reaction: str, values: Mapping[str, float]) -> float:
        """Net flux of a reaction, mmol/gDW/h, from values of the variables."""
        return values[self.forward[reaction]] - values[self.reverse[reaction]]


def beside(first: LinearProgram, second: LinearProgram) -> LinearProgram:
    """Two programs that share no variable as one."""
    return LinearProgram(
        first.names + second.names,
        block_diag(first.matrix, second.matrix),
        np.concatenate([first.low, second.low]),
        np.concatenate([first.high, second.high]),
        np.concatenate([first.lower, second.lower]),
        np.concatenate([first.upper, second.upper]),
        np.concatenate([first.integer, second.integer]),
    )


def within(old: Bound | None, low: float, high: float, most: float, source: str) -> Bound:
    """A bound of a flux and a further one together.

    Args:
        old: the bound so far; none for −most … most.
    """
    before = Bound(-most, most) if old is None else old
    return Bound(max(before.low, low), min(before.high, high), source)
