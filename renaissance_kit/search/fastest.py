"""The fastest dynamics that a steady state allows: descent on λmax directly in ln KM.

No generator and no population: one set of Michaelis constants follows the derivative of the smooth
maximum (`renaissance_kit.kinetics.gradients`) by steps that keep to the floor of narrow valleys
(`renaissance_kit.search.descent`), clipped to the bounds. On the way the derivative comes from the
slowest modes alone (`renaissance_kit.search.tracking`); what counts as found was computed with all
eigenvalues. Where a descent ends, many eigenvalues have met; eigenvalue placement by Newton steps
(`renaissance_kit.search.placement`) can move them further together, if the settings ask for it. The
first descent begins in the middle of the bounds. Restarts begin at random points and at the best
point of the rounds before with a fifth of its constants drawn anew, in turn: the first find other
valleys, the second continue in a good one. A round has as many restarts as all before it. It
answers whether a state is slow for every KM or fast models are only rare there; a failure is
evidence, not proof, as the problem is not convex.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Spectrum
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.search.descent import ValleyDescent
from renaissance_kit.search.placement import place_slowest
from renaissance_kit.search.tracking import SlowModes

GAIN = 0.01  # on the scale asinh(λ / 1 h⁻¹): what counts as progress
RENEWED = 0.2  # of the constants of the best point, at every second restart


@dataclass(frozen=True)
class SearchSettings:
    """Settings of a search.

    Args:
        steps: of one descent, in which the step size goes to 0 along a half cosine.
        restarts: further descents, from other points, while none was successful.
        step_size: root mean square of the first steps, in ln KM.
        tau: width of the smooth maximum at first, on the scale of `smooth_lambda_max`.
        last_tau: its width at the end of a descent, to which it goes by equal ratios.
        margin: a descent ends when λmax is below the threshold by this share of it, and so does
            the search. Infinity searches for the fastest dynamics with all steps and restarts.
        placement_steps: Newton iterations, a model each, of eigenvalue placement after each descent
            that left λmax above the threshold, and as many again as long as the last of them went
            half of the way to it; the search then ends at the threshold itself. 0 leaves it out,
            as do networks of up to 16 metabolites.

    Raises:
        ParameterError: a value out of its range.
    """

    steps: int = 400
    restarts: int = 1
    step_size: float = 0.1
    tau: float = TAU
    last_tau: float = TAU / 4
    margin: float = 0.1
    placement_steps: int = 0

    def __post_init__(self) -> None:
        require_kinds(self)
        if self.steps < 1:
            raise ParameterError(f"steps is {self.steps}; give at least 1")
        for name in ("restarts", "placement_steps"):
            if getattr(self, name) < 0:
                raise ParameterError(f"{name} is {getattr(self, name)}; give 0 or more")
        for name in ("step_size", "tau", "last_tau"):
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        if self.last_tau > self.tau:
            raise ParameterError(
                f"last_tau is {self.last_tau} and tau {self.tau}; give at most tau"
            )
        if not self.margin >= 0:
            raise ParameterError(f"margin is {self.margin}; give 0 or more")

    def goal_per_h(self, threshold_per_h: float) -> float:
        """λmax at or below which the search ends."""
        target = threshold_per_h - self.margin * abs(threshold_per_h)
        return threshold_per_h if self.placement_steps and target > -np.inf else target


@dataclass(frozen=True)
class Fastest:
    """The fastest model that a search found.

    Attributes:
        label: of the steady state.
        km_mM: (km,) its constants.
        spectrum: of that one model, computed anew with all eigenvalues by NumPy.
        first_lambda_max_per_h: what the first descent came to.
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
        rng: of the restarts.
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
    threshold = threshold_per_h
    if threshold is None:
        threshold = models.network.conditions["eigenvalue_threshold"].value
    with single_threaded():
        return _search(models, rng, ranges, settings, threshold)


def restart_point(
    restart: int, best: Array, low: Array, high: Array, rng: np.random.Generator
) -> Array:
    """Where a restart begins, (km,) in ln KM.

    Args:
        restart: its number, from 1. Odd ones begin at a random point within the bounds, even ones
            at the best point with `RENEWED` of its constants drawn anew.
        best: (km,) ln KM of the best model of the rounds before.
        low, high: (km,) bounds.
    """
    point = rng.uniform(low, high)
    if restart % 2 == 0:
        point = np.where(rng.random(len(best)) < RENEWED, point, best)
    return np.asarray(point)


def restart_rounds(restarts: int) -> list[range]:
    """The numbers of the descents, round by round: 0, then 1, then 2 and 3, then 4 to 7, and so on.

    The descents of a round do not know of each other: they begin at random points, or at the best
    point of the rounds before. So they can run side by side, and the result is the same.

    >>> restart_rounds(5)
    [range(0, 1), range(1, 2), range(2, 4), range(4, 6)]
    """
    rounds, begin = [range(1)], 1
    while begin <= restarts:
        rounds.append(range(begin, min(2 * begin, restarts + 1)))
        begin *= 2
    return rounds


class Attempt(NamedTuple):
    """Where one descent and its placement ended.

    Args:
        log_km: (km,) the best point.
        reached_per_h: λmax there.
        descended_per_h: λmax before the placement.
        history_per_h: λmax of every model on the way.
    """

    log_km: Array
    reached_per_h: float
    descended_per_h: float
    history_per_h: list[float]


def _search(
    models: KineticModels,
    rng: np.random.Generator,
    ranges: KMRanges,
    settings: SearchSettings,
    threshold: float,
) -> Fastest:
    search = StateSearch(models, ranges, settings, threshold)
    best, smallest = search.middle, np.inf
    attempts: list[Attempt] = []
    for numbers in restart_rounds(settings.restarts):
        begin = best
        for restart in numbers:
            attempts.append(search.attempt(search.start(restart, begin, rng)))
            if attempts[-1].reached_per_h < smallest:
                best, smallest = attempts[-1].log_km, attempts[-1].reached_per_h
            if smallest <= search.goal:
                break
        if smallest <= search.goal:
            break
    km, spectrum = search.verdict(best)
    history = np.concatenate([a.history_per_h for a in attempts])
    first = attempts[0].descended_per_h
    return Fastest(models.state.label, km, spectrum, first, len(history), history)


class StateSearch:
    """The descents at one state."""

    def __init__(
        self,
        models: KineticModels,
        ranges: KMRanges,
        settings: SearchSettings,
        threshold: float,
    ) -> None:
        self.models, self.modes, self.ranges = models, SlowModes(models), ranges
        self.low, self.high = np.log(ranges.low_mM), np.log(ranges.high_mM)
        self.middle = (self.low + self.high) / 2
        self.settings, self.threshold = settings, threshold
        self.target = threshold - settings.margin * abs(threshold)
        self.goal = settings.goal_per_h(threshold)

    def start(self, restart: int, best: Array, rng: np.random.Generator) -> Array:
        """Where a descent begins: the first in the middle, others at their `restart_point`."""
        if restart == 0:
            return self.middle
        return restart_point(restart, best, self.low, self.high, rng)

    def attempt(self, point: Array) -> Attempt:
        """A descent from a point, (km,) in ln KM, and a placement if it did not reach the goal."""
        history: list[float] = []
        found, descended = self._descend(point, history)
        reached = descended
        if reached > self.goal and self.settings.placement_steps:
            found, reached = self._place(found, reached, history)
        return Attempt(found, reached, descended, history)

    def _descend(self, log_km: Array, history: list[float]) -> tuple[Array, float]:
        """The best point with its λmax in 1/h; the one given, with infinity, if none has one."""
        settings, best, smallest = self.settings, log_km, np.inf
        descent = ValleyDescent(len(log_km))
        for i in range(settings.steps):
            done = i / settings.steps
            found = self.modes(
                log_km,
                tau=settings.tau * (settings.last_tau / settings.tau) ** done,
                confirm_below=max(self.target, np.sinh(np.arcsinh(smallest) - GAIN)),
            )
            value = found.lambda_max_per_h
            history.append(value)
            if found.exact and value < smallest:
                best, smallest = log_km, value
            if smallest <= self.target:
                break
            size = settings.step_size * (1 + np.cos(np.pi * done)) / 2
            log_km = np.clip(log_km + descent.step(found.gradient, size), self.low, self.high)
        if smallest <= self.goal and (decided := self._decided(best)) > self.threshold:
            smallest = decided
        return best, smallest

    def _place(self, log_km: Array, smallest: float, history: list[float]) -> tuple[Array, float]:
        """Eigenvalue placement from a point; the best one, as given if nothing better is found."""
        placed = place_slowest(
            self.models, log_km, self.low, self.high,
            target_per_h=self.goal, most=self.settings.placement_steps,
        )  # fmt: skip
        history.extend(placed.history_per_h)
        reached = max(placed.lambda_max_per_h, self._decided(placed.log_km))
        return (placed.log_km, reached) if reached < smallest else (log_km, smallest)

    def _decided(self, log_km: Array) -> float:
        """λmax of `verdict`; infinity where there are no eigenvalues."""
        value = float(self.verdict(log_km)[1].lambda_max_per_h[0])
        return np.inf if np.isnan(value) else value

    def verdict(self, log_km: Array) -> tuple[Array, Spectrum]:
        """The constants in mM, within the bounds to the last digit, and all their eigenvalues."""
        km = np.clip(np.exp(log_km), self.ranges.low_mM, self.ranges.high_mM)
        model = self.models.with_km(km)
        return km, model.spectrum(threshold_per_h=self.threshold, workers=1)
