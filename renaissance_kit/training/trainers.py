"""The table of trainers: which settings belong to which."""

from __future__ import annotations

from typing import Any, Protocol

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.network.network import Network
from renaissance_kit.training.conditional import ConditionalSettings, ConditionalTrainer
from renaissance_kit.training.fitness import ModelFitness, Problem, Where
from renaissance_kit.training.flow import FlowSettings, FlowTrainer
from renaissance_kit.training.gradient import GradientSettings, GradientTrainer
from renaissance_kit.training.ischrunk import IschrunkSettings, IschrunkTrainer
from renaissance_kit.training.nes import NESSettings, NESTrainer
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.rekindle import RekindleSettings, RekindleTrainer
from renaissance_kit.training.score_gradient import ScoreGradientSettings, ScoreGradientTrainer
from renaissance_kit.training.trainer import Settings, Trainer

TRAINERS: dict[type[Settings], Any] = {
    NESSettings: NESTrainer,
    GradientSettings: GradientTrainer,
    ConditionalSettings: ConditionalTrainer,
    ScoreGradientSettings: ScoreGradientTrainer,
    RekindleSettings: RekindleTrainer,
    IschrunkSettings: IschrunkTrainer,
    FlowSettings: FlowTrainer,
}


class ModelTrainer(Trainer, Protocol):
    """A trainer of a generator of kinetic models."""

    @property
    def fitness(self) -> ModelFitness:
        """What is trained."""


def trainer_of(network: Network, state: Where, recipe: Recipe, *, workers: int = 2) -> ModelTrainer:
    """The trainer that a recipe's settings ask for.

    Args:
        network, state, recipe, workers: as in `renaissance_kit.training.fit.train`.

    Raises:
        SteadyStateError: a state does not belong to the network.
        ParameterError: settings without a trainer, or states, an objective or a generator that it
            cannot use.
    """
    kind = TRAINERS.get(type(recipe.settings))
    if kind is None:
        names = ", ".join(known.__name__ for known in TRAINERS)
        raise ParameterError(
            f"no trainer has settings of type {type(recipe.settings).__name__}; there are {names}"
        )
    problem = Problem(
        network, state, recipe.generator, recipe.objective, recipe.threshold_per_h, recipe.features,
        workers, recipe.data,
    )  # fmt: skip
    trainer: ModelTrainer = kind.of(problem, recipe.settings)
    return trainer
