"""Strain design: network response analysis against brute force over all sets of enzymes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import linprog

from renaissance_kit import KineticModels, KMRanges, Network, SteadyState
from renaissance_kit.control import control_coefficients
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.design import (
    DesignProblem,
    Designs,
    DesignStatus,
    LinearResponse,
    best_design,
    best_folds,
    changes_of,
    evaluate_designs,
    find_designs,
    folds_in_each,
    in_words,
    linear_responses,
    published_designs,
)
from renaissance_kit.network import tables_of
from renaissance_kit.simulation import Step, Tolerances, shift
from renaissance_kit.studies import valid_ensemble

ONE = Run(workers=1)


def responses_of(models: KineticModels, problem: DesignProblem) -> list[LinearResponse]:
    control = control_coefficients(models)
    return linear_responses(problem, control, models.network, models.state)


def best_vertex(response: LinearResponse, pair: tuple[int, ...], ways: tuple[int, ...]) -> float:
    """The best gain of two enzymes: the best of all corners of the region that is allowed."""
    rows = response.rows[:, list(pair)]
    ends = [(0.0, response.highest) if w > 0 else (response.lowest, 0.0) for w in ways]
    a = np.vstack([rows, -rows, np.eye(2), -np.eye(2)])
    b = np.concatenate([response.high, -response.low, [e[1] for e in ends], [-e[0] for e in ends]])
    a, b = a[np.isfinite(b)], b[np.isfinite(b)]
    i, j = np.triu_indices(len(a), 1)
    det = a[i, 0] * a[j, 1] - a[i, 1] * a[j, 0]
    crossing = np.abs(det) > 1e-14
    i, j, det = i[crossing], j[crossing], det[crossing]
    corners = np.column_stack(
        [(b[i] * a[j, 1] - b[j] * a[i, 1]) / det, (a[i, 0] * b[j] - a[j, 0] * b[i]) / det]
    )
    corners = corners[(np.abs(corners).max(axis=1) < 10.0)]
    allowed = corners[(corners @ a.T <= b + 1e-9).all(axis=1)]
    return float((allowed @ response.gain[list(pair)]).max())


def best_by_simplex(response: LinearResponse, levers: tuple[int, ...], ways) -> float:
    rows = response.rows[:, list(levers)]
    a, b = np.vstack([rows, -rows]), np.concatenate([response.high, -response.low])
    ends = [(0.0, response.highest) if w > 0 else (response.lowest, 0.0) for w in ways]
    found = linprog(-response.gain[list(levers)], a[np.isfinite(b)], b[np.isfinite(b)], bounds=ends)
    return -float(found.fun)


def by_brute_force(response: LinearResponse, size: int) -> dict[tuple, float]:
    """Gain of every set of up to so many changes."""
    gains = {}
    for k in range(1, size + 1):
        for levers in combinations(range(len(response.levers)), k):
            for ways in product((1, -1), repeat=k):
                best = best_vertex if k == 2 else best_by_simplex
                gains[tuple(zip(levers, ways, strict=True))] = best(response, levers, ways)
    return gains


def near_the_optimum(gains: dict[tuple, float], share: float) -> tuple[float, set[tuple]]:
    """The optimum, and the sets that reach a share of it and from which none can be spared."""
    best = max(gains.values())
    enough = {frozenset(c) for c, gain in gains.items() if gain >= share * best}
    smallest = {c for c in enough if not any(other < c for other in enough)}
    return best, smallest


def the_same(designs: Designs, model: int, gains: dict[tuple, float], share: float) -> None:
    best, smallest = near_the_optimum(gains, share)
    assert designs.status[model] == DesignStatus.COMPLETE
    assert designs.log_gain[model, 0] == pytest.approx(best, rel=1e-4)
    found = [frozenset(c) for c in designs.changes(model)]
    assert set(found[1:]) | ({found[0]} & smallest) == smallest
    assert len(set(found)) == len(found)
    for changes, gain in zip(designs.changes(model), designs.log_gain[model], strict=False):
        assert gain == pytest.approx(gains[changes], rel=1e-4)


@pytest.fixture(scope="module")
def tiny_models(tiny: Network, tiny_state: SteadyState) -> KineticModels:
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(5, np.random.default_rng(3)))


@pytest.fixture(scope="module")
def ecoli_models(ecoli: Network) -> KineticModels:
    return valid_ensemble(ecoli, 2)[0].models(ecoli)


@pytest.mark.parametrize("enzymes", [1, 2, 3])
def test_the_tiny_network_against_brute_force(tiny_models: KineticModels, enzymes: int) -> None:
    problem = DesignProblem(
        {"HEX": 1.0}, enzymes=enzymes, concentration_folds={"fru_c": 1.5, "atp_c": np.inf}
    )
    responses = responses_of(tiny_models, problem)
    designs = find_designs(responses, most=100, run=ONE)
    for model, response in enumerate(responses):
        the_same(designs, model, by_brute_force(response, enzymes), 0.95)


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_all_pairs_of_some_enzymes_of_ecoli(ecoli_models: KineticModels, share: float) -> None:
    network = ecoli_models.network
    few = {"ANS", "DDPA", "TKT1", "TKT2", "PYK", "GLUDy", "PGI", "CHORM", "DHQS"}
    problem = DesignProblem.of(
        network, "ANS", "GLCtex", enzymes=2, excluded=set(network.kinetic_reactions) - few
    )
    responses = responses_of(ecoli_models, problem)
    assert len(responses[0].levers) == len(few) - 1
    designs = find_designs(responses, share=share, most=100, run=ONE)
    for model, response in enumerate(responses):
        the_same(designs, model, by_brute_force(response, 2), share)


def test_a_design_of_all_enzymes_keeps_every_limit(ecoli_models: KineticModels) -> None:
    problem = DesignProblem.of(ecoli_models.network, "ANS", "GLCtex", excluded=("ATPM",))
    response = responses_of(ecoli_models, problem)[0]
    found, _ = best_design(response)
    assert found is not None
    assert found.proven
    y = found.log_folds
    assert len(found.changes) <= 3
    assert response.violation(y)[0] < 1e-6
    assert (np.exp(y) <= 5 + 1e-6).all()
    assert found.log_gain == pytest.approx(response.gain @ y)
    again = best_folds(response, found.changes)
    assert again is not None
    assert again.log_gain == pytest.approx(found.log_gain, rel=1e-9)


def test_limits_are_those_of_small_steps(tiny_models: KineticModels) -> None:
    """The rows are the derivatives of ln c, ln v and ln ρ: by central differences of states."""
    network, model = tiny_models.network, tiny_models.with_km(tiny_models.km_mM[:1])
    problem = DesignProblem({"HEX": 1.0}, flux_folds={"PGI": (0.5, 2.0)})
    response = responses_of(model, problem)[0]
    step = 1e-4
    log = {way: _logs_after(model, "PGI", np.exp(way * step)) for way in (1, -1)}
    slope = (log[1] - log[-1]) / (2 * step)
    column = response.rows[:, response.levers.index("PGI")]
    rho = slope[-len(network.kinetic_reactions) :] / model.state.log_displacement
    n = len(network.dynamic)
    flux = slope[n + network.reaction_index["PGI"]]
    expected = np.concatenate([slope[:n], [flux], rho])
    np.testing.assert_allclose(column, expected, rtol=1e-5, atol=1e-8)


def _logs_after(models: KineticModels, reaction: str, factor: float) -> np.ndarray:
    """ln c, ln v and ln ρ at the steady state after one enzyme has changed, by integration."""
    network = models.network
    moved = shift(
        models, (Step(vmax_factors={reaction: factor}),), np.array([0.0, 200.0]),
        tolerances=Tolerances(1e-11, 1e-11), run=ONE,
    )  # fmt: skip
    c = models.state.concentrations_mM.copy()
    c[: len(network.dynamic)] = moved.states_mM[0, -1]
    quotient = [
        sum(n * np.log(c[network.species_index[m]]) for m, n in r.stoichiometry.items())
        for r in (network.reactions[name] for name in network.kinetic_reactions)
    ]
    v = np.log(moved.rates[0, -1])
    return np.concatenate([np.log(c[: len(network.dynamic)]), v, quotient])


def test_the_second_law_binds_where_it_is_asked_for(tiny_models: KineticModels) -> None:
    wide = {"concentration_fold": 1e6, "highest_fold": 1e3, "lowest_fold": 1e-3}
    free, kept = (
        find_designs(
            responses_of(tiny_models, DesignProblem({"HEX": 1.0}, second_law=law, **wide)),
            share=1.0,
            run=ONE,
        )
        for law in (False, True)
    )
    assert (free.log_gain[:, 0] > kept.log_gain[:, 0] + 0.1).any()
    assert (free.log_gain[:, 0] > kept.log_gain[:, 0] - 1e-6).all()


def test_reactions_that_may_turn_are_not_bound(tiny_models: KineticModels) -> None:
    network = tiny_models.network
    names = {
        "all": DesignProblem({"HEX": 1.0}),
        "some": DesignProblem({"HEX": 1.0}, may_turn=("GLCt", "FRUt")),
    }
    bound = {
        key: [x for x in responses_of(tiny_models, p)[0].limits if x.startswith("sign")]
        for key, p in names.items()
    }
    assert len(bound["all"]) == len(network.kinetic_reactions)
    assert set(bound["all"]) - set(bound["some"]) == {
        f"sign of the reaction energy of {name}" for name in ("GLCt", "FRUt")
    }
    turning = DesignProblem.of(Network.example(), "ANS").may_turn
    assert {"SUCCtex", "GLCptspp", "O2tpp"} <= set(turning)
    assert not {"PYK", "DDPA"} & set(turning)


def test_membranes_may_be_changed_where_it_is_asked_for(ecoli: Network) -> None:
    inside, all_of_them = (
        {name for names in DesignProblem.of(ecoli, "ANS", membranes=m).levers(ecoli)
         for name in names}
        for m in (False, True)
    )  # fmt: skip
    assert {"GLCptspp", "ATPS4rpp", "CYTBO3_4pp"} <= all_of_them - inside
    assert not {"GLCtex", "O2tpp", "GROWTH"} & all_of_them
    assert {"DDPA", "PYK"} <= inside


def test_known_designs(ecoli: Network) -> None:
    known = published_designs(ecoli)
    assert len(known) == 39
    assert all(ways["DDPA"] == 1 and len(ways) == 3 for ways in known.values())
    levers = ("DDPA", "GLUDy", "PYK", "TKT1+TKT2")
    assert in_words(levers, changes_of(levers, known["d-1"])) == "DDPA ↑, GLUDy ↓, PYK ↑"
    assert changes_of(levers, {"TKT2": -1, "DDPA": 1}) == ((0, 1), (3, -1))
    with pytest.raises(ParameterError, match="up and down"):
        changes_of(levers, {"TKT1": 1, "TKT2": -1})
    with pytest.raises(ParameterError, match="did you mean 'GLUDy'"):
        changes_of(levers, {"GLUD": 1})
    assert published_designs(Network.example("tiny")) == {}


def test_tied_reactions_change_together(ecoli: Network) -> None:
    problem = DesignProblem.of(ecoli, "ANS", tied=(("TKT1", "TKT2"),))
    assert ("TKT1", "TKT2") in problem.levers(ecoli)
    assert ("ACONTa",) in problem.levers(ecoli)
    without = DesignProblem.of(ecoli, "ANS", excluded=("TKT2",))
    assert not any("TKT1" in names for names in without.levers(ecoli))


@pytest.mark.parametrize(
    ("first", "second", "tied"),
    [
        ("2.7.1.1", "2.7.1.1", True),
        ("2.7.1.-;2.7.1.1", "2.7.1.1; 2.7.1.-", True),  # as a draft writes them
        ("2.7.1.-", "2.7.1.-", False),  # a class, not an enzyme
        ("1.2.4.1;1.8.1.4", "1.2.4.2;1.8.1.4", False),  # complexes that share a subunit
        ("", "", False),
    ],
)
def test_a_class_of_enzymes_ties_no_reactions(
    tiny: Network, first: str, second: str, tied: bool
) -> None:
    tables = tables_of(tiny)
    reactions = tables["reactions.csv"]
    reactions.loc[reactions.id == "HEX", "ec"] = first
    reactions.loc[reactions.id == "FRUK", "ec"] = second
    problem = DesignProblem.of(Network.from_tables("numbers", tables), "PGI")
    assert problem.tied == ((("HEX", "FRUK"),) if tied else ())


def test_an_exchange_is_no_target(ecoli: Network) -> None:
    with pytest.raises(ParameterError, match=r"EX_anth_e has no rate law \(its role is exchange"):
        DesignProblem.of(ecoli, "EX_anth_e")


def test_a_yield_of_itself_is_refused(tiny: Network) -> None:
    with pytest.raises(ParameterError, match="FRUt is both product and uptake"):
        DesignProblem.of(tiny, "FRUt", "FRUt")


def test_more_designs_than_asked_for_and_none_at_all(tiny_models: KineticModels) -> None:
    loose = responses_of(tiny_models, DesignProblem({"HEX": 1.0}, enzymes=2))
    assert set(find_designs(loose, share=0.2, most=1, run=ONE).status) == {DesignStatus.MORE}
    tight = DesignProblem({"HEX": 1.0}, flux_folds={"HEX": (1.0, 1.0)})
    none = find_designs(responses_of(tiny_models, tight), run=ONE)
    assert set(none.status) == {DesignStatus.NO_GAIN}
    assert np.isnan(none.log_gain).all()
    assert none.found() == {}


def test_a_model_without_coefficients_is_counted(tiny_models: KineticModels) -> None:
    control = control_coefficients(tiny_models)
    control.flux[1] = np.nan
    problem = DesignProblem({"HEX": 1.0})
    responses = linear_responses(problem, control, tiny_models.network, tiny_models.state)
    designs = find_designs(responses, run=ONE)
    assert designs.status[1] == DesignStatus.NO_COEFFICIENTS
    assert (np.delete(designs.status, 1) == DesignStatus.COMPLETE).all()
    evaluated = evaluate_designs(responses, designs.log_folds[0, 0])
    assert np.isnan(evaluated.log_gain[0, 1])
    assert np.isnan(folds_in_each(responses, designs.changes(0))[0][:, 1]).all()
    assert not evaluated.holds[0, 1]
    assert all(status.meaning for status in DesignStatus)


def test_designs_in_the_other_models(tiny_models: KineticModels) -> None:
    responses = responses_of(tiny_models, DesignProblem({"HEX": 1.0}, enzymes=2))
    designs = find_designs(responses, run=ONE)
    evaluated = evaluate_designs(responses, designs.log_folds[:, 0])
    best, folds = folds_in_each(responses, [designs.changes(m)[0] for m in range(len(designs))])
    for i in range(len(responses)):
        assert evaluated.holds[i, i]
        assert best[i, i] == pytest.approx(designs.log_gain[i, 0])
        np.testing.assert_allclose(folds[i, i], designs.log_folds[i, 0], atol=1e-6)
        for m, other in enumerate(responses):
            assert evaluated.log_gain[i, m] == pytest.approx(other.gain @ designs.log_folds[i, 0])
            assert bool(evaluated.passed[i, m]) != evaluated.kept[i, m]
            if evaluated.kept[i, m]:
                assert best[i, m] >= evaluated.log_gain[i, m] - 1e-9
    # one that is far out passes a limit, which is named; one that halves all enzymes only slows
    wild = evaluate_designs(responses, [[5.0, -5.0, 5.0, -5.0, 5.0], np.full(5, np.log(0.5))])
    assert all(str(name).split()[0] in ("concentration", "sign") for name in wild.passed[0])
    assert wild.kept[1].all()
    np.testing.assert_allclose(wild.log_gain[1], np.log(0.5))


def test_a_run_that_is_stopped_counts_the_models_it_left(tiny_models: KineticModels) -> None:
    responses = responses_of(tiny_models, DesignProblem({"HEX": 1.0}))
    asked = iter([False, False, True])
    found = find_designs(responses, run=Run(1, stop=lambda: next(asked, True)))
    assert 0 < (found.status == DesignStatus.COMPLETE).sum() < len(responses) == len(found)
    left = found.status == DesignStatus.STOPPED
    assert np.isnan(found.log_gain[left]).all()
    with pytest.raises(ParameterError, match="nothing to return"):
        find_designs(responses, run=Run(1, stop=lambda: True))


def test_the_same_designs_from_a_store(tiny_models: KineticModels, tmp_path) -> None:
    responses = responses_of(tiny_models, DesignProblem({"HEX": 1.0}))
    first = find_designs(responses, run=Run(1, tmp_path))
    again = find_designs(responses, run=Run(1, tmp_path))
    np.testing.assert_array_equal(first.log_folds, again.log_folds)
    np.testing.assert_array_equal(first.seconds, again.seconds)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": {}}, "no flux with a weight"),
        ({"target": {"HEX": np.nan}}, "no flux with a weight"),
        ({"target": {"HEXX": 1.0}}, "did you mean 'HEX'"),
        ({"enzymes": 0}, "whole number from 1"),
        ({"lowest_fold": 0.0}, "above 0"),
        ({"highest_fold": 0.5}, "at least 1"),
        ({"concentration_fold": 0.5}, "1 or more"),
        ({"concentration_folds": {"g6p": 2.0}}, "did you mean 'g6p_c'"),
        ({"flux_folds": {"HEX": (1.5, 2.0)}}, "must lie between"),
        ({"flux_folds": {"PGO": (0.5, 2.0)}}, "'PGI'"),
        ({"tied": (("HEX", "PGI"), ("PGI", "FRUK"))}, "PGI is tied twice"),
        ({"tied": (("HEX", "PG1"),)}, "'PGI'"),
        ({"excluded": ("FRUTT",)}, "'FRUt'"),
        ({"may_turn": ("PGG",)}, "'PGI'"),
        ({"excluded": ("GLCt", "HEX", "PGI", "FRUK", "FRUt")}, "every reaction is excluded"),
    ],
)
def test_what_cannot_be_used_is_named(tiny_models, changes: dict, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        responses_of(tiny_models, DesignProblem(**{"target": {"HEX": 1.0}, **changes}))


def test_other_coefficients_and_numbers_are_refused(tiny_models: KineticModels) -> None:
    problem, control = DesignProblem({"HEX": 1.0}), control_coefficients(tiny_models)
    other = replace(control, fluxes=control.fluxes[::-1])
    with pytest.raises(ParameterError, match="of another network"):
        linear_responses(problem, other, tiny_models.network, tiny_models.state)
    there = replace(tiny_models.state, label="elsewhere")
    with pytest.raises(ParameterError, match="at steady state tiny, not of tiny at elsewhere"):
        linear_responses(problem, control, tiny_models.network, there)
    responses = responses_of(tiny_models, problem)
    with pytest.raises(ParameterError, match="give \\(designs, 5\\)"):
        evaluate_designs(responses, np.zeros((2, 4)))
    for call in (find_designs, lambda r: evaluate_designs(r, np.zeros(5))):
        with pytest.raises(ParameterError, match="no models"):
            call([])
    with pytest.raises(ParameterError, match="share"):
        find_designs(responses, share=0.0)
