"""Permutation tests: is a change between groups of ensembles more than chance?

Trainings with different seeds end in different distributions, whatever data they were given. A
change between ensembles made with and without data means something only if it is larger than what
appears when the labels "with" and "without" are permuted: the permutation null distribution. The
ensembles are exchanged, never their models: models of one training are not independent of each
other.

References: Phipson & Smyth 2010 Stat Appl Genet Mol Biol 9:39 (permutation p-values are never 0);
Benjamini & Hochberg 1995 J R Stat Soc B 57:289 (false discovery rate).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from renaissance_kit.analysis.intervals import central_interval
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array


@dataclass(frozen=True)
class BesideNull:
    """A number beside its permutation null distribution.

    Attributes:
        observed: the number.
        mean, low, high: mean and central 95 % of the null distribution.
        p_value: share of the permutations with a number at least as large.
    """

    observed: float
    mean: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class PermutationTest:
    """Changes of many quantities between two groups of ensembles, and their permutations.

    Attributes:
        names: of the quantities.
        before, after: (quantities,) means over the ensembles of each group.
        null: (permutations, quantities) changes with permuted labels.
    """

    names: tuple[str, ...]
    before: Array
    after: Array
    null: Array = field(repr=False)

    @property
    def change(self) -> Array:
        """(quantities,) mean after minus mean before; NaN where a group has no value."""
        return self.after - self.before

    @property
    def p_value(self) -> Array:
        """(quantities,) two-sided."""
        return p_values(np.abs(self.change), np.abs(self.null))

    def table(self) -> pd.DataFrame:
        """One row a quantity: name, before, after, change, null_low, null_high, p_value, q_value.

        ``null_low`` and ``null_high`` hold the central 95 % of the null distribution;
        ``q_value`` is the false discovery rate of Benjamini & Hochberg over all quantities.
        """
        low, high = central_interval(self.null, axis=0)
        return pd.DataFrame(
            {
                "name": self.names,
                "before": self.before,
                "after": self.after,
                "change": self.change,
                "null_low": low,
                "null_high": high,
                "p_value": self.p_value,
                "q_value": false_discovery_rate(self.p_value),
            }
        )

    def count(self, names: Iterable[str] | None = None) -> BesideNull:
        """How many of some quantities increase, beside its null distribution."""
        which = self._which(names)
        return beside_null(
            float((self.change[which] > 0).sum()), (self.null[:, which] > 0).sum(axis=1)
        )

    def mean(self, names: Iterable[str] | None = None) -> BesideNull:
        """Mean change of some quantities, beside its null distribution."""
        which = self._which(names)
        which &= np.isfinite(self.change)
        if not which.any():
            raise ParameterError("none of these quantities has a value in both groups")
        return beside_null(
            float(self.change[which].mean()), np.nanmean(self.null[:, which], axis=1)
        )

    def _which(self, names: Iterable[str] | None) -> NDArray[np.bool_]:
        if names is None:
            return np.ones(len(self.names), dtype=bool)
        chosen = set(names)
        return np.array([n in chosen for n in self.names])


def permutation_test(
    without: ArrayLike,
    with_data: ArrayLike,
    names: Sequence[str],
    *,
    rng: np.random.Generator,
    permutations: int = 2000,
    paired: bool = False,
) -> PermutationTest:
    """Compare ensembles made without and with data.

    Args:
        without, with_data: (ensembles, quantities), one row an ensemble: a median, a width or a
            score of each. NaN where an ensemble says nothing, as a constant that was constrained
            there.
        names: of the quantities.
        rng: permutes the labels.
        permutations: how often.
        paired: row i of both began at the same point; labels are exchanged within pairs only.

    Raises:
        ParameterError: shapes that do not fit, or fewer than two ensembles in a group.

    >>> import numpy as np
    >>> from renaissance_kit.analysis import permutation_test
    >>> rng = np.random.default_rng(1)
    >>> noise = rng.standard_normal((20, 2))
    >>> noise[10:, 1] += 3  # the second quantity changes
    >>> test = permutation_test(noise[:10], noise[10:], ["same", "moved"], rng=rng)
    >>> [bool(q < 0.05) for q in test.table().q_value]
    [False, True]
    """
    a, b = np.asarray(without, dtype=float), np.asarray(with_data, dtype=float)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or a.shape[1] != len(names):
        raise ParameterError(
            f"values are {a.shape} and {b.shape} for {len(names)} names; give (ensembles, names)"
        )
    labels = permuted_labels(len(a), len(b), permutations, rng, paired=paired)
    values = np.concatenate([a, b])
    truth = np.repeat([False, True], [len(a), len(b)])[None]
    before, after = _group_means(values, ~truth)[0], _group_means(values, truth)[0]
    null = _group_means(values, labels) - _group_means(values, ~labels)
    return PermutationTest(tuple(names), before, after, null)


def permuted_labels(
    n_without: int,
    n_with: int,
    permutations: int,
    rng: np.random.Generator,
    *,
    paired: bool = False,
) -> NDArray[np.bool_]:
    """(permutations, ensembles) True where an ensemble is called "with".

    Raises:
        ParameterError: fewer than two ensembles in a group, or pairs of unequal groups.
    """
    if min(n_without, n_with) < 2:
        raise ParameterError(
            f"{n_without} ensembles without and {n_with} with data; a comparison needs at least "
            "two of each, trained with different seeds"
        )
    if permutations < 1:
        raise ParameterError(f"permutations is {permutations}; give at least 1")
    if paired:
        if n_without != n_with:
            raise ParameterError(f"{n_without} and {n_with} ensembles are no pairs")
        swap = rng.random((permutations, n_with)) < 0.5
        return np.concatenate([swap, ~swap], axis=1)
    truth = np.repeat([False, True], [n_without, n_with])
    return rng.permuted(np.tile(truth, (permutations, 1)), axis=1)


def p_values(observed: Array, null: Array) -> Array:
    """Share of permutations at least as large, the observation itself counted as one.

    Args:
        observed: (quantities,).
        null: (permutations, quantities).

    Returns:
        (quantities,) never 0; NaN where nothing was observed.
    """
    at_least = (null >= observed - 1e-12 * np.abs(observed)).sum(axis=0)
    return np.where(np.isnan(observed), np.nan, (1 + at_least) / (1 + len(null)))


def false_discovery_rate(p: ArrayLike) -> Array:
    """q-values of Benjamini & Hochberg; NaN stays and does not count as a test."""
    p = np.asarray(p, dtype=float)
    q = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = stats.false_discovery_control(p[tested])
    return q


def beside_null(observed: float, null: ArrayLike) -> BesideNull:
    """An observed number beside its null distribution."""
    values = np.asarray(null, dtype=float)
    low, high = central_interval(values)
    p = p_values(np.array([observed]), values[:, None])[0]
    return BesideNull(observed, float(values.mean()), float(low), float(high), float(p))


@single_threaded()
def _group_means(values: Array, labels: NDArray[np.bool_]) -> Array:
    """(permutations, quantities) mean over the labelled ensembles that have a value."""
    there = np.isfinite(values)
    weights = labels.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((weights @ np.where(there, values, 0.0)) / (weights @ there))


def least_p_value(n_without: int, n_with: int, permutations: int, *, paired: bool = False) -> float:
    """The smallest p-value that a two-sided comparison of so many ensembles can have.

    Groups of equal size look the same when all labels are exchanged, so that two labellings are at
    least as far apart as the true one.

    >>> least_p_value(3, 3, 500), round(least_p_value(10, 10, 2000), 5)
    (0.1, 0.0005)
    """
    labellings = 2**n_with if paired else comb(n_without + n_with, n_with)
    alike = 2 if paired or n_without == n_with else 1
    return max(alike / labellings, 1 / (1 + permutations))
