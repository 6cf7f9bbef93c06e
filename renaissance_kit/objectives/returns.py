"""Return to the steady state after a perturbation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.objectives.objective import (
    EVALUATIONS,
    Objective,
    Scores,
    require_positive,
    step,
)
from renaissance_kit.simulation.perturbation import Perturbation, perturb


@dataclass(frozen=True)
class ReturnsAfter(Objective):
    """Whether a model is back at its steady state by a given time after a perturbation.

    The score is the mean over the perturbations of a smooth step in ln of the time of return, 0.5
    where it is ``minutes``; 0 for one that does not return. A model meets the objective when it is
    back in time after every perturbation. Perturbations are drawn from the seed and the constants
    of the model: its score does not depend on the models beside it, and a share of many models is
    one over many perturbations.

    Args:
        minutes: allowed for the return. Times are known as finely as the perturbation keeps them.
        perturbation: its size, metabolites, number and seed; ±50 % of all, once, if not given.
        tolerance: largest |c/c* − 1| of a variable that has returned.
        variables: metabolites, or ``growth``, that have to be back; all if empty.
        width: of the step, in ln.
        evaluations: of the right-hand side allowed for one integration; a model that needs more
            fails.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> ReturnsAfter(minutes=24).evaluate(models, workers=1).share
    1.0
    """

    minutes: float
    perturbation: Perturbation = field(default_factory=Perturbation)
    tolerance: float = 0.01
    variables: tuple[str, ...] = ()
    width: float = 0.5
    evaluations: int = EVALUATIONS

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "minutes", "tolerance", "width", "evaluations")
        last = float(self.perturbation.times_min[-1])
        if self.minutes > last:
            raise ParameterError(
                f"minutes is {self.minutes:g}, after the end of the simulation at {last:g} min; "
                "give times_min of the perturbation that reach as far"
            )

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Perturb and integrate; ``return_time_min`` is the longest of a model."""
        limits = replace(self.perturbation.tolerances, evaluations=self.evaluations)
        settings = replace(self.perturbation, tolerances=limits)
        numbers = [int(fingerprint(constants), 16) for constants in models.km_mM]
        result = perturb(models, settings, numbers=numbers, run=Run(workers=workers))
        times = result.return_time_min(self.tolerance, self.variables or None).max(axis=-1)
        with np.errstate(divide="ignore"):
            distance = np.log(times / self.minutes)
        return Scores.of(
            step(distance, self.width).mean(axis=1),
            met=(times <= self.minutes).all(axis=1),
            failed=~result.finished.all(axis=1),
            values={"return_time_min": times.max(axis=1)},
            cost={"integrations": times.size},
        )
