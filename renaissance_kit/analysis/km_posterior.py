"""KM given data and valid dynamics, as a distribution: exact by rejection, and by Markov chains.

Before any data a constant is log-uniform within its bounds. A measurement with a factor f makes it
log-normal about the measured value (68 % within ÷f to ×f), cut off at the bounds. Models that are
not valid have probability 0. What is left is

    p(KM | data, valid)  ∝  1(valid) · Π normal(ln KM_i; ln measured_i, ln f_i).

Exact draws need no training: draw from the distribution before validity, keep what is valid. That
is cheap where a fair share is valid. Where it is not, a Markov chain moves among valid models. The
chains are those of emcee: an ensemble of walkers, which needs no scale and no derivative, and is
made for up to some tens of constants.

References: von Neumann 1951 Natl Bur Stand Appl Math Ser 12:36 (rejection); Foreman-Mackey et al.
2013 PASP 125:306 (emcee); ter Braak 2006 Stat Comput 16:239 (its moves by differential evolution;
those by snooker are wrong in emcee 3.1.6, which makes a uniform distribution a tenth too narrow).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.seeds import require_seed, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState

BATCH = 1_000  # models that rejection draws at a time
MOST = 1_000_000  # models that rejection draws before it gives up


@dataclass(frozen=True)
class Chains:
    """Draws of Markov chains.

    Attributes:
        km_mM: (draws, km), thinned so far that neighbours are nearly independent.
        acceptance: share of the steps that were taken.
        autocorrelation: steps after which a walker has forgotten, of the slowest constant; all
            steps that were kept if a walker never moved.
        effective: number of independent draws that all kept steps together are worth.
    """

    km_mM: Array = field(repr=False)
    acceptance: float
    autocorrelation: float
    effective: float


@dataclass(frozen=True)
class KMPosterior:
    """The distribution of the KM at a steady state, given measurements and valid dynamics.

    Attributes:
        network, state: where the models stand.
        ranges: bounds of the constants; none may be fixed, measurements are given by ``measured``.
        threshold_per_h: of a valid model.
        measured: measured value in mM and its factor, the geometric standard deviation, by name.

    >>> import numpy as np
    >>> from renaissance_kit import KMRanges, Network, SteadyState
    >>> from renaissance_kit.analysis import KMPosterior
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> ranges, data = KMRanges.of(network), {"PGI:g6p_c": (0.3, 1.5)}
    >>> posterior = KMPosterior(network, state, ranges, -250.0, data)
    >>> km_mM, drawn = posterior.exact(50, np.random.default_rng(1))
    >>> km_mM.shape, drawn > 50
    ((50, 10), True)
    """

    network: Network = field(repr=False)
    state: SteadyState = field(repr=False)
    ranges: KMRanges
    threshold_per_h: float
    measured: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.ranges.fixed.any():
            name = self.ranges.names[int(np.flatnonzero(self.ranges.fixed)[0])]
            raise ParameterError(
                f"{name} is held to a range; give ranges without fixed constants, and its "
                "measurement as measured={name: (value in mM, factor)}"
            )
        for name, (value, factor) in self.measured.items():
            if name not in self.ranges.names:
                raise ParameterError(
                    f"{name!r} is not a KM of {self.network.name}{nearest(name, self.ranges.names)}"
                )
            if not (0 < value < np.inf and 1 < factor < np.inf):
                raise ParameterError(
                    f"{name} was measured as {value:g} mM with a factor of {factor:g}; give a "
                    "positive value and a factor above 1, such as 1.5"
                )

    def given(self, measured: Mapping[str, tuple[float, float]]) -> KMPosterior:
        """The same with these measurements."""
        return KMPosterior(self.network, self.state, self.ranges, self.threshold_per_h, measured)

    def before(self, n: int, rng: np.random.Generator) -> Array:
        """(n, km) constants in mM from the data alone, valid or not."""
        u = rng.random((n, len(self.ranges.names)))
        return np.asarray(np.exp(self._low + self._width * self.from_uniform(u)))

    def from_uniform(self, u: Array) -> Array:
        """Places within the bounds on the logarithmic scale, 0 to 1, from uniform numbers.

        Uniform places for a constant without data, and the truncated normal distribution for one
        with data.

        Args:
            u: (n, km) from 0 to 1.
        """
        places = np.array(u, dtype=float)
        for i, (middle, sd) in self.places.items():
            ends = -middle / sd, (1 - middle) / sd
            if ends[0] > 0:  # measured below the bounds
                places[:, i] = middle - sd * _normal_below(-ends[1], -ends[0], 1 - places[:, i])
            elif ends[1] < 0:
                places[:, i] = middle + sd * _normal_below(*ends, places[:, i])
            else:
                low, high = ndtr(ends)
                places[:, i] = middle + sd * ndtri(low + (high - low) * places[:, i])
        return places.clip(0, 1)

    def valid(self, km_mM: Array) -> NDArray[np.bool_]:
        """(n,) which sets of constants make a valid model."""
        spectrum = self.models.with_km(km_mM).spectrum(workers=1)
        return np.asarray(is_valid(spectrum.lambda_max_per_h, self.threshold_per_h), dtype=bool)

    def log_density(self, places: Array) -> Array:
        """(n,) logarithm of the density, without its constant, of places within the bounds.

        Args:
            places: (n, km) of ln KM between its bounds, 0 to 1; −∞ outside and where a model is
                not valid.
        """
        found = np.full(len(places), -np.inf)
        inside = np.flatnonzero(((places >= 0) & (places <= 1)).all(axis=1))
        if len(inside):
            km = np.exp(self._low + self._width * places[inside])
            kept = inside[self.valid(km)]
            found[kept] = 0.0
            for i, (middle, sd) in self.places.items():
                found[kept] -= 0.5 * ((places[kept, i] - middle) / sd) ** 2
        return found

    def exact(self, n: int, rng: np.random.Generator, *, most: int = MOST) -> tuple[Array, int]:
        """Independent draws by rejection.

        Args:
            n: valid models wanted.
            most: models to draw before giving up.

        Returns:
            (n, km) in mM, and how many models were drawn for them.

        Raises:
            ParameterError: too few of them were valid.
        """
        kept: list[Array] = []
        drawn = found = 0
        with single_threaded():
            while found < n:
                if drawn >= most:
                    raise ParameterError(
                        f"{found} of {drawn:,} models are valid at state {self.state.label}; take "
                        "a state at which more are, or a Markov chain (KMPosterior.chains)"
                    )
                km = self.before(BATCH, rng)
                kept.append(km[self.valid(km)])
                drawn, found = drawn + BATCH, found + len(kept[-1])
        return np.concatenate(kept)[:n], drawn

    def chains(
        self,
        n: int,
        *,
        seed: int,
        steps: int = 2_000,
        walkers: int | None = None,
        start: Array | None = None,
    ) -> Chains:
        """Draws by emcee, with differential evolution moves.

        Args:
            n: draws to return, of all walkers, at times as far apart as the steps allow.
            steps: of each walker; the first half is burnt.
            walkers: four for each constant if not given.
            start: (walkers, km) valid constants in mM to start from; exact draws without the data
                if not given.

        Raises:
            ParameterError: more draws than steps that are kept.
        """
        import emcee

        size = len(self.ranges.names)
        walkers = 4 * size if walkers is None else walkers
        kept = (steps - steps // 2) * walkers
        if not 0 < n <= kept:
            raise ParameterError(f"asked for {n} draws; {kept:,} steps are kept, so give more")
        random = np.random.RandomState(require_seed(seed) % 2**32)  # what emcee takes
        if start is None:
            start, _ = self.given({}).exact(walkers, rng_of(seed))
        places = ((np.log(start) - self._low) / self._width).clip(0, 1)
        sampler = emcee.EnsembleSampler(
            walkers, size, self.log_density, moves=emcee.moves.DEMove(), vectorize=True
        )
        with single_threaded():
            sampler.run_mcmc(emcee.State(places, random_state=random.get_state()), steps)
        chain = sampler.get_chain(discard=steps // 2)
        moved = (np.ptp(chain, axis=0) > 0).all()
        slowest = float(len(chain))  # at least, where a walker never moved
        if moved:
            slowest = float(np.max(emcee.autocorr.integrated_time(chain, tol=0)))
        times = np.linspace(0, len(chain) - 1, -(-n // walkers)).round().astype(int)
        chosen = chain[times].reshape(-1, size)[-n:]  # all walkers, at times far apart
        return Chains(
            np.asarray(np.exp(self._low + self._width * chosen)),
            float(np.mean(sampler.acceptance_fraction)),
            slowest,
            chain.shape[0] * walkers / slowest,
        )

    @cached_property
    def models(self) -> KineticModels:
        return KineticModels(self.network, self.state, self.ranges.middle_mM)

    @cached_property
    def _low(self) -> Array:
        return np.asarray(np.log(self.ranges.low_mM))

    @cached_property
    def _width(self) -> Array:
        return np.asarray(np.log(self.ranges.high_mM) - self._low)

    @cached_property
    def places(self) -> dict[int, tuple[float, float]]:
        """Measured place within the bounds and its standard deviation, by number of the KM."""
        found = {}
        for name, (value, factor) in self.measured.items():
            i = self.ranges.names.index(name)
            found[i] = (
                float((np.log(value) - self._low[i]) / self._width[i]),
                float(np.log(factor) / self._width[i]),
            )
        return found


def _normal_below(low: float, high: float, u: Array) -> Array:
    """Standard normal numbers between two negative ones, however far out, from uniform ones."""
    with np.errstate(divide="ignore"):
        share = np.log(u + (1 - u) * np.exp(log_ndtr(low) - log_ndtr(high)))
    return np.asarray(ndtri_exp(log_ndtr(high) + share))
