"""Measured Michaelis constants: reading, averaging, conflicts, outliers and selections."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from km_rows import HEADER, frame, in_mM
from scipy import stats

from renaissance_kit import (
    KMMeasurements,
    KMRanges,
)
from renaissance_kit.core import ParameterError
from renaissance_kit.km import KMCriteria


@pytest.fixture(scope="module")
def raw(ecoli):
    """The shipped table as pandas alone reads it."""
    table = pd.read_csv(ecoli.folder / "km_measurements.csv")
    return table.assign(name=table.reaction + ":" + table.metabolite)


# --- averages ------------------------------------------------------------------------------


def test_geometric_mean_of_different_units_by_hand(write_km):
    """(0.001 · 0.01 · 0.1 · 1)^(1/4) = 10^-1.5, ± 20 %."""
    measured = write_km(
        f"{HEADER}\nHEX,atp_c,1000,nM,a\nHEX,atp_c,10,µM,b\nHEX,atp_c,1e-4,M,c\n"
        "HEX,atp_c,1,mM,d\nPGI,g6p_c,50,uM,e\nPGI,f6p_c,3,μM,f\n"
    )
    ranges = measured.ranges()
    mean = 10**-1.5
    assert list(ranges) == ["HEX:atp_c", "PGI:g6p_c", "PGI:f6p_c"]
    assert ranges["HEX:atp_c"] == pytest.approx((0.8 * mean, 1.2 * mean), rel=1e-14)
    assert ranges["PGI:g6p_c"] == pytest.approx((0.04, 0.06), rel=1e-14)
    assert ranges["PGI:f6p_c"] == pytest.approx((0.0024, 0.0036), rel=1e-14)


@pytest.mark.parametrize(
    ("average", "tolerance", "low", "high"),
    [
        ("geometric", 0.5, 1.0, 3.0),  # (1 · 1 · 2 · 8)^(1/4) = 2
        ("median", 0.1, 0.9 * 2**0.5, 1.1 * 2**0.5),  # between 1 and 2 on the logarithmic scale
        ("interval", 0.25, 0.75, 10.0),
    ],
)
def test_choices_of_average_and_tolerance(tiny, average, tolerance, low, high):
    measured = KMMeasurements.of(tiny, in_mM(1, 8, 1, 2))
    found = measured.ranges(tolerance, average)["HEX:atp_c"]
    assert found == pytest.approx((low, high), rel=1e-14)


def test_the_interval_reaches_to_the_ends_that_rows_give(tiny):
    table = in_mM(0.2, 0.5, low_uM=[100, None], high_mM=[0.7, None])
    measured = KMMeasurements.of(tiny, table)
    assert measured.ranges(0.5, "interval")["HEX:atp_c"] == pytest.approx((0.05, 1.05))
    assert measured.ranges(0.5)["HEX:atp_c"] == pytest.approx((0.5 * 0.1**0.5, 1.5 * 0.1**0.5))


def test_shipped_means_are_those_of_pandas_and_scipy(shipped_km, raw):
    used = raw[(raw.distinct == 1) & raw.flag.isna()].groupby("name").km_mM
    mean = used.apply(stats.gmean)
    summary = shipped_km.summary()
    there = summary[summary.n_distinct > 0]
    assert set(there.index) == set(mean.index)
    for column, expected in {
        "geometric_mean_mM": mean,
        "n_distinct": used.size(),
        "min_mM": used.min(),
        "max_mM": used.max(),
        "spread_factor": used.max() / used.min(),
        "range_low_mM": 0.8 * mean,
        "range_high_mM": 1.2 * mean,
    }.items():
        np.testing.assert_allclose(there[column], expected[there.index], rtol=1e-12)
    assert (summary.n == raw.groupby("name").size()[summary.index]).all()
    assert (summary.n_flagged == raw.groupby("name").flag.count()[summary.index]).all()
    median = raw[(raw.distinct == 1) & raw.flag.isna()].groupby("name").km_mM.median()
    odd = there[there.n_distinct % 2 == 1]
    np.testing.assert_allclose(odd.median_mM, median[odd.index], rtol=1e-12)


def test_every_shipped_row_is_read_and_counted(shipped_km, raw, ecoli):
    assert len(shipped_km) == len(raw)
    assert shipped_km.names == tuple(n for n in ecoli.km_names if n in shipped_km.ranges())
    for m, row in zip(shipped_km.measurements, raw.itertuples(), strict=True):
        assert (m.name, m.value_mM, m.source) == (row.name, row.km_mM, row.source)
        assert m.place == f"km_measurements.csv, line {row.Index + 2}"
        assert m.used == (row.distinct == 1 and pd.isna(row.flag))
        assert m.low_mM == (row.km_mM if pd.isna(row.low_mM) else row.low_mM)
    table = shipped_km.table
    pd.testing.assert_series_equal(table.value_mM, raw.km_mM, check_names=False)
    assert {"pH", "temperature_C", "database", "note", "licence"} < set(table.columns)
    assert "km_mM" not in table.columns


def test_a_table_and_its_file_say_the_same(ecoli, shipped_km, raw):
    again = KMMeasurements.of(ecoli, raw.drop(columns="name"))
    assert again.ranges() == shipped_km.ranges()
    numeric = [c for c in shipped_km.summary().columns if c != "remarks"]  # which name the file
    pd.testing.assert_frame_equal(again.summary()[numeric], shipped_km.summary()[numeric])


# --- what counts ---------------------------------------------------------------------------


def test_copies_and_flagged_rows_do_not_count(tiny):
    table = in_mM(1, 100, 4, distinct=[1, 0, 1], flag=["", "", ""])
    assert KMMeasurements.of(tiny, table).summary().geometric_mean_mM.item() == pytest.approx(2)
    table = in_mM(1, 100, 4, distinct=[True, True, True], flag=["", "a mutant", None])
    measured = KMMeasurements.of(tiny, table)
    assert measured.summary().geometric_mean_mM.item() == pytest.approx(2)
    assert measured.summary().n_flagged.item() == 1


def test_without_a_column_distinct_a_value_counts_once_for_each_source(tiny):
    rows = [
        ("HEX", "atp_c", 100, "uM", "Smith 1999", "pH 7"),
        ("HEX", "atp_c", 0.1, "mM", "Smith 1999", "pH 8"),
        ("HEX", "atp_c", 0.1, "mM", "Jones 2001", "pH 8"),
        ("HEX", "atp_c", 0.8, "mM", "Smith 1999", "pH 7"),
    ]
    measured = KMMeasurements.of(tiny, frame(*rows, more=["note"]))
    assert [m.distinct for m in measured.measurements] == [True, False, True, True]
    assert measured.summary().geometric_mean_mM.item() == pytest.approx(0.2)


def test_a_copy_of_a_flagged_row_counts_in_its_stead(tiny):
    table = in_mM(1, 1, flag=["typed in twice", ""]).assign(source="one assay")
    assert KMMeasurements.of(tiny, table).names == ("HEX:atp_c",)


def test_flagged_values_can_be_used_and_the_source_says_so(shipped_km):
    assert "MDH:nad_c" not in shipped_km.ranges()
    with_it = shipped_km.with_flagged("MDH:nad_c")
    low, high = with_it.ranges()["MDH:nad_c"]
    assert (low, high) == pytest.approx((0.8 * 0.00087, 1.2 * 0.00087))
    assert "used although flagged: suspect" in with_it.ranges()["MDH:nad_c"].source
    assert set(with_it.names) - set(shipped_km.names) == {"MDH:nad_c"}
    assert len(shipped_km.with_flagged().names) == len(shipped_km.all_names)


# --- what is reported ----------------------------------------------------------------------


def test_conflict_is_the_largest_over_the_smallest(tiny):
    measured = KMMeasurements.of(tiny, in_mM(0.1, 0.5))
    assert not measured.summary().conflict.item()
    summary = measured.summary(criteria=KMCriteria(conflict_factor=4.9))
    assert summary.conflict.item()
    assert summary.remarks.item() == "conflict: measurements differ 5-fold"


def test_outliers_follow_the_median_absolute_deviation(tiny):
    """log10 values with deviations 0.3, 0.6 and 2.4 from the median, by scipy."""
    values = np.array([0.1, 0.2, 0.4, 0.8, 100.0])
    logs = np.log10(values)
    scale = stats.median_abs_deviation(logs, scale="normal")
    expected = np.abs(logs - np.median(logs)) / scale
    np.testing.assert_allclose(KMCriteria().scores(values), expected, rtol=1e-4)
    measured = KMMeasurements.of(tiny, in_mM(*values))
    found = measured.outliers()
    assert found.value_mM.tolist() == [100]
    assert found.place.tolist() == ["the data frame, row 4"]
    np.testing.assert_allclose(found.outlier_score, expected[-1], rtol=1e-4)
    assert measured.summary().n_outliers.item() == 1
    assert "outlier: 100 mM (the data frame, row 4)" in measured.summary().remarks.item()
    assert measured.outliers(KMCriteria(outlier_score=6.0)).empty


def test_a_value_above_every_pool_is_an_outlier_even_alone(tiny):
    measured = KMMeasurements.of(tiny, in_mM(1060.0))
    assert measured.outliers().outlier_score.tolist() == [np.inf]
    assert "outlier: 1060 mM (the data frame, row 0)" in measured.summary().remarks.item()
    assert measured.outliers(KMCriteria(greatest_mM=2000.0)).empty


def test_unit_errors_of_the_shipped_table_are_kept_but_not_used(shipped_km):
    """No value above 100 mM is used; the three that stand alone keep number and source."""
    assert max(m.value_mM for m in shipped_km.measurements if m.used) <= 100.0
    errors = [m for m in shipped_km.measurements if m.flag.startswith("unit error")]
    assert {m.name: m.value_mM for m in errors} == {
        "ALCD2x:nadh_c": 1200.0, "ALCD2x:nad_c": 1060.0, "TYRTA:34hpp_c": 580.0
    }  # fmt: skip
    assert all("BRENDA" in m.source for m in errors)
    assert not {m.name for m in errors} & set(shipped_km.ranges())
    again = shipped_km.with_flagged("TYRTA:34hpp_c")
    assert again.ranges()["TYRTA:34hpp_c"] == pytest.approx((464.0, 696.0))


def test_the_usual_scatter_is_no_outlier(tiny):
    """Two equal values have no deviation; a third 3 times higher is within 3.5 · 0.15 decades."""
    assert KMMeasurements.of(tiny, in_mM(1, 1, 3)).outliers().empty
    assert KMMeasurements.of(tiny, in_mM(1, 1, 4)).outliers().value_mM.tolist() == [4]
    strict = KMCriteria(least_deviation_log10=0.1)
    assert KMMeasurements.of(tiny, in_mM(1, 1, 3)).outliers(strict).value_mM.tolist() == [3]


def test_of_two_values_none_lies_apart(tiny):
    assert KMMeasurements.of(tiny, in_mM(0.001, 100)).outliers().empty


def test_flagged_values_and_copies_are_no_outliers(tiny):
    table = in_mM(1, 1.1, 1.2, 500, flag=["", "", "", "other isozyme"])
    assert KMMeasurements.of(tiny, table).outliers().empty


@pytest.mark.parametrize(
    ("value", "outside"), [(0.0014, True), (0.01, False), (16.0, False), (18.0, True)]
)
def test_a_range_outside_the_bounds_is_allowed_and_reported(tiny, value, outside):
    """Bounds are 0.0013 to 20 mM, and the range is ± 20 %."""
    measured = KMMeasurements.of(tiny, in_mM(value))
    row = measured.summary().loc["HEX:atp_c"]
    assert row.outside_bounds == outside
    assert ("range leaves the bounds of 0.0013 to 20 mM" in row.remarks) == outside
    ranges = KMRanges.of(tiny, fixed=measured.ranges())
    i = tiny.km_index["HEX:atp_c"]
    assert (ranges.low_mM[i], ranges.high_mM[i]) == measured.ranges()["HEX:atp_c"]
    assert not measured.summary(tolerance=1e-3).outside_bounds.item()


def test_a_constant_that_influences_no_rate_is_reported(ecoli):
    """The products of irreversible reactions."""
    reaction = next(
        r for r in map(ecoli.reactions.get, ecoli.kinetic_reactions)
        if r.rate_law == "irreversible_michaelis_menten" and r.products
    )  # fmt: skip
    substrate, product = reaction.substrates[0][0], reaction.products[0][0]
    rows = [(reaction.id, m, 1.0, "mM", "assay") for m in (substrate, product)]
    summary = KMMeasurements.of(ecoli, frame(*rows)).summary()
    assert summary.influential[f"{reaction.id}:{substrate}"]
    assert not summary.influential[f"{reaction.id}:{product}"]
    assert "influences no rate" in summary.remarks[f"{reaction.id}:{product}"]


def test_a_constant_without_a_value_that_is_used_is_reported(shipped_km):
    row = shipped_km.summary().loc["MDH:oaa_c"]
    assert (row.n, row.n_flagged, row.n_distinct) == (3, 3, 0)
    assert np.isnan(row.geometric_mean_mM)
    assert np.isnan(row.range_low_mM)
    assert row.remarks == "not used: every distinct measurement is flagged"


@pytest.mark.parametrize(
    "change",
    [
        {"conflict_factor": 1.0},
        {"conflict_factor": np.nan},
        {"outlier_score": 0.0},
        {"least_deviation_log10": 0.0},
        {"least_deviation_log10": np.inf},
        {"least_measurements": 2},
    ],
)
def test_criteria_out_of_range(change):
    with pytest.raises(ParameterError, match=f"{next(iter(change))} is "):
        KMCriteria(**change)


# --- parts ---------------------------------------------------------------------------------


def test_selections(shipped_km, ecoli):
    cycle = shipped_km.select(subsystem="Citric Acid Cycle")
    assert cycle.names == tuple(
        n for n in shipped_km.names
        if ecoli.reactions[n.split(":")[0]].subsystem == "Citric Acid Cycle"
    )  # fmt: skip
    two = shipped_km.select(reactions=["CS", "PGI"])
    assert {m.name for m in two.measurements} == {
        "CS:oaa_c",
        "CS:accoa_c",
        "PGI:g6p_c",
        "PGI:f6p_c",
    }
    assert two.select(subsystem="Citric Acid Cycle").names == ("CS:oaa_c", "CS:accoa_c")
    assert shipped_km.select(subsystem="Citric Acid Cycle", reactions="CS").names == (
        "CS:oaa_c",
        "CS:accoa_c",
    )
    assert shipped_km.select(names="CS:oaa_c").names == ("CS:oaa_c",)
    assert shipped_km.select(names="CS:oaa_c").ranges() == {
        "CS:oaa_c": shipped_km.ranges()["CS:oaa_c"]
    }


def test_leaving_one_out_leaves_the_others_as_they_are(shipped_km):
    left = shipped_km.drop("CS:oaa_c").ranges()
    assert left == {k: v for k, v in shipped_km.ranges().items() if k != "CS:oaa_c"}
    assert shipped_km.drop("CS:oaa_c", "CS:accoa_c").select(reactions="PGI").names == (
        "PGI:g6p_c",
        "PGI:f6p_c",
    )


def test_nothing_may_be_left(tiny):
    nothing = KMMeasurements.of(tiny, in_mM(1)).drop("HEX:atp_c")
    assert nothing.ranges() == {}
    assert nothing.summary().empty
    assert nothing.table.empty
    assert nothing.outliers().empty
    assert not KMRanges.of(tiny, fixed=nothing.ranges()).fixed.any()


def test_random_parts_follow_the_generator(shipped_km):
    cycle = shipped_km.select(subsystem="Citric Acid Cycle")
    first, second = (cycle.sample(5, np.random.default_rng(3)) for _ in range(2))
    assert first == second
    assert len(first.names) == 5
    assert set(first.names) < set(cycle.names)
    rng = np.random.default_rng(4)
    drawn = {cycle.sample(5, rng).names for _ in range(10)}
    assert len(drawn) > 1
    assert cycle.sample(len(cycle.names), rng).names == cycle.names


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ({"reactions": "HEX2"}, "'HEX2' is no reaction; did you mean 'HEX1'"),
        ({"subsystem": "Citric acid"}, "'Citric acid' is no subsystem; did you mean 'Citric Acid"),
        (
            {"names": "CS:cit_c"},
            "'CS:cit_c' is no measured constant; did you mean .*ACONTa:cit_c.*all_names",
        ),
        ({"reactions": "GROWTH"}, "no measurement is left; widen the selection"),
        ({"names": "CS:oaa_c", "reactions": "PGI"}, "no measurement is left"),
    ],
)
def test_selections_that_are_none(shipped_km, select, message):
    with pytest.raises(ParameterError, match=message):
        shipped_km.select(**select)


def test_dropping_or_drawing_what_is_not_there(shipped_km):
    with pytest.raises(ParameterError, match="'CS:oaa' is no measured constant; did you mean"):
        shipped_km.drop("CS:oaa")
    for n in (0, len(shipped_km.names) + 1):
        with pytest.raises(ParameterError, match=f"asked for {n} constants; give 1 to"):
            shipped_km.sample(n, np.random.default_rng(1))


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -0.2, 20, np.nan])
def test_tolerances_that_leave_no_positive_range(shipped_km, tolerance):
    with pytest.raises(ParameterError, match=r"tolerance is .*give a share between 0 and 1"):
        shipped_km.ranges(tolerance)


def test_an_unknown_average(shipped_km):
    with pytest.raises(ParameterError, match="average is 'mean'; choose one of geometric, median"):
        shipped_km.summary(average="mean")
