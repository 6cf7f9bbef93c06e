"""Damaged, misspelt and mixed-up files are refused with a clear error, or read as what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing.campaign import Campaign, all_subjects
from fuzzing.oracle import Expect, Meaning, Outcome, Verdict, judge, same, unclear
from fuzzing.tables import Column, Table, Wrong, grid, identifier, number, positive, text, within
from patience import PATIENCE_S

import renaissance_kit
from renaissance_kit.core import DataError, data_folder

ROOT = Path(__file__).resolve().parents[1]
COUNT, SEED = 300, 1
UNCLEAR = 0.01  # share of the cases that may end in an error which helps nobody


@pytest.mark.slow
def test_no_changed_file_is_read_wrongly_without_a_word(tmp_path: Path) -> None:
    """In a process of its own, which a crash of a library cannot end. ``make fuzz`` takes more."""
    run = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzzing", "--count", str(COUNT), "--seed", str(SEED),
            "--keep", str(tmp_path),
        ],
        capture_output=True, text=True, timeout=PATIENCE_S, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    total = re.search(r"^\| all +\|(.*)\|$", run.stdout, re.MULTILINE)
    assert total, run.stderr
    counts = dict(zip(Outcome, map(int, total[1].split("|")), strict=True))
    assert sum(counts.values()) == COUNT
    assert counts[Outcome.SILENT] == 0, run.stdout
    assert counts[Outcome.UNCLEAR] <= UNCLEAR * COUNT, run.stdout


def test_a_case_follows_from_seed_and_number(tmp_path: Path) -> None:
    names = ["tiny/reactions.csv", "own/km_plain.csv"]
    one, two = Campaign(tmp_path / "one", names), Campaign(tmp_path / "two", names)
    assert one.trial(6, 3).mutant == two.trial(6, 3).mutant != one.trial(8, 3).mutant
    assert one.case(6, 3).outcome == two.case(6, 3).outcome


def test_every_table_is_among_the_subjects(tmp_path: Path) -> None:
    subjects = {Path(name).stem for name in all_subjects(tmp_path) if name.endswith(".csv")}
    folders = [*data_folder().iterdir(), *(ROOT / "tests" / "data").iterdir()]
    tables = {path.stem for folder in folders for path in folder.glob("*.csv")}
    assert tables <= subjects


def test_every_class_that_reads_a_file_is_among_the_subjects() -> None:
    """A new kind of file needs a subject, and then its name here.

    Files of other programs carry no checksum; the tests of the room ``formats`` damage them.
    """
    found = set()
    package = Path(renaissance_kit.__file__).parent
    for path in sorted(set(package.rglob("*.py")) - set(package.glob("formats/*.py"))):
        name = None
        for line in path.read_text(encoding="utf-8").splitlines():
            name = match[1] if (match := re.match(r"class (\w+)", line)) else name
            if line == f"class {name}(Labelled):" or re.match(
                r"    def (load|read)\(\s*cls|    def (load|read)\($", line
            ):
                found.add(name)
    assert found == {
        "Labelled", "SteadyStates", "KineticEnsemble", "Survey", "UnbiasedModels",
        "PerturbationResult", "BioreactorResult", "ConditionalGenerator", "KMMeasurements",
        "EnzymeCapacities", "ReactorConditions", "FigureFile", "NotebookRun", "Decisions",
        "Request", "Phenotypes", "Expression", "Proteins", "Turnovers",
    }  # fmt: skip


# --- the oracle itself -----------------------------------------------------------------------

TABLE = Table(
    (
        Column("id", identifier, filled=True), Column("value", positive(10), filled=True),
        Column("low", number(0, 10)), Column("high", number(0, 10)),
        Column("flag", text, needed=False), Column("source", text, filled=True, used=False),
    ),
    key=("id",), row=lambda cells: within(cells, "value", "low", "high"),
)  # fmt: skip
PLAIN = """id,value,low,high,flag,source
a,1,0.5,2,,me
b,2,,,odd,"you, 1984"
"""


@pytest.mark.parametrize(
    ("old", "new", "expect"),
    [
        ("a,1,", "a,1.0,", Expect.EQUAL), ("a,1,", " a , 1 ,", Expect.EQUAL),
        ("you, 1984", "he, 1984", Expect.EQUAL), ("\n", "\r\n", Expect.EQUAL),
        ("id,value", "\ufeffid,value", Expect.EQUAL), ("\n", ",,\n", Expect.EQUAL),
        ("id,value", "sep=,\nid,value", Expect.EQUAL), ("\n", "\n\n", Expect.EQUAL),
        ("a,1,", "a,1.5,", Expect.DIFFER), ("odd", "", Expect.DIFFER),
        ("b,2", "c,2", Expect.DIFFER), ("a,1,", "a,,", Expect.FAIL),
        ("a,1,", "a,1_5,", Expect.FAIL), ("a,1,", "a,١,", Expect.FAIL),
        ("a,1,", "a,nan,", Expect.FAIL), ("a,1,", "a,-1,", Expect.FAIL),
        ("a,1,", "a,11,", Expect.FAIL), ("a,1,", "a,3,", Expect.FAIL),
        ('a,1,', 'a,"1,5",', Expect.FAIL), ("b,2", "a,2", Expect.FAIL),
        ("b,2", "b c,2", Expect.FAIL),
        ("flag", "Flag", Expect.FAIL), ("low", "low_mM", Expect.FAIL), ("low", "high", Expect.FAIL),
        (",me", "", Expect.FAIL), ("a,1", '"a,1', Expect.FAIL), (",", ";", Expect.FAIL),
        ("me", "m\ne", Expect.FAIL), ("me", '"m\ne"', Expect.FAIL), (PLAIN, "", Expect.FAIL),
        ("a,1,0.5,2,,me\nb,2,,,odd,\"you, 1984\"\n", "", Expect.FAIL),
    ],
)  # fmt: skip
def test_what_a_change_of_a_table_must_do(old: str, new: str, expect: Expect) -> None:
    changed = PLAIN.replace(old, new)
    assert changed != PLAIN
    assert TABLE.verdict(PLAIN.encode(), changed.encode()).expect is expect


def test_changed_rows_are_counted() -> None:
    verdict = TABLE.verdict(PLAIN.encode(), (PLAIN + "c,3,,,,me\n").replace("odd", "").encode())
    assert (verdict.added, verdict.gone) == (2, 1)
    with pytest.raises(Wrong, match="not UTF-8"):
        grid("é".encode("latin-1"))


BEFORE = Meaning([("a", 1.0), ("b", 2.0)], {"n": 2})
LESS = Meaning([("a", 1.0)], {"n": 1})
PLACED = DataError("x.csv, line 2: column value holds '1_5'; write a plain number")


@pytest.mark.parametrize(
    ("expect", "error", "meaning", "outcome"),
    [
        (Expect.FAIL, PLACED, None, Outcome.CLEAR),
        (Expect.EQUAL, PLACED, None, Outcome.NEEDLESS),
        (Expect.DIFFER, PLACED, None, Outcome.CLEAR),
        (Expect.FAIL, KeyError("x.csv"), None, Outcome.UNCLEAR),
        (Expect.FAIL, DataError("column value is wrong; write a number"), None, Outcome.UNCLEAR),
        (Expect.FAIL, DataError("x.csv: it does not work"), None, Outcome.UNCLEAR),
        (Expect.FAIL, None, BEFORE, Outcome.SILENT),
        (Expect.EQUAL, None, BEFORE, Outcome.SAME),
        (Expect.EQUAL, None, LESS, Outcome.SILENT),
        (Expect.FAIL_OR_EQUAL, None, LESS, Outcome.SILENT),
        (Expect.DIFFER, None, LESS, Outcome.DIFFERENT),
    ],
)
def test_outcomes(expect, error, meaning, outcome) -> None:
    verdict = Verdict(expect, "a test")
    assert judge(verdict, error, meaning, BEFORE, ["x.csv"])[0] is outcome


def test_a_lost_row_and_an_ignored_change_are_wrong() -> None:
    def of(added: int, gone: int, meaning: Meaning) -> Outcome:
        verdict = Verdict(Expect.DIFFER, "a test", added, gone)
        return judge(verdict, None, meaning, BEFORE, [])[0]

    changed = Meaning([("a", 1.5), ("b", 2.0)], {"n": 2})
    assert of(1, 1, changed) is Outcome.DIFFERENT
    assert of(1, 1, LESS) is Outcome.SILENT
    assert of(1, 1, BEFORE) is Outcome.SILENT


def test_sameness_and_clearness() -> None:
    nan = float("nan")
    assert same({"a": [1.0, nan, "x"]}, {"a": [1.0 + 1e-12, nan, "x"]})
    assert not same({"a": 1.0}, {"a": 1.001})
    assert not same([1, True], [1, 1])
    assert not unclear(PLACED, ["x.csv"])
    assert "no place" in unclear(PLACED, ["y.csv"])
