"""Checks of sampled steady states against the tables, without the solver that made them.

`state_checks` works out numbers: by how much each state exceeds each limit. `require_valid` raises
where one does, `renaissance_kit.studies.check_table` shows them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import SteadyStateError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.energies import with_reaction_energies
from renaissance_kit.states.steady_states import SteadyStates

GAS_CONSTANT_KJ = 8.314472e-3  # kJ/mol/K, as pyTFA has it
_FLUX = 1e-9  # mmol/gDW/h, absolute error of the balances
_RELATIVE = 1e-5  # of concentrations, which are kept to 7 digits
_ENERGY = 1e-4  # kJ/mol, of energies, which are too
_STANDARD = 0.1  # kJ/mol, by which pyTFA's standard energies may differ from those of the table


@dataclass(frozen=True)
class Check:
    """One check of all states.

    Attributes:
        rule: what must hold.
        measure: what ``excess`` is.
        excess: (states, items); the check fails where it is above the limit.
        limit: the numerical error that is allowed for.
        unit: of excess and limit.
        items: names of the columns.
    """

    rule: str
    measure: str
    excess: Array
    limit: float
    unit: str
    items: tuple[str, ...]

    @property
    def failed(self) -> NDArray[np.bool_]:
        """(states, items); a number that is NaN fails as well."""
        return ~(self.excess <= self.limit)

    @property
    def problem(self) -> str:
        """What fails, in words; empty if nothing does."""
        failed = self.failed
        if not failed.any():
            return ""
        columns = np.flatnonzero(failed.any(axis=0))
        listed = ", ".join(self.items[j] for j in columns[:5])
        more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""
        count = int(failed.any(axis=1).sum())
        share = math.ceil(100 * count / len(failed))
        return f"{self.rule} fails in {count} states ({share} %): {listed}{more}"


def state_checks(
    network: Network,
    constraints: Constraints,
    states: SteadyStates,
    directions: Mapping[str, int],
) -> list[Check]:
    """Compare every state with the tables and the constraints.

    S v = 0 for every metabolite, medium and water included, and no change of a conserved total;
    bounds and directions of the fluxes; concentrations within their ranges and protons at the pH;
    the energies, worked out again from concentrations and standard energies, and their signs
    against the fluxes. `rejected` adds what a single `SteadyState` checks.

    Args:
        directions: +1 or −1 by kinetic reaction, those that the states were sampled with.
    """
    network = with_reaction_energies(network)
    return [
        *_balances(network, states),
        *_fluxes(network, constraints, states, directions),
        _concentrations(network, constraints, states),
        *_energies(network, constraints, states),
    ]


def rejected(network: Network, states: SteadyStates) -> list[str]:
    """What `SteadyState.check` says of each state that it rejects."""
    found = []
    for state in states:
        try:
            state.check(network)
        except SteadyStateError as error:
            found.append(str(error))
    return found


def require_valid(
    network: Network,
    constraints: Constraints,
    states: SteadyStates,
    directions: Mapping[str, int],
) -> None:
    """Raise unless every state passes all `state_checks` and its own `SteadyState.check`.

    Raises:
        SteadyStateError: with the check, the number of states and the names that fail.
    """
    checks = state_checks(network, constraints, states, directions)
    problems = [check.problem for check in checks if check.problem]
    if problems:
        raise SteadyStateError("sampled states are not valid: " + "; ".join(problems))
    for problem in rejected(network, states):
        raise SteadyStateError(problem)


def concentration_bounds_mM(
    network: Network, constraints: Constraints, throughputs_mM_h: Mapping[str, float]
) -> tuple[Array, Array]:
    """Lowest and highest concentration of each species that the constraints allow, in mM.

    Args:
        throughputs_mM_h: least throughput by dynamic metabolite, for the bound on turnover.

    Returns:
        Two arrays (species,); equal for protons, which follow the pH.
    """
    low, high = np.empty(len(network.species)), np.empty(len(network.species))
    for j, name in enumerate(network.species):
        metabolite = network.metabolites[name]
        if metabolite.is_proton:
            low[j] = high[j] = 10.0 ** (3 - network.compartments[metabolite.compartment].ph)
        elif name in constraints.measured_mM:
            bound = constraints.measured_range_mM(name)
            low[j], high[j] = bound.low, bound.high
        else:
            bound = constraints.medium_mM.get(
                name, constraints.pools_mM.get(name, constraints.pool_mM)
            )
            low[j], high[j] = bound.low, bound.high
            if metabolite.role == "dynamic":
                high[j] = min(high[j], constraints.turnover_time_min / 60 * throughputs_mM_h[name])
    return low, high


def _balances(network: Network, states: SteadyStates) -> list[Check]:
    reactions = tuple(str(r) for r in states.dataset.reaction.values)
    metabolites = tuple(m.id for m in network.metabolites.values() if m.charge is not None)
    flux = states.dataset.flux.values
    residual = np.abs(flux @ network.stoichiometric_matrix(metabolites, reactions).T)
    unit = "mmol/gDW/h"
    found = [Check("S v = 0", "S v = 0", residual, _FLUX, unit, metabolites)]
    if network.moieties:
        kinetic = states.dataset.flux.sel(reaction=list(network.kinetic_reactions)).values
        weights = np.array(
            [[m.coefficients.get(name, 0.0) for name in network.dynamic] for m in network.moieties]
        )
        change = np.abs(kinetic @ network.stoichiometry.T @ weights.T)
        rule = "conserved totals do not change"
        found.append(Check(rule, rule, change, _FLUX, unit, network.dependent))
    return found


def _fluxes(
    network: Network,
    constraints: Constraints,
    states: SteadyStates,
    directions: Mapping[str, int],
) -> list[Check]:
    flux = states.dataset.flux
    reactions = tuple(str(r) for r in flux.reaction.values)
    high = np.full(len(reactions), constraints.maximum_flux)
    low = -high
    for j, reaction in enumerate(reactions):
        if reaction in constraints.fluxes:
            low[j], high[j] = constraints.fluxes[reaction].low, constraints.fluxes[reaction].high
    beyond = np.maximum(low - flux.values, flux.values - high)
    names, unit = network.kinetic_reactions, "mmol/gDW/h"
    kinetic = flux.sel(reaction=list(names)).values
    small = constraints.minimum_flux - np.abs(kinetic)
    sampled = np.array([directions[r] for r in names])
    asked = np.array([constraints.directions.get(r, directions[r]) for r in names])
    against = np.maximum(-kinetic * sampled, -kinetic * asked)
    return [
        *_ratios(constraints, states),
        *_pools(constraints, states),
        Check("flux within bounds", "flux beyond its bounds", beyond, _FLUX, unit, reactions),
        Check("flux above the minimum", "flux below the least", small, _FLUX, unit, names),
        Check("direction", "flux against its direction", against, 0.0, unit, names),
    ]


def _ratios(constraints: Constraints, states: SteadyStates) -> list[Check]:
    if not constraints.ratios:
        return []
    beyond = []
    for text, bound in constraints.ratios.items():
        above, below = states.ratio_parts(text)
        beyond.append(np.maximum(bound.low * below - above, above - bound.high * below))
    rule = "ratio of fluxes within bounds"
    excess, names = np.column_stack(beyond), tuple(constraints.ratios)
    return [Check(rule, "ratio of fluxes beyond its bounds", excess, _FLUX, "mmol/gDW/h", names)]


def _pools(constraints: Constraints, states: SteadyStates) -> list[Check]:
    """Relative excess of what each state takes of each enzyme pool."""
    if not constraints.enzyme_pools:
        return []
    beyond = []
    for pool in constraints.enzyme_pools.values():
        flux = states.dataset.flux.sel(reaction=list(pool.costs)).values
        forward, reverse = np.array(list(pool.costs.values())).T
        used = (np.abs(flux) * np.where(flux > 0, forward, reverse)).sum(axis=1)
        beyond.append(used / pool.limit - 1)
    rule, names = "enzyme within its pool", tuple(constraints.enzyme_pools)
    measure = "enzyme beyond its pool, relative"
    return [Check(rule, measure, np.column_stack(beyond), _FLUX, "1", names)]


def _concentrations(network: Network, constraints: Constraints, states: SteadyStates) -> Check:
    low, high = concentration_bounds_mM(
        network, constraints, states.provenance["least_throughputs_mM_h"]
    )
    values = states.dataset.concentration.sel(metabolite=list(network.species)).values
    positive = np.where(values > 0, values, np.nan)
    beyond = np.maximum(low / positive, positive / high) - 1
    return Check(
        "concentration within its range", "concentration beyond its bounds, relative",
        np.where(values > 0, beyond, np.inf), _RELATIVE, "1", network.species,
    )  # fmt: skip


def _energies(network: Network, constraints: Constraints, states: SteadyStates) -> list[Check]:
    data, unit = states.dataset, "kJ/mol"
    names = tuple(str(r) for r in data.energy_reaction.values)
    energy = energies_kJ_mol(network, states)
    differs = np.abs(energy - data.reaction_energy.values)
    signed = np.sign(data.flux.sel(reaction=list(names)).values) * energy
    small = constraints.driving_force_kJ_mol - np.abs(energy)
    standard = data.standard_energy.values.astype(float)
    centre = np.array([network.reactions[r].standard_energy_kJ_mol for r in names])
    error = np.array([network.reactions[r].standard_energy_error_kJ_mol for r in names])
    off = np.abs(standard - centre) - error
    spread = standard.max(axis=0) - standard.min(axis=0) - 2 * error
    found = [
        Check("energy from concentrations", "ΔrG′ from concentrations, less the one kept", differs,
              _ENERGY, unit, names),
        Check("flux against its energy", "sign(v) ΔrG′ < 0", signed, 0.0, unit, names),
        Check("driving force", "|ΔrG′| below the least", small, _ENERGY, unit, names),
        Check("standard energy within its error", "ΔrG′° beyond its error", off, _STANDARD, unit,
              names),
        Check("range of the standard energy within its error", "range of ΔrG′° beyond its error",
              np.broadcast_to(spread, off.shape), _ENERGY, unit, names),
    ]  # fmt: skip
    rt = GAS_CONSTANT_KJ * network.conditions["temperature"].value
    for quantity, bounds, scale in (
        ("energy", constraints.energies_kJ_mol, 1.0),
        ("displacement", constraints.displacements, rt),
    ):
        if bounds:
            low, high = scale * np.array([(b.low, b.high) for b in bounds.values()]).T
            values = energy[:, [names.index(r) for r in bounds]]
            beyond = np.maximum(low - values, values - high)
            rule = f"{quantity} within bounds"
            found.append(
                Check(rule, f"ΔrG′ beyond its bounds of {quantity}", beyond, _ENERGY, unit,
                      tuple(bounds))
            )  # fmt: skip
    return found


def energies_kJ_mol(network: Network, states: SteadyStates) -> Array:
    """ΔrG′ = ΔrG′° + RT Σ n ln c in kJ/mol, (states, energy reactions); the pH is in ΔrG′°.

    NaN where a concentration is not positive.
    """
    data = states.dataset
    names = tuple(str(r) for r in data.energy_reaction.values)
    counts = network.stoichiometric_matrix(network.species, names)
    protons = [network.metabolites[m].is_proton for m in network.species]
    counts[protons] = 0.0
    values = data.concentration.sel(metabolite=list(network.species)).values
    log_c = np.log(np.where(values > 0, values, np.nan) * 1e-3)
    rt = GAS_CONSTANT_KJ * network.conditions["temperature"].value
    energy: Array = data.standard_energy.values.astype(float) + rt * log_c @ counts
    return energy
