"""Notebook 01, are these states possible?: its sizes and its sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent

TURNOVER_TIMES_MIN: Mapping[str, Sequence[float]] = {
    "smoke": (math.inf, 4.0),
    **dict.fromkeys(("demo", "laptop", "paper"), (math.inf, 16.0, 8.0, 4.0)),
}
"""Bounds on turnover that are compared at each scale; infinite for none."""


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the runs are.

    Attributes:
        n_states: of the fresh sample.
        steps_per_dimension: of the random walk between two states that are kept.
        examined: states among which the default profile of the fresh sample is chosen.
        profile_models: random ones by which each of those is judged.
        remake: whether to regenerate the shipped states and compare.
        turnover_states: sampled with each of `TURNOVER_TIMES_MIN`.
        model_states: of those, how many are tried with random models.
        models: random ones at each of these.
        search_models: of the search for the fastest one.
        displacement_states: sampled with each set of bounds on displacement.
        displacement_models: random ones at each of these.
        exchange_models: random ones at each combination of two states.
    """

    n_states: int
    steps_per_dimension: int
    examined: int
    profile_models: int
    remake: bool
    turnover_states: int
    model_states: int
    models: int
    search_models: int
    displacement_states: int
    displacement_models: int
    exchange_models: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "n_states": (50, 1_000, 5_000, 5_000),
        "steps_per_dimension": (1, 4, 16, 16),
        "examined": (10, 50, 400, 400),
        "profile_models": (10, 50, 200, 200),
        "remake": (False, False, True, True),
        "turnover_states": (16, 100, 200, 1_000),
        "model_states": (2, 4, 12, 16),
        "models": (20, 50, 100, 200),
        "search_models": (120, 800, 2_000, 10_000),
        "displacement_states": (4, 20, 60, 100),
        "displacement_models": (20, 50, 100, 200),
        "exchange_models": (50, 300, 2_000, 2_000),
    }


def fresh_sample(fresh: SteadyStates, shipped: SteadyStates | None, name: str) -> Text:
    """What was sampled, and which states the figures show.

    Args:
        name: of the states in the figures.
    """
    likeness = "chosen here"
    if shipped is not None:
        same = fresh.provenance["directions"] == shipped.provenance["directions"]
        likeness = "as shipped" if same else "other than those shipped"
    return Text(
        f"`states.nc` holds {len(fresh):,} fresh states in {sum(fresh.provenance['dimensions'])} "
        f"free dimensions, with directions {likeness}; its default profile is state "
        f"{fresh.default_label}. The figures show {name}."
    )


def regenerated(largest: Mapping[str, float] | None, states: int, scale: str) -> Text:
    """How far the regenerated states are from the shipped ones, if they were regenerated.

    Args:
        largest: as from `renaissance_kit.studies.largest_differences`.
        states: how many.
    """
    if largest is None:
        return Text(f"The shipped states were not regenerated at scale {scale}; set `remake=True`.")
    differences = ", ".join(f"{k.replace('_', ' ')} {v:.0e}" for k, v in largest.items())
    return Text(
        f"The shipped states, regenerated with their seed ({states:,} states) differ by "
        f"{differences} at most (relative)."
    )


def checks(table: pd.DataFrame, states: int) -> Text:
    """How many states pass all checks, and which reaction is nearest to equilibrium.

    Args:
        table: as from `renaissance_kit.studies.check_table`.
    """
    law = table[table.check == "sign(v) ΔrG′ < 0"].iloc[0]
    return Text(
        f"{states - int(table.failed.max()):,} of {states:,} states pass all {len(table)} checks. "
        f"The reaction nearest to equilibrium is {law['where']}, at {-law.worst:.3g} kJ/mol."
    )


def convergence(shown: pd.DataFrame, fresh: pd.DataFrame, name: str, fresh_states: int) -> Text:
    """Whether the sampling has converged.

    Args:
        shown, fresh: as from `renaissance_kit.studies.diagnostics_table`, of the states in the
            figures and of the fresh ones.
        name: of the former.
    """
    short = ", too short to have converged." if fresh.rhat.max() > 1.05 else "."
    return Text(
        f"Of {name}: least effective sample size {shown.ess.min():,.0f}, largest R-hat "
        f"{shown.rhat.max():.4f}. Of the fresh run of {fresh_states:,}: {fresh.ess.min():,.0f} and "
        f"{fresh.rhat.max():.4f}{short}"
    )


def two_samples(agreement: pd.DataFrame | None) -> Text:
    """How many means of two independent samples differ by more than chance.

    Args:
        agreement: as from `renaissance_kit.studies.agreement`; None without a second sample.
    """
    if agreement is None:
        return Text("There is one sample only; shipped states would be compared with a fresh run.")
    z = agreement.z[np.isfinite(agreement.z)].abs()
    far = int((z > 1.96).sum())
    return Text(
        f"{far} of {len(z)} means ({percent(far / len(z))}) differ by more than 1.96 standard "
        f"errors, where chance gives 5 %; the largest difference is {z.max():.1f}."
    )


def concentrations(table: pd.DataFrame) -> Text:
    """Which medians differ from the measurement, and how wide the unmeasured ones are.

    Args:
        table: as from `renaissance_kit.studies.concentration_table`.
    """
    measured = table[table.measured_mM.notna()]
    ratio = (measured["median"] / measured.measured_mM).to_numpy()
    off = np.abs(np.log(ratio)) > math.log(1.5)
    pushed = [f"{m} ({r:.2f})" for m, r in zip(measured.metabolite[off], ratio[off], strict=True)]
    free = table[table.measured_mM.isna()]
    decades = pd.Series(np.log10(free.high_95 / free.low_95))
    return Text(
        f"{len(pushed)} of {len(measured)} measured concentrations have a median that differs from "
        f"the measurement by more than a factor of 1.5 ({', '.join(pushed) or 'none'}; median over "
        "measured value). Nothing pulls a state to the measurement within the allowed factor; the "
        f"second law, and the room that it leaves, decide. The {len(free)} unmeasured ones are "
        f"wide: 95 % of the states span {decades.median():.1f} decades (median), "
        f"{decades.min():.1f} to {decades.max():.1f}. What a kinetic model says about them is no "
        "more certain than that."
    )


def energies(table: pd.DataFrame) -> Text:
    """How many reactions run uphill, near equilibrium and far from it.

    Args:
        table: as from `renaissance_kit.studies.energy_table`.
    """
    size = table["median"].abs()
    near = list(table.reaction[size < 1])
    uphill = ((table.sign > 0) & (table.most >= 0)) | ((table.sign < 0) & (table.least <= 0))
    return Text(
        f"{uphill.sum()} of {len(table)} reactions run uphill in any state. {len(near)} are near "
        f"equilibrium (median below 1 kJ/mol): {', '.join(near)}. {(size > 20).sum()} are far "
        "from it (above 20 kJ/mol)."
    )


def fluxes(table: pd.DataFrame, rates: pd.DataFrame, ratios: pd.DataFrame) -> Text:
    """The main fluxes beside the fermentation, and ratios that nothing measures.

    Args:
        table: as from `renaissance_kit.studies.flux_table`.
        rates: as from `renaissance_kit.studies.measured_rates`.
        ratios: as from `renaissance_kit.studies.flux_ratios`.
    """
    measured = "; ".join(
        f"{row.text} {row['median']:.3g} {row.unit} (95 %: {row.low_95:.3g} to {row.high_95:.3g}), "
        f"measured {row.value:.3g} ({row.low:.3g} to {row.high:.3g})"
        for _, row in rates.merge(table, on="reaction", suffixes=("", "_bound")).iterrows()
    )
    if ratios.empty:
        return Text(f"{measured}.")
    beyond = ", ".join(f"{row.text} {row['median']:.2f}" for _, row in ratios.iterrows())
    return Text(
        f"{measured}. Ratios (medians): {beyond}. They keep within what 13C experiments with other "
        "strains found (`constraints.csv`, kind `ratio`); within these ranges they follow from the "
        "directions and the even sampling, not from data on this strain."
    )


def turnover(
    slowest: pd.DataFrame, generic: pd.DataFrame, constraints: Constraints, settle_min: float
) -> Text:
    """How long the slowest metabolite of a state lasts, with the bound on turnover and without.

    Args:
        slowest, generic: as from `renaissance_kit.studies.slowest_turnover`, with the bound and
            without.
        settle_min: time constant of a model at the threshold.
    """
    names = slowest.metabolite.value_counts()
    most, bounded, free = names.index[0], slowest.turnover_time_min, generic.turnover_time_min
    measured = ", a measured metabolite that the bound leaves alone"
    return Text(
        f"The slowest metabolite of a state turns over in {free.median():.0f} min without the "
        f"bound (median; {percent((free > settle_min).mean(), 0)} of {len(free):,} states have "
        f"one slower "
        f"than {settle_min:.0f} min) and in {bounded.median():.1f} min with it (at most "
        f"{bounded.max():.1f}). With it the slowest is {most} in "
        f"{percent(names.iloc[0] / len(slowest), 0)} of the states"
        f"{measured if most in constraints.measured_mM else ''}."
    )


def bound(reached: pd.DataFrame) -> Text:
    """At how many states valid models are within reach, with each bound on turnover.

    Args:
        reached: as from `renaissance_kit.studies.reached_by_turnover`.
    """
    parts = [
        f"{'no bound' if math.isinf(time) else f'{time:g} min'}: {row.random_valid:.0f} of "
        f"{row.random_models:,.0f} random models valid; the search found one at {row.valid:.0f} "
        f"of {row.states:.0f} states (95 %: {percent(row.low, 0)} to {percent(row.high, 0)}), "
        f"median λmax "
        f"{row.lambda_max_median_per_h:.2f} 1/h"
        for time, (_, row) in zip(map(float, reached.index), reached.iterrows(), strict=True)
    ]
    without, bounded = reached.loc[math.inf], reached[np.isfinite(reached.index)]
    above = [f"{time:g}" for time in bounded.index[bounded.low > without.high]]
    said = (
        f". At {', '.join(above)} min valid models are within reach at more states than without a "
        "bound (the intervals are apart). "
        if above
        else ". Too few states to tell the bounds from none (the intervals overlap). "
    )
    alike = (
        "The bounds do not differ among themselves beyond their intervals; the choice between them "
        "rests on longer searches (see `renaissance_kit.states.turnover`)."
        if len(bounded) > 1 and bounded.low.max() <= bounded.high.min()
        else ""
    )
    return Text("; ".join(parts) + said + alike)


def displacement(table: pd.DataFrame) -> Text:
    """What bounds on the displacement of passive transport are worth.

    Args:
        table: as from `renaissance_kit.studies.unbiased_by_state`; empty without such bounds.
    """
    if table.empty:
        return Text("The constraints of this network bound no displacement.")
    parts, intervals = [], []
    for name, part in table.groupby("sample", sort=False):
        some = int((part.incidence > 0).sum())
        low, high = wilson_interval(some, len(part))
        intervals.append((low, high))
        parts.append(
            f"{name}: {percent(part.incidence.mean(), 1)} of unbiased models valid, at least one "
            f"at {some} "
            f"of {len(part)} states (95 %: {percent(low, 0)} to {percent(high, 0)}), "
            f"{percent(part.stable.mean(), 0)} "
            "stable"
        )
    apart = intervals[-1][0] > intervals[0][1]
    said = (
        "With passive transport near equilibrium more states have valid models among random ones "
        "(the intervals are apart)"
        if apart
        else "Too few states to tell the bounds apart (the intervals overlap)"
    )
    return Text("; ".join(parts) + f". {said}.")


def exchange(table: pd.DataFrame | None) -> Text:
    """Which part of a state makes its models fast.

    Args:
        table: as from `renaissance_kit.studies.exchange_table`; None without published states.
    """
    if table is None:
        return Text("The folder of this network has no published states to compare with.")
    share = {
        part: table.groupby(part).valid.sum() / table.groupby(part).models.sum()
        for part in ("fluxes", "concentrations", "displacements")
    }
    parts = "; ".join(
        f"with published {part} {percent(s['published'], 1)} of all models are valid, with our own "
        f"{percent(s['own'], 1)}"
        for part, s in share.items()
    )
    best = table.iloc[0]
    return Text(
        f"{parts}. Most, {percent(best.valid / best.models, 1)}, are valid with {best.fluxes} "
        f"fluxes, "
        f"{best.concentrations} concentrations and {best.displacements} displacements."
    )


def unphysical(table: pd.DataFrame | None) -> Text:
    """Which numbers of the published states are not physical.

    Args:
        table: as from `renaissance_kit.studies.unphysical`; None without published states.
    """
    if table is None or table.empty:
        return Text("No published concentration lies far from what is known.")
    listed = ", ".join(
        f"{name} {low:.2g} to {high:.2g} mM ({known}: {least:.2g} to {most:.2g} mM)"
        for name, low, high, least, most, known in zip(
            table.metabolite, table.low_mM, table.high_mM, table.known_low_mM,
            table.known_high_mM, table.known, strict=True,
        )
    )  # fmt: skip
    return Text(
        f"{len(table)} concentrations of the published states lie ten-fold or more outside of what "
        f"is known of the cell: {listed}."
    )


def default_profile(profile: pd.DataFrame, states: SteadyStates, slowest: pd.DataFrame) -> Text:
    """Where the default profile stands among the examined states.

    Args:
        profile: as from `renaissance_kit.studies.profile_table`.
        slowest: as from `renaissance_kit.studies.slowest_turnover`.
    """
    chosen = profile[profile.role == "default"].iloc[0]
    rank = int((profile.lambda_max_quantile < chosen.lambda_max_quantile).sum()) + 1
    return Text(
        f"State {chosen.state} is the default: number {rank} of {len(profile)} by its quantile of "
        f"{chosen.lambda_max_quantile:.2f} 1/h, at {chosen.distance:.2f} standard deviations from "
        "the centroid; its slowest metabolite turns over in "
        f"{slowest.turnover_time_min[chosen.state]:.1f} min. The rule: "
        f"{states.provenance['default_rule']}."
    )
