"""From turnover numbers and proteins to bounds of fluxes.

Three bounds, each with the turnover number kcat of a reaction, or of each of its isoenzymes:

- a capacity, v ≤ Σ kcat · E over the isoenzymes (`capacity_table`, which
  `renaissance_kit.analysis.EnzymeCapacities` reads);
- an enzyme that several reactions share, Σ |v|/kcat ≤ E (`shared_enzymes`; GECKO, Sánchez et al.
  2017 Mol Syst Biol 13:935);
- the mass of protein that all enzymes share, Σ |v| MW/kcat ≤ P, with the cheapest isoenzyme of each
  reaction (`protein_pool`; sMOMENT, Bekiaris & Klamt 2020 BMC Bioinformatics 21:19).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.tables import Row, each
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant
from renaissance_kit.omics.proteins import Enzyme, Proteins, enzyme_name
from renaissance_kit.omics.tables import TURNOVER_TABLE
from renaissance_kit.states.enzyme_pool import EnzymePool

_SECONDS = 3600.0
_ANY = ""  # of all isoenzymes of a reaction


@dataclass(frozen=True)
class Turnover:
    """Turnover numbers of one enzyme in one reaction, 1/s.

    Attributes:
        reverse_per_s: NaN where it is not known.
    """

    forward_per_s: float
    reverse_per_s: float
    source: str

    @property
    def ways_per_s(self) -> tuple[float, float]:
        """Forward and reverse; the reverse one as the forward one where it is not known."""
        unknown = math.isnan(self.reverse_per_s)
        return self.forward_per_s, self.forward_per_s if unknown else self.reverse_per_s


@dataclass(frozen=True)
class Turnovers:
    """Turnover numbers by reaction and enzyme. Make it with `read` or `of`.

    Attributes:
        network: the network.
        numbers: by reaction and name of the enzyme (its genes joined by ``+``; empty for all).

    >>> import pandas as pd
    >>> from renaissance_kit import Network
    >>> from renaissance_kit.omics import Turnovers
    >>> table = pd.DataFrame({"reaction": ["PGI"], "kcat_per_s": [250], "source": ["made up"]})
    >>> Turnovers.of(Network.example("tiny"), table).of_enzyme("PGI", ("pgiB",)).forward_per_s
    250.0
    """

    network: Network
    numbers: Mapping[str, Mapping[str, Turnover]]

    @classmethod
    def read(cls, network: Network, path: str | Path) -> Turnovers:
        """Read a UTF-8 CSV table.

        Columns: reaction, kcat_per_s, source; if wanted ``kcat_reverse_per_s``, and ``enzyme``,
        which names an isoenzyme by its genes, such as ``b0726+b0116+b0727``.

        Raises:
            DataError: with file, line and remedy.
        """
        return _turnovers(network, TURNOVER_TABLE.read(path))

    @classmethod
    def of(cls, network: Network, frame: pd.DataFrame) -> Turnovers:
        """As `read`, from a pandas table; messages count its rows from 0."""
        return _turnovers(network, TURNOVER_TABLE.of(frame))

    def of_enzyme(self, reaction: str, enzyme: Enzyme) -> Turnover | None:
        """That of an isoenzyme, else of all; None where neither is known."""
        of = self.numbers.get(reaction, {})
        return of.get(enzyme_name(enzyme), of.get(_ANY))


def capacity_table(
    proteins: Proteins,
    condition: str,
    turnovers: Turnovers,
    *,
    unmeasured_is_absent: bool = False,
) -> pd.DataFrame:
    """Amounts and turnover numbers of the enzymes of each reaction, one row an isoenzyme.

    Args:
        unmeasured_is_absent: as in `Proteins.enzymes`.

    Returns:
        A table as `renaissance_kit.analysis.EnzymeCapacities.of` takes it: reaction, enzyme,
        kcat_per_s, kcat_reverse_per_s, enzyme_umol_gDW, source. Reactions without a turnover
        number, whose enzymes have no upper end or an amount of 0 (below detection), or whose rate
        law has no Michaelis constant, are not in it; nor is growth.

    Raises:
        ParameterError: an unknown condition.
    """
    rows = []
    network = proteins.network
    saturable = {name.split(":")[0] for name in network.km_names if name.count(":") == 1}
    for reaction in turnovers.numbers:
        if reaction not in saturable - {network.growth}:
            continue
        found = proteins.enzymes(reaction, condition, unmeasured_is_absent=unmeasured_is_absent)
        known = {e: turnovers.of_enzyme(reaction, e) for e in found or ()}
        if not known or None in known.values():
            continue
        for enzyme, number in known.items():
            assert number is not None
            assert found is not None
            if found[enzyme] > 0:
                source = f"kcat: {number.source}; amount: {proteins.source(condition, enzyme)}"
                rows.append((reaction, enzyme_name(enzyme), number.forward_per_s,
                             number.reverse_per_s, found[enzyme], source))  # fmt: skip
    columns = [
        "reaction", "enzyme", "kcat_per_s", "kcat_reverse_per_s", "enzyme_umol_gDW", "source",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def shared_enzymes(
    proteins: Proteins,
    condition: str,
    turnovers: Turnovers,
    *,
    unmeasured_is_absent: bool = False,
) -> dict[str, EnzymePool]:
    """A pool for each enzyme that several reactions use.

    Reactions share an enzyme where their gene rules name the same isoenzymes, in any order. Of
    those with different turnover numbers the fastest counts, so that the bound is never too tight;
    where no turnover number of the reverse direction is known, it is taken to be that of the
    forward one. An enzyme with an amount of 0 (below detection) bounds nothing.

    Returns:
        By the names of the reactions, joined by ``+``; for `Constraints.enzyme_pools`.

    Raises:
        ParameterError: an unknown condition.
    """
    groups: dict[frozenset[frozenset[str]], list[str]] = {}
    for reaction in turnovers.numbers:
        if reaction in proteins.network.gene_rules:
            rule = proteins.network.gene_rules[reaction]
            groups.setdefault(frozenset(map(frozenset, rule.enzymes)), []).append(reaction)
    pools = {}
    for reactions in groups.values():
        found = proteins.enzymes(reactions[0], condition, unmeasured_is_absent=unmeasured_is_absent)
        if len(reactions) < 2 or not found or not sum(found.values()):
            continue
        costs = {}
        for reaction in reactions:
            own = proteins.enzymes(reaction, condition, unmeasured_is_absent=unmeasured_is_absent)
            numbers = [n for e in own or () if (n := turnovers.of_enzyme(reaction, e)) is not None]
            if len(numbers) == len(found):
                ways = zip(*(n.ways_per_s for n in numbers), strict=True)
                forward, back = (1e3 / (_SECONDS * max(kcats)) for kcats in ways)
                costs[reaction] = (forward, back)
        if len(costs) > 1:
            sources = dict.fromkeys(proteins.source(condition, enzyme) for enzyme in found)
            pools["+".join(costs)] = EnzymePool(
                costs, sum(found.values()), "µmol/gDW", "; ".join(sources)
            )
    return pools


def protein_pool(
    proteins: Proteins, turnovers: Turnovers, limit_g_gDW: float, source: str
) -> EnzymePool:
    """The mass of protein that the enzymes of all reactions with a turnover number share.

    Each reaction costs MW/kcat of its cheapest isoenzyme, of those with a turnover number. Where
    no turnover number of the reverse direction is known, it is taken to be that of the forward one.

    Args:
        proteins: with ``molar_mass_g_mol``; amounts do not matter.
        limit_g_gDW: most that all of them together may weigh.
        source: where the limit comes from.

    Raises:
        DataError: an enzyme has no molar mass.
        ParameterError: a limit that is not positive, or no reaction has a gene rule.
    """
    costs = {}
    for reaction in turnovers.numbers:
        if reaction not in proteins.network.gene_rules:
            continue
        ends = [math.inf, math.inf]
        for enzyme in proteins.network.gene_rules[reaction].enzymes:
            number = turnovers.of_enzyme(reaction, enzyme)
            if number is None:
                continue
            mass = 1e-3 * proteins.molar_mass_g_mol(enzyme)
            for i, kcat in enumerate(number.ways_per_s):
                ends[i] = min(ends[i], mass / (_SECONDS * kcat))
        if math.isfinite(ends[0]):
            costs[reaction] = (ends[0], ends[1])
    if not costs:
        raise ParameterError("no reaction with a turnover number has a gene rule; add some")
    return EnzymePool(costs, limit_g_gDW, "g/gDW", source)


def _turnovers(network: Network, rows: list[Row]) -> Turnovers:
    found: dict[str, dict[str, Turnover]] = {}

    def take(row: Row) -> None:
        reaction, enzyme = row["reaction"], row["enzyme"].replace(" ", "")
        if reaction not in network.reaction_index:
            hint = meant(network, reaction, network.kinetic_reactions)
            raise row.error(
                f"{reaction!r} is no kinetic reaction of {network.name}{hint} Correct it or remove "
                "the row"
            )
        if reaction not in network.gene_rules:
            raise row.error(
                f"{reaction} has no gene rule; fill in the column gpr of reactions.csv, or remove "
                "the row"
            )
        names = [enzyme_name(e) for e in network.gene_rules[reaction].enzymes]
        if enzyme and enzyme not in names:
            raise row.error(
                f"{enzyme!r} is no enzyme of {reaction}; write one of {', '.join(names)}, or leave "
                "it empty for all"
            )
        if enzyme in found.setdefault(reaction, {}):
            raise row.error(f"{enzyme or reaction} stands already in another row; remove one")
        found[reaction][enzyme] = Turnover(
            row.number("kcat_per_s"), row.number("kcat_reverse_per_s"), row["source"]
        )

    each(rows, take)
    return Turnovers(network, {r: found[r] for r in network.kinetic_reactions if r in found})
