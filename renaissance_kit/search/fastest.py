"""The fastest dynamics that a steady state allows: descent on λmax directly in ln KM.

No generator and no population: one set of Michaelis constants follows the derivative of the smooth
maximum (`renaissance_kit.kinetics.gradients`) by steps that keep to the floor of narrow valleys
(`renaissance_kit.search.descent`), clipped to the bounds. On the way the derivative comes from the
slowest modes alone (`renaissance_kit.search.tracking`); what counts as found was computed with all
eigenvalues. Where descent ends, many eigenvalues have met; Newton steps can move them on together
(`renaissance_kit.search.placement`), if the settings ask for it. The first search starts in the
middle of the bounds. Further ones start at random and from the best set so far with a fifth of its
constants drawn anew, in turn: the first find other valleys, the second go on in a good one. It
answers whether a state is slow for every KM or only hard to find fast models for; a failure is
evidence, not proof, as the problem is not convex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Spectrum
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.search.descent import ValleyDescent
from renaissance_kit.search.placement import place_slowest
from renaissance_kit.search.tracking import SlowModes
from renaissance_kit.states.steady_states import SteadyState

GAIN = 0.01  # on the scale asinh(λ / 1 h⁻¹): what counts as progress
RENEWED = 0.2  # of the constants of the best set, at every second start


@dataclass(frozen=True)
class SearchSettings:
    """Settings of a search.

    Args:
        steps: of one fall, in which the step size goes to 0 along a half cosine.
        starts: searches that are tried, one after the other.
        falls: of one start; each further one goes on from the best set of that start.
        step_size: root mean square of the first steps, in ln KM.
        tau: width of the smooth maximum at first, on the scale of `smooth_lambda_max`; half of it
            in further falls.
        last_tau: its width at the end of a fall, to which it goes by equal ratios.
        margin: a fall ends when λmax is below the threshold by this share of it, and so does the
            search. Infinity searches for the fastest dynamics with all steps and starts.
        placements: models in which Newton steps go on from the falls of each start while λmax is
            above the threshold, and as many again as long as the last of them went half of the way
            to it; the search then ends at the threshold itself. 0 leaves them out, as do networks
            of up to 16 metabolites.
        patience: a fall ends after so many steps in which asinh(λmax / 1 h⁻¹) fell by less than
            `GAIN` in all; never if not given.

    Raises:
        ParameterError: a value out of its range.
    """

    steps: int = 400
    starts: int = 2
    falls: int = 1
    step_size: float = 0.1
    tau: float = TAU
    last_tau: float = TAU / 4
    margin: float = 0.1
    placements: int = 0
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "starts", "falls", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ParameterError(f"{name} is {value}; give at least 1")
        for name in ("step_size", "tau", "last_tau"):
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        if self.last_tau > self.tau:
            raise ParameterError(
                f"last_tau is {self.last_tau} and tau {self.tau}; the width falls, so give no more"
            )
        if self.placements < 0:
            raise ParameterError(f"placements is {self.placements}; give 0 or more")
        if not self.margin >= 0:
            raise ParameterError(f"margin is {self.margin}; give 0 or more")

    def tau_of(self, fall: int) -> float:
        """First width of the smooth maximum in a fall, counted from 0."""
        return self.tau if fall == 0 else max(self.tau / 2, self.last_tau)


@dataclass(frozen=True)
class Fastest:
    """The fastest model that a search found.

    Attributes:
        label: of the steady state.
        km_mM: (km,) its constants.
        spectrum: of that one model, computed anew with all eigenvalues by NumPy.
        first_lambda_max_per_h: what the first fall of the first start came to.
        evaluations: models whose eigenvalues or slow modes were computed.
        history_per_h: (evaluations,) λmax of each, search after search; see
            `renaissance_kit.search.tracking` for its errors.
    """

    label: str
    km_mM: Array = field(repr=False)
    spectrum: Spectrum = field(repr=False)
    first_lambda_max_per_h: float
    evaluations: int
    history_per_h: Array = field(repr=False)

    @property
    def lambda_max_per_h(self) -> float:
        """Its largest real part."""
        return float(self.spectrum.lambda_max_per_h[0])

    @property
    def valid(self) -> bool:
        """Whether it meets the threshold."""
        return bool(self.spectrum.valid[0])


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
    >>> from renaissance_kit.search import fastest_dynamics
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
    search = _Search(models, ranges, settings, threshold)
    low, high = search.low, search.high
    found = best = (low + high) / 2
    smallest = first = np.inf
    for start in range(settings.starts):
        if start > 0:
            found = rng.uniform(low, high)
            if start % 2 == 0:
                found = np.where(rng.random(len(best)) < RENEWED, found, best)
        value = np.inf
        for fall in range(settings.falls):
            found, value = search.fall(found, value, settings.tau_of(fall))
            if start == fall == 0:
                first = value
            if value <= search.target:
                break
        if value > search.goal and settings.placements:
            found, value = search.place(found, value)
        if value < smallest:
            best, smallest = found, value
        if smallest <= search.goal:
            break
    km, spectrum = search.verdict(best)
    history = np.array(search.history)
    return Fastest(models.state.label, km, spectrum, first, len(history), history)


class _Search:
    """The falls at one state, and what they have seen."""

    def __init__(
        self,
        models: KineticModels,
        ranges: KMRanges,
        settings: SearchSettings,
        threshold: float,
    ) -> None:
        self.models, self.modes, self.ranges = models, SlowModes(models), ranges
        self.low, self.high = np.log(ranges.low_mM), np.log(ranges.high_mM)
        self.settings, self.threshold = settings, threshold
        self.target = threshold - settings.margin * abs(threshold)
        self.goal = threshold if settings.placements and self.target > -np.inf else self.target
        self.history: list[float] = []

    def fall(self, log_km: Array, smallest: float, tau: float) -> tuple[Array, float]:
        """One fall from a set of constants.

        Args:
            log_km: (km,) where it starts.
            smallest: λmax there in 1/h, infinity if not known.
            tau: first width of the smooth maximum.

        Returns:
            The best set with its λmax, as given if nothing better was found.
        """
        settings, best = self.settings, log_km
        descent = ValleyDescent(len(log_km))
        mark, marked = np.inf, 0
        for i in range(settings.steps):
            done = i / settings.steps
            found = self.modes(
                log_km,
                tau=tau * (settings.last_tau / tau) ** done,
                confirm_below=max(self.target, np.sinh(np.arcsinh(smallest) - GAIN)),
            )
            value = found.lambda_max_per_h
            self.history.append(value)
            if found.exact and value < smallest:
                best, smallest = log_km, value
            if smallest <= self.target:
                break
            if np.arcsinh(value) < np.arcsinh(mark) - GAIN:
                mark, marked = value, i
            if settings.patience is not None and i - marked >= settings.patience:
                break
            size = settings.step_size * (1 + np.cos(np.pi * done)) / 2
            log_km = np.clip(log_km + descent.step(found.gradient, size), self.low, self.high)
        if smallest <= self.goal and (decided := self.decided(best)) > self.threshold:
            smallest = decided
        return best, smallest

    def place(self, log_km: Array, smallest: float) -> tuple[Array, float]:
        """Newton steps from a set of constants; returns the best, as given if nothing better."""
        placed = place_slowest(
            self.models, log_km, self.low, self.high,
            target_per_h=self.goal, most=self.settings.placements,
        )  # fmt: skip
        self.history.extend(placed.history_per_h)
        reached = max(placed.lambda_max_per_h, self.decided(placed.log_km))
        return (placed.log_km, reached) if reached < smallest else (log_km, smallest)

    def decided(self, log_km: Array) -> float:
        """λmax of `verdict`; infinity where there are no eigenvalues."""
        value = float(self.verdict(log_km)[1].lambda_max_per_h[0])
        return np.inf if np.isnan(value) else value

    def verdict(self, log_km: Array) -> tuple[Array, Spectrum]:
        """The constants in mM, within the bounds to the last digit, and all their eigenvalues."""
        km = np.clip(np.exp(log_km), self.ranges.low_mM, self.ranges.high_mM)
        model = self.models.with_km(km)
        return km, model.spectrum(threshold_per_h=self.threshold, workers=1)
