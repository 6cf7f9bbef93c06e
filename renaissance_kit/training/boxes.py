"""A generator that draws within boxes: the rules that iSCHRUNK finds.

A box holds an interval of every constant; most of them are the whole range. Sets are drawn
log-uniform in a box that is chosen by weight. A new generator has one box, the whole of the ranges,
which is unbiased sampling.

A tree asks only whether a constant is above a value, so rules on ln KM and on the saturation of an
enzyme, c/(K + c), are the same rules; `BoxGenerator.rules` gives the bounds in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.training.labelled import km_of_shares, shares_of


@dataclass(frozen=True)
class Boxes:
    """Boxes in shares of the ranges of ln KM, from 0 to 1.

    Attributes:
        weight: (boxes,) with which they are drawn, of sum 1.
        low, high: (boxes, generated km).
    """

    weight: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.weight)

    @classmethod
    def whole(cls, n_km: int) -> Boxes:
        """One box, the whole of the ranges."""
        return cls(np.ones(1, np.float32), np.zeros((1, n_km), np.float32),
                   np.ones((1, n_km), np.float32))  # fmt: skip

    def flat(self) -> Weights:
        """Box after box: its weight, its lower bounds, its upper bounds."""
        rows = np.concatenate([self.weight[:, None], self.low, self.high], axis=1)
        return rows.astype(np.float32).ravel()

    def draw(
        self, n: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Draw n sets: number of their box (n,), and shares (n, generated km)."""
        weight = self.weight.astype(np.float64)
        which = rng.choice(len(self), n, p=weight / weight.sum())
        u = rng.random((n, self.low.shape[1]), dtype=np.float32)
        return which, self.low[which] + u * (self.high[which] - self.low[which])

    def inside(self, shares: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(sets,) whether a set is in any of the boxes."""
        found = np.zeros(len(shares), dtype=bool)
        for low, high in zip(self.low, self.high, strict=True):
            narrow = (low > 0) | (high < 1)
            part = shares[:, narrow]
            found |= ((part >= low[narrow]) & (part <= high[narrow])).all(axis=1)
        return found


@dataclass(frozen=True)
class BoxGenerator:
    """Draws sets of constants within boxes, which are its weights; see `Boxes.flat` for the layout.

    Args:
        ranges: bounds of the constants.

    >>> import numpy as np
    >>> from renaissance_kit import KMRanges, Network
    >>> from renaissance_kit.training import BoxGenerator
    >>> generator = BoxGenerator(KMRanges.of(Network.example("tiny")))
    >>> rng = np.random.default_rng(1)
    >>> generator.sample(generator.initial_weights(rng), 5, rng).shape
    (5, 10)
    """

    ranges: KMRanges

    @property
    def architecture(self) -> str:
        """Everything but the bounds and weights, as text."""
        return "iSCHRUNK"

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """One box, the whole of the ranges: unbiased sampling."""
        return Boxes.whole(self.ranges.n_generated).flat()

    def boxes(self, weights: Weights) -> Boxes:
        """The boxes that flat weights hold."""
        self.check(weights)
        n = self.ranges.n_generated
        rows = weights.reshape(-1, 1 + 2 * n)
        return Boxes(rows[:, 0], rows[:, 1 : 1 + n], rows[:, 1 + n :])

    def sample(self, weights: Weights, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM, (n, km).

        Raises:
            ParameterError: n below 1, or weights that are no boxes.
        """
        if n < 1:
            raise ParameterError(f"asked for {n} models; ask for at least 1")
        return km_of_shares(self.ranges, self.boxes(weights).draw(n, rng)[1], rng)

    def inside(self, weights: Weights, km_mM: Array) -> NDArray[np.bool_]:
        """Whether sets of constants (sets, km) in mM are in any of the boxes, (sets,)."""
        return self.boxes(weights).inside(shares_of(self.ranges, km_mM))

    def narrowing(self, weights: Weights) -> pd.Series:
        """How much the rules say about each generated constant, the most first.

        −ln of the share of its range that is left, in nats, mean over the boxes by weight.
        """
        boxes = self.boxes(weights)
        with np.errstate(divide="ignore"):
            nats = -np.log((boxes.high - boxes.low).astype(np.float64))
        found = np.average(nats, axis=0, weights=boxes.weight)
        names = np.array(self.ranges.names)[~self.ranges.fixed]
        order = np.argsort(-found, kind="stable")
        return pd.Series(found[order], index=names[order], name="nats")

    def rules(self, weights: Weights, network: Network, state: SteadyState) -> pd.DataFrame:
        """The bounds that the boxes set, one row for each constant that a box narrows.

        Args:
            network, state: for the saturation c/(K + c) of the enzyme.

        Returns:
            Columns box, weight, constant, low_mM, high_mM, low_saturation, high_saturation.
        """
        ranges, boxes = self.ranges, self.boxes(weights)
        free = np.flatnonzero(~ranges.fixed)
        low, width = np.log(ranges.low_mM), np.log(ranges.high_mM / ranges.low_mM)
        rows = []
        for box in range(len(boxes)):
            for i in np.flatnonzero((boxes.low[box] > 0) | (boxes.high[box] < 1)):
                name, k = ranges.names[free[i]], free[i]
                bounds = [
                    float(np.exp(low[k] + float(part[box, i]) * width[k]))
                    for part in (boxes.low, boxes.high)
                ]
                c = state.concentrations_mM[network.species.index(name.split(":")[1])]
                rows.append(
                    {
                        "box": box, "weight": float(boxes.weight[box]), "constant": name,
                        "low_mM": bounds[0], "high_mM": bounds[1],
                        "low_saturation": float(c / (bounds[1] + c)),
                        "high_saturation": float(c / (bounds[0] + c)),
                    }
                )  # fmt: skip
        columns = ["box", "weight", "constant", "low_mM", "high_mM",
                   "low_saturation", "high_saturation"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights are boxes within the ranges."""
        n = self.ranges.n_generated
        if weights.ndim != 1 or not weights.size or weights.size % (1 + 2 * n):
            raise ParameterError(
                f"weights have shape {weights.shape}; boxes of {n} constants have a multiple of "
                f"{1 + 2 * n} numbers"
            )
        rows = weights.reshape(-1, 1 + 2 * n)
        low, high = rows[:, 1 : 1 + n], rows[:, 1 + n :]
        if not ((rows[:, 0] > 0).all() and ((low >= 0) & (low <= high) & (high <= 1)).all()):
            raise ParameterError(
                "weights are not finite boxes: each has a positive weight, lower bounds from 0 and "
                "upper bounds to 1; give the weights of a training with iSCHRUNK"
            )

    def digest(self, weights: Weights) -> str:
        """Fingerprint of bounds and boxes."""
        ranges = self.ranges
        return fingerprint(
            self.architecture, ranges.low_mM, ranges.high_mM, ranges.fixed, weights
        )  # fmt: skip
