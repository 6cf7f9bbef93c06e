"""Train with and without measured Michaelis constants, several times, and keep the ensembles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.km_change import parameters_of
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import derived_seed
from renaissance_kit.core.types import Weights
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyState
from renaissance_kit.training.fit import train
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.recipes import Recipe


@dataclass(frozen=True)
class EnsembleStore:
    """A folder of ensembles, each in a file named after all that it depends on.

    Args:
        folder: where new ones are written.
        also: folders to look in first, such as those of other notebooks.
    """

    folder: Path
    also: tuple[Path, ...] = ()

    def find(self, name: str) -> Path | None:
        """The file of that name, or None."""
        for folder in (self.folder, *self.also):
            if (folder / name).is_file():
                return folder / name
        return None

    def path(self, name: str) -> Path:
        """Where to write a file of that name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name


@dataclass(frozen=True)
class IntegrationRun:
    """One training with some constants held to data, and models drawn from it.

    Attributes:
        integrated: names of the constants held to data; empty for none.
        seed: of the training.
        ensemble: the models that were drawn.
        seconds: of the training.
        weights: of the generator; None where they were not kept.
    """

    integrated: tuple[str, ...]
    seed: int
    ensemble: KineticEnsemble = field(repr=False)
    seconds: float
    weights: Weights | None = field(default=None, repr=False)

    @property
    def incidence(self) -> float:
        """Share of valid models."""
        return float(self.ensemble.valid.mean())

    def parameters(self, kind: str = "km", *, valid_only: bool = True) -> pd.DataFrame:
        """Parameters of the valid models; see `km_change.parameters_of`."""
        return parameters_of(self.ensemble, kind, valid_only=valid_only)


@dataclass(frozen=True)
class Integration:
    """How to train: the same for every run of a study.

    Args:
        network, state: where the models stand.
        recipe: how to train at one state; its generator gives the architecture, and the network
            and the data the bounds.
        models: drawn from each trained generator.
        store: keeps what is done; None keeps nothing.
        workers: threads.
        progress: called with a line of text after each training.
    """

    network: Network
    state: SteadyState
    recipe: Recipe
    models: int
    store: EnsembleStore | None = None
    workers: int = 2
    progress: Callable[[str], None] | None = None

    def generator(self, measured: KMMeasurements | None) -> Generator:
        """The generator of the other constants."""
        fixed = None if measured is None else measured.ranges()
        return replace(self.recipe.generator, ranges=KMRanges.of(self.network, fixed=fixed))

    def run(
        self,
        measured: KMMeasurements | None,
        *,
        seed: int,
        start: IntegrationRun | None = None,
        label: str = "",
    ) -> IntegrationRun:
        """Train once and draw models.

        Args:
            measured: what is held to data; None for nothing.
            seed: of the training.
            start: a run without these data whose generator to go on from; it must have been made
                by this object, which keeps its weights.
            label: for the line of progress.

        Raises:
            ParameterError: the run to start from has no weights.
        """
        generator = self.generator(measured)
        names = () if measured is None else measured.names
        initial = None
        if start is not None:
            if start.weights is None:
                raise ParameterError("the run to start from kept no weights; train it anew")
            before = replace(generator, ranges=_ranges_of(generator.ranges, start.integrated))
            initial = generator.weights_from(before, start.weights)
        key = self._key(generator, seed, initial)
        if found := self._kept(key, names, seed):
            return found
        training = train(
            self.network, self.state, seed=seed, recipe=self.recipe.but(generator=generator),
            initial_weights=initial, workers=self.workers,
        )  # fmt: skip
        ensemble = training.ensemble(self.models, seed=derived_seed(seed, 1))
        seconds = float(training.history.seconds.sum())
        ensemble.dataset.attrs["training_seconds"] = seconds
        done = IntegrationRun(names, seed, ensemble, seconds, training.weights)
        if self.store is not None:
            with atomic_path(self.store.path(f"{key}.npy")) as path, path.open("wb") as file:
                np.save(file, training.weights.astype(np.float32))
            ensemble.save(self.store.path(f"{key}.nc"))
        if self.progress:
            self.progress(
                f"{label or f'{len(names)} constants held'}, seed {seed}: {seconds:.0f} s, "
                f"incidence {done.incidence:.1%}"
            )
        return done

    def repeats(
        self,
        measured: KMMeasurements | Sequence[KMMeasurements] | None,
        *,
        seeds: Sequence[int],
        starts: Sequence[IntegrationRun] | None = None,
        label: str = "",
    ) -> list[IntegrationRun]:
        """One run a seed, with the same data each time or, from a sequence, with one's own."""
        each = measured if isinstance(measured, Sequence) else [measured] * len(seeds)
        begin: Sequence[IntegrationRun | None] = starts or [None] * len(seeds)
        return [
            self.run(data, seed=seed, start=start, label=label)
            for data, seed, start in zip(each, seeds, begin, strict=True)
        ]

    def _key(self, generator: Generator, seed: int, initial: Weights | None) -> str:
        recipe, state, ranges = self.recipe, self.state, generator.ranges
        return fingerprint(
            self.network.digest, recipe.settings, recipe.reward, recipe.threshold_per_h,
            generator.architecture, ranges.sources, ranges.low_mM, ranges.high_mM, ranges.fixed,
            state.concentrations_mM, state.fluxes_mM_h, state.log_displacement, initial, seed,
            self.models,
        )  # fmt: skip

    def _kept(self, key: str, names: tuple[str, ...], seed: int) -> IntegrationRun | None:
        path = self.store.find(f"{key}.nc") if self.store else None
        if path is None:
            return None
        ensemble = KineticEnsemble.load(path)
        seconds = float(ensemble.dataset.attrs["training_seconds"])
        beside = path.with_suffix(".npy")
        weights = np.load(beside) if beside.is_file() else None
        return IntegrationRun(names, seed, ensemble, seconds, weights)


def run_table(groups: dict[str, Iterable[IntegrationRun]]) -> pd.DataFrame:
    """Incidence of the runs of each group: runs, constants held, incidence and its extremes."""
    rows = []
    for group, runs in groups.items():
        listed = list(runs)
        shares = np.array([run.incidence for run in listed])
        rows.append(
            {
                "group": group,
                "runs": len(listed),
                "constants held": len(listed[0].integrated),
                "incidence": shares.mean(),
                "least": shares.min(),
                "most": shares.max(),
                "seconds of a training": float(np.mean([run.seconds for run in listed])),
            }
        )
    return pd.DataFrame(rows)


def _ranges_of(ranges: KMRanges, integrated: Sequence[str]) -> KMRanges:
    """The ranges of a generator that holds fewer constants to data."""
    held = np.isin(ranges.names, list(integrated))
    free = np.flatnonzero(~ranges.fixed)
    low, high = ranges.low_mM.copy(), ranges.high_mM.copy()
    released = ranges.fixed & ~held
    if released.any() and len(free):
        low[released], high[released] = ranges.low_mM[free[0]], ranges.high_mM[free[0]]
    return replace(ranges, low_mM=low, high_mM=high, fixed=ranges.fixed & held)


def log_columns(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> list[NDArray[np.float64]]:
    """log10 of some columns of each table."""
    return [np.log10(table[list(names)].to_numpy()) for table in tables]
