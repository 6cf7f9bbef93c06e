"""What measured constants change in a distribution of kinetic parameters.

All on the logarithmic scale: the width of the central 95 % in decades, the shift of the median, and
the Jensen-Shannon distance of the two distributions. For ensembles of several trainings each number
comes with its permutation baseline, see `renaissance_kit.analysis.permutations`.

Reference: Lin 1991 IEEE Trans Inf Theory 37:145 (Jensen-Shannon divergence).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.analysis.intervals import central_interval
from renaissance_kit.analysis.permutations import (
    PermutationTest,
    false_discovery_rate,
    least_p_value,
    p_values,
    permutation_test,
    permuted_labels,
)
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.ensembles import KineticEnsemble

KINDS: Mapping[str, str] = {"km": "mM", "vmax": "mM/h", "vmax_per_km": "1/h"}
BINS = 20


def parameters_of(
    ensemble: KineticEnsemble, kind: str = "km", *, valid_only: bool = True
) -> pd.DataFrame:
    """Parameters of the models that are valid, (valid models, parameters), columns named.

    Args:
        kind: ``km`` in mM; ``vmax`` in mM/h, by reaction; ``vmax_per_km`` in 1/h, by name of the
            KM, the rate constant at low concentration (kcat/KM times the amount of enzyme);
            modifiers have none.
        valid_only: leave out models that are not valid.
    """
    data = ensemble.dataset
    if valid_only:
        data = data.isel(model=np.flatnonzero(ensemble.valid))
    km_names = [str(name) for name in data.km_name.values]
    if kind == "km":
        return pd.DataFrame(data.km.values, columns=km_names)
    vmax = pd.DataFrame(data.vmax.values, columns=[str(r) for r in data.reaction.values])
    if kind == "vmax":
        return vmax
    if kind != "vmax_per_km":
        raise ParameterError(
            f"kind is {kind!r}{nearest(kind, KINDS)} There are: {', '.join(KINDS)}"
        )
    michaelis = [name for name in km_names if name.count(":") == 1]
    of_km = vmax[[name.partition(":")[0] for name in michaelis]].to_numpy()
    return pd.DataFrame(of_km / data.km.sel(km_name=michaelis).values, columns=michaelis)


def width_decades(values: ArrayLike) -> Array:
    """Width of the central 95 % in decades, by column.

    >>> import numpy as np
    >>> from renaissance_kit.analysis import width_decades
    >>> width_decades(10 ** np.linspace(-1, 1, 2001)[:, None]).round(3)  # 95 % of two decades
    array([1.9])
    """
    low, high = central_interval(np.log10(_positive(values)), axis=0)
    return np.asarray(high - low)


def median_log10(values: ArrayLike) -> Array:
    """Median of log10, by column."""
    return np.asarray(np.median(np.log10(_positive(values)), axis=0))


def jensen_shannon(before: ArrayLike, after: ArrayLike, *, bins: int = BINS) -> Array:
    """Jensen-Shannon distance of two samples, by column: 0 for equal, 1 for apart.

    The square root of the divergence in bits, of histograms on a logarithmic scale whose bins
    divide the common range of both samples evenly. Samples of finite size are never at 0; compare
    with permuted labels.

    Args:
        before, after: (models, parameters) positive numbers.
    """
    a, b = np.log10(_positive(before)), np.log10(_positive(after))
    if a.shape[1] != b.shape[1]:
        raise ParameterError(f"samples are {a.shape} and {b.shape}; give the same parameters")
    edges = _edges(np.concatenate([a, b]), bins)
    return _distance(_shares(a, edges), _shares(b, edges))


def narrowing(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What changed in each parameter, pooled over models; no test, see `change_table`.

    Args:
        before, after: as from `parameters_of`, the same columns.

    Returns:
        One row a parameter: name, width_before and width_after (decades), narrowing (their
        difference), median_before, median_after, shift (of the median, decades), distance
        (Jensen-Shannon, 0 to 1).
    """
    if list(before.columns) != list(after.columns):
        raise ParameterError("the two tables have different parameters; take the same kind of both")
    widths = width_decades(before), width_decades(after)
    medians = median_log10(before), median_log10(after)
    return pd.DataFrame(
        {
            "name": list(before.columns),
            "width_before": widths[0],
            "width_after": widths[1],
            "narrowing": widths[0] - widths[1],
            "median_before": 10 ** medians[0],
            "median_after": 10 ** medians[1],
            "shift": medians[1] - medians[0],
            "distance": jensen_shannon(before, after),
        }
    )


def change_table(
    without: Sequence[pd.DataFrame],
    with_data: Sequence[pd.DataFrame],
    *,
    rng: np.random.Generator,
    permutations: int = 2000,
    paired: bool = False,
) -> pd.DataFrame:
    """What changed in each parameter between ensembles, each number with its baseline.

    Args:
        without, with_data: one table an ensemble, as from `parameters_of`.
        rng, permutations, paired: as in `renaissance_kit.analysis.permutations.permutation_test`.

    Returns:
        The columns of `narrowing`, of the pooled models, and of shift, narrowing and distance the
        permutation p-value and the false discovery rate over all parameters:
        ``p_shift``, ``q_shift`` and so on. Widths and medians are means over the ensembles.
        ``shift_low`` and ``shift_high`` hold the central 95 % of the null distribution,
        ``distance_null`` the mean distance with permuted labels, with ``_low`` and ``_high``
        for their central 95 %. ``p_least`` is the smallest p-value that so few ensembles can have:
        above 0.05 nothing can be told.
    """
    names = list(without[0].columns)
    tests = {
        "shift": _test(median_log10, without, with_data, rng, permutations, paired),
        "narrowing": _test(width_decades, without, with_data, rng, permutations, paired),
    }
    observed, null = _distance_test(without, with_data, rng, permutations, paired)
    p_distance = p_values(observed, null)
    low, high = central_interval(null, axis=0)
    medians, widths = tests["shift"], tests["narrowing"]
    table = pd.DataFrame(
        {
            "name": names,
            "width_before": widths.before,
            "width_after": widths.after,
            "narrowing": -widths.change,
            "median_before": 10**medians.before,
            "median_after": 10**medians.after,
            "shift": medians.change,
            "distance": observed,
            "distance_null": null.mean(axis=0),
            "distance_null_low": low,
            "distance_null_high": high,
        }
    )
    null_shifts = tests["shift"].table()
    table["shift_low"], table["shift_high"] = null_shifts.null_low, null_shifts.null_high
    for name, test in tests.items():
        table[f"p_{name}"] = test.p_value
    table["p_distance"] = p_distance
    for name in ("shift", "narrowing", "distance"):
        table[f"q_{name}"] = false_discovery_rate(table[f"p_{name}"])
    table["p_least"] = least_p_value(len(without), len(with_data), permutations, paired=paired)
    return table


def _test(
    summary: object,
    without: Sequence[pd.DataFrame],
    with_data: Sequence[pd.DataFrame],
    rng: np.random.Generator,
    permutations: int,
    paired: bool,
) -> PermutationTest:
    assert callable(summary)
    a, b = ([summary(table) for table in group] for group in (without, with_data))
    names = list(without[0].columns)
    return permutation_test(a, b, names, rng=rng, permutations=permutations, paired=paired)


def _distance_test(
    without: Sequence[pd.DataFrame],
    with_data: Sequence[pd.DataFrame],
    rng: np.random.Generator,
    permutations: int,
    paired: bool,
) -> tuple[Array, Array]:
    """Distance of the pooled groups, (parameters,), and its null distribution."""
    logs = [np.log10(_positive(table)) for table in (*without, *with_data)]
    edges = _edges(np.concatenate(logs), BINS)
    shares = np.array([_shares(x, edges) for x in logs])  # every ensemble has the same weight
    labels = permuted_labels(len(without), len(with_data), permutations, rng, paired=paired)
    truth = np.repeat([False, True], [len(without), len(with_data)])
    observed = _distance(shares[~truth].mean(axis=0), shares[truth].mean(axis=0))
    null = np.empty((permutations, shares.shape[1]))
    for i, label in enumerate(labels):
        null[i] = _distance(shares[~label].mean(axis=0), shares[label].mean(axis=0))
    return observed, null


# --- correlations ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """Pairs of parameters to correlate: positions in the columns of two tables."""

    names: tuple[tuple[str, str], ...]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @classmethod
    def between(cls, first: Sequence[str], second: Sequence[str], columns: Sequence[str]) -> Pairs:
        """Every pair of a first and a second parameter, each pair once."""
        place = {name: i for i, name in enumerate(columns)}
        seen, names = set(), []
        for a in first:
            for b in second:
                if a != b and frozenset((a, b)) not in seen:
                    seen.add(frozenset((a, b)))
                    names.append((a, b))
        index = np.array([(place[a], place[b]) for a, b in names], dtype=np.int64).reshape(-1, 2)
        return cls(tuple(names), index[:, 0], index[:, 1])


def correlation_changes(
    without: Sequence[pd.DataFrame],
    with_data: Sequence[pd.DataFrame],
    pairs: Pairs,
    *,
    rng: np.random.Generator,
    permutations: int = 2000,
    paired: bool = False,
) -> pd.DataFrame:
    """Correlations of log10 parameters that change with the data, the largest change first.

    Correlations are compared as Fisher's z, atanh(r), whose scatter does not depend on r.

    Returns:
        One row a pair: first, second, r_before, r_after (of the mean z), change (of z), p_value
        and q_value of the permutation test, p_least as in `change_table`.
    """

    def z(table: pd.DataFrame) -> Array:
        logs = np.log10(_positive(table))
        std = logs.std(axis=0)
        logs = (logs - logs.mean(axis=0)) / np.where(std > 1e-12, std, np.inf)
        r = (logs[:, pairs.first] * logs[:, pairs.second]).mean(axis=0)
        return np.arctanh(np.clip(r, -0.999999, 0.999999))

    a, b = ([z(table) for table in group] for group in (without, with_data))
    labels = [f"{x} | {y}" for x, y in pairs.names]
    test = permutation_test(a, b, labels, rng=rng, permutations=permutations, paired=paired)
    table = pd.DataFrame(
        {
            "first": [x for x, _ in pairs.names],
            "second": [y for _, y in pairs.names],
            "r_before": np.tanh(test.before),
            "r_after": np.tanh(test.after),
            "change": test.change,
            "p_value": test.p_value,
            "q_value": false_discovery_rate(test.p_value),
            "p_least": least_p_value(len(a), len(b), permutations, paired=paired),
        }
    )
    order = np.argsort(-np.abs(table.change.to_numpy()), kind="stable")
    return table.iloc[order].reset_index(drop=True)


# --- histograms ------------------------------------------------------------------------------


def _positive(values: ArrayLike) -> Array:
    x = np.asarray(values, dtype=float)
    if x.ndim != 2 or len(x) == 0 or not (np.isfinite(x) & (x > 0)).all():
        raise ParameterError(
            f"a sample of shape {x.shape}: give (models, parameters), at least one model, numbers "
            "above 0; an ensemble without valid models has none"
        )
    return x


def _edges(logs: Array, bins: int) -> tuple[Array, Array, int]:
    low, high = logs.min(axis=0), logs.max(axis=0)
    return low, np.maximum(high - low, 1e-9), bins


def _shares(logs: Array, edges: tuple[Array, Array, int]) -> Array:
    """(parameters, bins) share of the models in each bin."""
    low, width, bins = edges
    place = np.clip(((logs - low) / width * bins).astype(int), 0, bins - 1)
    flat = place + bins * np.arange(logs.shape[1])
    counts = np.bincount(flat.ravel(), minlength=bins * logs.shape[1])
    return counts.reshape(logs.shape[1], bins) / len(logs)


def _distance(p: Array, q: Array) -> Array:
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(p > 0, p * np.log2(p / m), 0.0).sum(axis=-1)
        right = np.where(q > 0, q * np.log2(q / m), 0.0).sum(axis=-1)
    return np.asarray(np.sqrt(np.maximum((left + right) / 2, 0.0)))
