"""Tables for spreadsheets: no cell, column or row name can be a formula; numbers stay."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from renaissance_kit import Network, studies
from renaissance_kit.core import plain_cell, write_csv

ROOT = Path(__file__).resolve().parents[1]
FORMULAS = [
    '=HYPERLINK("https://example.org")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,2)",
    " =1+1",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "-",
    "-atp_c",
]
PLAIN = ["-2.5", "+1e-3", "-.5", "atp_c", "ACONTa:cit_c", "3pg_c", "a=b", "−2.5, −4", "", "5 %"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str, tmp_path: Path) -> None:
    plain = "'" + text.replace("\r", " ")
    assert plain_cell(text) == plain
    table = pd.DataFrame({text: [1.5, 2.5], "id": [text, "b"]}, index=pd.Index([text, "x"]))
    table["kind"] = pd.Categorical([text, "b"])
    write_csv(tmp_path / "a.csv", table, index=True)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    assert rows[0] == ["", plain, "id", "kind"]
    assert rows[1] == [plain, "1.5", plain, plain]


@pytest.mark.parametrize("text", PLAIN)
def test_numbers_and_names_stay(text: str) -> None:
    assert plain_cell(text) == text


def test_a_table_without_formulas_is_as_pandas_writes_it(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "id": ["a", "b,c", 'd"e'],
            "x": [-1.5, np.nan, -np.inf],
            "n": [1, -2, 3],
            "flag": [True, False, True],
            "many": pd.array([1, None, -3], dtype="Int64"),
        }
    )
    write_csv(tmp_path / "new" / "a.csv", table)
    assert (tmp_path / "new" / "a.csv").read_text(encoding="utf-8") == table.to_csv(index=False)
    write_csv(tmp_path / "a.csv", table.iloc[:0])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "id,x,n,flag,many\n"


def test_claims_have_minus_signs(tiny: Network) -> None:
    rows = [("C4", "median λmax", "-0.783, -4.17", "1e-05 to -2", True)]
    (claim,) = studies.claims_table(tiny, rows).to_dict("records")
    assert (claim["here"], claim["spread"]) == ("−0.783, −4.17", "1e-05 to −2")
    assert plain_cell(claim["here"]) == claim["here"]


def test_every_table_goes_through_the_one_writer() -> None:
    writing = re.compile(r"\.to_(csv|excel|clipboard)\(|csv\.(writer|DictWriter)\(")
    sources = [*(ROOT / "renaissance_kit").rglob("*.py"), *(ROOT / "notebooks").rglob("*.py")]
    found = {path.name for path in sources if writing.search(path.read_text(encoding="utf-8"))}
    assert found == {"sheets.py"}
