"""Studies of cultivations: shapes, media, strains, and what limits growth by stoichiometry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cultivated import cultivation_result
from monod import BY_PRODUCT, INSIDE, SUBSTRATE, YIELD_PER_GDW, monod

from renaissance_kit import KineticModels, Network, ReactorConditions, cultivate, studies
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.simulation import (
    Bioreactor,
    Dilution,
    MeasuredCurve,
    Outcome,
    Transfer,
    batch_of,
    fit_of,
)
from renaissance_kit.states import MeasuredTimeCourse

ONE = Run(workers=1)

TIMES = np.linspace(0.0, 60.0, 121)


def curve(quantity: str, variable: str, times, values, unit="g/L") -> MeasuredCurve:
    values = np.array(values, dtype=float)
    mass = {"glc__D_e": 180.156, "anth_e": 137.138}.get(variable, np.nan)
    times = np.array(times, dtype=float)
    return MeasuredCurve(
        quantity, MeasuredTimeCourse(times, values, values, values, unit, "s", variable, mass)
    )


@pytest.fixture
def curves() -> list[MeasuredCurve]:
    at = [0.0, 8.0, 20.0, 36.0, 60.0]
    return [
        curve("biomass", "biomass", at, [0.1, 0.8, 1.0, 1.0, 1.0]),
        curve("glucose", "glc__D_e", at, [10.0, 6.0, 3.0, 2.5, 2.0]),
        curve("anthranilate", "anth_e", at, [0.0, 0.1, 0.3, 0.3, 0.3]),
    ]


def ramp(end_h: float, last: float) -> np.ndarray:
    return last * np.minimum(TIMES / end_h, 1.0)


@pytest.fixture
def result():
    """Three models; biomass doubles every hour for 3 h, glucose falls, product rises linearly."""
    biomass = np.tile(0.1 * 2 ** np.minimum(TIMES, 3.0), (3, 1))
    glucose = np.stack([60 - ramp(e, 50) for e in (20.0, 60.0, 60.0)])
    product = np.stack([ramp(e, 2.0) for e in (20.0, 40.0, 40.0)])
    biomass[2, 60:] = np.nan
    ends = [Outcome.FINISHED, Outcome.FINISHED, Outcome.OUT_OF_TIME]
    return cultivation_result(
        TIMES.tolist(), {"biomass": biomass, "glc__D_e": glucose, "anth_e": product}, ends
    )


def test_shapes_by_hand(result, curves) -> None:
    table = studies.shape_table(result, curves, early_h=8.0)
    assert list(table.index) == ["0", "1", "2", "measured"]
    assert table.growth_rate_per_h["0"] == pytest.approx(np.log(8) / 8)
    # exponential, but linear between half hours: 0.9 · 0.8 lies between 2.5 and 3 h
    low, high = 0.1 * 2**2.5, 0.8
    assert table.growth_ends_h["0"] == pytest.approx(2.5 + 0.5 * (0.72 - low) / (high - low))
    assert table.glucose_left_g_L["0"] == pytest.approx(10 * 0.180156)
    assert table.glucose_late_share["0"] == pytest.approx(0.0, abs=1e-9)
    assert table.glucose_late_share["1"] == pytest.approx(24 / 60)
    assert table.anthranilate_saturates_h[["0", "1"]].tolist() == pytest.approx([18.0, 36.0])
    assert table.loc["2"].isna().all()
    measured = table.loc["measured"]
    assert measured.growth_rate_per_h == pytest.approx(np.log(8) / 8)
    assert measured.glucose_late_share == pytest.approx(0.5 / 8)
    assert measured.anthranilate_saturates_h == pytest.approx(8 + 12 * (0.27 - 0.1) / 0.2)
    assert "anthranilate_saturates_h" not in studies.shape_table(result, curves[:2], early_h=8.0)
    with pytest.raises(ParameterError, match="no curve of the biomass"):
        studies.shape_table(result, curves[1:], early_h=8.0)


def test_tables_keep_apart_what_matches_and_what_failed(result, curves) -> None:
    fit = fit_of(result, curves, threshold=100.0)
    table = studies.time_course_table(result, fit, curves, background=5)
    assert set(table[table.group == "matching"].model) == {0, 1}
    assert 2 not in set(table.model)
    strict = fit_of(result, curves, threshold=1e-3)
    table = studies.time_course_table(result, strict, curves, best=1, background=5)
    assert table.groupby("group").model.nunique().to_dict() == {"best": 1, "other": 1}
    assert set(table.quantity) == {"biomass", "glucose", "anthranilate"}
    row = table[(table.quantity == "glucose") & (table.time_h == 0)]
    assert row.value.tolist() == pytest.approx([60 * 0.180156] * 2)
    fits = studies.goodness_of_fit_table({"valid": fit})
    assert len(fits) == 2 * 4
    assert (fits[fits.curve == "all"].goodness_of_fit.to_numpy() == fit.worst[:2]).all()
    by_cut = studies.matches_by_threshold(fit, [1e-3, 100.0])
    assert by_cut["all"].tolist() == [0, 2]
    outcomes = studies.bioreactor_outcomes(result)
    assert outcomes.set_index("outcome").models.to_dict() == {"FINISHED": 2, "OUT_OF_TIME": 1}


def test_measured_table(curves) -> None:
    table = studies.measured_table(curves)
    assert len(table) == 15
    assert table[table.quantity == "biomass"].unit.unique().tolist() == ["gDW/L"]
    assert table[table.quantity == "glucose"].uncertainty.unique() == pytest.approx([1.0])


def test_ceilings_by_stoichiometry(ecoli: Network) -> None:
    conditions = ReactorConditions.from_folder(ecoli)
    table = studies.biomass_ceilings(ecoli, conditions).set_index("what")
    assert set(table.index) == {"nitrogen", "tryptophan", "phosphorus", "carbon"}
    growth = ecoli.reactions["GROWTH"].stoichiometry
    assert table.per_gDW["tryptophan"] == pytest.approx(-growth["trp__L_c"])
    assert table.ceiling_gDW_L["tryptophan"] == pytest.approx(0.0446 + 0.098 / 0.055234)
    # nitrogen by another route: left minus right, from the equation's own terms
    atoms = {m: ecoli.metabolites[m].formula.get("N", 0) for m in growth}
    taken = sum(-n * atoms[m] for m, n in growth.items() if n < 0)
    given = sum(n * atoms[m] for m, n in growth.items() if n > 0)
    assert table.per_gDW["nitrogen"] == pytest.approx(taken - given)
    assert table.ceiling_gDW_L.is_monotonic_increasing
    richer = studies.biomass_ceilings(ecoli, conditions.but(medium_mM={"phe__L_e": 1.0}))
    assert "phenylalanine" not in set(richer.what)  # made by the strain


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> KineticModels:
    return monod(tmp_path_factory.mktemp("net") / "monod")


@pytest.fixture(scope="module")
def reactor(one: KineticModels) -> Bioreactor:
    return batch_of(one.network, dilution="all")


def test_richer_media(one: KineticModels, reactor: Bioreactor, tmp_path: Path) -> None:
    media = {"given": {}, "double": {SUBSTRATE: 2.0}}
    table = studies.changed_media(
        one, reactor, media, watched=[SUBSTRATE, BY_PRODUCT], run=Run(1, store=tmp_path)
    )
    last = table[table.time_h == 10].set_index("medium")
    gain = last.biomass - 0.1
    # the substrate is used up: 2 and 4 mM, less what cells brought and keep
    assert gain["given"] == pytest.approx(2 / YIELD_PER_GDW, rel=2e-3)
    assert gain["double"] == pytest.approx(4 / YIELD_PER_GDW, rel=2e-3)
    start = table[table.time_h == 0].set_index("medium")
    assert start[SUBSTRATE].tolist() == pytest.approx([2.0, 4.0])
    assert table.finished.all()
    assert len(list(tmp_path.glob("cultivation-*"))) == 2
    again = studies.changed_media(
        one, reactor, media, watched=[SUBSTRATE, BY_PRODUCT], run=Run(1, store=tmp_path)
    )
    assert again.equals(table)
    with pytest.raises(ParameterError, match="'glc_e'"):
        studies.changed_media(one, reactor, {"x": {"glc_e": 2.0}}, watched=[], run=ONE)


def monod_conditions(one: KineticModels) -> dict[str, Bioreactor]:
    """Two conditions that differ in everything but the feed."""
    own = batch_of(one.network, dilution="all")
    other = ReactorConditions(
        {SUBSTRATE: 3.0, BY_PRODUCT: 0.4}, 0.2, 8.0, transfer={BY_PRODUCT: Transfer(20.0, 0.4)},
        growth_density_gDW_L=331.5, exchange_density_gDW_L=280.0, dilution=Dilution.NONE,
    )  # fmt: skip
    return {"own": own, "other": Bioreactor(other)}


def test_differences_between_conditions_add_up(one: KineticModels) -> None:
    own, other = (r.conditions for r in monod_conditions(one).values())
    found = studies.differences(one.network, own, other)
    assert list(found) == [
        "medium", "D-Fructose supply", "densities", "dilution", "inoculum", "duration",
    ]  # fmt: skip
    assert found["medium"][0].medium_mM == {SUBSTRATE: 3.0, BY_PRODUCT: 0.0}
    assert found["D-Fructose supply"][0].medium_mM == {SUBSTRATE: 2.0, BY_PRODUCT: 0.4}
    assert found["D-Fructose supply"][1].transfer == {}
    assert found["inoculum"][0] == own.but(inoculum_gDW_L=0.2)
    step = own
    for name in found:
        step = studies.differences(one.network, step, other)[name][0]
    assert step == other
    assert not studies.differences(one.network, own, own)


def test_conditions_compared_at_the_same_models(one: KineticModels) -> None:
    reactors = monod_conditions(one)
    measured = [
        curve("biomass", "biomass", [0.0, 2.0, 8.0], [0.1, 0.15, 0.3]),
        curve("substrate", SUBSTRATE, [0.0, 8.0], [0.36, 0.0]),
    ]
    table = studies.conditions_table(one, reactors, measured, run=ONE)
    assert len(table) == 14 * 2
    plain = table[(table.start == "other") & (table.changed == "nothing")]
    direct = fit_of(cultivate(one, reactors["other"], run=ONE), measured)
    np.testing.assert_array_equal(plain.goodness_of_fit, direct.goodness_of_fit[0])
    summary = studies.conditions_summary(table, 1.0)
    assert summary.changed.iloc[:3].tolist() == ["nothing", "medium", "D-Fructose supply"]
    assert (summary.models == 1).all()
    assert (summary["all"] == (summary.biomass & summary.substrate)).all()
    first = summary.iloc[0]
    assert first["biomass, median"] == pytest.approx(table.goodness_of_fit[0])


def test_a_simulation_that_did_not_finish_matches_nothing() -> None:
    table = pd.DataFrame(
        {"start": "own", "changed": "nothing", "model": [0, 0, 1, 1],
         "quantity": ["biomass", "glucose"] * 2, "goodness_of_fit": [0.5, 2.0, np.nan, np.nan]}
    )  # fmt: skip
    (row,) = studies.conditions_summary(table, 1.0).to_dict("records")
    assert (row["models"], row["finished"], row["biomass"], row["all"]) == (2, 1, 1, 0)
    assert row["glucose, median"] == 2.0


def test_conditions_to_compare(ecoli: Network, one: KineticModels) -> None:
    assert studies.compared_conditions(ecoli, "aerated") == ("own", "aerated")
    assert studies.compared_conditions(one.network, "own") == ("own",)


def test_what_runs_out() -> None:
    courses = {
        "a_e": np.array([np.linspace(2, 0, 121), np.linspace(2, 0, 121), np.full(121, 2.0)]),
        "b_e": np.tile(np.linspace(0.2, 0.05, 121), (3, 1)),
        "c_e": np.tile(np.linspace(5, 4, 121), (3, 1)),
        "d_e": np.zeros((3, 121)),
        "biomass": np.ones((3, 121)),
    }
    outcome = [Outcome.FINISHED] * 3
    result = cultivation_result(TIMES, courses, outcome)
    conditions = ReactorConditions(
        {"a_e": 2.0, "c_e": 5.0, "d_e": 0.0}, 0.1, transfer={"b_e": Transfer(90.0, 0.21)}
    )
    table = studies.exhausted(result, conditions).set_index("metabolite")
    assert list(table.index) == ["a_e", "b_e"]
    assert (table.used_up["a_e"], table.of["a_e"], table.time_h["a_e"]) == (2, 3, 59.5)
    assert table.supply["b_e"] == "transfer, kLa 90 1/h"
    assert table.lowest_mM["b_e"] == pytest.approx(0.05)
    assert table.used_up["b_e"] == 0
    assert studies.exhausted(result, conditions.with_held("a_e")).metabolite.tolist() == ["b_e"]


def test_strains_are_predicted_by_their_factors(one: KineticModels, reactor: Bioreactor) -> None:
    measured = [curve("biomass", "biomass", [0.0, 2.0, 10.0], [0.1, 0.15, 0.3])]
    time_courses, fits = studies.predicted_strain(
        one, reactor, ["GROWTH"], [1.0, 2.0], measured, run=ONE
    )
    early = time_courses[time_courses.time_h == 1].set_index("factor").value
    assert early[2.0] > early[1.0]
    plain = cultivate(one, reactor, run=ONE)
    assert early[1.0] == pytest.approx(plain.at("biomass", [1.0])[0, 0])
    assert fits.factor.tolist() == [1.0, 2.0]
    assert fits.measured_last.tolist() == [0.3, 0.3]
    assert fits["last"].tolist() == pytest.approx([0.3, 0.3], abs=2e-3)
    assert fits.goodness_of_fit[0] == pytest.approx(fit_of(plain, measured).goodness_of_fit[0, 0])


def test_inside_relative_to_the_steady_state(one: KineticModels, reactor: Bioreactor) -> None:
    result = cultivate(one, reactor, run=ONE)
    fit = fit_of(result, [curve("biomass", "biomass", [0.0, 10.0], [0.1, 0.3])], threshold=10)
    table = studies.inside_table(result, fit, one, [INSIDE])
    assert table.ratio.iloc[0] == pytest.approx(1.0)
    assert set(table.group) == {"matching"}


def test_a_run_is_named_after_all_that_it_depends_on(
    one: KineticModels, reactor: Bioreactor, tmp_path: Path
) -> None:
    for models in (one, one.with_km(2 * one.km_mM)):
        for changed in (reactor, replace(reactor, vmax_factors={"GROWTH": 2.0}), reactor):
            cultivate(models, changed, run=Run(workers=1, store=tmp_path))
    assert len(list(tmp_path.glob("cultivation-*"))) == 4
