"""The conditional generator: a network that sees the steady state beside the noise, and its file.

A state enters in two places, both without effect in a new generator, which samples without bias:

* all its features, through a matrix of their own, in the first hidden layer;
* at each constant, a linear function of the features that touch it, as a shift of the output: the
  concentrations and turnover times of the metabolites of its reaction, the fluxes and
  displacements of the reactions of its metabolite. A linear function of all features has fifteen
  times as many weights, most of them noise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from renaissance_kit.core.archives import load_archive, save_archive
from renaissance_kit.core.errors import CheckpointError, ParameterError
from renaissance_kit.core.files import UNREADABLE
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.features import StateFeatures
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.training.generator import Generator, check_weights

SHIFT_UNIT = 3.0  # of the weights of the shifts, over the square root of their number


@dataclass(frozen=True)
class ConditionalNet:
    """Architecture; weights are passed to its methods, as with `Generator`.

    Args:
        network: whose states it takes.
        generator: of the part that the noise goes through, and the bounds.
        features: of a state.

    Raises:
        ParameterError: a generator without a hidden layer.
    """

    network: Network
    generator: Generator
    features: StateFeatures

    def __post_init__(self) -> None:
        if not self.generator.hidden:
            raise ParameterError(
                "the generator has no hidden layer for the state to enter; give hidden=(256,), "
                "for one of 256 units"
            )

    @property
    def n_weights(self) -> int:
        """Number of weights and biases."""
        return self.generator.n_weights + self._n_first + int(self._near.sum())

    @property
    def architecture(self) -> str:
        """Everything but the bounds, features and weights, as text."""
        return repr((self.generator.architecture, SHIFT_UNIT))

    def digest(self, weights: Weights | None = None) -> str:
        """Fingerprint of network, architecture, bounds, features and, if given, weights."""
        ranges, features = self.generator.ranges, self.features
        return fingerprint(
            self.network.digest, self.architecture, features.names, features.mean, features.scale,
            ranges.low_mM, ranges.high_mM, ranges.fixed, weights,
        )  # fmt: skip

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new generator, in which the state has no effect."""
        own = self.generator.initial_weights(rng)
        return np.concatenate([own, np.zeros(self.n_weights - len(own), np.float32)])

    def outputs(
        self,
        weights: torch.Tensor,
        noise: NDArray[np.float32],
        features: NDArray[np.float32],
        rng: np.random.Generator | None = None,
    ) -> torch.Tensor:
        """Network outputs before they are bounded, (samples, generated km), differentiable.

        Args:
            weights: (n_weights,) single precision.
            noise: (samples, latent).
            features: (samples, features).
        """
        z = torch.from_numpy(features)
        own, end = self.generator.n_weights, self.generator.n_weights + self._n_first
        first = weights[own:end].view(self.generator.hidden[0], z.shape[1])
        added = z @ first.T / max(1, z.shape[1]) ** 0.5
        y = self.generator.differentiable_outputs(weights[:own], noise, rng, added=added)
        shift = torch.zeros(self._near.shape)
        shift[self._where] = weights[end:] * self._shift_unit
        return y + z @ shift.T

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        check_weights(weights, self.n_weights)

    @property
    def _n_first(self) -> int:
        return self.generator.hidden[0] * len(self.features.names)

    @cached_property
    def _near(self) -> NDArray[np.bool_]:
        ranges = self.generator.ranges
        return self.features.near(self.network, np.array(ranges.names)[~ranges.fixed])

    @cached_property
    def _where(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.from_numpy(index) for index in np.nonzero(self._near))

    @cached_property
    def _shift_unit(self) -> torch.Tensor:
        number = self._near.sum(axis=1)[np.nonzero(self._near)[0]]
        return torch.from_numpy((SHIFT_UNIT / np.sqrt(number)).astype(np.float32))


@dataclass(frozen=True)
class ConditionalGenerator:
    """A trained generator for the states of a network.

    Attributes:
        net: its architecture.
        weights: (n_weights,).
        about: how it was trained; values JSON can hold.
    """

    net: ConditionalNet
    weights: Weights = field(repr=False)
    about: dict[str, Any] = field(default_factory=dict)

    @single_threaded()
    def generate(self, state: SteadyState, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM for a steady state, (n, km).

        Raises:
            SteadyStateError: the state is of another network.
            ParameterError: n below 1.
        """
        if n < 1:
            raise ParameterError(f"asked for {n} models; ask for at least 1")
        generator = self.net.generator
        features = np.tile(self.net.features(self.net.network, state), (n, 1))
        noise = rng.standard_normal((n, generator.latent), dtype=np.float32)
        with torch.inference_mode():
            weights = torch.from_numpy(self.weights)
            outputs = self.net.outputs(weights, noise, features, rng).numpy()
        return generator.km_from_outputs(outputs, rng)

    def models(self, state: SteadyState, n: int, rng: np.random.Generator) -> KineticModels:
        """Draw n kinetic models at a steady state."""
        return KineticModels(self.net.network, state, self.generate(state, n, rng))

    def save(self, path: str | Path) -> None:
        """Write one ``.npz`` file without pickle, whole or not at all."""
        net, ranges = self.net, self.net.generator.ranges
        own = net.generator
        about = {
            "network_digest": net.network.digest,
            "digest": net.digest(self.weights),
            "features": list(net.features.names),
            "generator": {name: getattr(own, name) for name in _ARCHITECTURE},
            "sources": list(ranges.sources),
            "about": self.about,
        }
        arrays = {
            "weights": self.weights,
            "mean": net.features.mean,
            "scale": net.features.scale,
            "low_mM": ranges.low_mM,
            "high_mM": ranges.high_mM,
            "fixed": ranges.fixed,
        }
        save_archive(path, about, arrays)

    @classmethod
    def load(cls, path: str | Path, network: Network) -> ConditionalGenerator:
        """Read a file that `save` wrote.

        Raises:
            CheckpointError: the file is missing, damaged, or of another network.
        """
        about, arrays = load_archive(path, "conditional generator", "train it anew")
        try:
            if about["network_digest"] != network.digest:
                raise CheckpointError(
                    f"{path} belongs to another network (fingerprint {about['network_digest']}, "
                    f"this one has {network.digest}); load that network, or train anew"
                )
            bounds = (arrays["low_mM"], arrays["high_mM"], arrays["fixed"])
            ranges = KMRanges(network.km_names, *bounds, tuple(about["sources"]))
            architecture = {**about["generator"], "hidden": tuple(about["generator"]["hidden"])}
            features = StateFeatures(
                tuple(about["features"]), arrays["mean"], arrays["scale"], network.digest
            )
            net = ConditionalNet(network, Generator(ranges, **architecture), features)
            weights = arrays["weights"]
            net.check(weights)
            whole = about["digest"] == net.digest(weights)
        except CheckpointError:
            raise
        except UNREADABLE as error:
            raise CheckpointError(
                f"{path} cannot be read as a conditional generator ({error}); train it anew"
            ) from error
        if not whole:
            raise CheckpointError(f"{path} is damaged: its fingerprint differs; train it anew")
        return cls(net, weights, about["about"])


_ARCHITECTURE = (
    "hidden", "latent", "slope", "dropout", "scaled", "bias_unit", "output_scale", "calibrated",
    "first_weights", "rescale",
)  # fmt: skip
