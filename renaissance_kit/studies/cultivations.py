"""Cultivations against measured curves, in richer media, and of engineered strains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import (
    Bioreactor,
    BioreactorResult,
    cultivate,
    engineered,
)
from renaissance_kit.simulation.conditions import ReactorConditions
from renaissance_kit.simulation.fit import Fit, MeasuredCurve, fit_of
from renaissance_kit.simulation.integrators import Outcome

ELEMENTS = {"nitrogen": "N", "phosphorus": "P", "carbon": "C"}
MATCHING, BEST, OTHER = "matching", "best", "other"


def cultivation_outcomes(result: BioreactorResult) -> pd.DataFrame:
    """How the integrations ended: outcome, meaning, models and an example of the reason."""
    outcome, reason = result.dataset.outcome.values, result.dataset.reason.values
    rows = []
    for kind in Outcome:
        which = outcome == kind
        if which.any():
            rows.append((kind.name, kind.meaning, int(which.sum()), str(reason[which][0])))
    return pd.DataFrame(rows, columns=["outcome", "meaning", "models", "example"])


# --- beside the measurements ----------------------------------------------------------------------


def measured_table(curves: Sequence[MeasuredCurve]) -> pd.DataFrame:
    """The measured points: quantity, unit, time_h, value, low, high, uncertainty, strain."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "quantity": curve.quantity,
                    "unit": curve.unit,
                    "time_h": curve.course.time_h,
                    "value": curve.course.value,
                    "low": curve.course.low,
                    "high": curve.course.high,
                    "uncertainty": curve.uncertainty,
                    "strain": curve.course.strain,
                }
            )
            for curve in curves
        ],
        ignore_index=True,
    )


def course_table(
    result: BioreactorResult,
    fit: Fit,
    curves: Sequence[MeasuredCurve],
    *,
    best: int = 10,
    background: int = 80,
    every_h: float = 1.0,
) -> pd.DataFrame:
    """Simulated courses in the units of the measurements.

    Args:
        best: that are shown where no model matches.
        background: others that are shown: the first ones, which is as good as a random choice.
        every_h: time between two points.

    Returns:
        Columns model, group (matching, best or other), quantity, time_h, value.
    """
    positions, groups = _chosen(fit, best, background)
    times = _times(result, every_h)
    parts = []
    for curve in curves:
        values = curve.simulated(result, times)[positions]
        parts.append(
            pd.DataFrame(
                {
                    "model": np.repeat(fit.models[positions], len(times)),
                    "group": np.repeat(groups, len(times)),
                    "quantity": curve.quantity,
                    "time_h": np.tile(times, len(positions)),
                    "value": values.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def misfit_table(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """Misfits of one or several groups of models, long: group, model, curve, misfit.

    The curve ``all`` is the worst of a model's curves. Models that did not finish are left out.
    """
    rows = []
    for group, fit in fits.items():
        done = fit.finished
        for name, values in [*zip(fit.quantities, fit.misfit.T, strict=True), ("all", fit.worst)]:
            rows.append(
                pd.DataFrame(
                    {"group": group, "model": fit.models[done], "curve": name,
                     "misfit": values[done]}
                )
            )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def matches_by_cut(fit: Fit, cuts: Sequence[float]) -> pd.DataFrame:
    """Models that match each curve, and all of them, at several cuts."""
    rows = []
    for cut in cuts:
        matched = replace(fit, cut=cut)
        row: dict[str, Any] = {"cut": cut}
        row |= dict(zip(fit.quantities, matched.matched.sum(axis=0).tolist(), strict=True))
        rows.append({**row, "all": int(matched.matches.sum())})
    return pd.DataFrame(rows)


# --- why growth stops -----------------------------------------------------------------------------


def biomass_ceilings(network: Network, conditions: ReactorConditions) -> pd.DataFrame:
    """Biomass for which the medium holds enough of each element and nutrient, by stoichiometry.

    An element: what growth takes out of the balance per gDW, from the substance that brings most
    of it. A nutrient that growth takes and no reaction makes: its coefficient in the growth
    reaction. By-products and losses are not counted, so these are upper bounds.

    Returns:
        Columns what, medium (metabolite), medium_mM, per_gDW (mmol) and ceiling_gDW_L, lowest
        first.

    Raises:
        DataError: the network has no growth reaction.
    """
    growth = network.reactions[network.require_growth("a ceiling of biomass")].stoichiometry
    rows = []
    for name, element in ELEMENTS.items():
        atoms = {m: network.metabolites[m].formula.get(element, 0) for m in network.metabolites}
        per_gdw = -sum(n * atoms[m] for m, n in growth.items())
        brought = {m: v * atoms[m] for m, v in conditions.medium_mM.items() if v * atoms[m] > 0}
        if brought and per_gdw > 1e-9:
            most = max(brought, key=lambda m: brought[m])
            rows.append((name, most, conditions.medium_mM[most], per_gdw / atoms[most]))
    for metabolite, value in conditions.medium_mM.items():
        inside = network.counterpart(metabolite, network.cytosol)
        if inside in growth and growth[inside] < 0 and not _makers(network, inside):
            rows.append((plain_name(network, metabolite), metabolite, value, -growth[inside]))
    table = pd.DataFrame(rows, columns=["what", "medium", "medium_mM", "per_gDW"])
    table["ceiling_gDW_L"] = conditions.inoculum_gDW_L + table.medium_mM / table.per_gDW
    return table.sort_values("ceiling_gDW_L", ignore_index=True)


def plain_name(network: Network, metabolite: str) -> str:
    """A substance in words, as ``tryptophan`` for L-Tryptophan."""
    name = network.metabolites[metabolite].name
    return name.removeprefix("L-").removeprefix("D-").lower()


def _makers(network: Network, metabolite: str) -> list[str]:
    """Reactions that make a metabolite from others than itself in another compartment."""
    base = network.metabolites[metabolite].base
    found = []
    for name in network.kinetic_reactions:
        stoichiometry = network.reactions[name].stoichiometry
        elsewhere = [
            m for m in stoichiometry if m != metabolite and network.metabolites[m].base == base
        ]
        if name != network.growth and stoichiometry.get(metabolite, 0) != 0 and not elsewhere:
            found.append(name)
    return found


def changed_media(
    models: KineticModels,
    reactor: Bioreactor,
    media: Mapping[str, Mapping[str, float]],
    *,
    watched: Sequence[str],
    every_h: float = 1.0,
    run: Run = RUN,
) -> pd.DataFrame:
    """Cultivations in media with other concentrations.

    Args:
        media: by name, factors on the concentrations of metabolites of the medium.
        watched: metabolites of the medium to keep.
        every_h: time between two points.
        run: workers, store, progress and stop of each cultivation.

    Returns:
        Columns medium, model, finished, time_h, biomass (gDW/L), growth_rate (1/h) and the watched
        metabolites (mM).

    Raises:
        ParameterError: a metabolite that is not in the medium of the reactor.
    """
    parts = []
    for name, factors in media.items():
        given = reactor.conditions.medium_mM
        for metabolite in factors:
            if metabolite not in given:
                raise ParameterError(f"{name}: {metabolite!r}{nearest(metabolite, list(given))}")
        richer = reactor.conditions.but(medium_mM={m: f * given[m] for m, f in factors.items()})
        result = cultivate(models, replace(reactor, conditions=richer), run=run)
        times = _times(result, every_h)
        n = result.dataset.sizes["model"]
        columns = {v: result.at(v, times).ravel() for v in ("biomass", *watched)}
        kept = result.dataset.time_h.values
        growth = [np.interp(times, kept, rate) for rate in result.dataset.growth_rate.values]
        parts.append(
            pd.DataFrame(
                {
                    "medium": name,
                    "model": np.repeat(result.dataset.model.values, len(times)),
                    "finished": np.repeat(result.finished, len(times)),
                    "time_h": np.tile(times, n),
                    "growth_rate": np.array(growth).ravel(),
                    **columns,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


# --- engineered strains ---------------------------------------------------------------------------


def predicted_strain(
    models: KineticModels,
    reactor: Bioreactor,
    reactions: Sequence[str],
    factors: Sequence[float],
    curves: Sequence[MeasuredCurve],
    *,
    every_h: float = 1.0,
    run: Run = RUN,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Courses of a strain in which some enzymes are overexpressed, for several factors on Vmax.

    Args:
        reactor: with the measured start of the strain.
        reactions: whose maximal velocities are multiplied.
        curves: measured on the strain; the models have not seen them.
        every_h: time between two points.
        run: workers, store, progress and stop of each cultivation.

    Returns:
        Courses (strain, factor, model, quantity, time_h, value) and misfits (strain, factor, model,
        quantity, misfit, last, measured_last; the last values in the units of the measurements).
    """
    courses, misfits = [], []
    for factor in factors:
        strain = engineered(reactor, dict.fromkeys(reactions, float(factor)))
        result = cultivate(models, strain, run=run)
        fit = fit_of(result, curves)
        times = _times(result, every_h)
        for j, curve in enumerate(curves):
            values = curve.simulated(result, times)
            common = {"strain": curve.course.strain, "factor": factor, "quantity": curve.quantity}
            courses.append(
                pd.DataFrame(
                    {
                        **common,
                        "model": np.repeat(fit.models, len(times)),
                        "time_h": np.tile(times, len(fit)),
                        "value": values.ravel(),
                    }
                )
            )
            last = curve.course.time_h <= times[-1]
            misfits.append(
                pd.DataFrame(
                    {
                        **common,
                        "model": fit.models,
                        "misfit": fit.misfit[:, j],
                        "last": values[:, -1],
                        "measured_last": float(curve.course.value[last][-1]),
                    }
                )
            )
    return pd.concat(courses, ignore_index=True), pd.concat(misfits, ignore_index=True)


# --- inside the cell ------------------------------------------------------------------------------


def inside_table(
    result: BioreactorResult,
    fit: Fit,
    models: KineticModels,
    metabolites: Sequence[str],
    *,
    best: int = 10,
    background: int = 40,
    every_h: float = 0.5,
) -> pd.DataFrame:
    """Intracellular courses relative to the steady state: model, group, metabolite, time_h, ratio.

    Args:
        best, background: see `course_table`.
    """
    positions, groups = _chosen(fit, best, background)
    times = _times(result, every_h)
    index, steady = models.network.species_index, models.state.concentrations_mM
    parts = []
    for name in metabolites:
        ratio = result.at(name, times)[positions] / steady[index[name]]
        parts.append(
            pd.DataFrame(
                {
                    "model": np.repeat(fit.models[positions], len(times)),
                    "group": np.repeat(groups, len(times)),
                    "metabolite": name,
                    "time_h": np.tile(times, len(positions)),
                    "ratio": ratio.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _chosen(fit: Fit, best: int, background: int) -> tuple[NDArray[np.int64], list[str]]:
    """Positions of the models to show, the background first, and the group of each."""
    shown = fit.shown(best)
    others = np.flatnonzero(fit.finished & ~np.isin(np.arange(len(fit)), shown))[:background]
    group = MATCHING if fit.matches.any() else BEST
    positions = np.concatenate([others, shown]).astype(np.int64)
    return positions, [OTHER] * len(others) + [group] * len(shown)


def _times(result: BioreactorResult, every_h: float) -> Array:
    end = float(result.dataset.time_h.values[-1])
    times = np.arange(0.0, end + 1e-9, every_h)
    return times if times[-1] == end else np.append(times, end)
