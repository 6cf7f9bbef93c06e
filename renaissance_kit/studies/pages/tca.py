"""Notebook 07: how large its runs are, and what its numbers say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.analysis.km_conflicts import ALL_IN, AS_GENERATED
from renaissance_kit.analysis.permutations import PermutationTest
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.network.network import Network
from renaissance_kit.studies.measured import INSIDE, OUTSIDE
from renaissance_kit.studies.published import published
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent, too_few

BOUNDS_DECADES = 3.98
"""Width of the central 95 % of a constant that is generated over the whole of its bounds."""


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        combinations: random choices of constants to constrain to their measured ranges, a
            generator each.
        repeats: generators without the data, a seed each.
        steps: of a training by gradient.
        models_per_step: models that judge a step.
        models: drawn from each generator.
        permutations: of the labels, for the null distribution of a change.
        exact_draws: unbiased models of each exact sample.
        published_trainings: with the published recipe, with and without data; 0: none.
        generations: of such a training.
        population: generators in a generation.
        models_per_generator: models that judge each of them.
        valid_only: whether to leave out models that are not valid; too short a training has none
            that are.
    """

    combinations: int
    repeats: int
    steps: int
    models_per_step: int
    models: int
    permutations: int
    exact_draws: int
    published_trainings: int
    generations: int
    population: int
    models_per_generator: int
    valid_only: bool

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "combinations": (2, 3, 10, 10),
        "repeats": (2, 3, 10, 20),
        "steps": (3, 50, 50, 100),
        "models_per_step": (12, 64, 64, 64),
        "models": (40, 400, 400, 1_500),
        "permutations": (100, 500, 2_000, 10_000),
        "exact_draws": (300, 4_000, 20_000, 100_000),
        "published_trainings": (2, 0, 2, 5),
        "generations": (1, 50, 50, 50),
        "population": (2, 20, 20, 20),
        "models_per_generator": (4, 100, 100, 100),
        "valid_only": (False, True, True, True),
    }


# --- sentences -----------------------------------------------------------------------------------


def combinations(
    table: KMMeasurements, cycle: KMMeasurements, chosen: Sequence[KMMeasurements], held: int
) -> Text:
    """How many constants of the cycle and others have data, and which are in all combinations."""
    always = [name for name in cycle.names if all(name in c.names for c in chosen)]
    never_out = f" ({', '.join(always)} in all of them, and so never held out)" if always else ""
    return Text(
        f"{len(cycle.names)} constants of the cycle have a measurement that is used, "
        f"{len(table.names) - len(cycle.names)} others. {len(chosen)} combinations of "
        f"{held}{never_out}:"
    )


def measured_widths(intervals: Mapping[str, tuple[float, float]]) -> Text:
    """How wide the measured intervals are, and which score an untrained generator would have."""
    width = np.log10([high / low for low, high in intervals.values()])
    middle = np.median(width)
    return Text(
        f"The measured intervals are {width.min():.2f} to {width.max():.2f} decades wide, with a "
        f"median of {middle:.2f}. A constant that is generated over the whole of its bounds has "
        f"95 % in {BOUNDS_DECADES} decades, and a score of about {middle / BOUNDS_DECADES:.2f}."
    )


def conflicts(blame: pd.DataFrame) -> Text:
    """What all constants together do to the incidence, and how many are to blame."""
    constants = len(blame) - 2  # after the rows without and with all of them
    return Text(
        f"Valid before: {percent(blame.without[AS_GENERATED], 1)}; with all {constants} put in: "
        f"{percent(blame.without[ALL_IN], 1)}. {int((blame.q_value < 0.05).sum())} of them change "
        f"that by "
        "more than chance when left out."
    )


def overlap(scores: pd.DataFrame) -> Text:
    """How much the scores of single constants change, and which change by more than chance.

    Args:
        scores: as from `PermutationTest.table`.
    """
    change = scores.change.dropna()
    return Text(
        f"Scores of {len(change)} held-out constants: {int((change > 0).sum())} rise and "
        f"{int((change < 0).sum())} fall, by {change.abs().median():.4f} at the median. Beyond "
        f"chance (q < 0.05): {', '.join(beyond_chance(scores)) or 'none'}."
    )


def _beyond(row: Any) -> str:
    """Whether the mean score of a group leaves its permutation null distribution."""
    if row.null_low <= row.change <= row.null_high:
        return "within the permutation null distribution"
    side = "above" if row.change > 0 else "below"
    return f"{side} the permutation null distribution"


def rises(
    by_group: pd.DataFrame, scores: pd.DataFrame, inside: PermutationTest, least: float
) -> Text:
    """How many scores rise in the cycle and outside it, and whether that is more than chance.

    Args:
        by_group: as from `renaissance_kit.studies.scores_by_place`.
        scores: of the single constants, as from `PermutationTest.table`.
        inside: of the shares of generated values inside the measured intervals.
        least: smallest p-value that so few trainings can have.
    """
    groups = by_group.set_index("group")
    places = (("In the cycle", groups.loc[INSIDE]), ("Outside it", groups.loc[OUTSIDE]))
    counts = " ".join(
        f"{where} {int(row.improved)} of {int(row.constants)} scores rise "
        f"({row.improved_null:.1f} expected by permutation, p = {row.p_improved:.2g}); "
        f"their mean goes from {row.before:.4f} to {row.after:.4f}, {_beyond(row)}."
        for where, row in places
    )
    shares = inside.count()
    return Text(
        f"{counts} Single constants beyond chance at q < 0.05: "
        f"{', '.join(beyond_chance(scores)) or 'none'}. The share of generated values inside "
        f"the measured interval rises for {int(shares.observed)} of "
        f"{int(np.isfinite(inside.change).sum())} constants ({shares.mean:.0f} expected)."
        + (f" {too_few(least)}" if least > 0.05 else "")
    )


def beyond_chance(scores: pd.DataFrame) -> list[str]:
    """Constants whose score changes at a false discovery rate below 5 %."""
    return list(scores.name[(scores.q_value < 0.05) & scores.change.notna()])


def widths(without: float, with_data: float) -> Text:
    """How wide the constants outside the cycle are, and why scores can have little to grow by.

    Args:
        without, with_data: width of the central 95 % in decades, mean.
    """
    text = (
        f"The constants outside the cycle are {without:.2f} decades wide (central 95 %, mean) "
        f"without data and {with_data:.2f} with, of {BOUNDS_DECADES} that their bounds allow."
    )
    if without > 3.0:
        text += (
            " Training by gradient asks for the widest distribution of valid models. Nearly all "
            "values of nearly every constant occur in some valid model, data or no data, and a "
            "score that grows as the generated values narrow has little to grow by. The evolution "
            "strategy narrows distributions as it goes, around a centre that depends on the seed; "
            "notebook 06 shows how far two such trainings differ without any data."
        )
    return Text(text)


# --- beside the paper ----------------------------------------------------------------------------


def published_counts(network: Network) -> dict[str, tuple[int, int]]:
    """Constants with a higher score and all constants, in the paper, of the cycle and outside."""
    places = {
        "TCA constants with a higher overlap score when held out": INSIDE,
        "constants outside the TCA cycle with a higher score": OUTSIDE,
    }
    table = published(network)
    counts = {}
    for quantity, value in zip(table.quantity, table.value, strict=True):
        found = re.fullmatch(r"(\d+) of (\d+)", value)
        if quantity in places and found:
            counts[places[quantity]] = (int(found[1]), int(found[2]))
    return counts


def claims(by_group: pd.DataFrame, *, design: str) -> list[tuple[str, str, str, str]]:
    """C15 and C16: scores in the cycle and outside it.

    Args:
        by_group: as from `renaissance_kit.studies.scores_by_place`.
        design: how many trainings were compared.
    """
    rows = []
    for row in by_group.itertuples():
        count = f"{row.improved} of {row.constants}"
        chance = f"permuted {row.improved_null:.1f}, p = {row.p_improved:.3g}"
        span = f"{row.null_low:+.4f} to {row.null_high:+.4f}"
        if row.group == INSIDE:
            rows += [
                ("C15", "TCA constants with a higher overlap score when held out", count,
                 f"{chance}; {design}"),
                ("C15", "mean overlap score of the TCA cycle",
                 f"{row.before:.4f} → {row.after:.4f}",
                 f"permuted change {span}, p = {row.p_change:.3g}"),
            ]  # fmt: skip
        elif row.group == OUTSIDE:
            quantity = "constants outside the TCA cycle with a higher score"
            rows.append(("C16", quantity, count, chance))
        else:
            mean = f"mean change {row.change:+.4f} (permuted {span})"
            rows.append(("C16", f"higher score: {row.group}", count, f"{chance}; {mean}"))
    return rows


def design(with_data: int, without: int, permutations: int) -> str:
    """How many trainings are compared, and how often the labels are permuted."""
    return f"{with_data} trainings with, {without} without data, {permutations:,} permutations"
