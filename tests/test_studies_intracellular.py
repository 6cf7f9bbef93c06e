"""Surveyed states and what a survey costs: against counts, matrices and schedules by hand."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates, studies
from renaissance_kit.analysis import UnbiasedModels, unbiased_models, wilson_interval
from renaissance_kit.core import Run
from renaissance_kit.search import SearchSettings, Survey, SurveyTask, survey_states
from renaissance_kit.studies.cost import DISPATCH_S, LINK_BYTES_PER_S, SurveyCost

ONE = Run(workers=1)

BRIEF = SearchSettings(steps=8, restarts=0)


@pytest.fixture(scope="module")
def tiny_states(tiny, tiny_state) -> SteadyStates:
    scale = 4.0 ** -np.arange(6)
    return SteadyStates.from_arrays(
        tiny,
        tiny_state.fluxes_mmol_gDW_h * scale[:, None],
        tiny.kinetic_reactions,
        np.tile(tiny_state.concentrations_mM, (6, 1)),
        np.tile(tiny_state.log_displacement, (6, 1)),
        {},
    )


@pytest.fixture(scope="module")
def survey(tiny, tiny_states) -> Survey:
    return survey_states(tiny, tiny_states, seed=1, settings=BRIEF, run=ONE)


@pytest.fixture(scope="module")
def unbiased(tiny, tiny_states) -> UnbiasedModels:
    return unbiased_models(tiny, tiny_states, models=20, seed=2, run=ONE)


@pytest.fixture(scope="module")
def surveyed(tiny_states, unbiased, survey) -> studies.Surveyed:
    return studies.Surveyed(tiny_states, unbiased, survey)


def test_shares_with_their_intervals():
    flags = np.array([True, False, True, True])
    table = studies.share_table({"a": flags, "b": ~flags[:2]})
    assert table.states.tolist() == [4, 2]
    assert table["count"].tolist() == [3, 1]
    for row in table.itertuples(index=False):
        assert (row.low, row.high) == wilson_interval(row.count, row.states)
        assert row.share == row.count / row.states
    assert studies.share_row(table, "b").share == 0.5


def test_states_without_a_model_by_effort(surveyed):
    table = studies.without_model({"a": surveyed})
    by_hand = [
        int((surveyed.unbiased.lambda_max_per_h > -2.5).all(axis=1).sum()),
        int((surveyed.survey.first_lambda_max_per_h > -2.5).sum()),
        int((surveyed.survey.lambda_max_per_h > -2.5).sum()),
    ]
    assert table.effort.tolist() == ["unbiased models", "first descent", "whole search"]
    assert table["count"].tolist() == by_hand
    assert 0 < by_hand[0] < 6  # the fluxes of the tiny states go down by factors of four


def test_what_random_constants_give_in_a_population(surveyed):
    row = studies.unbiased_table({"a": surveyed}).iloc[0]
    values = surveyed.unbiased.lambda_max_per_h
    assert (row.states, row.models) == (6, 20)
    assert row.supporting == (values <= -2.5).any(axis=1).sum()
    assert row.incidence == pytest.approx((values <= -2.5).sum() / values.size)
    quantiles = [np.quantile(v, 0.05) for v in values]
    assert row.q50 == pytest.approx(np.median(quantiles))


def test_participation_is_the_sensitivity_of_the_eigenvalue_to_the_diagonal(tiny, tiny_state):
    """∂λ/∂J_ii = w_i u_i/(wᴴu): here by finite differences."""
    km = KMRanges.of(tiny).uniform(1, np.random.default_rng(2))
    models = KineticModels(tiny, tiny_state, km)
    matrix = models.jacobians_per_h()[0]
    step = 1e-6 * np.abs(matrix).max()

    def top(m: np.ndarray) -> complex:
        values = np.linalg.eigvals(m)
        return values[values.real.argmax()]

    slopes = []
    for i in range(len(matrix)):
        change = np.zeros_like(matrix)
        change[i, i] = step
        slopes.append(abs(top(matrix + change) - top(matrix - change)) / (2 * step))
    found = studies.participation(models)
    np.testing.assert_allclose(found, np.array(slopes) / np.sum(slopes), atol=1e-5)
    assert list(found.index) == list(tiny.independent)


def test_slow_modes_are_those_of_the_model_at_the_quantile(tiny, tiny_states, unbiased):
    table = studies.slow_modes(tiny, tiny_states, unbiased)
    assert table.state.tolist() == list(range(6))
    km = KMRanges.of(tiny).uniform(20, np.random.default_rng(2))
    turnover = studies.turnover_times_min(tiny, tiny_states)
    for row in table.itertuples():
        values = unbiased.lambda_max_per_h[row.state]
        k = int(np.abs(values - np.quantile(values, 0.05)).argmin())
        shares = studies.participation(KineticModels(tiny, tiny_states[row.state], km[[k]]))
        assert (row.metabolite, row.participation) == (shares.idxmax(), pytest.approx(shares.max()))
        assert row.lambda_max_per_h == values[k]
        assert row.turnover_min == turnover[row.state, tiny.dynamic.index(row.metabolite)]
        assert row.supports == (values <= -2.5).any()
    np.testing.assert_allclose(table.limit_per_h.values[1:] / table.limit_per_h.values[:-1], 0.25)
    counts = studies.slow_mode_table(table)
    assert counts.states.sum() == 6
    assert counts.supporting.sum() == unbiased.supports.sum()


def by_hand(**changes: object) -> SurveyCost:
    values = {
        "seconds": np.array([1.0, 3.0, 2.0, 2.0]),
        "evaluations": np.array([10, 30, 20, 20]),
        "bytes_out": 0,
        "bytes_back": 0,
        "chunk": 1,
        "start_s": 5.0,
        **changes,
    }
    return SurveyCost(**values)  # type: ignore[arg-type]


def test_a_schedule_worked_by_hand():
    cost = by_hand()
    assert cost.per_state_s == 2.0
    assert cost.per_model_ms == 100.0
    assert cost.wall_s(4, 1) == pytest.approx(13.0)
    # two workers from 5 s: tasks 1 and 3; then 2 from 6 s to 8 s; then 2 from 8 s to 10 s
    assert cost.wall_s(4, 2) == pytest.approx(10.0)
    assert cost.wall_s(4, 2, chunk=2) == pytest.approx(9.0)
    assert cost.wall_s(4, 100) == pytest.approx(8.0)  # no faster than the longest task
    table = cost.table(400, [1, 2, 4])
    assert table.speedup.tolist() == sorted(table.speedup)
    assert (table.efficiency <= 1 + 1e-9).all()


def test_handing_out_and_the_link_limit_many_workers():
    """Then the time is that of the tasks on the one link, whatever the workers."""
    cost = by_hand(bytes_out=int(LINK_BYTES_PER_S), seconds=np.full(4, 0.5), start_s=0.0)
    assert cost.wall_s(100, 1000) == pytest.approx(100 * (1 + DISPATCH_S) + 0.5)


def test_bytes_are_those_of_a_pickled_task(tiny, tiny_states, survey):
    cost = studies.survey_cost(tiny, survey, chunk=3)
    task = SurveyTask(tiny, KMRanges.of(tiny), BRIEF, -2.5, 1)
    sent = len(pickle.dumps((task, [tiny_states[i] for i in range(3)])))
    assert cost.bytes_out == pytest.approx(sent, rel=0.25)
    assert cost.bytes_back >= 3 * 8 * len(tiny.km_names)


def test_timing_gives_the_survey_and_a_speedup_of_one_for_one(tiny, tiny_states, survey):
    table, found = studies.timed_surveys(tiny, tiny_states, [1], seed=1, chunk=2, settings=BRIEF)
    np.testing.assert_array_equal(found.km_mM, survey.km_mM)
    assert table.speedup.tolist() == [1.0]
    assert (table.core_s <= table.wall_s).all()


def test_a_model_at_the_fastest_dynamics_holds_for_no_change(tiny, tiny_states):
    """Any change of the constants raises λmax there, so nothing holds just below it."""
    longest = SearchSettings(steps=400, restarts=0, margin=np.inf)
    survey = survey_states(tiny, tiny_states[:1], seed=1, settings=longest, run=ONE)
    table = studies.exactness_table(
        {"one": survey.each_model(tiny, tiny_states, [0]), "none": iter(())},
        rng=np.random.default_rng(1),
        threshold_per_h=0.9999 * survey.lambda_max_per_h[0],
        changes=(1e-9, 0.5),
    )
    assert table.group.tolist() == ["one", "one"]
    assert table.held.tolist() == [1, 0]
    for row in table.itertuples():
        assert (row.low, row.high) == wilson_interval(row.held, row.models)


def test_groups_of_models_to_change(tiny, tiny_states, surveyed):
    groups = studies.exactness_groups(
        tiny, surveyed, surveyed, rng=np.random.default_rng(1), most=2
    )  # fmt: skip
    incidence = (surveyed.unbiased.lambda_max_per_h <= -2.5).mean(axis=1)
    found = {name: list(models) for name, models in groups.items()}
    expected = {
        "search, at least 5 % of unbiased valid": surveyed.survey.fast & (incidence >= 0.05),
        "search, no unbiased model valid": surveyed.survey.fast & (incidence == 0),
        "search, transport displaced": surveyed.survey.fast,
        "valid unbiased models": incidence > 0,
    }
    assert {n: len(m) for n, m in found.items()} == {
        n: min(2, int(m.sum())) for n, m in expected.items() if m.any()
    }
    for models in found.values():
        assert all(model.spectrum(threshold_per_h=-2.5).valid.all() for model in models)
