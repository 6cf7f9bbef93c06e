"""iSCHRUNK: rules of a classification tree on labelled sets, and resampling within them.

A tree is grown on labelled sets, its leaves with the largest share of relevant sets become boxes,
and new sets are drawn within them. Published with one tree; here the sets of a round are drawn
within the boxes of the last one, so that a few rounds of small trees find what one tree would need
very many sets for. Boxes of a round are those parts of the earlier boxes in which sets were seen.

References: Andreozzi et al. 2016 Metab Eng 33:158; Miskovic et al. 2019 PLoS Comput Biol
15:e1007242; Breiman et al. 1984, Classification and Regression Trees.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import child_rng, rng_from
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.training.boxes import Boxes, BoxGenerator
from renaissance_kit.training.data_fitness import CHUNK, DataFitness, Labelled
from renaissance_kit.training.fitness import Problem
from renaissance_kit.training.labelled import DataSettings, km_of_shares
from renaissance_kit.training.trainer import Record, TrainingState


@dataclass(frozen=True)
class IschrunkSettings(DataSettings):
    """Settings of iSCHRUNK; `IschrunkSettings.paper` has one tree with pure leaves.

    Args:
        rounds: trees, each on new sets.
        samples: labelled sets of a round; see `DataSettings`.
        leaves: of a tree, at most.
        least: sets in a leaf, at least; with few of them a leaf looks pure by chance.
        purity: share of relevant sets in a leaf that becomes a box, at least.
        keep: the purest leaves become boxes until they hold this share of the relevant sets.
        boxes: kept after a round, the heaviest; a box weighs as much as the relevant sets in it.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "ischrunk"
    length: ClassVar[str] = "rounds"
    can_be_lengthened: ClassVar[bool] = True

    rounds: int = 8
    samples: int = 3_000
    leaves: int = 12
    least: int = 50
    purity: float = 0.0
    keep: float = 0.7
    boxes: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_positive("keep", "boxes", "least")
        if self.leaves < 2:
            raise ParameterError(f"leaves is {self.leaves}; give at least 2")
        if not 0 <= self.purity <= 1 or self.keep > 1:
            raise ParameterError(
                f"purity is {self.purity}, keep is {self.keep}; give shares from 0 to 1"
            )

    @classmethod
    def paper(cls, **changes: Any) -> IschrunkSettings:
        """One tree with leaves of 95 % relevant sets, all of them taken, with any changes.

        No code was published; size and purity are ours.

        >>> from renaissance_kit.training import IschrunkSettings
        >>> IschrunkSettings.paper().rounds
        1
        """
        return replace(
            cls(rounds=1, samples=50_000, leaves=500, least=10, purity=0.95, keep=1.0), **changes
        )

    def models_evaluated(self, steps: int) -> int:
        """New sets are labelled in every round."""
        return steps * self.samples


@dataclass(frozen=True)
class IschrunkTrainer:
    """The trainer; the models of its records are fresh ones from the boxes before the round.

    Values of its records: ``met``, the share of its models that do what is wanted; ``relevant``,
    the share of relevant sets among those of the round, which is the precision of the boxes before
    it; ``precision`` and ``coverage``, the share of relevant
    sets in the leaves that were kept and the share of all relevant ones that are there, on the sets
    that the tree was grown on; ``boxes``, their number.
    """

    fitness: DataFitness[BoxGenerator]
    settings: IschrunkSettings

    @classmethod
    def of(cls, problem: Problem, settings: IschrunkSettings) -> IschrunkTrainer:
        """For a problem with one steady state.

        Raises:
            ParameterError: several states, a generator or data that it cannot use, or several
                rounds with given labels.
        """
        fitness = DataFitness.of(problem, BoxGenerator, settings)
        given = fitness.data is not None and fitness.data.relevant is not None
        if given and settings.rounds > 1:
            raise ParameterError(
                f"rounds is {settings.rounds}, and data has labels of its own, which nothing here "
                "can give to new sets; give rounds=1"
            )
        return cls(fitness, settings)

    @property
    def digest(self) -> str:
        """Fingerprint of the fitness and its data."""
        return self.fitness.digest

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first round."""
        return TrainingState.begin(weights, rng, seed=seed)

    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """One round.

        Raises:
            ParameterError: too few relevant sets, or no leaf that is pure enough.
        """
        began = time.perf_counter()
        fitness, settings, rng = self.fitness, self.settings, rng_from(state.rng_state)
        seen = fitness.watched(state.weights, settings.monitor_models, child_rng(rng))
        boxes = fitness.generator.boxes(state.weights)
        if fitness.data is not None and state.step == 0:
            boxes = Boxes.whole(fitness.ranges.n_generated)
            which, data = np.zeros(settings.samples, np.int64), fitness.given()
        else:
            which, shares = boxes.draw(settings.samples, rng)
            data = fitness.label(self._chunks(shares, rng))
        fitness.require_some(data)
        found = rules_of(data, boxes, which, settings, int(rng.integers(2**31)))
        values = {
            "met": seen.met, "relevant": data.share_relevant, "precision": found.precision,
            "coverage": found.coverage, "boxes": float(len(found.boxes)),
        }  # fmt: skip
        after = replace(
            state, weights=found.boxes.flat(), step=state.step + 1,
            rng_state=dict(rng.bit_generator.state),
        )  # fmt: skip
        return after, Record(state.step, seen.lambda_max_per_h, values, time.perf_counter() - began)

    def _chunks(
        self, shares: NDArray[np.float32], rng: np.random.Generator
    ) -> Iterator[tuple[Array, None]]:
        for start in range(0, len(shares), CHUNK):
            yield km_of_shares(self.fitness.ranges, shares[start : start + CHUNK], rng), None


@dataclass(frozen=True)
class Rules:
    """What a tree found.

    Attributes:
        boxes: where to draw next.
        precision: share of relevant sets in the leaves that were kept.
        coverage: share of all relevant sets that are there.
    """

    boxes: Boxes
    precision: float
    coverage: float


def rules_of(
    data: Labelled,
    boxes: Boxes,
    which: NDArray[np.int64],
    settings: IschrunkSettings,
    seed: int,
) -> Rules:
    """Grow a tree on labelled sets, and cut the boxes that they were drawn in by its leaves.

    Args:
        data: the sets.
        boxes: they were drawn in.
        which: (sets,) number of the box of each.
        seed: of the tree, for splits that are equally good.

    Raises:
        ParameterError: no leaf is pure enough.
    """
    from sklearn.tree import DecisionTreeClassifier  # takes a second to load

    tree = DecisionTreeClassifier(
        criterion="entropy", max_leaf_nodes=settings.leaves, min_samples_leaf=settings.least,
        random_state=seed,
    ).fit(data.shares, data.relevant)  # fmt: skip
    leaf = tree.apply(data.shares)
    bounds = leaf_bounds(tree.tree_, data.shares.shape[1])
    sizes = {i: int((leaf == i).sum()) for i in bounds}
    good = {i: int(data.relevant[leaf == i].sum()) for i in bounds}
    purity = {i: good[i] / sizes[i] for i in bounds}
    order = sorted(bounds, key=lambda i: (-purity[i], i))
    if purity[order[0]] < settings.purity:
        raise ParameterError(
            f"no leaf of the tree has {settings.purity:.0%} relevant sets, the purest has "
            f"{purity[order[0]]:.1%}; give a smaller purity, more samples, or more rounds"
        )
    kept: list[int] = []
    held, wanted = 0, settings.keep * sum(good.values())
    for i in order:
        if kept and (held >= wanted or purity[i] < settings.purity or not good[i]):
            break
        kept.append(i)
        held += good[i]
    groups: dict[tuple[int, int], int] = {}
    for i, j in zip(which[data.relevant], leaf[data.relevant], strict=True):
        if j in kept:
            groups[int(i), int(j)] = groups.get((int(i), int(j)), 0) + 1
    heaviest = sorted(groups, key=lambda group: (-groups[group], group))[: settings.boxes]
    number = np.array([groups[group] for group in heaviest], dtype=np.float32)
    low = np.array([np.maximum(boxes.low[i], bounds[j][0]) for i, j in heaviest])
    high = np.array([np.minimum(boxes.high[i], bounds[j][1]) for i, j in heaviest])
    return Rules(
        Boxes(number / number.sum(), low, high),
        held / sum(sizes[i] for i in kept),
        held / sum(good.values()),
    )


def leaf_bounds(tree: Any, n_km: int) -> dict[int, tuple[Weights, Weights]]:
    """Lower and upper bounds of every leaf of a tree of scikit-learn, by its number."""
    found = {}
    todo = [(0, np.zeros(n_km, np.float32), np.ones(n_km, np.float32))]
    while todo:
        node, low, high = todo.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left == right:  # a leaf has none
            found[node] = low, high
            continue
        feature, at = int(tree.feature[node]), np.float32(tree.threshold[node])
        below, above = high.copy(), low.copy()
        below[feature], above[feature] = min(high[feature], at), max(low[feature], at)
        todo += [(left, low, below), (right, above, high)]
    return found
