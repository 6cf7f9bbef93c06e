"""Which intracellular states support fast dynamics, and what sets them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.landscape import (
    bounds_of,
    resample,
    running_quantiles,
    threshold_of,
)
from renaissance_kit.analysis.relaxation import relaxation_limits
from renaissance_kit.analysis.unbiased import UnbiasedModels
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.search.survey import Survey
from renaissance_kit.states.sampling import StateSpace
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.turnover import turnover_times_min

UNBIASED, DESCENT, SEARCH = "unbiased models", "first descent", "whole search"
EFFORTS = (UNBIASED, DESCENT, SEARCH)
"""Ways to look for a valid model at a state, the least effort first."""

CENTRAL = (0.5, 0.8, 1.0)  # shares of the members that bounds cover; the first with room is taken


@dataclass(frozen=True)
class Surveyed:
    """Some states, with what random constants give at each and what a search finds there.

    Attributes:
        states: the population.
        unbiased: models at each.
        survey: the fastest model found at each.
    """

    states: SteadyStates
    unbiased: UnbiasedModels
    survey: Survey

    def found_by(self, effort: str) -> NDArray[np.bool_]:
        """(states,) True where one of `EFFORTS` found a valid model."""
        if effort == UNBIASED:
            return self.unbiased.supports
        return self.survey.first_descent if effort == DESCENT else self.survey.fast


def share_table(groups: Mapping[str, NDArray[np.bool_]]) -> pd.DataFrame:
    """Shares of states, by population: population, states, count, share, low, high.

    low and high are the 95 % Wilson interval.

    Args:
        groups: (states,) which states of each population are counted.
    """
    rows = []
    for name, flags in groups.items():
        n, count = len(flags), int(np.sum(flags))
        rows.append((name, n, count, count / n, *wilson_interval(count, n)))
    columns = ["population", "states", "count", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def share_row(table: pd.DataFrame, population: str) -> Any:
    """The row of a population in a `share_table`, with the columns as attributes."""
    return next(row for row in table.itertuples(index=False) if row.population == population)


def without_model(populations: Mapping[str, Surveyed]) -> pd.DataFrame:
    """States without a valid model: the columns of `share_table`, and effort, of `EFFORTS`."""
    parts = []
    for name, one in populations.items():
        part = share_table({effort: ~one.found_by(effort) for effort in EFFORTS})
        part = part.rename(columns={"population": "effort"})
        part.insert(0, "population", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def unbiased_table(populations: Mapping[str, Surveyed]) -> pd.DataFrame:
    """What random constants give in each population.

    Returns:
        population, states, models (at each), supporting (states), incidence (mean share of valid
        models), and ``q10``, ``q50``, ``q90`` over the states of the 5 % quantile of λmax (1/h).
    """
    rows = []
    for name, one in populations.items():
        found = one.unbiased
        quantiles = np.nanquantile(found.lambda_max_quantile_per_h, [0.1, 0.5, 0.9])
        rows.append(
            (name, len(found), found.models, int(found.supports.sum()), found.incidence.mean(),
             *quantiles)
        )  # fmt: skip
    columns = ["population", "states", "models", "supporting", "incidence", "q10", "q50", "q90"]
    return pd.DataFrame(rows, columns=columns)


def bounds_with_room(
    space: StateSpace, network: Network, states: SteadyStates, members: NDArray[np.bool_]
) -> tuple[dict[str, tuple[float, float]], float] | None:
    """Bounds of some states in which the constraints can be met.

    Args:
        space: that the states come from.
        members: (states,) which make the bounds.

    Returns:
        The bounds, and the share of the members that each of them covers, the first of `CENTRAL`
        that leaves room. None where none does.
    """
    for central in CENTRAL:
        bounds = bounds_of(network, states, members, central=central)
        if space.within(bounds).has_room():
            return bounds, central
    return None


def new_states(
    space: StateSpace,
    network: Network,
    states: SteadyStates,
    members: NDArray[np.bool_],
    n: int,
    *,
    seed: int,
    steps_per_dimension: int = 16,
) -> tuple[SteadyStates, float] | None:
    """Draw new states inside the bounds of some states.

    Args:
        space: that the states come from.
        members: (states,) which make the bounds.
        n: states to draw.
        steps_per_dimension: of the sampler, between two states.

    Returns:
        The states, and the share of the members that each bound covers, the first of `CENTRAL`
        that leaves room. None with fewer than two members, or without room.
    """
    found = None if members.sum() < 2 else bounds_with_room(space, network, states, members)
    if found is None:
        return None
    bounds, central = found
    drawn = resample(space, bounds, n, seed=seed, steps_per_dimension=steps_per_dimension)
    return drawn, central


def concentration_points(
    states: SteadyStates, lambda_max_per_h: Array, metabolites: Sequence[str]
) -> pd.DataFrame:
    """metabolite, concentration_mM and lambda_max_per_h of each state, row by row."""
    return pd.concat(
        pd.DataFrame(
            {
                "metabolite": name,
                "concentration_mM": states.dataset.concentration.sel(metabolite=name).values,
                "lambda_max_per_h": lambda_max_per_h,
            }
        )
        for name in metabolites
    ).dropna()


def running_table(points: pd.DataFrame) -> pd.DataFrame:
    """`renaissance_kit.analysis.running_quantiles` of each metabolite of `concentration_points`."""
    return pd.concat(
        running_quantiles(
            part.concentration_mM.to_numpy(), part.lambda_max_per_h.to_numpy()
        ).assign(metabolite=name)
        for name, part in points.groupby("metabolite", sort=False)
    )


def threshold_table(
    states: SteadyStates,
    supports: NDArray[np.bool_],
    ranges: pd.DataFrame,
    metabolites: Sequence[str],
    *,
    seed: int,
) -> pd.DataFrame:
    """The concentration that divides supporting states from the others best.

    Args:
        supports: (states,) such as `UnbiasedModels.supports`; of both kinds.
        ranges: of all metabolites, as from `renaissance_kit.analysis.ranges_of_metabolites`.
        metabolites: for which to look.

    Returns:
        metabolite, the attributes of `renaissance_kit.analysis.Threshold`, and q and found of
        ``ranges``.
    """
    by_name = ranges.set_index("metabolite")
    rows = []
    for name in metabolites:
        x = states.dataset.concentration.sel(metabolite=name).values
        best = threshold_of(x, supports, seed=seed)
        row = by_name.loc[name]
        rows.append({"metabolite": name, **vars(best), "q": row.q, "found": row.found})
    return pd.DataFrame(rows)


@single_threaded()
def participation(models: KineticModels) -> pd.Series:
    """Share of each independent metabolite in the slowest mode of one model.

    The participation |w_i u_i| of the right and left eigenvectors of the rightmost eigenvalue,
    scaled to a sum of 1: it does not depend on units (Pérez-Arriaga et al. 1982 IEEE Trans Power
    Appar Syst 101:3117).
    """
    values, left, right = scipy.linalg.eig(models.jacobians_per_h()[0], left=True)
    k = int(values.real.argmax())
    size = np.abs(left[:, k].conj() * right[:, k])
    return pd.Series(size / size.sum(), index=list(models.network.independent))


def slow_modes(network: Network, states: SteadyStates, unbiased: UnbiasedModels) -> pd.DataFrame:
    """What dominates the slowest mode at each state, in the unbiased model nearest to the quantile.

    Args:
        states: in which those of ``unbiased`` are.
        unbiased: the model is the one with λmax nearest to its 5 % quantile.

    Returns:
        state, supports, lambda_max_per_h (of the model), metabolite (of the largest
        participation), participation, turnover_min (of it) and limit_per_h (how fast it could
        relax by itself at best, `renaissance_kit.analysis.relaxation_limits`).
    """
    place = {int(s): i for i, s in enumerate(states.dataset.state.values)}
    values = unbiased.lambda_max_per_h
    away = np.abs(values - unbiased.lambda_max_quantile_per_h[:, None])
    positions = np.flatnonzero(np.isfinite(away).any(axis=1))
    chosen = [(int(i), int(np.nanargmin(away[i]))) for i in positions]
    turnover = turnover_times_min(network, states)
    ranges = KMRanges.of(network)
    rows = []
    with single_threaded():
        for (i, k), model in zip(chosen, unbiased.each_model(network, states, chosen), strict=True):
            number = int(unbiased.numbers[i])
            shares = participation(model)
            name = str(shares.idxmax())
            limits = relaxation_limits(model, ranges)
            rate = dict(zip(limits.names, limits.rate_per_h, strict=True))
            column = network.dynamic.index(name)
            rows.append(
                (number, bool(unbiased.supports[i]), values[i, k], name, shares.max(),
                 turnover[place[number], column], rate.get(name, np.nan))
            )  # fmt: skip
    columns = [
        "state", "supports", "lambda_max_per_h", "metabolite", "participation", "turnover_min",
        "limit_per_h",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def slow_mode_table(modes: pd.DataFrame) -> pd.DataFrame:
    """`slow_modes` by metabolite: states, of these supporting, medians; most states first."""
    return (
        modes.groupby("metabolite")
        .agg(
            states=("state", "size"),
            supporting=("supports", "sum"),
            participation=("participation", "median"),
            turnover_min=("turnover_min", "median"),
            limit_per_h=("limit_per_h", "median"),
            lambda_max_per_h=("lambda_max_per_h", "median"),
        )
        .sort_values("states", ascending=False)
    )
