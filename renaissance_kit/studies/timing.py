"""Where the time of a training goes, and how long KM sets take."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import rng_from, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Weights
from renaissance_kit.kinetics import spectrum as spectra
from renaissance_kit.kinetics.ensembles import write_km_stream
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.objectives.dynamics import DynamicsObjective
from renaissance_kit.training.fit import Training
from renaissance_kit.training.fitness import Evaluation, Fitness
from renaissance_kit.training.nes import NESSettings, NESTrainer


class _TimedFitness:
    """The same evaluation as `Fitness` on one thread, with a clock at each part."""

    def __init__(self, fitness: Fitness) -> None:
        assert isinstance(fitness.objective, DynamicsObjective)
        self.fitness, self.objective = fitness, fitness.objective
        self.threshold_per_h = fitness.threshold_per_h
        self.digest = fitness.digest
        self.seconds = {"generator": 0.0, "Vmax and Jacobian": 0.0, "eigenvalues": 0.0}
        self.models = 0

    def draw_noise(self, n_models: int, rng: np.random.Generator) -> Any:
        return self.fitness.draw_noise(n_models, rng)

    def evaluate(self, candidates: list[tuple[Weights, Any]]) -> Evaluation:
        clock = [time.perf_counter()]
        km = np.concatenate(
            [
                self.fitness.generator.km_from_noise(weights, noise, rng_from(seed))
                for weights, (noise, seed) in candidates
            ]
        )
        clock.append(time.perf_counter())
        self.seconds["generator"] += clock[1] - clock[0]
        lambda_max = np.empty(len(km))
        for start in range(0, len(km), spectra.CHUNK):
            began = time.perf_counter()
            part = self.fitness.batch.with_km(km[start : start + spectra.CHUNK])
            jacobians = part.jacobians_per_h()
            middle = time.perf_counter()
            near = self.fitness.threshold_per_h
            values = spectra.eigenvalues(jacobians, near=near)
            lambda_max[start : start + len(part)] = values[:, 0].real
            self.seconds["Vmax and Jacobian"] += middle - began
            self.seconds["eigenvalues"] += time.perf_counter() - middle
        self.models += len(km)
        by_candidate = lambda_max.reshape(len(candidates), -1)
        met = is_valid(by_candidate, self.fitness.threshold_per_h)
        return Evaluation(np.array([self.objective(v) for v in by_candidate]), by_candidate, met)


def time_budget(training: Training) -> pd.DataFrame:
    """Time of one generation of NES on one thread, by what it is spent on.

    Columns: part, seconds, milliseconds_per_model, share, models.

    Raises:
        ParameterError: the training is of another method.
    """
    fitness, settings = _nes_parts(training)
    with single_threaded():
        small = replace(settings, population=2, models_per_generator=2, monitor_models=1)
        warm = NESTrainer(_TimedFitness(fitness), small)
        warm.step(training.state)  # compiles, fills caches
        timed = _TimedFitness(fitness)
        trainer = NESTrainer(timed, settings)
        began = time.perf_counter()
        trainer.step(training.state)
        total = time.perf_counter() - began
    parts = {**timed.seconds, "perturbation and update": total - sum(timed.seconds.values())}
    table = pd.DataFrame({"part": list(parts), "seconds": list(parts.values())})
    table["milliseconds_per_model"] = 1e3 * table.seconds / timed.models
    table["share"] = table.seconds / total
    table["models"] = timed.models
    return table


def time_km_sets(training: Training, n: int, path: str | Path, *, seed: int) -> dict[str, float]:
    """Write n sets of KM to a file and say how long that took.

    Returns:
        sets, seconds, megabytes, and seconds_per_million (extrapolated where n is less).
    """
    fitness, _ = _nes_parts(training)
    generator, ranges = fitness.generator, fitness.ranges
    began = time.perf_counter()
    write_km_stream(
        path,
        ranges.names,
        n,
        generator.stream(training.weights, n, rng_of(seed)),
        {"seed": seed, "generator_digest": generator.digest(training.weights)},
    )
    seconds = time.perf_counter() - began
    return {
        "sets": n,
        "seconds": seconds,
        "megabytes": Path(path).stat().st_size / 1e6,
        "seconds_per_million": seconds * 1e6 / n,
    }


def _nes_parts(training: Training) -> tuple[Fitness, NESSettings]:
    fitness, settings = training.fitness, training.settings
    if not isinstance(fitness, Fitness) or not isinstance(settings, NESSettings):
        raise ParameterError(
            f"the training is of the method {settings.method!r}; time one by natural evolution "
            "strategies, such as with Recipe.default"
        )
    if not isinstance(fitness.objective, DynamicsObjective):
        raise ParameterError(
            f"the objective is {fitness.objective!r}; time a training for λmax, such as with "
            "Recipe.default"
        )
    return fitness, settings
