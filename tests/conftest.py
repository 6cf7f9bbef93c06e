"""Real networks as fixtures, and the reference numbers of an independent implementation."""

from __future__ import annotations

import locale
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMMeasurements,
    KMRanges,
    Network,
    SteadyState,
    SteadyStates,
)
from renaissance_kit.kinetics import RateLaws

# Slow is not wrong: shared machines and just-in-time compilation take their time.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1500)
settings.load_profile("default")

REFERENCE = Path(__file__).parent / "reference" / "ecoli_reference.npz"


@pytest.fixture(autouse=True)
def same_locale():
    """COPASI sets the locale of the process to C, where Python reads text files as ASCII."""
    before = locale.setlocale(locale.LC_CTYPE)
    yield
    locale.setlocale(locale.LC_CTYPE, before)


@pytest.fixture(scope="session")
def ecoli() -> Network:
    return Network.example("ecoli_w3110_trpd9923")


@pytest.fixture
def defaults_of_cvode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of CVODE's own where ours differ; its Python interface keeps them."""
    monkeypatch.setattr("renaissance_kit.simulation.sundials.NEWTON", 0.1)
    monkeypatch.setattr("renaissance_kit.simulation.sundials.JACOBIAN_AGE", 51)


@pytest.fixture(scope="session")
def tiny() -> Network:
    return Network.example("tiny")


@pytest.fixture(scope="session")
def tiny_state(tiny: Network) -> SteadyState:
    return SteadyState.from_folder(tiny)


@pytest.fixture
def one_tiny_state(tiny: Network, tiny_state: SteadyState):
    """Make a set that holds the tiny network's one state, with the given provenance."""

    def make(**provenance) -> SteadyStates:
        return SteadyStates.from_arrays(
            tiny,
            tiny_state.fluxes_mmol_gDW_h[None],
            tiny.kinetic_reactions,
            tiny_state.concentrations_mM[None],
            tiny_state.log_displacement[None],
            provenance,
        )

    return make


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def models_file(tiny: Network, tiny_state: SteadyState, tmp_path_factory) -> Path:
    """An ensemble of three valid models of the tiny network."""
    path = tmp_path_factory.mktemp("models") / "models.nc"
    models = KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(3, np.random.default_rng(1)))
    KineticEnsemble.from_models(models, models.spectrum()).save(path)
    return path


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def write_km(tiny: Network, tmp_path: Path):
    """Write a table of measured KM and read it."""

    def written(text: str, network: Network = tiny) -> KMMeasurements:
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="utf-8")
        return KMMeasurements.read(network, path)

    return written


@pytest.fixture(scope="session")
def shipped_km(ecoli: Network) -> KMMeasurements:
    return KMMeasurements.example(ecoli)


@dataclass
class Reference:
    """Evaluations of the E. coli model, re-ordered to our names."""

    network: Network
    states: list[SteadyState]
    models: list[KineticModels]
    vmax_mM_h: list[np.ndarray]
    jacobians_per_h: list[np.ndarray]
    eigenvalues_per_h: list[np.ndarray]
    independent: list[str]


_REACTION_NAMES = {
    "LMPD_biomass_c_1_420": "GROWTH",
    "D-LACt2pp": "D_LACt2pp",
    "D-LACtex": "D_LACtex",
}


@pytest.fixture(scope="session")
def reference(ecoli: Network) -> Reference:
    data = np.load(REFERENCE)
    ours = {f"{p}{name.replace('__', '_')}": name for name in ecoli.species for p in ("", "_")}
    metabolites = [ours[str(name)] for name in data["metabolites"]]
    reactions = [_REACTION_NAMES.get(str(r), str(r)) for r in data["reactions"]]
    km = _km_columns(ecoli, [str(name) for name in data["km_names"]])
    species_order = [metabolites.index(name) for name in ecoli.species]
    reaction_order = [reactions.index(name) for name in ecoli.kinetic_reactions]
    reversible = RateLaws.of(ecoli).reversible
    states, models, vmax, jacobians, eigenvalues = [], [], [], [], []
    for i in range(len(data["conc_mM"])):
        displacement = data["displacement"][i][reaction_order]
        state = SteadyState(
            data["conc_mM"][i][species_order],
            data["flux_mmol_gDW_h"][i][reaction_order],
            np.where(reversible, np.log(displacement), np.nan),
            float(data["dry_weight_density_gDW_L"]),
            str(i),
            ecoli.digest,
        )
        rows = np.flatnonzero(data["ss"] == i)
        states.append(state)
        models.append(KineticModels(ecoli, state, data["km_mM"][rows][:, km]))
        vmax.append(data["vmax_mM_per_h"][rows][:, reaction_order])
        jacobians.append(data["jac_per_h"][rows])
        eigenvalues.append(data["eig_per_h"][rows])
    independent = [ours[str(name)] for name in data["independent"]]
    return Reference(ecoli, states, models, vmax, jacobians, eigenvalues, independent)


def _km_columns(network: Network, reference_names: list[str]) -> list[int]:
    """Column of the reference's ``km_substrate1_PFK`` for each of our ``PFK:f6p_c``."""
    back = {ours: theirs for theirs, ours in _REACTION_NAMES.items()}
    columns = {}
    for name in network.kinetic_reactions:
        reaction = network.reactions[name]
        for role, terms in (("substrate", reaction.substrates), ("product", reaction.products)):
            for i, (metabolite, _) in enumerate(terms, start=1):
                for label in (f"{role}{i}", role):
                    key = f"km_{label}_{back.get(name, name)}"
                    if key in reference_names:
                        columns[f"{name}:{metabolite}"] = reference_names.index(key)
    return [columns[name] for name in network.km_names]
