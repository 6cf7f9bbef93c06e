"""Exact samples of KM given validity, against rejection by hand, and what is compared with them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from renaissance_kit import KineticModels, KMRanges, Network, SteadyState, SteadyStates, studies
from renaissance_kit.analysis import compare_samples, compare_with_unbiased, least_distance
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.studies.exact_km import ExactKM
from renaissance_kit.studies.pages import exact as page
from renaissance_kit.training import Generator

THRESHOLD = -257.0  # of the tiny network; about a quarter of unbiased models meet it
ONE = Run(workers=1)
HELD = {"PGI:g6p_c": (0.8, 1.2), "FRUK:adp_c": (4.0, 6.0)}


def sample(
    tiny: Network, state: SteadyState, n: int, seed: int, fixed=None, run: Run = ONE
) -> ExactKM:
    ranges = KMRanges.of(tiny, fixed=fixed)
    return studies.exact_km(
        tiny, state, n, seed=seed, ranges=ranges, threshold_per_h=THRESHOLD, run=run
    )


def by_hand(tiny: Network, state: SteadyState, n: int, seed: int, fixed=None) -> np.ndarray:
    """Rejection in a plain loop with NumPy's eigenvalues."""
    low, high = (tiny.conditions[f"km_{end}_bound"].value for end in ("lower", "upper"))
    kept = []
    for i in range(n):
        u = np.random.default_rng([seed, i]).random(len(tiny.km_names))
        km = low * (high / low) ** u
        for name, (a, b) in (fixed or {}).items():
            place = tiny.km_names.index(name)
            km[place] = a + u[place] * (b - a)
        jacobian = KineticModels(tiny, state, km).jacobians_per_h()[0]
        if np.linalg.eigvals(jacobian).real.max() <= THRESHOLD:
            kept.append(km)
    return np.array(kept)


@pytest.mark.parametrize("fixed", [None, HELD])
def test_rejection_by_hand_keeps_the_same_models(
    tiny: Network, tiny_state: SteadyState, fixed
) -> None:
    found = sample(tiny, tiny_state, 300, 7, fixed)
    expected = by_hand(tiny, tiny_state, 300, 7, fixed)
    assert 40 < len(expected) < 260
    assert found.valid == len(expected)
    np.testing.assert_allclose(found.km_mM, expected, rtol=1e-12)
    assert (found.drawn, found.incidence) == (300, len(expected) / 300)
    low, high = found.interval
    assert low < found.incidence < high
    assert set(found.held) == set(fixed or {})
    for name, (a, b) in (fixed or {}).items():
        values = found.parameters()[name]
        assert a <= values.min() < values.max() <= b


def test_held_constants_change_the_others_as_a_condition_does(
    tiny: Network, tiny_state: SteadyState
) -> None:
    """Models without data whose constants happen to lie in the ranges say the same."""
    ranges = {"FRUK:adp_c": (5.0, 20.0)}
    free = sample(tiny, tiny_state, 12_000, 1).parameters()
    held = sample(tiny, tiny_state, 3_000, 2, ranges).parameters()
    inside = free[(free["FRUK:adp_c"] >= 5.0) & (free["FRUK:adp_c"] <= 20.0)]
    assert len(inside) > 300
    found = studies.compare_km(free, held, ranges)
    assert found.changed  # here data do tell of other constants, and it is seen
    assert not studies.compare_km(inside, held, ranges).changed
    # the same models, so Vmax of a reaction whose constants are free changes with them
    both = {studies.WITHOUT: sample(tiny, tiny_state, 500, 1),
            "held": sample(tiny, tiny_state, 500, 2, ranges)}  # fmt: skip
    vmax = studies.compare_exact(both, kind="vmax", leave_out=["FRUK"])["held"].table
    assert set(vmax.name) == {"HEX", "PGI"}  # mass action has no KM


def test_two_samples_without_data_differ_at_the_nominal_rate(
    tiny: Network, tiny_state: SteadyState
) -> None:
    free = sample(tiny, tiny_state, 16_000, 3).parameters()
    parts = [free.iloc[i : i + 100] for i in range(0, len(free) - 100, 100)]
    tables = [compare_samples(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
    p = np.concatenate([t.p_value for t in tables])
    low, high = stats.binom.interval(0.999, len(p), 0.05)
    assert len(p) > 100
    assert low <= (p < 0.05).sum() <= high
    # any constant at all below the false discovery rate: 5 % of the comparisons
    assert sum((t.q_value < 0.05).any() for t in tables) <= stats.binom.isf(1e-3, len(tables), 0.05)


def test_what_counts_is_where_the_test_of_scipy_says_so() -> None:
    a = np.linspace(0, 1, 400)
    for tests in (1, 300):
        least = least_distance(400, 400, tests)
        for distance, counts in ((least + 0.005, True), (least - 0.005, False)):
            shifted = a + distance
            assert (stats.ks_2samp(a, shifted, method="asymp").pvalue <= 0.05 / tests) == counts


def test_validity_is_told_from_log_uniform(tiny: Network, tiny_state: SteadyState) -> None:
    found = sample(tiny, tiny_state, 3_000, 4, HELD)
    table = compare_with_unbiased(found.parameters(), found.ranges)
    assert not set(table.name) & set(HELD)
    assert (table.q_value < 0.05).any()
    every = pd.DataFrame(
        found.ranges.uniform(2_000, np.random.default_rng(5)), columns=list(tiny.km_names)
    )
    assert not (compare_with_unbiased(every, found.ranges).q_value < 0.01).any()


def test_chunks_a_stop_and_more_draws_leave_the_draws_alone(
    tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    whole = sample(tiny, tiny_state, 90, 5)
    small = sample(tiny, tiny_state, 90, 5, run=Run(1, chunk=7))
    np.testing.assert_array_equal(whole.lambda_max_per_h, small.lambda_max_per_h)
    more = sample(tiny, tiny_state, 120, 5)
    np.testing.assert_array_equal(more.km_mM[: whole.valid], whole.km_mM)
    other = sample(tiny, tiny_state, 90, 6)
    assert not np.isin(whole.lambda_max_per_h, other.lambda_max_per_h).any()
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 2

    part = sample(tiny, tiny_state, 90, 5, run=Run(1, tmp_path, stop=stop, chunk=30))
    assert part.drawn < 90
    again = sample(tiny, tiny_state, 90, 5, run=Run(1, tmp_path, chunk=30))
    np.testing.assert_array_equal(again.lambda_max_per_h, whole.lambda_max_per_h)
    with pytest.raises(ParameterError, match="nothing to return"):
        sample(tiny, tiny_state, 90, 8, run=Run(1, stop=lambda: True))


@pytest.mark.slow
def test_workers_leave_the_draws_alone(tiny: Network, tiny_state: SteadyState) -> None:
    one = sample(tiny, tiny_state, 90, 5)
    two = sample(tiny, tiny_state, 90, 5, run=Run(workers=2, chunk=11))
    np.testing.assert_array_equal(one.lambda_max_per_h, two.lambda_max_per_h)


def test_the_three_kinds_of_samples_are_independent(tiny: Network, tiny_state: SteadyState) -> None:
    data = SimpleNamespace(ranges=lambda: HELD)
    samples = studies.exact_samples(tiny, tiny_state, 60, {"two": data}, seed=1, run=ONE)
    assert list(samples) == [studies.WITHOUT, studies.AGAIN, "two"]
    assert len({s.seed for s in samples.values()}) == 3
    assert [len(s.held) for s in samples.values()] == [0, 0, 2]
    found = studies.compare_exact(samples, {"PGI:g6p_c": (0.5, 2.0), "HEX:atp_c": (0.1, 1.0)})
    table = found["two"].table
    assert list(table.name) == [name for name in tiny.km_names if name not in HELD]
    assert list(table.name[table.score_change.notna()]) == ["HEX:atp_c"]
    assert sum(found["two"].higher(["HEX:atp_c"], within=True)) in (1, 2)
    assert found["two"].higher(["HEX:atp_c"], within=False) == (0, 0)
    counts = studies.comparison_table(found, ["HEX:atp_c"])
    assert counts["scores that rise, outside"].tolist()[1] == "0 of 0"
    assert counts["models before"].tolist() == [60, 60]
    incidence = studies.exact_incidence(samples)
    text = page.answers([samples], [found], incidence)
    assert "60 of 60 unbiased models are valid, 100 %" in text
    assert "with two held, " in text
    rows = page.claims("1", found, [], pd.DataFrame())
    assert [row[0] for row in rows] == ["C16", "C16"]
    summary = page.summary([samples], [found])
    assert summary[f"exact_incidence_two_at_{tiny_state.label}"] == 1.0


def test_too_few_valid_models_are_an_answer_and_no_error(
    tiny: Network, tiny_state: SteadyState
) -> None:
    few = {name: sample(tiny, tiny_state, 20, i) for i, name in
           enumerate((studies.WITHOUT, studies.AGAIN, "held"))}  # fmt: skip
    found = studies.compare_exact(few)
    assert not any(c.enough for c in found.values())
    text = page.answers([few], [found], studies.exact_incidence(few))
    assert "too few to compare" in text
    assert "draws would do" in text
    assert len(studies.comparison_table(found)) == 2
    assert page.claims("1", found, [], pd.DataFrame()) == []
    none = studies.exact_km(tiny, tiny_state, 20, seed=1, threshold_per_h=-1e9, run=ONE)
    assert (none.valid, len(none.parameters()), len(none.parameters("vmax"))) == (0, 0, 0)
    few["held"] = none
    text = page.answers([few], [studies.compare_exact(few)], studies.exact_incidence(few))
    assert "none was valid" in text


def test_the_cheapest_state_comes_first(ecoli: Network, one_tiny_state) -> None:
    states = SteadyStates.example(ecoli)
    quantile = states.dataset.lambda_max_quantile.values
    cheapest, own = studies.exact_states(states)
    assert cheapest.label == str(states.dataset.state.values[np.nanargmin(quantile)])
    assert own.label == states.default.label
    published = SteadyStates.published(ecoli)
    assert [s.label for s in studies.exact_states(published)] == [published.default.label]
    assert len(studies.exact_states(one_tiny_state(default_state=0))) == 1


# --- one training against another ----------------------------------------------------------------


def test_rises_are_those_of_plain_loops() -> None:
    rng = np.random.default_rng(6)
    a, b = pd.DataFrame(rng.random((3, 9))), pd.DataFrame(rng.random((2, 9)) + 0.3)
    table = studies.rises_between(a, b).set_index("comparison")
    pairs = [(a.loc[i] < b.loc[j]).sum() for i in range(3) for j in range(2)]
    row = table.loc["one without data → one with"]
    assert (row.pairs, row.least, row.most) == (6, min(pairs), max(pairs))
    assert row["mean"] == pytest.approx(np.mean(pairs))
    null = table.loc["one without data → another without"]
    assert (null.pairs, null["mean"]) == (6, 4.5)  # what rises one way falls the other
    assert null.least + null.most == null.constants
    others = table.loc["one without data → mean of the others without"]
    means = [(a.loc[i] < a.drop(index=i).mean()).sum() for i in range(3)]
    assert (others.least, others.most) == (min(means), max(means))
    assert table.with_data.tolist() == [True, True, False, False]
    assert (table.same == 0).all()
    zeros = studies.rises_between(0 * a, 0 * b)
    assert (zeros["mean"].max(), zeros.same.min()) == (0, 9)
    text = page.rises(table.reset_index(), (1, 9))
    assert "The paper's 1 of 9 (11 %) is reached without any data" in text
    assert "The paper's 9 of 9 (100 %) is not reached" in page.rises(table.reset_index(), (9, 9))
    assert "beyond what another seed does" in page.rises(studies.rises_between(a, b + 5.0), None)
    assert "within what another seed does" in page.rises(studies.rises_between(a, a), None)
    assert "No training" in page.rises(pd.DataFrame(), None)
    one = studies.rises_between(a.iloc[:1], b)  # one without data has no other to compare with
    assert one.comparison.tolist() == ["one without data → one with",
                                       "one without data → mean of those with"]  # fmt: skip


def test_a_larger_batch_narrows_what_is_rescaled_by_batch(tiny: Network) -> None:
    """Measured intervals in the middle: as the constants narrow around them their scores rise."""
    ranges = KMRanges.of(tiny)
    middle = {name: (0.9 * m, 1.1 * m) for name, m in zip(ranges.names, ranges.middle_mM,
                                                            strict=True)}  # fmt: skip
    generator = Generator.paper(ranges)
    weights = [generator.initial_weights(np.random.default_rng(i)) for i in range(3)]
    table = studies.rises_by_batch(generator, weights, middle, models=4_000, batch=20, seed=1)
    assert (table.pairs.item(), table.constants.item()) == (3, 10)
    assert not table.with_data.item()
    assert table["mean"].item() > 7
