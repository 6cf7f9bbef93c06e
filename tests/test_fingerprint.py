"""Fingerprints: what changes them and what does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
import pytest

from renaissance_kit.core import ParameterError, fingerprint


class Kind(Enum):
    A = 1
    B = 2


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    note: str = field(default="", compare=False)


@dataclass(frozen=True)
class Outer:
    inner: Inner
    size: float = 1.0


@dataclass(frozen=True)
class Other:
    inner: Inner
    size: float = 1.0


def test_a_fingerprint_is_short_and_does_not_change_between_versions() -> None:
    assert fingerprint("a", 1, 2.5, None) == fingerprint("a", 1, 2.5, None)
    assert fingerprint("a", 1, 2.5, None, (True, b"x")) == "13bf1d880db06303"
    assert len(fingerprint()) == 16


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (1, "1"),
        (b"a", "a"),
        (None, "None"),
        (0.1 + 0.2, 0.3),
        (("ab",), ("a", "b")),
        (("a", ("b",)), (("a",), "b")),
        ((), ""),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, (("a", 1),)),
        (Kind.A, Kind.B),
        (Kind.A, "A"),
        (np.zeros(2), (0.0, 0.0)),
    ],
)
def test_types_and_borders_count(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_parts_are_told_apart_from_one_sequence_of_them() -> None:
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint("a", "b") != fingerprint(("a", "b"))


def test_the_order_of_a_mapping_does_not_count() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])
    assert fingerprint(["a", "b"]) == fingerprint(("a", "b"))


def test_arrays_count_by_type_shape_and_content() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert fingerprint(array) == fingerprint(np.asfortranarray(array))
    assert fingerprint(array) == fingerprint(np.repeat(array, 2, axis=1)[:, ::2])
    changed = array.copy()
    changed[1, 2] = np.nextafter(5.0, 6.0)
    others = [array.astype(np.float32), array.T, array.ravel(), changed, array.astype(int)]
    assert len({fingerprint(a) for a in [array, *others]}) == 6
    assert fingerprint(np.float64(2.0)) == fingerprint(2.0)
    assert fingerprint(np.array([np.nan])) == fingerprint(np.array([np.nan]))


def test_dataclasses_count_by_name_and_by_the_fields_that_are_compared() -> None:
    outer = Outer(Inner(np.ones(3), "one"))
    assert fingerprint(outer) == fingerprint(Outer(Inner(np.ones(3), "two")))
    assert fingerprint(outer) != fingerprint(replace(outer, size=2.0))
    assert fingerprint(outer) != fingerprint(Outer(Inner(np.ones(4))))
    assert fingerprint(outer) != fingerprint(Other(outer.inner))


@pytest.mark.parametrize(
    "part", [{1, 2}, object(), Inner, lambda: None, np.array([object()]), [{"a": object()}]]
)
def test_what_has_no_lasting_text_is_refused_with_the_remedy(part: object) -> None:
    with pytest.raises(ParameterError, match=r"has no fingerprint; (make it a|give)"):
        fingerprint(part)
