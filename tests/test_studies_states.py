"""Tables of sampled states: by hand on the tiny network, and on the shipped states."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from renaissance_kit import KineticModels, KMRanges, Network, SteadyState, SteadyStates, studies
from renaissance_kit.core import SteadyStateError
from renaissance_kit.states import Bound, Constraints, Measured, require_valid


@pytest.fixture(scope="module")
def tiny_states(tiny: Network, tiny_state: SteadyState) -> SteadyStates:
    """The state of the tiny network, and the same with doubled fluxes."""
    return SteadyStates.from_arrays(
        tiny,
        np.array([1.0, 2.0])[:, None] * tiny_state.fluxes_mmol_gDW_h,
        tiny.kinetic_reactions,
        np.tile(tiny_state.concentrations_mM, (2, 1)),
        np.tile(tiny_state.log_displacement, (2, 1)),
        {"least_throughputs_mM_h": dict.fromkeys(tiny.dynamic, 300.0) | {"fru_c": 1500.0}},
    )


@pytest.fixture(scope="module")
def tiny_constraints() -> Constraints:
    return Constraints(
        fluxes={"HEX": Bound(-3.0, -0.5), "PGI": Bound(0.25, 4.0)},
        directions={},
        energies_kJ_mol={},
        displacements={},
        ratios={},
        measured_mM={"g6p_c": Measured.of(3.0, np.nan, np.nan, "")},
        medium_mM={"glc__D_e": Bound(1.0, 4.0)},
        pools_mM={"f6p_c": Bound(0.01, 5.0)},
        pool_mM=Bound(1e-4, 50.0),
        minimum_flux=0.005,
        maximum_flux=50.0,
        total_flux_factor=2.0,
        driving_force_kJ_mol=0.02,
        measured_fold=2.0,
        turnover_time_min=4.0,
    )


@pytest.fixture(scope="module")
def constraints(ecoli: Network) -> Constraints:
    return Constraints.from_folder(ecoli)


@pytest.fixture(scope="module")
def shipped(ecoli: Network) -> SteadyStates:
    return SteadyStates.example(ecoli)[:100]


# --- turnover ------------------------------------------------------------------------------------


def test_turnover_times_by_hand(tiny: Network, tiny_states: SteadyStates) -> None:
    # Every flux is 1 mmol/gDW/h = 300 mM/h and every pool is made by one reaction, so that
    # 1 mM lasts 60/300 = 0.2 min; with doubled fluxes half as long.
    times = pd.DataFrame(studies.turnover_times_min(tiny, tiny_states), columns=tiny.dynamic)
    by_hand = {"glc__D_c": 0.2, "g6p_c": 0.4, "f6p_c": 0.1, "fru_c": 0.2, "atp_c": 0.6}
    for name, minutes in by_hand.items():
        assert times[name].tolist() == pytest.approx([minutes, minutes / 2])


def test_turnover_counts_production_in_the_volume_of_the_compartment(
    ecoli: Network, shipped: SteadyStates
) -> None:
    # Periplasmic glucose comes in through GLCtex only; the periplasm is a tenth of the cell.
    column = ecoli.dynamic.index("glc__D_p")
    minutes = studies.turnover_times_min(ecoli, shipped)[:, column]
    pool = shipped.dataset.concentration.sel(metabolite="glc__D_p").values
    influx = shipped.dataset.flux.sel(reaction="GLCtex").values
    np.testing.assert_allclose(minutes, 60 * pool * 0.1 / (331.5 * influx), rtol=1e-9)


def test_turnover_table_orders_by_generic_states(
    tiny: Network, tiny_states: SteadyStates, tiny_constraints: Constraints
) -> None:
    table = studies.turnover_table(tiny, tiny_states, tiny_constraints, generic=tiny_states)
    assert table.metabolite[0] == "atp_c"
    assert table.generic_median.is_monotonic_decreasing
    assert list(table.metabolite[table.measured]) == ["g6p_c"]
    atp = table.iloc[0]
    assert (atp.least, atp["median"], atp.most) == pytest.approx((0.3, 0.45, 0.6))


@pytest.mark.slow
def test_states_by_turnover_are_bounded_or_not(ecoli: Network, shipped: SteadyStates) -> None:
    found = studies.states_by_turnover(
        ecoli, [math.inf, 4.0], 8, seed=3, steps_per_dimension=1,
        directions=shipped.provenance["directions"],
    )  # fmt: skip
    names = [m for m in ecoli.dynamic if m in ("skm5p_c", "pphn_c", "34hpp_c")]
    columns = [ecoli.dynamic.index(m) for m in names]
    longest = {t: studies.turnover_times_min(ecoli, s)[:, columns].max() for t, s in found.items()}
    assert longest[4.0] <= 4.0 < longest[math.inf]


def test_unbiased_models_are_the_same_sets_everywhere(
    tiny: Network, tiny_states: SteadyStates
) -> None:
    found = studies.unbiased_by_turnover(
        tiny, {6.0: tiny_states, 4.0: tiny_states}, n_states=1, models=7, seed=5
    )
    km = KMRanges.of(tiny).uniform(7, np.random.default_rng(5))
    expected = KineticModels(tiny, tiny_states[0], km).spectrum().lambda_max_per_h
    for _, group in found.groupby("turnover_time_min"):
        np.testing.assert_allclose(group.lambda_max_per_h, expected, rtol=1e-12)


def test_search_finds_faster_models_than_chance(tiny: Network, tiny_states: SteadyStates) -> None:
    by_time = {4.0: tiny_states}
    found = studies.search_by_turnover(tiny, by_time, n_states=2, models=800, seed=1)
    again = studies.search_by_turnover(tiny, by_time, n_states=2, models=800, seed=1)
    pd.testing.assert_frame_equal(found, again)
    random = studies.unbiased_by_turnover(tiny, by_time, n_states=2, models=800, seed=1)
    for i in range(2):
        best = random.lambda_max_per_h[random.state == i].min()
        assert found.lambda_max_per_h[found.state == i].item() < best


def test_search_reports_a_model_that_exists(tiny: Network, tiny_states: SteadyStates) -> None:
    few = studies.search_by_turnover(tiny, {4.0: tiny_states}, n_states=1, models=40, seed=2)
    km = KMRanges.of(tiny).uniform(40, np.random.default_rng([2, 0]))
    spectrum = KineticModels(tiny, tiny_states[0], km).spectrum()
    assert few.lambda_max_per_h.item() == pytest.approx(spectrum.lambda_max_per_h.min())


# --- tables --------------------------------------------------------------------------------------


def test_concentration_bounds_by_hand(
    tiny: Network, tiny_states: SteadyStates, tiny_constraints: Constraints
) -> None:
    table = studies.concentration_table(tiny, tiny_states, tiny_constraints)
    table = table.set_index("metabolite")
    bounds = {m: (row.low_mM, row.high_mM, row.bound) for m, row in table.iterrows()}
    assert bounds["glc__D_c"] == (1e-4, pytest.approx(300 * 4 / 60), "turnover")
    assert bounds["fru_c"] == (1e-4, 50.0, "general")  # 1500 mM/h for 4 min would be 100 mM
    assert bounds["g6p_c"] == (1.5, 6.0, "measured")
    assert bounds["f6p_c"] == (0.01, 5.0, "general")
    assert table.measured_mM.dropna().to_dict() == {"g6p_c": 3.0}
    assert table.loc["atp_c", "median"] == 3.0


def test_quantiles_are_those_of_the_columns() -> None:
    from renaissance_kit.studies.states import sample_ranges

    found = sample_ranges(np.column_stack([np.arange(101.0), np.ones(101)]))
    assert {k: v[0] for k, v in found.items()} == {
        "least": 0, "low_95": 2.5, "low_50": 25, "median": 50, "high_50": 75, "high_95": 97.5,
        "most": 100,
    }  # fmt: skip


def test_pathways(
    tiny: Network, tiny_states: SteadyStates, ecoli: Network, shipped: SteadyStates
) -> None:
    # Adenylates and phosphate are conserved in the tiny network; sugars are what is left.
    found = studies.metabolite_pathways(tiny, tiny_states)
    assert {m for m, p in found.items() if p == "Carriers"} == {"atp_c", "adp_c", "g6p_c", "f6p_c"}
    assert found["glc__D_c"] == found["fru_c"] == "Sugars"
    found = studies.metabolite_pathways(ecoli, shipped)
    expected = {"glc__D_p": "Periplasm", "o2_c": "Inorganic", "atp_c": "Carriers",
                "cit_c": "Citric acid cycle", "skm_c": "Aromatic amino acids"}  # fmt: skip
    assert {m: found[m] for m in expected} == expected
    assert studies.reaction_pathways(ecoli)["GND"] == "Pentose phosphates"
    assert studies.reaction_pathways(ecoli)["ADK1"] == "Other"


def test_energies_and_fluxes_have_their_signs(
    ecoli: Network, shipped: SteadyStates, constraints: Constraints
) -> None:
    table = studies.energy_table(ecoli, shipped).set_index("reaction")
    assert table.sign["PFK"] == 1
    assert table.sign["PGK"] == -1
    assert (np.where(table.sign > 0, table.most, -table.least) < 0).all()
    fluxes = studies.flux_table(ecoli, shipped, constraints).set_index("reaction")
    uptake = constraints.fluxes["EX_glc__D_e"]
    glucose = fluxes.loc["EX_glc__D_e"]
    assert (glucose.low, glucose.high) == (-uptake.high, -uptake.low)
    assert glucose.low <= glucose.least <= glucose.most <= glucose.high
    assert np.isnan(fluxes.low["PFK"])


def test_measured_rates_by_hand(ecoli: Network) -> None:
    rates = studies.measured_rates(ecoli).set_index("reaction")
    to_8h = math.log(0.845193198 / 0.044559708) / 8  # g/L, from the fermentation table
    to_12h = math.log(1.192931398 / 0.044559708) / 12
    assert rates.high["GROWTH"] == pytest.approx(to_8h)
    assert rates.low["GROWTH"] == pytest.approx(to_12h)
    assert rates.value["EX_anth_e"] == pytest.approx(0.14, abs=0.005)


def test_diagnostics_and_profiles(ecoli: Network) -> None:
    every = SteadyStates.example(ecoli)
    table = studies.diagnostics_table(every)
    assert table.kind.value_counts()["fluxes"] == len(ecoli.reactions)
    assert table.ess.min() == float(every.dataset.ess.min())
    profile = studies.profile_table(ecoli, every)
    chosen = profile[profile.role == "default"]
    assert chosen.state.item() == every.default_label
    median = profile.lambda_max_quantile.quantile(0.5, interpolation="lower")
    assert chosen.lambda_max_quantile.item() == median


def test_constraints_are_all_in_the_table(ecoli: Network, constraints: Constraints) -> None:
    table = studies.constraints_table(ecoli, constraints)
    listed = " ".join(table.what)
    assert all(f"flux of {name}" in listed for name in constraints.fluxes)
    assert (table.source != "").all()
    assert table.high[table.what.str.startswith("turnover time")].item() == 4.0


# --- checks --------------------------------------------------------------------------------------


def test_shipped_states_pass_every_check(
    ecoli: Network, shipped: SteadyStates, constraints: Constraints
) -> None:
    table = studies.check_table(ecoli, shipped, constraints)
    assert (table.failed == 0).all()
    law = table[table.check == "sign(v) ΔrG′ < 0"].iloc[0]
    assert law.worst == pytest.approx(-constraints.driving_force_kJ_mol, rel=0.5)


@pytest.mark.parametrize(
    ("variable", "where", "change", "check", "name"),
    [
        ("flux", {"reaction": "PGI"}, 1.5, "S v = 0", "_c"),
        ("flux", {"reaction": "GROWTH"}, 2.0, "flux beyond its bounds", "GROWTH"),
        ("flux", {"reaction": "PFK"}, 1e-6, "flux below the least", "PFK"),
        ("concentration", {"metabolite": "atp_c"}, 5.0, "concentration beyond", "atp_c"),
        ("concentration", {"metabolite": "h_p"}, 1.1, "concentration beyond", "h_p"),
        ("concentration", {"metabolite": "cit_c"}, 0.0, "concentration beyond", "cit_c"),
        ("concentration", {"metabolite": "cit_c"}, -1.0, "concentration beyond", "cit_c"),
        ("concentration", {"metabolite": "o2_e"}, 9.0, "concentration beyond", "o2_e"),
        ("reaction_energy", {"energy_reaction": "PFK"}, 2.0, "ΔrG′ from conc", "PFK"),
        ("flux", {"reaction": "PFK"}, -1.0, "sign(v)", "PFK"),
        ("flux", {"reaction": "PFK"}, -1.0, "flux against its direction", "PFK"),
        ("flux", {"reaction": "PFK"}, math.nan, "flux below the least", "PFK"),
        ("reaction_energy", {"energy_reaction": "PFK"}, math.nan, "ΔrG′ from conc", "PFK"),
        ("standard_energy", {"energy_reaction": "PFK"}, 2.0, "ΔrG′° beyond", "PFK"),
        ("flux", {"reaction": "PFK"}, -1.0, "accepted", ""),
    ],
)
def test_checks_find_a_wrong_number(
    ecoli: Network,
    shipped: SteadyStates,
    constraints: Constraints,
    variable: str,
    where: dict[str, str],
    change: float,
    check: str,
    name: str,
) -> None:
    dataset = shipped.dataset.isel(state=slice(0, 8)).copy(deep=True)
    dataset[variable].loc[{"state": 3, **where}] *= change
    table = studies.check_table(ecoli, SteadyStates.sealed(dataset), constraints)
    row = table[table.check.str.startswith(check)].iloc[0]
    assert row.failed == 1
    assert row["where"].endswith(name)


def test_energies_within_bounds_and_driving_force_by_hand(
    ecoli: Network, shipped: SteadyStates, constraints: Constraints
) -> None:
    """Limits put between the values of the states: as many fail as lie beyond."""
    energy = shipped.dataset.reaction_energy.sel(energy_reaction="PFK").values.astype(float)
    middle = float(np.median(energy))
    bounded = replace(constraints, energies_kJ_mol={"PFK": Bound(-1000.0, middle)})
    table = studies.check_table(ecoli, shipped, bounded).set_index("check")
    row = table.loc["ΔrG′ beyond its bounds of energy"]
    assert (row.failed, row["where"]) == (50, "PFK")
    assert row.worst == pytest.approx(energy.max() - middle, abs=1e-4)
    with pytest.raises(SteadyStateError, match=r"energy within bounds fails in 50 states \(50 %\)"):
        require_valid(ecoli, bounded, shipped, shipped.provenance["directions"])
    least = np.abs(shipped.dataset.reaction_energy.values).min(axis=1)
    middle = float(np.median(least))
    strong = replace(constraints, driving_force_kJ_mol=middle)
    table = studies.check_table(ecoli, shipped, strong).set_index("check")
    found = table.failed["|ΔrG′| below the least"]
    assert found == (least < middle - 1e-4).sum()
    assert 0 < found < 100


def test_constraints_are_compared_by_number(
    shipped: SteadyStates, constraints: Constraints
) -> None:
    reworded = replace(constraints, pool_mM=replace(constraints.pool_mM, source="reworded"))
    assert studies.changed_constraints(shipped, reworded) == []
    other = constraints.with_flux("ATPM", 4.0, 50.0)
    assert studies.changed_constraints(shipped, other) == ["fluxes"]


def test_agreement_is_the_difference_over_its_error(shipped: SteadyStates) -> None:
    dataset = shipped.dataset.copy(deep=True)
    log_c = np.log(shipped.dataset.concentration.sel(metabolite="atp_c").values)
    ess = float(shipped.dataset.ess.sel(sampled_variable="ln_c atp_c"))
    error = math.sqrt(2 * log_c.var(ddof=1) / ess)
    dataset["concentration"].loc[{"metabolite": "atp_c"}] *= math.exp(-3 * error)
    table = studies.agreement(shipped, SteadyStates.sealed(dataset)).set_index("variable")
    assert table.z["ln_c atp_c"] == pytest.approx(3.0, rel=1e-6)
    assert (table.z.drop("ln_c atp_c") == 0).all()
