"""Notebook 06: how large its runs are, and what its numbers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.analysis.km_change import width_decades
from renaissance_kit.analysis.km_conflicts import ALL_IN, AS_GENERATED
from renaissance_kit.network.network import Network
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import LEAST, Text, percent, too_few

KINDS = {"km": "KM", "vmax": "Vmax", "vmax_per_km": "Vmax/KM"}
"""Kinds of parameters, and what they are called."""
MOST_SHOWN = 6
"""Distributions in the figure."""


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        repeats: generators without the data, and as many with them.
        steps: of a training by gradient.
        models_per_step: models that judge a step.
        models: drawn from each generator.
        permutations: of the labels, for the null distribution of a change.
        exact_draws: unbiased models of each exact sample.
        evolution_repeats: trainings by evolution with and without data; 0: none.
        generations: of a training by evolution.
        population: generators in a generation.
        models_per_generator: models that judge each of them.
        truths: on the small network, for the calibration of ranges.
        posterior_draws: of each method there.
        posterior_steps: of a training there.
        chain_steps: of a Markov chain there.
        valid_only: whether to leave out models that are not valid; too short a training has none
            that are.
    """

    repeats: int
    steps: int
    models_per_step: int
    models: int
    permutations: int
    exact_draws: int
    evolution_repeats: int
    generations: int
    population: int
    models_per_generator: int
    truths: int
    posterior_draws: int
    posterior_steps: int
    chain_steps: int
    valid_only: bool

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "repeats": (2, 3, 10, 20),
        "steps": (3, 50, 50, 100),
        "models_per_step": (12, 64, 64, 64),
        "models": (40, 400, 400, 1_500),
        "permutations": (50, 500, 2_000, 10_000),
        "exact_draws": (300, 4_000, 20_000, 100_000),
        "evolution_repeats": (1, 0, 1, 5),
        "generations": (2, 50, 50, 50),
        "population": (3, 20, 20, 20),
        "models_per_generator": (8, 100, 50, 100),
        "truths": (10, 20, 100, 400),
        "posterior_draws": (60, 500, 1_500, 1_500),
        "posterior_steps": (3, 100, 200, 200),
        "chain_steps": (50, 1_000, 2_000, 8_000),
        "valid_only": (False, True, True, True),
    }


# --- sentences -----------------------------------------------------------------------------------


def conflicts(blame: pd.DataFrame, *, models: int, valid_only: bool) -> Text:
    """What all constants together do to the incidence, and what follows for the others.

    Args:
        blame: as from `renaissance_kit.analysis.incidence_by_measurement`.
        models: into which the constants were put.
        valid_only: whether these were valid before.
    """
    all_in = blame.without[ALL_IN]
    text = (
        f"With all {len(blame) - 2} constants put in, {percent(all_in, 1)} of {models} models are "
        f"valid, "
        f"against {percent(blame.without[AS_GENERATED], 1)} before."
    )
    if valid_only:
        text += (
            " A model into which the data are put keeps all its other constants. So there is a "
            "distribution of the other constants that goes with the data: that of the models that "
            f"stay valid, which is the one without data but for {percent(1 - all_in, 1)} of its "
            f"mass. The "
            "dynamics force no other constant to move further than that; what moves further is the "
            "choice of the generator among many good answers."
        )
    return Text(text)


def shown(
    network: Network, wanted: Iterable[tuple[str, str, str, str]], measured: Sequence[str]
) -> list[tuple[str, str, str, str]]:
    """Which distributions are drawn: those wanted, in a network that has these reactions.

    Args:
        wanted: kind (``km``, ``vmax`` or ``vmax_per_km``), name, name for readers, unit.
        measured: names of the constants with data, of which Vmax/KM are drawn in other networks.
    """
    found = [
        row
        for row in wanted
        if row[1] in (network.reaction_index if row[0] == "vmax" else network.km_index)
    ]
    names = network.names
    return found or [
        ("vmax_per_km", name, f"Vmax/KM of {names.get(name, name)}", "1/h")
        for name in measured[:MOST_SHOWN]
    ]


def densities(
    shown: Iterable[tuple[str, str, str, str]],
    before: Mapping[str, Sequence[pd.DataFrame]],
    after: Mapping[str, Sequence[pd.DataFrame]],
) -> Text:
    """How wide some parameters are without and with data, mean over the trainings.

    Args:
        shown: kind, name, name for readers and unit of each.
        before, after: tables of each training, by kind.
    """
    parts = []
    for kind, name, called, _ in shown:
        widths = [
            np.mean([float(width_decades(t[[name]])[0]) for t in group[kind]])
            for group in (before, after)
        ]
        parts.append(f"{called} {widths[0]:.2g} → {widths[1]:.2g}")
    return Text(f"Width of the central 95 % in decades, without → with data: {'; '.join(parts)}.")


def by_distance(changes: Mapping[str, pd.DataFrame]) -> Text:
    """Where the parameters are that change: at the data, near them, or far.

    Args:
        changes: as from `renaissance_kit.analysis.change_table`, with distances, by kind.
    """
    least = max(float(t.p_least.max()) for t in changes.values())
    if least > 0.05:
        return Text(too_few(least))
    every = pd.concat(changes.values())
    changed = every.q_distance < 0.05
    near = every.distance_steps.between(1, 3)
    parts = "; ".join(
        f"{text} {int((changed & where).sum())} of {int(where.sum())}"
        for text, where in (
            ("of the reactions with data", every.distance_steps == 0),
            ("one to three steps away", near),
            ("further away", ~near & (every.distance_steps != 0)),
        )
    )
    return Text(f"Parameters whose distribution changes beyond chance (q < 0.05): {parts}.")


def currency(network: Network) -> Text:
    """Which metabolites join no reactions when distances are counted."""
    names = sorted({network.metabolites[m].base for m in network.currency})
    return Text(
        f"Not counted as steps between reactions: {', '.join(names)}, in every compartment, and "
        "the growth reaction."
    )


def propagation(counts: pd.DataFrame) -> Text:
    """How many parameters of other reactions changed by more than chance, and what that means.

    Args:
        counts: as from `renaissance_kit.studies.change_counts`.
    """
    every, shifted, reshaped = (
        int(counts.loc[row].sum())
        for row in (
            "parameters of other reactions", "shifted (q < 0.05)", "other shape (q < 0.05)",
        )
    )  # fmt: skip
    least = float(counts.loc[LEAST].max())
    if least > 0.05:
        return Text(f"{too_few(least)} That is true of all {every} parameters of other reactions.")
    meaning = (
        "These are the parameters to which the data propagate."
        if shifted + reshaped
        else "No propagation can be told from noise here. The generator is trained for the widest "
        "distribution of valid models, and the data leave nearly all models valid, so nothing "
        "has to move."
    )
    return Text(
        f"Of {every} parameters of other reactions, {shifted} shifted and {reshaped} changed shape "
        f"beyond the permutation null distribution (q < 0.05). {meaning}"
    )


def correlations(table: pd.DataFrame) -> Text:
    """How many pairs change their correlation by more than chance."""
    if table.p_least.max() > 0.05:
        return Text(f"{too_few(float(table.p_least.max()))} That is true of {len(table):,} pairs.")
    return Text(
        f"Of {len(table):,} pairs {int((table.q_value < 0.05).sum())} change their correlation "
        "beyond the permutation null distribution (q < 0.05)."
    )


def by_evolution(table: pd.DataFrame) -> Text:
    """Whether the data move more than another seed does, in trainings by evolution.

    Args:
        table: as from `renaissance_kit.studies.pairs_of_runs`; the first row with data, the second
            with another seed. Empty without such trainings.
    """
    if table.empty:
        return Text("No training by evolution was asked for; set `evolution_repeats`.")
    data, seed = table["median |shift| (decades)"].iloc[:2]
    meaning = (
        "A single comparison would show a change of nearly every constant, and nearly all of it "
        "would be that of the seed."
        if data < 1.5 * seed
        else "The data move more than the seed does."
    )
    return Text(
        f"By evolution, a training with data differs from one without by {data:.2f} decades "
        f"(median over the constants), and two trainings without data by {seed:.2f}. {meaning}"
    )


# --- beside the paper ----------------------------------------------------------------------------


def claims(
    changes: Mapping[str, pd.DataFrame], widths: Iterable[tuple[str, str]], size: Sizes
) -> list[tuple[str, str, str, str]]:
    """C14: widths that the paper shows, and KM downstream.

    Args:
        changes: as from `renaissance_kit.analysis.change_table`, with distances, by kind.
        widths: kind and name of the parameters of which the paper shows a width.
        size: of the runs.
    """
    rows = []
    for kind, name in widths:
        table = changes[kind].set_index("name")
        if name not in table.index:
            continue  # another network
        row = table.loc[name]
        rows.append(
            ("C14", f"width of {kind} of {name} (decades)",
             f"{row.width_before:.2f} → {row.width_after:.2f}",
             f"p = {row.p_narrowing:.3g}, q = {row.q_narrowing:.3g} for the width; "
             f"shift {row['shift']:+.2f} decades, q = {row.q_shift:.3g}")
        )  # fmt: skip
    near = changes["KM"][changes["KM"].distance_steps.between(1, 3)]
    rows.append(
        ("C14", "KM within 1 to 3 steps that change (q < 0.05)",
         f"{int((near.q_distance < 0.05).sum())} of {len(near)}",
         f"{int((near.q_shift < 0.05).sum())} by their median; {size.repeats} trainings with and "
         f"without data, {size.permutations:,} permutations")
    )  # fmt: skip
    return rows
