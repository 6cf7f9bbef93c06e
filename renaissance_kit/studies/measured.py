"""Measured constants in a study: which are used, which are left out, and what their scores do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.analysis.km_change import width_decades
from renaissance_kit.analysis.km_overlap import by_subsystem, subsystem_of
from renaissance_kit.analysis.permutations import PermutationTest
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.network.network import Network

INSIDE, OUTSIDE = "TCA cycle", "outside the TCA cycle"
"""What the two places are called: reactions whose constants take turns, and all others."""


def measurements_of(network: Network, path: str | Path | None) -> KMMeasurements:
    """The measured constants of a table, or the network's own without one."""
    return KMMeasurements.example(network) if path is None else KMMeasurements.read(network, path)


def measured_in(
    network: Network, table: KMMeasurements, subsystem: str, also: Iterable[str] = ()
) -> KMMeasurements:
    """The measurements of a subsystem, and of more reactions."""
    more = set(also)
    return table.select(
        reactions=[
            r
            for r in network.kinetic_reactions
            if network.reactions[r].subsystem == subsystem or r in more
        ]
    )


def combination_table(names: Sequence[str], chosen: Sequence[KMMeasurements]) -> pd.DataFrame:
    """Which constants each combination holds: one row a constant, 1 where it is in."""
    return pd.DataFrame(
        {f"combination {i + 1}": [int(name in c.names) for name in names]
         for i, c in enumerate(chosen)},
        index=list(names),
    )  # fmt: skip


def first_models(
    ensemble: KineticEnsemble, *, valid_only: bool = True, most: int = 200
) -> KineticEnsemble:
    """The first models of an ensemble, of those that are valid."""
    return ensemble.select(np.flatnonzero(ensemble.valid | (not valid_only))[:most])


def mean_width_decades(tables: Iterable[pd.DataFrame], names: Sequence[str]) -> float:
    """Width of the central 95 %, mean over some constants and over ensembles."""
    chosen = list(names)
    return float(np.mean([width_decades(km[chosen]).mean() for km in tables]))


def scores_by_place(test: PermutationTest, network: Network, inside: Iterable[str]) -> pd.DataFrame:
    """`renaissance_kit.analysis.by_subsystem` for one place, all others, and their subsystems.

    Args:
        test: of the scores of constants.
        inside: constants of the place, which stand together as `INSIDE`.

    Returns:
        The rows of `INSIDE` and of `OUTSIDE`, then those of the subsystems outside, the largest
        first.
    """
    names = set(inside)
    groups = {
        name: INSIDE if name in names else group
        for name, group in subsystem_of(network, test.names).items()
    }
    places = {name: INSIDE if name in names else OUTSIDE for name in test.names}
    each, both = by_subsystem(test, groups), by_subsystem(test, places)
    table = pd.concat([each, both[both.group == OUTSIDE]])
    order = [INSIDE, OUTSIDE]
    table["place"] = [order.index(g) if g in order else len(order) for g in table.group]
    table = table.sort_values(["place", "constants"], ascending=[True, False])
    return table.drop(columns="place").reset_index(drop=True)
