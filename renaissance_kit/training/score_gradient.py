"""Train a generator for any objective, by a search gradient in the space of its outputs.

Objectives such as a fit to measured courses have scores but no derivatives. Natural evolution
strategies perturb the weights, and learn one number from each perturbed generator, whatever the
number of its models. Here the outputs of each model are perturbed instead, so that every model
teaches: with outputs y = y(θ, noise), ε standard normal and J the score,

    ∂/∂y E[J(y + s ε)] = E[(J(y + s ε) − J(y − s ε)) ε] / (2 s),

which is estimated from one pair a model and carried on to the weights θ by back-propagation. As in
`renaissance_kit.training.gradient` the divergence of the outputs from independent standard normal
numbers is kept small beside, so that the distribution stays wide, and the weights descend by Adam.

References: Wierstra et al. 2014 J Mach Learn Res 15:949 (search gradients, mirrored); Williams 1992
Mach Learn 8:229 (through a network).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import rng_from
from renaissance_kit.core.types import Array
from renaissance_kit.objectives.objective import scores_of
from renaissance_kit.training.differentiable import divergence, log_km_of
from renaissance_kit.training.fitness import Fitness, Problem
from renaissance_kit.training.gradient import (
    GradientSettings,
    GradientTrainer,
    Loss,
    require_trainable,
)


@dataclass(frozen=True)
class ScoreGradientSettings(GradientSettings):
    """Settings of a training by search gradient.

    Args:
        steps, learning_rate, diversity, dependence: as of `GradientSettings`.
        models_per_step: evaluated in a step, an even number: pairs of +ε and −ε.
        sigma: standard deviation of the perturbation of the outputs, s. An output of 1 is one
            standard deviation of the normal distribution whose share is the place of ln KM in its
            range.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "score_gradient"

    models_per_step: int = 200
    diversity: float = 1.0
    sigma: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.models_per_step % 2 or self.models_per_step < 6:
            raise ParameterError(
                f"models_per_step is {self.models_per_step}; give an even number from 6, as models "
                "come in pairs"
            )
        if not 0 < self.sigma < np.inf:
            raise ParameterError(f"sigma is {self.sigma}; give a positive number, such as 0.3")


@dataclass(frozen=True)
class ScoreGradientTrainer(GradientTrainer):
    """The trainer; the models of its records are the perturbed ones of the batch.

    Values of its records: ``reward``, the mean score of the batch, ``met``, the share of it that
    does what the objective wants, and ``divergence`` in nats per constant.
    """

    settings: ScoreGradientSettings

    @classmethod
    def of(cls, problem: Problem, settings: GradientSettings) -> ScoreGradientTrainer:
        """For a problem with one steady state.

        Raises:
            ParameterError: a generator without derivatives, or several states.
        """
        require_trainable(problem.generator)
        assert isinstance(settings, ScoreGradientSettings)
        return cls(Fitness.of(problem), settings)

    def _loss(self, weights: torch.Tensor, rng: np.random.Generator) -> Loss:
        fitness, settings = self.fitness, self.settings
        pairs = settings.models_per_step // 2
        noise, seed = fitness.draw_noise(pairs, rng)
        own = rng_from(seed)
        outputs = fitness.generator.differentiable_outputs(weights, noise, own).double()
        epsilon = torch.from_numpy(rng.standard_normal(tuple(outputs.shape)))
        there = outputs.detach()
        moved = torch.cat([there + settings.sigma * epsilon, there - settings.sigma * epsilon])
        log_km = log_km_of(moved, fitness.ranges, own)
        models = fitness.batch.with_km(np.exp(log_km.numpy()))
        scores = scores_of(fitness.objective, models, workers=fitness.workers)
        up, down = torch.from_numpy(finite(scores.score)).reshape(2, pairs)
        slope = (up - down)[:, None] * epsilon / (2 * settings.sigma)
        climbed = (slope * outputs).sum(dim=1).mean()  # its derivative is the estimate
        reward = climbed - climbed.detach() + (up + down).mean() / 2
        return Loss(
            reward,
            divergence(outputs, settings.dependence),
            torch.from_numpy(fitness.lambda_max_per_h(models, scores)),
            {"met": scores.share},
        )


def finite(score: Array) -> Array:
    """Scores in which −∞ and NaN count as the worst of the others."""
    bad = ~np.isfinite(score)
    worst = score[~bad].min() if not bad.all() else 0.0
    return np.where(bad, worst, score)
