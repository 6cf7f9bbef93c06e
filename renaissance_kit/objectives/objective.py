"""What an objective is: models in, a score and a status of each model out.

A score says how near a model comes to what is wanted; larger is better. Most objectives score
between 0 and 1, a smooth step that is 0.5 where the demand is just met, so that the mean score of
many models is a smooth form of the share that meets it. That mean is the reward of a generator
(`Objective.reward`), unless an objective says otherwise.

A new objective is one frozen dataclass with `Objective` as its base and one method, ``evaluate``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.kinetics.models import KineticModels

LARGEST_EXPONENT = 700.0  # exp of more overflows double precision


class Scored(IntEnum):
    """What became of one model."""

    MET = 0
    NOT_MET = 1
    FAILED = 2

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            Scored.MET: "does what is wanted",
            Scored.NOT_MET: "was computed, and does not",
            Scored.FAILED: "could not be computed; never met",
        }[self]


@dataclass(frozen=True)
class Scores:
    """Scores of a batch of models.

    Attributes:
        score: (models,) larger is better.
        status: (models,) values of `Scored`.
        values: further numbers by name, each (models,), that the scores come from; NaN where they
            were not computed.
        cost: what it took, by name: ``spectra`` (eigenvalues of one Jacobian), ``integrations``.

    Raises:
        ParameterError: an array that is not (models,).

    >>> import numpy as np
    >>> scores = Scores.of(np.array([0.9, 0.2]), met=np.array([True, False]))
    >>> scores.counts()
    {'MET': 1, 'NOT_MET': 1, 'FAILED': 0}
    """

    score: Array
    status: NDArray[np.int8]
    values: Mapping[str, Array] = field(default_factory=dict)
    cost: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arrays: dict[str, ArrayLike] = {"score": self.score, "status": self.status, **self.values}
        for name, array in arrays.items():
            if np.shape(array) != (np.size(self.score),):
                raise ParameterError(
                    f"{name} has shape {np.shape(array)}; give one number a model, "
                    f"({np.size(self.score)},)"
                )

    @classmethod
    def of(
        cls,
        score: Array,
        *,
        met: ArrayLike,
        failed: ArrayLike | None = None,
        values: Mapping[str, Array] | None = None,
        cost: Mapping[str, int] | None = None,
    ) -> Scores:
        """From what was met and what failed, (models,) each."""
        status = np.where(met, Scored.MET, Scored.NOT_MET)
        if failed is not None:
            status = np.where(failed, Scored.FAILED, status)
        return cls(np.asarray(score, float), status.astype(np.int8), values or {}, cost or {})

    def __len__(self) -> int:
        return len(self.score)

    @property
    def met(self) -> Mask:
        """(models,) True where the model does what is wanted."""
        return np.asarray(self.status == Scored.MET)

    @property
    def share(self) -> float:
        """Share of the models that do what is wanted, among all, failed ones included."""
        return float(self.met.mean())

    def counts(self) -> dict[str, int]:
        """Number of models by status."""
        return {s.name: int((self.status == s).sum()) for s in Scored}

    def table(self) -> pd.DataFrame:
        """One row a model: score, status in words, values."""
        return pd.DataFrame(
            {"score": self.score, "status": [Scored(s).name for s in self.status], **self.values}
        )

    def split(self, n: int) -> list[Scores]:
        """The scores of consecutive batches of n models; the cost is not divided."""
        return [
            Scores(
                self.score[i : i + n],
                self.status[i : i + n],
                {name: value[i : i + n] for name, value in self.values.items()},
            )
            for i in range(0, len(self), n)
        ]


class Objective(ABC):
    """What is wanted of a model. Subclasses are frozen dataclasses, which have a fingerprint.

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.objectives import Objective, Scores, step
    >>> @dataclass(frozen=True)
    ... class LowVmax(Objective):
    ...     reaction: str
    ...     most_mM_h: float
    ...
    ...     def evaluate(self, models, *, workers=2):
    ...         vmax = models.vmax_mM_h[:, models.network.reaction_index[self.reaction]]
    ...         score = step(np.log(vmax / self.most_mM_h), width=0.5)
    ...         return Scores.of(score, met=vmax <= self.most_mM_h)
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> LowVmax("PGI", 1e6).evaluate(models).share
    1.0
    """

    @abstractmethod
    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Score every model of a batch.

        Args:
            models: a batch at one steady state.
            workers: threads or processes; does not change the result.
        """

    def reward(self, scores: Scores) -> float:
        """The reward of a generator whose models have these scores; larger is better."""
        return float(np.mean(scores.score))


def scores_of(objective: Objective, models: KineticModels, *, workers: int = 2) -> Scores:
    """What an objective says of a batch.

    Raises:
        ParameterError: it says nothing of some models, or something of others.
    """
    scores = objective.evaluate(models, workers=workers)
    if len(scores) != len(models):
        raise ParameterError(
            f"{type(objective).__name__} gave {len(scores)} scores of {len(models)} models; its "
            "method evaluate must give one for each"
        )
    return scores


@dataclass(frozen=True)
class ScoreDerivative:
    """Scores with their derivatives.

    Attributes:
        score: (models,).
        by_log_km: (models, km) derivatives of the score by ln KM; 0 where there is none.
        lambda_max_per_h: (models,) λmax where it was computed on the way, else NaN.
    """

    score: Array
    by_log_km: Array
    lambda_max_per_h: Array


@runtime_checkable
class DifferentiableObjective(Protocol):
    """An objective whose scores have derivatives, so that it can be climbed by gradient."""

    def derivative(
        self, models: KineticModels, *, tau: float = TAU, workers: int = 2
    ) -> ScoreDerivative:
        """Scores and their derivatives by ln KM.

        Args:
            tau: width of the smooth maximum over the eigenvalues, where λmax takes part.
        """


def step(distance: Array, width: float) -> Array:
    """1 / (1 + exp(distance / width)): a smooth step from 1 to 0; 0 where the distance is NaN.

    >>> import numpy as np
    >>> step(np.array([-np.inf, 0.0, 1e3]), width=0.5).round(2)
    array([1. , 0.5, 0. ])
    """
    far = np.asarray(distance, float) / width
    far = np.minimum(np.nan_to_num(far, nan=0.0), LARGEST_EXPONENT)
    return np.where(np.isnan(distance), 0.0, 1.0 / (1.0 + np.exp(far)))


EVALUATIONS = 50_000
"""Of the right-hand side that an objective allows one integration: ten times what most models take,
and what a few *E. coli* models exceed twentyfold or more."""


def require_positive(objective: object, *names: str) -> None:
    """Raise ParameterError unless these fields are positive and finite."""
    for name in names:
        if not 0 < getattr(objective, name) < np.inf:
            raise ParameterError(f"{name} is {getattr(objective, name)}; give a positive number")


def joined(parts: Sequence[Array]) -> Array:
    """(models, parts) from one array a part."""
    return np.column_stack(parts)
