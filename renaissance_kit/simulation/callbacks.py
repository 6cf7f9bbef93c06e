"""What CVODE calls at every step, compiled: no Python between two of them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numba import carray, types
from numpy.typing import NDArray

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled, compiled_for_c
from renaissance_kit.kinetics.pointers import (
    doubles,
    fitting,
    kind_of,
    loader,
    looked_up,
    numbers_in,
    require_numbers,
    size_of,
    stored,
)
from renaissance_kit.kinetics.slots import Slots
from renaissance_kit.simulation.equations import (
    Feed,
    System,
    Terms,
    derivative_kernel,
    jacobian_kernel,
)


class Problem(NamedTuple):
    """All that the equations of one model need, for compiled code.

    ``counts`` are the evaluations of the right-hand side so far, and how many are allowed.
    ``vector_data`` and ``matrix_data`` are the addresses of SUNDIALS' functions that give those of
    the numbers in a vector and in a matrix.
    """

    slots: Slots
    terms: Terms
    feed: Feed
    inverse: Array
    vmax: Array
    inverse_keq: Array
    concentrations: Array
    f: Array
    df: Array
    square: Array
    counts: Index
    vector_data: int
    matrix_data: int

    @classmethod
    def of(
        cls, system: System, feed: Feed, evaluations: int, vector_data: int, matrix_data: int
    ) -> Problem:
        """The equations of a model with a feed, and a limit for their evaluations."""
        n = system.terms.n_states
        return cls(
            system.slots, system.terms, fitting(feed), system.inverse, system.vmax,
            system.inverse_keq, system.concentrations, system.f, system.df, np.empty(n * n),
            np.array([0, evaluations]), vector_data, matrix_data,
        )  # fmt: skip

    def in_memory(self) -> NDArray[np.uint8]:
        """The problem as the compiled functions read it; valid while this tuple is kept."""
        require_numbers(self, _NUMBERS)
        memory = np.empty(_size(self), dtype=np.uint8)
        _store(self, memory.ctypes.data)
        return memory


_KIND = kind_of(Problem, slots=kind_of(Slots), terms=kind_of(Terms), feed=kind_of(Feed))
_NUMBERS = numbers_in(_KIND)
_problem_at = loader(_KIND)
_RIGHT = types.int32(types.float64, types.intp, types.intp, types.intp)
_SLOPE = types.int32(
    types.float64, types.intp, types.intp, types.intp, types.intp, types.intp, types.intp,
    types.intp,
)  # fmt: skip


@compiled
def _size(problem: Problem) -> int:
    return size_of(problem)


@compiled
def _store(problem: Problem, address: int) -> None:
    stored(problem, address)


def _right(t: float, state: int, out: int, data: int) -> int:
    """dy/dt for CVODE (``CVRhsFn``); −1, the end, where that was done too often."""
    p = _problem_at(data)
    p.counts[0] += 1
    if p.counts[0] > p.counts[1]:
        return -1
    n = p.terms.n_states
    y = carray(doubles(looked_up(p.vector_data, state)), (n,))
    dy = carray(doubles(looked_up(p.vector_data, out)), (n,))
    feed = p.feed
    dilution = feed.inflow / (feed.volume + feed.net * (t - feed.begin))
    derivative_kernel(
        p.slots, p.terms, p.inverse, p.vmax, p.inverse_keq, p.concentrations, y, dilution,
        feed.mM, p.f, p.df, dy,
    )  # fmt: skip
    return 0


def _slope(
    t: float, state: int, derivative: int, matrix: int, data: int, a: int, b: int, c: int
) -> int:
    """∂(dy/dt)/∂y for CVODE (``CVLsJacFn``), column by column."""
    p = _problem_at(data)
    n = p.terms.n_states
    y = carray(doubles(looked_up(p.vector_data, state)), (n,))
    columns = carray(doubles(looked_up(p.matrix_data, matrix)), (n, n))
    square = p.square.reshape((n, n))
    feed = p.feed
    dilution = feed.inflow / (feed.volume + feed.net * (t - feed.begin))
    jacobian_kernel(
        p.slots, p.terms, p.inverse, p.vmax, p.inverse_keq, p.concentrations, y, dilution, p.f,
        p.df, square,
    )  # fmt: skip
    for i in range(n):
        for j in range(n):
            columns[j, i] = square[i, j]
    return 0


@cache
def addresses() -> tuple[int, int]:
    """Of the right-hand side and its Jacobian, compiled the first time."""
    return compiled_for_c(_RIGHT, _right).address, compiled_for_c(_SLOPE, _slope).address
