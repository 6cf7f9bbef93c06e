"""What the methods that learn from labelled sets are made for, and how the sets are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import rng_of
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.objectives.objective import scores_of
from renaissance_kit.training.fitness import AtOneState, Of, Problem
from renaissance_kit.training.generators import require_generator
from renaissance_kit.training.labelled import UNBIASED, DataSettings, LabelledKM, shares_of

LEAST = 20  # relevant sets that there is something to learn from
CHUNK = 2_000  # sets whose models are made at a time
SEED = "data_seed"  # name of the seed of the sets among what a run remembers


@dataclass(frozen=True)
class Labelled:
    """Labelled sets as a method sees them.

    Attributes:
        shares: (sets, generated km) where ln KM stands between its bounds, from 0 to 1.
        relevant: (sets,) whether a set is wanted.
    """

    shares: NDArray[np.float32]
    relevant: NDArray[np.bool_]

    @property
    def share_relevant(self) -> float:
        """Share of the relevant ones."""
        return float(self.relevant.mean())


class Watched(NamedTuple):
    """Fresh models of a generator.

    Args:
        km_mM: (models, km).
        lambda_max_per_h: (models,).
        met: share that does what is wanted; NaN without models.
    """

    km_mM: Array
    lambda_max_per_h: Array
    met: float


@dataclass(frozen=True)
class DataFitness(AtOneState[Of]):
    """A generator to be fitted to the relevant ones among labelled sets, at one steady state.

    Args:
        network, state, generator, threshold_per_h, workers: as of its base.
        objective: a set whose model meets it is relevant.
        samples: number of labelled sets.
        data: given sets; None for unbiased ones.

    Raises:
        ParameterError: given sets of other constants, out of their bounds, or of another number.
    """

    samples: int
    data: LabelledKM | None = None
    _made: dict[int, Labelled] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.ranges.n_generated:
            raise ParameterError("all constants are fixed; there is nothing to train")
        if self.data is not None:
            self.data.check(self.ranges)
            if len(self.data) != self.samples:
                raise ParameterError(
                    f"samples is {self.samples}, but data holds {len(self.data)} sets; leave "
                    "samples out where data is given"
                )

    @classmethod
    def of(cls, problem: Problem, kind: type[Of], settings: DataSettings) -> DataFitness[Of]:
        """For a problem with one steady state and a generator of the kind."""
        return DataFitness(
            problem.network, problem.one_state(), require_generator(problem.generator, kind),
            problem.objective, problem.threshold_per_h, problem.workers, settings.samples,
            problem.data,
        )  # fmt: skip

    @cached_property
    def digest(self) -> str:
        """Fingerprint of network, steady state, generator, objective, threshold and given sets."""
        return fingerprint(super().digest, self.data)

    def watched(self, weights: Weights, n: int, rng: np.random.Generator) -> Watched:
        """Fresh models of the generator."""
        if not n:
            return Watched(np.empty((0, len(self.ranges.names))), np.empty(0), np.nan)
        km = self.generator.sample(weights, n, rng)
        models = self.batch.with_km(km)
        scores = scores_of(self.objective, models, workers=self.workers)
        found = self.lambda_max_per_h(models, scores)
        return Watched(km, np.array(found), float(scores.met.mean()))

    def labelled(self, memory: Mapping[str, NDArray[Any]]) -> Labelled:
        """The labelled sets; unbiased ones are made from the seed that the run remembers.

        Given ones are put in a random order, so that the last of them, which methods hold back, are
        like the others, also where a file has the relevant ones first or two ensembles in a row.

        Raises:
            ParameterError: fewer than `LEAST` are relevant.
        """
        seed = int(memory[SEED][0])
        if seed not in self._made:
            rng = rng_of(seed)
            made = self.label(self._chunks(rng)) if self.data is None else self.given()
            if self.data is not None:
                order = rng.permutation(len(made.relevant))
                made = Labelled(made.shares[order], made.relevant[order])
            self.require_some(made)
            self._made.clear()
            self._made[seed] = made
        return self._made[seed]

    def given(self) -> Labelled:
        """The sets that were given, labelled where they have no labels."""
        data = self.data
        assert data is not None
        cuts = [slice(start, start + CHUNK) for start in range(0, len(data), CHUNK)]
        known = data.relevant
        return self.label((data.km_mM[cut], None if known is None else known[cut]) for cut in cuts)

    def label(self, sets: Iterable[tuple[Array, NDArray[np.bool_] | None]]) -> Labelled:
        """Label sets of constants that come chunk by chunk, with their labels where known."""
        shares, relevant = [], []
        for km, known in sets:
            shares.append(shares_of(self.ranges, km))
            if known is None:
                models = self.batch.with_km(km)
                known = scores_of(self.objective, models, workers=self.workers).met
            relevant.append(known)
        return Labelled(np.concatenate(shares), np.concatenate(relevant))

    def _chunks(self, rng: np.random.Generator) -> Iterator[tuple[Array, None]]:
        for start in range(0, self.samples, CHUNK):
            yield self.ranges.uniform(min(CHUNK, self.samples - start), rng), None

    def require_some(self, made: Labelled) -> None:
        """Raise ParameterError if fewer than `LEAST` sets are relevant."""
        found = int(made.relevant.sum())
        if found >= LEAST:
            return
        what = UNBIASED if self.data is None else self.data.source
        more = f" (about {self.samples * LEAST / found * 1.5:,.0f})" if found else ""
        raise ParameterError(
            f"{found} of {self.samples:,} sets ({made.share_relevant:.2%}, {what}) are relevant at "
            f"state {self.state.label} ({self.objective!r}); at least {LEAST} are needed. Take a "
            "state where more are (analysis.unbiased_models compares states), more samples"
            f"{more}, or data= of another generator, such as the km of a training by gradient"
        )


def with_seed(memory: Mapping[str, NDArray[Any]], rng: np.random.Generator) -> dict[str, Any]:
    """What a run remembers, with a seed for its labelled sets."""
    return {**memory, SEED: np.array([rng.integers(2**63)], dtype=np.int64)}
