"""Are sampled states steady states, and do two samples agree? Numbers, not only yes or no."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.constraints import Constraints
from renaissance_kit.errors import SteadyStateError
from renaissance_kit.network import Network
from renaissance_kit.steady_states import SteadyStates
from renaissance_kit.studies.states import concentration_table
from renaissance_kit.validation import GAS_CONSTANT_KJ

Array = NDArray[np.float64]

BALANCE = 1e-9  # mmol/gDW/h
STORED = 1e-5  # relative, of concentrations, which are kept to 7 digits
ENERGY = 1e-3  # kJ/mol, of energies, which are too


def changed_constraints(states: SteadyStates, constraints: Constraints) -> list[str]:
    """Constraints whose numbers differ from those that the states were made with."""

    def numbers(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: numbers(value) for key, value in tree.items() if key != "source"}
        return tree

    asked, used = numbers(constraints.to_dict()), numbers(states.provenance["constraints"])
    return [name for name in asked if asked[name] != used.get(name)]


def check_table(network: Network, states: SteadyStates, constraints: Constraints) -> pd.DataFrame:
    """Each check of the states against the tables, with the number that fail and the worst value.

    Worked out from fluxes, concentrations and standard energies alone, without a solver.
    `renaissance_kit.validation.require_valid` makes the same checks and more, and raises.

    Returns:
        One row a check: check, states, failed, worst, limit, unit, where (the item of the worst).
    """
    data = states.dataset
    reactions = tuple(str(r) for r in data.reaction.values)
    flux = data.flux.values
    balanced = tuple(m.id for m in network.metabolites.values() if m.charge is not None)
    residual = np.abs(flux @ network.stoichiometric_matrix(balanced, reactions).T)
    rows = [_row("S v = 0", residual, BALANCE, "mmol/gDW/h", balanced)]
    kinetic = data.flux.sel(reaction=list(network.kinetic_reactions)).values
    if network.moieties:
        weights = np.array(
            [[m.coefficients.get(name, 0.0) for name in network.dynamic] for m in network.moieties]
        )
        change = np.abs(kinetic @ network.stoichiometry.T @ weights.T)
        rows.append(
            _row("conserved totals do not change", change, BALANCE, "mmol/gDW/h", network.dependent)
        )
    excess = np.zeros_like(flux)
    for j, reaction in enumerate(reactions):
        if reaction in constraints.fluxes:
            bound = constraints.fluxes[reaction]
            excess[:, j] = np.maximum(bound.low - flux[:, j], flux[:, j] - bound.high)
    bounded = [j for j, r in enumerate(reactions) if r in constraints.fluxes]
    rows.append(
        _row("flux beyond its bounds", excess[:, bounded], BALANCE, "mmol/gDW/h",
             tuple(reactions[j] for j in bounded))
    )  # fmt: skip
    small = constraints.minimum_flux - np.abs(kinetic)
    rows.append(
        _row("flux below the least", small, BALANCE, "mmol/gDW/h", network.kinetic_reactions)
    )
    names, low, high = _concentration_bounds(network, states, constraints)
    pools = data.concentration.sel(metabolite=list(names)).values
    outside = np.maximum(low / pools, pools / high) - 1
    rows.append(_row("concentration beyond its bounds, relative", outside, STORED, "1", names))
    names = tuple(str(r) for r in data.energy_reaction.values)
    energy = _energies(network, states, names)
    stored = np.abs(energy - data.reaction_energy.values)
    rows.append(
        _row("ΔrG′ from concentrations, less the one kept", stored, ENERGY, "kJ/mol", names)
    )
    signed = np.sign(data.flux.sel(reaction=list(names)).values) * energy
    rows.append(_row("sign(v) ΔrG′ < 0", signed, 0.0, "kJ/mol", names))
    failed = 0
    for state in states:
        try:
            state.check(network)
        except SteadyStateError:
            failed += 1
    rows.append(
        {"check": "accepted by the kinetic model", "states": len(states), "failed": failed,
         "worst": np.nan, "limit": np.nan, "unit": "", "where": ""}
    )  # fmt: skip
    return pd.DataFrame(rows)


def _row(
    check: str, values: Array, limit: float, unit: str, names: tuple[str, ...]
) -> dict[str, object]:
    worst = int(values.max(axis=0).argmax())
    return {
        "check": check,
        "states": len(values),
        "failed": int((values > limit).any(axis=1).sum()),
        "worst": float(values[:, worst].max()),
        "limit": limit,
        "unit": unit,
        "where": names[worst],
    }


def _concentration_bounds(
    network: Network, states: SteadyStates, constraints: Constraints
) -> tuple[tuple[str, ...], Array, Array]:
    """Names and bounds in mM of all species; protons as the pH has it."""
    table = concentration_table(network, states, constraints)
    bounds = {
        name: (low, high)
        for name, low, high in zip(table.metabolite, table.low_mM, table.high_mM, strict=True)
    }
    for name, bound in constraints.medium_mM.items():
        bounds[name] = (bound.low, bound.high)
    for name in network.species:
        metabolite = network.metabolites[name]
        if dict(metabolite.formula) == {"H": 1}:
            bounds[name] = (10.0 ** (3 - network.compartments[metabolite.compartment].ph),) * 2
    low, high = np.array(list(bounds.values())).T
    return tuple(bounds), low, high


def _energies(network: Network, states: SteadyStates, reactions: tuple[str, ...]) -> Array:
    """ΔrG′ = ΔrG′° + RT Σ n ln c, (states, reactions); the pH is in ΔrG′°."""
    data = states.dataset
    counts = network.stoichiometric_matrix(network.species, reactions)
    protons = [dict(network.metabolites[m].formula) == {"H": 1} for m in network.species]
    counts[protons] = 0.0
    log_c = np.log(data.concentration.sel(metabolite=list(network.species)).values * 1e-3)
    rt = GAS_CONSTANT_KJ * network.conditions["temperature"].value
    energy: Array = data.standard_energy.values.astype(float) + rt * log_c @ counts
    return energy


def agreement(one: SteadyStates, two: SteadyStates) -> pd.DataFrame:
    """Do two independent samples have the same means? One row a sampled variable.

    Returns:
        variable, and z: the difference of the means over its standard error, from the standard
        deviations and the effective sample sizes. If both samples have converged to the same
        distribution, z is standard normal; variables of a sample depend on each other.
    """
    means, errors = [], []
    names = [str(v) for v in one.dataset.sampled_variable.values]
    for states in (one, two):
        values = np.column_stack([_variable(states, name) for name in names])
        ess = states.dataset.ess.sel(sampled_variable=names).values
        means.append(values.mean(axis=0))
        errors.append(values.var(axis=0, ddof=1) / ess)
    z = (means[0] - means[1]) / np.sqrt(errors[0] + errors[1])
    return pd.DataFrame({"variable": names, "z": z})


def _variable(states: SteadyStates, variable: str) -> Array:
    kind, name = variable.split(" ", 1)
    data = states.dataset
    if kind == "flux":
        return np.asarray(data.flux.sel(reaction=name).values)
    if kind == "ln_c":
        return np.asarray(np.log(data.concentration.sel(metabolite=name).values))
    table = data.reaction_energy if kind == "energy" else data.standard_energy
    return np.asarray(table.sel(energy_reaction=name).values, dtype=float)
