"""(d) The search for the fastest model at each of many states, with one worker and with two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from renaissance_kit import Constraints, Network
from renaissance_kit.sampling import StateSpace
from renaissance_kit.studies import survey_cost, timed_surveys
from renaissance_kit.survey import SEARCH


def surveys(n_states: int = 24) -> dict[str, float]:
    """States without a bound on turnover, the slow ones among them; as many tasks as states / 2."""
    network = Network.example()
    constraints = replace(Constraints.from_folder(network), turnover_time_min=float("inf"))
    states = StateSpace.of(network, constraints).states(n_states, seed=1, steps_per_dimension=4)
    timing, survey = timed_surveys(network, states, (1, 2), seed=1, chunk=2, settings=SEARCH)
    cost = survey_cost(network, survey, chunk=2)
    return {
        "fast states": float(survey.fast.mean()),
        "models a state": float(survey.dataset.evaluations.values.mean()),
        "core-seconds a state": float(timing.core_s.iloc[0]) / n_states,
        "ms a model with its derivatives": cost.per_model_ms,
        "kB out, a task of 2 states": cost.bytes_out / 1e3,
        "kB back, a task of 2 states": cost.bytes_back / 1e3,
        "2 workers / 1 worker (at least 1.8)": float(timing.speedup.iloc[1]),
        "core-seconds with 2 workers / with 1": float(np.divide(*timing.core_s.iloc[::-1])),
        "min for 5,000 states on 2 cores (at most 60)": cost.wall_s(5000, 2) / 60,
    }
