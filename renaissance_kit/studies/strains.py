"""Engineered strains: predicted from the models of their host, beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.simulation.bioreactor import Bioreactor, engineered
from renaissance_kit.simulation.fit import MeasuredCurve, fit_of
from renaissance_kit.studies.cultivations import cultivated, times_of


def predicted_strain(
    models: KineticModels,
    reactor: Bioreactor,
    reactions: Sequence[str],
    factors: Sequence[float],
    curves: Sequence[MeasuredCurve],
    *,
    folder: str | Path | None = None,
    workers: int | None = 2,
    every_h: float = 1.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Courses of a strain in which some enzymes are overexpressed, for several factors on Vmax.

    Args:
        reactor: with the measured start of the strain.
        reactions: whose maximal velocities are multiplied.
        curves: measured on the strain; the models have not seen them.

    Returns:
        Courses (strain, factor, model, quantity, time_h, value) and misfits (strain, factor, model,
        quantity, misfit, last, measured_last; the last values in the units of the measurements).
    """
    courses, misfits = [], []
    for factor in factors:
        strain = engineered(reactor, dict.fromkeys(reactions, float(factor)))
        result = cultivated(models, strain, folder, workers)
        fit = fit_of(result, curves)
        times = times_of(result, every_h)
        for j, curve in enumerate(curves):
            values = curve.simulated(result, times)
            common = {"strain": curve.course.strain, "factor": factor, "quantity": curve.quantity}
            courses.append(
                pd.DataFrame(
                    {
                        **common,
                        "model": np.repeat(fit.models, len(times)),
                        "time_h": np.tile(times, len(fit)),
                        "value": values.ravel(),
                    }
                )
            )
            last = curve.course.time_h <= times[-1]
            misfits.append(
                pd.DataFrame(
                    {
                        **common,
                        "model": fit.models,
                        "misfit": fit.misfit[:, j],
                        "last": values[:, -1],
                        "measured_last": float(curve.course.value[last][-1]),
                    }
                )
            )
    return pd.concat(courses, ignore_index=True), pd.concat(misfits, ignore_index=True)


def strain_changes(
    misfits: pd.DataFrame, host_models: pd.Series, host_measured: float
) -> pd.DataFrame:
    """What overexpression changes, as predicted and as measured: one row a strain and factor.

    Args:
        misfits: as from `predicted_strain`, of one quantity.
        host_models: its last value in the host strain, by model.
        host_measured: the same as measured.

    Returns:
        strain, factor, predicted change (median over the models, relative to the host), smallest,
        largest, measured change and median misfit.
    """
    rows = []
    for (strain, factor), part in misfits.groupby(["strain", "factor"], sort=False):
        ratio = part.set_index("model")["last"] / host_models
        rows.append(
            {
                "strain": strain,
                "factor": factor,
                "predicted change": ratio.median(),
                "smallest": ratio.min(),
                "largest": ratio.max(),
                "measured change": part.measured_last.iloc[0] / host_measured,
                "median misfit": part.misfit.median(),
            }
        )
    return pd.DataFrame(rows)
