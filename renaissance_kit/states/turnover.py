"""Bounds that need directions: turnover of unmeasured metabolites, and the total flux.

A metabolite that holds many minutes of its own throughput cannot follow a change quickly, whatever
the enzymes. Most concentrations are unmeasured. Within 1e-4 to 50 mM the slowest metabolite of a
sampled state takes 14 min to turn over in the median, and more than 24 min in a fifth of the
states. So an unmeasured metabolite is bounded by ``c ≤ τ · J``, with J its least throughput over
all fluxes that the constraints allow (so that fluxes and concentrations stay independent of each
other) and τ the turnover time.

The default of 4 min is a sixth of the 24 min in which a model must settle. Notebook 01 measures
what the bound is worth: with passive transport near equilibrium most states have valid models
without it, and the fastest model that a search finds is faster with it. Below about 3.3 min the
constraints of the *E. coli* folder contradict each other, as periplasmic phosphate is that of the
medium. The bound leaves measured metabolites alone, and glutamate, at 48 to 192 mM, is the slowest
metabolite of most states.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linprog

from renaissance_kit.core.errors import InfeasibleError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.polytope import Polytope
from renaissance_kit.states.requirements import Requirement
from renaissance_kit.states.tfa import ThermodynamicModel


def bound_total_flux(model: ThermodynamicModel, least: float) -> None:
    """Limit Σ |v| over the kinetic reactions to the constraints' factor times ``least``.

    Args:
        least: the smallest possible sum, mmol/gDW/h.
    """
    factor = model.constraints.total_flux_factor
    terms = {v: 1.0 for r in model.network.kinetic_reactions for v in model.magnitudes(r).values()}
    row = model.new_constraint("total_flux", terms)
    label = f"total flux of at most {factor:g} times the least possible, {least:.4g} mmol/gDW/h"
    model.add(Requirement(label, ((row, (None, factor * least), (None, None)),)))
    model.tfa.solver.update()


def bound_turnover(model: ThermodynamicModel, throughputs_mM_h: dict[str, float]) -> None:
    """Limit every unmeasured dynamic metabolite to τ times its least throughput.

    Args:
        throughputs_mM_h: by metabolite, from `least_throughputs_mM_h`.
    """
    tau = model.constraints.turnover_time_min
    log_concentration = model.log_concentration
    for metabolite in unmeasured_metabolites(model):
        limit = tau / 60 * throughputs_mM_h[metabolite]
        row = model.new_constraint(f"turnover_{metabolite}", {log_concentration[metabolite]: 1.0})
        label = (
            f"turnover of {metabolite}: at most {limit:.3g} mM, {tau:g} min of its least "
            f"throughput of {throughputs_mM_h[metabolite]:.3g} mM/h"
        )
        model.add(Requirement(label, ((row, (None, math.log(limit * 1e-3)), (None, None)),)))
    model.tfa.solver.update()


def unmeasured_metabolites(model: ThermodynamicModel) -> tuple[str, ...]:
    """Dynamic metabolites without a measured concentration; protons follow the pH."""
    return tuple(
        m
        for m in model.network.dynamic
        if m not in model.constraints.measured_mM and not model.network.metabolites[m].is_proton
    )


def least_throughputs_mM_h(network: Network, fluxes: Polytope, signed: Array) -> dict[str, float]:
    """Least production of each dynamic metabolite that a flux polytope allows.

    Args:
        network: its density and volume fractions convert to mM/h of the compartment.
        fluxes: polytope over the magnitudes of the fluxes.
        signed: (all reactions, variables) that turns the magnitudes into fluxes, entries −1, 0, 1.

    Returns:
        By metabolite, in mM/h.

    Raises:
        InfeasibleError: the polytope is empty.
    """
    reactions = tuple(network.reactions)
    production = network.stoichiometric_matrix(network.dynamic, reactions)[:, :, None] * signed
    per_variable = np.clip(production, 0, None).sum(axis=1)
    density = network.conditions["dry_weight_density"].value
    least = {}
    for name, terms, phi in zip(
        network.dynamic, per_variable, network.volume_fractions, strict=True
    ):
        found = linprog(
            terms @ fluxes.basis,
            A_ub=fluxes.A,
            b_ub=fluxes.b,
            bounds=[(None, None)] * fluxes.dimension,
            method="highs",
        )
        if found.status != 0:
            raise InfeasibleError("the flux constraints leave no room; widen them")
        least[name] = float(found.fun + terms @ fluxes.origin) * density / float(phi)
    return least
