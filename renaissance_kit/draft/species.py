"""Metabolites of a draft: energies, protonation, roles.

Energies belong to one protonation of a substance. A model may write another (ATP as C10H12…,
charge −4, or C10H13…, −3). The draft takes the formula and charge of the record that the energy
belongs to, and rebalances every reaction with protons; fluxes stay what they are, since this only
adds multiples of other balances to the balance of the protons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from renaissance_kit.core import formulas
from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.formulas import formula_text, parse_formula
from renaissance_kit.core.numbers import number_of
from renaissance_kit.core.tables import Row, Table
from renaissance_kit.draft.decisions import Decisions
from renaissance_kit.draft.model import FluxModel, ModelMetabolite
from renaissance_kit.network.network import Network

ENERGIES_TABLE = Table(
    "energies.csv",
    (
        Column("metabolite", Kind.ID, filled=True),
        Column("formula", filled=True),
        Column("charge", Kind.NUMBER, filled=True, least=-100, most=100),
        Column("dgf0_kJ_mol", Kind.NUMBER, filled=True, least=-1e6, most=1e6),
        Column("dgf0_error_kJ_mol", Kind.NUMBER, filled=True, least=0, most=1e6),
        Column("pka", Kind.NUMBERS, least=-100, most=100),
        Column("source", filled=True),
    ),
    key=("metabolite",),
)
"""Formation energies of substances, each of one protonation (formula and charge)."""
KIT = "the kit's table"


@dataclass(frozen=True)
class EnergyRecord:
    """Formation energy of one protonation of a substance.

    Attributes:
        formula: atoms by element, hydrogens of this protonation included.
        energy_kJ_mol, error_kJ_mol: standard Gibbs energy of formation, not transformed.
        pka: acid constants, from which the energy at a pH follows.
        origin: where it was read, for `decisions`.
    """

    formula: Mapping[str, int]
    charge: float
    energy_kJ_mol: float
    error_kJ_mol: float
    pka: tuple[float, ...]
    database_id: str
    source: str
    origin: str

    @property
    def own(self) -> bool:
        """Whether it is from a table of the user."""
        return self.origin != KIT


@dataclass(frozen=True)
class Species:
    """A metabolite of the draft, with the protonation of its energy record.

    Attributes:
        hydrogens_added: of the record over the model; the same number of charges.
        names: of the substance, here and in databases.
    """

    id: str
    name: str
    compartment: str
    role: str
    formula: Mapping[str, int]
    charge: float | None
    record: EnergyRecord | None
    hydrogens_added: int
    names: frozenset[str] = frozenset()

    @property
    def is_proton(self) -> bool:
        """Whether it is a proton, which a rate law has in a place of its own."""
        return formulas.is_proton(self.formula)


def energy_records(path: str | Path | None) -> dict[str, EnergyRecord]:
    """Energies by substance: those of the kit's *E. coli*, replaced by those of a table.

    Args:
        path: table as `ENERGIES_TABLE` describes it; ``metabolite`` is a substance without its
            compartment, such as ``atp``, or one metabolite, such as ``atp_c``.

    Raises:
        DataError: the table has a mistake, with file and line.
    """
    known: dict[str, EnergyRecord] = {}
    for m in Network.example().metabolites.values():
        if m.charge is not None and math.isfinite(m.formation_energy_kJ_mol):
            record = EnergyRecord(
                m.formula, m.charge, m.formation_energy_kJ_mol, m.formation_energy_error_kJ_mol,
                m.pka, m.database_id, m.source, KIT,
            )  # fmt: skip
            for name in (m.base, m.database_id):
                known.setdefault(name, record)
    if path is not None:
        for row in ENERGIES_TABLE.read(path):
            known[row["metabolite"]] = _record(row)
    return known


def _record(row: Row) -> EnergyRecord:
    pka = tuple(number_of(x.strip()) for x in row["pka"].split(";") if x.strip())
    return EnergyRecord(
        parse_formula(row["formula"], row), row.required_number("charge"),
        row.required_number("dgf0_kJ_mol"), row.required_number("dgf0_error_kJ_mol"), pka,
        row["metabolite"], row["source"], row.place,
    )  # fmt: skip


def species_of(
    model: FluxModel,
    used: set[str],
    records: Mapping[str, EnergyRecord],
    medium: str,
    decisions: Decisions,
    problems: list[str],
) -> dict[str, Species]:
    """The metabolites that the draft keeps, each with its energy.

    Args:
        used: ids of those that some reaction of the draft has.
        medium: id of the compartment that is the medium.
        problems: gets what is missing or contradictory, in words.
    """
    found, missing = {}, []
    unclear = _Unclear()
    for m in model.metabolites.values():
        if m.id not in used:
            continue
        formula = unclear.formula(m)
        record = _record_of(m, formula, records, decisions, problems)
        added = 0
        if record is None:
            missing.append(m)
        elif formula:
            added = _hydrogens_added(m, formula, record, decisions, problems)
            if m.charge is None:
                unclear.no_charge.append(m.id)
        role = _role(m, formula, medium, decisions)
        found[m.id] = Species(
            m.id, m.name, m.compartment, role,
            formula if record is None else record.formula,
            m.charge if record is None else record.charge,
            record, added,
            frozenset({m.base, *m.known_as, "" if record is None else record.database_id}),
        )  # fmt: skip
    problems.extend(unclear.problems())
    _one_energy_each(model, found, decisions)
    if missing:
        texts = [f"{m.base} ({m.formula or 'no formula'}, charge {_charge(m)})" for m in missing]
        texts = list(dict.fromkeys(texts))
        ids = {name for m in model.metabolites.values() for name in (m.id, m.base)}
        spare = [k for k, r in records.items() if r.own and k not in ids]
        problems.append(
            f"no formation energy of {len(texts)} "
            f"substance{'s' if len(texts) > 1 else ''}: {', '.join(texts)}. Fill in the "
            "table that missing_energies() of the draft returns and give it as energies; or choose "
            "a substance of the kit's table in the rule 'energy' of decisions.csv, if it is there "
            "under another id"
            + (f". Rows of energies for nothing in the model: {', '.join(spare)}" if spare else "")
        )
    return found


def _one_energy_each(
    model: FluxModel, species: Mapping[str, Species], decisions: Decisions
) -> None:
    """Note given energies by which a substance differs between compartments."""
    told: dict[str, list[str]] = {}
    for name in species:
        if (name, "energy") in decisions.given:
            told.setdefault(model.metabolites[name].base, []).append(name)
    for base, names in told.items():
        chosen = [decisions.given[name, "energy"] for name in names]
        if len(set(chosen)) > 1:
            decisions.contradict(
                [(name, "energy") for name in names],
                f"{base} is one substance, and has the energies of {' and '.join(chosen)}",
            )


@dataclass
class _Unclear:
    """Metabolites whose formula or charge the model does not tell, for one problem each kind."""

    no_formula: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    no_charge: list[str] = field(default_factory=list)

    def formula(self, m: ModelMetabolite) -> dict[str, int]:
        if not m.formula:
            self.no_formula.append(m.id)
            return {}
        try:
            return parse_formula(m.formula, Row({"id": m.id}, "the model", 0, "metabolite"))
        except DataError:
            self.unreadable.append(f"{m.id} ({m.formula})")
            return {}

    def problems(self) -> list[str]:
        return [
            f"{what}: {', '.join(names)}. {remedy}"
            for what, names, remedy in (
                ("no formula", self.no_formula,
                 "Give one in the model, or their balance is unknown"),
                ("formulas that cannot be read", self.unreadable,
                 "Write element symbols and counts"),
                ("no charge", self.no_charge, "Give one in the model"),
            )
            if names
        ]  # fmt: skip


def _heavy(formula: Mapping[str, int]) -> dict[str, int]:
    return {e: n for e, n in formula.items() if e != "H"}


def _record_of(
    m: ModelMetabolite,
    formula: Mapping[str, int],
    records: Mapping[str, EnergyRecord],
    decisions: Decisions,
    problems: list[str],
) -> EnergyRecord | None:
    """The energy of a metabolite: as the user says, by its id, by an annotation."""
    told = decisions.given.get((m.id, "energy"))
    by_id = m.id if m.id in records else m.base
    known = [by_id, *m.known_as]
    if formulas.is_proton(formula):
        known.append("h")
    if formulas.is_water(formula):
        known.append("h2o")
    # an annotation may name another substance: its formula decides
    chosen = next(
        (k for k in known
         if k in records and (k == by_id or _heavy(records[k].formula) == _heavy(formula))), "",
    )  # fmt: skip
    if told is None and chosen in ("", by_id):
        return records.get(by_id)
    why = f"{m.base} has no energy of its own; an annotation or its formula names {chosen}"
    taken = decisions.choose(m.id, "energy", chosen, why, "a substance that has an energy")
    if taken not in records:
        problems.append(
            f"{decisions.place(m.id, 'energy')}: no energy of {taken!r}{nearest(taken, records)} "
            "Choose a substance of the kit's table, or of the table of energies"
        )
    return records.get(taken)


def _charge(m: ModelMetabolite) -> str:
    return "unknown" if m.charge is None else f"{m.charge:g}"


def _hydrogens_added(
    m: ModelMetabolite,
    formula: Mapping[str, int],
    record: EnergyRecord,
    decisions: Decisions,
    problems: list[str],
) -> int:
    """Hydrogens of the record over the model, if both are the same substance."""
    if _heavy(formula) != _heavy(record.formula):
        problems.append(
            f"{m.id} is {m.formula} in the model, but the energy ({record.origin}) is of "
            f"{formula_text(record.formula)}: another substance. Give the energy of this one"
        )
        return 0
    added = record.formula.get("H", 0) - formula.get("H", 0)
    if m.charge is not None and round(record.charge - m.charge, 6) != added:
        problems.append(
            f"{m.id}: hydrogens and charge do not agree. The model has {m.formula} with charge "
            f"{m.charge:g}, the energy ({record.origin}) is of {formula_text(record.formula)} "
            f"with charge {record.charge:g}; a hydrogen more is a charge more. Correct one of the "
            "two"
        )
        return 0
    if added:
        decisions.choose(
            m.id, "protonation", f"{formula_text(record.formula)}, charge {record.charge:g}",
            f"the protonation of the energy ({record.origin}); the model has {m.formula}, charge "
            f"{_charge(m)}. Reactions are rebalanced with protons",
        )  # fmt: skip
    return added


def _role(m: ModelMetabolite, formula: Mapping[str, int], medium: str, decisions: Decisions) -> str:
    if formulas.is_water(formula):
        return decisions.choose(m.id, "role", "water", "water does not stand in rate laws")
    if formulas.is_proton(formula):
        return decisions.choose(
            m.id, "role", "constant",
            "the pH is held; dynamic protons make most states unstable, since nothing in a "
            "network of this size buffers them",
            () if m.compartment == medium else ("dynamic",),
        )  # fmt: skip
    if m.compartment == medium:
        return decisions.choose(m.id, "role", "constant", "the medium is held in a single cell")
    return decisions.choose(m.id, "role", "dynamic", "inside the cell", ("constant",))
