"""What REKINDLE, iSCHRUNK and the flow have in common: their data, their cost, their errors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from labelled_sets import decided_by_three

from renaissance_kit import KineticEnsemble, KineticModels, KMRanges, Recipe, train
from renaissance_kit.core import ParameterError
from renaissance_kit.training import LabelledKM, RekindleSettings, trainer_of

RARE = -285.0  # 1/h; a few of a hundred unbiased models of the tiny network are faster
METHODS = {
    "rekindle": (Recipe.rekindle, {"samples": 400, "steps": 2, "epochs_per_step": 1}),
    "ischrunk": (Recipe.ischrunk, {"samples": 400, "rounds": 2}),
    "flow": (Recipe.flow, {"samples": 400, "epochs": 2}),
}


@pytest.fixture(params=METHODS)
def method(request, tiny):
    """Make a small recipe of each method."""
    make, sizes = METHODS[request.param]

    def recipe(**changes):
        given = {} if "data" in changes else {"samples": sizes["samples"]}
        rest = {k: v for k, v in sizes.items() if k != "samples"}
        return make(tiny, **{"threshold_per_h": -250.0, **given, **rest, **changes})

    return recipe


def test_labels_are_those_of_the_models(tiny, tiny_state):
    recipe = Recipe.flow(tiny, samples=3_000, epochs=1, threshold_per_h=-250.0)
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    km = KMRanges.of(tiny).uniform(20_000, np.random.default_rng(9))
    expected = (KineticModels(tiny, tiny_state, km).spectrum().lambda_max_per_h <= -250).mean()
    assert training.history.relevant[0] == pytest.approx(expected, abs=4 * (0.25 / 3_000) ** 0.5)
    assert training.history.ceiling[0] == pytest.approx(-np.log(training.history.relevant[0]))


def test_what_is_counted(method, tiny, tiny_state):
    """Every labelled set once, in the first step; iSCHRUNK labels new ones in each round."""
    recipe = method()
    trained = train(tiny, tiny_state, seed=1, recipe=recipe)
    rounds = 2 if recipe.settings.method == "ischrunk" else 1
    assert trained.models_evaluated == 400 * rounds
    begun = train(tiny, tiny_state, seed=1, recipe=recipe, stop=lambda: True)
    assert begun.models_evaluated == 0


def test_draws_are_within_bounds_and_fixed_constants_in_their_range(method, tiny, tiny_state):
    ranges = KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.4, 0.6)})
    training = train(tiny, tiny_state, seed=1, recipe=method(ranges=ranges))
    km = training.km(500, np.random.default_rng(1))
    assert ((km >= ranges.low_mM) & (km <= ranges.high_mM)).all()
    fixed = km[:, tiny.km_index["PGI:g6p_c"]]
    assert fixed.std() == pytest.approx(0.2 / 12**0.5, rel=0.1)  # uniform
    assert len(training.models(5, np.random.default_rng(1))) == 5


def test_the_same_seed_gives_the_same_weights(method, tiny, tiny_state):
    runs = [train(tiny, tiny_state, seed=s, recipe=method()) for s in (3, 3, 4)]
    np.testing.assert_array_equal(runs[0].weights, runs[1].weights)
    assert not np.array_equal(runs[0].weights, runs[2].weights)


def test_watching_does_not_change_the_training(method, tiny, tiny_state):
    runs = [
        train(tiny, tiny_state, seed=3, recipe=method(monitor_models=m)).weights for m in (0, 7)
    ]
    np.testing.assert_array_equal(*runs)


def test_global_random_numbers_are_left_alone(method, tiny, tiny_state):
    import torch

    before = torch.random.get_rng_state()
    train(tiny, tiny_state, seed=3, recipe=method()).km(3, np.random.default_rng(1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_given_sets_are_labelled_counted_and_named(method, tiny, tiny_state):
    km = KMRanges.of(tiny).uniform(300, np.random.default_rng(4))
    models = KineticModels(tiny, tiny_state, km)
    ensemble = KineticEnsemble.from_models(models, models.spectrum(), generator_digest="abc")
    recipe = method(data=ensemble)
    training = train(tiny, tiny_state, seed=1, recipe=recipe)
    share = (models.spectrum().lambda_max_per_h <= -250).mean()
    assert training.history.relevant[0] == pytest.approx(share)
    assert recipe.settings.samples == 300
    about = json.loads(training.ensemble(20, seed=1).dataset.attrs["provenance"])
    assert about[f"{recipe.settings.method}_source"].endswith("of generator abc")
    again = train(tiny, tiny_state, seed=1, recipe=method(data=km))
    np.testing.assert_array_equal(training.weights, again.weights)


def test_other_settings_keep_the_given_sets(tiny, tiny_state):
    km = KMRanges.of(tiny).uniform(300, np.random.default_rng(4))
    given = Recipe.rekindle(tiny, data=LabelledKM(km, source="mine"))
    published = given.but(settings=RekindleSettings.paper(steps=1, epochs_per_step=1))
    assert (published.settings.samples, published.settings.source) == (300, "mine")
    assert published.settings.batch == 1024
    train(tiny, tiny_state, seed=1, recipe=published)
    assert given.but(data=None).settings.source == Recipe.rekindle(tiny).settings.source


def test_the_order_of_given_sets_does_not_choose_those_held_back(tiny, tiny_state):
    """Here the relevant sets stand first, and among these the ones with a large first constant."""
    data = decided_by_three(tiny, 2_000, seed=6)
    first = np.log(data.km_mM[:, tiny.km_index["HEX:glc__D_c"]])
    order = np.lexsort((-first, ~data.relevant))
    sorted_data = LabelledKM(data.km_mM[order], data.relevant[order])
    recipe = Recipe.rekindle(tiny, data=sorted_data, steps=1, epochs_per_step=1)
    found = train(tiny, tiny_state, seed=1, recipe=recipe).history
    assert np.isfinite(found.mean_divergence).all()
    recipe = Recipe.flow(tiny, data=sorted_data, epochs=1)
    found = train(tiny, tiny_state, seed=1, recipe=recipe).history.iloc[-1]
    assert found.held_out_gain == pytest.approx(found.gain, abs=0.5)


def test_unbiased_sets_say_so(method, tiny, tiny_state):
    training = train(tiny, tiny_state, seed=1, recipe=method())
    assert "unbiased sampling" in training.ensemble(20, seed=1).dataset.attrs["provenance"]


def test_other_data_is_another_run(method, tiny, tiny_state):
    km = KMRanges.of(tiny).uniform(60, np.random.default_rng(4))
    length = method().settings.length
    digests = {
        trainer_of(tiny, tiny_state, method(data=data, **{length: 1})).digest
        for data in (km, km[::-1], LabelledKM(km, km[:, 0] > 1))
    }
    assert len(digests) == 3


def test_too_few_relevant_sets_say_how_many_there_were_and_what_to_do(method, tiny, tiny_state):
    recipe = method(samples=100, threshold_per_h=RARE)
    with pytest.raises(ParameterError, match=r"\d+ of 100 sets \(.*%, unbiased sampling\) are "
                       r"relevant at state .*more samples \(about .*data="):  # fmt: skip
        train(tiny, tiny_state, seed=1, recipe=recipe)


def test_errors_of_data(tiny, tiny_state, method):
    km = KMRanges.of(tiny).uniform(60, np.random.default_rng(4))
    outside = km.copy()
    outside[3, 2] = 1e3
    for data, words in (
        (km[:, :4], "4 constants a set; the network has 10"),
        (outside, r"HEX:g6p_c is out of its bounds.* in 1 of the 60"),
    ):
        with pytest.raises(ParameterError, match=words):
            train(tiny, tiny_state, seed=1, recipe=method(data=data))
    for wrong, words in (
        (km[0], "give .sets, km."), (-km, "positive"), (np.full((2, 10), np.nan), "positive"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=words):
            LabelledKM(wrong)
    for labels in (np.ones(60), np.ones(3, dtype=bool)):
        with pytest.raises(ParameterError, match="one True or False for each of the 60"):
            LabelledKM(km, labels)
    with pytest.raises(ParameterError, match="leave samples out"):
        train(tiny, tiny_state, seed=1, recipe=method(data=km, samples=50))
    with pytest.raises(ParameterError, match="learns from no data"):
        Recipe.default(tiny).but(data=km)


def test_errors_of_use(tiny, tiny_state, method):
    recipe = method()
    fixed = KMRanges.of(tiny, fixed=dict.fromkeys(tiny.km_names, (0.4, 0.6)))
    other = recipe.but(generator=Recipe.default(tiny).generator)
    with pytest.raises(ParameterError, match="nothing to train"):
        train(tiny, tiny_state, seed=1, recipe=method(ranges=fixed))
    with pytest.raises(ParameterError, match="choose one"):
        train(tiny, [tiny_state, tiny_state], seed=1, recipe=recipe)
    with pytest.raises(ParameterError, match=r"generator is a Generator.*give generator="):
        train(tiny, tiny_state, seed=1, recipe=other)
    with pytest.raises(ParameterError, match="method trains a Generator"):
        train(tiny, tiny_state, seed=1, recipe=Recipe.default(tiny).but(generator=recipe.generator))
    with pytest.raises(ParameterError, match="ask for at least 1"):
        train(tiny, tiny_state, seed=1, recipe=recipe).km(0, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        *((name, {"samples": 0}) for name in METHODS),
        *((name, {"monitor_models": -1}) for name in METHODS),
        ("rekindle", {"steps": 0}), ("rekindle", {"batch": 7}), ("rekindle", {"train_share": 1.0}),
        ("rekindle", {"learning_rate": 0.0}), ("rekindle", {"beta1": 1.5}),
        ("ischrunk", {"rounds": 0}), ("ischrunk", {"leaves": 1}), ("ischrunk", {"purity": 2.0}),
        ("ischrunk", {"keep": 0.0}), ("ischrunk", {"boxes": 0}),
        ("flow", {"epochs": 0}), ("flow", {"batch": 0}), ("flow", {"decay": -1.0}),
        ("flow", {"train_share": 0.0}),
    ],
)  # fmt: skip
def test_settings_out_of_range(tiny, name, change):
    with pytest.raises(ParameterError, match=next(iter(change))):
        METHODS[name][0](tiny, **change)
