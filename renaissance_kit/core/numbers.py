"""Reading a number that somebody typed.

Only plain numbers of the digits 0 to 9 with a point count. What is none is refused with what to
write instead: ranges, limits, decimal commas and numbers with their unit are what tables hold most.
"""

from __future__ import annotations

import math
import re

LARGEST = 1e9
"""No number of a table is greater, either way: it would be a slip."""
PURE_WATER_MM = 55_500.0
"""No concentration is greater: water alone has no more molecules in a litre."""
_PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_RANGE = re.compile(rf"({_PLAIN})\s*(?:-|–|—|\bto\b|\.\.+)\s*({_PLAIN})")
_LIMIT = re.compile(r"\s*(?:<|>|≤|≥|~|≈|ca\b)")
_WITH_UNIT = re.compile(rf"({_PLAIN})\s+[^0-9\s].*")


def number_of(text: str) -> float:
    """The number that a text is.

    Raises:
        ValueError: it is none, or not finite; the message is the remedy.

    >>> number_of("1.6e-1")
    0.16
    >>> number_of("0,16")
    Traceback (most recent call last):
        ...
    ValueError: write a point, and no commas, in numbers
    """
    if re.fullmatch(_PLAIN, text):
        value = float(text)
        if not math.isfinite(value):
            raise ValueError("write a finite number")
        if abs(value) > LARGEST:
            raise ValueError(f"no number of a table is above {LARGEST:g}; correct it")
        return value + 0.0  # not minus zero
    if re.fullmatch("[+-]?(?:nan|inf|infinity)", text.lower()):
        raise ValueError("write a finite number")
    if re.fullmatch(r"[+-]?[0-9.]*,[0-9,.]*", text):
        raise ValueError("write a point, and no commas, in numbers")
    raise ValueError("write a plain number")


def remedy_for_spread(text: str, low: str, value: str, high: str, *, optional: bool) -> str:
    """What to do with a range, a limit or an error in a cell for a value; empty for others.

    Args:
        low, value, high: names of the columns for the ends and the value.
        optional: whether the value may be left out where both ends are there.
    """
    between = f"leave {value} empty" if optional else f"a value between them into {value}"
    if match := _RANGE.fullmatch(text):
        return (
            f"that is a range; write {match[1]} into {low}, {match[2]} into {high}, and {between}"
        )
    if "±" in text or "+-" in text or "+/-" in text:
        return f"write the number alone, and the ends of the interval into {low} and {high}"
    if _LIMIT.match(text):
        return (
            f"that is a limit and no value; write a range into {low} and {high}, and {between}, or "
            "remove the row"
        )
    if match := _WITH_UNIT.fullmatch(text):
        return f"write {match[1]} alone; the unit stands in the name of a column or in column unit"
    return ""
