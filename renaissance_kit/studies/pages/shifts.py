"""Notebook 08: how large its runs are, and what its numbers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from renaissance_kit.studies.km_shifts import CommonFrame
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import LEAST, Text, percent, too_few


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        repeats: generators without data, and as many with some of the cycle.
        full_repeats: generators with all data of the cycle, and as many with all data.
        steps: of a training by gradient.
        models_per_step: models that judge a step.
        models: drawn from each generator.
        permutations: of the labels, for the null distribution of a change.
        valid_only: whether to leave out models that are not valid; too short a training has none
            that are.
    """

    repeats: int
    full_repeats: int
    steps: int
    models_per_step: int
    models: int
    permutations: int
    valid_only: bool

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "repeats": (2, 3, 10, 10),
        "full_repeats": (2, 2, 5, 10),
        "steps": (3, 50, 50, 100),
        "models_per_step": (12, 64, 64, 64),
        "models": (40, 400, 400, 1_500),
        "permutations": (50, 500, 2_000, 10_000),
        "valid_only": (False, True, True, True),
    }


# --- sentences -----------------------------------------------------------------------------------


def components(frame: CommonFrame) -> Text:
    """Which share of the variance two components hold, and what chance would give."""
    n = len(frame.loadings)
    return Text(
        f"The two components hold {percent(frame.explained.sum(), 1)} of the variance; two of "
        f"{n} independent constants would hold {percent(2 * (1 / n), 1)}. A frame of two "
        "components shows a small part of what the constants do, so the statements below are "
        "about all of them."
    )


def distances(table: pd.DataFrame) -> Text:
    """How far apart trainings of each level are, from each other and from those without data.

    Args:
        table: as from `renaissance_kit.studies.repeat_distances`.
    """
    mean = table.groupby(["level", "kind"], sort=False).distance.mean()
    parts = "; ".join(
        f"{level} {mean[level, 'between']:.2f}"
        + (f" and {mean[level, 'to first']:.2f}" if (level, "to first") in mean else "")
        for level in dict.fromkeys(table.level)
        if (level, "between") in mean
    )
    floor = table.distance[table.kind == "halves"].mean()
    return Text(
        "Mean distance in decades, of two trainings of a level and of one of them to one without "
        f"data: {parts}. The finite number of models alone makes {floor:.2f}."
    )


def shifted(shifts: pd.DataFrame, level: str, changes: pd.DataFrame) -> Text:
    """Whether the constants without data shift, and whether trainings draw together.

    Args:
        shifts: as from `renaissance_kit.studies.shift_table`.
        level: of data, of which to speak.
        changes: of the single constants at that level, as from
            `renaissance_kit.analysis.change_table`.
    """
    row = shifts.loc[level]
    nearer = row["nearer to each other by (decades)"]
    text = (
        f"With {level.removeprefix('all ')} constants constrained to their ranges, the constants "
        f"without data shift by {row['shift (decades)']:.3f} decades (root mean square; with "
        f"permuted labels: {row['shift, null']:.3f}, p = {row['p of shift']:.2g}). "
        f"{shifted_constants(changes)} of {len(changes)} shift beyond chance at q < 0.05. "
        f"On average over all pairs, trainings with data are "
        f"{'nearer' if nearer > 0 else 'further apart'} by {abs(nearer):.4f} decades than those "
        f"without (p = {row['p of nearer']:.2g})."
    )
    if row[LEAST] > 0.05:
        text += f" {too_few(float(row[LEAST]))}"
    elif not (row["p of shift"] < 0.05 or row["p of nearer"] < 0.05):
        text += (
            " Neither is more than chance: a generator trained for the widest distribution covers "
            "what is valid, and data that leave most of it valid need not move it."
        )
    return Text(text)


def shifted_constants(changes: pd.DataFrame) -> int:
    """Constants whose median shifts at a false discovery rate below 5 %."""
    return int((changes.q_shift < 0.05).sum())


# --- beside the paper ----------------------------------------------------------------------------


def claims(
    shifts: pd.DataFrame, levels: Sequence[str], *, unknown: int, measured: int, constants: int
) -> list[tuple[str, str, str, str]]:
    """C17: what becomes of constants without data.

    Args:
        shifts: as from `renaissance_kit.studies.shift_table`.
        levels: of data, of which to speak.
        unknown, measured, constants: number without data, with data, and of all.
    """
    rows = [
        ("C17", "constants without data", f"{unknown}", f"{measured} of {constants} have data here")
    ]
    for level in levels:
        row = shifts.loc[level]
        rows += [
            ("C17", f"shift of their medians, {level} (decades)",
             f"{row['shift (decades)']:.3f}",
             f"permuted {row['shift, null']:.3f}, p = {row['p of shift']:.3g}"),
            ("C17", f"trainings nearer to each other, {level} (decades)",
             f"{row['nearer to each other by (decades)']:+.4f}", f"p = {row['p of nearer']:.3g}"),
            ("C17", f"mean width of 95 %, {level} (decades)",
             f"{row['width before (decades)']:.3f} → {row['width after (decades)']:.3f}",
             f"permuted change {row['width change, null low']:+.4f} to "
             f"{row['width change, null high']:+.4f}"),
        ]  # fmt: skip
    return rows


def summary(shifts: pd.DataFrame) -> dict[str, float]:
    """Shift and nearness of each level, with their p-values, under names without blanks."""
    columns = {
        "shift": "shift (decades)",
        "p of shift": "p of shift",
        "nearer": "nearer to each other by (decades)",
        "p of nearer": "p of nearer",
    }
    return {
        f"{what} {level}".replace(" ", "_"): float(shifts.loc[level, column])
        for level in shifts.index
        for what, column in columns.items()
    }
