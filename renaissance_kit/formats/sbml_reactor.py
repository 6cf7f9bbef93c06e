"""A batch fermentation as SBML: medium and biomass become variables around one litre of cells.

Reactions stay those of a litre of cells, in mmol/h. Growth dilutes metabolites inside by reactions
of their own (``dilution_...``). Metabolites of the medium and the biomass X follow rate rules,

    de/dt = X/ρ_e Σ S R / cell_volume + kLa (e_sat − e)        dX/dt = μ X

with R the rates of the reactions, which is what `renaissance_kit.simulation.dynamics` integrates.
"""

from __future__ import annotations

import libsbml

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.formats.sbml_document import CELL_VOLUME, Document
from renaissance_kit.formats.sbml_parts import done, math_of, parameter
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.simulation.bioreactor import Bioreactor
from renaissance_kit.simulation.dynamics import Dynamics

BIOMASS = "biomass"
_GRAM = "gram_per_mmol_of_growth"


def add_reactor(made: Document, models: KineticModels, reactor: Bioreactor) -> None:
    """Make medium and biomass variables.

    Raises:
        ParameterError: the reactor has a feed, pumps or events, or the network no growth reaction.
    """
    if reactor.conditions.events or reactor.conditions.feed_mM:
        raise ParameterError(
            "SBML is written of a batch; leave feed and events out of the conditions, or simulate "
            "them here"
        )
    cells = reactor.dynamics(models)
    start = reactor.start(cells)
    per_litre = made.units.id(gram=1, litre=-1)
    for name, value, what in (
        ("growth_density", cells.growth_density, "dry weight per litre of cells, for growth"),
        ("exchange_density", cells.exchange_density, "dry weight per litre of cells, for exchange"),
    ):
        parameter(made.model, made.ids.new(name), value, per_litre, what)
    parameter(made.model, made.ids.new(_GRAM), 1.0, made.units.id(gram=1, mmol=-1), _GRAM)
    biomass = parameter(made.model, made.ids.new(BIOMASS), start[-1], per_litre, BIOMASS)
    biomass.setConstant(False)
    rate = parameter(
        made.model, made.ids.new("growth_rate"), 0.0, made.units.id(hour=-1), "growth rate"
    )
    rate.setConstant(False)
    rate.unsetValue()
    growth = made.reactions[models.network.require_growth("a reactor")]
    _rule(
        made, made.model.createAssignmentRule(), "growth_rate",
        f"{growth} * {_GRAM} / ({CELL_VOLUME} * growth_density)",
    )  # fmt: skip
    _rule(made, made.model.createRateRule(), BIOMASS, f"growth_rate * {BIOMASS}")
    for name, factor in reactor.vmax_factors.items():
        changed = made.model.getParameter(made.vmax[name])
        changed.setValue(changed.getValue() * factor)
    for i, name in enumerate(cells.names[:-1]):
        made.model.getSpecies(made.species[name]).setInitialConcentration(float(start[i]))
    for name, diluted in zip(cells.inside, cells.terms.diluted, strict=False):
        _free(made, name, rule=False)
        if diluted:
            _dilute(made, name, models.network.metabolites[name].compartment)
    for name in cells.medium:
        if name not in reactor.conditions.held:
            _exchange(made, cells, name)


def _rule(made: Document, rule: libsbml.Rule, variable: str, text: str) -> None:
    done(rule.setVariable(variable), f"a rule of {variable}")
    done(rule.setMath(math_of(text, made.model)), f"the rule {text}")


def _free(made: Document, name: str, *, rule: bool) -> None:
    """Let a species change: by a rule, or by reactions."""
    species = made.model.getSpecies(made.species[name])
    species.setConstant(False)
    species.setBoundaryCondition(rule)


def _dilute(made: Document, name: str, compartment: str) -> None:
    reaction = made.model.createReaction()
    done(reaction.setId(made.ids.new(f"dilution_{name}")), f"the dilution of {name}")
    reaction.setName(f"dilution of {name}")
    reaction.setReversible(False)
    reference = reaction.createReactant()
    reference.setSpecies(made.species[name])
    reference.setStoichiometry(1.0)
    reference.setConstant(True)
    text = f"growth_rate * {made.species[name]} * {made.compartments[compartment]}"
    done(reaction.createKineticLaw().setMath(math_of(text, made.model)), text)


def _exchange(made: Document, cells: Dynamics, name: str) -> None:
    """The rate rule of a metabolite of the medium; none where nothing changes it."""
    parts = []
    for reaction in cells.network.kinetic_reactions:
        n = cells.network.reactions[reaction].stoichiometry.get(name, 0.0)
        if n:
            parts.append(f"{n!r} * {made.reactions[reaction]}")
    terms = []
    if parts:
        terms.append(f"{BIOMASS} / exchange_density * ({' + '.join(parts)}) / {CELL_VOLUME}")
    if name in cells.transfer:
        gas = cells.transfer[name]
        kla, saturation = made.ids.new(f"kla_{name}"), made.ids.new(f"saturation_{name}")
        parameter(made.model, kla, gas.kla_per_h, made.units.id(hour=-1), f"kLa of {name}")
        parameter(
            made.model, saturation, gas.saturation_mM, made.units.of_mM(1), f"saturation of {name}"
        )
        terms.append(f"{kla} * ({saturation} - {made.species[name]})")
    if terms:
        _free(made, name, rule=True)
        _rule(made, made.model.createRateRule(), made.species[name], " + ".join(terms))
