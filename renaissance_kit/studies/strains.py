"""Engineered strains: predicted from the models of their host, beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.simulation.bioreactor import Bioreactor, cultivate, engineered
from renaissance_kit.simulation.fit import MeasuredCurve, fit_of
from renaissance_kit.studies.bioreactor import times_of


def predicted_strain(
    models: KineticModels,
    reactor: Bioreactor,
    reactions: Sequence[str],
    factors: Sequence[float],
    curves: Sequence[MeasuredCurve],
    *,
    every_h: float = 1.0,
    run: Run = RUN,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Time courses of a strain with overexpressed enzymes, for several factors on Vmax.

    Args:
        reactor: with the measured start of the strain.
        reactions: whose maximal velocities are multiplied.
        curves: measured on the strain; the models have not seen them.
        every_h: time between two points.
        run: workers, store, progress and stop of each simulation.

    Returns:
        Time courses (strain, factor, model, quantity, time_h, value) and fits (strain, factor,
        model, quantity, goodness_of_fit, last, measured_last; the last values in the units of the
        measurements).
    """
    time_courses, fits = [], []
    for factor in factors:
        strain = engineered(reactor, dict.fromkeys(reactions, float(factor)))
        result = cultivate(models, strain, run=run)
        fit = fit_of(result, curves)
        times = times_of(result, every_h)
        for j, curve in enumerate(curves):
            values = curve.simulated(result, times)
            common = {
                "strain": curve.time_course.strain,
                "factor": factor,
                "quantity": curve.quantity,
            }
            time_courses.append(
                pd.DataFrame(
                    {
                        **common,
                        "model": np.repeat(fit.models, len(times)),
                        "time_h": np.tile(times, len(fit)),
                        "value": values.ravel(),
                    }
                )
            )
            last = curve.time_course.time_h <= times[-1]
            fits.append(
                pd.DataFrame(
                    {
                        **common,
                        "model": fit.models,
                        "goodness_of_fit": fit.goodness_of_fit[:, j],
                        "last": values[:, -1],
                        "measured_last": float(curve.time_course.value[last][-1]),
                    }
                )
            )
    return pd.concat(time_courses, ignore_index=True), pd.concat(fits, ignore_index=True)


def strain_changes(
    fits: pd.DataFrame, host_models: pd.Series, host_measured: float
) -> pd.DataFrame:
    """What overexpression changes, as predicted and as measured: one row a strain and factor.

    Args:
        fits: as from `predicted_strain`, of one quantity.
        host_models: its last value in the host strain, by model.
        host_measured: the same as measured.

    Returns:
        strain, factor, predicted change (median over the models, relative to the host), smallest,
        largest, measured change and median goodness of fit.
    """
    rows = []
    for (strain, factor), part in fits.groupby(["strain", "factor"], sort=False):
        ratio = part.set_index("model")["last"] / host_models
        rows.append(
            {
                "strain": strain,
                "factor": factor,
                "predicted change": ratio.median(),
                "smallest": ratio.min(),
                "largest": ratio.max(),
                "measured change": part.measured_last.iloc[0] / host_measured,
                "median goodness of fit": part.goodness_of_fit.median(),
            }
        )
    return pd.DataFrame(rows)
