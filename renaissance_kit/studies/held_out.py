"""How often models are valid at each of many states: a generator against others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import mean_interval
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import derived_seed
from renaissance_kit.core.threads import single_threaded, single_threaded_pool
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import incidence_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState

Draw = Callable[[SteadyState, int, np.random.Generator], Array]


def incidence_by_state(
    network: Network,
    states: Sequence[SteadyState],
    generators: Mapping[str, Draw],
    *,
    models: int,
    seed: int,
    threshold_per_h: float,
    workers: int = 2,
) -> pd.DataFrame:
    """Draw models at each state with each generator, and count the valid ones.

    Args:
        generators: by name, functions of a state, a number of models and a random generator that
            return (models, km) in mM, such as `ConditionalGenerator.generate`.
        models: at each state.
        seed: every state and generator has a stream of its own.

    Returns:
        One row a generator and state: generator, state, incidence, models,
        lambda_max_median_per_h (of those with eigenvalues) and spread (mean standard deviation of
        ln KM, log-uniform: 2.78).
    """
    if not states or models < 2:
        raise ParameterError("give at least one state and two models at each")
    base = KineticModels(network, states[0], np.ones(len(network.km_names)))
    _ = base.spectrum(workers=1)  # tables, before threads ask for them

    def one(job: tuple[int, str, int]) -> dict[str, object]:
        number, name, place = job
        rng = np.random.default_rng(derived_seed(seed, number, place))
        km = generators[name](states[place], models, rng)
        spectrum = base.at(states[place]).with_km(km).spectrum(
            threshold_per_h=threshold_per_h, workers=1
        )  # fmt: skip
        lambda_max = spectrum.lambda_max_per_h
        return {
            "generator": name,
            "state": states[place].label,
            "incidence": incidence_of(lambda_max, threshold_per_h),
            "models": models,
            "lambda_max_median_per_h": float(pd.Series(lambda_max).median()),
            "spread": float(np.log(km).std(axis=0, ddof=1).mean()),
        }

    jobs = [(i, name, j) for i, name in enumerate(generators) for j in range(len(states))]
    with single_threaded(), single_threaded_pool(workers) as pool:
        return pd.DataFrame(list(pool.map(one, jobs)))


def held_out_table(by_state: pd.DataFrame) -> pd.DataFrame:
    """Mean and distribution over states, one row a generator.

    Columns: generator, states, incidence (mean), low and high (95 % interval of the mean, by
    Student's t), median, quartile_low, quartile_high, above_half and none (shares of the states),
    spread.
    """
    rows = []
    for name, part in by_state.groupby("generator", sort=False):
        low, high = mean_interval(part.incidence)
        rows.append(
            {
                "generator": name,
                "states": len(part),
                "incidence": part.incidence.mean(),
                "low": max(low, 0.0),
                "high": min(high, 1.0),
                "median": part.incidence.median(),
                "quartile_low": part.incidence.quantile(0.25),
                "quartile_high": part.incidence.quantile(0.75),
                "above_half": (part.incidence > 0.5).mean(),
                "none": (part.incidence == 0).mean(),
                "spread": part.spread.mean(),
            }
        )
    return pd.DataFrame(rows)
