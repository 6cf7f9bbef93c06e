"""Changes of a file as bytes, and of a table as cells, rows, columns and text."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .oracle import Expect

Rng = np.random.Generator
Cells = list[list[str]]


@dataclass(frozen=True)
class Mutant:
    """A changed file.

    Attributes:
        content: its bytes; None where the kit refused to write it.
        expect: what reading must do; None where the description of the table says it.
        refused: what the kit raised when it was to write the file.
    """

    content: bytes | None
    expect: Expect | None = None
    refused: Exception | None = None


Mutation = Callable[[bytes, Rng], Mutant]
Change = Callable[[bytes, Rng], bytes]


def pick(rng: Rng, n: int) -> int:
    """One of the numbers 0 … n − 1."""
    return int(rng.integers(n))


# --- bytes -----------------------------------------------------------------------------------


def _flip(content: bytes, rng: Rng) -> bytes:
    out, at = bytearray(content), pick(rng, len(content))
    out[at] ^= 1 << pick(rng, 8)
    return bytes(out)


def _delete(content: bytes, rng: Rng) -> bytes:
    at = pick(rng, len(content))
    return content[:at] + content[at + 1 + pick(rng, 4) :]


def _insert(content: bytes, rng: Rng) -> bytes:
    at = pick(rng, len(content) + 1)
    return content[:at] + rng.bytes(1 + pick(rng, 4)) + content[at:]


def _truncate(content: bytes, rng: Rng) -> bytes:
    return content[: pick(rng, len(content))]


def _repeat_block(content: bytes, rng: Rng) -> bytes:
    a = pick(rng, len(content))
    b = a + 1 + pick(rng, 64)
    return content[:b] + content[a:b] + content[b:]


def _zero_block(content: bytes, rng: Rng) -> bytes:
    a = pick(rng, len(content))
    b = min(len(content), a + 1 + pick(rng, 64))
    return content[:a] + bytes(b - a) + content[b:]


def _swap_blocks(content: bytes, rng: Rng) -> bytes:
    a, b, c, d = np.sort(rng.integers(0, len(content) + 1, 4))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


BYTES: Mapping[str, Change] = {
    "bit flipped": _flip,
    "bytes deleted": _delete,
    "bytes inserted": _insert,
    "truncated": _truncate,
    "block repeated": _repeat_block,
    "block zeroed": _zero_block,
    "blocks swapped": _swap_blocks,
    "emptied": lambda content, rng: b"",
    "compressed": lambda content, rng: gzip.compress(content, mtime=0),
    "noise": lambda content, rng: rng.bytes(len(content) // 2),
}


def of_bytes(expect: Expect | None = None) -> dict[str, Mutation]:
    """The changes of bytes.

    Args:
        expect: of the reader; None where a description says it.
    """

    def mutation(change: Change) -> Mutation:
        return lambda content, rng: Mutant(change(content, rng), expect)

    return {f"bytes: {name}": mutation(change) for name, change in BYTES.items()}


# --- cells -----------------------------------------------------------------------------------

REPLACEMENTS = (
    "", "text", "nan", "NaN", "inf", "-inf", "1e300", "-1e300", "1e400", "1e-300", "0", "-1", "1_5",
    "١٥", "１５", "1,5", "1.000,5", "1 000", "1\u00a0000", "0x10", "1.5 mM", "<0.01", "0.5-2", "~1",
    "1e5e5", "--1", "TRUE", "FALSE", "None", "NA", "#N/A", "#REF!", "=1+1", "@SUM(1)", "1.5.2",
    '=HYPERLINK("http://example.org","x")', "<script>alert(1)</script>", "a\nb", "a\r\nb",
    "x" * 140_000, "\u200b1", "1\u200b", "'1", "\x00", "1;2", "é", "\ufeff1", "1/2",
    "12-Mar", "1.5e", "+.5", "1.",
)  # fmt: skip


def cells_of(content: bytes) -> Cells:
    """The cells of an unchanged table, header first."""
    return [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if any(row)]


def written(cells: Sequence[Sequence[str]], **how: object) -> bytes:
    """A table of cells."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **how).writerows(cells)  # type: ignore[arg-type]
    return out.getvalue().encode()


def _cell(cells: Cells, rng: Rng, *, numeric: bool = False) -> tuple[int, int]:
    """Line and column of a cell below the header; with a number where there is one."""
    for _ in range(50):
        i, j = 1 + pick(rng, len(cells) - 1), pick(rng, len(cells[0]))
        filled = cells[i][j]
        if not numeric or filled.lstrip("+-").replace(".", "", 1).replace("e-", "", 1).isdigit():
            break
    return i, j


def _replaced(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng, numeric=rng.random() < 0.7)
    cells[i][j] = REPLACEMENTS[pick(rng, len(REPLACEMENTS))]


def _scaled(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng, numeric=True)
    factors = (-1, 10, 0.1, 1000, 1e-3, 1e6, 1e-6, 1.01, 1e12)
    try:
        cells[i][j] = repr(float(cells[i][j]) * factors[pick(rng, len(factors))])
    except ValueError:
        cells[i][j] = "-" + cells[i][j]


def _respelt(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng)
    cells[i][j] = misspelt(cells[i][j], rng)


def _taken(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng)
    cells[i][j] = cells[_cell(cells, rng)[0]][j]


def _moved(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng)
    k = pick(rng, len(cells[0]))
    cells[i][j], cells[i][k] = cells[i][k], cells[i][j]


def _padded(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng)
    cells[i][j] = f" {cells[i][j]}\t"


def misspelt(word: str, rng: Rng) -> str:
    """A word with one slip: a letter lost, doubled, exchanged, or of the other case."""
    if len(word) < 2:
        return word + "x"
    at = pick(rng, len(word) - 1)
    slips = (
        word[:at] + word[at + 1 :], word[: at + 1] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :], word.swapcase(), word.capitalize(),
        word + "s", word.replace("_", " "), word.replace("_", "-"),
    )  # fmt: skip
    other = [slip for slip in slips if slip != word]
    return other[pick(rng, len(other))]


# --- rows and columns ------------------------------------------------------------------------


def _drop_row(cells: Cells, rng: Rng) -> None:
    del cells[1 + pick(rng, len(cells) - 1)]


def _duplicate_row(cells: Cells, rng: Rng) -> None:
    cells.insert(1 + pick(rng, len(cells)), list(cells[1 + pick(rng, len(cells) - 1)]))


def _same_key_again(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng, numeric=True)
    row = list(cells[i])
    row[j] = row[j] + "1"
    cells.append(row)


def _swap_rows(cells: Cells, rng: Rng) -> None:
    i, j = (1 + pick(rng, len(cells) - 1) for _ in range(2))
    cells[i], cells[j] = cells[j], cells[i]


def _shuffle_rows(cells: Cells, rng: Rng) -> None:
    order = 1 + rng.permutation(len(cells) - 1)
    cells[1:] = [cells[i] for i in order]


def _lose_cell(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng)
    del cells[i][j]


def _extra_cell(cells: Cells, rng: Rng) -> None:
    i, j = _cell(cells, rng)
    cells[i].insert(j, "1")


def _header_again(cells: Cells, rng: Rng) -> None:
    cells.insert(1 + pick(rng, len(cells)), list(cells[0]))


def _reverse_columns(cells: Cells, rng: Rng) -> None:
    cells[:] = [row[::-1] for row in cells]


def _drop_column(cells: Cells, rng: Rng) -> None:
    j = pick(rng, len(cells[0]))
    for row in cells:
        del row[j]


def _swap_columns(cells: Cells, rng: Rng) -> None:
    j, k = (pick(rng, len(cells[0])) for _ in range(2))
    for row in cells:
        row[j], row[k] = row[k], row[j]


def _swap_names(cells: Cells, rng: Rng) -> None:
    _swap_columns(rows := cells[:1], rng)
    cells[:1] = rows


def _rename_column(cells: Cells, rng: Rng) -> None:
    cells[0][pick(rng, len(cells[0]))] = ("column", "", "x_mM", "Unnamed: 0")[pick(rng, 4)]


def _misspell_column(cells: Cells, rng: Rng) -> None:
    j = pick(rng, len(cells[0]))
    cells[0][j] = misspelt(cells[0][j], rng)


def _other_unit(cells: Cells, rng: Rng) -> None:
    units = [j for j, name in enumerate(cells[0]) if "_" in name]
    if units:
        j = units[pick(rng, len(units))]
        stem = cells[0][j].rpartition("_")[0]
        cells[0][j] = f"{stem}_{('M', 'uM', 'per_min', 'kcal_mol', 'min')[pick(rng, 5)]}"


def _duplicate_column(cells: Cells, rng: Rng) -> None:
    j, k = pick(rng, len(cells[0])), pick(rng, len(cells[0]))
    for row in cells:
        row.insert(k, row[j])


def _add_column(cells: Cells, rng: Rng) -> None:
    k = pick(rng, len(cells[0]) + 1)
    for i, row in enumerate(cells):
        row.insert(k, "1" if i else "weight")


CELLS: Mapping[str, Callable[[Cells, Rng], None]] = {
    "cell: replaced": _replaced,
    "cell: replaced again": _replaced,  # the widest kind counts more often
    "cell: replaced once more": _replaced,
    "cell: scaled": _scaled,
    "cell: misspelt": _respelt,
    "cell: from another row": _taken,
    "cell: from another column": _moved,
    "cell: white space": _padded,
    "row: dropped": _drop_row,
    "row: duplicated": _duplicate_row,
    "row: same key, other number": _same_key_again,
    "row: swapped": _swap_rows,
    "row: shuffled": _shuffle_rows,
    "row: a cell lost": _lose_cell,
    "row: a cell more": _extra_cell,
    "row: header again": _header_again,
    "row: header only": lambda cells, rng: cells.__delitem__(slice(1, None)),
    "column: dropped": _drop_column,
    "column: swapped": _swap_columns,
    "column: names swapped": _swap_names,
    "column: renamed": _rename_column,
    "column: misspelt": _misspell_column,
    "column: another unit": _other_unit,
    "column: duplicated": _duplicate_column,
    "column: added": _add_column,
    "column: reversed": _reverse_columns,
}


# --- the text of a table -----------------------------------------------------------------------


def _stray_quote(content: bytes, rng: Rng) -> bytes:
    at = pick(rng, len(content))
    return content[:at] + b'"' + content[at:]


def _unclosed_quote(content: bytes, rng: Rng) -> bytes:
    commas = [i for i, byte in enumerate(content) if byte in b",\n"]
    at = commas[pick(rng, len(commas))] + 1
    return content[:at] + b'"' + content[at:]


def _trailing_commas(content: bytes, rng: Rng) -> bytes:
    return content.replace(b"\n", b"," * (1 + pick(rng, 3)) + b"\n")


def _blank_lines(content: bytes, rng: Rng) -> bytes:
    return content.replace(b"\n", b"\n\n") + b"\n \n"


def _decimal_commas(content: bytes, rng: Rng) -> bytes:
    cells = [[cell.replace(".", ",") for cell in row] for row in cells_of(content)]
    return written(cells, delimiter=";" if rng.random() < 0.5 else ",")


TEXT: Mapping[str, Change] = {
    "text: semicolons": lambda c, rng: written(cells_of(c), delimiter=";"),
    "text: tabs": lambda c, rng: written(cells_of(c), delimiter="\t"),
    "text: commas in numbers": _decimal_commas,
    "text: all quoted": lambda c, rng: written(cells_of(c), quoting=csv.QUOTE_ALL),
    "text: single quotes": lambda c, rng: written(cells_of(c), quotechar="'"),
    "text: a stray quote": _stray_quote,
    "text: a quote not closed": _unclosed_quote,
    "text: CRLF": lambda c, rng: c.replace(b"\n", b"\r\n"),
    "text: CR": lambda c, rng: c.replace(b"\n", b"\r"),
    "text: byte-order mark": lambda c, rng: b"\xef\xbb\xbf" + c,
    "text: UTF-16": lambda c, rng: c.decode().encode("utf-16"),
    "text: Latin-1": lambda c, rng: c.decode().replace("i", "é", 3).encode("latin-1", "replace"),
    "text: trailing commas": _trailing_commas,
    "text: blank lines": _blank_lines,
    "text: no last line break": lambda c, rng: c.rstrip(b"\n"),
    "text: sep=,": lambda c, rng: b"sep=,\r\n" + c,
    "text: sep=;": lambda c, rng: b"sep=;\r\n" + c,
    "text: a comment above": lambda c, rng: b"# my table\n" + c,
    "text: twice": lambda c, rng: c + c,
}


def of_tables() -> dict[str, Mutation]:
    """All changes of a table; its description says what they should do."""

    def of_cells(change: Callable[[Cells, Rng], None]) -> Mutation:
        def mutation(content: bytes, rng: Rng) -> Mutant:
            cells = cells_of(content)
            change(cells, rng)
            return Mutant(written(cells))

        return mutation

    def of_text(change: Change) -> Mutation:
        return lambda content, rng: Mutant(change(content, rng))

    return {
        **{name: of_cells(change) for name, change in CELLS.items()},
        **{name: of_text(change) for name, change in TEXT.items()},
        **of_bytes(),
    }
