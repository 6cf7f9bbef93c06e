"""All designs of an ensemble: in each model the best one, then every other that comes near it.

The first design of a model is its optimum. Then integer cuts give every set of changes that
reaches a share of the optimal ln gain (95 %) and from which none can be spared: a set that does
with two enzymes what the optimum does with three is listed, and no third enzyme beside these two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.types import Array
from renaissance_kit.design.optimum import (
    LIMIT,
    NODES,
    Changes,
    Solution,
    best_design,
    best_folds,
)
from renaissance_kit.design.response import LinearResponse

SLACK = 1e-5  # of the optimal gain, what solvers may differ by


class DesignStatus(IntEnum):
    """How the search for the designs of a model ended."""

    COMPLETE = 0
    MORE = 1
    NO_GAIN = 2
    LIMIT = 3
    NO_COEFFICIENTS = 4
    STOPPED = 5

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            DesignStatus.COMPLETE: "every design near the optimum was found",
            DesignStatus.MORE: "there are more designs near the optimum than were asked for",
            DesignStatus.NO_GAIN: "no design within the limits gains anything",
            DesignStatus.LIMIT: "the search tree was cut off, so a better design may exist",
            DesignStatus.NO_COEFFICIENTS: "the model has no control coefficients",
            DesignStatus.STOPPED: "the run was stopped before this model was searched",
        }[self]


@dataclass(frozen=True)
class Designs:
    """Designs of each model of an ensemble.

    Attributes:
        levers: names of the enzymes; tied reactions are joined by a plus sign.
        log_folds: (models, designs, levers) ln of the fold of each enzyme, 0 where it is left
            alone. The optimum comes first; NaN where a model has fewer designs.
        log_gain: (models, designs) ln fold of the target, by the linear response of the model.
        status: (models,) values of `DesignStatus`.
        seconds: (models,) of one core.
    """

    levers: tuple[str, ...]
    log_folds: Array
    log_gain: Array
    status: NDArray[np.int8]
    seconds: Array

    def __len__(self) -> int:
        return len(self.status)

    def changes(self, model: int) -> list[Changes]:
        """Which enzymes each design of a model changes, and in which direction."""
        there = np.isfinite(self.log_gain[model])
        return [Solution(y, 0.0).changes for y in self.log_folds[model][there]]

    def found(self) -> dict[Changes, NDArray[np.int64]]:
        """The models in which each design was found, those of most models first."""
        models: dict[Changes, list[int]] = {}
        for model in range(len(self)):
            for changes in self.changes(model):
                models.setdefault(changes, []).append(model)
        order = sorted(models, key=lambda changes: -len(models[changes]))
        return {changes: np.array(models[changes]) for changes in order}


def find_designs(
    responses: Sequence[LinearResponse],
    *,
    share: float = 0.95,
    most: int = 10,
    nodes: int = NODES,
    run: Run = RUN,
) -> Designs:
    """The best design of every model, and the others that come near it.

    Args:
        responses: of the models, as from `linear_responses`.
        share: of the optimal ln gain that another design has to reach; 1 for the optimum only.
        most: designs of a model at most.
        nodes: limit of each search tree.
        run: workers, store, progress and stop; a chunk is one model.

    Raises:
        ParameterError: no models, a share that is none, or stopped before any model was done.
    """
    if not responses:
        raise ParameterError("no models; give the responses of at least one")
    if not 0 < share <= 1 or most < 1:
        raise ParameterError(f"share is {share} and most {most}; give 0 < share <= 1 <= most")
    columns = run_chunks(
        _Task(share, most, nodes), len(responses), name="designs", chunk=1, run=run,
        part=lambda items: [responses[i] for i in items],
        settings={"share": share, "most": most, "nodes": nodes,
                  "responses": fingerprint(tuple(responses))},
    )  # fmt: skip
    done, n = columns["item"], len(responses)
    if not len(done):
        raise ParameterError("stopped before any model was done; nothing to return")
    folds, gain = np.full((n, most, len(responses[0].levers)), np.nan), np.full((n, most), np.nan)
    status, seconds = np.full(n, DesignStatus.STOPPED, dtype=np.int8), np.zeros(n)
    folds[done], gain[done] = columns["log_folds"], columns["log_gain"]
    status[done], seconds[done] = columns["status"], columns["seconds"]
    return Designs(responses[0].levers, folds, gain, status, seconds)


@dataclass(frozen=True)
class _Task:
    """Searches some models; goes to the worker processes."""

    share: float
    most: int
    nodes: int

    def __call__(
        self, items: NDArray[np.int64], responses: list[LinearResponse]
    ) -> dict[str, NDArray[Any]]:
        members = [self._member(response) for response in responses]
        return {key: np.stack([m[key] for m in members]) for key in members[0]}

    def _member(self, response: LinearResponse) -> dict[str, NDArray[Any]]:
        begin = time.process_time()
        designs, status = self._designs(response)
        folds = np.full((self.most, len(response.levers)), np.nan)
        gain = np.full(self.most, np.nan)
        for i, design in enumerate(designs):
            folds[i], gain[i] = design.log_folds, design.log_gain
        return {
            "log_folds": folds,
            "log_gain": gain,
            "status": np.array(status, dtype=np.int8),
            "seconds": np.array(time.process_time() - begin),
        }

    def _designs(self, response: LinearResponse) -> tuple[list[Solution], DesignStatus]:
        if not response.known:
            return [], DesignStatus.NO_COEFFICIENTS
        best, end = best_design(response, nodes=self.nodes)
        if best is None or best.log_gain <= SLACK:
            return [], DesignStatus.LIMIT if end == LIMIT else DesignStatus.NO_GAIN
        best = fewest(response, best, best.log_gain * (1 - SLACK))
        least = best.log_gain * (self.share - SLACK)
        designs, cuts, following = [best], [], best
        limited = end == LIMIT
        while True:
            small = fewest(response, following, least)
            cuts.append(small.changes)
            if small.changes != best.changes and small.log_gain >= least:
                designs.append(small)
            if self.share == 1 or limited:
                break
            if len(designs) > self.most:
                return designs[: self.most], DesignStatus.MORE
            found, end = best_design(response, cuts=cuts, least_gain=least, nodes=self.nodes)
            limited = end == LIMIT
            if found is None:
                break
            following = found
        return designs, DesignStatus.LIMIT if limited else DesignStatus.COMPLETE


def fewest(response: LinearResponse, design: Solution, least_gain: float) -> Solution:
    """The design itself, or the smallest part of its changes that gains enough.

    Args:
        least_gain: ln fold of the target that is enough; of equally small parts the best is taken.
    """
    for size in range(1, len(design.changes)):
        parts = [best_folds(response, part) for part in combinations(design.changes, size)]
        enough = [p for p in parts if p is not None and p.log_gain >= least_gain]
        if enough:
            return max(enough, key=lambda part: part.log_gain)
    return design
