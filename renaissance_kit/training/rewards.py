"""Rewards: from the λmax of a generator's models to one number to climb.

A reward is called with (models,) λmax in 1/h. A model without eigenvalues (NaN) is never valid
and counts as the worst model in every reward. One that has a derivative says so by a second
method, `DifferentiableReward.of`, and can then be climbed by gradient.

A new reward is one frozen dataclass in this file, or anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.spectrum import incidence_of

_LARGEST_EXPONENT = 700.0  # exp of more overflows double precision


class Reward(Protocol):
    """Anything that turns (models,) λmax in 1/h into a number."""

    def __call__(self, lambda_max_per_h: Array) -> float:
        """The reward; larger is better."""


@runtime_checkable
class DifferentiableReward(Reward, Protocol):
    """A reward that is a smooth function of s = asinh(λmax / 1 h⁻¹)."""

    def of(self, s: torch.Tensor) -> torch.Tensor:
        """The reward from (models,) values of s, with derivatives; a single number."""


def differentiable(reward: Reward) -> DifferentiableReward:
    """The reward, if it has a derivative.

    Raises:
        ParameterError: it has none; the message names those that have.
    """
    if not isinstance(reward, DifferentiableReward):
        names = [n for n, kind in globals().items() if is_dataclass(kind) and hasattr(kind, "of")]
        raise ParameterError(
            f"{reward!r} has no derivative, and training by gradient needs one; take "
            f"{' or '.join(names)}, or train with Recipe.default"
        )
    return reward


def _finite(lambda_max: Array) -> Array:
    return np.where(np.isnan(lambda_max), np.inf, lambda_max)


@dataclass(frozen=True)
class Incidence:
    """Share of valid models; where there are none, a small credit for the fastest one.

    ``I`` if I > 0, else ``0.01 / (1 + exp(λ_fastest − λ_partition))``. For more than 200 models
    the 0.01 becomes 2/n, so that the credit, at most half of it, stays below one valid model.

    Reference: Choudhury et al. 2024 Nat Catal 7:1086.
    """

    partition_per_h: float = -2.5

    def __post_init__(self) -> None:
        require_kinds(self)

    def __call__(self, lambda_max_per_h: Array) -> float:
        values = _finite(lambda_max_per_h)
        incidence = incidence_of(values, self.partition_per_h)
        if incidence > 0:
            return incidence
        excess = min(float(values.min()) - self.partition_per_h, _LARGEST_EXPONENT)
        credit = min(0.01, 2.0 / len(values))
        return credit / (1.0 + float(np.exp(excess)))


@dataclass(frozen=True)
class FastestDynamics:
    """``0.5 · exp(−0.1 · mean λmax of the fastest models)``, by default ten.

    Reference: Choudhury et al. 2024 Nat Catal 7:1086 (intracellular states).
    """

    n_fastest: int = 10

    def __post_init__(self) -> None:
        require_kinds(self)
        if self.n_fastest < 1:
            raise ParameterError(f"n_fastest is {self.n_fastest}; give at least 1")

    def __call__(self, lambda_max_per_h: Array) -> float:
        fastest = np.sort(_finite(lambda_max_per_h))[: self.n_fastest]
        exponent = np.clip(-0.1 * fastest.mean(), -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
        return 0.5 * float(np.exp(exponent))


@dataclass(frozen=True)
class SmoothIncidence:
    """Mean over all models of a smooth step at the threshold, on a symmetric log scale.

    ``mean of 1 / (1 + exp((s(λ) − s(λ_partition)) / width))`` with s(λ) = asinh(λ / 1 h⁻¹).
    A model that comes nearer to the threshold counts before it crosses it, also from 1e5 1/h,
    and a valid one gains from a margin. As width goes to 0 this becomes the incidence.
    """

    partition_per_h: float = -2.5
    width: float = 0.5

    def __post_init__(self) -> None:
        require_kinds(self)
        if not self.width > 0:
            raise ParameterError(f"width is {self.width}; give a positive number")

    def __call__(self, lambda_max_per_h: Array) -> float:
        distance = np.arcsinh(_finite(lambda_max_per_h)) - np.arcsinh(self.partition_per_h)
        return float(np.mean(1.0 / (1.0 + np.exp(np.minimum(distance / self.width, 700.0)))))

    def of(self, s: torch.Tensor) -> torch.Tensor:
        """The same from values of s, with derivatives."""
        distance = s - float(np.arcsinh(self.partition_per_h))
        return torch.sigmoid(-distance / self.width).mean()


@dataclass(frozen=True)
class SoftMargin:
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
        if not self.width > 0:
            raise ParameterError(f"width is {self.width}; give a positive number")

    def __call__(self, lambda_max_per_h: Array) -> float:
        return float(self.of(torch.from_numpy(np.arcsinh(_finite(lambda_max_per_h)))))

    def of(self, s: torch.Tensor) -> torch.Tensor:
        """The same from values of s, with derivatives."""
        distance = s - float(np.arcsinh(self.partition_per_h)) + self.margin
        return -torch.nn.functional.softplus(distance / self.width).mean()
