"""Ensembles: which one to study, what training did to the KM, a second count of valid models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from renaissance_kit.core.errors import CheckpointError, ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.spectrum import eigenvalues, is_valid
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import OWN, PUBLISHED, SteadyStates, require_set


def states_of(network: Network, made: str | Path, states: str = OWN) -> tuple[SteadyStates, str]:
    """Steady states of a network, and in words where they come from.

    Args:
        network: the states in its folder, ``steady_states.nc``, go first.
        made: those that notebook 01 left, taken where the folder has none.
        states: ``own`` for these, ``published`` for those of ``published_states.csv``.

    Raises:
        ParameterError: there is no such set of states.
        DataError: the folder has no published states, or their table is wrong.
        CheckpointError: there are neither; says what makes them.
        SteadyStateError: those in the folder are of another dry-weight density.
    """
    if require_set(states) == PUBLISHED:
        return SteadyStates.published(network), "published_states.csv"
    if network.folder is not None and network.file("steady_states.nc").is_file():
        return SteadyStates.example(network), "the network's folder"
    if not Path(made).is_file():
        raise CheckpointError(
            f"{network.name} comes without steady_states.nc, and {made} does not exist; run "
            "notebook 01 with this network first"
        )
    return SteadyStates.load(made), str(made)


def valid_ensemble(
    network: Network,
    n: int | Sequence[int],
    *,
    path: str | Path | None = None,
    trained: str | Path | None = None,
    states: str = OWN,
) -> tuple[KineticEnsemble, str]:
    """The first n valid models, and in words where they come from.

    Args:
        n: how many, or their numbers among the valid ones, from 0.
        path: an ensemble to take them from, all of its valid models if it has fewer than n. If not
            given, they come from ``trained``, and from the ensemble in the network's folder where
            that is missing, is of another network or set of states, or has fewer than n.
        trained: what a training may have left.
        states: ``own`` or ``published``, the set of states at which the models stand.

    Raises:
        CheckpointError: a file is missing or cannot be read.
        ParameterError: the file has no valid model, or not that number; no such set of states.
    """
    require_set(states)
    numbers: range | list[int]
    numbers = [int(i) for i in n] if isinstance(n, Sequence) else range(int(n))
    if not len(numbers) or min(numbers) < 0:
        raise ParameterError(f"models: {n}; give how many, or their numbers from 0")
    needed = max(numbers) + 1
    if path is not None:
        ensemble, where = KineticEnsemble.load(path), str(path)
    elif trained is not None and _holds(trained, network, needed, states):
        ensemble, where = KineticEnsemble.load(trained), str(trained)
    else:
        ensemble, where = KineticEnsemble.example(network, states), "the network's folder"
    valid = np.flatnonzero(ensemble.valid)
    if not len(valid):
        raise ParameterError(f"{where} has no valid model; train longer, or take another")
    if not isinstance(numbers, range) and needed > len(valid):
        raise ParameterError(
            f"model {needed - 1} of {where}: it has {len(valid):,} valid models, from 0; choose "
            "another"
        )
    chosen = valid[: len(numbers)] if isinstance(numbers, range) else valid[numbers]
    return ensemble.select(chosen), where


def _holds(path: str | Path, network: Network, n: int, states: str) -> bool:
    if not Path(path).is_file():
        return False
    ensemble = KineticEnsemble.load(path)
    if ensemble.dataset.attrs["network_digest"] != network.digest or ensemble.valid.sum() < n:
        return False
    return _at_published(ensemble, network) == (states == PUBLISHED)


def _at_published(ensemble: KineticEnsemble, network: Network) -> bool:
    """Whether the models stand at a published state."""
    if network.folder is None or not network.file("published_states.csv").is_file():
        return False
    known = SteadyStates.published(network).dataset.concentration.values
    return bool(np.isclose(ensemble.dataset.concentration.values, known, rtol=1e-9).all(1).any())


def place_in_words(where: str | Path) -> str:
    """Where models come from, for a caption: a file with its folder.

    >>> place_in_words("build/figures/02_generator_training/ensemble.nc")
    '02_generator_training/ensemble.nc'
    >>> place_in_words("the network's folder")
    "the network's folder"
    """
    return Path(*Path(where).parts[-2:]).as_posix()


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
    """Recompute all eigenvalues of the valid models of a saved ensemble, one by one."""
    ensemble = KineticEnsemble.load(path)
    chosen = ensemble.select(ensemble.valid)
    if len(chosen) == 0:
        return Confirmation(len(ensemble), 0, 0, 0.0)
    threshold = float(ensemble.dataset.attrs["threshold_per_h"])
    models = chosen.models(network)
    lambda_max = np.array(
        [
            eigenvalues(models.with_km(km).jacobians_per_h(), near=threshold)[0, 0].real
            for km in models.km_mM
        ]
    )
    stored = chosen.lambda_max_per_h
    return Confirmation(
        len(ensemble),
        len(chosen),
        int(is_valid(lambda_max, threshold).sum()),
        float(np.max(np.abs(lambda_max - stored) / np.abs(stored))),
    )
