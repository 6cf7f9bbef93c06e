"""What users get wrong: each mistake is an error that names the object and the remedy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import (
    Constraints,
    FastestDynamics,
    Generator,
    KineticModels,
    KMRanges,
    NESSettings,
    Recipe,
    SmoothIncidence,
    SteadyState,
    SteadyStates,
    sample_steady_states,
    train,
)
from renaissance_kit.constraints import Bound
from renaissance_kit.errors import CheckpointError, DataError, ParameterError, SteadyStateError

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
    ("fluxes_mmol_gDW_h", "PGI", 0.0, "flux against its displacement: PGI"),
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
    with pytest.raises(SteadyStateError, match=f"without positive flux: {name}"):
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


# --- Michaelis constants -------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_km_must_be_positive_and_finite(tiny, tiny_state, value):
    km = np.ones((3, 10))
    km[1, tiny.km_index["PGI:g6p_c"]] = value
    with pytest.raises(ParameterError, match=r"positive and finite; look at PGI:g6p_c$"):
        KineticModels(tiny, tiny_state, km)


@pytest.mark.parametrize("shape", [(9,), (3, 11), (2, 3, 10), (10, 3)])
def test_km_of_another_shape(tiny, tiny_state, shape):
    with pytest.raises(ParameterError, match=r"has shape .*give \(models, 10\)"):
        KineticModels(tiny, tiny_state, np.ones(shape))


def test_an_empty_batch(tiny, tiny_state):
    with pytest.raises(ParameterError, match="holds no models; give at least one row"):
        KineticModels(tiny, tiny_state, np.empty((0, 10)))


def test_reversed_km_bounds(tiny):
    with pytest.raises(ParameterError, match=r"bounds of HEX:glc__D_c are 20 to 0.001 mM; give"):
        KMRanges.of(tiny, low_mM=20.0, high_mM=1e-3)


@pytest.mark.parametrize(
    "bounds", [(2.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (1.0, np.nan), (1, np.inf)]
)
def test_measured_ranges_that_are_none(tiny, bounds):
    with pytest.raises(ParameterError, match=r"bounds of PGI:g6p_c are .* give 0 < low < high"):
        KMRanges.of(tiny, fixed={"PGI:g6p_c": bounds})


def test_reversed_measured_ranges_say_so(tiny):
    with pytest.raises(ParameterError, match=r"of PGI:g6p_c are 0.3 to 0.1 mM.*: swap the two"):
        KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.3, 0.1)})


def test_one_measured_number_is_no_range(tiny):
    message = r"range of PGI:g6p_c is 0.5; give \(low, high\) in mM, for 20 % .*\(0.4, 0.6\)"
    with pytest.raises(ParameterError, match=message):
        KMRanges.of(tiny, fixed={"PGI:g6p_c": 0.5})
    KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.4, 0.6)})


@pytest.mark.parametrize(
    "given", [(0.5,), (1, 2, 3), "ab", ("a", "b"), None, np.nan, -1.0, [[1, 2]]]
)
def test_what_is_no_measured_range(tiny, given):
    with pytest.raises(
        ParameterError, match=r"range of PGI:g6p_c is .*; give \(low, high\) in mM$"
    ):
        KMRanges.of(tiny, fixed={"PGI:g6p_c": given})


def test_measured_ranges_need_names(tiny):
    with pytest.raises(ParameterError, match=r"fixed is a list; give \{'reaction:metabolite': "):
        KMRanges.of(tiny, fixed=["PGI:g6p_c"])


@pytest.mark.parametrize("name", ["PGI:g6p", "PGJ:g6p_c"])
def test_an_unknown_measured_constant(tiny, name):
    with pytest.raises(ParameterError, match=f"'{name}' is not a KM of tiny; did you mean 'PGI:"):
        KMRanges.of(tiny, fixed={name: (0.1, 0.2)})


# --- generators ----------------------------------------------------------------------------


def test_weights_of_another_architecture_or_not_finite(tiny):
    generator = Generator(KMRanges.of(tiny), hidden=(4,))
    rng = np.random.default_rng(1)
    weights = generator.initial_weights(rng)
    with pytest.raises(ParameterError, match=rf"this architecture has {generator.n_weights}"):
        generator.sample(weights[:-1], 1, rng)
    weights[3] = np.nan
    with pytest.raises(ParameterError, match=r"not finite; the learning rate was too large"):
        generator.sample(weights, 1, rng)


@pytest.mark.parametrize("n", [0, -5])
def test_asking_for_no_models(tiny, n):
    generator = Generator(KMRanges.of(tiny), hidden=(4,))
    rng = np.random.default_rng(1)
    with pytest.raises(ParameterError, match=rf"asked for {n} models; ask for at least 1"):
        generator.sample(generator.initial_weights(rng), n, rng)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rescale": "global"}, r"rescale is 'global'; choose one of \('pointwise', 'batch'\)"),
        ({"dropout": 1.0}, "dropout is 1.0; give a share from 0 to below 1"),
        ({"dropout": -0.1}, "dropout is -0.1"),
        ({"bias_unit": 0.0}, "bias_unit is 0.0; give a positive number"),
        ({"latent": 0}, "sizes must be at least 1"),
        ({"hidden": (8, 0)}, "sizes must be at least 1"),
    ],
)
def test_generator_settings_out_of_range(tiny, change, message):
    with pytest.raises(ParameterError, match=message):
        Generator(KMRanges.of(tiny), **change)


def test_a_generator_of_another_network(tiny, tiny_state, ecoli):
    generator = Generator(KMRanges.of(ecoli), hidden=(4,))
    with pytest.raises(ParameterError, match=r"km_mM has shape \(1, 384\); give \(models, 10\)"):
        train(
            tiny,
            tiny_state,
            seed=1,
            recipe=Recipe.default(tiny).but(settings=QUICK, generator=generator),
        )


def test_starting_weights_of_another_architecture(tiny, tiny_state):
    with pytest.raises(ParameterError, match="weights have shape"):
        train(
            tiny,
            tiny_state,
            seed=1,
            recipe=Recipe.default(tiny).but(settings=QUICK),
            initial_weights=np.zeros(7, np.float32),
        )


# --- training ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generations": 0}, "generations is 0; give at least 1"),
        ({"population": 0}, "population is 0; give at least 1"),
        ({"models_per_generator": 0}, "models_per_generator is 0; give at least 1"),
        (
            {"population": 7, "mirrored": True},
            "population is 7; mirrored sampling needs an even number",
        ),
        ({"sigma": 0.0}, "sigma is 0.0; give a positive number"),
        ({"sigma": np.nan}, "sigma is nan; give a positive number"),
        ({"learning_rate": -1e-3}, "learning_rate is -0.001; give a positive number"),
        ({"learning_rate": np.inf}, "learning_rate is inf"),
        ({"decay": 1.0}, "decay is 1.0; give a share"),
        ({"decay": -0.1}, "decay is -0.1; give a share"),
        ({"shaping": "rank"}, "shaping is 'rank'; choose one of"),
        ({"optimiser": "sgd"}, "optimiser is 'sgd'; choose one of"),
        ({"monitor_models": -1}, "monitor_models must not be negative"),
    ],
)
def test_training_settings_out_of_range(change, message):
    with pytest.raises(ParameterError, match=message):
        NESSettings(**change)


def test_a_misspelt_setting_fails_at_once():
    with pytest.raises(TypeError, match="learning_rat"):
        NESSettings(learning_rat=1e-3)


@pytest.mark.parametrize("recipe", [Recipe.default, Recipe.paper])
def test_a_misspelt_setting_of_a_recipe_names_the_nearest(tiny, recipe):
    with pytest.raises(ParameterError, match=r"'sgima' cannot be set here; did you mean 'sigma'"):
        recipe(tiny, sgima=0.1)
    with pytest.raises(ParameterError, match="did you mean 'threshold_per_h'"):
        recipe(tiny, treshold_per_h=-1.0)
    with pytest.raises(ParameterError, match=r"'reward' is no setting.*give it to Recipe.but"):
        recipe(tiny, reward=SmoothIncidence())


def test_a_misspelt_change_of_a_recipe_names_the_nearest(tiny):
    recipe = Recipe.default(tiny)
    with pytest.raises(ParameterError, match="did you mean 'learning_rate'"):
        recipe.but(learning_rat=1e-3)
    with pytest.raises(ParameterError, match="did you mean 'reward'"):
        recipe.but(rewards=SmoothIncidence())
    with pytest.raises(ParameterError, match=r"'xyz' cannot be set here\. There are: .*sigma"):
        recipe.but(xyz=1)
    with pytest.raises(ParameterError, match="settings is a dict; give NESSettings, or settings"):
        recipe.but(settings={"sigma": 0.1})


def test_rewards_out_of_range():
    with pytest.raises(ParameterError, match="n_fastest is 0; give at least 1"):
        FastestDynamics(n_fastest=0)
    for width in (0.0, -1.0, np.nan):
        with pytest.raises(ParameterError, match=r"width is .*; give a positive number"):
            SmoothIncidence(width=width)


# --- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"not a file of ours", b"\x89HDF\r\n\x1a\n cut off"])
def test_a_file_of_steady_states_that_is_none(tmp_path, content):
    path = tmp_path / "states.nc"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"states\.nc cannot be read .*make it anew"):
        SteadyStates.load(path)


def test_missing_steady_states_say_where_they_come_from(tmp_path):
    with pytest.raises(CheckpointError, match=r"nothing\.nc does not exist; notebook 01 makes it"):
        SteadyStates.load(tmp_path / "nothing.nc")


def test_a_generator_needs_rivals():
    with pytest.raises(ParameterError, match="one generator has nothing to be better than"):
        NESSettings(population=1, mirrored=False)


def test_a_negative_seed_is_refused(tiny, tiny_state):
    with pytest.raises(ParameterError, match="seed is -1"):
        train(tiny, tiny_state, seed=-1)


def test_many_states_where_one_is_needed(ecoli):
    with pytest.raises(ParameterError, match=r"choose one, such as states\.default"):
        train(ecoli, SteadyStates.example(ecoli), seed=1)


def test_a_positive_threshold_is_refused(tiny):
    with pytest.raises(ParameterError, match="does not settle"):
        Recipe.default(tiny, threshold_per_h=1.0)


def test_a_threshold_without_its_reward_is_refused(tiny):
    with pytest.raises(ParameterError, match="the reward has a threshold of its own"):
        Recipe.default(tiny).but(threshold_per_h=-10.0)


def test_states_of_another_density_are_refused(ecoli):
    conditions = dict(ecoli.conditions)
    conditions["dry_weight_density"] = replace(conditions["dry_weight_density"], value=420.0)
    with pytest.raises(SteadyStateError, match=r"300 gDW/L, conditions\.csv has 420"):
        SteadyStates.example(replace(ecoli, conditions=conditions))


def test_states_without_a_default_profile_say_so(ecoli):
    data = SteadyStates.example(ecoli).dataset.copy()
    data.attrs["provenance"] = "{}"
    with pytest.raises(SteadyStateError, match="no default profile was chosen"):
        _ = SteadyStates(data).default


def test_sampling_without_a_temperature_says_so(ecoli, tiny):
    conditions = {k: v for k, v in ecoli.conditions.items() if k != "temperature"}
    with pytest.raises(DataError, match="'temperature'"):
        sample_steady_states(replace(ecoli, conditions=conditions), 1)
    conditions["temperature"] = replace(ecoli.conditions["temperature"], value=310.15)
    with pytest.raises(DataError, match=r"pyTFA computes at 298\.15"):
        sample_steady_states(replace(ecoli, conditions=conditions), 1)


# --- constraints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fluxes": {"PFKK": Bound(1, 2)}}, "flux of 'PFKK', which is not in ecoli.*mean 'PFK'"),
        ({"directions": {"EX_o2_e": 1}}, "direction of 'EX_o2_e'"),
        ({"energies_kJ_mol": {"PFKK": Bound(-9, -1)}}, "energy of 'PFKK'.*did you mean 'PFK'"),
        ({"energies_kJ_mol": {"GROWTH": Bound(-9, -1)}}, "GROWTH has no reaction energy"),
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
