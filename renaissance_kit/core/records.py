"""Equality of records: a missing number equals a missing number, an array is compared whole.

A dataclass compares its fields with ``==``. For NaN, which stands for a missing number, that says
no (from Python 3.13 on even for the same object), and for arrays it says nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

Kind = TypeVar("Kind", bound=type)


def compared_by_value(cls: Kind) -> Kind:
    """Let two records of a frozen dataclass be equal if all their compared fields are.

    >>> from dataclasses import dataclass
    >>> @compared_by_value
    ... @dataclass(frozen=True)
    ... class Measured:
    ...     value: float
    >>> Measured(float("nan")) == Measured(float("nan"))
    True
    """
    names = tuple(f.name for f in fields(cls) if f.compare)

    def equal(self: Any, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(same_value(getattr(self, name), getattr(other, name)) for name in names)

    def digest(self: Any) -> int:
        values = (getattr(self, name) for name in names)
        return hash(tuple(None if _missing(value) else value for value in values))

    cls.__eq__, cls.__hash__ = equal, digest  # type: ignore[method-assign, assignment]
    return cls


def same_value(a: object, b: object) -> bool:
    """Whether two values are equal, with NaN equal to NaN, also inside tuples and mappings.

    >>> same_value((1.0, float("nan")), (1.0, float("nan")))
    True
    """
    if a is b or (_missing(a) and _missing(b)):
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and type(a) is type(b):
        pairs = zip(a, b, strict=False)
        return len(a) == len(b) and all(same_value(x, y) for x, y in pairs)
    return bool(a == b)


def _missing(value: object) -> bool:
    return isinstance(value, float) and value != value
