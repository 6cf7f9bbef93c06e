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
from renaissance_kit.simulation.dynamics import GROWTH
from renaissance_kit.simulation.fit import Fit, MeasuredCurve, fit_of
from renaissance_kit.simulation.integrators import Outcome

CARRIERS = (("nitrogen", "N", "nh4_e"), ("phosphorus", "P", "pi_e"), ("carbon", "C", "glc__D_e"))
SHAPED = ("biomass", "glucose", "anthranilate")
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


def shape_table(result: BioreactorResult, curves: Sequence[MeasuredCurve]) -> pd.DataFrame:
    """What the curves look like, one row a model, labelled by it, and one ``measured``.

    Columns: growth_rate_per_h (mean over the first 8 h), growth_ends_h (biomass reaches 90 % of
    its last value), glucose_left_g_L (at the end), glucose_late_share (of the glucose used, that
    used in the last 24 h), anthranilate_saturates_h (90 % of its last value). Needs the curves
    biomass, glucose and anthranilate. Models that did not finish have NaN.
    """
    named = {curve.quantity: curve for curve in curves}
    missing = set(SHAPED) - set(named)
    if missing:
        raise ParameterError(f"no curve of {', '.join(sorted(missing))}; give all three")
    end = float(result.dataset.time_h.values[-1])
    times = result.dataset.time_h.values
    simulated = [named[quantity].simulated(result, times) for quantity in SHAPED]
    rows = [
        _shape(biomass, glucose, product, times)
        for biomass, glucose, product in zip(*simulated, strict=True)
    ]
    common = np.unique(np.concatenate([curve.course.time_h for curve in curves]))
    common = common[common <= end]
    courses = [named[quantity].course for quantity in SHAPED]
    x, s, p = (np.interp(common, c.time_h, c.value) for c in courses)
    measured = _shape(x, s, p, common)
    labels = [str(m) for m in result.dataset.model.values]
    return pd.DataFrame([*rows, measured], index=[*labels, "measured"])


def _shape(biomass: Array, glucose: Array, product: Array, times: Array) -> dict[str, float]:
    end = float(times[-1])
    if not (np.isfinite(biomass[-1]) and np.isfinite(glucose[-1]) and np.isfinite(product[-1])):
        return dict.fromkeys(
            ("growth_rate_per_h", "growth_ends_h", "glucose_left_g_L", "glucose_late_share",
             "anthranilate_saturates_h"), np.nan,
        )  # fmt: skip
    early = min(8.0, end)
    late = float(np.interp(max(end - 24.0, 0.0), times, glucose)) - glucose[-1]
    return {
        "growth_rate_per_h": float(np.log(np.interp(early, times, biomass) / biomass[0]) / early),
        "growth_ends_h": _reaches(biomass, 0.9, times),
        "glucose_left_g_L": float(glucose[-1]),
        "glucose_late_share": float(late / max(glucose[0] - glucose[-1], 1e-12)),
        "anthranilate_saturates_h": _reaches(product, 0.9, times),
    }


def _reaches(values: Array, share: float, times: Array) -> float:
    """First time at which a course reaches a share of its last value, linear between points."""
    wanted = share * values[-1]
    i = int(np.argmax(values >= wanted))
    if i == 0:
        return float(times[0])
    step = (wanted - values[i - 1]) / (values[i] - values[i - 1])
    return float(times[i - 1] + step * (times[i] - times[i - 1]))


# --- why growth stops -----------------------------------------------------------------------------


def biomass_ceilings(network: Network, conditions: ReactorConditions) -> pd.DataFrame:
    """Biomass for which the medium holds enough of each element and amino acid, by stoichiometry.

    An element: what GROWTH takes out of the balance per gDW. An amino acid that no reaction makes:
    its coefficient in GROWTH. By-products and losses are not counted, so these are upper bounds.

    Returns:
        Columns what, medium (metabolite), medium_mM, per_gDW (mmol) and ceiling_gDW_L, lowest
        first.
    """
    growth = network.reactions[GROWTH].stoichiometry
    rows = []
    carriers = {
        "nitrogen": ("N", "nh4_e"),
        "phosphorus": ("P", "pi_e"),
        "carbon": ("C", "glc__D_e"),
    }
    for name, (element, metabolite) in carriers.items():
        if metabolite not in conditions.medium_mM:
            continue
        per_gdw = -sum(
            n * network.metabolites[m].formula.get(element, 0) for m, n in growth.items()
        )
        each = network.metabolites[metabolite].formula.get(element, 0)
        rows.append((name, metabolite, conditions.medium_mM[metabolite], per_gdw / each))
    for metabolite, value in conditions.medium_mM.items():
        inside = metabolite.removesuffix("_e") + "_c"
        if inside in growth and growth[inside] < 0 and not _makers(network, inside):
            name = network.metabolites[metabolite].name.removeprefix("L-").lower()
            rows.append((name, metabolite, value, -growth[inside]))
    table = pd.DataFrame(rows, columns=["what", "medium", "medium_mM", "per_gDW"])
    table["ceiling_gDW_L"] = conditions.inoculum_gDW_L + table.medium_mM / table.per_gDW
    return table.sort_values("ceiling_gDW_L", ignore_index=True)


def _makers(network: Network, metabolite: str) -> list[str]:
    """Reactions that make a metabolite from others than itself in another compartment."""
    base = metabolite.rsplit("_", 1)[0]
    found = []
    for name in network.kinetic_reactions:
        stoichiometry = network.reactions[name].stoichiometry
        elsewhere = [m for m in stoichiometry if m != metabolite and m.rsplit("_", 1)[0] == base]
        if name != GROWTH and stoichiometry.get(metabolite, 0) != 0 and not elsewhere:
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
