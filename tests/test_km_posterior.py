"""KM given data and validity: rejection and chains against closed forms and each other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import stats
from scipy.special import log_ndtr

from renaissance_kit import KineticModels, KMRanges, studies
from renaissance_kit.analysis import KMPosterior
from renaissance_kit.core import ParameterError, Run

RARE = -257.0  # about a quarter of unbiased models of the tiny network meet it
EVERY = -2.5  # all of them do
DATA = {"PGI:g6p_c": (0.3, 1.5), "HEX:atp_c": (25.0, 2.0)}  # the second above the bounds


@pytest.fixture(scope="module")
def posterior(tiny, tiny_state):
    def make(threshold=RARE, data=DATA):
        return KMPosterior(tiny, tiny_state, KMRanges.of(tiny), threshold, data)

    return make


def closed_form(posterior, name):
    """Distribution of ln K of one constant without validity, by SciPy."""
    i = posterior.ranges.names.index(name)
    low, high = np.log(posterior.ranges.low_mM[i]), np.log(posterior.ranges.high_mM[i])
    if name not in posterior.measured:
        return stats.uniform(low, high - low)
    value, factor = posterior.measured[name]
    middle, sd = np.log(value), np.log(factor)
    return stats.truncnorm((low - middle) / sd, (high - middle) / sd, middle, sd)


def test_before_validity_in_closed_form(posterior):
    one = posterior()
    km = one.before(4_000, np.random.default_rng(1))
    for i, name in enumerate(one.ranges.names):
        found = stats.kstest(np.log(km[:, i]), closed_form(one, name).cdf)
        assert found.pvalue > 1e-3, name


@pytest.mark.parametrize("value_mM", [1e-2, 1e-3, 1e-4, 1e-9, 30.0, 1e3, 1e9])
def test_measured_far_outside_the_bounds_in_closed_form(posterior, value_mM):
    """What is left of such a measurement lies at the bound that is nearer to it."""
    one = posterior(data={"PGI:g6p_c": (value_mM, 1.2)})
    i = one.ranges.names.index("PGI:g6p_c")
    km = one.before(2_000, np.random.default_rng(1))[:, i]
    low, high = one.ranges.low_mM[i], one.ranges.high_mM[i]
    bound = np.clip(value_mM, low, high)
    if bound == value_mM:
        assert stats.kstest(np.log(km), closed_form(one, "PGI:g6p_c").cdf).pvalue > 1e-3
        return
    far = abs(np.log(value_mM / bound)) / np.log(1.2)  # standard deviations, to the bound

    def share_within(distance):  # of the tail that is left; the other bound has no part in it
        return -np.expm1(log_ndtr(-far - distance) - log_ndtr(-far))

    distance = np.abs(np.log(km / bound)) / np.log(1.2)
    assert stats.kstest(distance, share_within).pvalue > 1e-3


def test_log_density_by_hand(posterior):
    one = posterior()
    rng = np.random.default_rng(2)
    places = rng.uniform(-0.02, 1.02, (200, 10))
    found = one.log_density(places)
    low, high = np.log(one.ranges.low_mM), np.log(one.ranges.high_mM)
    log_km = low + places * (high - low)
    inside = ((places >= 0) & (places <= 1)).all(axis=1)
    spectrum = KineticModels(one.network, one.state, np.exp(log_km)).spectrum(workers=1)
    expected = np.where(inside & (spectrum.lambda_max_per_h <= RARE), 0.0, -np.inf)
    for name, (value, factor) in DATA.items():
        i = one.ranges.names.index(name)
        expected += stats.norm.logpdf(log_km[:, i], np.log(value), np.log(factor))
        expected -= stats.norm.logpdf(0, 0, np.log(factor))
    assert np.isfinite(found).any()
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_rejection_keeps_valid_models_alone(posterior):
    one = posterior()
    km, drawn = one.exact(300, np.random.default_rng(3))
    assert km.shape == (300, 10)
    assert one.valid(km).all()
    assert 300 < drawn < 20_000
    with pytest.raises(ParameterError, match="Markov chain"):
        posterior(-1e9).exact(5, np.random.default_rng(1), most=2_000)


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [EVERY, RARE])
def test_chains_against_the_closed_form_and_rejection(posterior, threshold):
    one = posterior(threshold)
    chains = one.chains(400, seed=1, steps=4_000)
    assert 0.05 < chains.acceptance < 0.5
    assert chains.effective > 400
    assert one.valid(chains.km_mM).all()
    exact, _ = one.exact(4_000, np.random.default_rng(4))
    for i, name in enumerate(one.ranges.names):
        own = np.log(chains.km_mM[:, i])
        assert stats.ks_2samp(own, np.log(exact[:, i])).pvalue > 1e-3, name
        if threshold == EVERY:
            assert stats.kstest(own, closed_form(one, name).cdf).pvalue > 1e-3, name
    apart = stats.spearmanr(chains.km_mM).statistic - stats.spearmanr(exact).statistic
    assert np.abs(apart).max() < 0.25  # noise of 400 draws, 45 pairs
    again = one.chains(400, seed=1, steps=4_000)
    np.testing.assert_array_equal(again.km_mM, chains.km_mM)


def test_mistakes(posterior, tiny, tiny_state):
    with pytest.raises(ParameterError, match="PGI:g6p_c"):
        posterior(data={"PGI:g6p": (1.0, 2.0)})
    with pytest.raises(ParameterError, match="factor above 1"):
        posterior(data={"PGI:g6p_c": (1.0, 0.5)})
    held = KMRanges.of(tiny, fixed={"PGI:g6p_c": (0.1, 0.2)})
    with pytest.raises(ParameterError, match="without fixed"):
        KMPosterior(tiny, tiny_state, held, RARE)
    with pytest.raises(ParameterError, match="so give more"):
        posterior().chains(1_000, seed=1, steps=10)


# --- samplers beside it --------------------------------------------------------------------------


def test_marginals_and_dependences_tell_right_from_wrong(posterior):
    one = posterior()
    samples = {
        "exact": studies.by_rejection(one, 800, 1),
        "again": studies.by_rejection(one, 800, 2),
        "data alone": studies.by_data_alone(one, 800, 3),
        "half as wide": np.sqrt(studies.by_rejection(one, 800, 4)),
    }
    table = studies.marginal_table(samples, one.ranges.names).groupby("sampler").mean("name")
    assert table.distance["again"] < 0.06 < table.distance["data alone"]
    assert table.width["half as wide"] == pytest.approx(0.5, abs=0.05)
    assert table.inside["again"] == pytest.approx(0.95, abs=0.02)
    joint = studies.joint_table(samples).set_index("sampler")
    assert joint.told_apart["again"] < 0.57 < joint.told_apart["data alone"]


@pytest.mark.parametrize(
    ("data", "factors", "draws", "message"),
    [
        ({}, {"PGI:g6p": 2.0}, 99, "did you mean 'PGI:g6p_c'"),
        ({}, {"PGI:g6p_c": 1.0}, 99, "factor above 1"),
        ({}, {"PGI:g6p_c": 2.0}, 100, "give 109 draws"),
        (DATA, {"PGI:g6p_c": 2.0}, 99, r"has data of PGI:g6p_c.*posterior.given"),
    ],
)
def test_mistakes_in_a_calibration_end_it_before_it_begins(
    posterior, data, factors, draws, message
):
    def never(posterior, n, seed):
        raise AssertionError("sampled")

    with pytest.raises(ParameterError, match=message):
        studies.calibrate(
            posterior(EVERY, data), factors, {"never": never}, repeats=2, seed=1, draws=draws,
            run=Run(workers=1),
        )  # fmt: skip


def test_calibration_of_a_right_and_of_a_wrong_sampler(posterior):
    found = studies.calibrate(
        posterior(data={}), {"PGI:g6p_c": 1.5},
        {"exact": studies.by_rejection, "data alone": studies.by_data_alone},
        repeats=300, seed=5, run=Run(workers=1),
    )  # fmt: skip
    table = found.table()
    assert (table[table.sampler == "exact"].q_value > 0.01).all()
    assert table[table.sampler == "data alone"].q_value.min() < 1e-4
    measured = table[(table.name == "PGI:g6p_c") & (table.sampler == "exact")]
    assert (measured.decades < 1).all()  # data narrow it
    assert table[(table.name == "FRUK:atp_c")].decades.min() > 2


@pytest.mark.slow
def test_a_generator_that_is_trained_to_be_the_posterior(posterior):
    """Validity aside, that is the distribution given by the data."""
    one = replace(posterior(EVERY))
    trained = studies.train_posterior(one, seed=1, steps=60)
    km = trained.km(1_000, np.random.default_rng(2))
    for i, name in enumerate(one.ranges.names):
        found = stats.kstest(np.log(km[:, i]), closed_form(one, name).cdf)
        assert found.statistic < 0.12, name


def test_a_store_tells_samplers_apart_by_what_they_are_bound_to(posterior, tmp_path):
    """As at another scale of the notebook, with as many truths and longer trainings."""
    before = posterior(EVERY, {})
    widths = [
        studies.calibrate(
            before,
            {"PGI:g6p_c": 1.5},
            {"one": partial(_shrunk, to=to)},
            repeats=2,
            seed=1,
            draws=9,
            run=Run(workers=1, store=tmp_path),
        ).widths["one"]
        for to in (0.5, 0.1, 0.5)
    ]
    assert (widths[1] < widths[0]).all()
    np.testing.assert_array_equal(widths[0], widths[2])


def _shrunk(posterior, n, seed, *, to):
    return posterior.before(n, np.random.default_rng(seed)) ** to
