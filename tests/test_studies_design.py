"""Studies of strain designs: tables of what an ensemble finds, and the non-linear checks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from guides import guide_blocks

from renaissance_kit import KineticModels, KMRanges, Network, SteadyState, studies
from renaissance_kit.control import control_coefficients
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.design import (
    DesignProblem,
    Designs,
    LinearResponse,
    find_designs,
    linear_responses,
)
from renaissance_kit.simulation import batch_of, engineered_strains, measured_curves

ONE = Run(workers=1)


@pytest.fixture(scope="module")
def models(tiny: Network, tiny_state: SteadyState) -> KineticModels:
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(6, np.random.default_rng(2)))


@pytest.fixture(scope="module")
def responses(models: KineticModels) -> list[LinearResponse]:
    problem = DesignProblem({"HEX": 1.0}, enzymes=2, concentration_fold=1.5)
    return linear_responses(problem, control_coefficients(models), models.network, models.state)


@pytest.fixture(scope="module")
def designs(responses: list[LinearResponse]) -> Designs:
    return find_designs(responses, run=ONE)


@pytest.fixture(scope="module")
def candidates(responses: list[LinearResponse], designs: Designs) -> studies.Candidates:
    return studies.found_candidates(responses, designs)


def test_candidates_in_every_model(candidates, responses, designs) -> None:
    table = studies.candidates_table(candidates, designs)
    assert len(table) == len(candidates) == len(designs.found())
    assert table.found.is_monotonic_decreasing
    assert (table.found >= 1).all()
    assert table.share.between(table.share_low, table.share_high).all()
    assert table.fold.between(table.fold_low - 1e-12, table.fold_high + 1e-12).all()
    assert (table.holds <= table.kept).all()
    for i, changes in enumerate(candidates.changes):
        folds = candidates.folds(i)
        assert set(folds) == {candidates.levers[j] for j, _ in changes}
        means = np.exp(candidates.best_log_folds[i].mean(axis=0))
        np.testing.assert_allclose(list(folds.values()), means[[j for j, _ in changes]])
        gains = [r.gain @ np.log(np.prod([means], axis=0)) for r in responses]
        np.testing.assert_allclose(candidates.common.log_gain[i], gains)
    best = candidates.top(1)[0]
    assert table.fold[best] == table.fold.max()


def test_a_design_of_every_model_is_always_found(candidates, designs) -> None:
    enzymes = studies.enzyme_table(designs)
    assert enzymes.share.max() <= 1
    assert enzymes.models.sum() == sum(len(designs.changes(m)[0]) for m in range(len(designs)))
    searched = studies.search_table(designs)
    assert searched.models.sum() == len(designs)
    assert list(searched.status) == ["COMPLETE"]


def test_known_designs_and_the_best_of_their_size(responses, designs) -> None:
    first = {responses[0].levers[j]: way for j, way in designs.changes(0)[0]}
    known = studies.known_candidates(responses, {"best of model 0": first, "odd": {"FRUK": -1}})
    best = studies.best_by_size(responses, [len(c) for c in known.changes], run=ONE)
    table = studies.known_table(known, designs, best).set_index("name")
    assert table.near_best["best of model 0"] >= 1 / len(designs)
    assert table.in_best["best of model 0"] >= 1 / len(designs)
    assert table.of_best["best of model 0"] <= 1 + 1e-6
    assert table.raises["odd"] == 0
    assert table.fold["odd"] == pytest.approx(1.0)
    for what in ("raises", "near_best", "in_best"):
        assert (table[f"{what}_low"] <= table[what]).all()
        assert (table[what] <= table[f"{what}_high"]).all()


def test_new_steady_states_of_small_changes_are_as_the_linear_response_says(models) -> None:
    problem = DesignProblem({"HEX": 1.0}, enzymes=2, concentration_fold=1.01)
    responses = linear_responses(
        problem, control_coefficients(models), models.network, models.state
    )
    candidates = studies.known_candidates(responses, {"small": {"HEX": 1, "GLCt": 1}})
    table = studies.steady_state_table(models, candidates, {"HEX": 1.0}, [0], run=ONE)
    assert table.steady.all()
    np.testing.assert_allclose(table.fold - 1, table.linear - 1, rtol=0.05)
    compared = studies.nonlinear_table(table, "fold")
    assert compared.finished.item() == len(models)
    assert compared.more.item() == 1
    assert compared["rank"].item() > 0.9


def test_expression_moves_the_fold_as_the_response_says(candidates, responses) -> None:
    table = studies.expression_table(responses, candidates, [0])
    changed = [candidates.levers[j] for j, _ in candidates.changes[0]]
    assert list(dict.fromkeys(table.enzyme)) == [*changed, "all"]
    assert set(table.expressed) == {0.5, 1.0, 1.5}
    intended = table[table.expressed == 1.0].groupby("model").fold.first()
    np.testing.assert_allclose(intended, np.exp(candidates.common.log_gain[0]))
    j = candidates.levers.index(changed[0])
    half = table[(table.expressed == 0.5) & (table.enzyme == changed[0])].set_index("model").fold
    gains = np.array([r.gain[j] for r in responses])
    np.testing.assert_allclose(half / intended, 0.5**gains)


def test_none_found_and_none_given(responses) -> None:
    with pytest.raises(ParameterError, match="no designs"):
        studies.Candidates.of(responses, {})


@pytest.mark.slow
def test_strains_in_the_bioreactor(ecoli: Network) -> None:
    models = studies.valid_ensemble(ecoli, 2)[0].models(ecoli)
    problem = DesignProblem.of(ecoli, "ANS", "GLCtex", excluded=("ATPM",))
    responses = linear_responses(problem, control_coefficients(models), ecoli, models.state)
    strains = engineered_strains(ecoli)
    built = studies.known_candidates(
        responses, {name: dict.fromkeys(reactions, 1) for name, reactions in strains.items()}
    )
    curves = {c.quantity: c for c in measured_curves(ecoli)}
    product, substrate = curves["anthranilate"], curves["glucose"]
    reactor = batch_of(ecoli, duration_h=12.0)
    grown = studies.reactor_table(models, reactor, built, [0], product, substrate, run=ONE)
    host, strain = (grown[grown.design == d] for d in ("host", built.names[0]))
    assert (host.product_fold == 1).all()
    assert (strain.yield_fold > 1).all()
    assert ((strain["yield"].to_numpy() / host["yield"].to_numpy()) == strain.yield_fold).all()
    expressed = studies.expression_in_reactor(
        models, reactor, built, 0, product, substrate, run=ONE
    )
    same = expressed[expressed.expressed == 1.0]
    np.testing.assert_allclose(same.yield_fold, strain.yield_fold)
    assert set(expressed.enzyme) == {"DDPA"}
    measured = studies.measured_folds(
        ecoli, list(strains), "W3110 trpD9923", "anthranilate", "glucose"
    )
    np.testing.assert_allclose(measured.product_fold, [1.464, 2.420], atol=5e-3)


def test_folds_of_an_integration_that_ended_early_are_missing() -> None:
    table = pd.DataFrame(
        {"design": "a", "model": range(3), "linear": [1.1, 1.2, 1.3],
         "yield_fold": [1.0, np.nan, 2.0]}
    )  # fmt: skip
    compared = studies.nonlinear_table(table, "yield_fold").iloc[0]
    assert (compared.models, compared.finished) == (3, 2)
    assert np.isnan(compared["rank"])
    assert compared.fold == 1.5


@pytest.mark.slow
def test_the_guide_runs() -> None:
    blocks = guide_blocks(Path(__file__).parents[1] / "docs" / "design.md")
    assert len(blocks) >= 4
    exec(compile("\n".join(blocks), "design.md", "exec"), {"__name__": __name__})
