"""Results of cultivations with given courses, without any simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from renaissance_kit.simulation import BioreactorResult, Outcome


def cultivation_result(
    times_h: Sequence[float],
    courses: Mapping[str, np.ndarray],
    outcome: Sequence[Outcome] | None = None,
) -> BioreactorResult:
    """A result with courses (model, time) by variable; NaN where a course ended early."""
    names = list(courses)
    state = np.stack([np.asarray(courses[n], dtype=float) for n in names], axis=-1)
    n = len(state)
    outcomes = [Outcome.FINISHED] * n if outcome is None else list(outcome)
    growth = np.gradient(np.log(state[:, :, names.index("biomass")]), times_h, axis=1)
    return BioreactorResult(
        xr.Dataset(
            {
                "state": (("model", "time_h", "variable"), state),
                "growth_rate": (("model", "time_h"), growth),
                "volume": ("time_h", np.ones(len(times_h))),
                "outcome": ("model", np.array(outcomes, dtype=np.int8)),
                "reason": ("model", ["" if o == Outcome.FINISHED else o.meaning for o in outcomes]),
                "seconds": ("model", np.ones(n)),
            },
            coords={"model": np.arange(n), "time_h": list(times_h), "variable": names},
        )
    )
