"""Many tasks in parallel, in a store that keeps what is done.

A run is a list of chunks of item numbers and a function of them. Chunks go to joblib, so a run
follows ``joblib.parallel_config``: processes on this machine, or a cluster. What a chunk returns
is written to the store at once, whole or not at all. After a crash, Ctrl-C, a time limit or a
killed worker, the same call does only what is missing, and ends with the same numbers. Two runs at
one store at a time are refused.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.endings import end_with, orderly_end
from renaissance_kit.core.errors import ParameterError, RenaissanceError
from renaissance_kit.core.locks import sole_use
from renaissance_kit.core.stores import (
    Result,
    open_store,
    part_path,
    read_parts,
    store_of,
    write_part,
)
from renaissance_kit.core.threads import single_threaded

ATTEMPTS = 3  # at a chunk whose workers die


@dataclass(frozen=True)
class Run:
    """How tasks are run: in how many processes, what is kept, who watches. Never what they compute.

    Args:
        workers: processes (threads where a study says so), joblib's ``n_jobs``: -1 is all cores,
            -2 all but one; None takes it from
            ``joblib.parallel_config``, see `renaissance_kit.core.clusters.use_cluster`.
        store: folder that keeps what is done, for any number of studies: each has a place of its
            own there, named after all that its results depend on. The same call resumes from it.
        progress: called with what was done, which ``str`` puts into words; ``print`` will do.
        stop: asked after each task; True ends the run early, with what is done.
        chunk: items in a task; the study's own number if not given.

    Raises:
        ParameterError: a chunk below 1, no workers, or a value of the wrong kind.

    >>> Run(workers=1)
    Run(workers=1, store=None, progress=None, stop=None, chunk=None)
    """

    workers: int | None = 2
    store: str | Path | None = None
    progress: Callable[[Any], None] | None = None
    stop: Callable[[], bool] | None = None
    chunk: int | None = None

    def __post_init__(self) -> None:
        require_kinds(self)
        if self.chunk is not None and self.chunk < 1:
            raise ParameterError(f"chunk is {self.chunk}; a task needs at least one item")
        if self.workers == 0:
            raise ParameterError("workers is 0; give at least 1, or -1 for all cores")

    @property
    def threads(self) -> int:
        """Workers of a study that runs in this process; 2 where joblib is to decide."""
        return 2 if self.workers is None else effective_n_jobs(self.workers)

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` says so now."""
        return self.stop is not None and self.stop()

    def say(self, what: Any) -> None:
        """Call ``progress``, where there is one."""
        if self.progress is not None:
            self.progress(what)

    def store_of(self, name: str, *identity: Any) -> Path | None:
        """Where a result is kept, see `renaissance_kit.core.stores.store_of`; None for nowhere."""
        return None if self.store is None else store_of(self.store, name, *identity)


RUN = Run()
"""Two processes, nothing kept."""


@dataclass(frozen=True)
class Progress:
    """State of a run.

    Attributes:
        done, total: items.
        elapsed_s: seconds since this call began.
        left_s: estimate of the seconds that remain; NaN before the first chunk is done.
    """

    done: int
    total: int
    elapsed_s: float
    left_s: float

    def __str__(self) -> str:
        left = "" if np.isnan(self.left_s) else f", {self.left_s:.0f} s left"
        return f"{self.done:,} of {self.total:,} done in {self.elapsed_s:.0f} s{left}"


def run_chunks(
    function: Callable[..., Result],
    n_items: int,
    *,
    name: str,
    settings: Mapping[str, Any],
    chunk: int,
    part: Callable[[NDArray[np.int64]], Any] | None = None,
    run: Run = RUN,
) -> dict[str, NDArray[Any]]:
    """Apply a function to the numbers 0 … n_items − 1, chunk by chunk, in parallel.

    Args:
        function: takes item numbers (k,) and returns arrays whose first axis has length k. What
            it returns must depend on the numbers only, so that chunks can be done again. It goes
            to the workers with every chunk, so it should be small.
        name: of the study, for its place in the store.
        settings: everything that the results depend on, as values JSON can hold.
        chunk: items in a chunk, where the run does not say; seconds to minutes of work.
        part: takes item numbers and returns the data of these items, which the function gets as
            its second argument. It is called here, chunk by chunk, so that a task carries the
            data of its own items and no others.
        run: workers, store, progress and stop.

    Returns:
        The results by name, in the order of the numbers, with ``item`` (done,) that says which
        they are: all, unless the run was stopped.

    Raises:
        ParameterError: no items, or a chunk below 1.
        CheckpointError: what the store holds is damaged, or another run is at it.
        RenaissanceError: the memory is full, or the workers of a chunk died three times.
    """
    chunk = run.chunk or chunk
    if n_items < 1 or chunk < 1:
        raise ParameterError("a run needs at least one item, and one item in a chunk")
    chunks = [np.arange(i, min(i + chunk, n_items)) for i in range(0, n_items, chunk)]
    settings = {"study": name, **settings, "n_items": n_items, "chunk": chunk}
    folder = run.store_of(name, settings)
    with orderly_end(), ExitStack() as stack:
        if folder is None:
            return _joined(chunks, _done(function, chunks, {}, part, None, run))
        open_store(folder, settings)
        if not all(part_path(folder, i).is_file() for i in range(len(chunks))):
            stack.enter_context(sole_use(folder / "run.json"))
        kept = read_parts(folder, chunks)
        return _joined(chunks, _done(function, chunks, kept, part, folder, run))


def _done(
    function: Callable[..., Result],
    chunks: Sequence[NDArray[np.int64]],
    kept: dict[int, Result],
    part: Callable[[NDArray[np.int64]], Any] | None,
    folder: Path | None,
    run: Run,
) -> dict[int, Result]:
    """Results by chunk: those that were kept, and the others, unless the run is stopped."""
    results, n_items = dict(kept), sum(map(len, chunks))
    begin = time.perf_counter()
    fresh = 0

    def report() -> bool:
        done = sum(len(chunks[i]) for i in results)
        elapsed = time.perf_counter() - begin
        left = elapsed * (n_items - done) / fresh if fresh else np.nan
        run.say(Progress(done, n_items, elapsed, left))
        return run.stopped

    stopped = report() if results or run.stop is not None else False
    attempts = 0
    while len(results) < len(chunks) and not stopped:
        missing = [i for i in range(len(chunks)) if i not in results]
        parallel = Parallel(n_jobs=run.workers, return_as="generator_unordered")
        finished = parallel(
            delayed(_one)(os.getpid(), function, i, chunks[i], *([part(chunks[i])] if part else ()))
            for i in missing
        )
        try:
            for number, result in finished:
                results[number] = result
                fresh += len(chunks[number])
                attempts = 0
                if folder is not None:
                    write_part(folder, number, chunks[number], result)
                stopped = report()
                if stopped:
                    break
        except TerminatedWorkerError as error:
            attempts += 1
            if attempts == ATTEMPTS:
                raise RenaissanceError(
                    f"worker processes died {ATTEMPTS} times without finishing a chunk; what is "
                    f"done is kept. Memory may be short: {_LESS}"
                ) from error
        finally:
            finished.close()
    return results


def _one(
    home: int, function: Callable[..., Result], number: int, items: NDArray[np.int64], *data: Any
) -> tuple[int, Result]:
    """One chunk, for the process with the number ``home``."""
    if os.getpid() != home:
        end_with(home)
    try:
        with single_threaded():  # the tasks share the cores
            return number, function(items, *data)
    except MemoryError as error:
        raise RenaissanceError(
            f"the memory is full at items {items[0]} to {items[-1]}; what is done is kept. "
            f"To go on, {_LESS}"
        ) from error


_LESS = "use fewer workers, or smaller chunks, such as Run(workers=1, chunk=1)"


def _joined(
    chunks: Sequence[NDArray[np.int64]], results: Mapping[int, Result]
) -> dict[str, NDArray[Any]]:
    done = sorted(results)
    if not done:
        return {"item": np.zeros(0, dtype=np.int64)}
    joined: dict[str, NDArray[Any]] = {"item": np.concatenate([chunks[i] for i in done])}
    for name in results[done[0]]:
        joined[name] = np.concatenate([results[i][name] for i in done])
    return joined
