"""The metabolic network: metabolites, reactions, stoichiometry and conserved moieties.

A network is read from a folder of tables (see ``data/README.md``) and validated on the way.

Order matters everywhere: *species* are the metabolites that stand in the kinetics, the dynamic
ones first, then those held constant (medium, and by-products that nothing consumes). *Kinetic
reactions* are those with a rate law. Arrays of the other modules follow these two orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.paths import example_folder, network_place
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.core.types import Array
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.gene_rules import GeneRule, enzymes_needed
from renaissance_kit.network.labels import (
    Labels,
    constants_for_readers,
    names_for_readers,
)
from renaissance_kit.network.moieties import ConservedMoiety, conserved_moieties
from renaissance_kit.network.reading import read_tables, tables_from
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction
from renaissance_kit.network.regulation import NONE
from renaissance_kit.network.tables import REGULATION_TABLE

if TYPE_CHECKING:
    import pandas as pd


@compared_by_value
@dataclass(frozen=True)
class Network:
    """A metabolic network with rate laws. Make one with `Network.from_folder`.

    ``regulation`` is the name of the table ``regulation_NAME.csv`` that it was read with.

    >>> from renaissance_kit import Network
    >>> network = Network.example("tiny")
    >>> network
    Network('tiny': 5 kinetic reactions, 6 dynamic metabolites, 10 KM)
    """

    name: str
    metabolites: Mapping[str, Metabolite]
    reactions: Mapping[str, Reaction]
    compartments: Mapping[str, Compartment]
    conditions: Mapping[str, Quantity]
    folder: Path | None = field(default=None, compare=False)
    labels: Labels = field(default_factory=dict, compare=False)
    regulation: str = field(default="", compare=False)

    @classmethod
    def from_folder(cls, folder: str | Path, *, regulation: str = "") -> Network:
        """Read and validate a data folder.

        Args:
            folder: holds ``metabolites.csv``, ``reactions.csv``, ``compartments.csv`` and
                ``conditions.csv``; columns and units in ``data/README.md``.
            regulation: name of a table ``regulation_NAME.csv`` in the folder; if not given,
                ``regulation.csv`` where there is one; ``none`` for no inhibition or activation.

        Raises:
            DataError: anything that the model cannot use, with file, line and remedy.
        """
        folder = Path(folder).expanduser()
        tables = read_tables(folder, regulation)
        return cls(
            f"{folder.name}+{regulation}" if regulation else folder.name,
            tables.metabolites,
            tables.reactions,
            tables.compartments,
            tables.conditions,
            folder,
            tables.labels,
            "" if regulation == NONE else regulation,
        )

    @classmethod
    def from_tables(cls, name: str, tables: Mapping[str, pd.DataFrame]) -> Network:
        """Make a network from tables in memory, checked as those of a folder are.

        Args:
            name: of the network.
            tables: by name of their files, as `renaissance_kit.network.tables_of` gives them.

        Raises:
            DataError: anything that the model cannot use, with table, row and remedy.
        """
        regulation = REGULATION_TABLE.name
        found = tables_from(
            lambda table: table.of(tables[table.name]),
            lambda: REGULATION_TABLE.of(tables[regulation]) if regulation in tables else [],
        )
        return cls(name, found.metabolites, found.reactions, found.compartments, found.conditions)

    @classmethod
    def example(cls, name: str = "ecoli_w3110_trpd9923", *, regulation: str = "") -> Network:
        """Read a network that comes with the toolkit: ``tiny`` or ``ecoli_w3110_trpd9923``.

        Args:
            regulation: as in `from_folder`; the *E. coli* folder has ``published``.

        >>> Network.example(regulation="published")
        Network('ecoli_w3110_trpd9923+published': 123 kinetic reactions, 90 dynamic metabolites, \
490 constants)
        """
        return cls.from_folder(example_folder(name), regulation=regulation)

    @classmethod
    def open(cls, network: str | Path | Network) -> Network:
        """Read a network by the name of an example or the path of a folder.

        Args:
            network: ``ecoli_w3110_trpd9923``, ``data/my_strain``, or a network, which is returned
                as it is. A name of an example goes before a folder of that name. After a plus
                sign stands the ``regulation`` of `from_folder`: ``ecoli_w3110_trpd9923+published``.

        Raises:
            DataError: neither an example nor a folder; or the tables have mistakes.

        >>> from renaissance_kit import Network
        >>> Network.open("tiny").name
        'tiny'
        """
        if isinstance(network, Network):
            return network
        folder, regulation = network_place(network)
        return cls.from_folder(folder, regulation=regulation)

    def file(self, name: str) -> Path:
        """Path of a file in the folder of this network, whether it is there or not.

        Raises:
            DataError: the network was not read from a folder.
        """
        if self.folder is None:
            raise DataError(
                f"the network was not read from a folder, so it has no {name}; give the data "
                "yourself, or read it with Network.from_folder"
            )
        return self.folder / name

    def __repr__(self) -> str:
        return (
            f"Network({self.name!r}: {len(self.kinetic_reactions)} kinetic reactions, "
            f"{len(self.dynamic)} dynamic metabolites, {len(self.km_names)} "
            f"{'constants' if self.regulated else 'KM'})"
        )

    # --- names, in the order of the arrays -------------------------------------------------

    @cached_property
    def kinetic_reactions(self) -> tuple[str, ...]:
        """Ids of the reactions with a rate law."""
        return tuple(r.id for r in self.reactions.values() if r.kinetic)

    @cached_property
    def dynamic(self) -> tuple[str, ...]:
        """Ids of the metabolites with a differential equation."""
        return tuple(m.id for m in self.metabolites.values() if m.role == "dynamic")

    @cached_property
    def constant(self) -> tuple[str, ...]:
        """Ids of the metabolites held constant in the single-cell model."""
        return tuple(m.id for m in self.metabolites.values() if m.role == "constant")

    @cached_property
    def species(self) -> tuple[str, ...]:
        """`dynamic`, then `constant`: the order of every array of concentrations."""
        return self.dynamic + self.constant

    @cached_property
    def species_index(self) -> Mapping[str, int]:
        """Position of each species."""
        return {name: i for i, name in enumerate(self.species)}

    @cached_property
    def reaction_index(self) -> Mapping[str, int]:
        """Position of each kinetic reaction."""
        return {name: i for i, name in enumerate(self.kinetic_reactions)}

    @cached_property
    def km_names(self) -> tuple[str, ...]:
        """All constants that are generated, in mM: Michaelis constants, then those of modifiers.

        ``reaction:metabolite`` of the substrates and products of each law, then
        ``reaction:metabolite:Ki`` and so on, as `renaissance_kit.laws.MODIFIERS` calls them.
        """
        reactions = [self.reactions[r] for r in self.kinetic_reactions]
        michaelis = [
            f"{reaction.id}:{metabolite}"
            for reaction in reactions
            if REGISTRY[reaction.rate_law].has_km
            for metabolite, _ in reaction.substrates + reaction.products
        ]
        modifiers = [
            f"{reaction.id}:{m.metabolite}:{constant}"
            for reaction in reactions
            for m in reaction.modifiers
            for constant, _ in MODIFIERS[m.kind].constants
        ]
        return (*michaelis, *modifiers)

    @property
    def regulated(self) -> bool:
        """Whether any reaction is inhibited or activated."""
        return any(r.modifiers for r in self.reactions.values())

    @cached_property
    def km_index(self) -> Mapping[str, int]:
        """Position of each of `km_names`."""
        return {name: i for i, name in enumerate(self.km_names)}

    def without_modifiers(self, *reactions: str) -> Network:
        """The same network without inhibition and activation of some reactions, or of any.

        Args:
            reactions: ids; all if none is given.

        Raises:
            ParameterError: a reaction that is not in the network, or that has no modifier.

        >>> network = Network.example(regulation="published")
        >>> len(network.km_names), len(network.without_modifiers("DDPA").km_names)
        (490, 488)
        >>> network.without_modifiers().regulated
        False
        """
        known = [r for r in self.kinetic_reactions if self.reactions[r].modifiers]
        for name in reactions:
            if name not in known:
                problem = "has no modifier" if name in self.reactions else "is not in the network"
                raise ParameterError(f"{name!r} {problem}{nearest(name, known)}")
        gone = set(reactions or known)
        return replace(
            self,
            reactions={
                name: replace(r, modifiers=()) if name in gone else r
                for name, r in self.reactions.items()
            },
        )

    # --- genes ---------------------------------------------------------------------------------

    @cached_property
    def gene_rules(self) -> Mapping[str, GeneRule]:
        """Gene rule of each reaction that needs the product of a gene.

        One that also runs by itself (``b0451 or s0001``, as BiGG's models write it) has none.

        >>> Network.example().gene_rules["ANS"].genes
        ('b1263', 'b1264')
        """
        return {r.id: GeneRule.of(r.gpr) for r in self.reactions.values() if enzymes_needed(r.gpr)}

    @cached_property
    def genes(self) -> tuple[str, ...]:
        """Every gene that a rule names, in the order of the reactions."""
        return tuple(dict.fromkeys(g for rule in self.gene_rules.values() for g in rule.genes))

    # --- roles ---------------------------------------------------------------------------------

    @cached_property
    def growth(self) -> str | None:
        """Id of the growth reaction, whose flux is the growth rate in 1/h; None without one."""
        return next((r.id for r in self.reactions.values() if r.role == "growth"), None)

    def require_growth(self, what: str) -> str:
        """Id of the growth reaction.

        Args:
            what: that needs one, for the message.

        Raises:
            DataError: the network has none; says where to mark it.
        """
        if self.growth is None:
            raise DataError(
                f"{self.name} has no growth reaction, and {what} needs one; write 'growth' in the "
                "column role of reactions.csv for the reaction whose flux is the growth rate"
            )
        return self.growth

    def require_reactions(self, names: Iterable[str]) -> None:
        """Raise ParameterError for a name that is no kinetic reaction; says the nearest."""
        for name in names:
            if name not in self.reaction_index:
                known = self.kinetic_reactions
                if name in self.reactions:
                    raise ParameterError(
                        f"{name} has no rate law (its role is {self.reactions[name].role}), so no "
                        f"rate that could be meant; name a kinetic reaction{nearest(name, known)}"
                    )
                raise ParameterError(f"{name!r} is not a reaction{nearest(name, known)}")

    @cached_property
    def cytosol(self) -> str:
        """Id of the compartment that is the cytosol.

        Raises:
            DataError: no compartment has that role.
        """
        for compartment in self.compartments.values():
            if compartment.role == "cytosol":
                return compartment.id
        raise DataError(
            f"{self.name} has no cytosol; write 'cytosol' in the column role of compartments.csv"
        )

    @cached_property
    def currency(self) -> tuple[str, ...]:
        """Ids of the metabolites that take part in reactions everywhere."""
        return tuple(m.id for m in self.metabolites.values() if m.currency)

    def flux_unit(self, reaction: str) -> str:
        """``1/h`` for growth, ``mmol/gDW/h`` for every other reaction."""
        return "1/h" if reaction == self.growth else "mmol/gDW/h"

    def exchange_of(self, metabolite: str) -> str | None:
        """Id of the exchange reaction of a metabolite; None without one."""
        for reaction in self.reactions.values():
            if reaction.role == "exchange" and set(reaction.stoichiometry) == {metabolite}:
                return reaction.id
        return None

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What figures and sentences call each metabolite and each constant.

        >>> names = Network.example().names
        >>> names["ac_c"], names["PYK:pyr_c"], names["ACt2rpp:ac_p"]
        ('acetate (cytosol)', 'PYK, pyruvate', 'ACt2rpp, acetate (periplasm)')
        """
        names = names_for_readers(self.metabolites, self.compartments, self.labels)
        return names | constants_for_readers(self.km_names, self.reactions, names)

    def counterpart(self, metabolite: str, compartment: str) -> str | None:
        """Id of the same substance in another compartment; None where it is not."""
        base = self.metabolites[metabolite].base
        for other in self.metabolites.values():
            if other.compartment == compartment and other.base == base:
                return other.id
        return None

    # --- structure -------------------------------------------------------------------------

    @cached_property
    def stoichiometry(self) -> Array:
        """S, (dynamic, kinetic reactions); amounts per flux."""
        return self.stoichiometric_matrix(self.dynamic, self.kinetic_reactions)

    def stoichiometric_matrix(
        self, metabolites: tuple[str, ...], reactions: tuple[str, ...]
    ) -> Array:
        """Coefficients of any metabolites in any reactions, (metabolites, reactions)."""
        row = {name: i for i, name in enumerate(metabolites)}
        matrix = np.zeros((len(metabolites), len(reactions)))
        for j, reaction in enumerate(reactions):
            for name, coefficient in self.reactions[reaction].stoichiometry.items():
                if name in row:
                    matrix[row[name], j] = coefficient
        return matrix

    @cached_property
    def volume_fractions(self) -> Array:
        """Volume fraction φ of the compartment of each dynamic metabolite."""
        fractions = []
        for name in self.dynamic:
            fraction = self.compartments[self.metabolites[name].compartment].volume_fraction
            assert fraction is not None  # checked on reading
            fractions.append(fraction)
        return np.array(fractions)

    @cached_property
    def moieties(self) -> tuple[ConservedMoiety, ...]:
        """Conserved moieties of the dynamic metabolites, with one dependent member each."""
        return conserved_moieties(self.stoichiometry, self.dynamic, self.kinetic_reactions)

    @cached_property
    def dependent(self) -> tuple[str, ...]:
        """One metabolite of each conserved moiety, fixed by the others and the total."""
        return tuple(moiety.dependent for moiety in self.moieties)

    @cached_property
    def independent(self) -> tuple[str, ...]:
        """Dynamic metabolites without the dependent ones: rows of the reduced Jacobian."""
        dependent = set(self.dependent)
        return tuple(name for name in self.dynamic if name not in dependent)

    @cached_property
    def link_matrix(self) -> Array:
        """L, (dynamic, independent): how every concentration follows the independent ones.

        Moieties conserve amounts, so coefficients carry the ratio of the volume fractions.
        """
        column = {name: j for j, name in enumerate(self.independent)}
        link = np.zeros((len(self.dynamic), len(self.independent)))
        for i, name in enumerate(self.dynamic):
            if name in column:
                link[i, column[name]] = 1.0
        phi = dict(zip(self.dynamic, self.volume_fractions, strict=True))
        for moiety in self.moieties:
            i = self.species_index[moiety.dependent]
            for name, coefficient in moiety.coefficients.items():
                if name != moiety.dependent:
                    link[i, column[name]] = -coefficient * phi[name] / phi[moiety.dependent]
        return link

    @cached_property
    def structure_digest(self) -> str:
        """Fingerprint of everything that a steady state depends on: all but the modifiers."""
        reactions = [
            (r.id, r.stoichiometry, r.rate_law, r.substrates, r.products, r.protons)
            for r in (self.reactions[name] for name in self.kinetic_reactions)
        ]
        return fingerprint(self.species, self.volume_fractions, reactions)

    @cached_property
    def digest(self) -> str:
        """Fingerprint of everything that the kinetics depend on; stored with every result."""
        if not self.regulated:
            return self.structure_digest
        modifiers = [
            (name, [(m.metabolite, m.kind) for m in self.reactions[name].modifiers])
            for name in self.kinetic_reactions
        ]
        return fingerprint(self.structure_digest, modifiers)
