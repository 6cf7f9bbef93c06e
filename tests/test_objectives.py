"""Objectives: each against a truth of its own, and how they combine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from guides import guide_blocks

from renaissance_kit import (
    Generator,
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    Perturbation,
    Recipe,
    perturb,
    train,
)
from renaissance_kit.cli import trained
from renaissance_kit.core import DataError, ParameterError, Run, fingerprint
from renaissance_kit.kinetics import example_file
from renaissance_kit.network import write_tables
from renaissance_kit.objectives import (
    OBJECTIVES,
    ConstantsChanged,
    DifferentiableObjective,
    FastestDynamics,
    FitToCourses,
    Incidence,
    InhibitorPulse,
    KMPriors,
    Objective,
    Phenotype,
    Phenotypes,
    ReturnsAfter,
    Scored,
    Scores,
    SmoothIncidence,
    SoftMargin,
    all_of,
    named_objective,
    objectives_for,
)
from renaissance_kit.simulation import (
    Dynamics,
    Step,
    batch_of,
    cultivate,
    fit_of,
    measured_curves,
    measured_start,
    shift,
)
from renaissance_kit.training import trainer_of

ONE = Run(workers=1)


@pytest.fixture(scope="module")
def models(tiny, tiny_state):
    return KineticModels(tiny, tiny_state, KMRanges.of(tiny).uniform(12, np.random.default_rng(4)))


@dataclass(frozen=True)
class Fixed(Objective):
    """Says what it is told of the models whose first constant it knows; counts its models."""

    first: tuple[float, ...]
    scores: tuple[float, ...]
    met: tuple[bool, ...]
    failed: tuple[bool, ...] = ()
    name: str = "fixed"

    def evaluate(self, models, *, workers=2):
        rows = [self.first.index(k) for k in models.km_mM[:, 0].tolist()]
        failed = np.array(self.failed or (False,) * len(self.met))[rows]
        score = np.array(self.scores)[rows]
        return Scores.of(
            score, met=np.array(self.met)[rows], failed=failed, values={self.name: score},
            cost={"asked": len(rows)},
        )  # fmt: skip


# --- dynamics --------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", [Incidence(), FastestDynamics(), SmoothIncidence()], ids=repr)
def test_dynamics_are_those_of_the_spectrum(models, objective):
    spectrum = models.spectrum(threshold_per_h=-2.5)
    scores = objective.evaluate(models)
    np.testing.assert_array_equal(scores.met, spectrum.valid)
    assert objective.reward(scores) == objective(spectrum.lambda_max_per_h)
    assert scores.cost == {"spectra": 12}


@pytest.mark.parametrize(
    "objective",
    [
        SmoothIncidence(),
        SoftMargin(),
        KMPriors(("PGI:g6p_c", "HEX:atp_c"), (0.3, 0.1), (0.5, 0.7)),
        all_of(fast=SmoothIncidence(), known=KMPriors(("PGI:g6p_c",), (0.3,), (0.5,))),
    ],
    ids=["smooth", "margin", "priors", "both"],
)
def test_derivatives_are_finite_differences(models, objective):
    """Of a narrow smooth maximum, which is λmax itself where no eigenvalue is near it."""
    assert isinstance(objective, DifferentiableObjective)
    few = models.with_km(models.km_mM[:3])
    found = objective.derivative(few, tau=1e-3, workers=1)
    np.testing.assert_allclose(found.score, objective.evaluate(few).score, rtol=1e-6)
    for k in range(models.km_mM.shape[1]):
        up, down = few.km_mM.copy(), few.km_mM.copy()
        up[:, k] *= np.exp(1e-5)
        down[:, k] *= np.exp(-1e-5)
        change = objective.evaluate(few.with_km(up)).score
        change = (change - objective.evaluate(few.with_km(down)).score) / 2e-5
        np.testing.assert_allclose(found.by_log_km[:, k], change, rtol=1e-4, atol=1e-6)


# --- exactness -------------------------------------------------------------------------------


def test_changed_constants_by_hand(models):
    objective = ConstantsChanged(change=0.2, copies=4, seed=9, threshold_per_h=-200.0)
    z = np.random.default_rng(9).standard_normal((4, 10))
    scores = objective.evaluate(models)
    assert 0 < scores.share < 1
    for i in range(len(models)):
        own = models.with_km(models.km_mM[i] * np.exp(0.2 * z))
        lambda_max = own.spectrum().lambda_max_per_h
        assert scores.values["worst_copy_per_h"][i] == lambda_max.max()
        assert scores.met[i] == (lambda_max <= -200.0).all()
        expected = SmoothIncidence(partition_per_h=-200.0)(lambda_max)
        assert scores.score[i] == pytest.approx(expected, rel=1e-12)


# --- return ----------------------------------------------------------------------------------


def test_return_is_that_of_the_perturbations(models):
    settings = Perturbation(size=0.3, per_model=2, seed=3)
    drawn = [int(fingerprint(constants), 16) for constants in models.km_mM]
    result = perturb(models, settings, numbers=drawn, run=ONE)
    times = result.return_time_min(0.01).max(axis=-1)
    minutes = float(np.median(times))
    scores = ReturnsAfter(minutes=minutes, perturbation=settings).evaluate(models, workers=1)
    np.testing.assert_array_equal(scores.met, result.returned_by(minutes).all(axis=1))
    assert 0 < scores.share < 1
    expected = 1 / (1 + (times / minutes) ** 2)  # of a width of 1/2
    np.testing.assert_allclose(scores.score, expected.mean(axis=1), rtol=1e-9)
    with pytest.raises(ParameterError, match="after the end of the simulation at 600 min"):
        ReturnsAfter(minutes=700)


def test_the_return_of_a_model_does_not_depend_on_the_models_beside_it(models):
    often = np.arange(0.0, 30.0, 0.01)
    settings = Perturbation(size=0.3, per_model=2, times_min=often)
    wanted = ReturnsAfter(minutes=1, perturbation=settings)
    scores = wanted.evaluate(models, workers=1)
    some = np.arange(len(models))[::-2]
    beside_others = wanted.evaluate(models.with_km(models.km_mM[some]), workers=1)
    np.testing.assert_array_equal(beside_others.score, scores.score[some])
    assert len(np.unique(scores.score)) > len(models) / 2  # each is perturbed in a way of its own


# --- courses ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(ecoli):
    return KineticEnsemble.load(ecoli.file(example_file(ecoli))).models(ecoli)


def test_fit_is_that_of_the_bioreactor(ecoli, shipped):
    few = shipped.with_km(shipped.km_mM[:3])
    objective = FitToCourses.of(ecoli)
    curves = measured_curves(ecoli)
    result = cultivate(few, batch_of(ecoli, **measured_start(curves)), run=ONE)
    fit = fit_of(result, curves)
    scores = objective.evaluate(few, workers=1)
    np.testing.assert_array_equal(scores.met, fit.matches)
    expected = (1 / (1 + fit.goodness_of_fit**4)).mean(axis=1)  # of a width of 1/4
    np.testing.assert_allclose(scores.score, expected, rtol=1e-9)


def test_any_table_of_courses_will_do(ecoli, shipped):
    """A course that the model itself has made, also of a metabolite in the cell, is matched."""
    one = shipped.with_km(shipped.km_mM[:1])
    reactor = FitToCourses.of(ecoli).reactor
    result = cultivate(one, reactor, run=ONE)
    times = [0.0, 4.0, 8.0]
    rows = [
        ("mine", name, variable, t, float(value), "", "", unit, "made up")
        for name, variable, unit in (("X", "biomass", "g/L"), ("G6P", "g6p_c", "mM"))
        for t, value in zip(times, result.at(variable, times)[0], strict=True)
    ]
    columns = ["strain", "quantity", "variable", "time_h", "value", "low", "high", "unit", "source"]
    table = pd.DataFrame(rows, columns=columns)
    objective = FitToCourses.of(ecoli, table=table)
    again = replace(objective, reactor=reactor).evaluate(one, workers=1)
    assert again.met.all()
    assert again.values["goodness_of_fit:G6P"] == pytest.approx(0, abs=1e-6)
    table.loc[3:, "unit"] = "g/L"
    with pytest.raises(DataError, match="grams per litre are of the medium"):
        FitToCourses.of(ecoli, table=table)


# --- phenotypes ------------------------------------------------------------------------------


def test_a_knock_down_in_closed_form(tiny, models):
    """At the new steady state production equals use; both rates follow from a root by hand."""
    found = shift(models, (Step(vmax_factors={"HEX": 0.5}),), np.array([0.0, 500.0]), run=ONE)
    assert found.steady.all()
    rates = found.rates[:, -1] * models.state.fluxes_mM_h
    np.testing.assert_allclose(
        tiny.stoichiometry[: len(tiny.dynamic)] @ rates.T, 0, atol=1e-3
    )  # the balance of every metabolite
    assert (found.rates[:, -1, tiny.reaction_index["HEX"]] < 1).all()


def test_a_knock_out_stops_its_reaction(tiny, models):
    seen = Phenotypes((Phenotype("no HEX", {"HEX": 0.0}, "HEX", 0.0, 0.01),), hours=5000)
    scores = seen.evaluate(models, workers=1)
    value = scores.values["no HEX: HEX"]
    assert set(np.unique(np.nan_to_num(value))) == {0.0}
    np.testing.assert_array_equal(scores.status == Scored.FAILED, np.isnan(value))


def test_phenotypes_of_a_table(ecoli, shipped, tmp_path):
    path = tmp_path / "phenotypes.csv"
    path.write_text(
        "strain,reaction,factor,quantity,low,high,source\n"
        "down,TKT1,0.9,growth,0.5,1.5,made up\n"
        "down,TKT2,0.9,growth,0.5,1.5,made up\n",
        encoding="utf-8",
    )
    objective = Phenotypes.read(ecoli, path)
    assert objective.phenotypes[0].vmax_factors == {"TKT1": 0.9, "TKT2": 0.9}
    few = shipped.with_km(shipped.km_mM[:2])
    scores = objective.evaluate(few, workers=1)
    ratio = scores.values["down: growth"]
    assert ((ratio > 0.5) & (ratio < 1.2)).all()
    assert not (ratio == 1).any()
    for change, message in (
        ("TKT1", "TKT9"), ("growth", "grwoth"), ("0.5,1.5", "1.5,0.5"),
    ):  # fmt: skip
        spoiled = path.read_text(encoding="utf-8").replace(change, message)
        bad = tmp_path / "bad.csv"
        bad.write_text(spoiled, encoding="utf-8")
        with pytest.raises(DataError, match=r"bad.csv, line 2.*"):
            Phenotypes.read(ecoli, bad)


def test_a_flux_that_has_turned_is_not_a_small_one(ecoli, shipped):
    """With little transketolase one of these models takes phenylalanine up, twice as fast."""
    few = shipped.with_km(shipped.km_mM[KineticEnsemble.example(ecoli).valid][:2])
    seen = {
        high: Phenotypes((Phenotype("down", {"TKT1": 0.1}, "PHEtex", 0.0, high),))
        for high in (0.5, 3.0)
    }
    scores = {high: objective.evaluate(few, workers=1) for high, objective in seen.items()}
    ratio = scores[0.5].values["down: PHEtex"]
    assert 0 < ratio[0] < 0.5
    assert -3 < ratio[1] < -1
    assert scores[0.5].met.tolist() == [True, False]
    assert scores[0.5].score[1] == pytest.approx((-ratio[1] / 0.5) ** -2)
    assert scores[3.0].met.tolist() == [True, True]


def test_a_strain_of_a_table_is_one_strain(tiny, tmp_path):
    """A row that was forgotten must not make another mutant of it."""
    path = tmp_path / "phenotypes.csv"
    lines = [
        "strain,reaction,factor,quantity,low,high,source",
        "both,HEX,0.5,PGI,0.1,0.9,made up",
        "both,FRUK,0.5,PGI,0.1,0.9,made up",
        "both,HEX,0.5,FRUt,0.1,0.9,made up",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 4.*HEX × 0.5 for FRUt and HEX × 0.5, FRUK × 0.5"):
        Phenotypes.read(tiny, path)
    lines.append("both,FRUK,0.5,FRUt,0.1,0.9,made up")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [p.quantity for p in Phenotypes.read(tiny, path).phenotypes] == ["PGI", "FRUt"]


def test_two_simulators_agree_on_a_shifted_cell(models):
    """The response to a small change of one Vmax, against the derivative of the steady state."""
    network = models.network
    up, down = (
        shift(models, (Step(vmax_factors={"PGI": f}),), np.array([0.0, 300.0]), run=ONE).rates
        for f in (1.001, 0.999)
    )
    by_shift = (up[:, -1] - down[:, -1]) / 0.002
    # flux control coefficients from the Jacobian: C = I − ε L (N_R ε L)⁻¹ N_R, scaled
    j = network.reaction_index["PGI"]
    rows = [network.species_index[m] for m in network.independent]
    for i in range(len(models)):
        own = models.with_km(models.km_mM[i : i + 1])
        v = own.state.fluxes_mM_h
        n = network.stoichiometry[: len(network.dynamic)]
        elasticity = elasticities(own)
        n_r = n[rows]
        c = np.eye(len(v)) - elasticity @ network.link_matrix @ np.linalg.solve(
            n_r @ elasticity @ network.link_matrix, n_r
        )
        control = c[:, j] * v[j] / v
        np.testing.assert_allclose(by_shift[i], control, rtol=2e-3, atol=2e-4)


def elasticities(one: KineticModels) -> np.ndarray:
    """(reactions, dynamic) unscaled, by finite differences of the rates."""
    cell = Dynamics(one)
    c = cell.steady_state
    out = np.empty((len(one.network.kinetic_reactions), len(c)))
    for k in range(len(c)):
        h = 1e-6 * c[k]
        up, down = c.copy(), c.copy()
        up[k] += h
        down[k] -= h
        out[:, k] = (cell.rates_mM_h(0, up) - cell.rates_mM_h(0, down)) / (2 * h)
    return out


# --- pulse of an inhibitor -------------------------------------------------------------------


@pytest.fixture
def drugged(tiny, tiny_state, tmp_path):
    """Models of the tiny network with a drug that slows HEX; and their Ki, (models,)."""
    write_tables(tiny, tmp_path)
    for name, line in (
        ("metabolites.csv", {"id": "drug_c", "name": "drug", "compartment": "c",
                             "role": "constant", "charge": "0", "source": "made up"}),
        ("regulation.csv", {"reaction": "HEX", "metabolite": "drug_c", "kind": "inhibition",
                            "source": "made up"}),
    ):  # fmt: skip
        path = tmp_path / name
        table = pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else None
        frame = pd.DataFrame([line])
        if table is not None:
            frame = pd.concat([table, frame]).reindex(columns=table.columns).fillna("")
        frame.to_csv(path, index=False)
    network = Network.from_folder(tmp_path)
    assert network.km_names[-1] == "HEX:drug_c:Ki"
    c = dict(zip(tiny.species, tiny_state.concentrations_mM, strict=True)) | {"drug_c": 0.1}
    state = replace(
        tiny_state,
        concentrations_mM=np.array([c[name] for name in network.species]),
        network_digest=network.structure_digest,
    )
    km = KMRanges.of(network, low_mM=0.05, high_mM=5.0).uniform(5, np.random.default_rng(2))
    return KineticModels(network, state, km)


def test_a_pulse_is_a_knock_down_for_a_while(drugged):
    """Simple inhibition is a factor (1 + I₀/Ki) / (1 + I/Ki) of Vmax."""
    ki = drugged.km_mM[:, -1]
    times = np.array([0.0, 0.05, 0.1, 0.2, 0.4])
    for i in range(len(drugged)):
        one = drugged.with_km(drugged.km_mM[i : i + 1])
        by_drug = shift(one, (Step(constants_mM={"drug_c": 2.0}), Step(0.1)), times, run=ONE)
        factor = {"HEX": (1 + 0.1 / ki[i]) / (1 + 2.0 / ki[i])}
        by_enzyme = shift(one, (Step(vmax_factors=factor), Step(0.1)), times, run=ONE)
        np.testing.assert_allclose(by_drug.rates, by_enzyme.rates, rtol=1e-6)
        back = shift(one, (Step(constants_mM={"drug_c": 2.0}), Step(0.1)), np.array([0, 60.0]))
        np.testing.assert_allclose(back.rates[0, -1], 1, rtol=1e-5)


def test_the_response_to_a_pulse_is_compared_with_what_was_measured(drugged):
    times = np.array([0.0, 3.0, 6.0, 12.0])
    steps = (Step(constants_mM={"drug_c": 2.0}), Step(0.1))
    rates = shift(drugged, steps, times / 60, run=ONE).rates
    own = rates[:, 1:, drugged.network.reaction_index["PGI"]]
    error = (0.02, 0.03, 0.02)
    pulse = InhibitorPulse("drug_c", 2.0, 6.0, "PGI", (3.0, 6.0, 12.0), tuple(own[2]), error)
    scores = pulse.evaluate(drugged, workers=1)
    expected = np.sqrt((((own - own[2]) / error) ** 2).mean(axis=1))
    np.testing.assert_allclose(scores.values["goodness_of_fit"], expected, atol=1e-6)
    assert scores.met[2]
    assert scores.score[2] == 1
    with pytest.raises(ParameterError, match="regulates a reaction; did you mean 'drug_c'"):
        replace(pulse, regulator="drag_c").evaluate(drugged)
    with pytest.raises(ParameterError, match="an error for each"):
        replace(pulse, error=(0.1,))
    with pytest.raises(ParameterError, match="every measured value must be a number"):
        replace(pulse, measured=(0.9, np.nan, 0.9))


# --- measured constants ----------------------------------------------------------------------


def test_priors_in_closed_form(tiny, models):
    objective = KMPriors.of(tiny, {"PGI:g6p_c": (0.3, 0.5), "HEX:atp_c": (2.0, 1.0)}, most=1.0)
    first = np.log(models.km_mM[:, tiny.km_index["PGI:g6p_c"]] / 0.3) / 0.5
    second = np.log(models.km_mM[:, tiny.km_index["HEX:atp_c"]] / 2.0)
    scores = objective.evaluate(models)
    np.testing.assert_allclose(scores.score, np.exp(-(first**2 + second**2) / 4))
    np.testing.assert_allclose(objective.log_density(models), -(first**2 + second**2) / 2)
    np.testing.assert_array_equal(scores.met, np.maximum(abs(first), abs(second)) <= 1)
    with pytest.raises(ParameterError, match="did you mean 'PGI:g6p_c'"):
        KMPriors.of(tiny, {"PGI:g6p": (0.3, 0.5)})
    with pytest.raises(ParameterError, match="did you mean 'PGI:g6p_c'"):
        replace(objective, names=("PGI:g6p", "HEX:atp_c")).evaluate(models)
    with pytest.raises(ParameterError, match="HEX:atp_c stands twice"):
        replace(objective, names=("HEX:atp_c", "HEX:atp_c"))


# --- together --------------------------------------------------------------------------------


@pytest.fixture
def parts(models):
    """Two objectives that are told what to say of six models."""
    first = tuple(models.km_mM[:6, 0].tolist())
    cheap = Fixed(first, (0.9, 0.8, 0.2, 0.1, 0.7, 0.6), (1, 1, 0, 0, 1, 1), name="cheap")
    dear = Fixed(
        first, (1.0, 0.0, 1.0, 1.0, 0.0, 0.4), (1, 0, 1, 1, 0, 0), (0, 0, 0, 0, 1, 0), name="dear"
    )
    return models.with_km(models.km_mM[:6]), cheap, dear


def test_weights_and_verdicts(parts):
    six, cheap, dear = parts
    scores = all_of(cheap=cheap, dear=dear, weights={"cheap": 1, "dear": 3}).evaluate(six)
    np.testing.assert_allclose(
        scores.score, (np.array(cheap.scores) + 3 * np.array(dear.scores)) / 4
    )
    names = [Scored(s).name for s in scores.status]
    assert names == ["MET", "NOT_MET", "NOT_MET", "NOT_MET", "FAILED", "NOT_MET"]
    assert scores.cost == {"asked": 12}


def test_a_later_stage_is_asked_about_models_that_passed_only(parts):
    six, cheap, dear = parts
    staged = all_of(cheap=cheap, dear=dear, stages=[["cheap"], ["dear"]])
    scores = staged.evaluate(six)
    assert scores.cost == {"asked": 6 + 4}
    np.testing.assert_array_equal(np.isnan(scores.values["dear"]), [0, 0, 1, 1, 0, 0])
    np.testing.assert_allclose(scores.score, [0.95, 0.4, 0.1, 0.05, 0.35, 0.5])
    assert scores.met.tolist() == [True, False, False, False, False, False]
    nobody = replace(cheap, met=(0,) * 6)
    nothing = all_of(cheap=nobody, dear=dear, stages=[["cheap"], ["dear"]]).evaluate(six)
    assert nothing.cost == {"asked": 6}
    assert np.isnan(nothing.values["score:dear"]).all()


def test_values_of_the_same_name_are_kept_apart(parts):
    """As of two fermentations, the goodness of fit of whose biomass has one name."""
    six, cheap, dear = parts
    both = all_of(cheap=cheap, dear=replace(dear, name="cheap"), stages=[["cheap"], ["dear"]])
    values = both.evaluate(six).values
    assert list(values) == ["score:cheap", "cheap", "score:dear", "dear:cheap"]
    np.testing.assert_array_equal(values["cheap"], cheap.scores)
    np.testing.assert_array_equal(values["dear:cheap"], values["score:dear"])
    within = all_of(dear=both, other=cheap).evaluate(six)
    np.testing.assert_array_equal(within.values["score:dear"], both.evaluate(six).score)
    np.testing.assert_array_equal(within.values["dear:score:dear"], values["score:dear"])


def test_the_order_of_stages_does_not_change_who_meets_all(parts):
    six, cheap, dear = parts
    one, two, together = (
        all_of(cheap=cheap, dear=dear, stages=stages).evaluate(six).met
        for stages in ([["cheap"], ["dear"]], [["dear"], ["cheap"]], None)
    )
    assert one.tolist() == two.tolist() == together.tolist()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no objective to combine"),
        ({"a": Incidence(), "weights": {"b": 1}}, "weights: 'b' is no part"),
        ({"a": Incidence(), "b": Incidence(), "stages": [["a"]]}, "name every part once: a, b"),
        ({"a": Incidence(), "stages": [["a"], ["a"]]}, "name every part once"),
        ({"a": Incidence(), "b": Incidence(), "stages": [["a"], ["a"]]}, "name every part once"),
        ({"a": Incidence(), "weights": {"a": 0}}, "the weight of a is 0"),
        ({"a": Incidence(), "weight": {"a": 1}}, "which is no objective; write weights="),
        ({"a": Incidence}, "is no objective"),
    ],
)
def test_mistakes_in_a_combination(given, message):
    with pytest.raises(ParameterError, match=message):
        all_of(**given)


def test_every_objective_has_a_fingerprint_and_a_copy_the_same(ecoli, tiny):
    made = [
        ConstantsChanged(), FitToCourses.of(ecoli), ReturnsAfter(minutes=24.0),
        Phenotypes((Phenotype("a", {"PGI": 0.0}, "growth", 0.0, 0.1),)),
        KMPriors.of(tiny, {"PGI:g6p_c": (0.3, 0.5)}), all_of(a=Incidence(), b=SoftMargin()),
    ]  # fmt: skip
    again = [
        ConstantsChanged(), FitToCourses.of(ecoli), ReturnsAfter(minutes=24.0),
        Phenotypes((Phenotype("a", {"PGI": 0.0}, "growth", 0.0, 0.1),)),
        KMPriors.of(tiny, {"PGI:g6p_c": (0.3, 0.5)}), all_of(a=Incidence(), b=SoftMargin()),
    ]  # fmt: skip
    names = [fingerprint(objective) for objective in made]
    assert names == [fingerprint(objective) for objective in again]
    assert len(set(names)) == len(names)
    assert fingerprint(replace(made[1], threshold=2.0)) != names[1]


def test_a_model_that_takes_too_many_evaluations_fails(ecoli, shipped, models, drugged):
    """Of each kind that integrates; with the number allowed as it comes none fails."""
    course = (3.0,), (1.0,), (0.1,)
    asked = (
        (ReturnsAfter(minutes=24.0), models),
        (Phenotypes((Phenotype("half", {"HEX": 0.5}, "PGI", 0.0, 1.0),)), models),
        (FitToCourses.of(ecoli), shipped.with_km(shipped.km_mM[:2])),
        (InhibitorPulse("drug_c", 2.0, 6.0, "PGI", *course), drugged),
    )
    for objective, batch in asked:
        few = replace(objective, evaluations=5).evaluate(batch, workers=1)
        assert few.counts()["FAILED"] == len(batch), objective
        assert objective.evaluate(batch, workers=1).counts()["FAILED"] == 0, objective
        with pytest.raises(ParameterError, match="evaluations"):
            replace(objective, evaluations=0)


@dataclass(frozen=True)
class Misshapen(Objective):
    """As written in a hurry."""

    models: int | None = None
    columns: int = 0

    def evaluate(self, models, *, workers=2):
        n = len(models) if self.models is None else self.models
        score = np.full((n, self.columns) if self.columns else n, 0.5)
        return Scores.of(score, met=score > 0)


def test_every_model_has_one_score(tiny, tiny_state, models):
    for wrong, message in (
        (Misshapen(columns=1), r"score has shape \(\d+, 1\)"),
        (Misshapen(models=1), r"Misshapen gave 1 scores of \d+ models"),
    ):
        with pytest.raises(ParameterError, match=message):
            all_of(wrong=wrong, fast=Incidence()).evaluate(models)
        for recipe in (
            Recipe.by_score(tiny, wrong, steps=1, models_per_step=8),
            Recipe.default(tiny, generations=1, population=4).but(objective=wrong),
            Recipe.rekindle(tiny, samples=100, steps=1).but(objective=wrong),
        ):
            with pytest.raises(ParameterError, match=message):
                train(tiny, tiny_state, seed=1, recipe=recipe)
    with pytest.raises(ParameterError, match=r"z has shape \(2,\)"):
        Scores.of(np.zeros(3), met=np.zeros(3, bool), values={"z": np.zeros(2)})


def test_scores_as_a_table():
    scores = Scores.of(np.array([0.5, 0.1]), met=[True, False], values={"x": np.array([1.0, 2.0])})
    assert scores.table().to_dict("list") == {
        "score": [0.5, 0.1], "status": ["MET", "NOT_MET"], "x": [1.0, 2.0],
    }  # fmt: skip
    first, second = scores.split(1)
    assert (first.share, second.share) == (1.0, 0.0)


# --- by name ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OBJECTIVES)
def test_named_objectives_ask_for_valid_models_first(ecoli, shipped, name):
    two = shipped.with_km(np.stack([shipped.km_mM[0], np.full(shipped.km_mM.shape[1], 1.0)]))
    scores = named_objective(ecoli, name).evaluate(two, workers=1)
    valid = two.spectrum(threshold_per_h=-2.5).valid
    assert valid.tolist() == [True, False]
    assert scores.status[0] in (Scored.MET, Scored.NOT_MET)
    assert scores.status[1] == Scored.NOT_MET
    assert scores.score[0] > scores.score[1]


def test_a_name_that_is_unknown_or_has_no_data(tiny):
    with pytest.raises(ParameterError, match="did you mean 'exactness'"):
        named_objective(tiny, "exactnes")
    with pytest.raises(DataError, match=r"fermentation\.csv"):
        named_objective(tiny, "fermentation")
    assert "fermentation" not in objectives_for(tiny)


def test_the_command_offers_the_named_objectives():
    assert tuple(OBJECTIVES) == trained.OBJECTIVES


# --- training for them -----------------------------------------------------------------------


def test_a_search_gradient_is_the_gradient_of_the_smoothed_score(tiny, tiny_state):
    """By the weights, on average over draws, against back-propagation through the same scores."""
    recipe = Recipe.by_score(
        tiny, KMPriors.of(tiny, {"PGI:g6p_c": (0.3, 2.0)}), models_per_step=20_000, sigma=0.05
    ).but(generator=Generator(KMRanges.of(tiny), hidden=(4,)))
    by_score = trainer_of(tiny, tiny_state, recipe)
    other = Recipe.by_gradient(tiny, models_per_step=20_000)
    by_gradient = trainer_of(
        tiny, tiny_state, other.but(objective=recipe.objective, generator=recipe.generator)
    )
    start = by_score.fitness.initial_weights(np.random.default_rng(1))
    slopes = []
    for trainer in (by_score, by_gradient):
        weights = torch.tensor(start, requires_grad=True)
        trainer._loss(weights, np.random.default_rng(2)).reward.backward()
        slopes.append(weights.grad.numpy().astype(float))
    cosine = slopes[0] @ slopes[1] / np.prod([np.linalg.norm(s) for s in slopes])
    assert cosine > 0.95
    assert np.linalg.norm(slopes[0]) == pytest.approx(np.linalg.norm(slopes[1]), rel=0.1)


def test_training_for_known_constants_finds_them(tiny, tiny_state):
    objective = KMPriors.of(tiny, {"PGI:g6p_c": (1.0, 1.0), "HEX:atp_c": (5.0, 1.0)})
    recipe = Recipe.by_score(tiny, objective, steps=60, models_per_step=200, diversity=0.1)
    found = train(tiny, tiny_state, seed=1, recipe=recipe)
    assert found.history.met.iloc[0] < 0.3
    assert found.history.met.iloc[-5:].mean() > 0.6
    widths = np.log(found.km(500, np.random.default_rng(3))).std(axis=0)
    others = [i for i, n in enumerate(tiny.km_names) if n not in objective.names]
    assert widths[others].min() > 2.4  # log-uniform: 2.8
    known = [i for i, n in enumerate(tiny.km_names) if n in objective.names]
    assert widths[known].max() < 1.7


def test_the_guide_runs_as_it_is_written(tmp_path, monkeypatch):
    """With fewer steps and models."""
    monkeypatch.chdir(tmp_path)
    blocks = guide_blocks(Path(__file__).parents[1] / "docs" / "own-objective.md")
    text = "\n".join(blocks)
    small = text.replace("steps=100", "steps=3").replace("training.models(20", "training.models(4")
    assert small != text
    exec(compile(small, "own-objective.md", "exec"), {"__name__": __name__})
