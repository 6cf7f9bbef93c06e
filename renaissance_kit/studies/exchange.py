"""A model written as SBML and read back, as our own file and as that of another program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import libsbml
import numpy as np
import pandas as pd

from renaissance_kit.core.files import atomic_path
from renaissance_kit.formats.sbml_reading import ReadModels, read_sbml
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network


@dataclass(frozen=True)
class Exchange:
    """What came back.

    Attributes:
        network, models: that were written; one model.
        own: read from our file.
        other: read from the file without what we wrote beside the model.
        complaints: errors and warnings of libSBML's checks, units included.
    """

    network: Network
    models: KineticModels
    own: ReadModels
    other: ReadModels
    complaints: int

    @property
    def laws_recognised(self) -> int:
        """Reactions with the law that they were written with."""
        found, written = self.other.network.reactions, self.network.reactions
        return sum(found[r].rate_law == written[r].rate_law for r in self.network.kinetic_reactions)

    def table(self) -> pd.DataFrame:
        """Largest relative differences, one row a way of reading."""
        rows = {}
        for name, read in (("our file", self.own), ("as of another program", self.other)):
            rows[name] = {
                "constants": _largest(self._constants(self.models), self._constants(read.models)),
                "Vmax": _largest(self._vmax(self.models), self._vmax(read.models)),
                "eigenvalues": _largest(_spectrum(self.models), _spectrum(read.models)),
                "left out": len(read.left_out),
            }
        return pd.DataFrame(rows).T

    def _constants(self, models: KineticModels) -> np.ndarray:
        found = dict(zip(models.network.km_names, models.km_mM[0], strict=True))
        influential = self.models.laws.influential_km
        names = zip(self.network.km_names, influential, strict=True)
        return np.array([found[name] for name, counts in names if counts])

    def _vmax(self, models: KineticModels) -> np.ndarray:
        found = dict(zip(models.network.kinetic_reactions, models.vmax_mM_h[0], strict=True))
        return np.array([found[r] for r in self.network.kinetic_reactions])


def sbml_round_trip(network: Network, models: KineticModels, file: Path) -> Exchange:
    """Read a file that `renaissance_kit.formats.write_sbml` wrote, twice.

    Args:
        network: of the model.
        models: one model, the one that was written.
        file: the SBML; beside it the one without our annotation is written.

    Raises:
        DataError: a law was not recognised, or the file is damaged.
    """
    document = libsbml.readSBMLFromFile(str(file))
    document.checkConsistency()
    complaints = int(document.getNumErrors())
    document.getModel().unsetAnnotation()
    bare = file.with_name(f"{file.stem}_without_annotation{file.suffix}")
    with atomic_path(bare) as temporary:
        temporary.write_text(libsbml.writeSBMLToString(document), encoding="utf-8")
    density = models.state.density_gDW_L
    return Exchange(
        network, models, read_sbml(file), read_sbml(bare, density_gDW_L=density), complaints
    )


def _largest(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(theirs / ours - 1).max())


def _spectrum(models: KineticModels) -> np.ndarray:
    return np.sort_complex(models.spectrum().eigenvalues_per_h[0])
