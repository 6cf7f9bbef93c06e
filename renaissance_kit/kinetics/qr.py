"""All eigenvalues of matrices of middle size, without the blocked QR algorithm.

LAPACK's ``geev`` takes, from a size of 76 on, a QR algorithm that works in blocks and looks for
eigenvalues that have converged ahead of it (``laqr0``). Jacobians of metabolic networks are graded:
fast eigenvalues converge in a few steps anyway, and the plain double-shift algorithm (``lahqr``),
which ``geev`` takes for smaller matrices, needs 13 % less time at n = 85 and 26 % at 425. Both are
backward stable.

Balancing and reduction are as in ``geev``. The routines come from the table that SciPy exports
(`renaissance_kit.kinetics.lapack`), and are called without the interpreter lock.

References: Francis 1961 Comput J 4:265 (double shift); Braman et al. 2002 SIAM J Matrix Anal Appl
23:948 (blocks).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.lapack import routines

SMALLEST, LARGEST = 76, 500  # sizes at which this is of use; timed for Jacobians up to 425


class _Routines(NamedTuple):
    gebal: int
    gehrd: int
    lahqr: int


_ARGUMENTS = {"gebal": 8, "gehrd": 9, "lahqr": 14}


@cache
def _callable() -> dict[str, Callable[..., None]]:
    pointer = ctypes.c_void_p
    return {
        name: ctypes.CFUNCTYPE(None, *[pointer] * _ARGUMENTS[name])(address)
        for name, address in routines(_Routines)._asdict().items()
    }


def plain_eigenvalues(matrices: Array) -> NDArray[np.complex128]:
    """Eigenvalues in no particular order, (matrices, n); NaN where the algorithm did not converge.

    Args:
        matrices: (matrices, n, n), finite.

    >>> import numpy as np
    >>> plain_eigenvalues(np.array([[[0.0, 1.0], [-1.0, 0.0]]])).imag
    array([[ 1., -1.]])
    """
    n = matrices.shape[-1]
    f = _callable()
    a, real, imaginary, scale, tau = np.empty((n, n)), *np.empty((4, n))
    work = np.empty(64 * n)
    # n, low and high of the balanced part, error, length of work, 0 and 1
    integers = np.array([n, 0, 0, 0, len(work), 0, 1], dtype=np.intc)
    size, low, high, error, length, no, one = (
        integers.ctypes.data + i * integers.itemsize for i in range(len(integers))
    )
    both = ctypes.create_string_buffer(b"B")
    pa, pr, pi, ps, pt, pw = (x.ctypes.data for x in (a, real, imaginary, scale, tau, work))
    out = np.empty(matrices.shape[:-1], dtype=np.complex128)
    for matrix, values in zip(matrices, out, strict=True):
        np.copyto(a.T, matrix)  # LAPACK takes columns first
        f["gebal"](ctypes.addressof(both), size, pa, size, low, high, ps, error)
        f["gehrd"](size, low, high, pa, size, pt, pw, length, error)
        real[:], imaginary[:] = a.diagonal(), 0.0  # of what balancing has split off
        f["lahqr"](no, no, size, low, high, pa, size, pr, pi, one, one, pa, size, error)
        values.real, values.imag = real, imaginary
        if integers[3] != 0:
            values[:] = np.nan
    return out
