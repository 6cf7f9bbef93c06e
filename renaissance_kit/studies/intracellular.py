"""Which intracellular states allow fast dynamics, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.analysis.landscape import (
    bounds_of,
    resample,
    running_quantiles,
    threshold_of,
)
from renaissance_kit.analysis.relaxation import relaxation_limits
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import Status
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.search.survey import Survey
from renaissance_kit.states.sampling import StateSpace
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.turnover import turnover_times_min

OTHERS = {"fast": "slow", "first_descent": "failed"}
CENTRAL = (0.5, 0.8, 1.0)  # shares of the members that bounds cover; the first with room is taken


def share_table(surveys: Mapping[str, Survey], *, of: str = "fast") -> pd.DataFrame:
    """States that are fast, by population: population, states, fast, share, low, high, slow …

    low and high are the 95 % Wilson interval of the share of fast states; ``slow_share``,
    ``slow_low`` and ``slow_high`` are of the others.

    Args:
        surveys: by population.
        of: "fast", or "first_descent" for the states at which the first descent succeeded, with
            ``failed_…`` in place of ``slow_…``.

    Raises:
        ParameterError: another ``of``.
    """
    if of not in OTHERS:
        raise ParameterError(f"of is {of!r}; give one of {', '.join(OTHERS)}")
    rows = []
    for name, survey in surveys.items():
        n, good = len(survey), int(getattr(survey, of).sum())
        low, high = wilson_interval(good, n)
        slow_low, slow_high = wilson_interval(n - good, n)
        rows.append((name, n, good, good / n, low, high, 1 - good / n, slow_low, slow_high))
    rest = [f"{OTHERS[of]}_{name}" for name in ("share", "low", "high")]
    return pd.DataFrame(rows, columns=["population", "states", of, "share", "low", "high", *rest])


def share_row(table: pd.DataFrame, population: str) -> Any:
    """The row of a population in a `share_table`, with the columns as attributes."""
    return next(row for row in table.itertuples(index=False) if row.population == population)


@dataclass(frozen=True)
class MoreEffort:
    """Slow states of a survey that were searched again with more effort.

    Attributes:
        survey: of all states.
        before, after: of those that were searched again; empty if none was.
    """

    survey: Survey
    before: Survey
    after: Survey

    @classmethod
    def of(cls, survey: Survey, again: tuple[Survey, Survey] | None) -> MoreEffort:
        """From what `renaissance_kit.search.repeated` returned, or None without such a search."""
        none = survey.select(np.array([], dtype=np.int64))
        return cls(survey, *(again or (none, none)))

    @property
    def tried(self) -> int:
        """Number of slow states that were searched again."""
        return len(self.after)

    @property
    def turned(self) -> int:
        """Number of these that turned fast."""
        return int(self.after.fast.sum())

    @property
    def turned_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share that turned; 0 to 1 if none was tried."""
        return wilson_interval(self.turned, self.tried) if self.tried else (0.0, 1.0)

    @property
    def slow_share(self) -> float:
        """Share of all states that stay slow if slow states turn at that rate."""
        slow = 1 - int(self.survey.fast.sum()) / len(self.survey)
        return slow * (1 - self.turned / self.tried) if self.tried else slow

    @property
    def slow_interval(self) -> tuple[float, float]:
        """That share with the ends of both intervals."""
        n = len(self.survey)
        low, high = wilson_interval(n - int(self.survey.fast.sum()), n)
        turned_low, turned_high = self.turned_interval
        return low * (1 - turned_high), high * (1 - turned_low)


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
    states: SteadyStates, survey: Survey, metabolites: Sequence[str]
) -> pd.DataFrame:
    """metabolite, concentration_mM and lambda_max_per_h after the first descent, row by row."""
    return pd.concat(
        pd.DataFrame(
            {
                "metabolite": name,
                "concentration_mM": states.dataset.concentration.sel(metabolite=name).values,
                "lambda_max_per_h": survey.first_lambda_max_per_h,
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
    survey: Survey,
    ranges: pd.DataFrame,
    metabolites: Sequence[str],
    *,
    seed: int,
) -> pd.DataFrame:
    """The concentration that divides success of the first descent from failure best.

    Args:
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
        best = threshold_of(x, survey.first_descent, seed=seed)
        row = by_name.loc[name]
        rows.append({"metabolite": name, **vars(best), "q": row.q, "found": row.found})
    return pd.DataFrame(rows)


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


def slow_modes(network: Network, states: SteadyStates, survey: Survey) -> pd.DataFrame:
    """What dominates the slowest mode of the fastest model where the first descent failed.

    Returns:
        state, lambda_max_per_h, metabolite (of the largest participation), participation,
        limit_per_h (of that metabolite by itself, `renaissance_kit.analysis.relaxation`),
        turnover_min (of it), slowest_metabolite and slowest_limit_per_h (the least limit of all).
        States without eigenvalues are left out.
    """
    position = {int(s): i for i, s in enumerate(states.dataset.state.values)}
    status = survey.dataset.status.values
    known = np.isin(status, (Status.VALID, Status.SLOW, Status.UNSTABLE))
    chosen = np.flatnonzero(known & ~survey.first_descent)
    if not len(chosen):
        columns = [
            "state", "lambda_max_per_h", "metabolite", "participation", "limit_per_h",
            "turnover_min", "slowest_metabolite", "slowest_limit_per_h",
        ]  # fmt: skip
        return pd.DataFrame({c: [] for c in columns})
    turnover = turnover_times_min(network, states)
    ranges = KMRanges.of(network)
    rows = []
    with threadpool_limits(limits=1, user_api="blas"):
        for i, fastest in zip(chosen, survey.each_model(network, states, chosen), strict=True):
            number = int(survey.numbers[i])
            shares = participation(fastest)
            limits = relaxation_limits(fastest, ranges)
            rate = dict(zip(limits.names, limits.rate_per_h, strict=True))
            name = str(shares.idxmax())
            least = int(np.argmin(limits.rate_per_h))
            rows.append(
                {
                    "state": number,
                    "lambda_max_per_h": survey.lambda_max_per_h[i],
                    "metabolite": name,
                    "participation": shares.max(),
                    "limit_per_h": rate.get(name, np.nan),
                    "turnover_min": turnover[position[number], network.dynamic.index(name)],
                    "slowest_metabolite": limits.names[least],
                    "slowest_limit_per_h": limits.rate_per_h[least],
                }
            )
    return pd.DataFrame(rows)


def slow_mode_table(modes: pd.DataFrame) -> pd.DataFrame:
    """`slow_modes` by metabolite: number of states, and medians of the rest; most states first."""
    return (
        modes.groupby("metabolite")
        .agg(
            states=("state", "size"),
            participation=("participation", "median"),
            turnover_min=("turnover_min", "median"),
            limit_per_h=("limit_per_h", "median"),
            lambda_max_per_h=("lambda_max_per_h", "median"),
        )
        .sort_values("states", ascending=False)
    )


def limits_of_metabolite(network: Network, states: SteadyStates, metabolite: str) -> pd.DataFrame:
    """One metabolite at every state: what its own speed is made of.

    Returns:
        state, concentration_mM, turnover_min, limit_per_h, throughput_mM_h, and
        ``least_saturation`` (concentration over concentration + largest KM, which no constant
        avoids).
    """
    ranges = KMRanges.of(network)
    models = KineticModels(network, states[0], ranges.middle_mM)
    column = network.dynamic.index(metabolite)
    concentration = states.dataset.concentration.sel(metabolite=metabolite).values
    turnover = turnover_times_min(network, states)[:, column]
    largest = max(
        (h for k, h in zip(ranges.names, ranges.high_mM, strict=True)
         if k.endswith(f":{metabolite}")),
        default=np.nan,
    )  # fmt: skip
    rates = []
    with threadpool_limits(limits=1, user_api="blas"):
        for state in states:
            found = relaxation_limits(models.at(state), ranges)
            rates.append(found.rate_per_h[found.names.index(metabolite)])
    return pd.DataFrame(
        {
            "state": states.dataset.state.values,
            "concentration_mM": concentration,
            "turnover_min": turnover,
            "limit_per_h": rates,
            "throughput_mM_h": 60 * concentration / turnover,
            "least_saturation": concentration / (concentration + largest),
        }
    )
