"""The default profile: one steady state of many, chosen by a stated rule."""

from __future__ import annotations

import json

import numpy as np

from renaissance_kit.analysis.unbiased import unbiased_models
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.sampling import sample_steady_states
from renaissance_kit.states.steady_states import SteadyStates

RULE = (
    "of the first {examined} states, the one whose 5 % quantile of lambda_max over {models} "
    "log-uniform KM sets, the same for all, is the median: half of the states are faster"
)


def example_steady_states(network: Network, n: int = 5000, *, seed: int = 1) -> SteadyStates:
    """Sample states and choose the default profile: all that makes ``steady_states.nc``.

    Args:
        network: its folder holds the constraints.
        n: number of states.
        seed: of the sampling and of the KM sets.
    """
    return with_default_profile(network, sample_steady_states(network, n, seed=seed), seed=seed)


def with_default_profile(
    network: Network,
    states: SteadyStates,
    *,
    examined: int = 400,
    models: int = 200,
    seed: int = 1,
) -> SteadyStates:
    """Choose the default profile by `RULE`, and note it in the states' provenance.

    The rule asks for a state of middling speed, neither easy nor hard for training, so that what
    is found there may be expected elsewhere. How far the state is from the mean of the sample in
    fluxes and concentrations, `distances_to_centroid` tells (1 on average).

    Args:
        network: the network of the states.
        states: sampled states; not changed.
        examined: how many of them are examined.
        models: number of KM sets.
        seed: of the KM sets.

    Returns:
        The same states with ``default_state`` and ``default_rule`` in the provenance, and
        ``lambda_max_quantile`` (1/h, NaN where not examined) in the data set.

    Raises:
        ParameterError: nothing to examine.
    """
    if examined < 1 or models < 1:
        raise ParameterError("examined and models must be at least 1")
    examined = min(examined, len(states))
    quantile = np.full(len(states), np.nan)
    unbiased = unbiased_models(network, states[:examined], models=models, seed=seed)
    quantile[:examined] = unbiased.lambda_max_quantile_per_h
    chosen = int(np.argsort(quantile[:examined], kind="stable")[(examined - 1) // 2])
    dataset = states.dataset.copy()
    dataset["lambda_max_quantile"] = (
        "state",
        quantile,
        {"units": "1/h", "long_name": f"5 % quantile of lambda_max over {models} random KM sets"},
    )
    provenance = {
        **states.provenance,
        "default_state": int(states.dataset.state.values[chosen]),
        "default_rule": RULE.format(examined=examined, models=models),
        "default_seed": seed,
    }
    dataset.attrs["provenance"] = json.dumps(provenance, sort_keys=True)
    return SteadyStates.sealed(dataset)


def distances_to_centroid(network: Network, states: SteadyStates) -> Array:
    """Distance of each state to the mean, over standardised ln c and kinetic fluxes."""
    data = states.dataset
    values = np.hstack(
        [
            np.log(data.concentration.sel(metabolite=list(network.dynamic)).values),
            data.flux.sel(reaction=list(network.kinetic_reactions)).values,
        ]
    )
    spread = values.std(axis=0)
    varies = spread > 1e-9
    standard = (values - values.mean(axis=0))[:, varies] / spread[varies]
    return np.asarray(np.sqrt((standard**2).mean(axis=1)))
