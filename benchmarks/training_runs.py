"""Trainings: seconds to 90 % valid models by method, and one of the paper's size."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.rows import Row, alone, at_most, missing, share
from renaissance_kit import Network, Recipe, SteadyStates, train
from renaissance_kit.kinetics import incidence_of
from renaissance_kit.training import TrainingState

GOAL = 0.9


def seconds_to_incidence(tiny: bool) -> list[Row]:
    """Wall time until a step's own models are valid at 90 %, at the default state of *E. coli*,
    two workers, one seed; the methods one after the other in one process, compiled before, NES
    last. Methods that need labelled models do not come to 90 % here (docs/methods-compared.md)."""
    network = Network.example()
    recipes = {
        "by gradient": Recipe.by_gradient, "by score": Recipe.by_score, "NES": Recipe.default,
    }  # fmt: skip
    if tiny:
        return [missing("seconds to 90 % incidence", "left out at tiny sizes", at_most(0.05))]
    train(network, SteadyStates.example(network).default, seed=1,
          recipe=Recipe.by_gradient(network, steps=1))  # fmt: skip  # compile
    taken = {name: _seconds_to(network, recipe(network)) for name, recipe in recipes.items()}
    nes = taken.pop("NES")
    rows = [
        share(f"seconds to 90 % incidence, {name}", s, nes, "s", "NES")
        for name, s in sorted(taken.items(), key=lambda item: item[1])
    ]
    best = min(taken, key=lambda name: taken[name] if taken[name] == taken[name] else np.inf)
    return [
        share("seconds to 90 % incidence, best method", taken[best], nes, "s", "NES",
              at_most(0.05), best),
        *rows,
    ]  # fmt: skip


def _seconds_to(network: Network, recipe: Recipe) -> float:
    state = SteadyStates.example(network).default
    threshold = network.conditions["eigenvalue_threshold"].value
    reached: list[float] = []

    def stop() -> bool:
        return bool(reached)

    begin = time.perf_counter()

    def progress(now: TrainingState) -> None:
        if incidence_of(now.history[-1].lambda_max_per_h, threshold) >= GOAL:
            reached.append(time.perf_counter() - begin)

    train(network, state, seed=1, recipe=recipe, progress=progress, stop=stop)
    return reached[0] if reached else float("nan")


def paper_size(tiny: bool) -> list[Row]:
    """The default training (50 generations × 20 generators × 100 models), two workers, wall time;
    beside it the same number of bare eigenvalue problems would take the time of row *validity*."""
    network = Network.example()
    state = SteadyStates.example(network).default
    small = {"generations": 1, "population": 2, "models_per_generator": 5}
    recipe = Recipe.default(network, **(small if tiny else {}))
    begin = time.perf_counter()
    training = train(network, state, seed=1, recipe=recipe)
    elapsed = time.perf_counter() - begin
    last = float(training.history.incidence.iloc[-1])
    return [
        alone("NES of the paper's size, two cores (paper: 3 to 20 min)", elapsed, "s",
              at_most(60.0), f"incidence {last:.2f}"),
        alone("models per second of a training", training.models_evaluated / elapsed, "1/s"),
    ]  # fmt: skip
