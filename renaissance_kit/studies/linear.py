"""Does linear stability predict the return? Linear responses beside the integrated ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.simulation.integrators import Outcome
from renaissance_kit.simulation.perturbation import (
    CHUNK,
    Perturbation,
    PerturbationResult,
    identity,
    linear_response,
    perturb,
)


@dataclass(frozen=True)
class _Linear:
    """Linear responses of some models; goes to the worker processes."""

    models: KineticModels
    settings: Perturbation

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        steady = self.models.state.concentrations_mM[: len(self.models.network.dynamic)]
        courses = [
            [
                linear_response(self.models, int(i), start, self.settings.times_min) / steady - 1
                for start in self.settings.starts(self.models, int(i))
            ]
            for i in items
        ]
        return {"deviation": np.array(courses, dtype=np.float32)}


def linear_result(
    models: KineticModels, settings: Perturbation, *, run: Run = RUN
) -> PerturbationResult:
    """The same perturbations, with the time courses that linear stability promises; without growth.

    Raises:
        ParameterError: totals are not kept, so that the models settle at other states.
    """
    if settings.totals != "keep":
        raise ParameterError("linear responses need totals='keep'")
    columns = run_chunks(
        _Linear(models, settings), len(models), name="linear", chunk=CHUNK, run=run,
        settings={**settings.settings(), **identity(models)},
    )  # fmt: skip
    shape = (len(columns["item"]), settings.per_model)
    return PerturbationResult.sealed(
        xr.Dataset(
            {
                "deviation": (
                    ("model", "perturbation", "time_min", "variable"), columns["deviation"],
                    {"units": "1"},
                ),
                "outcome": (
                    ("model", "perturbation"), np.full(shape, Outcome.FINISHED, dtype=np.int8),
                ),
                "reason": (("model", "perturbation"), np.full(shape, "", dtype="U1")),
            },
            coords={
                "model": columns["item"],
                "perturbation": np.arange(settings.per_model),
                "time_min": ("time_min", settings.times_min, {"units": "min"}),
                "variable": list(models.network.dynamic),
            },
            attrs={
                "network": models.network.name,
                "steady_state": models.state.label,
                **identity(models),
                "settings": json.dumps(settings.settings(), sort_keys=True),
            },
        )
    )  # fmt: skip


def return_table(
    result: PerturbationResult,
    lambda_max_per_h: Array,
    variables: Sequence[str],
    *,
    tolerance: float,
    linear: PerturbationResult | None = None,
) -> pd.DataFrame:
    """When each perturbed model is back, beside what its eigenvalues say.

    Args:
        lambda_max_per_h: of every model of the batch.
        linear: as from `linear_result`.

    Returns:
        model, perturbation, time_constant_min (−1/λmax), return_min (infinite where some variable
        stays away) and linear_return_min (the same of the linear response; NaN without ``linear``).
    """
    models = result.dataset.model.values
    back = result.return_time_min(tolerance, variables).max(axis=-1)
    promised = np.full(back.shape, np.nan)
    if linear is not None:
        promised = linear.return_time_min(tolerance, variables).max(axis=-1)[models]
    each = back.shape[1]
    return pd.DataFrame(
        {
            "model": np.repeat(models, each),
            "perturbation": np.tile(np.arange(each), len(models)),
            "time_constant_min": np.repeat(-60 / np.asarray(lambda_max_per_h)[models], each),
            "return_min": back.ravel(),
            "linear_return_min": promised.ravel(),
        }
    )


def linearity_check(
    models: KineticModels, sizes: Sequence[float], *, seed: int, until_min: float = 60.0
) -> pd.DataFrame:
    """Nonlinear time courses after small perturbations against exp(J t): they meet as δ goes to 0.

    The same directions with each size, so the difference over the size falls as the size does.

    Returns:
        size, largest_deviation and largest_difference (of c/c* − 1, over models, metabolites and
        times, both divided by the size).
    """
    rows = []
    for size in sizes:
        settings = Perturbation(size=size, times_min=np.arange(until_min + 1), seed=seed)
        course = perturb(models, settings, run=Run(workers=1)).dataset.deviation
        course = course.sel(variable=list(models.network.dynamic)).values
        linear = linear_result(models, settings, run=Run(workers=1))
        promised = linear.dataset.deviation.values
        rows.append(
            {
                "size": size,
                "largest_deviation": float(np.abs(course).max() / size),
                "largest_difference": float(np.abs(course - promised).max() / size),
            }
        )
    return pd.DataFrame(rows)
