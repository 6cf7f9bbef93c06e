"""Surveys of many states: the same whatever the chunks, workers and interruptions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from renaissance_kit import KineticModels, SteadyStates
from renaissance_kit.core import (
    CheckpointError,
    ParameterError,
    Run,
    SteadyStateError,
    read_store,
    use_cluster,
)
from renaissance_kit.kinetics import Status
from renaissance_kit.search import (
    SEARCH,
    SearchSettings,
    Survey,
    fastest_dynamics,
    restart_rounds,
    shorter_search,
    survey_states,
)

ONE = Run(workers=1)

BRIEF = SearchSettings(steps=12, restarts=1)


@pytest.fixture(scope="module")
def tiny_states(tiny, tiny_state) -> SteadyStates:
    """Eight states of the tiny network: fluxes, and with them all eigenvalues, scaled."""
    scale = 2.0 ** -np.arange(8)
    return SteadyStates.from_arrays(
        tiny,
        tiny_state.fluxes_mmol_gDW_h * scale[:, None],
        tiny.kinetic_reactions,
        np.tile(tiny_state.concentrations_mM, (8, 1)),
        np.tile(tiny_state.log_displacement, (8, 1)),
        {},
    )


@pytest.fixture(scope="module")
def full(tiny, tiny_states) -> Survey:
    return survey_states(tiny, tiny_states, seed=3, settings=BRIEF, run=ONE)


def same(a: Survey, b: Survey) -> None:
    for name in ("lambda_max", "first_lambda_max", "status", "evaluations", "km"):
        np.testing.assert_array_equal(a.dataset[name].values, b.dataset[name].values)
    np.testing.assert_array_equal(a.numbers, b.numbers)
    assert a.dataset.attrs == b.dataset.attrs


def test_each_state_is_a_search_of_its_own(tiny, tiny_states, full):
    models = KineticModels(tiny, tiny_states[0], np.ones(len(tiny.km_names)))
    for i in range(8):
        alone = fastest_dynamics(
            models.at(tiny_states[i]), np.random.default_rng([3, i]), settings=BRIEF
        )
        assert full.lambda_max_per_h[i] == alone.lambda_max_per_h
        assert full.dataset.evaluations.values[i] == alone.evaluations
        np.testing.assert_array_equal(full.km_mM[i], alone.km_mM)


def test_restarts_are_tasks_of_their_own(tiny, tiny_states):
    """Side by side, or one after the other at a state by itself: the same result."""
    settings = replace(BRIEF, restarts=6)
    seen: list[Any] = []
    run = replace(ONE, progress=seen.append)
    found = survey_states(tiny, tiny_states, seed=3, settings=settings, run=run)
    slow = int((found.first_lambda_max_per_h > settings.goal_per_h(found.threshold_per_h)).sum())
    assert slow >= 1
    assert any(f"of {slow} done" in str(line) for line in seen), "the round of one restart each"
    for i in (0, 5, 7):
        models = KineticModels(tiny, tiny_states[i], np.ones(len(tiny.km_names)))
        alone = fastest_dynamics(models, np.random.default_rng([3, i]), settings=settings)
        assert found.lambda_max_per_h[i] == alone.lambda_max_per_h
        assert found.dataset.evaluations.values[i] == alone.evaluations
        np.testing.assert_array_equal(found.km_mM[i], alone.km_mM)
    assert (found.dataset.longest <= found.dataset.seconds).all()


def test_rounds_hold_every_restart_once():
    for restarts in (0, 1, 2, 3, 99):
        numbers = [n for part in restart_rounds(restarts) for n in part]
        assert numbers == list(range(restarts + 1))
    assert [len(part) for part in restart_rounds(99)] == [1, 1, 2, 4, 8, 16, 32, 36]


def test_slower_fluxes_give_slower_states(full):
    """All rates scale with the fluxes, so λmax does, and the threshold divides the states."""
    best = full.select(~full.fast).lambda_max_per_h
    np.testing.assert_allclose(best[1:] / best[:-1], 0.5, rtol=0.2)
    assert full.fast[0]
    assert not full.fast[-1]
    assert (np.diff(full.fast.astype(int)) <= 0).all()
    np.testing.assert_array_equal(full.fast, full.lambda_max_per_h <= full.threshold_per_h)
    assert (full.first_descent <= full.fast).all()
    assert (full.first_lambda_max_per_h >= full.lambda_max_per_h - 1e-9).all()
    assert (full.dataset.evaluations.values[full.first_descent] <= BRIEF.steps).all()
    assert full.counts()["VALID"] == full.fast.sum()


@pytest.mark.parametrize(("chunk", "workers"), [(1, 1), (3, 2)])
def test_chunks_and_workers_do_not_matter(tiny, tiny_states, full, chunk, workers):
    with use_cluster("threads", workers=workers):
        found = survey_states(tiny, tiny_states, seed=3, settings=BRIEF, run=Run(None, chunk=chunk))
    same(found, full)


def test_a_part_of_the_states_gives_a_part_of_the_survey(tiny, tiny_states, full):
    part = survey_states(tiny, tiny_states[5:7], seed=3, settings=BRIEF, run=ONE)
    np.testing.assert_array_equal(part.numbers, [5, 6])
    np.testing.assert_array_equal(part.km_mM, full.km_mM[5:7])


@pytest.mark.parametrize("restarts", [0, 3])
def test_a_survey_that_is_stopped_at_once_says_so(tiny, tiny_states, restarts):
    settings = replace(BRIEF, restarts=restarts)
    stopped = replace(ONE, stop=lambda: True)
    with pytest.raises(ParameterError, match="stopped before any state was done"):
        survey_states(tiny, tiny_states, seed=3, settings=settings, run=stopped)


def test_a_stopped_survey_resumes(tiny, tiny_states, full, tmp_path):
    seen: list[Any] = []
    run = Run(workers=1, chunk=2, store=tmp_path)
    options = {"seed": 3, "settings": BRIEF}
    watched = replace(run, progress=seen.append, stop=lambda: len(seen) > 2)
    part = survey_states(tiny, tiny_states, run=watched, **options)
    assert 0 < len(part) < 8
    np.testing.assert_array_equal(part.km_mM, full.km_mM[: len(part)])
    same(survey_states(tiny, tiny_states, run=run, **options), full)
    survey_states(tiny, tiny_states, run=run, **{**options, "seed": 4})
    survey_states(tiny, tiny_states[::-1], run=run, **options)
    stores = [read_store(folder) for folder in tmp_path.iterdir()]
    kept = [one for one in stores if one["study"] == "survey"]
    assert len(kept) == 3  # each in a place of its own
    assert len(stores) == 6  # and the restarts of each
    assert {one["states_digest"] for one in kept if one["seed"] == 4} < {
        one["states_digest"] for one in kept if one["seed"] == 3
    }


def test_on_dask(tiny, tiny_states, full):
    pytest.importorskip("distributed")
    with use_cluster("dask", workers=1):
        found = survey_states(tiny, tiny_states, seed=3, settings=BRIEF, run=Run(None, chunk=3))
    same(found, full)


def test_saved_and_read_again(full, tmp_path):
    full.save(tmp_path / "survey.nc")
    read = Survey.load(tmp_path / "survey.nc")
    same(read, full)
    assert read.settings == BRIEF
    table = read.to_dataframe()
    assert table.index.tolist() == list(range(8))
    assert table.fast.sum() == full.counts()["VALID"]
    with pytest.raises(CheckpointError, match="survey"):
        Survey.load(tmp_path / "no.nc")


def test_the_model_of_a_state_has_the_reported_spectrum(tiny, tiny_states, full):
    found = full.models(tiny, tiny_states, 3).spectrum()
    assert found.lambda_max_per_h[0] == full.lambda_max_per_h[3]
    with pytest.raises(SteadyStateError, match="not among these 2 states"):
        full.models(tiny, tiny_states[:2], 3)


def test_states_without_eigenvalues_are_counted_apart(tiny, tiny_states, full):
    data = full.dataset.copy(deep=True)
    data["status"].values[0] = Status.NOT_FINITE
    broken = Survey.sealed(data)
    assert not broken.fast[0]
    assert broken.counts()["NOT_FINITE"] == 1


def test_shorter_searches_are_shorter_in_all():
    assert shorter_search(SEARCH.steps) == SEARCH
    half = shorter_search(SEARCH.steps // 2)
    assert half.restarts + 1 == (SEARCH.restarts + 1) // 4
    assert half.placement_steps == SEARCH.placement_steps // 2
    assert shorter_search(1).restarts == 1
    assert shorter_search(10 * SEARCH.steps).restarts == SEARCH.restarts
