"""Notebook 11, strain design: its sizes and its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.design.problem import DesignProblem
from renaissance_kit.design.search import DesignStatus
from renaissance_kit.network.network import Network
from renaissance_kit.studies.control import flux_names
from renaissance_kit.studies.design import DesignStudy, backed_off, enzyme_table
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, between, percent

FIRST = ("d-1", "d-2", "d-3", "d-4", "d-5")
"""Published designs that are shown by name; the others are counted."""


SAFE = 0.9
"""Share of the models that is to keep every limit, for folds to be called safe."""


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the runs of the design part are.

    Attributes:
        design_models: models that are searched, at each set of states.
        design_enzymes: changed at most by a design.
        designs_per_model: that are listed at most.
        checked_designs: taken to the equations.
        reactor_models: models in which they are grown.
        feedback_models: models in which further strains are grown: without feedback, and with
            enzymes at half and one and a half of their folds.
        training_steps: of the generators of these models, by gradient; 0 takes shipped models where
            there are some.
        condition_states: steady states of a condition, if one is asked for.
    """

    design_models: int
    design_enzymes: int
    designs_per_model: int
    checked_designs: int
    reactor_models: int
    feedback_models: int
    training_steps: int
    condition_states: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "design_models": (2, 6, 20, 100),
        "design_enzymes": (1, 3, 3, 3),
        "designs_per_model": (2, 5, 10, 100),
        "checked_designs": (1, 2, 5, 5),
        "reactor_models": (1, 3, 10, 30),
        "feedback_models": (0, 2, 10, 30),
        "training_steps": (0, 60, 100, 100),
        "condition_states": (20, 100, 500, 1_000),
    }


def target(network: Network, problem: DesignProblem) -> str:
    """What a design makes more of, in words: the yield of a product, or the flux."""
    product = max(problem.target, key=lambda name: problem.target[name])
    named = flux_names(network, [product])[product].removesuffix(" release")
    over = [name for name, weight in problem.target.items() if weight < 0]
    return f"yield of {named}" if over else f"flux of {named}"


def at_states(said: Mapping[str, str]) -> Text:
    """Sentences on several sets of states, by their names, as one text."""
    return Text(
        "\n\n".join(f"**At the {name} states.** {text}" for name, text in said.items() if text)
    )


def problem(network: Network, problem: DesignProblem) -> Text:
    """What is asked of a design."""
    target = " + ".join(
        f"{'' if w == 1 else f'{w:g} '}ln {name}" for name, w in problem.target.items()
    ).replace("+ -1 ", "− ")
    fluxes = "; ".join(
        f"{name} at {percent(low)} or more" + ("" if np.isinf(high) else f", at most {high:g}-fold")
        for name, (low, high) in problem.flux_folds.items()
    )
    tied = "; ".join(" with ".join(names) for names in problem.tied)
    law = (
        "No reaction that the cell catalyses inside a compartment may turn"
        if problem.second_law and problem.may_turn
        else "No reaction may turn"
        if problem.second_law
        else "Reactions may turn"
    )
    return Text(
        f"Of {target} the change is made largest, with at most {problem.enzymes} of "
        f"{len(problem.levers(network))} enzymes at {problem.lowest_fold:g} to "
        f"{problem.highest_fold:g} times of what they are. Every concentration stays within a "
        f"factor of {problem.concentration_fold:g}. {fluxes + '. ' if fluxes else ''}{law}. "
        f"{f'Changed together: {tied}.' if tied else ''}"
    )


def found(study: DesignStudy, *, target: str) -> Text:
    """What the models find: how much the best design gives, and how much they agree."""
    designs, n = study.designs, len(study.designs)
    best = np.exp(designs.log_gain[:, 0])
    there = best[np.isfinite(best)]
    if not len(there):
        return Text(f"In none of {n:,} models a design within the limits raises the {target}.")
    firsts = [designs.changes(m)[0] for m in range(n) if np.isfinite(best[m])]
    different = len(set(firsts))
    named = "all the same one" if different == 1 else f"{different} different ones"
    complete = int((designs.status == DesignStatus.COMPLETE).sum())
    most = study.table.iloc[0]
    return Text(
        f"The best design of a model raises the {target} by a factor of {np.median(there):.2f} "
        f"(median; {there.min():.2f} to {there.max():.2f} over {n:,} models), by its linear "
        f"response. The best designs of the models are {named}. Found most often, "
        f"as the best or within 95 % of its ln fold: {most.design}, in {most.found} of {n:,} "
        f"({between(most.share_low, most.share_high)}). The list of designs is complete in "
        f"{complete:,} models."
    )


def held(study: DesignStudy) -> Text:
    """Whether one set of folds serves all models, and what smaller ones would give."""
    if study.found is None:
        return Text("")
    table = study.table
    number = study.found.top(1)[0]
    best = table.iloc[number]
    stops = f" What stops most of the others: {best.passed}." if best.passed else ""
    text = (
        f"A strain has one set of folds. With the geometric means of those that are best in each "
        f"model ({best.folds}), {best.design} gives a factor of {best.common_fold:.2f} "
        f"({best.common_low:.2f} to {best.common_high:.2f}), and keeps every limit in "
        f"{percent(best.kept)} of the models.{stops}"
    )
    smaller = backed_off(study.responses, study.found, number)
    enough = smaller[smaller.kept >= SAFE]
    if best.kept < SAFE and len(enough):
        row = enough.iloc[-1]
        text += (
            f" With {percent(row.part, 0)} of the logarithm of each fold it keeps them in "
            f"{percent(row.kept)}, and gives a factor of {row.fold:.2f} ({row.fold_low:.2f} to "
            f"{row.fold_high:.2f})."
        )
    return Text(text)


def known(
    table: pd.DataFrame, built: Sequence[str], measured: pd.DataFrame, *, target: str
) -> Text:
    """Whether the ensemble would have named the strains that were built.

    Args:
        table: as from `renaissance_kit.studies.known_table`; may be empty.
        built: names of the strains in it.
        measured: as from `renaissance_kit.studies.measured_folds`.
    """
    if table.empty:
        return Text("No published design and no built strain of this network is known.")
    parts, rows = [], {str(row["name"]): row for _, row in table.iterrows()}
    folds = measured.set_index("strain").yield_fold if len(measured) else pd.Series(dtype=float)
    for name in (n for n in built if n in rows):
        row = rows[name]
        real = f", measured {folds[name]:.2f}" if name in folds.index else ""
        parts.append(
            f"{name} ({row.design}): the {target} rises in {percent(row.raises)} of the models "
            f"({between(row.raises_low, row.raises_high)}), by a factor of {row.fold:.2f} at most "
            f"({row.fold_low:.2f} to {row.fold_high:.2f}{real}). It is within 95 % of the best "
            f"design of as many enzymes in {percent(row.near_best)} "
            f"({between(row.near_best_low, row.near_best_high)}), and part of the best one of any "
            f"in {percent(row.in_best)}."
        )
    others = table[~table.name.isin(built)]
    if len(others):
        if others.of_best.isna().all():
            parts.append(
                f"{len(others)} published designs have nothing beside them: no model has a best "
                "design."
            )
            return Text("\n\n".join(parts))
        best = others.loc[others.of_best.idxmax()]
        parts.append(
            f"Of {len(others)} published designs the nearest to the best is {best['name']} "
            f"({best.design}), with {percent(max(best.of_best, 0.0))} of its ln fold in the median "
            f"model; {int((others.near_best > 0).sum())} of them are within 95 % in some model."
        )
    return Text("\n\n".join(parts))


def checked(cell: pd.DataFrame, reactor: pd.DataFrame, *, target: str) -> Text:
    """Whether the equations agree with the linear response.

    Args:
        cell, reactor: as from `renaissance_kit.studies.nonlinear_table`, of the new steady states
            and of the yields in the bioreactor.
    """
    texts = []
    for name, table in (("At a new steady state", cell), ("In the bioreactor", reactor)):
        if table.empty:
            continue
        strains, done = int(table.models.sum()), int(table.finished.sum())
        more = (table.more.fillna(0) * table.finished).sum()
        text = f"{name}: {done} of {strains} strains (a design in a model) got there"
        if done:
            text += (
                f", the {target} is higher than the host's in {more:.0f}; medians of the designs "
                f"{table.fold.min():.2f} to {table.fold.max():.2f}, linear "
                f"{table.linear.min():.2f} to {table.linear.max():.2f}"
            )
        texts.append(text + ".")
    return Text(" ".join(texts) or "No design was found, so there is nothing to check.")


def expressed(table: pd.DataFrame, *, target: str) -> Text:
    """How exactly the enzymes have to be expressed.

    Args:
        table: as from `renaissance_kit.studies.expression_table`; may be empty.
    """
    if table.empty:
        return Text("")
    median = table.groupby(["design", "enzyme", "expressed"]).fold.median()
    swing = (median.xs(1.5, level="expressed") / median.xs(0.5, level="expressed")).drop(
        "all", level="enzyme", errors="ignore"
    )
    design, enzyme = max(swing.index, key=lambda key: abs(np.log(swing[key])))
    kept = table.groupby("expressed").kept.mean()
    return Text(
        f"What has to be right is {enzyme} in {design}: from half to one and a half of its fold "
        f"the median {target} changes by a factor of {swing[design, enzyme]:.2f}. All limits are "
        f"kept by {percent(kept[1.0])} of the strains as intended, {percent(kept[0.5])} with an "
        f"enzyme at half and {percent(kept[1.5])} at one and a half."
    )


def released(table: pd.DataFrame, reaction: str | None, *, target: str) -> Text:
    """What a feedback-resistant enzyme does, beside more of the regulated one.

    Args:
        table: as from `renaissance_kit.studies.feedback_table`; may be empty.
        reaction: None where the network has no such feedback.
    """
    if reaction is None:
        return Text("The network has no feedback on the enzymes that were engineered.")
    if table.empty:
        return Text(f"No strain without the feedback on {reaction} was grown at this scale.")
    factor = table.groupby("model").released.first()
    folds = "; ".join(
        f"{name} × {part.yield_fold.median():.2f} ({part.yield_fold.min():.2f} to "
        f"{part.yield_fold.max():.2f})"
        for name, part in table.groupby("design", sort=False)
    )
    return Text(
        f"Feedback holds {reaction} back to 1/{factor.median():.1f} at the steady state (median; "
        f"1/{factor.max():.1f} to 1/{factor.min():.1f}). Without it, in the bioreactor, the "
        f"{target} changes: {folds}."
    )


def in_short(
    found: Mapping[str, DesignStudy],
    checks: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    *,
    target: str,
) -> str:
    """What the designs say, in a sentence for the answer of the notebook."""
    parts = []
    for at, study in found.items():
        if study.found is None:
            parts.append(f"not at all at the {at} states")
            continue
        best = np.nanmedian(np.exp(study.designs.log_gain[:, 0]))
        grown = checks[at][1] if at in checks else pd.DataFrame()
        seen = len(grown) and grown.fold.notna().any()
        there = f" ({grown.fold.max():.1f} in the bioreactor)" if seen else ""
        parts.append(f"{best:.1f}-fold{there} at the {at} states")
    if not parts:
        return ""
    return f"the best design raises the {target} {', '.join(parts)}"


def summary(
    found: Mapping[str, DesignStudy],
    built: Sequence[str],
    checks: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> list[dict[str, Any]]:
    """What ``summary.json`` keeps: a row for each set of states."""
    rows = []
    for at, study in found.items():
        best = np.exp(study.designs.log_gain[:, 0])
        known = study.known_table
        row: dict[str, Any] = {
            "states": at,
            "steady_state": study.models.state.label,
            "models": len(study.models),
            "best_fold": float(np.nanmedian(best)) if np.isfinite(best).any() else None,
            "enzymes": enzyme_table(study.designs).head(8).to_dict("records"),
            "built": known[known.name.isin(built)].to_dict("records") if len(known) else [],
        }
        if at in checks:
            row["cell"], row["reactor"] = (table.to_dict("records") for table in checks[at])
        rows.append(row)
    return rows
