"""Kinetic models as SBML Level 3 Version 2 core, which COPASI, tellurium and others simulate.

One litre of cells: compartments have their volume fraction in litres, concentrations are in mM,
time in hours. The law of a reaction is ``cell_volume · Vmax · f`` in mmol/h, so that a simulator's
balance d(amount)/dt = Σ S · law is ours, φ dc/dt = Σ S v. With a bioreactor the medium and the
biomass are variables too; see `renaissance_kit.formats.sbml_reactor`.

What SBML has no place for (tables of the network, fluxes, all digits of numbers) stands in
annotations of our own, which `renaissance_kit.formats.read_sbml` takes back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import libsbml
import numpy as np

from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.types import Array
from renaissance_kit.formats.members import Members
from renaissance_kit.formats.sbml_document import CELL_VOLUME, Document
from renaissance_kit.formats.sbml_own import own_annotation
from renaissance_kit.formats.sbml_parts import (
    Units,
    done,
    math_of,
    notes_of,
    parameter,
    refer,
)
from renaissance_kit.formats.sbml_reactor import add_reactor
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.record import Symbol, Symbols
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.network.records import Reaction
from renaissance_kit.simulation.bioreactor import Bioreactor

_SBO = {
    "compartment": "SBO:0000290", "metabolite": "SBO:0000247", "kinetic": "SBO:0000176",
    "transport": "SBO:0000655", "growth": "SBO:0000629", "Vmax": "SBO:0000186",
    "rate constant": "SBO:0000153", "KM": "SBO:0000027", "Keq": "SBO:0000281",
    "Ki": "SBO:0000261", "Kic": "SBO:0000261", "Kiu": "SBO:0000261", "Ka": "SBO:0000363",
}  # fmt: skip


def write_sbml(
    path: str | Path,
    models: KineticModels | KineticEnsemble,
    member: int | Sequence[int] = 0,
    *,
    network: Network | None = None,
    reactor: Bioreactor | None = None,
) -> tuple[Path, ...]:
    """Write kinetic models as SBML, one file each.

    Args:
        path: of the file; with several members the position of each is added to its name.
        models: a batch, or an ensemble with its seed and provenance.
        member: position of the model in the batch, or several.
        network: of an ensemble; not needed for models.
        reactor: a batch fermentation, with medium and biomass as variables; without one the cell
            in a medium that stays as it is.

    Returns:
        The files.

    Raises:
        ParameterError: no such member, an ensemble without network, or a reactor with feed or
            events.
        DataError: SBML cannot hold something.
        SteadyStateError: the ensemble belongs to another network.
        OSError: the file cannot be written; an earlier one stays.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> [file.name for file in write_sbml("build/tiny.xml", models, [0, 1])]
    ['tiny_0.xml', 'tiny_1.xml']
    """
    path = Path(path).expanduser()
    members = Members.of(models, network)
    one = isinstance(member, int | np.integer)
    chosen = [int(member)] if one else [int(m) for m in member]  # type: ignore[arg-type,union-attr]
    members.require(chosen)
    written = []
    for number in chosen:
        file = path if one else path.with_name(f"{path.stem}_{number}{path.suffix or '.xml'}")
        text = sbml_text(members, number, reactor)
        with atomic_path(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        written.append(file)
    return tuple(written)


def sbml_text(members: Members, member: int, reactor: Bioreactor | None = None) -> str:
    """One member as the text of an SBML document."""
    return document_of(members, member, reactor).text()


def document_of(members: Members, member: int, reactor: Bioreactor | None = None) -> Document:
    """One member as an SBML document."""
    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()
    made = Document(document, model, Units(model))
    for reserved in ("time", "avogadro", CELL_VOLUME):
        made.ids.new(reserved)
    network, models = members.network, members.models
    name = made.ids.new(network.name)
    done(model.setId(name), f"the id {name}")
    model.setMetaId(f"meta_{name}")
    model.setName(network.name)
    mmol = made.units.id(mmol=1)
    model.setSubstanceUnits(mmol)
    model.setExtentUnits(mmol)
    model.setTimeUnits(made.units.id(hour=1))
    model.setVolumeUnits("litre")
    model.setNotes(notes_of(*_notes(members, member)))
    _add_compartments(made, network)
    parameter(model, CELL_VOLUME, 1.0, "litre", "volume of the cells")
    _add_species(made, network, models.state.concentrations_mM)
    _add_constants(made, members, member)
    for reaction in network.kinetic_reactions:
        _add_reaction(made, network, network.reactions[reaction])
    settings = ""
    if reactor is not None:
        one = models.with_km(models.km_mM[member : member + 1])
        add_reactor(made, one, reactor)
        settings = json.dumps(reactor.settings(), sort_keys=True)
    done(model.appendAnnotation(own_annotation(made, members, member, settings)), "our annotation")
    return made


def _notes(members: Members, member: int) -> list[str]:
    network, state = members.network, members.models.state
    growth = network.growth
    return [
        f"Kinetic model {members.labels[member]} of the network {network.name} at the steady state "
        f"{state.label}, written by renaissance_kit. One litre of cells: the size of a compartment "
        "is its share of the volume. Concentrations are in mM, Vmax in mM/h per litre of cells, "
        "time in hours.",
        f"Dry weight: {state.density_gDW_L:g} g per litre of cells; a rate in mM/h divided by it "
        "is a flux in mmol/gDW/h.",
        *(
            [f"{growth} is a lumped reaction that makes one gram of dry weight; its coefficients "
             "are mmol per gram, and its rate divided by the dry weight is the growth rate in 1/h."]
            if growth is not None else []
        ),
    ]  # fmt: skip


def _add_compartments(made: Document, network: Network) -> None:
    used = {network.metabolites[m].compartment for m in network.species}
    for c in network.compartments.values():
        if c.id not in used:
            continue
        compartment = made.model.createCompartment()
        made.compartments[c.id] = made.ids.new(c.id)
        done(compartment.setId(made.compartments[c.id]), f"the compartment {c.id}")
        compartment.setMetaId(f"meta_{made.compartments[c.id]}")
        compartment.setName(c.name or c.id)
        compartment.setSpatialDimensions(3)
        compartment.setSize(1.0 if c.volume_fraction is None else c.volume_fraction)
        compartment.setUnits("litre")
        compartment.setConstant(True)
        compartment.setSBOTerm(_SBO["compartment"])


def _add_species(made: Document, network: Network, concentrations: Array) -> None:
    for name, value in zip(network.species, concentrations, strict=True):
        metabolite, constant = network.metabolites[name], name in network.constant
        species = made.model.createSpecies()
        made.species[name] = made.ids.new(f"M_{name}")
        done(species.setId(made.species[name]), f"the metabolite {name}")
        species.setMetaId(f"meta_{made.species[name]}")
        species.setName(name)  # programs that go by names need one that is not given twice
        if metabolite.name:
            species.setNotes(notes_of(metabolite.name))
        species.setCompartment(made.compartments[metabolite.compartment])
        species.setInitialConcentration(float(value))
        species.setSubstanceUnits(made.units.id(mmol=1))
        species.setHasOnlySubstanceUnits(False)
        species.setBoundaryCondition(constant)
        species.setConstant(constant)
        species.setSBOTerm(_SBO["metabolite"])
        refer(species, "bigg.metabolite", [metabolite.base])
        refer(species, "seed.compound", [metabolite.database_id])


def _add_constants(made: Document, members: Members, member: int) -> None:
    network, models = members.network, members.models
    vmax, km = models.vmax_mM_h[member], models.km_mM[member]
    for r, name in enumerate(network.kinetic_reactions):
        reaction = network.reactions[name]
        law = REGISTRY[reaction.rate_law]
        forward, power = _orders(reaction)
        kind = "Vmax" if law.has_km else "rate constant"
        made.vmax[name] = made.ids.new(f"Vmax_{name}")
        unit = made.units.of_mM(1 - forward, per_hour=True)
        parameter(made.model, made.vmax[name], vmax[r], unit, f"{kind} {name}", _SBO[kind])
        if law.reversible:
            made.keq[name] = made.ids.new(f"Keq_{name}")
            parameter(
                made.model, made.keq[name], float(np.exp(models.log_keq[r])),
                made.units.of_mM(power), f"Keq {name}", _SBO["Keq"],
            )  # fmt: skip
    for k, name in enumerate(network.km_names):
        of, _, kind = name.rpartition(":") if name.count(":") == 2 else (name, "", "KM")
        made.km[name] = made.ids.new(f"{kind}_{of}")
        unit = made.units.of_mM(1)
        parameter(made.model, made.km[name], km[k], unit, f"{kind} {of}", _SBO[kind])


def _orders(reaction: Reaction) -> tuple[float, float]:
    """Powers of mM in f and in Keq."""
    law = REGISTRY[reaction.rate_law]
    substrates = sum(n for _, n in reaction.substrates)
    if not law.reversible:
        return sum(abs(n) for _, n, mode in reaction.protons if mode == "first_order"), 0.0
    products = sum(n for _, n in (*reaction.products, *((m, n) for m, n, _ in reaction.protons)))
    return 0.0 if law.has_km else substrates, products - substrates


def symbols_of(made: Document, reaction: Reaction) -> Symbols:
    """Names that stand in the law of a reaction."""
    law = REGISTRY[reaction.rate_law]

    def symbol(metabolite: str, exponent: float) -> Symbol:
        km = made.km.get(f"{reaction.id}:{metabolite}", "")
        return Symbol(made.species[metabolite], km, exponent)

    wanted = "displacement" if law.reversible else "first_order"
    return Symbols(
        tuple(symbol(m, n) for m, n in reaction.substrates),
        tuple(symbol(m, n) for m, n in reaction.products),
        tuple(
            Symbol(made.species[m], exponent=n if law.reversible else abs(n))
            for m, n, mode in reaction.protons
            if mode == wanted
        ),
        made.keq.get(reaction.id, ""),
        tuple(
            (
                m.kind,
                made.species[m.metabolite],
                tuple(
                    made.km[f"{reaction.id}:{m.metabolite}:{constant}"]
                    for constant, _ in MODIFIERS[m.kind].constants
                ),
            )
            for m in reaction.modifiers
        ),
    )


def _add_reaction(made: Document, network: Network, record: Reaction) -> None:
    law = REGISTRY[record.rate_law]
    reaction = made.model.createReaction()
    made.reactions[record.id] = made.ids.new(f"R_{record.id}")
    done(reaction.setId(made.reactions[record.id]), f"the reaction {record.id}")
    reaction.setMetaId(f"meta_{made.reactions[record.id]}")
    reaction.setName(record.id)
    if record.name:
        reaction.setNotes(notes_of(record.name))
    reaction.setReversible(law.reversible)
    kind = "growth" if record.role == "growth" else "transport" if record.transport else "kinetic"
    reaction.setSBOTerm(_SBO[kind])
    for name, n in record.stoichiometry.items():
        if name in made.species:  # water is not in the kinetics
            reference = reaction.createReactant() if n < 0 else reaction.createProduct()
            reference.setSpecies(made.species[name])
            reference.setStoichiometry(abs(n))
            reference.setConstant(True)
    formula = math_of(
        f"{CELL_VOLUME} * {made.vmax[record.id]} * ({law.infix(symbols_of(made, record))})",
        made.model,
    )
    kinetic = reaction.createKineticLaw()
    done(kinetic.setMath(formula), f"the law of {record.id}")
    kinetic.setMetaId(f"meta_law_{made.reactions[record.id]}")
    if law.sbo:
        kinetic.setSBOTerm(law.sbo)
    reactants = {made.species[m] for m in record.stoichiometry if m in made.species}
    for m in record.modifiers:
        if made.species[m.metabolite] not in reactants:
            modifier = reaction.createModifier()
            modifier.setSpecies(made.species[m.metabolite])
            modifier.setSBOTerm(MODIFIERS[m.kind].sbo)
            reactants.add(made.species[m.metabolite])
    if record.role != "growth":
        refer(reaction, "bigg.reaction", [record.id])
    refer(reaction, "ec-code", record.ec.split(";"), version=True)
