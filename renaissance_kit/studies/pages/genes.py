"""Notebook 12: how large its runs are, and what its numbers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from renaissance_kit.omics.expression import Expression
from renaissance_kit.omics.fit import OmicsFit
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.gene_conditions import (
    AGAINST,
    ALWAYS,
    FORBIDDEN,
    SOMETIMES,
    common_fluxes,
    common_shifts,
    differing_fluxes,
    shifted_constants,
)
from renaissance_kit.studies.km_integration import IntegrationRun
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent, too_few


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        alternatives: most sets of ratios that are looked for.
        sets: of these, sets whose states are made and trained at.
        n_states: steady states of each condition.
        steps_per_dimension: coordinate steps between kept states, for each dimension.
        trainings: generators of each condition and set, each at a state of its own.
        steps: of a training by gradient.
        models_per_step: models that judge a step.
        models: drawn from each generator.
        permutations: of the conditions among the trainings, for the null distribution.
        valid_only: whether to leave out models that are not valid; too short a training has none
            that are.
    """

    alternatives: int
    sets: int
    n_states: int
    steps_per_dimension: int
    trainings: int
    steps: int
    models_per_step: int
    models: int
    permutations: int
    valid_only: bool

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "alternatives": (2, 10, 10, 50),
        "sets": (2, 2, 2, 4),
        "n_states": (8, 200, 500, 5_000),
        "steps_per_dimension": (1, 5, 20, 20),
        "trainings": (2, 4, 10, 30),
        "steps": (3, 50, 50, 100),
        "models_per_step": (12, 64, 64, 64),
        "models": (40, 400, 400, 1_500),
        "permutations": (50, 2_000, 20_000, 50_000),
        "valid_only": (False, True, True, True),
    }


# --- sentences -----------------------------------------------------------------------------------


def measured(expression: Expression, ratios: Mapping[str, float], threshold: float) -> Text:
    """How much of the network the table speaks of."""
    network = expression.network
    known = set().union(*expression.levels.values())
    counted = sum(r > threshold or r < 1 / threshold for r in ratios.values())
    left_out = f" {expression.others:,} further genes of the table are in no rule." * bool(
        expression.others
    )
    return Text(
        f"{len(known)} of the {len(network.genes)} genes of the network were measured. They say "
        f"something of {len(ratios)} of {len(network.kinetic_reactions)} reactions; the level of "
        f"{counted} changes by more than {threshold:g} times.{left_out}"
    )


def outcomes(table: pd.DataFrame, fit: OmicsFit) -> Text:
    """How many ratios fluxes can follow, and what becomes of the others.

    Args:
        table: as from `renaissance_kit.studies.ratio_outcomes`.
    """
    of = table.outcome.value_counts()
    against = of.get(AGAINST, 0) + of.get(SOMETIMES, 0)
    same = sum(len(a.met) == fit.met for a in fit.agreements)
    proven = all(a.optimal for a in fit.agreements)
    return Text(
        f"At most {fit.met} of {len(table)} ratios can be followed together"
        f"{'' if proven else ' (not proven: the time ran out)'}, in {same} "
        f"{'way' if same == 1 else 'ways'} among those looked for: {of.get(ALWAYS, 0)} in all of "
        f"them. {of.get(FORBIDDEN, 0)} are forbidden by balance, the second law and what is "
        f"measured of the cell alone, and {against} contradict others. A flux that the "
        "measurements of the culture fix cannot follow its enzyme."
    )


def sampled(states: Mapping[str, SteadyStates], apart: Sequence[pd.DataFrame]) -> Text:
    """How far apart the states of the two conditions are.

    Args:
        states: of one set of ratios, by condition.
        apart: of each set, as from `renaissance_kit.studies.fluxes_apart`.
    """
    counts = " and ".join(f"{len(s):,} of {c}" for c, s in states.items())
    fully = apart[0][apart[0].apart == 1]
    text = (
        f"{counts}. In every pair of states, one of each condition, {len(fully)} of "
        f"{len(apart[0])} fluxes differ the same way ({int((fully.ratio > 1).sum())} are larger in "
        f"the second condition)"
    )
    if len(apart) > 1:
        others = listed([differing_fluxes(t) for t in apart[1:]])
        text += (
            f"; with the other sets of ratios {others} do, and {len(common_fluxes(apart))} with "
            "all of them the same way"
        )
    return Text(f"{text}.")


def listed(numbers: Sequence[int]) -> str:
    """Numbers in a sentence."""
    return " and ".join(f"{n:,}" for n in numbers)


def single(fits: Mapping[str, OmicsFit]) -> Text:
    """What one condition alone says, by TEX-FBA."""
    parts = "; ".join(
        f"{condition}: {fit.met} of {len(fit.wanted)} levels followed"
        for condition, fit in fits.items()
    )
    return Text(
        f"{parts}. Levels of one condition say only which enzymes are plenty and which are scarce "
        "among those of the network; ratios say what changed."
    )


def trained(sets: Sequence[Mapping[str, Sequence[IntegrationRun]]]) -> Text:
    """Whether training worked at the states of each condition.

    Args:
        sets: runs by condition, of each set of ratios.
    """
    parts = []
    for condition in sets[0]:
        shares = [run.incidence for groups in sets for run in groups[condition]]
        parts.append(
            f"{condition} {percent(sum(shares) / len(shares), 1)} ({percent(min(shares), 1)} to "
            f"{percent(max(shares), 1)})"
        )
    runs = [run for groups in sets for of in groups.values() for run in of]
    return Text(
        f"Share of valid models of {len(runs)} generators: {'; '.join(parts)}. All trainings took "
        f"{sum(run.seconds for run in runs):.0f} s."
    )


def differences(changes: pd.DataFrame, conditions: Sequence[str]) -> Text:
    """Which Michaelis constants differ between the conditions, beside chance.

    Args:
        changes: as from `renaissance_kit.analysis.change_table`, the condition before first.
    """
    least = float(changes.p_least.max())
    if least > 0.05:
        return Text(too_few(least))
    moved = changes[changes.q_shift < 0.05]
    shaped = int((changes.q_distance < 0.05).sum())
    if moved.empty:
        said = "The median of no constant shifts beyond chance (q < 0.05)"
    else:
        first = moved.loc[moved["shift"].abs().idxmax()]
        said = (
            f"The medians of {len(moved)} of {len(changes)} constants shift beyond chance "
            f"(q < 0.05), that of {first['name']} most, by {first['shift']:+.2f} decades from "
            f"{conditions[0]} to {conditions[1]}"
        )
    return Text(
        f"{said}; the distribution of {shaped} changes. The null distribution has the states of "
        "both conditions in it: what differs from state to state is no difference of conditions."
    )


def compared(changes: Sequence[pd.DataFrame]) -> Text:
    """Whether the sets of ratios agree on which constants differ.

    Args:
        changes: of each set, as from `renaissance_kit.analysis.change_table`.
    """
    if len(changes) < 2:
        return Text("There is one largest set of ratios, and nothing to compare it with.")
    one, two = (table.set_index("name")["shift"] for table in changes[:2])
    r = float(one.corr(two.reindex(one.index)))
    text = (
        f"{listed([shifted_constants(t) for t in changes])} of {len(one)} constants shift beyond "
        f"chance with the sets of ratios, one after the other, and {len(common_shifts(changes))} "
        f"of them the same way with all. The shifts of the first two have a correlation of {r:+.2f}"
    )
    least = max(float(t.p_least.max()) for t in changes)
    if least > 0.05:
        return Text(f"{text}. {too_few(least)}")
    agree = r > 0.5
    return Text(
        f"{text}: what differs between the conditions "
        + ("is much the same in both." if agree
           else "depends on which of the largest sets is taken, and levels do not say which.")
    )  # fmt: skip
