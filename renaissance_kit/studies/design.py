"""Strain designs of an ensemble: how often each is found, what it gains, which were known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import central_interval, wilson_interval
from renaissance_kit.control.coefficients import ControlCoefficients
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.types import Array
from renaissance_kit.design.evaluation import Evaluation, evaluate_designs, folds_in_each
from renaissance_kit.design.known import changes_of, in_words
from renaissance_kit.design.optimum import Changes
from renaissance_kit.design.problem import DesignProblem
from renaissance_kit.design.response import LinearResponse, linear_responses
from renaissance_kit.design.search import Designs, DesignStatus, find_designs
from renaissance_kit.kinetics.models import KineticModels

NEAR = 0.95  # of the best ln gain that as many enzymes reach


@dataclass(frozen=True)
class Candidates:
    """Designs that were taken to every model.

    Attributes:
        names: (designs,) as tables and figures call them.
        levers: names of the enzymes.
        changes: (designs,) enzymes and directions of each.
        best_log_gain: (designs, models) ln fold of the target with the folds best in each model.
        best_log_folds: (designs, models, levers) these folds.
        common: the same designs with one set of folds for all models, since a strain has one: the
            geometric means of those that are best in each.
    """

    names: tuple[str, ...]
    levers: tuple[str, ...]
    changes: tuple[Changes, ...]
    best_log_gain: Array
    best_log_folds: Array
    common: Evaluation

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def of(cls, responses: Sequence[LinearResponse], designs: Mapping[str, Changes]) -> Candidates:
        """Take designs to every model.

        Args:
            responses: of the models.
            designs: enzymes and directions, by name.

        Raises:
            ParameterError: no models or no designs.
        """
        if not designs:
            raise ParameterError("no designs; give at least one")
        changes = tuple(designs.values())
        gain, folds = folds_in_each(responses, changes)
        common = evaluate_designs(responses, np.array([_mean(f) for f in folds]))
        return cls(tuple(designs), responses[0].levers, changes, gain, folds, common)

    def folds(self, design: int) -> dict[str, float]:
        """Common fold of each enzyme of a design."""
        y = self.common.log_folds[design]
        return {self.levers[j]: float(np.exp(y[j])) for j, _ in self.changes[design]}

    def vmax_factors(self, design: int) -> dict[str, float]:
        """The same by reaction, as a bioreactor takes them."""
        return {r: f for lever, f in self.folds(design).items() for r in lever.split("+")}

    def top(self, n: int) -> list[int]:
        """The designs with the largest median fold in all models, best first."""
        median = np.nanmedian(self.best_log_gain, axis=1)
        return [int(i) for i in np.argsort(-median, kind="stable")[:n]]


@dataclass(frozen=True)
class DesignStudy:
    """The designs of one ensemble.

    Attributes:
        models: a batch at one steady state.
        responses: of each model.
        designs: that were found in each.
        found: these in every model; None where none was found in any.
        known: designs that are known in every model; None without any.
        best: optimal ln gain of each model by the number of enzymes of a known design.
    """

    models: KineticModels
    responses: tuple[LinearResponse, ...]
    designs: Designs
    found: Candidates | None
    known: Candidates | None
    best: Mapping[int, Array]

    @property
    def table(self) -> pd.DataFrame:
        """As from `candidates_table`; empty where nothing was found."""
        return pd.DataFrame() if self.found is None else candidates_table(self.found, self.designs)

    def source(self, seed: int, scale: str) -> str:
        """Where the data of a figure come from, in words, for its caption."""
        network, state = self.models.network.name, self.models.state.label
        return (
            f"Network {network}, steady state {state}, {len(self.models):,} valid models; seed "
            f"{seed}, scale {scale}."
        )

    def few(self, n: int) -> KineticModels:
        """The first models of the batch."""
        return self.models.with_km(self.models.km_mM[:n])

    @property
    def known_table(self) -> pd.DataFrame:
        """As from `known_table`; empty where nothing is known."""
        if self.known is None:
            return pd.DataFrame()
        return known_table(self.known, self.designs, self.best)


def design_study(
    models: KineticModels,
    control: ControlCoefficients,
    problem: DesignProblem,
    *,
    known: Mapping[str, Mapping[str, int]] | None = None,
    share: float = 0.95,
    most: int = 10,
    shown: int = 30,
    run: Run = RUN,
) -> DesignStudy:
    """Search every model of a batch, and take what is found and what is known to every model.

    Args:
        models: a batch.
        control: their coefficients.
        problem: what is wanted.
        known: designs by name, each a mapping from reactions to 1 (up) and −1 (down). Those with an
            enzyme that may not change here, or with too many, are left out.
        share: of the best ln fold, from which a design is listed.
        most: designs of a model at most.
        shown: designs that are taken to every model at most, those of most models first.
        run: workers, store, progress and stop.
    """
    responses = linear_responses(problem, control, models.network, models.state)
    designs = find_designs(responses, share=share, most=most, run=run)
    changeable = {r for lever in responses[0].levers for r in lever.split("+")}
    changes = {
        name: changes_of(responses[0].levers, ways)
        for name, ways in (known or {}).items()
        if set(ways) <= changeable
    }
    possible = {name: c for name, c in changes.items() if len(c) <= problem.enzymes}
    sizes = {len(c) for c in possible.values()} - {problem.enzymes}
    best = {problem.enzymes: designs.log_gain[:, 0]}
    if sizes:
        best |= best_by_size(responses, sorted(sizes), run=run)
    return DesignStudy(
        models,
        tuple(responses),
        designs,
        found_candidates(responses, designs, shown) if designs.found() else None,
        Candidates.of(responses, possible) if possible else None,
        best,
    )


def found_candidates(
    responses: Sequence[LinearResponse], designs: Designs, most: int = 30
) -> Candidates:
    """The designs that were found in any model, those of most models first.

    Raises:
        ParameterError: none was found in any.
    """
    found = list(designs.found())[:most]
    return Candidates.of(responses, {in_words(designs.levers, c): c for c in found})


def known_candidates(
    responses: Sequence[LinearResponse], known: Mapping[str, Mapping[str, int]]
) -> Candidates:
    """Designs that are known, by name; each a mapping from reactions to 1 (up) and −1 (down)."""
    levers = responses[0].levers
    return Candidates.of(
        responses, {name: changes_of(levers, ways) for name, ways in known.items()}
    )


def candidates_table(candidates: Candidates, designs: Designs) -> pd.DataFrame:
    """One row a design.

    Returns:
        design; found (models in which it is the best or near it), models, share with its 95 %
        interval (share_low, share_high); fold of the target with the folds that are best in each
        model: median and central 95 % over models (fold, fold_low, fold_high); the same with the
        common folds (common_fold, common_low, common_high), the share of models in which these
        keep every limit (kept) and in which they gain as well (holds), and the limit that stops
        most of the others (passed); common folds in words (folds).
    """
    where, e = designs.found(), candidates.common
    n, rows = len(designs), []
    for i, (name, changes) in enumerate(zip(candidates.names, candidates.changes, strict=True)):
        found = len(where.get(changes, ()))
        share = wilson_interval(found, n)
        best, common = np.exp(candidates.best_log_gain[i]), np.exp(e.log_gain[i])
        passed = pd.Series([p for p in e.passed[i] if p], dtype=object).mode()
        rows.append(
            {
                "design": name,
                "enzymes": len(changes),
                "found": found,
                "models": n,
                "share": found / n,
                "share_low": share[0],
                "share_high": share[1],
                "fold": float(np.nanmedian(best)),
                "fold_low": float(central_interval(best)[0]),
                "fold_high": float(central_interval(best)[1]),
                "common_fold": float(np.nanmedian(common)),
                "common_low": float(central_interval(common)[0]),
                "common_high": float(central_interval(common)[1]),
                "kept": float(e.kept[i].mean()),
                "holds": float(e.holds[i].mean()),
                "passed": str(passed[0]) if len(passed) else "",
                "folds": ", ".join(f"{k} × {v:.2f}" for k, v in candidates.folds(i).items()),
            }
        )
    return pd.DataFrame(rows)


def backed_off(
    responses: Sequence[LinearResponse], candidates: Candidates, design: int
) -> pd.DataFrame:
    """What is left of a design where its common folds are smaller, so that more models keep limits.

    Args:
        responses: of the models.
        design: number of the candidate.

    Returns:
        part (of the ln of every fold, 0.1 to 1), fold (of the target, median) with its central 95 %
        (fold_low, fold_high), kept (share of the models in which every limit is kept).
    """
    parts = np.linspace(0.1, 1.0, 10)
    found = evaluate_designs(responses, np.outer(parts, candidates.common.log_folds[design]))
    low, high = central_interval(found.log_gain, axis=1)
    return pd.DataFrame(
        {
            "part": parts,
            "fold": np.exp(np.nanmedian(found.log_gain, axis=1)),
            "fold_low": np.exp(low),
            "fold_high": np.exp(high),
            "kept": found.kept.mean(axis=1),
        }
    )


def best_by_size(
    responses: Sequence[LinearResponse], sizes: Sequence[int], *, run: Run = RUN
) -> dict[int, Array]:
    """The optimal ln gain in each model with so many enzymes; NaN where none was found.

    Args:
        sizes: numbers of enzymes.
    """
    return {
        size: find_designs(
            [replace(r, enzymes=size) for r in responses], share=1.0, most=1, run=run
        ).log_gain[:, 0]
        for size in dict.fromkeys(sizes)
    }


def known_table(
    candidates: Candidates, designs: Designs, best: Mapping[int, Array], *, least_fold: float = 1.05
) -> pd.DataFrame:
    """What the ensemble says of designs that are known.

    Args:
        candidates: as from `known_candidates`.
        designs: of the same models.
        best: as from `best_by_size`, for the numbers of enzymes of the candidates.
        least_fold: of the target that counts as more.

    Returns:
        One row a design: its changes, fold of the target (median, central 95 %); the share of
        models in which it raises the target by ``least_fold`` (raises), in which it comes within
        95 % of the best ln gain of as many enzymes (near_best), and in which all its changes stand
        in the best design (in_best), each with a 95 % interval; and the median share of the best
        ln gain of as many enzymes (of_best; NaN where no model has a best design of that size).
    """
    rows = []
    firsts = [
        set(found[0]) if found else set() for found in map(designs.changes, range(len(designs)))
    ]
    for i, (name, changes) in enumerate(zip(candidates.names, candidates.changes, strict=True)):
        gain = candidates.best_log_gain[i]
        of_best = gain / best[len(changes)]
        row = {
            "name": name,
            "design": in_words(candidates.levers, changes),
            "fold": float(np.exp(np.nanmedian(gain))),
            "fold_low": float(np.exp(central_interval(gain)[0])),
            "fold_high": float(np.exp(central_interval(gain)[1])),
        }
        for what, yes in (
            ("raises", gain >= np.log(least_fold)),
            ("near_best", of_best >= NEAR),
            ("in_best", np.array([set(changes) <= first for first in firsts])),
        ):
            low, high = wilson_interval(int(yes.sum()), len(yes))
            row |= {what: float(yes.mean()), f"{what}_low": low, f"{what}_high": high}
        known = of_best[np.isfinite(of_best)]
        rows.append(row | {"of_best": float(np.median(known)) if len(known) else np.nan})
    return pd.DataFrame(rows)


def enzyme_table(designs: Designs) -> pd.DataFrame:
    """How often each enzyme stands in the best design of a model: enzyme, change, models, share."""
    counts: dict[tuple[int, int], int] = {}
    for model in range(len(designs)):
        for change in next(iter(designs.changes(model)), ()):
            counts[change] = counts.get(change, 0) + 1
    rows = [
        {
            "enzyme": designs.levers[j],
            "change": "up" if way > 0 else "down",
            "models": count,
            "share": count / len(designs),
        }
        for (j, way), count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    return pd.DataFrame(rows, columns=["enzyme", "change", "models", "share"])


def search_table(designs: Designs) -> pd.DataFrame:
    """How the searches ended: status, meaning, models, median designs and seconds of a model."""
    rows = []
    for status in DesignStatus:
        which = designs.status == status
        if which.any():
            count = np.isfinite(designs.log_gain[which]).sum(axis=1)
            rows.append(
                {
                    "status": status.name,
                    "meaning": status.meaning,
                    "models": int(which.sum()),
                    "designs": float(np.median(count)),
                    "seconds": float(np.median(designs.seconds[which])),
                }
            )
    return pd.DataFrame(rows)


def _mean(folds: Array) -> Array:
    """Mean over the models that have any; 0 where none has."""
    known = np.isfinite(folds).all(axis=1)
    return folds[known].mean(axis=0) if known.any() else np.zeros(folds.shape[1])
