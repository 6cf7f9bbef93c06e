"""Two independent simulators of SBML, with one face for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from renaissance_kit import Network

RELATIVE, ABSOLUTE = 1e-10, 1e-14


class RoadRunner:
    """libRoadRunner (Welsh et al. 2023 Bioinformatics 39:btac770)."""

    def __init__(self, file: Path, network: Network) -> None:
        roadrunner = pytest.importorskip("roadrunner")
        self.network = network
        self.species = [f"M_{m}" for m in network.dynamic]
        self.model = roadrunner.RoadRunner(str(file))
        self.model.integrator.relative_tolerance = RELATIVE
        self.model.integrator.absolute_tolerance = ABSOLUTE
        self.model.integrator.maximum_num_steps = 200_000

    def start(self, concentrations: np.ndarray) -> None:
        """Put the dynamic metabolites at a start, in mM."""
        self.model.reset()
        inside = self.model.model
        where = {name: i for i, name in enumerate(inside.getFloatingSpeciesIds())}
        inside.setFloatingSpeciesConcentrations([where[n] for n in self.species], concentrations)

    def rates(self) -> np.ndarray:
        """Rates of the kinetic reactions, mM/h."""
        found = self.model.model
        rates = dict(zip(found.getReactionIds(), found.getReactionRates(), strict=True))
        return np.array([rates[f"R_{r}"] for r in self.network.kinetic_reactions])

    def course(self, hours: np.ndarray, names: Sequence[str] = ()) -> np.ndarray:
        """Concentrations at evenly spaced hours, (hours, names) in mM; of dynamic metabolites if
        no names are given. ``biomass`` is in gDW/L."""
        asked = [n if n == "biomass" else f"[M_{n}]" for n in names or self.network.dynamic]
        self.model.timeCourseSelections = ["time", *asked]
        return np.asarray(self.model.simulate(hours[0], hours[-1], len(hours)))[:, 1:]

    def jacobian(self) -> np.ndarray:
        """∂(dc/dt)/∂c by its finite differences, (dynamic, dynamic) in 1/h."""
        matrix = self.model.getFullJacobian()
        order = [list(matrix.rownames).index(name) for name in self.species]
        return np.asarray(matrix)[np.ix_(order, order)]


class Copasi:
    """COPASI (Hoops et al. 2006 Bioinformatics 22:3067), through basico."""

    def __init__(self, file: Path, network: Network) -> None:
        self.basico = pytest.importorskip("basico")
        self.network = network
        self.model: Any = self.basico.load_model(str(file))

    def start(self, concentrations: np.ndarray) -> None:
        """As `RoadRunner.start`."""
        import COPASI

        model, changed = self.model.getModel(), COPASI.ObjectStdVector()
        of_name = dict(zip(self.network.dynamic, concentrations, strict=True))
        for i in range(model.getNumMetabs()):
            species = model.getMetabolite(i)
            if species.getObjectName() in of_name:
                species.setInitialConcentration(float(of_name[species.getObjectName()]))
                changed.append(species.getInitialConcentrationReference())
        model.updateInitialValues(changed)

    def rates(self) -> np.ndarray:
        """As `RoadRunner.rates`."""
        self.model.getModel().applyInitialValues()
        container = self.model.getModel().getMathContainer()
        container.updateSimulatedValues(False)
        container.pushAllTransientValues()
        found = self.basico.get_reactions(model=self.model)
        rates = dict(zip(found.sbml_id, found.flux, strict=True))
        return np.array([rates[f"R_{r}"] for r in self.network.kinetic_reactions])

    def course(self, hours: np.ndarray, names: Sequence[str] = ()) -> np.ndarray:
        """As `RoadRunner.course`."""
        found = self.basico.run_time_course(
            start_time=hours[0], duration=hours[-1] - hours[0], intervals=len(hours) - 1,
            r_tol=RELATIVE, a_tol=ABSOLUTE, max_steps=200_000, model=self.model,
        )  # fmt: skip
        asked = [f"Values[{n}]" if n == "biomass" else n for n in names or self.network.dynamic]
        return found[asked].to_numpy()

    def jacobian(self, factor: float = 1e-5) -> np.ndarray:
        """As `RoadRunner.jacobian`."""
        found = self.basico.get_jacobian_matrix(
            apply_initial_values=True, derivation_factor=factor, model=self.model
        )
        names = list(self.network.dynamic)
        return found.loc[names, names].to_numpy()


SIMULATORS = {"libRoadRunner": RoadRunner, "COPASI": Copasi}
