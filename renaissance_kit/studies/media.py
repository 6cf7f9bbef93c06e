"""Why growth stops: what a medium holds enough for, and the same models in richer media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.labels import substance
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import Bioreactor, BioreactorResult, cultivate
from renaissance_kit.simulation.conditions import ReactorConditions
from renaissance_kit.studies.bioreactor import times_of
from renaissance_kit.studies.text import percent

ELEMENTS = {"nitrogen": "N", "phosphorus": "P", "carbon": "C"}
GIVEN, BOTH = "given", "both"
STOPPED = 0.98  # share of the last biomass
USED_UP = 0.05  # share of a nutrient that no longer counts


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
    return substance(network.metabolites[metabolite].name)


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


def exhausted(
    result: BioreactorResult,
    conditions: ReactorConditions,
    *,
    share: float = 0.01,
    least_mM: float = 0.01,
) -> pd.DataFrame:
    """What runs out in the medium, and when; of gases how far they fall below saturation.

    Args:
        conditions: of the simulation.
        share: of the start, or of the saturation, below which a substance counts as used up.
        least_mM: at the start, of a substance that is looked at; less is a trace, not a supply.

    Returns:
        One row a substance that is used up in some model or exchanged with a gas, the one that is
        used up in most models first: metabolite, supply (finite, or transfer with kLa), start_mM,
        lowest_mM (median over the models), used_up (models), of (models that finished) and time_h
        (median of these when it is used up; NaN where it never is).
    """
    done, times = result.finished, result.dataset.time_h.values
    rows = []
    for metabolite in dict.fromkeys([*conditions.medium_mM, *conditions.transfer]):
        gas = conditions.transfer.get(metabolite)
        course = result.time_course(metabolite)[done]
        if metabolite in conditions.held or not len(course) or not course[0, 0] >= least_mM:
            continue
        below = course < share * (course[0, 0] if gas is None else gas.saturation_mM)
        gone = below.any(axis=1)
        if gas is None and not gone.any():
            continue
        when = times[below.argmax(axis=1)[gone]]
        rows.append(
            {
                "metabolite": metabolite,
                "supply": "finite" if gas is None else f"transfer, kLa {gas.kla_per_h:g} 1/h",
                "start_mM": float(course[0, 0]),
                "lowest_mM": float(np.median(course.min(axis=1).clip(0))),
                "used_up": int(gone.sum()),
                "of": int(done.sum()),
                "time_h": float(np.median(when)) if len(when) else np.nan,
            }
        )
    columns = ["metabolite", "supply", "start_mM", "lowest_mM", "used_up", "of", "time_h"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["used_up", "time_h"], ascending=[False, True], ignore_index=True)


def richer_media(network: Network, factors: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The medium as given, one with more of each, and one with more of all, for `changed_media`.

    Args:
        factors: on the concentration in the medium, by metabolite.
    """
    single = {plain_name(network, m): {m: factor} for m, factor in factors.items()}
    return {GIVEN: {}, **single, BOTH: dict(factors)}


def changed_media(
    models: KineticModels,
    reactor: Bioreactor,
    media: Mapping[str, Mapping[str, float]],
    *,
    watched: Sequence[str],
    every_h: float = 1.0,
    run: Run = RUN,
) -> pd.DataFrame:
    """Bioreactor simulations in media with other concentrations.

    Args:
        media: by name, factors on the concentrations of metabolites of the medium.
        watched: metabolites of the medium to keep.
        every_h: time between two points.
        run: workers, store, progress and stop of each simulation.

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
        times = times_of(result, every_h)
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


def final_values(changed: pd.DataFrame, quantities: Sequence[str]) -> pd.DataFrame:
    """Values at the last time: one row a model, columns by quantity and medium.

    Args:
        changed: as from `changed_media`.
        quantities: columns of it, such as biomass.
    """
    last = changed[changed.time_h == changed.time_h.max()]
    return last.pivot(index="model", columns="medium", values=list(quantities))


def growth_stops(table: pd.DataFrame, medium: str, watched: Sequence[str]) -> pd.DataFrame:
    """When growth stops in a medium, and which shares of its nutrients are left then.

    Growth has stopped when biomass has reached `STOPPED` of its last value.

    Args:
        table: as from `changed_media`.
        medium: of the table.
        watched: metabolites of the table.

    Returns:
        One row a model that reached the end: stops_h and the share left of each metabolite.
    """
    rows = {}
    of_medium = table[(table.medium == medium) & table.finished]
    for model, part in of_medium.groupby("model", sort=False):
        reached = part.biomass.to_numpy() >= STOPPED * part.biomass.iloc[-1]
        at = part.iloc[int(reached.argmax())]
        rows[model] = {"stops_h": at.time_h, **{m: at[m] / part[m].iloc[0] for m in watched}}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["stops_h", *watched])


def why_growth_stops(stops: pd.DataFrame, names: Mapping[str, str]) -> str:
    """In one sentence whether growth stops for lack of a nutrient.

    Args:
        stops: as from `growth_stops`.
        names: of its metabolites.
    """
    if stops.empty:
        return "No model reached the end"
    out = stops[list(names)] <= USED_UP
    some = out.any(axis=1)
    hungry, n = int(some.sum()), len(stops)
    if 2 * hungry >= n:
        first = names[str(out.sum().idxmax())]
        return f"Growth stops when {first} is used up, in {int(out.sum().max())} of {n} models"
    least = stops.loc[~some, list(names)].min(axis=1).median()
    return (
        f"Growth stops with nutrients left, in {n - hungry} of {n} models "
        f"(at least {percent(least, 0)} of each, median)"
    )


def biomass_gain(ends: pd.DataFrame) -> pd.DataFrame:
    """Last biomass in each medium over that in the one given: one row a model.

    Args:
        ends: as from `final_values`, of biomass among others.
    """
    return ends["biomass"].div(ends["biomass"][GIVEN], axis=0)
