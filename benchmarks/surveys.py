"""(d) The search for the fastest model at each of many states, with one worker and with two; its
models on the way against models with all eigenvalues."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import seconds
from renaissance_kit import KineticModels, KMRanges, Network, SteadyStates
from renaissance_kit.kinetics import pinned_smooth_lambda_max
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.search import SEARCH, SlowModes
from renaissance_kit.states import Constraints, StateSpace
from renaissance_kit.studies import survey_cost, timed_surveys


def surveys(n_states: int = 200) -> dict[str, float]:
    """States without a bound on turnover, the slow ones among them; a task has two."""
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


def tracking(n_models: int = 400) -> dict[str, float]:
    """Models along a path, with all eigenvalues and with the slow modes followed."""
    network = Network.example()
    middle = KMRanges.of(network).middle_mM
    models = KineticModels(network, SteadyStates.example(network).default, middle)
    steps = 0.02 * np.random.default_rng(1).normal(size=(n_models, len(middle)))
    path = np.log(middle) + np.cumsum(steps, axis=0)
    modes = SlowModes(models)

    def exact() -> list[float]:
        return [
            float(pinned_smooth_lambda_max(models.with_km(np.exp(x)), tau=TAU, workers=1)
                  .lambda_max_per_h[0])
            for x in path
        ]  # fmt: skip

    def followed() -> list[float]:
        return [modes(x, tau=TAU).lambda_max_per_h for x in path]

    with threadpool_limits(1, user_api="blas"):
        error = np.abs(np.array(followed()) / np.array(exact()) - 1)
        all_of_them, slow_ones = seconds(exact, followed)
    return {
        "ms a model, all eigenvalues": 1e3 * all_of_them / n_models,
        "ms a model, slow modes followed": 1e3 * slow_ones / n_models,
        "all / followed (at least 2)": all_of_them / slow_ones,
        "relative error of lambda_max, 90 %": float(np.quantile(error, 0.9)),
    }
