"""The ten published models of the strain, with regulation, in our bioreactor.

Their parameter sets (NOMAD, Narayanan et al. 2024 Nat Commun 15:723) are not shipped: the tests
need ``skimpy_ecoli_parameters.hdf5`` in the folder that RENAISSANCE_KIT_EXTERNAL names.
"""

from __future__ import annotations

import numpy as np
import pytest
from external import external, published_models

from renaissance_kit import KineticModels, cultivate
from renaissance_kit.simulation import batch_of, fit_of, measured_curves

pytestmark = [pytest.mark.slow, external]


@pytest.fixture(scope="module")
def published() -> list[KineticModels]:
    return published_models()


def test_all_are_valid(published):
    assert len(published) == 10
    assert all(models.spectrum().valid.all() for models in published)


def test_eight_of_ten_match_the_fermentation_and_none_without_regulation(published):
    """Two have one curve just above the threshold; without regulation anthranilate is too high."""
    network = published[0].network
    curves, reactor = measured_curves(network), batch_of(network, "published")
    regulated = [fit_of(cultivate(models, reactor), curves) for models in published]
    worst = np.array([fit.worst[0] for fit in regulated])
    assert (worst <= 1.0).sum() >= 8, worst
    plain = network.without_modifiers()
    free = [fit_of(cultivate(m.in_network(plain), reactor), curves) for m in published]
    assert not any(fit.matches[0] for fit in free)
    product = [curve.quantity for curve in curves].index("anthranilate")
    assert all(fit.goodness_of_fit[0, product] > 1 for fit in free)
