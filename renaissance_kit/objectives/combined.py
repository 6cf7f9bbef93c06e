"""Several objectives at once, with weights, and in stages that spare the expensive ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.objectives.objective import (
    DifferentiableObjective,
    Objective,
    Scored,
    ScoreDerivative,
    Scores,
    scores_of,
)


@dataclass(frozen=True)
class AllOf(Objective):
    """Several objectives, made by `all_of`.

    Attributes:
        names: of the parts.
        parts: the objectives.
        weights: of their scores; they add up to 1.
        stages: numbers from 0, of each part.
    """

    names: tuple[str, ...]
    parts: tuple[Objective, ...]
    weights: tuple[float, ...]
    stages: tuple[int, ...]

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Score every model of a batch, stage by stage.

        The score of a part stands under ``score:PART``, and its values under their own names, or
        under ``PART:NAME`` where a part before it has a value of that name; NaN where the model was
        left out.
        """
        n = len(models)
        score, status = np.zeros(n), np.full(n, Scored.MET, dtype=np.int8)
        values: dict[str, Array] = {}
        cost: dict[str, int] = {}
        for stage in sorted(set(self.stages)):
            left = np.flatnonzero(status == Scored.MET)
            if not len(left):
                break
            here = models if len(left) == n else models.with_km(models.km_mM[left])
            for name, part, weight, own in zip(
                self.names, self.parts, self.weights, self.stages, strict=True
            ):
                if own != stage:
                    continue
                found = scores_of(part, here, workers=workers)
                score[left] += weight * found.score
                status[left] = np.where(
                    (status[left] == Scored.FAILED) | (found.status == Scored.MET),
                    status[left],
                    found.status,
                )
                for key, value in ((f"score:{name}", found.score), *found.values.items()):
                    own_key = f"{name}:{key}" if key in values else key
                    values[own_key] = np.full(n, np.nan)
                    values[own_key][left] = value
                for key, number in found.cost.items():
                    cost[key] = cost.get(key, 0) + number
        for name in self.names:
            values.setdefault(f"score:{name}", np.full(n, np.nan))
        return Scores(score, status, values, cost)


@dataclass(frozen=True)
class SmoothAllOf(AllOf):
    """`AllOf` of one stage whose parts all have derivatives."""

    def derivative(
        self, models: KineticModels, *, tau: float = TAU, workers: int = 2
    ) -> ScoreDerivative:
        """Scores and their derivatives by ln KM, each the weighted sum of those of the parts."""
        score, by_log_km = np.zeros(len(models)), np.zeros_like(models.km_mM)
        lambda_max = np.full(len(models), np.nan)
        for part, weight in zip(self.parts, self.weights, strict=True):
            assert isinstance(part, DifferentiableObjective)
            found = part.derivative(models, tau=tau, workers=workers)
            score += weight * found.score
            by_log_km += weight * found.by_log_km
            lambda_max = np.where(np.isnan(lambda_max), found.lambda_max_per_h, lambda_max)
        return ScoreDerivative(score, by_log_km, lambda_max)


def all_of(
    *,
    weights: Mapping[str, float] | None = None,
    stages: Sequence[Sequence[str]] | None = None,
    **parts: Objective,
) -> AllOf:
    """Several objectives at once: a model meets all of them, or not.

    The score is the weighted mean of the scores of the parts. With stages the parts of a later one
    are computed only for the models that met all before; the others score 0 there.

    Args:
        parts: by a name of your choice.
        weights: by name, positive; equal if not given.
        stages: names of the first stage, of the second, and so on; all in one if not given.

    Raises:
        ParameterError: no parts, a name that is none of them or is missing, or a weight that is
            not positive.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.objectives import ConstantsChanged, Incidence, all_of
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> both = all_of(
    ...     fast=Incidence(), exact=ConstantsChanged(copies=3), stages=[["fast"], ["exact"]]
    ... )
    >>> scores = both.evaluate(models)
    >>> scores.share, dict(scores.cost)
    (1.0, {'spectra': 8})
    """
    if not parts:
        raise ParameterError("no objective to combine; give some by name, all_of(fast=...)")
    for name, part in parts.items():
        if not isinstance(part, Objective):
            hint = "; write weights={...} and stages=[[...]]" if name in ("weight", "stage") else ""
            raise ParameterError(f"{name} is {part!r}, which is no objective{hint}")
    given = dict(weights or dict.fromkeys(parts, 1.0))
    staged = [(n, i) for i, stage in enumerate(stages or [list(parts)]) for n in _names(stage)]
    for what, names in (("weights", list(given)), ("stages", [n for n, _ in staged])):
        for name in names:
            if name not in parts:
                raise ParameterError(f"{what}: {name!r} is no part{nearest(name, list(parts))}")
        if sorted(names) != sorted(parts):
            raise ParameterError(
                f"{what} must name every part once: {', '.join(parts)}; they name "
                f"{', '.join(names) or 'none'}"
            )
    for name, weight in given.items():
        if not 0 < weight < np.inf:
            raise ParameterError(f"the weight of {name} is {weight}; give a positive number")
    total = sum(given.values())
    kind = AllOf
    if len(set(dict(staged).values())) == 1 and all(
        isinstance(part, DifferentiableObjective) for part in parts.values()
    ):
        kind = SmoothAllOf
    return kind(
        tuple(parts),
        tuple(parts.values()),
        tuple(given[name] / total for name in parts),
        tuple(dict(staged)[name] for name in parts),
    )


def _names(stage: Sequence[str]) -> Sequence[str]:
    return (stage,) if isinstance(stage, str) else stage
