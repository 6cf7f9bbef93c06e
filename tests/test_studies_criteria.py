"""Criteria of return against closed forms: exponentials, whose crossing times are known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from perturbed import perturbation_result

from renaissance_kit import studies
from renaissance_kit.core import ParameterError
from renaissance_kit.simulation import Outcome, PerturbationResult
from renaissance_kit.studies import CYTOSOL, Criterion
from renaissance_kit.studies.pages import robustness_claims, robustness_criteria as page

STEP = 0.01
TIMES = np.arange(0.0, 60.0, STEP)
NAMES = ("a_c", "b_c", "growth")
GROUPS = {"growth": ("growth",), CYTOSOL: ("a_c", "b_c")}


def decays(
    starts: list[list[float]], rates_per_min: list[list[float]], times_min: np.ndarray = TIMES
) -> PerturbationResult:
    """x(t) = x(0) exp(−k t) of each variable, one row a model."""
    x, k = np.array(starts)[:, None, None], np.array(rates_per_min)[:, None, None]
    deviation = x * np.exp(-k * times_min[:, None])
    return perturbation_result(deviation, variables=NAMES, times_min=times_min)


@pytest.mark.parametrize("tolerance", [0.01, 0.1])
@pytest.mark.parametrize(
    ("relative_to", "limit_of"),
    [
        ("steady state", lambda start: 1.0),
        ("displacement", abs),
        ("norm", abs),
    ],
)
def test_one_exponential_crosses_when_it_must(
    relative_to: str, limit_of: object, tolerance: float
) -> None:
    start, rate = -0.4, 0.17
    result = decays([[start, 0.0, 0.0]], [[rate, 1.0, 1.0]])
    found = Criterion(relative_to, tolerance).return_time_min(result, ["a_c"])
    limit = tolerance * limit_of(start)  # type: ignore[operator]
    expected = math.log(abs(start) / limit) / rate
    assert found[0, 0] == pytest.approx(expected, abs=1.01 * STEP)
    assert found[0, 0] >= expected - 1e-9


def test_the_latest_of_a_group_counts_and_the_norm_does_not_wait_for_it() -> None:
    result = decays([[0.5, 0.05, 0.0]], [[0.3, 0.05, 1.0]])  # b_c is small and slow
    both = GROUPS[CYTOSOL]
    each = Criterion("displacement", 0.1).return_time_min(result, both)
    assert each[0, 0] == pytest.approx(math.log(10) / 0.05, abs=1.01 * STEP)
    norm = Criterion("norm", 0.1).return_time_min(result, both)[0, 0]
    size = math.hypot(0.5, 0.05)
    at = math.hypot(0.5 * math.exp(-0.3 * norm), 0.05 * math.exp(-0.05 * norm))
    assert at == pytest.approx(0.1 * size, rel=2 * 0.3 * STEP)
    assert norm < 0.5 * each[0, 0]


def test_two_of_the_same_speed_have_the_norm_of_one() -> None:
    result = decays([[0.5, -0.3, 0.0]], [[0.2, 0.2, 1.0]])
    found = Criterion("norm", 0.01).return_time_min(result, GROUPS[CYTOSOL])
    assert found[0, 0] == pytest.approx(math.log(100) / 0.2, abs=1.01 * STEP)


def test_what_was_hardly_displaced_counts_as_displaced_by_a_tenth_of_the_size() -> None:
    """x(t) = A (e^(−t/10) − e^(−t)), driven away by another one from x(0) = 0."""
    course = 0.04 * (np.exp(-TIMES / 10) - np.exp(-TIMES))
    deviation = np.zeros((1, 1, len(TIMES), 3))
    deviation[0, 0, :, 0] = course
    result = perturbation_result(deviation, variables=NAMES, times_min=TIMES)
    criterion = Criterion("displacement", 0.1, size=0.5)
    assert criterion.least == pytest.approx(0.05)
    found = criterion.return_time_min(result, ["a_c"])[0, 0]
    assert found == pytest.approx(10 * math.log(0.04 / 0.005), abs=0.02)  # e^(−t) is gone by then
    assert studies.hardly_displaced(result, ["a_c", "b_c"], criterion) == 1.0
    away = decays([[0.06, 0.02, 0.0]], [[1.0] * 3])
    assert studies.hardly_displaced(away, ["a_c", "b_c"], criterion) == 0.5


def test_back_is_for_good_and_needs_the_end() -> None:
    deviation = np.zeros((4, 1, 5, 3))
    deviation[0, 0, :, 0] = [0.4, 0.0, 0.3, 0.0, 0.0]  # leaves again
    deviation[1, 0, :, 0] = [0.4, 0.0, 0.0, 0.0, 0.3]  # is away at the end
    deviation[2, 0, :, 0] = [0.4, 0.0, np.nan, np.nan, np.nan]  # ends early
    deviation[3, 0, :, 0] = [0.4, 0.0, 0.0, 0.0, 0.0]  # fell below zero
    outcome = np.array([[Outcome.FINISHED]] * 2 + [[Outcome.FAILED], [Outcome.NEGATIVE]])
    result = perturbation_result(deviation, variables=NAMES, outcome=outcome)
    for criterion in studies.all_criteria([0.1], size=0.5):
        times = criterion.return_time_min(result, ["a_c"])[:, 0]
        assert times.tolist() == [3.0, math.inf, math.inf, math.inf]


def test_the_first_criterion_is_that_of_the_other_figures() -> None:
    rng = np.random.default_rng(0)
    deviation = rng.uniform(-0.5, 0.5, (20, 2, 6, 3)) * 2.0 ** -np.arange(6)[:, None]
    result = perturbation_result(deviation, variables=NAMES)
    ours = Criterion("steady state", 0.1).return_time_min(result, GROUPS[CYTOSOL])
    known = result.return_time_min(0.1, GROUPS[CYTOSOL]).max(axis=-1)
    assert np.array_equal(ours, known)
    assert len(np.unique(ours)) > 2


@pytest.mark.parametrize("minutes", [24.0, 34.0])
def test_the_needed_eigenvalue_is_back_just_then(minutes: float) -> None:
    for criterion in studies.all_criteria([0.01, 0.1], size=0.5):
        rate = -criterion.needed_per_h(minutes) / 60
        result = decays([[0.5, 0.0, 0.0]], [[rate, 1.0, 1.0]])
        found = criterion.return_time_min(result, ["a_c"])[0, 0]
        assert found == pytest.approx(minutes, abs=1.01 * STEP)
    assert Criterion("steady state", 0.6).needed_per_h(24) == 0.0  # it never was away


def test_criteria_have_labels_of_their_own_and_say_what_is_wrong() -> None:
    chosen = studies.all_criteria([0.1, 0.01, 0.01], size=0.5)
    assert len({c.label for c in chosen}) == len(chosen) == 6
    with pytest.raises(ParameterError, match="did you mean 'norm'"):
        Criterion("nrom", 0.1)
    with pytest.raises(ParameterError, match="tolerance is 0"):
        Criterion("norm", 0.0)


# --- tables ----------------------------------------------------------------------------------

FEW = np.array([0.0, 12.0, 24.0, 34.0, 600.0])
PAPER = {("growth", 24.0): 1.0, (CYTOSOL, 24.0): 0.75, (CYTOSOL, 34.0): 1.0}


def two_generators() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four models each: λmax −12 (three) and −7.2 1/h of the fast one, −3 and 0 of the slow one."""
    fast = decays([[0.5, 0.5, 0.5]] * 4, [[k, 1.0, 1.0] for k in (0.2, 0.2, 0.2, 0.12)], FEW)
    slow = decays([[0.5, 0.5, 0.5]] * 4, [[0.05, 1.0, 1.0]] * 3 + [[0.0, 1.0, 1.0]], FEW)
    results = {"slow": slow, "fast": fast}
    speeds = {"slow": np.array([-3.0, -3.0, -3.0, 0.0]), "fast": np.array([-12.0] * 3 + [-7.2])}
    shares = studies.criteria_shares(
        results, PAPER, GROUPS, studies.all_criteria([0.01, 0.1], size=0.5), paper=PAPER
    )
    return shares, studies.generator_table(results, speeds, tolerance=0.01)


def test_the_nearest_to_the_paper_stands_first() -> None:
    """1 % of 100 %: a slow mode of 50 % needs ln 50 / 24 min = 0.163, or ln 50 / 34 = 0.115."""
    shares, generators = two_generators()
    table = studies.criteria_table(shares, generators)
    assert len(table) == 2 * 6
    assert (table.largest_difference.diff().dropna() >= 0).all()
    first = table.iloc[0]
    assert (first.generator, first.criterion) == ("fast", "each within 1 % of the steady state")
    assert first[studies.share_name(CYTOSOL, 24.0)] == 0.75
    assert first[studies.share_name(CYTOSOL, 34.0)] == 1.0
    assert first.largest_difference == 0.0
    assert first.inside == 3
    assert first.median_lambda_max_per_h == -12.0
    slow = table[(table.generator == "slow") & (table.criterion == first.criterion)].iloc[0]
    assert slow[studies.share_name(CYTOSOL, 24.0)] == 0.0
    assert slow.largest_difference == 1.0
    assert slow.of_share == studies.share_name(CYTOSOL, 34.0)
    assert slow[studies.share_name(CYTOSOL, 600.0)] == 0.75  # ever


def test_how_many_ever_come_back() -> None:
    _, generators = two_generators()
    assert generators.generator.tolist() == ["slow", "fast"]
    assert generators.ever.tolist() == [0.75, 1.0]
    assert generators.median_lambda_max_per_h.tolist() == [-3.0, -12.0]
    assert (generators.ever_low < generators.ever).all()


def test_without_a_paper_the_order_is_kept_and_the_text_says_so() -> None:
    shares, generators = two_generators()
    table = studies.criteria_table(shares.assign(paper=np.nan), generators)
    assert table.generator.tolist() == ["slow"] * 6 + ["fast"] * 6
    assert table.largest_difference.isna().all()
    stated = Criterion("steady state", 0.01)
    text = page.nearest(table, stated, [stated], shares=0, at_min=24.0)
    assert text.startswith("Nothing is published")
    assert len(page.beside_paper(table, {})) == 12


# --- sentences -------------------------------------------------------------------------------


def test_the_text_names_the_nearest_and_what_speed_it_takes() -> None:
    shares, generators = two_generators()
    table = studies.criteria_table(shares, generators)
    chosen = studies.all_criteria([0.01, 0.1], size=0.5)
    text = page.nearest(table, chosen[0], chosen, shares=3, at_min=24.0)
    assert "nearest to the paper is fast, each within 1 % of the steady state" in text
    assert "By the criterion of the figures" not in text
    needed = 60 / 24 * math.log(0.01 / 0.5)
    assert f"at or below {needed:.1f} 1/h by that criterion, -11.5 by the strictest" in text
    assert f"which leaves {100 * math.exp(-12 * 0.4):.1f} %" in text
    assert "slow (-3.0 1/h)" in text
    other = page.nearest(table, chosen[1], chosen, shares=3, at_min=24.0)
    assert f"figures above, {chosen[1].label}, the nearest generator is" in other
    one = table[table.criterion == chosen[0].label]
    assert page.nearest(one, chosen[0], chosen, shares=3, at_min=24.0).endswith(
        "the same criterion for all, however fast their models are."
    )


def test_the_table_for_reading_begins_with_the_paper() -> None:
    shares, generators = two_generators()
    shown = page.beside_paper(studies.criteria_table(shares, generators), PAPER)
    assert shown.generator[0] == "paper"
    assert shown[studies.share_name(CYTOSOL, 24.0)].tolist()[:2] == ["75.0 %", "75.0 %"]
    assert shown["largest difference"].tolist()[:2] == ["", "0.0 points"]
    assert shown["within 95 %"][1] == "3 of 3"


def test_claims_name_the_nearest_combination() -> None:
    shares, generators = two_generators()
    fast = decays([[0.5, 0.5, 0.5]] * 4, [[k, 1.0, 1.0] for k in (0.2, 0.2, 0.2, 0.12)], FEW)
    by_tolerance = studies.return_shares(
        fast, GROUPS, times_min=[24.0, 34.0], tolerances=[0.01, 0.05, 0.1]
    )
    rows = robustness_claims.claims(
        PAPER, by_tolerance, generators, studies.criteria_table(shares, generators),
        tolerance=0.01, last_min=600.0, published_size=False,
    )  # fmt: skip
    claim, quantity, here, spread, _ = rows[1]
    assert (claim, quantity, here) == ("C9", "all cytosolic back within 24 min", "75.0 %")
    assert spread.endswith("each within 1 % of the steady state, fast, 75.0 %")
    assert rows[-1][1:3] == ("back within 10 h, fast", "100 %")
