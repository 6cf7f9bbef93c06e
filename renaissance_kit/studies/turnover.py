"""Turnover times of metabolites, and what a bound on them does to the models of a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr, ndtri

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.unbiased import unbiased_models
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import Run
from renaissance_kit.core.seeds import require_seed
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.hit_and_run import STEPS_PER_DIMENSION
from renaissance_kit.states.sampling import sample_steady_states
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.states import sample_ranges
from renaissance_kit.training.fit import run
from renaissance_kit.training.fitness import Evaluation
from renaissance_kit.training.nes import NESSettings, NESTrainer

SEARCH = NESSettings(
    population=40, models_per_generator=1, sigma=0.3, learning_rate=0.15, mirrored=True,
    optimiser="adam", monitor_models=0,
)  # fmt: skip
"""Settings of `search_by_turnover`; its generations follow from the number of models."""


def turnover_times_min(network: Network, states: SteadyStates) -> Array:
    """Time in which each metabolite is produced once, (states, dynamic metabolites) in min.

    The amount of a metabolite over its production in all reactions, ``c φ / (ρ Σ⁺ S v)`` with the
    volume fraction φ of its compartment and the dry weight ρ per litre of cell. At a steady state
    consumption is the same.
    """
    data = states.dataset
    flux = data.flux.sel(reaction=list(network.kinetic_reactions)).values
    concentration = data.concentration.sel(metabolite=list(network.dynamic)).values
    density = float(data.attrs["dry_weight_density_gDW_L"])
    times = np.empty_like(concentration)
    for i, coefficients in enumerate(network.stoichiometry):
        production = np.clip(flux * coefficients, 0, None).sum(axis=1) * density
        times[:, i] = 60 * concentration[:, i] * network.volume_fractions[i] / production
    return times


def slowest_turnover(network: Network, states: SteadyStates) -> pd.DataFrame:
    """The metabolite of each state that turns over most slowly: metabolite, turnover_time_min."""
    times = turnover_times_min(network, states)
    slowest = np.array(network.dynamic)[times.argmax(axis=1)]
    return pd.DataFrame({"metabolite": slowest, "turnover_time_min": times.max(axis=1)})


def turnover_table(
    network: Network,
    states: SteadyStates,
    constraints: Constraints,
    *,
    generic: SteadyStates | None = None,
) -> pd.DataFrame:
    """Turnover time of each metabolite but the protons, the slowest of them first.

    Args:
        generic: states without a bound on turnover, for comparison.

    Returns:
        metabolite, measured (whether its concentration is), the columns of
        `renaissance_kit.studies.states.QUANTILES` in min, and with ``generic`` the same with
        the prefix ``generic_``, by whose median the rows are ordered.
    """
    kept = [not network.metabolites[m].is_proton for m in network.dynamic]
    names = np.array(network.dynamic)[kept]
    columns = sample_ranges(turnover_times_min(network, states)[:, kept])
    if generic is not None:
        other = sample_ranges(turnover_times_min(network, generic)[:, kept])
        columns |= {f"generic_{name}": values for name, values in other.items()}
    table = pd.DataFrame(
        {"metabolite": names, "measured": [m in constraints.measured_mM for m in names], **columns}
    )
    by = "median" if generic is None else "generic_median"
    return table.sort_values(by, ascending=False, kind="stable").reset_index(drop=True)


def states_by_turnover(
    network: Network,
    times_min: Sequence[float],
    n: int,
    *,
    seed: int,
    constraints: Constraints | None = None,
    directions: Mapping[str, int] | None = None,
    steps_per_dimension: int = STEPS_PER_DIMENSION,
) -> dict[float, SteadyStates]:
    """Sample n states for each turnover time; infinite for no bound."""
    return {
        time: sample_steady_states(
            network,
            n,
            seed=seed,
            constraints=constraints,
            turnover_time_min=time,
            directions=directions,
            steps_per_dimension=steps_per_dimension,
        )
        for time in times_min
    }


def reached_by_turnover(
    unbiased: pd.DataFrame, found: pd.DataFrame, threshold_per_h: float
) -> pd.DataFrame:
    """Whether valid models are within reach with each bound on turnover.

    Args:
        unbiased: as from `unbiased_by_turnover`.
        found: as from `search_by_turnover`.

    Returns:
        One row a bound, labelled by it in min: random_models, random_valid; states, valid (states
        at which the search found a valid model), the 95 % interval of their share, low and high
        (Wilson), and lambda_max_median_per_h of what the search found.
    """
    rows = {}
    for time, group in found.groupby("turnover_time_min", sort=False):
        random = unbiased.lambda_max_per_h[unbiased.turnover_time_min == time]
        valid = int(is_valid(group.lambda_max_per_h, threshold_per_h).sum())
        low, high = wilson_interval(valid, len(group))
        rows[time] = {
            "random_models": len(random),
            "random_valid": int(is_valid(random, threshold_per_h).sum()),
            "states": len(group),
            "valid": valid,
            "low": low,
            "high": high,
            "lambda_max_median_per_h": group.lambda_max_per_h.median(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def bound_makes_faster(found: pd.DataFrame) -> str:
    """In one sentence whether the tightest bound on turnover brings faster models within reach.

    The fastest models at the states of the tightest and of the loosest bound are compared by the
    test of Mann & Whitney 1947 Ann Math Stat 18:50.

    Args:
        found: as from `search_by_turnover`.
    """
    tight, loose = (
        found.lambda_max_per_h[found.turnover_time_min == time].dropna()
        for time in (found.turnover_time_min.min(), found.turnover_time_min.max())
    )
    bound = f"{found.turnover_time_min.min():g} min"
    p = float(stats.mannwhitneyu(tight, loose).pvalue)
    if not p < 0.05:
        return f"Whether a bound of {bound} on turnover makes models faster cannot be told here"
    word = "faster" if tight.median() < loose.median() else "slower"
    return (
        f"With turnover within {bound} the fastest models are {word}: "
        f"{tight.median():.1f} against {loose.median():.1f} 1/h (median, p = {p:.1g})"
    ).replace("-", "−")


def unbiased_by_turnover(
    network: Network,
    states: Mapping[float, SteadyStates],
    *,
    n_states: int,
    models: int,
    seed: int,
    workers: int = 2,
) -> pd.DataFrame:
    """λmax of log-uniform KM sets, the same sets at the first states of each turnover time.

    Returns:
        turnover_time_min, state, lambda_max_per_h: one row a model.
    """
    parts = []
    for time, sample in states.items():
        unbiased = unbiased_models(
            network, sample[:n_states], models=models, seed=seed, run=Run(workers)
        )
        parts += [
            pd.DataFrame({"turnover_time_min": time, "state": i, "lambda_max_per_h": values})
            for i, values in enumerate(unbiased.lambda_max_per_h)
        ]
    return pd.concat(parts, ignore_index=True)


def search_by_turnover(
    network: Network,
    states: Mapping[float, SteadyStates],
    *,
    n_states: int,
    models: int,
    seed: int,
    workers: int = 2,
) -> pd.DataFrame:
    """The fastest model that a plain search finds at the first states of each turnover time.

    An evolution strategy moves one KM set, without a generator, towards smaller λmax. It asks
    whether a valid model is within reach of a fixed effort, not whether there is one.

    Args:
        models: evaluated at each state.

    Returns:
        turnover_time_min, state, lambda_max_per_h (of the fastest): one row a state.
    """
    ranges = KMRanges.of(network)
    rows = []
    for time, sample in states.items():
        for i in range(min(n_states, len(sample))):
            rng = np.random.default_rng([require_seed(seed), i])
            first = KineticModels(network, sample[i], ranges.uniform(SEARCH.population, rng))
            search = _Search(first, ranges, workers)
            lambda_max = first.spectrum(workers=workers).lambda_max_per_h
            chosen = int(np.nanargmin(lambda_max))
            best = []
            if (steps := models // SEARCH.population - 1) > 0:
                trainer = NESTrainer(search, replace(SEARCH, generations=steps))
                begun = trainer.init(rng, search.weights(first.km_mM[chosen]))
                best = [r.values["reward_max"] for r in run(trainer, begun).history]
            found = min([float(lambda_max[chosen]), *(-float(np.sinh(b)) for b in best)])
            rows.append({"turnover_time_min": time, "state": i, "lambda_max_per_h": found})
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Search:
    """One KM set as the weights of an evolution strategy; the reward is −asinh(λmax · 1 h)."""

    models: KineticModels
    ranges: KMRanges
    workers: int

    @property
    def digest(self) -> str:
        return fingerprint(self.models.state)

    @property
    def threshold_per_h(self) -> float:
        return self.models.network.conditions["eigenvalue_threshold"].value

    def weights(self, km_mM: Array) -> Weights:
        """Inverse of `km`."""
        low, high = np.log(self.ranges.low_mM), np.log(self.ranges.high_mM)
        return np.asarray(ndtri((np.log(km_mM) - low) / (high - low)), dtype=np.float32)

    def km(self, weights: NDArray[np.float32]) -> Array:
        """KM in mM from weights that may take any value."""
        low, high = np.log(self.ranges.low_mM), np.log(self.ranges.high_mM)
        return np.asarray(np.exp(low + (high - low) * ndtr(weights.astype(float))))

    def draw_noise(self, n_models: int, rng: np.random.Generator) -> None:
        """Nothing is random but the search."""

    def evaluate(self, candidates: list[tuple[Weights, None]]) -> Evaluation:
        km = self.km(np.stack([weights for weights, _ in candidates]))
        spectrum = self.models.with_km(km).spectrum(workers=self.workers)
        lambda_max = spectrum.lambda_max_per_h
        reward = -np.arcsinh(np.where(np.isfinite(lambda_max), lambda_max, 1e12))
        return Evaluation(reward, lambda_max[:, None], spectrum.valid[:, None])
