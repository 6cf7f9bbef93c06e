"""What a table may hold, described independently of the kit, and what a change of it should do.

The text of a changed table is read here by the rules of CSV alone, and each cell by the description
of its column. Where a cell, a row or the whole is not what the description allows, reading must
fail. Where it says the same as before, reading must give the same. All else is a valid table with
other content, which no reader can tell from a true one: then what was read must differ from the
original by as many rows as the file does.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .oracle import Expect, Verdict

REMARK = "notes?(_.+)?"
Parse = Callable[[str], Any]
Row = Mapping[str, Any]


class Wrong(ValueError):
    """What is not as the description says; the text says where."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        parse: makes a value of a cell that is not empty, or raises `Wrong`.
        needed: the column must be there.
        filled: a cell must not be empty.
        used: what it holds is in the meaning; otherwise it is only checked.
    """

    name: str
    parse: Parse
    needed: bool = True
    filled: bool = False
    used: bool = True


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        columns: that have a meaning.
        extra: pattern of the names of further columns that hold text without a meaning.
        pattern: pattern of the names of further columns with a meaning, and how to parse them.
        key: columns that together are unique.
        row: says what is wrong with a row, or nothing.
        whole: says what is wrong with all rows together, or nothing.
        ordered: the order of the rows has a meaning.
        rowwise: what is read has one entry for each row.
        default: says of a row that it is what holds without it.
        stands_for: an empty cell of a column means the same as that of another.
    """

    columns: Sequence[Column]
    extra: str = REMARK
    pattern: tuple[str, Parse] | None = None
    key: Sequence[str] = ()
    row: Callable[[Row], str | None] = lambda row: None
    whole: Callable[[Sequence[Row]], str | None] = lambda rows: None
    ordered: bool = False
    rowwise: bool = True
    default: Callable[[Row], bool] = lambda row: False
    stands_for: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", {c.name: c for c in self.columns})

    def verdict(self, original: bytes, changed: bytes) -> Verdict:
        """What reading the changed table should do."""
        before = self.parsed(grid(original))
        try:
            after = self.parsed(grid(changed))
        except Wrong as wrong:
            return Verdict(Expect.FAIL, str(wrong))
        was, now = (
            [self._used(row) for row in rows if not self.default(row)] for rows in (before, after)
        )
        added = (Counter(now) - Counter(was)).total()
        gone = (Counter(was) - Counter(now)).total()
        if not added and not gone:
            if now == was or not self.ordered:
                return Verdict(Expect.EQUAL, "the same rows")
            return Verdict(Expect.DIFFER, "the same rows in another order")
        reason = "other content that the description allows"
        used = {name for name, column in self.names.items() if column.used}
        columns_differ = bool(used & (before[0].keys() ^ after[0].keys()))
        if columns_differ or not self.rowwise:
            return Verdict(Expect.DIFFER, reason)
        return Verdict(Expect.DIFFER, reason, added, gone)

    def parsed(self, cells: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """The rows as values by column, None where a cell is empty.

        Raises:
            Wrong: the table is not as described.
        """
        if not cells:
            raise Wrong("an empty file")
        header = [name.strip().translate(MICRO) for name in cells[0]]
        lines = [[cell.strip() for cell in line] for line in cells[1:]]
        while header and not header[-1] and not any("".join(x[len(header) - 1 :]) for x in lines):
            header = header[:-1]
        self._check_header(header)
        rows = []
        for line in lines:
            if any(line[len(header) :]) or len(line) < len(header):
                raise Wrong(f"{len(line)} cells for {len(header)} columns")
            rows.append(self._row(dict(zip(header, line, strict=False))))
        if not rows:
            raise Wrong("no rows")
        if self.key:
            keys = Counter(tuple(row.get(k) for k in self.key) for row in rows)
            for key, times in keys.items():
                if times > 1:
                    raise Wrong(f"{key} stands {times} times")
        if times := [n for n in Counter(tuple(r.items()) for r in rows).values() if n > 1]:
            raise Wrong(f"a row stands {times[0]} times")
        if wrong := self.whole(rows):
            raise Wrong(wrong)
        return rows

    def _check_header(self, header: Sequence[str]) -> None:
        for name in header:
            if header.count(name) > 1:
                raise Wrong(f"column {name!r} stands twice")
            known = name in self.names or re.fullmatch(self.extra, name)
            if not known and not (self.pattern and re.fullmatch(self.pattern[0], name)):
                raise Wrong(f"unknown column {name!r}")
        for column in self.columns:
            if column.needed and column.name not in header:
                raise Wrong(f"column {column.name!r} is missing")

    def _row(self, cells: Mapping[str, str]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, cell in cells.items():
            if any(unicodedata.category(letter) in ("Cc", "Cf") for letter in cell):
                raise Wrong(f"{name} holds what cannot be seen")
            column = self.names.get(name)
            if column is None and self.pattern and re.fullmatch(self.pattern[0], name):
                column = Column(name, self.pattern[1], filled=True)
            if column is None:
                out[name] = cell or None
                continue
            if not cell and column.filled:
                raise Wrong(f"{name} is empty")
            try:
                out[name] = column.parse(cell) if cell else None
            except Wrong as wrong:
                raise Wrong(f"{name} holds {cell[:60]!r}: {wrong}") from None
        if wrong := self.row(out):
            raise Wrong(wrong)
        return out

    def _used(self, row: Row) -> tuple[Any, ...]:
        """The values that have a meaning, columns that are absent as if they were empty."""
        full = dict(row)
        for name, other in self.stands_for.items():
            if full.get(name) is None:
                full[name] = row.get(other)
        named = tuple(full.get(c.name) for c in self.columns if c.used)
        if not self.pattern:
            return named
        more = sorted(n for n in row if re.fullmatch(self.pattern[0], n) and n not in self.names)
        return named + tuple((n, row[n]) for n in more)


def grid(content: bytes) -> list[list[str]]:
    """The cells of a table by the rules of CSV, without empty lines.

    Raises:
        Wrong: not UTF-8, not CSV, or a cell with a line break in it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong("not UTF-8") from None
    found = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begun = 0
    try:
        for cells in reader:
            if reader.line_num > begun + 1:
                raise Wrong("a cell goes over a line break")
            first = begun == 0 and re.fullmatch("sep=,?", cells[0] if cells else "", re.IGNORECASE)
            if any(cell.strip() for cell in cells) and not first:
                found.append(cells)
            begun = reader.line_num
    except csv.Error as error:
        raise Wrong(f"no CSV: {error}") from None
    return found


# --- what a cell may be ------------------------------------------------------------------------

MICRO = {0xB5: "u", 0x3BC: "u"}  # the micro sign, and the Greek letter
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_TERM = re.compile(r"(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s+)?(\w+)", re.ASCII)
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*)+", re.ASCII)


def yes_no(cell: str) -> bool | None:
    """1 or 0, or as spreadsheets write it; no is the same as an empty cell."""
    if cell.lower() not in ("0", "1", "0.0", "1.0", "true", "false"):
        raise Wrong("neither yes nor no")
    return cell.lower() in ("1", "1.0", "true") or None


def text(cell: str) -> str:
    """Anything."""
    return cell


def number(low: float, high: float, *, above: float | None = None) -> Parse:
    """A plain decimal number from low to high; ``above`` is a bound that is not reached."""

    def parse(cell: str) -> float:
        if not PLAIN.fullmatch(cell):
            raise Wrong("no plain number")
        value = float(cell)
        if not low <= value <= high or (above is not None and value <= above):
            raise Wrong(f"not between {low if above is None else above:g} and {high:g}")
        return value

    return parse


def positive(high: float) -> Parse:
    """A number above 0."""
    return number(0, high, above=0)


def identifier(cell: str) -> str:
    """An id of letters, digits and underscores."""
    if not _ID.fullmatch(cell):
        raise Wrong("no id")
    return cell


def one_of(names: Collection[str]) -> Parse:
    """One of some names."""

    def parse(cell: str) -> str:
        if cell not in names:
            raise Wrong("unknown")
        return cell

    return parse


def gene_rule(cell: str) -> str:
    """Genes with and, or and parentheses."""
    words = {"and": "and", "&": "and", "&&": "and", "or": "or", "|": "or", "||": "or"}
    tokens = re.findall(r"\(|\)|&&?|\|\|?|[^\s()&|]+", cell)
    plain = [t if t in "()" else words.get(t.lower(), "True") for t in tokens]
    shape = " ".join(plain)
    if re.search(r"True \(|\) \(|\( \)|\) True", shape):
        raise Wrong("no gene rule")
    try:
        compile(shape, "", "eval")
    except SyntaxError:
        raise Wrong("no gene rule") from None
    return cell


def formula(cell: str) -> tuple[tuple[str, int], ...]:
    """Elements and counts."""
    if not _FORMULA.fullmatch(cell):
        raise Wrong("no formula")
    counts: Counter[str] = Counter()
    for element, count in re.findall(r"([A-Z][a-z]?)(\d*)", cell):
        counts[element] += int(count or 1)
    return tuple(sorted(counts.items()))


def numbers(low: float, high: float) -> Parse:
    """Numbers separated by semicolons."""
    one = number(low, high)
    return lambda cell: tuple(one(part.strip()) for part in cell.split(";") if part.strip())


def terms(known: Collection[str]) -> Parse:
    """Such as ``2 a_c + b_c``."""

    def parse(cell: str) -> tuple[tuple[str, float], ...]:
        found: dict[str, float] = {}
        for part in filter(None, (p.strip() for p in cell.split(" + "))):
            match = _TERM.fullmatch(part)
            if not match or match[2] not in known or match[2] in found:
                raise Wrong(f"cannot be a term: {part}")
            found[match[2]] = float(match[1] or 1)
            if not 0 < found[match[2]] < 1e9:
                raise Wrong(f"no coefficient: {part}")
        return tuple(found.items())

    return parse


def equation(known: Collection[str]) -> Parse:
    """Two sides of terms."""
    side = terms(known)

    def parse(cell: str) -> tuple[Any, Any]:
        left, arrow, right = cell.partition("<=>")
        if not arrow:
            raise Wrong("no <=>")
        return side(left), side(right)

    return parse


def proton_terms(known: Collection[str]) -> Parse:
    """Such as ``displacement -1 h_c``, separated by semicolons."""
    coefficient = number(-1e6, 1e6)

    def parse(cell: str) -> tuple[tuple[str, float, str], ...]:
        out = []
        for part in filter(None, (p.strip() for p in cell.split(";"))):
            words = part.split()
            if len(words) != 3 or words[0] not in ("displacement", "first_order", "balance_only"):
                raise Wrong(f"no proton term: {part}")
            if words[2] not in known:
                raise Wrong(f"unknown {words[2]}")
            out.append((words[2], coefficient(words[1]), words[0]))
        return tuple(out)

    return parse


def within(row: Row, value: str, low: str, high: str) -> str | None:
    """What is wrong with a value and its range."""
    a, x, b = row.get(low), row.get(value), row.get(high)
    if (a is not None and b is not None and a > b) or (
        x is not None and ((a is not None and a > x) or (b is not None and b < x))
    ):
        return f"{value} {x} is not between {low} {a} and {high} {b}"
    return None
