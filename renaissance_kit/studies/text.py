"""Sentences with computed numbers, as a notebook and the gallery show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEAST = "least p-value of so few trainings"
"""Row or column of a table of comparisons; above 0.05 nothing can be told."""
MOST_DIGITS = 4  # of a share in percent, after the point


class Text(str):
    """A text that Jupyter shows as Markdown when it ends a cell.

    >>> Text("**3 of 4** models are valid")._repr_markdown_()
    '**3 of 4** models are valid'
    """

    def _repr_markdown_(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Answer:
    """What a notebook found, in one sentence; the last one that it shows.

    Attributes:
        text: the sentence, with its number and how sure that is.
        paper: what the paper says to the same question; empty where it says nothing.
        figure: name of the figure that shows it.
    """

    text: str
    paper: str
    figure: str

    def _repr_markdown_(self) -> str:
        return f"**{self.text}**" + f"\n\nThe paper: {self.paper}." * bool(self.paper)

    def summary(self) -> dict[str, str]:
        """The same for ``summary.json``, from which the gallery takes it."""
        return {"answer": self.text, "paper": self.paper, "answer_figure": self.figure}


def file_word(name: str) -> str:
    """A name as a part of a file's name: letters and digits stay, all else becomes ``_``.

    >>> file_word("glucose, 0.2 1/h")
    'glucose__0_2_1_h'
    """
    return "".join(c if c.isalnum() else "_" for c in name)


def too_few(least: float) -> str:
    """What a comparison says that could not have found anything.

    Args:
        least: smallest p-value that it can have.
    """
    return (
        f"These are too few trainings to tell: no p-value of theirs falls below {least:.2g}, so "
        "that nothing found is no finding."
    )


def percent(share: Any, digits: int | None = None) -> str:
    """A share as text, in which 0 and 100 are exact: what would round to them gets more digits.

    Args:
        share: a number, such as one of a table.
        digits: after the point; if not given, none, and one below a tenth.

    >>> percent(0.554), percent(0.0137), percent(0.9967), percent(0.99993), percent(1.0)
    ('55 %', '1.4 %', '99.7 %', '99.99 %', '100 %')
    >>> percent(0.0002), percent(0.0), percent(0.773, 1), percent(0.9997, 1)
    ('0.02 %', '0 %', '77.3 %', '99.97 %')
    >>> percent(1e-9), percent(-1e-9), percent(1 - 1e-9), percent(-0.02)
    ('< 0.0001 %', '> −0.0001 %', '> 99.9999 %', '−2.0 %')
    """
    share = float(share)
    if share < 0:
        size = percent(-share, digits)
        turned = {"<": ">", ">": "<"}.get(size[0])
        return f"{turned} −{size[2:]}" if turned else f"−{size}"
    if digits is None:
        digits = 1 if 0 < share < 0.1 else 0
    if 0 < share < 1:
        while digits < MOST_DIGITS and round(100 * share, digits) in (0, 100):
            digits += 1
        if round(100 * share, digits) == 0:
            return f"< {10.0**-digits:.{digits}f} %"
        if round(100 * share, digits) == 100:
            return f"> {100 - 10.0**-digits:.{digits}f} %"
        return f"{100 * share:.{digits}f} %"
    return f"{100 * share:.0f} %"


def between(low: float, high: float) -> str:
    """An interval of a share as text.

    >>> between(0.0116, 0.0162)
    '1.2 to 1.6 %'
    """
    return f"{percent(low).removesuffix(' %')} to {percent(high)}"


def with_interval(share: float, low: float, high: float) -> str:
    """A share with its 95 % interval.

    >>> with_interval(0.0137, 0.0116, 0.0162)
    '1.4 % (1.2 to 1.6 %)'
    """
    return f"{percent(share)} ({between(low, high)})"
