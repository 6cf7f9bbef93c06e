"""Which intracellular states allow fast dynamics, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scipy.linalg
from threadpoolctl import threadpool_limits

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.pools import pool_limits
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Status
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.search.survey import Survey
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.turnover import turnover_times_min

OTHERS = {"fast": "slow", "first_descent": "failed"}


def share_table(surveys: Mapping[str, Survey], *, of: str = "fast") -> pd.DataFrame:
    """States that are fast, by population: population, states, fast, share, low, high, slow …

    low and high are the 95 % Wilson interval of the share of fast states; ``slow_share``,
    ``slow_low`` and ``slow_high`` are of the others.

    Args:
        surveys: by population.
        of: "fast", or "first_descent" for the states at which the first descent succeeded, with
            ``failed_…`` in place of ``slow_…``.

    Raises:
        ParameterError: another ``of``.
    """
    if of not in OTHERS:
        raise ParameterError(f"of is {of!r}; give one of {', '.join(OTHERS)}")
    rows = []
    for name, survey in surveys.items():
        n, good = len(survey), int(getattr(survey, of).sum())
        low, high = wilson_interval(good, n)
        slow_low, slow_high = wilson_interval(n - good, n)
        rows.append((name, n, good, good / n, low, high, 1 - good / n, slow_low, slow_high))
    rest = [f"{OTHERS[of]}_{name}" for name in ("share", "low", "high")]
    return pd.DataFrame(rows, columns=["population", "states", of, "share", "low", "high", *rest])


def participation(models: KineticModels) -> pd.Series:
    """Share of each independent metabolite in the slowest mode of one model.

    The participation |w_i u_i| of the right and left eigenvectors of the rightmost eigenvalue,
    scaled to a sum of 1: it does not depend on units (Pérez-Arriaga et al. 1982 IEEE Trans Power
    Appar Syst 101:3117).
    """
    values, left, right = scipy.linalg.eig(models.jacobians_per_h()[0], left=True)
    k = int(values.real.argmax())
    size = np.abs(left[:, k].conj() * right[:, k])
    return pd.Series(size / size.sum(), index=list(models.network.independent))


def slow_modes(network: Network, states: SteadyStates, survey: Survey) -> pd.DataFrame:
    """What dominates the slowest mode of the fastest model where the first descent failed.

    Returns:
        state, lambda_max_per_h, metabolite (of the largest participation), participation,
        limit_per_h (of that pool by itself, `renaissance_kit.analysis.pools`), turnover_min (of
        that pool), slowest_pool and slowest_limit_per_h (the least limit of all pools). States
        without eigenvalues are left out.
    """
    position = {int(s): i for i, s in enumerate(states.dataset.state.values)}
    status = survey.dataset.status.values
    known = np.isin(status, (Status.VALID, Status.SLOW, Status.UNSTABLE))
    chosen = np.flatnonzero(known & ~survey.first_descent)
    if not len(chosen):
        columns = [
            "state", "lambda_max_per_h", "metabolite", "participation", "limit_per_h",
            "turnover_min", "slowest_pool", "slowest_limit_per_h",
        ]  # fmt: skip
        return pd.DataFrame({c: [] for c in columns})
    turnover = turnover_times_min(network, states)
    ranges = KMRanges.of(network)
    rows = []
    with threadpool_limits(limits=1, user_api="blas"):
        for i, fastest in zip(chosen, survey.each_model(network, states, chosen), strict=True):
            number = int(survey.numbers[i])
            shares = participation(fastest)
            limits = pool_limits(fastest, ranges)
            rate = dict(zip(limits.names, limits.rate_per_h, strict=True))
            name = str(shares.idxmax())
            least = int(np.argmin(limits.rate_per_h))
            rows.append(
                {
                    "state": number,
                    "lambda_max_per_h": survey.lambda_max_per_h[i],
                    "metabolite": name,
                    "participation": shares.max(),
                    "limit_per_h": rate.get(name, np.nan),
                    "turnover_min": turnover[position[number], network.dynamic.index(name)],
                    "slowest_pool": limits.names[least],
                    "slowest_limit_per_h": limits.rate_per_h[least],
                }
            )
    return pd.DataFrame(rows)


def limits_of_pool(network: Network, states: SteadyStates, metabolite: str) -> pd.DataFrame:
    """One pool at every state: what its own speed is made of.

    Returns:
        state, concentration_mM, turnover_min, limit_per_h, throughput_mM_h, and
        ``least_saturation`` (concentration over concentration + largest KM, which no constant
        avoids).
    """
    ranges = KMRanges.of(network)
    models = KineticModels(network, states[0], ranges.middle_mM)
    column = network.dynamic.index(metabolite)
    concentration = states.dataset.concentration.sel(metabolite=metabolite).values
    turnover = turnover_times_min(network, states)[:, column]
    largest = max(
        (h for k, h in zip(ranges.names, ranges.high_mM, strict=True)
         if k.endswith(f":{metabolite}")),
        default=np.nan,
    )  # fmt: skip
    rates = []
    with threadpool_limits(limits=1, user_api="blas"):
        for state in states:
            found = pool_limits(models.at(state), ranges)
            rates.append(found.rate_per_h[found.names.index(metabolite)])
    return pd.DataFrame(
        {
            "state": states.dataset.state.values,
            "concentration_mM": concentration,
            "turnover_min": turnover,
            "limit_per_h": rates,
            "throughput_mM_h": 60 * concentration / turnover,
            "least_saturation": concentration / (concentration + largest),
        }
    )
