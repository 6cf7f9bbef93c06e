"""How a run ends when it is asked to, and what its workers do when it was killed.

A queue whose time limit is over sends SIGTERM, a terminal that is closed SIGHUP; Python dies of
both on the spot. Inside `orderly_end` they unwind the program as Ctrl-C does: states are saved,
workers and temporary files go. Of SIGKILL no process hears; workers look for themselves whether
the process that they work for still lives (`end_with`).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import current_process
from typing import Any, NoReturn

from joblib.externals.loky.backend.process import LokyProcess

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
LOOK_EVERY_S = 1.0


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise SystemExit inside the block, with status 128 + signal.

    Only in the main thread, which alone hears of signals, and only where nobody else handles them.
    A second signal does not disturb the tidying up of the first.
    """
    ours = []
    if threading.current_thread() is threading.main_thread():
        ours = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, frame: Any) -> NoReturn:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def end_with(home: int) -> None:
    """End this worker process, without a word, soon after the process that it works for has died.

    Args:
        home: number of that process. Where this is no child of it, as on a cluster, others look.
    """
    orphan = os.getppid() != home
    if orphan and isinstance(current_process(), LokyProcess):
        os._exit(1)
    with _STARTING:
        if orphan or home in _HOMES:
            return
        _HOMES.add(home)
    threading.Thread(target=_follow, args=(home,), daemon=True).start()


_STARTING = threading.Lock()
_HOMES: set[int] = set()


def _follow(home: int) -> None:
    while os.getppid() == home:
        time.sleep(LOOK_EVERY_S)
    os._exit(1)
