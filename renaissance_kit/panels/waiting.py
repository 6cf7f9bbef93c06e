"""What a panel says while nothing is done yet: that rate laws are compiled, and for how long."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from renaissance_kit.kinetics.compiled import seconds_to_compile
from renaissance_kit.panels.jobs import Handle, duration

EVERY_S = 1.0
PATIENT_S = 3.0  # nothing is said about a shorter wait


@contextmanager
def until_something_is_done(handle: Handle, modules: Sequence[str]) -> Iterator[None]:
    """Say every second what is waited for, as long as the work reports that nothing is done.

    Args:
        modules: whose kernels the work needs, such as ``simulation.equations``.
    """
    ended = threading.Event()

    def watch() -> None:
        began, expected = time.monotonic(), seconds_to_compile(*modules)
        while not ended.wait(EVERY_S):
            last = handle.last
            if last is None:
                continue
            if last.done > 0:
                return
            passed = time.monotonic() - began
            compiling = expected > 0 and seconds_to_compile(*modules) > 0
            handle.repeat(last, *waiting_for(last.doing, passed, expected if compiling else 0.0))

    watcher = threading.Thread(target=watch, name="renaissance_kit wait", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()


def waiting_for(doing: str, passed_s: float, compiling_s: float) -> tuple[str, float]:
    """What is said after some seconds without a result, and the seconds that remain.

    Args:
        doing: what the work says of itself.
        compiling_s: that compiling takes in all; 0 where nothing is compiled.

    >>> waiting_for("0 of 20 models", 4.0, 30.0)
    ('compiling the rate laws, once after a change', 26.0)
    >>> waiting_for("0 of 20 models", 50.0, 30.0)[0]
    'compiling the rate laws, once after a change · 50 s so far'
    >>> waiting_for("0 of 20 models", 12.0, 0.0)[0]
    '0 of 20 models · 12 s so far'
    """
    so_far = f" · {duration(passed_s)} so far" if passed_s >= PATIENT_S else ""
    if compiling_s <= 0:
        return doing + so_far, math.nan
    words = "compiling the rate laws, once after a change"
    if passed_s < compiling_s:
        return words, compiling_s - passed_s
    return words + so_far, math.nan
