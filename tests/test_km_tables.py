"""Measured Michaelis constants: tables that cannot be read, and where the constants end up."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from guides import guide_blocks
from km_rows import HEADER, in_mM

from renaissance_kit import (
    Generator,
    KineticEnsemble,
    KMMeasurements,
    KMRanges,
    Network,
    Recipe,
    train,
)
from renaissance_kit.core import DataError
from renaissance_kit.km import MeasuredRange
from renaissance_kit.network import other_ids
from renaissance_kit.training import NESSettings

GUIDE = Path(__file__).parents[1] / "docs" / "own-km.md"


# --- bad tables ----------------------------------------------------------------------------

ROWS = {
    "unknown reaction": (
        "HEX2,atp_c,1,mM,x",
        r"line 3 \(HEX2:atp_c\): reaction 'HEX2' is not in tiny; did you mean 'HEX'\?",
    ),
    "lower case": ("pgi,g6p_c,1,mM,x", r"reaction 'pgi' is not in tiny; did you mean 'PGI'\?"),
    "unknown metabolite": (
        "HEX,glc__D,1,mM,x",
        r"metabolite 'glc__D' is not in tiny; here that is 'glc__D_c'.* of HEX are HEX:glc",
    ),
    "no reactant": (
        "HEX,fru_c,1,mM,x",
        "fru_c has no KM in the rate law of HEX. The constants of HEX are HEX:glc__D_c, HEX:atp_c, "
        "HEX:g6p_c, HEX:adp_c; correct or remove the row",
    ),
    "mass action": (
        "GLCt,glc__D_c,1,mM,x",
        "GLCt follows reversible_mass_action, which has no KM; remove",
    ),
    "wrong unit": ("HEX,atp_c,1,mg/L,x", r"unit 'mg/L'; write one of M, mM, uM, nM \(or µM\)"),
    "unit in capitals": ("HEX,atp_c,1,MM,x", "unit 'MM'; write one of"),
    "no unit": ("HEX,atp_c,1,,x", "unit ''; write one of"),
    "zero": ("HEX,atp_c,0,mM,x", "column value holds 0; it must be greater than 0"),
    "negative": ("HEX,atp_c,-1,mM,x", "column value holds -1; it must be greater than 0"),
    "NaN": ("HEX,atp_c,nan,mM,x", "column value holds 'nan'; write a finite number"),
    "infinite": ("HEX,atp_c,inf,mM,x", "column value holds 'inf'; write a finite number"),
    "empty": ("HEX,atp_c,,mM,x", "the value is empty; give a number, or the ends"),
    "text": (
        "HEX,atp_c,<1,mM,x",
        "column value holds '<1'; that is a limit.* range into low and high",
    ),
    "above water": ("HEX,atp_c,80,M,x", "80000 mM is no Michaelis constant.* check the unit"),
    "below 1 pM": ("HEX,atp_c,1e-7,nM,x", "1e-13 mM is no Michaelis constant"),
    "no source": ("HEX,atp_c,1,mM,", "no source; say where the row comes from"),
    "the same row": ("PGI,g6p_c,1,mM,x", r"line 3 \(PGI:g6p_c\): the same as line 2 in every"),
}


@pytest.mark.parametrize("mistake", ROWS)
def test_a_mistake_is_named_with_file_line_and_remedy(write_km, mistake):
    row, message = ROWS[mistake]
    with pytest.raises(DataError, match=message) as caught:
        write_km(f"{HEADER}\nPGI,g6p_c,1,mM,x\n{row}\n")
    assert str(caught.value).startswith("mine.csv, line 3 (")


def test_a_reaction_without_rate_law_has_no_km(write_km, ecoli):
    with pytest.raises(DataError, match=r"EX_glc__D_e has no rate law \(its role is exchange\)"):
        write_km(f"{HEADER}\nEX_glc__D_e,glc__D_e,1,mM,x\n", ecoli)


def test_mistakes_are_listed_together(write_km):
    rows = "".join(f"HEX,atp_{i},1,mM,x\n" for i in range(113))
    with pytest.raises(DataError) as caught:
        write_km(f"{HEADER}\nHEX,atp_c,1,mM,x\n{rows}")
    lines = str(caught.value).split("\n")
    assert [line.partition(" (")[0] for line in lines[:100]] == [
        f"mine.csv, line {i}" for i in range(3, 103)
    ]
    assert lines[100:] == ["and 13 more; all are in the attribute problems"]
    assert caught.value.problems[112].startswith("mine.csv, line 115 (HEX:atp_112)")
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


def test_missing_sources_are_listed_together(write_km):
    with pytest.raises(DataError) as caught:
        write_km(f"{HEADER}\nHEX,atp_c,1,mM,\nHEX,atp_c,2,mM,x\nHEX,atp_c,3,mM,\nPGI,g6p_c,1,mM,\n")
    assert [p[:16] for p in caught.value.problems] == [f"mine.csv, line {i}" for i in (2, 4, 5)]


@pytest.mark.parametrize("text", [HEADER, HEADER + "\n\n,,,,\n"])
def test_an_empty_table(write_km, text):
    with pytest.raises(DataError, match=r"mine\.csv has no rows; add some"):
        write_km(text)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "reaction,metabolite,value,source",
            "column 'value' has no unit; call it value_mM, or add",
        ),
        ("reaction,metabolite,km_mg,source", r"'km_mg' is unknown; did you mean 'km_\w*M'.*"),
        ("reaction,metabolite,km_mM,value_uM,source", "columns km_mM and value_uM say the same"),
        ("reaction,metabolite,km_mM,low,source", "column 'low' has no unit; call it low_mM"),
        ("reactions,metabolite,km_mM,source", "column 'reaction' is missing.*'reactions'"),
        ("reaction,metabolite,km_mM", "column 'source' is missing"),
        ("reaction;metabolite;km_mM;source", "line 1: cells are separated by ';'; save the table"),
    ],
)
def test_headers_that_cannot_be_read(write_km, header, message):
    with pytest.raises(DataError, match=rf"mine\.csv.*{message}"):
        write_km(header + "\n" + ("HEX" + header.count(",") * ",1"))


def test_units_that_contradict_each_other(tiny):
    table = in_mM(1, 2, unit=["mM", "uM"])
    with pytest.raises(DataError, match=r"row 1 .*km_mM is in mM, but column unit says 'uM'"):
        KMMeasurements.of(tiny, table)
    assert len(KMMeasurements.of(tiny, in_mM(1, 2, unit=["mM", ""]))) == 2


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"low_mM": 2.0}, r"km_mM 1 is not between low_mM 2\.0 and high_mM \(empty\)"),
        ({"high_uM": 900.0}, "the value 1 mM is not between low 1 and high 0.9 mM"),
        ({"low_mM": -1.0}, "column low_mM holds -1.0; it must be greater than 0"),
        ({"high_mM": 1e5}, "100000 mM is no Michaelis constant"),
        ({"distinct": 2}, "distinct is '2'; write 1 or 0$"),
        ({"distinct": ""}, "distinct must not be empty"),
        ({"km_mM": np.nan}, "the value is empty"),
        ({"km_mM": np.inf}, "column km_mM holds 'inf'"),
    ],
)
def test_bad_rows_of_a_data_frame(tiny, columns, message):
    with pytest.raises(DataError, match=rf"the data frame, row 0 \(HEX:atp_c\): .*{message}"):
        KMMeasurements.of(tiny, in_mM(1).assign(**columns))


def test_a_data_frame_with_a_column_twice(tiny):
    table = in_mM(1)
    with pytest.raises(DataError, match="the data frame: column 'km_mM' stands twice"):
        KMMeasurements.of(tiny, pd.concat([table, table.km_mM], axis=1))


def test_a_table_that_is_not_there(tiny, tmp_path):
    with pytest.raises(DataError, match=r"none\.csv does not exist; give a table with the columns"):
        KMMeasurements.read(tiny, tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"km_measurements\.csv does not exist"):
        KMMeasurements.example(tiny)
    bare = Network(tiny.name, tiny.metabolites, tiny.reactions, tiny.compartments, tiny.conditions)
    with pytest.raises(DataError, match="not read from a folder, so it has no km_measurements"):
        KMMeasurements.example(bare)


# --- into training and the ensemble --------------------------------------------------------


def test_a_measured_range_is_a_pair_with_a_source():
    pair = MeasuredRange(0.1, 0.2, "one assay")
    low, high = pair
    assert pair == (low, high) == (0.1, 0.2)
    again = pickle.loads(pickle.dumps(pair))
    assert (again, again.source) == (pair, "one assay")


def test_provenance_of_every_constant(tiny):
    measured = KMMeasurements.of(tiny, in_mM(0.1, 0.4))
    low, high = measured.ranges()["HEX:atp_c"]
    ranges = KMRanges.of(tiny, fixed={**measured.ranges(), "PGI:g6p_c": (0.1, 0.2)})
    expected = dict.fromkeys(tiny.km_names, "generated")
    assert ranges.provenance == expected | {"HEX:atp_c": "measured", "PGI:g6p_c": "fixed"}
    assert KMRanges.of(tiny).provenance == expected
    changed = KMRanges.of(tiny, fixed={"HEX:atp_c": (low / 2, high)})
    assert changed.provenance["HEX:atp_c"] == "fixed"


def test_the_ensemble_file_says_where_every_constant_comes_from(tiny, tiny_state, tmp_path):
    measured = KMMeasurements.of(tiny, in_mM(0.1, 0.4))
    ranges = KMRanges.of(tiny, fixed={**measured.ranges(), "PGI:g6p_c": (0.1, 0.11)})
    recipe = Recipe.default(tiny, generations=1, population=2, models_per_generator=2)
    training = train(
        tiny, tiny_state, seed=1, recipe=recipe.but(generator=Generator(ranges, hidden=(4,)))
    )
    training.ensemble(50, seed=2).save(tmp_path / "models.nc")
    with xr.open_dataset(tmp_path / "models.nc") as data:
        provenance = data.provenance_of_km.to_series()
        sources = data.source_of_km.to_series()
        km = data.km.sel(km_name=["HEX:atp_c", "PGI:g6p_c"]).values
    assert provenance.to_dict() == ranges.provenance
    assert sources["HEX:atp_c"] == (
        "geometric mean of 2, ± 20 %: 0.1 mM (assay 0); 0.4 mM (assay 1)"
    )
    assert (sources.drop("HEX:atp_c") == "").all()
    assert ((km > [0.8 * 0.2, 0.1]) & (km < [1.2 * 0.2, 0.11])).all()
    loaded = KineticEnsemble.load(tmp_path / "models.nc")
    assert loaded.dataset.source_of_km.sel(km_name="HEX:atp_c").item() == sources["HEX:atp_c"]
    assert json.loads(loaded.dataset.attrs["provenance"])["training_seed"] == 1


def test_ecoli_trains_with_the_shipped_measurements(ecoli, shipped_km):
    """Every range passes, those outside the bounds too, and models have KM within them."""
    fixed = shipped_km.ranges()
    ranges = KMRanges.of(ecoli, fixed=fixed)
    assert ranges.n_generated == len(ecoli.km_names) - len(fixed)
    generator = Generator(ranges, hidden=(8,))
    rng = np.random.default_rng(1)
    km = generator.sample(generator.initial_weights(rng), 200, rng)
    for name, (low, high) in fixed.items():
        drawn = km[:, ecoli.km_index[name]]
        assert low <= drawn.min() < drawn.max() <= high


# --- the guide -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_guide_runs(ecoli, tmp_path, monkeypatch, capsys):
    (table,) = guide_blocks(GUIDE, "csv")
    blocks = guide_blocks(GUIDE)
    assert len(blocks) == 10
    (tmp_path / "my_km.csv").write_text(table, encoding="utf-8")
    (tmp_path / "data").symlink_to(ecoli.folder.parent)
    monkeypatch.chdir(tmp_path)
    quick = NESSettings(generations=1, population=2, models_per_generator=2, monitor_models=0)
    names: dict = {"quick": quick}
    for block in blocks:
        block = block.replace("recipe=recipe)", "recipe=recipe.but(settings=quick))")
        block = block.replace("steps=50", "steps=1, models_per_step=3")
        block = block.replace(
            "parameters_of(run.ensemble(300, seed=9))",
            "parameters_of(run.ensemble(3, seed=9), valid_only=False)",
        )
        block = block.replace(".models(network)", ".select(np.arange(4)).models(network)")
        exec(block.replace("ensemble(1000", "ensemble(3"), names)
    printed = capsys.readouterr().out
    assert "3 measurements of 2 constants, all used" in printed
    assert "measured\ngeometric mean of 2, ± 20 %: 0.16 mM (own assay 12); 0.09 mM" in printed
    assert names["fixed"]["PFK:f6p_c"] == pytest.approx((0.8 * 0.12, 1.2 * 0.12))
    assert len(names["some"].names) == 1
    assert names["one_out"].names == ("PFK:f6p_c",)
    assert names["upper"].names == names["measured"].names
    assert set(names["blame"].index[2:]) == set(names["measured"].names)
    assert len(names["changes"]) == len(ecoli.km_names)


# --- what spreadsheets and hands leave in a table ------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sep=;\nreaction;metabolite;km_mM;source\nPFK;f6p_c;1;a\n", "separated by ';'"),
        ("reaction;metabolite;km_mM;source;a, b\nPFK;f6p_c;1;a;x\n", "separated by ';'"),
        ('reaction,metabolite,km_mM,source\nPFK,"f6p_c,1,a\nPGI,g6p_c,1,b\n', r"line 2.*quote"),
        ('reaction,metabolite,km_mM,source\nPFK,f6p_c,1,"a"b\n', r"line 2.*quote"),
        ("reaction,metabolite,km_mM,source\nPFK,f6p_c,1_5,a\n", "'1_5'; write a plain number"),
        ("reaction,metabolite,km_mM,source\nPFK,f6p_c,٣,a\n", "write a plain number"),
        ("reaction,metabolite,km_mM,source\nPFK,f6p_c,1e999,a\n", "write a finite number"),
        ("reaction,metabolite,km_mM,source,\nPFK,f6p_c,1,a,x\n", "column 5 has no name"),
        ("reaction,metabolite,km_mM,source,flag\nPFK,f6p_c,1,a,TRUE\n", r"line 2.*flag holds"),
        ("reaction,metabolite,km_mM,source\nPFK,f6p_c,1," + "a" * 200_000 + "\n", "line 2"),
    ],
)
def test_what_is_no_plain_table_is_named(
    ecoli: Network, tmp_path: Path, text: str, message: str
) -> None:
    table = tmp_path / "km.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        KMMeasurements.read(ecoli, table)


@pytest.mark.parametrize(
    "text",
    [
        "sep=,\r\nreaction,metabolite,km_mM,source\r\nPFK,f6p_c,0.16,a\r\n",
        "reaction,metabolite,km_mM,source,,,\nPFK,f6p_c,0.16,a,,,\n",
        "reaction,metabolite,km_mM,source\nPFK,f6p_c,.16,a,,\n\n,,,\n",
        'reaction,metabolite,km_mM,source\nPFK,f6p_c,1.6e-1,"a, b"\n',
        "reaction,metabolite,km_mM,source,flag\nPFK,f6p_c,.16,a,FALSE\nPFK,f6p_c,.16,b,0\n",
        "reaction,metabolite,km_mM,low_mM,high_mM,source\nPFK,f6p_c,,0.08,0.32,a\n",
        "reaction,metabolite,value,low,high,unit,source\nPFK,f6p_c,,80,320,uM,a\n",
        "reaction,metabolite,km_uM,low_mM,source,note_strain\nPFK,f6p_c,160,0.1,a,K-12\n",
    ],
)
def test_what_a_spreadsheet_adds_does_no_harm(ecoli: Network, tmp_path: Path, text: str) -> None:
    table = tmp_path / "km.csv"
    table.write_text(text, encoding="utf-8")
    found = KMMeasurements.read(ecoli, table)
    assert found.names == ("PFK:f6p_c",)
    assert found.summary().geometric_mean_mM.tolist() == pytest.approx([0.16])


@pytest.mark.parametrize(
    ("reaction", "metabolite", "here"),
    [
        ("PFK", "C00085", "here that is 'f6p_c'."),
        ("PFK", "kegg:C00085", "here that is 'f6p_c'."),
        ("PFK", "MNXM89621", "here that is 'f6p_c'."),
        ("PFK", "cpd00072", "here that is 'f6p_c'."),
        ("PFK", "D-Fructose 6-phosphate", "here that is 'f6p_c'."),
        ("PFK", "f6p", "here that is 'f6p_c'."),
        ("PFK", "C00022", "here that is 'pyr_c'"),
        ("2.7.1.11", "f6p_c", "here that is 'PFK' or 'PFK_3'."),
        ("EC 2.7.1.11", "f6p_c", "here that is 'PFK' or 'PFK_3'."),
        ("MNXR102507", "f6p_c", "here that is 'PFK'."),
    ],
)
def test_names_of_databases_are_answered_with_the_name_here(ecoli, reaction, metabolite, here):
    frame = pd.DataFrame(
        {"reaction": [reaction], "metabolite": [metabolite], "km_mM": [0.1], "source": ["x"]}
    )
    with pytest.raises(DataError) as caught:
        KMMeasurements.of(ecoli, frame)
    assert here in str(caught.value)


def test_a_table_of_ids_with_a_mistake_is_named(ecoli, tmp_path):
    folder = tmp_path / "net"
    shutil.copytree(ecoli.folder, folder, ignore=shutil.ignore_patterns("*.nc"))
    text = (folder / "ids.csv").read_text(encoding="utf-8")
    (folder / "ids.csv").write_text(text + "pfruk,KEGG,C1,me\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"ids\.csv, line \d+ \(pfruk\): 'pfruk' is unknown"):
        other_ids(Network.from_folder(folder))


def mutants(**columns):
    return pd.DataFrame(
        {"reaction": ["PGI"] * 2, "metabolite": ["g6p_c"] * 2, "km_mM": [0.2, 5.0],
         "source": ["a", "b"], **columns}
    )  # fmt: skip


def test_mutants_and_wild_type_are_not_averaged(tiny):
    """A column tells them apart; where only a remark does, it is asked for."""
    told = KMMeasurements.of(tiny, mutants(variant=["wild type", "R72A"]))
    assert told.ranges().keys() == {"PGI:g6p_c"}
    assert told.summary().geometric_mean_mM["PGI:g6p_c"] == pytest.approx(0.2)
    assert told.measurements[1].flag == "variant R72A"
    for column in ("note", "note_commentary", "kind"):
        with pytest.raises(DataError, match=rf"row 1 .*{column} speaks of a mutant; .*variant"):
            KMMeasurements.of(tiny, mutants(**{column: ["", "mutant R72A"]}))
    both = mutants(note=["", "no mutant"], variant=["", "wt"])
    assert KMMeasurements.of(tiny, both).summary().n_distinct["PGI:g6p_c"] == 2
    flagged = mutants(note=["", "mutant R72A"], flag=["", "not the wild type"])
    assert KMMeasurements.of(tiny, flagged).summary().n_distinct["PGI:g6p_c"] == 1
