"""Train with and without measured Michaelis constants, several times, and keep the ensembles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.analysis.km_change import parameters_of
from renaissance_kit.core.archives import load_archive, save_archive
from renaissance_kit.core.errors import CheckpointError, ParameterError
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.seeds import derived_seed
from renaissance_kit.core.stores import store_of
from renaissance_kit.core.types import Weights
from renaissance_kit.core.versions import require_same_versions
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.km.measurements import KMMeasurements
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.text import percent
from renaissance_kit.training.fit import train
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.generators import require_generator
from renaissance_kit.training.recipes import Recipe


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
        run: threads; store of the ensembles; progress and stop after each training.
        also: folders in which to look for an ensemble too, such as those of other notebooks.
    """

    network: Network
    state: SteadyState
    recipe: Recipe
    models: int
    run: Run = RUN
    also: tuple[Path, ...] = ()

    def generator(self, measured: KMMeasurements | None) -> Generator:
        """The generator of the other constants."""
        fixed = None if measured is None else measured.ranges()
        generator = require_generator(self.recipe.generator, Generator)
        return replace(generator, ranges=KMRanges.of(self.network, fixed=fixed))

    def train(
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
            start: a run without these data whose generator to continue from; it must have been made
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
        places = self._places(generator, seed, initial)
        if found := _kept(places, names, seed):
            return found
        training = train(
            self.network, self.state, seed=seed, recipe=self.recipe.but(generator=generator),
            initial_weights=initial, workers=self.run.threads,
        )  # fmt: skip
        ensemble = training.ensemble(self.models, seed=derived_seed(seed, 1))
        seconds = float(training.history.seconds.sum())
        ensemble.dataset.attrs["training_seconds"] = seconds
        done = IntegrationRun(names, seed, ensemble, seconds, training.weights)
        if self.run.store is not None:
            weights = {"weights": training.weights.astype(np.float32)}
            save_archive(places[0].with_suffix(".npz"), {"seed": seed}, weights)
            ensemble.save(places[0].with_suffix(".nc"))
        self.run.say(
            f"{label or f'{len(names)} constants held'}, seed {seed}: {seconds:.0f} s, "
            f"incidence {percent(done.incidence, 1)}"
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
        done: list[IntegrationRun] = []
        for data, seed, start in zip(each, seeds, begin, strict=True):
            done.append(self.train(data, seed=seed, start=start, label=label))
            if self.run.stopped:
                break
        return done

    def _places(self, generator: Generator, seed: int, initial: Weights | None) -> list[Path]:
        """Where an ensemble is kept, or might be, without the suffix; the first is one's own."""
        identity = (
            self.network.digest, self.state, self.recipe.settings, self.recipe.objective,
            self.recipe.threshold_per_h, generator.architecture, generator.ranges, initial, seed,
            self.models,
        )  # fmt: skip
        folders = (*(() if self.run.store is None else (self.run.store,)), *self.also)
        return [store_of(folder, "ensemble", *identity) for folder in folders]


def _kept(places: Sequence[Path], names: tuple[str, ...], seed: int) -> IntegrationRun | None:
    found = [path for path in places if path.with_suffix(".nc").is_file()]
    if not found:
        return None
    ensemble = KineticEnsemble.load(found[0].with_suffix(".nc"))
    require_same_versions(ensemble.made_with, found[0].with_suffix(".nc"))
    seconds = float(ensemble.dataset.attrs["training_seconds"])
    beside = found[0].with_suffix(".npz")
    weights = None
    if beside.is_file():
        about, arrays = load_archive(beside, "weights of a generator", "delete it, to train anew")
        weights = arrays.get("weights")
        if about.get("seed") != seed or weights is None:
            raise CheckpointError(f"{beside} is of another training; delete it, to train anew")
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
