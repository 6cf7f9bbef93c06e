"""What a set of sampled steady states looks like, and whether it holds: tables for figures.

Nothing here needs the solver that made the states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.analysis.profiles import distances_to_centroid
from renaissance_kit.core.errors import DataError
from renaissance_kit.core.types import Array
from renaissance_kit.network.labels import ratio_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.bounds import Bound
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.fermentation import (
    BIOMASS,
    biomass_time_course,
    quantities,
    read_time_course,
    specific_rate,
    uptake_range,
)
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.states.validation import concentration_bounds_mM

QUANTILES: Mapping[str, float] = {
    "least": 0.0, "low_95": 0.025, "low_50": 0.25, "median": 0.5, "high_50": 0.75,
    "high_95": 0.975, "most": 1.0,
}  # fmt: skip
"""Columns that describe a sample, in every table here."""

CARRIERS, INORGANIC, OTHER = "Carriers", "Inorganic", "Other"


def sample_ranges(values: Array) -> dict[str, Array]:
    """Quantiles of each column of (states, items), by the names of `QUANTILES`."""
    found = np.quantile(values, list(QUANTILES.values()), axis=0)
    return dict(zip(QUANTILES, found, strict=True))


# --- pathways ------------------------------------------------------------------------------------


def reaction_pathways(network: Network) -> dict[str, str]:
    """Subsystem of each kinetic reaction, in short; one with a single reaction is `OTHER`.

    The short names are those of ``figures.csv``, kind ``pathway``.
    """
    short = network.labels.get("pathway", {})
    names = [network.reactions[r].subsystem for r in network.kinetic_reactions]
    return {
        r: short.get(name, name) if names.count(name) > 1 else OTHER
        for r, name in zip(network.kinetic_reactions, names, strict=True)
    }


def metabolite_pathways(network: Network, states: SteadyStates) -> dict[str, str]:
    """Group of each dynamic metabolite, in the order in which figures show them.

    Metabolites outside the cytosol go by their compartment; members of conserved moieties are
    ``Carriers``; molecules without carbon or without hydrogen are ``Inorganic``. All others go by
    the subsystem of the reaction that turns over most of them on average, growth and subsystems
    with "transport" in their name aside; `OTHER` where there is none. The largest groups come
    first, then the other compartments, ``Inorganic`` and `OTHER`.
    """
    reactions = network.kinetic_reactions
    mean = np.abs(states.dataset.flux.sel(reaction=list(reactions)).values).mean(axis=0)
    turned_over = np.abs(network.stoichiometry) * mean
    aside = [
        "transport" in network.reactions[r].subsystem.lower() or r == network.growth
        for r in reactions
    ]
    turned_over[:, aside] = 0.0
    where = [network.metabolites[m].compartment for m in network.dynamic]
    carriers = {name for moiety in network.moieties for name in moiety.coefficients}
    of_reaction = reaction_pathways(network)
    found = {}
    for name, compartment, share in zip(network.dynamic, where, turned_over, strict=True):
        if compartment != network.cytosol:
            found[name] = network.compartments[compartment].name.capitalize()
        elif name in carriers:
            found[name] = CARRIERS
        elif not {"C", "H"} <= set(network.metabolites[name].formula):
            found[name] = INORGANIC
        elif share.max() > 0:
            found[name] = of_reaction[reactions[int(share.argmax())]]
        else:
            found[name] = OTHER
    sizes = Counter(found.values())
    outside = [c.name.capitalize() for c in network.compartments.values()]
    last = [g for g in (*outside, INORGANIC, OTHER) if g in sizes]
    groups = [*sorted((g for g in sizes if g not in last), key=lambda g: -sizes[g]), *last]
    return {name: g for g in groups for name in found if found[name] == g}


# --- tables, one row an item ---------------------------------------------------------------------


def concentration_table(
    network: Network, states: SteadyStates, constraints: Constraints
) -> pd.DataFrame:
    """Sampled range, bounds and measured value of each dynamic metabolite but the protons.

    Columns: metabolite, pathway, low_mM and high_mM (bounds), bound (what they come from:
    ``measured``, ``turnover`` or ``general``), measured_mM (NaN where unmeasured), and those of
    `QUANTILES` in mM.
    """
    least, most = concentration_bounds_mM(
        network, constraints, states.provenance["least_throughputs_mM_h"]
    )
    bounds = dict(zip(network.species, zip(least, most, strict=True), strict=True))
    pathway = metabolite_pathways(network, states)
    rows = []
    for name in pathway:
        if network.metabolites[name].is_proton:
            continue  # the pH fixes them
        low, high = bounds[name]
        measured = constraints.measured_mM.get(name)
        general = constraints.pools_mM.get(name, constraints.pool_mM)
        kind = "turnover" if high < general.high else "general"
        rows.append(
            {
                "metabolite": name,
                "pathway": pathway[name],
                "low_mM": low,
                "high_mM": high,
                "bound": kind if measured is None else "measured",
                "measured_mM": np.nan if measured is None else measured.value,
            }
        )
    table = pd.DataFrame(rows)
    values = states.dataset.concentration.sel(metabolite=list(table.metabolite)).values
    return table.assign(**sample_ranges(values))


def energy_table(network: Network, states: SteadyStates) -> pd.DataFrame:
    """ΔrG′ of each kinetic reaction: reaction, pathway, sign of the flux, `QUANTILES` in kJ/mol."""
    known = set(states.dataset.energy_reaction.values)
    names = [r for r in network.kinetic_reactions if r in known]
    pathway = reaction_pathways(network)
    flux = states.dataset.flux.sel(reaction=names).values
    table = pd.DataFrame(
        {
            "reaction": names,
            "pathway": [pathway[r] for r in names],
            "sign": np.sign(np.median(flux, axis=0)).astype(int),
        }
    )
    energy = states.dataset.reaction_energy.sel(energy_reaction=names).values.astype(float)
    return table.assign(**sample_ranges(energy))


def main_fluxes(network: Network) -> dict[str, str]:
    """Fluxes worth a look, with the text that names them: ``figures.csv``, kind ``flux``.

    Growth and the exchanges where the table names none.
    """
    named = network.labels.get("flux", {})
    exchanges = {r.id: r.id for r in network.reactions.values() if r.role == "exchange"}
    growth = {} if network.growth is None else {network.growth: "growth"}
    return dict(named) or {**growth, **exchanges}


def flux_ratios(network: Network, states: SteadyStates) -> pd.DataFrame:
    """Ratios of magnitudes of fluxes: text, and `QUANTILES` over the states.

    Those of ``figures.csv``, kind ``ratio``; no rows where the table names none.
    """
    flux = np.abs(states.dataset.flux)
    rows = []
    for text, label in network.labels.get("ratio", {}).items():
        above, below = (flux.sel(reaction=list(part)).sum("reaction") for part in ratio_of(text))
        quantiles = sample_ranges((above / below).values[:, None])
        rows.append({"text": label, **{name: float(v[0]) for name, v in quantiles.items()}})
    return pd.DataFrame(rows, columns=["text", *QUANTILES])


def ratio_table(
    states: SteadyStates, constraints: Constraints, published: SteadyStates | None = None
) -> pd.DataFrame:
    """Ratios of fluxes that are bounded, beside their bounds and those of published states.

    Returns:
        ratio, low and high (bounds), low_95, median and high_95 of the states, and with
        ``published`` their range, published_low and published_high.
    """

    def values_of(of: SteadyStates, text: str) -> Array:
        above, below = of.ratio_parts(text)
        return above / below

    rows = []
    for text, bound in constraints.ratios.items():
        low, median, high = np.quantile(values_of(states, text), [0.025, 0.5, 0.975])
        row = {"ratio": text, "low": bound.low, "high": bound.high}
        row |= {"low_95": low, "median": median, "high_95": high}
        if published is not None:
            theirs = values_of(published, text)
            row |= {"published_low": theirs.min(), "published_high": theirs.max()}
        rows.append(row)
    return pd.DataFrame(rows)


def flux_table(
    network: Network,
    states: SteadyStates,
    constraints: Constraints,
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Magnitudes of some fluxes: reaction, text, low and high (bounds), unit, and `QUANTILES`.

    The bounds are NaN where no constraint names the reaction.

    Args:
        names: text by reaction; `main_fluxes` if not given.
    """
    named = main_fluxes(network) if names is None else names
    names = {r: text for r, text in named.items() if r in states.dataset.reaction.values}
    rows = []
    for name, text in names.items():
        bound = constraints.fluxes.get(name, Bound(0.0, 0.0))
        ends = sorted(abs(x) for x in (bound.low, bound.high))
        low, high = ends if name in constraints.fluxes else (np.nan, np.nan)
        unit = network.flux_unit(name)
        rows.append({"reaction": name, "text": text, "low": low, "high": high, "unit": unit})
    values = np.abs(states.dataset.flux.sel(reaction=list(names)).values)
    return pd.DataFrame(rows).assign(**sample_ranges(values))


def growth_phase_h(network: Network) -> tuple[float, float]:
    """Between which hours the windows of mean rates end: ``growth_phase`` of ``conditions.csv``.

    Raises:
        DataError: the network has no such row.
    """
    found = network.conditions.get("growth_phase")
    if found is None or not (found.unit == "h" and found.low > 0 and found.high > 0):
        raise DataError(
            "conditions.csv: measured rates need the quantity 'growth_phase' in h, with low and "
            "high between which the windows from the first measurement end; add a row"
        )
    return found.low, found.high


def measured_rates(
    network: Network,
    first_h: float | None = None,
    last_h: float | None = None,
    *,
    strain: str | None = None,
) -> pd.DataFrame:
    """Growth, uptake and release as measured: reaction, value, low, high.

    Means over the windows of the fermentation that begin at 0 h and end between ``first_h`` and
    ``last_h``, with low and high over the windows and the error bars; what is released, which may
    appear late, over the longest window only. Magnitudes in 1/h and mmol/gDW/h.

    Args:
        first_h, last_h: `growth_phase_h` if not given.
        strain: as written in ``fermentation.csv``; the first one there if not given.

    Raises:
        DataError: no growth reaction, no exchange of a substance, or a table that lacks something.
    """
    usual = growth_phase_h(network) if first_h is None or last_h is None else (first_h, last_h)
    first_h, last_h = (
        chosen if given is None else given
        for given, chosen in zip((first_h, last_h), usual, strict=True)
    )
    biomass = biomass_time_course(network, strain)
    inside = (biomass.time_h >= first_h) & (biomass.time_h <= last_h)
    if not inside.any():
        raise DataError(f"fermentation.csv has no biomass between {first_h:g} and {last_h:g} h")
    growth = np.log(biomass.value[inside] / biomass.value[0]) / biomass.time_h[inside]
    rows: list[tuple[str, float, float, float]] = [
        (network.require_growth("a measured growth rate"), growth.mean(), growth.min(),
         growth.max())
    ]  # fmt: skip
    for quantity in quantities(network, strain):
        course = read_time_course(network, quantity, strain)
        if course.variable == BIOMASS:
            continue
        exchange = network.exchange_of(course.variable)
        if exchange is None:
            raise DataError(
                f"reactions.csv has no exchange of {course.variable}, which fermentation.csv has "
                "measured; add the reaction"
            )
        if course.falls:
            rate = uptake_range(network, quantity, first_h, last_h, strain)
        else:
            rate = specific_rate(network, quantity, last_h, strain)
        rows.append((exchange, rate.value, rate.low, rate.high))
    return pd.DataFrame(rows, columns=["reaction", "value", "low", "high"])


def diagnostics_table(states: SteadyStates) -> pd.DataFrame:
    """Convergence of every sampled variable: kind (in words), name, ess and rhat."""
    kinds = {
        "flux": "fluxes",
        "ln_c": "ln concentrations",
        "energy": "ΔrG′",
        "standard_energy": "ΔrG′°",
    }
    names = [str(v).split(" ", 1) for v in states.dataset.sampled_variable.values]
    return pd.DataFrame(
        {
            "kind": [kinds[kind] for kind, _ in names],
            "name": [name for _, name in names],
            "ess": states.dataset.ess.values,
            "rhat": states.dataset.rhat.values,
        }
    )


def profile_table(network: Network, states: SteadyStates) -> pd.DataFrame:
    """The examined states: state, lambda_max_quantile (1/h), distance to the centroid, role.

    Role is ``default`` or ``examined``.
    """
    quantile = states.dataset.lambda_max_quantile.values
    examined = np.flatnonzero(np.isfinite(quantile))
    numbers = states.dataset.state.values[examined]
    role = np.where(numbers == states.default_label, "default", "examined")
    return pd.DataFrame(
        {
            "state": numbers,
            "lambda_max_quantile": quantile[examined],
            "distance": distances_to_centroid(network, states)[examined],
            "role": role,
        }
    )


def constraints_table(network: Network, constraints: Constraints) -> pd.DataFrame:
    """Constraints as a table to read: what, low, high, unit, source.

    The directions are one row; the concentrations, which the tables of the data folder list one
    by one, are one row a kind.
    """
    rule = "rule of the sampling"
    rows: list[tuple[str, Any, Any, str, str]] = [
        ("magnitude of every kinetic flux", constraints.minimum_flux, constraints.maximum_flux,
         "mmol/gDW/h", rule),
        ("total flux, over the least possible", "", constraints.total_flux_factor, "1", rule),
        ("−sign(v) ΔrG′ of every reaction", constraints.driving_force_kJ_mol, "", "kJ/mol", rule),
        (f"{len(constraints.measured_mM)} measured concentrations, over the measured value",
         1 / constraints.measured_fold, constraints.measured_fold, "1", "concentrations.csv"),
        (f"{len(constraints.medium_mM)} concentrations in the medium",
         min(b.low for b in constraints.medium_mM.values()),
         max(b.high for b in constraints.medium_mM.values()), "mM", "medium.csv"),
        ("every other concentration", constraints.pool_mM.low, constraints.pool_mM.high, "mM",
         constraints.pool_mM.source),
        ("turnover time of an unmeasured metabolite, at its least throughput", "",
         constraints.turnover_time_min, "min", rule),
    ]  # fmt: skip
    for names, unit in ((constraints.energies_kJ_mol, "kJ/mol"), (constraints.pools_mM, "mM")):
        what = "ΔrG′" if unit == "kJ/mol" else "concentration"
        rows += [(f"{what} of {name}", b.low, b.high, unit, b.source) for name, b in names.items()]
    same: dict[Bound, list[str]] = {}
    for name, bound in constraints.displacements.items():
        same.setdefault(bound, []).append(name)
    rows += [
        (f"ln ρ of {', '.join(names)}", b.low, b.high, "1", b.source) for b, names in same.items()
    ]
    rows += [
        (f"fluxes {text}", b.low, b.high, "1", b.source) for text, b in constraints.ratios.items()
    ]
    rows += [
        (f"flux of {name}", b.low, b.high, network.flux_unit(name), b.source)
        for name, b in constraints.fluxes.items()
    ]
    rows.append((f"{len(constraints.directions)} reactions run one way", "", "", "1",
                 "constraints.csv"))  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "low", "high", "unit", "source"])
