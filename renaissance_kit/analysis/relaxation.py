"""How fast each metabolite of a steady state could relax by itself, whatever the constants.

The diagonal entry of the Jacobian, J_ii = ∂(dc_i/dt)/∂c_i, is the rate at which metabolite i alone
would return, with all others constant. With fluxes and displacements fixed it depends on KM through
the saturation terms e_k = ∂ln D/∂ln c̃_k of its own reactions only
(`renaissance_kit.laws`):

    J_ii = (1/c_i φ_i) Σ_r S_ir v_r (∂ln(S − P)/∂ln c_i − e_ir).

A reaction that consumes i pulls hardest where e is smallest: KM on the side of i at their upper
bound, those of the other side at their lower. One that produces i is held back most where e is
largest: the other way round. e is monotone in every constant, so these corners of the bounds give
the limit exactly, where no metabolite has two parts in a reaction. Modifiers follow the same rule:
a competitor is another side, and low constants of activators pull at reactions that consume i.

Little of a metabolite with a large flux has a high limit. A metabolite far above the largest KM
saturates what makes and what uses it and has a low one; so has one that is made and used far from
equilibrium, as only displacements near 1 add to the pull. Other metabolites may help a slow one in
a network, so this explains a slow state; it is no bound on λmax.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.laws.sides import ACTIVATOR, PROTON


@dataclass(frozen=True)
class RelaxationLimits:
    """The best that each metabolite of a state could do by itself.

    Attributes:
        names: the dynamic metabolites but the protons, which have no constants.
        rate_per_h: (metabolites,) the largest −J_ii within the bounds of KM.
        km_mM: (metabolites, km) constants at which it is reached; NaN for those of reactions
            without the metabolite.
    """

    names: tuple[str, ...]
    rate_per_h: Array
    km_mM: Array = field(repr=False)


def relaxation_limits(models: KineticModels, ranges: KMRanges | None = None) -> RelaxationLimits:
    """Limits of all metabolites at the steady state of some models.

    Args:
        models: any models at that state.
        ranges: bounds of the constants; the network's if not given.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones(10))
    >>> bool((relaxation_limits(models).rate_per_h > 0).all())
    True
    """
    network, slots = models.network, models.laws.slots
    ranges = ranges or KMRanges.of(network)
    reaction = models.laws.slot_reaction
    flux = models.state.fluxes_mM_h
    protons = set(slots.species[slots.side == PROTON].tolist())
    kept = [i for i in range(len(network.dynamic)) if i not in protons]
    row = {i: k for k, i in enumerate(kept)}
    km = np.full((len(kept), len(network.km_names)), np.nan)
    for own in np.flatnonzero(np.isin(slots.species, kept)):
        i, r = int(slots.species[own]), int(reaction[own])
        made = network.stoichiometry[i, r] * flux[r] > 0
        for other in range(slots.first[r], slots.first[r + 1]):
            column = slots.km[other]
            if column >= 0:
                same = slots.side[other] == slots.side[own] != ACTIVATOR
                low = made if same else not made
                km[row[i], column] = (ranges.low_mM if low else ranges.high_mM)[column]
    middle = ranges.middle_mM
    corners = models.with_km(np.where(np.isfinite(km), km, middle))
    slope = corners.rate_derivatives_per_h()
    balance = network.stoichiometry / network.volume_fractions[:, None]
    rate = np.empty(len(kept))
    for k, i in enumerate(kept):
        own_slots = slots.species == i
        rate[k] = -balance[i, reaction[own_slots]] @ slope[k, own_slots]
    return RelaxationLimits(tuple(network.dynamic[i] for i in kept), rate, km)
