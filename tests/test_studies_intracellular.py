"""Why states are slow, and what a survey costs: against matrices and schedules worked by hand."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates, studies
from renaissance_kit.analysis import wilson_interval
from renaissance_kit.core import ParameterError, Run
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


def test_shares_with_their_intervals(survey):
    table = studies.share_table({"a": survey, "b": survey.select(np.arange(3))})
    assert table.states.tolist() == [6, 3]
    for row in table.itertuples():
        assert (row.low, row.high) == wilson_interval(row.fast, row.states)
        assert row.slow_low == pytest.approx(1 - row.high)
        assert row.share + row.slow_share == 1
    first = studies.share_table({"a": survey}, of="first_descent").iloc[0]
    assert first.first_descent == survey.first_descent.sum()
    assert first.failed_share == pytest.approx(1 - first.share)
    with pytest.raises(ParameterError, match="one of fast, first_descent"):
        studies.share_table({"a": survey}, of="quick")


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


def test_slow_modes_name_a_metabolite_and_its_limit(tiny, tiny_states, survey):
    table = studies.slow_modes(tiny, tiny_states, survey)
    assert table.state.tolist() == survey.numbers[~survey.first_descent].tolist()
    assert len(table) >= 2
    assert set(table.metabolite) <= set(tiny.independent)
    assert ((table.participation > 0) & (table.participation <= 1)).all()
    turnover = studies.turnover_times_min(tiny, tiny_states)
    for row in table.itertuples():
        column = tiny.dynamic.index(row.metabolite)
        assert row.turnover_min == turnover[row.state, column]
        assert row.slowest_limit_per_h <= row.limit_per_h
    assert len(studies.slow_modes(tiny, tiny_states, survey.select(survey.first_descent))) == 0


def test_limits_of_a_metabolite_scale_with_the_fluxes(tiny, tiny_states):
    table = studies.limits_of_metabolite(tiny, tiny_states, "g6p_c")
    np.testing.assert_allclose(table.limit_per_h[1:].values / table.limit_per_h[:-1].values, 0.25)
    np.testing.assert_allclose(table.turnover_min[1:].values / table.turnover_min[:-1].values, 4)
    largest = KMRanges.of(tiny).high_mM.max()
    c = table.concentration_mM
    np.testing.assert_allclose(table.least_saturation, c / (c + largest))


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
    survey.dataset.attrs["threshold_per_h"] = 0.9999 * survey.lambda_max_per_h[0]
    groups = {"one": survey.fast, "none": ~survey.fast}
    table = studies.exactness_table(
        tiny, tiny_states, survey, groups, rng=np.random.default_rng(1), changes=(1e-9, 0.5)
    )
    assert table.group.tolist() == ["one", "one"]  # no slow state has a fast model
    assert table.held.tolist() == [1, 0]
    for row in table.itertuples():
        assert (row.low, row.high) == wilson_interval(row.held, row.states)
