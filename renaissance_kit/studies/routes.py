"""Routes to valid models compared: what each costs, how often it succeeds, how wide it is.

A route is a way to make valid models at a steady state. Each is run with a clock, and what it makes
is measured the same way: incidence over evaluations and seconds, and the diversity of its valid
models in samples of one size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from renaissance_kit.analysis.diversity import Diversity, diversity_of, pair_coverage
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.seeds import derived_seed, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import pinned_smooth_lambda_max
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import incidence_of, is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.repeats import kept_training
from renaissance_kit.training.adam import adam_memory, adam_step
from renaissance_kit.training.fit import Training
from renaissance_kit.training.recipes import Recipe

POOLED = 100  # models that a point of an incidence curve is a share of, at least
LEVELS = (0.5, 0.9)
LEAST_VALID = 20  # valid models that say something about diversity
_BETAS = (0.8, 0.9)  # of Adam in the direct search


@dataclass(frozen=True)
class RouteRun:
    """One route at one state.

    Attributes:
        route: its name.
        state: label of the steady state.
        seed: of its random draws.
        history: one row a step: evaluations and seconds before it, incidence, models (that it is
            a share of) and fastest_per_h, the smallest λmax seen so far. The last row is the
            sample below.
        km_mM: (models, km) made at the end.
        lambda_max_per_h: (models,) of these.
        threshold_per_h: of a valid model.
        seconds_per_model: to make and check one more, after a training if there is one.
        trained: whether the seconds of the history are a training, spent once.
    """

    route: str
    state: str
    seed: int
    history: pd.DataFrame = field(repr=False)
    km_mM: Array = field(repr=False)
    lambda_max_per_h: Array = field(repr=False)
    threshold_per_h: float
    seconds_per_model: float
    trained: bool = False

    @property
    def incidence(self) -> float:
        """Share of valid models at the end."""
        return incidence_of(self.lambda_max_per_h, self.threshold_per_h)

    def seconds_for(self, valid: int) -> float:
        """Estimate of the time for a number of valid models; infinite where none was found."""
        if not self.incidence:
            return np.inf
        once = float(self.history.seconds.iloc[-1]) if self.trained else 0.0
        return once + valid / self.incidence * self.seconds_per_model

    @property
    def valid_log_km(self) -> Array:
        """(valid models, km) ln KM."""
        return np.log(self.km_mM[is_valid(self.lambda_max_per_h, self.threshold_per_h)])


def by_training(
    network: Network,
    state: SteadyState,
    recipe: Recipe,
    *,
    route: str,
    seed: int,
    models: int,
    run: Run = RUN,
) -> RouteRun:
    """A training at one state, with any recipe.

    The incidence is that of the models in the training's history: ``monitor_models`` of the
    unperturbed generator with natural evolution strategies, whose evaluations are not counted
    while their time is, and the batches themselves by gradient.

    Args:
        run: threads, and the store of its checkpoint.
    """
    training = kept_training(network, state, recipe, seed=seed, run=run)

    def draw() -> KineticModels:
        return training.models(models, np.random.default_rng(derived_seed(seed, 1)))

    return _finished(route, draw, seed, training, run.threads)


def by_conditional(
    training: Training,
    state: SteadyState,
    *,
    route: str,
    seed: int,
    models: int,
    workers: int = 2,
) -> RouteRun:
    """A conditional training, at any state.

    The incidence while it trains is that at the states it trains at.
    """

    def draw() -> KineticModels:
        return training.models(models, rng_of(seed), state=state)

    return _finished(route, draw, seed, training, workers)


def by_sampling(
    network: Network,
    state: SteadyState,
    *,
    route: str,
    seed: int,
    models: int,
    threshold_per_h: float,
    ranges: KMRanges | None = None,
    workers: int = 2,
) -> RouteRun:
    """Unbiased sampling. All of its models are its sample, and its evaluations."""
    began = time.perf_counter()
    km = (ranges or KMRanges.of(network)).uniform(models, rng_of(seed))
    made = KineticModels(network, state, km)
    values = made.spectrum(threshold_per_h=threshold_per_h, workers=workers).lambda_max_per_h
    seconds = time.perf_counter() - began
    ends = np.unique(np.linspace(min(POOLED, models), models, 20).astype(int))
    rows = [
        {
            "evaluations": int(end),
            "seconds": seconds * end / models,
            "incidence": incidence_of(values[:end], threshold_per_h),
            "models": int(end),
            "fastest_per_h": _smallest(values[:end]),
        }
        for end in ends
    ]
    return RouteRun(route, state.label, seed, pd.DataFrame(rows), km, values.copy(),
                    threshold_per_h, seconds / models)  # fmt: skip


def by_search(
    network: Network,
    state: SteadyState,
    *,
    route: str,
    seed: int,
    models: int,
    threshold_per_h: float,
    steps: int = 200,
    step_size: float = 0.3,
    margin: float = 0.1,
    ranges: KMRanges | None = None,
    workers: int = 2,
) -> RouteRun:
    """Direct search from random sets of constants, each by itself, by descent on λmax.

    Adam on the exact derivative, all sets abreast. A set is done when λmax is below the threshold
    by ``margin`` of it. The incidence is the share of sets that are valid at their best.
    """
    ranges = ranges or KMRanges.of(network)
    low, high = np.log(ranges.low_mM), np.log(ranges.high_mM)
    log_km = np.log(ranges.uniform(models, rng_of(seed)))
    best, smallest = log_km.copy(), np.full(models, np.inf)
    memory = adam_memory(log_km)
    base = KineticModels(network, state, np.exp(log_km))
    target = threshold_per_h - margin * abs(threshold_per_h)
    going = np.arange(models)
    rows, evaluations, began = [], 0, time.perf_counter()
    with single_threaded():
        for i in range(steps):
            found = pinned_smooth_lambda_max(base.with_km(np.exp(log_km[going])), workers=workers)
            evaluations += len(going)
            values = np.nan_to_num(found.lambda_max_per_h, nan=np.inf)
            better = values < smallest[going]
            best[going[better]] = log_km[going[better]]
            smallest[going] = np.minimum(smallest[going], values)
            rows.append(
                {
                    "evaluations": evaluations,
                    "seconds": time.perf_counter() - began,
                    "incidence": incidence_of(smallest, threshold_per_h),
                    "models": models,
                    "fastest_per_h": _smallest(smallest),
                }
            )
            moved, memory = adam_step(
                log_km[going], found.gradient, memory, step=i, betas=_BETAS,
                learning_rate=step_size * (1 + np.cos(np.pi * i / steps)) / 2,
            )  # fmt: skip
            log_km[going] = np.clip(moved, low, high)
            far = smallest[going] > target
            going, memory = going[far], {name: part[far] for name, part in memory.items()}
            if not len(going):
                break
    km = np.clip(np.exp(best), ranges.low_mM, ranges.high_mM)
    spectrum = base.with_km(km).spectrum(threshold_per_h=threshold_per_h, workers=workers)
    return RouteRun(route, state.label, seed, pd.DataFrame(rows), km,
                    spectrum.lambda_max_per_h.copy(), threshold_per_h,
                    float(rows[-1]["seconds"]) / models)  # fmt: skip


def _finished(
    route: str,
    draw: Callable[[], KineticModels],
    seed: int,
    training: Training,
    workers: int,
) -> RouteRun:
    threshold_per_h = training.fitness.threshold_per_h
    history, settings = training.state.history, training.settings
    began = time.perf_counter()
    made = draw()
    values = made.spectrum(threshold_per_h=threshold_per_h, workers=workers).lambda_max_per_h
    each = (time.perf_counter() - began) / len(made)
    seconds = np.concatenate([[0.0], np.cumsum([record.seconds for record in history])])
    samples = [*(record.lambda_max_per_h for record in history), values]
    rows, fastest = [], np.inf
    for i, sample in enumerate(samples):
        fastest = min(fastest, _smallest(sample))
        rows.append(
            {
                "evaluations": settings.models_evaluated(i),
                "seconds": float(seconds[i]),
                "incidence": incidence_of(sample, threshold_per_h),
                "models": len(sample),
                "fastest_per_h": fastest,
            }
        )
    return RouteRun(route, made.state.label, seed, _pooled(pd.DataFrame(rows)), made.km_mM,
                    values.copy(), threshold_per_h, each, trained=True)  # fmt: skip


def _smallest(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.min()) if len(finite) else np.inf


def _pooled(history: pd.DataFrame) -> pd.DataFrame:
    """Each incidence over the last steps that together have `POOLED` models; the last by itself."""
    valid = (history.incidence * history.models).to_numpy()
    models = history.models.to_numpy()
    pooled, counted = history.incidence.to_numpy(copy=True), models.copy()
    for i in range(len(history) - 1):
        first = i
        while first > 0 and models[first : i + 1].sum() < POOLED:
            first -= 1
        counted[i] = models[first : i + 1].sum()
        pooled[i] = valid[first : i + 1].sum() / counted[i]
    return history.assign(incidence=pooled, models=counted)


# --- tables --------------------------------------------------------------------------------------


def history_table(runs: Iterable[RouteRun]) -> pd.DataFrame:
    """The histories of all runs, with route, state and seed in front."""
    parts = []
    for run in runs:
        part = run.history.copy()
        for place, name in enumerate(("route", "state", "seed")):
            part.insert(place, name, getattr(run, name))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def cost_table(runs: Iterable[RouteRun], levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """What each run costs, one row a run.

    Columns: route, state, seed; evaluations_to_50 and seconds_to_50 (and so for every level), NaN
    where the incidence was never reached; incidence, models, fastest_per_h (λmax),
    evaluations_to_fastest, seconds_to_fastest, evaluations and seconds of the whole, and
    seconds_for_1000, an estimate for a thousand valid models with the training.
    """
    rows = []
    for run in runs:
        history = run.history
        row: dict[str, object] = {"route": run.route, "state": run.state, "seed": run.seed}
        for level in levels:
            reached = history[history.incidence >= level]
            for unit in ("evaluations", "seconds"):
                name = f"{unit}_to_{100 * level:.0f}"
                row[name] = float(reached[unit].iloc[0]) if len(reached) else np.nan
        fastest = history[history.fastest_per_h <= history.fastest_per_h.min()].iloc[0]
        rows.append(
            {
                **row,
                "incidence": run.incidence,
                "models": len(run.lambda_max_per_h),
                "fastest_per_h": float(fastest.fastest_per_h),
                "evaluations_to_fastest": int(fastest.evaluations),
                "seconds_to_fastest": float(fastest.seconds),
                "evaluations": int(history.evaluations.iloc[-1]),
                "seconds": float(history.seconds.iloc[-1]),
                "seconds_for_1000": run.seconds_for(1000),
            }
        )
    return pd.DataFrame(rows)


def diversity_table(
    runs: Sequence[RouteRun], rng: np.random.Generator, *, most: int = 300
) -> pd.DataFrame:
    """Diversity of the valid models of each run, in samples of one size, one row a run.

    Args:
        most: size of the samples; smaller where a run with at least `LEAST_VALID` valid models
            has fewer. Runs with fewer than that have NaN.

    Returns:
        Columns route, state, seed, incidence, valid (models in the sample) and the measures of
        `renaissance_kit.analysis.diversity.Diversity`.
    """
    size = _common_size([run.valid_log_km for run in runs], most)
    rows = []
    for run in runs:
        row = {"route": run.route, "state": run.state, "seed": run.seed, "incidence": run.incidence}
        sample = run.valid_log_km
        if size and len(sample) >= size:
            chosen = rng.choice(len(sample), size, replace=False)
            rows.append({**row, "valid": size, **diversity_of(sample[chosen], rng).as_dict()})
        else:
            rows.append({**row, "valid": len(sample)})
    measures = [*(measure.name for measure in fields(Diversity)), "joint_deficit"]
    return pd.DataFrame(rows, columns=["route", "state", "seed", "incidence", "valid", *measures])


def _common_size(samples: Sequence[Array], most: int) -> int:
    enough = [len(sample) for sample in samples if len(sample) >= LEAST_VALID]
    return min([most, *enough]) if enough else 0


def coverage_table(
    runs: Sequence[RouteRun], rng: np.random.Generator, *, most: int = 200, pairs: int = 60
) -> pd.DataFrame:
    """Which share of the valid models that one route finds lies near those of another.

    Runs of one state, in samples of one size; see
    `renaissance_kit.analysis.diversity.pair_coverage`.

    Returns:
        One row for two routes: route, other (whose models are to be covered), state, coverage.
        A route beside itself is one half of its sample against the other half, for scale. No row
        of routes with fewer than `LEAST_VALID` valid models.

    Raises:
        ParameterError: runs of several states, or two of one route.
    """
    if len({run.state for run in runs}) > 1 or len({run.route for run in runs}) < len(runs):
        raise ParameterError("coverage compares one run of each route at one state")
    samples: Mapping[str, Array] = {
        run.route: run.valid_log_km for run in runs if len(run.valid_log_km) >= LEAST_VALID
    }
    size = _common_size(list(samples.values()), most) // 2
    rows = []
    for name, sample in samples.items():
        for other, wanted in samples.items():
            a, b = rng.permutation(sample)[:size], rng.permutation(wanted)[:size]
            if name == other:
                mixed = rng.permutation(sample)
                a, b = mixed[:size], mixed[size : 2 * size]
            rows.append(
                {
                    "route": name,
                    "other": other,
                    "state": runs[0].state,
                    "coverage": pair_coverage(a, b, rng, pairs=pairs),
                }
            )
    return pd.DataFrame(rows, columns=["route", "other", "state", "coverage"])
