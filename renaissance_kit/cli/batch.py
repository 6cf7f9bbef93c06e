"""Run the project's notebooks without a browser.

    python -m renaissance_kit run 02_generator_training --scale smoke --out build/figures
    python -m renaissance_kit run all --scale laptop --out build/figures
    python -m renaissance_kit gallery build/figures
    python -m renaissance_kit parameters 02_generator_training

A thin layer over papermill that closes four of its gaps: a misspelt parameter is an error, a
failed run leaves an earlier good result in place, the kernel is the interpreter that runs this
module, and a notebook nobody listed is an error. Nothing else in the package imports this module,
and importing it starts no kernel.
"""

import argparse
import ast
import difflib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from renaissance_kit.cli.gallery import write_gallery
from renaissance_kit.cli.parameters import parameters_page, parameters_table
from renaissance_kit.core.errors import DataError
from renaissance_kit.core.paths import example_names

NOTEBOOKS: tuple[str, ...] = (
    "00_start_here",
    "01_steady_states",
    "02_generator_training",
    "03_robustness",
    "04_bioreactor",
    "05_intracellular_states",
    "06_km_aconitase",
    "07_km_tca",
    "08_km_global_shifts",
    "09_routes_compared",
)
"""Every notebook, in the order in which to read and run them."""

NOTEBOOKS_DIR = Path(__file__).resolve().parents[2] / "notebooks"

SCALES: tuple[str, ...] = ("smoke", "demo", "laptop", "paper")
"""What a notebook's `scale` may be: a test, five minutes, an hour or so, the published size."""

REQUIRED_PARAMETERS = frozenset({"scale", "output_dir", "network", "seed"})


class BatchError(Exception):
    """A notebook cannot be run, or its run failed; the message says what to do."""


def check_listing(
    listed: Iterable[str] = NOTEBOOKS, notebooks_dir: Path | str = NOTEBOOKS_DIR
) -> None:
    """Compare the list of notebooks with the folder.

    Raises:
        BatchError: a notebook or its paired script in the folder is not listed.
    """
    folder = Path(notebooks_dir)
    found = {path.stem for pattern in ("*.ipynb", "*.py") for path in folder.glob(pattern)}
    unlisted = sorted(found - set(listed))
    if unlisted:
        raise BatchError(
            f"not in the list of notebooks: {', '.join(unlisted)}; "
            "add them to NOTEBOOKS in renaissance_kit/cli/batch.py or remove them from the folder"
        )


def notebook_path(name: str, notebooks_dir: Path | str = NOTEBOOKS_DIR) -> Path:
    """Return the path of one notebook.

    Raises:
        BatchError: there is no such notebook; the message names the nearest ones.
    """
    path = Path(notebooks_dir) / f"{name}.ipynb"
    if path.is_file():
        return path
    if path.with_suffix(".py").is_file():
        raise BatchError(f"{path} is missing; run: python tools/sync_notebooks.py")
    present = sorted(other.stem for other in path.parent.glob("*.ipynb"))
    raise BatchError(f"no notebook {name!r} in {path.parent}; {_nearest(name, present)}")


def check_parameters(path: Path, given: Mapping[str, Any]) -> None:
    """Check parameter names against the notebook's cell tagged `parameters`.

    Raises:
        BatchError: the cell is missing, lacks one of `REQUIRED_PARAMETERS`, or does not define a
            given name.
    """
    notebook = nbformat.read(path, as_version=4)
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise BatchError(
            f"{path} has {len(tagged)} cells tagged 'parameters'; it needs exactly one"
        )
    known = set(papermill.inspect_notebook(str(path)))
    missing = sorted(REQUIRED_PARAMETERS - known)
    if missing:
        raise BatchError(f"{path}: the parameters cell does not define {', '.join(missing)}")
    for name in sorted(set(given) - known):
        raise BatchError(f"{path} has no parameter {name!r}; {_nearest(name, sorted(known))}")


def run(
    name: str,
    output_dir: Path | str,
    *,
    scale: str = "smoke",
    parameters: Mapping[str, Any] | None = None,
    notebooks_dir: Path | str = NOTEBOOKS_DIR,
    echo: bool = False,
) -> Path:
    """Execute one notebook and return the path of the executed copy in `output_dir`.

    The notebook runs in its own folder, with `scale`, the absolute `output_dir` and `parameters`
    set; a `network` that is a path from here becomes absolute as well. The executed copy replaces
    an earlier one only after success; after a failure it is kept as `NAME.failed.ipynb` beside it.
    Files that the notebook itself writes are its own affair.
    With `echo`, what the notebook prints appears on standard output as it runs.

    Raises:
        BatchError: unknown notebook, scale or parameter, or a cell raised an exception.
    """
    path = notebook_path(name, notebooks_dir)
    if scale not in SCALES:
        raise BatchError(f"unknown scale {scale!r}; {_nearest(scale, SCALES)}")
    target_dir = Path(output_dir).resolve()
    values = {"scale": scale, "output_dir": str(target_dir), **(parameters or {})}
    network = str(values.get("network", ""))
    if network and network not in example_names() and Path(network).is_dir():
        values["network"] = str(Path(network).resolve())
    check_parameters(path, values)
    target_dir.mkdir(parents=True, exist_ok=True)

    done, failed = target_dir / f"{name}.ipynb", target_dir / f"{name}.failed.ipynb"
    partial = target_dir / f".{name}.{os.getpid()}.ipynb"
    try:
        papermill.execute_notebook(
            str(path),
            str(partial),
            parameters=values,
            kernel_name="python3",
            cwd=str(path.parent),
            progress_bar=False,
            stdout_file=sys.stdout if echo else None,
            # Passed on to nbclient.
            kernel_manager_class=ThisInterpreter,
            store_widget_state=False,
        )
    except PapermillExecutionError as error:
        os.replace(partial, failed)
        raise BatchError(
            f"{name} failed in cell {error.exec_count}: {error.ename}: {error.evalue}\n"
            f"the notebook as far as it came: {failed}"
        ) from error
    except BaseException as error:
        kept = partial.exists()
        if kept:
            os.replace(partial, failed)
        if isinstance(error, DeadKernelError):
            where = f"; as far as it came: {failed}" if kept else ""
            raise BatchError(
                f"{name}: the kernel died, perhaps for lack of memory{where}"
            ) from error
        raise
    os.replace(partial, done)
    failed.unlink(missing_ok=True)
    return done


class ThisInterpreter(AsyncKernelManager):
    """A kernel manager whose kernel is `sys.executable`, whatever kernels the user registered."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel to start."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        command += [
            "--HistoryManager.enabled=False",  # kernels at the same time would share its database
            "--IPKernelApp.log_level=50",  # errors are in the notebook; the rest is noise
        ]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


def parse_value(text: str) -> Any:
    """Read a command-line value: a Python literal or true, false, none; anything else is text."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def read_parameters(path: Path) -> dict[str, Any]:
    """Read a JSON file of parameters by name.

    Raises:
        BatchError: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BatchError(f"{path} cannot be read as parameters: {error}") from error
    if not isinstance(content, dict):
        raise BatchError(f'{path} holds no parameters; write {{"name": value, ...}}')
    return content


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m renaissance_kit", description="Notebooks")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("list", help="print the notebooks in order")
    pages = commands.add_parser("gallery", help="write index.html with all figures of a run")
    pages.add_argument("folder", help="where the results are, such as build/figures")
    tables = commands.add_parser("parameters", help="print the parameters of the notebooks")
    tables.add_argument("names", nargs="*", metavar="NOTEBOOK", help="all of them if none is given")
    tables.add_argument("--markdown", action="store_true", help="as docs/parameters.md")
    tables.add_argument("--notebooks", default=NOTEBOOKS_DIR, type=Path, help="folder to read from")
    runner = commands.add_parser("run", help="execute one notebook, or all of them")
    runner.add_argument("name", help="the notebook's name without suffix, or 'all'")
    runner.add_argument("--scale", default="smoke", help=f"one of {', '.join(SCALES)}")
    runner.add_argument(
        "--out",
        default="build/figures",
        help="folder of the results; with 'all', each notebook gets a folder of its own in it, and "
        "index.html shows all figures",
    )
    runner.add_argument("--notebooks", default=NOTEBOOKS_DIR, type=Path, help="folder to read from")
    runner.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("KEY", "VALUE"),
        help="set a parameter; repeat for several",
    )
    runner.add_argument(
        "--parameters",
        type=Path,
        help="file of parameters (JSON), such as a panel saves; -p goes before it",
    )
    options = parser.parse_args(arguments)
    if options.command == "list":
        print("\n".join(NOTEBOOKS))
        return 0
    if options.command == "gallery":
        return _print_or_explain(lambda: write_gallery(options.folder))
    if options.command == "parameters":
        return _print_or_explain(
            lambda: show_parameters(
                options.names, markdown=options.markdown, notebooks_dir=options.notebooks
            )
        )
    out = Path(options.out)
    try:
        parameters = {} if options.parameters is None else read_parameters(options.parameters)
        parameters |= {key: parse_value(value) for key, value in options.parameter}
        if options.name == "all":
            check_listing(NOTEBOOKS, options.notebooks)
            jobs = [(name, out / name) for name in NOTEBOOKS]
        else:
            jobs = [(options.name, out)]
        for name, _ in jobs:  # every mistake shows before the first hour of work
            check_parameters(notebook_path(name, options.notebooks), parameters)
        for name, folder in jobs:
            done = run(
                name,
                folder,
                scale=options.scale,
                parameters=parameters,
                notebooks_dir=options.notebooks,
                echo=True,
            )
            print(done)
        if options.name == "all":
            print(write_gallery(out))
    except BatchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def show_parameters(
    names: Sequence[str] = (),
    *,
    markdown: bool = False,
    notebooks_dir: Path | str = NOTEBOOKS_DIR,
) -> str:
    """Return the parameters of notebooks as text.

    Args:
        names: of the notebooks; all of them if there are none.
        markdown: as the page docs/parameters.md rather than for a terminal.
        notebooks_dir: folder to read from.

    Raises:
        BatchError: there is no such notebook; the message names the nearest ones.
    """
    chosen = tuple(names) or NOTEBOOKS
    for name in chosen:
        notebook_path(name, notebooks_dir)
    if markdown:
        return parameters_page(chosen, notebooks_dir).rstrip()
    blocks = []
    table = parameters_table(chosen, notebooks_dir)
    for name in chosen:
        part = table[table.notebook == name]
        first, second = (part[column].str.len().max() for column in ("parameter", "default"))
        rows = zip(part.parameter, part.default, part.meaning, strict=True)
        lines = [f"  {a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in rows]
        blocks.append("\n".join([name, *lines]))
    return "\n\n".join(blocks)


def _print_or_explain(work: Callable[[], object]) -> int:
    try:
        print(work())
    except (BatchError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(known) or 'none'}"


if __name__ == "__main__":
    sys.exit(main())
