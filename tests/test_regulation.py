"""Regulated networks: the table, its mistakes, and what regulation changes and does not change."""

from __future__ import annotations

import shutil

import mpmath
import numpy as np
import pandas as pd
import pytest

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMMeasurements,
    KMRanges,
    Network,
    Recipe,
    SteadyState,
    SteadyStates,
    cultivate,
    studies,
)
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.kinetics import smooth_lambda_max
from renaissance_kit.network import regulations
from renaissance_kit.simulation import batch_of, fit_of, measured_curves

HEAD = "reaction,metabolite,kind,source\n"


@pytest.fixture
def folder(tiny, tmp_path):
    """A copy of the tiny network."""
    return shutil.copytree(tiny.folder, tmp_path / "tiny")


@pytest.fixture(scope="module")
def regulated() -> Network:
    return Network.example(regulation="published")


def write(folder, rows: str, name: str = "regulation.csv") -> None:
    (folder / name).write_text(HEAD + rows, encoding="utf-8")


def test_a_table_in_the_folder_is_read_and_others_by_their_name(folder):
    assert not Network.from_folder(folder).regulated
    write(folder, "PGI,atp_c,competitive_inhibition,test\n")
    write(
        folder, "PGI,atp_c,mixed_inhibition,test\nHEX,g6p_c,activation,test\n", "regulation_b.csv"
    )
    own, other = Network.from_folder(folder), Network.from_folder(folder, regulation="b")
    none = Network.open(f"{folder}+none")
    assert own.km_names == (*none.km_names, "PGI:atp_c:Ki")
    assert other.km_names[len(none.km_names) :] == (
        "HEX:g6p_c:Ka", "PGI:atp_c:Kic", "PGI:atp_c:Kiu",
    )  # fmt: skip
    assert Network.open(f"{folder}+b").km_names == other.km_names
    assert (own.name, other.name) == ("tiny", "tiny+b")
    assert regulations(folder) == ("b",)
    assert len({n.digest for n in (own, other, none)}) == 3
    assert len({n.structure_digest for n in (own, other, none)}) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("PGX,atp_c,inhibition,t\n", r"regulation.csv, line 2 .*'PGX' is not .* mean 'PGI'"),
        ("PGI,atp_x,inhibition,t\n", r"line 2 .*'atp_x' is not in metabolites.csv.*'atp_c'"),
        ("PGI,atp_c,inhibitor,t\n", r"line 2 .*'inhibitor'.*Choose one of competitive_inhibition"),
        ("PGI,atp_c,inhibition,\n", r"line 2 .*no source"),
        (
            "PGI,atp_c,inhibition,t\nPGI,atp_c,competitive_inhibition,t\n",
            r"line 3 .*inhibition in line 2 has the constant Ki too.*mixed_inhibition",
        ),
        (
            "PGI,atp_c,activation,t\nPGI,atp_c,activation,t\n", r"line 3",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(folder, rows, message):
    write(folder, rows)
    with pytest.raises(DataError, match=message):
        Network.from_folder(folder)


def test_an_unknown_table_lists_those_that_there_are(folder):
    write(folder, "PGI,atp_c,inhibition,t\n", "regulation_mine.csv")
    with pytest.raises(DataError, match=r"no regulation_mien.csv; did you mean 'mine'.*'none'"):
        Network.from_folder(folder, regulation="mien")


def test_the_published_table_has_the_constants_of_the_published_models(regulated):
    constants = [name.rpartition(":")[2] for name in regulated.km_names[384:]]
    assert {k: constants.count(k) for k in set(constants)} == {
        "Ki": 72, "Kic": 12, "Kiu": 12, "Ka": 10,
    }  # fmt: skip


def test_states_serve_with_and_without_regulation_and_fluxes_stay(regulated):
    """Vmax takes up what a modifier does at the steady state; Keq has no part in it."""
    state = SteadyStates.published(regulated).default
    rng = np.random.default_rng(0)
    km = KMRanges.of(regulated).uniform(3, rng)
    plain = KineticModels(Network.example(), state, km[:, :384])
    models = KineticModels(regulated, state, km)
    np.testing.assert_array_equal(models.log_keq, plain.log_keq)
    for i in range(3):
        f = models.laws.rates(state.concentrations_mM, km[i], models.log_keq)
        np.testing.assert_allclose(models.vmax_mM_h[i] * f, state.fluxes_mM_h, rtol=1e-12)
    unlike = [r for r in regulated.kinetic_reactions if regulated.reactions[r].modifiers]
    changed = ~np.isclose(models.vmax_mM_h, plain.vmax_mM_h, rtol=1e-12).all(axis=0)
    assert [r for r, c in zip(regulated.kinetic_reactions, changed, strict=True) if c] == unlike


def test_weak_modifiers_change_nothing(regulated):
    """Constants far above all concentrations: the Jacobian is that without regulation."""
    state = SteadyStates.published(regulated).default
    km = KMRanges.of(regulated).uniform(2, np.random.default_rng(1))
    km[:, 384:] = 1e16
    plain = KineticModels(Network.example(), state, km[:, :384]).jacobians_per_h()
    found = KineticModels(regulated, state, km).jacobians_per_h()
    np.testing.assert_allclose(found, plain, rtol=1e-9, atol=1e-9 * np.abs(plain).max() * 1e-6)


def test_the_derivative_of_the_largest_eigenvalue_by_every_constant(regulated):
    """Against central differences; constants of modifiers among them."""
    state = SteadyStates.published(regulated).default
    km = KMRanges.of(regulated).uniform(1, np.random.default_rng(5))
    exact = smooth_lambda_max(KineticModels(regulated, state, km))
    chosen = np.argsort(-np.abs(exact.gradient[0, 384:]))[:8] + 384
    for j in chosen:
        values = []
        for sign in (1, -1):
            moved = km.copy()
            moved[0, j] *= np.exp(sign * 1e-3)
            values.append(smooth_lambda_max(KineticModels(regulated, state, moved)).value[0])
        slope = (values[0] - values[1]) / 2e-3
        assert exact.gradient[0, j] == pytest.approx(slope, rel=1e-3, abs=1e-6), regulated.km_names[
            j
        ]


def test_a_hand_made_case(folder):
    """PGI of the tiny network with a mixed inhibitor and an activator, by the formula."""
    write(folder, "PGI,atp_c,mixed_inhibition,t\nPGI,adp_c,activation,t\n")
    network = Network.from_folder(folder)
    state = SteadyState.from_folder(network)
    km = np.linspace(0.5, 2.0, len(network.km_names))
    models = KineticModels(network, state, km)
    r = network.reaction_index["PGI"]
    rates = models.laws.rates(state.concentrations_mM, km, models.log_keq)
    with mpmath.workdps(40):
        c = dict(zip(network.species, map(mpmath.mpf, state.concentrations_mM), strict=True))
        k = dict(zip(network.km_names, map(mpmath.mpf, km), strict=True))
        s, p = c["g6p_c"] / k["PGI:g6p_c"], c["f6p_c"] / k["PGI:f6p_c"]
        rho = mpmath.exp(mpmath.mpf(state.log_displacement[r]))
        f = s * (1 - rho) / (1 + s + p + c["atp_c"] / k["PGI:atp_c:Kic"])
        f = f / (1 + c["atp_c"] / k["PGI:atp_c:Kiu"]) * (1 + c["adp_c"] / k["PGI:adp_c:Ka"])
    assert rates[r] == pytest.approx(float(f), rel=1e-12)


def test_measured_constants_of_modifiers_are_read_and_fix_a_range(folder):
    write(folder, "PGI,atp_c,mixed_inhibition,t\nHEX,g6p_c,inhibition,t\n")
    network = Network.from_folder(folder)
    frame = pd.DataFrame(
        {
            "reaction": ["PGI", "PGI", "HEX", "HEX"],
            "metabolite": ["atp_c", "g6p_c", "g6p_c", "g6p_c"],
            "constant": ["Kic", "", "Ki", "KM"],
            "km_mM": [2.0, 0.3, 0.1, 0.2],
            "source": "test",
        }
    )
    measured = KMMeasurements.of(network, frame)
    assert measured.names == ("HEX:g6p_c", "PGI:g6p_c", "HEX:g6p_c:Ki", "PGI:atp_c:Kic")
    ranges = KMRanges.of(network, fixed=measured.ranges(0.2))
    drawn = ranges.uniform(500, np.random.default_rng(0))[:, network.km_index["PGI:atp_c:Kic"]]
    assert 1.6 <= drawn.min() < drawn.max() <= 2.4
    assert ranges.provenance["PGI:atp_c:Kic"] == "measured"
    for constant, message in (
        ("Kiu", "g6p_c has no Kiu in the rate law of HEX. Write Ki in the column constant"),
        ("Km", "'Km'.*Choose one of KM, Ki, Kic, Kiu, Ka"),
    ):
        with pytest.raises(DataError, match=message):
            KMMeasurements.of(network, frame.assign(constant=["Kic", "", "Ki", constant]))


@pytest.mark.slow
def test_a_batch_with_and_without_feedback(regulated):
    """The variant without any modifier is the unregulated network with the same constants."""
    state = SteadyStates.example(regulated).default
    models = KineticEnsemble.example(regulated).select(np.arange(2)).models(regulated)
    networks = studies.feedback_networks(regulated, ["DDPA"])
    assert list(networks) == ["regulated", "no feedback on DDPA", "no regulation"]
    assert "DDPA:phe__L_c:Kic" not in networks["no feedback on DDPA"].km_names
    reactor = batch_of(regulated, duration_h=9.0)
    curves = measured_curves(regulated)
    courses, table = studies.regulation_courses(models, networks, reactor, curves)
    assert list(table.regulation) == list(networks)
    plain = KineticModels(Network.example(), state, models.km_mM[:, :384])
    alone = fit_of(cultivate(plain, reactor), curves)
    np.testing.assert_allclose(
        table[[f"{c.quantity}, median" for c in curves]].to_numpy(float)[2],
        np.median(alone.goodness_of_fit, axis=0),
        rtol=1e-6,
    )
    start = courses[courses.time_h == 0].groupby("quantity").value
    assert (start.max() == start.min()).all()
    assert studies.regulated_network(regulated) is regulated


def test_a_trained_generator_with_regulation_gives_the_models_that_are_asked_for(folder):
    write(folder, "PGI,atp_c,mixed_inhibition,t\n", "regulation_test.csv")
    plain = Network.from_folder(folder)
    network = studies.regulated_network(plain)
    assert network is not None
    assert network.name == "tiny+test"
    recipe = Recipe.by_gradient(network, steps=2, models_per_step=8)
    models, share = studies.trained_models(
        network, SteadyState.from_folder(plain), 3, seed=1, recipe=recipe
    )
    assert models.km_mM.shape == (3, 12)
    assert models.spectrum().valid.all()
    assert 0 < share <= 1
    with pytest.raises(ParameterError, match=r"PGX.*is not in the network.*'PGI'"):
        network.without_modifiers("PGX")
    with pytest.raises(ParameterError, match=r"PGI:atp_c:Kic, PGI:atp_c:Kiu of tiny\+test are not"):
        KineticModels(plain, models.state, np.ones(10)).in_network(network)
