"""What a survey of states costs: core-seconds, bytes, and the time on any number of cores."""

from __future__ import annotations

import heapq
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.core.runs import Run
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.search.fastest import SearchSettings
from renaissance_kit.search.survey import Survey, survey_states
from renaissance_kit.states.steady_states import SteadyStates

LINK_BYTES_PER_S = 1e8  # a slow network, 1 Gbit/s with overheads
DISPATCH_S = 0.01  # of the process that hands out tasks, per task


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

    def scaled(self, timing: pd.DataFrame, *, timed: int, states: int) -> pd.DataFrame:
        """Measured times for so many states, as if each had cost what those of the survey did.

        Args:
            timing: as from `timed_surveys`.
            timed: states that were timed.
            states: to scale to.
        """
        each = timing.core_s.to_numpy() / timed
        return timing.assign(wall_s=timing.wall_s / timed * states * self.per_state_s / each)


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
            network, states[:n], seed=seed, run=Run(workers=n, chunk=1), settings=brief
        )  # starts the processes and compiles
        start = time.perf_counter() - begin
        begin = time.perf_counter()
        run = Run(workers=n, chunk=chunk)
        found = survey_states(network, states, seed=seed, run=run, settings=settings)
        wall = time.perf_counter() - begin
        rows.append((n, start, wall, float(found.dataset.seconds.sum())))
    assert found is not None, "give at least one number of workers"
    table = pd.DataFrame(rows, columns=["workers", "start_s", "wall_s", "core_s"])
    return table.assign(speedup=table.wall_s.iloc[0] / table.wall_s), found
