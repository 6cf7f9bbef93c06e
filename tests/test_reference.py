"""Agreement with an independent implementation (symbolic rate laws, compiled Jacobian)."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit.laws import REGISTRY

# The rightmost eigenvalue of one reference Jacobian, 0.12 1/h among entries of 1e10, computed
# from that Jacobian with 200-bit arithmetic (mpmath). The value stored with the reference is
# double precision and off by 2.3e-7.
EXACT_SMALL_EIGENVALUE = 0.12139865217580581


@pytest.fixture(params=range(4))
def index(request):
    return request.param


def test_vmax_agrees(reference, index):
    """To 1e-9, after the reference's unit: it stores Vmax in µM, ours is in mM.

    A first-order proton with exponent n contributes 1/µM^n. Its growth reaction has 5e5 times
    larger coefficients, so its Vmax is 5e5 times smaller.
    """
    network, models = reference.network, reference.models[index]
    expected = reference.vmax_mM_h[index].copy()
    expected[:, network.reaction_index["GROWTH"]] /= 2e-6
    for j, name in enumerate(network.kinetic_reactions):
        reaction = network.reactions[name]
        order = sum(abs(n) for _, n, mode in reaction.protons if mode == "first_order")
        order += not REGISTRY[reaction.rate_law].has_km
        expected[:, j] *= 1e-3 * 1e3**order
    assert np.abs(models.vmax_mM_h / expected - 1).max() < 1e-9


def test_jacobian_agrees(reference, index):
    """To 1e-9 of the largest entry of the row, after the change of basis between moieties."""
    network = reference.network
    rows = [network.species_index[name] for name in reference.independent]
    basis = network.link_matrix[rows]
    jacobians = basis @ reference.models[index].jacobians_per_h() @ np.linalg.inv(basis)
    expected = reference.jacobians_per_h[index]
    scale = np.abs(expected).max(axis=2, keepdims=True)
    assert (np.abs(jacobians - expected) / scale).max() < 1e-9


def test_lambda_max_agrees(reference, index):
    """To 1e-7 relative."""
    expected = reference.eigenvalues_per_h[index][:, 0].real.copy()
    small = np.isclose(expected, EXACT_SMALL_EIGENVALUE, rtol=1e-6)
    expected[small] = EXACT_SMALL_EIGENVALUE
    lambda_max = reference.models[index].spectrum().lambda_max_per_h
    np.testing.assert_allclose(lambda_max, expected, rtol=1e-7)


def test_batch_is_the_single_model_bit_for_bit(reference):
    models = reference.models[0]
    alone = models.with_km(models.km_mM[3:4])
    np.testing.assert_array_equal(alone.jacobians_per_h()[0], models.jacobians_per_h()[3])
    np.testing.assert_array_equal(
        alone.spectrum().eigenvalues_per_h[0], models.spectrum(workers=1).eigenvalues_per_h[3]
    )
