"""The commands around notebooks: notebooks, parameters, run, gallery."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

from renaissance_kit import cli, core
from renaissance_kit.cli.options import (
    FileToRead,
    Place,
    examples,
    force_option,
    require_writable,
    resumable,
    say,
)
from renaissance_kit.core.errors import DataError

ALL = "all"


@contextmanager
def some_home() -> Iterator[None]:
    """Inside the block there is a home folder, which kernels ask for; a bare user id has none."""
    try:
        Path.home()
    except RuntimeError:
        with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, HOME=folder):
            yield
    else:
        yield


def folder_option(command: Any) -> Any:
    """``--notebooks``."""
    return click.option(
        "--notebooks", type=Place(), help="Folder to read them from, in place of the kit's own."
    )(command)


@click.command(
    short_help="Copy the notebooks to a folder.",
    epilog=examples("renaissance-kit notebooks notebooks", "jupyter lab notebooks"),
)
@click.argument("folder", type=Place())
@force_option
def notebooks(folder: Path, force: bool) -> None:
    """Copy the notebooks of the kit, and the pages of its panels, to FOLDER."""
    source = core.notebooks_folder()
    names = [path.relative_to(source) for path in sorted(source.rglob("*.ipynb"))]
    names = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    there = [str(name) for name in names if (folder / name).exists()]
    if there and not force:
        raise DataError(
            f"{folder} holds {', '.join(there)} already; --force replaces them, or give another "
            "folder"
        )
    require_writable(folder)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with core.atomic_path(folder / name) as temporary:
            shutil.copyfile(source / name, temporary)
    click.echo(f"{folder}: {len(names)} notebooks; open it with 'jupyter lab {folder}'")


@click.command(
    short_help="Show what can be set in the notebooks.",
    epilog=examples("renaissance-kit parameters", "renaissance-kit parameters 02 03"),
)
@click.argument("names", nargs=-1, metavar="[NOTEBOOK]...")
@click.option("--markdown", is_flag=True, help="As a page.")
@folder_option
def parameters(names: tuple[str, ...], markdown: bool, notebooks: Path | None) -> None:
    """Show what can be set in NOTEBOOK, or in all of them: name, kind, default, meaning."""
    folder = notebooks or core.notebooks_folder()
    full = [cli.batch.full_name(name, folder) for name in names]
    click.echo(cli.show_parameters(full, markdown=markdown, notebooks_dir=folder))


@click.command(short_help="Run a notebook, or all of them.", epilog=examples(
    "renaissance-kit run 02 --scale demo --out results/02",
    "renaissance-kit run 02 -p seed 7 -p sigma 0.1 --out results/mine",
    "renaissance-kit run 03 --parameters mine.yaml --out results/03",
    "renaissance-kit run all --scale smoke --out results",
))  # fmt: skip
@click.argument("notebook")
@click.option("--scale", help="smoke (seconds; the default), demo, laptop or paper.")
@click.option(
    "--out",
    type=Place(),
    default="build/figures",
    show_default=True,
    help="Folder of the results; with 'all', each notebook has one of its own in it.",
)
@click.option(
    "-p",
    "--parameter",
    "typed",
    nargs=2,
    multiple=True,
    metavar="KEY VALUE",
    help="Set a parameter; repeat for several.",
)
@click.option(
    "--parameters",
    "file",
    type=FileToRead(),
    help="Parameters as YAML or JSON, such as a panel saves; -p goes before them.",
)
@folder_option
@click.option("--force", is_flag=True, help="Run again what is done, and replace its results.")
def run(
    notebook: str, scale: str | None, out: Path, typed: tuple[tuple[str, str], ...],
    file: Path | None, notebooks: Path | None, force: bool,
) -> None:  # fmt: skip
    """Run NOTEBOOK, of which the number is enough, or 'all' of them, without a browser.

    Names and values of parameters are checked before anything runs. A notebook that was run with
    the same parameters is not run again; one that was stopped goes on from what it kept.
    """
    batch = cli.batch
    folder = notebooks or core.notebooks_folder()
    if notebook == ALL:
        batch.check_listing(batch.NOTEBOOKS, folder)
        jobs = {name: out / name for name in batch.NOTEBOOKS}
    else:
        jobs = {batch.full_name(notebook, folder): out}
    common = {} if file is None else cli.read_values(file)
    values: dict[str, Any] = {}
    for name, target in jobs.items():  # every mistake shows before the first hour of work
        path = batch.notebook_path(name, folder)
        given = {**common, **batch.read_given(path, typed)}
        if "output_dir" in given:
            raise DataError("output_dir cannot be a parameter here; give --out instead")
        noted = given.pop("scale", "smoke")
        values[name] = {"scale": scale or noted, "parameters": given}
        batch.check_parameters(path, {"scale": scale or noted, **given})
        require_writable(target)
        done = target / f"{name}.ipynb"
        if done.exists() and not force and not batch.is_run_with(done, target, **values[name]):
            raise DataError(
                f"{done} was run with other parameters, or is no result; --force replaces it, or "
                "give another --out"
            )
    for name, target in jobs.items():
        if (target / f"{name}.ipynb").exists() and not force:
            say(f"{name}: done already; --force runs it again")
            continue
        with resumable(), some_home():
            batch.run(name, target, **values[name], notebooks_dir=folder, echo=True)
        click.echo(target / f"{name}.ipynb")
    if notebook == ALL:
        _write_gallery(out, force)


@click.command(
    short_help="Write a page of all figures.",
    epilog=examples("renaissance-kit gallery build/figures"),
)
@click.argument("folder", type=Place())
@force_option
def gallery(folder: Path, force: bool) -> None:
    """Write index.html, a page with every figure of the results in FOLDER."""
    _write_gallery(folder, force)


def _write_gallery(folder: Path, force: bool) -> None:
    """Write the pages; what they cannot show is named as on them."""
    if not force:
        foreign = [str(path) for path in cli.gallery_pages(folder) if not cli.is_page_of_ours(path)]
        if foreign:
            raise DataError(
                f"{', '.join(foreign)}: a page of somebody else; --force replaces it, or move it"
            )
    written = cli.write_gallery(folder)
    for problem in written.problems:
        say(f"warning: not shown: {problem}")
    click.echo(written.page)


COMMANDS = (notebooks, parameters, run, gallery)
