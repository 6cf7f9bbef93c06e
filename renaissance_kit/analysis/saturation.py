"""Ranges of Michaelis constants that leave enzymes unsaturated at a steady state.

A saturated enzyme does not feel its substrate: the pool before it is held by nothing, and returns
slowly. Constants above the concentrations of their substrates are therefore the first thing that a
fast model needs, and say where most of what training gains comes from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Mask
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState

NARROWEST = 2.0
"""Factor that is left between the bounds where a concentration lies near or above the upper one."""


def unsaturated_ranges(
    network: Network, state: SteadyState, ranges: KMRanges | None = None, *, fold: float = 1.0
) -> KMRanges:
    """Bounds with the lower one of every substrate's constant raised to its concentration.

    Substrates are those of the direction in which the net flux runs at this state. Constants of
    products and modifiers, and those held to data, keep their bounds.

    Args:
        ranges: that are narrowed; the network's bounds if not given.
        fold: how many times the concentration the constant has to be at least.

    Raises:
        SteadyStateError: the state is not one of this network.
        ParameterError: a fold that is not positive.

    >>> from renaissance_kit import Network, SteadyState
    >>> from renaissance_kit.analysis import unsaturated_ranges
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> ranges = unsaturated_ranges(network, state)
    >>> i = network.km_index["HEX:glc__D_c"]
    >>> bool(ranges.low_mM[i] == state.concentrations_mM[network.species.index("glc__D_c")])
    True
    """
    state.check(network)
    if not 0 < fold < np.inf:
        raise ParameterError(f"fold is {fold:g}; give a positive number, such as 1")
    ranges = ranges or KMRanges.of(network)
    place = {name: i for i, name in enumerate(network.species)}
    at = np.array([state.concentrations_mM[place[name.split(":")[1]]] for name in ranges.names])
    raised = np.clip(fold * at, ranges.low_mM, ranges.high_mM / NARROWEST)
    chosen = consumed(network, state, ranges.names) & ~ranges.fixed
    low = np.where(chosen, np.maximum(raised, ranges.low_mM), ranges.low_mM)
    return replace(ranges, low_mM=low)


def consumed(network: Network, state: SteadyState, km_names: tuple[str, ...]) -> Mask:
    """(km,) whether a constant belongs to a metabolite that the net flux of its reaction consumes.

    >>> from renaissance_kit import Network, SteadyState
    >>> from renaissance_kit.analysis import consumed
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> consumed(network, state, ("HEX:glc__D_c", "HEX:g6p_c")).tolist()
    [True, False]
    """
    flux = dict(zip(network.kinetic_reactions, state.fluxes_mM_h, strict=True))
    found = []
    for name in km_names:
        reaction, metabolite, *modifier = name.split(":")
        record = network.reactions[reaction]
        side = record.substrates if flux[reaction] > 0 else record.products
        found.append(not modifier and any(metabolite == m for m, _ in side))
    return np.array(found, dtype=bool)
