"""Permutation p-values count the observation itself, and can be checked by listing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from renaissance_kit.analysis import permutation_test, permuted_labels


def test_a_p_value_is_never_zero_and_its_least_is_one_over_all(rng: np.random.Generator) -> None:
    """No permutation of 20 against 20 reaches a change of a hundred standard deviations."""
    noise = rng.standard_normal((40, 1))
    noise[20:] += 100.0
    test = permutation_test(noise[:20], noise[20:], ["x"], rng=rng, permutations=99)
    assert test.p_value[0] == pytest.approx(1 / 100)
    assert test.count().p_value >= 1 / 100
    assert test.mean().p_value == pytest.approx(1 / 100)


def test_equal_groups_have_a_p_value_of_one(rng: np.random.Generator) -> None:
    same = np.ones((4, 1))
    test = permutation_test(same, same, ["x"], rng=rng, permutations=50)
    assert test.p_value[0] == 1.0


def test_the_share_is_that_of_all_splits(rng: np.random.Generator) -> None:
    """Three against three: twenty splits, all of which can be listed."""
    values = np.array([0.1, 0.4, 0.2, 1.3, 0.9, 0.35])
    change = values[3:].mean() - values[:3].mean()
    changes = [
        values[list(chosen)].mean() - np.delete(values, chosen).mean()
        for chosen in combinations(range(6), 3)
    ]
    exact = np.mean(np.abs(changes) >= abs(change) * (1 - 1e-12))
    test = permutation_test(values[:3, None], values[3:, None], ["x"], rng=rng, permutations=20_000)
    assert test.change[0] == pytest.approx(change)
    assert test.p_value[0] == pytest.approx(exact, abs=0.012)


def test_pairs_are_exchanged_with_probability_one_half(rng: np.random.Generator) -> None:
    labels = permuted_labels(3, 3, 8_000, rng, paired=True)
    assert (labels[:, :3] ^ labels[:, 3:]).all()  # one of each pair
    np.testing.assert_allclose(labels.mean(axis=0), 0.5, atol=0.03)
