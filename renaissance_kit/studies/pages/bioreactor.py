"""Notebook 04, do the models ferment like the strain?: its sizes and its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import BioreactorResult
from renaissance_kit.simulation.conditions import ReactorConditions
from renaissance_kit.simulation.fit import Fit
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.media import BOTH, GIVEN, biomass_gain, plain_name
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent

THRESHOLDS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Thresholds that are compared."""
FEW = 5
"""Fewer models do not tell which of two conditions is better."""


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the runs are.

    Attributes:
        models: valid ones; how many, or their numbers.
        best_models: that are looked at closely.
        control_models: unbiased ones for comparison.
        vmax_scan: factors on Vmax of the overexpressed enzymes.
        compared_models: that are grown under each of the compared conditions, and with and without
            regulation.
        start_steps: of the training, by gradient, of the generator that is selected from.
        fit_steps: of the training for the fermentation.
        fit_models: that are simulated in each of these steps.
        fit_drawn: drawn from that generator in the end.
        fit_scan: further weights of the diversity in that training.
    """

    models: int | Sequence[int]
    best_models: int
    control_models: int
    vmax_scan: Sequence[float]
    compared_models: int
    start_steps: int
    fit_steps: int
    fit_models: int
    fit_drawn: int
    fit_scan: Sequence[float]

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "models": (3, 20, 200, 1_000),
        "best_models": (2, 3, 10, 13),
        "control_models": (2, 10, 100, 300),
        "vmax_scan": ((1, 2), (1, 2, 4, 8), (1, 2, 4, 8), (1, 2, 4, 8)),
        "compared_models": (1, 5, 30, 100),
        "start_steps": (3, 60, 100, 100),
        "fit_steps": (2, 6, 36, 48),
        "fit_models": (6, 40, 200, 400),
        "fit_drawn": (6, 20, 200, 1_000),
        "fit_scan": ((1.0,), (), (0.1, 1.0), (0.03, 0.1, 1.0)),
    }


def experiment(models: int, where: str, conditions: ReactorConditions, density: float) -> Text:
    """Which models are grown, and in what.

    Args:
        density: of the models' steady state, gDW per litre of cell; where the conditions give none.
    """
    medium = ", ".join(f"{m} {v:g}" for m, v in conditions.medium_mM.items())
    gases = ", ".join(
        f"{m} (kLa {gas.kla_per_h:g} 1/h, saturation {gas.saturation_mM:g} mM)"
        for m, gas in conditions.transfer.items()
    )
    return Text(
        f"{models:,} valid models from {where}. Medium (mM): {medium}. Inoculum "
        f"{conditions.inoculum_gDW_L:g} gDW/L, {conditions.duration_h:g} h; held: "
        f"{', '.join(conditions.held) or 'nothing'}; from a gas: {gases or 'nothing'}. "
        f"{_densities(conditions, density)} Growth dilutes intracellular metabolites: "
        f"{conditions.dilution}."
    )


def _densities(conditions: ReactorConditions, density: float) -> str:
    growth, exchange = (
        density if given is None else given
        for given in (conditions.growth_density_gDW_L, conditions.exchange_density_gDW_L)
    )
    text = f"A litre of cell weighs {growth:g} gDW."
    if growth != exchange:
        text = (
            f"A litre of cell weighs {growth:g} gDW for growth and {exchange:g} gDW for the "
            "exchange with the medium, so mass is conserved only up to a factor of "
            f"{growth / exchange:.2f}."
        )
    if growth != density:
        text += (
            f" The steady state was made with {density:g} gDW, so that cells start to grow at "
            f"{percent(density / growth, 0)} of its growth rate."
        )
    return text


def integrations(result: BioreactorResult) -> Text:
    """How many integrations reached the end, and how long they took."""
    seconds = result.dataset.seconds.values
    return Text(
        f"{result.finished.sum():,} of {len(seconds):,} integrations reached the end. The others "
        f"match nothing below and are counted apart. A simulation took {np.median(seconds):.2f} s "
        f"(median), the longest {seconds.max():.1f} s."
    )


def matches(fit: Fit) -> Text:
    """How many models match all curves, fewer, and each; and how good the best one is."""
    low, high = wilson_interval(int(fit.matches.sum()), len(fit))
    fewer = "; ".join(f"{n:,} {name}" for name, n in fit.counts()[:-1].items())
    each = ", ".join(f"{name} {n:,}" for name, n in matches_by_curve(fit).items())
    best = ", ".join(f"{v:.2f}" for v in fit.goodness_of_fit[fit.best_first[0]])
    return Text(
        f"**{fit.matches.sum():,} of {len(fit):,} models match all curves** (95 % Wilson "
        f"interval {percent(low, 1)} to {percent(high, 1)}); {fewer}. One by one: {each}. "
        f"Goodness of fit of the "
        f"best model: {best} ({', '.join(fit.quantities)})."
    )


def matches_by_curve(fit: Fit) -> dict[str, int]:
    """How many models match each curve."""
    return dict(zip(fit.quantities, fit.matched.sum(axis=0).tolist(), strict=True))


def compared(summary: pd.DataFrame) -> Text:
    """Which single difference between two conditions changes the matches most.

    Args:
        summary: as from `renaissance_kit.studies.conditions_summary`; may be empty.
    """
    if summary.empty:
        return Text("The network's folder holds one table of conditions: nothing to compare.")
    curves = [c.removesuffix(", median") for c in map(str, summary) if c.endswith(", median")]
    matched = summary.assign(matched=summary[curves].sum(axis=1))
    parts = []
    for start, part in matched.groupby("start", sort=False):
        plain, changes = part.iloc[0], part.iloc[1:]
        each = ", ".join(f"{name} {plain[name]}" for name in curves)
        change = changes.matched - plain.matched
        most = changes.loc[change.abs().sort_values(ascending=False, kind="stable").index[0]]
        then = ", ".join(f"{name} {most[name]}" for name in curves)
        if plain.models < FEW:
            told = f"{plain.models} models do not tell which change matters"
        elif change.any():
            told = f"the single change that matters most is {most.changed} ({then})"
        else:
            told = "no single change matters"
        parts.append(
            f"under the conditions *{start}* {plain['all']} of {plain.models} models match all "
            f"curves ({each}); {told}"
        )
    text = "; ".join(parts)
    return Text(f"{text[:1].upper()}{text[1:]}.")


def group_shown(fit: Fit, shown: NDArray[np.int64]) -> str:
    """What the models in blue are called: those that match, or the best ones if none does."""
    return "matching" if fit.matches.any() else f"best {len(shown)}"


def unbiased(fit: Fit, control: Fit) -> Text:
    """How well unbiased models ferment, beside the valid ones."""
    return Text(
        f"{control.matches.sum():,} of {len(control):,} unbiased models match all curves; "
        f"{(~control.finished).sum():,} did not finish. Median goodness of fit of the worst curve: "
        f"{np.median(fit.worst[fit.finished]):.2f} (valid), "
        f"{np.median(control.worst[control.finished]):.2f} (unbiased). How many valid models match "
        "at other thresholds:"
    )


def media_labels(network: Network, factors: Mapping[str, float]) -> dict[str, str]:
    """Texts of the media of `renaissance_kit.studies.richer_media` for the figure."""
    called = {m: plain_name(network, m) for m in factors}
    richer = {called[m]: f"{called[m]} × {factor:g}" for m, factor in factors.items()}
    return {GIVEN: "medium as given", **richer, BOTH: "both"}


def media(network: Network, ends: pd.DataFrame, conditions: ReactorConditions, why: str) -> Text:
    """Why growth stops, how much more biomass richer media give, and what is left of the nutrients.

    Args:
        why: as from `renaissance_kit.studies.why_growth_stops`.
        ends: as from `renaissance_kit.studies.final_values`, of biomass and the nutrients of which
            there is more in a richer medium.
        conditions: of the medium as given.
    """
    gain = biomass_gain(ends)
    nutrients = [m for m in dict.fromkeys(ends.columns.get_level_values(0)) if m != "biomass"]
    names = [*(plain_name(network, m) for m in nutrients), BOTH]
    gains = "; ".join(
        f"{name} {gain[name].median():.2f} ({gain[name].min():.2f} to {gain[name].max():.2f})"
        for name in names
    )
    given = conditions.medium_mM
    left = " and ".join(
        f"{percent(ends[m][GIVEN].median() / given[m], 0)} of the {plain_name(network, m)}"
        for m in nutrients
    )
    return Text(
        f"{why}. Last biomass relative to the medium as given, median over {len(ends)} models (and "
        f"range): {gains}. In the medium as given {left} are left at the end (median). A model "
        "that stops at once in another medium is one whose cell loses its balance there."
    )


def regulation(table: pd.DataFrame, product: str, incidence: float | None, state: str) -> Text:
    """What the feedback does to the product.

    Args:
        table: as from `renaissance_kit.studies.regulation_courses`; may be empty.
        product: quantity that it is about.
        incidence: of the generator with regulation; None where none was trained here.
        state: label of the steady state.
    """
    if table.empty:
        return Text("The network's folder holds no table of regulation: nothing to compare.")
    last = f"{product}, last/measured"
    parts = "; ".join(
        f"{row.regulation}: {row[last]:.2f} of the measured value, {row[product]} of {row.models} "
        f"models match its curve and {row['all']} all curves"
        for _, row in table.iterrows()
    )
    trained = (
        f"{percent(incidence, 1)} of the models of a generator trained with regulation at state "
        f"{state} "
        "are valid. "
        if incidence is not None
        else ""
    )
    return Text(f"{trained}{product.capitalize()} at the end (median): {parts}.")


def strains(changes: pd.DataFrame, product: str, vmax_factor: float) -> Text:
    """What overexpression changes, as predicted and as measured, if there are such strains.

    Args:
        changes: as from `renaissance_kit.studies.strain_changes`; may be empty.
        product: quantity that it is about.
        vmax_factor: for which the prediction is given.
    """
    if changes.empty:
        return Text("The network's folder names no engineered strain (strains.csv).")
    parts = "; ".join(
        f"{row.strain}: predicted × {row['predicted change']:.2f} at a factor of "
        f"{vmax_factor:g}, measured × {row['measured change']:.2f}"
        for _, row in changes[changes.factor == vmax_factor].iterrows()
    )
    return Text(f"{product.capitalize()} at the end, relative to the host strain: {parts}.")


def inside(
    network: Network, state: SteadyState, result: BioreactorResult, shown: NDArray[np.int64]
) -> Text:
    """In how many cells a carrier, ATP in *E. coli*, has collapsed at the end.

    Args:
        shown: positions of the models in blue.
    """
    named = network.labels["variable"]
    carrier = next((m for m in named if m in network.species_index), network.dynamic[0])
    last = result.at(carrier, [float(result.dataset.time_h.values[-1])])[:, 0]
    steady = state.concentrations_mM[network.species_index[carrier]]
    collapsed = (last < 0.01 * steady) & result.finished
    return Text(
        f"At the end {named.get(carrier, carrier)} is below 1 % of its steady state in "
        f"{collapsed.sum():,} of {result.finished.sum():,} models, and in "
        f"{collapsed[shown].sum():,} of the {len(shown):,} in blue. The models have "
        f"{'' if network.regulated else 'no regulation and '}no maintenance of a starving cell, so "
        "what they say about the time after growth is about the medium, not about the cell."
    )


def fitted(routes: pd.DataFrame, scores: pd.DataFrame) -> Text:
    """Whether training for the fermentation finds more models than selection.

    Args:
        routes: as from `renaissance_kit.studies.routes_table`; may be empty.
        scores: as from `renaissance_kit.studies.strain_scores`; may be empty.
    """
    if routes.empty:
        return Text("No fermentation was measured: nothing to train for.")
    selected, trained = routes.iloc[0], routes.iloc[1]
    told = [
        f"{row['match']} of {row.drawn:,} models that were drawn match all curves "
        f"({percent(row.share)}, 95 % interval {percent(row.low)} to {percent(row.high)})"
        for row in (selected, trained)
    ]
    apart = trained.low > selected.high or selected.low > trained.high
    verdict = (
        ""
        if apart
        else " The intervals overlap: this run is too small to tell the two routes apart."
    )
    text = (
        f"Selection: {told[0]}. After training for the fermentation: {told[1]}, with a spread of "
        f"ln KM of {percent(trained.spread, 0)} of the first generator's. Both took "
        f"{selected.simulations:,} simulations.{verdict}"
    )
    for strain, part in scores.groupby("strain", sort=False):
        by_route = part.groupby("route", sort=False)
        means = "; ".join(
            f"{name} {rows.crps_of_largest.mean():.2f} "
            f"(coverage {percent(rows.coverage.mean(), 0)})"
            for name, rows in by_route
        )
        text += (
            f" {strain}, which nobody trained on, CRPS over the largest measured value, mean over "
            f"the curves: {means}."
        )
    return Text(text)


def trade_off(routes: pd.DataFrame) -> Text:
    """How many models match at which spread.

    Args:
        routes: as from `renaissance_kit.studies.routes_table`, selection first; may be empty.
    """
    if routes.empty:
        return Text("No fermentation was measured: nothing to train for.")
    trained = routes.iloc[1:]
    if len(trained) < 2:
        return Text("One weight of the diversity was tried; `fit_scan` takes others.")
    told = "; ".join(
        f"weight {row.diversity:g}: {percent(row.share)} ({percent(row.low)} to "
        f"{percent(row.high)}) at {percent(row.spread, 0)}"
        for row in trained.sort_values("spread").itertuples()
    )
    wide = trained[trained.spread >= 0.8]
    most = (
        "None kept 80 % of the spread."
        if wide.empty
        else f"The best of those that keep 80 % of the spread: {percent(wide.share.max())}."
    )
    return Text(f"Models that match, and the spread of ln KM of all drawn ones: {told}. {most}")
