"""The search for the fastest model at each of many states, with one worker and with two; its
models on the way against models with all eigenvalues."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import seconds
from benchmarks.rows import Row, alone, at_least, at_most, faster, share
from renaissance_kit import KineticModels, KMRanges, Network, SteadyStates
from renaissance_kit.kinetics import pinned_smooth_lambda_max
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.search import SEARCH, SlowModes
from renaissance_kit.states import Constraints, StateSpace
from renaissance_kit.studies import survey_cost, timed_surveys


def surveys(tiny: bool) -> list[Row]:
    """200 states without a bound on turnover, the slow ones among them; a task has two. One worker
    process, then two; the gain stands beside that of bare LAPACK in *cores*."""
    n_states = 4 if tiny else 200
    network = Network.example()
    constraints = replace(Constraints.from_folder(network), turnover_time_min=float("inf"))
    states = StateSpace.of(network, constraints).states(n_states, seed=1, steps_per_dimension=4)
    timing, survey = timed_surveys(network, states, (1, 2), seed=1, chunk=2, settings=SEARCH)
    cost = survey_cost(network, survey, chunk=2)
    search, task = (float(survey.dataset[n].values.max()) for n in ("seconds", "longest"))
    speedup = float(timing.speedup.iloc[1])
    cores = timing.core_s
    return [
        alone("fast states", survey.fast.mean(), "of the states"),
        alone("models a state", survey.dataset.evaluations.values.mean(), ""),
        alone("core-seconds a state", cores.iloc[0] / n_states, "s"),
        alone("a model with its derivatives", cost.per_model_ms, "ms"),
        alone("out with a task of 2 states", cost.bytes_out / 1e3, "kB"),
        alone("back with a task of 2 states", cost.bytes_back / 1e3, "kB"),
        alone("longest search at one state", search, "s"),
        alone("longest descent, which is the longest task", task, "s", at_most(30.0)),
        share("core-seconds, two workers", cores.iloc[1], cores.iloc[0], "s", "one worker"),
        Row("survey, gain of two workers over one", n_states / timing.wall_s.iloc[1], "1/s",
            n_states / timing.wall_s.iloc[0], "one worker", speedup, at_least(1.8)),
        alone("5,000 states on two cores", cost.wall_s(5000, 2) / 60, "min", at_most(60.0)),
    ]  # fmt: skip


def tracking(tiny: bool) -> list[Row]:
    """400 models along a path, with all eigenvalues and with the slow modes followed, one thread,
    in turns."""
    n_models = 10 if tiny else 400
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
        all_of_them, slow_ones = seconds(exact, followed, repeats=1 if tiny else 5)
    return [
        faster("a model, slow modes followed", 1e3 * slow_ones / n_models,
               1e3 * all_of_them / n_models, "ms", "all eigenvalues", at_least(2.0)),
        alone("relative error of λmax, 90 %", np.quantile(error, 0.9), ""),
    ]  # fmt: skip
