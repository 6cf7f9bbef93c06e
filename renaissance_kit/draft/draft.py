"""A network drafted from a constraint-based model: ten lines instead of a converter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.draft import tables
from renaissance_kit.draft.blocked import (
    Together,
    blocked_reactions,
    growth_optimum,
    running_together,
)
from renaissance_kit.draft.decisions import (
    COLUMNS,
    GIVEN,
    POSITIVE,
    Decision,
    Decisions,
    decision_table,
)
from renaissance_kit.draft.growth import conserving, without_biomass
from renaissance_kit.draft.model import FluxModel
from renaissance_kit.draft.reactions import DraftReaction, draft_reaction
from renaissance_kit.draft.rooms import rooms_of
from renaissance_kit.draft.species import ENERGIES_TABLE, Species, energy_records, species_of
from renaissance_kit.draft.tables import LEAST_FLUX, Table
from renaissance_kit.network.network import Network

RULES: Mapping[str, str] = {
    "id": "ids of letters, digits and _, which end with the compartment",
    "own constraints": "constraints of the model besides balances and bounds are left out",
    "biomass": "what growth makes and only a boundary takes away stands for the cell itself",
    "compartment role": "cytosol, periplasm, organelle or medium",
    "volume fraction": "share of the cell's volume",
    "pH": "of a compartment",
    "ionic strength": "of a compartment, mol/L",
    "energy": "substance whose energy a metabolite has, where it is not found by its id",
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
    "least flux": "of every reaction, mmol/gDW/h",
    "total flux": "over the least possible one",
    "growth rate": "range of a state, 1/h",
    "medium": "range of a concentration in the medium, mM",
}
"""Rules of a draft. A row of ``decisions.csv`` names one in the column ``rule``."""

_ABOUT: Mapping[str, tuple[str, ...]] = {
    "compartment": ("compartment role", "volume fraction", "pH", "ionic strength"),
    "metabolite": ("id", "biomass", "energy", "role", "protonation", "moiety", "medium"),
    "reaction": (
        "id", "keep", "orientation", "coefficients", "rate law", "transport", "growth rate",
    ),
    "network": (
        "own constraints", "doubling time", "eigenvalue threshold", "dry weight density",
        "lower KM", "upper KM", "turnover time", "least flux", "total flux",
    ),
}  # fmt: skip
_SUBJECTS = {rule: [kind for kind, rules in _ABOUT.items() if rule in rules] for rule in RULES}
_SHOWN = 4  # choices of a rule in the summary
_CYCLE = "together with the others it is an internal cycle, which cannot run"
_NOT_PROVEN = "; the search for fewer ran out of time, so look at the other reactions of the cycle"


@dataclass(frozen=True, repr=False)
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
    _missing: tuple[tuple[Any, ...], ...]
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

    def __repr__(self) -> str:
        """Name and sizes, as far as the draft goes."""
        kinetic = sum(bool(r.rate_law) for r in self.reactions.values())
        dynamic = sum(m.role == "dynamic" for m in self.species.values())
        return (
            f"NetworkDraft({self.name}: {kinetic} kinetic reactions, {dynamic} dynamic "
            f"metabolites, {len(self._decisions)} decisions, {_problems(len(self._problems))})"
        )

    def decisions(self, rule: str | None = None) -> pd.DataFrame:
        """Every rule that was applied: subject, rule, choice, by_rule, alternatives, why.

        Args:
            rule: of this one only.

        Raises:
            ParameterError: there is no such rule.
        """
        if rule is not None and rule not in RULES:
            raise ParameterError(
                f"no rule {rule!r}{nearest(rule, RULES)} Rules: {', '.join(RULES)}"
            )
        return decision_table(d for d in self._decisions if rule in (None, d.rule))

    def summary(self) -> pd.DataFrame:
        """The decisions in short: one row a rule, with how often it chose what."""
        rows = []
        for rule, meaning in RULES.items():
            made = [d for d in self._decisions if d.rule == rule]
            counts = Counter(d.choice for d in made).most_common()
            shown = "; ".join(f"{c or 'none'} ({n})" if n > 1 else c or "none"
                              for c, n in counts[:_SHOWN])  # fmt: skip
            more = f"; {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
            if counts and 4 * counts[0][1] < len(made):
                shown, more = f"{len(counts)} different", ""
            given = sum(d.why == GIVEN for d in made)
            if made:
                rows.append([rule, len(made), given, shown + more, meaning])
        columns = ["rule", "decisions", "given by the user", "choices", "meaning"]
        return pd.DataFrame(rows, columns=columns).set_index("rule")

    def missing_energies(self) -> pd.DataFrame:
        """The table of energies to fill in: a row for each substance that has none.

        Columns as in `ENERGIES_TABLE`; formula and charge are those of the model. Write it with
        ``to_csv("energies.csv", index=False)``.
        """
        return pd.DataFrame(self._missing, columns=[c.name for c in ENERGIES_TABLE.columns])

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
            raise DataError(f"the draft has {_problems(len(self._problems))}:\n{listed}")
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


def _problems(n: int) -> str:
    return f"{n} problem{'' if n == 1 else 's'}"


@dataclass
class _Drafting:
    """One run of the rules."""

    model: FluxModel
    decisions: Decisions
    density: float
    problems: list[str]

    def draft(self, energies: str | Path | None) -> NetworkDraft:
        records = energy_records(energies)
        subjects = {"metabolite": set(self.model.metabolites),
                    "reaction": set(self.model.reactions), "network": {"*"}}  # fmt: skip
        self.model = without_biomass(self.model, self.decisions)
        model, decisions, problems = self.model, self.decisions, self.problems
        for old, new in model.renamed.items():
            decisions.choose(new, "id", new, f"the model calls it {old!r}")
        if model.left_out:
            decisions.choose(
                "*", "own constraints", "left out", "a kinetic model has no place for "
                f"{', '.join(model.left_out[:9])}; write what they mean into constraints.csv",
            )  # fmt: skip
        rooms = rooms_of(model, decisions, problems)
        growth_per_h = growth_optimum(model)
        doubling_min, *growth = tables.growth_range(model.growth, growth_per_h, decisions, problems)
        kept, least_flux = self._kept(growth[0])
        used = {m for r in kept for m in model.reactions[r].stoichiometry}
        medium = next((r.id for r in rooms if r.role == "medium"), "")
        protons = self._protons(used)
        species = species_of(
            model, used | set(protons.values()), records, medium, decisions, problems
        )
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
        conditions = tables.condition_rows(doubling_min, self.density, decisions)
        threshold = float(next(r[1] for r in conditions[1] if r[0] == "eigenvalue_threshold"))
        found: dict[str, Table] = {
            "compartments.csv": tables.compartment_rows(rooms, decisions),
            "metabolites.csv": tables.metabolite_rows(species.values()),
            "reactions.csv": tables.reaction_rows(reactions.values(), species, source),
            "conditions.csv": conditions,
            "constraints.csv": tables.constraint_rows(
                list(reactions.values()), model.growth, (growth[0], growth[1]), threshold,
                least_flux, decisions,
            ),
            "medium.csv": tables.medium_rows(species.values(), list(reactions.values()), decisions),
        }  # fmt: skip
        ids = tables.other_id_rows(model, reactions, species, f"annotations of {model.name}")
        if ids[1]:
            found["ids.csv"] = ids
        subjects["compartment"] = {r.id for r in rooms}
        kept_ids = {*species, *reactions, *subjects["compartment"], "*"}
        decisions.check(subjects, kept_ids, _SUBJECTS)
        problems.extend(decisions.problems)
        listed = [[getattr(d, c) for c in COLUMNS] for d in decisions.made]
        found["decisions.csv"] = (COLUMNS, listed)
        missing = {
            m.base: (m.base, m.formula, "" if m.charge is None else f"{m.charge:g}", *[""] * 4)
            for m in (model.metabolites[s.id] for s in species.values() if s.record is None)
        }
        return NetworkDraft(
            model.name, species, reactions, growth_per_h, tuple(missing.values()), found,
            tuple(decisions.made), tuple(dict.fromkeys(problems)),
        )  # fmt: skip

    def _kept(self, least_growth: float) -> tuple[list[str], float]:
        """Reactions that can run, all at once, and the flux that each can have, mmol/gDW/h."""
        model, decisions = self.model, self.decisions
        blocked = blocked_reactions(model)
        given = {s: choice for (s, rule), choice in decisions.given.items() if rule == "keep"}
        asked_out = {s for s, c in given.items() if c == "remove" and s in model.reactions}
        out = blocked | (asked_out - {model.growth})
        together = running_together(model, out, least_growth, LEAST_FLUX)
        kept = []
        for name in model.reactions:
            why = (
                "it carries no flux in any steady state of this medium" if name in blocked
                else _CYCLE + ("" if together.proven else _NOT_PROVEN) if name in together.cycles
                else ""
            )  # fmt: skip
            if why:
                choice = decisions.choose(name, "keep", "remove", why, ("keep",))
            elif name == model.growth and name in given:
                choice = decisions.choose(name, "keep", "keep", "the cell grows by it")
            elif name in given:
                choice = decisions.choose(name, "keep", "keep", "it can run", ("remove",))
            else:
                choice = "keep"
            if choice == "keep":
                kept.append(name)
        return kept, self._least_flux(together)

    def _least_flux(self, together: Together) -> float:
        why = "mmol/gDW/h, that every reaction carries; without a flux a reaction has no rate law"
        if together.slowest:
            why += f"; small, since {together.slowest} can carry hardly more"
        text = self.decisions.choose("*", "least flux", f"{together.least_flux:.2g}", why, POSITIVE)
        return float(text)

    def _protons(self, used: set[str]) -> dict[str, str]:
        """The proton of each compartment that has metabolites."""
        compartments = {self.model.metabolites[m].compartment for m in used}
        found = {}
        for m in self.model.metabolites.values():
            if m.formula == "H" and m.compartment in compartments:
                found[m.compartment] = m.id
        lacking = sorted(c for c in compartments - set(found) if c)
        if lacking:
            self.problems.append(
                f"no proton (formula H) in {', '.join(lacking)}; add one to each compartment of "
                "the model, with its exchange or transport"
            )
        return found
