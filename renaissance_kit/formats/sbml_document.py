"""An SBML document that is being made."""

from __future__ import annotations

from dataclasses import dataclass, field

import libsbml

from renaissance_kit.core.errors import DataError
from renaissance_kit.formats.sbml_parts import Ids, Units

CELL_VOLUME = "cell_volume"
"""Id of the parameter that is one litre of cells."""


@dataclass
class Document:
    """An SBML document that is being made, with the id of everything in it.

    Attributes:
        compartments, species, reactions: their ids, by ours.
        vmax, keq: ids of parameters, by reaction.
        km: id of the parameter, by name of the constant.
    """

    document: libsbml.SBMLDocument
    model: libsbml.Model
    units: Units
    ids: Ids = field(default_factory=Ids)
    compartments: dict[str, str] = field(default_factory=dict)
    species: dict[str, str] = field(default_factory=dict)
    reactions: dict[str, str] = field(default_factory=dict)
    vmax: dict[str, str] = field(default_factory=dict)
    keq: dict[str, str] = field(default_factory=dict)
    km: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """As XML.

        Raises:
            DataError: what was made is not valid, which is a fault of the writer.
        """
        errors = problems_of(self.document)
        if errors:
            raise DataError(*(f"SBML that was made is not valid: {e}" for e in errors))
        return str(libsbml.writeSBMLToString(self.document))


def problems_of(document: libsbml.SBMLDocument, *, warnings: bool = False) -> list[str]:
    """What libSBML's consistency checks, units included, complain of."""
    document.getErrorLog().clearLog()
    document.checkConsistency()
    least = libsbml.LIBSBML_SEV_WARNING if warnings else libsbml.LIBSBML_SEV_ERROR
    found = [document.getError(i) for i in range(document.getNumErrors())]
    return [
        f"line {e.getLine()}: {e.getShortMessage()}: {e.getMessage().strip()}"
        for e in found
        if e.getSeverity() >= least
    ]
