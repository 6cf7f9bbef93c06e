"""Amounts of proteins by gene, as amounts of the enzymes that they make up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.tables import Row
from renaissance_kit.network.network import Network
from renaissance_kit.omics.expression import genes_of, require_distinct_conditions
from renaissance_kit.omics.tables import AMOUNTS, PROTEIN_TABLE

Enzyme = tuple[str, ...]
"""Genes of the subunits."""


def enzyme_name(enzyme: Enzyme) -> str:
    """What tables call an enzyme: its genes, joined by a plus sign."""
    return "+".join(enzyme)


@dataclass(frozen=True)
class Proteins:
    """Amounts of proteins by condition and gene. Make it with `read` or `of`.

    Attributes:
        network: its gene rules say which enzymes the proteins make up.
        amounts_umol_gDW: by condition and gene; only genes of the network.
        molar_masses_g_mol: of one chain, by gene; of those whose mass is given.
        sources: by condition and gene.
        others: number of genes in the table that no reaction of the network names.

    >>> import pandas as pd
    >>> from renaissance_kit import Network
    >>> from renaissance_kit.omics import Proteins
    >>> table = pd.DataFrame({"gene": ["hexA", "hexB", "pgiA"], "condition": "batch",
    ...                       "protein_umol_gDW": [0.02, 0.01, 0.03], "source": "made up"})
    >>> proteins = Proteins.of(Network.example("tiny"), table)
    >>> proteins.enzymes("HEX", "batch"), proteins.enzymes("PGI", "batch")
    ({('hexA', 'hexB'): 0.01}, None)
    """

    network: Network = field(repr=False)
    amounts_umol_gDW: Mapping[str, Mapping[str, float]]
    molar_masses_g_mol: Mapping[str, float]
    sources: Mapping[str, Mapping[str, str]] = field(repr=False)
    others: int

    @classmethod
    def read(cls, network: Network, path: str | Path) -> Proteins:
        """Read a UTF-8 CSV table.

        Columns: gene, condition, source; the amount in ``protein_umol_gDW`` or in ``protein_uM``
        (per litre of cell); if wanted ``molar_mass_g_mol``. Genes that the network does not name
        are left out.

        Raises:
            DataError: with file, line and remedy; or no gene of the network is in the table.
        """
        return _proteins(network, PROTEIN_TABLE.read(path))

    @classmethod
    def of(cls, network: Network, frame: pd.DataFrame) -> Proteins:
        """As `read`, from a pandas table; messages count its rows from 0."""
        return _proteins(network, PROTEIN_TABLE.of(frame))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions, in the order of the table."""
        return tuple(self.amounts_umol_gDW)

    def enzymes(
        self, reaction: str, condition: str, *, unmeasured_is_absent: bool = False
    ) -> dict[Enzyme, float] | None:
        """Amount of each enzyme of a reaction, µmol/gDW.

        A complex is limited by its scarcest subunit, each counted once a complex. Subunits that
        were not measured do not limit it.

        Args:
            unmeasured_is_absent: an isoenzyme of which nothing was measured is not there.

        Returns:
            By the genes of the enzyme. None where there is an isoenzyme of which nothing was
            measured, so that the amount has no upper end; or where the reaction has no rule.

        Raises:
            ParameterError: an unknown condition.
        """
        if condition not in self.amounts_umol_gDW:
            raise ParameterError(
                f"no condition {condition!r}{nearest(condition, self.conditions)} There are: "
                f"{', '.join(self.conditions)}"
            )
        amounts = self.amounts_umol_gDW[condition]
        if reaction not in self.network.gene_rules:
            return None
        found = {}
        for enzyme in self.network.gene_rules[reaction].enzymes:
            known = [amounts[gene] for gene in enzyme if gene in amounts]
            if known:
                found[enzyme] = min(known)
            elif not unmeasured_is_absent:
                return None
        return found or None

    def source(self, condition: str, enzyme: Enzyme) -> str:
        """Where the amounts of the subunits come from."""
        of = self.sources[condition]
        return "; ".join(dict.fromkeys(of[gene] for gene in enzyme if gene in of))

    def molar_mass_g_mol(self, enzyme: Enzyme) -> float:
        """Of all subunits together, each counted once.

        Raises:
            DataError: a mass is missing.
        """
        missing = [gene for gene in enzyme if gene not in self.molar_masses_g_mol]
        if missing:
            raise DataError(
                f"no molar_mass_g_mol of {', '.join(missing)}; fill it in in the table of proteins"
            )
        return sum(self.molar_masses_g_mol[gene] for gene in enzyme)


def _proteins(network: Network, rows: list[Row]) -> Proteins:
    known = genes_of(network, rows)
    require_distinct_conditions(rows)
    density = network.conditions["dry_weight_density"].value
    amounts: dict[str, dict[str, float]] = {row["condition"]: {} for row in rows}
    sources: dict[str, dict[str, str]] = {row["condition"]: {} for row in rows}
    masses: dict[str, float] = {}
    for row in rows:
        gene, condition = row["gene"], row["condition"]
        if gene not in known:
            continue
        per_gDW = row.number(AMOUNTS[0])
        if math.isnan(per_gDW):
            per_gDW = row.number(AMOUNTS[1]) / density
        amounts[condition][gene] = per_gDW
        sources[condition][gene] = row["source"]
        mass = row.number("molar_mass_g_mol")
        if not math.isnan(mass) and masses.setdefault(gene, mass) != mass:
            raise row.error(
                f"{gene} has a mass of {masses[gene]:g} g/mol in another row; correct one"
            )
    empty = [name for name, of in amounts.items() if not of]
    if empty:
        raise DataError(
            f"no protein of {network.name} was measured in {', '.join(empty)}; remove the "
            "condition, or correct its name"
        )
    others = len({row["gene"] for row in rows} - known)
    return Proteins(network, amounts, masses, sources, others)
