"""One thread of linear algebra in each of our own threads.

Batches are shared out to threads here, model by model. Threads of BLAS and PyTorch underneath gain
nothing then, and on a busy machine they wait for each other most of the time. PyTorch is held back
where it is loaded; nothing here loads it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def single_threaded() -> Iterator[None]:
    """Hold BLAS and PyTorch to one thread inside the block, and set PyTorch back afterwards.

    >>> import torch
    >>> from renaissance_kit.core import single_threaded
    >>> with single_threaded():
    ...     torch.get_num_threads()
    1
    """
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    _hold_torch()
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        if torch:
            torch.set_num_threads(threads)


def single_threaded_pool(workers: int) -> ThreadPoolExecutor:
    """Our own threads; each tells PyTorch to use one thread, which is a setting of each thread."""
    return ThreadPoolExecutor(workers, initializer=_hold_torch)


def _hold_torch() -> None:
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
