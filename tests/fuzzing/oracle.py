"""What should become of a changed file, and what became of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from renaissance_kit.cli import BatchError
from renaissance_kit.core import RenaissanceError

TOLERANCE = 1e-9  # relative: sums in another order are the same number


class Expect(Enum):
    """What a reader has to do with a changed file."""

    FAIL = "must fail"
    EQUAL = "must mean the same"
    FAIL_OR_EQUAL = "must fail, or mean the same"
    DIFFER = "may differ"


class Outcome(Enum):
    """What a reader did; the text is the heading of its column."""

    CLEAR = "clear error"
    SAME = "same meaning"
    DIFFERENT = "legitimately different"
    NEEDLESS = "refused though the same"
    UNCLEAR = "unclear error"
    SILENT = "silently wrong"


FAULTS = (Outcome.UNCLEAR, Outcome.SILENT)


@dataclass(frozen=True)
class Verdict:
    """What should become of one changed file.

    Attributes:
        expect: of the reader.
        reason: in words.
        added, gone: rows of a table that are new, and that are there no more, in what is read.
            None where the meaning is not one entry a row.
    """

    expect: Expect
    reason: str
    added: int | None = None
    gone: int | None = None


@dataclass(frozen=True)
class Meaning:
    """What a file says.

    Attributes:
        rows: one hashable entry for each row of the table that is changed; None for other files.
        rest: all else, as numbers, texts, arrays, and sequences and mappings of them.
    """

    rows: Sequence[Any] | None = None
    rest: Any = field(default_factory=dict)


class SilentlyWrong(AssertionError):
    """Raised by a reader that finds what must not be there, such as a script in a page."""


class SaidSo(RenaissanceError):
    """Raised by a reader where the kit goes on without a file and says so in what it makes."""


def judge(
    verdict: Verdict, error: BaseException | None, meaning: Meaning | None, before: Meaning,
    places: Sequence[str],
) -> tuple[Outcome, str]:  # fmt: skip
    """The outcome of a case, and why.

    Args:
        error, meaning: what reading raised, or what it gave.
        before: meaning of the unchanged file.
        places: names of which a message must have one: of the file, or of what it is.
    """
    if isinstance(error, SilentlyWrong):
        return Outcome.SILENT, str(error)
    if error is not None:
        if fault := unclear(error, places):
            return Outcome.UNCLEAR, fault
        needless = verdict.expect is Expect.EQUAL
        return (Outcome.NEEDLESS if needless else Outcome.CLEAR), str(error)
    assert meaning is not None
    if verdict.expect is Expect.FAIL:
        return Outcome.SILENT, f"read, but {verdict.reason}"
    if same_meaning(meaning, before):
        if verdict.expect is Expect.DIFFER and (verdict.added or verdict.gone):
            return Outcome.SILENT, f"ignored: {verdict.reason}"
        return Outcome.SAME, ""
    if verdict.expect in (Expect.EQUAL, Expect.FAIL_OR_EQUAL):
        return Outcome.SILENT, f"another meaning: {verdict.reason}"
    if verdict.added is not None and meaning.rows is not None and before.rows is not None:
        now, then = Counter(meaning.rows), Counter(before.rows)
        found = (now - then).total(), (then - now).total()
        if found != (verdict.added, verdict.gone):
            return Outcome.SILENT, (
                f"{verdict.reason}: {verdict.added} rows new and {verdict.gone} gone in the file, "
                f"{found[0]} and {found[1]} in what was read"
            )
    return Outcome.DIFFERENT, verdict.reason


# --- messages --------------------------------------------------------------------------------

_REMEDY = re.compile(
    r"\b(write|give|add|remove|delete|correct|check|choose|use|save|sample|train|makes?|made|read|"
    r"rename|name|call|fill|swap|exchange|convert|quote|look|did you mean|set|take|run|load|draw|"
    r"leave|keep|close|put|raise|restart|start|anew|again|must|needs?|lies? between|is missing|"
    r"there are|say|update|install|copy|restore|retype|average|is a share|known:|make|separate|"
    r"mark|here that is)\b",
    re.IGNORECASE,
)


def unclear(error: BaseException, places: Sequence[str]) -> str:
    """Why a user cannot act on an error; empty where it names a place and a remedy."""
    if not isinstance(error, RenaissanceError | BatchError):
        return f"{type(error).__name__}: {error}"
    text = str(error)
    if not any(place in text for place in places):
        return f"names no place: {text}"
    if not _REMEDY.search(text):
        return f"names no remedy: {text}"
    return ""


# --- meanings --------------------------------------------------------------------------------


def same_meaning(one: Meaning, two: Meaning) -> bool:
    """Whether two files say the same; the order of the rows does not matter."""
    if (one.rows is None) != (two.rows is None):
        return False
    rows = one.rows is None or Counter(one.rows) == Counter(two.rows)
    return rows and same(one.rest, two.rest)


def same(one: Any, two: Any) -> bool:
    """Whether two values are the same, numbers within rounding."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return one.keys() == two.keys() and all(same(one[k], two[k]) for k in one)
    if isinstance(one, np.ndarray) or isinstance(two, np.ndarray):
        a, b = np.asarray(one), np.asarray(two)
        if a.shape != b.shape:
            return False
        if a.dtype.kind in "fciub" and b.dtype.kind in "fciub":
            return bool(np.allclose(a, b, rtol=TOLERANCE, atol=0, equal_nan=True))
        return bool(np.array_equal(a, b))
    if isinstance(one, float) and isinstance(two, float):
        return (math.isnan(one) and math.isnan(two)) or math.isclose(one, two, rel_tol=TOLERANCE)
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and one == two
