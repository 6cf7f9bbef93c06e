"""Notebook 09: how large its runs are, and what its numbers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        states: to compare at.
        nes_repeats, gradient_repeats: trainings at each state.
        generations: of a training by NES.
        population: generators in a generation.
        models_per_generator: models that judge each of them.
        gradient_steps: of a training by gradient.
        gradient_models: models that judge a step.
        score_steps: of a training by score.
        score_models: models that judge a step of it.
        labelled_sets: that REKINDLE, iSCHRUNK and the flow learn from.
        hard_states: held-out states of which the hardest is taken.
        asked_models: valid models of each route that are asked what they are good for.
        models: drawn from each generator.
        searches: direct searches at each state.
        conditional_steps: of the training at many states.
        conditional_models: models that judge a step of it.
        states_per_step: states that these models stand at.
        trained_states: states to train at, of those that are not held back; None: all.
        held_out_states: held-out states to look at.
        held_out_models: models of each generator at each of them.
        unbiased_models: log-uniform sets at each state.
        coverage_pairs: pairs of constants that are compared.
    """

    states: int
    nes_repeats: int
    gradient_repeats: int
    generations: int
    population: int
    models_per_generator: int
    gradient_steps: int
    gradient_models: int
    score_steps: int
    score_models: int
    labelled_sets: int
    hard_states: int
    asked_models: int
    models: int
    searches: int
    conditional_steps: int
    conditional_models: int
    states_per_step: int
    trained_states: int | None
    held_out_states: int
    held_out_models: int
    unbiased_models: int
    coverage_pairs: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "states": (1, 1, 3, 10),
        "nes_repeats": (1, 1, 1, 3),
        "gradient_repeats": (1, 1, 2, 5),
        "generations": (2, 20, 40, 50),
        "population": (4, 20, 20, 20),
        "models_per_generator": (8, 50, 100, 100),
        "gradient_steps": (4, 60, 100, 100),
        "gradient_models": (12, 32, 64, 64),
        "score_steps": (4, 30, 40, 60),
        "score_models": (12, 100, 200, 400),
        "labelled_sets": (2_000, 10_000, 20_000, 80_000),
        "hard_states": (2, 5, 20, 100),
        "asked_models": (3, 10, 25, 200),
        "models": (30, 200, 500, 1_000),
        "searches": (24, 40, 100, 300),
        "conditional_steps": (6, 100, 500, 2_000),
        "conditional_models": (24, 128, 128, 128),
        "states_per_step": (4, 32, 32, 32),
        "trained_states": (50, None, None, None),
        "held_out_states": (3, 20, 100, 500),
        "held_out_models": (6, 20, 40, 100),
        "unbiased_models": (30, 300, 1_000, 5_000),
        "coverage_pairs": (10, 60, 60, 60),
    }


# --- sentences -----------------------------------------------------------------------------------


def compared_at(chosen: Sequence[SteadyState], *, trained: int, unseen: int, held: int) -> Text:
    """At which states routes are compared, and how many the conditional generator sees.

    Args:
        chosen: states to compare at.
        trained: states to train at.
        unseen: held-out states that are looked at, of ``held``.
    """
    return Text(
        f"Compared at {', '.join('state ' + s.label for s in chosen)}; the conditional generator "
        f"is trained at {trained:,} other states, and {unseen} of {held} more that it does not see "
        "are looked at below."
    )


def time_to_90(costs: pd.DataFrame) -> Text:
    """How long NES and training by gradient take to 90 % incidence at each state.

    Args:
        costs: as from `renaissance_kit.studies.cost_table`.
    """
    seconds = costs.groupby(["route", "state"], sort=False).seconds_to_90.median().unstack(0)
    sentences = []
    for label in dict.fromkeys(costs.state):
        row = seconds.loc[label]
        if np.isfinite(row["NES"]) and np.isfinite(row["gradient"]):
            sentences.append(
                f"state {label}: NES {row['NES']:.0f} s, gradient {row['gradient']:.1f} s, "
                f"{row['NES'] / row['gradient']:.0f} times faster"
            )
        else:
            late = " and ".join(r for r in ("NES", "gradient") if not np.isfinite(row[r]))
            sentences.append(f"state {label}: {late} did not get there")
    return Text(f"To 90 % incidence (median of the repeats): {'; '.join(sentences)}.")


def tournament(table: pd.DataFrame) -> Text:
    """Which route is first at what.

    Args:
        table: as from `renaissance_kit.studies.tournament_table`.
    """
    told = []
    for label in dict.fromkeys(table.state):
        rows = table[table.state == label].set_index("route")
        parts = []
        for column, what, largest in (
            ("seconds_to_90", "first at 90 %", False),
            ("evaluations_to_90", "with the fewest models", False),
            ("std_mean", "widest", True),
            ("stays valid after 1 %", "most exact", True),
            ("back in 24 min", "back most often", True),
            ("matches the fermentation", "matches the fermentation most often", True),
        ):
            values = rows[column].dropna() if column in rows else pd.Series(dtype=float)
            if not len(values) or (column.endswith("fermentation") and not values.max()):
                continue
            best = values.max() if largest else values.min()
            first = list(values.index[values == best])
            if len(first) < len(values):
                parts.append(f"{what}: {' and '.join(first)} ({_told(column, float(best))})")
        told.append(f"State {label}: {'; '.join(parts) or 'nothing tells the routes apart'}.")
    return Text(" ".join(told))


def _told(column: str, value: float) -> str:
    if column.startswith("seconds"):
        return f"{value:.1f} s"
    if column.startswith("evaluations"):
        return f"{value:,.0f}"
    return f"{value:.2f}" if column == "std_mean" else percent(value)


def diversity(table: pd.DataFrame) -> Text:
    """How many independent directions the valid models of each route fill.

    Args:
        table: as from `renaissance_kit.studies.diversity_table`, with ``coverage``.
    """
    mean = table.groupby("route", sort=False)[["participation", "coverage"]].mean().dropna()
    parts = "; ".join(
        f"{route} {row.participation:.0f}, near {percent(row.coverage)}"
        for route, row in mean.iterrows()
    )
    return Text(
        "Directions in which the valid models of each route vary (participation ratio; more is "
        "more varied), and the share of the valid models of other routes that lie near, pair of "
        f"constants by pair: {parts}."
        if parts
        else "No route has enough valid models to say how different they are."
    )


def at_unseen_states(
    held_out: pd.DataFrame, costs: pd.DataFrame, *, seconds: float, evaluations: int
) -> Text:
    """What the conditional generator makes of states that it has not seen, and when it pays.

    Args:
        held_out: as from `renaissance_kit.studies.held_out_table`.
        costs: as from `renaissance_kit.studies.cost_table`.
        seconds, evaluations: that its training took.
    """
    rows = held_out.set_index("generator")
    seeing, blind = rows.loc["conditional"], rows.loc["without seeing the state"]
    each = costs[costs.route == "gradient"].seconds.median()
    return Text(
        f"The conditional generator took {seconds:.0f} s and {evaluations:,} evaluations and then "
        f"makes valid models at {percent(seeing.incidence, 0)} ({percent(seeing.low, 0)} to "
        f"{percent(seeing.high, 0)}) at "
        f"states that it has not seen, {percent(blind.incidence, 0)} without seeing them. "
        f"Training by "
        f"gradient at one state takes {each:.0f} s; from {int(np.ceil(seconds / each))} states on, "
        "the conditional generator costs less."
    )


# --- beside the paper ----------------------------------------------------------------------------


def claims(costs: pd.DataFrame, state: str) -> list[tuple[str, str, str, str]]:
    """C6: the time of a training at a state.

    Args:
        costs: as from `renaissance_kit.studies.cost_table`.
        state: its label.
    """
    there = costs[costs.state == state]
    seconds = there.groupby("route").seconds_to_90.median()
    return [
        ("C6", f"time of one training to 90 % incidence, {route}",
         f"{seconds[route]:.1f} s" if np.isfinite(seconds[route]) else "not reached",
         f"{(there.route == route).sum()} repeats, state {state}")
        for route in ("NES", "gradient")
        if route in seconds
    ]  # fmt: skip
