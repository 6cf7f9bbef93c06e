"""A steady state as numbers for a neural network, and which of them belong to which constant.

Features are logarithms: concentrations, turnover times (amount over throughput), sizes of fluxes
and of displacements, each shifted and scaled to mean 0 and standard deviation 1 over the states
that they were made from. What is the same in all of them is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError, SteadyStateError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState

LARGEST = 4.0  # standard deviations; what lies farther out is taken for this
_SAME = 1e-9  # spread of a logarithm below which a number is constant


@dataclass(frozen=True)
class StateFeatures:
    """Features of the steady states of one network.

    Attributes:
        names: ``concentration:atp_c``, ``turnover:atp_c``, ``flux:PFK``, ``displacement:PFK``.
        mean, scale: (features,) of the logarithms.
        network_digest: fingerprint of the network.

    >>> from renaissance_kit import Network, SteadyState
    >>> from renaissance_kit.states import StateFeatures
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> len(StateFeatures.of(network, [state, state]).names)  # all are the same
    0
    """

    names: tuple[str, ...]
    mean: Array
    scale: Array
    network_digest: str

    @classmethod
    def of(cls, network: Network, states: Iterable[SteadyState]) -> StateFeatures:
        """Features that vary among states, scaled by these.

        Raises:
            SteadyStateError: a state of another network.
            ParameterError: fewer than two states.
        """
        rows = [_logarithms(network, state) for state in states]
        if len(rows) < 2:
            raise ParameterError(f"{len(rows)} states have no spread; give at least 2")
        values = np.array(rows)
        finite = np.flatnonzero(np.isfinite(values).all(axis=0))
        kept = finite[values[:, finite].std(axis=0) > _SAME]
        names = np.array(_names(network))[kept].tolist()
        values = values[:, kept]
        return cls(tuple(names), values.mean(axis=0), values.std(axis=0), network.structure_digest)

    @classmethod
    def none(cls, network: Network) -> StateFeatures:
        """No features: all states look the same."""
        return cls((), np.zeros(0), np.ones(0), network.structure_digest)

    def __call__(self, network: Network, state: SteadyState) -> NDArray[np.float32]:
        """(features,) of one state.

        Raises:
            SteadyStateError: the state is of another network, or a feature is not finite.
        """
        if network.structure_digest != self.network_digest:
            raise SteadyStateError(
                f"features were made for another network (fingerprint {self.network_digest}, "
                f"this one has {network.structure_digest}); train anew"
            )
        place = {name: i for i, name in enumerate(_names(network))}
        chosen = np.array([place[name] for name in self.names], dtype=np.int64)
        values = _logarithms(network, state)[chosen]
        if not np.isfinite(values).all():
            wrong = self.names[int(np.flatnonzero(~np.isfinite(values))[0])]
            raise SteadyStateError(f"state {state.label}: {wrong} has no finite logarithm")
        scaled = np.clip((values - self.mean) / self.scale, -LARGEST, LARGEST)
        return scaled.astype(np.float32)

    def near(self, network: Network, km_names: Iterable[str]) -> NDArray[np.bool_]:
        """Which features touch each constant, (km, features).

        To a constant of a reaction and a metabolite belong the concentrations and turnover times
        of all metabolites of the reaction, and the fluxes and displacements of all reactions of
        the metabolite.
        """
        members = {name: _members(network, name) for name in network.kinetic_reactions}
        table = []
        for km in km_names:
            reaction, metabolite = km.split(":")[:2]
            row = []
            for feature in self.names:
                kind, name = feature.split(":", 1)
                of_metabolite = kind in ("concentration", "turnover")
                row.append(
                    name in members[reaction] if of_metabolite else metabolite in members[name]
                )
            table.append(row)
        return np.array(table, dtype=bool).reshape(len(table), len(self.names))


def _members(network: Network, reaction: str) -> set[str]:
    record = network.reactions[reaction]
    reactants = {name for name, _ in (*record.substrates, *record.products)}
    return reactants | {m.metabolite for m in record.modifiers}


def _names(network: Network) -> list[str]:
    return [
        *(f"concentration:{name}" for name in network.species),
        *(f"turnover:{name}" for name in network.dynamic),
        *(f"flux:{name}" for name in network.kinetic_reactions),
        *(f"displacement:{name}" for name in network.kinetic_reactions),
    ]


def _logarithms(network: Network, state: SteadyState) -> Array:
    if state.network_digest != network.structure_digest:
        raise SteadyStateError(
            f"steady state {state.label} belongs to another network (fingerprint "
            f"{state.network_digest}, this one has {network.structure_digest}); sample it anew"
        )
    throughput = np.abs(network.stoichiometry * state.fluxes_mM_h).sum(axis=1) / 2
    pools = state.concentrations_mM[: len(network.dynamic)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.concatenate(
            [
                np.log(state.concentrations_mM),
                np.log(pools / throughput),
                np.log(np.abs(state.fluxes_mM_h)),
                np.log(np.abs(state.log_displacement)),
            ]
        )
