"""Two conditions from levels of genes: their states, a generator at several states of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.analysis.profiles import with_default_profile
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import Run
from renaissance_kit.core.seeds import derived_seed, repeat_seeds
from renaissance_kit.network.network import Network
from renaissance_kit.omics.expression import Expression
from renaissance_kit.omics.fit import OmicsFit
from renaissance_kit.omics.tex_fba import tex_fba
from renaissance_kit.states.sampling import sample_steady_states
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.km_integration import Integration, IntegrationRun
from renaissance_kit.studies.states import QUANTILES
from renaissance_kit.training.recipes import Recipe

ALWAYS, SOMETIMES = "followed", "followed in some of the alternatives"
AGAINST, FORBIDDEN = "contradicted by others", "forbidden by the constraints"
EXAMINED = 100  # states among which the default one of a condition is chosen
OUTCOMES = (ALWAYS, SOMETIMES, AGAINST, FORBIDDEN)


def expression_for(
    network: Network, condition: str | None, levels: str | Path | None
) -> Expression | None:
    """Levels of genes for one condition; None where no condition is asked for.

    Args:
        condition: one of the table's.
        levels: a table; ``expression.csv`` of the network if not given.

    Raises:
        DataError: the table has mistakes.
        ParameterError: a table without a condition, or one that it does not have.
    """
    if condition is None and levels is None:
        return None
    expression = Expression.example(network) if levels is None else Expression.read(network, levels)
    if condition is None:
        raise ParameterError(
            f"levels is {levels} and condition is not given; give one of its conditions: "
            f"{', '.join(expression.conditions)}"
        )
    expression.of_condition(condition)
    return expression


def states_in_condition(
    network: Network, expression: Expression, condition: str, n: int, *, seed: int
) -> tuple[OmicsFit, SteadyStates]:
    """Steady states that follow the levels of genes in one condition, as far as possible.

    Args:
        network: with gene rules, formation energies and constraints.
        expression: levels of genes.
        condition: one of its conditions.
        n: how many states.
        seed: of the states, and of the choice of the default one among them.

    Returns:
        The fit by `renaissance_kit.omics.tex_fba`, and the states with a default one chosen.

    Raises:
        ParameterError: an unknown condition, or too few states.
        InfeasibleError: the constraints contradict each other.
    """
    fit = tex_fba(network, expression, condition)
    sample = sample_steady_states(
        network, n, seed=seed, constraints=fit.of_alternative()[condition]
    )
    return fit, with_default_profile(network, sample, examined=min(n, EXAMINED), seed=seed)


def ratio_outcomes(network: Network, fit: OmicsFit) -> pd.DataFrame:
    """What became of the ratio of each reaction.

    Args:
        fit: by `renaissance_kit.omics.remi`.

    Returns:
        One row a ratio, the largest first: name, pathway, genes, ratio, outcome (one of
        `OUTCOMES`), and ``against``, what forbids it in the first alternative.
    """
    found = fit.table().merge(fit.conflicts[["name", "against"]], on="name", how="left")
    forbidden = found.against == "the constraints alone"
    found["outcome"] = np.select(
        [found.share == 1, found.share > 0, forbidden], [ALWAYS, SOMETIMES, FORBIDDEN], AGAINST
    )
    reactions = [network.reactions.get(name) for name in found.name]
    found["pathway"] = [r.subsystem if r is not None else "" for r in reactions]
    found["genes"] = [r.gpr if r is not None else "" for r in reactions]
    found["against"] = found.against.fillna("")
    order = found.ratio.sort_values(ascending=False, kind="stable").index
    columns = ["name", "pathway", "genes", "ratio", "outcome", "against"]
    return found.loc[order, columns].reset_index(drop=True)


def condition_fluxes(states: Mapping[str, SteadyStates], names: list[str]) -> pd.DataFrame:
    """How large fluxes are in the states of each condition.

    Args:
        states: by condition.
        names: of reactions.

    Returns:
        One row a reaction and condition: name, condition, and quantiles of the magnitude of the
        flux in mmol/gDW/h under the names of `renaissance_kit.studies.QUANTILES`.
    """
    rows = []
    for name in names:
        for condition, sample in states.items():
            flux = np.abs(sample.dataset.flux.sel(reaction=name).values)
            found = np.quantile(flux, list(QUANTILES.values()))
            rows.append(
                {"name": name, "condition": condition} | dict(zip(QUANTILES, found, strict=True))
            )
    return pd.DataFrame(rows)


def fluxes_apart(network: Network, states: Mapping[str, SteadyStates]) -> pd.DataFrame:
    """Which fluxes lie apart in the states of two conditions, the farthest first.

    Returns:
        One row a kinetic reaction: name, the median magnitude of its flux in each condition, their
        ratio (after over before), and ``apart``: the share of pairs of states, one of each
        condition, in which the condition with the larger median has the larger flux.
    """
    if len(states) != 2:
        raise ParameterError(f"states of {len(states)} conditions; give two")
    rows = []
    names = list(states)
    for name in network.kinetic_reactions:
        one, two = (np.abs(s.dataset.flux.sel(reaction=name).values) for s in states.values())
        larger = (two[:, None] > one[None]).mean() + 0.5 * (two[:, None] == one[None]).mean()
        medians = float(np.median(one)), float(np.median(two))
        rows.append((name, *medians, medians[1] / medians[0], max(larger, 1 - larger)))
    table = pd.DataFrame(rows, columns=["name", *names, "ratio", "apart"])
    order = np.lexsort([-np.abs(np.log(table.ratio)), -table.apart])
    return table.iloc[order].reset_index(drop=True)


def differing_fluxes(apart: pd.DataFrame) -> int:
    """Fluxes that differ in every pair of states."""
    return int((apart.apart == 1).sum())


def common_fluxes(apart: Sequence[pd.DataFrame]) -> set[str]:
    """Fluxes that differ the same way in every pair of states, whatever the set of ratios."""
    ways = [
        {(name, ratio > 1) for name, ratio in zip(t.name, t.ratio, strict=True)}
        for t in (t[t.apart == 1] for t in apart)
    ]
    return {str(name) for name, _ in set.intersection(*ways)}


def shifted_constants(changes: pd.DataFrame) -> int:
    """Constants whose median shifts at a false discovery rate below 5 %."""
    return int((changes.q_shift < 0.05).sum())


def common_shifts(changes: Sequence[pd.DataFrame]) -> set[str]:
    """Constants that shift the same way beyond chance, whatever the set of ratios."""
    ways = [
        {(name, shift > 0) for name, shift in zip(t.name, t["shift"], strict=True)}
        for t in (t[t.q_shift < 0.05] for t in changes)
    ]
    return {str(name) for name, _ in set.intersection(*ways)}


def trained_in_conditions(
    network: Network,
    states: Mapping[str, SteadyStates],
    recipe: Recipe,
    *,
    trainings: int,
    models: int,
    seed: int,
    run: Run,
) -> dict[str, list[IntegrationRun]]:
    """A generator at each of several states of every condition.

    The states are spread evenly over a sample. As each training has a state and a seed of its own,
    what differs between the conditions is compared with what differs between their states.

    Args:
        states: by condition.
        recipe: how to train at one state.
        trainings: of each condition.
        models: drawn from each generator.
        seed: of all trainings.
        run: threads; store of the ensembles; progress.

    Returns:
        By condition.
    """
    done: dict[str, list[IntegrationRun]] = {}
    for i, (condition, sample) in enumerate(states.items()):
        places = np.linspace(0, len(sample) - 1, trainings).round().astype(int)
        done[condition] = []
        for place, own in zip(places, repeat_seeds(derived_seed(seed, i), trainings), strict=True):
            state = replace(sample[int(place)], label=f"{condition}, {sample[int(place)].label}")
            job = Integration(network, state, recipe, models, run)
            done[condition].append(job.train(None, seed=own, label=state.label))
            if run.stopped:
                return done
    return done
