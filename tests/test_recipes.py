"""The published recipes, number by number, as the paper's text and the released code have them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import KMRanges, Recipe, SteadyState, studies, train
from renaissance_kit.core import CheckpointError
from renaissance_kit.objectives import FastestDynamics, Incidence
from renaissance_kit.training import NESSettings


def test_the_text_of_the_paper(ecoli):
    recipe = Recipe.paper(ecoli)
    settings, ranges = recipe.settings, recipe.generator.ranges
    assert (settings.sigma, settings.learning_rate, settings.decay) == (0.01, 1e-3, 0.05)
    assert (settings.generations, settings.population) == (50, 20)
    assert settings.models_per_generator == 100
    assert recipe.objective == Incidence(partition_per_h=-2.5)
    assert set(ranges.low_mM) == {1.3e-3}
    assert set(ranges.high_mM) == {20.0}


def test_the_released_code_differs_in_bounds_reward_and_length_only(ecoli):
    """ln KM from −25 to 3 with KM in mol/L."""
    code, text = Recipe.released_code(ecoli), Recipe.paper(ecoli)
    ranges = code.generator.ranges
    np.testing.assert_allclose(np.log(ranges.low_mM / 1e3), -25, rtol=1e-12)
    np.testing.assert_allclose(np.log(ranges.high_mM / 1e3), 3, rtol=1e-12)
    assert code.objective == FastestDynamics(n_fastest=10)
    assert code.settings == NESSettings.paper(generations=25)
    assert code.generator.architecture == text.generator.architecture
    assert code.threshold_per_h == text.threshold_per_h == -2.5


def test_both_can_be_changed(tiny):
    ranges = KMRanges.of(tiny, low_mM=0.1)
    for make in (Recipe.paper, Recipe.released_code):
        recipe = make(tiny, ranges=ranges, generations=3, threshold_per_h=-1.0)
        assert recipe.generator.ranges is ranges
        assert recipe.settings.generations == 3
        assert recipe.threshold_per_h == -1.0


def test_a_run_does_not_resume_from_other_first_weights(tiny, tiny_state: SteadyState, tmp_path):
    recipe = Recipe.paper(tiny, generations=1, population=2, models_per_generator=2)
    other = recipe.but(generator=replace(recipe.generator, first_weights="he"))
    kept = {"seed": 1, "checkpoint": tmp_path / "run.npz"}
    train(tiny, tiny_state, recipe=recipe, **kept)
    with pytest.raises(CheckpointError, match="another objective"):
        train(tiny, tiny_state, recipe=other, resume=True, **kept)


def test_recipes_side_by_side(tiny):
    table = studies.recipe_table(
        [Recipe.default(tiny), Recipe.paper(tiny), Recipe.released_code(tiny)]
    )
    assert list(table) == ["default settings", "paper's settings", "released code's settings"]
    assert list(table.loc["KM (mM)"]) == ["0.0013 to 20"] * 2 + ["1.4e-08 to 2e+04"]
    assert list(table.loc["first weights"]) == ["he, calibrated", "glorot", "glorot"]
    assert list(table.loc["generations"]) == [50, 50, 25]
