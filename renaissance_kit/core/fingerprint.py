"""Fingerprints: short names of everything that a result depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from renaissance_kit.core.errors import ParameterError

LENGTH = 16  # hexadecimal digits, 64 bits


def fingerprint(*parts: Any) -> str:
    """A name, 16 hexadecimal digits, that changes with any part.

    Args:
        parts: texts, numbers, arrays, None, and tuples, lists, mappings and dataclasses of them.
            Types count (1 and 1.0 differ), the order of a mapping does not. Of a dataclass the
            fields that take part in comparisons count, and its class name.

    Raises:
        ParameterError: a part of another type, which has no lasting text of its own.

    >>> import numpy as np
    >>> fingerprint("a", 1, np.zeros(3)) == fingerprint("a", 1, np.zeros(3))
    True
    >>> fingerprint(("a", "b")) == fingerprint("a", "b")
    False
    """
    hashed = hashlib.sha256()
    for part in parts:
        for piece in _pieces(part):
            hashed.update(piece)
    return hashed.hexdigest()[:LENGTH]


def _pieces(part: Any) -> Iterator[bytes]:
    """The bytes of one part, led by its kind and size, so that no two parts run together."""
    if isinstance(part, np.generic):
        part = part.item()
    if isinstance(part, np.ndarray):
        if part.dtype.kind not in "biufcUS":
            raise ParameterError(f"an array of {part.dtype} has no fingerprint; give numbers")
        yield f"array {part.dtype.str} {part.shape};".encode()
        yield np.ascontiguousarray(part).tobytes()
    elif is_dataclass(part) and not isinstance(part, type):
        own = [field.name for field in fields(part) if field.compare]
        yield f"dataclass {type(part).__qualname__} {len(own)};".encode()
        for name in own:
            yield from _pieces(name)
            yield from _pieces(getattr(part, name))
    elif isinstance(part, Enum):
        yield from _pieces((type(part).__qualname__, part.name))
    elif part is None or isinstance(part, bool | int | float | str | bytes):
        text = part if isinstance(part, bytes) else repr(part).encode()
        yield f"{type(part).__name__} {len(text)};".encode() + text
    elif isinstance(part, Mapping):
        yield f"mapping {len(part)};".encode()
        for key in sorted(part, key=repr):
            yield from _pieces(key)
            yield from _pieces(part[key])
    elif isinstance(part, tuple | list):
        yield f"sequence {len(part)};".encode()
        for item in part:
            yield from _pieces(item)
    else:
        raise ParameterError(
            f"a {type(part).__name__} has no fingerprint; make it a frozen dataclass, or give "
            "numbers, texts and arrays"
        )
