"""The goodness of fit against numbers computed by hand, and which models match."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from cultivated import cultivation_result

from renaissance_kit import Network
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.objectives import FitToCourses
from renaissance_kit.simulation import (
    Fit,
    MeasuredCurve,
    Outcome,
    batch_of,
    fit_of,
    measured_curves,
    measured_start,
)
from renaissance_kit.states import MeasuredTimeCourse

TIMES = [0.0, 1.0, 2.0, 4.0]


def course(
    value, low=None, high=None, unit="g/L", times=(0.0, 1.0, 4.0), of="biomass", mass=np.nan
) -> MeasuredTimeCourse:
    value = np.array(value, dtype=float)
    return MeasuredTimeCourse(
        np.array(times), value, value if low is None else np.array(low, dtype=float),
        value if high is None else np.array(high, dtype=float), unit, "strain",
        of, mass,
    )  # fmt: skip


def test_goodness_of_fit_by_hand() -> None:
    curve = MeasuredCurve("biomass", course([1.0, 2.0, 4.0], [1, 1, 3.9], [1, 3, 4.1]))
    # u = max(half bar, 0.1 · 4): 0.4, 1.0, 0.4
    np.testing.assert_allclose(curve.uncertainty, [0.4, 1.0, 0.4])
    result = cultivation_result(TIMES, {"biomass": np.array([[1.0, 3.0, 9.0, 4.8]])})
    expected = np.sqrt((0**2 + (1 / 1.0) ** 2 + (0.8 / 0.4) ** 2) / 3)
    assert curve.goodness_of_fit(result) == pytest.approx([expected])
    assert curve.unit == "gDW/L"


def test_substances_are_converted_and_interpolated() -> None:
    glucose = MeasuredCurve(
        "glucose", course([10.0, 5.0], times=[0.0, 3.0], of="glc__D_e", mass=180.156)
    )
    assert glucose.per_state_unit == pytest.approx(0.180156)
    result = cultivation_result(
        TIMES, {"biomass": np.ones((1, 4)), "glc__D_e": np.array([[50.0, 40.0, 30.0, 10.0]])}
    )
    simulated = np.array([50 * 0.180156, 20 * 0.180156])  # at 3 h halfway between 30 and 10 mM
    np.testing.assert_allclose(glucose.simulated(result)[0], simulated)
    expected = np.sqrt(np.mean((simulated - [10, 5]) ** 2))  # u is 1 g/L at both
    assert glucose.goodness_of_fit(result) == pytest.approx([expected])
    in_mm = MeasuredCurve("acetate", course([1.0, 2.0, 3.0], unit="mM", of="ac_e"))
    assert in_mm.per_state_unit == 1.0


def test_points_after_the_end_do_not_count() -> None:
    curve = MeasuredCurve("biomass", course([1.0, 2.0, 99.0], times=[0.0, 1.0, 9.0]))
    result = cultivation_result(TIMES, {"biomass": np.array([[1.0, 2.0, 2.0, 2.0]])})
    assert curve.goodness_of_fit(result) == pytest.approx([0.0])
    late = MeasuredCurve("biomass", course([99.0], times=[9.0]))
    with pytest.raises(ParameterError, match="no measurement within"):
        late.goodness_of_fit(result)


def test_curves_that_any_simulation_would_match_or_none_are_refused(ecoli: Network) -> None:
    """The start alone matches always; without errors 0 is matched by exactly 0 or by nothing."""
    result = cultivation_result(TIMES, {"biomass": np.ones((1, 4))})
    start = MeasuredCurve("biomass", course([1.0], times=[0.0]))
    with pytest.raises(ParameterError, match=r"biomass: no measurement .* after its start"):
        start.goodness_of_fit(result)
    nothing = MeasuredCurve("biomass", course([0.0, 0.0, 0.0]))
    with pytest.raises(ParameterError, match=r"every value is 0 .*fill in low and high"):
        nothing.goodness_of_fit(result)
    with_errors = MeasuredCurve("biomass", course([0.0, 0.0, 0.0], [-1, -1, -1], [1, 1, 1]))
    assert with_errors.goodness_of_fit(result) == pytest.approx([1.0])
    table = pd.read_csv(ecoli.file("fermentation.csv"))
    with pytest.raises(ParameterError, match="biomass: no measurement"):
        FitToCourses.of(ecoli, table=table[table.time_h == 0])
    own = table.strain == table.strain[0]
    table.loc[own & (table.quantity == "anthranilate"), ["value", "low", "high"]] = 0.0
    with pytest.raises(ParameterError, match="anthranilate: every value is 0"):
        FitToCourses.of(ecoli, table=table)


@pytest.fixture
def fit() -> Fit:
    """Four models: matches both curves, one, none, and one whose integration failed."""
    biomass = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.4], [9.0] * 4, [1.0, 2.0, 3.0, 4]])
    product = np.array([[0.0, 1.0, 2.0, 2.1], [9.0] * 4, [9.0] * 4, [0.0, 1.0, np.nan, np.nan]])
    ends = [Outcome.FINISHED] * 3 + [Outcome.FAILED]
    result = cultivation_result(TIMES, {"biomass": biomass, "ac_e": product}, ends)
    curves = [
        MeasuredCurve("biomass", course([1.0, 2.0, 4.0])),
        MeasuredCurve("acetate", course([0.0, 1.0, 2.0], unit="mM", of="ac_e")),
    ]
    return fit_of(result, curves)


def test_which_models_match(fit: Fit) -> None:
    assert fit.finished.tolist() == [True, True, True, False]
    assert fit.matched.tolist() == [[True, True], [True, False], [False, False], [False, False]]
    assert fit.matches.tolist() == [True, False, False, False]
    assert fit.counts().to_dict() == {
        "did not finish": 1, "match 0 of 2": 1, "match 1 of 2": 1, "match 2 of 2": 1,
    }  # fmt: skip
    assert fit.best_first[0] == 0
    assert fit.best_first[-1] == 3
    assert np.isnan(fit.goodness_of_fit[3]).all(), "a model that did not finish matches nothing"
    assert fit.worst[3] == np.inf


def test_models_to_show(fit: Fit) -> None:
    assert fit.shown(2).tolist() == [0]  # those that match
    strict = Fit(fit.models, fit.quantities, fit.goodness_of_fit, 1e-6)
    assert not strict.matches.any()
    assert strict.shown(2).tolist() == [0, fit.best_first[1]]  # the best where none matches
    assert 3 not in strict.shown(4)


def test_the_cut_counts_as_matched() -> None:
    fit = Fit(np.arange(2), ("biomass",), np.array([[1.0], [1.0 + 1e-12]]), 1.0)
    assert fit.matches.tolist() == [True, False]


def test_table(fit: Fit) -> None:
    table = fit.table()
    assert list(table.columns) == ["model", "biomass", "acetate", "worst", "matched", "finished"]
    assert table.matched.tolist() == [2, 1, 0, 0]


def test_measured_curves_of_each_strain(ecoli: Network) -> None:
    host = measured_curves(ecoli)
    other = measured_curves(ecoli, "W3110 trpD9923/pJLaroGfbrtktA")
    assert [c.quantity for c in host] == ["biomass", "glucose", "anthranilate"]
    assert host[0].time_course.value[-1] == pytest.approx(1.3417, abs=1e-4)
    assert other[0].time_course.value[-1] == pytest.approx(0.9214, abs=1e-4)
    # glucose: half bars up to 0.67 g/L, a tenth of the largest value is 1.05
    np.testing.assert_allclose(host[1].uncertainty, 1.0543, atol=1e-4)
    widest = (host[2].time_course.high - host[2].time_course.low).max() / 2
    assert host[2].uncertainty.max() == pytest.approx(widest)


def test_start_as_measured(ecoli: Network) -> None:
    start = measured_start(measured_curves(ecoli))
    assert start["inoculum_gDW_L"] == pytest.approx(0.04456, abs=1e-5)
    assert start["medium_mM"]["glc__D_e"] == pytest.approx(58.52, abs=0.01)
    reactor = batch_of(ecoli, **start)
    assert reactor.conditions.medium_mM["nh4_e"] == 18.0
    late = MeasuredCurve("biomass", course([1.0, 2.0], times=[1.0, 2.0]))
    with pytest.raises(DataError, match="does not begin at 0 h"):
        measured_start([late])


def test_wrong_input(ecoli: Network) -> None:
    result = cultivation_result(TIMES, {"biomass": np.ones((1, 4))})
    curve = MeasuredCurve("biomass", course([1.0, 2.0, 4.0]))
    with pytest.raises(ParameterError, match="threshold is 0"):
        fit_of(result, [curve], threshold=0)
    with pytest.raises(ParameterError, match="no curve"):
        fit_of(result, [])
    with pytest.raises(ParameterError, match="share is 0"):
        MeasuredCurve("biomass", course([1.0, 2.0, 4.0]), share=0)
    with pytest.raises(DataError, match="no molar mass of ac_e in g/L"):
        MeasuredCurve("acetate", course([1.0, 2.0, 4.0], of="ac_e"))
    wrong = MeasuredCurve("biomass", course([1.0, 2.0, 4.0], unit="mM", of="biomas"))
    with pytest.raises(ParameterError, match="did you mean 'biomass'"):
        wrong.goodness_of_fit(result)
    with pytest.raises(DataError, match="no 'lactate'"):
        measured_curves(ecoli, chosen=["lactate"])
