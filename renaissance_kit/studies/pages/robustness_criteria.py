"""Notebook 03, are valid models robust?: which criterion of return comes nearest to the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from renaissance_kit.simulation.perturbation import PerturbationResult
from renaissance_kit.studies.criteria import Criterion, hardly_displaced, share_name
from renaissance_kit.studies.robustness import CYTOSOL
from renaissance_kit.studies.text import Text, percent


def beside_paper(
    table: pd.DataFrame, paper: Mapping[tuple[str, float], float] | None
) -> pd.DataFrame:
    """The table of criteria for reading: shares in percent, the paper's in the first row.

    Args:
        table: as from `renaissance_kit.studies.criteria_table`.
        paper: published shares by group and time.
    """
    shares = [c for c in table.columns.astype(str) if c.endswith(" min")]
    shown = pd.DataFrame(
        {
            "generator": table.generator,
            "median λmax (1/h)": table.median_lambda_max_per_h.map("{:.1f}".format),
            "criterion": table.criterion,
            **{name: table[name].map(partial(percent, digits=1)) for name in shares},
        }
    )
    if not paper:
        return shown
    shown["largest difference"] = [f"{100 * d:.1f} points" for d in table.largest_difference]
    shown["within 95 %"] = [f"{n} of {len(paper)}" for n in table.inside]
    known = {share_name(group, time): percent(share, 1) for (group, time), share in paper.items()}
    first = pd.DataFrame([{"generator": "paper", "criterion": "not published", **known}])
    return pd.concat([first, shown], ignore_index=True)[list(shown)].fillna("")


def nearest(
    table: pd.DataFrame,
    stated: Criterion,
    chosen: Sequence[Criterion],
    *,
    shares: int,
    at_min: float,
) -> Text:
    """Which criterion and generator come nearest to the paper, and what that says.

    Args:
        table: as from `renaissance_kit.studies.criteria_table`.
        stated: the criterion of the notebook.
        chosen: all criteria of the table.
        shares: how many are published.
        at_min: the time that most of them are of.
    """
    if not shares:
        return Text("Nothing is published to compare these shares with.")
    first = table.iloc[0]
    own = table[table.criterion == stated.label].iloc[0]
    text = (
        f"Of {len(table)} combinations the nearest to the paper is {first.generator}, "
        f"{first.criterion}: no share differs by more than {_points(first)}."
    )
    if first.criterion != stated.label:
        text += (
            f" By the criterion of the figures above, {stated.label}, the nearest generator is "
            f"{own.generator}, at {_points(own)}."
        )
    every = int((table.inside == shares).sum())
    text += f" All {shares} published shares lie in the 95 % intervals of {every} of them."
    needed = {c.label: c.needed_per_h(at_min) for c in chosen}
    left = np.exp(first.median_lambda_max_per_h * at_min / 60)
    text += (
        f" A deviation of {100 * stated.size:g} % that decays as exp(λmax t) is back after "
        f"{at_min:g} min if λmax is at or below {needed[first.criterion]:.1f} 1/h by that "
        f"criterion, {min(needed.values()):.1f} by the strictest and {max(needed.values()):.1f} "
        f"by the widest; the median of that generator is {first.median_lambda_max_per_h:.1f} 1/h, "
        f"which leaves {percent(left, 1)}."
    )
    best = table.drop_duplicates("generator").sort_values("median_lambda_max_per_h")
    parts = [
        f"{r.generator} ({r.median_lambda_max_per_h:.1f} 1/h) {r.criterion}, "
        f"{100 * r.largest_difference:.1f} points"
        for _, r in best.iterrows()
    ]
    text += f" The nearest of each generator, from the fastest: {'; '.join(parts)}."
    if best.criterion.nunique() > 1:
        text += (
            " It is not the same criterion for all: the published shares do not tell how wide "
            "the criterion was unless one knows how fast the models were."
        )
    elif len(best) > 1:
        text += " It is the same criterion for all, however fast their models are."
    return Text(text)


def _points(row: pd.Series) -> str:
    return (
        f"{100 * row.largest_difference:.1f} percentage points ({row.of_share}, "
        f"{percent(row[row.of_share], 1)} here)"
    )


def least_displacement(
    result: PerturbationResult, variables: Sequence[str], criterion: Criterion
) -> Text:
    """What happens with a variable that was hardly displaced.

    Args:
        variables: of `renaissance_kit.studies.CYTOSOL`.
        criterion: any that is relative to the displacement.
    """
    share = hardly_displaced(result, variables, criterion)
    return Text(
        f"Where the limit is relative to the displacement, one of less than "
        f"{100 * criterion.least:g} % counts as {100 * criterion.least:g} %: others drive such a "
        f"variable away, so it would hardly ever be back. That is {percent(share, 1)} of "
        f"{CYTOSOL} metabolites over the perturbed models."
    )
