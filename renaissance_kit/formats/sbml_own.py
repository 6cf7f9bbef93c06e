"""What SBML has no place for, as an annotation of our own: written here, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from renaissance_kit.core.versions import versions_text
from renaissance_kit.formats.members import Members
from renaissance_kit.formats.sbml_parts import NAMESPACE
from renaissance_kit.network.writing import tables_of

if TYPE_CHECKING:
    from renaissance_kit.formats.sbml import Document

_PREFIX = "rk"


def own_annotation(made: Document, members: Members, member: int) -> str:
    """Tables of the network, all digits of the numbers, and where the model comes from."""
    ElementTree.register_namespace(_PREFIX, NAMESPACE)
    network, state = members.network, members.models.state
    root = ElementTree.Element(_tag("model"))
    ElementTree.SubElement(
        root, _tag("provenance"),
        {
            "made_with": versions_text(), **members.provenance, "network": network.name,
            "network_digest": network.digest, "steady_state": state.label,
            "density_gDW_L": repr(float(state.density_gDW_L)), "model": members.labels[member],
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


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
