"""The response to a pulse of an inhibitor, such as a drug."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.runs import Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.objective import (
    EVALUATIONS,
    Objective,
    Scores,
    require_positive,
    step,
)
from renaissance_kit.objectives.phenotypes import reaction_of
from renaissance_kit.simulation.shifts import SHIFT_TOLERANCES, Step, shift


@dataclass(frozen=True)
class InhibitorPulse(Objective):
    """How growth, or a flux, answers to a pulse of a regulator.

    The regulator is a constant metabolite of the network that stands in ``regulation.csv``. Its
    concentration is raised at time 0 and falls back to its first value after ``minutes``. At each
    measured time the quantity, over that of the undisturbed cell, is compared with what was
    measured: the goodness of fit is the root mean square of (simulated − measured)/error, the score
    a smooth step in its logarithm, 0.5 at 1. A model meets the objective at or below 1.

    Args:
        regulator: constant metabolite.
        concentration_mM: during the pulse.
        minutes: that the pulse lasts.
        quantity: ``growth``, or a reaction.
        times_min: of the measurements, rising, after 0.
        measured: at each time, relative to the undisturbed cell.
        error: of each.
        width: of the step, in ln.
        evaluations: of the right-hand side allowed for one integration; a model that needs more
            fails.

    Raises:
        ParameterError: times that do not rise, lists of different lengths, a number out of range.
    """

    regulator: str
    concentration_mM: float
    minutes: float
    quantity: str
    times_min: tuple[float, ...]
    measured: tuple[float, ...]
    error: tuple[float, ...]
    width: float = 0.25
    evaluations: int = EVALUATIONS

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "concentration_mM", "minutes", "width", "evaluations")
        if not self.times_min or not (np.diff([0.0, *self.times_min]) > 0).all():
            raise ParameterError("times_min must rise, the first after 0; give at least one")
        if not len(self.times_min) == len(self.measured) == len(self.error):
            raise ParameterError("give a measured value and an error for each of times_min")
        if not np.isfinite(self.measured).all():
            raise ParameterError(
                "every measured value must be a number; leave out times at which nothing was "
                "measured"
            )
        if not all(0 < e < np.inf for e in self.error):
            raise ParameterError("every error must be positive and finite")

    def check(self, network: Network) -> None:
        """Raise ParameterError unless the regulator is constant and regulates a reaction."""
        regulators = sorted(
            {m.metabolite for r in network.reactions.values() for m in r.modifiers}
            & set(network.constant)
        )
        if self.regulator not in regulators:
            raise ParameterError(
                f"{self.regulator!r} is no constant metabolite that regulates a reaction"
                f"{nearest(self.regulator, regulators)} Add it to metabolites.csv, constant, and "
                "to regulation.csv."
            )

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Simulate the pulse; ``goodness_of_fit`` of each model."""
        self.check(models.network)
        end = self.minutes / 60
        raised = Step(constants_mM={self.regulator: self.concentration_mM})
        asked = np.array(self.times_min) / 60
        times = np.unique(np.concatenate([[0.0], asked]))
        steps = (raised, Step(end)) if end < times[-1] else (raised,)
        limits = replace(SHIFT_TOLERANCES, evaluations=self.evaluations)
        found = shift(models, steps, times, tolerances=limits, run=Run(workers=workers))
        column = reaction_of(models.network, self.quantity)
        simulated = found.rates[:, np.isin(times, asked), column]
        distance = (simulated - np.array(self.measured)) / np.array(self.error)
        fit = np.sqrt((distance**2).mean(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            score = step(np.log(fit), self.width)
            met = fit <= 1
        return Scores.of(
            score, met=met, failed=~found.finished, values={"goodness_of_fit": fit},
            cost={"integrations": len(models)},
        )  # fmt: skip
