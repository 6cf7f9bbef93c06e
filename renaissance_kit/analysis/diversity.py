"""How wide a sample of parameters is: each by itself, jointly, and against another sample.

A distribution can be wide in every coordinate and still have only one latent direction in which
anything varies. The joint measures find that. Most of them depend on the size of the sample, so
each stands beside its value for the same sample with every column shuffled, which has the same
marginal distributions and no dependence.

References: Kozachenko & Leonenko 1987 Probl Inf Transm 23:95 (entropy); Gao et al. 2017,
bioRxiv 214262 (participation ratio as dimension); Naeem et al. 2020 ICML (coverage).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import digamma, gammaln
from scipy.stats import differential_entropy
from sklearn.neighbors import NearestNeighbors

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array


@dataclass(frozen=True)
class Diversity:
    """Measures of a sample; those of its shuffled columns end in ``_independent``.

    Attributes:
        std_mean, std_least: standard deviation over the columns.
        effective_width: mean over the columns of exp(entropy), the width of the uniform
            distribution with that entropy; 0 for a column that sits at one value.
        participation: (Σ λ)² / Σ λ² of the covariance's eigenvalues.
        components_95: principal components that hold 95 % of the variance.
        correlation: mean absolute correlation between two columns, of those that vary.
        neighbour_distance: median distance to the nearest other point, over √dimensions.
        entropy: Kozachenko-Leonenko entropy per dimension, nats.
    """

    std_mean: float
    std_least: float
    effective_width: float
    participation: float
    components_95: int
    correlation: float
    neighbour_distance: float
    entropy: float
    participation_independent: float
    components_95_independent: int
    correlation_independent: float
    neighbour_distance_independent: float
    entropy_independent: float

    @property
    def joint_deficit(self) -> float:
        """Entropy per dimension that dependence between the columns takes away, nats."""
        return self.entropy_independent - self.entropy

    def as_dict(self) -> dict[str, float]:
        """All measures by name."""
        return {**asdict(self), "joint_deficit": self.joint_deficit}


@single_threaded()
def diversity_of(sample: Array, rng: np.random.Generator) -> Diversity:
    """Measure a sample.

    Args:
        sample: (points, dimensions), such as ln KM.
        rng: shuffles the columns.

    Raises:
        ParameterError: fewer than 10 points, fewer than 2 columns that vary, or values that are
            not finite.

    >>> import numpy as np
    >>> from renaissance_kit.analysis import diversity_of
    >>> rng = np.random.default_rng(1)
    >>> round(diversity_of(rng.standard_normal((500, 10)), rng).std_mean, 1)
    1.0
    """
    x = _checked(sample)
    varies = np.ptp(x, axis=0) > 0
    if len(x) < 10 or varies.sum() < 2:
        raise ParameterError(
            f"the sample is {x.shape}, with {varies.sum()} columns that vary; give at least 10 "
            "points in 2 dimensions"
        )
    std = np.where(varies, x.std(axis=0, ddof=1), 0.0)
    with np.errstate(divide="ignore"):
        width = float(np.exp(differential_entropy(x, axis=0)).mean())
    return Diversity(
        float(std.mean()), float(std.min()), width, *_joint(x), *_joint(rng.permuted(x, axis=0))
    )


def _joint(x: Array) -> tuple[float, int, float, float, float]:
    variance = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    share = np.cumsum(variance) / variance.sum()
    varying = x[:, np.ptp(x, axis=0) > 0]
    correlation = np.asarray(np.corrcoef(varying, rowvar=False))
    between = correlation[np.triu_indices(varying.shape[1], 1)]
    distance = neighbour_distances(x)
    return (
        float(variance.sum() ** 2 / (variance**2).sum()),
        int(np.searchsorted(share, 0.95) + 1),
        float(np.abs(between).mean()),
        float(np.median(distance) / np.sqrt(x.shape[1])),
        nearest_neighbour_entropy(x, distance),
    )


def neighbour_distances(sample: Array, k: int = 1) -> Array:
    """Distance from each point to its k-th nearest other point, (points,)."""
    found, _ = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(sample).kneighbors()
    return np.asarray(found[:, -1], dtype=float)


def nearest_neighbour_entropy(sample: Array, distance: Array | None = None) -> float:
    """Kozachenko-Leonenko estimate of the differential entropy, nats per dimension.

    ``[ψ(n) − ψ(1) + ln V_d + (d/n) Σ ln ε_i] / d`` with ε_i the distance to the nearest other
    point and V_d the volume of the unit ball. In many dimensions it is biased upwards for any
    sample of practical size; compare samples of equal size.

    Args:
        distance: (points,) ε, if already known.

    Returns:
        −∞ where two points coincide.
    """
    n, d = sample.shape
    eps = neighbour_distances(sample) if distance is None else distance
    log_ball = d / 2 * np.log(np.pi) - gammaln(d / 2 + 1)
    with np.errstate(divide="ignore"):
        return float((digamma(n) - digamma(1) + log_ball) / d + np.log(eps).mean())


def coverage(sample: Array, other: Array, *, k: int = 5) -> float:
    """Share of the points of ``other`` that have a point of ``sample`` near by.

    Near is the distance to the k-th nearest point of ``other`` itself. Two samples of one
    distribution with n points each give about 1 − 2⁻ᵏ. In many dimensions a point in the middle
    is near to all others, so that a collapsed sample covers everything and nothing covers it;
    use `pair_coverage` there.

    Raises:
        ParameterError: samples of different dimension, or fewer than k + 1 points.
    """
    a, b = _checked(sample), _checked(other)
    if a.shape[1] != b.shape[1] or len(b) <= k:
        raise ParameterError(
            f"samples are {a.shape} and {b.shape}; give the same dimension and more than {k} points"
        )
    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(a)
    return float((search.kneighbors(b)[0][:, 0] <= neighbour_distances(b, k)).mean())


def pair_coverage(
    sample: Array, other: Array, rng: np.random.Generator, *, pairs: int = 200, k: int = 5
) -> float:
    """Mean `coverage` over pairs of columns drawn at random.

    Compare samples of equal size.
    """
    a, b = _checked(sample), _checked(other)
    found = []
    for _ in range(pairs):
        columns = rng.choice(b.shape[1], 2, replace=False)
        found.append(coverage(a[:, columns], b[:, columns], k=k))
    return float(np.mean(found))


def _checked(sample: Array) -> Array:
    x = np.asarray(sample, dtype=float)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ParameterError("a sample is (points, dimensions) of finite numbers")
    return x
