"""The two example networks: sizes, stoichiometry, conserved moieties, names."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from renaissance_kit import KMRanges, Network
from renaissance_kit.core import DataError
from renaissance_kit.network import ConservedMoiety, conserved_moieties

MOIETIES = {
    frozenset({"coa_c", "accoa_c", "succoa_c"}),
    frozenset({"atp_c", "adp_c", "amp_c"}),
    frozenset({"nad_c", "nadh_c"}),
    frozenset({"nadp_c", "nadph_c"}),
    frozenset({"q8_c", "q8h2_c"}),
}


# --- E. coli W3110 trpD9923 ----------------------------------------------------------------


def test_ecoli_has_the_published_size(ecoli):
    assert len(ecoli.kinetic_reactions) == 123
    assert len(ecoli.species) == 112
    assert len(ecoli.constant) == 22
    assert len(ecoli.dynamic) == 90
    assert len(ecoli.independent) == 85
    assert len(ecoli.km_names) == 384


def test_ecoli_holds_the_medium_and_one_by_product_constant(ecoli):
    inside = [name for name in ecoli.constant if ecoli.metabolites[name].compartment != "e"]
    assert inside == ["amob_c"]


def test_ecoli_conserves_five_cofactors(ecoli):
    assert {frozenset(m.coefficients) for m in ecoli.moieties} == MOIETIES
    for moiety in ecoli.moieties:
        assert set(moiety.coefficients.values()) == {1.0}
        assert moiety.dependent in moiety.coefficients


def test_moieties_span_the_left_null_space_of_the_stoichiometry(ecoli):
    """Independent truth: the rank of S, and S itself."""
    conserved = np.zeros((len(ecoli.moieties), len(ecoli.dynamic)))
    for row, moiety in zip(conserved, ecoli.moieties, strict=True):
        for name, coefficient in moiety.coefficients.items():
            row[ecoli.species_index[name]] = coefficient
    assert np.abs(conserved @ ecoli.stoichiometry).max() < 1e-15
    missing = len(ecoli.dynamic) - np.linalg.matrix_rank(ecoli.stoichiometry)
    assert np.linalg.matrix_rank(conserved) == missing == 5


@pytest.mark.parametrize("example", ["ecoli", "tiny"])
def test_link_matrix_carries_independent_rates_to_all_metabolites(example, request):
    """N = L · N_i for the balances N = diag(1/φ) S."""
    network = request.getfixturevalue(example)
    balances = network.stoichiometry / network.volume_fractions[:, None]
    rows = [network.species_index[name] for name in network.independent]
    np.testing.assert_allclose(network.link_matrix @ balances[rows], balances, atol=1e-12)


def test_stoichiometry_of_a_reaction_with_protons_and_water(ecoli):
    """ACALD: acald + coa + nad <=> accoa + h + nadh; ENO's water is not in the balances."""
    column = ecoli.stoichiometry[:, ecoli.reaction_index["ACALD"]]
    net = {ecoli.dynamic[i]: column[i] for i in np.flatnonzero(column)}
    left, right = ("acald_c", "coa_c", "nad_c"), ("accoa_c", "h_c", "nadh_c")
    assert net == dict.fromkeys(left, -1.0) | dict.fromkeys(right, 1.0)
    column = ecoli.stoichiometry[:, ecoli.reaction_index["ENO"]]
    assert {ecoli.dynamic[i] for i in np.flatnonzero(column)} == {"2pg_c", "pep_c"}
    assert ecoli.reactions["ENO"].stoichiometry["h2o_c"] == 1


def test_every_km_belongs_to_a_reactant_of_its_reaction(ecoli):
    for name in ecoli.km_names:
        reaction, metabolite = name.split(":")
        assert metabolite in ecoli.reactions[reaction].stoichiometry


def test_first_order_protons_are_those_of_respiration(ecoli):
    """And only laws without a displacement have them."""
    names = {
        r for r in ecoli.kinetic_reactions
        if any(mode == "first_order" for _, _, mode in ecoli.reactions[r].protons)
    }  # fmt: skip
    assert names == {"NADH16pp", "CYTBO3_4pp", "CYTBDpp", "NADH5", "FDH4pp"}


def test_moieties_between_compartments_conserve_amounts():
    """A pool shared by two volumes: the coefficients count amounts, not concentrations."""
    exchange = np.array([[-1.0], [1.0]])
    (moiety,) = conserved_moieties(exchange, ["a_c", "a_p"])
    assert dict(moiety.coefficients) == {"a_c": 1.0, "a_p": 1.0}


def test_moieties_with_other_coefficients_are_small_fractions():
    """2 a <=> 4 b conserves a + b/2; a network of independent balances conserves nothing."""
    (moiety,) = conserved_moieties(np.array([[-2.0], [4.0]]), ["a", "b"])
    ratio = moiety.coefficients["b"] / moiety.coefficients["a"]
    assert ratio == 0.5
    assert conserved_moieties(np.eye(2), ["a", "b"]) == ()


# --- lumped reactions, whose coefficients are rounded --------------------------------------


def moieties_with(lump: dict[str, float]) -> tuple[ConservedMoiety, ...]:
    """Of two couples, a with b and c with d, and a lump that takes and makes all four."""
    names = ["a", "b", "c", "d"]
    couples = [[-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0]]
    columns = np.array([*couples, [lump.get(name, 0.0) for name in names]])
    return conserved_moieties(columns.T, names, ["AB", "CD", "lump"])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 5e5, 1e12])
def test_a_lump_conserves_what_cancels_up_to_its_last_digit_however_it_is_scaled(scale):
    lump = {"a": -59403.1415, "b": 59403.1416, "c": -2.0, "d": 2.0}
    first, second = moieties_with({name: n * scale for name, n in lump.items()})
    assert [set(first.coefficients), set(second.coefficients)] == [{"c", "d"}, {"a", "b"}]
    assert not first.left_over
    assert second.left_over["lump"] == pytest.approx(1e-4 * scale, rel=1e-6)


def test_the_last_decimal_counts_where_little_is_turned_over():
    """1e-4 of 2.4 is far above nine digits, and yet one unit of the last decimal."""
    _, second = moieties_with({"a": -2.4137, "b": 2.4138, "c": -61.0, "d": 61.0})
    assert set(second.coefficients) == {"a", "b"}
    assert second.left_over["lump"] == pytest.approx(1e-4)
    (only,) = moieties_with({"a": -2.4137, "b": 2.4139, "c": -61.0, "d": 61.0})
    assert set(only.coefficients) == {"c", "d"}


@pytest.mark.parametrize("seed", range(20))
def test_of_any_network_the_moieties_are_a_basis_and_each_has_a_member_of_its_own(seed):
    """Against ranks of S; a dependent metabolite is in one moiety only."""
    rng = np.random.default_rng(seed)
    size, count = 12, int(rng.integers(4, 10))
    matrix = rng.integers(-2, 3, (size, count)) * (rng.random((size, count)) < 0.3)
    names = [f"m{i}" for i in range(size)]
    found = conserved_moieties(matrix.astype(float), names)
    rows = np.array([[m.coefficients.get(name, 0.0) for name in names] for m in found])
    assert np.abs(rows @ matrix).max() < 1e-12
    assert len(found) == size - np.linalg.matrix_rank(matrix)
    for moiety in found:
        assert [m for m in found if moiety.dependent in m.coefficients] == [moiety]
        assert moiety.coefficients[moiety.dependent] == 1.0


def test_the_user_can_see_what_was_taken_for_rounding():
    text = [str(m) for m in moieties_with({"a": -59403.1415, "b": 59403.1416})]
    assert text == ["c + d", "a + b (left by rounding: 0.0001 in lump)"]


def test_a_small_amount_that_a_lump_really_uses_is_no_rounding():
    """A cofactor of 0.0002 beside 59,403 of ATP: 3e-9 of the largest, and yet no moiety."""
    (moiety,) = moieties_with({"a": -59403.1415, "b": 59403.1415, "c": -0.0002})
    assert dict(moiety.coefficients) == {"a": 1.0, "b": 1.0}


def test_of_two_moieties_that_a_lump_uses_a_combination_is_conserved():
    """The lump takes 2 of a + b and 3 of c + d; 3 (a + b) − 2 (c + d) stays, in exact fractions."""
    (moiety,) = moieties_with({"a": -1002.0, "b": 1000.0, "c": -2003.0, "d": 2000.0})
    assert moiety.coefficients["a"] == moiety.coefficients["b"]
    assert moiety.coefficients["c"] / moiety.coefficients["a"] == pytest.approx(-2 / 3, rel=1e-15)


def test_a_metabolite_that_only_the_lump_touches_is_no_moiety():
    names, columns = ["a", "b", "waste"], np.array([[-1.0, 1.0, 0.0], [-100.5, 100.5, 3.0]])
    (moiety,) = conserved_moieties(columns.T, names)
    assert dict(moiety.coefficients) == {"a": 1.0, "b": 1.0}


# --- the tiny network ----------------------------------------------------------------------


def test_tiny_network_is_a_chain_that_conserves_adenylate_and_phosphate(tiny):
    assert tiny.kinetic_reactions == ("GLCt", "HEX", "PGI", "FRUK", "FRUt")
    assert tiny.constant == ("glc__D_e", "fru_e")
    conserved = {frozenset(m.coefficients.items()) for m in tiny.moieties}
    assert conserved == {
        frozenset({("atp_c", 1.0), ("adp_c", 1.0)}),
        frozenset({("atp_c", 1.0), ("g6p_c", 1.0), ("f6p_c", 1.0)}),
    }
    assert len(tiny.km_names) == 10
    assert "10 KM" in repr(tiny)


# --- both ----------------------------------------------------------------------------------


def test_an_unknown_example_lists_those_that_there_are():
    with pytest.raises(DataError, match="did you mean 'tiny'"):
        Network.example("tini")


def test_km_bounds_come_from_the_conditions(ecoli):
    ranges = KMRanges.of(ecoli)
    assert set(ranges.low_mM) == {1.3e-3}
    assert set(ranges.high_mM) == {20.0}


@pytest.mark.parametrize("kernel", ["Nehalem", "Haswell"])
def test_names_and_fingerprint_do_not_depend_on_the_processor(ecoli, kernel):
    """BLAS kernels round differently; which member of a moiety is dependent must not follow."""
    code = (
        "from renaissance_kit import Network; n = Network.example(); print(n.digest, n.dependent)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"OPENBLAS_CORETYPE": kernel},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == f"{ecoli.digest} {ecoli.dependent}"


def test_protons_are_known_by_their_formula(ecoli):
    protons = [m.id for m in ecoli.metabolites.values() if m.is_proton]
    assert protons == [m for m in ecoli.metabolites if m.startswith("h_")]
