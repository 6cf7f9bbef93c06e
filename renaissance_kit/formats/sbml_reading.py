"""Kinetic models from SBML: our own files without loss, others as far as the registry goes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import libsbml
import numpy as np

from renaissance_kit.core.errors import DataError
from renaissance_kit.formats.sbml_foreign import Foreign, ForeignReaction
from renaissance_kit.formats.sbml_own import read_own
from renaissance_kit.formats.sbml_parts import plain_id
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.rate_laws import RateLaws
from renaissance_kit.laws.record import Terms
from renaissance_kit.network.conditions import CONDITIONS
from renaissance_kit.network.network import Network
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction, Regulation
from renaissance_kit.network.writing import tables_of
from renaissance_kit.simulation.courses import course_of
from renaissance_kit.simulation.dynamics import Dynamics
from renaissance_kit.simulation.integrators import Tolerances
from renaissance_kit.states.steady_state import SteadyState

_DEFAULTS = {"eigenvalue_threshold": 0.0, "km_lower_bound": 1e-6, "km_upper_bound": 1e4}
_STRICT = Tolerances(relative=1e-12, absolute=1e-12, seconds=120.0)


@dataclass(frozen=True)
class ReadModels:
    """What was read from a file of another program.

    Attributes:
        network: without formulas and energies where the file has none.
        models: the kinetic models at their steady state.
        left_out: what was assumed, and what the file holds and the models do not.
        provenance: texts by name; empty where the file does not say where it comes from.
    """

    network: Network
    models: KineticModels
    left_out: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


def read_sbml(
    path: str | Path, *, density_gDW_L: float = 300.0, settle_h: float = 0.0
) -> ReadModels:
    """Read a kinetic model from SBML.

    A file that `write_sbml` wrote gives the network, the steady state and the constants to the last
    bit. Of any other file, laws are recognised by the rates that they give, units are converted
    where they are declared, and compartments with dynamic species are taken for the cell.

    Args:
        path: of an SBML file of any level.
        density_gDW_L: dry weight per litre of cells, of a file that does not say it.
        settle_h: hours to simulate first, where the concentrations of such a file are no steady
            state.

    Raises:
        DataError: the file is no SBML, or holds something that is not known: all reactions of which
            no law of the registry gives the rates are listed, each with the reason.
        SteadyStateError: the concentrations are no steady state.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.formats import write_sbml
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
    >>> (file,) = write_sbml("build/tiny.xml", models)
    >>> read_sbml(file).network == network
    True
    """
    path = Path(path).expanduser()
    document = _document(path)
    own = read_own(document, path.name)
    if own is not None and not own.changed:
        return ReadModels(own.models.network, own.models, own.left_out, own.provenance)
    foreign = Foreign(document)
    if own is not None:
        foreign.notes.append(
            f"what renaissance_kit wrote beside the model: the file was changed since, in "
            f"{', '.join(own.changed[:5])}{' and more' if len(own.changed) > 5 else ''}"
        )
    found = foreign.reactions()
    foreign.require_known(path.name)
    if not found:
        raise DataError(f"{path.name}: no reactions; give a kinetic model")
    network = _network(foreign, found, density_gDW_L)
    models = _models(foreign, found, network, density_gDW_L, settle_h)
    return ReadModels(network, models, tuple(dict.fromkeys(foreign.notes)))


def _document(path: Path) -> libsbml.SBMLDocument:
    if not path.is_file():
        raise DataError(f"{path} does not exist; give an SBML file")
    document = libsbml.readSBMLFromFile(str(path))
    fatal = libsbml.LIBSBML_SEV_ERROR
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    wrong = [e for e in errors if e.getSeverity() >= fatal]
    if wrong or document.getModel() is None:
        why = wrong[0].getMessage().strip().split("\n")[0] if wrong else "it holds no model"
        line = f", line {wrong[0].getLine()}" if wrong else ""
        raise DataError(f"{path.name}{line}: not SBML that can be read: {why}")
    return document


def _network(foreign: Foreign, found: list[ForeignReaction], density: float) -> Network:
    model, source = foreign.model, "SBML of another program"
    used = {m for r in found for m in (*r.left, *r.right, *(x[0] for x in r.law.modifiers))}
    species = [s for s in model.getListOfSpecies() if s.getId() in used]
    for s in model.getListOfSpecies():
        if s.getId() not in used:
            foreign.notes.append(f"species {s.getId()}, which no reaction has")
    nan = math.nan
    metabolites = {
        plain_id(s.getId()): Metabolite(
            plain_id(s.getId()), s.getName(), {}, None, s.getCompartment(),
            "dynamic" if s.getId() in foreign.dynamic else "constant",
            False, nan, nan, nan, (), "", source,
        )
        for s in species
    }  # fmt: skip
    compartments = {}
    for c in dict.fromkeys(s.getCompartment() for s in species):
        within = c in foreign.inside
        role = "cytosol" if foreign.inside[:1] == (c,) else "organelle" if within else "medium"
        compartments[c] = Compartment(
            c, model.getCompartment(c).getName() or c, role,
            foreign.litres[c] / foreign.cell_litres if within else None, 7.0, 0.0, {},
        )  # fmt: skip
    conditions = {
        name: Quantity(value, CONDITIONS[name].unit, nan, nan, "given to the reader of SBML")
        for name, value in {"dry_weight_density": density, **_DEFAULTS}.items()
    }
    reactions = {plain_id(r.id): _record(r, source) for r in found}
    name = model.getName() or model.getId() or "model"
    loose = Network(name, metabolites, reactions, compartments, conditions)
    return Network.from_tables(name, tables_of(loose))


def _record(r: ForeignReaction, source: str) -> Reaction:
    def terms(of: Mapping[str, float]) -> Terms:
        return tuple((plain_id(m), n) for m, n in of.items())

    law = r.law
    return Reaction(
        plain_id(r.id), r.name, terms(r.left), terms(r.right), "", "", "",
        "growth" if r.growth else "kinetic", law.law.name, terms(dict(law.substrates)),
        terms(dict(law.products)), tuple((plain_id(m), n, mode) for m, n, mode in law.protons),
        math.nan, math.nan, "", source,
        tuple(Regulation(plain_id(m), kind, source) for m, kind, _ in law.modifiers),
    )  # fmt: skip


def _models(
    foreign: Foreign, found: list[ForeignReaction], network: Network, density: float,
    settle_h: float,
) -> KineticModels:  # fmt: skip
    of_plain = {plain_id(s.getId()): s.getId() for s in foreign.model.getListOfSpecies()}
    c = foreign.state_mM([of_plain[m] for m in network.species])
    of_reaction = {plain_id(r.id): r.km_mM for r in found}
    named = (name.split(":", 1) for name in network.km_names)
    km = np.array([of_reaction[reaction][constant] for reaction, constant in named])
    for r in found:
        if r.law.unknown_km:
            foreign.notes.append(
                f"the KM of {', '.join(map(plain_id, r.law.unknown_km))} in {plain_id(r.id)}, "
                "which have no influence, are set to 1 mM"
            )
    laws = RateLaws.of(network)
    vmax = np.array([r.vmax_mM_h for r in found])
    log_keq = np.array([r.log_keq for r in found])

    def state_at(concentrations: np.ndarray) -> SteadyState:
        keq = np.where(laws.reversible, log_keq, 0.0)
        fluxes = vmax * laws.rates(concentrations, km, keq)
        quotient = laws.log_equilibrium_constants(concentrations, np.zeros(len(keq)))
        displacement = np.where(laws.reversible, quotient - keq, np.nan)
        return SteadyState(
            concentrations,
            fluxes / density,
            displacement,
            density,
            network.name,
            network.structure_digest,
        )

    with np.errstate(all="ignore"):  # what is not finite is named by the check of the state
        state = state_at(c)
    if settle_h > 0:
        state = state_at(_settled(KineticModels(network, state, km, laws), settle_h))
    return KineticModels(network, state, km)


def _settled(models: KineticModels, hours: float) -> np.ndarray:
    """Concentrations after some hours of simulation, those of constant metabolites as they are."""
    cell = Dynamics(models)
    course = course_of(
        cell.system(0), cell.steady_state, np.array([0.0, hours]), scale=cell.steady_state,
        tolerances=_STRICT,
    )  # fmt: skip
    c = models.state.concentrations_mM.copy()
    c[: len(cell.names)] = course.states[-1]
    return c
