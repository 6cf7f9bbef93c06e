"""How exactly constants have to be met for a model to stay valid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.studies.intracellular import Surveyed

CHANGES = (1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0)
MANY = 0.05
"""Share of unbiased models from which on many of them are valid."""


def exactness_groups(
    network: Network,
    easy: Surveyed,
    displaced: Surveyed | None,
    *,
    rng: np.random.Generator,
    most: int = 200,
) -> dict[str, Iterator[KineticModels]]:
    """Valid models to ask how exactly their constants must be met, one a state.

    Args:
        easy: states at some of which unbiased models are valid, such as the shipped ones.
        displaced: states whose transport is displaced, if there are any.
        rng: chooses among the states of a group, and among the valid unbiased models of a state.
        most: states of a group.

    Returns:
        By name: models that the search found where many unbiased models are valid (`MANY`), where
        none is, and where transport is displaced; and valid unbiased models. Groups without a
        model are left out.
    """

    def some(members: NDArray[np.bool_]) -> NDArray[np.int64]:
        found = np.flatnonzero(members)
        if len(found) > most:
            found = np.sort(rng.choice(found, size=most, replace=False))
        return found

    unbiased = easy.unbiased
    members = {
        f"search, at least {100 * MANY:g} % of unbiased valid": (easy, unbiased.incidence >= MANY),
        "search, no unbiased model valid": (easy, ~unbiased.supports),
    }
    if displaced is not None:
        everywhere = np.ones(len(displaced.survey), dtype=bool)
        members["search, transport displaced"] = (displaced, everywhere)
    groups: dict[str, Iterator[KineticModels]] = {}
    for name, (one, which) in members.items():
        chosen = some(which & one.survey.fast)
        if len(chosen):
            groups[name] = one.survey.each_model(network, one.states, chosen)
    chosen = some(unbiased.supports)
    if len(chosen):
        pairs = [(int(i), int(rng.choice(np.flatnonzero(unbiased.valid[i])))) for i in chosen]
        groups["valid unbiased models"] = unbiased.each_model(network, easy.states, pairs)
    return groups


def exactness_table(
    groups: Mapping[str, Iterable[KineticModels]],
    *,
    rng: np.random.Generator,
    threshold_per_h: float,
    changes: Sequence[float] = CHANGES,
    copies: int = 20,
) -> pd.DataFrame:
    """Change all constants of valid models a little: which of them stay valid?

    Each copy of a model has every constant multiplied by exp(change · z), z standard normal. A
    model holds when at least half of its copies meet the threshold.

    Args:
        groups: single models, by name of the group.
        rng: of the changes.
        changes: standard deviations of ln KM.
        copies: of each model.

    Returns:
        group, change, models, held, share, low, high (95 % Wilson interval); one row for each
        group that has models and each change.
    """
    rows = []
    for name, models in groups.items():
        held, n = np.zeros(len(changes), dtype=int), 0
        for model in models:
            n += 1
            z = rng.standard_normal((copies, model.km_mM.shape[1]))
            for k, change in enumerate(changes):
                changed = model.with_km(model.km_mM * np.exp(change * z))
                valid = changed.spectrum(threshold_per_h=threshold_per_h).valid
                held[k] += 2 * int(valid.sum()) >= copies
        for change, count in zip(changes, held.tolist(), strict=True):
            if n:
                low, high = wilson_interval(count, n)
                rows.append((name, change, n, count, count / n, low, high))
    columns = ["group", "change", "models", "held", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
