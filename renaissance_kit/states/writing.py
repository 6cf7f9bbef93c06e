"""One steady state as the table ``steady_state.csv``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import UNITS, SteadyState
from renaissance_kit.states.tables import STEADY_STATE_TABLE


def state_table(network: Network, state: SteadyState) -> pd.DataFrame:
    """A state as ``steady_state.csv``, which `SteadyState.from_folder` reads without loss.

    >>> from renaissance_kit import Network, SteadyState
    >>> from renaissance_kit.states import state_table
    >>> network = Network.example("tiny")
    >>> state_table(network, SteadyState.from_folder(network)).shape
    (18, 5)
    """
    rows = []
    for kind, names, values in (
        ("concentration", network.species, state.concentrations_mM),
        ("flux", network.kinetic_reactions, state.fluxes_mmol_gDW_h),
        ("log_displacement", network.kinetic_reactions, state.log_displacement),
    ):
        for name, value in zip(names, values, strict=True):
            unit = network.flux_unit(name) if kind == "flux" else UNITS[kind]
            if np.isfinite(value):
                rows.append([kind, name, repr(float(value)), unit, f"state {state.label}"])
    return pd.DataFrame(rows, columns=[c.name for c in STEADY_STATE_TABLE.columns])
