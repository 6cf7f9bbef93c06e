"""LU factorisation for compiled code: one matrix, many right-hand sides, and how well it is posed.

NumPy's ``solve`` raises in compiled code where a matrix is singular, which would end a batch. Here
the reciprocal condition number is the answer, and whoever calls makes a status of it.

Reference: Golub & Van Loan 2013, Matrix Computations, sections 3.4 and 3.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.lapack import fortran_call


class LURoutines(NamedTuple):
    """Addresses of the routines."""

    getrf: int
    getrs: int
    gecon: int


class LUWorkspace(NamedTuple):
    """Scratch arrays for matrices of one size; a thread needs its own."""

    factors: Array
    work: Array
    scalars: Array
    integers: NDArray[np.int32]
    letters: NDArray[np.uint8]

    @classmethod
    def of(cls, n: int) -> LUWorkspace:
        """Scratch for n × n matrices."""
        return cls(
            np.empty((n, n)), np.empty(4 * n), np.empty(2), np.empty(3 + 2 * n, dtype=np.int32),
            np.frombuffer(b"1T", dtype=np.uint8).copy(),
        )  # fmt: skip


@compiled
def solve_kernel(f: LURoutines, w: LUWorkspace, matrix: Array, sides: Array) -> float:
    """Solve A x = b for many b; each row of ``sides`` is one b and becomes its x.

    Args:
        matrix: (n, n) A; kept as it is.
        sides: (sides, n).

    Returns:
        The reciprocal condition number of A in the ∞-norm, as LAPACK estimates it; 0 for a singular
        matrix, NaN for one that is not finite. In both cases ``sides`` are left as they are.
    """
    # LAPACK reads arrays by columns, so it sees Aᵀ here, and is asked to solve with its transpose.
    n = len(matrix)
    largest = 0.0
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += abs(matrix[i, j])
            w.factors[i, j] = matrix[i, j]
        if not np.isfinite(total):
            return np.nan
        largest = max(largest, total)
    w.integers[0], w.integers[1], w.integers[2] = n, len(sides), 0
    w.scalars[0], w.scalars[1] = largest, 0.0
    letters, integers, a = w.letters.ctypes.data, w.integers.ctypes.data, w.factors.ctypes.data
    size, count, info = integers, integers + 4, integers + 8
    pivots, scratch = integers + 12, integers + 12 + 4 * n
    condition = w.scalars.ctypes.data + 8
    fortran_call(f.getrf, (size, size, a, size, pivots, info))
    if w.integers[2] != 0:
        return 0.0
    fortran_call(
        f.gecon,
        (letters, size, a, size, w.scalars.ctypes.data, condition, w.work.ctypes.data, scratch,
         info),
    )  # fmt: skip
    fortran_call(
        f.getrs, (letters + 1, size, count, a, size, pivots, sides.ctypes.data, size, info)
    )
    return float(w.scalars[1])
