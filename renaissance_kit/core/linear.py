"""Gauss-Jordan elimination, whose result does not depend on the machine."""

from __future__ import annotations

import numpy as np

from renaissance_kit.core.errors import InfeasibleError
from renaissance_kit.core.types import Array


def row_echelon(matrix: Array, right: Array) -> tuple[list[int], Array, Array]:
    """Reduced row echelon form of ``matrix x = right``.

    Returns:
        Pivot columns (the first columns that are independent), the reduced rows, their right
        sides. Rows that say nothing are dropped.

    Raises:
        InfeasibleError: a row reads 0 = something else.
    """
    work = np.column_stack([matrix, right]).astype(float)
    pivots: list[int] = []
    row = 0
    for column in range(matrix.shape[1]):
        if row == len(work):
            break
        best = row + int(np.argmax(np.abs(work[row:, column])))
        if abs(work[best, column]) < 1e-9:
            work[row:, column] = 0.0
            continue
        work[[row, best]] = work[[best, row]]
        work[row] /= work[row, column]
        others = np.arange(len(work)) != row
        work[others] -= np.outer(work[others, column], work[row])
        work[np.abs(work) < 1e-13] = 0.0
        pivots.append(column)
        row += 1
    if (np.abs(work[row:, -1]) > 1e-7).any():
        raise InfeasibleError("the equalities contradict each other")
    return pivots, work[:row, :-1], work[:row, -1]
