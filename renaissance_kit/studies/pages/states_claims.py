"""Notebook 01, are these states possible?: what it writes beside the paper and into its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.published import Claim


def size_of_network(network: Network) -> list[Claim]:
    """Rows of the table beside the paper about the size of the model."""
    kinetic = len(network.kinetic_reactions)
    odes = len(network.dynamic) + len(network.constant) + 1  # in the bioreactor, with biomass
    return [
        ("C2", "differential equations (bioreactor)", f"{odes}", "exact", True),
        ("C2", "reactions", f"{kinetic}", "exact", True),
        ("C2", "KM", f"{len(network.km_names)}", "exact", True),
        ("C2", "Vmax", f"{kinetic}", "exact", True),
    ]


def claims(
    network: Network, states: SteadyStates, checks: pd.DataFrame, diagnostics: pd.DataFrame
) -> list[Claim]:
    """Rows of the table beside the paper.

    Args:
        checks: as from `renaissance_kit.studies.check_table`.
        diagnostics: as from `renaissance_kit.studies.diagnostics_table`.
    """
    quality = (
        f"least effective sample size {diagnostics.ess.min():,.0f}, "
        f"largest R-hat {diagnostics.rhat.max():.4f}"
    )
    return [
        ("C1", "thermodynamically consistent steady states",
         f"{len(states) - int(checks.failed.max()):,}", quality, len(states) >= 5000),
        ("C1", "profiles used for generation", f"1 (state {states.default_label})",
         "by the rule above", True),
        *size_of_network(network),
    ]  # fmt: skip


def summary(
    states: SteadyStates,
    fresh: SteadyStates,
    checks: pd.DataFrame,
    diagnostics: pd.DataFrame,
    largest: Mapping[str, float] | None,
    slowest: pd.DataFrame,
    generic: pd.DataFrame,
    *,
    turnover_time_min: float,
) -> dict[str, Any]:
    """The results of the notebook for ``summary.json``; arguments as those of the sentences."""
    return {
        "states": len(states),
        "states_valid": len(states) - int(checks.failed.max()),
        "states_fresh": len(fresh),
        "default_state": states.default_label,
        "turnover_time_min": turnover_time_min,
        "ess_least": float(diagnostics.ess.min()),
        "rhat_largest": float(diagnostics.rhat.max()),
        "remade_largest_relative_difference": largest,
        "slowest_pool_median_min": float(slowest.turnover_time_min.median()),
        "slowest_pool_median_min_without_bound": float(generic.turnover_time_min.median()),
    }
