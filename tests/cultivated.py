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
    return BioreactorResult.sealed(
        xr.Dataset(
            {
                "state": (("model", "time_h", "variable"), state),
                "growth_rate": (("model", "time_h"), growth, {"units": "1/h"}),
                "volume": ("time_h", np.ones(len(times_h)), {"units": "L"}),
                "outcome": ("model", np.array(outcomes, dtype=np.int8)),
                "reason": ("model", ["" if o == Outcome.FINISHED else o.meaning for o in outcomes]),
                "seconds": ("model", np.ones(n)),
                "unit": ("variable", ["gDW/L" if m == "biomass" else "mM" for m in names]),
            },
            coords={
                "model": np.arange(n),
                "time_h": ("time_h", list(times_h), {"units": "h"}),
                "variable": names,
            },
            attrs={
                "network_digest": "",
                "models_digest": "",
                "settings": "{}",
                "growth_density_gDW_L": 1.0,
                "exchange_density_gDW_L": 1.0,
            },
        )
    )
