"""Cultivations: closed forms, balances, events, and runs that are interrupted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from guides import guide_blocks
from monod import BY_PRODUCT, INSIDE, MU_MAX, RELEASE, SUBSTRATE, UPTAKE, YIELD_PER_GDW, K, monod

from renaissance_kit import KineticEnsemble, KineticModels, Network, ReactorConditions, cultivate
from renaissance_kit.core import CheckpointError, ParameterError, Run
from renaissance_kit.simulation import (
    Bioreactor,
    BioreactorResult,
    Dilution,
    Dynamics,
    Event,
    Outcome,
    Tolerances,
    Transfer,
    batch_of,
    engineered,
)

ONE = Run(workers=1)

GUIDE = Path(__file__).parents[1] / "docs" / "own-medium.md"
TIGHT = Tolerances(1e-10, 1e-10)
NO_GROWTH = {"GROWTH": 1e-12}
DENSITIES = ("growth_density_gDW_L", "exchange_density_gDW_L")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> KineticModels:
    return monod(tmp_path_factory.mktemp("net") / "monod")


@pytest.fixture(scope="module")
def valid(ecoli: Network) -> KineticModels:
    return KineticEnsemble.example(ecoli).models(ecoli)


def run(
    models: KineticModels, conditions: ReactorConditions, *, dilution: str = "none", **changes: Any
) -> dict[str, Any]:
    """Courses by name, with ``t`` and the volume ``V``."""
    conditions = conditions.but(dilution=dilution)
    reactor = Bioreactor(conditions, tolerances=TIGHT, **changes)
    dynamics = reactor.dynamics(models)
    course, volume = reactor.run(dynamics, 0)
    assert course.outcome == Outcome.FINISHED
    return {**dict(zip(dynamics.names, course.states.T, strict=True)), "t": course.times_h,
            "V": volume}  # fmt: skip


def conditions_of(models: KineticModels, **changes: Any) -> ReactorConditions:
    return ReactorConditions.from_folder(models.network).but(**changes)


# --- closed forms ---------------------------------------------------------------------------------


def test_batch_yield_and_first_growth_rate(one: KineticModels) -> None:
    got = run(one, conditions_of(one), dilution="all")
    grown = got["biomass"] - got["biomass"][0]
    inside = got["biomass"] / one.state.density_gDW_L * got[INSIDE]
    used = got[SUBSTRATE][0] + inside[0] - got[SUBSTRATE] - inside
    np.testing.assert_allclose(used, YIELD_PER_GDW * grown, atol=1e-8)
    np.testing.assert_allclose(got[BY_PRODUCT], RELEASE * grown, atol=1e-8)
    assert got[SUBSTRATE][-1] < 1e-3
    early = run(one, conditions_of(one), times_h=np.array([0.0, 1e-4]))
    rate = np.log(early["biomass"][1] / early["biomass"][0]) / 1e-4
    assert rate == pytest.approx(MU_MAX * 1 / (K + 1), rel=1e-3)


@pytest.mark.parametrize("dilution_per_h", [0.1, 0.25, 0.4])
def test_chemostat_grows_as_fast_as_it_is_diluted(
    one: KineticModels, dilution_per_h: float
) -> None:
    feed = 20.0
    conditions = conditions_of(one, duration_h=400.0, inoculum_gDW_L=1.0, volume_L=2.5)
    conditions = conditions.chemostat(dilution_per_h, **{SUBSTRATE: feed})
    got = run(one, conditions)
    inside = K * dilution_per_h / (MU_MAX - dilution_per_h)
    rate = YIELD_PER_GDW * dilution_per_h  # substrate per gDW and hour
    outside = inside + rate / UPTAKE
    biomass = dilution_per_h * (feed - outside) / rate
    last = {name: values[-1] for name, values in got.items()}
    assert last[INSIDE] == pytest.approx(inside, rel=1e-6)
    assert last[SUBSTRATE] == pytest.approx(outside, rel=1e-6)
    assert last["biomass"] == pytest.approx(biomass, rel=1e-6)
    assert last[BY_PRODUCT] == pytest.approx(RELEASE * biomass, rel=1e-6)
    np.testing.assert_array_equal(got["V"], 2.5)


def test_a_chemostat_faster_than_growth_washes_out(one: KineticModels) -> None:
    got = run(one, conditions_of(one, duration_h=40.0).chemostat(1.5 * MU_MAX))
    assert got["biomass"][-1] < 1e-6
    assert got[SUBSTRATE][-1] == pytest.approx(2.0, rel=1e-4)


def test_washout_without_growth(one: KineticModels) -> None:
    rate = 0.3
    conditions = conditions_of(one, medium_mM={BY_PRODUCT: 1.0}).chemostat(rate, **{BY_PRODUCT: 4})
    got = run(one, conditions, vmax_factors=NO_GROWTH)
    gone = np.exp(-rate * got["t"])
    np.testing.assert_allclose(got["biomass"], 0.1 * gone, rtol=1e-7)
    np.testing.assert_allclose(got[BY_PRODUCT], 4 - 3 * gone, rtol=1e-7)


def test_fed_batch_dilutes_as_its_volume_grows(one: KineticModels) -> None:
    flow, start, volume = 0.2, 3.0, 1.5
    conditions = conditions_of(one, volume_L=volume, medium_mM={BY_PRODUCT: 1.0})
    conditions = conditions.fed_batch(flow, {BY_PRODUCT: 6.0}, start_h=start)
    got = run(one, conditions, vmax_factors=NO_GROWTH)
    expected = volume + flow * np.maximum(got["t"] - start, 0)
    np.testing.assert_allclose(got["V"], expected, rtol=1e-12)
    amount = volume * 1.0 + 6.0 * (expected - volume)
    np.testing.assert_allclose(got[BY_PRODUCT] * expected, amount, rtol=1e-7)
    np.testing.assert_allclose(got["biomass"] * expected, 0.1 * volume, rtol=1e-7)


def test_pulse_and_harvest(one: KineticModels) -> None:
    events = (
        Event(2.0, "pulse", 3.0, BY_PRODUCT),
        Event(4.0, "harvest", 0.25),
        Event(4.0, "inflow", 0.5),
        Event(6.0, "inflow", 0.0),
        Event(6.0, "pulse", 1.0, BY_PRODUCT),
    )
    got = run(one, conditions_of(one, events=events), vmax_factors=NO_GROWTH)
    t, value = got["t"], got[BY_PRODUCT]
    assert value[t < 2] == pytest.approx(0)
    assert value[(t >= 2) & (t < 4)] == pytest.approx(3.0)  # a time of an event is after it
    volume = np.select([t < 4, t < 6], [1.0, 0.75 + 0.5 * (t - 4)], 1.75)
    np.testing.assert_allclose(got["V"], volume, rtol=1e-12)
    between = (t >= 4) & (t < 6)
    np.testing.assert_allclose(value[between], 3 * 0.75 / volume[between], rtol=1e-7)
    assert value[t >= 6] == pytest.approx(3 * 0.75 / 1.75 + 1)


@pytest.mark.parametrize(("kla", "saturation"), [(0.8, 3.0), (50.0, 0.0)])
def test_transfer_alone_approaches_saturation_exponentially(
    one: KineticModels, kla: float, saturation: float
) -> None:
    conditions = conditions_of(one).with_transfer(BY_PRODUCT, kla, saturation)
    conditions = conditions.but(medium_mM={BY_PRODUCT: 1.0})
    got = run(one, conditions, vmax_factors=NO_GROWTH)
    expected = saturation + (1.0 - saturation) * np.exp(-kla * got["t"])
    np.testing.assert_allclose(got[BY_PRODUCT], expected, rtol=1e-6, atol=1e-8)
    fresh = conditions_of(one).with_transfer(BY_PRODUCT, kla, saturation)
    fresh = replace(fresh, medium_mM={})
    start = run(one, fresh, vmax_factors=NO_GROWTH)
    np.testing.assert_allclose(start[BY_PRODUCT], saturation, atol=1e-8)  # saturated from the start


def test_transfer_and_feed_add_up(one: KineticModels) -> None:
    """At rest D (e_feed − e) + kLa (e_sat − e) = 0."""
    kla, rate, saturation = 0.8, 0.3, 3.0
    conditions = conditions_of(one, duration_h=60.0).with_transfer(BY_PRODUCT, kla, saturation)
    conditions = conditions.chemostat(rate, **{BY_PRODUCT: 6.0})
    got = run(one, conditions, vmax_factors=NO_GROWTH)
    rest = (rate * 6.0 + kla * saturation) / (rate + kla)
    assert got[BY_PRODUCT][-1] == pytest.approx(rest, rel=1e-6)


def test_two_densities_scale_the_exchange_with_the_medium(one: KineticModels) -> None:
    """dP/dt = 2 (X/ρ_e) v and dX/dt = X v/ρ_g, so that ΔP = 2 (ρ_g/ρ_e) ΔX."""
    densities = {"growth_density_gDW_L": 331.5, "exchange_density_gDW_L": 280.0}
    got = run(one, conditions_of(one, **densities))
    grown = got["biomass"] - got["biomass"][0]
    np.testing.assert_allclose(got[BY_PRODUCT], RELEASE * 331.5 / 280.0 * grown, atol=1e-8)


def test_order_of_events_does_not_matter(one: KineticModels) -> None:
    events = (Event(2.0, "pulse", 3.0, SUBSTRATE), Event(1.0, "pulse", 1.0, SUBSTRATE))
    a = run(one, conditions_of(one, events=events))
    b = run(one, conditions_of(one, events=events[::-1]))
    np.testing.assert_array_equal(a["biomass"], b["biomass"])


def test_growth_dilutes_intracellular_pools(one: KineticModels) -> None:
    """With dilution, cells carry what they hold into new cells: ds_c/dt = ... − μ s_c."""
    without = Dynamics(one, reactor=True, dilution=Dilution.NONE)
    diluted = Dynamics(one, reactor=True, dilution=Dilution.ALL)
    y = without.steady_state
    lost = without.derivative(0, y) - diluted.derivative(0, y)
    np.testing.assert_allclose(lost, [0.5, 0, 0, 0], atol=1e-12)


def test_an_outflow_that_empties_the_reactor_is_refused(one: KineticModels) -> None:
    conditions = conditions_of(one, events=(Event(0.0, "outflow", 0.5),))
    with pytest.raises(ParameterError, match="empties the reactor"):
        run(one, conditions)


# --- carbon ---------------------------------------------------------------------------------------


def carbon(network: Network, names: tuple[str, ...]) -> np.ndarray:
    """Carbon atoms of each state variable; of biomass, what GROWTH takes out per gDW."""
    growth = network.reactions["GROWTH"].stoichiometry
    atoms = {m: network.metabolites[m].formula.get("C", 0) for m in network.species}
    removed = -sum(n * atoms.get(m, 0) for m, n in growth.items())
    return np.array([removed if name == "biomass" else atoms[name] for name in names])


def cell_carbon(dynamics: Dynamics, pools: np.ndarray, biomass: np.ndarray) -> np.ndarray:
    """mmol C in the pools of the cells in a litre of medium."""
    network, inside = dynamics.network, len(dynamics.inside)
    phi = [
        network.compartments[network.metabolites[m].compartment].volume_fraction
        for m in dynamics.inside
    ]
    atoms = carbon(network, dynamics.names)[:inside] * np.array(phi, dtype=float)
    return pools[..., :inside] @ atoms * biomass / dynamics.models.state.density_gDW_L


def outer_carbon(dynamics: Dynamics, state: np.ndarray) -> np.ndarray:
    """mmol C per litre in the medium and in biomass."""
    inside = len(dynamics.inside)
    return state[..., inside:] @ carbon(dynamics.network, dynamics.names)[inside:]


def test_only_growth_is_exempt_from_the_balances(ecoli: Network) -> None:
    exempt = []
    for name in ecoli.kinetic_reactions:
        atoms = ecoli.reactions[name].stoichiometry.items()
        left = sum(n * ecoli.metabolites[m].formula.get("C", 0) for m, n in atoms)
        if abs(left) > 1e-9:
            exempt.append(name)
    assert exempt == ["GROWTH"]


def test_carbon_is_balanced_at_any_state(ecoli: Network, valid: KineticModels) -> None:
    dynamics = Dynamics(valid.with_km(valid.km_mM[:3]), reactor=True, dilution="all", held=("h_e",))
    rng = np.random.default_rng(3)
    for model in range(3):
        for _ in range(5):
            y = dynamics.steady_state * rng.uniform(0.3, 2.0, len(dynamics.names))
            rate = dynamics.derivative(model, y)
            change = outer_carbon(dynamics, rate)
            change += cell_carbon(dynamics, rate, y[-1]) + cell_carbon(dynamics, y, rate[-1])
            flows = np.abs(dynamics.rates_mM_h(model, y)).sum() * y[-1] / 331.5
            assert abs(change) < 1e-12 * flows


@pytest.mark.parametrize("model", [43, 67])
def test_carbon_stays_through_a_batch(ecoli: Network, valid: KineticModels, model: int) -> None:
    conditions = ReactorConditions.from_folder(ecoli).but(held=("h_e", "o2_e"), duration_h=20.0)
    conditions = conditions.but(dilution=Dilution.ALL)
    reactor = Bioreactor(conditions, tolerances=Tolerances(1e-8, 1e-8))
    dynamics = reactor.dynamics(valid.with_km(valid.km_mM[model : model + 1]))
    course, _ = reactor.run(dynamics, 0)
    assert course.outcome == Outcome.FINISHED
    assert course.states[-1, -1] > 1.1 * course.states[0, -1], "it grows"
    y = course.states
    total = outer_carbon(dynamics, y) + cell_carbon(dynamics, y, y[:, -1])
    np.testing.assert_allclose(total, total[0], rtol=1e-6)


# --- results --------------------------------------------------------------------------------------


def test_result_is_labelled_and_comes_back_from_its_file(
    one: KineticModels, tmp_path: Path
) -> None:
    reactor = batch_of(one.network, duration_h=4.0)
    result = cultivate(one, reactor, run=ONE)
    assert result.finished.tolist() == [True]
    assert result.dataset.unit.sel(variable="biomass") == "gDW/L"
    assert json.loads(result.dataset.attrs["settings"])["conditions"]["duration_h"] == 4.0
    np.testing.assert_allclose(result.at("biomass", [0.25])[0, 0],
                               result.time_course("biomass")[0, :2].mean(), rtol=1e-6)  # fmt: skip
    result.save(tmp_path / "result.nc")
    again = BioreactorResult.load(tmp_path / "result.nc")
    np.testing.assert_array_equal(again.dataset.state.values, result.dataset.state.values)
    with pytest.raises(ParameterError, match="did you mean 'biomass'"):
        result.time_course("biomas")
    (tmp_path / "other.nc").write_bytes(b"nothing")
    with pytest.raises(CheckpointError):
        BioreactorResult.load(tmp_path / "other.nc")


def test_growth_rate_is_the_slope_of_biomass(one: KineticModels) -> None:
    reactor = replace(batch_of(one.network), tolerances=TIGHT, times_h=np.linspace(0, 5, 501))
    result = cultivate(one, reactor, run=ONE)
    slope = np.gradient(np.log(result.time_course("biomass")[0]), 0.01, edge_order=2)
    np.testing.assert_allclose(result.dataset.growth_rate.values[0], slope, atol=2e-3)


@pytest.mark.slow
def test_an_interrupted_run_resumes_to_the_same_result(
    ecoli: Network, valid: KineticModels, tmp_path: Path
) -> None:
    models = valid.with_km(valid.km_mM[:7])
    reactor = batch_of(ecoli, duration_h=1.0)
    whole = cultivate(models, reactor, run=ONE)
    run, done = Run(workers=1, store=tmp_path), list[Any]()
    watched = replace(run, progress=done.append, stop=lambda: any(p.done for p in done))
    part = cultivate(models, reactor, run=watched)
    assert len(part.finished) == 5  # one chunk
    rest = cultivate(models, reactor, run=run)
    np.testing.assert_array_equal(rest.dataset.state.values, whole.dataset.state.values)
    changed = cultivate(models, engineered(reactor, {"DDPA": 2.0}), run=run)
    assert len(list(tmp_path.iterdir())) == 2  # it is kept beside the other
    assert not np.array_equal(changed.dataset.state.values, whole.dataset.state.values)


@pytest.mark.parametrize(
    "changes",
    [
        {"growth_density_gDW_L": 310.0},
        {"exchange_density_gDW_L": 280.0},
        {"transfer": {BY_PRODUCT: Transfer(50.0, 1.0)}},
        {"dilution": "none"},
    ],
)
def test_what_a_run_depends_on_is_in_its_name_and_result(
    one: KineticModels, tmp_path: Path, changes: dict[str, Any]
) -> None:
    run = Run(workers=1, store=tmp_path)
    plain = cultivate(one, batch_of(one.network, duration_h=2.0), run=run)
    density = one.state.density_gDW_L
    stored = {name: plain.dataset.attrs[name] for name in DENSITIES}
    assert stored == dict.fromkeys(DENSITIES, density)
    result = cultivate(one, batch_of(one.network, duration_h=2.0, **changes), run=run)
    assert len(list(tmp_path.iterdir())) == 2
    assert not np.array_equal(result.dataset.state.values, plain.dataset.state.values)
    for name in DENSITIES:
        assert result.dataset.attrs[name] == changes.get(name, density)
    conditions = json.loads(result.dataset.attrs["settings"])["conditions"]
    assert conditions["dilution"] == changes.get("dilution", "replaced")
    assert bool(conditions["transfer"]) == ("transfer" in changes)


@pytest.mark.slow
@pytest.mark.parametrize("conditions", ["aerated", "published"])
def test_other_conditions_with_another_solver(
    ecoli: Network, valid: KineticModels, conditions: str
) -> None:
    models = valid.with_km(valid.km_mM[:1])
    reactor = batch_of(ecoli, conditions, duration_h=4.0)
    reactor = replace(reactor, tolerances=Tolerances(1e-8, 1e-8))
    cvode, other = (
        cultivate(models, replace(reactor, solver=name), run=ONE) for name in ("cvode", "BDF")
    )
    assert cvode.finished.all()
    assert other.finished.all()
    for name in ("biomass", "glc__D_e", "o2_e"):
        np.testing.assert_allclose(
            cvode.time_course(name), other.time_course(name), rtol=1e-4, atol=1e-6
        )


def test_a_member_that_fails_keeps_its_place(ecoli: Network, valid: KineticModels) -> None:
    reactor = replace(batch_of(ecoli), tolerances=Tolerances(1e-6, 1e-6, seconds=1e-6))
    result = cultivate(valid.with_km(valid.km_mM[:2]), reactor, run=ONE)
    assert result.finished.tolist() == [False, False]
    assert set(result.dataset.outcome.values) == {Outcome.OUT_OF_TIME}
    assert "took more than" in str(result.dataset.reason.values[0])
    assert np.isfinite(result.time_course("biomass")[:, 0]).all()
    assert np.isnan(result.time_course("biomass")[:, -1]).all()


def test_engineered_strains_add_up(ecoli: Network, valid: KineticModels) -> None:
    reactor = engineered(engineered(batch_of(ecoli), {"DDPA": 2.0}), {"TKT1": 3.0})
    assert reactor.vmax_factors == {"DDPA": 2.0, "TKT1": 3.0}
    dynamics = reactor.dynamics(valid.with_km(valid.km_mM[:1]))
    plain = batch_of(ecoli).dynamics(valid.with_km(valid.km_mM[:1]))
    ratio = dynamics.rates_mM_h(0, plain.steady_state) / plain.rates_mM_h(0, plain.steady_state)
    changed = {n: ratio[ecoli.reaction_index[n]] for n in ("DDPA", "TKT1", "TKT2")}
    assert changed == pytest.approx({"DDPA": 2.0, "TKT1": 3.0, "TKT2": 1.0})


@pytest.mark.parametrize(
    ("times", "message"),
    [([0.0], "two times"), ([1.0, 2.0], "rise from 0"), ([0.0, 2.0, 1.0], "rise from 0"),
     ([0.0, 99.0], "after the simulation")],
)  # fmt: skip
def test_wrong_times(one: KineticModels, times: list[float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Bioreactor(conditions_of(one), times_h=np.array(times))


def test_wrong_names(one: KineticModels) -> None:
    with pytest.raises(ParameterError, match="did you mean 'glc__D_e'"):
        batch_of(one.network, medium_mM={"glc_D_e": 1.0}).dynamics(one)
    with pytest.raises(ParameterError, match="did you mean 'GROWTH'"):
        engineered(batch_of(one.network), {"GROWHT": 2.0}).dynamics(one)
    with pytest.raises(ParameterError, match=r"replacd.*replaced, all, none"):
        conditions_of(one, dilution="replacd")


# --- the guide ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_guide(ecoli: Network, tmp_path: Path, monkeypatch, capsys) -> None:
    """Every block of docs/own-medium.md runs."""
    (table,) = guide_blocks(GUIDE, "csv")
    blocks = guide_blocks(GUIDE)
    assert len(blocks) == 8
    (tmp_path / "my_medium.csv").write_text(table, encoding="utf-8")
    assert ecoli.folder is not None
    (tmp_path / "data").symlink_to(ecoli.folder.parent)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block.replace("workers=2", "workers=1"), names)
    assert names["result"].finished.all()
    assert len(list((tmp_path / "build" / "my-runs").glob("cultivation-*"))) == 7
    assert BioreactorResult.load("my_batch.nc").finished.all()
    assert names["again"].time_course("trp__L_e")[0, 0] == pytest.approx(0.98)
    start = names["pulsed"].medium_mM["nh4_e"]
    pulse = cultivate(names["few"], Bioreactor(names["pulsed"].but(duration_h=9.0)), run=ONE)
    before, after = pulse.at("nh4_e", [5.5, 6.0])[0]
    assert before < start < after
    assert pulse.dataset.volume.values[-1] == pytest.approx(0.5)
    assert names["fed"].events[-1].kind == "inflow"
    assert names["steady"].feed_mM["nh4_e"] == 18.0
    assert (names["product"].at("anth_e", [24.0]) > names["result"].at("anth_e", [24.0])).all()
    assert list(names["fit"].quantities) == ["biomass", "glucose"]
    assert "did not finish" in capsys.readouterr().out
