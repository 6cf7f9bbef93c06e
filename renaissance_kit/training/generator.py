"""The generator: a small neural network from noise to Michaelis constants.

Latent noise (99 numbers) and one constant label pass through 256, 512 and 1,024 units with
leaky rectifiers to one output per KM, 1,076,352 weights for the E. coli network. An output y
becomes ``ln KM = low + (high − low) · Φ(y)`` with the normal distribution function Φ, so every
constant lies within its bounds whatever the weights, and an output with mean 0 and standard
deviation 1 is log-uniform between them: the untrained generator can start at unbiased sampling.

Weights are one flat vector of single precision, which is what evolution strategies perturb.

Reference: Choudhury et al. 2024 Nat Catal 7:1086 (architecture).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import child_rng
from renaissance_kit.core.threads import single_threaded, single_threaded_pool
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.training.first_weights import FIRST_WEIGHTS, standard_deviation, unit_numbers

RESCALE = ("pointwise", "batch")
CALIBRATION_SAMPLES = 2000


@dataclass(frozen=True)
class Generator:
    """Architecture of a generator; weights are passed to its methods.

    Args:
        ranges: bounds of the constants.
        hidden: units of the hidden layers.
        latent: size of the noise.
        slope: of the leaky rectifiers for negative input.
        dropout: share of hidden units that are switched off at random in each sample. The
            published architecture has 0.5 but is evaluated without, as is the default here (nor
            does it have batch normalisation); above 0 it adds variation between the models of one
            set of weights.
        scaled: keep the weights of each layer in units of their initial standard deviation, so
            that one step size suits all layers. Otherwise they are the plain matrices, whose
            scales differ by layer, as in the published code.
        bias_unit: unit of the last layer's biases where ``scaled``. A step then moves the centre
            of each constant's distribution this many times more than its spread; with 1, the
            noise of the steps widens the distributions faster than training can narrow them.
        output_scale: standard deviation of each output before Φ in a new generator; 1 is
            log-uniform KM, which is unbiased sampling, less concentrates the constants.
        calibrated: shift and scale the outputs of a new generator to mean 0 and that deviation
            over the noise. Otherwise they keep the offsets that random weights give them.
        first_weights: how the matrices of a new generator are drawn, before any calibration;
            biases begin at 0. ``he`` is normal and keeps activations near 1, ``glorot`` is
            uniform within ±√(6/(n_in + n_out)), the default of Keras, in which the published code
            is written (`renaissance_kit.training.first_weights`).
        rescale: ``pointwise`` bounds every output by itself. ``batch`` stretches the outputs of
            each batch linearly between its smallest and largest, as the published code does; a
            sample then depends on the others in its batch.

    >>> import numpy as np
    >>> from renaissance_kit import Generator, KMRanges, Network
    >>> generator = Generator(KMRanges.of(Network.example("tiny")), hidden=(16, 16))
    >>> rng = np.random.default_rng(1)
    >>> weights = generator.initial_weights(rng)
    >>> generator.sample(weights, 5, rng).shape
    (5, 10)
    """

    ranges: KMRanges
    hidden: tuple[int, ...] = (256, 512, 1024)
    latent: int = 99
    slope: float = 0.2
    dropout: float = 0.0
    scaled: bool = True
    bias_unit: float = 5.0
    output_scale: float = 1.0
    calibrated: bool = True
    first_weights: str = "he"
    rescale: str = "pointwise"
    _shapes: Sequence[tuple[int, int]] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        require_kinds(self)
        for name, known in (("rescale", RESCALE), ("first_weights", FIRST_WEIGHTS)):
            if getattr(self, name) not in known:
                raise ParameterError(f"{name} is {getattr(self, name)!r}; choose one of {known}")
        if not 0 <= self.dropout < 1:
            raise ParameterError(f"dropout is {self.dropout}; give a share from 0 to below 1")
        if not 0 < self.bias_unit < np.inf:
            raise ParameterError(f"bias_unit is {self.bias_unit}; give a positive number")
        if self.latent < 1 or any(h < 1 for h in self.hidden):
            raise ParameterError("latent and hidden sizes must be at least 1")
        sizes = (self.latent + 1, *self.hidden, self.ranges.n_generated)
        object.__setattr__(self, "_shapes", tuple(zip(sizes[1:], sizes[:-1], strict=True)))

    @property
    def n_weights(self) -> int:
        """Number of weights and biases."""
        return sum(out * (inp + 1) for out, inp in self._shapes)

    @classmethod
    def paper(cls, ranges: KMRanges) -> Generator:
        """The published one: plain Glorot weights, no calibration, outputs rescaled by batch."""
        return cls(ranges, scaled=False, calibrated=False, first_weights="glorot", rescale="batch")

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Draw the weights of a new generator, (n_weights,) single precision."""
        parts = []
        for (n_out, n_in), scale in zip(self._shapes, self._initial_scales, strict=True):
            matrix = unit_numbers(self.first_weights, n_out * n_in, rng)
            parts += [matrix if self.scaled else scale * matrix, np.zeros(n_out, np.float32)]
        weights = np.concatenate(parts).astype(np.float32)
        if not self.calibrated:
            self._last_layer(weights)[0][:] *= self.output_scale
        elif self.ranges.n_generated:
            noise = rng.standard_normal((CALIBRATION_SAMPLES, self.latent), dtype=np.float32)
            y = self.outputs(weights, noise, rng)
            factor = self.output_scale / y.std(axis=0)
            matrix, bias = self._last_layer(weights)
            matrix *= factor[:, None]
            bias[:] = -y.mean(axis=0) * factor / self._last_bias_unit
        return weights

    def weights_from(self, other: Generator, weights: Weights) -> Weights:
        """Weights of a generator with other fixed constants, to go on training from.

        Everything is kept but the outputs of the constants that are held to data here. The same
        noise then gives the same values of all others.

        Args:
            other: the generator that was trained.
            weights: its weights.

        Raises:
            ParameterError: another architecture or other bounds, or a constant is generated here
                that was held there and has no weights.
        """
        other.check(weights)
        if other.architecture != self.architecture or other.ranges.names != self.ranges.names:
            raise ParameterError(
                "the trained generator has another architecture or other constants; make the new "
                "one with dataclasses.replace(generator, ranges=...)"
            )
        free, had = ~self.ranges.fixed, ~other.ranges.fixed
        for name in np.array(self.ranges.names)[free & ~had][:1]:
            raise ParameterError(
                f"{name} was held to data in the trained generator, which has no weights for it; "
                "hold it here too, or start from a generator that makes it"
            )
        same = (self.ranges.low_mM == other.ranges.low_mM) & (
            self.ranges.high_mM == other.ranges.high_mM
        )
        for name in np.array(self.ranges.names)[free & ~same][:1]:
            raise ParameterError(f"{name} has other bounds in the trained generator; use the same")
        matrix, bias = other._last_layer(weights)
        kept = free[had]
        inner = weights[: len(weights) - matrix.size - bias.size]
        return np.concatenate([inner, matrix[kept].ravel(), bias[kept]]).astype(np.float32)

    @single_threaded()
    def outputs(
        self, weights: Weights, noise: NDArray[np.float32], rng: np.random.Generator | None = None
    ) -> NDArray[np.float32]:
        """Network outputs y before they are bounded, (samples, generated km).

        Args:
            weights: (n_weights,).
            noise: (samples, latent).
            rng: needed only with dropout.
        """
        with torch.inference_mode():
            return self._forward(self._layers(torch.from_numpy(weights)), noise, rng).numpy()

    def differentiable_outputs(
        self,
        weights: torch.Tensor,
        noise: NDArray[np.float32],
        rng: np.random.Generator | None = None,
        *,
        added: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """As `outputs`, with derivatives by the weights, a flat tensor of single precision.

        Args:
            added: (samples, hidden units) to the first hidden layer before its rectifiers.
        """
        return self._forward(self._layers(weights), noise, rng, added)

    @single_threaded()
    def log_km(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bound network outputs: ln KM in ln mM, (samples, generated km)."""
        with torch.inference_mode():
            return self._bound(torch.from_numpy(outputs).clone()).numpy()

    @single_threaded()
    def km_from_noise(
        self, weights: Weights, noise: NDArray[np.float32], rng: np.random.Generator
    ) -> Array:
        """KM in mM, (samples, km), for given noise; fixed constants are drawn from rng."""
        with torch.inference_mode():
            return self._km(self._layers(torch.from_numpy(weights)), noise, rng).astype(np.float64)

    @single_threaded()
    def km_from_outputs(self, outputs: NDArray[np.float32], rng: np.random.Generator) -> Array:
        """KM in mM, (samples, km), from network outputs; fixed constants are drawn from rng."""
        with torch.inference_mode():
            return self._placed(torch.from_numpy(outputs).clone(), rng).astype(np.float64)

    def sample(self, weights: Weights, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM, (n, km).

        Raises:
            ParameterError: n below 1, or weights of another architecture.
        """
        if n < 1:
            raise ParameterError(f"asked for {n} models; ask for at least 1")
        self.check(weights)
        noise = rng.standard_normal((n, self.latent), dtype=np.float32)
        return self.km_from_noise(weights, noise, rng)

    def stream(
        self,
        weights: Weights,
        n: int,
        rng: np.random.Generator,
        *,
        chunk: int = 1_000,
        workers: int = 2,
        bfloat16: bool = False,
    ) -> Iterator[NDArray[np.float32]]:
        """Draw n sets of KM chunk by chunk in single precision, in bounded memory.

        Args:
            chunk: sets in a chunk; each has a random stream of its own, begun from ``rng``.
            workers: threads, each with one chunk at a time and one BLAS thread, which the
                operating system shares out better than BLAS does when the machine is busy. The
                numbers do not depend on it.
            bfloat16: multiply in bfloat16, which processors with instructions for it do several
                times faster. Its 8 bits change a constant by about a percent and leave the
                distribution of λmax as it is (docs/performance.md).
        """
        self.check(weights)
        kind = torch.bfloat16 if bfloat16 else torch.float32
        with torch.inference_mode():
            layers = [(m.to(kind), b.to(kind)) for m, b in self._layers(torch.from_numpy(weights))]

        def make(size: int, own: np.random.Generator) -> NDArray[np.float32]:
            noise = own.standard_normal((size, self.latent), dtype=np.float32)
            with torch.inference_mode():
                return self._km(layers, noise, own)

        threads = torch.get_num_threads()
        pending: deque[Future[NDArray[np.float32]]] = deque()
        with single_threaded_pool(workers) as pool:
            try:
                for start in range(0, n, chunk):
                    pending.append(pool.submit(make, min(chunk, n - start), child_rng(rng)))
                    if len(pending) > 4 * workers:  # so that a slow disk does not hold them up
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()
                torch.set_num_threads(threads)

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        check_weights(weights, self.n_weights)

    @property
    def architecture(self) -> str:
        """Everything but the bounds and weights, as text."""
        return repr(
            (self.hidden, self.latent, self.slope, self.dropout, self.scaled, self.bias_unit,
             self.output_scale, self.calibrated, self.first_weights, self.rescale)
        )  # fmt: skip

    def digest(self, weights: Weights) -> str:
        """Fingerprint of architecture and weights, kept with every ensemble."""
        ranges = self.ranges
        return fingerprint(
            self.architecture, ranges.low_mM, ranges.high_mM, ranges.fixed, weights
        )  # fmt: skip

    def _forward(
        self,
        layers: list[tuple[torch.Tensor, torch.Tensor]],
        noise: NDArray[np.float32],
        rng: np.random.Generator | None,
        added: torch.Tensor | None = None,
    ) -> torch.Tensor:
        label = np.ones((len(noise), 1), dtype=np.float32)
        x = torch.from_numpy(np.concatenate([noise, label], axis=1)).to(layers[0][0].dtype)
        for i, (matrix, bias) in enumerate(layers):
            x = torch.addmm(bias, x, matrix.T)
            if i == 0 and added is not None:
                x = x + added
            if i < len(layers) - 1:
                x = torch.nn.functional.leaky_relu_(x, self.slope)
                if self.dropout:
                    if rng is None:
                        raise ParameterError("dropout needs a random generator; pass rng")
                    keep = rng.random(tuple(x.shape), dtype=np.float32) >= self.dropout
                    x = x * (torch.from_numpy(keep) / (1 - self.dropout))
        return x.float()

    def _bound(self, y: torch.Tensor) -> torch.Tensor:
        """ln KM from outputs, in place."""
        middle, half = self._log_bounds
        if self.rescale == "batch" and y.numel():
            smallest, largest = y.min(), y.max()
            if largest > smallest:
                y = (2 * (y - smallest) / (largest - smallest)).sub_(1)
            else:
                y = y.fill_(0)
        else:
            y = y.mul_(0.5**0.5).erf_()  # 2 Φ(y) − 1, five times quicker than Φ itself
        return y.mul_(torch.from_numpy(half)).add_(torch.from_numpy(middle))

    def _km(
        self,
        layers: list[tuple[torch.Tensor, torch.Tensor]],
        noise: NDArray[np.float32],
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        return self._placed(self._forward(layers, noise, rng), rng)

    def _placed(self, outputs: torch.Tensor, rng: np.random.Generator) -> NDArray[np.float32]:
        """KM in mM, (samples, km), within the bounds in double precision too."""
        ranges, (low, high) = self.ranges, self._single_bounds
        free = ~ranges.fixed
        generated = self._bound(outputs).exp_()
        generated = generated.clamp_(torch.from_numpy(low[free]), torch.from_numpy(high[free]))
        if free.all():
            return generated.numpy()
        km = np.empty((len(outputs), len(ranges.names)), dtype=np.float32)
        km[:, free] = generated.numpy()
        drawn = ranges.with_fixed(np.empty(km.shape), rng.random(km.shape))[:, ~free]
        km[:, ~free] = np.clip(drawn, low[~free], high[~free])
        return km

    @cached_property
    def _single_bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Bounds in single precision, rounded inwards."""
        low, high = self.ranges.low_mM, self.ranges.high_mM
        low32, high32 = low.astype(np.float32), high.astype(np.float32)
        up, down = np.float32(np.inf), np.float32(0)
        return (
            np.where(low32 < low, np.nextafter(low32, up), low32),
            np.where(high32 > high, np.nextafter(high32, down), high32),
        )

    @cached_property
    def _log_bounds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Middle and half width of ln KM, of the generated constants."""
        free = ~self.ranges.fixed
        low, high = np.log(self.ranges.low_mM[free]), np.log(self.ranges.high_mM[free])
        return ((low + high) / 2).astype(np.float32), ((high - low) / 2).astype(np.float32)

    def _layers(self, flat: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        layers, position = [], 0
        for (n_out, n_in), scale in zip(self._shapes, self._initial_scales, strict=True):
            matrix = flat[position : position + n_out * n_in].view(n_out, n_in)
            if self.scaled:
                matrix = matrix * scale
            position += n_out * n_in
            layers.append((matrix, flat[position : position + n_out]))
            position += n_out
        matrix, bias = layers[-1]
        layers[-1] = (matrix, bias * self._last_bias_unit)
        return layers

    @property
    def _last_bias_unit(self) -> float:
        return self.bias_unit if self.scaled else 1.0

    @cached_property
    def _initial_scales(self) -> tuple[float, ...]:
        """Standard deviation of each layer's initial weights."""
        depth = len(self.hidden)
        return tuple(
            standard_deviation(self.first_weights, n_in, n_out, self.slope, last=i == depth)
            for i, (n_out, n_in) in enumerate(self._shapes)
        )

    def _last_layer(self, weights: Weights) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        n_out, n_in = self._shapes[-1]
        start = len(weights) - n_out * (n_in + 1)
        return weights[start : start + n_out * n_in].reshape(n_out, n_in), weights[-n_out:]


def check_weights(weights: Weights, n_weights: int) -> None:
    """Raise ParameterError unless there are so many weights, and they are finite."""
    if weights.shape != (n_weights,):
        raise ParameterError(
            f"weights have shape {weights.shape}; this architecture has {n_weights}"
        )
    if not np.isfinite(weights).all():
        raise ParameterError("weights are not finite; the learning rate was too large")
