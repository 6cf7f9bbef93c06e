"""Cells of a CSV file, each line with its number; what spreadsheets add is left out or named."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from renaissance_kit.core.errors import DataError

Lines = list[tuple[int, list[str]]]


def cells_of(path: Path) -> Lines:
    """Number and cells of each line that is not empty, the header first.

    Empty cells on the right of a line that the header does not have are left out.

    Raises:
        DataError: not UTF-8, no commas, a stray quote, or a cell that is too long.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}, line {line}: not UTF-8 text; save the table as 'CSV UTF-8'"
        ) from error
    lines = _lines(text, path.name)
    if not lines:
        return []
    first, header = lines[0]
    separator = max(";\t", key=header[0].count)
    if header[0].count(separator) >= max(1, len(header) - 1):
        raise _not_commas(path.name, first, separator)
    while header and not header[-1] and not any("".join(c[len(header) - 1 :]) for _, c in lines):
        header = header[:-1]
    rest = [(number, _without_empty_end(cells, len(header))) for number, cells in lines[1:]]
    return [(first, header), *rest]


def unseen(text: str) -> str:
    """The first character of a text that cannot be seen, such as U+200B; empty if there is none."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf"):
            return f"U+{ord(character):04X}"
    return ""


def _without_empty_end(cells: Sequence[str], size: int) -> list[str]:
    cells = list(cells)
    while len(cells) > size and not cells[-1]:
        cells.pop()
    return cells


def _not_commas(file: str, line: int, separator: str) -> DataError:
    return DataError(
        f"{file}, line {line}: cells are separated by {separator!r}; save the table with commas "
        "between cells and points in numbers"
    )


def _lines(text: str, file: str) -> Lines:
    separator = re.match(r"sep=(.)[ \t]*\r?\n", text, re.IGNORECASE)
    if separator and separator[1] != ",":
        raise _not_commas(file, 1, separator[1])
    found: Lines = []
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
        if "field limit" in str(error):
            raise DataError(
                f"{file}, line {begun}: a cell holds more than {csv.field_size_limit():,} "
                "characters; shorten it, or look for a missing quote before it"
            ) from error
        raise DataError(
            f"{file}, line {begun}: cannot be read as cells ({error}); look for a stray or missing "
            "quote there"
        ) from error
    return found
