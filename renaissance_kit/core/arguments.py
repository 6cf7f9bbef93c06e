"""Arguments that people pass: whole numbers, numbers, texts, and whether they are what they say."""

from __future__ import annotations

import operator
from dataclasses import fields
from numbers import Real
from typing import Any

import numpy as np

from renaissance_kit.core.errors import ParameterError


def require_kinds(settings: Any) -> None:
    """Make sure that the fields of a dataclass are of the kinds it was written with.

    Whole numbers (``int``), numbers (``float``), truth values, texts, tuples of whole numbers, and
    None where that is allowed; other fields are not looked at. NumPy's scalars become Python's, so
    that they can be written down. For ``__post_init__``, before the ranges are checked.

    Raises:
        ParameterError: a value of another kind, such as 1.5 or "10" for a whole number.
    """
    for field in fields(settings):
        kind = str(field.type).removesuffix(" | None")
        value, optional = getattr(settings, field.name), kind != str(field.type)
        if kind not in _KINDS or (value is None and optional):
            continue
        try:
            object.__setattr__(settings, field.name, _KINDS[kind](value))
        except TypeError:
            none = " or None" if optional else ""
            raise ParameterError(f"{field.name} is {value!r}; give {_WORDS[kind]}{none}") from None


def require_whole(name: str, value: Any, *, least: int = 1) -> int:
    """A whole number.

    Raises:
        ParameterError: it is none, or too small.

    >>> require_whole("models", 3)
    3
    """
    try:
        number = _whole(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ParameterError(f"{name} is {value!r}; give a whole number from {least}")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, bool | np.bool_):
        raise TypeError
    return operator.index(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError
    return value.item() if isinstance(value, np.generic) else value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return bool(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole_numbers(value: Any) -> tuple[int, ...]:
    return tuple(_whole(item) for item in value)


_KINDS = {
    "int": _whole, "float": _number, "bool": _truth, "str": _text,
    "tuple[int, ...]": _whole_numbers,
}  # fmt: skip
_WORDS = {
    "int": "a whole number", "float": "a number", "bool": "True or False", "str": "a text",
    "tuple[int, ...]": "whole numbers, such as (256, 512)",
}  # fmt: skip
