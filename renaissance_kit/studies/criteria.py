"""How much depends on what counts as returned? Shares by several criteria beside published ones.

Published shares of models that are back say little without the criterion. Each one here asks that a
deviation stays within a limit from then on; they differ in what the limit is relative to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.simulation.perturbation import PerturbationResult
from renaissance_kit.studies.robustness import CYTOSOL, share_interval

STEADY_STATE, DISPLACEMENT, NORM = "steady state", "displacement", "norm"
RELATIVE_TO = (STEADY_STATE, DISPLACEMENT, NORM)

LEAST_DISPLACEMENT = 0.1
"""A variable displaced by less than this share of δ counts as displaced by so much."""


@dataclass(frozen=True)
class Criterion:
    """When the variables of a group are back: a deviation stays within a limit from then on.

    Attributes:
        relative_to: ``steady state``: each |c/c* − 1| is at most the tolerance; ``displacement``:
            at most the tolerance times its own at the start; ``norm``: the root mean square over
            the group is at most the tolerance times that at the start.
        tolerance: above 0.
        size: δ of the perturbation. Others drive a variable away that was hardly displaced itself,
            and it would never count as back; with less than `LEAST_DISPLACEMENT` of δ it counts as
            displaced by so much, a norm too.
    """

    relative_to: str
    tolerance: float
    size: float = 0.5

    def __post_init__(self) -> None:
        require_kinds(self)
        if self.relative_to not in RELATIVE_TO:
            raise ParameterError(
                f"relative_to is {self.relative_to!r}{nearest(self.relative_to, RELATIVE_TO)} "
                f"Choose one of {', '.join(RELATIVE_TO)}"
            )
        if not self.tolerance > 0:
            raise ParameterError(f"tolerance is {self.tolerance}; give a share such as 0.01")

    @property
    def label(self) -> str:
        """The criterion in a few words."""
        percent = f"{100 * self.tolerance:g} %"
        return {
            STEADY_STATE: f"each within {percent} of the steady state",
            DISPLACEMENT: f"each within {percent} of its displacement",
            NORM: f"norm within {percent} of that at the start",
        }[self.relative_to]

    @property
    def least(self) -> float:
        """Displacement that one that was hardly displaced counts as."""
        return LEAST_DISPLACEMENT * self.size

    def return_time_min(self, result: PerturbationResult, variables: Sequence[str]) -> Array:
        """When all the variables are back, (model, perturbation) in minutes.

        The first kept time from which on all stay within the limit; infinite where they do not, or
        where the integration did not finish.
        """
        values = result.dataset.deviation.sel(variable=list(variables)).values
        away_by = np.abs(values.astype(float))
        if self.relative_to == NORM:
            away_by = np.sqrt(np.mean(away_by**2, axis=-1, keepdims=True))
        limit = np.full_like(away_by[:, :, :1], self.tolerance)
        if self.relative_to != STEADY_STATE:
            limit *= np.maximum(away_by[:, :, :1], self.least)
        away = ~(away_by <= limit).all(axis=-1) | ~result.finished[:, :, None]
        kept = np.append(result.dataset.time_min.values, np.inf)
        first = away.shape[2] - np.argmax(away[:, :, ::-1], axis=2)
        return np.where(away.any(axis=2), kept[first], kept[0])

    def needed_per_h(self, minutes: float) -> float:
        """The λmax with which δ·exp(λmax t) comes within the limit in that time, in 1/h."""
        start = self.size if self.relative_to == STEADY_STATE else 1.0
        return min(0.0, float(np.log(self.tolerance / start)) * 60 / minutes)


def all_criteria(tolerances: Iterable[float], *, size: float) -> tuple[Criterion, ...]:
    """Each kind of criterion with each tolerance.

    >>> [c.label for c in all_criteria([0.01], size=0.5)][0]
    'each within 1 % of the steady state'
    """
    return tuple(Criterion(kind, t, size) for kind in RELATIVE_TO for t in sorted(set(tolerances)))


def hardly_displaced(
    result: PerturbationResult, variables: Sequence[str], criterion: Criterion
) -> float:
    """Share of the variables, over all perturbed models, that start within ``criterion.least``."""
    start = result.dataset.deviation.isel(time_min=0).sel(variable=list(variables))
    return float((np.abs(start.values) < criterion.least).mean())


def generator_table(
    results: Mapping[str, PerturbationResult],
    lambda_max_per_h: Mapping[str, Array],
    *,
    tolerance: float,
) -> pd.DataFrame:
    """How fast the models of each generator are, and how many of them ever come back.

    Args:
        results: of the same perturbation, by the name of what made the models.
        lambda_max_per_h: of the models, by the same names.
        tolerance: largest |c/c* − 1| of what has returned.

    Returns:
        One row a generator: generator, models, median_lambda_max_per_h, ever (share in which all
        metabolites and growth are back by the last kept time) and its 95 % interval ever_low,
        ever_high.
    """
    rows = []
    for name, result in results.items():
        back = np.isfinite(result.return_time_min(tolerance).max(axis=-1))
        low, high = share_interval(back)
        rows.append(
            {
                "generator": name,
                "models": len(back),
                "median_lambda_max_per_h": float(np.median(lambda_max_per_h[name])),
                "ever": float(back.mean()),
                "ever_low": low,
                "ever_high": high,
            }
        )
    return pd.DataFrame(rows)


def criteria_shares(
    results: Mapping[str, PerturbationResult],
    asked: Iterable[tuple[str, float]],
    groups: Mapping[str, Sequence[str]],
    chosen: Iterable[Criterion],
    *,
    paper: Mapping[tuple[str, float], float] | None = None,
) -> pd.DataFrame:
    """Share of models that are back, by generator, criterion, group and time.

    Args:
        results: as in `generator_table`.
        asked: groups and minutes.
        groups: as from `renaissance_kit.studies.variable_groups`.
        chosen: criteria.
        paper: published shares by group and minutes.

    Returns:
        generator, criterion, group, time_min, share, its 95 % interval low and high, and paper
        (NaN where nothing is published). The last kept time of all cytosolic metabolites is always
        there: the share that ever returns.
    """
    rows: list[dict[str, Any]] = []
    pairs = list(asked)
    for name, result in results.items():
        last = (CYTOSOL, float(result.dataset.time_min.values[-1]))
        for criterion in chosen:
            back = {g: criterion.return_time_min(result, groups[g]) for g in groups}
            for group, minutes in dict.fromkeys([*pairs, last]):
                returned = back[group] <= minutes
                low, high = share_interval(returned)
                rows.append(
                    {
                        "generator": name,
                        "criterion": criterion.label,
                        "group": group,
                        "time_min": float(minutes),
                        "share": float(returned.mean()),
                        "low": low,
                        "high": high,
                        "paper": (paper or {}).get((group, minutes), np.nan),
                    }
                )
    return pd.DataFrame(rows)


def share_name(group: str, time_min: float) -> str:
    """Name of a share as a column: ``growth, 24 min``."""
    return f"{group}, {time_min:g} min"


def criteria_table(shares: pd.DataFrame, generators: pd.DataFrame) -> pd.DataFrame:
    """One row a generator and criterion, the nearest to the published shares first.

    Args:
        shares: as from `criteria_shares`.
        generators: as from `generator_table`.

    Returns:
        generator, median_lambda_max_per_h, criterion, a column for each share (`share_name`), and
        against the published ones largest_difference, of_share (which one differs so much) and
        inside (how many lie in the 95 % interval of ours); these are NaN, empty and 0 without
        published shares, and the order is that of the shares.
    """
    speed = dict(zip(generators.generator, generators.median_lambda_max_per_h, strict=True))
    rows = []
    for (generator, criterion), part in shares.groupby(["generator", "criterion"], sort=False):
        names = [share_name(g, t) for g, t in zip(part.group, part.time_min, strict=True)]
        apart = (part.share - part.paper).abs().set_axis(names)
        known = bool(apart.notna().any())
        rows.append(
            {
                "generator": generator,
                "median_lambda_max_per_h": speed[str(generator)],
                "criterion": criterion,
                **dict(zip(names, part.share, strict=True)),
                "largest_difference": float(apart.max()),
                "of_share": str(apart.idxmax()) if known else "",
                "inside": int(((part.low <= part.paper) & (part.paper <= part.high)).sum()),
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("largest_difference", kind="stable", ignore_index=True)
