"""What training did to the KM, and a second count of the valid models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from renaissance_kit.ensembles import KineticEnsemble
from renaissance_kit.network import Network

Array = NDArray[np.float64]


def km_shift(before_mM: Array, after_mM: Array, names: Sequence[str]) -> pd.DataFrame:
    """How far each KM moved: one row a constant, the one that moved most first.

    Columns: name, distance (Kolmogorov-Smirnov, 0 to 1), median_before_mM, median_after_mM and
    fold (after over before).
    """
    rows = []
    for j, name in enumerate(names):
        before, after = before_mM[:, j], after_mM[:, j]
        medians = float(np.median(before)), float(np.median(after))
        rows.append(
            {
                "name": name,
                "distance": float(stats.ks_2samp(before, after, method="asymp").statistic),
                "median_before_mM": medians[0],
                "median_after_mM": medians[1],
                "fold": medians[1] / medians[0],
            }
        )
    table = pd.DataFrame(rows).sort_values(["distance", "name"], ascending=[False, True])
    return table.reset_index(drop=True)


@dataclass(frozen=True)
class Confirmation:
    """Valid models of a saved ensemble, counted again from the file.

    Attributes:
        models: in the file.
        counted: marked as valid there.
        confirmed: of those, with every recomputed eigenvalue at or below the threshold.
        largest_difference: between stored and recomputed λmax of those, relative.
    """

    models: int
    counted: int
    confirmed: int
    largest_difference: float


def confirm_valid(path: str | Path, network: Network) -> Confirmation:
    """Recompute all eigenvalues of the valid models of a saved ensemble in double precision."""
    ensemble = KineticEnsemble.load(path)
    chosen = ensemble.select(ensemble.valid)
    if len(chosen) == 0:
        return Confirmation(len(ensemble), 0, 0, 0.0)
    threshold = float(ensemble.dataset.attrs["threshold_per_h"])
    models = chosen.models(network)
    lambda_max = np.array(
        [
            np.linalg.eigvals(models.with_km(km).jacobians_per_h()[0]).real.max()
            for km in models.km_mM
        ]
    )
    stored = chosen.lambda_max_per_h
    return Confirmation(
        len(ensemble),
        len(chosen),
        int((lambda_max <= threshold).sum()),
        float(np.max(np.abs(lambda_max - stored) / np.abs(stored))),
    )
