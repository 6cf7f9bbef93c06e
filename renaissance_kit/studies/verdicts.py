"""Is a published value reproduced? One rule a row, applied to the texts of a table of claims.

The rule stands in ``published.csv``: from ``low`` to ``high`` a number agrees with the paper, with
``beyond_chance`` it must also differ from chance, and ``because`` says why ours differs or cannot
be compared. Rules read the texts that a reader sees, so that tables of earlier runs get the same
verdicts.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

REPRODUCED, DIFFERS, NOT_COMPARABLE = "reproduced", "differs", "not comparable"
CHANCE = 0.05
"""A p-value below it is beyond chance."""

_NUMBER = r"[+\-−]?\d[\d,]*(?:\.\d+)?(?:e[+\-−]?\d+)?"
_BOUND = "(?:[<>] )?"  # before a share too small to write
_SPAN = re.compile(rf"{_BOUND}({_NUMBER}) ?(%?) to {_BOUND}({_NUMBER}) ?(%?)")


@dataclass(frozen=True)
class Rule:
    """When a number agrees with a published one.

    Attributes:
        low, high: from where to where it does; NaN for no end, both NaN for no rule.
        beyond_chance: whether it must also be more than chance.
        because: why ours differs, or cannot be compared; may be empty.
    """

    low: float = math.nan
    high: float = math.nan
    beyond_chance: bool = False
    because: str = ""

    @property
    def decides(self) -> bool:
        """Whether there is anything to compare with."""
        return not (math.isnan(self.low) and math.isnan(self.high))


def verdict(rule: Rule, here: str, spread: str, *, full_size: bool = True) -> str:
    """Whether a value is reproduced, with the reason where it is not.

    Args:
        here: the value, such as ``99.8 %``, ``13 of 14`` or ``3.20 → 0.10`` (a change).
        spread: its interval, ``a to b``, which is enough if it reaches the rule's range; a p-value,
            ``p = 0.003``, or a range that permuted labels give, ``permuted … a to b``.
        full_size: whether the run is of the published size.

    >>> verdict(Rule(low=0.87), "99.8 %", "99.6 % to 100 %")
    'reproduced'
    >>> verdict(Rule(high=0.05), "< 0.0001 %", "> −0.0001 % to 40 %")
    'reproduced'
    >>> verdict(Rule(low=0.5, beyond_chance=True, because="of chance"), "9 of 14", "p = 0.2")
    'differs because of chance'
    """
    if not rule.decides:
        return f"{NOT_COMPARABLE} because {rule.because or 'the paper gives no number'}"
    value = value_of(here)
    agrees = _inside(rule, value) or _reaches(rule, here, spread)
    if not full_size:
        if not agrees and _SPAN.match(spread) and not math.isnan(value):
            return f"{DIFFERS} even in this small run because {rule.because or 'of its value'}"
        why = "though it agrees" if agrees else "and its interval is unknown"
        return f"{NOT_COMPARABLE} because this run is smaller than the published one, {why}"
    if rule.beyond_chance and agrees:
        agrees = _beyond_chance(value, spread)
    if agrees:
        return REPRODUCED
    return f"{DIFFERS} because {rule.because}" if rule.because else DIFFERS


def value_of(text: str) -> float:
    """The number that a text is about; NaN where it has none.

    A share is one however it is written, ``a → b`` is the change, of ``a, b`` the last counts.

    >>> value_of("13 of 14"), value_of("99.8 %"), value_of("3.20 → 0.10"), value_of("none")
    (0.9285714285714286, 0.998, -3.1, nan)
    """
    if found := re.match(rf"({_NUMBER})(?: to {_NUMBER})? of ({_NUMBER})", text):
        return _plain(found[1]) / _plain(found[2])
    if found := re.match(rf"({_NUMBER}) → ({_NUMBER})", text):
        return round(_plain(found[2]) - _plain(found[1]), 12)
    if found := re.fullmatch(rf"({_NUMBER}), ({_NUMBER})", text):
        return _plain(found[2])
    if found := re.match(rf"{_BOUND}({_NUMBER})( ?%?)", text):
        return _plain(found[1]) / (100 if "%" in found[2] else 1)
    return math.nan


def _plain(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def _inside(rule: Rule, value: float) -> bool:
    return not math.isnan(value) and not value < rule.low and not value > rule.high


def _reaches(rule: Rule, here: str, spread: str) -> bool:
    """Whether the interval of a value reaches the range of the rule."""
    found = _SPAN.match(spread)
    if found is None or math.isnan(value_of(here)) or " → " in here:
        return False
    low, high = (_plain(found[k]) / (100 if found[4] else 1) for k in (1, 3))
    return not high < rule.low and not low > rule.high


def _beyond_chance(value: float, spread: str) -> bool:
    if found := re.search(rf"\bp = ({_NUMBER})", spread):
        return _plain(found[1]) < CHANCE
    if (start := spread.find("permuted")) >= 0 and (found := _SPAN.search(spread, start)):
        return not _plain(found[1]) <= value <= _plain(found[3])
    return False
