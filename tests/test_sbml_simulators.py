"""What two independent simulators make of our SBML: rates, eigenvalues, courses, steady states."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from simulators import SIMULATORS

from renaissance_kit import KineticEnsemble, KineticModels, Network, Perturbation, SteadyState
from renaissance_kit.formats import write_sbml
from renaissance_kit.simulation import Dynamics, Tolerances, integrate

STRICT = Tolerances(relative=1e-10, absolute=1e-12, seconds=300.0)
HOURS = np.linspace(0.0, 1.0, 11)


@dataclass
class Written:
    """A model as a file, and a start at ±50 % with the totals of the steady state."""

    models: KineticModels
    file: Path

    def __post_init__(self) -> None:
        self.cell = Dynamics(self.models)
        self.start = Perturbation(size=0.5, seed=3).starts(self.models, 0)[0]

    def course(self) -> np.ndarray:
        system, feed = self.cell.system(0), np.zeros(len(self.start))
        return integrate(
            lambda t, y, out: system.derivative(y, out, 0.0, feed),
            lambda t, y, out: system.jacobian(y, out, 0.0),
            self.start, HOURS, scale=self.cell.steady_state, tolerances=STRICT,
        ).states  # fmt: skip


@pytest.fixture(
    scope="module", params=["tiny", "ecoli_w3110_trpd9923", "ecoli_w3110_trpd9923+published"]
)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    network = Network.open(request.param)
    if request.param == "tiny":
        km = np.random.default_rng(2).uniform(0.1, 5, (1, len(network.km_names)))
        models = KineticModels(network, SteadyState.from_folder(network), km)
    else:
        models = KineticEnsemble.example(network).models(network)
        models = models.with_km(models.km_mM[3:4])
    (file,) = write_sbml(tmp_path_factory.mktemp("sbml") / "model.xml", models)
    return Written(models, file)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATORS)
def test_rates_courses_and_the_way_back(written: Written, name: str) -> None:
    """Rates and courses away from the steady state, and the state that is found from there."""
    simulator = SIMULATORS[name](written.file, written.models.network)
    simulator.start(written.start)
    ours = written.cell.rates_mM_h(0, written.start)
    np.testing.assert_allclose(simulator.rates(), ours, rtol=1e-9)
    simulator.start(written.start)
    np.testing.assert_allclose(simulator.course(HOURS), written.course(), rtol=1e-6)
    simulator.start(written.start)
    settled = simulator.course(np.array([0.0, 10.0]))[-1]
    np.testing.assert_allclose(settled, written.cell.steady_state, rtol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATORS)
def test_eigenvalues_are_ours_as_far_as_finite_differences_go(written: Written, name: str) -> None:
    """COPASI's differences give them to 1e-8. Those of libRoadRunner give 1e-6, and take a minute
    for the Jacobian of *E. coli*, so that it is asked for the small network only."""
    network = written.models.network
    if name == "libRoadRunner" and network.name != "tiny":
        pytest.skip("takes a minute; 1.1e-6 when it was done by hand")
    simulator = SIMULATORS[name](written.file, network)
    simulator.start(written.cell.steady_state)
    rows = [network.species_index[m] for m in network.independent]
    # COPASI's is in amounts; the volume fractions bring it to concentrations
    jacobian = simulator.jacobian()
    if name == "COPASI":
        phi = network.volume_fractions
        jacobian = jacobian * phi[None, :] / phi[:, None]
    found = np.sort_complex(np.linalg.eigvals((jacobian @ network.link_matrix)[rows]))
    ours = np.sort_complex(written.models.spectrum().eigenvalues_per_h[0])
    np.testing.assert_allclose(found, ours, rtol=1e-8 if name == "COPASI" else 1e-6)
