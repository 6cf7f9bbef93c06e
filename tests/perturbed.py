"""Perturbation results made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from renaissance_kit.simulation import Outcome, PerturbationResult


def perturbation_result(
    deviation: np.ndarray,
    *,
    variables: Sequence[str],
    times_min: Sequence[float] | None = None,
    outcome: np.ndarray | None = None,
    reason: np.ndarray | None = None,
) -> PerturbationResult:
    """A result from (model, perturbation, time, variable) deviations; all finished if not given."""
    shape, dims = deviation.shape[:2], ("model", "perturbation")
    return PerturbationResult.sealed(
        xr.Dataset(
            {
                "deviation": ((*dims, "time_min", "variable"), deviation, {"units": "1"}),
                "outcome": (dims, np.full(shape, Outcome.FINISHED) if outcome is None else outcome),
                "reason": (dims, np.full(shape, "") if reason is None else reason),
            },
            coords={
                "model": np.arange(shape[0]),
                "perturbation": np.arange(shape[1]),
                "time_min": (
                    "time_min",
                    np.arange(float(deviation.shape[2]))
                    if times_min is None
                    else np.asarray(times_min, dtype=float),
                    {"units": "min"},
                ),
                "variable": list(variables),
            },
            attrs={"network_digest": "", "models_digest": "", "settings": "{}"},
        )
    )
