"""Notebook 05: how large its runs are, and what its numbers say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.search.survey import Survey
from renaissance_kit.states.constraints import Constraints
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.cost import SurveyCost
from renaissance_kit.studies.intracellular import MoreEffort, share_row
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text

WORKERS = (1, 2, 4, 8, 16, 32, 64, 100, 250, 500, 1000)
"""Numbers of cores for which the time of a survey is modelled."""

Row = tuple[str, str, str, str]
"""Claim, quantity, value here, spread."""


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        states: generic states to survey.
        sampled: generic states to sample, of which those are evenly spaced.
        shipped: shipped states to survey.
        steps: of a descent; the further effort of a search is in proportion.
        repeated: slow states to search again with ten times the descents.
        resampled: new states in each kind of neighbourhood, and anywhere.
        held_states: states in non-supporting ranges, and as many in the control.
        timed: states for the comparison of one and two workers.
        sampler_steps: of the sampler for each dimension, between two states.
        exactness_models: models of each kind whose constants are changed.
    """

    states: int
    sampled: int
    shipped: int
    steps: int
    repeated: int
    resampled: int
    held_states: int
    timed: int
    sampler_steps: int
    exactness_models: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "states": (24, 200, 1_000, 5_000),
        "sampled": (24, 400, 5_000, 5_000),
        "shipped": (4, 60, 500, 5_000),
        "steps": (60, 1_000, 4_000, 4_000),
        "repeated": (2, 4, 20, 50),
        "resampled": (4, 30, 100, 300),
        "held_states": (4, 30, 100, 300),
        "timed": (2, 20, 40, 300),
        "sampler_steps": (1, 16, 16, 16),
        "exactness_models": (10, 200, 200, 200),
    }


# --- sentences -----------------------------------------------------------------------------------


def populations(
    sample: SteadyStates, sampled: SteadyStates, shipped: SteadyStates, constraints: Constraints
) -> Text:
    """How many states there are, and what bounds those concentrations that were not measured."""
    return Text(
        f"{len(sample):,} generic states of {len(sampled):,} sampled, and {len(shipped):,} shipped "
        f"ones. Concentrations of generic states: {constraints.pool_mM.low:g} to "
        f"{constraints.pool_mM.high:g} mM where not measured. Turnover bound of the shipped ones: "
        f"{constraints.turnover_time_min:g} min."
    )


def slow_states(found: Survey, shares: pd.DataFrame, at_once: pd.DataFrame) -> Text:
    """How many states are slow, at how many the first descent fails, and what a state took."""
    generic, shipped = share_row(shares, "generic"), share_row(shares, "shipped")
    failed, shipped_failed = share_row(at_once, "generic"), share_row(at_once, "shipped")
    status = ", ".join(
        f"{n:,} {k.lower().replace('_', ' ')}" for k, n in found.counts().items() if n
    )
    return Text(
        f"**{generic.slow_share:.2%} of the generic states are slow** "
        f"({generic.states - generic.fast:,} of {generic.states:,}; 95 % interval "
        f"{generic.slow_low:.2%} to {generic.slow_high:.2%}); the paper found 18.4 % of "
        f"its 5,000. The first descent fails at {failed.failed_share:.1%} "
        f"({failed.failed_low:.1%} to {failed.failed_high:.1%}). Of the shipped states "
        f"{shipped.states - shipped.fast:,} of {shipped.states:,} are slow (up to "
        f"{shipped.slow_high:.2%}), and the first descent fails at "
        f"{shipped_failed.failed_share:.1%}, as their turnover is bounded. Status of the fastest "
        f"models: {status}. A state took {found.dataset.evaluations.values.mean():.0f} models on "
        f"average, {found.dataset.seconds.values.mean():.2f} core-seconds."
    )


def more_effort(effort: MoreEffort) -> Text:
    """How many slow states turned fast; if none was searched again, how long the searches took."""
    if not effort.tried:
        found = effort.survey
        models = found.dataset.evaluations.values
        late = int((models > models.max() / 10).sum())
        return Text(
            "No state was searched again. "
            + ("No state is slow. " if found.fast.all() else "")
            + f"The longest search took {models.max():,} models. A tenth of that would not have "
            f"been enough at {late:,} of {len(found):,} states ({late / len(found):.2%})."
        )
    before, after = effort.before, effort.after
    gain = after.lambda_max_per_h - before.lambda_max_per_h
    been = ", ".join(f"{v:.2f}" for v in before.lambda_max_per_h[after.fast]) or "—"
    return Text(
        f"**{effort.turned} of {effort.tried} slow states turned fast** with ten times the effort. "
        f"λmax fell by {-np.median(gain):.3f} 1/h in the median, by {-gain.min():.2f} at most. "
        f"Those that turned had been at {been} 1/h. If all slow states turned at that rate, "
        f"{effort.slow_share:.2%} of the states would stay slow. "
        "A search that fails proves nothing, so this too is an upper bound."
    )


def exactness(stay_fast: pd.DataFrame) -> Text:
    """Which share of the models stays fast when constants change by 0.1 % and by 1 %."""
    groups = "; ".join(
        f"**{name} {column.get(1e-3):.0%} and {column.get(1e-2):.0%}**"
        for name, column in stay_fast.items()
    )
    return Text(
        "Share of the models that stay fast when every constant changes by 0.1 % and by 1 %: "
        f"{groups}. Where several eigenvalues have met, λmax is steep, and constants must be met "
        "more exactly. The share of slow states says at how many no fast model was found; that of "
        "states where the first descent fails, at how many it takes more effort, and how exact "
        "such models are, these curves."
    )


def metabolites(ranges: pd.DataFrame) -> Text:
    """How many metabolites differ between the two kinds of states, and which."""
    names = ranges.metabolite[ranges.found]
    return Text(
        f"**{len(names)} of {len(ranges)} metabolites** differ between states where the first "
        "descent succeeds and the others (false discovery rate 5 %): "
        f"{', '.join(names[:12]) or 'none'}."
    )


def culprit(
    name: str,
    limits: pd.DataFrame,
    modes: pd.DataFrame,
    table: pd.DataFrame,
    threshold_per_h: float,
) -> Text:
    """What the metabolite that differs most allows by itself, and what dominates the slowest modes.

    Args:
        name: of the metabolite.
        limits: as from `renaissance_kit.studies.limits_of_metabolite`, with a column ``succeeds``.
        modes, table: as from `slow_modes` and `slow_mode_table`.
    """
    limited = limits.limit_per_h < -threshold_per_h

    def succeeds(where: pd.Series) -> str:
        return f"{int(limits.succeeds[where].sum()):,} of {int(where.sum()):,}"

    largest = ", ".join(f"{n} at {int(k)}" for n, k in table.states.head(5).items())
    return Text(
        f"**{name} sets the two kinds apart most.** By itself it relaxes slower than the "
        f"threshold, whatever the constants, at {int(limited.sum()):,} of {len(limits):,} states. "
        f"The first descent succeeds at {succeeds(limited)} of these, of the others at "
        f"{succeeds(~limited)}. Largest share in the slowest mode where it fails: "
        f"{largest} of {len(modes):,}."
    )


def cost(cost: SurveyCost, timing: pd.DataFrame, *, states: int) -> Text:
    """What a state costs, what a task moves, and how long so many states take."""
    return Text(
        f"{cost.per_state_s:.2f} core-seconds a state, {cost.per_model_ms:.2f} ms a model with its "
        f"derivatives; a task of {cost.chunk} states moves {cost.bytes_out / 1e3:,.0f} kB out and "
        f"{cost.bytes_back / 1e3:,.0f} kB back. From 1 to {int(timing.workers.iloc[-1])} workers: "
        f"{timing.speedup.iloc[-1]:.2f} times faster. {states:,} states: "
        f"{cost.wall_s(states, 2) / 60:.0f} min on 2 cores, "
        f"{cost.wall_s(states, 1000, chunk=1) / 60:.1f} min on 1,000 with one state in a task."
    )


# --- beside the paper ----------------------------------------------------------------------------


def slow_claims(
    shares: pd.DataFrame, at_once: pd.DataFrame, effort: MoreEffort, *, steps: int
) -> list[Row]:
    """C11: states without a valid model, and what more effort would change."""
    generic, shipped = share_row(shares, "generic"), share_row(shares, "shipped")
    failed = share_row(at_once, "generic")
    rows = [
        ("C11", "states without a valid model, no bound on turnover",
         f"{generic.slow_share:.2%} ({generic.states - generic.fast:,} of {generic.states:,})",
         f"{generic.slow_low:.2%} to {generic.slow_high:.2%} (Wilson)"),
        ("C11", f"states that one descent of {steps:,} steps leaves slow",
         f"{failed.failed_share:.1%} "
         f"({failed.states - failed.first_descent:,} of {failed.states:,})",
         f"{failed.failed_low:.1%} to {failed.failed_high:.1%} (Wilson)"),
        ("C11", "states without a valid model among the shipped, bounded by turnover",
         f"{shipped.slow_share:.1%} ({shipped.states - shipped.fast:,} of {shipped.states:,})",
         f"up to {shipped.slow_high:.2%} (Wilson)"),
    ]  # fmt: skip
    if effort.tried:
        low, high = effort.turned_interval
        slow_low, slow_high = effort.slow_interval
        rows += [
            ("C11", "slow states that ten times the effort turns fast",
             f"{effort.turned} of {effort.tried}", f"{low:.0%} to {high:.0%} (Wilson)"),
            ("C11",
             "states without a valid model, less those that ten times the effort would turn",
             f"{effort.slow_share:.2%}", f"{slow_low:.2%} to {slow_high:.2%} (both intervals)"),
        ]  # fmt: skip
    return rows


def _share_text(first: Any, fast: Any) -> tuple[str, str]:
    """Shares of successful first descents and of fast states, counts, and their intervals."""
    return (
        f"{first.share:.1%} at the first descent ({first.first_descent:,} of "
        f"{first.states:,}), {fast.share:.1%} fast ({fast.fast:,})",
        f"{first.low:.1%} to {first.high:.1%}, {fast.low:.1%} to {fast.high:.1%} (Wilson)",
    )


def neighbourhood_claims(at_once: pd.DataFrame, shares: pd.DataFrame) -> list[Row]:
    """C12: new states in neighbourhoods, and anywhere."""
    order = ("best cell", "worst cell", "all where it succeeds", "all where it fails")
    names = [*(f"new in {name}" for name in order), "new anywhere"]
    return [
        ("C12", f"states {name}", *_share_text(share_row(at_once, name), share_row(shares, name)))
        for name in names
        if name in set(shares.population)
    ]


def metabolite_claims(
    thresholds: pd.DataFrame,
    constrained_at_once: pd.DataFrame,
    constrained: pd.DataFrame,
    *,
    metabolites: int,
) -> list[Row]:
    """C13: thresholds, and states with many metabolites constrained to a part of their range."""
    rows = [
        ("C13", f"threshold of {t.metabolite} (mM), descent succeeds "
         f"{'below' if t.below else 'above'} it",
         f"{t.value_mM:.3g}" if t.found else f"none (q = {t.q:.2g})",
         f"{t.low_mM:.3g} to {t.high_mM:.3g} (bootstrap); succeeds on this side at "
         f"{t.share_inside:.0%}, on the other at {t.share_outside:.0%}")
        for t in thresholds.itertuples()
    ]  # fmt: skip
    return rows + [
        ("C13", f"states with {metabolites} metabolites in {name} ranges",
         *_share_text(share_row(constrained_at_once, name), share_row(constrained, name)))
        for name in ("non-supporting", "supporting")
    ]  # fmt: skip
