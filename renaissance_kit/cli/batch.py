"""Run the project's notebooks without a browser.

A thin layer over papermill that closes four of its gaps: a misspelt parameter is an error, a
failed run leaves an earlier good result in place, the kernel is the interpreter that runs this
module, and a notebook nobody listed is an error. Importing it starts no kernel.
"""

import difflib
import logging
import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets import Float

from renaissance_kit.cli.parameters import (
    Parameter,
    parameters_of,
    parameters_page,
    parameters_table,
)
from renaissance_kit.cli.results import read_notebook
from renaissance_kit.cli.values import in_words, is_of_kind, parse_value
from renaissance_kit.core.endings import orderly_end
from renaissance_kit.core.errors import DataError, RenaissanceError
from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.paths import example_names, notebooks_folder

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
    "10_own_organism",
    "11_control_and_design",
    "12_conditions_from_omics",
)
"""Every notebook, in the order in which to read and run them."""

NOTEBOOKS_DIR = notebooks_folder()

SCALES: tuple[str, ...] = ("smoke", "demo", "laptop", "paper")
"""What a notebook's `scale` may be: a test, five minutes, an hour or so, the published size."""

REQUIRED_PARAMETERS = frozenset({"scale", "output_dir", "seed"})

PATHS: tuple[str, ...] = (
    "decisions",
    "energies",
    "ensemble",
    "generic",
    "km_table",
    "levels",
    "store",
)
"""Parameters that are paths, beside `output_dir`."""

NAMES_OR_PATHS: tuple[str, ...] = ("model", "network")
"""Parameters that are paths where such a file or folder is there, and names otherwise."""


class BatchError(RenaissanceError):
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
    if not path.parent.is_dir():
        raise BatchError(
            f"there is no folder {path.parent}; name that of the notebooks with --notebooks"
        )
    present = sorted(other.stem for other in path.parent.glob("*.ipynb"))
    raise BatchError(f"no notebook {name!r} in {path.parent}; {_nearest(name, present)}")


def full_name(name: str, notebooks_dir: Path | str = NOTEBOOKS_DIR) -> str:
    """The name of a notebook, of which the number is enough.

    >>> full_name("02")
    '02_generator_training'

    Raises:
        BatchError: there is no such notebook; the message names the nearest ones.
    """
    found = sorted(path.stem for path in Path(notebooks_dir).glob("*.ipynb"))
    short = name.removesuffix(".ipynb")
    begun = [other for other in found if other.startswith(f"{short}_")]
    if short not in found and len(begun) == 1:
        return begun[0]
    return notebook_path(short, notebooks_dir).stem


def check_parameters(path: Path, given: Mapping[str, Any]) -> None:
    """Check names and kinds of parameters against the notebook's cell tagged `parameters`.

    Raises:
        BatchError: the notebook is damaged, the cell is missing, lacks one of
            `REQUIRED_PARAMETERS` or does not define a given name, or a value is of another kind.
    """
    known = _parameters(path)
    missing = sorted(REQUIRED_PARAMETERS - set(known))
    if missing:
        raise BatchError(f"{path}: the parameters cell does not define {', '.join(missing)}")
    check_given(str(path), known, given)


def check_given(where: str, known: Mapping[str, Parameter], given: Mapping[str, Any]) -> None:
    """Check names and kinds of parameters against those that a notebook has.

    Args:
        where: the notebook, for messages.

    Raises:
        BatchError: there is no such parameter, or a value is of another kind.
    """
    for name in sorted(set(given) - set(known)):
        raise BatchError(f"{where} has no parameter {name!r}; {_nearest(name, sorted(known))}")
    for name, value in given.items():
        asked = known[name]
        unset = value is None and asked.default == "None"
        if not unset and not is_of_kind(value, asked.kind):
            raise BatchError(
                f"{where}: {name} is {value!r}; write {in_words(asked.kind)}, such as the default "
                f"{asked.default}"
            )
    if "scale" in given and given["scale"] not in SCALES:
        raise BatchError(f"unknown scale {given['scale']!r}; {_nearest(given['scale'], SCALES)}")


def read_given(path: Path, typed: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Values of the command line for one notebook, each read as the kind of its parameter.

    Raises:
        BatchError: a name is given twice, or the notebook is damaged.
    """
    known = _parameters(path)
    given: dict[str, Any] = {}
    for name, text in typed:
        if name in given:
            raise BatchError(f"parameter {name} is given twice; remove one -p")
        given[name] = parse_value(text, known[name].kind if name in known else "")
    return given


def _parameters(path: Path) -> dict[str, Parameter]:
    try:
        return {parameter.name: parameter for parameter in parameters_of(path)[1]}
    except DataError as error:
        raise BatchError(str(error)) from error


def run_values(
    output_dir: Path | str, *, scale: str = "smoke", parameters: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What a notebook is run with: scale, folder of results, parameters.

    Paths from here become absolute, since a notebook runs in its own folder: the results, those of
    `PATHS`, and a `network` that is a folder.
    """
    values = {"scale": scale, "output_dir": str(output_dir), **(parameters or {})}
    network = values.get("network")
    is_path = (
        isinstance(network, str) and network not in example_names() and _absolute(network).is_dir()
    )
    for name in ("output_dir", *PATHS, *(["network"] if is_path else [])):
        if isinstance(values.get(name), str) and values[name]:
            values[name] = str(_absolute(values[name]))
    return values


def is_run_with(
    done: Path,
    output_dir: Path | str,
    *,
    scale: str = "smoke",
    parameters: Mapping[str, Any] | None = None,
) -> bool:
    """Whether an executed notebook was run with these parameters, as papermill noted in it."""
    try:
        noted = read_notebook(done).metadata.get("papermill", {}).get("parameters")
    except DataError:
        return False
    return bool(noted == run_values(output_dir, scale=scale, parameters=parameters))


def _absolute(path: str) -> Path:
    return Path(path).expanduser().resolve()


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

    The notebook runs in its own folder, with the parameters of `run_values`. The executed copy
    replaces an earlier one only after success; after a failure it is kept as `NAME.failed.ipynb`
    beside it. Ctrl-C and the time limit of a queue (SIGTERM) interrupt the cell that runs, so that
    runs in it save their state, and end the kernel with all its processes. Files that the notebook
    itself writes are its own affair.
    With `echo`, what the notebook prints appears on standard output as it runs.

    Raises:
        BatchError: unknown notebook, scale or parameter, a value of another kind, or a cell raised
            an exception.
    """
    path = notebook_path(name, notebooks_dir)
    values = run_values(output_dir, scale=scale, parameters=parameters)
    check_parameters(path, values)
    target_dir = Path(values["output_dir"])
    target_dir.mkdir(parents=True, exist_ok=True)

    done, failed = target_dir / f"{name}.ipynb", target_dir / f"{name}.failed.ipynb"
    with orderly_end(), atomic_path(done) as partial:
        try:
            _execute(path, partial, values, echo)
        except BaseException as error:
            kept = partial.stat().st_size > 0
            if kept:
                os.replace(partial, failed)
            explained = _explained(name, failed if kept else None, error)
            if explained is None:
                raise
            raise explained from error
    failed.unlink(missing_ok=True)
    return done


def _execute(path: Path, partial: Path, values: Mapping[str, Any], echo: bool) -> None:
    """Run a notebook; what is executed stands in ``partial`` after every cell."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"The specified file .* does not end in")
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


def _explained(name: str, failed: Path | None, error: BaseException) -> BatchError | None:
    """What to raise for an error of papermill; None for the error itself."""
    where = "" if failed is None else f"; the notebook as far as it came: {failed}"
    if isinstance(error, PapermillExecutionError):
        return BatchError(
            f"{name} failed in cell {error.exec_count}: {error.ename}: {error.evalue}{where}"
        )
    if isinstance(error, DeadKernelError):
        return BatchError(f"{name}: the kernel died, perhaps for lack of memory{where}")
    if isinstance(error, RuntimeError):
        return BatchError(f"{name}: the kernel did not start ({error}){where}")
    if isinstance(error, KeyboardInterrupt | SystemExit):
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of the cell that was cut off
    return None


class ThisInterpreter(AsyncKernelManager):
    """A kernel manager whose kernel is `sys.executable`, whatever kernels the user registered."""

    shutdown_wait_time = Float(20.0)  # seconds for runs to save their state; SLURM gives 30 to all

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel to start."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        command += [
            "--HistoryManager.enabled=False",  # kernels at the same time would share its database
            "--IPKernelApp.log_level=50",  # errors are in the notebook; the rest is noise
        ]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


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
        shown = ("parameter", "kind", "default")
        widths = [part[column].str.len().max() for column in shown]
        rows = part[[*shown, "meaning"]].itertuples(index=False, name=None)
        lines = [
            "  ".join(
                ["", *(f"{cell:<{width}}" for cell, width in zip(row, [*widths, 0], strict=True))]
            )
            for row in rows
        ]
        lines = [line.rstrip() for line in lines]
        blocks.append("\n".join([name, *lines]))
    return "\n\n".join(blocks)


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(known) or 'none'}"
