"""What may stand in the cells of one column of a table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from renaissance_kit.core.errors import nearest
from renaissance_kit.core.numbers import number_of, remedy_for_spread

REMARK = re.compile("notes?(_.+)?")
"""Names of columns that every table may have and nothing reads."""
_ID = re.compile("[A-Za-z0-9_]+")


class Kind(StrEnum):
    """What the cells of a column hold.

    ``TEXT`` anything; ``ID`` letters, digits and underscores; ``NUMBER`` one number; ``NUMBERS``
    several, separated by semicolons; ``FLAG`` 1 or 0, or TRUE or FALSE as spreadsheets write them.
    """

    TEXT = "text"
    ID = "id"
    NUMBER = "number"
    NUMBERS = "numbers"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: as it stands in the header, with its unit; an example of it where ``like`` is given.
        kind: what its cells hold.
        optional: the column may be left out.
        filled: no cell of it may be empty.
        least, most: range of its numbers, ends included.
        above: its numbers are greater than this one.
        words: the only texts that it may hold.
        meaning: in words, for messages about numbers out of range.
        like: a regular expression; every column that matches it is described by this one.
        beside: a column that must then be there too, with the unit.
    """

    name: str
    kind: Kind = Kind.TEXT
    optional: bool = False
    filled: bool = False
    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    words: tuple[str, ...] = ()
    meaning: str = ""
    like: str = ""
    beside: str = ""

    @property
    def numeric(self) -> bool:
        """Whether its cells are single numbers."""
        return self.kind is Kind.NUMBER

    def is_called(self, name: str) -> bool:
        """Whether a column of this name is described here."""
        return bool(re.fullmatch(self.like, name)) if self.like else name == self.name

    def problem(self, text: str, name: str, spread: tuple[str, str, str] | None) -> str:
        """What is wrong with a cell, and the remedy; empty where nothing is.

        Args:
            name: of the column in the file.
            spread: columns (low, value, high) that this one is the value of.
        """
        if not text:
            return self._empty(name) if self.filled else ""
        if self.words and text not in self.words:
            return (
                f"{name} is {text!r}{nearest(text, self.words)} Choose one of "
                f"{', '.join(w for w in self.words if w)}"
            )
        if self.kind is Kind.ID and not _ID.fullmatch(text):
            return f"{name} is {text!r}; use letters, digits and underscores only"
        if self.kind is Kind.FLAG and text.lower() not in ("0", "1", "0.0", "1.0", "true", "false"):
            return f"{name} is {text!r}; write 1 or 0{'' if self.filled else ', or leave it empty'}"
        if self.kind is Kind.NUMBER:
            return self._number(text, name, spread)
        if self.kind is Kind.NUMBERS:
            found = (self._number(part.strip(), name, None) for part in text.split(";"))
            problem = next(filter(None, found), "")
            return f"cannot read {text!r}: {problem}, such as '4.75;9.2'" if problem else ""
        return ""

    def _number(self, text: str, name: str, spread: tuple[str, str, str] | None) -> str:
        try:
            value = number_of(text)
        except ValueError as error:
            remedy = spread and remedy_for_spread(text, *spread, optional=not self.filled)
            return f"column {name} holds {text!r}; {remedy or error}"
        if self.least <= value <= self.most and value > self.above:
            return ""
        meaning = f" ({self.meaning})" if self.meaning else ""
        return f"column {name} holds {text}; it must be {self.range}{meaning}"

    @property
    def range(self) -> str:
        """The range of its numbers in words; empty without one."""
        low = ""
        if self.above > -math.inf:
            low = f"greater than {self.above:g}"
        elif self.least > -math.inf:
            low = f"{self.least:g} or more"
        high = f"at most {self.most:g}" if self.most < math.inf else ""
        return " and ".join(filter(None, (low, high)))

    def _empty(self, name: str) -> str:
        if name == "source":
            return "no source; say where the row comes from"
        if self.kind in (Kind.NUMBER, Kind.NUMBERS):
            return f"column {name} is empty; give a number"
        return f"{name} must not be empty; fill it in"
