"""One thread of linear algebra in each of our own threads.

Batches are shared out to threads here, model by model. Threads of BLAS and PyTorch underneath gain
nothing then, and on a busy machine they wait for each other most of the time. And they add up a sum
in another order: with one thread the same seed gives the same bits, whatever
``OPENBLAS_NUM_THREADS`` or ``torch.set_num_threads`` say. So every number that is kept is made
inside `single_threaded`. PyTorch is held back where it is loaded; nothing here loads it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

from renaissance_kit.core.arguments import require_whole

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def single_threaded() -> Iterator[None]:
    """Hold BLAS and PyTorch to one thread inside the block, and set both back afterwards.

    Blocks may lie within each other, which costs nothing, and beside each other in several
    threads: BLAS is set back when the last of them ends. Also a decorator, ``@single_threaded()``.

    >>> import torch
    >>> from renaissance_kit.core import single_threaded
    >>> with single_threaded():
    ...     torch.get_num_threads()
    1
    """
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    _BLAS.hold()
    own = [(library, library.get_num_threads()) for library in _BLAS.of_a_thread]
    _hold_this_thread()
    try:
        yield
    finally:
        for library, number in own:
            library.set_num_threads(number)
        _BLAS.release()
        if torch:
            torch.set_num_threads(threads)


def single_threaded_pool(workers: int) -> ThreadPoolExecutor:
    """Our own threads inside a block of `single_threaded`, each held to one as well.

    The number of PyTorch is a setting of each thread, and so is that of a BLAS with OpenMP.

    Raises:
        ParameterError: no worker.
    """
    return ThreadPoolExecutor(require_whole("workers", workers), initializer=_hold_this_thread)


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> list[Result]:
    """Results in the order of the items; in this thread where there is one worker or one item.

    Call it inside a block of `single_threaded`.

    Raises:
        ParameterError: no worker.
    """
    if require_whole("workers", workers) > 1 and len(items) > 1:
        with single_threaded_pool(workers) as pool:
            return list(pool.map(function, items))
    return [function(item) for item in items]


class _Blas:
    """The libraries of linear algebra, and how many blocks want them held.

    Attributes:
        of_a_thread: libraries whose number is a setting of each thread; empty outside a block.
    """

    def __init__(self) -> None:
        self.of_a_thread: tuple[Any, ...] = ()
        self._lock = threading.Lock()
        self._blocks = 0
        self._before: list[tuple[Any, int]] = []

    def hold(self) -> None:
        """Begin a block: the first one sets the libraries of the whole process."""
        with self._lock:
            self._blocks += 1
            if self._blocks > 1:
                return
            found = ThreadpoolController().select(user_api="blas").lib_controllers
            own = [lib for lib in found if getattr(lib, "threading_layer", "") == "openmp"]
            self._before = [(lib, lib.get_num_threads()) for lib in found if lib not in own]
            for library, _ in self._before:
                _set(library, 1)
            self.of_a_thread = tuple(own)

    def release(self) -> None:
        """End a block: the last one sets them back."""
        with self._lock:
            self._blocks -= 1
            if self._blocks:
                return
            for library, number in self._before:
                _set(library, number)
            self._before, self.of_a_thread = [], ()


_BLAS = _Blas()


def _set(library: Any, number: int) -> None:
    """For the process; threadpoolctl ignores every thread but the one that set it before."""
    let_go = getattr(library, "clear_controlling_thread", lambda force: None)
    let_go(force=True)
    library.set_num_threads(number)
    let_go(force=True)


def _hold_this_thread() -> None:
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
    for library in _BLAS.of_a_thread:
        library.set_num_threads(1)
