"""The two networks of REKINDLE as functions of flat weights: generator and discriminator.

The generator takes noise and a label, the discriminator a set of constants and its label. Hidden
layers of the generator have leaky rectifiers, batch normalisation and dropout, those of the
discriminator leaky rectifiers and dropout. ln KM is scaled from the smallest to the largest of all
bounds to −1 to 1, the same for every constant; the generator ends in tanh.

Reference: Choudhury et al. 2022 Nat Mach Intell 4:710.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.training.first_weights import standard_deviation, unit_numbers
from renaissance_kit.training.generator import check_weights
from renaissance_kit.training.labelled import km_of_shares

RELEVANT, OTHER = 1.0, -1.0  # labels
_EPSILON = 1e-3  # of the batch normalisation, the default of Keras


@dataclass(frozen=True)
class RekindleGenerator:
    """Architecture of the generator; weights are passed to its methods.

    The weights are those that are trained, layer by layer (matrix, biases, and of hidden layers
    scale and shift of the normalisation), then the running means and variances of all hidden
    layers.

    Args:
        ranges: bounds of the constants.
        hidden: units of the hidden layers.
        latent: size of the noise.
        slope: of the leaky rectifiers for negative input.
        dropout: share of hidden units that are switched off while it is trained.
        momentum: share of the running means and variances that a batch leaves as they are.

    Raises:
        ParameterError: a value out of its range.

    >>> import numpy as np
    >>> from renaissance_kit import KMRanges, Network
    >>> from renaissance_kit.training import RekindleGenerator
    >>> generator = RekindleGenerator(KMRanges.of(Network.example("tiny")), hidden=(16,))
    >>> rng = np.random.default_rng(1)
    >>> generator.sample(generator.initial_weights(rng), 5, rng).shape
    (5, 10)
    """

    ranges: KMRanges
    hidden: tuple[int, ...] = (128, 256, 512)
    latent: int = 127
    slope: float = 0.2
    dropout: float = 0.5
    momentum: float = 0.8

    def __post_init__(self) -> None:
        require_kinds(self)
        require_architecture(self.hidden, self.dropout)
        if self.latent < 1 or not 0 <= self.momentum < 1:
            raise ParameterError(
                f"latent is {self.latent}, momentum {self.momentum}; give at least 1, and a share "
                "from 0 to below 1"
            )

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(units after, units before) of each layer."""
        sizes = (self.latent + 1, *self.hidden, self.ranges.n_generated)
        return tuple(zip(sizes[1:], sizes[:-1], strict=True))

    @property
    def n_trained(self) -> int:
        """Number of weights that are trained."""
        return sum(out * (inp + 1) for out, inp in self.shapes) + 2 * sum(self.hidden)

    @property
    def n_weights(self) -> int:
        """Number of weights, with running means and variances."""
        return self.n_trained + 2 * sum(self.hidden)

    @property
    def architecture(self) -> str:
        """Everything but the bounds and weights, as text."""
        own = (self.hidden, self.latent, self.slope, self.dropout, self.momentum)
        return repr(("REKINDLE", *own))

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Draw the weights of a new generator, (n_weights,): Glorot, as the default of Keras."""
        parts: list[Weights] = []
        for i, (n_out, n_in) in enumerate(self.shapes):
            parts += dense(n_out, n_in, rng)
            if i < len(self.hidden):
                parts += [np.ones(n_out, np.float32), np.zeros(n_out, np.float32)]
        for units in self.hidden:
            parts += [np.zeros(units, np.float32), np.ones(units, np.float32)]
        return np.concatenate(parts)

    def outputs(
        self,
        trained: torch.Tensor,
        running: torch.Tensor,
        noise: torch.Tensor,
        labels: torch.Tensor,
        dropped: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Outputs between −1 and 1, (samples, generated km).

        Args:
            trained: (n_trained,).
            running: means and variances; renewed in place while it is trained.
            noise: (samples, latent).
            labels: (samples, 1), `RELEVANT` or `OTHER`.
            dropped: random numbers of the dropout; while it is trained only.
        """
        x = torch.cat([noise, labels], dim=1)
        parts, kept = _cut(trained), _cut(running)
        training = dropped is not None
        for i, (n_out, n_in) in enumerate(self.shapes):
            x = functional.linear(x, parts(n_out, n_in), parts(n_out))
            if i < len(self.hidden):
                x = functional.leaky_relu(x, self.slope)
                scale, shift, mean, variance = parts(n_out), parts(n_out), kept(n_out), kept(n_out)
                x = functional.batch_norm(
                    x, mean, variance, scale, shift, training, 1 - self.momentum, _EPSILON
                )
                x = dropout(x, self.dropout, dropped)
        return torch.tanh(x)

    @single_threaded()
    def sample(self, weights: Weights, n: int, rng: np.random.Generator) -> Array:
        """Draw n relevant sets of KM in mM, (n, km).

        Raises:
            ParameterError: n below 1, or weights of another architecture.
        """
        if n < 1:
            raise ParameterError(f"asked for {n} models; ask for at least 1")
        self.check(weights)
        noise = torch.from_numpy(rng.standard_normal((n, self.latent), dtype=np.float32))
        flat = torch.from_numpy(weights)
        with torch.inference_mode():
            found = self.outputs(
                flat[: self.n_trained], flat[self.n_trained :], noise, torch.full((n, 1), RELEVANT)
            )
        return km_of_shares(self.ranges, self.shares(found.numpy()), rng)

    def scaled(self, shares: NDArray[np.float32]) -> NDArray[np.float32]:
        """From shares of each constant's range to −1 to 1 of the range of all."""
        low, width, least, whole = self._bounds
        return (2 * (low + shares * width - least) / whole - 1).astype(np.float32)

    def shares(self, scaled: NDArray[np.float32]) -> Array:
        """The way back; below 0 or above 1 where a constant's own range is narrower."""
        low, width, least, whole = self._bounds
        return ((scaled.astype(np.float64) + 1) / 2 * whole + least - low) / width

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        check_weights(weights, self.n_weights)

    def digest(self, weights: Weights) -> str:
        """Fingerprint of architecture, bounds and weights."""
        ranges = self.ranges
        return fingerprint(
            self.architecture, ranges.low_mM, ranges.high_mM, ranges.fixed, weights
        )  # fmt: skip

    @property
    def _bounds(self) -> tuple[Array, Array, float, float]:
        free = ~self.ranges.fixed
        low, high = np.log(self.ranges.low_mM[free]), np.log(self.ranges.high_mM[free])
        return low, high - low, float(low.min()), float(high.max() - low.min())


@dataclass(frozen=True)
class Discriminator:
    """Architecture of the discriminator; weights are passed to its methods.

    Args:
        n_km: constants in a set.
        hidden: units of the hidden layers.
        slope: of the leaky rectifiers for negative input.
        dropout: share of hidden units that are switched off while it is trained.

    Raises:
        ParameterError: a value out of its range.

    >>> from renaissance_kit.training import Discriminator
    >>> Discriminator(10, hidden=(4,)).n_weights  # 4 · (10 + 1) + 4, and 4 + 1
    53
    """

    n_km: int
    hidden: tuple[int, ...] = (32, 64, 128)
    slope: float = 0.2
    dropout: float = 0.4

    def __post_init__(self) -> None:
        require_kinds(self)
        require_architecture(self.hidden, self.dropout)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(units after, units before) of each layer."""
        sizes = (self.n_km + 1, *self.hidden, 1)
        return tuple(zip(sizes[1:], sizes[:-1], strict=True))

    @property
    def n_weights(self) -> int:
        """Number of weights and biases."""
        return sum(out * (inp + 1) for out, inp in self.shapes)

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Draw the weights of a new discriminator, (n_weights,)."""
        parts = [part for n_out, n_in in self.shapes for part in dense(n_out, n_in, rng)]
        return np.concatenate(parts)

    def logits(
        self,
        weights: torch.Tensor,
        sets: torch.Tensor,
        labels: torch.Tensor,
        dropped: torch.Generator | None = None,
    ) -> torch.Tensor:
        """Logarithm of the odds that sets are real, (samples, 1); arguments as of the generator."""
        x = torch.cat([sets, labels], dim=1)
        parts = _cut(weights)
        for i, (n_out, n_in) in enumerate(self.shapes):
            x = functional.linear(x, parts(n_out, n_in), parts(n_out))
            if i < len(self.hidden):
                x = dropout(functional.leaky_relu(x, self.slope), self.dropout, dropped)
        return x


def dense(n_out: int, n_in: int, rng: np.random.Generator) -> Iterator[Weights]:
    """First weights of a layer: the matrix, row by row, and zeros as biases."""
    scale = np.float32(standard_deviation("glorot", n_in, n_out, 0.0, last=False))
    yield scale * unit_numbers("glorot", n_out * n_in, rng)
    yield np.zeros(n_out, np.float32)


def dropout(x: torch.Tensor, share: float, dropped: torch.Generator | None) -> torch.Tensor:
    """Switch off a share of the units; none if there are no random numbers."""
    if dropped is None or not share:
        return x
    keep = torch.rand(x.shape, generator=dropped) >= share
    return x * keep / (1 - share)


def require_architecture(hidden: tuple[int, ...], dropout: float) -> None:
    """Raise ParameterError unless layers have units, and some of them stay on."""
    if any(h < 1 for h in hidden):
        raise ParameterError(f"hidden is {hidden}; give at least 1 unit a layer")
    if not 0 <= dropout < 1:
        raise ParameterError(f"dropout is {dropout}; give a share from 0 to below 1")


class _cut:
    """Cuts a flat tensor into views, one after the other."""

    def __init__(self, flat: torch.Tensor) -> None:
        self.flat, self.position = flat, 0

    def __call__(self, *shape: int) -> torch.Tensor:
        size = int(np.prod(shape))
        self.position += size
        return self.flat[self.position - size : self.position].view(*shape)
