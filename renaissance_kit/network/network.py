"""The metabolic network: metabolites, reactions, stoichiometry and conserved moieties.

A network is read from a folder of tables (see ``data/README.md``) and validated on the way.

Order matters everywhere: *species* are the metabolites that stand in the kinetics, the dynamic
ones first, then those held constant (medium, and by-products that nothing consumes). *Kinetic
reactions* are those with a rate law. Arrays of the other modules follow these two orders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from renaissance_kit.core.paths import example_folder
from renaissance_kit.core.types import Array
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.moieties import ConservedMoiety, conserved_moieties
from renaissance_kit.network.reading import read_tables
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction


@dataclass(frozen=True)
class Network:
    """A metabolic network with rate laws. Make one with `Network.from_folder`.

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

    @classmethod
    def from_folder(cls, folder: str | Path) -> Network:
        """Read and validate a data folder.

        Args:
            folder: holds ``metabolites.csv``, ``reactions.csv``, ``compartments.csv`` and
                ``conditions.csv``; columns and units in ``data/README.md``.

        Raises:
            DataError: anything that the model cannot use, with file, line and remedy.
        """
        folder = Path(folder)
        tables = read_tables(folder)
        return cls(
            folder.name,
            tables.metabolites,
            tables.reactions,
            tables.compartments,
            tables.conditions,
            folder,
        )

    @classmethod
    def example(cls, name: str = "ecoli_w3110_trpd9923") -> Network:
        """Read a network that comes with the toolkit: ``tiny`` or ``ecoli_w3110_trpd9923``."""
        return cls.from_folder(example_folder(name))

    def __repr__(self) -> str:
        return (
            f"Network({self.name!r}: {len(self.kinetic_reactions)} kinetic reactions, "
            f"{len(self.dynamic)} dynamic metabolites, {len(self.km_names)} KM)"
        )

    # --- names, in the order of the arrays -------------------------------------------------

    @cached_property
    def kinetic_reactions(self) -> tuple[str, ...]:
        """Ids of the reactions with a rate law."""
        return tuple(r.id for r in self.reactions.values() if r.role == "kinetic")

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
        """Michaelis constants, ``reaction:metabolite``, substrates and products of each law."""
        return tuple(
            f"{reaction.id}:{metabolite}"
            for reaction in (self.reactions[r] for r in self.kinetic_reactions)
            if REGISTRY[reaction.rate_law].has_km
            for metabolite, _ in reaction.substrates + reaction.products
        )

    @cached_property
    def km_index(self) -> Mapping[str, int]:
        """Position of each Michaelis constant."""
        return {name: i for i, name in enumerate(self.km_names)}

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
        return conserved_moieties(self.stoichiometry, self.dynamic)

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
    def digest(self) -> str:
        """Fingerprint of everything that the kinetics depend on; stored with every result."""
        content = {
            "species": self.species,
            "volume_fractions": self.volume_fractions.tolist(),
            "reactions": [
                (r.id, sorted(r.stoichiometry.items()), r.rate_law, r.substrates, r.products,
                 r.protons)
                for r in (self.reactions[name] for name in self.kinetic_reactions)
            ],
        }  # fmt: skip
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
