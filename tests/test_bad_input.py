"""What users get wrong: each mistake is an error that names the object and the remedy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from renaissance_kit import (
    Generator,
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Recipe,
    SteadyStates,
    train,
)
from renaissance_kit.core import ParameterError, derived_seed
from renaissance_kit.objectives import FastestDynamics, SmoothIncidence
from renaissance_kit.states import StateFeatures
from renaissance_kit.training import NESSettings, Settings

QUICK = NESSettings(generations=1, population=2, models_per_generator=2, monitor_models=0)


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
        (
            {"first_weights": "xavier"},
            r"'xavier'; choose one of \('he', 'glorot'\)",
        ),
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


@pytest.mark.parametrize("recipe", [Recipe.default, Recipe.paper, Recipe.released_code])
def test_a_misspelt_setting_of_a_recipe_names_the_nearest(tiny, recipe):
    with pytest.raises(ParameterError, match=r"'sgima' cannot be set here; did you mean 'sigma'"):
        recipe(tiny, sgima=0.1)
    with pytest.raises(ParameterError, match="did you mean 'threshold_per_h'"):
        recipe(tiny, treshold_per_h=-1.0)
    with pytest.raises(ParameterError, match=r"'objective' is no setting.*give it to Recipe.but"):
        recipe(tiny, objective=SmoothIncidence())


def test_a_misspelt_change_of_a_recipe_names_the_nearest(tiny):
    recipe = Recipe.default(tiny)
    with pytest.raises(ParameterError, match="did you mean 'learning_rate'"):
        recipe.but(learning_rat=1e-3)
    with pytest.raises(ParameterError, match="did you mean 'objective'"):
        recipe.but(objectives=SmoothIncidence())
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


def test_a_generator_needs_rivals():
    with pytest.raises(ParameterError, match="one generator has nothing to be better than"):
        NESSettings(population=1, mirrored=False)


def test_a_negative_seed_is_refused(tiny, tiny_state):
    with pytest.raises(ParameterError, match="seed is -1"):
        train(tiny, tiny_state, seed=-1)


def test_many_states_where_one_is_needed(ecoli):
    with pytest.raises(ParameterError, match=r"choose one, such as states\.default"):
        train(ecoli, SteadyStates.example(ecoli), seed=1)


def test_one_state_where_many_are_needed(tiny, tiny_state):
    recipe = Recipe.conditional(tiny)
    with pytest.raises(ParameterError, match="give a SteadyStates or a list of states"):
        train(tiny, tiny_state, seed=1, recipe=recipe)
    with pytest.raises(ParameterError, match="give a SteadyStates or a list of states"):
        train(tiny, [], seed=1, recipe=recipe)


def test_features_where_one_state_is_trained_at(tiny, tiny_state):
    recipe = Recipe.by_gradient(tiny).but(features=StateFeatures.none(tiny))
    with pytest.raises(ParameterError, match="features are what a conditional generator sees"):
        train(tiny, tiny_state, seed=1, recipe=recipe)


def test_settings_without_a_trainer(tiny, tiny_state):
    @dataclass(frozen=True)
    class OfNobody(Settings):
        method: ClassVar[str] = "of nobody"
        models_per_step: int = 1

    recipe = replace(Recipe.default(tiny), settings=OfNobody())
    with pytest.raises(ParameterError, match="no trainer has settings of type OfNobody; there are"):
        train(tiny, tiny_state, seed=1, recipe=recipe)


def test_settings_of_another_method(tiny):
    with pytest.raises(ParameterError, match="begin with the recipe of that method"):
        Recipe.by_gradient(tiny).but(settings=QUICK)
    with pytest.raises(ParameterError, match="'sigma' cannot be set here"):
        Recipe.by_gradient(tiny, sigma=0.1)


def test_a_positive_threshold_is_refused(tiny):
    with pytest.raises(ParameterError, match="does not settle"):
        Recipe.default(tiny, threshold_per_h=1.0)


@pytest.mark.parametrize("threshold", [2.5, float("nan"), float("inf")])
def test_a_threshold_that_lets_models_run_away_is_refused(tiny, tiny_state, threshold):
    models = KineticModels(tiny, tiny_state, np.ones((3, 10)))
    with pytest.raises(ParameterError, match=r"threshold_per_h is .* give 0 or less"):
        models.spectrum(threshold_per_h=threshold)


def test_a_threshold_without_its_reward_is_refused(tiny):
    with pytest.raises(ParameterError, match="the objective has a threshold of its own"):
        Recipe.default(tiny).but(threshold_per_h=-10.0)


@pytest.mark.parametrize("seed", [None, 1.0, "1", -1, True])
def test_a_seed_that_is_no_whole_number_is_named(tiny, tiny_state, seed):
    recipe = Recipe.default(tiny, generations=1, population=2, models_per_generator=4)
    with pytest.raises(ParameterError, match=r"seed is .*; give a whole number from 0"):
        train(tiny, tiny_state, seed=seed, recipe=recipe)
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    with pytest.raises(ParameterError, match=r"seed is .*; give a whole number from 0"):
        training.ensemble(3, seed=seed)
    with pytest.raises(ParameterError, match=r"seed is .*; give a whole number from 0"):
        derived_seed(seed, 2)


def test_a_tilde_is_the_home_folder(tiny, tiny_state, tmp_path, monkeypatch):
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    recipe = Recipe.default(tiny, generations=2, population=2, models_per_generator=4)
    given = {"seed": 1, "recipe": recipe, "checkpoint": "~/run.npz", "resume": True}
    train(tiny, tiny_state, **given).ensemble(3, seed=2).save("~/ensemble.nc")
    assert train(tiny, tiny_state, **given).models_evaluated == 16
    assert len(KineticEnsemble.load("~/ensemble.nc")) == 3
    assert sorted(p.name for p in home.iterdir()) == ["ensemble.nc", "run.npz"]
    assert not list(here.iterdir())
