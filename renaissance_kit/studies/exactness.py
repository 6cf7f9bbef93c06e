"""How exactly constants have to be met for a model to stay fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.network.network import Network
from renaissance_kit.search.survey import Survey
from renaissance_kit.states.steady_states import SteadyStates

CHANGES = (1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


def exactness_table(
    network: Network,
    states: SteadyStates,
    survey: Survey,
    groups: Mapping[str, NDArray[np.bool_]],
    *,
    rng: np.random.Generator,
    changes: Sequence[float] = CHANGES,
    most: int = 200,
    copies: int = 20,
) -> pd.DataFrame:
    """Change all constants of the fastest models a little: which of them stay fast?

    Each copy of a model has every constant multiplied by exp(change · z), z standard normal. A
    model holds when at least half of its copies meet the threshold.

    Args:
        network, states, survey: a survey of these states.
        groups: masks of the survey's states, by name; slow states are left out.
        rng: of the states and of the changes.
        changes: standard deviations of ln KM.
        most: states of a group, at random if there are more.
        copies: of each model.

    Returns:
        group, change, states, held, share, low, high (95 % Wilson interval); one row for each
        group that has fast states and each change.
    """
    rows: list[dict[str, Any]] = []
    for name, members in groups.items():
        chosen = np.flatnonzero(members & survey.fast)
        if not len(chosen):
            continue
        if len(chosen) > most:
            chosen = np.sort(rng.choice(chosen, size=most, replace=False))
        held = np.zeros(len(changes), dtype=int)
        for model in survey.each_model(network, states, chosen):
            z = rng.standard_normal((copies, model.km_mM.shape[1]))
            for k, change in enumerate(changes):
                changed = model.with_km(model.km_mM * np.exp(change * z))
                valid = changed.spectrum(threshold_per_h=survey.threshold_per_h).valid
                held[k] += 2 * int(valid.sum()) >= copies
        for change, count in zip(changes, held.tolist(), strict=True):
            n = len(chosen)
            low, high = wilson_interval(count, n)
            rows.append(
                {"group": name, "change": change, "states": n, "held": count,
                 "share": count / n, "low": low, "high": high}
            )  # fmt: skip
    columns = ["group", "change", "states", "held", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
