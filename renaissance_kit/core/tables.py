"""Tables: one description each, one reader that holds a file or a data frame to it.

A `Table` says which columns there are, what may stand in them and which rows are the same thing
twice. `Table.read` and `Table.of` check all of that and complain of everything at once; each
complaint names the file, the line, the column and the remedy. What concerns several tables, such as
whether a reaction exists, is checked by the reader that owns the table, with `Row.error`.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from renaissance_kit.core.cells import cells_of, unseen
from renaissance_kit.core.columns import REMARK, Column
from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.numbers import number_of

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


@dataclass(frozen=True)
class Row(Mapping[str, str]):
    """One line of a table, which knows where it stands.

    Every column of the table's description has a cell, empty where the file has no such column.

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
        text = self.cells[column]
        if not text:
            return math.nan
        try:
            value = number_of(text)
        except ValueError as error:
            raise self.error(f"column {column} holds {text!r}; {error}") from None
        if positive and value <= 0:
            raise self.error(f"column {column} holds {text}; it must be greater than 0")
        return value

    def required_number(self, column: str, *, positive: bool = False) -> float:
        """As `number`, but an empty cell is an error."""
        value = self.number(column, positive=positive)
        if math.isnan(value):
            raise self.error(f"column {column} is empty; give a number")
        return value

    def flag(self, column: str) -> bool:
        """Whether a column that says yes or no says yes."""
        return self.cells[column].lower() in ("1", "1.0", "true")


@dataclass(frozen=True)
class Table:
    """What a table may hold.

    Attributes:
        name: of the file, ``constraints.csv``, or what the table is called where any file will do.
        columns: that are known. Any table may also have remarks, columns called ``note`` or
            ``note_`` and a word, which nothing reads.
        key: columns which together say what a row is about; no two rows may agree in them. Without
            a key no two rows may agree in all columns.
        twice: what to do about two rows that do.
        repeats: whether rows may agree in all columns where there is no key: for lists of other
            programs, in which saying a thing twice changes nothing.
        ranges: columns (low, value, high) with low ≤ value ≤ high; an empty name for none.
        one_of: groups of columns that say the same in other units: one of each must be there.
        at_most_one_of: likewise, but none may be there.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    twice: str = "remove one of the two"
    repeats: bool = False
    ranges: tuple[tuple[str, str, str], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    at_most_one_of: tuple[tuple[str, ...], ...] = field(default=())

    def read(self, path: str | Path) -> list[Row]:
        """Rows of a UTF-8 CSV file.

        Raises:
            DataError: with file, line, column and remedy of everything that is wrong.
        """
        path = Path(path).expanduser()
        if not path.is_file():
            raise DataError(
                f"{path} does not exist; give a table with the columns {', '.join(self.required)}"
            )
        lines = cells_of(path)
        first, header = lines[0] if lines else (1, [])
        return self._checked(header, lines[1:], path.name, "line", f"{path.name}, line {first}")

    def read_if_there(self, folder: Path) -> list[Row]:
        """Rows of the file in a folder; none where there is no such file.

        Raises:
            DataError: as `read`, or a file in the folder has nearly this name.
        """
        if (folder / self.name).is_file():
            return self.read(folder / self.name)
        there = [p.name for p in folder.glob("*.*") if p.suffix.lower() in (".csv", ".tsv", ".txt")]
        for name in difflib.get_close_matches(self.name, there, n=1, cutoff=0.85):
            raise DataError(
                f"{folder / name}: no table of this name is read; call it {self.name}, or give it "
                "another name"
            )
        return []

    def of(self, frame: pd.DataFrame) -> list[Row]:
        """As `read`, for a pandas table; messages count its rows from 0."""
        if not hasattr(frame, "itertuples"):
            raise DataError(f"{frame!r} is no pandas table; give one, or read a file with read")
        header = [str(name).strip() for name in frame.columns]
        return self._checked(header, _lines_of(frame), "the data frame", "row", "the data frame")

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that must be there."""
        groups = [" or ".join(group) for group in self.one_of]
        return (*(c.name for c in self.columns if not c.optional), *groups)

    def column(self, name: str) -> Column | None:
        """The description of a column by the name that stands in a table."""
        found = (c for c in self.columns if c.is_called(name))
        return next(found, Column(name) if REMARK.fullmatch(name) else None)

    def _checked(
        self,
        header: Sequence[str],
        lines: Iterable[tuple[int, list[str]]],
        file: str,
        counted: str,
        place: str,
    ) -> list[Row]:
        header = [name.replace("\u00b5", "u").replace("\u03bc", "u") for name in header]
        if problems := list(self._problems_of_header(header, file, place)):
            raise DataError(*problems)
        described = {name: column for name in header if (column := self.column(name)) is not None}
        absent = {c.name: "" for c in self.columns if c.name not in header and not c.like}
        rows, problems = [], []
        for number, cells in lines:
            if len(cells) != len(header):
                problems.append(
                    f"{file}, {counted} {number}: {len(cells)} cells for {len(header)} columns; "
                    "quote cells that contain commas"
                )
                continue
            row = Row({**absent, **dict(zip(header, cells, strict=True))}, file, number, counted)
            rows.append(row)
            found = [*self._problems_of_cells(row, described)]
            problems += [str(row.error(text)) for text in found or self._problems_of_ranges(row)]
        problems += self._problems_of_keys(rows)
        if problems:
            raise DataError(*problems)
        if not rows:
            raise DataError(f"{file} has no rows; add some, or remove the table if it is optional")
        return rows

    def _problems_of_header(self, header: Sequence[str], file: str, place: str) -> Iterator[str]:
        for number, name in enumerate(header, 1):
            if not name:
                yield f"{place}: column {number} has no name; name it"
            elif name in header[: number - 1]:
                yield f"{place}: column {name!r} stands twice; rename one"
            elif self.column(name) is None:
                known = [c.name for c in self.columns if c.name not in header]
                yield (
                    f"{place}: column {name!r} is unknown{nearest(name, known)} Correct it, remove "
                    f"it, or call it note_{re.sub('[^A-Za-z0-9_]+', '_', name)} to keep it as a "
                    "remark"
                )
        for column in self.columns:
            if column.name not in header and not column.optional:
                yield (
                    f"{file}: column {column.name!r} is missing (units are part of the column "
                    f"names){nearest(column.name, header)}"
                )
            elif column.name in header and column.beside and column.beside not in header:
                yield (
                    f"{file}: column {column.name!r} has no unit; call it {column.name}_mM, or add "
                    f"a column {column.beside}"
                )
        for group in (*self.one_of, *self.at_most_one_of):
            there = [name for name in group if name in header]
            if len(there) > 1:
                yield f"{file}: columns {' and '.join(there)} say the same; keep one of them"
            elif group in self.one_of and not there:
                near = {n for name in group for n in [nearest(name, header)] if n != "."}
                yield f"{file}: no column {' or '.join(group)}; add one{min(near, default='.')}"

    def _problems_of_cells(self, row: Row, described: Mapping[str, Column]) -> Iterator[str]:
        for name, column in described.items():
            if character := unseen(row[name]):
                yield f"column {name} holds an invisible character ({character}); retype the cell"
            elif problem := column.problem(row[name], name, self._spread(name)):
                yield problem

    def _spread(self, name: str) -> tuple[str, str, str] | None:
        return next((names for names in self.ranges if names[1] == name), None)

    def _problems_of_ranges(self, row: Row) -> Iterator[str]:
        for low, value, high in self.ranges:
            names = [name for name in (low, value, high) if row.get(name)]
            numbers = {name: row.number(name) for name in names}
            least, most = numbers.get(low, -math.inf), numbers.get(high, math.inf)
            if least > most:
                yield f"{low} {row[low]} is above {high} {row[high]}; exchange the two"
            elif value in numbers and not least <= numbers[value] <= most:
                yield (
                    f"{value} {row[value]} is not between {low} {row[low] or '(empty)'} and {high} "
                    f"{row[high] or '(empty)'}; {low} and {high} are the ends of the interval, not "
                    "its width: correct one of the three"
                )

    def _problems_of_keys(self, rows: Iterable[Row]) -> Iterator[str]:
        if self.repeats:
            return
        seen: dict[tuple[object, ...], Row] = {}
        for row in rows:
            values = tuple(self._same(row, name) for name in self.key or row)
            first = seen.setdefault(values, row)
            if first is not row and not self.key:
                yield str(
                    row.error(
                        f"the same as {row.counted} {first.line} in every column; remove one of "
                        "the two"
                    )
                )
            elif first is not row:
                named = " ".join(row[name] for name in self.key if row[name])
                problem = f"{named} stands already in {row.counted} {first.line}; {self.twice}"
                yield str(row.error(problem))

    def _same(self, row: Row, name: str) -> object:
        """A cell of a key, so that 0 and 0.0 are one."""
        column = self.column(name)
        try:
            return number_of(row[name]) if column and column.numeric else row[name]
        except ValueError:
            return row[name]


def each(rows: Iterable[Row], read: Callable[[Row], T]) -> list[T]:
    """What each row says; all rows are read before the first complaint is raised.

    Raises:
        DataError: with what ``read`` complained of in every row.
    """
    done: list[T] = []
    problems: list[str] = []
    for row in rows:
        try:
            done.append(read(row))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(*problems)
    return done


def _lines_of(frame: pd.DataFrame) -> Iterator[tuple[int, list[str]]]:
    filled = frame.astype(object)
    filled[frame.isna()] = None
    for i, values in enumerate(filled.itertuples(index=False, name=None)):
        yield i, [_text(value) for value in values]


def _text(value: object) -> str:
    """A cell of a data frame as it would stand in a file."""
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return repr(float(value))
    return str(value).strip()
