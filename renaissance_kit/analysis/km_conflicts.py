"""Which measured constants contradict the observed dynamics.

Measured constants are put into models that were made without them, one draw from each range in each
model. Where the incidence falls, the data and the other constants do not go together. Leaving out
one constant at a time shows which of them is to blame; putting in one at a time shows what each
does by itself. Nothing is trained: the answer takes seconds. What training can do about a conflict
is another question, see docs/own-km.md.

All variants of a model use the same draws, so that they differ in the named constant alone; the
models that become valid or invalid are counted and tested in pairs.

Reference: McNemar 1947 Psychometrika 12:153 (test of paired shares).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from renaissance_kit.analysis.permutations import false_discovery_rate
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.seeds import rng_of
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels

AS_GENERATED, ALL_IN = "as generated", "all measured"


def with_measured(
    models: KineticModels, ranges: Mapping[str, tuple[float, float]], rng: np.random.Generator
) -> KineticModels:
    """The models with some constants drawn anew, uniformly within their ranges.

    Args:
        ranges: (low, high) in mM by name, as from `KMMeasurements.ranges`.

    Raises:
        ParameterError: an unknown constant.
    """
    km, place = models.km_mM.copy(), _places(models, ranges)
    low, high = _ends(ranges)
    km[:, place] = low + rng.random((len(km), len(place))) * (high - low)
    return models.with_km(km)


def incidence_by_measurement(
    models: KineticModels,
    ranges: Mapping[str, tuple[float, float]],
    *,
    seed: int,
    threshold_per_h: float | None = None,
    workers: int = 2,
) -> pd.DataFrame:
    """Incidence with all measured constants put in, without each, and with each alone.

    Args:
        models: made without these data, such as those of a trained generator; valid ones show best
            what the data do.
        ranges: as from `KMMeasurements.ranges`.
        seed: of the draws.
        threshold_per_h: as in `KineticModels.spectrum`.
        workers: threads.

    Returns:
        Index: name of the constant, after the rows "as generated" and "all measured". Columns:
        ``without`` (incidence with all but this one), ``alone`` (with this one only), ``blame``
        (``without`` minus that of all measured: what leaving it out gives back), ``gained`` and
        ``lost`` (models that become valid or invalid when it is left out), ``p_value`` (two-sided,
        paired) and ``q_value`` (false discovery rate). Sorted by blame. In the two first rows
        ``without`` holds the incidence itself.

    Raises:
        ParameterError: no ranges, or an unknown constant.
    """
    if not ranges:
        raise ParameterError("no measured constants; give ranges by name")
    place = _places(models, ranges)
    full = with_measured(models, ranges, rng_of(seed)).km_mM

    def valid(km: Array) -> NDArray[np.bool_]:
        spectrum = models.with_km(km).spectrum(threshold_per_h=threshold_per_h, workers=workers)
        return spectrum.valid

    base, everything = valid(models.km_mM), valid(full)
    rows = []
    for name, i in zip(ranges, place, strict=True):
        left_out, alone = full.copy(), models.km_mM.copy()
        left_out[:, i] = models.km_mM[:, i]
        alone[:, i] = full[:, i]
        now = valid(left_out)
        gained, lost = int((now & ~everything).sum()), int((everything & ~now).sum())
        p = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
        rows.append(
            {
                "name": name,
                "without": now.mean(),
                "alone": valid(alone).mean(),
                "blame": now.mean() - everything.mean(),
                "gained": gained,
                "lost": lost,
                "p_value": float(p),
            }
        )
    table = pd.DataFrame(rows)
    table["q_value"] = false_discovery_rate(table.p_value)
    table = table.sort_values(["blame", "name"], ascending=[False, True])
    head = pd.DataFrame(
        {"name": [AS_GENERATED, ALL_IN], "without": [base.mean(), everything.mean()]}
    )
    return pd.concat([head, table]).set_index("name")


def _places(models: KineticModels, ranges: Mapping[str, tuple[float, float]]) -> NDArray[np.int64]:
    index = models.network.km_index
    for name in ranges:
        if name not in index:
            raise ParameterError(
                f"{name!r} is not a KM of {models.network.name}{nearest(name, index)}"
            )
    return np.array([index[name] for name in ranges], dtype=np.int64)


def _ends(ranges: Mapping[str, tuple[float, float]]) -> tuple[Array, Array]:
    ends = np.array([tuple(pair) for pair in ranges.values()], dtype=float)
    return ends[:, 0], ends[:, 1]
