"""What a benchmark returns: rows of numbers, not words that a program would have to read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import nan
from typing import Any


@dataclass(frozen=True)
class Reach:
    """What a row should come to.

    Args:
        bound: the number.
        least: True where more is better.
    """

    bound: float
    least: bool = False

    def met(self, value: float) -> bool:
        """Whether a value is there; NaN is not."""
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.bound:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        what: what was measured.
        ours: the number of this package, in ``unit``; NaN where nothing was measured.
        unit: of both numbers.
        theirs: what it is compared with, side by side in the same run; NaN where there is nothing.
        against: what that is.
        ratio: ours / theirs, or theirs / ours where that is how many times faster; NaN without one.
        reach: of the ratio, or of ours where there is no ratio.
        note: what a reader should know, such as why nothing was measured.
    """

    what: str
    ours: float
    unit: str
    theirs: float = nan
    against: str = ""
    ratio: float = nan
    reach: Reach | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The number that is to be compared: the ratio, or ours without one."""
        return self.ours if self.ratio != self.ratio else self.ratio

    @property
    def met(self) -> bool | None:
        """Whether the reach is met; None where there is none, or nothing was measured."""
        if self.reach is None or self.value != self.value:
            return None
        return self.reach.met(self.value)

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold; NaN is null."""
        return {k: None if v != v else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Row:
        """What `to_dict` gave."""
        known = {k: v for k, v in values.items() if v is not None}
        reach = known.pop("reach", None)
        return cls(**{"ours": nan, **known}, reach=None if reach is None else Reach(**reach))


def alone(what: str, ours: float, unit: str, reach: Reach | None = None, note: str = "") -> Row:
    """A number that is compared with nothing."""
    return Row(what, float(ours), unit, reach=reach, note=note)


def share(
    what: str, ours: float, theirs: float, unit: str, against: str,
    reach: Reach | None = None, note: str = "",
) -> Row:  # fmt: skip
    """The ratio is ours / theirs."""
    ours, theirs = float(ours), float(theirs)
    return Row(what, ours, unit, theirs, against, ours / theirs, reach, note)


def faster(
    what: str, ours: float, theirs: float, unit: str, against: str,
    reach: Reach | None = None, note: str = "",
) -> Row:  # fmt: skip
    """The ratio is theirs / ours: how many times less ours takes."""
    ours, theirs = float(ours), float(theirs)
    return Row(what, ours, unit, theirs, against, theirs / ours, reach, note)


def missing(what: str, why: str, reach: Reach | None = None) -> Row:
    """Nothing was measured, and why."""
    return Row(what, nan, "", reach=reach, note=why)


def at_most(bound: float) -> Reach:
    """Less is better."""
    return Reach(bound)


def at_least(bound: float) -> Reach:
    """More is better."""
    return Reach(bound, least=True)
