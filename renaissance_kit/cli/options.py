"""What the commands have in common: places, files to read and to write, numbers, progress."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from renaissance_kit.core.errors import DataError

Decorator = Callable[[Any], Any]


class InOrder(click.Group):
    """A group whose help lists the commands in the order in which data flow."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, as they were added."""
        return list(self.commands)


class Place(click.ParamType):
    """A name or a path, in which ``~`` is the home folder."""

    name = "path"

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """The path."""
        try:
            return Path(value).expanduser()
        except RuntimeError:
            self.fail(f"{value}: there is no such home folder; write the path without '~'")


class NetworkName(Place):
    """Name of an example, or path of a folder: ``./tiny`` is a path, ``tiny`` the example."""

    name = "network"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The text, since a path would lose what tells the two apart."""
        super().convert(value, param, ctx)
        return os.path.expanduser(value)


class FileToRead(Place):
    """Path of a file that is there."""

    name = "file"

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """The path."""
        path = super().convert(value, param, ctx)
        if not path.is_file():
            self.fail(f"{path} {'is no file' if path.exists() else 'does not exist'}")
        return path


class FileToWrite(Place):
    """Path of a file with a suffix, which is added to a name without one.

    >>> FileToWrite(".nc").convert("ensemble", None, None).name
    'ensemble.nc'
    """

    name = "file"

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """The path."""
        path = super().convert(value, param, ctx)
        if not path.name:
            self.fail(f"{str(value)!r} is no name of a file; write one such as new{self.suffix}")
        if not path.suffix:
            return path.with_name(path.name + self.suffix)
        if path.suffix.lower() != self.suffix:
            self.fail(
                f"{path} ends in {path.suffix}, and this file will be {self.suffix}; write "
                f"{path.name}{self.suffix} or {path.stem}{self.suffix}"
            )
        return path


def network_argument(command: Any) -> Any:
    """NETWORK, the name of an example or a folder of tables."""
    return click.argument("network", type=NetworkName())(command)


def out_file(suffix: str, default: str) -> Decorator:
    """``--out`` for a file, and ``--force``."""
    return _both(
        click.option(
            "--out", type=FileToWrite(suffix), default=default, show_default=True,
            help="File to write; what it lies in is made.",
        ),
        force_option,
    )  # fmt: skip


def force_option(command: Any) -> Any:
    """``--force``."""
    return click.option("--force", is_flag=True, help="Replace what is there.")(command)


def seed_option(default: int) -> Decorator:
    """``--seed``."""
    return click.option(
        "--seed", type=click.IntRange(min=0), metavar="N", default=default, show_default=True,
        help="Of all random numbers; the same seed gives the same result.",
    )  # fmt: skip


def number_option(default: int, what: str) -> Decorator:
    """``--number``."""
    return click.option(
        "-n", "--number", type=click.IntRange(min=1), metavar="N", default=default,
        show_default=True, help=what,
    )  # fmt: skip


def workers_option(command: Any) -> Any:
    """``--workers``."""
    return click.option(
        "--workers", type=click.IntRange(min=1), metavar="N", default=2, show_default=True,
        help="Processes or threads at a time; they do not change the result.",
    )(command)  # fmt: skip


def examples(*lines: str) -> str:
    """Examples as the end of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  $ {line}" for line in lines)])


def require_free(path: Path, force: bool, *read: Path | None) -> Path:
    """The path, if it may be written: before hours of work, not after them.

    Args:
        path: of a file.
        force: whether an earlier file is replaced.
        read: files that the same command reads, and does not replace.

    Raises:
        DataError: it is a folder, or there already, or cannot be written.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder; give the name of a file in it")
    if any(other is not None and other.resolve() == path.resolve() for other in read):
        raise DataError(f"{path} is what this command reads; give another --out")
    if path.exists() and not force:
        raise DataError(f"{path} is there already; --force replaces it, or give another --out")
    require_writable(path.parent)
    return path


def require_writable(folder: Path) -> None:
    """Raise DataError unless the folder can be written, or made."""
    nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not nearest.is_dir():
        raise DataError(f"{nearest} is a file, so that {folder} cannot be a folder; give another")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise DataError(f"{nearest} cannot be written; give another place")


def say(text: Any) -> None:
    """Write a line about the work to standard error, so that results alone are on the output."""
    click.echo(str(text), err=True)


def progress(every_s: float = 1.0) -> Callable[[Any], None]:
    """A function that says how far a run is, at most once in so many seconds."""
    said = [float("-inf")]

    def show(what: Any) -> None:
        now = time.monotonic()
        if now - said[0] >= every_s:
            said[0] = now
            say(what)

    return show


@contextmanager
def resumable() -> Iterator[None]:
    """Say that nothing is lost when the work in the block is stopped."""
    text = "stopped; the same command goes on from what is kept"
    try:
        yield
    except KeyboardInterrupt:
        say(text)
        raise click.exceptions.Exit(130) from None
    except SystemExit:  # a time limit
        say(text)
        raise


def _both(*decorators: Decorator) -> Decorator:
    def decorated(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorated
