"""Checks of sampled steady states against the tables, without the solver that made them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from renaissance_kit.constraints import Constraints
from renaissance_kit.errors import SteadyStateError
from renaissance_kit.network import Network
from renaissance_kit.polytope import Array
from renaissance_kit.steady_states import SteadyStates

GAS_CONSTANT_KJ = 8.314472e-3  # kJ/mol/K, as pyTFA has it
_FLUX = 1e-9  # mmol/gDW/h, absolute error of the balances
_RELATIVE = 1e-5  # of bounds and energies, which are kept to 7 digits


def require_valid(
    network: Network,
    constraints: Constraints,
    states: SteadyStates,
    directions: Mapping[str, int],
) -> None:
    """Raise unless every state is a steady state and meets the constraints.

    Checks S v = 0 for every metabolite, medium and water included; bounds and directions of the
    fluxes; concentrations within their ranges and protons at the pH; the energies, worked out
    again from concentrations and standard energies, and their signs against the fluxes; that
    no flux changes a conserved total; and `SteadyState.check` of each.

    Raises:
        SteadyStateError: with the check, the number of states and the names that fail.
    """
    problems = [
        text
        for found in (
            _balances(network, states),
            _flux_bounds(network, constraints, states, directions),
            _concentrations(network, constraints, states),
            _energies(network, constraints, states),
        )
        for text in found
    ]
    if problems:
        raise SteadyStateError("sampled states are not valid: " + "; ".join(problems))
    for state in states:
        state.check(network)


def _balances(network: Network, states: SteadyStates) -> list[str]:
    reactions = tuple(str(r) for r in states.dataset.reaction.values)
    metabolites = tuple(m.id for m in network.metabolites.values() if m.charge is not None)
    flux = states.dataset.flux.values
    residual = flux @ network.stoichiometric_matrix(metabolites, reactions).T
    found = _say("S v = 0", np.abs(residual) > _FLUX, metabolites)
    if network.moieties:
        kinetic = states.dataset.flux.sel(reaction=list(network.kinetic_reactions)).values
        change = kinetic @ network.stoichiometry.T
        weights = np.array(
            [[m.coefficients.get(name, 0.0) for name in network.dynamic] for m in network.moieties]
        )
        totals = change @ weights.T
        found += _say("conserved totals", np.abs(totals) > _FLUX, network.dependent)
    return found


def _flux_bounds(
    network: Network,
    constraints: Constraints,
    states: SteadyStates,
    directions: Mapping[str, int],
) -> list[str]:
    flux = states.dataset.flux
    reactions = tuple(str(r) for r in flux.reaction.values)
    low = np.full(len(reactions), -constraints.maximum_flux)
    high = -low
    for j, reaction in enumerate(reactions):
        if reaction in constraints.fluxes:
            low[j], high[j] = constraints.fluxes[reaction].low, constraints.fluxes[reaction].high
    outside = (flux.values < low - _FLUX) | (flux.values > high + _FLUX)
    kinetic = flux.sel(reaction=list(network.kinetic_reactions)).values
    small = np.abs(kinetic) < constraints.minimum_flux - _FLUX
    signs = np.array([directions[r] for r in network.kinetic_reactions])
    fixed = np.array([constraints.directions.get(r, 0) for r in network.kinetic_reactions])
    wrong = (np.sign(kinetic) != signs) | (kinetic * fixed < 0)
    return [
        *_say("flux within bounds", outside, reactions),
        *_say("flux above the minimum", small, network.kinetic_reactions),
        *_say("direction", wrong, network.kinetic_reactions),
    ]


def _concentrations(network: Network, constraints: Constraints, states: SteadyStates) -> list[str]:
    values = states.dataset.concentration.values
    throughput = states.provenance["least_throughputs_mM_h"]
    low, high = np.empty(len(network.species)), np.empty(len(network.species))
    for j, name in enumerate(network.species):
        metabolite = network.metabolites[name]
        if dict(metabolite.formula) == {"H": 1}:
            low[j] = high[j] = 10.0 ** (3 - network.compartments[metabolite.compartment].ph)
        elif name in constraints.measured_mM:
            bound = constraints.measured_mM[name]
            low[j], high[j] = bound.low / constraints.measured_fold, bound.high
            high[j] *= constraints.measured_fold
        else:
            bound = constraints.medium_mM.get(
                name, constraints.pools_mM.get(name, constraints.pool_mM)
            )
            low[j], high[j] = bound.low, bound.high
            if metabolite.role == "dynamic":
                high[j] = min(high[j], constraints.turnover_time_min / 60 * throughput[name])
    outside = (values < low * (1 - _RELATIVE)) | (values > high * (1 + _RELATIVE))
    return _say("concentration within its range", outside, network.species)


def _energies(network: Network, constraints: Constraints, states: SteadyStates) -> list[str]:
    data = states.dataset
    reactions = tuple(str(r) for r in data.energy_reaction.values)
    rt = GAS_CONSTANT_KJ * network.conditions["temperature"].value
    log_c = np.log(data.concentration.values * 1e-3)
    counts = network.stoichiometric_matrix(network.species, reactions)
    for i, name in enumerate(network.species):  # the pH is in the standard energies
        if dict(network.metabolites[name].formula) == {"H": 1}:
            counts[i] = 0.0
    standard = data.standard_energy.values.astype(float)
    energy = standard + rt * log_c @ counts
    stored = data.reaction_energy.values
    differs = np.abs(energy - stored) > _RELATIVE * (1 + np.abs(standard)) * 10
    flux = data.flux.sel(reaction=list(reactions)).values
    against = (flux * energy >= 0) | (
        np.abs(energy) < constraints.driving_force_kJ_mol - 10 * _RELATIVE * (1 + np.abs(standard))
    )
    centre = np.array([network.reactions[r].standard_energy_kJ_mol for r in reactions])
    error = np.array([network.reactions[r].standard_energy_error_kJ_mol for r in reactions])
    off = np.abs(standard - centre) > error + 0.1
    spread = standard.max(axis=0) - standard.min(axis=0) > 2 * error * (1 + _RELATIVE) + 1e-3
    found = [
        *_say("energy from concentrations", differs, reactions),
        *_say("flux against its energy", against, reactions),
        *_say("standard energy within its error", off | spread, reactions),
    ]
    for name, bound in constraints.energies_kJ_mol.items():
        values = energy[:, [reactions.index(name)]]
        outside = (values < bound.low - 1e-3) | (values > bound.high + 1e-3)
        found += _say("energy within bounds", outside, (name,))
    return found


def _say(check: str, failed: Array, names: tuple[str, ...]) -> list[str]:
    if not failed.any():
        return []
    columns = np.flatnonzero(failed.any(axis=0))
    listed = ", ".join(names[j] for j in columns[:5])
    more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""
    count = int(failed.any(axis=1).sum())
    share = math.ceil(100 * count / len(failed))
    return [f"{check} fails in {count} states ({share} %): {listed}{more}"]
