"""Which concentrations, fluxes and displacements of a state go with a number, such as its speed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from renaissance_kit.analysis.permutations import false_discovery_rate
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyStates

FEWEST = 4  # states


def state_correlations(
    network: Network, states: SteadyStates, values: Array, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Spearman's rank correlation of a number with ln c, |flux| and |ln ρ| over the states.

    Variables that rank the states in the same order, such as the fluxes of an unbranched pathway,
    are one variable and one test. The false discovery rate over all is controlled after Benjamini
    & Hochberg 1995 J R Stat Soc B 57:289.

    Args:
        values: (states,) such as `UnbiasedModels.lambda_max_quantile_per_h`.
        alpha: rate of false discoveries.

    Returns:
        kind (``concentration``, ``flux`` or ``displacement``), name (of all that rank the states
        so, in the network's order), rho (Spearman's), p, q (adjusted), found (q ≤ alpha), largest
        |rho| first. What does not vary, and states without a value, are left out.

    Raises:
        ParameterError: fewer than four states with a value.
    """
    known = np.isfinite(values)
    if known.sum() < FEWEST:
        raise ParameterError(
            f"{known.sum()} states with a value have no correlation; give at least {FEWEST}"
        )
    data = states.dataset.isel(state=known)
    metabolites, reactions = list(network.dynamic), list(network.kinetic_reactions)
    tables = {
        "concentration": (metabolites, np.log(data.concentration.sel(metabolite=metabolites))),
        "flux": (reactions, np.abs(data.flux.sel(reaction=reactions))),
        "displacement": (reactions, np.abs(data.log_displacement.sel(kinetic_reaction=reactions))),
    }
    same: dict[tuple[str, bytes], list[str]] = {}
    for kind, (names, table) in tables.items():
        for name, x in zip(names, np.asarray(table).T, strict=True):
            if np.isfinite(x).all() and x.std() > 1e-6 * max(1.0, float(np.abs(x).mean())):
                same.setdefault((kind, stats.rankdata(x).tobytes()), []).append(name)
    rows = []
    for (kind, ranks), names in same.items():
        rho, p = stats.spearmanr(np.frombuffer(ranks), values[known])
        rows.append((kind, ", ".join(names), float(rho), float(p)))
    found = pd.DataFrame(rows, columns=["kind", "name", "rho", "p"])
    found["q"] = false_discovery_rate(found.p)
    found["found"] = found.q <= alpha
    order = np.argsort(-found.rho.abs().to_numpy(), kind="stable")
    return found.iloc[order].reset_index(drop=True)
