"""Concentrations that set a neighbourhood of steady states apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyStates

METABOLITES = 12


def ranges_apart(
    network: Network, states: SteadyStates, members: NDArray[np.bool_]
) -> pd.DataFrame:
    """The metabolites whose median differs most from that of all, in spreads of all (log)."""
    names = list(network.dynamic)
    values = states.dataset.concentration.sel(metabolite=names).values
    logs = np.log(values)
    spread = logs.std(axis=0)
    apart = np.abs(np.median(logs[members], axis=0) - np.median(logs, axis=0))
    score = np.where(spread > 1e-6, apart / np.maximum(spread, 1e-6), 0.0)
    order = np.argsort(-score, kind="stable")[:METABOLITES]
    everyone = np.quantile(values[:, order], [0.025, 0.5, 0.975], axis=0)
    few = np.quantile(values[members][:, order], [0.025, 0.5, 0.975], axis=0)
    return pd.DataFrame(
        {
            "metabolite": [names[i] for i in order],
            **dict(zip(("all_low", "all_median", "all_high"), everyone, strict=True)),
            **dict(zip(("low", "median", "high"), few, strict=True)),
        }
    )
