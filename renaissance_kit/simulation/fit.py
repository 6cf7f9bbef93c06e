"""How closely simulated time courses follow measured ones, and which models match them.

The goodness of fit of a curve is the root mean square, over the measured times, of

    (simulated − measured) / u,

with u the larger of half the error bar and a share (10 %) of the largest measured value of that
curve: the smaller, the better. A model matches a curve whose value is at or below a threshold (1),
and matches when it matches all curves. A model whose integration did not reach the end matches
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.errors import DataError, ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.bioreactor import BioreactorResult
from renaissance_kit.states.fermentation import (
    BIOMASS,
    MeasuredTimeCourse,
    is_inside,
    quantities,
    read_time_course,
)


@dataclass(frozen=True)
class MeasuredCurve:
    """A measured time course, which is compared with one state variable of the reactor.

    Attributes:
        quantity: as written in ``fermentation.csv``.
        time_course: the measurements.
        inside: whether they are of a metabolite in the cell.
        share: of the largest measured value, the least uncertainty of a point.
    """

    quantity: str
    time_course: MeasuredTimeCourse
    share: float = 0.1
    inside: bool = False

    def __post_init__(self) -> None:
        if not self.share > 0:
            raise ParameterError(f"share is {self.share}; give a positive number, such as 0.1")
        _ = self.per_state_unit  # raises where grams have no molar mass

    @property
    def variable(self) -> str:
        """State variable of the reactor: ``biomass``, or a metabolite."""
        return self.time_course.variable

    @property
    def unit(self) -> str:
        """Of the measurements: g/L or mM, and gDW/L for biomass."""
        return "gDW/L" if self.variable == BIOMASS else self.time_course.unit

    @property
    def per_state_unit(self) -> float:
        """Units of the measurement in one unit of the state variable (mM, or gDW/L)."""
        return self.time_course.units_per_mM

    @property
    def uncertainty(self) -> Array:
        """(points,) u in units of the measurement."""
        least = self.share * float(np.abs(self.time_course.value).max())
        return np.maximum((self.time_course.high - self.time_course.low) / 2, least)

    def require_comparable(self, end_h: float) -> None:
        """Raise ParameterError where a simulation of this length cannot be told from any other.

        A simulation begins with what was measured at 0 h, so that this point says nothing.
        """
        times = self.time_course.time_h
        if not ((times > 0) & (times <= end_h)).any():
            raise ParameterError(
                f"{self.quantity}: no measurement within the simulation after its start, 0 to "
                f"{end_h:g} h (measured at {', '.join(f'{t:g}' for t in times)} h); give later "
                "ones, simulate longer, or leave the quantity out"
            )
        if not (self.uncertainty > 0).all():
            raise ParameterError(
                f"{self.quantity}: every value is 0 and there is no error bar, so that no "
                "difference has a size; fill in low and high, or leave the quantity out"
            )

    def simulated(self, result: BioreactorResult, times_h: ArrayLike | None = None) -> Array:
        """(models, times) in units of the measurement; at the measured times if none are given."""
        times = self.time_course.time_h if times_h is None else times_h
        return self.per_state_unit * result.at(self.variable, times)

    def goodness_of_fit(self, result: BioreactorResult) -> Array:
        """(models,) root mean square of (simulated − measured)/u; NaN if ended early.

        Points after the end of the simulation do not count.

        Raises:
            ParameterError: no point after the start lies within the simulation, or all are 0
                without an error bar.
        """
        end_h = float(result.dataset.time_h.values[-1])
        self.require_comparable(end_h)
        within = self.time_course.time_h <= end_h
        difference = self.simulated(result) - self.time_course.value
        return np.asarray(np.sqrt(np.mean((difference / self.uncertainty)[:, within] ** 2, axis=1)))


def measured_curves(
    network: Network,
    strain: str | None = None,
    *,
    chosen: Sequence[str] | None = None,
    share: float = 0.1,
    table: str | Path | pd.DataFrame | None = None,
) -> tuple[MeasuredCurve, ...]:
    """The measured curves of a strain.

    Args:
        network: with a ``fermentation.csv`` in its folder, unless a table is given.
        strain: as written there; the first one if not given.
        chosen: quantities; all that were measured on the strain if not given.
        share: see `MeasuredCurve`.
        table: a file or data frame with the columns of ``fermentation.csv``; the network's own if
            not given.

    Raises:
        DataError: no table, no such strain or quantity, or a row that cannot be used.

    >>> from renaissance_kit import Network
    >>> curves = measured_curves(Network.example())
    >>> [(curve.quantity, curve.unit) for curve in curves]
    [('biomass', 'gDW/L'), ('glucose', 'g/L'), ('anthranilate', 'g/L')]
    """
    return tuple(
        _curve(network, quantity, read_time_course(network, quantity, strain, table), share)
        for quantity in (quantities(network, strain, table) if chosen is None else chosen)
    )


def _curve(
    network: Network, quantity: str, course: MeasuredTimeCourse, share: float
) -> MeasuredCurve:
    inside = course.variable != BIOMASS and is_inside(network, course.variable)
    return MeasuredCurve(quantity, course, share, inside)


def measured_start(curves: Sequence[MeasuredCurve]) -> dict[str, Any]:
    """Inoculum and medium as measured at 0 h, for `ReactorConditions.but` and `batch_of`.

    Metabolites inside the cell begin at the steady state, whatever was measured of them.

    Raises:
        DataError: a curve does not begin at 0 h.
    """
    medium, changes = {}, {}
    for curve in curves:
        if curve.inside:
            continue
        if curve.time_course.time_h[0] != 0:
            raise DataError(
                f"{curve.quantity} of {curve.time_course.strain!r} does not begin at 0 h"
            )
        value = float(curve.time_course.value[0]) / curve.per_state_unit
        if curve.variable == BIOMASS:
            changes["inoculum_gDW_L"] = value
        else:
            medium[curve.variable] = value
    return {**changes, "medium_mM": medium}


@dataclass(frozen=True)
class Fit:
    """Which models match which curves.

    Attributes:
        models: (models,) their labels in the result.
        quantities: of the curves.
        goodness_of_fit: (models, curves); NaN where the integration did not reach the end.
        threshold: largest value of a curve that is matched.
    """

    models: NDArray[np.int64]
    quantities: tuple[str, ...]
    goodness_of_fit: Array
    threshold: float

    def __len__(self) -> int:
        return len(self.models)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """(models,) False where the integration did not reach the end."""
        return np.asarray(np.isfinite(self.goodness_of_fit).all(axis=1))

    @property
    def matched(self) -> NDArray[np.bool_]:
        """(models, curves)."""
        return np.asarray(self._or_infinite <= self.threshold)

    @property
    def matches(self) -> NDArray[np.bool_]:
        """(models,) True where all curves are matched."""
        return np.asarray(self.matched.all(axis=1))

    @property
    def worst(self) -> Array:
        """(models,) worst value of a model's curves; infinite where it did not finish."""
        return np.asarray(self._or_infinite.max(axis=1))

    @property
    def best_first(self) -> NDArray[np.int64]:
        """(models,) positions in the order of `worst`."""
        return np.argsort(self.worst, kind="stable")

    def shown(self, best: int) -> NDArray[np.int64]:
        """Positions of the models that match, best first; of the ``best`` ones where none does."""
        order = self.best_first
        matching = order[self.matches[order]]
        return matching if len(matching) else order[self.finished[order]][:best]

    def counts(self) -> pd.Series:
        """How many models failed, and how many of the others match 0, 1, ... all curves."""
        number = self.matched.sum(axis=1)[self.finished]
        counted = np.bincount(number, minlength=len(self.quantities) + 1)
        names = [f"match {i} of {len(self.quantities)}" for i in range(len(counted))]
        return pd.Series([int((~self.finished).sum()), *counted], ["did not finish", *names])

    def table(self) -> pd.DataFrame:
        """One row a model: its goodness of fit to each curve, the worst, and the number matched."""
        table = pd.DataFrame(self.goodness_of_fit, columns=list(self.quantities))
        table.insert(0, "model", self.models)
        return table.assign(
            worst=self.worst, matched=self.matched.sum(axis=1), finished=self.finished
        )

    @property
    def _or_infinite(self) -> Array:
        return np.where(np.isnan(self.goodness_of_fit), np.inf, self.goodness_of_fit)


def fit_of(
    result: BioreactorResult, curves: Sequence[MeasuredCurve], threshold: float = 1.0
) -> Fit:
    """Compare bioreactor simulations with measured curves.

    Raises:
        ParameterError: a threshold that is not positive, or no curve.
    """
    if not threshold > 0:
        raise ParameterError(f"threshold is {threshold}; give a positive number, such as 1")
    if not curves:
        raise ParameterError("no curve to compare with; give at least one")
    values = np.column_stack([curve.goodness_of_fit(result) for curve in curves])
    values[~result.finished] = np.nan
    return Fit(
        np.asarray(result.dataset.model.values),
        tuple(c.quantity for c in curves),
        values,
        threshold,
    )
