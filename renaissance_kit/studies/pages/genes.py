"""Notebook 12: how large its runs are, and what its numbers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from renaissance_kit.omics.expression import Expression
from renaissance_kit.omics.fit import OmicsFit
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.gene_conditions import AGAINST, ALWAYS, FORBIDDEN, SOMETIMES
from renaissance_kit.studies.km_integration import IntegrationRun
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent, too_few


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        alternatives: most sets of ratios that are looked for.
        n_states: steady states of each condition.
        steps_per_dimension: coordinate steps between kept states, for each dimension.
        trainings: generators of each condition, each at a state of its own.
        steps: of a training by gradient.
        models_per_step: models that judge a step.
        models: drawn from each generator.
        permutations: of the conditions among the trainings, for the null distribution.
        valid_only: whether to leave out models that are not valid; too short a training has none
            that are.
    """

    alternatives: int
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
        "n_states": (8, 200, 500, 5_000),
        "steps_per_dimension": (1, 5, 20, 20),
        "trainings": (2, 4, 12, 30),
        "steps": (3, 50, 50, 100),
        "models_per_step": (12, 64, 64, 64),
        "models": (40, 400, 400, 1_500),
        "permutations": (50, 500, 2_000, 10_000),
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


def sampled(states: Mapping[str, SteadyStates], apart: pd.DataFrame) -> Text:
    """How far apart the states of the two conditions are.

    Args:
        apart: as from `renaissance_kit.studies.fluxes_apart`.
    """
    counts = " and ".join(f"{len(s):,} of {c}" for c, s in states.items())
    fully = apart[apart.apart == 1]
    larger = (fully.ratio > 1).sum()
    return Text(
        f"{counts}. In every pair of states, one of each condition, {len(fully)} of {len(apart)} "
        f"fluxes differ the same way ({larger} are larger in the second condition); for "
        f"{int((apart.apart > 0.9).sum())} it is so in more than 90 % of the pairs."
    )


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


def trained(groups: Mapping[str, Sequence[IntegrationRun]]) -> Text:
    """Whether training worked at the states of each condition."""
    parts = []
    for condition, runs in groups.items():
        shares = [run.incidence for run in runs]
        parts.append(
            f"{condition} {percent(sum(shares) / len(shares), 1)} ({percent(min(shares), 1)} to "
            f"{percent(max(shares), 1)})"
        )
    seconds = sum(run.seconds for runs in groups.values() for run in runs)
    each = {len(runs) for runs in groups.values()}
    return Text(
        f"Share of valid models of the generators, {max(each)} a condition: {'; '.join(parts)}. "
        f"All trainings took {seconds:.0f} s."
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
