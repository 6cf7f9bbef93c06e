"""The landscape of steady states: a map, neighbourhoods on it, and what they do to dynamics.

The map: features (log concentrations and log fluxes) standardised, their principal components,
t-SNE to two dimensions (Poličar et al. 2024 J Stat Softw 109:3), then polar coordinates about the
centroid. It is a picture. The statements rest on tests of single metabolites
(`ranges_of_metabolites`), on thresholds with bootstrap intervals, and on states that are drawn anew
inside the bounds of a neighbourhood or of metabolite ranges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from renaissance_kit.analysis.intervals import central_interval, wilson_interval
from renaissance_kit.analysis.permutations import false_discovery_rate
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import require_seed, rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyStates

if TYPE_CHECKING:  # the sampler takes long to import
    from renaissance_kit.states.sampling import StateSpace

Flags = NDArray[np.bool_]

COMPONENTS = 30
FEWEST = 8  # states that a map needs
RESAMPLES = 1000


# --- the map ---------------------------------------------------------------------------------


def features(network: Network, states: SteadyStates) -> tuple[Array, tuple[str, ...]]:
    """Standardised log concentrations and log magnitudes of fluxes.

    Returns:
        (states, features), and the names ``concentration atp_c`` and ``flux PGI``. What does not
        vary, such as protons, is left out.
    """
    data = states.dataset
    names = list(network.dynamic)
    concentration = np.log(data.concentration.sel(metabolite=names).values)
    reactions = list(network.kinetic_reactions)
    flux = np.log(np.abs(data.flux.sel(reaction=reactions).values))
    table = np.hstack([concentration, flux])
    labels = [*(f"concentration {m}" for m in names), *(f"flux {r}" for r in reactions)]
    spread = table.std(axis=0)
    varies = spread > 1e-6
    scaled = (table[:, varies] - table[:, varies].mean(axis=0)) / spread[varies]
    return scaled, tuple(label for label, v in zip(labels, varies, strict=True) if v)


@dataclass(frozen=True)
class Map:
    """States on a plane.

    Attributes:
        components: (states, k) principal components of the features.
        explained: (k,) share of the variance of each.
        xy: (states, 2) of t-SNE, the centroid at the origin.
        radius, angle: (states,) polar coordinates about the centroid, the angle in (−π, π].
    """

    components: Array
    explained: Array
    xy: Array
    radius: Array
    angle: Array


@single_threaded()
def map_of(
    table: Array, *, seed: int, components: int = COMPONENTS, perplexity: float = 30.0
) -> Map:
    """Principal components, t-SNE and polar coordinates.

    Args:
        table: (states, features), such as from `features`.
        seed: of t-SNE; same seed, same map on the same machine.
        perplexity: of t-SNE; at most a third of the states is used.

    Raises:
        ParameterError: too few states.
    """
    n, seed = len(table), require_seed(seed)
    if n < FEWEST:
        raise ParameterError(f"{n} states make no map; give at least {FEWEST}")
    from openTSNE import TSNE  # takes a second to import

    centred = table - table.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    k = min(components, n - 1, table.shape[1])
    signs = np.sign(left[np.abs(left).argmax(axis=0), range(left.shape[1])])  # svd leaves them open
    scores = (left * signs * sizes)[:, :k]
    explained = sizes[:k] ** 2 / (sizes**2).sum()
    tsne = TSNE(
        perplexity=min(perplexity, (n - 1) / 3), initialization="pca", neighbors="exact",
        negative_gradient_method="bh", n_jobs=1, random_state=seed,
    )  # fmt: skip
    xy = np.asarray(tsne.fit(scores), dtype=float)
    xy = xy - xy.mean(axis=0)
    return Map(scores, explained, xy, np.hypot(*xy.T), np.arctan2(xy[:, 1], xy[:, 0]))


# --- neighbourhoods -----------------------------------------------------------------------------


def neighbourhoods(chart: Map, *, rings: int = 2, sectors: int = 6) -> NDArray[np.int64]:
    """Cut the map into polar cells with the same number of states.

    Rings are quantiles of the radius; within each ring, sectors are quantiles of the angle.

    Returns:
        (states,) number of the cell, ring × sectors + sector.
    """
    if rings < 1 or sectors < 1 or rings * sectors > len(chart.xy):
        raise ParameterError("give at least one ring and sector, and fewer cells than states")
    cell = np.empty(len(chart.xy), dtype=np.int64)
    for ring, members in enumerate(np.array_split(np.argsort(chart.radius, kind="stable"), rings)):
        order = members[np.argsort(chart.angle[members], kind="stable")]
        for sector, part in enumerate(np.array_split(order, sectors)):
            cell[part] = ring * sectors + sector
    return cell


def neighbourhood_table(chart: Map, cell: NDArray[np.int64], group: Flags) -> pd.DataFrame:
    """Each cell: cell, states, count, share, low, high (Wilson, 95 %), x, y (mean position).

    Args:
        group: (states,) that are counted, such as those that support valid dynamics.
    """
    rows = []
    for number in np.unique(cell):
        members = cell == number
        total, good = int(members.sum()), int(group[members].sum())
        low, high = wilson_interval(good, total)
        x, y = chart.xy[members].mean(axis=0)
        rows.append((int(number), total, good, good / total, low, high, float(x), float(y)))
    columns = ["cell", "states", "count", "share", "low", "high", "x", "y"]
    return pd.DataFrame(rows, columns=columns)


def bounds_of(
    network: Network, states: SteadyStates, members: Flags, *, central: float = 1.0
) -> dict[str, tuple[float, float]]:
    """Range of every concentration and flux among some states, for `StateSpace.within`.

    Args:
        members: (states,) which.
        central: share of the members that a range covers; 1 for least to most.

    Raises:
        ParameterError: fewer than two members.
    """
    if int(members.sum()) < 2:
        raise ParameterError("one state has no ranges; give at least two members")
    data = states.dataset
    ends = [(1 - central) / 2, (1 + central) / 2]
    found = {}
    for kind, variable, dimension, names in (
        ("concentration", "concentration", "metabolite", network.dynamic),
        ("flux", "flux", "reaction", network.kinetic_reactions),
    ):
        values = data[variable].sel({dimension: list(names)}).values[members]
        low, high = np.quantile(values, ends, axis=0)
        for name, a, b in zip(names, low, high, strict=True):
            if b - a > 1e-6 * max(abs(a), abs(b)):
                found[f"{kind} {name}"] = (float(a), float(b))
    return found


def resample(
    space: StateSpace,
    bounds: Mapping[str, tuple[float, float]],
    n: int,
    *,
    seed: int,
    steps_per_dimension: int = 16,
) -> SteadyStates:
    """Draw new states inside bounds, from the same space as the states that the bounds come from.

    Args:
        space: all states, such as ``StateSpace.of(network, constraints)``.
        bounds: as from `bounds_of` or `constrained_ranges`.

    Raises:
        InfeasibleError: the bounds leave no room.
    """
    return space.within(bounds).states(n, seed=seed, steps_per_dimension=steps_per_dimension)


# --- metabolite ranges --------------------------------------------------------------------------


def ranges_of_metabolites(
    network: Network, states: SteadyStates, group: Flags, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Concentrations of a group of states, such as supporting ones, against those of all others.

    The test is Kolmogorov and Smirnov's for two samples, which sees any difference between the
    distributions; the false discovery rate over all metabolites is controlled after Benjamini &
    Hochberg 1995 J R Stat Soc B 57:289.

    Args:
        group: (states,).
        alpha: rate of false discoveries.

    Returns:
        For every metabolite that varies: metabolite, distance (of the distributions, 0 to 1), p, q
        (adjusted), found (q ≤ alpha), area (chance that one of the others has the higher
        concentration; 0.5 for no difference), quantiles in mM of the others and of the group
        (``others_low`` … ``group_high``: 2.5, 50, 97.5 %), sorted by falling distance.

    Raises:
        ParameterError: all states are of the group, or none.
    """
    if group.all() or not group.any():
        raise ParameterError("the states are all of one kind; there is nothing to compare")
    names = list(network.dynamic)
    values = states.dataset.concentration.sel(metabolite=names).values
    rows = []
    for name, x in zip(names, values.T, strict=True):
        if np.log(x).std() < 1e-6:
            continue
        inside, outside = x[group], x[~group]
        test = stats.ks_2samp(inside, outside)
        area = stats.mannwhitneyu(outside, inside).statistic / (len(inside) * len(outside))
        others, own = (np.quantile(v, [0.025, 0.5, 0.975]) for v in (outside, inside))
        rows.append((name, float(test.statistic), float(test.pvalue), area, *others, *own))
    columns = [
        "metabolite", "distance", "p", "area", "others_low", "others_median", "others_high",
        "group_low", "group_median", "group_high",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table.insert(3, "q", false_discovery_rate(table.p))
    table.insert(4, "found", table.q <= alpha)
    order = ["distance", "metabolite"]
    return table.sort_values(order, ascending=[False, True]).reset_index(drop=True)


@dataclass(frozen=True)
class Threshold:
    """A concentration that divides a group of states from the others best.

    Attributes:
        value_mM, low_mM, high_mM: the threshold and its 95 % bootstrap interval.
        below: whether the group is found below it.
        share_inside, share_outside: of the group among the states on that side and on the other.
        youden: share of the group inside − share of the others inside; 0 for no division.
    """

    value_mM: float
    low_mM: float
    high_mM: float
    below: bool
    share_inside: float
    share_outside: float
    youden: float


def threshold_of(
    concentrations_mM: Array, group: Flags, *, seed: int, resamples: int = RESAMPLES
) -> Threshold:
    """Where a metabolite divides a group of states from the others best (Youden 1950 Cancer 3:32).

    The side is that on which the group is more frequent by rank. The interval comes from resampled
    states (percentiles).

    Args:
        group: (states,) such as those that support valid dynamics.

    Raises:
        ParameterError: all states are of the group, or none.
    """
    if group.all() or not group.any():
        raise ParameterError("the states are all of one kind; no threshold divides them")
    x = np.asarray(concentrations_mM, dtype=float)
    below = bool(stats.rankdata(x)[group].mean() <= stats.rankdata(x)[~group].mean())
    value, youden = _best_cut(x, group, below)
    rng = rng_of(seed)
    found = []
    for _ in range(resamples):
        pick = rng.integers(len(x), size=len(x))
        if 0 < group[pick].sum() < len(x):
            found.append(_best_cut(x[pick], group[pick], below)[0])
    low, high = central_interval(found)
    inside = x <= value if below else x >= value
    outside = float(group[~inside].mean()) if not inside.all() else float("nan")
    return Threshold(
        value, float(low), float(high), below, float(group[inside].mean()), outside, youden
    )


def _best_cut(x: Array, group: Flags, below: bool) -> tuple[float, float]:
    """Geometric middle between the neighbours at the best cut, and Youden's index there."""
    order = np.argsort(x if below else -x, kind="stable")
    good = group[order]
    gain = np.cumsum(good) / good.sum() - np.cumsum(~good) / (~good).sum()
    values = x[order]
    gain[:-1][values[:-1] == values[1:]] = -np.inf  # no cut between equal values
    k = int(gain[:-1].argmax()) if len(gain) > 1 else 0
    return float(np.sqrt(values[k] * values[min(k + 1, len(values) - 1)])), float(gain[k])


def running_quantiles(
    x: Array, y: Array, *, quantiles: Sequence[float] = (0.1, 0.5, 0.9), windows: int = 25
) -> pd.DataFrame:
    """Quantiles of y in windows of neighbours along x, which overlap by half.

    Returns:
        x (median of the window), n, and ``q10`` and so on.
    """
    order = np.argsort(x, kind="stable")
    size = max(5, 2 * len(x) // (windows + 1))
    rows = []
    for start in range(0, max(1, len(x) - size + 1), max(1, size // 2)):
        part = order[start : start + size]
        rows.append((float(np.median(x[part])), len(part), *np.quantile(y[part], quantiles)))
    columns = ["x", "n", *(f"q{round(100 * q)}" for q in quantiles)]
    return pd.DataFrame(rows, columns=columns)


def constrained_ranges(
    space: StateSpace,
    network: Network,
    states: SteadyStates,
    supports: Flags,
    *,
    metabolites: int = 30,
    share: float = 0.5,
) -> tuple[pd.DataFrame, dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Ranges of the metabolites that matter most: where supporting states are rare, and where not.

    Metabolites in the order of `ranges_of_metabolites`. Each is constrained to the part of its
    sampled range, a quantile from one end, in which supporting states are rarer; the control
    constrains the same metabolites to the part of the same size from the other end. A metabolite is
    passed over when either choice would leave no room beside those before it.

    Args:
        metabolites: how many to constrain.
        share: of the states that such a range covers by itself.

    Returns:
        A table (metabolite, distance, q, hold: ``low`` or ``high`` end), and the bounds of both.
    """
    ranking = ranges_of_metabolites(network, states, supports)
    values = states.dataset.concentration
    bad: dict[str, tuple[float, float]] = {}
    good: dict[str, tuple[float, float]] = {}
    rows: list[tuple[str, float, float, str]] = []
    for _, row in ranking.iterrows():
        if len(rows) == metabolites:
            break
        x = values.sel(metabolite=row.metabolite).values
        low = (float(x.min()), float(np.quantile(x, share)))
        high = (float(np.quantile(x, 1 - share)), float(x.max()))
        in_low, in_high = (supports[(x >= a) & (x <= b)].mean() for a, b in (low, high))
        worse, better = (low, high) if in_low < in_high else (high, low)
        key = f"concentration {row.metabolite}"
        tried = ({**bad, key: worse}, {**good, key: better})
        if all(space.within(bounds).has_room() for bounds in tried):
            bad, good = tried
            held = "low" if worse == low else "high"
            rows.append((str(row.metabolite), float(row.distance), float(row.q), held))
    return pd.DataFrame(rows, columns=["metabolite", "distance", "q", "hold"]), bad, good
