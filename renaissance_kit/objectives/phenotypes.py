"""Phenotypes of knock-outs and knock-downs: growth or a flux at the new steady state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.runs import Run
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.labels import GROWTH_RATE
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant
from renaissance_kit.objectives.objective import (
    EVALUATIONS,
    Objective,
    Scores,
    joined,
    require_positive,
)
from renaissance_kit.simulation.shifts import SHIFT_TOLERANCES, Step, shift

LEAST = 1e-6
"""Of the wild type's growth or flux: less counts as this, so that 0 has a logarithm."""

PHENOTYPE_TABLE = Table(
    "a table of phenotypes",
    (
        Column("strain", filled=True),
        Column("reaction", filled=True),
        Column("factor", Kind.NUMBER, filled=True, least=0, most=1e6),
        Column("quantity", filled=True),
        Column("low", Kind.NUMBER, filled=True, least=0, most=1e6),
        Column("high", Kind.NUMBER, filled=True, least=0, most=1e6),
        Column("source", filled=True),
    ),
    key=("strain", "reaction", "quantity"),
    ranges=(("low", "", "high"),),
)


@dataclass(frozen=True)
class Phenotype:
    """What was seen of a strain, relative to the wild type.

    Attributes:
        strain: its name.
        vmax_factors: by reaction; 0 is a knock-out.
        quantity: ``growth``, or a reaction, whose flux was measured.
        low, high: range of the quantity over that of the wild type.
    """

    strain: str
    vmax_factors: Mapping[str, float]
    quantity: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high < np.inf:
            raise ParameterError(
                f"{self.strain}: {self.quantity} from {self.low} to {self.high} of the wild type's;"
                " give 0 ≤ low ≤ high"
            )

    def check(self, network: Network) -> None:
        """Raise ParameterError for an unknown reaction or quantity; DataError without growth."""
        Step(vmax_factors=self.vmax_factors).check(network)
        reaction_of(network, self.quantity)


@dataclass(frozen=True)
class Phenotypes(Objective):
    """Whether strains with changed enzymes do what was seen.

    Every strain is simulated from the steady state of the wild type, with its maximal velocities
    multiplied, until it is at a new steady state. The ratio r of the quantity to the wild type's is
    compared with the range seen: the score of a phenotype is exp(−d/width), d the distance of ln r
    from the range, and a model scores their mean. It meets the objective when every r is within its
    range. A flux that has turned counts as none, and by its size: three times the wild type's the
    other way is no flux of 0 to 0.2. A cell that does not settle within ``hours`` fails.

    Args:
        phenotypes: what was seen.
        hours: allowed to settle.
        width: in ln, of the score.
        evaluations: of the right-hand side allowed for one integration; a model that needs more
            fails.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> seen = Phenotypes((Phenotype("half HEX", {"HEX": 0.5}, "PGI", 0.1, 0.9),))
    >>> [f"{r:.2f}" for r in seen.evaluate(models, workers=1).values["half HEX: PGI"]]
    ['0.76', '0.76']
    """

    phenotypes: tuple[Phenotype, ...]
    hours: float = 200.0
    width: float = 0.5
    evaluations: int = EVALUATIONS

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "hours", "width", "evaluations")
        if not self.phenotypes:
            raise ParameterError("no phenotype; give at least one")

    @classmethod
    def read(cls, network: Network, path: str | Path, **settings: Any) -> Phenotypes:
        """From a table with the columns strain, reaction, factor, quantity, low, high, source.

        A strain with several changed enzymes has a row for each, with the same range; a strain of
        which several quantities were measured has all these rows for each of them.

        Raises:
            DataError: an unknown reaction or quantity, or rows of a strain that disagree.
        """
        rows: dict[tuple[str, str], list[Row]] = {}

        def take(row: Row) -> None:
            if row["reaction"] not in network.reaction_index:
                hint = meant(network, row["reaction"], network.kinetic_reactions)
                raise row.error(f"reaction {row['reaction']!r} is unknown{hint}")
            try:
                reaction_of(network, row["quantity"])
            except (ParameterError, DataError) as error:
                raise row.error(str(error)) from None
            own = rows.setdefault((row["strain"], row["quantity"]), [])
            if own and any(row.number(c) != own[0].number(c) for c in ("low", "high")):
                raise row.error(f"another range than line {own[0].line}; give one")
            own.append(row)

        each(PHENOTYPE_TABLE.read(path), take)
        found: list[Phenotype] = []
        for (strain, quantity), own in rows.items():
            factors = {row["reaction"]: row.number("factor") for row in own}
            for other in (p for p in found if p.strain == strain and p.vmax_factors != factors):
                raise own[0].error(
                    f"{strain} has {_factors(factors)} for {quantity} and "
                    f"{_factors(other.vmax_factors)} for {other.quantity}; give both the same "
                    "rows, or two strains two names"
                )
            low, high = own[0].number("low"), own[0].number("high")
            found.append(Phenotype(strain, factors, quantity, low, high))
        return cls(tuple(found), **settings)

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Simulate the strains; values ``STRAIN: QUANTITY`` over those of the wild type."""
        for phenotype in self.phenotypes:
            phenotype.check(models.network)
        times, values = np.array([0.0, self.hours]), {}
        scores, met, failed = [], np.ones(len(models), bool), np.zeros(len(models), bool)
        done: dict[tuple[tuple[str, float], ...], tuple[Array, Mask]] = {}
        for phenotype in self.phenotypes:
            factors = tuple(sorted(phenotype.vmax_factors.items()))
            if factors not in done:
                found = shift(
                    models, (Step(vmax_factors=dict(factors)),), times,
                    tolerances=replace(SHIFT_TOLERANCES, evaluations=self.evaluations),
                    run=Run(workers=workers),
                )  # fmt: skip
                done[factors] = found.rates[:, -1], found.steady
            rates, steady = done[factors]
            ratio = rates[:, reaction_of(models.network, phenotype.quantity)]
            ratio = np.where(steady, ratio, np.nan)
            low, high = (np.log(max(x, LEAST)) for x in (phenotype.low, phenotype.high))
            below = low - np.log(np.maximum(ratio, LEAST))
            above = np.log(np.maximum(np.abs(ratio), LEAST)) - high
            distance = np.maximum(np.maximum(below, above), 0.0)
            scores.append(np.nan_to_num(np.exp(-distance / self.width)))
            met &= distance == 0
            failed |= ~steady
            values[f"{phenotype.strain}: {phenotype.quantity}"] = ratio
        return Scores.of(
            joined(scores).mean(axis=1), met=met, failed=failed, values=values,
            cost={"integrations": len(models) * len(done)},
        )  # fmt: skip


def _factors(factors: Mapping[str, float]) -> str:
    return ", ".join(f"{name} × {factor:g}" for name, factor in factors.items())


def reaction_of(network: Network, quantity: str) -> int:
    """Position of the reaction that a quantity, ``growth`` or a reaction, is the rate of.

    Raises:
        ParameterError: no such reaction; names the nearest.
        DataError: growth, in a network without a growth reaction.
    """
    if quantity == GROWTH_RATE:
        return network.reaction_index[network.require_growth("a phenotype of growth")]
    if quantity not in network.reaction_index:
        known = (GROWTH_RATE, *network.kinetic_reactions)
        raise ParameterError(f"quantity {quantity!r} is unknown{nearest(quantity, known)}")
    return network.reaction_index[quantity]
