"""Which intracellular states allow fast dynamics, why the others do not, and what asking costs."""

from __future__ import annotations

import heapq
import pickle
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.linalg
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.pools import pool_limits
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Status
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.search.fastest import SearchSettings
from renaissance_kit.search.survey import Survey, survey_states
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.turnover import turnover_times_min

LINK_BYTES_PER_S = 1e8  # a slow network, 1 Gbit/s with overheads
OTHERS = {"fast": "slow", "first_descent": "failed"}
DISPATCH_S = 0.01  # of the process that hands out tasks, per task


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


# --- cost ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SurveyCost:
    """What a survey costs, and how long it takes on any number of cores.

    Attributes:
        seconds: (states,) of one core for each state that was measured.
        evaluations: (states,) models whose derivatives were computed.
        bytes_out, bytes_back: of one task.
        chunk: states in a task.
        start_s: until a worker does its first work: imports and compiled code.
    """

    seconds: Array
    evaluations: NDArray[np.int64]
    bytes_out: int
    bytes_back: int
    chunk: int
    start_s: float

    @property
    def per_state_s(self) -> float:
        """Core-seconds of a state, mean."""
        return float(self.seconds.mean())

    @property
    def per_model_ms(self) -> float:
        """Core-milliseconds of a model with its derivatives."""
        return float(1e3 * self.seconds.sum() / self.evaluations.sum())

    def wall_s(self, states: int, workers: int, *, chunk: int | None = None) -> float:
        """Time for so many states like the measured ones.

        Tasks of consecutive states go to whichever worker is free; each also costs the scheduler
        `DISPATCH_S` and its bytes on a link of `LINK_BYTES_PER_S`, one after the other.
        """
        size = chunk or self.chunk
        each = np.resize(self.seconds, states)
        tasks = [float(each[i : i + size].sum()) for i in range(0, states, size)]
        moved = (self.bytes_out + self.bytes_back) * size / self.chunk / LINK_BYTES_PER_S
        free = [self.start_s] * min(workers, len(tasks))
        heapq.heapify(free)
        handed = last = 0.0
        for task in tasks:
            handed += DISPATCH_S + moved
            end = max(heapq.heappop(free), handed) + task
            heapq.heappush(free, end)
            last = max(last, end)
        return last

    def table(self, states: int, workers: Sequence[int]) -> pd.DataFrame:
        """workers, wall_s, speedup over one worker, and efficiency."""
        one = self.wall_s(states, 1)
        rows = []
        for n in workers:
            wall = self.wall_s(states, n)
            rows.append((n, wall, one / wall, one / wall / n))
        return pd.DataFrame(rows, columns=["workers", "wall_s", "speedup", "efficiency"])


def survey_cost(
    network: Network, survey: Survey, *, chunk: int, start_s: float = 0.0
) -> SurveyCost:
    """The cost of a survey from its own measurements, and the bytes of its tasks.

    Args:
        start_s: see `SurveyCost`; as measured, for example by `timed_surveys`.
    """
    km = len(network.km_names)
    numbers = len(network.species) + 2 * len(network.kinetic_reactions)
    return SurveyCost(
        survey.dataset.seconds.values.astype(float),
        survey.dataset.evaluations.values.astype(np.int64),
        len(pickle.dumps(network)) + 2 * 8 * km + chunk * (8 * numbers + 200),
        chunk * (8 * km + 40),
        chunk,
        start_s,
    )


def timed_surveys(
    network: Network,
    states: SteadyStates,
    workers: Sequence[int],
    *,
    seed: int,
    chunk: int,
    settings: SearchSettings | None = None,
) -> tuple[pd.DataFrame, Survey]:
    """The same small survey with different numbers of workers, one after the other.

    Returns:
        workers, start_s (until all workers have started), wall_s (after that), core_s (of the
        searches), speedup; and the survey.
    """
    rows, found = [], None
    for n in workers:
        begin = time.perf_counter()
        brief = SearchSettings(steps=1, restarts=0)
        survey_states(
            network, states[:n], seed=seed, chunk=1, workers=n, settings=brief
        )  # starts the processes and compiles
        start = time.perf_counter() - begin
        begin = time.perf_counter()
        found = survey_states(network, states, seed=seed, chunk=chunk, workers=n, settings=settings)
        wall = time.perf_counter() - begin
        rows.append((n, start, wall, float(found.dataset.seconds.sum())))
    assert found is not None, "give at least one number of workers"
    table = pd.DataFrame(rows, columns=["workers", "start_s", "wall_s", "core_s"])
    return table.assign(speedup=table.wall_s.iloc[0] / table.wall_s), found
