"""Many tasks in parallel, in a store that keeps what is done.

A run is a list of chunks of item numbers and a function of them. Chunks go to joblib, so a run
follows ``joblib.parallel_config``: processes on this machine, or a cluster. What a chunk returns
is written to the store at once, whole or not at all. After a crash, Ctrl-C or a killed worker, the
same call does only what is missing, and ends with the same numbers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from numpy.typing import NDArray

from renaissance_kit.core.errors import CheckpointError, ParameterError, RenaissanceError
from renaissance_kit.core.files import atomic_path

Result = Mapping[str, NDArray[Any]]
ATTEMPTS = 3  # at a chunk whose workers die


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
    chunk: int,
    settings: Mapping[str, Any],
    part: Callable[[NDArray[np.int64]], Any] | None = None,
    store: str | Path | None = None,
    workers: int | None = 2,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> dict[str, NDArray[Any]]:
    """Apply a function to the numbers 0 … n_items − 1, chunk by chunk, in parallel.

    Args:
        function: takes item numbers (k,) and returns arrays whose first axis has length k. What
            it returns must depend on the numbers only, so that chunks can be done again. It goes
            to the workers with every chunk, so it should be small.
        chunk: items in a chunk; seconds to minutes of work.
        settings: everything that the results depend on, as values JSON can hold; a store made
            with other settings is refused.
        part: takes item numbers and returns the data of these items, which the function gets as
            its second argument. It is called here, chunk by chunk, so that a task carries the
            data of its own items and no others.
        store: folder of the results; kept in memory only if not given.
        workers: joblib's ``n_jobs``; None takes it from ``joblib.parallel_config``.
        progress: called after each chunk, in the calling thread.
        stop: asked after each chunk; True ends the run early, with what is done.

    Returns:
        The results by name, in the order of the numbers, with ``item`` (done,) that says which
        they are: all, unless the run was stopped.

    Raises:
        ParameterError: no items, or a chunk below 1.
        CheckpointError: the store belongs to other settings.
        RenaissanceError: the workers of a chunk died three times.
    """
    if n_items < 1 or chunk < 1:
        raise ParameterError("a run needs at least one item, and one item in a chunk")
    chunks = [np.arange(i, min(i + chunk, n_items)) for i in range(0, n_items, chunk)]
    folder = _open_store(store, {**settings, "n_items": n_items, "chunk": chunk})
    results = _stored(folder, len(chunks))
    begin = time.perf_counter()
    fresh = 0

    def report() -> bool:
        done = sum(len(chunks[i]) for i in results)
        elapsed = time.perf_counter() - begin
        left = elapsed * (n_items - done) / fresh if fresh else np.nan
        if progress is not None:
            progress(Progress(done, n_items, elapsed, left))
        return stop is not None and stop()

    stopped = report() if results or stop is not None else False
    attempts = 0
    while len(results) < len(chunks) and not stopped:
        missing = [i for i in range(len(chunks)) if i not in results]
        parallel = Parallel(n_jobs=workers, return_as="generator_unordered")
        finished = parallel(
            delayed(_one)(function, i, chunks[i], *(() if part is None else (part(chunks[i]),)))
            for i in missing
        )
        try:
            for number, result in finished:
                results[number] = result
                fresh += len(chunks[number])
                attempts = 0
                if folder is not None:
                    _write(folder / f"part-{number:06d}.npz", result)
                stopped = report()
                if stopped:
                    break
        except TerminatedWorkerError as error:
            attempts += 1
            if attempts == ATTEMPTS:
                raise RenaissanceError(
                    f"worker processes died {ATTEMPTS} times without finishing a chunk; what is "
                    "done is kept. Memory may be short: use fewer workers, or smaller chunks"
                ) from error
        finally:
            finished.close()
    return _joined(chunks, results)


def read_store(store: str | Path) -> dict[str, Any]:
    """The settings of a store.

    Raises:
        CheckpointError: no store there, or a damaged one.
    """
    path = Path(store) / "run.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); start the run anew") from error
    return dict(content)


def _one(
    function: Callable[..., Result], number: int, items: NDArray[np.int64], *data: Any
) -> tuple[int, Result]:
    return number, function(items, *data)


def _open_store(store: str | Path | None, settings: Mapping[str, Any]) -> Path | None:
    if store is None:
        return None
    folder, text = Path(store), json.dumps(settings, sort_keys=True, indent=1)
    if (folder / "run.json").is_file():
        kept = read_store(folder)
        ours = json.loads(text)
        if kept != ours:
            differ = sorted(k for k in {*kept, *ours} if kept.get(k) != ours.get(k))
            raise CheckpointError(
                f"{folder} holds a run with other settings ({', '.join(differ)} differ); choose "
                "another folder, or delete it"
            )
        return folder
    if folder.is_dir() and any(folder.iterdir()):
        raise CheckpointError(f"{folder} is not empty and holds no run; choose another folder")
    with atomic_path(folder / "run.json") as temporary:
        temporary.write_text(text, encoding="utf-8")
    return folder


def _stored(folder: Path | None, n_chunks: int) -> dict[int, Result]:
    found: dict[int, Result] = {}
    for number in range(n_chunks if folder is not None else 0):
        assert folder is not None
        path = folder / f"part-{number:06d}.npz"
        if path.is_file():
            try:
                with np.load(path, allow_pickle=False) as archive:
                    found[number] = {name: archive[name] for name in archive.files}
            except (OSError, ValueError, EOFError, BadZipFile) as error:
                raise CheckpointError(
                    f"{path} is damaged ({error}); delete this file, and the chunk is done again"
                ) from error
    return found


def _write(path: Path, result: Result) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        arrays: dict[str, Any] = {name: np.asarray(array) for name, array in result.items()}
        np.savez(file, **arrays)


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
