"""Our network response analysis of the ten published models, beside the published designs.

The parameter sets (Narayanan et al. 2024 Nat Commun 15:723) are not shipped: the tests need
``skimpy_ecoli_parameters.hdf5`` in the folder that RENAISSANCE_KIT_EXTERNAL names.
"""

from __future__ import annotations

import numpy as np
import pytest
from external import external, published_models

from renaissance_kit import KineticModels
from renaissance_kit.control import control_coefficients
from renaissance_kit.core import Run
from renaissance_kit.design import (
    DesignProblem,
    LinearResponse,
    changes_of,
    find_designs,
    folds_in_each,
    linear_responses,
    published_designs,
)

pytestmark = [pytest.mark.slow, external]


@pytest.fixture(scope="module")
def published() -> list[KineticModels]:
    return published_models()


def responses_of(published: list[KineticModels], **changes) -> list[LinearResponse]:
    network = published[0].network
    problem = DesignProblem.of(network, "ANS", "GLCtex", excluded=("ATPM",), **changes)
    return [
        response
        for models in published
        for response in linear_responses(
            problem, control_coefficients(models), network, models.state
        )
    ]


def test_ddpa_is_raised_in_every_best_design_as_in_all_published_ones(published) -> None:
    responses = responses_of(published, tied=(("TKT1", "TKT2"),))
    designs = find_designs(responses, share=1.0, most=1, run=Run(workers=2))
    levers = designs.levers
    known = {frozenset(ways.items()) for ways in published_designs(published[0].network).values()}
    best = [{levers[j]: way for j, way in designs.changes(m)[0]} for m in range(len(designs))]
    assert all(design["DDPA"] == 1 for design in best)
    assert sum(frozenset(design.items()) in known for design in best) >= 8


def test_the_published_five_double_the_yield_and_ddpa_alone_does_not(published) -> None:
    responses = responses_of(published)
    known = published_designs(published[0].network)
    levers = responses[0].levers
    five = [changes_of(levers, known[f"d-{i}"]) for i in range(1, 6)]
    gain, _ = folds_in_each(responses, [*five, changes_of(levers, {"DDPA": 1})])
    fold = np.exp(gain.mean(axis=1))
    assert (fold[:5] > 2.0).all()
    assert fold[5] == pytest.approx(1.63, abs=0.02)


def test_bound_porins_would_stop_nearly_all_of_it(published) -> None:
    responses = responses_of(published, may_turn=())
    gain, _ = folds_in_each(responses, [changes_of(responses[0].levers, {"DDPA": 1})])
    assert np.exp(gain.mean()) == pytest.approx(1.054, abs=0.02)
