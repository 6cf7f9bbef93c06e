"""Locks on files that end with the process that holds them, however it ends.

The operating system keeps them (``flock``) and lets them go when the process dies, so a run that
was killed never shuts anybody out. Where there are no such locks, on a system that is no Unix or on
a file system without them, nothing is locked.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from renaissance_kit.core.errors import CheckpointError

try:
    import fcntl
except ImportError:  # no Unix
    fcntl = None  # type: ignore[assignment]


@contextmanager
def sole_use(path: str | Path) -> Iterator[None]:
    """Let nobody else use a file inside the block, if they ask as well.

    A file ``.NAME.lock`` beside it is locked and says by whom; it goes when the block ends. Where
    none can be made, nothing can be written either, and the block goes on without.

    Raises:
        CheckpointError: another run uses the file; the message says which process.
    """
    path = Path(path).expanduser()
    lock = path.with_name(f".{path.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held = open_locked(lock, new=True)
    except BlockingIOError:
        raise CheckpointError(
            f"{path} is in use by another run ({_holder(lock)}); wait for its end, stop it, or "
            "give another place"
        ) from None
    except OSError:
        yield
        return
    try:
        os.truncate(held, 0)
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        text = f"process {os.getpid()} on {socket.gethostname()}, since {since}"
        with suppress(OSError):  # a full disk
            os.write(held, text.encode())
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(held)


def open_locked(path: Path, *, new: bool) -> int:
    """Open a file for reading and writing, and lock it.

    Args:
        new: make it where it is missing, and do without a lock where there are none.

    Returns:
        Its descriptor; closing it ends the lock.

    Raises:
        BlockingIOError: it is locked already, also by this process.
        OSError: it cannot be opened, or is not new and cannot be locked.
    """
    while True:
        file = os.open(path, os.O_RDWR | (os.O_CREAT if new else 0), 0o666)
        try:
            _lock(file, needed=not new)
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # it was removed between opening and locking


def _lock(file: int, *, needed: bool) -> None:
    try:
        if fcntl is None:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        if needed:
            raise


def _holder(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8") or "which has just begun"
    except OSError:
        return "which has just ended"
