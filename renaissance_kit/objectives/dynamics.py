"""Objectives of the dynamics: λmax of a model, and what it is worth.

Each of them can also be called with (models,) λmax in 1/h, and gives the reward of a generator. A
model without eigenvalues (NaN) is never valid and counts as the worst model in every one.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import TAU, pinned_smooth_lambda_max
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import incidence_of, is_valid
from renaissance_kit.objectives.objective import (
    LARGEST_EXPONENT,
    Objective,
    ScoreDerivative,
    Scores,
    require_positive,
    step,
)

LAMBDA_MAX = "lambda_max_per_h"
"""Name of λmax among the values of scores."""


class DynamicsObjective(Objective):
    """An objective that is a function of λmax alone; the base of those in this file."""

    @property
    def threshold_per_h(self) -> float | None:
        """Of a model that meets it; the network's condition ``eigenvalue_threshold`` if None."""
        return None

    @abstractmethod
    def __call__(self, lambda_max_per_h: Array) -> float:
        """The reward of a generator from the (models,) λmax of its models in 1/h."""

    @abstractmethod
    def each(self, lambda_max_per_h: Array) -> Array:
        """(models,) scores."""

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Score every model of a batch by its λmax."""
        spectrum = models.spectrum(threshold_per_h=self.threshold_per_h, workers=workers)
        lambda_max = spectrum.lambda_max_per_h
        return Scores.of(
            self.each(lambda_max),
            met=spectrum.valid,
            failed=np.isnan(lambda_max),
            values={LAMBDA_MAX: lambda_max},
            cost={"spectra": len(models)},
        )

    def reward(self, scores: Scores) -> float:
        """The reward of a generator whose models have these scores."""
        return self(scores.values[LAMBDA_MAX])


class SmoothDynamics(DynamicsObjective):
    """An objective whose score is a smooth function of s = asinh(λmax / 1 h⁻¹)."""

    @abstractmethod
    def of(self, s: Array) -> tuple[Array, Array]:
        """(models,) scores, and their derivatives by s."""

    def __call__(self, lambda_max_per_h: Array) -> float:
        """The mean score."""
        return float(np.mean(self.each(lambda_max_per_h)))

    def each(self, lambda_max_per_h: Array) -> Array:
        """(models,) scores."""
        return self.of(np.arcsinh(_finite(lambda_max_per_h)))[0]

    def derivative(
        self, models: KineticModels, *, tau: float = TAU, workers: int = 2
    ) -> ScoreDerivative:
        """Scores of a smooth maximum over the eigenvalues, and their derivatives by ln KM."""
        found = pinned_smooth_lambda_max(models, tau=tau, workers=workers)
        score, slope = self.of(np.nan_to_num(found.value))
        return ScoreDerivative(score, slope[:, None] * found.gradient, found.lambda_max_per_h)


def _finite(lambda_max: Array) -> Array:
    return np.where(np.isnan(lambda_max), np.inf, lambda_max)


@dataclass(frozen=True)
class Incidence(DynamicsObjective):
    """Share of valid models; where there are none, a small credit for the fastest one.

    ``I`` if I > 0, else ``0.01 / (1 + exp(λ_fastest − λ_partition))``. For more than 200 models
    the 0.01 becomes 2/n, so that the credit, at most half of it, stays below one valid model.

    Reference: Choudhury et al. 2024 Nat Catal 7:1086.
    """

    partition_per_h: float = -2.5

    def __post_init__(self) -> None:
        require_kinds(self)

    @property
    def threshold_per_h(self) -> float:
        """Of a model that meets it."""
        return self.partition_per_h

    def each(self, lambda_max_per_h: Array) -> Array:
        """1 for a valid model, 0 for another."""
        return is_valid(lambda_max_per_h, self.partition_per_h).astype(float)

    def __call__(self, lambda_max_per_h: Array) -> float:
        values = _finite(lambda_max_per_h)
        incidence = incidence_of(values, self.partition_per_h)
        if incidence > 0:
            return incidence
        excess = min(float(values.min()) - self.partition_per_h, LARGEST_EXPONENT)
        credit = min(0.01, 2.0 / len(values))
        return credit / (1.0 + float(np.exp(excess)))


@dataclass(frozen=True)
class FastestDynamics(DynamicsObjective):
    """``0.5 · exp(−0.1 · mean λmax of the fastest models)``, by default ten.

    Reference: Choudhury et al. 2024 Nat Catal 7:1086 (intracellular states).
    """

    n_fastest: int = 10

    def __post_init__(self) -> None:
        require_kinds(self)
        if self.n_fastest < 1:
            raise ParameterError(f"n_fastest is {self.n_fastest}; give at least 1")

    def each(self, lambda_max_per_h: Array) -> Array:
        """The same formula for each model alone."""
        exponent = np.clip(-0.1 * _finite(lambda_max_per_h), -LARGEST_EXPONENT, LARGEST_EXPONENT)
        return np.asarray(0.5 * np.exp(exponent))

    def __call__(self, lambda_max_per_h: Array) -> float:
        fastest = np.sort(_finite(lambda_max_per_h))[: self.n_fastest]
        exponent = np.clip(-0.1 * fastest.mean(), -LARGEST_EXPONENT, LARGEST_EXPONENT)
        return 0.5 * float(np.exp(exponent))


@dataclass(frozen=True)
class SmoothIncidence(SmoothDynamics):
    """Mean over all models of a smooth step at the threshold, on a symmetric log scale.

    ``mean of 1 / (1 + exp((s(λ) − s(λ_partition)) / width))`` with s(λ) = asinh(λ / 1 h⁻¹).
    A model that comes nearer to the threshold counts before it crosses it, also from 1e5 1/h,
    and a valid one gains from a margin. As width goes to 0 this becomes the incidence.
    """

    partition_per_h: float = -2.5
    width: float = 0.5

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "width")

    @property
    def threshold_per_h(self) -> float:
        """Of a model that meets it."""
        return self.partition_per_h

    def of(self, s: Array) -> tuple[Array, Array]:
        """(models,) scores, and their derivatives by s."""
        score = step(s - np.arcsinh(self.partition_per_h), self.width)
        return score, -score * (1.0 - score) / self.width


@dataclass(frozen=True)
class SoftMargin(SmoothDynamics):
    """Minus the mean of ln(1 + exp((s(λ) − s(λ_partition) + margin)/width)), s = asinh(λ / 1 h⁻¹).

    The logarithm of a smooth step at the threshold: unlike `SmoothIncidence` it keeps its slope
    however slow a model is, and as there a valid model gains from a margin. −∞ if a model has no
    eigenvalues.
    """

    partition_per_h: float = -2.5
    margin: float = 0.2
    width: float = 0.1

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "width")

    @property
    def threshold_per_h(self) -> float:
        """Of a model that meets it."""
        return self.partition_per_h

    def of(self, s: Array) -> tuple[Array, Array]:
        """(models,) scores, and their derivatives by s."""
        distance = (s - np.arcsinh(self.partition_per_h) + self.margin) / self.width
        return -np.logaddexp(0.0, distance), -step(-distance, 1.0) / self.width
