"""Reactions that cannot carry a flux: blocked ones, and those that run in internal cycles only.

In a kinetic model every reaction has a rate, so all reactions of a draft must be able to run at
once. A pair such as fumarate reductase and succinate dehydrogenase cannot: each runs alone, both
together are a cycle without a driving force, which the second law forbids.
"""

from __future__ import annotations

import math
from typing import Any

from cobra.flux_analysis import find_blocked_reactions, pfba
from cobra.flux_analysis.loopless import add_loopless

from renaissance_kit.core.errors import DataError
from renaissance_kit.draft.model import FluxModel, quiet

_ZERO = 1e-6  # mmol/gDW/h
_SECONDS = 120


def growth_optimum(model: FluxModel) -> float:
    """Largest growth rate, 1/h, by flux balance analysis.

    Raises:
        DataError: the model does not grow.
    """
    with quiet():
        found = model.cobra.slim_optimize()
    if not math.isfinite(found) or found < _ZERO:
        raise DataError(
            f"the model does not grow ({model.growth} carries no flux); look at the bounds of its "
            "exchanges, which are its medium"
        )
    return float(found)


def blocked_reactions(model: FluxModel) -> set[str]:
    """Reactions that carry no flux in any steady state of the model in its medium, as cobrapy's."""
    with quiet():
        return set(find_blocked_reactions(model.cobra.copy(), processes=1))


def left_out_of_cycles(
    model: FluxModel, blocked: set[str], least_growth: float, least_flux: float
) -> set[str]:
    """The fewest reactions without which all others can run at once, without internal cycles.

    A mixed-integer problem: as many internal reactions as possible carry at least the least flux,
    one way or the other, where no internal cycle may run (Schellenberger et al. 2011 Biophys J
    100:544). Among equally many, those that carry flux in the parsimonious optimum stay.

    Args:
        blocked: reactions that are out anyway.
        least_growth: 1/h, at which this is asked.
        least_flux: mmol/gDW/h.

    Raises:
        DataError: the solver finds no such set.
    """
    copy = model.cobra.copy()
    copy.remove_reactions([copy.reactions.get_by_id(r) for r in blocked])
    with quiet():
        wanted = pfba(copy).fluxes
        copy.reactions.get_by_id(model.growth).lower_bound = least_growth
        try:
            add_loopless(copy)
        except IndexError:  # what cobrapy raises where there is no internal cycle
            return set()
        runs = {r.id: _runs(copy, r, least_flux) for r in copy.reactions if not r.boundary}
        weights = {
            v: 1.0 + 0.1 * (abs(wanted[name]) > _ZERO) for name, vs in runs.items() for v in vs
        }
        copy.objective = copy.problem.Objective(0, direction="max")
        copy.solver.update()
        copy.objective.set_linear_coefficients(weights)
        copy.solver.configuration.timeout = _SECONDS
        status = copy.solver.optimize()
    if status not in ("optimal", "time_limit"):
        raise DataError(
            f"no set of reactions can run at once at a growth rate of {least_growth:.3g} 1/h "
            f"(solver: {status}); look at the bounds of the fluxes"
        )
    return {name for name, vs in runs.items() if sum(v.primal or 0.0 for v in vs) < 0.5}


def _runs(model: Any, reaction: Any, least: float) -> list[Any]:
    """Binary variables, each 1 only where the reaction runs its way; at most one of them is."""
    found = []
    sides = ((1, reaction.upper_bound, "forward"), (-1, -reaction.lower_bound, "backward"))
    for sign, most, way in sides:
        if most <= 0:
            continue
        variable = model.problem.Variable(f"runs_{way}_{reaction.id}", type="binary")
        model.add_cons_vars([variable])
        backward = -reaction.lower_bound if sign > 0 else reaction.upper_bound
        room = least + max(0.0, backward)
        constraint = model.problem.Constraint(0, lb=least - room, name=f"least_{variable.name}")
        model.add_cons_vars([constraint])
        model.solver.update()
        flux = {reaction.forward_variable: sign, reaction.reverse_variable: -sign}
        constraint.set_linear_coefficients({**flux, variable: -room})
        found.append(variable)
    if len(found) == 2:
        both = model.problem.Constraint(0, ub=1, name=f"one_way_{reaction.id}")
        model.add_cons_vars([both])
        model.solver.update()
        both.set_linear_coefficients(dict.fromkeys(found, 1.0))
    return found
