"""What every generator of Michaelis constants offers, whatever makes them.

`renaissance_kit.training.generator` holds the network that evolution strategies and gradients
train. REKINDLE, iSCHRUNK and the flow have generators of their own, each in its file.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.km.ranges import KMRanges


class KMGenerator(Protocol):
    """An architecture; weights, one flat vector of single precision, are passed to its methods."""

    @property
    def ranges(self) -> KMRanges:
        """Bounds of the constants."""

    @property
    def architecture(self) -> str:
        """Everything but the bounds and weights, as text."""

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new generator."""

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""

    def sample(self, weights: Weights, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM, (n, km)."""

    def digest(self, weights: Weights) -> str:
        """Fingerprint of architecture, bounds and weights."""


Kind = TypeVar("Kind")


def require_generator(generator: object, kind: type[Kind]) -> Kind:
    """The generator, if it is of the kind that a method trains.

    Raises:
        ParameterError: it is of another kind.
    """
    if not isinstance(generator, kind):
        raise ParameterError(
            f"the recipe's generator is a {type(generator).__name__}, and its method trains a "
            f"{kind.__name__}; give generator={kind.__name__}(ranges, ...)"
        )
    return generator
