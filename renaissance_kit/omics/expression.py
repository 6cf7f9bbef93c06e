"""Levels of genes in several conditions, and what they say of reactions by the gene rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.tables import Row
from renaissance_kit.network.network import Network
from renaissance_kit.omics.tables import EXPRESSION_TABLE

LEAST_RATIO, LARGEST_RATIO = 0.01, 100.0
"""Range to which ratios are clipped, as in REMI."""


@dataclass(frozen=True)
class Expression:
    """Levels of transcripts or proteins by condition and gene. Make one with `read` or `of`.

    Attributes:
        network: its gene rules say what the genes do.
        levels: by condition and gene, proportional to the amount; only genes of the network.
        others: number of genes in the table that no reaction of the network names.

    >>> import pandas as pd
    >>> from renaissance_kit import Network
    >>> from renaissance_kit.omics import Expression
    >>> table = pd.DataFrame({"gene": ["hexA", "hexB", "hexA", "hexB"], "level": [1, 4, 4, 16],
    ...                       "condition": ["low", "low", "high", "high"], "source": "made up"})
    >>> Expression.of(Network.example("tiny"), table).reaction_ratios("low", "high")
    {'HEX': 4.0}
    """

    network: Network = field(repr=False)
    levels: Mapping[str, Mapping[str, float]]
    others: int

    @classmethod
    def read(cls, network: Network, path: str | Path) -> Expression:
        """Read a UTF-8 CSV table with the columns gene, condition, level and source.

        Genes that the network does not name are left out; tables may be those of a whole genome.

        Raises:
            DataError: with file, line and remedy; or no gene of the network is in the table.
        """
        return _expression(network, EXPRESSION_TABLE.read(path))

    @classmethod
    def of(cls, network: Network, frame: pd.DataFrame) -> Expression:
        """As `read`, from a pandas table; messages count its rows from 0."""
        return _expression(network, EXPRESSION_TABLE.of(frame))

    @classmethod
    def example(cls, network: Network) -> Expression:
        """Read ``expression.csv`` of the network's folder."""
        return cls.read(network, network.file(EXPRESSION_TABLE.name))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions, in the order of the table."""
        return tuple(self.levels)

    def of_condition(self, name: str) -> Mapping[str, float]:
        """Level of each gene in a condition.

        Raises:
            ParameterError: there is no such condition.
        """
        if name not in self.levels:
            raise ParameterError(
                f"no condition {name!r}{nearest(name, self.levels)} There are: "
                f"{', '.join(self.conditions)}"
            )
        return self.levels[name]

    def reaction_levels(self, condition: str) -> dict[str, float]:
        """Level of each reaction: the least subunit of a complex, the largest isoenzyme.

        Returns:
            By kinetic reaction, without those of which no gene was measured.
        """
        return self._by_rule(self.of_condition(condition), complex=min, isoenzymes=max)

    def gene_ratios(self, before: str, after: str) -> dict[str, float]:
        """Level after over level before, of each gene that was measured in both.

        A gene with a level of zero in one of the two has the ratio 100 or 0.01, and none where it
        is zero in both.
        """
        old, new = self.of_condition(before), self.of_condition(after)
        found = {}
        for gene in old:
            if gene in new and (old[gene] or new[gene]):
                ratio = new[gene] / old[gene] if old[gene] else math.inf
                zero = not (old[gene] and new[gene])
                found[gene] = min(max(ratio, LEAST_RATIO), LARGEST_RATIO) if zero else ratio
        return found

    def reaction_ratios(self, before: str, after: str) -> dict[str, float]:
        """Ratio of each reaction: geometric mean over a complex, arithmetic over isoenzymes.

        As in REMI (Pandey, Hadadi & Hatzimanikatis 2019 PLoS Comput Biol 15:e1007036), clipped to
        0.01 … 100.

        Returns:
            By kinetic reaction, without those of which no gene was measured.
        """
        ratios = self._by_rule(
            self.gene_ratios(before, after), complex=_geometric_mean, isoenzymes=fmean
        )
        return {r: min(max(x, LEAST_RATIO), LARGEST_RATIO) for r, x in ratios.items()}

    def table(self) -> pd.DataFrame:
        """One row a gene of the network: its reactions, and its levels; NaN where not measured."""
        reactions: dict[str, list[str]] = {gene: [] for gene in self.network.genes}
        for name, rule in self.network.gene_rules.items():
            for gene in rule.genes:
                reactions[gene].append(name)
        columns = {
            c: [levels.get(g, np.nan) for g in reactions] for c, levels in self.levels.items()
        }
        return pd.DataFrame(
            {"gene": list(reactions), "reactions": [", ".join(r) for r in reactions.values()]}
            | columns
        )

    def _by_rule(
        self, of_gene: Mapping[str, float], *, complex: object, isoenzymes: object
    ) -> dict[str, float]:
        kinetic = self.network.reaction_index
        found = {
            name: rule.value(of_gene, complex=complex, isoenzymes=isoenzymes)  # type: ignore[arg-type]
            for name, rule in self.network.gene_rules.items()
            if name in kinetic
        }
        return {name: value for name, value in found.items() if value is not None}


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(fmean(math.log(v) for v in values))


def genes_of(network: Network, rows: list[Row]) -> set[str]:
    """Genes of the network that a table names.

    Raises:
        DataError: none; or the network has no gene rules.
    """
    known = set(network.genes)
    if not known:
        raise DataError(
            f"{network.name} has no gene rules; fill in the column gpr of reactions.csv, such as "
            "'b1263 and b1264'"
        )
    found = {row["gene"] for row in rows} & known
    if not found:
        raise rows[0].error(
            f"no gene of this table is in {network.name}, whose genes are called "
            f"{', '.join(network.genes[:3])}, ...{nearest(rows[0]['gene'], known)} Rename the genes"
        )
    return found


def require_distinct_conditions(rows: list[Row]) -> None:
    """Raise DataError where two conditions differ in upper and lower case or spaces only."""
    seen: dict[str, Row] = {}
    for row in rows:
        first = seen.setdefault("".join(row["condition"].casefold().split()), row)
        if first["condition"] != row["condition"]:
            raise row.error(
                f"condition {row['condition']!r} is {first['condition']!r} in {first.counted} "
                f"{first.line}; write it one way"
            )


def _expression(network: Network, rows: list[Row]) -> Expression:
    known = genes_of(network, rows)
    require_distinct_conditions(rows)
    levels: dict[str, dict[str, float]] = {row["condition"]: {} for row in rows}
    for row in rows:
        if row["gene"] in known:
            levels[row["condition"]][row["gene"]] = row.number("level")
    empty = [name for name, of in levels.items() if not of]
    if empty:
        raise DataError(
            f"no gene of {network.name} was measured in {', '.join(empty)}; remove the condition, "
            "or correct its name"
        )
    others = len({row["gene"] for row in rows} - known)
    return Expression(network, levels, others)
