"""Condition tables: what is read, and what is refused with file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from renaissance_kit import Network, ReactorConditions
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.simulation import Event, medium_of

HEADER = "kind,id,time_h,value,unit,source"
INOCULUM = "inoculum,,,0.05,g/L,test"


@pytest.fixture
def read(ecoli: Network, tmp_path: Path):
    """Read a table of the given rows."""

    def reading(*rows: str, header: str = HEADER) -> ReactorConditions:
        path = tmp_path / "mine.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return ReactorConditions.read(ecoli, path)

    return reading


def test_shipped_conditions(ecoli: Network) -> None:
    batch = ReactorConditions.from_folder(ecoli)
    assert batch.inoculum_gDW_L == 0.0446
    assert batch.duration_h == 60
    assert set(batch.held) == {"co2_e", "h_e", "o2_e"}
    assert batch.medium_mM["trp__L_e"] == 0.098
    assert not batch.events
    batch.check(ecoli)


def test_every_kind_of_row(read) -> None:
    got = read(
        INOCULUM, "duration,,,30,h,test", "volume,,,2,L,test", "medium,glc__D_e,,20,mM,test",
        "feed,glc__D_e,,500,mM,test", "held,o2_e,,,1,test", "inflow,,5,0.1,L/h,test",
        "outflow,,6,0.05,L/h,test", "pulse,nh4_e,7,3,mM,test", "harvest,,4,0.5,1,test",
    )  # fmt: skip
    assert (got.inoculum_gDW_L, got.duration_h, got.volume_L) == (0.05, 30, 2)
    assert (got.medium_mM, got.feed_mM) == ({"glc__D_e": 20}, {"glc__D_e": 500})
    assert got.held == ("o2_e",)
    assert got.events == (
        Event(4, "harvest", 0.5), Event(5, "inflow", 0.1), Event(6, "outflow", 0.05),
        Event(7, "pulse", 3, "nh4_e"),
    )  # fmt: skip


def test_what_is_left_out_has_defaults(read) -> None:
    got = read(INOCULUM)
    assert (got.duration_h, got.volume_L, got.medium_mM, got.events) == (60.0, 1.0, {}, ())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([INOCULUM, "medium,glc_D_e,,20,mM,test"], r"mine.csv.*3.*'glc_D_e'.*'glc__D_e'"),
        ([INOCULUM, "medium,glc__D_c,,20,mM,test"], r"mine.csv.*3.*not in the medium"),
        ([INOCULUM, "medium,glc__D_e,,20,g/L,test"], r"mine.csv.*3.*'g/L' of medium.*'mM'"),
        (["inoculum,,,50,mg/L,test"], r"mine.csv.*2.*'mg/L' of inoculum.*'g/L'"),
        ([INOCULUM, "medium,glc__D_e,,20,mM,test", "medium,glc__D_e,,30,mM,test"],
         r"mine.csv.*4.*line 3 already"),
        ([INOCULUM, INOCULUM], r"mine.csv.*3.*line 2 already"),
        (["medium,glc__D_e,,20,mM,test"], r"no row of kind 'inoculum'"),
        ([INOCULUM, "medum,glc__D_e,,20,mM,test"], r"mine.csv.*3.*did you mean 'medium'"),
        ([INOCULUM, "duration,glc__D_e,,20,h,test"], r"mine.csv.*3.*duration has no id"),
        ([INOCULUM, "medium,glc__D_e,,twenty,mM,test"], r"mine.csv.*3.*value"),
        ([INOCULUM, "medium,glc__D_e,,,mM,test"], r"mine.csv.*3.*value"),
        ([INOCULUM, "medium,glc__D_e,,-1,mM,test"], r"glc__D_e is -1.*0 or more"),
        (["inoculum,,,0,g/L,test"], r"inoculum_gDW_L is 0.*positive"),
        ([INOCULUM, "pulse,glc__D_e,,5,mM,test"], r"mine.csv.*3.*time_h"),
        ([INOCULUM, "pulse,glc__D_e,61,5,mM,test"], r"pulse at 61 h is outside"),
        ([INOCULUM, "harvest,,5,1,1,test"], r"harvest of 1.*below 1"),
        ([INOCULUM, "medium,glc__D_e,,20,mM,"], r"source"),
    ],
)  # fmt: skip
def test_what_is_refused(read, rows: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(*rows)


def test_a_missing_column_and_a_missing_file(read, ecoli: Network, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="unit"):
        read("inoculum,,,0.05,test", header="kind,id,time_h,value,source")
    with pytest.raises(DataError, match=r"nowhere\.csv"):
        ReactorConditions.read(ecoli, tmp_path / "nowhere.csv")


def test_two_pulses_at_different_times_are_not_the_same_row(read) -> None:
    got = read(INOCULUM, "pulse,nh4_e,7,3,mM,test", "pulse,nh4_e,9,3,mM,test")
    assert [e.time_h for e in got.events] == [7, 9]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"duraton_h": 5.0}, "did you mean 'duration_h'"),
        ({"duration_h": 0.0}, "duration_h is 0.0"),
        ({"volume_L": float("nan")}, "volume_L"),
        ({"medium_mM": {"glc__D_e": float("inf")}}, "glc__D_e is inf"),
        ({"feed_mM": {"glc__D_e": -1.0}}, "feed: glc__D_e is -1"),
        ({"events": (Event(1.0, "pulses", 1.0, "glc__D_e"),)}, "did you mean 'pulse'"),
        ({"events": (Event(-1.0, "inflow", 1.0),)}, "outside the simulation"),
        ({"events": (Event(1.0, "inflow", -1.0),)}, "give 0 or more"),
        ({"events": (Event(1.0, "inflow", 1.0, "glc__D_e"),)}, "a pulse names a metabolite"),
        ({"events": (Event(1.0, "pulse", 1.0),)}, "a pulse names a metabolite"),
    ],
)
def test_wrong_changes(ecoli: Network, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ReactorConditions.from_folder(ecoli).but(**changes)


def test_changes_merge_the_medium(ecoli: Network) -> None:
    batch = ReactorConditions.from_folder(ecoli)
    richer = batch.but(medium_mM={"glc__D_e": 20.0})
    assert richer.medium_mM == {**batch.medium_mM, "glc__D_e": 20.0}
    assert batch.medium_mM["glc__D_e"] == 58.5


@pytest.mark.parametrize("field", ["medium_mM", "feed_mM", "held", "pulse"])
def test_names_are_checked_against_a_network(ecoli: Network, field: str) -> None:
    batch = ReactorConditions.from_folder(ecoli)
    wrong: dict[str, Any] = {
        "medium_mM": {"medium_mM": {"glc_e": 1.0}},
        "feed_mM": {"feed_mM": {"glc_e": 1.0}},
        "held": {"held": ("glc_e",)},
        "pulse": {"events": (Event(1.0, "pulse", 1.0, "glc_e"),)},
    }[field]
    with pytest.raises(ParameterError, match=rf"{field.split('_')[0]}: 'glc_e'"):
        batch.but(**wrong).check(ecoli)


def test_medium_is_what_is_outside_the_cell(ecoli: Network) -> None:
    assert len(medium_of(ecoli)) == 21
    assert "amob_c" not in medium_of(ecoli)  # constant in a cell, but inside


def test_a_network_without_a_folder(tiny: Network) -> None:
    loose = Network(
        tiny.name, tiny.metabolites, tiny.reactions, tiny.compartments, tiny.conditions, None
    )
    with pytest.raises(DataError, match="not read from a folder"):
        ReactorConditions.from_folder(loose)
