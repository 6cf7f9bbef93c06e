"""Training by gradient: its derivative, its measure of width, and runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import digamma

from renaissance_kit import Generator, KineticModels, KMRanges, Recipe, SteadyStates, train
from renaissance_kit.core import ParameterError
from renaissance_kit.objectives import (
    ControlSigns,
    FastestDynamics,
    Incidence,
    KMPriors,
    SmoothIncidence,
    WantedSign,
)
from renaissance_kit.training import GradientSettings, ModelScores, divergence

SIZE = {"steps": 6, "models_per_step": 12}


@pytest.fixture
def run(tiny, tiny_state):
    """Train a small generator, one constant of which is held to data."""

    ranges = KMRanges.of(tiny, fixed={tiny.km_names[2]: (0.4, 0.6)})
    recipe = Recipe.by_gradient(tiny, **SIZE).but(generator=Generator(ranges, hidden=(8,)))

    def run(initial_weights=None, **changes):
        return train(
            tiny, tiny_state, seed=5, recipe=recipe.but(**changes), initial_weights=initial_weights
        )

    return run


# --- derivatives ---------------------------------------------------------------------------


def test_torch_finds_the_same_derivative(tiny, tiny_state):
    models = KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names)))
    log_km = torch.from_numpy(np.log(KMRanges.of(tiny).uniform(3, np.random.default_rng(1))))
    log_km.requires_grad_(True)

    def value(x):
        return ModelScores.apply(x, SmoothIncidence(), [models], 0.2, 1)[0]

    assert torch.autograd.gradcheck(value, (log_km,), eps=1e-4, atol=1e-6, rtol=1e-5)


# --- divergence ----------------------------------------------------------------------------


def normal(shape, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def test_divergence_of_shifted_and_stretched_outputs():
    """½ (m² + v − 1 − ln v), the Kullback-Leibler divergence from a standard normal."""
    found = float(divergence(0.5 * normal((200_000, 3)) + 1.5))
    assert found == pytest.approx(0.5 * (1.5**2 + 0.25 - 1 - np.log(0.25)), abs=0.02)


def test_divergence_of_weak_correlations():
    """Close to −½ ln det C / n."""
    correlation = np.full((6, 6), 0.05) + 0.95 * np.eye(6)
    y = normal((300_000, 6)) @ torch.from_numpy(np.linalg.cholesky(correlation).T)
    expected = -0.5 * np.log(np.linalg.det(correlation)) / 6
    assert float(divergence(y)) == pytest.approx(expected, rel=0.15)
    assert float(divergence(y, 0.0)) == pytest.approx(0, abs=1e-3)


def test_small_batches_do_not_mistake_chance_for_dependence():
    """Eight models of forty constants: every batch looks correlated, their mean does not."""
    found = [
        float(divergence(normal((8, 40), seed)) - divergence(normal((8, 40), seed), 0.0))
        for seed in range(200)
    ]
    assert np.mean(found) == pytest.approx(0, abs=4 * np.std(found) / 200**0.5)
    assert np.std(found) < 0.3


def test_small_batches_do_not_mistake_chance_for_a_shift():
    """The mean of ½ (m² + v − 1 − ln v) over batches is ½ E(−ln v), m² being taken without bias."""
    n = 8
    found = [float(divergence(normal((n, 40), seed), 0.0)) for seed in range(300)]
    expected = 0.5 * (np.log((n - 1) / 2) - digamma((n - 1) / 2))  # v is χ²/(n − 1)
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / 300**0.5)


def test_one_latent_direction_costs_more_than_independence():
    together = normal((64, 1)).repeat(1, 40) + 0.01 * normal((64, 40), 2)
    assert float(divergence(together)) > 5 > 0.2 > float(divergence(normal((64, 40), 3)))


# --- runs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rare(tiny, tiny_state):
    """A threshold that two of a hundred unbiased models meet."""
    km = KMRanges.of(tiny).uniform(4000, np.random.default_rng(1))
    return float(np.quantile(KineticModels(tiny, tiny_state, km).spectrum().lambda_max_per_h, 0.02))


@pytest.mark.slow
def test_training_makes_valid_models_frequent_and_keeps_them_wide(tiny, tiny_state, rare):
    generator = Generator(KMRanges.of(tiny), hidden=(64, 64))
    found = {}
    for diversity in (0.0, 1.0):
        recipe = Recipe.by_gradient(
            tiny, threshold_per_h=rare, steps=120, learning_rate=0.02, diversity=diversity
        ).but(generator=generator)
        training = train(tiny, tiny_state, seed=1, recipe=recipe)
        models = training.models(2000, np.random.default_rng(2))
        incidence = models.spectrum(threshold_per_h=rare).incidence
        found[diversity] = incidence, np.log(models.km_mM).std(axis=0).mean()
    assert found[0.0][0] > 0.95
    assert found[1.0][0] > 0.6
    assert found[1.0][1] > 1.5 * found[0.0][1]


def test_fixed_constants_stay_in_their_range(run):
    km = run().models(200, np.random.default_rng(1)).km_mM[:, 2]
    assert ((km >= 0.4) & (km <= 0.6)).all()
    assert km.std() > 0.03


def test_the_ensemble_says_how_it_was_made(run):
    training = run()
    ensemble = training.ensemble(20, seed=3)
    provenance = ensemble.dataset.attrs["provenance"]
    assert '"training_steps": 6' in provenance
    assert '"gradient_models_per_step": 12' in provenance
    assert "SoftMargin" in provenance
    assert training.models_evaluated == 72


def test_dropout_and_given_weights(run, tiny):
    generator = Generator(KMRanges.of(tiny), hidden=(8,), dropout=0.3)
    weights = generator.initial_weights(np.random.default_rng(1))
    a = run(weights, generator=generator)
    assert not np.array_equal(a.weights, weights)
    np.testing.assert_array_equal(a.weights, run(weights, generator=generator).weights)


def test_any_objective_with_a_derivative_can_be_climbed(run):
    found = run(objective=SmoothIncidence()).history
    assert found.reward.between(0, 1).all()
    for objective in (Incidence(), FastestDynamics()):
        with pytest.raises(ParameterError, match=r"no derivative.*SmoothIncidence or SoftMargin"):
            run(objective=objective)


def test_incidence_is_known_whatever_the_objective(run, tiny, tiny_state):
    """Priors and signs of control say nothing of eigenvalues; the history does."""
    priors = KMPriors.of(tiny, {"PGI:g6p_c": (0.3, 0.5)})
    signs = ControlSigns((WantedSign("FRUt", ("HEX",), 1),))
    for objective in (priors, signs):
        history = run(objective=objective).history
        assert (history.without_eigenvalues == 0).all()
        assert (history.incidence > 0).all()
    states = [tiny_state, replace(tiny_state, concentrations_mM=2 * tiny_state.concentrations_mM)]
    recipe = Recipe.conditional(tiny, steps=2, models_per_step=8, states_per_step=2)
    history = train(tiny, states, seed=1, recipe=recipe.but(objective=priors)).history
    assert (history.without_eigenvalues == 0).all()


def test_outputs_that_depend_on_their_batch_are_refused(run, tiny):
    with pytest.raises(ParameterError, match="'pointwise'"):
        run(generator=Generator.paper(KMRanges.of(tiny)))


def test_nothing_to_train(run, tiny):
    ranges = KMRanges.of(tiny, fixed=dict.fromkeys(tiny.km_names, (0.4, 0.6)))
    with pytest.raises(ParameterError, match="nothing to train"):
        run(generator=Generator(ranges))


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0}, {"models_per_step": 2}, {"learning_rate": 0.0}, {"tau": 0.0},
        {"diversity": -1.0}, {"dependence": float("inf")},
    ],
)  # fmt: skip
def test_settings_out_of_range(change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        GradientSettings(**change)


@pytest.mark.slow
def test_ecoli(ecoli):
    """Hardly any unbiased model is valid at the default profile; soon most are, and wide."""
    recipe = Recipe.by_gradient(ecoli, steps=60)
    training = train(ecoli, SteadyStates.example(ecoli).default, seed=1, recipe=recipe)
    models = training.models(300, np.random.default_rng(2))
    assert models.spectrum().incidence > 0.8
    assert np.log(models.km_mM).std(axis=0).mean() > 1.5
