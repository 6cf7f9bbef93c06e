"""Wrong steady states and constraints: each mistake is an error that names the object."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import (
    KineticModels,
    Recipe,
    SteadyState,
    SteadyStates,
    sample_steady_states,
    train,
)
from renaissance_kit.core import CheckpointError, DataError, ParameterError, SteadyStateError
from renaissance_kit.states import Bound, Constraints
from renaissance_kit.training import NESSettings

QUICK = NESSettings(generations=1, population=2, models_per_generator=2, monitor_models=0)


def changed(network, state, array, name, value):
    """The state with one number of one array replaced."""
    names = network.species if array == "concentrations_mM" else network.kinetic_reactions
    numbers = getattr(state, array).copy()
    numbers[names.index(name)] = value
    return replace(state, **{array: numbers})


# --- steady states -------------------------------------------------------------------------

SPOILT = [
    ("concentrations_mM", "atp_c", np.nan, "concentration not finite: atp_c"),
    ("concentrations_mM", "atp_c", np.inf, "concentration not finite: atp_c"),
    ("concentrations_mM", "f6p_c", -0.1, "concentration zero or negative: f6p_c"),
    ("concentrations_mM", "f6p_c", 0.0, "concentration zero or negative: f6p_c"),
    ("concentrations_mM", "glc__D_e", -1.0, "concentration zero or negative: glc__D_e"),
    ("fluxes_mmol_gDW_h", "PGI", np.nan, "flux not finite: PGI"),
    ("fluxes_mmol_gDW_h", "PGI", -1.0, r"flux against its displacement: PGI .*ln ρ < 0"),
    ("fluxes_mmol_gDW_h", "PGI", 0.0, "no flux, so that Vmax has no value: PGI; leave"),
    ("fluxes_mmol_gDW_h", "PGI", 1.001, "fluxes do not balance: g6p_c, f6p_c"),
    ("log_displacement", "HEX", np.nan, "displacement missing: HEX"),
    ("log_displacement", "HEX", 0.7, "flux against its displacement: HEX"),
    ("log_displacement", "HEX", 0.0, "flux against its displacement: HEX"),
]


@pytest.mark.parametrize(("array", "name", "value", "message"), SPOILT)
def test_what_is_no_steady_state_makes_no_model(tiny, tiny_state, array, name, value, message):
    state = changed(tiny, tiny_state, array, name, value)
    with pytest.raises(SteadyStateError, match=message):
        KineticModels(tiny, state, np.ones(10))
    with pytest.raises(SteadyStateError, match=message):
        train(tiny, state, seed=1, recipe=Recipe.default(tiny).but(settings=QUICK))


def test_a_reaction_at_equilibrium_has_no_vmax(tiny, tiny_state):
    """v = 0 and ρ = 1 agree, but v / f is 0 / 0."""
    state = changed(tiny, tiny_state, "log_displacement", "PGI", 0.0)
    state = changed(tiny, state, "fluxes_mmol_gDW_h", "PGI", 0.0)
    with pytest.raises(SteadyStateError, match="no flux, so that Vmax has no value: PGI"):
        KineticModels(tiny, state, np.ones(10))


def test_an_irreversible_reaction_cannot_run_backwards(reference):
    network, state = reference.network, reference.states[0]
    name = network.kinetic_reactions[np.flatnonzero(~reference.models[0].laws.reversible)[0]]
    flux = -state.fluxes_mmol_gDW_h[network.reaction_index[name]]
    with pytest.raises(SteadyStateError, match=f"with a negative flux: {name}"):
        changed(network, state, "fluxes_mmol_gDW_h", name, flux).check(network)


def test_every_problem_is_listed_at_once(tiny, tiny_state):
    state = changed(tiny, tiny_state, "concentrations_mM", "atp_c", np.nan)
    state = changed(tiny, state, "fluxes_mmol_gDW_h", "PGI", -1.0)
    with pytest.raises(SteadyStateError, match=r"not finite: atp_c; flux against .*PGI"):
        state.check(tiny)


def test_long_lists_are_cut(ecoli, reference):
    state = replace(reference.states[0], concentrations_mM=np.full(112, np.nan))
    with pytest.raises(SteadyStateError, match="and 107 more"):
        state.check(ecoli)


@pytest.mark.parametrize("density", [0.0, -300.0, np.nan])
def test_density_must_be_positive(tiny, tiny_state, density):
    with pytest.raises(SteadyStateError, match=r"density .* gDW/L must be positive"):
        replace(tiny_state, density_gDW_L=density).check(tiny)


def test_a_steady_state_of_another_network(tiny, ecoli, tiny_state, reference):
    with pytest.raises(SteadyStateError, match=r"belongs to another network .*sample it anew"):
        KineticModels(ecoli, tiny_state, np.ones(384))
    with pytest.raises(SteadyStateError, match="belongs to another network"):
        train(tiny, reference.states[0], seed=1, recipe=Recipe.default(tiny).but(settings=QUICK))


@pytest.mark.parametrize("array", ["concentrations_mM", "fluxes_mmol_gDW_h", "log_displacement"])
def test_arrays_of_the_wrong_length(tiny, tiny_state, array):
    state = replace(tiny_state, **{array: getattr(tiny_state, array)[:-1]})
    with pytest.raises(SteadyStateError, match=rf"{array} has shape \(\d,\), expected \(\d,\)"):
        state.check(tiny)


def test_no_such_state(tiny, one_tiny_state):
    states = one_tiny_state(seed=1)
    states[0].check(tiny)
    with pytest.raises(SteadyStateError, match="no state 1; there are 1, counted from 0"):
        states[1]


def test_states_need_a_folder(tiny):
    with pytest.raises(DataError, match="not read from a folder"):
        SteadyState.from_folder(replace(tiny, folder=None))


# --- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"not a file of ours", b"\x89HDF\r\n\x1a\n cut off"])
def test_a_file_of_steady_states_that_is_none(tmp_path, content):
    path = tmp_path / "states.nc"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"states\.nc cannot be read .* makes it again"):
        SteadyStates.load(path)


def test_missing_steady_states_say_where_they_come_from(tmp_path):
    with pytest.raises(CheckpointError, match=r"nothing\.nc does not exist; notebook 01 makes it"):
        SteadyStates.load(tmp_path / "nothing.nc")


def test_states_of_another_density_are_refused(ecoli):
    conditions = dict(ecoli.conditions)
    conditions["dry_weight_density"] = replace(conditions["dry_weight_density"], value=420.0)
    with pytest.raises(SteadyStateError, match=r"331.5 gDW/L, conditions\.csv has 420"):
        SteadyStates.example(replace(ecoli, conditions=conditions))


def test_states_without_a_default_profile_say_so(ecoli):
    data = SteadyStates.example(ecoli).dataset.copy()
    data.attrs["provenance"] = "{}"
    with pytest.raises(SteadyStateError, match="no default profile was chosen"):
        _ = SteadyStates.sealed(data).default


# --- constraints ---------------------------------------------------------------------------


def test_sampling_without_a_temperature_says_so(ecoli, tiny):
    conditions = {k: v for k, v in ecoli.conditions.items() if k != "temperature"}
    with pytest.raises(DataError, match="'temperature'"):
        sample_steady_states(replace(ecoli, conditions=conditions), 1)
    conditions["temperature"] = replace(ecoli.conditions["temperature"], value=310.15)
    with pytest.raises(DataError, match=r"pyTFA computes at 298\.15"):
        sample_steady_states(replace(ecoli, conditions=conditions), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fluxes": {"PFKK": Bound(1, 2)}}, "flux of 'PFKK', which is not in ecoli.*mean 'PFK'"),
        ({"directions": {"EX_o2_e": 1}}, "direction of 'EX_o2_e'"),
        ({"energies_kJ_mol": {"PFKK": Bound(-9, -1)}}, "energy of 'PFKK'.*did you mean 'PFK'"),
        ({"energies_kJ_mol": {"GROWTH": Bound(-9, -1)}}, "GROWTH has no reaction energy"),
        ({"displacements": {"GLCtx": Bound(-1, 1)}}, "displacement of 'GLCtx'.*mean 'GLCtex'"),
        ({"ratios": {"PFL : PDHH": Bound(0, 1)}}, "ratio of 'PDHH'.*did you mean 'PDH'"),
        ({"measured_mM": {"atp": Bound(1, 2)}}, "measured concentration of 'atp'.*'atp_c'"),
        ({"medium_mM": {"glc_e": Bound(1, 2)}}, "medium concentration of 'glc_e'"),
        ({"pools_mM": {"lac_c": Bound(1, 2)}}, "pool of 'lac_c'"),
    ],
)
def test_constraints_of_what_is_not_there(ecoli, change, message):
    constraints = replace(Constraints.from_folder(ecoli), **change)
    with pytest.raises(ParameterError, match=message):
        sample_steady_states(ecoli, 1, constraints=constraints)


def test_a_flux_that_is_not_there(ecoli):
    constraints = Constraints.from_folder(ecoli).with_flux("EX_glc_e", -5.0, -1.0)
    with pytest.raises(ParameterError, match=r"flux of 'EX_glc_e'.*did you mean 'EX_glc__D_e'"):
        sample_steady_states(ecoli, 1, constraints=constraints)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("directions", "message"),
    [
        ({"PFKK": 1}, "direction of 'PFKK', which is not in ecoli.*did you mean 'PFK'"),
        ({"PGI": 2}, "the direction of PGI is 2; give 1 or -1"),
        ({"PGI": "forward"}, "the direction of PGI is 'forward'; give 1 or -1"),
    ],
)
def test_directions_that_are_none(ecoli, directions, message):
    with pytest.raises(ParameterError, match=message):
        sample_steady_states(ecoli, 1, directions=directions)
