"""Are valid models robust? What perturbed models return to, when, and what holds them up.

A variable has returned when its deviation stays within a tolerance from then on. A perturbed model
whose integration did not finish has not returned, and counts in every share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import mean_interval, wilson_interval
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.network.labels import GROWTH_RATE
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.perturbation import (
    PerturbationResult,
    Return,
    compartment_members,
)

CYTOSOL = "all cytosolic"

RETURN_TIMES_MIN: Array = np.concatenate(
    [np.arange(0.0, 60.0), np.arange(60.0, 120.0, 2.0), np.geomspace(120.0, 600.0, 11)]
)
"""Minutes at which time courses are kept for a study of returns."""


def variable_groups(network: Network) -> dict[str, tuple[str, ...]]:
    """Variables that a return is asked of, then `CYTOSOL`: its metabolites together.

    The single ones are those of ``figures.csv``, kind ``variable``, by their label; growth alone
    where the table names none.
    """
    named = network.labels.get("variable", {}) or {GROWTH_RATE: GROWTH_RATE}
    known = {*network.dynamic, *(() if network.growth is None else (GROWTH_RATE,))}
    found = {label: (name,) for name, label in named.items() if name in known}
    return {**found, CYTOSOL: compartment_members(network, network.cytosol)}


# --- shares --------------------------------------------------------------------------------------


def share_interval(returned: NDArray[np.bool_]) -> tuple[float, float]:
    """95 % interval of the share of perturbed models that returned.

    Args:
        returned: (model, perturbation).

    With one perturbation of each model, or models that all did alike, Wilson's with the number of
    models; else that of the mean over the models (t), since perturbations of one model are alike.
    """
    shares = returned.mean(axis=1)
    if returned.shape[1] > 1 and len(set(shares)) > 1:
        low, high = mean_interval(shares)
        return max(low, 0.0), min(high, 1.0)
    return wilson_interval(round(float(shares.sum())), len(shares))


def return_shares(
    result: PerturbationResult,
    groups: Mapping[str, Sequence[str]],
    *,
    times_min: Iterable[float],
    tolerances: Iterable[float],
) -> pd.DataFrame:
    """Share of perturbed models that are back for good, by group, tolerance and time.

    Args:
        groups: as from `variable_groups`; all variables of a group must be back.

    Returns:
        group, tolerance, time_min, returned, perturbed, share, and its 95 % interval low, high.
    """
    times = list(times_min)
    rows = []
    for group, variables in groups.items():
        for tolerance in tolerances:
            back = result.return_time_min(tolerance, variables).max(axis=-1)
            rows += _shares_of({"group": group, "tolerance": tolerance}, back, times)
    return pd.DataFrame(rows)


def share_at(shares: pd.DataFrame, group: str, time_min: float, tolerance: float) -> pd.Series:
    """The row of a table of `return_shares` for a group, a time and a tolerance.

    Raises:
        ParameterError: the table has no such row.
    """
    found = shares[(shares.group == group) & (shares.time_min == time_min)]
    found = found[np.isclose(found.tolerance, tolerance)]
    if found.empty:
        raise ParameterError(
            f"no share of {group!r} at {time_min:g} min with a tolerance of {tolerance:g}; give "
            "one of the times and tolerances that the table was made with"
        )
    return found.iloc[0]


def _shares_of(
    labels: Mapping[str, Any], back_min: Array, times_min: Sequence[float]
) -> list[dict[str, Any]]:
    rows = []
    for time in times_min:
        returned = back_min <= time
        low, high = share_interval(returned)
        rows.append(
            {
                **labels,
                "time_min": float(time),
                "returned": int(returned.sum()),
                "perturbed": int(returned.size),
                "share": float(returned.mean()),
                "low": low,
                "high": high,
            }
        )
    return rows


def outcome_table(result: PerturbationResult, tolerance: float) -> pd.DataFrame:
    """What became of the perturbed models: one row a status and reason.

    Columns: status, meaning, reason, perturbed (how many), share, models (numbers of up to ten).
    """
    status = result.status(tolerance)
    table = pd.DataFrame(
        {
            "status": status.ravel(),
            "reason": result.dataset.reason.values.astype(str).ravel(),
            "model": np.repeat(result.dataset.model.values, status.shape[1]),
        }
    )
    rows = []
    for _, part in table.groupby(["status", "reason"], sort=True):
        models = sorted(set(part.model))
        named = Return(int(part.status.iloc[0]))
        rows.append(
            {
                "status": named.name,
                "meaning": named.meaning,
                "reason": part.reason.iloc[0],
                "perturbed": len(part),
                "share": len(part) / len(table),
                "models": ", ".join(map(str, models[:10])) + (" …" if len(models) > 10 else ""),
            }
        )
    return pd.DataFrame(rows)


# --- metabolites and time courses ----------------------------------------------------------------


def return_map(
    result: PerturbationResult,
    pathways: Mapping[str, str],
    *,
    tolerance: float,
    until_min: float = 60.0,
) -> pd.DataFrame:
    """In which share of the perturbed models each metabolite is back, over time.

    Args:
        pathways: group of each metabolite to show, as from
            `renaissance_kit.studies.metabolite_pathways`.

    Returns:
        metabolite, pathway, time_min, share (back for good by then; a model whose integration did
        not finish is not), and median_return_min (infinite where fewer than half return), the same
        in all rows of a metabolite.
    """
    times = result.dataset.time_min.values
    times = times[times <= until_min]
    back = result.return_time_min(tolerance, list(pathways)).reshape(-1, len(pathways))
    median = np.quantile(back, 0.5, axis=0, method="higher")
    return pd.DataFrame(
        [
            {
                "metabolite": name,
                "pathway": pathway,
                "time_min": float(time),
                "share": float((back[:, i] <= time).mean()),
                "median_return_min": float(median[i]),
            }
            for i, (name, pathway) in enumerate(pathways.items())
            for time in times
        ]
    )


def latecomers(
    result: PerturbationResult,
    variables: Sequence[str],
    *,
    times_min: Sequence[float],
    tolerance: float,
) -> pd.DataFrame:
    """Which variables hold up the return of all: one row each, the latest first.

    Returns:
        variable, last (share of perturbed models in which no other is back later; of those of
        which none stays away), median_return_min, and for each time, say 24, ``back_24_min``
        (share that has this variable back) and ``rest_24_min`` (share that has all those back
        which stand in the rows below).
    """
    back = result.return_time_min(tolerance, variables).reshape(-1, len(variables))
    median = np.quantile(back, 0.5, axis=0, method="higher")
    shares = [(back <= time).mean(axis=0) for time in times_min]
    order = np.lexsort((-median, *shares[::-1]))
    back = back[:, order]
    returned = np.isfinite(back).all(axis=1)
    table = {
        "variable": [variables[i] for i in order],
        "last": (back == back.max(axis=1, keepdims=True))[returned].sum(axis=0) / len(back),
        "median_return_min": median[order],
    }
    for time, share in zip(times_min, shares, strict=True):
        table[f"back_{time:g}_min"] = share[order]
        rest = [(back[:, i + 1 :] <= time).all(axis=1).mean() for i in range(len(order))]
        table[f"rest_{time:g}_min"] = np.array(rest)
    return pd.DataFrame(table)


def extremes(
    result: PerturbationResult, variables: Sequence[str], tolerance: float
) -> dict[str, tuple[int, int]]:
    """The perturbed models that are back ``first`` and ``last``, as positions in the result.

    By the time at which all the variables are back; among equals, also those that never are, by
    the largest deviation at the last kept time. Those whose integration did not finish are left
    out.

    Raises:
        ParameterError: no integration finished.
    """
    models, perturbations = np.nonzero(result.finished)
    if not len(models):
        raise ParameterError("no integration finished; see the reasons in the result")
    back = result.return_time_min(tolerance, variables).max(axis=-1)[models, perturbations]
    values = result.dataset.deviation.sel(variable=list(variables)).values[:, :, -1]
    rest = np.abs(values).max(axis=-1)[models, perturbations]
    order = np.lexsort((rest, back))
    return {
        name: (int(models[order[i]]), int(perturbations[order[i]]))
        for name, i in (("first", 0), ("last", -1))
    }


def time_courses(
    result: PerturbationResult, chosen: Mapping[str, tuple[int, int]], *, until_min: float = 60.0
) -> pd.DataFrame:
    """Deviations of some perturbed models: time_course, variable, time_min, deviation.

    Args:
        chosen: position of model and perturbation, by the name of the time course.
    """
    parts = []
    for name, (model, perturbation) in chosen.items():
        data = result.dataset.deviation.isel(model=model, perturbation=perturbation)
        data = data.sel(time_min=slice(0.0, until_min))
        frame = data.to_dataframe("deviation").reset_index()[["variable", "time_min", "deviation"]]
        parts.append(frame.assign(time_course=name))
    return pd.concat(parts, ignore_index=True)
