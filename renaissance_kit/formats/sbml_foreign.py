"""Kinetic SBML of other programs: reactions whose laws the registry knows, in our units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import libsbml
import numpy as np

from renaissance_kit.core.errors import DataError
from renaissance_kit.formats.formulas import Formula, UnknownFormula, formula_of, precise
from renaissance_kit.formats.recognition import NotRecognised, Recognised, recognise
from renaissance_kit.formats.sbml_parts import plain_id
from renaissance_kit.formats.sbml_units import factors_of
from renaissance_kit.laws.modifiers import MODIFIERS

WATER = ("h2o", "H2O", "water")
_CONVERSIONS = (
    "promoteLocalParameters", "expandFunctionDefinitions", "expandInitialAssignments",
)  # fmt: skip


@dataclass(frozen=True)
class ForeignReaction:
    """A reaction with its law; constants in mM, rates in mM/h per litre of cells."""

    id: str
    name: str
    growth: bool
    left: Mapping[str, float]
    right: Mapping[str, float]
    law: Recognised
    vmax_mM_h: float
    km_mM: Mapping[str, float]
    log_keq: float


@dataclass
class Foreign:
    """What an SBML document of another program holds, step by step.

    Attributes:
        problems: what the registry or this reader does not know, one text each.
        notes: what was assumed or left out.
    """

    document: libsbml.SBMLDocument
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for conversion in _CONVERSIONS:
            options = libsbml.ConversionProperties()
            options.addOption(conversion, True)
            self.document.convert(options)
        self.model = self.document.getModel()
        try:
            self.units = factors_of(self.model, self.notes)
        except ValueError as error:
            self.problems.append(f"{error}; write litre, mole and second, scaled as you like")
            self.units = dict.fromkeys(("substance", "extent", "time", "volume"), 1.0)
        self._unknown_parts()

    def _unknown_parts(self) -> None:
        model = self.model
        if model.getNumEvents():
            self.problems.append(f"{model.getNumEvents()} events; a network has none")
        for rule in model.getListOfRules():
            target = rule.getVariable()
            if not rule.isAssignment():
                self.problems.append(f"{target or 'an algebraic rule'} follows a rule over time")
            elif model.getParameter(target) is None:
                self.problems.append(f"{target} follows an assignment rule")
        for what in model.getListOfCompartments():
            if not what.isSetSize() or not what.getSize() > 0:
                self.problems.append(f"compartment {what.getId()} has no size")
        for species in model.getListOfSpecies():
            if model.getCompartment(species.getCompartment()) is None:
                self.problems.append(f"species {species.getId()} is in no compartment")
            elif not math.isfinite(self.concentration(species)):
                self.problems.append(f"species {species.getId()} has no initial concentration")
            elif species.isSetConversionFactor():
                self.problems.append(f"species {species.getId()} has a conversion factor")

    # --- numbers -----------------------------------------------------------------------------

    def concentration(self, species: Any) -> float:
        """Initial concentration in the units of the file; NaN where there is none."""
        compartment = self.model.getCompartment(species.getCompartment())
        size = compartment.getSize()
        if species.isSetInitialConcentration():
            return float(species.getInitialConcentration())
        return species.getInitialAmount() / size if species.isSetInitialAmount() else math.nan

    @property
    def mM(self) -> float:
        """mM in one unit of concentration of the file."""
        return self.units["substance"] / self.units["volume"]

    @cached_property
    def dynamic(self) -> tuple[str, ...]:
        """Ids of the species that reactions change."""
        return tuple(
            s.getId() for s in self.model.getListOfSpecies()
            if not (s.getBoundaryCondition() or s.getConstant())
        )  # fmt: skip

    @cached_property
    def litres(self) -> dict[str, float]:
        """Size of each compartment."""
        return {c.getId(): c.getSize() * self.units["volume"]
                for c in self.model.getListOfCompartments()}  # fmt: skip

    @cached_property
    def inside(self) -> tuple[str, ...]:
        """Compartments of dynamic species, the largest first: the cell."""
        used = {self.model.getSpecies(s).getCompartment() for s in self.dynamic}
        return tuple(sorted(used, key=lambda c: -self.litres[c]))

    @property
    def cell_litres(self) -> float:
        """Volume of the cell."""
        return sum(self.litres[c] for c in self.inside)

    @cached_property
    def _rules(self) -> dict[str, tuple[Formula, frozenset[str]]]:
        rules = {}
        for rule in self.model.getListOfRules():
            if rule.isAssignment() and rule.getMath() is not None:
                rules[rule.getVariable()] = formula_of(rule.getMath())
        return rules

    @cached_property
    def _fixed(self) -> dict[str, Decimal]:
        model, found = self.model, {}
        for p in model.getListOfParameters():
            if p.isSetValue():
                found[p.getId()] = Decimal(repr(p.getValue()))
        for c in model.getListOfCompartments():
            found[c.getId()] = Decimal(repr(c.getSize()))
        return found

    def _values(self, concentrations: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
        return _Values(self, concentrations)

    def symbol(self, name: str, concentrations: Mapping[str, Decimal]) -> Decimal:
        """Value of a name in a formula."""
        if name in concentrations:
            species = self.model.getSpecies(name)
            value = concentrations[name]
            if species.getHasOnlySubstanceUnits():
                value *= self._fixed[species.getCompartment()]
            return value
        if name in self._rules:
            return self._rules[name][0](self._values(concentrations))
        if name not in self._fixed:
            raise UnknownFormula(f"{name} has no value")
        return self._fixed[name]

    def depends_on(self, names: frozenset[str]) -> frozenset[str]:
        """Species behind the names of a formula."""
        found: set[str] = set()
        for name in names:
            if name in self._rules:
                found |= self.depends_on(self._rules[name][1])
            elif self.model.getSpecies(name) is not None:
                found.add(name)
        return frozenset(found)

    # --- reactions ---------------------------------------------------------------------------

    def reactions(self) -> list[ForeignReaction]:
        """All reactions whose law is known; the others are among the problems."""
        if any(self.model.getCompartment(s.getCompartment()) is None
               for s in self.model.getListOfSpecies()):  # fmt: skip
            return []
        found = []
        with precise():
            for reaction in self.model.getListOfReactions():
                try:
                    found.append(self._reaction(reaction))
                except (NotRecognised, UnknownFormula, ArithmeticError) as error:
                    why = str(error) if not isinstance(error, ArithmeticError) else (
                        "its rate has no finite limits where metabolites are scarce or plenty"
                    )  # fmt: skip
                    self.problems.append(f"reaction {reaction.getId()}: {why}")
        return found

    def _reaction(self, reaction: Any) -> ForeignReaction:
        law = reaction.getKineticLaw()
        if law is None or law.getMath() is None:
            raise NotRecognised("it has no rate law")
        net = self._net(reaction)
        rate, names = formula_of(law.getMath())
        known = self.depends_on(names)
        irreversible = not known & {m for m, n in net.items() if n > 0}
        for m in [m for m in net if m not in known]:
            if plain_id(m).split("_")[0] in WATER:
                self.notes.append(f"{m} is in no law and is taken for water")
                del net[m]
            elif not irreversible:
                raise NotRecognised(f"{m} is in its equation and not in its law")
        left = {m: -n for m, n in net.items() if n < 0}
        right = {m: n for m, n in net.items() if n > 0}
        found = recognise(lambda c: rate(self._values(c)), left, right, known)
        per_hour = Decimal(repr(self.units["extent"] / self.units["time"] / self.cell_litres))
        to_mM = Decimal(repr(self.mM))
        order = sum(
            (Decimal(repr(n)) for _, n in found.substrates if not found.law.has_km), Decimal(0)
        )
        order += sum(
            (abs(Decimal(repr(n))) for _, n, mode in found.protons if mode == "first_order"),
            Decimal(0),
        )
        power = sum((Decimal(repr(n)) for _, n in found.products), Decimal(0)) - sum(
            (Decimal(repr(n)) for _, n in found.substrates), Decimal(0)
        )
        power += sum((Decimal(repr(n)) for _, n, m in found.protons if m == "displacement"),
                     Decimal(0))  # fmt: skip
        return ForeignReaction(
            reaction.getId(),
            reaction.getName(),
            reaction.getSBOTermID() == "SBO:0000629",
            left,
            right,
            found,
            float(found.vmax * per_hour / to_mM**order),
            {plain_id(m): float(k * to_mM) for m, k in found.km.items()}
            | {
                f"{plain_id(m)}:{name}": float(k * to_mM)
                for m, kind, constants in found.modifiers
                for (name, _), k in zip(MODIFIERS[kind].constants, constants, strict=True)
            },
            math.nan if found.keq is None else float((found.keq * to_mM**power).ln()),
        )

    def _net(self, reaction: Any) -> dict[str, float]:
        net: dict[str, float] = {}
        for sign, references in (
            (-1.0, reaction.getListOfReactants()), (1.0, reaction.getListOfProducts()),
        ):  # fmt: skip
            for r in references:
                if r.isSetStoichiometryMath() or (
                    r.isSetId() and self.model.getRule(r.getId()) is not None
                ):
                    raise NotRecognised(f"the coefficient of {r.getSpecies()} changes")
                if self.model.getSpecies(r.getSpecies()) is None:
                    raise NotRecognised(f"{r.getSpecies() or 'a reactant'} is no species")
                n = r.getStoichiometry() if r.isSetStoichiometry() else 1.0
                net[r.getSpecies()] = net.get(r.getSpecies(), 0.0) + sign * n
        return {m: n for m, n in net.items() if n}

    def require_known(self, file: str) -> None:
        """Raise DataError with everything that is not known."""
        if self.problems:
            raise DataError(*(f"{file}: {p}" for p in self.problems))

    def state_mM(self, species: list[str]) -> np.ndarray:
        """Initial concentrations, in mM."""
        found = [self.concentration(self.model.getSpecies(s)) * self.mM for s in species]
        return np.array(found)


@dataclass(frozen=True)
class _Values(Mapping[str, Decimal]):
    """Values of the names in a formula, looked up when they are needed."""

    foreign: Foreign
    concentrations: Mapping[str, Decimal]

    def __getitem__(self, name: str) -> Decimal:
        return self.foreign.symbol(name, self.concentrations)

    def __iter__(self) -> Any:
        return iter(self.concentrations)

    def __len__(self) -> int:
        return len(self.concentrations)
