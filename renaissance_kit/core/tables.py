"""Reading data tables: every complaint names the file, the line and the remedy."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from renaissance_kit.core.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TERM = re.compile(
    r"^(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?[0-9]+)?)\s+)?(?P<name>[A-Za-z0-9_]+)$"
)
_ELEMENT = re.compile(r"([A-Z][a-z]?)(\d*)")


@dataclass(frozen=True)
class Row(Mapping[str, str]):
    """One line of a table, which knows where it stands.

    Attributes:
        counted: what ``line`` counts: lines of a file, or rows of a data frame.
    """

    cells: Mapping[str, str]
    file: str
    line: int
    counted: str = "line"

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    def error(self, message: str) -> DataError:
        """Return (not raise) an error that starts with the place of this row."""
        cells = self.cells
        label = cells.get("id") or cells.get("quantity") or ""
        if cells.get("reaction") and cells.get("metabolite"):
            label = f"{cells['reaction']}:{cells['metabolite']}"
        return DataError(f"{self.place}{f' ({label})' if label else ''}: {message}")

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}, {self.counted} {self.line}"

    def number(self, column: str, *, positive: bool = False) -> float:
        """The number in a column; NaN where the cell is empty.

        Raises:
            DataError: the cell is not a finite number, or not positive where it must be.
        """
        text = self.cells[column].strip()
        if not text:
            return math.nan
        if not _NUMBER.fullmatch(text):
            kind = "finite" if re.fullmatch("[+-]?(nan|inf|infinity)", text.lower()) else "plain"
            raise self.error(f"column {column} holds {text!r}; write a {kind} number")
        value = float(text)
        if not math.isfinite(value):
            raise self.error(f"column {column} holds {text!r}; write a finite number")
        if positive and value <= 0:
            raise self.error(f"column {column} holds {text}; it must be greater than 0")
        return value

    def required_number(self, column: str, *, positive: bool = False) -> float:
        """As `number`, but an empty cell is an error."""
        value = self.number(column, positive=positive)
        if math.isnan(value):
            raise self.error(f"column {column} is empty; give a number")
        return value


def read_table(
    path: Path, columns: Sequence[str], *, key: str | Sequence[str] | None = None
) -> list[Row]:
    """Read a UTF-8 CSV table that must have the given columns.

    Units are part of the column names (``value_mM``), so a column without its unit is missing.

    Args:
        path: the file.
        columns: names of the columns that must be there; others are kept. Where ``source`` is
            among them, every row must have one.
        key: a column, or several, whose values together must be unique.

    Raises:
        DataError: file, column or source missing, not UTF-8, a ragged line, or a duplicate key.
    """
    path = path.expanduser()
    if not path.is_file():
        raise DataError(f"{path} does not exist; the data folder needs a table {path.name}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}, line {line}: not UTF-8 text; save the table as 'CSV UTF-8'"
        ) from error
    lines = _lines(text, path.name)
    first, header = lines[0] if lines else (1, [])
    separator = max(";\t", key=header[0].count) if header else ";"
    if header and header[0].count(separator) >= max(1, len(header) - 1):
        raise DataError(
            f"{path.name}, line {first}: cells are separated by {separator!r}; save the table with "
            "commas between cells and points in numbers"
        )
    while header and not header[-1] and not any("".join(c[len(header) - 1 :]) for _, c in lines):
        header = header[:-1]  # what a spreadsheet adds on the right
    _check_header(header, columns, path.name, f"{path.name}, line {first}")
    rows = []
    for number, cells in lines[1:]:
        while len(cells) > len(header) and not cells[-1]:
            cells = cells[:-1]
        if len(cells) != len(header):
            raise DataError(
                f"{path.name}, line {number}: {len(cells)} cells for {len(header)} columns; quote "
                "cells that contain commas"
            )
        rows.append(Row(dict(zip(header, cells, strict=True)), path.name, number))
    _check_rows(rows, columns, key)
    return rows


def _lines(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty, without what a spreadsheet puts before.

    Raises:
        DataError: a quote that is not closed in its line, or a cell that is too long.
    """
    separator = re.match(r"sep=(.)[ \t]*\r?\n", text, re.IGNORECASE)
    if separator and separator[1] != ",":
        raise DataError(
            f"{file}, line 1: cells are separated by {separator[1]!r}; save the table with commas "
            "between cells and points in numbers"
        )
    found = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begun = 1
    try:
        for cells in reader:
            if reader.line_num > begun:
                raise DataError(
                    f"{file}, line {begun}: a quote opens a cell that goes on in the next line; "
                    "close the quote or remove it"
                )
            if any(cell.strip() for cell in cells) and not (separator and begun == 1):
                found.append((begun, [cell.strip() for cell in cells]))
            begun = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{file}, line {begun}: cannot be read as cells ({error}); look for a stray or missing "
            "quote there"
        ) from error
    return found


def rows_of(frame: pd.DataFrame, columns: Sequence[str]) -> list[Row]:
    """As `read_table`, for a pandas table; rows are counted from 0 in its order."""
    header = [str(name).strip() for name in frame.columns]
    file = "the data frame"
    _check_header(header, columns, file, file)
    filled = frame.astype(object)
    filled[frame.isna()] = None
    rows = [
        Row(dict(zip(header, map(_text, values), strict=True)), file, i, "row")
        for i, values in enumerate(filled.itertuples(index=False, name=None))
    ]
    _check_rows(rows, columns, None)
    return rows


def _text(value: object) -> str:
    """A cell of a data frame as it would stand in a file."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return repr(float(value))
    return str(value).strip()


def _check_header(header: Sequence[str], columns: Sequence[str], file: str, first: str) -> None:
    for column in header:
        if not column:
            raise DataError(f"{first}: column {header.index(column) + 1} has no name; name it")
        if header.count(column) > 1:
            raise DataError(f"{first}: column {column!r} stands twice; rename one")
    for column in columns:
        if column not in header:
            raise DataError(
                f"{file}: column {column!r} is missing (units are part of the column "
                f"names){nearest(column, header)}"
            )


def _check_rows(
    rows: Sequence[Row], columns: Sequence[str], key: str | Sequence[str] | None
) -> None:
    keys = [key] if isinstance(key, str) else list(key or ())
    if keys:
        seen: dict[tuple[str, ...], int] = {}
        for row in rows:
            value = tuple(row[k] for k in keys)
            if not all(value):
                raise row.error(f"{' and '.join(keys)} must not be empty")
            if value in seen:
                raise row.error(
                    f"{' '.join(value)} stands already in {row.counted} {seen[value]}; remove one "
                    "of the two"
                )
            seen[value] = row.line
    missing = [row for row in rows if "source" in columns and not row["source"]]
    if missing:
        first, *others = missing
        also = f" (as in {first.counted} {', '.join(str(r.line) for r in others)})"
        raise first.error(f"no source; say where the row comes from{also if others else ''}")


def parse_terms(text: str, row: Row, known: Iterable[str]) -> tuple[tuple[str, float], ...]:
    """Parse ``"2 adp_c + pi_c"`` into ``(("adp_c", 2.0), ("pi_c", 1.0))``.

    Raises:
        DataError: a term that is not ``number metabolite``, an unknown metabolite, one given
            twice, or a coefficient that is not positive.
    """
    known = set(known)
    terms: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(" + "))):
        match = _TERM.match(part)
        if not match:
            raise row.error(f"cannot read the term {part!r}; write '2 adp_c' or 'adp_c'")
        name, coefficient = match["name"], float(match["number"] or 1)
        if name not in known:
            raise row.error(f"metabolite {name!r} is not in metabolites.csv{nearest(name, known)}")
        if name in terms:
            raise row.error(f"metabolite {name!r} stands twice on one side; add the coefficients")
        if coefficient <= 0:
            raise row.error(f"the coefficient of {name} is {coefficient:g}; it must be positive")
        terms[name] = coefficient
    return tuple(terms.items())


def parse_formula(formula: str, row: Row) -> dict[str, int]:
    """Parse ``"C6H12O6"`` into ``{"C": 6, "H": 12, "O": 6}``.

    Raises:
        DataError: anything but element symbols and counts.
    """
    if not re.fullmatch(r"(?:[A-Z][a-z]?\d*)+", formula):
        raise row.error(f"cannot read the formula {formula!r}; write element symbols and counts")
    counts: dict[str, int] = {}
    for element, count in _ELEMENT.findall(formula):
        counts[element] = counts.get(element, 0) + int(count or 1)
    return counts
