"""Repeats, baseline, grid, timings and the check of saved ensembles, on the tiny network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from renaissance_kit import (
    Generator,
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    Recipe,
    SteadyState,
    studies,
    train,
)
from renaissance_kit.analysis import incidence_interval, mean_interval, wilson_interval
from renaissance_kit.core import ParameterError, Run, repeat_seeds
from renaissance_kit.studies import timing
from renaissance_kit.training import trainer_of

THRESHOLD = -250.0  # about a fifth of random models of the tiny network meet it


@pytest.fixture(scope="module")
def recipe(tiny: Network) -> Recipe:
    """Return a training small enough for a test."""
    base = Recipe.default(
        tiny,
        threshold_per_h=THRESHOLD,
        generations=4,
        population=6,
        models_per_generator=10,
        monitor_models=20,
    )
    generator = Generator(KMRanges.of(tiny), hidden=(8,))
    return base.but(generator=generator)


@pytest.fixture(scope="module")
def repeats(tiny: Network, tiny_state: SteadyState, recipe: Recipe) -> list[studies.Repeat]:
    return studies.run_repeats(tiny, tiny_state, recipe, seeds=repeat_seeds(1, 2), models=30)


def test_wilson_interval_against_published_values() -> None:
    # Newcombe 1998 Stat Med 17:857, table I, method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5), (0, 0)])
def test_wilson_interval_refuses_what_is_no_share(successes: int, trials: int) -> None:
    with pytest.raises(ParameterError):
        wilson_interval(successes, trials)


def test_mean_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = [
        low <= 3.0 <= high
        for low, high in (mean_interval(rng.normal(3.0, 1.0, 5)) for _ in range(2000))
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
    assert np.isnan(mean_interval([1.0])).all()


def test_interval_of_equal_repeats_is_not_empty() -> None:
    low, high, basis = incidence_interval([1.0, 1.0], [50, 50])
    assert (low, high, basis) == (*wilson_interval(100, 100), "models")
    assert low < 1.0
    low, high, basis = incidence_interval([0.9, 1.0, 1.0], [50, 50, 50])
    assert basis == "repeats"
    assert 0.0 <= low < high <= 1.0


def test_seeds_differ_and_do_not_depend_on_their_number() -> None:
    assert repeat_seeds(1, 3) == repeat_seeds(1, 10)[:3]
    assert len({*repeat_seeds(1, 10), *repeat_seeds(2, 10)}) == 20


def test_baseline_counts_what_it_drew(tiny: Network, tiny_state: SteadyState) -> None:
    drawn = studies.unbiased_sampling(tiny, tiny_state, 200, seed=1, threshold_per_h=THRESHOLD)
    again = studies.unbiased_sampling(tiny, tiny_state, 200, seed=1, threshold_per_h=THRESHOLD)
    assert 0 < drawn.valid < 200
    assert drawn.incidence == drawn.valid / 200
    assert drawn.interval[0] < drawn.incidence < drawn.interval[1]
    assert np.array_equal(drawn.lambda_max_per_h, again.lambda_max_per_h)


def test_baseline_counts_models_without_eigenvalues_as_not_valid(
    tiny: Network, tiny_state: SteadyState
) -> None:
    wide = KMRanges.of(tiny, low_mM=1e-300)  # most Jacobians overflow
    drawn = studies.unbiased_sampling(
        tiny, tiny_state, 300, seed=1, threshold_per_h=THRESHOLD, ranges=wide
    )
    counts = KineticModels(tiny, tiny_state, drawn.km_mM).spectrum(threshold_per_h=THRESHOLD)
    assert drawn.not_finite == counts.counts()["NOT_FINITE"]
    assert 0 < drawn.not_finite < 300
    assert drawn.valid == counts.counts()["VALID"]
    assert drawn.incidence == counts.incidence == drawn.valid / 300
    assert drawn.interval == wilson_interval(drawn.valid, 300)


def test_repeats_report_models_without_eigenvalues(
    tiny: Network, tiny_state: SteadyState, repeats: list[studies.Repeat]
) -> None:
    km = KMRanges.of(tiny).uniform(40, np.random.default_rng(1))
    km[[3, 17]] = 1e-300
    models = KineticModels(tiny, tiny_state, km)
    spectrum = models.spectrum(threshold_per_h=THRESHOLD)
    state = repeats[0].training.state
    first = replace(state.history[0], lambda_max_per_h=spectrum.lambda_max_per_h)
    spoilt = studies.Repeat(
        "spoilt",
        0,
        replace(repeats[0].training, state=replace(state, history=(first, *state.history[1:]))),
        KineticEnsemble.from_models(models, spectrum),
    )
    assert spectrum.counts()["NOT_FINITE"] == spoilt.not_finite == 2
    assert spoilt.incidence == spectrum.counts()["VALID"] / 40
    history = studies.incidence_history([spoilt])
    assert list(history.not_finite) == [2, 0, 0, 0, 2]
    assert list(history.models) == [40, 20, 20, 20, 40]
    assert history.incidence.iloc[0] == history.incidence.iloc[-1] == spoilt.incidence
    assert spoilt.training.history.without_eigenvalues[0] == 2


def test_repeats_are_independent_and_reproducible(
    tiny: Network, tiny_state: SteadyState, recipe: Recipe, repeats: list[studies.Repeat]
) -> None:
    again = studies.run_repeats(tiny, tiny_state, recipe, seeds=repeat_seeds(1, 2), models=30)
    first, second = (run.training.weights for run in repeats)
    assert not np.array_equal(first, second)
    for one, other in zip(repeats, again, strict=True):
        assert np.array_equal(one.training.weights, other.training.weights)
        assert one.ensemble.dataset.km.equals(other.ensemble.dataset.km)


def test_interrupted_repeat_goes_on_to_the_same_result(
    tiny: Network,
    tiny_state: SteadyState,
    recipe: Recipe,
    repeats: list[studies.Repeat],
    tmp_path: Path,
) -> None:
    seed = repeat_seeds(1, 1)[0]
    path = studies.checkpoint_file(tmp_path, trainer_of(tiny, tiny_state, recipe), seed)
    asked = []

    def after_two() -> bool:
        asked.append(1)
        return len(asked) > 2

    stopped = train(
        tiny, tiny_state, seed=seed, recipe=recipe, checkpoint=path, stop=after_two,
    )  # fmt: skip
    assert stopped.state.step == 2
    lines: list[str] = []
    resumed = studies.run_repeats(
        tiny, tiny_state, recipe, seeds=[seed], models=30, every=1,
        run=Run(store=tmp_path, progress=lines.append),
    )  # fmt: skip
    assert np.array_equal(resumed[0].training.weights, repeats[0].training.weights)
    assert resumed[0].ensemble.dataset.km.equals(repeats[0].ensemble.dataset.km)
    assert len(lines) == 2, "one step before the last, and the end"
    another = trainer_of(tiny, tiny_state, recipe.but(sigma=0.2))
    other = studies.checkpoint_file(tmp_path, another, seed)
    assert other != path


def test_histories_have_every_step(repeats: list[studies.Repeat]) -> None:
    history = studies.incidence_history(repeats)
    assert list(history[history.repeat == 0].step) == [0, 1, 2, 3, 4]
    assert list(history.models.unique()) == [20, 30]
    final = history[history.step == 4].incidence.to_numpy()
    assert np.array_equal(final, [run.incidence for run in repeats])
    lambdas = studies.lambda_history(repeats)
    assert len(lambdas) == 2 * (4 * 20 + 30)
    valid = lambdas[(lambdas.repeat == 1) & (lambdas.step == 0)].lambda_max_per_h
    assert (
        history[(history.repeat == 1) & (history.step == 0)].incidence.item()
        == (valid <= THRESHOLD).mean()
    )
    summary = studies.mean_over_repeats(history)
    assert ((summary.low <= summary.incidence) & (summary.incidence <= summary.high)).all()


def test_grid_keeps_the_budget(
    tiny: Network, tiny_state: SteadyState, recipe: Recipe, tmp_path: Path
) -> None:
    grid = {"sigma": [0.1, 0.3], "population": [2, 6]}
    table = studies.settings_grid(
        tiny, tiny_state, recipe.but(generations=1, monitor_models=0), grid=grid,
        seeds=(1, 2), models=10, run=Run(store=tmp_path),
    )  # fmt: skip
    assert len(table) == 8
    assert table.groupby(["sigma", "population"]).size().eq(2).all()
    assert (table.learning_rate == recipe.settings.learning_rate).all()
    assert (table.not_finite == 0).all()
    assert len(list(tmp_path.glob("*.npz"))) == 8


def test_km_shift_finds_what_moved() -> None:
    rng = np.random.default_rng(0)
    before = np.exp(rng.normal(size=(400, 3)))
    after = np.exp(rng.normal(size=(300, 3)))
    after[:, 1] *= 10.0
    table = studies.km_shift(before, after, ["R:a", "R:b", "R:c"])
    assert table.name[0] == "R:b"
    assert table.fold[0] == pytest.approx(10.0, rel=0.3)
    assert table.distance[0] > 0.5 > table.distance[1]


def test_time_budget_adds_up(repeats: list[studies.Repeat]) -> None:
    table = studies.time_budget(repeats[0].training)
    assert table.share.sum() == pytest.approx(1.0)
    assert (table.seconds >= 0).all()
    assert (table.models == 6 * 10 + 20).all()


def test_timed_evaluation_is_the_same_evaluation(repeats: list[studies.Repeat]) -> None:
    training = repeats[0].training
    noise = training.fitness.draw_noise(60, np.random.default_rng(3))
    timed = timing._TimedFitness(training.fitness)
    ours, theirs = (o.evaluate([(training.weights, noise)]) for o in (timed, training.fitness))
    assert np.array_equal(ours[0], theirs[0])
    assert np.array_equal(ours[1], theirs[1])


def test_time_of_km_sets(repeats: list[studies.Repeat], tmp_path: Path) -> None:
    timing = studies.time_km_sets(repeats[0].training, 2500, tmp_path / "km.nc", seed=1)
    assert timing["sets"] == 2500
    assert timing["seconds_per_million"] == pytest.approx(400 * timing["seconds"])


def test_saved_models_are_confirmed(
    tiny: Network, repeats: list[studies.Repeat], tmp_path: Path
) -> None:
    path = tmp_path / "ensemble.nc"
    repeats[0].ensemble.save(path)
    check = studies.confirm_valid(path, tiny)
    assert check.models == 30
    assert check.counted == check.confirmed == int(repeats[0].ensemble.valid.sum())
    assert check.counted > 0
    assert check.largest_difference < 1e-9


def test_a_model_wrongly_counted_as_valid_is_found(
    tiny: Network, repeats: list[studies.Repeat], tmp_path: Path
) -> None:
    ensemble = repeats[0].ensemble
    assert not ensemble.valid.all()
    wrong = ensemble.dataset.copy(deep=True)
    wrong["status"].values[:] = 0
    type(ensemble).sealed(wrong).save(tmp_path / "wrong.nc")
    check = studies.confirm_valid(tmp_path / "wrong.nc", tiny)
    assert check.confirmed == int(ensemble.valid.sum()) < check.counted == 30
