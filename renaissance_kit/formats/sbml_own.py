"""What SBML has no place for, as an annotation of our own: written here, and read back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

import libsbml
import numpy as np
import pandas as pd

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.versions import versions_text
from renaissance_kit.formats.members import Members
from renaissance_kit.formats.sbml_document import Document
from renaissance_kit.formats.sbml_parts import NAMESPACE
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.network.writing import tables_of
from renaissance_kit.states.steady_state import SteadyState

_PREFIX = "rk"
REACTOR = "reactor"
_CLOSE = 1e-13  # SBML has 15 digits of a number


def own_annotation(made: Document, members: Members, member: int, reactor: str = "") -> str:
    """Tables of the network, all digits of the numbers, and where the model comes from.

    Args:
        reactor: settings of the bioreactor, as JSON.
    """
    ElementTree.register_namespace(_PREFIX, NAMESPACE)
    again = libsbml.readSBMLFromString(libsbml.writeSBMLToString(made.document))
    network, state = members.network, members.models.state
    root = ElementTree.Element(_tag("model"))
    ElementTree.SubElement(
        root, _tag("provenance"),
        {
            "made_with": versions_text(), **members.provenance, "network": network.name,
            "network_digest": network.digest, "steady_state": state.label,
            "density_gDW_L": repr(float(state.density_gDW_L)), "model": members.labels[member],
            "structure": structure_of(again.getModel()), **({REACTOR: reactor} if reactor else {}),
        },
    )  # fmt: skip
    for name, table in tables_of(network).items():
        rows = ElementTree.SubElement(root, _tag("table"), {"name": name})
        for row in table.to_dict("records"):
            cells = {str(k): v for k, v in row.items() if v}
            ElementTree.SubElement(rows, _tag("row"), cells)
        rows.set("columns", " ".join(table.columns))
    for of, element, numbers in (
        (network.species, made.species, {"concentration_mM": state.concentrations_mM}),
        (network.km_names, made.km, {"km_mM": members.models.km_mM[member]}),
        (
            network.kinetic_reactions, made.vmax,
            {
                "vmax_mM_h": members.models.vmax_mM_h[member],
                "flux_mmol_gDW_h": state.fluxes_mmol_gDW_h,
                "log_displacement": state.log_displacement,
            },
        ),
    ):  # fmt: skip
        for i, name in enumerate(of):
            values = {k: repr(float(v[i])) for k, v in numbers.items()}
            ElementTree.SubElement(
                root, _tag("number"), {"of": name, "element": element[name], **values}
            )
    return ElementTree.tostring(root, encoding="unicode")


def structure_of(model: libsbml.Model) -> str:
    """Fingerprint of reactions, laws, rules and the like, without the numbers of parameters."""
    reactions = []
    for r in model.getListOfReactions():
        law = r.getKineticLaw()
        sides = [
            [(x.getSpecies(), f"{x.getStoichiometry():.12g}") for x in side]
            for side in (r.getListOfReactants(), r.getListOfProducts())
        ]
        written = libsbml.formulaToL3String(law.getMath()) if law is not None else ""
        reactions.append((r.getId(), sides, written))
    rules = [(r.getVariable(), libsbml.formulaToL3String(r.getMath())) for r in
             model.getListOfRules()]  # fmt: skip
    species = [
        (s.getId(), s.getCompartment(), s.getBoundaryCondition(), s.getConstant())
        for s in model.getListOfSpecies()
    ]
    sizes = [(c.getId(), c.getSize()) for c in model.getListOfCompartments()]
    units = [model.getSubstanceUnits(), model.getTimeUnits(), model.getVolumeUnits()]
    others = [model.getNumEvents(), model.getNumInitialAssignments(), model.getNumConstraints()]
    return fingerprint(reactions, rules, species, sizes, units, others)


def _changed(
    model: libsbml.Model,
    models: KineticModels,
    numbers: list[ElementTree.Element],
    reactor: str,
) -> Iterator[str]:
    """Elements of SBML whose numbers are not those of the models."""
    factors = json.loads(reactor)["vmax_factors"] if reactor else {}
    network, state = models.network, models.state
    of = dict(zip(network.km_names, models.km_mM[0], strict=True))
    of |= {
        r: value * factors.get(r, 1.0)
        for r, value in zip(network.kinetic_reactions, models.vmax_mM_h[0], strict=True)
    }
    concentrations = dict(zip(network.species, state.concentrations_mM, strict=True))
    for n in numbers:
        name, given = n.attrib["element"], math.nan
        if "concentration_mM" in n.attrib:
            if reactor:
                continue  # the medium is that of the reactor
            species, expected = model.getSpecies(name), concentrations[n.attrib["of"]]
            given = species.getInitialConcentration() if species is not None else math.nan
        else:
            parameter, expected = model.getParameter(name), of[n.attrib["of"]]
            given = parameter.getValue() if parameter is not None else math.nan
        if not abs(given - expected) <= _CLOSE * abs(expected):
            yield name
    for r, keq in zip(network.kinetic_reactions, models.log_keq, strict=True):
        parameter = model.getParameter(f"Keq_{r}")
        if parameter is not None and not abs(parameter.getValue() / np.exp(keq) - 1) <= 1e-12:
            yield f"Keq_{r}"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


@dataclass(frozen=True)
class Own:
    """A model that this package wrote.

    Attributes:
        changed: elements of SBML that are not as they were written.
    """

    models: KineticModels
    provenance: dict[str, str]
    left_out: tuple[str, ...]
    changed: tuple[str, ...]


def read_own(document: libsbml.SBMLDocument, file: str) -> Own | None:
    """Read our annotation; None where there is none.

    Raises:
        DataError: the annotation is damaged.
    """
    text = document.getModel().getAnnotationString()
    if NAMESPACE not in text:
        return None
    try:
        root = ElementTree.fromstring(text).find(_tag("model"))
        if root is None:
            return None
        provenance = dict(root.find(_tag("provenance")).attrib)  # type: ignore[union-attr]
        tables = {t.attrib["name"]: _frame(t) for t in root.findall(_tag("table"))}
        network = Network.from_tables(provenance["network"], tables)
        numbers = root.findall(_tag("number"))
        density = float(provenance["density_gDW_L"])

        def column(name: str, of: tuple[str, ...]) -> np.ndarray:
            found = {n.attrib["of"]: float(n.attrib[name]) for n in numbers if name in n.attrib}
            return np.array([found[key] for key in of])

        reactions = network.kinetic_reactions
        state = SteadyState(
            column("concentration_mM", network.species), column("flux_mmol_gDW_h", reactions),
            column("log_displacement", reactions), density, provenance["steady_state"],
            network.structure_digest,
        )  # fmt: skip
        models = KineticModels(network, state, column("km_mM", network.km_names))
        reactor = provenance.get(REACTOR, "")
        changed = [*_changed(document.getModel(), models, numbers, reactor)]
    except (
        LookupError,
        AttributeError,
        TypeError,
        ElementTree.ParseError,
        ValueError,
    ) as error:
        raise DataError(
            f"{file}: the annotation of renaissance_kit is damaged ({error}); remove it to read "
            "the file as that of another program"
        ) from error
    left_out = ("the bioreactor around the cells",) if reactor else ()
    if structure_of(document.getModel()) != provenance.get("structure"):
        changed.append("reactions, laws or units")
    return Own(models, provenance, left_out, tuple(changed))


def _frame(table: ElementTree.Element) -> pd.DataFrame:
    columns = table.attrib["columns"].split()
    rows = [[row.get(c, "") for c in columns] for row in table]
    return pd.DataFrame(rows, columns=columns, dtype=object)
