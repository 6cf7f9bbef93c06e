"""Writing tables that people open in a spreadsheet.

A spreadsheet takes a cell of a CSV file that begins with ``=``, ``+``, ``-`` or ``@`` for a formula
and runs it, quoted or not. Names of reactions, metabolites and measurements come from users, so
such a cell is written with an apostrophe in front, which a spreadsheet shows as plain text.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from renaissance_kit.core.files import atomic_path

if TYPE_CHECKING:
    import pandas as pd

# The wide forms are those of East Asian keyboards, which spreadsheets take as well.
_FORMULA = re.compile(r"[\s\x00]*[=+\-@＝＋－＠]|\t")
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*|[+-](inf|nan)")


def plain_cell(text: str) -> str:
    """A cell of one line that no spreadsheet takes for a formula; numbers stay as they are.

    >>> plain_cell('=HYPERLINK("x")'), plain_cell("-2.5"), plain_cell("atp_c")
    ('\\'=HYPERLINK("x")', '-2.5', 'atp_c')
    """
    text = re.sub(r"[\r\n]+", " ", text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def write_csv(
    path: str | Path, table: pd.DataFrame, *, index: bool = False, separator: str = ","
) -> None:
    """Write a table as CSV, whole or not at all, with no cell that could be a formula.

    Args:
        path: of the file.
        table: any data frame; names of its columns and rows are made plain as its cells are.
        index: whether the names of the rows are written as well.
        separator: between cells; a tab for formats that ask for it.

    Raises:
        OSError: as `renaissance_kit.core.atomic_path`.
    """
    written = table.to_csv(index=index, quoting=csv.QUOTE_ALL)
    rows = csv.reader(io.StringIO(written, newline=""))
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerows(map(plain_cell, row) for row in rows)
