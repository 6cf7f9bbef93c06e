"""Ranks of truths: uniform for a correct sampler, and not for wrong ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from renaissance_kit.analysis import calibration_table, rank_counts, rank_of, uniform_band
from renaissance_kit.core import ParameterError

REPEATS, DRAWS = 600, 99


def ranks_of(narrower: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Of a normal mean with a standard normal prior, after one measurement with error 1."""
    rng = np.random.default_rng(1)
    truth = rng.standard_normal((REPEATS, 1))
    data = truth + rng.standard_normal((REPEATS, 1))
    z = rng.standard_normal((REPEATS, DRAWS, 1))
    draws = data[:, None] / 2 + shift + narrower * np.sqrt(0.5) * z  # closed form
    return np.array([rank_of(t, d) for t, d in zip(truth, draws, strict=True)])


def test_the_posterior_in_closed_form_is_calibrated():
    row = calibration_table(ranks_of(), DRAWS, ["mean"]).iloc[0]
    assert row.p_value > 0.05
    assert row.low < row.due < row.high
    assert row.place == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("wrong", [{"narrower": 0.5}, {"narrower": 2.0}, {"shift": 0.4}])
def test_a_wrong_one_is_not(wrong):
    row = calibration_table(ranks_of(**wrong), DRAWS, ["mean"]).iloc[0]
    assert row.q_value < 1e-6
    if wrong.get("narrower") == 0.5:
        assert row.high < row.due  # too narrow: the truth lies outside too often
    if wrong.get("narrower") == 2.0:
        assert row.low > row.due
    if "shift" in wrong:
        assert row.place < 0.4  # the draws lie too high


def test_coverage_in_closed_form():
    """Half as wide: the central 90 % holds P(|z| < 1.645/2)."""
    row = calibration_table(ranks_of(narrower=0.5), DRAWS, ["mean"]).iloc[0]
    assert row.low < 2 * stats.norm.cdf(1.645 / 2) - 1 < row.high


def test_bins_by_hand():
    ranks = np.array([[0], [9], [10], [99]])
    assert rank_counts(ranks, 99)[0].tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    low, high = uniform_band(200)
    assert stats.binom.cdf(high, 200, 0.1) - stats.binom.cdf(low - 1, 200, 0.1) >= 0.99


def test_what_cannot_be():
    with pytest.raises(ParameterError, match="give 109 draws"):
        rank_counts(np.zeros((3, 1), dtype=np.int64), 100)
    with pytest.raises(ParameterError, match="from 0 to 99"):
        rank_counts(np.array([[100]]), 99)
    with pytest.raises(ParameterError, match="as many as the truth"):
        rank_of(np.zeros(2), np.zeros((5, 3)))
