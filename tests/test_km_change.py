"""Changes of distributions, overlap scores and permutations, against other implementations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from renaissance_kit import KMMeasurements
from renaissance_kit.analysis import (
    Pairs,
    by_subsystem,
    change_table,
    correlation_changes,
    false_discovery_rate,
    held_out_scores,
    jaccard,
    jensen_shannon,
    measured_intervals,
    median_log10,
    narrowing,
    overlap_scores,
    parameters_of,
    permutation_test,
    permuted_labels,
    subsystem_of,
    width_decades,
)
from renaissance_kit.core import ParameterError
from renaissance_kit.network import reaction_distances, with_distance


def lognormal(rng, models, shifts, width=1.0):
    """log10 normal columns with given medians."""
    logs = rng.standard_normal((models, len(shifts))) * width + np.asarray(shifts)
    return pd.DataFrame(10**logs, columns=[f"R{i}:m" for i in range(len(shifts))])


# --- one pair of distributions -------------------------------------------------------------


def test_jensen_shannon_is_that_of_scipy_on_the_same_histogram():
    rng = np.random.default_rng(1)
    a, b = 10 ** rng.normal(0, 1, (700, 3)), 10 ** rng.normal([0, 0.5, 3], 0.6, (400, 3))
    found = jensen_shannon(a, b, bins=17)
    for j in range(3):
        both = np.log10(np.concatenate([a[:, j], b[:, j]]))
        p, q = (
            np.histogram(np.log10(x[:, j]), bins=17, range=(both.min(), both.max()))[0]
            for x in (a, b)
        )
        assert found[j] == pytest.approx(jensenshannon(p, q, base=2), abs=1e-12)


def test_jensen_shannon_at_its_ends():
    rng = np.random.default_rng(2)
    a = rng.uniform(1, 2, (500, 1))
    assert jensen_shannon(a, a) == pytest.approx(0.0)
    assert jensen_shannon(a, 1e4 * a) == pytest.approx(1.0)


def test_width_and_shift_of_log_uniform_numbers():
    """The central 95 % of a log-uniform distribution over d decades are 0.95 d wide."""
    u = np.linspace(0, 1, 4001)[:, None]
    before = pd.DataFrame(10 ** (4 * u - 2), columns=["R:m"])
    after = pd.DataFrame(10 ** (2 * u), columns=["R:m"])
    row = narrowing(before, after).iloc[0]
    assert row.width_before == pytest.approx(3.8, abs=1e-9)
    assert row.narrowing == pytest.approx(1.9, abs=1e-9)
    assert row["shift"] == pytest.approx(1.0, abs=1e-9)
    assert (row.median_before, row.median_after) == pytest.approx((1.0, 10.0))


def test_samples_that_are_none_are_refused():
    good = np.ones((3, 2))
    with pytest.raises(ParameterError, match="numbers above 0"):
        width_decades(0 * good)
    with pytest.raises(ParameterError, match="without valid models"):
        median_log10(good[:0])
    with pytest.raises(ParameterError, match="the same parameters"):
        jensen_shannon(good, np.ones((3, 1)))


def test_parameters_of_an_ensemble(tiny, tiny_ensemble):
    data = tiny_ensemble.dataset
    assert 0 < tiny_ensemble.valid.sum() < len(tiny_ensemble)
    per_km = parameters_of(tiny_ensemble, "vmax_per_km")
    assert list(per_km.columns) == list(tiny.km_names)
    models = data.isel(model=np.flatnonzero(tiny_ensemble.valid))
    expected = models.vmax.sel(reaction="FRUK").values / models.km.sel(km_name="FRUK:adp_c").values
    np.testing.assert_allclose(per_km["FRUK:adp_c"], expected)
    assert list(parameters_of(tiny_ensemble, "vmax").columns) == list(tiny.kinetic_reactions)
    with pytest.raises(ParameterError, match="did you mean 'vmax'"):
        parameters_of(tiny_ensemble, "vmac")


@pytest.fixture(scope="module")
def tiny_ensemble(tiny, tiny_state):
    from renaissance_kit import KineticEnsemble, KineticModels, KMRanges

    km = KMRanges.of(tiny).uniform(60, np.random.default_rng(3))
    models = KineticModels(tiny, tiny_state, km)
    middle = float(np.median(models.spectrum().lambda_max_per_h))
    return KineticEnsemble.from_models(models, models.spectrum(threshold_per_h=middle))


# --- overlap -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((1.0, 100.0), (1.0, 100.0), 1.0),
        ((0.1, 10.0), (1.0, 100.0), 1 / 3),
        ((0.001, 10.0), (0.1, 1.0), 1 / 4),  # inside: ratio of the widths
        ((1.0, 2.0), (3.0, 4.0), 0.0),
        ((1.0, 10.0), (10.0, 100.0), 0.0),  # they touch
        ((2.0, 2.0), (1.0, 4.0), 0.0),  # a point has no width
    ],
)
def test_jaccard_in_closed_form(first, second, expected):
    assert float(jaccard(first, second)) == pytest.approx(expected)
    assert float(jaccard(second, first)) == pytest.approx(expected)
    a, b = (tuple(7.0 * x for x in pair) for pair in (first, second))
    assert float(jaccard(a, b)) == pytest.approx(expected)  # of ratios only


def test_jaccard_by_counting_points():
    rng = np.random.default_rng(4)
    ends = np.sort(rng.uniform(-3, 3, (30, 2, 2)), axis=-1)
    points = np.linspace(-3, 3, 60_001)
    for a, b in ends:
        in_a, in_b = ((points >= x[0]) & (points <= x[1]) for x in (a, b))
        expected = (in_a & in_b).sum() / (in_a | in_b).sum()
        assert float(jaccard(tuple(10**a), tuple(10**b))) == pytest.approx(expected, abs=2e-3)


def test_a_reversed_interval_is_an_error():
    with pytest.raises(ParameterError, match="ends before it begins"):
        jaccard((2.0, 1.0), (1.0, 2.0))


@pytest.fixture
def measured(tiny):
    table = pd.DataFrame(
        {"reaction": ["HEX", "HEX", "PGI"], "metabolite": ["atp_c", "atp_c", "g6p_c"],
         "km_mM": [0.1, 1.0, 2.0], "source": ["a", "b", "c"]}
    )  # fmt: skip
    return KMMeasurements.of(tiny, table)


def test_overlap_scores_of_log_uniform_values(tiny, measured):
    """G is 0.95 · 4 decades about 0.1 mM; M of HEX:atp_c is log10(1.2/0.08) decades in it."""
    intervals = measured_intervals(measured)
    assert intervals["HEX:atp_c"] == pytest.approx((0.08, 1.2))
    u = np.linspace(0, 1, 8001)[:, None]
    km = pd.DataFrame(np.tile(10 ** (4 * u - 3), (1, 10)), columns=tiny.km_names)
    scores = overlap_scores(km, intervals)
    width = np.log10(1.2 / 0.08)
    assert scores.overlap["HEX:atp_c"] == pytest.approx(width / 3.8, rel=1e-6)
    assert scores.inside["HEX:atp_c"] == pytest.approx(width / 4, rel=1e-3)
    with pytest.raises(ParameterError, match="no generated values of PGI:g6p_c"):
        overlap_scores(km.drop(columns="PGI:g6p_c"), intervals)
    held = held_out_scores([km, km], intervals, [(), ("PGI:g6p_c",)], "inside")
    assert np.isnan(held.loc[1, "PGI:g6p_c"])
    assert held.notna().to_numpy().sum() == 3


# --- several ensembles ---------------------------------------------------------------------


def ensembles(rng, shifts, n=8, models=80, scatter=0.1):
    """Ensembles that scatter about their medians more than sampling does."""
    return [
        lognormal(rng, models, np.asarray(shifts) + scatter * rng.standard_normal(len(shifts)))
        for _ in range(n)
    ]


def test_a_planted_shift_is_found_and_the_others_are_not():
    rng = np.random.default_rng(5)
    shifts = np.zeros(30)
    shifts[:3] = 1.0
    table = change_table(
        ensembles(rng, np.zeros(30)), ensembles(rng, shifts), rng=rng, permutations=500
    )
    assert (table.q_shift[:3] < 0.05).all()
    assert (table.q_distance[:3] < 0.05).all()
    assert (table.q_shift[3:] < 0.05).sum() <= 1
    np.testing.assert_allclose(table["shift"][:3], 1.0, atol=0.25)
    assert (table.q_narrowing < 0.05).sum() <= 1  # nothing was narrowed


def test_a_planted_narrowing_is_found():
    rng = np.random.default_rng(6)
    wide = [lognormal(rng, 100, [0, 0]) for _ in range(6)]
    narrow = [
        lognormal(rng, 100, [0, 0]).assign(**{"R1:m": lognormal(rng, 100, [0], 0.4)["R0:m"]})
        for _ in range(6)
    ]
    table = change_table(wide, narrow, rng=rng, permutations=500).set_index("name")
    assert table.q_narrowing["R1:m"] < 0.05 < table.q_narrowing["R0:m"]
    assert table.narrowing["R1:m"] == pytest.approx(0.6 * 2 * 1.96, abs=0.6)


def test_without_a_change_p_values_are_uniform():
    rng = np.random.default_rng(7)
    noise = rng.standard_normal((12, 600))
    test = permutation_test(
        noise[:6], noise[6:], [str(i) for i in range(600)], rng=rng, permutations=400
    )
    assert stats.kstest(test.p_value, "uniform").pvalue > 1e-3
    assert 0.02 < (test.p_value <= 0.05).mean() < 0.09
    count = test.count()
    assert count.low <= count.observed <= count.high


def test_permutation_p_is_that_of_scipy():
    rng = np.random.default_rng(8)
    a, b = rng.normal(0, 1, 5), rng.normal(0.8, 1, 5)
    test = permutation_test(a[:, None], b[:, None], ["x"], rng=rng, permutations=20_000)
    exact = stats.permutation_test(
        (a, b), lambda x, y: abs(x.mean() - y.mean()), n_resamples=np.inf, alternative="greater"
    )
    assert test.p_value[0] == pytest.approx(exact.pvalue, abs=0.015)


def test_the_observation_counts_as_one_of_the_permutations():
    """A p-value is never 0 (Phipson & Smyth 2010)."""
    rng = np.random.default_rng(10)
    low, high = rng.standard_normal((10, 1)), 9 + rng.standard_normal((10, 1))
    test = permutation_test(low, high, ["x"], rng=rng, permutations=99)
    assert np.abs(test.null).max() < test.change[0]  # neither labelling of the data was drawn
    assert test.p_value[0] == test.mean().p_value == 1 / 100


def test_equal_changes_count_whatever_their_sign():
    """Both labellings of two pairs occur: of four, two are as large, and of the mean one."""
    rng = np.random.default_rng(11)
    test = permutation_test(
        [[0.3], [0.1]], [[0.1], [-0.1]], ["x"], rng=rng, permutations=4000, paired=True
    )
    assert test.p_value[0] == pytest.approx(0.5, abs=0.03)
    assert test.mean().p_value == 1.0  # no permutation is smaller than the fall that is observed


def test_pairs_take_out_what_they_share():
    """Starting points scatter by 1; the change is 0.1 in each pair."""
    rng = np.random.default_rng(9)
    start = rng.standard_normal((10, 1))
    after = start + 0.1 + 0.02 * rng.standard_normal((10, 1))
    alone = permutation_test(start, after, ["x"], rng=rng, permutations=1000)
    paired = permutation_test(start, after, ["x"], rng=rng, permutations=1000, paired=True)
    assert paired.p_value[0] < 0.01 < 0.5 < alone.p_value[0]
    labels = permuted_labels(10, 10, 50, rng, paired=True)
    assert (labels[:, :10] ^ labels[:, 10:]).all()


def test_held_constants_do_not_count():
    rng = np.random.default_rng(10)
    values = rng.standard_normal((8, 2))
    values[4:7, 0] = np.nan
    test = permutation_test(values[:4], values[4:], ["a", "b"], rng=rng, permutations=200)
    assert test.after[0] == values[7, 0]
    values[7, 0] = np.nan
    table = permutation_test(values[:4], values[4:], ["a", "b"], rng=rng, permutations=200).table()
    assert table.p_value.isna().tolist() == [True, False]
    assert table.q_value[1] == pytest.approx(table.p_value[1])


@pytest.mark.parametrize(("n", "m", "paired"), [(1, 4, False), (4, 1, False), (3, 4, True)])
def test_too_few_ensembles(n, m, paired):
    with pytest.raises(ParameterError, match="ensembles"):
        permuted_labels(n, m, 10, np.random.default_rng(0), paired=paired)


def test_false_discovery_rate_by_hand():
    """Benjamini & Hochberg: p · m / rank, made monotone from the largest down."""
    q = false_discovery_rate([0.01, 0.04, 0.03, np.nan, 0.5])
    np.testing.assert_allclose(q, [0.04, 0.16 / 3, 0.16 / 3, np.nan, 0.5])


def test_a_planted_correlation_is_found():
    rng = np.random.default_rng(11)

    def made(correlated):
        table = lognormal(rng, 120, np.zeros(4))
        if correlated:
            table["R1:m"] = table["R0:m"] * 10 ** (0.5 * rng.standard_normal(120))
        return table

    columns = [f"R{i}:m" for i in range(4)]
    pairs = Pairs.between(columns, columns, columns)
    assert len(pairs.names) == 6
    table = correlation_changes(
        [made(False) for _ in range(6)], [made(True) for _ in range(6)], pairs,
        rng=rng, permutations=500,
    )  # fmt: skip
    first = table.iloc[0]
    assert {first["first"], first["second"]} == {"R0:m", "R1:m"}
    assert first.q_value < 0.05
    assert (table.q_value[1:] > 0.05).all()
    assert first.r_after == pytest.approx(1 / np.sqrt(1.25), abs=0.05)


def test_scores_by_subsystem(ecoli):
    rng = np.random.default_rng(12)
    names = ["CS:oaa_c", "FUM:fum_c", "PGI:g6p_c", "PYK:pep_c"]
    noise = 0.01 * rng.standard_normal((12, 4))
    noise[6:, :2] += 0.2
    test = permutation_test(noise[:6], noise[6:], names, rng=rng, permutations=500)
    table = by_subsystem(test, subsystem_of(ecoli, names)).set_index("group")
    tca = table.loc["Citric Acid Cycle"]
    assert (tca.constants, tca.improved) == (2, 2)
    assert tca.p_change < 0.01
    assert tca.change == pytest.approx(0.2, abs=0.02)
    assert not tca.null_low <= tca.change <= tca.null_high
    other = table.loc["Glycolysis/Gluconeogenesis"]
    assert other.null_low <= other.change <= other.null_high


# --- distance in the network ---------------------------------------------------------------


def brute_force(network, source):
    """Breadth-first search over sets of metabolites."""
    touched = {
        r: {
            m for m in network.reactions[r].stoichiometry
            if m not in network.currency and m in network.species_index
        }
        for r in network.kinetic_reactions
        if r != "GROWTH"
    }  # fmt: skip
    steps, edge, n = {source: 0}, {source}, 0
    while edge:
        n += 1
        edge = {
            r for r in touched
            if r not in steps and any(touched[r] & touched[e] for e in edge if e in touched)
        }  # fmt: skip
        steps |= dict.fromkeys(edge, n)
    return steps


@pytest.mark.parametrize("source", ["ACONTa", "ANS", "PGI", "GROWTH"])
def test_distances_by_brute_force(ecoli, source):
    found = reaction_distances(ecoli, source)
    expected = brute_force(ecoli, source)
    assert found[np.isfinite(found)].astype(int).to_dict() == {
        r: expected[r] for r in ecoli.kinetic_reactions if r in expected
    }


def test_distance_from_several_constants_is_the_least(ecoli):
    both = reaction_distances(ecoli, ["ACONTa:cit_c", "PGI:g6p_c"])
    each = [reaction_distances(ecoli, r) for r in ("ACONTa", "PGI")]
    assert (both == np.minimum(*each)).all()
    table = pd.DataFrame({"name": ["ICDHyr:icit_c", "AKGDH"]})
    assert with_distance(table, ecoli, ["ACONTb:icit_c"]).distance_steps.tolist() == [1.0, 2.0]
    with pytest.raises(ParameterError, match="did you mean 'ACONTb' or 'ACONTa'"):
        reaction_distances(ecoli, "ACONT")
