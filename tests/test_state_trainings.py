"""The study's objective at many states: its reward, and runs that go on where they stopped."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import Generator, KMRanges, Recipe, SteadyStates
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.training import NESSettings, nes_of_states


@pytest.fixture(scope="module")
def states(tiny, tiny_state):
    """Five states of the tiny network."""
    factor = np.exp(0.3 * np.random.default_rng(1).standard_normal((5, len(tiny.species))))
    return SteadyStates.from_arrays(
        tiny,
        np.tile(tiny_state.fluxes_mmol_gDW_h, (5, 1)),
        tiny.kinetic_reactions,
        tiny_state.concentrations_mM * factor,
        np.tile(tiny_state.log_displacement, (5, 1)),
        {},
    )


@pytest.fixture(scope="module")
def recipe(tiny):
    study = Recipe.study_of_states(tiny, generations=3, population=4, models_per_generator=30)
    return study.but(generator=Generator(KMRanges.of(tiny), hidden=(8,)))


def of(tiny, states, recipe, *, seed=1, models=12, **run):
    how = Run(**{"workers": 1, **run})
    return nes_of_states(tiny, states, seed=seed, recipe=recipe, models=models, run=how)


def assert_same(a, b):
    for name in ("lambda_max_per_h", "km_mM", "reward", "incidence"):
        np.testing.assert_array_equal(a[name], b[name])


def test_the_recipe_is_the_published_one_with_the_study_s_reward(tiny):
    study, paper = Recipe.study_of_states(tiny), Recipe.paper(tiny)
    assert study.settings == paper.settings == NESSettings.paper()
    assert study.settings.models_per_generator == 100
    assert study.generator.architecture == paper.generator.architecture
    assert study.threshold_per_h == paper.threshold_per_h


@pytest.mark.parametrize("seed", range(3))
def test_the_reward_by_another_road(tiny, seed):
    """0.5 e^(−0.1 mean of the ten fastest): the tenth root of a product of exponentials."""
    lambda_max = np.random.default_rng(seed).uniform(-30, 50, 100)
    product = 1.0
    remaining = list(lambda_max)
    for _ in range(10):
        fastest = min(remaining)
        remaining.remove(fastest)
        product *= math.exp(-0.1 * fastest)
    assert Recipe.study_of_states(tiny).objective(lambda_max) == pytest.approx(
        0.5 * product**0.1, rel=1e-12
    )


def test_the_reward_in_closed_form(tiny):
    reward = Recipe.study_of_states(tiny).objective
    values = np.full(100, 1e8)
    values[20:30] = -2.5
    assert reward(values) == pytest.approx(0.5 * math.exp(0.25), rel=1e-12)
    values[30:] = np.nan
    assert reward(values) == pytest.approx(0.5 * math.exp(0.25), rel=1e-12)


def test_what_is_returned(tiny, states, recipe):
    found = of(tiny, states, recipe)
    assert found.sizes == {"state": 5, "model": 12, "step": 3, "km": len(tiny.km_names)}
    assert list(found.state.values) == ["0", "1", "2", "3", "4"]
    assert ((found.incidence >= 0) & (found.incidence <= 1)).all()
    assert len(np.unique(found.reward)) == 15  # every state has noise of its own


@pytest.mark.slow
def test_a_state_is_the_same_whatever_the_others_and_the_chunks(tiny, states, recipe):
    whole = of(tiny, states, recipe, chunk=2)
    part = of(tiny, states[3:4], recipe)
    assert_same(whole.isel(state=[3]), part)
    assert_same(whole, of(tiny, states, recipe, workers=2))


def test_a_stopped_run_resumes_to_the_same_end(tiny, states, recipe, tmp_path):
    seen = []
    first = of(
        tiny, states, recipe, store=tmp_path / "run", progress=seen.append,
        stop=lambda: bool(seen) and seen[-1].done >= 2,
    )  # fmt: skip
    assert first.sizes["state"] == 2
    later = []
    assert_same(
        of(tiny, states, recipe),
        of(tiny, states, recipe, store=tmp_path / "run", progress=later.append),
    )
    assert later[0].done == 2
    assert later[-1].done == 5


def test_every_run_has_a_place_of_its_own_in_the_store(tiny, states, recipe, tmp_path):
    for changed in (
        {},
        {"recipe": recipe.but(sigma=0.5)},
        {"seed": 2},
        {"models": 3},
        {"recipe": recipe.but(objective=replace(recipe.objective, n_fastest=9))},
        {"states": states[1:2]},
        {},
    ):
        of(tiny, **{"states": states[:1], "recipe": recipe, "store": tmp_path, **changed})
    assert len(list(tmp_path.glob("nes-of-states-*"))) == 6


def test_nothing_to_do(tiny, states, recipe):
    with pytest.raises(ParameterError, match="at least 1"):
        of(tiny, states, recipe, models=0)
    with pytest.raises(ParameterError, match="nothing to return"):
        of(tiny, states, recipe, stop=lambda: True)
