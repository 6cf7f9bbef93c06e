"""What do generated ranges mean? Samplers of KM against the posterior, and their coverage.

Two questions. Against exact draws of "KM given data and validity": how far is a sampler's
distribution, constant by constant and jointly, beside what two exact samples differ by? And over
many truths and data drawn from them: how often does a sampler's range hold the truth?

References: Talts et al. 2018 arXiv:1804.06788 (calibration); Lopez-Paz & Oquab 2017 ICLR
(classifiers as tests of two samples).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_predict

from renaissance_kit.analysis.calibration import (
    BINS,
    calibration_table,
    rank_counts,
    rank_of,
    uniform_band,
)
from renaissance_kit.analysis.km_posterior import KMPosterior
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.seeds import derived_seed, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.studies.posterior_generator import train_posterior
from renaissance_kit.training.fit import train
from renaissance_kit.training.recipes import Recipe

Sampler = Callable[[KMPosterior, int, int], Array]
"""Takes a posterior, a number of draws and a seed; returns (draws, km) in mM."""

EXACT = "exact"
"""What the first sample of a comparison is called; all others are compared with it."""
CHUNK = 5  # truths in a task; seconds where every one of them needs a training
_TRIES = 20  # batches until enough draws of a generator are valid


# --- samplers ------------------------------------------------------------------------------------


def by_rejection(posterior: KMPosterior, n: int, seed: int) -> Array:
    """Exact draws."""
    return posterior.exact(n, rng_of(seed))[0]


def by_chains(posterior: KMPosterior, n: int, seed: int, *, steps: int = 2_000) -> Array:
    """Draws of Markov chains by emcee."""
    return posterior.chains(n, seed=seed, steps=steps).km_mM


def by_data_alone(posterior: KMPosterior, n: int, seed: int) -> Array:
    """Draws from the distribution before validity."""
    return posterior.before(n, rng_of(seed))


def by_posterior_generator(posterior: KMPosterior, n: int, seed: int, *, steps: int = 200) -> Array:
    """Valid draws of a generator that is trained to be the posterior."""
    trained = train_posterior(posterior, seed=derived_seed(seed, 0), steps=steps)
    return valid_draws(posterior, trained.km, n, derived_seed(seed, 1))


@single_threaded()
def by_generator(
    posterior: KMPosterior,
    n: int,
    seed: int,
    *,
    recipe: Callable[..., Recipe] = Recipe.by_gradient,
    tolerance: float = 0.2,
    **settings: object,
) -> Array:
    """Valid draws of a generator as it is used: wide, and held to ± 20 % where there are data.

    Args:
        recipe: that trains it.
        tolerance: share by which a measured value is widened.
        settings: of the recipe, by name.
    """
    fixed = {
        name: (value * (1 - tolerance), value * (1 + tolerance))
        for name, (value, _) in posterior.measured.items()
    }
    ranges = posterior.ranges
    held = KMRanges.of(posterior.network, fixed=fixed)
    held = replace(
        held,
        low_mM=np.where(held.fixed, held.low_mM, ranges.low_mM),
        high_mM=np.where(held.fixed, held.high_mM, ranges.high_mM),
    )
    made = recipe(
        posterior.network, threshold_per_h=posterior.threshold_per_h, ranges=held, **settings
    )
    trained = train(
        posterior.network, posterior.state, seed=derived_seed(seed, 0), recipe=made, workers=1
    )
    return valid_draws(posterior, trained.km, n, derived_seed(seed, 1))


def valid_draws(
    posterior: KMPosterior,
    draw: Callable[[int, np.random.Generator], Array],
    n: int,
    seed: int,
) -> Array:
    """The first n valid sets that a generator makes.

    Raises:
        ParameterError: hardly any is valid.
    """
    rng, kept, found = rng_of(seed), [], 0
    for _ in range(_TRIES):
        km = draw(n, rng)
        kept.append(km[posterior.valid(km)])
        found += len(kept[-1])
        if found >= n:
            return np.concatenate(kept)[:n]
    raise ParameterError(f"{found} of {_TRIES * n:,} generated models are valid; train for longer")


# --- against exact draws -------------------------------------------------------------------------


def marginal_table(samples: Mapping[str, Array], names: Sequence[str]) -> pd.DataFrame:
    """How far the distribution of each constant is from the exact one.

    Args:
        samples: (draws, km) in mM by name, one of them `EXACT`.
        names: of the constants.

    Returns:
        One row a sampler and constant: sampler, name, distance (Kolmogorov-Smirnov, 0 to 1),
        decades (Wasserstein distance of log10 KM), width (of the central 95 %, over that of the
        exact sample) and inside (share of the exact draws in that range; 0.95 if right).
    """
    truth = np.log10(samples[EXACT])
    ends = np.quantile(truth, [0.025, 0.975], axis=0)
    rows = []
    for sampler, km in samples.items():
        if sampler == EXACT:
            continue
        own = np.log10(km)
        low, high = np.quantile(own, [0.025, 0.975], axis=0)
        for i, name in enumerate(names):
            rows.append(
                {
                    "sampler": sampler,
                    "name": name,
                    "distance": float(stats.ks_2samp(truth[:, i], own[:, i]).statistic),
                    "decades": float(stats.wasserstein_distance(truth[:, i], own[:, i])),
                    "width": (high[i] - low[i]) / (ends[1, i] - ends[0, i]),
                    "inside": float(((truth[:, i] >= low[i]) & (truth[:, i] <= high[i])).mean()),
                }
            )
    return pd.DataFrame(rows)


def joint_table(samples: Mapping[str, Array], *, seed: int = 0) -> pd.DataFrame:
    """How far the samples are jointly from the exact one.

    Args:
        samples: as in `marginal_table`.
        seed: of the classifier's folds.

    Returns:
        One row a sampler: sampler, correlation (root mean square difference of the rank
        correlations of all pairs), largest (of these differences), strongest (absolute rank
        correlation in the sample) and told_apart (share of the draws that a classifier assigns to
        the right sample, ½ if they cannot be told apart).
    """
    truth = samples[EXACT]
    rows = []
    for sampler, km in samples.items():
        if sampler == EXACT:
            continue
        pairs = np.triu_indices(truth.shape[1], 1)
        own = _rank_correlations(km)[pairs]
        apart = own - _rank_correlations(truth)[pairs]
        rows.append(
            {
                "sampler": sampler,
                "correlation": float(np.sqrt((apart**2).mean())),
                "largest": float(np.abs(apart).max()),
                "strongest": float(np.abs(own).max()),
                "told_apart": told_apart(truth, km, seed=seed),
            }
        )
    return pd.DataFrame(rows)


@single_threaded()
def told_apart(one: Array, other: Array, *, seed: int = 0) -> float:
    """Share of draws that boosted trees assign to the right one of two samples, cross-validated.

    Args:
        one, other: (draws, km) in mM; of both as many as the smaller one has are used.

    >>> import numpy as np
    >>> from renaissance_kit import studies
    >>> rng = np.random.default_rng(1)
    >>> same, also, wide = (np.exp(s * rng.standard_normal((400, 3))) for s in (1, 1, 4))
    >>> studies.told_apart(same, also) < 0.6 < studies.told_apart(same, wide)
    True
    """
    n = min(len(one), len(other))
    x = np.log(np.concatenate([one[:n], other[:n]]))
    y = np.repeat([0, 1], n)
    order = rng_of(seed).permutation(2 * n)
    trees = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
    found = cross_val_predict(trees, x[order], y[order], cv=4)
    return float((found == y[order]).mean())


def _rank_correlations(km: Array) -> Array:
    ranks = stats.rankdata(km, axis=0)
    return np.asarray(np.corrcoef(ranks, rowvar=False))


# --- calibration ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calibration:
    """Ranks of truths among the draws of samplers.

    Attributes:
        names: of the constants.
        draws: of each sample.
        ranks: (repeats, km) by sampler.
        widths: (repeats, km) by sampler, of the central 90 % in decades.
    """

    names: tuple[str, ...]
    draws: int
    ranks: Mapping[str, NDArray[np.int64]] = field(repr=False)
    widths: Mapping[str, Array] = field(repr=False)

    def table(self) -> pd.DataFrame:
        """`calibration_table` of every sampler, with ``sampler`` and ``decades`` (mean width)."""
        parts = []
        for sampler, ranks in self.ranks.items():
            part = calibration_table(ranks, self.draws, self.names)
            part.insert(0, "sampler", sampler)
            parts.append(part.assign(decades=self.widths[sampler].mean(axis=0)))
        return pd.concat(parts, ignore_index=True)

    def rank_shares(self) -> pd.DataFrame:
        """Rank histograms, long: sampler, name, place (middle of the bin, 0 to 1), share."""
        middles = (np.arange(BINS) + 0.5) / BINS
        parts = []
        for sampler, ranks in self.ranks.items():
            counts = rank_counts(ranks, self.draws)
            parts.append(
                pd.DataFrame(
                    {
                        "sampler": sampler,
                        "name": np.repeat(self.names, BINS),
                        "place": np.tile(middles, len(self.names)),
                        "share": counts.ravel() / len(ranks),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    @property
    def repeats(self) -> int:
        """Number of truths."""
        return len(next(iter(self.ranks.values())))

    @property
    def band(self) -> tuple[float, float]:
        """Shares between which 99 % of the bins lie if ranks are uniform."""
        low, high = uniform_band(self.repeats)
        return low / self.repeats, high / self.repeats


def calibrate(
    posterior: KMPosterior,
    factors: Mapping[str, float],
    samplers: Mapping[str, Sampler],
    *,
    repeats: int,
    seed: int,
    draws: int = 99,
    run: Run = RUN,
) -> Calibration:
    """Draw truths and data, sample with each sampler, and count the ranks of the truths.

    Args:
        posterior: without data; the truths are exact draws from it.
        factors: of the measurements, by name of the constant: the measured value is the truth
            times factor^z, z standard normal.
        samplers: by name. A store knows a sampler by its name, that of its function and what
            ``functools.partial`` binds; one that was changed otherwise needs another name.
        repeats: truths.
        draws: of each sample; one less than a multiple of 10.
        run: workers, store, progress and stop; a run that was stopped has fewer repeats.

    Raises:
        ParameterError: a posterior with data, factors of unknown constants or not above 1, a number
            of draws that bins do not share, or stopped before the first truths were done.

    >>> from renaissance_kit import KMRanges, Network, SteadyState, studies
    >>> from renaissance_kit.analysis import KMPosterior
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> posterior = KMPosterior(network, state, KMRanges.of(network), -250.0)
    >>> samplers = {"exact": studies.by_rejection}
    >>> found = studies.calibrate(
    ...     posterior, {"PGI:g6p_c": 2.0}, samplers, repeats=20, seed=1, run=Run(workers=1)
    ... )
    >>> found.ranks["exact"].shape
    (20, 10)
    """
    names = posterior.ranges.names
    if posterior.measured:
        raise ParameterError(
            f"the posterior has data of {', '.join(posterior.measured)}, which the samplers would "
            "not be given; give posterior.given({})"
        )
    posterior.given({name: (1.0, factor) for name, factor in factors.items()})  # raises if wrong
    rank_counts(np.zeros((0, 0), dtype=np.int64), draws)  # so does this
    truths, _ = posterior.exact(repeats, rng_of(derived_seed(seed, 0)))
    rng = rng_of(derived_seed(seed, 1))
    place = [names.index(name) for name in factors]
    spread = np.log(list(factors.values()))
    values = truths[:, place] * np.exp(spread * rng.standard_normal((repeats, len(place))))
    columns = run_chunks(
        _Ranks(posterior, dict(factors), dict(samplers), draws, seed),
        repeats,
        name="calibrate",
        chunk=CHUNK,
        run=run,
        part=lambda items: (truths[items], values[items]),
        settings={
            "posterior": fingerprint(posterior),
            "factors": dict(factors),
            "samplers": {name: _described(sampler) for name, sampler in samplers.items()},
            "order": list(samplers),  # has a part in their seeds
            "draws": draws,
            "seed": seed,
        },
    )
    if not len(columns["item"]):
        raise ParameterError("stopped before any truth was done; nothing to return")
    return Calibration(
        names, draws,
        {name: columns[f"ranks {name}"] for name in samplers},
        {name: columns[f"widths {name}"] for name in samplers},
    )  # fmt: skip


def _described(sampler: Sampler) -> str:
    if isinstance(sampler, partial):
        bound = [*map(repr, sampler.args), *(f"{k}={v!r}" for k, v in sampler.keywords.items())]
        return f"{_described(sampler.func)}({', '.join(bound)})"
    return getattr(sampler, "__qualname__", type(sampler).__qualname__)


@dataclass(frozen=True)
class _Ranks:
    """Ranks of some truths among the draws of every sampler, and the widths of the draws."""

    posterior: KMPosterior
    factors: Mapping[str, float]
    samplers: Mapping[str, Sampler]
    draws: int
    seed: int

    def __call__(
        self, items: NDArray[np.int64], part: tuple[Array, Array]
    ) -> dict[str, NDArray[Any]]:
        columns: dict[str, list[NDArray[Any]]] = {}
        for i, truth, values in zip(items, *part, strict=True):
            measured = zip(self.factors.items(), values, strict=True)
            given = self.posterior.given({n: (float(value), f) for (n, f), value in measured})
            for k, (name, sampler) in enumerate(self.samplers.items()):
                km = sampler(given, self.draws, derived_seed(self.seed, 2, int(i), k))
                low, high = np.quantile(np.log10(km), [0.05, 0.95], axis=0)
                columns.setdefault(f"ranks {name}", []).append(rank_of(truth, km))
                columns.setdefault(f"widths {name}", []).append(high - low)
        return {name: np.array(rows) for name, rows in columns.items()}
