"""Are sampled states steady states, and do two samples agree? Numbers, not only yes or no."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.states.validation import rejected, state_checks


def changed_constraints(states: SteadyStates, constraints: Constraints) -> list[str]:
    """Constraints whose numbers differ from those that the states were made with."""

    def numbers(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: numbers(value) for key, value in tree.items() if key != "source"}
        return tree

    asked, used = numbers(constraints.to_dict()), numbers(states.provenance["constraints"])
    return [name for name in {**asked, **used} if asked.get(name) != used.get(name)]


def check_table(network: Network, states: SteadyStates, constraints: Constraints) -> pd.DataFrame:
    """Each check of the states against the tables, with the number that fail and the worst value.

    The numbers of `renaissance_kit.states.validation`, from fluxes, concentrations and standard
    energies alone, without a solver; directions are those in the states' provenance.

    Returns:
        One row a check: check, states, failed, worst, limit, unit, where (the item of the worst).
    """
    checks = state_checks(network, constraints, states, states.provenance["directions"])
    rows: list[dict[str, object]] = []
    for check in checks:
        column = int(check.excess.max(axis=0).argmax())
        rows.append(
            {
                "check": check.measure,
                "states": len(states),
                "failed": int(check.failed.any(axis=1).sum()),
                "worst": float(check.excess[:, column].max()),
                "limit": check.limit,
                "unit": check.unit,
                "where": check.items[column],
            }
        )
    rows.append(
        {
            "check": "accepted by the kinetic model",
            "states": len(states),
            "failed": len(rejected(network, states)),
            "worst": np.nan,
            "limit": np.nan,
            "unit": "",
            "where": "",
        }
    )
    return pd.DataFrame(rows)


def largest_differences(one: SteadyStates, two: SteadyStates) -> dict[str, float]:
    """Largest relative differences of two samples of the same states, by kind of variable."""
    return {
        kind: float(np.nanmax(np.abs(two.dataset[kind] / one.dataset[kind] - 1)))
        for kind in ("flux", "concentration", "log_displacement")
    }


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
