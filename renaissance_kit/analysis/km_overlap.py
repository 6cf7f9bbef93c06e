"""How well generated Michaelis constants agree with measured ones.

The overlap score of a constant is the Jaccard overlap of two intervals on log10 KM,

    |G ∩ M| / |G ∪ M|,

with G the central 95 % of the generated values and M the measurements from the least to the
greatest, widened by 20 % at each end. It is 1 for the same interval and 0 for disjoint ones; for
measurements well inside G it is the ratio of the widths, so that it rises when the generated values
narrow around them. Beside it stands the share of generated values inside M. The definition is
ours; that of the published scores is not stated in a form that could be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from renaissance_kit.analysis.intervals import central_interval
from renaissance_kit.analysis.permutations import PermutationTest
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.network.network import Network

TOLERANCE = 0.2
MEASURES = ("overlap", "inside")


def jaccard(first_mM: tuple[ArrayLike, ArrayLike], second_mM: tuple[ArrayLike, ArrayLike]) -> Array:
    """Jaccard overlap of intervals on the logarithmic scale.

    Args:
        first_mM, second_mM: (low, high), numbers or arrays.

    >>> from renaissance_kit.analysis import jaccard
    >>> float(jaccard((0.1, 10.0), (1.0, 100.0)))  # one decade of three
    0.3333333333333333
    """
    a_low, a_high, b_low, b_high = (
        np.log10(np.asarray(x, dtype=float)) for x in (*first_mM, *second_mM)
    )
    if (a_high < a_low).any() or (b_high < b_low).any():
        raise ParameterError("an interval ends before it begins; give (low, high)")
    common = np.maximum(np.minimum(a_high, b_high) - np.maximum(a_low, b_low), 0.0)
    union = (a_high - a_low) + (b_high - b_low) - common
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(union > 0, common / union, (a_low == b_low).astype(float))


def measured_intervals(
    measured: KMMeasurements, tolerance: float = TOLERANCE
) -> dict[str, tuple[float, float]]:
    """Measured interval M of each constant in mM: least to greatest, each end widened."""
    ranges = measured.ranges(tolerance, "interval")
    return {name: (low, high) for name, (low, high) in ranges.items()}


def overlap_scores(
    km_mM: pd.DataFrame, intervals: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Overlap score of every measured constant in one ensemble.

    Args:
        km_mM: (models, constants), as from `renaissance_kit.analysis.km_change.parameters_of`.
        intervals: as from `measured_intervals`.

    Returns:
        Index: name. ``overlap`` and ``inside``, both 0 to 1; ``generated_low_mM`` and
        ``generated_high_mM`` of G, ``measured_low_mM`` and ``measured_high_mM`` of M.
    """
    names = list(intervals)
    unknown = [name for name in names if name not in km_mM.columns]
    if unknown:
        raise ParameterError(f"no generated values of {', '.join(unknown[:5])}")
    values = km_mM[names].to_numpy()
    low, high = (np.array([pair[i] for pair in intervals.values()]) for i in (0, 1))
    generated = central_interval(values, axis=0)
    return pd.DataFrame(
        {
            "overlap": jaccard(generated, (low, high)),
            "inside": ((values >= low) & (values <= high)).mean(axis=0),
            "generated_low_mM": generated[0],
            "generated_high_mM": generated[1],
            "measured_low_mM": low,
            "measured_high_mM": high,
        },
        index=pd.Index(names, name="name"),
    )


def held_out_scores(
    ensembles: Sequence[pd.DataFrame],
    intervals: Mapping[str, tuple[float, float]],
    integrated: Sequence[Sequence[str]],
    measure: str = "overlap",
) -> pd.DataFrame:
    """Scores of several ensembles, (ensembles, constants); NaN where a constant was integrated.

    Args:
        ensembles: one table of KM each.
        integrated: names of the constants that each ensemble constrains to their measured ranges.
        measure: ``overlap`` or ``inside``.
    """
    if measure not in MEASURES:
        raise ParameterError(f"measure is {measure!r}; choose one of {', '.join(MEASURES)}")
    rows = []
    for km, held in zip(ensembles, integrated, strict=True):
        score = overlap_scores(km, intervals)[measure].copy()
        score[score.index.isin(list(held))] = np.nan
        rows.append(score.to_numpy())
    return pd.DataFrame(rows, columns=list(intervals))


def by_subsystem(test: PermutationTest, groups: Mapping[str, str]) -> pd.DataFrame:
    """Scores of groups of constants, each with its permutation baseline.

    Args:
        test: of the scores, as from `renaissance_kit.analysis.permutations.permutation_test`.
        groups: name of the group by constant, such as from `subsystem_of`.

    Returns:
        One row a group, in order of appearance: group, constants, improved (those whose score
        rises), improved_null (its mean with permuted labels), p_improved, before, after (mean
        scores), change, null_low, null_high (central 95 % of the null distribution), p_change.
        Both p are shares of permutations with a number at least as large.
    """
    rows = []
    have = np.isfinite(test.change)
    for group in dict.fromkeys(groups[name] for name in test.names):
        names = [n for n, ok in zip(test.names, have, strict=True) if ok and groups[n] == group]
        if not names:
            continue
        which = np.isin(test.names, names)
        count, mean = test.count(names), test.mean(names)
        rows.append(
            {
                "group": group,
                "constants": len(names),
                "improved": int(count.observed),
                "improved_null": count.mean,
                "p_improved": count.p_value,
                "before": test.before[which].mean(),
                "after": test.after[which].mean(),
                "change": mean.observed,
                "null_low": mean.low,
                "null_high": mean.high,
                "p_change": mean.p_value,
            }
        )
    return pd.DataFrame(rows)


def subsystem_of(network: Network, names: Sequence[str]) -> dict[str, str]:
    """Subsystem of the reaction of each constant."""
    return {name: network.reactions[name.partition(":")[0]].subsystem for name in names}
