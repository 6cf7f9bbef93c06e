"""Every description of a table, tried in the same way: what it does not allow is refused."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from table_rows import DATA, TABLES, cases, rows_of, shipped, written

from renaissance_kit.core import Column, DataError, Kind, Table, number_of

PACKAGE = Path(importlib.import_module("renaissance_kit").__file__ or "").parent
INFINITE = {float("inf"), -float("inf")}


def bounded(column: Column) -> bool:
    """Whether a column has a range."""
    return bool({column.least, column.most, column.above} - INFINITE)


@pytest.fixture
def spoil(tmp_path: Path) -> Callable[..., str]:
    """Complaint about a table with changed rows, the same of a file and of a data frame."""

    def complaint(table: Table, rows: list[dict[str, str]]) -> str:
        path = written(rows, tmp_path / "mine.csv")
        with pytest.raises(DataError) as of_file:
            table.read(path)
        with pytest.raises(DataError) as of_frame:
            table.of(pd.DataFrame(rows, dtype=object))
        plain = re.sub(r"mine\.csv(, line 1(?=:))?", "the data frame", str(of_file.value))
        lines = re.sub(r"line (\d+)", lambda m: f"row {int(m[1]) - 2}", plain)
        assert lines == str(of_frame.value)
        return str(of_file.value)

    return complaint


# --- the descriptions themselves -------------------------------------------------------------


def test_every_shipped_table_has_a_description_and_is_read_by_it() -> None:
    for path in sorted(DATA.glob("*/*.csv")):
        name = re.sub("^(bioreactor|regulation)_.*", r"\1.csv", path.name)
        assert TABLES[name].read(path), path


def test_no_other_reader_of_tables_is_in_the_package() -> None:
    reading = re.compile(r"csv\.reader|csv\.DictReader|read_csv|genfromtxt|loadtxt")
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if reading.search(path.read_text(encoding="utf-8"))
    }
    # the gallery shows tables that we wrote, and the writer reads what it is about to write
    assert found == {"core/cells.py", "cli/results.py", "core/sheets.py"}


def test_the_readme_names_every_column_of_every_table() -> None:
    parts = re.split(r"^## ", (DATA / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = {part.partition("\n")[0]: part for part in parts[1:]}
    for name, table in TABLES.items():
        titles = [title for title in sections if re.search(rf"\b{re.escape(name)}", title)]
        if shipped(name) is None:
            continue
        assert len(titles) == 1, name
        text = sections[titles[0]]
        files = [path.read_text(encoding="utf-8") for path in DATA.glob(f"*/{name}")]
        headers = {column for file in files for column in file.partition("\n")[0].split(",")}
        for column in headers | {c.name for c in table.columns if not c.optional}:
            described = table.column(column)
            shown = described.name if described is not None and described.like else column
            word = rf"(?<![A-Za-z_]){re.escape(shown)}(?![A-Za-z_])"
            assert re.search(word, text), (name, column)


def test_the_guides_name_every_column_of_what_users_bring() -> None:
    guides = {
        "km_measurements.csv": "own-km.md",
        "a table of enzymes": "own-kcat.md",
        "a table of phenotypes": "own-objective.md",
        "expression.csv": "omics.md",
        "a table of proteins": "omics.md",
        "a table of turnover numbers": "omics.md",
    }
    for name, guide in guides.items():
        text = (DATA.parent / "docs" / guide).read_text(encoding="utf-8")
        for column in TABLES[name].columns:
            stem = re.sub("_(M|mM|uM|nM)$", "", column.name)
            assert stem in text, (name, column.name)


def test_every_number_has_both_ends() -> None:
    """A digit too many is a slip that no reader could tell from a true value."""
    elsewhere = {  # whose ends depend on the kind of the row, or on its unit
        ("conditions.csv", "value"), ("conditions.csv", "low"), ("conditions.csv", "high"),
    }  # fmt: skip
    open_ended = {
        (name, column.name)
        for name, table in TABLES.items()
        for column in table.columns
        if column.kind in (Kind.NUMBER, Kind.NUMBERS)
        and {column.most, max(column.least, column.above)} & INFINITE
    }
    assert {at for at in open_ended if at[0] != "km_measurements.csv"} == elsewhere


@pytest.mark.parametrize("name", TABLES)
def test_a_description_makes_sense(name: str) -> None:
    table = TABLES[name]
    names = [c.name for c in table.columns]
    assert len(set(names)) == len(names)
    assert {"source"} <= set(names) or name in (
        "figures.csv",
        "decisions.csv",
        "a list of regulation",
    )
    groups = [*table.one_of, *table.at_most_one_of, *table.ranges, table.key]
    assert {n for group in groups for n in group if n} <= set(names)
    for column in table.columns:
        assert not bounded(column) or column.kind in (Kind.NUMBER, Kind.NUMBERS), column.name
        assert not column.like or re.fullmatch(column.like, column.name)


# --- mistakes, one kind after the other ------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_an_unknown_column(name: str, spoil: Callable[..., str]) -> None:
    table = TABLES[name]
    optional = [c.name for c in table.columns if c.optional and not c.like and not c.beside]
    known = table.columns[-1].name
    for meant in [*optional, known]:
        for misspelt in (meant.capitalize(), f"{meant}_", f"{meant[:-1]}x" * (len(meant) > 3)):
            if not misspelt or table.column(misspelt) is not None:
                continue
            rows = rows_of(table)
            for row in rows:
                row[misspelt] = row.pop(meant, "1")
            message = spoil(table, rows)
            assert f"mine.csv, line 1: column {misspelt!r} is unknown; did you mean" in message
            assert f"'{meant}'" in message
            assert f"note_{misspelt}" in message


@pytest.mark.parametrize("name", TABLES)
def test_remarks_are_for_everyone(name: str, tmp_path: Path) -> None:
    table = TABLES[name]
    rows = [row | {"note": "mine", "note_strain": "K-12, \u00e4"} for row in rows_of(table)]
    assert len(table.read(written(rows, tmp_path / "mine.csv"))) == len(rows)
    assert len(table.of(pd.DataFrame(rows))) == len(rows)


@pytest.mark.parametrize(("name", "column"), cases(lambda c: not c.optional))
def test_a_missing_column(name: str, column: str, spoil: Callable[..., str]) -> None:
    rows = [{k: v for k, v in row.items() if k != column} for row in rows_of(TABLES[name])]
    assert f"mine.csv: column {column!r} is missing" in spoil(TABLES[name], rows)


@pytest.mark.parametrize(("name", "column"), cases(lambda c: c.filled))
def test_an_empty_cell(name: str, column: str, spoil: Callable[..., str]) -> None:
    rows = rows_of(TABLES[name])
    rows[-1][column] = "  "
    message = spoil(TABLES[name], rows)
    assert message.startswith(f"mine.csv, line {len(rows) + 1}")
    assert ("no source" if column == "source" else column) in message


NO_NUMBERS = ("1_5", "\u0663", "0,5", "nan", "1e999", "0x10", "one", "1 2", "True")


@pytest.mark.parametrize("text", NO_NUMBERS)
@pytest.mark.parametrize(("name", "column"), cases(lambda c: c.kind in (Kind.NUMBER, Kind.NUMBERS)))
def test_what_is_no_number(name: str, column: str, text: str, spoil: Callable[..., str]) -> None:
    rows = rows_of(TABLES[name])
    rows[0][column] = text
    assert re.match(
        rf"mine\.csv, line 2\b.*{column} holds '{text}'; write|.*cannot read '{text}': ",
        spoil(TABLES[name], rows),
    )


@pytest.mark.parametrize(
    ("name", "column"),
    cases(bounded),
)
def test_a_number_out_of_its_range(name: str, column: str, spoil: Callable[..., str]) -> None:
    described = TABLES[name].column(column)
    assert described is not None
    for value in {described.least - 1, described.above, described.most + 1} - INFINITE:
        rows = rows_of(TABLES[name])
        rows[0][column] = f"{value:.17g}"
        message = spoil(TABLES[name], rows)
        assert re.match(rf"mine\.csv, line 2\b.*column {column} holds .*; it must be ", message)


@pytest.mark.parametrize(("name", "column"), cases(lambda c: bool(c.words)))
def test_a_word_that_is_not_known(name: str, column: str, spoil: Callable[..., str]) -> None:
    rows = rows_of(TABLES[name])
    described = TABLES[name].column(column)
    assert described is not None
    right = next(w for w in described.words if w)
    rows[0][column] = right + "x"
    assert re.match(
        rf"mine\.csv, line 2\b.*{column} is '{right}x'.*Choose one of ", spoil(TABLES[name], rows)
    )


@pytest.mark.parametrize(("name", "column"), cases(lambda c: c.kind is Kind.FLAG))
def test_yes_and_no(name: str, column: str, spoil: Callable[..., str]) -> None:
    table, rows = TABLES[name], rows_of(TABLES[name])
    for text, expected in (("1", True), ("TRUE", True), ("0", False), ("False", False)):
        rows[0][column] = text
        assert table.of(pd.DataFrame(rows))[0].flag(column) is expected
    frame = pd.DataFrame(rows).assign(**{column: True})
    assert table.of(frame)[0].flag(column)
    rows[0][column] = "x"
    assert f"{column} is 'x'; write 1 or 0" in spoil(table, rows)


@pytest.mark.parametrize(
    ("name", "names"), [(t, names) for t, table in TABLES.items() for names in table.ranges]
)
def test_a_value_outside_its_ends(name: str, names: tuple[str, str, str]) -> None:
    table = TABLES[name]
    low, value, high = names
    rows = [dict(rows_of(table)[0])]
    if name == "km_measurements.csv":
        rows = [{"reaction": "PFK", "metabolite": "f6p_c", "source": "x", "unit": "mM", value: ""}]
    for ends in ((7.0, 8.0, 9.0), (7.0, 9.0, 8.0), (8.0, 7.0, 9.0)):
        numbers = {n: f"{x:g}" for n, x in zip(names, ends, strict=True) if n}
        frame = pd.DataFrame([rows[0] | numbers])
        if ends[1] == 8.0 or (not value and ends[0] < ends[2]):
            assert table.of(frame)
            continue
        with pytest.raises(DataError, match=rf"row 0.*{value or low} .*{high}"):
            table.of(frame)
    frame = pd.DataFrame([rows[0] | {n: x for n, x in ((low, "9"), (high, "8"), (value, "")) if n}])
    with pytest.raises(DataError, match=rf"{low} 9 is above {high} 8; exchange|{value} is empty"):
        table.of(frame)


@pytest.mark.parametrize("name", [t for t, table in TABLES.items() if table.key])
def test_two_rows_of_the_same_thing(name: str, spoil: Callable[..., str]) -> None:
    table, rows = TABLES[name], rows_of(TABLES[name])
    rows.append(dict(rows[0]))
    for column in table.key:
        described = table.column(column)
        if described is not None and described.numeric and rows[0][column]:
            rows[-1][column] = f"{float(rows[0][column]):.3f}"  # 0 and 0.000 are the same time
    message = spoil(table, rows)
    assert re.match(rf"mine\.csv, line {len(rows) + 1}\b.*stands already in line 2; ", message)
    assert message.endswith(table.twice)


@pytest.mark.parametrize(
    "name", [t for t, table in TABLES.items() if not table.key and not table.repeats]
)
def test_the_same_row_twice(name: str, spoil: Callable[..., str]) -> None:
    rows = rows_of(TABLES[name])
    message = spoil(TABLES[name], [*rows, dict(rows[0])])
    assert re.match(
        rf"mine\.csv, line {len(rows) + 2}\b.*the same as line 2 in every column", message
    )


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_rows(name: str, tmp_path: Path) -> None:
    table = TABLES[name]
    header = ",".join(rows_of(table)[0])
    for text in (header, header + "\n\n,,,\n", f"sep=,\n{header}\n"):
        (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"mine\.csv has no rows; add some"):
            table.read(tmp_path / "mine.csv")
    (tmp_path / "mine.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.csv: column .* is missing"):
        table.read(tmp_path / "mine.csv")


@pytest.mark.parametrize("name", TABLES)
def test_lines_that_are_no_rows(name: str, tmp_path: Path) -> None:
    table = TABLES[name]
    path = written(rows_of(table)[:2], tmp_path / "mine.csv")
    good = path.read_text(encoding="utf-8")
    header, first, *_ = good.splitlines()
    for text, message in (
        (good + first + ",more\n", rf"line {good.count(chr(10)) + 1}: .* cells for .* columns"),
        (good + "x," * 70000 + "y" * 131073 + "\n", r"line \d: a cell holds more than 131,072"),
        (good + '"a,b\n' + first, r"line \d+: .*quote"),
        (good.replace(",", ";"), "line 1: cells are separated by ';'"),
        (good.replace(header, f"{header},kind,kind"), "line 1: column 'kind' stands twice"),
        (
            good + first.replace(",", ",\u200b", 1) + "\n",
            r"invisible character \(U\+200B\)",
        ),
        (good + first.replace(",", ",\x00", 1) + "\n", r"\(U\+0000\)|cannot be read as cells"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=message):
            table.read(path)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    table = TABLES["fermentation.csv"]
    rows = [row | {"time_h": str(i)} for i, row in enumerate(rows_of(table)[:6])]
    rows[0]["value"], rows[1]["time_h"], rows[2]["unit"] = "-1", "-2", "kg"
    rows[3] |= {"value": "1", "low": "0.1", "high": "0.1"}
    rows[5]["time_h"] = rows[4]["time_h"]
    with pytest.raises(DataError) as caught:
        table.read(written(rows, tmp_path / "mine.csv"))
    places = [re.match(r"mine\.csv, line (\d+)", p) for p in caught.value.problems]
    assert [int(p[1]) for p in places if p] == [2, 3, 4, 5, 7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5-2", "that is a range; write 0.5 into low, 2 into high, and a value between"),
        ("<0.01", "that is a limit and no value; write a range into low and high"),
        (
            "0.3 \u00b1 0.1",
            "write the number alone, and the ends of the interval into low",
        ),
        ("0.3 mM", "write 0.3 alone; the unit stands in"),
    ],
)
def test_what_databases_write(text: str, message: str, spoil: Callable[..., str]) -> None:
    rows = rows_of(TABLES["fermentation.csv"])
    rows[0]["value"] = text
    assert f"column value holds '{text}'; {message}" in spoil(TABLES["fermentation.csv"], rows)


@pytest.mark.parametrize("text", ["1", "-1.5", "+.5", "2.", "1e-3", "1E+3"])
def test_plain_numbers(text: str) -> None:
    assert number_of(text) == float(text)
