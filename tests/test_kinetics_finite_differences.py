"""The E. coli Jacobian against finite differences of S·v/φ at 50 digits, and its invariants."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from extended import ExtendedPrecision
from hypothesis import given, settings, strategies as st

from renaissance_kit import KineticModels, KMRanges

DIGITS = 50


@pytest.mark.parametrize("reduced", [False, True], ids=["all metabolites", "moieties removed"])
def test_jacobian_agrees_with_finite_differences(reference, reduced):
    """To 1e-10 of the largest entry of each row."""
    models = reference.models[0].with_km(reference.models[0].km_mM[:1])
    with mpmath.workdps(DIGITS):
        exact = ExtendedPrecision(models, 0).jacobian(reduced=reduced)
    expected = np.array([[float(x) for x in row] for row in exact])
    jacobian = models.jacobians_per_h(reduced=reduced)[0]
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(jacobian - expected) / scale).max() < 1e-10


def test_moieties_are_left_null_vectors_of_the_full_jacobian(reference):
    network, models = reference.network, reference.models[0]
    jacobians = models.jacobians_per_h(reduced=False)
    for moiety in network.moieties:
        rows = [network.species_index[name] for name in moiety.coefficients]
        amounts = np.array(list(moiety.coefficients.values())) * network.volume_fractions[rows]
        change = np.einsum("i,mij->mj", amounts, jacobians[:, rows])
        assert np.abs(change).max() < 1e-12 * np.abs(jacobians[:, rows]).max()


def test_removing_moieties_keeps_the_non_zero_spectrum(reference):
    """Σ λ and Σ λ² are those of the full Jacobian, whose other five eigenvalues are 0."""
    models = reference.models[0]
    full, reduced = models.jacobians_per_h(reduced=False), models.jacobians_per_h()
    assert full.shape[1] - reduced.shape[1] == 5
    for power in (1, 2):
        traces = [
            np.trace(np.linalg.matrix_power(j, power), axis1=1, axis2=2) for j in (full, reduced)
        ]
        np.testing.assert_allclose(traces[0], traces[1], rtol=1e-9)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 0.5, 2.0, 1e3]))
@settings(max_examples=15, deadline=None)
def test_the_unit_of_concentration_does_not_matter(tiny, tiny_state, seed, factor):
    """Concentrations and KM in µM instead of mM: fluxes the same, 1/c and so the Jacobian scale.

    Equilibrium constants and mass-action constants change with the unit; they follow from the
    steady state by themselves.
    """
    check_unit(tiny, tiny_state, seed, factor)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_the_unit_of_concentration_does_not_matter_in_ecoli(reference, factor):
    check_unit(reference.network, reference.states[0], 1, factor)


def check_unit(network, state, seed, factor):
    km = KMRanges.of(network).uniform(2, np.random.default_rng(seed))
    scaled_state = replace(state, concentrations_mM=state.concentrations_mM * factor)
    jacobians = KineticModels(network, state, km).jacobians_per_h()
    scaled = KineticModels(network, scaled_state, km * factor).jacobians_per_h()
    scale = np.abs(jacobians).max(axis=2, keepdims=True)
    assert (np.abs(scaled * factor - jacobians) / scale).max() < 1e-9


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_vmax_is_positive_and_gives_the_flux_back(reference, seed):
    """For any KM: positive where the flux follows its displacement, and Vmax·f = v."""
    state = reference.states[0]
    km = KMRanges.of(reference.network).uniform(1, np.random.default_rng(seed))
    models = reference.models[0].with_km(km)
    assert (models.vmax_mM_h > 0).all()
    f = models.laws.rates(state.concentrations_mM, models.km_mM[0], models.log_keq)
    np.testing.assert_allclose(models.vmax_mM_h[0] * f, state.fluxes_mM_h, rtol=1e-12)


def test_products_of_irreversible_laws_change_nothing(reference):
    """Their KM are counted as parameters, but no rate depends on them."""
    models = reference.models[0].with_km(reference.models[0].km_mM[:1])
    idle = ~models.laws.influential_km
    km = models.km_mM.copy()
    km[:, idle] *= 7.0
    np.testing.assert_array_equal(models.with_km(km).jacobians_per_h(), models.jacobians_per_h())
    used = np.flatnonzero(~idle)[0]
    km[:, used] *= 7.0
    assert (models.with_km(km).jacobians_per_h() != models.jacobians_per_h()).any()


def test_the_jacobian_is_sparse_as_the_network(reference):
    """Entries that no reaction makes are exactly zero."""
    network = reference.network
    structure = np.zeros((len(network.dynamic), len(network.dynamic)), dtype=bool)
    for r in network.kinetic_reactions:
        law = network.reactions[r]
        acting = {m for m, *_ in law.substrates + law.products + law.protons}
        for m in acting & set(network.dynamic):
            for target in set(law.stoichiometry) & set(network.dynamic):
                structure[network.species_index[target], network.species_index[m]] = True
    full = reference.models[0].jacobians_per_h(reduced=False)
    assert not full[:, ~structure].any()


def test_a_batch_shares_its_tables(reference):
    """`with_km` gives the numbers of a fresh object."""
    models = reference.models[1]
    fresh = KineticModels(models.network, models.state, models.km_mM)
    shared = reference.models[1].with_km(models.km_mM)
    np.testing.assert_array_equal(fresh.jacobians_per_h(), shared.jacobians_per_h())
    np.testing.assert_array_equal(fresh.vmax_mM_h, shared.vmax_mM_h)
