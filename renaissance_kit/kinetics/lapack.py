"""LAPACK routines for compiled code, and the eigenvectors of a few rightmost eigenvalues.

NumPy returns all eigenvectors or none; a gradient needs those of one to five eigenvalues. After
the eigenvalues alone, inverse iteration on the Hessenberg matrix (``hsein``) finds such a pair of
vectors in O(n²), so that both sides cost little more than the eigenvalues.

The routines come from the table that SciPy exports for compiled callers
(`scipy.linalg.cython_lapack`); NumPy and SciPy offer none of ``hseqr``, ``hsein`` and ``ormhr``,
and SciPy's wrappers hold the interpreter lock. Kernels take the addresses as an argument, so that
they can be kept compiled on disk.

Reference: Golub & Van Loan 2013, Matrix Computations, sections 7.5 and 7.6.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import scipy.linalg.cython_lapack  # noqa: F401  its BLAS must be known when BLAS is held to a thread
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic
from numpy.typing import NDArray

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.compiled import compiled

Flags = NDArray[np.int64]
Vectors = NDArray[np.complex128]

Named = TypeVar("Named", bound=tuple[int, ...])


class Routines(NamedTuple):
    """Addresses of the routines."""

    gebal: int
    gehrd: int
    hseqr: int
    hsein: int
    ormhr: int
    gebak: int


@cache
def routines(names: type[Named]) -> Named:
    """Look up the routines that a record names; addresses differ from process to process."""
    table, record = "scipy.linalg.cython_lapack", cast(Any, names)
    found = (get_cython_function_address(table, f"d{name}") for name in record._fields)
    return cast(Named, record(*found))


def _typed_call(typing_context: Any, address: Any, arguments: Any) -> Any:
    """Call the Fortran routine at an address with the addresses of its arguments (a tuple).

    Whoever calls must use the arrays again afterwards, or they may be freed before.
    """
    n = len(arguments)
    word = ir.IntType(8 * np.dtype(np.intp).itemsize)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [word] * n)
        routine = builder.inttoptr(values[0], kind.as_pointer())
        builder.call(routine, cgutils.unpack_tuple(builder, values[1], n))
        return context.get_dummy_value()

    return types.void(types.intp, arguments), generate


fortran_call: Any = intrinsic(_typed_call)
"""(routine, arguments): call a Fortran routine at an address, with a tuple of addresses."""


class Workspace(NamedTuple):
    """Scratch arrays for matrices of one size; a thread needs its own.

    Two-dimensional ones are seen by LAPACK transposed: a row here is a column there.
    """

    reflectors: Array
    hessenberg: Array
    right: Array
    left: Array
    scale: Array
    tau: Array
    real: Array
    imaginary: Array
    work: Array
    integers: NDArray[np.int32]
    letters: NDArray[np.uint8]

    @classmethod
    def of(cls, n: int) -> Workspace:
        """Scratch for n × n matrices."""
        square, vector = np.empty((4, n, n)), np.empty((4, n))
        return cls(
            square[0], square[1], square[2], square[3],
            vector[0], vector[1], vector[2], vector[3],
            np.empty(n * (n + 64)),
            np.empty(16 + 3 * n, dtype=np.int32),
            np.frombuffer(b"BERLNQ", dtype=np.uint8).copy(),
        )  # fmt: skip


@compiled
def eigenvalues_kernel(f: Routines, w: Workspace, matrix: Array) -> bool:
    """Balance a matrix, reduce it, and leave its eigenvalues in ``w.real`` and ``w.imaginary``.

    Returns:
        False where LAPACK did not find all of them.
    """
    n = len(matrix)
    for i in range(n):
        for j in range(n):
            w.reflectors[j, i] = matrix[i, j]
    w.integers[0], w.integers[1], w.integers[2] = n, len(w.work), 0
    letters, integers = w.letters.ctypes.data, w.integers.ctypes.data
    size, lwork, info, low, high = (
        integers, integers + 4, integers + 8, integers + 12, integers + 16,
    )  # fmt: skip
    a, work = w.reflectors.ctypes.data, w.work.ctypes.data
    fortran_call(f.gebal, (letters, size, a, size, low, high, w.scale.ctypes.data, info))
    fortran_call(f.gehrd, (size, low, high, a, size, w.tau.ctypes.data, work, lwork, info))
    w.hessenberg[:] = w.reflectors
    fortran_call(
        f.hseqr,
        (letters + 1, letters + 4, size, low, high, w.hessenberg.ctypes.data, size,
         w.real.ctypes.data, w.imaginary.ctypes.data, w.right.ctypes.data, size, work, lwork,
         info),
    )  # fmt: skip
    return w.integers[2] == 0


@compiled
def vectors_kernel(f: Routines, w: Workspace, chosen: Flags, right: Vectors, left: Vectors) -> bool:
    """Right and left eigenvectors of chosen eigenvalues, after `eigenvalues_kernel`.

    Args:
        chosen: (n,) other than 0 where the vectors are wanted; of a pair, at the first.
        right, left: (n, n) complex; row k is filled with u and w of the k-th chosen one.

    Returns:
        False where inverse iteration failed for one of them.
    """
    n = len(chosen)
    letters, integers = w.letters.ctypes.data, w.integers.ctypes.data
    size, lwork, info, low, high, found = (
        integers, integers + 4, integers + 8, integers + 12, integers + 16, integers + 20,
    )  # fmt: skip
    select, failed_left, failed_right = 16, 16 + n, 16 + 2 * n
    w.integers[select : select + n] = chosen
    u, v, work = w.right.ctypes.data, w.left.ctypes.data, w.work.ctypes.data
    a, scale = w.reflectors.ctypes.data, w.scale.ctypes.data
    paired = w.imaginary != 0  # before it is disturbed to tell close eigenvalues apart
    fortran_call(
        f.hsein,
        (letters, letters + 5, letters + 4, integers + 4 * select, size, a, size,
         w.real.ctypes.data, w.imaginary.ctypes.data, v, size, u, size, size, found, work,
         integers + 4 * failed_left, integers + 4 * failed_right, info),
    )  # fmt: skip
    converged = w.integers[2] == 0
    for side, letter in ((u, letters + 2), (v, letters + 3)):
        fortran_call(
            f.ormhr,
            (letters + 3, letters + 4, size, found, low, high, a, size, w.tau.ctypes.data, side,
             size, work, lwork, info),
        )  # fmt: skip
        fortran_call(f.gebak, (letters, letter, size, low, high, scale, found, side, size, info))
    row, k = 0, 0
    for i in range(n):
        if chosen[i]:
            right[k], left[k] = w.right[row], w.left[row]
            if paired[i]:
                right[k] += 1j * w.right[row + 1]
                left[k] += 1j * w.left[row + 1]
                row += 1
            row += 1
            k += 1
    return converged
