"""Work in a thread that can be paused, stopped and watched.

The thread never touches a widget and never prints. What it reports waits in a queue and is handed
to the event loop of the thread that started it (the kernel's main thread in a notebook), so the
kernel answers while the work goes on. Without an event loop, as in a script or a test, `Job.wait`
hands it over.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from renaissance_kit.core.errors import ParameterError, RenaissanceError
from renaissance_kit.core.runs import Progress


class State(StrEnum):
    """Where a job stands."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """True while the thread lives."""
        return self in (State.RUNNING, State.PAUSED)


@dataclass(frozen=True)
class Update:
    """What a thread reports.

    Attributes:
        done, total: steps.
        left_s: estimate of the seconds that remain; NaN if there is none yet.
        doing: in words, what is going on.
        content: anything that a panel shows.
        keep: do not skip it for a later one.
    """

    done: int
    total: int
    left_s: float = float("nan")
    doing: str = ""
    content: Any = None
    keep: bool = False


class Handle:
    """The thread's end of a job."""

    def __init__(self, post: Callable[[tuple[str, Any]], None]) -> None:
        self._post = post
        self._go = threading.Event()
        self._go.set()
        self._stop = threading.Event()
        self.stopped = False
        self.last: Update | None = None

    def report(self, update: Update) -> None:
        """Hand an update over; of several that wait only the last is shown, and those to keep."""
        self.last = update
        self._post(("update", update))

    def following(self, what: str) -> Callable[[Progress], None]:
        """Report the progress of a run over many items, called ``what``."""

        def report(now: Progress) -> None:
            doing = f"{now.done:,} of {now.total:,} {what}"
            self.report(Update(now.done, now.total, now.left_s, doing))

        return report

    def repeat(self, update: Update, doing: str, left_s: float) -> None:
        """Hand the last update over in other words, unless there is a later one."""
        if self.last is update:
            self._post(("update", replace(update, doing=doing, left_s=left_s, content=None)))

    def stop(self) -> bool:
        """Ask between two steps: waits while the job is paused, True if the work should end."""
        if not self._go.is_set() and not self._stop.is_set():
            self._post(("state", State.PAUSED))
            self._go.wait()
            if not self._stop.is_set():
                self._post(("state", State.RUNNING))
        self.stopped = self.stopped or self._stop.is_set()
        return self.stopped


class Job:
    """One piece of work.

    Args:
        work: called in a thread with a `Handle`; what it returns is the result.
        on_update: called with the latest `Update`.
        on_state: called with the new `State`.

    Both are called in the thread that starts the job.

    >>> job = Job(lambda handle: 6 * 7)
    >>> job.start()
    >>> job.wait(10).value, job.result
    ('done', 42)
    """

    def __init__(
        self,
        work: Callable[[Handle], Any],
        *,
        on_update: Callable[[Update], None] | None = None,
        on_state: Callable[[State], None] | None = None,
    ) -> None:
        self.state = State.IDLE
        self.result: Any = None
        self.error: BaseException | None = None
        self._work, self._on_update, self._on_state = work, on_update, on_state
        self._queue: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._handle = Handle(self._post)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="renaissance_kit job", daemon=True)

    def start(self) -> None:
        """Begin.

        Raises:
            ParameterError: it was begun before.
        """
        if self.state is not State.IDLE:
            raise ParameterError("this job was started before; make a new one")
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None  # nobody runs one: wait() hands over
        self._set_state(State.RUNNING)
        self._thread.start()

    def pause(self) -> None:
        """Wait after the present step."""
        self._handle._go.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._handle._go.set()

    def stop(self) -> None:
        """End after the present step."""
        self._handle._stop.set()
        self._handle._go.set()

    @property
    def asked(self) -> str:
        """What was asked of the job and has not happened yet: ``pause``, ``stop`` or nothing."""
        if self.state is State.RUNNING:
            if self._handle._stop.is_set():
                return "stop"
            if not self._handle._go.is_set():
                return "pause"
        return ""

    def wait(self, timeout_s: float | None = None, *, until: State | None = None) -> State:
        """Hand over what is reported until the job has ended, or is in a state.

        For scripts and tests: in a notebook this would block the kernel.

        Raises:
            TimeoutError: that took longer than allowed.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while self.state is not until and (self.state.active or self.state is State.IDLE):
            left = 1.0 if end is None else end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the job is still {self.state} after {timeout_s:g} s")
            try:
                self.pump(self._queue.get(timeout=min(left, 1.0)))
            except queue.Empty:
                continue
        return self.state

    def pump(self, first: tuple[str, Any] | None = None) -> None:
        """Hand over what has been reported; of several updates in a row only the last."""
        waiting = [] if first is None else [first]
        while True:
            try:
                waiting.append(self._queue.get_nowait())
            except queue.Empty:
                break
        for i, (kind, value) in enumerate(waiting):
            if kind == "state":
                self._set_state(value)
            elif self._on_update is not None and (value.keep or not _followed(waiting, i)):
                self._on_update(value)

    def _run(self) -> None:
        try:
            self.result = self._work(self._handle)
        except BaseException as error:  # the panel shows it
            self.error = error
            self._post(("state", State.FAILED))
        else:
            self._post(("state", State.STOPPED if self._handle.stopped else State.DONE))

    def _post(self, message: tuple[str, Any]) -> None:
        self._queue.put(message)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.pump)

    def _set_state(self, state: State) -> None:
        self.state = state
        if self._on_state is not None:
            self._on_state(state)


def _followed(waiting: list[tuple[str, Any]], i: int) -> bool:
    return i + 1 < len(waiting) and waiting[i + 1][0] == "update"


def explain(error: BaseException) -> tuple[str, str]:
    """An error in words, and its traceback if it is not one that the toolkit raises on purpose."""
    if isinstance(error, RenaissanceError):
        return str(error), ""
    lines = "".join(traceback.format_exception(error))
    if isinstance(error, OSError):
        return str(error), lines
    if isinstance(error, MemoryError):
        return "The memory is full; ask for fewer models and run again.", lines
    return f"{type(error).__name__}: {error}", lines


def duration(seconds: float) -> str:
    """A time in words: ``8 s``, ``3 min 20 s``, ``2 h 5 min``; nothing for NaN.

    >>> duration(200.0)
    '3 min 20 s'
    """
    if not 0 <= seconds < float("inf"):
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
