"""A generator trained to be the posterior: KM given measurements and valid dynamics.

The network's outputs y are carried to constants by the distribution that stands before validity,
ln K = F⁻¹(Φ(y)), with F uniform between the bounds, or normal about a measurement. So the
divergence of y from independent standard normal numbers is that of the constants from this
distribution, and with SoftMargin as the logarithm of validity

    number of constants · divergence  −  SoftMargin

is the evidence lower bound of variational inference, with its sign turned. The generator that makes
it smallest is the nearest to the posterior of all that the network can be. `Recipe.by_gradient` has
the same terms with a smaller weight of the divergence: it prefers valid models to wide ranges.

Reference: Blei, Kucukelbir & McAuliffe 2017 J Am Stat Assoc 112:859 (variational inference).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from renaissance_kit.analysis.km_posterior import KMPosterior
from renaissance_kit.core.seeds import rng_of
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.objectives.dynamics import SoftMargin
from renaissance_kit.training.adam import adam_memory, adam_step
from renaissance_kit.training.differentiable import ModelScores, divergence
from renaissance_kit.training.generator import Generator

_BETAS = (0.5, 0.9)  # as in training by gradient
_FARTHEST = 1e-9  # of Φ(y) from 0 and 1, so that its inverse stays finite


@dataclass(frozen=True)
class PosteriorGenerator:
    """A trained generator of KM given data and validity.

    Attributes:
        posterior: that it was trained to be.
        generator: architecture.
        weights: (n_weights,).
    """

    posterior: KMPosterior
    generator: Generator = field(repr=False)
    weights: Weights = field(repr=False)

    def km(self, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM, (n, km), valid or not."""
        noise = rng.standard_normal((n, self.generator.latent), dtype=np.float32)
        y = torch.from_numpy(self.generator.outputs(self.weights, noise, rng)).double()
        return np.asarray(np.exp(_log_km(self.posterior, y).numpy()))


@single_threaded()
def train_posterior(
    posterior: KMPosterior,
    *,
    seed: int,
    steps: int = 200,
    models_per_step: int = 64,
    learning_rate: float = 0.01,
    margin: float = 0.0,
    width: float = 0.05,
    generator: Generator | None = None,
) -> PosteriorGenerator:
    """Train a generator to be a posterior, by gradient.

    Args:
        posterior: data, bounds and threshold.
        steps: of Adam; the learning rate falls along a line in the second half.
        models_per_step: models that judge a step.
        margin, width: of `SoftMargin`; the smaller the width, the sharper the edge of validity.
        generator: architecture; that of `Recipe.by_gradient` if not given.

    >>> import numpy as np
    >>> from renaissance_kit import KMRanges, Network, SteadyState, studies
    >>> from renaissance_kit.analysis import KMPosterior
    >>> network = Network.example("tiny")
    >>> state = SteadyState.from_folder(network)
    >>> posterior = KMPosterior(network, state, KMRanges.of(network), -250.0)
    >>> trained = studies.train_posterior(posterior, seed=1, steps=2, models_per_step=8)
    >>> trained.km(5, np.random.default_rng(1)).shape
    (5, 10)
    """
    generator = generator or Generator(posterior.ranges)
    reward = SoftMargin(posterior.threshold_per_h, margin, width)
    rng = rng_of(seed)
    flat = generator.initial_weights(rng)
    memory = adam_memory(flat)
    for step in range(steps):
        weights = torch.tensor(flat, requires_grad=True)
        noise = rng.standard_normal((models_per_step, generator.latent), dtype=np.float32)
        y = generator.differentiable_outputs(weights, noise, rng).double()
        score, _ = ModelScores.apply(_log_km(posterior, y), reward, [posterior.models], TAU, 1)
        loss = y.shape[1] * divergence(y) - score.mean()
        loss.backward()
        assert weights.grad is not None
        flat, memory = adam_step(
            flat, weights.grad.numpy(), memory, step=step, betas=_BETAS,
            learning_rate=learning_rate * min(1.0, 2.0 * (1.0 - step / steps)),
        )  # fmt: skip
    return PosteriorGenerator(posterior, generator, flat)


def _log_km(posterior: KMPosterior, y: torch.Tensor) -> torch.Tensor:
    """ln KM from outputs, (models, km), with derivatives."""
    low = torch.from_numpy(np.log(posterior.ranges.low_mM))
    high = torch.from_numpy(np.log(posterior.ranges.high_mM))
    columns = list(torch.special.ndtr(y).unbind(dim=1))
    for i, (middle, sd) in posterior.places.items():
        ends = torch.special.ndtr(torch.tensor([-middle / sd, (1 - middle) / sd]).double())
        share = ends[0] + (ends[1] - ends[0]) * columns[i]
        columns[i] = middle + sd * torch.special.ndtri(share.clamp(_FARTHEST, 1 - _FARTHEST))
    return low + (high - low) * torch.stack(columns, dim=1).clamp(0, 1)
