"""The thermodynamic flux model: energies, constraints, directions, conflicts."""

from __future__ import annotations

import csv
import math
import shutil
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from renaissance_kit import Network, sample_steady_states
from renaissance_kit.core import DataError, InfeasibleError, ParameterError, Row
from renaissance_kit.states import (
    CONCENTRATION_TABLE,
    Bound,
    Constraints,
    StateSpace,
    ThermodynamicModel,
    choose_measurements,
    minimal_conflict,
)

SCREENING = 2.91482 * 0.25**0.5 / (1 + 1.6 * 0.25**0.5)  # kJ/mol, one charge at I = 0.25 M


@pytest.fixture(scope="module")
def constraints(ecoli: Network) -> Constraints:
    return Constraints.from_folder(ecoli)


@pytest.fixture(scope="module")
def model(ecoli: Network, constraints: Constraints) -> ThermodynamicModel:
    return ThermodynamicModel.of(ecoli, constraints)


@pytest.fixture(scope="module")
def space(ecoli: Network, constraints: Constraints) -> StateSpace:
    return StateSpace.of(ecoli, constraints)


def standard_energy(model: ThermodynamicModel, reaction: str) -> float:
    return float(model.tfa.reactions.get_by_id(reaction).thermo["deltaGR"])


# --- energies -------------------------------------------------------------------------------


def test_model_has_every_reaction_and_metabolite(model: ThermodynamicModel) -> None:
    assert len(model.tfa.reactions) == 147
    assert len(model.tfa.metabolites) == 114
    assert len(model.energy) == 122  # 123 kinetic reactions but growth


def test_stoichiometry_is_left_alone(model: ThermodynamicModel, ecoli: Network) -> None:
    for reaction in model.tfa.reactions:
        here = {m.id: n for m, n in reaction.metabolites.items()}
        there = ecoli.reactions[reaction.id].stoichiometry
        assert here == {m: n for m, n in there.items() if m in here}


def test_energies_are_those_of_the_table(model: ThermodynamicModel, ecoli: Network) -> None:
    for name in model.energy:
        expected = ecoli.reactions[name].standard_energy_kJ_mol
        assert standard_energy(model, name) == pytest.approx(expected, abs=0.06), name


@pytest.mark.parametrize("reaction", ["ACALDtpp", "ETOHtrpp", "CO2tpp", "O2tpp", "GLCtex", "Htex"])
def test_plain_diffusion_of_a_neutral_molecule_has_no_standard_energy(
    model: ThermodynamicModel, reaction: str
) -> None:
    assert standard_energy(model, reaction) == pytest.approx(0.0, abs=1e-9)


def test_an_anion_that_leaves_gains_the_membrane_potential(model: ThermodynamicModel) -> None:
    # one charge across 150 mV, and the loss of its screening by the ions of the cytosol
    assert standard_energy(model, "FORtppi") == pytest.approx(-96.485 * 0.150 + SCREENING, abs=0.01)


def test_a_proton_that_enters_gains_the_proton_motive_force(model: ThermodynamicModel) -> None:
    # the proton alone: potential, half a pH unit, and screening
    force = -96.485 * 0.150 - model.tfa.RT * math.log(10) * 0.5 - SCREENING
    assert standard_energy(model, "CBL1tonex") == pytest.approx(force, abs=1e-6)
    symport = standard_energy(model, "GLCt2pp")  # glucose is neutral: only the proton counts
    assert symport == pytest.approx(force, abs=1e-6)


def test_group_translocation_is_the_chemistry_inside(
    model: ThermodynamicModel, ecoli: Network
) -> None:
    # glucose is neutral and both pools have its energy, so crossing adds nothing
    table = ecoli.reactions["GLCptspp"].standard_energy_kJ_mol
    assert standard_energy(model, "GLCptspp") == pytest.approx(table, abs=0.05)


def test_complex_one_pumps_three_protons(model: ThermodynamicModel) -> None:
    # the same chemistry as NADH5, which pumps none, plus three protons outwards
    pump = -3 * standard_energy(model, "CBL1tonex")
    chemistry = standard_energy(model, "NADH5")
    assert standard_energy(model, "NADH16pp") == pytest.approx(chemistry + pump, abs=1e-6)


# --- constraints ----------------------------------------------------------------------------


def concentrations(*rows: str) -> list[Row]:
    """Rows of concentrations.csv: metabolite, value and preferred."""
    cells = [row.split(",") for row in rows]
    frame = pd.DataFrame(cells, columns=["metabolite", "value_mM", "preferred"])
    return CONCENTRATION_TABLE.of(frame.assign(low_mM="", high_mM="", source="made up"))


def test_of_several_measurements_the_preferred_one_is_used() -> None:
    chosen = choose_measurements(concentrations("a_c,1,0", "a_c,2,1", "b_c,3,", "c_c,4,0"))
    assert {name: m.value for name, m in chosen.items()} == {"a_c": 2, "b_c": 3}


@pytest.mark.parametrize("rows", [("a_c,1,", "a_c,2,"), ("a_c,1,1", "a_c,2,1"),
                                  ("a_c,1,1", "a_c,2,")])  # fmt: skip
def test_no_measurement_is_dropped_without_a_word(rows: tuple[str, ...]) -> None:
    with pytest.raises(
        DataError, match=r"a_c has several .*\(in row 0, 1\); average replicates .* write 1 into"
    ):
        choose_measurements(concentrations(*rows))


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        ("9.63,,", 4.815, 19.26),  # within the factor of 2
        ("9.63,8.13,11.4", 4.815, 19.26),
        ("9.63,0.5,30", 0.5, 30.0),  # as far as the error bars reach
        ("9.63,0.5,", 0.5, 19.26),
    ],
)
def test_a_measured_concentration_follows_its_error_bars(
    ecoli: Network, tmp_path: Path, cells: str, low: float, high: float
) -> None:
    assert ecoli.folder is not None
    folder = shutil.copytree(ecoli.folder, tmp_path / "data")
    table = folder / "concentrations.csv"
    table.write_text(table.read_text().replace("atp_c,9.63,8.13,11.4", f"atp_c,{cells}"))
    constraints = Constraints.from_folder(ecoli, folder)
    found = constraints.measured_range_mM("atp_c")
    assert (found.low, found.high) == (low, high)
    used = constraints.to_dict()["measured_mM"]["atp_c"]
    assert (used["low"] / 2, used["high"] * 2) == pytest.approx((low, high), rel=1e-15)
    tested = ThermodynamicModel.of(ecoli, constraints).requirements
    label = f"concentration of atp_c from {low:.3g} to {high:.3g} mM"
    assert sum(requirement.label.startswith(label) for requirement in tested) == 1


def test_the_shipped_states_were_sampled_with_the_shipped_concentrations(
    constraints: Constraints,
) -> None:
    for name, measured in constraints.measured_mM.items():
        found = constraints.measured_range_mM(name)
        assert (found.low, found.high) == (measured.value / 2, measured.value * 2)


def test_nothing_measured_is_said_and_not_left_out(ecoli: Network, tmp_path: Path) -> None:
    assert ecoli.folder is not None
    folder = shutil.copytree(ecoli.folder, tmp_path / "data")
    (folder / "concentrations.csv").unlink()
    with pytest.raises(DataError, match=r"concentrations\.csv does not exist"):
        Constraints.from_folder(ecoli, folder)
    table = folder / "constraints.csv"
    table.write_text(table.read_text().replace("glc__D_c,unmeasured", "*,unmeasured"))
    assert Constraints.from_folder(ecoli, folder).measured_mM == {}


def test_every_constant_species_has_a_concentration(
    ecoli: Network, constraints: Constraints
) -> None:
    assert set(ecoli.constant) - set(constraints.medium_mM) == {"h_e"}  # the pH gives it


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ATPM,flux", "ATPN,flux", r"line \d+ \(ATPN\).*did you mean 'ATPM'"),
        ("ATPM,flux,6.86,8.39", "ATPM,flux,9,8.39", r"low 9 is above high 8\.39"),
        ("ATPM,flux,6.86", "ATPM,flux,nan", "finite number"),
        ("ATPM,flux,6.86,8.39,mmol/gDW/h", "ATPM,flux,6.86,8.39,mM/h", "write 'mmol/gDW/h'"),
        ("porin,displacement", "porine,displacement", r"\(porine\).*did you mean 'porin'"),
        ("porin,displacement,-0.05,0.05,1", "porin,displacement,-0.05,0.05,mV", "write '1'"),
        ("GND : GLCtex,ratio", "GND2 : GLCtex,ratio", r"'GND2' is unknown.*did you mean 'GND'"),
        ("GND : GLCtex,ratio", "GND / GLCtex,ratio", "write a ratio of fluxes as 'A : A"),
        (
            "*,driving_force",
            "*,drivingforce",
            "kind is 'drivingforce'; did you mean 'driving_force'",
        ),
        ("PFK,direction,1,1", "PFK,direction,1,2", "a direction is 1 or -1"),
        ("*,total_flux,,1.5", "*,total_flux,1,1.5", "total_flux has no low; leave it empty"),
        ("*,turnover_time,,4", "*,turnover_time,4,", r"turnover_time.*|column high is empty"),
        ("*,measured_fold,,2", "*,measured_fold,,0.5", r"constraints\.csv: measured_fold is 0\.5"),
        ("ATPM,flux", "*,flux", "kind 'flux' is for one item; write its id"),
        ("*,pool,", "atp_c,pool,", "'pool' is a general rule; write '\\*' as its id"),
        ("*,pool,0.0001,50,", "*,pool,0.0001,60000,", r"high is 60000 mM; write at most 55,500"),
        ("EX_o2_e,flux", "EX_glc__D_e,flux", "EX_glc__D_e has a row of kind flux too"),
        ("glc__D_c,unmeasured,,,1", "atp_c,concentration,1,2,mM", r"concentrations\.csv has a row"),
        ("glc__D_c,unmeasured,,,1", "glc__D_e,concentration,1,2,mM", r"medium\.csv has a row of"),
        ("glc__D_c,unmeasured,,,1", "glc__D_c,unmeasured,1,,1", "unmeasured has no low"),
    ],
)
def test_a_bad_table_says_where_and_what(
    ecoli: Network, tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert ecoli.folder is not None
    folder = shutil.copytree(ecoli.folder, tmp_path / "data")
    table = folder / "constraints.csv"
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=message):
        Constraints.from_folder(ecoli, folder)


@pytest.mark.parametrize("table", ["constraints", "concentrations", "medium", "fermentation"])
def test_every_row_needs_a_source(ecoli: Network, tmp_path: Path, table: str) -> None:
    assert ecoli.folder is not None
    folder = shutil.copytree(ecoli.folder, tmp_path / "data")
    path = folder / f"{table}.csv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    rows[-1]["source"] = " "
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    message = rf"^{table}\.csv, line {len(rows) + 1}\b.*no source; say where the row comes from"
    with pytest.raises(DataError, match=message):
        Constraints.from_folder(ecoli, folder)


def test_reversed_bounds_and_impossible_values_are_refused(constraints: Constraints) -> None:
    with pytest.raises(ParameterError, match="swap the two"):
        Bound(2, 1)
    with pytest.raises(ParameterError, match="finite"):
        Bound(math.nan, 1)
    for field, value in (("turnover_time_min", 0.0), ("measured_fold", 0.5), ("minimum_flux", 0.0)):
        with pytest.raises(ParameterError, match=field):
            replace(constraints, **{field: value})


def test_a_class_of_transport_bounds_its_reactions_and_a_row_of_its_own_goes_first(
    ecoli: Network, constraints: Constraints
) -> None:
    porins = [r for r in ecoli.kinetic_reactions if ecoli.reactions[r].transport == "porin"]
    assert len(porins) == 20
    assert {constraints.displacements[r].high for r in porins} == {0.05}
    assert constraints.displacements["ACt2rpp"].high == 0.1
    assert constraints.displacements["GLUt2rpp"].high == 30
    assert "GLCptspp" not in constraints.displacements  # driven by phosphoenolpyruvate


def test_bounds_on_displacement_and_ratios_hold_in_every_state(
    ecoli: Network, constraints: Constraints
) -> None:
    """Bounds tighter than those of the folder, read off the states by hand."""
    tight = replace(
        constraints,
        displacements={"GLCtex": Bound(-0.02, -0.015, "test")},
        ratios={"PFL : PFL + PDH": Bound(0.06, 0.07, "test")},
    )
    data = sample_steady_states(ecoli, 8, constraints=tight, steps_per_dimension=1).dataset
    ln_rho = data.log_displacement.sel(kinetic_reaction="GLCtex").values
    assert ((ln_rho > -0.02 - 1e-6) & (ln_rho < -0.015 + 1e-6)).all()
    pfl, pdh = (data.flux.sel(reaction=r).values for r in ("PFL", "PDH"))
    share = pfl / (pfl + pdh)
    assert ((share > 0.06 - 1e-9) & (share < 0.07 + 1e-9)).all()
    ratio = data.concentration.sel(metabolite="glc__D_p") / data.concentration.sel(
        metabolite="glc__D_e"
    )
    np.testing.assert_allclose(np.log(ratio.values), ln_rho, atol=1e-5)  # a hole: Keq is 1


def test_a_conflict_of_displacements_names_them(ecoli: Network, constraints: Constraints) -> None:
    glutamate = replace(
        constraints,
        displacements={**constraints.displacements, "GLUt2rpp": Bound(-0.1, 0.1, "test")},
    )
    with pytest.raises(InfeasibleError, match=r"ln displacement of GLUt2rpp from -0\.1 to 0\.1"):
        sample_steady_states(ecoli, 4, constraints=glutamate)


# --- directions, and what cannot be ---------------------------------------------------------


def test_directions_obey_what_is_known(space: StateSpace, constraints: Constraints) -> None:
    for reaction, sign in constraints.directions.items():
        assert space.directions[reaction] == sign
    assert space.directions["GAPD"] == 1  # glycolysis, written downwards
    assert space.directions["PGK"] == -1  # and upwards
    assert space.directions["GLUDy"] == -1  # glutamate is made


def test_polytopes_are_fluxes_and_concentrations(space: StateSpace) -> None:
    # fluxes: 38 degrees of freedom; the rest are concentrations with reaction energies
    fluxes = {v.name for r in space.directions for v in space.model.magnitudes(r).values()}
    of_fluxes = [b for b in space.blocks if fluxes & set(b.names)]
    assert [b.dimension for b in of_fluxes] == [38]
    assert set(of_fluxes[0].names) <= fluxes


def test_a_turnover_bound_is_time_times_least_throughput(space: StateSpace) -> None:
    tau = space.model.constraints.turnover_time_min
    variable = space.model.log_concentration["lac__D_c"]
    model = space.model
    model.minimise({variable: -1.0})
    assert model.tfa.solver.optimize() == "optimal"
    most = 1e3 * math.exp(variable.primal)
    assert most <= tau / 60 * space.least_throughputs_mM_h["lac__D_c"] * (1 + 1e-6)


@pytest.mark.slow
def test_infeasible_names_a_minimal_conflict(ecoli: Network, constraints: Constraints) -> None:
    starved = constraints.with_flux("EX_glc__D_e", -1.0, -0.1)
    with pytest.raises(InfeasibleError) as error:
        StateSpace.of(ecoli, starved)
    message = str(error.value)
    assert "flux of EX_glc__D_e from -1 to -0.1" in message
    assert "flux of GROWTH" in message
    assert "infeasible" not in message.lower()
    named = message.count("\n  ")
    assert 2 <= named <= 6


@pytest.mark.slow
def test_a_turnover_time_that_is_too_short_names_its_pools(
    ecoli: Network, constraints: Constraints
) -> None:
    with pytest.raises(InfeasibleError, match="turnover of "):
        StateSpace.of(ecoli, replace(constraints, turnover_time_min=1e-3))


def test_minimal_conflict_of_made_up_constraints() -> None:
    # numbers that must not add up to more than 10
    items = [1, 7, 2, 6, 3]

    def consistent(held: object) -> bool:
        return sum(held) <= 10  # type: ignore[call-overload]

    conflict = minimal_conflict(items, consistent)
    assert not consistent(conflict)
    for smaller in combinations(conflict, len(conflict) - 1):
        assert consistent(smaller)


def test_minimal_conflict_of_one_item() -> None:
    assert minimal_conflict([4, 11, 2], lambda held: 11 not in held) == [11]


def test_minimal_conflict_finds_intervals_that_do_not_meet() -> None:
    rng = np.random.default_rng(0)
    intervals = [(x, x + 3.0) for x in rng.uniform(0, 2, 20)] + [(9.0, 10.0)]

    def consistent(held: object) -> bool:
        held = list(held)  # type: ignore[call-overload]
        return not held or max(a for a, _ in held) <= min(b for _, b in held)

    conflict = minimal_conflict(intervals, consistent)
    assert (9.0, 10.0) in conflict
    assert len(conflict) == 2


def test_a_flux_that_is_fixed_is_what_it_was_fixed_to() -> None:
    """Also the first reaction of the network, and where it parts the other fluxes."""
    network = Network.open(Path(__file__).parent / "data" / "lactic")
    free = Constraints.from_folder(network)
    for name, value in (("MAINT", 1.5), (network.kinetic_reactions[0], 6.0)):
        fixed = replace(free, fluxes={**free.fluxes, name: Bound(value, value)})
        states = sample_steady_states(network, 4, seed=1, constraints=fixed, steps_per_dimension=2)
        np.testing.assert_allclose(states.dataset.flux.sel(reaction=name), value, rtol=1e-9)
