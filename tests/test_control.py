"""Control coefficients: theorems, closed form, moved steady states, and another program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from guides import guide_blocks
from hypothesis import given, settings, strategies as st
from monod import monod

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    SteadyState,
    SteadyStates,
)
from renaissance_kit.control import ControlStatus, control_coefficients, responses
from renaissance_kit.core import ParameterError
from renaissance_kit.formats import write_sbml
from renaissance_kit.network import tables_of
from renaissance_kit.simulation import Dynamics

STEP = 1e-5  # of ln p, in differences of steady states


def shipped(name: str, states: str = "own", models: int = 5) -> KineticModels:
    """Some valid models of the E. coli network."""
    network = Network.open(name)
    batch = KineticEnsemble.example(network, states).models(network)
    return batch.with_km(batch.km_mM[:models])


@pytest.fixture(scope="module")
def chain_with_moieties(tiny: Network, tiny_state: SteadyState) -> KineticModels:
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(3, np.random.default_rng(2)))


@pytest.fixture(scope="module")
def moiety_in_two_volumes() -> KineticModels:
    network = Network.from_folder(Path(__file__).parent / "data" / "shuttle")
    km = np.random.default_rng(3).uniform(0.05, 2.0, (3, len(network.km_names)))
    return KineticModels(network, SteadyState.from_folder(network), km)


@pytest.fixture(
    scope="module",
    params=[
        ("ecoli_w3110_trpd9923", "own"),
        ("ecoli_w3110_trpd9923", "published"),
        ("ecoli_w3110_trpd9923+published", "own"),
    ],
    ids=["own state", "state 1712", "regulated"],
)
def batch(request: pytest.FixtureRequest) -> KineticModels:
    return shipped(*request.param)


def scaled_elasticities(models: KineticModels) -> np.ndarray:
    """(models, reactions, dynamic) ∂ ln v/∂ ln x from the derivatives of the rates."""
    network, state, laws = models.network, models.state, models.laws
    out = np.zeros((len(models), len(network.kinetic_reactions), len(network.dynamic)))
    g = models.rate_derivatives_per_h()
    for k, (reaction, species) in enumerate(zip(laws.slot_reaction, laws.slots.species)):  # noqa: B905
        if species < len(network.dynamic):
            c, v = state.concentrations_mM[species], state.fluxes_mM_h[reaction]
            out[:, reaction, species] += g[:, k] * c / v
    return out


def check_theorems(models: KineticModels) -> None:
    """Each to 1e-8: sums over the enzymes, and products with elasticities along the moieties."""
    network = models.network
    found = control_coefficients(models)
    assert found.done.all()
    assert np.abs(found.flux.sum(axis=2) - 1).max() < 1e-8
    assert np.abs(found.concentration.sum(axis=2)).max() < 1e-8
    x = models.state.concentrations_mM[: len(network.dynamic)]
    rows = [network.species_index[m] for m in network.independent]
    link = network.link_matrix * x[rows] / x[:, None]
    along = scaled_elasticities(models) @ link
    assert np.abs(found.flux @ along).max() < 1e-8
    assert np.abs(found.concentration @ along + link).max() < 1e-8


def test_summation_and_connectivity(batch: KineticModels) -> None:
    check_theorems(batch)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_summation_and_connectivity_for_any_constants(tiny, tiny_state, seed: int) -> None:
    km = KMRanges.of(tiny).uniform(2, np.random.default_rng(seed))
    check_theorems(KineticModels(tiny, tiny_state, km))


def test_summation_and_connectivity_with_a_moiety_in_two_volumes(moiety_in_two_volumes) -> None:
    check_theorems(moiety_in_two_volumes)


def test_totals_of_moieties_do_not_respond(batch: KineticModels, moiety_in_two_volumes) -> None:
    check_totals(batch)
    check_totals(moiety_in_two_volumes)


def check_totals(batch: KineticModels) -> None:
    network, found = batch.network, control_coefficients(batch)
    x = batch.state.concentrations_mM
    assert network.moieties
    for moiety in network.moieties:
        rows = [network.species_index[m] for m in moiety.coefficients]
        amounts = np.array(list(moiety.coefficients.values())) * network.volume_fractions[rows]
        terms = (amounts * x[rows])[:, None] * found.concentration[:, rows]
        assert np.abs(terms.sum(axis=1)).max() < 1e-10 * np.abs(terms).max()


def test_fluxes_of_a_chain_respond_alike(chain_with_moieties) -> None:
    found = control_coefficients(chain_with_moieties)
    np.testing.assert_allclose(found.flux, found.flux[:, :1].repeat(5, axis=1), atol=1e-12)


# --- closed form ------------------------------------------------------------------------------


def two_steps(k: tuple[float, float], q: tuple[float, float], s: float, p: float):
    """S -> X -> P, v1 = k1 (S − X/q1), v2 = k2 (X − P/q2), at its steady state."""
    tables = tables_of(Network.example("tiny"))
    metabolites, reactions = tables["metabolites.csv"], tables["reactions.csv"]
    metabolites = metabolites[metabolites.id.isin(["glc__D_c", "glc__D_e", "fru_e"])]
    reactions = pd.concat(
        [
            reactions[reactions.id == "GLCt"],
            reactions[reactions.id == "FRUt"].assign(
                equation="glc__D_c <=> fru_e", substrates="glc__D_c", products="fru_e"
            ),
        ]
    )
    tables |= {"metabolites.csv": metabolites, "reactions.csv": reactions}
    network = Network.from_tables("two steps", tables)
    x = (k[0] * s + k[1] * p / q[1]) / (k[0] / q[0] + k[1])
    flux = k[0] * (s - x / q[0])
    rho = [x / q[0] / s, p / q[1] / x]
    of = {"glc__D_c": x, "glc__D_e": s, "fru_e": p}
    state = SteadyState(
        np.array([of[m] for m in network.species]),
        np.full(2, flux / 300.0),
        np.log(rho),
        300.0,
        "two steps",
        network.structure_digest,
    )
    return KineticModels(network, state, np.ones((1, len(network.km_names)))), x


@given(
    st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)),
    st.tuples(st.floats(0.5, 50), st.floats(0.5, 50)),
    st.floats(3, 30),
)
@settings(max_examples=25)
def test_a_chain_of_two_steps_in_closed_form(k, q, s) -> None:
    """C1 = ε2/(ε2 − ε1), C2 = −ε1/(ε2 − ε1) for the flux, 1/(ε2 − ε1) and minus it for x."""
    models, x = two_steps(k, q, s, 0.01)
    flux = k[0] * (s - x / q[0])
    first, second = -k[0] / q[0] * x / flux, k[1] * x / flux  # elasticities
    found = control_coefficients(models)
    expected = np.array([second, -first]) / (second - first)
    np.testing.assert_allclose(found.flux[0], [expected, expected], rtol=1e-12)
    np.testing.assert_allclose(
        found.concentration[0], np.array([[1, -1]]) / (second - first), rtol=1e-12
    )
    outside = responses(models, "constants")
    by_s = expected[0] * k[0] * s / flux
    by_p = -expected[1] * k[1] * 0.01 / q[1] / flux
    of = dict(zip(models.network.constant, outside.flux[0, 0], strict=True))
    assert of == pytest.approx({"glc__D_e": by_s, "fru_e": by_p}, rel=1e-10)


# --- differences of steady states -------------------------------------------------------------


def moved(models: KineticModels, change) -> tuple[np.ndarray, np.ndarray]:
    """ln x and ln |v| of the steady state after a change of the system, by Newton's method."""
    network, cell = models.network, Dynamics(models)
    system, n = cell.system(0), len(network.dynamic)
    system.vmax = system.vmax.copy()
    change(system)
    phi, start = network.volume_fractions, cell.steady_state
    totals = np.zeros((len(network.moieties), n))
    for i, moiety in enumerate(network.moieties):
        for name, coefficient in moiety.coefficients.items():
            totals[i, network.species_index[name]] = coefficient
    totals *= phi * start
    dependent = [network.species_index[m] for m in network.dependent]
    y, slope, jacobian = np.zeros(n), np.empty(n), np.empty((n, n))
    turnover = np.abs(network.stoichiometry * models.state.fluxes_mM_h / phi[:, None]).sum(axis=1)
    for _ in range(20):
        x = start * np.exp(y)
        system.derivative(x, slope, 0.0, np.zeros(n))
        system.jacobian(x, jacobian, 0.0)
        residual, matrix = slope / turnover, jacobian * x / turnover[:, None]
        size = np.abs(totals).sum(axis=1)
        residual[dependent] = (totals @ np.expm1(y)) / size
        matrix[dependent] = totals * np.exp(y) / size[:, None]
        step = np.linalg.solve(matrix, -residual)
        y += step
        if np.abs(step).max() < 1e-12:
            break
    assert np.abs(step).max() < 1e-9
    return y, np.log(np.abs(system.rates(start * np.exp(y))))


def difference(models: KineticModels, change, step: float) -> tuple[np.ndarray, np.ndarray]:
    """d ln x/d ln p and d ln v/d ln p, central."""
    up = moved(models, lambda system: change(system, np.exp(step)))
    down = moved(models, lambda system: change(system, np.exp(-step)))
    return tuple((a - b) / (2 * step) for a, b in zip(up, down, strict=True))


def scale_vmax(reaction: int):
    def change(system, factor: float) -> None:
        system.vmax[reaction] *= factor

    return change


def scale_km(constant: int):
    def change(system, factor: float) -> None:
        system.inverse[system.slots.km == constant] /= factor

    return change


def scale_constant(species: int):
    def change(system, factor: float) -> None:
        system.concentrations[species] *= factor

    return change


def check_column(models, found, name: str, change) -> None:
    """Fluxes that hardly run net have coefficients in the hundreds, and curve as much."""
    column = found.names.index(name)
    size = max(1.0, np.abs(found.flux[0, :, column]).max())
    by_x, by_v = difference(models, change, STEP / size)
    for expected, ours in ((by_x, found.concentration), (by_v, found.flux)):
        np.testing.assert_allclose(ours[0, :, column], expected, rtol=2e-5, atol=2e-6 * size)


ENZYMES = ("PGI", "GLCptspp", "ANS", "GROWTH", "ATPM", "O2tpp", "DDPA", "TKT1")


def test_vmax_against_differences_of_steady_states(batch: KineticModels) -> None:
    one = batch.with_km(batch.km_mM[:1])
    found = control_coefficients(one)
    for name in ENZYMES:
        reaction = one.network.reaction_index[name]
        check_column(one, found, name, scale_vmax(reaction))


def test_km_against_differences_of_steady_states(batch: KineticModels) -> None:
    """A sample over all parts that a constant can have, and all that regulate DDPA."""
    one = batch.with_km(batch.km_mM[:1])
    found, names = responses(one, "km"), one.network.km_names
    laws = {}
    for name in names:
        reaction = one.network.reactions[name.split(":")[0]]
        side = name.split(":")[1] in dict(reaction.substrates)
        kind = [m.kind for m in reaction.modifiers if name.count(":") == 2]
        laws.setdefault((reaction.rate_law, side, *kind[:1]), name)
    for name in (*laws.values(), *(n for n in names if n.startswith("DDPA:"))):
        check_column(one, found, name, scale_km(names.index(name)))


def test_surroundings_against_differences_of_steady_states(batch: KineticModels) -> None:
    one = batch.with_km(batch.km_mM[:1])
    found = responses(one, "constants")
    for name in ("glc__D_e", "o2_e", "nh4_e"):
        check_column(one, found, name, scale_constant(one.network.species_index[name]))


@pytest.mark.parametrize("model", ["chain_with_moieties", "moiety_in_two_volumes"])
def test_responses_of_a_small_network_to_everything(model: str, request) -> None:
    models = request.getfixturevalue(model)
    models = models.with_km(models.km_mM[:1])
    first_constant = len(models.network.dynamic)
    for found, change in (
        (control_coefficients(models), scale_vmax),
        (responses(models, "km"), scale_km),
        (responses(models, "constants"), lambda i: scale_constant(first_constant + i)),
    ):
        for i, name in enumerate(found.names):
            check_column(models, found, name, change(i))


def test_a_constant_without_influence_has_no_response(tmp_path: Path) -> None:
    models = monod(tmp_path / "monod")
    found = responses(models, "km")
    assert found.flux[0, :, found.names.index("GROWTH:fru_e")].tolist() == [0, 0]


# --- another program --------------------------------------------------------------------------


def with_equal_volumes(models: KineticModels) -> KineticModels:
    tables = tables_of(models.network)
    compartments = tables["compartments.csv"]
    inside = compartments.role != "medium"
    compartments.loc[inside, "volume_fraction"] = 1 / inside.sum()
    network = Network.from_tables("equal volumes", tables)
    state = replace(models.state, network_digest=network.structure_digest)
    return KineticModels(network, state, models.km_mM)


@pytest.mark.parametrize("model", ["chain_with_moieties", "moiety_in_two_volumes"])
def test_scaled_matrices_of_libroadrunner(model: str, request, tmp_path: Path) -> None:
    """Its elasticities are finite differences. For E. coli it takes minutes: see benchmarks.

    Where a moiety has two volumes it takes amounts for concentrations (version 2.10): equal ones.
    """
    roadrunner = pytest.importorskip("roadrunner")
    models = request.getfixturevalue(model)
    models = models.with_km(models.km_mM[:1])
    if model == "moiety_in_two_volumes":
        models = with_equal_volumes(models)
    (file,) = write_sbml(tmp_path / "model.xml", models)
    simulator = roadrunner.RoadRunner()
    simulator.conservedMoietyAnalysis = True
    simulator.load(str(file))
    simulator.steadyState()
    ours = control_coefficients(models)
    for matrix in (
        simulator.getScaledFluxControlCoefficientMatrix(),
        simulator.getScaledConcentrationControlCoefficientMatrix(),
    ):
        enzymes = [column[2:] for column in matrix.colnames]
        expected = np.array([ours.of(row[2:]).loc[0, enzymes] for row in matrix.rownames])
        np.testing.assert_allclose(np.asarray(matrix), expected, rtol=1e-6, atol=1e-7)


# --- batches, labels, messages -----------------------------------------------------------------


def test_neither_threads_nor_neighbours_change_a_model(ecoli: Network) -> None:
    models = shipped(ecoli.name, models=40)
    one, two = (control_coefficients(models, workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one.flux, two.flux)
    np.testing.assert_array_equal(one.concentration, two.concentration)
    alone = control_coefficients(models.with_km(models.km_mM[33:34]))
    np.testing.assert_array_equal(alone.flux[0], one.flux[33])


def test_a_member_that_cannot_be_computed_keeps_its_place(tiny, tiny_state) -> None:
    km = np.ones((3, 10))
    km[1] = 1e-200  # derivatives overflow
    found = control_coefficients(KineticModels(tiny, tiny_state, km))
    assert found.done.tolist() == [True, False, True]
    assert np.isnan(found.flux[1]).all()
    assert np.isnan(found.concentration[1]).all()
    assert np.isfinite(found.flux[[0, 2]]).all()
    assert sum(found.counts().values()) == 3
    assert all(ControlStatus(s).meaning for s in found.status)
    assert np.isnan(responses(KineticModels(tiny, tiny_state, km), "km").flux[1]).all()


def test_labels(tiny, tiny_state) -> None:
    models = KineticModels(tiny, tiny_state, np.ones((2, 10)))
    found = control_coefficients(models)
    data = found.dataset()
    assert float(data.flux.sel(model=1, flux_of="PGI", enzyme="HEX")) == found.flux[1, 2, 1]
    assert data.status.attrs["flag_meanings"] == "DONE SINGULAR NOT_FINITE"
    assert data.attrs["steady_state"] == "tiny"
    by_km = responses(models, "km", coefficients=found)
    assert by_km.dataset().concentration.dims == ("model", "metabolite", "parameter")
    assert list(by_km.of("atp_c").columns) == list(tiny.km_names)


def test_messages(tiny, tiny_state) -> None:
    models = KineticModels(tiny, tiny_state, np.ones((2, 10)))
    found = control_coefficients(models)
    with pytest.raises(ParameterError, match=r"neither a reaction nor a dynamic metabolite.*PGI"):
        found.of("PGi")
    with pytest.raises(ParameterError, match=r"responses to 'constant'.*constants"):
        responses(models, "constant")
    with pytest.raises(ParameterError, match=r"2 models .* do not belong to 1 models"):
        responses(models.with_km(np.ones((1, 10))), "km", coefficients=found)
    with pytest.raises(ParameterError, match="other models than these 2"):
        responses(models.with_km(np.full((2, 10), 5.0)), "km", coefficients=found)
    with pytest.raises(ParameterError, match="worker"):
        control_coefficients(models, workers=0)


def test_unbiased_models_at_a_state_where_most_are_valid(ecoli: Network) -> None:
    """Wide constants: whatever is computed obeys the theorems, to what its condition allows."""
    state = SteadyStates.example(ecoli).default
    km = KMRanges.of(ecoli).uniform(200, np.random.default_rng(3))
    found = control_coefficients(KineticModels(ecoli, state, km))
    assert found.done.all()
    size = np.abs(found.flux).max(axis=2)
    assert (np.abs(found.flux.sum(axis=2) - 1) / np.maximum(size, 1)).max() < 1e-7


@pytest.mark.slow
def test_the_guide_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = guide_blocks(Path(__file__).parents[1] / "docs" / "control.md")
    assert len(blocks) == 4
    exec(compile("\n".join(blocks), "control.md", "exec"), {"__name__": "__main__"})
