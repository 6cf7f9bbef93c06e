"""Notebook 06: what the ranges of generated constants mean."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from renaissance_kit.studies.text import Text, percent

FEW = 50
"""Fewer truths do not tell a wrong sampler from a right one."""


def ranges(table: pd.DataFrame, measured: Collection[str]) -> Text:
    """How often the ranges of each sampler hold the truth.

    Args:
        table: as from `renaissance_kit.studies.Calibration.table`.
        measured: names of the constants with a measurement.
    """
    repeats, due = int(table.repeats.iloc[0]), float(table.due.iloc[0])
    lines = []
    for sampler, part in table.groupby("sampler", sort=False):
        with_data = part.name.isin(measured)
        text = (
            f"* **{sampler}**: {percent(part.covered[with_data].mean())} of the truths of "
            f"constants with a measurement, {percent(part.covered[~with_data].mean())} of the "
            "others"
        )
        if repeats >= FEW:
            wrong = int((part.q_value < 0.05).sum())
            text += f"; ranks not uniform for {wrong} of {len(part)} constants (q < 0.05)"
        lines.append(text)
    few = "" if repeats >= FEW else f" {repeats} truths are too few to tell right from wrong."
    return Text(
        f"The central {percent(due)} of the draws hold:\n\n" + "\n".join(lines) + "\n\n"
        "Coverage alone proves little: draws that ignore validity cover as much, and only their "
        f"ranks show that they are wrong.{few}"
    )


def nearness(marginals: pd.DataFrame, joint: pd.DataFrame) -> pd.DataFrame:
    """One row a sampler, all numbers against the exact draws, with names for readers.

    Args:
        marginals: as from `renaissance_kit.studies.marginal_table`.
        joint: as from `renaissance_kit.studies.joint_table`.
    """
    mean = marginals.groupby("sampler", sort=False)[["distance", "decades", "width", "inside"]]
    found = mean.mean().join(joint.set_index("sampler")[["correlation", "told_apart"]])
    return found.rename(
        columns={
            "distance": "Kolmogorov-Smirnov distance",
            "decades": "distance (decades)",
            "width": "width of 95 % range",
            "inside": "exact draws in that range",
            "correlation": "error of rank correlations",
            "told_apart": "told apart (½: chance)",
        }
    )
