"""Where the constants without data go: principal components and distances between repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from renaissance_kit.analysis.km_change import width_decades
from renaissance_kit.analysis.permutations import (
    BesideNull,
    beside_null,
    least_p_value,
    permutation_test,
    permuted_labels,
)
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.studies.km_integration import log_columns

Levels = Mapping[str, Sequence[pd.DataFrame]]


@dataclass(frozen=True)
class CommonFrame:
    """Models of several levels of data in one frame of principal components.

    Attributes:
        points: level, ensemble, x, y, one row a model; the same number of every ensemble.
        centres: level, ensemble, x, y, means of all models of each ensemble.
        explained: (2,) share of the variance along each component.
        loadings: (constants, 2) with the names as index.
    """

    points: pd.DataFrame
    centres: pd.DataFrame
    explained: Array
    loadings: pd.DataFrame


def common_frame(
    levels: Levels, names: Sequence[str], *, rng: np.random.Generator, models: int = 200
) -> CommonFrame:
    """Principal components of log10 KM, fitted to all levels with equal weight.

    Args:
        levels: tables of KM, (models, constants), of each ensemble, by level.
        names: constants that no level constrains to measured ranges.
        rng: chooses the models.
        models: of each level, shared evenly by its ensembles.
    """
    if len(names) < 2:
        raise ParameterError("a frame of principal components needs at least two constants")
    parts, keys, means, mean_keys = [], [], [], []
    for level, tables in levels.items():
        each = max(2, models // len(tables))
        for number, x in enumerate(log_columns(tables, names)):
            chosen = rng.choice(len(x), min(each, len(x)), replace=False)
            parts.append(x[chosen])
            keys += [(level, number)] * len(chosen)
            means.append(x.mean(axis=0))
            mean_keys.append((level, number))
    with single_threaded():
        fitted = PCA(n_components=2, svd_solver="full").fit(np.concatenate(parts))

    @single_threaded()
    def table(x: Array, labels: list[tuple[str, int]]) -> pd.DataFrame:
        placed = fitted.transform(x)
        frame = pd.DataFrame(labels, columns=["level", "ensemble"])
        return frame.assign(x=placed[:, 0], y=placed[:, 1])

    return CommonFrame(
        table(np.concatenate(parts), keys),
        table(np.array(means), mean_keys),
        fitted.explained_variance_ratio_,
        pd.DataFrame(fitted.components_.T, index=list(names), columns=["x", "y"]),
    )


def median_table(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> Array:
    """(ensembles, constants) median of log10 KM."""
    return np.array([np.median(x, axis=0) for x in log_columns(tables, names)])


def repeat_distances(
    levels: Levels, names: Sequence[str], *, rng: np.random.Generator
) -> pd.DataFrame:
    """Distances between the medians of ensembles: root mean square over the constants, decades.

    Returns:
        Columns level, kind, distance. ``between``: two ensembles of the level; ``to first``: one
        of the level and one of the first level; ``halves``: two random halves of one ensemble,
        which is what sampling alone makes of it, scaled to whole ensembles.
    """
    rows = []
    first = median_table(next(iter(levels.values())), names)
    for number, (level, tables) in enumerate(levels.items()):
        medians = median_table(tables, names)
        rows += [(level, "between", d) for d in _pairs(medians)]
        if number:
            rows += [(level, "to first", _rms(a - b)) for a in medians for b in first]
        for x in log_columns(tables, names):
            order = rng.permutation(len(x))
            halves = np.array_split(x[order], 2)
            apart = np.median(halves[0], axis=0) - np.median(halves[1], axis=0)
            rows.append((level, "halves", _rms(apart) / np.sqrt(2)))
    return pd.DataFrame(rows, columns=["level", "kind", "distance"])


def drawn_together(
    without: Sequence[pd.DataFrame],
    with_data: Sequence[pd.DataFrame],
    names: Sequence[str],
    *,
    rng: np.random.Generator,
    permutations: int = 2000,
) -> BesideNull:
    """By how much nearer to each other ensembles with data are, beside the null distribution.

    The number is the mean distance between two ensembles without data minus that between two with,
    in decades; see `repeat_distances`. The group means are taken out first, so that a common shift
    does not count.
    """
    a, b = median_table(without, names), median_table(with_data, names)
    labels = permuted_labels(len(a), len(b), permutations, rng)
    # residuals of a smaller group are smaller by √(1 − 1/n)
    own = [(x - x.mean(axis=0)) / np.sqrt(1 - 1 / len(x)) for x in (a, b)]
    residuals = np.concatenate(own)
    gap = residuals[:, None, :] - residuals[None, :, :]
    distance = np.sqrt((gap**2).mean(axis=-1))
    truth = np.repeat([False, True], [len(a), len(b)])
    null = [_within(distance, ~label) - _within(distance, label) for label in labels]
    return beside_null(_within(distance, ~truth) - _within(distance, truth), null)


def shift_apart(
    without: Sequence[pd.DataFrame],
    with_data: Sequence[pd.DataFrame],
    names: Sequence[str],
    *,
    rng: np.random.Generator,
    permutations: int = 2000,
) -> BesideNull:
    """Distance between the mean medians of two groups, beside its null distribution."""
    a, b = median_table(without, names), median_table(with_data, names)
    both = np.concatenate([a, b])
    labels = permuted_labels(len(a), len(b), permutations, rng)
    null = [_rms(both[label].mean(axis=0) - both[~label].mean(axis=0)) for label in labels]
    return beside_null(_rms(b.mean(axis=0) - a.mean(axis=0)), null)


def shift_table(
    km: Levels,
    names: Sequence[str],
    *,
    levels: Sequence[str],
    rng: np.random.Generator,
    permutations: int = 2000,
) -> pd.DataFrame:
    """Levels of data against none: shift, nearness and width of the constants without data.

    Args:
        km: tables of KM, (models, constants), of each ensemble, by level; the first without data.
        names: constants that no level constrains to measured ranges.
        levels: which of them to compare.

    Returns:
        One row a level, with the numbers of `shift_apart` and `drawn_together`, and the mean width
        of the central 95 % in decades, each beside its permutations.
    """
    without = next(iter(km.values()))
    rows = []
    for level in levels:
        apart = shift_apart(without, km[level], names, rng=rng, permutations=permutations)
        together = drawn_together(without, km[level], names, rng=rng, permutations=permutations)
        before, after = (
            [width_decades(t[list(names)]) for t in group] for group in (without, km[level])
        )
        narrow = permutation_test(before, after, names, rng=rng, permutations=permutations)
        width = narrow.mean()
        rows.append(
            {
                "level": level,
                "shift (decades)": apart.observed,
                "shift, null": apart.mean,
                "p of shift": apart.p_value,
                "nearer to each other by (decades)": together.observed,
                "p of nearer": together.p_value,
                "least p-value of so few trainings": least_p_value(
                    len(without), len(km[level]), permutations
                ),
                "width before (decades)": narrow.before.mean(),
                "width after (decades)": narrow.after.mean(),
                "width change, null low": width.low,
                "width change, null high": width.high,
                "narrower constants": int((narrow.change < 0).sum()),
                "narrower, null": float((narrow.null < 0).sum(axis=1).mean()),
            }
        )
    return pd.DataFrame(rows).set_index("level")


def _rms(x: Array) -> float:
    return float(np.sqrt((x**2).mean()))


def _pairs(medians: Array) -> list[float]:
    n = len(medians)
    return [_rms(medians[i] - medians[j]) for i in range(n) for j in range(i + 1, n)]


def _within(distance: Array, label: NDArray[np.bool_]) -> float:
    part = distance[np.ix_(label, label)]
    return float(part[np.triu_indices(len(part), 1)].mean())
