"""The fastest dynamics that a steady state allows: descent on λmax directly in ln KM.

No generator and no population: one set of Michaelis constants follows the exact derivative of the
smooth maximum (`renaissance_kit.gradients`) by Adam, clipped to the bounds. The first search
starts in the middle of the bounds, further ones at random. It answers whether a state is slow for
every KM or only hard to find fast models for; a failure is evidence, not proof, as the problem is
not convex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from renaissance_kit.errors import ParameterError
from renaissance_kit.generator import KMRanges
from renaissance_kit.gradients import TAU, pinned_smooth_lambda_max
from renaissance_kit.kinetics import KineticModels
from renaissance_kit.stability import Spectrum, Status
from renaissance_kit.steady_states import SteadyState

Array = NDArray[np.float64]

_ADAM = (0.8, 0.9, 1e-8)
GAIN = 0.01  # on the scale asinh(λ / 1 h⁻¹): what counts as progress


@dataclass(frozen=True)
class SearchSettings:
    """Settings of a search.

    Args:
        steps: of one search; the step size falls to 0 along a half cosine.
        starts: searches that are tried, one after the other.
        step_size: of the first steps, in ln KM.
        tau: width of the smooth maximum, on the scale of `smooth_lambda_max`.
        margin: a search ends when λmax is below the threshold by this share of it. Infinity
            searches for the fastest dynamics with all steps and starts.
        patience: a start is given up after so many steps in which asinh(λmax / 1 h⁻¹) fell by
            less than `GAIN` in all; never if not given.

    Raises:
        ParameterError: a value out of its range.
    """

    steps: int = 400
    starts: int = 2
    step_size: float = 0.3
    tau: float = TAU
    margin: float = 0.1
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "starts", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ParameterError(f"{name} is {value}; give at least 1")
        for name in ("step_size", "tau"):
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        if not self.margin >= 0:
            raise ParameterError(f"margin is {self.margin}; give 0 or more")


@dataclass(frozen=True)
class Fastest:
    """The fastest model that a search found.

    Attributes:
        label: of the steady state.
        km_mM: (km,) its constants.
        spectrum: of that one model, computed anew with all eigenvalues by NumPy.
        evaluations: models whose derivatives were computed.
        history_per_h: (evaluations,) λmax of each, search after search.
    """

    label: str
    km_mM: Array = field(repr=False)
    spectrum: Spectrum = field(repr=False)
    evaluations: int
    history_per_h: Array = field(repr=False)

    @property
    def lambda_max_per_h(self) -> float:
        """Its largest real part."""
        return float(self.spectrum.lambda_max_per_h[0])

    @property
    def valid(self) -> bool:
        """Whether it meets the threshold."""
        return bool(self.spectrum.status[0] == Status.VALID)


def fastest_dynamics(
    models: KineticModels,
    rng: np.random.Generator,
    *,
    ranges: KMRanges | None = None,
    settings: SearchSettings | None = None,
    threshold_per_h: float | None = None,
) -> Fastest:
    """Search for the Michaelis constants with the smallest λmax at one steady state.

    Args:
        models: any model at that state; `KineticModels.at` makes one for the next state and
            shares the compiled tables.
        rng: of the starts after the first.
        ranges: bounds, of measured constants too; the network's if not given.
        threshold_per_h: where to stop; the network's ``eigenvalue_threshold`` if not given.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.fastest import fastest_dynamics
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones(10))
    >>> fastest_dynamics(models, np.random.default_rng(1)).valid
    True
    """
    settings = settings or SearchSettings()
    ranges = ranges or KMRanges.of(models.network)
    threshold = _threshold(models, threshold_per_h)
    with threadpool_limits(limits=1, user_api="blas"):
        return _search(models, rng, ranges, settings, threshold)


def fastest_of_states(
    models: KineticModels,
    states: Iterable[SteadyState],
    *,
    seed: int,
    ranges: KMRanges | None = None,
    settings: SearchSettings | None = None,
    threshold_per_h: float | None = None,
    workers: int = 2,
    progress: Callable[[Fastest], None] | None = None,
) -> list[Fastest]:
    """`fastest_dynamics` at many steady states of one network, in their order.

    Args:
        models: any model of the network.
        seed: every state has a stream of its own, from this and its place in the order, so that
            the result does not depend on the workers.
        workers: threads, each with one state at a time.
        progress: called with each result, in order.
    """
    settings = settings or SearchSettings()
    ranges = ranges or KMRanges.of(models.network)
    threshold = _threshold(models, threshold_per_h)

    def one(job: tuple[int, SteadyState]) -> Fastest:
        place, state = job
        rng = np.random.default_rng([seed, place])
        return _search(models.at(state), rng, ranges, settings, threshold)

    found = []
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        for result in pool.map(one, enumerate(states)):
            found.append(result)
            if progress is not None:
                progress(result)
    return found


def _threshold(models: KineticModels, given: float | None) -> float:
    if given is None:
        return models.network.conditions["eigenvalue_threshold"].value
    return given


def _search(
    models: KineticModels,
    rng: np.random.Generator,
    ranges: KMRanges,
    settings: SearchSettings,
    threshold: float,
) -> Fastest:
    low, high = np.log(ranges.low_mM), np.log(ranges.high_mM)
    target = threshold - settings.margin * abs(threshold)
    best, smallest = (low + high) / 2, np.inf
    history: list[float] = []
    for start in range(settings.starts):
        log_km = (low + high) / 2 if start == 0 else rng.uniform(low, high)
        first, second = np.zeros_like(log_km), np.zeros_like(log_km)
        lowest = mark = np.inf  # of this start
        marked = 0
        for i in range(settings.steps):
            found = pinned_smooth_lambda_max(
                models.with_km(np.exp(log_km)), tau=settings.tau, workers=1
            )
            history.append(float(found.lambda_max_per_h[0]))
            if history[-1] < smallest:
                best, smallest = log_km, history[-1]
            if smallest <= target:
                break
            if history[-1] < lowest:
                lowest = history[-1]
            if np.arcsinh(lowest) < np.arcsinh(mark) - GAIN:
                mark, marked = lowest, i
            if settings.patience is not None and i - marked >= settings.patience:
                break
            b1, b2, eps = _ADAM
            first = b1 * first + (1 - b1) * found.gradient[0]
            second = b2 * second + (1 - b2) * found.gradient[0] ** 2
            size = settings.step_size * (1 + np.cos(np.pi * i / settings.steps)) / 2
            change = first / (1 - b1 ** (i + 1)) / (np.sqrt(second / (1 - b2 ** (i + 1))) + eps)
            log_km = np.clip(log_km - size * change, low, high)
        if smallest <= target:
            break
    km = np.clip(np.exp(best), ranges.low_mM, ranges.high_mM)
    spectrum = models.with_km(km).spectrum(threshold_per_h=threshold, workers=1)
    return Fastest(models.state.label, km, spectrum, len(history), np.array(history))
