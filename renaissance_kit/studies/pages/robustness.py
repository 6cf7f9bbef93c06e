"""Notebook 03, are valid models robust?: its sizes and its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.simulation.perturbation import PerturbationResult
from renaissance_kit.studies.robustness import CYTOSOL, share_at
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent

READ_MIN = (24.0, 34.0)
"""The times that the paper reports."""

SHOWN_MIN = 60.0
"""Last time of the figures over time."""

TOLERANCES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Tolerances that are compared."""


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the runs are.

    Attributes:
        models: valid ones that are perturbed; how many, or their numbers.
        compared_models: valid ones of each other generator.
        generations: of the training with the reward of the ten fastest.
        population: generators in each of these generations.
    """

    models: int | Sequence[int]
    compared_models: int
    generations: int
    population: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "models": (6, 50, 300, 1_000),
        "compared_models": (3, 20, 100, 200),
        "generations": (1, 10, 25, 50),
        "population": (4, 20, 20, 20),
    }


def models(ensemble: KineticEnsemble, where: str) -> Text:
    """How many models there are, where from, and how fast they are."""
    constants = -60 / ensemble.lambda_max_per_h
    return Text(
        f"{len(ensemble):,} valid models from {where}. Their dominant time constants −1/λmax go "
        f"from {constants.min():.1f} to {constants.max():.1f} min, with a median of "
        f"{np.median(constants):.1f} min."
    )


def integrations(result: PerturbationResult) -> Text:
    """How many integrations reached the end, and how long they took."""
    seconds = result.dataset.seconds.values
    last_min = float(result.dataset.time_min.values[-1])
    return Text(
        f"{result.finished.sum():,} of {result.finished.size:,} integrations reached the last "
        f"time, {last_min:g} min. The others count as not returned in every share below. An "
        f"integration took {np.median(seconds):.2f} s (median), the longest {seconds.max():.1f} s."
    )


def returned(shares: pd.DataFrame) -> Text:
    """Which share of the models is back, by group.

    Args:
        shares: as from `renaissance_kit.studies.return_shares`, of one tolerance, with the times
            `READ_MIN`.
    """
    share = shares.set_index(["group", "time_min"]).share
    parts = [
        f"{group}: {percent(share[group, 24.0], 1)} back within 24 min, "
        f"{percent(share[group, 34.0], 1)} within "
        "34 min"
        for group in dict.fromkeys(shares.group)
    ]
    return Text("; ".join(parts) + ".")


def displacement(
    result: PerturbationResult, groups: Mapping[str, Sequence[str]], totals: str
) -> Text:
    """How far each variable was displaced at the start."""
    start = np.abs(result.dataset.deviation.isel(time_min=0))
    parts = [
        f"{group} {percent(float(start.sel(variable=names[0]).median()), 1)}"
        for group, names in groups.items()
        if group != CYTOSOL
    ]
    kept = (
        " A metabolite that makes up nearly all of its moiety can hardly move while the total is "
        "kept."
    )
    return Text(
        "How far they were displaced matters. Median |c/c* − 1| at the start: "
        f"{', '.join(parts)}." + (kept if totals == "keep" else "")
    )


def tolerances(by_tolerance: pd.DataFrame) -> Text:
    """How much depends on the tolerance.

    Args:
        by_tolerance: as from `renaissance_kit.studies.return_shares`, of `TOLERANCES`.
    """
    parts = []
    for tolerance in (0.01, 0.1, 0.2, 0.5):
        early, late = (share_at(by_tolerance, CYTOSOL, t, tolerance).share for t in READ_MIN)
        parts.append(
            f"{percent(early, 1)} and {percent(late, 1)} with a tolerance of {100 * tolerance:g} %"
        )
    return Text(f"All cytosolic metabolites within 24 and 34 min: {', '.join(parts)}.")


def latecomers(late: pd.DataFrame, names: Mapping[str, str]) -> Text:
    """Which metabolite is the latest, and what is left without it and without the latest ten.

    Args:
        late: as from `renaissance_kit.studies.latecomers`.
        names: of metabolites.
    """
    first, tenth = late.iloc[0], late.iloc[min(9, len(late) - 1)]
    return Text(
        f"{names.get(first.variable, first.variable)} is the latest: back in "
        f"{percent(first.back_24_min, 1)} of the models within 24 min, the last of all in "
        f"{percent(first['last'], 0)}. Without it {percent(first.rest_34_min, 1)} of the models "
        f"have all others "
        f"back within 34 min, without the latest ten metabolites {percent(tenth.rest_34_min, 1)}."
    )


def model_titles(
    result: PerturbationResult,
    ends: Mapping[str, tuple[int, int]],
    variables: Sequence[str],
    tolerance: float,
) -> dict[str, str]:
    """Titles of single models: number, by which rule they were chosen, and when they are back.

    Args:
        ends: as from `renaissance_kit.studies.extremes`.
    """
    times = result.return_time_min(tolerance, variables).max(axis=-1)
    last_min = float(result.dataset.time_min.values[-1])
    titles = {}
    for name, (model, perturbation) in ends.items():
        which, when = _name(result, model, perturbation), times[model, perturbation]
        back = f"not back within {last_min:.3g}" if np.isinf(when) else f"back after {when:.3g}"
        titles[name] = f"{which}: {name}, {back} min"
    return titles


def last_model(
    result: PerturbationResult,
    ends: Mapping[str, tuple[int, int]],
    variables: Sequence[str],
    *,
    tolerance: float,
    totals: str,
) -> Text:
    """How many models never come back, and where the last of them is at the end."""
    times = result.return_time_min(tolerance, variables).max(axis=-1)
    never = np.isinf(times)
    hours = float(result.dataset.time_min.values[-1]) / 60
    text = f"{percent(never.mean(), 1)} of the perturbed models are not back within {hours:g} h."
    model, perturbation = ends["last"]
    if not never[model, perturbation]:
        return Text(text)
    final = result.dataset.deviation.isel(model=model, perturbation=perturbation, time_min=-1)
    final = final.to_series()
    furthest = final[list(variables)].abs().idxmax()
    shown = dict.fromkeys([*final.index.intersection(["growth"]), furthest])
    where = ", ".join(
        f"{name} is then {1 + final[name]:.2g} times that of the steady state" for name in shown
    )
    why = (
        "Linear stability holds near the steady state; this perturbation pushed it out of where "
        "that is true."
        if totals == "keep"
        else "With other totals it settles at another state."
    )
    return Text(f"{text} In {_name(result, model, perturbation).lower()} {where}. {why}")


def _name(result: PerturbationResult, model: int, perturbation: int) -> str:
    number = int(result.dataset.model.values[model])
    several = result.dataset.sizes["perturbation"] > 1
    return f"Model {number}" + (f", perturbation {perturbation}" if several else "")


def generators(compared: pd.DataFrame, last_min: float) -> Text:
    """How many models of each generator ever come back.

    Args:
        compared: as from `renaissance_kit.studies.generator_table`.
    """
    parts = [
        f"{r.generator}: {percent(r.ever, 1)} ({percent(r.ever_low, 1)} to "
        f"{percent(r.ever_high, 1)}) of {r.models:,} "
        f"models with a median λmax of {r.median_lambda_max_per_h:.1f} 1/h"
        for _, r in compared.iterrows()
    ]
    return Text(
        f"Back within {last_min / 60:g} h: {'; '.join(parts)}. Validity does not promise this: "
        "choose models by simulation, as here, before they are used far from the steady state."
    )


def linear(promised: pd.DataFrame | None, by_tolerance: pd.DataFrame) -> Text:
    """How many models would be back if all were linear, beside how many are.

    Args:
        promised: `renaissance_kit.studies.return_shares` of the linear responses, if there are any.
    """
    if promised is None:
        return Text("No linear response: with resampled totals a model settles at another state.")
    parts = []
    for _, row in promised.iterrows():
        found = share_at(by_tolerance, CYTOSOL, row.time_min, row.tolerance).share
        parts.append(
            f"{percent(row.share, 1)} ({percent(found, 1)} are) within {row.time_min:g} min to "
            f"{100 * row.tolerance:g} %"
        )
    return Text(
        f"If all models were linear, all cytosolic metabolites would be back in {', '.join(parts)}."
    )
