"""A network drafted from a constraint-based model: ten lines instead of a converter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from renaissance_kit.core.errors import DataError, ParameterError
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.draft import tables
from renaissance_kit.draft.blocked import blocked_reactions, growth_optimum, left_out_of_cycles
from renaissance_kit.draft.decisions import COLUMNS, Decision, Decisions, decision_table
from renaissance_kit.draft.growth import conserving
from renaissance_kit.draft.model import FluxModel
from renaissance_kit.draft.reactions import DraftReaction, draft_reaction
from renaissance_kit.draft.species import Species, energy_records, species_of
from renaissance_kit.draft.tables import Room, Table
from renaissance_kit.network.network import Network

RULES: Mapping[str, str] = {
    "id": "ids of letters, digits and _",
    "compartment role": "cytosol, periplasm, organelle or medium",
    "volume fraction": "share of the cell's volume",
    "pH": "of a compartment",
    "ionic strength": "of a compartment, mol/L",
    "role": "of a metabolite: dynamic, constant or water",
    "protonation": "that of the energy record; reactions are rebalanced",
    "keep": "reactions that cannot run are left out",
    "orientation": "reactions run from left to right",
    "coefficients": "whole where a reversible law needs it",
    "rate law": "by stoichiometry",
    "transport": "class of transport, for bounds on its displacement",
    "moiety": "growth conserves what all other reactions conserve",
    "doubling time": "min",
    "eigenvalue threshold": "1/h",
    "dry weight density": "gDW/L of cell",
    "lower KM": "mM",
    "upper KM": "mM",
    "turnover time": "min, of metabolites that were not measured",
    "total flux": "over the least possible one",
    "least growth": "share of the optimum",
    "medium": "range of a concentration in the medium, mM",
}
"""Rules of a draft. A row of ``decisions.csv`` names one in the column ``rule``."""

_CYTOSOL, _MEDIUM, _PERIPLASM = ("c", "C_c", "cytosol"), ("e", "C_e", "extracellular"), ("p", "C_p")
_LEAST_FLUX = 0.005


@dataclass(frozen=True)
class NetworkDraft:
    """Tables of a network, made from a constraint-based model by rules that can be overridden.

    Attributes:
        name: of the model.
        species, reactions: what the draft keeps.
        growth_per_h: largest growth rate of the model, by flux balance analysis.
    """

    name: str
    species: Mapping[str, Species]
    reactions: Mapping[str, DraftReaction]
    growth_per_h: float
    _tables: Mapping[str, Table]
    _decisions: tuple[Decision, ...]
    _problems: tuple[str, ...]

    @classmethod
    def from_cobra(
        cls,
        model: Any,
        *,
        growth: str | None = None,
        energies: str | Path | None = None,
        decisions: str | Path | None = None,
        density_gDW_L: float = 300.0,
    ) -> NetworkDraft:
        """Draft a network from a cobrapy model, or from a file that cobrapy reads.

        Args:
            model: ``cobra.Model``, or path of SBML-fbc, JSON, YAML or MATLAB. Its bounds are the
                medium and the directions.
            growth: id of the biomass reaction; the objective if not given.
            energies: table of formation energies, described by `ENERGIES_TABLE`; substances that it
                does not name take theirs from the kit's *E. coli* network, by id.
            decisions: an edited ``decisions.csv`` of an earlier draft.
            density_gDW_L: dry weight per litre of cell.

        Raises:
            DataError: the model, or a table, cannot be read; or the model does not grow. What is
                wrong with single metabolites and reactions is in `problems` instead.
        """
        if not density_gDW_L > 0:
            raise ParameterError(f"density_gDW_L is {density_gDW_L}; it must be greater than 0")
        return _Drafting(
            FluxModel.of(model, growth), Decisions.read(decisions), density_gDW_L, []
        ).draft(energies)

    def decisions(self) -> pd.DataFrame:
        """Every rule that was applied: subject, rule, choice, alternatives, why."""
        return decision_table(self._decisions)

    def problems(self) -> list[str]:
        """All that stands between the draft and a network, in words; empty where nothing does."""
        return list(self._problems)

    def write(self, folder: str | Path, *, force: bool = False) -> Network:
        """Write the tables and ``decisions.csv``, and read the network from them.

        Args:
            force: replace tables that are there.

        Raises:
            DataError: the draft has problems, all of which the message lists; tables are there
                already; or a table that follows from a given decision is refused.
        """
        if self._problems:
            listed = "\n".join(f"  {i}. {p}" for i, p in enumerate(self._problems, 1))
            raise DataError(f"the draft has {len(self._problems)} problems:\n{listed}")
        folder = Path(folder).expanduser()
        there = [name for name in self._tables if (folder / name).exists()]
        if there and not force:
            raise DataError(
                f"{folder} holds {', '.join(there)} already; give another folder, or force=True to "
                "replace them"
            )
        for name, (header, rows) in self._tables.items():
            write_csv(folder / name, pd.DataFrame(list(rows), columns=list(header)))
        return Network.from_folder(folder)


@dataclass
class _Drafting:
    """One run of the rules."""

    model: FluxModel
    decisions: Decisions
    density: float
    problems: list[str]

    def draft(self, energies: str | Path | None) -> NetworkDraft:
        model, decisions, problems = self.model, self.decisions, self.problems
        for old, new in model.renamed.items():
            decisions.choose(new, "id", new, f"the model calls it {old!r}")
        rooms = self._rooms()
        growth_per_h = growth_optimum(model)
        kept = self._kept(growth_per_h)
        used = {m for r in kept for m in model.reactions[r].stoichiometry}
        medium = next((r.id for r in rooms if r.role == "medium"), "")
        protons = self._protons(used)
        species = species_of(
            model, used | set(protons.values()), energy_records(energies), medium, decisions,
            problems,
        )  # fmt: skip
        reactions = {}
        for name in kept:
            made = draft_reaction(
                model, model.reactions[name], species, protons, decisions, problems
            )
            if made is not None:
                reactions[name] = made
        dynamic = tuple(s.id for s in species.values() if s.role == "dynamic")
        others = {n: r for n, r in reactions.items() if r.role == "kinetic"}
        if model.growth in reactions:
            reactions[model.growth] = conserving(
                reactions[model.growth], others, dynamic, decisions, problems
            )
        source = f"constraint-based model {model.name}"
        conditions = tables.condition_rows(growth_per_h, self.density, decisions)
        threshold = float(next(r[1] for r in conditions[1] if r[0] == "eigenvalue_threshold"))
        found: dict[str, Table] = {
            "compartments.csv": tables.compartment_rows(rooms, decisions),
            "metabolites.csv": tables.metabolite_rows(species.values()),
            "reactions.csv": tables.reaction_rows(reactions.values(), species, source),
            "conditions.csv": conditions,
            "constraints.csv": tables.constraint_rows(
                list(reactions.values()), model.growth, growth_per_h, threshold, decisions
            ),
            "medium.csv": tables.medium_rows(species.values(), list(reactions.values()), decisions),
        }
        problems.extend(decisions.problems)
        problems.extend(decisions.unknown(
            [*model.metabolites, *model.reactions, *(r.id for r in rooms)], RULES
        ))  # fmt: skip
        listed = [[getattr(d, c) for c in COLUMNS] for d in decisions.made]
        found["decisions.csv"] = (COLUMNS, listed)
        return NetworkDraft(
            model.name, species, reactions, growth_per_h, found, tuple(decisions.made),
            tuple(dict.fromkeys(problems)),
        )  # fmt: skip

    def _rooms(self) -> list[Room]:
        ids = dict.fromkeys(m.compartment for m in self.model.metabolites.values())
        rooms = []
        names = self.model.cobra.compartments
        for i in ids:
            if not i:
                self.problems.append(
                    "metabolites without a compartment: "
                    + ", ".join(m.id for m in self.model.metabolites.values() if not m.compartment)
                )
                continue
            role = (
                "cytosol" if i in _CYTOSOL or len(ids) == 1
                else "medium" if i in _MEDIUM
                else "periplasm" if i in _PERIPLASM
                else "organelle"
            )  # fmt: skip
            role = self.decisions.choose(
                i, "compartment role", role, "by its id",
                [r for r in ("cytosol", "medium", "periplasm", "organelle") if r != role],
            )  # fmt: skip
            rooms.append((i, str(names.get(i) or i), role))
        for role in ("cytosol", "medium"):
            if sum(r == role for _, _, r in rooms) != 1:
                self.problems.append(
                    f"one compartment must be the {role}; the model has "
                    f"{', '.join(i for i, _, _ in rooms)}. Choose in the rule 'compartment role'"
                )
        inner = [i for i, _, r in rooms if r not in ("cytosol", "medium")]
        share = 0.1
        return [
            Room(i, name, role, None if role == "medium"
                 else 1 - share * len(inner) if role == "cytosol" else share)
            for i, name, role in rooms
        ]  # fmt: skip

    def _kept(self, growth_per_h: float) -> list[str]:
        """Reactions that can run, all at once."""
        model, decisions = self.model, self.decisions
        blocked = blocked_reactions(model)
        asked_out = {
            s for (s, rule), choice in decisions.given.items()
            if rule == "keep" and choice == "remove" and s in model.reactions
        }  # fmt: skip
        cycle = left_out_of_cycles(
            model, blocked | (asked_out - {model.growth}), 0.5 * growth_per_h, _LEAST_FLUX
        )
        kept = []
        for name in model.reactions:
            out = name in blocked or name in cycle
            why = (
                "it carries no flux in any steady state of this medium" if name in blocked
                else "together with the others it is an internal cycle, which cannot run"
                if name in cycle else ""
            )  # fmt: skip
            if out:
                choice = decisions.choose(name, "keep", "remove", why, ("keep",))
            elif name in asked_out:
                choice = decisions.choose(name, "keep", "keep", "it can run", ("remove",))
            else:
                choice = "keep"
            if choice == "keep":
                kept.append(name)
        return kept

    def _protons(self, used: set[str]) -> dict[str, str]:
        """The proton of each compartment that has metabolites."""
        compartments = {self.model.metabolites[m].compartment for m in used}
        found = {}
        for m in self.model.metabolites.values():
            if m.formula == "H" and m.compartment in compartments:
                found[m.compartment] = m.id
        for compartment in sorted(compartments - set(found)):
            if compartment:
                self.problems.append(
                    f"compartment {compartment} has no proton (formula H); add one to the model, "
                    "with its exchange or transport"
                )
        return found
