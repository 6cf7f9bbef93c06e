"""Fit to measured time courses, such as those of a fermentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.objective import (
    EVALUATIONS,
    Objective,
    Scores,
    joined,
    require_positive,
    step,
)
from renaissance_kit.simulation.bioreactor import Bioreactor, batch_of, cultivate, engineered
from renaissance_kit.simulation.fit import MeasuredCurve, fit_of, measured_curves, measured_start

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FitToCourses(Objective):
    """How closely a simulated bioreactor follows measured time courses.

    The score is the mean over the curves of a smooth step in ln of their goodness of fit
    (`renaissance_kit.simulation.fit`), 0.5 at the threshold. A model meets the objective when every
    curve is at or below the threshold. A model whose integration fails scores 0.

    Args:
        reactor: that is simulated.
        curves: measured ones.
        threshold: largest goodness of fit of a curve that is matched.
        width: of the step, in ln.
        evaluations: of the right-hand side allowed for one simulation; a model that needs more
            fails.

    >>> from renaissance_kit import Network
    >>> objective = FitToCourses.of(Network.example())
    >>> [curve.quantity for curve in objective.curves]
    ['biomass', 'glucose', 'anthranilate']
    """

    reactor: Bioreactor
    curves: tuple[MeasuredCurve, ...]
    threshold: float = 1.0
    width: float = 0.25
    evaluations: int = EVALUATIONS

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "threshold", "width", "evaluations")
        if not self.curves:
            raise ParameterError("no curve to compare with; give at least one")
        assert self.reactor.times_h is not None
        for curve in self.curves:
            curve.require_comparable(float(self.reactor.times_h[-1]))

    @classmethod
    def of(
        cls,
        network: Network,
        strain: str | None = None,
        *,
        conditions: str = "own",
        table: str | Path | pd.DataFrame | None = None,
        vmax_factors: Mapping[str, float] | None = None,
        threshold: float = 1.0,
        width: float = 0.25,
    ) -> FitToCourses:
        """For what was measured on a strain, begun with what was measured at 0 h.

        Args:
            strain: as written in the table; the first one if not given.
            conditions: of the reactor, by name.
            table: of measured courses, with the columns of ``fermentation.csv``; the network's own
                if not given.
            vmax_factors: by reaction, for an engineered strain.
            threshold, width: as of the class.

        Raises:
            DataError: no table, no such strain, or a curve that does not begin at 0 h.
            ParameterError: a curve without a point after the start and within the simulation, or
                with no value but 0 and no error bar.
        """
        curves = measured_curves(network, strain, table=table)
        reactor = batch_of(network, conditions, **measured_start(curves))
        return cls(engineered(reactor, vmax_factors or {}), curves, threshold, width)

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Simulate and compare; values ``goodness_of_fit:QUANTITY``."""
        limits = replace(self.reactor.tolerances, evaluations=self.evaluations)
        reactor = replace(self.reactor, tolerances=limits)
        result = cultivate(models, reactor, run=Run(workers=workers))
        fit = fit_of(result, self.curves, self.threshold)
        with np.errstate(divide="ignore"):
            distance = np.log(fit.goodness_of_fit / self.threshold)
        columns = dict(zip(fit.quantities, fit.goodness_of_fit.T, strict=True))
        return Scores.of(
            joined([step(d, self.width) for d in distance.T]).mean(axis=1),
            met=fit.matches,
            failed=~fit.finished,
            values={f"goodness_of_fit:{name}": column for name, column in columns.items()},
            cost={"integrations": len(models)},
        )
