"""A survey: the fastest dynamics that each of many steady states allows.

Each state is a search of its own (`renaissance_kit.search.fastest`) with a random stream of its
own, so that the result depends neither on the chunks nor on the workers, nor on which other states
are surveyed. The first descents go through `renaissance_kit.core.runs` in chunks of states: in
parallel, on a cluster, and with a store from which a run that was killed resumes. Restarts follow
round by round, each a task of its own, at the states that are slow so far.

A state without a model at or below the threshold is called slow. That is what a search of finite
effort says. At how many states the first descent already found such a model, and how many of some
random models are valid there (`renaissance_kit.analysis.unbiased_models`), says how rare they are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.datasets import Labelled, Layout, Variable
from renaissance_kit.core.errors import ParameterError, SteadyStateError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.seeds import require_seed
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Status, is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.search.fastest import SearchSettings, StateSearch, restart_rounds
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates

CHUNK = 4  # states in a task of the first round; a second or two, half a minute where all are slow
SEARCH = SearchSettings(steps=4000, restarts=99, margin=0.02, placement_steps=2500)
"""Default settings of a survey. One long descent finds what many short ones miss, and eigenvalue
placement from its end turns most of what it leaves slow; a state that is still slow gets restarts
(docs/cost-of-surveys.md)."""


def shorter_search(steps: int) -> SearchSettings:
    """`SEARCH` with so many steps in a descent, and less of the other effort.

    Steps of the placement go in proportion, the number of descents with the square: short descents
    fail at many states, and each of these takes all restarts.

    >>> from renaissance_kit.search import shorter_search
    >>> shorter_search(1000).restarts
    5
    """
    share = min(1.0, steps / SEARCH.steps)
    descents = max(2, round(share**2 * (SEARCH.restarts + 1)))
    placement_steps = round(share * SEARCH.placement_steps)
    return replace(SEARCH, steps=steps, restarts=descents - 1, placement_steps=placement_steps)


@dataclass(frozen=True)
class Survey(Labelled):
    """The fastest model found at each state.

    Attributes:
        dataset: ``lambda_max`` (state) in 1/h, ``first_lambda_max`` (state) after the first
            descent, ``status`` (state) with its meanings as flag attributes, ``evaluations``
            (state), ``seconds`` (state) of one core, ``longest`` (state) of these for one descent,
            ``km`` (state, km_name) in mM.
            The coordinate ``state`` is the number in the set of states.
            Attributes hold the threshold, the seed, the settings and the fingerprints.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        what="survey",
        made_by="survey_states",
        rows="state",
        variables={
            "lambda_max": Variable(("state",), "1/h"),
            "first_lambda_max": Variable(("state",), "1/h"),
            "status": Variable(("state",), flags=Status),
            "evaluations": Variable(("state",), "1"),
            "seconds": Variable(("state",), "s"),
            "longest": Variable(("state",), "s"),
            "km": Variable(("state", "km_name"), "mM"),
        },
        attributes={
            "network_digest": str, "states_digest": str, "threshold_per_h": float, "seed": int,
            "settings": str,
        },
    )  # fmt: skip

    def __len__(self) -> int:
        return int(self.dataset.sizes["state"])

    @property
    def numbers(self) -> NDArray[np.int64]:
        """(states,) which states these are."""
        return np.asarray(self.dataset.state.values)

    @property
    def lambda_max_per_h(self) -> Array:
        """(states,) of the fastest model; NaN where it has no eigenvalues."""
        return np.asarray(self.dataset.lambda_max.values)

    @property
    def fast(self) -> NDArray[np.bool_]:
        """(states,) True where a model at or below the threshold was found."""
        return np.asarray(self.dataset.status.values == Status.VALID)

    @property
    def first_lambda_max_per_h(self) -> Array:
        """(states,) of the best model of the first descent at each state."""
        return np.asarray(self.dataset.first_lambda_max.values)

    @property
    def first_descent(self) -> NDArray[np.bool_]:
        """(states,) True where the first descent, from the middle of the bounds, succeeded.

        The share of these states says how rare fast models are; it grows with ``steps``. That of
        fast states grows with all the effort of the search.
        """
        return is_valid(self.first_lambda_max_per_h, self.threshold_per_h)

    @property
    def km_mM(self) -> Array:
        """(states, km) constants of the fastest models."""
        return np.asarray(self.dataset.km.values)

    @property
    def threshold_per_h(self) -> float:
        """The bound on the real parts."""
        return float(self.dataset.attrs["threshold_per_h"])

    @property
    def settings(self) -> SearchSettings:
        """Of the searches."""
        return SearchSettings(**json.loads(self.dataset.attrs["settings"]))

    def counts(self) -> dict[str, int]:
        """Number of states by the status of their fastest model."""
        return {s.name: int((self.dataset.status.values == s).sum()) for s in Status}

    def select(self, which: NDArray[Any]) -> Survey:
        """The states at positions, or where a mask is True."""
        index = np.flatnonzero(which) if np.asarray(which).dtype == bool else which
        return Survey(self.dataset.isel(state=index))

    def to_dataframe(self) -> pd.DataFrame:
        """One row a state: lambda_max_per_h, first_lambda_max_per_h, status, fast …"""
        data = self.dataset
        return pd.DataFrame(
            {
                "lambda_max_per_h": self.lambda_max_per_h,
                "first_lambda_max_per_h": self.first_lambda_max_per_h,
                "status": [Status(int(s)).name for s in data.status.values],
                "fast": self.fast,
                "first_descent": self.first_descent,
                "evaluations": data.evaluations.values,
                "seconds": data.seconds.values,
            },
            index=pd.Index(self.numbers, name="state"),
        )

    def models(self, network: Network, states: SteadyStates, position: int) -> KineticModels:
        """The fastest model of the state at a position of this survey.

        Raises:
            SteadyStateError: the survey is of other states, or of another network.
        """
        return next(self.each_model(network, states, [position]))

    def each_model(
        self, network: Network, states: SteadyStates, positions: Iterable[int]
    ) -> Iterator[KineticModels]:
        """`models` at many positions, one after the other; compiled tables are shared."""
        place = {int(state): i for i, state in enumerate(states.dataset.state.values)}
        models = None
        for position in positions:
            number = int(self.numbers[position])
            if number not in place:
                raise SteadyStateError(
                    f"state {number} of the survey is not among these {len(states)} states; give "
                    "the set that was surveyed"
                )
            state, km = states[place[number]], self.km_mM[position]
            models = KineticModels(network, state, km) if models is None else models.at(state)
            yield models.with_km(km)


def survey_states(
    network: Network,
    states: SteadyStates,
    *,
    seed: int,
    ranges: KMRanges | None = None,
    settings: SearchSettings | None = None,
    threshold_per_h: float | None = None,
    run: Run = RUN,
) -> Survey:
    """Search for the fastest model at every state.

    Args:
        network, states: states of that network; a slice such as ``states[:100]`` for a part.
        seed: each state has a stream of its own, from this and its number.
        ranges: bounds of the constants; the network's if not given.
        settings: of the searches; `SEARCH` if not given.
        threshold_per_h: the network's ``eigenvalue_threshold`` if not given.
        run: workers, store, progress and stop; chunks of 4 states, then of one restart.

    Returns:
        The states in their order; those that are done if the run was stopped.

    Raises:
        SteadyStateError: a state is not one of this network.
        ParameterError: stopped before the first chunk was done.

    >>> import numpy as np
    >>> from renaissance_kit import Network, SteadyState, SteadyStates
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> one = SteadyState.from_folder(network)
    >>> states = SteadyStates.from_arrays(
    ...     network, one.fluxes_mmol_gDW_h[None], network.kinetic_reactions,
    ...     one.concentrations_mM[None], one.log_displacement[None], {},
    ... )
    >>> survey_states(network, states, seed=1, run=Run(workers=1)).fast.tolist()
    [True]
    """
    settings = settings or SEARCH
    ranges = ranges or KMRanges.of(network)
    if threshold_per_h is None:
        threshold_per_h = network.conditions["eigenvalue_threshold"].value
    data = states.dataset
    numbers = np.asarray(data.state.values)
    task = SurveyTask(network, ranges, settings, threshold_per_h, require_seed(seed))
    identity = {
        "seed": seed,
        "threshold_per_h": threshold_per_h,
        **_plain(settings),
        "network_digest": network.digest,
        "states_digest": states.digest,
        "ranges_digest": fingerprint(ranges),
    }
    columns = run_chunks(
        task,
        len(states),
        name="survey",
        chunk=CHUNK,
        part=lambda items: [Job(states[int(i)]) for i in items],
        run=run,
        settings=identity,
    )
    goal = settings.goal_per_h(threshold_per_h)
    if not len(columns["item"]):
        raise ParameterError("stopped before any state was done; nothing to return")
    for restarts in restart_rounds(settings.restarts)[1:]:
        slow = np.flatnonzero(columns["reached"] > goal)
        if not len(slow):
            break
        columns = _further(columns, slow, restarts, task, states, identity, run)
    if not len(columns["item"]):
        raise ParameterError("stopped before any state was done; nothing to return")
    return Survey.sealed(
        xr.Dataset(
            {
                "lambda_max": ("state", columns["lambda_max"], {"units": "1/h"}),
                "first_lambda_max": ("state", columns["first_lambda_max"], {"units": "1/h"}),
                "status": ("state", columns["status"]),
                "evaluations": ("state", columns["evaluations"], {"units": "1"}),
                "seconds": ("state", columns["seconds"], {"units": "s"}),
                "longest": ("state", columns["longest"], {"units": "s"}),
                "km": (("state", "km_name"), columns["km"], {"units": "mM"}),
            },
            coords={"state": numbers[columns["item"]], "km_name": list(network.km_names)},
            attrs={
                "network": network.name,
                "network_digest": network.digest,
                "states_digest": states.digest,
                "threshold_per_h": threshold_per_h,
                "seed": seed,
                "settings": json.dumps(_plain(settings), sort_keys=True),
            },
        )
    )


@dataclass(frozen=True)
class Job:
    """One descent at one state.

    Attributes:
        state: where.
        restart: its number; 0 begins in the middle of the bounds.
        best: (km,) ln KM of the best model of the rounds before, for a restart.
    """

    state: SteadyState
    restart: int = 0
    best: Array | None = None


@dataclass(frozen=True)
class SurveyTask:
    """Does a chunk of descents; goes to the worker processes."""

    network: Network
    ranges: KMRanges
    settings: SearchSettings
    threshold_per_h: float
    seed: int

    def __call__(self, items: NDArray[np.int64], jobs: list[Job]) -> Mapping[str, NDArray[Any]]:
        models = KineticModels(self.network, jobs[0].state, self.ranges.middle_mM)
        with single_threaded():
            found = [self._descent(models.at(job.state), job) for job in jobs]
        return {name: np.array([f[name] for f in found]) for name in found[0]}

    def _descent(self, models: KineticModels, job: Job) -> dict[str, Any]:
        begin = time.thread_time()
        search = StateSearch(models, self.ranges, self.settings, self.threshold_per_h)
        best = search.middle if job.best is None else job.best
        rng = np.random.default_rng([self.seed, int(job.state.label)])
        for earlier in range(1, job.restart):  # the draws of these come first in the stream
            search.start(earlier, best, rng)
        done = search.attempt(search.start(job.restart, best, rng))
        km, spectrum = search.verdict(done.log_km)
        seconds = np.float32(time.thread_time() - begin)
        return {
            "lambda_max": spectrum.lambda_max_per_h[0],
            "first_lambda_max": done.descended_per_h,
            "reached": done.reached_per_h,
            "status": np.int8(spectrum.status[0]),
            "evaluations": np.int32(len(done.history_per_h)),
            "seconds": seconds,
            "longest": seconds,
            "km": km,
            "log_km": done.log_km,
        }


def _further(
    columns: Mapping[str, NDArray[Any]], slow: NDArray[np.intp], restarts: range,
    task: SurveyTask, states: SteadyStates, identity: Mapping[str, Any], run: Run,
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """One round of restarts at the states that are slow so far.

    Returns:
        The columns with what it found; without the states whose restarts were not all done, as the
        run was stopped.
    """
    best = columns["log_km"][slow]
    jobs = [(row, restart) for row in range(len(slow)) for restart in restarts]

    def part(items: NDArray[np.int64]) -> list[Job]:
        chosen = [jobs[int(i)] for i in items]
        return [Job(states[int(columns["item"][slow[r]])], k, best[r]) for r, k in chosen]

    done = run_chunks(
        task, len(jobs), name="survey restarts", chunk=1, part=part, run=run,
        settings={**identity, "restarts": [restarts.start, restarts.stop],
                  "slow": fingerprint(columns["item"][slow], best)},
    )  # fmt: skip
    goal = task.settings.goal_per_h(task.threshold_per_h)
    found = {name: values.copy() for name, values in columns.items()}
    complete = np.ones(len(columns["item"]), dtype=bool)
    place = {int(item): i for i, item in enumerate(done["item"])}
    for row, position in enumerate(slow):
        tries = [place.get(row * len(restarts) + k) for k in range(len(restarts))]
        complete[position] = None not in tries
        for i in (i for i in tries if i is not None):
            found["seconds"][position] += done["seconds"][i]
            found["longest"][position] = max(found["longest"][position], done["longest"][i])
            if found["reached"][position] <= goal:
                continue  # one that began beside those before it
            found["evaluations"][position] += done["evaluations"][i]
            if done["reached"][i] < found["reached"][position]:
                for name in ("lambda_max", "reached", "status", "km", "log_km"):
                    found[name][position] = done[name][i]
    return {name: values[complete] for name, values in found.items()}


def _plain(settings: SearchSettings) -> dict[str, Any]:
    """Settings as JSON holds them; infinity is no JSON number, but Python reads its own."""
    return asdict(settings)
