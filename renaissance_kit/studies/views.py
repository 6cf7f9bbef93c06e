"""Does a map of the states say how fast their models are, more than two metabolites do?

A view puts every state on a plane. It says something about a number of the states if states that
lie near each other have similar numbers: the rank correlation of each state's number with the mean
of its nearest neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial import KDTree

from renaissance_kit.analysis.correlations import state_correlations
from renaissance_kit.analysis.landscape import Map
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyStates

MAP, COMPONENTS, METABOLITES = "t-SNE of everything", "two principal components", "two metabolites"
VIEWS = (MAP, COMPONENTS, METABOLITES)
NEIGHBOURS = 15
TELLING = 0.5  # an interval of a correlation wider than this tells nothing


def state_views(
    network: Network,
    states: SteadyStates,
    chart: Map,
    values: Array,
    *,
    neighbours: int = NEIGHBOURS,
) -> pd.DataFrame:
    """The states in three views, one row a state and view.

    The two metabolites are those whose concentrations rank every other state best; all views are
    judged by the states between, so that the choice does not flatter its view.

    Args:
        chart: of the states, as from `renaissance_kit.analysis.map_of`.
        values: (states,) such as `UnbiasedModels.lambda_max_quantile_per_h`.
        neighbours: whose mean is compared; at most a third of the states is used.

    Returns:
        Columns view, x_of and y_of (what the axes are), x, y, value, rho (see
        `neighbour_correlation`; the same in all rows of a view) with low and high, its 95 %
        interval by Fisher's z.
    """
    known = np.isfinite(values)
    judged = known & (np.arange(len(values)) % 2 == 1)
    table = state_correlations(network, states[::2], values[::2])
    pair = list(table.name[table.kind == "concentration"].head(2))
    concentrations = states.dataset.concentration.sel(metabolite=pair).values
    planes = {
        MAP: (chart.xy, ("map, first axis", "map, second axis")),
        COMPONENTS: (chart.components[:, :2], ("first component", "second component")),
        METABOLITES: (np.log10(concentrations), tuple(pair)),
    }
    parts = []
    for view, (plane, axes) in planes.items():
        rho = neighbour_correlation(plane[judged], values[judged], neighbours=neighbours)
        half = 1.96 / np.sqrt(max(judged.sum() - 3, 1))
        low, high = np.tanh(np.arctanh(rho) + np.array([-half, half]))
        xy = concentrations if view == METABOLITES else plane
        parts.append(
            pd.DataFrame(
                {"view": view, "x_of": axes[0], "y_of": axes[1], "x": xy[:, 0], "y": xy[:, 1],
                 "value": values, "rho": rho, "low": low, "high": high}
            )[known]
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def best_view(table: pd.DataFrame) -> str:
    """In one sentence which view says most, or that none does or that this cannot be told.

    Args:
        table: as from `state_views`.
    """
    rows = table.drop_duplicates("view").sort_values("rho", ascending=False, kind="stable")
    first, *others = list[Any](rows.itertuples())
    if first.high - first.low > TELLING:
        return "Too few states to tell which view says how fast models are"
    if first.low <= 0:
        return "No view of the states tells how fast their models are"
    if all(first.low > other.rho for other in others):
        return f"Of these views the {_plain(first.view)} tell most about how fast models are"
    return "No view of the states tells more than another about how fast their models are"


def _plain(view: str) -> str:
    return f"axes of the {view}" if view == MAP else view


def neighbour_correlation(plane: Array, values: Array, *, neighbours: int = NEIGHBOURS) -> float:
    """Rank correlation of a number of each point with its mean over the nearest other points.

    Args:
        plane: (points, 2); each axis counts in units of its standard deviation.
        values: (points,).
        neighbours: how many; at most a third of the points is used.

    Raises:
        ParameterError: fewer than six points.

    >>> x = np.random.default_rng(1).normal(size=(200, 2))
    >>> neighbour_correlation(x, x[:, 0]) > 0.9
    True
    """
    n = len(values)
    if n < 6:
        raise ParameterError(f"{n} points have no neighbourhoods; give at least 6")
    scaled = plane / plane.std(axis=0)
    near = KDTree(scaled).query(scaled, k=min(neighbours, n // 3) + 1)[1][:, 1:]
    return float(stats.spearmanr(values, values[near].mean(axis=1)).statistic)
