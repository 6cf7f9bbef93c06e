"""Addresses in compiled code: what a C library needs to call it, and to be called by it.

A C library hands one address back to a function that it calls. `stored` puts a tuple of arrays and
numbers, as compiled code holds it, into memory, and a function from `loader` takes it out again.
The arrays in memory are not counted as used: whoever stores them keeps them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar, get_type_hints

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from renaissance_kit.core.types import Array, Index

Record = TypeVar("Record")

_KINDS: dict[Any, Any] = {
    Index: types.Array(types.int64, 1, "C"), Array: types.Array(types.float64, 1, "C"),
    NDArray[np.bool_]: types.Array(types.boolean, 1, "C"), int: types.int64, float: types.float64,
}  # fmt: skip
_DTYPES: dict[Any, Any] = {
    types.int64: np.int64, types.float64: np.float64, types.boolean: np.bool_,
}  # fmt: skip


@cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def kind_of(record: type, **others: Any) -> Any:
    """The compiler's type of a NamedTuple, from the types of its fields.

    Args:
        record: with fields that are vectors, numbers, or named in ``others``.
        others: by field, the compiler's types of fields that are neither.
    """
    hints = _hints(record)
    fields = record._fields  # type: ignore[attr-defined]
    return types.NamedTuple([others.get(f) or _KINDS[hints[f]] for f in fields], record)


def fitting(record: Record) -> Record:
    """A NamedTuple with its fields exactly of the kinds that `kind_of` takes for granted.

    Compiled code reads what `stored` put into memory by these kinds: a whole number in the place
    of a number, as people write 2 for 2.0, would be read as nearly nothing. Arrays that fit stay
    the same ones.
    """
    fields: Any = record
    kind: Any = type(record)
    hints = _hints(kind)
    return kind(*map(_fitting, fields, (hints[name] for name in kind._fields)))


def _fitting(value: Any, hint: Any) -> Any:
    kind = _KINDS.get(hint)
    if isinstance(kind, types.Array):
        return np.ascontiguousarray(value, dtype=_DTYPES[kind.dtype])
    return fitting(value) if kind is None else hint(value)


def numbers_in(kind: Any) -> tuple[Any, ...]:
    """Kinds of the numbers in the arrays of a tuple, as `require_numbers` takes them.

    Args:
        kind: the compiler's type, from `kind_of`.
    """
    return tuple(
        numbers_in(member) if isinstance(member, types.BaseTuple)
        else np.dtype(_DTYPES[member.dtype]) if isinstance(member, types.Array)
        else None
        for member in kind.types
    )  # fmt: skip


def require_numbers(record: tuple[Any, ...], numbers: tuple[Any, ...]) -> None:
    """Refuse arrays that compiled code would misread: of other numbers, or with gaps.

    Raises:
        TypeError: there is one.
    """
    for value, expected in zip(record, numbers, strict=True):
        if isinstance(value, tuple):
            require_numbers(value, expected)
        elif expected is not None:
            fits = value.dtype == expected and value.ndim == 1
            if not (fits and value.flags.c_contiguous):
                raise TypeError(f"an array of {value.dtype}, {value.shape}, cannot be handed to C")


def _word() -> Any:
    return ir.IntType(8 * np.dtype(np.intp).itemsize)


def _uncounted(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """A value whose arrays belong to nobody, so that nothing is counted or freed."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        members: Any = kind
        for i, member in enumerate(members):
            part = _uncounted(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value


def _typed_store(typing_context: Any, packed: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bare = _uncounted(context, builder, signature.args[0], arguments[0])
        builder.store(bare, builder.inttoptr(arguments[1], bare.type.as_pointer()))
        return context.get_dummy_value()

    return types.void(packed, types.intp), generate


def _typed_size(typing_context: Any, packed: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        size = context.get_abi_sizeof(context.get_value_type(signature.args[0]))
        return context.get_constant(types.intp, size)

    return types.intp(packed), generate


def _typed_doubles(typing_context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(types.intp), generate


def _typed_lookup(typing_context: Any, routine: Any, argument: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_word(), [_word()])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])

    return types.intp(types.intp, types.intp), generate


stored: Any = intrinsic(_typed_store)
"""(packed, address): put a tuple into memory."""
size_of: Any = intrinsic(_typed_size)
"""(packed): bytes that `stored` takes."""
doubles: Any = intrinsic(_typed_doubles)
"""(address): pointer to numbers there, for ``numba.carray``."""
looked_up: Any = intrinsic(_typed_lookup)
"""(routine, argument): call the C function ``void *f(void *)`` at an address."""


def loader(kind: Any) -> Any:
    """A function for compiled code: the tuple of this type that `stored` put at an address."""

    def typed(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            value = context.get_value_type(kind)
            return builder.load(builder.inttoptr(arguments[0], value.as_pointer()))

        return kind(types.intp), generate

    return intrinsic(typed)
