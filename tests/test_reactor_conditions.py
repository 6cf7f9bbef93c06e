"""Condition tables: what is read, and what is refused with file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from monod import monod

from renaissance_kit import Network, ReactorConditions
from renaissance_kit.core import DataError, ParameterError
from renaissance_kit.simulation import (
    ALLOWED,
    Dilution,
    Event,
    Transfer,
    condition_names,
    medium_of,
)

HEADER = "kind,id,time_h,value,unit,source"
INOCULUM = "inoculum,,,0.05,g/L,test"
OXYGEN = "saturation,o2_e,,0.2,mM,test"


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


def test_published_conditions(ecoli: Network) -> None:
    batch = ReactorConditions.from_folder(ecoli, "published")
    assert (batch.growth_density_gDW_L, batch.exchange_density_gDW_L) == (331.5, 280)
    assert (batch.inoculum_gDW_L, batch.duration_h, batch.dilution) == (0.037, 60, Dilution.NONE)
    assert set(batch.held) == {"co2_e", "h_e"}
    assert not batch.transfer
    assert set(batch.medium_mM) == set(medium_of(ecoli))
    assert batch.medium_mM["o2_e"] == pytest.approx(140, rel=1e-2)  # as published
    batch.check(ecoli)


def test_aerated_conditions_differ_from_our_own_in_oxygen_alone(ecoli: Network) -> None:
    own, aerated = (ReactorConditions.from_folder(ecoli, name) for name in ("own", "aerated"))
    gas = aerated.transfer["o2_e"]
    assert own.with_transfer("o2_e", gas.kla_per_h, gas.saturation_mM) == aerated
    assert aerated.with_held("o2_e") == own


def test_names_of_conditions(tmp_path: Path) -> None:
    network = Network.from_folder(monod(tmp_path / "net").network.folder)
    assert condition_names(network) == ("own",)
    with pytest.raises(
        ParameterError, match=r"'publishd'.*There are own; .*bioreactor_publishd\.csv"
    ):
        ReactorConditions.from_folder(network, "publishd")
    text = "kind,id,time_h,value,unit,source\ninoculum,,,0.2,g/L,test\n"
    (tmp_path / "net" / "bioreactor_rich.csv").write_text(text, encoding="utf-8")
    assert condition_names(network) == ("own", "rich")
    assert ReactorConditions.from_folder(network, "rich").inoculum_gDW_L == 0.2
    with pytest.raises(ParameterError, match=r"did you mean 'rich'\? There are own, rich"):
        ReactorConditions.from_folder(network, "rihc")
    (tmp_path / "net" / "bioreactor.csv").unlink()
    (tmp_path / "net" / "bioreactor_rich.csv").unlink()
    with pytest.raises(DataError, match=r"bioreactor\.csv does not exist"):
        ReactorConditions.from_folder(network)


def test_every_kind_of_row(read) -> None:
    got = read(
        INOCULUM, "duration,,,30,h,test", "volume,,,2,L,test", "medium,glc__D_e,,20,mM,test",
        "feed,glc__D_e,,500,mM,test", "held,o2_e,,,1,test", "inflow,,5,0.1,L/h,test",
        "outflow,,6,0.05,L/h,test", "pulse,nh4_e,7,3,mM,test", "harvest,,4,0.5,1,test",
        "kla,co2_e,,80,1/h,test", "saturation,co2_e,,0,mM,test", "dilution,,,all,1,test",
        "growth_density,,,310,gDW/L,test", "exchange_density,,,290,gDW/L,test",
    )  # fmt: skip
    assert got.transfer == {"co2_e": Transfer(80, 0)}
    assert (got.growth_density_gDW_L, got.exchange_density_gDW_L) == (310, 290)
    assert got.dilution is Dilution.ALL
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
    assert (got.growth_density_gDW_L, got.exchange_density_gDW_L) == (None, None)
    assert (got.transfer, got.dilution) == ({}, Dilution.REPLACED)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([INOCULUM, "medium,glc_D_e,,20,mM,test"], r"mine.csv.*3.*'glc_D_e'.*'glc__D_e'"),
        ([INOCULUM, "medium,glc__D_c,,20,mM,test"], r"mine.csv.*3.*not in the medium"),
        ([INOCULUM, "medium,glc__D_e,,20,g/L,test"], r"mine.csv.*3.*'g/L' of medium.*'mM'"),
        (["inoculum,,,50,mg/L,test"], r"mine.csv.*2.*'mg/L' of inoculum.*'g/L'"),
        ([INOCULUM, "medium,glc__D_e,,20,mM,test", "medium,glc__D_e,,30,mM,test"],
         r"mine.csv.*4.*already in line 3"),
        ([INOCULUM, INOCULUM], r"mine.csv.*3.*already in line 2"),
        (["medium,glc__D_e,,20,mM,test"], r"no row of kind 'inoculum'"),
        ([INOCULUM, "medum,glc__D_e,,20,mM,test"], r"mine.csv.*3.*did you mean 'medium'"),
        ([INOCULUM, "duration,glc__D_e,,20,h,test"], r"mine.csv.*3.*duration has no id"),
        ([INOCULUM, "medium,glc__D_e,,twenty,mM,test"], r"mine.csv.*3.*value"),
        ([INOCULUM, "medium,glc__D_e,,,mM,test"], r"mine.csv.*3.*value"),
        ([INOCULUM, "medium,glc__D_e,,-1,mM,test"], r"glc__D_e\): medium is -1 mM.*0 or more"),
        (["inoculum,,,0,g/L,test"], r"mine.csv.*2.*inoculum is 0.*positive"),
        ([INOCULUM, "pulse,glc__D_e,,5,mM,test"], r"mine.csv.*3.*time_h"),
        ([INOCULUM, "pulse,glc__D_e,61,5,mM,test"], r"pulse at 61 h is outside"),
        ([INOCULUM, "harvest,,5,1,1,test"], r"mine.csv.*3.*harvest is 1; .*below 1 "),
        ([INOCULUM, "medium,glc__D_e,,20,mM,"], r"source"),
        ([INOCULUM, "kla,o2_e,,100,1/s,test"], r"mine.csv.*3.*'1/s' of kla.*'1/h'"),
        ([INOCULUM, "kla,o2_e,,100,1/h,test"], r"mine.csv.*3.*kla without saturation.*mM"),
        ([INOCULUM, "saturation,o2_e,,0.2,mM,test"], r"mine.csv.*3.*saturation without kla.*1/h"),
        ([INOCULUM, OXYGEN, "kla,o2_e,,0,1/h,test"], r"mine.csv.*4.*kla is 0 1/h.*positive"),
        ([INOCULUM, OXYGEN, "kla,o2_e,,1e5,1/h,test"], r"mine.csv.*4.*at most 10,000"),
        ([INOCULUM, "saturation,o2_e,,-1,mM,test"], r"mine.csv.*3.*saturation is -1 mM.*0 or more"),
        ([INOCULUM, OXYGEN, "kla,o2_e,,9,1/h,test", "held,o2_e,,,1,test"],
         r"mine.csv.*4.*line 5 holds o2_e"),
        ([INOCULUM, "kla,o2_c,,100,1/h,test"], r"mine.csv.*3.*'o2_c' is not in the medium"),
        ([INOCULUM, "growth_density,,,0.28,g/mL,test"],
         r"mine.csv.*3.*'g/mL' of growth_density.*'gDW/L'"),
        ([INOCULUM, "growth_density,,,0,gDW/L,test"], r"mine.csv.*3.*growth_density is 0 gDW/L"),
        ([INOCULUM, "exchange_density,,,280000,gDW/L,test"],
         r"mine.csv.*3.*exchange_density is 280000 gDW/L.*below 1,200"),
        ([INOCULUM, "exchange_density,o2_e,,280,gDW/L,test"],
         r"mine.csv.*3.*exchange_density has no id"),
        ([INOCULUM, "medium,glc__D_e,5,20,mM,test"], r"mine.csv.*3.*leave time_h empty"),
        ([INOCULUM, "held,o2_e,,7,1,test"], r"mine.csv.*3.*held has no value; leave it empty"),
        ([INOCULUM, "pulse,glc__D_e,-1,5,mM,test"], r"mine.csv.*3.*time_h holds -1; .*0 or more"),
        ([INOCULUM, "dilution,,,some,1,test"], r"mine.csv.*3.*'some'.*replaced, all, none"),
    ],
)  # fmt: skip
def test_what_is_refused(read, rows: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(*rows)


def too_large(kind: str) -> float:
    """The least value of a kind that is too large."""
    most = ALLOWED[kind].most
    return most if ALLOWED[kind].below else most * 1.001


@pytest.mark.parametrize("kind", ALLOWED)
def test_every_quantity_has_an_upper_end(read, kind: str) -> None:
    name = "o2_e" if kind in ("medium", "feed", "pulse", "kla", "saturation") else ""
    time = "5" if kind in ("inflow", "outflow", "pulse", "harvest") else ""
    rows = [f"{kind},{name},{time},{{:.9g}},{ALLOWED[kind].unit},test"]
    rows += [] if kind == "inoculum" else [INOCULUM]
    rows += {"kla": [OXYGEN], "saturation": ["kla,o2_e,,9,1/h,test"]}.get(kind, [])
    with pytest.raises(
        DataError, match=rf"mine.csv.*2\b.*: {kind} is .*; give .*{ALLOWED[kind].why}"
    ):
        read(rows[0].format(too_large(kind)), *rows[1:])
    read(rows[0].format(0.999 * ALLOWED[kind].most), *rows[1:])


@pytest.mark.parametrize(
    "changes",
    [
        {"inoculum_gDW_L": too_large("inoculum")}, {"duration_h": too_large("duration")},
        {"volume_L": too_large("volume")}, {"medium_mM": {"glc__D_e": too_large("medium")}},
        {"feed_mM": {"glc__D_e": too_large("feed")}},
        {"growth_density_gDW_L": too_large("growth_density")},
        {"exchange_density_gDW_L": too_large("exchange_density")},
        *({"events": (Event(1.0, kind, too_large(kind), m),)}
          for kind, m in (("inflow", ""), ("outflow", ""), ("harvest", ""), ("pulse", "o2_e"))),
    ],
)  # fmt: skip
def test_arguments_have_the_same_ends(ecoli: Network, changes: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"give .*(below|at most) "):
        ReactorConditions.from_folder(ecoli).but(**changes)
    for kla, saturation in ((too_large("kla"), 0.2), (9.0, too_large("saturation"))):
        with pytest.raises(ParameterError, match=r"give .* at most "):
            Transfer(kla, saturation)


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
        ({"duration_h": 0.0}, "duration is 0 h; give a positive number"),
        ({"growth_density_gDW_L": -1.0}, "growth_density is -1 gDW/L"),
        ({"exchange_density_gDW_L": float("nan")}, "exchange_density is nan"),
        ({"transfer": {"o2_e": Transfer(100.0, 0.2)}}, "o2_e is held and exchanged"),
        ({"dilution": "some"}, "replaced, all, none"),
        ({"volume_L": float("nan")}, "volume is nan"),
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


def test_three_ways_to_supply_a_metabolite(ecoli: Network) -> None:
    batch = ReactorConditions.from_folder(ecoli)
    finite = batch.with_finite("o2_e", 140.0)
    assert finite.medium_mM["o2_e"] == 140.0
    assert "o2_e" not in finite.held
    gas = finite.with_transfer("o2_e", 100.0, 0.2)
    assert gas.transfer == {"o2_e": Transfer(100.0, 0.2)}
    assert "o2_e" not in {*gas.held, *gas.medium_mM}  # the fresh medium is saturated
    assert gas.with_held("o2_e") == batch
    assert gas.with_finite("o2_e", 140.0) == finite
    for kla, saturation, message in ((0.0, 0.2, "kla is 0"), (9.0, -1.0, "saturation is -1")):
        with pytest.raises(ParameterError, match=message):
            batch.with_transfer("o2_e", kla, saturation)


@pytest.mark.parametrize("field", ["medium_mM", "feed_mM", "held", "pulse", "transfer"])
def test_names_are_checked_against_a_network(ecoli: Network, field: str) -> None:
    batch = ReactorConditions.from_folder(ecoli)
    wrong: dict[str, Any] = {
        "medium_mM": {"medium_mM": {"glc_e": 1.0}},
        "feed_mM": {"feed_mM": {"glc_e": 1.0}},
        "held": {"held": ("glc_e",)},
        "transfer": {"transfer": {"glc_e": Transfer(1.0, 1.0)}},
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
