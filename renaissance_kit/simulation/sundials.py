"""CVODE without Python between its steps: SUNDIALS' own functions, called by their C names.

They come with scikit-sundae, in whose compiled module they are found (its libraries are loaded
with it). Where they are not, as in a build of another precision, `available` is False, and
`renaissance_kit.simulation.integrators` takes scikit-sundae's Python interface, with Python at each
step and CVODE's own defaults for the two settings below.

Corrections of Newton's method that are left out of a step look like errors of it, and steps are
rejected for them. Solved to a hundredth of the tolerance, not a tenth, and with Jacobians that are
no older than 20 steps, models of *E. coli* take two thirds of the time, in the bioreactor half.

Reference: Hindmarsh et al. 2005 ACM TOMS 31:363; SUNDIALS 7, user documentation of CVODE.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CDLL, POINTER, byref, c_double, c_int, c_int64, c_long, c_void_p, cast
from functools import cache
from typing import Any

import numpy as np
from sksundae import _cy_common, _cy_cvode

from renaissance_kit.core.types import Array

BDF, NORMAL, DONE, TSTOP, TOO_MUCH_WORK = 2, 1, 0, 1, -1
STEPS = 500  # of CVODE between two looks at the clock
NEWTON = 0.01  # share of the tolerance to which each step's equations are solved; CVODE's own 0.1
JACOBIAN_AGE = 20  # steps after which a Jacobian is computed anew; CVODE's own 51
_P = c_void_p
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "SUNContext_Create": (c_int, (c_int, _P)),
    "SUNContext_ClearErrHandlers": (c_int, (_P,)),
    "SUNContext_GetLogger": (c_int, (_P, _P)),
    "SUNLogger_SetErrorFilename": (c_int, (_P, _P)),
    "SUNLogger_SetWarningFilename": (c_int, (_P, _P)),
    "SUNContext_Free": (c_int, (_P,)),
    "N_VGetArrayPointer": (_P, (_P,)),
    "N_VDestroy": (None, (_P,)),
    "SUNDenseMatrix_Data": (_P, (_P,)),
    "SUNMatDestroy": (None, (_P,)),
    "SUNLinSol_Dense": (_P, (_P, _P, _P)),
    "SUNLinSolFree": (c_int, (_P,)),
    "CVodeCreate": (_P, (c_int, _P)),
    "CVodeInit": (c_int, (_P, _P, c_double, _P)),
    "CVodeReInit": (c_int, (_P, c_double, _P)),
    "CVodeSVtolerances": (c_int, (_P, c_double, _P)),
    "CVodeSetUserData": (c_int, (_P, _P)),
    "CVodeSetLinearSolver": (c_int, (_P, _P, _P)),
    "CVodeSetJacFn": (c_int, (_P, _P)),
    "CVodeSetMaxNumSteps": (c_int, (_P, c_long)),
    "CVodeSetNonlinConvCoef": (c_int, (_P, c_double)),
    "CVodeSetJacEvalFrequency": (c_int, (_P, c_long)),
    "CVodeSetStopTime": (c_int, (_P, c_double)),
    "CVode": (c_int, (_P, c_double, _P, _P, c_int)),
    "CVodeFree": (None, (_P,)),
}


@cache
def _library() -> CDLL | None:
    """The functions with their types, or None where they are not to be had."""
    built = _cy_common.config
    size = {"int": c_int, "int32_t": c_int, "int64_t": c_int64, "long": c_int64}.get(
        str(built.get("SUNDIALS_INT_TYPE")).strip()
    )
    if size is None or built.get("SUNDIALS_FLOAT_TYPE") != "double":
        return None
    if not str(built.get("SUNDIALS_VERSION", "")).startswith("7."):
        return None
    sized: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "N_VNew_Serial": (_P, (size, _P)), "SUNDenseMatrix": (_P, (size, size, _P)),
    }  # fmt: skip
    try:
        library = CDLL(_cy_cvode.__file__)
        for name, (returned, taken) in {**_FUNCTIONS, **sized}.items():
            function = getattr(library, name)
            function.restype, function.argtypes = returned, taken
    except (OSError, AttributeError):
        return None
    return library


def available() -> bool:
    """Whether CVODE can be called without Python."""
    return _library() is not None


def address(name: str) -> int:
    """Of one of the functions."""
    return int(cast(getattr(_library(), name), c_void_p).value or 0)


class CVode:
    """One integration: made, advanced, and freed at the end of a ``with``.

    Args:
        right, slope: addresses of compiled functions (``CVRhsFn``, ``CVLsJacFn``).
        data: address that these get; what is there must be kept.
        start: (states,) at ``time``.
        relative, absolute: tolerances, a number and (states,).
    """

    def __init__(
        self, right: int, slope: int, data: int, time: float, start: Array, relative: float,
        absolute: Array,
    ) -> None:  # fmt: skip
        library = _library()
        assert library is not None, "ask `available` first"
        self._made = library
        self._context, self._memory = c_void_p(), c_void_p()
        self._vectors: list[int] = []
        self._matrix: int | None = None
        self._solver: int | None = None
        self._do("SUNContext_Create", 0, byref(self._context))
        try:
            self._silence()
            self.state, self._state = self._vector(start)
            _, tolerance = self._vector(absolute)
            self._memory = c_void_p(library.CVodeCreate(BDF, self._context))
            self._do("CVodeInit", self._memory, right, time, self._state)
            self._do("CVodeSVtolerances", self._memory, relative, tolerance)
            self._do("CVodeSetUserData", self._memory, data)
            n = len(start)
            self._matrix = library.SUNDenseMatrix(n, n, self._context)
            self._solver = library.SUNLinSol_Dense(self._state, self._matrix, self._context)
            self._do("CVodeSetLinearSolver", self._memory, self._solver, self._matrix)
            self._do("CVodeSetJacFn", self._memory, slope)
            self._do("CVodeSetMaxNumSteps", self._memory, STEPS)
            self._do("CVodeSetNonlinConvCoef", self._memory, NEWTON)
            self._do("CVodeSetJacEvalFrequency", self._memory, JACOBIAN_AGE)
        except BaseException:
            self.free()
            raise

    def __enter__(self) -> CVode:
        return self

    def __exit__(self, *ended: object) -> None:
        self.free()

    def restart(self, time: float) -> None:
        """Forget the steps so far and begin at `state` anew."""
        self._do("CVodeReInit", self._memory, time, self._state)

    def advance(
        self, end: float, last: float, watch: Callable[[float], None], most: int
    ) -> tuple[int, float]:
        """To a time, without a step beyond the last one; `state` is that at the time reached.

        Args:
            watch: called with the time reached every `STEPS` steps; what it raises ends the
                integration.
            most: steps.

        Returns:
            CVODE's answer, negative for a failure, and the time reached.
        """
        self._do("CVodeSetStopTime", self._memory, last)
        reached = c_double()
        for _ in range(0, most, STEPS):
            answer = self._made.CVode(self._memory, end, self._state, byref(reached), NORMAL)
            watch(reached.value)
            if answer != TOO_MUCH_WORK:
                break
        return int(answer), reached.value

    def free(self) -> None:
        """Give the memory back; the arrays of this object are no longer to be used."""
        library = self._made
        if self._memory:
            library.CVodeFree(byref(self._memory))
        if self._solver:
            library.SUNLinSolFree(self._solver)
        if self._matrix:
            library.SUNMatDestroy(self._matrix)
        for vector in self._vectors:
            library.N_VDestroy(vector)
        self._vectors, self._solver, self._matrix = [], None, None
        if self._context:
            library.SUNContext_Free(byref(self._context))

    def _vector(self, values: Array) -> tuple[Array, int]:
        """A vector of SUNDIALS with these values: its numbers as an array, and its address."""
        vector = self._made.N_VNew_Serial(len(values), self._context)
        if not vector:
            raise MemoryError("SUNDIALS made no vector")
        self._vectors.append(vector)
        pointer = cast(self._made.N_VGetArrayPointer(vector), POINTER(c_double))
        inside = np.ctypeslib.as_array(pointer, (len(values),))
        inside[:] = values
        return inside, vector

    def _silence(self) -> None:
        """What goes wrong is in the answers; SUNDIALS prints nothing."""
        self._do("SUNContext_ClearErrHandlers", self._context)
        logger = c_void_p()
        self._do("SUNContext_GetLogger", self._context, byref(logger))
        for kind in ("Error", "Warning"):
            self._do(f"SUNLogger_Set{kind}Filename", logger, b"")

    def _do(self, name: str, *arguments: Any) -> None:
        answer = getattr(self._made, name)(*arguments)
        if answer < 0:
            raise RuntimeError(f"{name} of SUNDIALS answered {answer}")


def meaning(answer: int) -> str:
    """What an answer of CVODE says."""
    return str(_cy_cvode.CVMESSAGES[answer])
