"""Writing files so that a failed run never leaves half a file or destroys a good one."""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from renaissance_kit.core.locks import open_locked

PART = ".part"  # ends the name of a temporary file

_TRAILER = b"\nrenaissance_kit blake2b "
_digest = partial(hashlib.blake2b, digest_size=16)

UNREADABLE = (
    OSError, ValueError, TypeError, AttributeError, KeyError, EOFError, RuntimeError, MemoryError,
    OverflowError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What NumPy and the code that takes its arrays raise for a damaged or foreign ``.npz`` file."""


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it there when the block succeeds.

    If the block fails (an exception, a full disk), the temporary file is removed and an earlier
    file at ``path`` stays as it was. A process that is killed in the block leaves its temporary
    file behind; the next one that writes ``path`` removes it. It knows it from that of a living
    process by the lock that a writer has.

    Raises:
        OSError: the folder cannot be written; the message names the file and the remedy.
    """
    path = Path(path).expanduser()
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PART}")
    held = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        held = open_locked(temporary, new=True)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise type(error)(
            error.errno,
            f"could not write {path}: {error.strerror or error}; nothing was changed there. "
            "Free some space or choose another folder",
        ) from error
    finally:
        with suppress(NotADirectoryError):  # what should be the folder is a file
            temporary.unlink(missing_ok=True)
        if held is not None:
            os.close(held)


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files of ``path`` whose writers are dead."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}{re.escape(PART)}")
    for name in os.listdir(path.parent):
        if ours.fullmatch(name):
            with suppress(OSError):  # its writer lives, or is another user
                left = open_locked(path.with_name(name), new=False)
                path.with_name(name).unlink(missing_ok=True)
                os.close(left)


@contextmanager
def atomic_hdf5(path: str | Path, *, checksum: bool = True) -> Iterator[Hdf5Sink]:
    """As `atomic_path`, with an open file for HDF5 (h5netcdf, or xarray with that engine).

    HDF5 itself does not survive a disk that fills: it cannot close the file, tries again when
    the interpreter ends, and crashes. Here it writes through Python, is told that all went well
    after the first error, closes in peace, and the error is raised then.

    Args:
        checksum: end the file with a checksum of its bytes, which HDF5 does not look at and
            `require_whole` checks; it takes a second for each gigabyte.

    Raises:
        OSError: as `atomic_path`.
    """
    with atomic_path(path) as temporary, temporary.open("r+b", buffering=0) as raw:
        sink = Hdf5Sink(raw)
        try:
            yield sink
        except Exception:
            if sink.error is None:
                raise
        sink.check()
        if checksum:
            raw.seek(0)
            digest = hashlib.file_digest(raw, _digest).hexdigest()
            raw.seek(0, os.SEEK_END)
            raw.write(_TRAILER + digest.encode())


def require_whole(path: Path) -> None:
    """Raise ValueError if a file that ends in a checksum is not what was written.

    HDF5 may crash, or never come back, on damaged metadata, so this comes before it is opened.
    Files that other programs wrote have no checksum, and pass.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END) - len(_TRAILER) - 2 * _digest().digest_size
        if size < 0:
            return
        file.seek(size)
        trailer = file.read()
        if not trailer.startswith(_TRAILER):
            if _TRAILER in trailer:
                raise ValueError("its end is cut off")
            return
        file.seek(0)
        total, left = _digest(), size
        while left:
            block = file.read(min(left, 1 << 20))
            total.update(block)
            left -= len(block)
    if trailer[len(_TRAILER) :] != total.hexdigest().encode():
        raise ValueError("its bytes do not have the checksum that was written with them")


class Hdf5Sink(io.RawIOBase):
    """A file that keeps its first error to itself and ignores what is written after it."""

    def __init__(self, raw: io.FileIO) -> None:
        self.raw = raw
        self.error: OSError | None = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.raw.seek(offset, whence)

    def tell(self) -> int:
        return self.raw.tell()

    def readinto(self, buffer: Any) -> int:
        """Zeros where nothing was written: HDF5 takes what stands in the buffer for the file's."""
        view = memoryview(buffer).cast("B")
        done = self.raw.readinto(view) or 0
        view[done:] = bytes(len(view) - done)
        return len(view)

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        done = 0
        try:
            while self.error is None and done < len(view):
                done += self.raw.write(view[done:]) or 0
        except OSError as error:
            self.error = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        try:
            if self.error is None:
                return self.raw.truncate(size)
        except OSError as error:
            self.error = error
        return size or 0

    def check(self) -> None:
        """Raise the error that was kept; only while HDF5 does not have the file open."""
        if self.error is not None:
            raise self.error

    def write_back(self) -> None:
        """Ask the system to bring to disk, and then to forget, what was written so far.

        It does so while the next numbers are made. Otherwise a large file fills the memory and
        is brought to disk when it is complete, while everything waits.
        """
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.raw.fileno(), 0, self.tell(), os.POSIX_FADV_DONTNEED)
