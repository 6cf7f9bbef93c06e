"""Exceptions. Each message names the object that is wrong and says what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RenaissanceError(Exception):
    """Base class of every error that the toolkit raises on purpose."""


_LISTED = 100  # problems that one message names


class DataError(RenaissanceError, ValueError):
    """A table or file holds something that the model cannot use.

    Attributes:
        problems: everything that is wrong, one text each; the message lists the first hundred.

    >>> str(DataError("a.csv, line 2: no source", "a.csv, line 7: no source")).count("no source")
    2
    """

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        more = len(self.problems) - _LISTED
        also = [f"and {more} more; all are in the attribute problems"] if more > 0 else []
        return "\n".join([*self.problems[:_LISTED], *also])


class SteadyStateError(RenaissanceError, ValueError):
    """A steady state is not one: wrong shape, sign, balance, direction or network."""


class InfeasibleError(RenaissanceError, ValueError):
    """No steady state meets the constraints; the message names a minimal conflicting set."""


class ParameterError(RenaissanceError, ValueError):
    """A parameter of a model, generator or training run is out of its range."""


class CheckpointError(RenaissanceError, ValueError):
    """A checkpoint or result file is damaged or belongs to another run."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint such as ``"; did you mean 'atp_c'?"``, or a full stop.

    >>> nearest("atp_x", ["atp_c", "adp_c", "pep_c"])
    "; did you mean 'atp_c' or 'adp_c'?"
    """
    close = difflib.get_close_matches(name, names := list(known), n=2, cutoff=0.6)
    if not close:  # perhaps only upper and lower case differ
        lower = {n.lower(): n for n in names}
        close = [lower[n] for n in difflib.get_close_matches(name.lower(), lower, n=2, cutoff=0.6)]
    return f"; did you mean {' or '.join(repr(c) for c in close)}?" if close else "."
