"""Terms of the objectives that are climbed by gradient, as PyTorch functions of the outputs.

ln KM from network outputs y, scores from ln KM, and the divergence of y from
independent standard normal numbers, which would make KM log-uniform and independent. It is
estimated from a batch, in nats per constant, from the means m, variances v and correlations C:

    mean of ½ (m² + v − 1 − ln v)  +  ¼ (Σ C² / n_km − 1),

the second term being the part of ``−½ ln det C`` of second order in the correlations. Marginal
spread alone would let all constants follow a few latent directions. Σ C² is estimated from
products of different models, the mean of (z_a · z_b)² over a ≠ b, so that a batch smaller than the
number of constants does not mistake chance for dependence.

Reference: Kingma & Welling 2014 ICLR (gradients through samples).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.threads import single_threaded_pool
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.objectives.objective import DifferentiableObjective, Objective

EDGE = 2.0  # standard deviations, within 2.3 % of a constant's range from its bound


class ModelScores(torch.autograd.Function):
    """Scores of models as a function of ln KM, (models, km) in double precision.

    ``batches`` says where the models stand: each is at one steady state and takes an equal share
    of the rows, in order. Returns the scores and λmax in 1/h, NaN where it was not computed.
    """

    @staticmethod
    def forward(
        ctx: Any,
        log_km: torch.Tensor,
        objective: DifferentiableObjective,
        batches: Sequence[KineticModels],
        tau: float,
        workers: int,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        km = np.exp(log_km.detach().numpy()).reshape(len(batches), -1, log_km.shape[1])
        placed = [batch.with_km(own) for batch, own in zip(batches, km, strict=True)]
        if len(placed) == 1:
            found = [objective.derivative(placed[0], tau=tau, workers=workers)]
        else:  # each thread has one state at a time
            with single_threaded_pool(workers) as pool:
                one = partial(objective.derivative, tau=tau, workers=1)
                found = list(pool.map(one, placed))
        ctx.save_for_backward(torch.from_numpy(np.concatenate([f.by_log_km for f in found])))
        lambda_max = torch.from_numpy(np.concatenate([f.lambda_max_per_h for f in found]))
        ctx.mark_non_differentiable(lambda_max)
        return torch.from_numpy(np.concatenate([f.score for f in found])), lambda_max

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        (gradient,) = ctx.saved_tensors
        return outer[0][:, None] * gradient, None, None, None, None


def differentiable(objective: Objective) -> DifferentiableObjective:
    """The objective, if its scores have derivatives.

    Raises:
        ParameterError: they have none; the message names some that have.
    """
    if not isinstance(objective, DifferentiableObjective):
        raise ParameterError(
            f"{objective!r} has no derivative, and training by gradient needs one; take "
            "SmoothIncidence or SoftMargin, or train with Recipe.default"
        )
    return objective


class ProjectedShare(torch.autograd.Function):
    """Φ(y), with the derivative of projected descent near the bounds.

    At a bound the derivative of Φ vanishes, and a constant that was driven there for the sake of
    some steady states could never leave it for the sake of others. Beyond |y| = `EDGE` a descent
    that leads back inwards sees the slope at the edge, and one that leads farther out sees none.
    """

    @staticmethod
    def forward(ctx: Any, outputs: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(outputs)
        return (1 + torch.erf(outputs * 0.5**0.5)) / 2

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        (outputs,) = ctx.saved_tensors
        slope = torch.exp(-(outputs.clamp(-EDGE, EDGE) ** 2) / 2) / (2 * torch.pi) ** 0.5
        outwards = (outputs.abs() > EDGE) & (outer[0] * outputs < 0)
        return torch.where(outwards, 0.0, outer[0] * slope)


def log_km_of(
    outputs: torch.Tensor, ranges: KMRanges, rng: np.random.Generator, *, projected: bool = False
) -> torch.Tensor:
    """ln KM of all constants, (models, km); fixed ones are drawn.

    Args:
        projected: see `ProjectedShare`.
    """
    free = torch.from_numpy(~ranges.fixed)
    low, high = torch.from_numpy(np.log(ranges.low_mM)), torch.from_numpy(np.log(ranges.high_mM))
    if projected:
        share = ProjectedShare.apply(outputs)
    else:
        share = (1 + torch.erf(outputs * 0.5**0.5)) / 2
    generated = low[free] + (high - low)[free] * share
    if bool(free.all()):
        return generated
    log_km = torch.from_numpy(np.log(ranges.uniform(len(outputs), rng)))
    log_km[:, free] = generated
    return log_km


def divergence(outputs: torch.Tensor, dependence: float = 1.0) -> torch.Tensor:
    """Nats per output by which a batch differs from independent standard normal numbers.

    Args:
        outputs: (samples, outputs), at least 3 samples.
        dependence: weight of the correlations.

    >>> import torch
    >>> from renaissance_kit.training import divergence
    >>> y = torch.randn((2000, 5), generator=torch.Generator().manual_seed(1), dtype=torch.double)
    >>> bool(abs(divergence(y)) < 0.01), bool(divergence(2 * y) > 0.5)
    (True, True)
    """
    n, size = outputs.shape
    mean, variance = outputs.mean(dim=0), outputs.var(dim=0)
    # the square of a batch's mean is too large by v/n
    squared = mean**2 - variance / n
    marginal = 0.5 * (squared + variance - 1 - torch.log(variance)).mean()
    if dependence == 0 or size < 2:
        return marginal
    z = (outputs - mean) / torch.sqrt(variance)
    products = z @ z.T if n < size else z.T @ z  # the sum of squares is the same
    others = ((products**2).sum() - ((z**2).sum(dim=1) ** 2).sum()) / (n * (n - 1))
    # what a batch of n independent normal numbers gives after standardisation
    own = (1 - 1 / n) * (1 - 3 * (n - 1) / (n * (n + 1)))
    return marginal + dependence * 0.25 * (others / size - own - (size - 1) / n**2)
