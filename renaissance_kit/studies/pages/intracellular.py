"""Notebook 05: how large its runs are, and what its numbers say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from renaissance_kit.analysis.unbiased import UnbiasedModels
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.studies.cost import SurveyCost
from renaissance_kit.studies.intracellular import (
    DESCENT,
    EFFORTS,
    SEARCH,
    UNBIASED,
    Surveyed,
    share_row,
    share_table,
)
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent

WORKERS = (1, 2, 4, 8, 16, 32, 64, 100, 250, 500, 1000)
"""Numbers of cores for which the time of a survey is modelled."""

GENERIC, SHIPPED, DISPLACED, PUBLISHED = "generic", "shipped", "transport displaced", "published"
"""Names of the populations."""

Row = tuple[str, str, str, str]
"""Claim, quantity, value here, spread."""


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        n_states: generic states to survey.
        sampled: generic states to sample, of which those are evenly spaced.
        shipped: shipped states to survey.
        displaced: states to survey whose transport may be far from equilibrium.
        models: unbiased ones at each state.
        steps: of a descent; the further effort of a search is in proportion.
        resampled: new states in each kind of neighbourhood, and anywhere.
        held_states: states in non-supporting ranges, and as many in the control.
        timed: states for the comparison of one and two workers.
        sampler_steps: of the sampler for each dimension, between two states.
        exactness_models: models of each kind whose constants are changed.
    """

    n_states: int
    sampled: int
    shipped: int
    displaced: int
    models: int
    steps: int
    resampled: int
    held_states: int
    timed: int
    sampler_steps: int
    exactness_models: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "n_states": (24, 200, 1_000, 5_000),
        "sampled": (24, 400, 5_000, 5_000),
        "shipped": (12, 200, 500, 5_000),
        "displaced": (4, 60, 300, 1_000),
        "models": (30, 100, 200, 200),
        "steps": (60, 1_000, 4_000, 4_000),
        "resampled": (4, 50, 100, 300),
        "held_states": (4, 50, 100, 300),
        "timed": (2, 20, 40, 300),
        "sampler_steps": (1, 16, 16, 16),
        "exactness_models": (5, 50, 200, 200),
    }


# --- sentences -----------------------------------------------------------------------------------


def populations(surveyed: Mapping[str, Surveyed], sampled: int, constraints: Constraints) -> Text:
    """How many states there are, and what bounds their concentrations and displacements.

    Args:
        sampled: generic states that were sampled.
    """
    numbers = ", ".join(f"{len(one.states):,} {name}" for name, one in surveyed.items())
    return Text(
        f"{numbers}; the generic ones are of {sampled:,} sampled. Where not measured, their "
        f"concentrations range from {constraints.pool_mM.low:g} to {constraints.pool_mM.high:g} "
        f"mM. The shipped ones are bounded by a turnover time of "
        f"{constraints.turnover_time_min:g} min. Reactions with a bound on displacement: "
        f"{len(constraints.displacements)}."
    )


def no_model(table: pd.DataFrame, surveyed: Mapping[str, Surveyed]) -> Text:
    """How many states have no valid model by each effort, and what the search took.

    Args:
        table: as from `renaissance_kit.studies.without_model`.
    """
    rows = {effort: share_row(table[table.effort == effort], GENERIC) for effort in EFFORTS}
    generic = "; ".join(
        f"{effort} {percent(row.share, 1)} ({percent(row.low, 1)} to {percent(row.high, 1)})"
        for effort, row in rows.items()
    )
    searched = table[table.effort == SEARCH]
    slow = searched[searched["count"] > 0]
    found = (
        "The whole search finds a valid model at every state of every population, so no state is "
        "slow"
        if slow.empty
        else "The whole search leaves slow "
        + ", ".join(f"{c} of {n} {name}" for name, c, n in
                    zip(slow.population, slow["count"], slow.states, strict=True))
        + "; a search that fails proves nothing, so this is an upper bound"
    )  # fmt: skip
    models = ", ".join(
        f"{name} {one.survey.dataset.evaluations.values.mean():.0f}"
        for name, one in surveyed.items()
    )
    longest = max(int(one.survey.dataset.evaluations.values.max()) for one in surveyed.values())
    return Text(
        f"Generic states without a valid model: **{generic}**. The paper found 18.4 % of its "
        f"5,000. {found}. Models that a search took on average: {models}; at most {longest:,}. "
        + (
            "So this share says how much effort was spent, more than what the states allow."
            if rows[UNBIASED].low > rows[SEARCH].high
            else ""
        )
    )


def random_models(table: pd.DataFrame) -> Text:
    """What unbiased models have in each population.

    Args:
        table: as from `renaissance_kit.studies.unbiased_table`.
    """
    parts = "; ".join(
        f"{row.population}: {row.supporting:,} of {row.states:,} states support valid dynamics, "
        f"{percent(row.incidence, 1)} of the models are valid, median of the quantile "
        f"{row.q50:.2f} 1/h"
        for row in table.itertuples(index=False)
    )
    return Text(f"Of {int(table.models.max()):,} unbiased models at each state. {parts}.")


def exactness(stay_valid: pd.DataFrame) -> Text:
    """Which share of the models stays valid when constants change by 1, 10 and 30 %.

    Args:
        stay_valid: shares by change (rows) and group (columns).
    """
    groups = "; ".join(
        f"**{name} {percent(column.get(0.01), 0)}, {percent(column.get(0.1), 0)} and "
        f"{percent(column.get(0.3), 0)}**"
        for name, column in stay_valid.items()
    )
    return Text(
        "Share of the models that stay valid when every constant changes by 1 %, 10 % and 30 %: "
        f"{groups}. Where several eigenvalues have met, λmax is steep, and constants must be met "
        "more exactly."
    )


def kinds(unbiased: UnbiasedModels) -> Text:
    """How many states support valid dynamics; to compare needs some that do and some that do not.

    Args:
        unbiased: models at the states that are compared.
    """
    count, n = int(unbiased.supports.sum()), len(unbiased)
    said = f"{count:,} of {n:,} states support valid dynamics by {unbiased.models:,} models."
    if 0 < count < n:
        return Text(said)
    return Text(
        f"{said} **All are of one kind**, so that there is nothing to compare: their ranges, "
        "thresholds and constrained metabolites are left out. "
        + ("More models at each state" if count == 0 else "Fewer models at each state, or more")
        + (", or more states, may show both." if count == 0 else " states, may show both.")
    )


def neighbours(shares: pd.DataFrame) -> Text:
    """Whether new states near supporting ones support valid dynamics, and whether only these do.

    Args:
        shares: as from `renaissance_kit.studies.share_table`, of new states.
    """
    names = [str(name) for name in shares.population if str(name).startswith("new")]
    parts = "; ".join(
        f"{row.population} {percent(row.share, 0)} ({percent(row.low, 0)} to "
        f"{percent(row.high, 0)})"
        for row in (share_row(shares, name) for name in names)
    )
    said = ""
    if {"new in all states", "new anywhere"} <= set(names):
        within, anywhere = (share_row(shares, f"new {k}") for k in ("in all states", "anywhere"))
        if within.low > anywhere.high:
            said = (
                " Bounds alone help: new states between the central quantiles of *all* states "
                "support more often than those drawn anywhere, as bounds leave out the extremes of "
                "every concentration and flux at once."
            )
    if {"new in all states", "new in all supporting states"} <= set(names):
        within = share_row(shares, "new in all states")
        near = share_row(shares, "new in all supporting states")
        said += (
            " Bounds of supporting states help more than those of all."
            if near.low > within.high
            else " That bounds of supporting states help more than those of all cannot be told."
        )
    return Text(f"States that support valid dynamics: {parts}.{said}")


def metabolites(tables: Mapping[str, pd.DataFrame], called: Mapping[str, str]) -> Text:
    """How many metabolites differ between the two kinds of states, and which.

    Args:
        tables: as from `renaissance_kit.analysis.ranges_of_metabolites`, by population; empty
            where all states are of one kind.
        called: names of metabolites, for readers.
    """
    parts = []
    for population, ranges in tables.items():
        names = ranges.metabolite[ranges.found]
        parts.append(
            f"{population}: **{len(names)} of {len(ranges)} metabolites** differ between states "
            "that support valid dynamics and the others (false discovery rate 5 %): "
            f"{', '.join(called.get(m, m) for m in names[:12]) or 'none'}."
        )
    return Text(" ".join(parts) or "All states are of one kind; no ranges to compare.")


def correlations(tables: Mapping[str, pd.DataFrame], called: Mapping[str, str]) -> Text:
    """How many variables go with the speed of random models, and the strongest of each kind.

    Args:
        tables: as from `renaissance_kit.analysis.state_correlations`, by population.
        called: names of metabolites, for readers.
    """
    parts = []
    for population, table in tables.items():
        best = "; ".join(
            f"{kind} of {called.get(row['name'], row['name'])} {row['rho']:.2f}"
            for kind, row in ((k, t.iloc[0]) for k, t in table.groupby("kind", sort=False))
        )
        parts.append(
            f"{population}: {int(table.found.sum())} of {len(table)} variables go with the "
            f"quantile (false discovery rate 5 %); the strongest are {best}"
        )
    return Text(". ".join(parts) + ". Negative: more of it goes with faster models.")


def slow_modes(modes: pd.DataFrame, table: pd.DataFrame) -> Text:
    """Which metabolites dominate the slowest modes.

    Args:
        modes, table: as from `renaissance_kit.studies.slow_modes` and `slow_mode_table`.
    """
    largest = ", ".join(f"{name} at {int(k):,}" for name, k in table.states.head(5).items())
    return Text(
        f"Largest share in the slowest mode: {largest} of {len(modes):,} states. Median share: "
        f"{percent(modes.participation.median(), 0)}."
    )


def cost(cost: SurveyCost, timing: pd.DataFrame, *, states: int) -> Text:
    """What a state costs, what a task moves, and how long so many states take."""
    return Text(
        f"{cost.evaluations.mean():.0f} models and {cost.per_state_s:.2f} core-seconds a state, "
        f"{cost.per_model_ms:.2f} ms a model with its derivatives; a task of {cost.chunk} states "
        f"moves {cost.bytes_out / 1e3:,.0f} kB out and {cost.bytes_back / 1e3:,.0f} kB back. From "
        f"1 to {int(timing.workers.iloc[-1])} workers: {timing.speedup.iloc[-1]:.2f} times faster. "
        f"{states:,} states: {cost.wall_s(states, 2) / 60:.1f} min on 2 cores."
    )


# --- beside the paper ----------------------------------------------------------------------------


def no_model_claims(table: pd.DataFrame) -> list[Row]:
    """C11: states without a valid model, by effort and population.

    Args:
        table: as from `renaissance_kit.studies.without_model`.
    """
    words = {
        GENERIC: "no bound on turnover",
        SHIPPED: "shipped",
        DISPLACED: "no bound on turnover and displacement",
        PUBLISHED: "the study's ten",
    }
    efforts = {SEARCH: "", DESCENT: " by one descent", UNBIASED: " among unbiased ones"}
    found = []
    for effort, text in efforts.items():
        for row in table[table.effort == effort].itertuples(index=False):
            found.append(
                ("C11", f"states without a valid model{text}, {words[str(row.population)]}",
                 f"{percent(row.share, 2)} ({row.count:,} of {row.states:,})",
                 f"{percent(row.low, 2)} to {percent(row.high, 2)} (Wilson)")
            )  # fmt: skip
    return found


def _both(one: Surveyed) -> tuple[str, str]:
    """Shares of supporting states and of those where the search finds a model; intervals."""
    flags = {effort: one.found_by(effort) for effort in (UNBIASED, SEARCH)}
    support, found = share_table(flags).itertuples(index=False)
    return (
        f"{percent(support.share, 1)} support valid dynamics ({support.count:,} of "
        f"{support.states:,}), "
        f"search finds a valid model at {percent(found.share, 1)} ({found.count:,})",
        f"{percent(support.low, 1)} to {percent(support.high, 1)}, {percent(found.low, 1)} to "
        f"{percent(found.high, 1)} (Wilson)",
    )


def neighbourhood_claims(new: Mapping[str, Surveyed]) -> list[Row]:
    """C12: new states in neighbourhoods, and anywhere, by the name of the group."""
    return [("C12", f"states {name}", *_both(one)) for name, one in new.items()]


def metabolite_claims(
    thresholds: Mapping[str, pd.DataFrame], held: Mapping[str, Surveyed], *, metabolites: int
) -> list[Row]:
    """C13: thresholds, and states with many metabolites constrained to a part of their range.

    Args:
        thresholds: as from `renaissance_kit.studies.threshold_table`, by population.
        held: new states by the kind of ranges; empty without any.
        metabolites: that are constrained.
    """
    rows = [
        ("C13", f"threshold of {t.metabolite} (mM), states support valid dynamics "
         f"{'below' if t.below else 'above'} it{'' if name == GENERIC else f', {name}'}",
         f"{t.value_mM:.3g}" if t.found else f"none (q = {t.q:.2g})",
         f"{t.low_mM:.3g} to {t.high_mM:.3g} (bootstrap); on this side "
         f"{percent(t.share_inside, 0)} support, on the other {percent(t.share_outside, 0)}")
        for name, table in thresholds.items() for t in table.itertuples()
    ]  # fmt: skip
    return rows + [
        ("C13", f"states with {metabolites} metabolites in {name} ranges", *_both(one))
        for name, one in held.items()
    ]
