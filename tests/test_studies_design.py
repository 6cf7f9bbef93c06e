"""Studies of strain designs: tables of what an ensemble finds, and the non-linear checks."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from guides import guide_blocks

from renaissance_kit import (
    KineticModels,
    KMRanges,
    Network,
    SteadyState,
    SteadyStates,
    studies,
)
from renaissance_kit.control import control_coefficients
from renaissance_kit.core import CheckpointError, ParameterError, Run
from renaissance_kit.design import (
    DesignProblem,
    Designs,
    LinearResponse,
    find_designs,
    linear_responses,
)
from renaissance_kit.simulation import NewState, batch_of, engineered_strains, measured_curves
from renaissance_kit.studies.pages import design as page

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


def test_smaller_folds_keep_more_limits(candidates, responses) -> None:
    table = studies.backed_off(responses, candidates, 0)
    assert table.kept.is_monotonic_decreasing
    assert table.kept.iloc[-1] == candidates.common.kept[0].mean()
    assert table.fold.is_monotonic_increasing
    whole = np.exp(np.median(candidates.common.log_gain[0]))
    assert table.fold.iloc[-1] == pytest.approx(whole)


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
    assert set(table.status) == {"STABLE"}
    np.testing.assert_allclose(table.fold - 1, table.linear - 1, rtol=0.05)
    compared = studies.nonlinear_table(table, "fold")
    assert compared.finished.item() == len(models)
    assert compared.more.item() == 1
    assert compared["rank"].item() > 0.9


def test_a_flux_that_turned_has_a_negative_fold(models, candidates, monkeypatch) -> None:
    n, index = len(models), models.network.reaction_index
    rates = np.full((n, 1, len(models.network.kinetic_reactions)), 2.0)
    rates[0, 0, index["HEX"]] = -3.0
    found = SimpleNamespace(rates=rates, status=np.full((n, 1), NewState.STABLE))
    monkeypatch.setattr(
        "renaissance_kit.studies.design_checks.new_steady_states", lambda *_, **__: found
    )
    table = studies.steady_state_table(models, candidates, {"HEX": 1.0, "PGI": -1.0}, [0])
    np.testing.assert_allclose(table.fold, [-1.5] + (n - 1) * [1.0])


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


def test_a_study_of_one_ensemble(models: KineticModels) -> None:
    problem = DesignProblem({"HEX": 1.0}, enzymes=2, excluded=("FRUt",))
    known = {"one": {"HEX": 1}, "impossible": {"FRUt": 1}}
    study = studies.design_study(
        models, control_coefficients(models), problem, known=known, run=ONE
    )
    assert study.known is not None
    assert study.known.names == ("one",)
    assert list(study.known_table.name) == ["one"]
    assert set(study.best) == {1, 2}
    assert len(study.table) == len(study.designs.found())
    assert (study.best[1] <= study.designs.log_gain[:, 0] + 1e-6).all()
    bound = DesignProblem({"HEX": 1.0}, flux_folds={"HEX": (1.0, 1.0)})
    none = studies.design_study(models, control_coefficients(models), bound, run=ONE)
    assert none.found is None
    assert none.table.empty
    assert none.known_table.empty
    beside = studies.design_study(
        models, control_coefficients(models), bound, known={"one": {"HEX": 1}}, run=ONE
    )
    told = page.known(beside.known_table, [], pd.DataFrame(), target="flux")
    assert told == "1 published designs have nothing beside them: no model has a best design."
    assert "In none of 6 models" in page.found(none, target="flux")
    assert page.held(none) == ""


@pytest.mark.slow
def test_an_enzyme_that_is_free_of_feedback(ecoli: Network) -> None:
    network = Network.example(regulation="published")
    models = studies.valid_ensemble(network, 1)[0].models(network)
    curves = {c.quantity: c for c in measured_curves(network)}
    grown = studies.feedback_table(
        models, batch_of(network, duration_h=8.0), {"fbr": {}, "fbr tkt": {"TKT1": 2.0}}, "DDPA",
        curves["anthranilate"], curves["glucose"], run=ONE,
    )  # fmt: skip
    assert list(grown.design) == ["fbr", "fbr tkt"]
    assert (grown.released > 1).all()
    assert grown.product_fold.between(0.5, 3.0).all()
    assert grown.yield_fold.iloc[0] != grown.yield_fold.iloc[1]
    assert "Feedback holds DDPA back to 1/" in page.released(grown, "DDPA", target="yield")
    with pytest.raises(ParameterError, match="has no modifier"):
        studies.feedback_table(
            models, batch_of(network), {}, "ANTHtex", curves["anthranilate"], curves["glucose"]
        )


def test_a_chain_times_its_links() -> None:
    chain = studies.Chain()
    with chain.link("one", 3):
        pass
    with pytest.raises(ZeroDivisionError), chain.link("broken"):
        _ = 1 / 0
    table = chain.table()
    assert list(table.link) == ["one"]
    assert (table.seconds >= 0).all()


def test_sentences_of_the_page(models: KineticModels) -> None:
    problem = DesignProblem(
        {"HEX": 1.0, "GLCt": -1.0}, enzymes=2, flux_folds={"PGI": (0.8, np.inf)}
    )
    said = page.problem(models.network, problem)
    assert "Of ln HEX − ln GLCt the change is made largest, with at most 2 of 5 enzymes" in said
    assert "PGI at 80 % or more." in said
    assert "No reaction may turn." in said
    study = studies.design_study(
        models, control_coefficients(models), DesignProblem({"HEX": 1.0}, enzymes=2),
        known={"mine": {"HEX": 1}, "other": {"PGI": 1}}, run=ONE,
    )  # fmt: skip
    assert "The list of designs is complete in 6 models." in page.found(study, target="flux")
    assert "keeps every limit in" in page.held(study)
    measured = pd.DataFrame({"strain": ["mine"], "product_fold": [1.5], "yield_fold": [1.25]})
    told = page.known(study.known_table, ["mine"], measured, target="flux")
    assert "measured 1.25" in told
    assert "Of 1 published designs" in told
    assert page.known(pd.DataFrame(), [], measured, target="flux").startswith("No published")
    best = np.median(np.exp(study.designs.log_gain[:, 0]))
    grown = pd.DataFrame({"fold": [1.5, np.nan]})
    short = page.in_short({"own": study}, {"own": (grown, grown)}, target="flux")
    assert short == (
        f"the best design raises the flux {best:.1f}-fold (1.5 in the bioreactor) at the own states"
    )
    assert page.in_short({}, {}, target="flux") == ""
    assert study.found is not None
    grown = studies.steady_state_table(models, study.found, {"HEX": 1.0}, [0], run=ONE)
    checked = page.checked(studies.nonlinear_table(grown, "fold"), pd.DataFrame(), target="flux")
    assert checked.startswith("At a new steady state: ")
    assert "6 strains" in checked
    assert page.checked(pd.DataFrame(), pd.DataFrame(), target="f").startswith("No design")
    expressed = studies.expression_table(study.responses, study.found, [0])
    assert "What has to be right is" in page.expressed(expressed, target="flux")
    both = page.at_states({"own": "yes.", "published": "", "third": "no."})
    assert both == "**At the own states.** yes.\n\n**At the third states.** no."
    assert page.expressed(pd.DataFrame(), target="") == ""
    assert page.released(pd.DataFrame(), None, target="f").startswith("The network has no feedback")
    assert "at this scale" in page.released(pd.DataFrame(), "X", target="f")


def test_every_size_has_a_value_at_every_scale_and_is_documented() -> None:
    names = [field.name for field in fields(page.Sizes)]
    assert list(page.Sizes.table().index) == names
    assert page.Sizes.__doc__ is not None
    assert all(name in page.Sizes.__doc__ for name in names)


def test_where_designs_are_made(ecoli: Network, tiny: Network, tmp_path: Path) -> None:
    places = studies.states_for_design(ecoli, tmp_path / "none.nc", "published")
    assert list(places) == ["published", "own"]
    assert places["published"].label.endswith("1712")
    with pytest.raises(CheckpointError, match="run notebook 01"):
        studies.states_for_design(tiny, tmp_path / "none.nc", "own")
    published = studies.reactor_for_design(ecoli, "published").conditions
    own = studies.reactor_for_design(ecoli, "own").conditions
    assert published != own
    assert studies.reactor_for_design(ecoli, "glucose batch").conditions == own


@pytest.fixture(scope="module")
def also_measured(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The E. coli network whose host strain has measured acetate, and pyruvate in the cell too."""
    folder = tmp_path_factory.mktemp("measured") / "ecoli"
    original = Network.example().folder
    assert original is not None
    shutil.copytree(original, folder)
    table = pd.read_csv(folder / "fermentation.csv", dtype=str, keep_default_na=False)
    host = table[table.strain == "W3110 trpD9923"]
    made = host[host.quantity == "anthranilate"]
    more = [
        made.assign(quantity="acetate", variable="ac_e", weighed_as=""),
        made.assign(quantity="pyruvate", variable="pyr_c", weighed_as="", unit="mM"),
    ]
    parts = [host[host.quantity != "anthranilate"], *more, made]
    pd.concat(parts).to_csv(folder / "fermentation.csv", index=False)
    return Network.from_folder(folder)


def test_the_design_and_the_bioreactor_mean_the_same_product(also_measured: Network) -> None:
    """ACtex comes first among the reactions; anthranilate is the product, the last one measured."""
    state = SteadyStates.example(Network.example()).default
    problem = studies.yield_problem(also_measured, state)
    assert dict(problem.target) == {"ANTHtex": 1.0, "GLCtex": -1.0}
    curves = studies.product_and_substrate(also_measured)
    assert curves is not None
    assert [c.quantity for c in curves] == ["anthranilate", "glucose"]
    assert studies.target_fluxes(also_measured, state) == ("ACtex", "ANTHtex", "GROWTH")


@pytest.mark.parametrize(
    ("product", "uptake", "made"),
    [
        ("ANS", None, "anthranilate"),  # the only way to it
        ("ACtex", "GLCtex", "acetate"),
        ("SUCCtex", None, None),  # not measured
        ("PYK", None, None),
        ("ANTHtex", "O2tex", None),
    ],
)
def test_a_product_that_was_not_measured_is_not_another(
    also_measured: Network, product: str, uptake: str | None, made: str | None
) -> None:
    curves = studies.product_and_substrate(also_measured, product, uptake)
    assert (None if curves is None else curves[0].quantity) == made
    strains = list(engineered_strains(also_measured))
    assert studies.measured_yields(also_measured, strains, product, uptake).empty


@pytest.mark.parametrize(
    ("kind", "freed"), [("activation", None), ("inhibition", "DDPA"), ("mixed_inhibition", "DDPA")]
)
def test_only_inhibition_is_feedback(tmp_path: Path, kind: str, freed: str | None) -> None:
    original = Network.example().folder
    assert original is not None
    shutil.copytree(original, tmp_path / "ecoli")
    row = f"reaction,metabolite,kind,source\nDDPA,phe__L_c,{kind},made up\n"
    (tmp_path / "ecoli" / "regulation.csv").write_text(row, encoding="utf-8")
    assert studies.freed_enzyme(Network.from_folder(tmp_path / "ecoli")) == freed


def test_only_strains_that_were_measured_have_yields(ecoli: Network) -> None:
    built = list(engineered_strains(ecoli))
    measured = studies.measured_yields(ecoli, [*built, "only on paper"])
    assert list(measured.strain) == built
    assert studies.measured_yields(ecoli, built, "SUCCtex").empty


@pytest.mark.parametrize("at", ["a condition", "own"])
def test_models_are_trained_where_none_are_shipped(
    tiny: Network, tiny_state: SteadyState, at: str
) -> None:
    models = studies.models_for_design(tiny, at, tiny_state, 5, steps=0, seed=3)
    assert models.spectrum().valid.all()
    assert models.state.label == tiny_state.label
