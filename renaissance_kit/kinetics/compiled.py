"""The one door to the compiler: compiled code on disk that is never older than its source.

numba keeps compiled functions on disk and takes them for fresh as long as the file that holds the
function is unchanged. A function that it calls may have been edited meanwhile, in another file,
and the old number comes out. Here the name under which numba keeps a function ends in a digest of
all sources that can enter it: the rate laws, this room, and the room of the function itself.

The digest goes into ``__qualname__``, from which every numba that ``pyproject.toml`` allows makes
the names of its files: no private name of numba is touched, and a test would see a release that
does otherwise. Locator classes, the other way, are private, and ``NUMBA_CACHE_LOCATOR_CLASSES``,
which newer releases read, would decide for the other packages of the process too. Files of older
sources stay where they are; they may be deleted at any time.

numba keeps files in ``NUMBA_CACHE_DIR`` if that is set, else in ``__pycache__`` beside the source,
else in the user's cache folder. Where none of them can be written, everything is compiled anew in
each process, with one warning.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from numba.extending import register_jitable

from renaissance_kit.core.versions import sources_digest

_SECONDS = {"kinetics.models": 10.0, "simulation.equations": 15.0, "kinetics.gradients": 35.0}
"""Of compiling what is in a module, on one of two cores that others use as well."""

_DONE: dict[str, list[Any]] = {}
# Functions that others call are inlined there: handing over the tables of a network, dozens of
# arrays, would take longer than the rates of a small one.
_OPTIONS: Any = {"nogil": True, "error_model": "numpy", "forceinline": True}
_UNUSED: Any = {"no_cfunc_wrapper": True}  # only `compiled_for_c` is called from C
_INLINED: Any = {**_OPTIONS, **_UNUSED, "no_cpython_wrapper": True}  # nor these from Python
_CONFIG: Any = numba.config


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function for all threads, without the interpreter lock; kept on disk."""
    made = _compiled(function)
    _DONE.setdefault(function.__module__.partition(".")[2], []).append(made)
    return made


def seconds_to_compile(*modules: str) -> float:
    """About how long the compiling of modules will take; 0 where it is done and kept.

    Args:
        modules: of this package, such as ``kinetics.models``.

    >>> from renaissance_kit.kinetics.compiled import seconds_to_compile
    >>> seconds_to_compile() == 0
    True
    """
    return sum(
        _SECONDS.get(module, 0.0)
        for module in modules
        if not all(map(_is_kept, _DONE.get(module, [])))
    )


def _is_kept(made: Any) -> bool:
    """Whether a function is compiled in this process, or its code lies on disk."""
    if made.signatures:
        return True
    folder = made.stats.cache_path
    name = made.py_func.__qualname__
    return folder is not None and any(Path(folder).glob(f"*.{name}-*.nbi"))


def _compiled(function: Callable[..., Any]) -> Any:
    _make_callable_from(function)
    if _folder_for_files(Path(function.__code__.co_filename).parent):
        name = function.__qualname__
        function.__qualname__ = f"{name}-{_digest(_room(function))}"
        try:
            return numba.njit(cache=True, **_OPTIONS, **_UNUSED)(function)
        except RuntimeError:  # no place for files
            function.__qualname__ = name
    _warn_once()
    return numba.njit(**_OPTIONS, **_UNUSED)(function)


def compiled_for_c(signature: Any, function: Callable[..., Any]) -> Any:
    """Compile a function that a C library calls by its ``address``; kept on disk as the others.

    Args:
        signature: the compiler's types of what it returns and takes.
    """
    if _folder_for_files(Path(function.__code__.co_filename).parent):
        name = function.__qualname__
        function.__qualname__ = f"{name}-{_digest(_room(function))}"
        try:
            return numba.cfunc(signature, cache=True, error_model="numpy")(function)
        except RuntimeError:  # no place for files
            function.__qualname__ = name
    _warn_once()
    return numba.cfunc(signature, error_model="numpy")(function)


@cache
def inlined(function: Callable[..., Any]) -> Any:
    """Let compiled code call a plain function; it is compiled into the code that calls it."""
    _make_callable_from(function)
    return register_jitable(**_INLINED)(function)


def _make_callable_from(function: Callable[..., Any]) -> None:
    """Let compiled code call the plain functions of the rate laws that a function calls."""
    for called in _called(function):
        inlined(called)


def _called(function: Callable[..., Any]) -> list[FunctionType]:
    """Plain functions of the rate laws that a function calls by name."""
    known = (function.__globals__.get(name) for name in function.__code__.co_names)
    return [f for f in known if isinstance(f, FunctionType) and f.__module__.startswith(_LAWS)]


_LAWS = f"{__name__.split('.')[0]}.laws"


def _room(function: Callable[..., Any]) -> str:
    return function.__module__.split(".")[1]


def _digest(room: str) -> str:
    """Of the sources that can enter a compiled function of a room."""
    return sources_digest("laws", "kinetics", room)


def _folder_for_files(sources: Path) -> bool:
    """Whether numba can know a place; without a home it would make a folder called ``~``."""
    if _CONFIG.CACHE_DIR or os.environ.get("XDG_CACHE_HOME") or os.access(sources, os.W_OK):
        return True
    try:
        Path.home()
    except RuntimeError:
        return False
    return True


@cache
def _warn_once() -> None:
    warnings.warn(
        "compiled code cannot be kept, neither beside the package nor in a home folder: it is "
        "compiled anew in each process. Set NUMBA_CACHE_DIR to a folder that can be written.",
        RuntimeWarning,
        stacklevel=3,
    )
