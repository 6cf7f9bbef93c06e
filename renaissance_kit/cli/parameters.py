"""The parameters of the notebooks: name, default and meaning, read from the notebooks themselves.

    python -m renaissance_kit parameters 02_generator_training
    python -m renaissance_kit parameters --markdown > docs/parameters.md

The meaning is the comment behind a parameter. A comment on a line of its own holds for all
parameters below it, up to the next one.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pandas as pd

from renaissance_kit.core.errors import DataError

SAME_EVERYWHERE = {
    "scale": "how much is computed",
    "output_dir": "folder of the results; a path that is not absolute starts at the notebook",
    "network": "name of an example, or path of a folder of tables",
    "seed": "all random numbers derive from it",
    "workers": "processes or threads at a time",
}
"""Meaning of the parameters that need no comment, since they mean the same in every notebook."""

HEAD = """# Parameters of the notebooks

Generated from the notebooks by `make sync`; do not edit. Set them in the second cell of a
notebook, or from the shell:

```bash
.venv/bin/python -m renaissance_kit run 02_generator_training \\
    --scale laptop --out build/mine -p seed 7 -p sigma 0.1
```

A misspelt name is an error that names the nearest one. `make figures SCALE=laptop` runs all
notebooks at one scale. With papermill alone, run a notebook in its own folder:
`cd notebooks && papermill 02_generator_training.ipynb out.ipynb -p scale laptop -p sigma 0.1`.
"""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Args:
        name: as it is set.
        default: its value as it stands in the notebook.
        meaning: what it does; with its unit.
    """

    name: str
    default: str
    meaning: str


def parameters_of(path: Path | str) -> tuple[str, tuple[Parameter, ...]]:
    """Title and parameters of a notebook.

    Raises:
        DataError: it has no cell tagged ``parameters``, or a line in it that is no assignment.
    """
    notebook = nbformat.read(path, as_version=4)
    title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            return title, read_parameters(cell.source, str(path))
    raise DataError(f"{path} has no cell tagged 'parameters'; tag the one that sets them")


def read_parameters(source: str, name: str = "parameters") -> tuple[Parameter, ...]:
    """Parameters of the source of a cell.

    >>> cell = "sigma = None  # step size\\n# None takes these from the scale.\\nmodels = None"
    >>> for parameter in read_parameters(cell):
    ...     print(parameter.name, parameter.default, parameter.meaning)
    sigma None step size
    models None None takes it from the scale

    Raises:
        DataError: a line is no assignment to one name; the message names it.
    """
    comments = _comments(source)
    lines = source.splitlines()
    alone = {n: text for n, text in comments.items() if lines[n - 1].lstrip().startswith("#")}
    found = []
    for statement in ast.parse(source).body:
        if not (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            line = lines[statement.lineno - 1]
            raise DataError(
                f"{name}: {line!r} in the parameters cell is no assignment; papermill reads "
                "assignments only, move it to another cell"
            )
        parameter = statement.targets[0].id
        last = statement.end_lineno or statement.lineno
        above = [text for n, text in sorted(alone.items()) if n < statement.lineno]
        meaning = comments.get(last, "") or SAME_EVERYWHERE.get(parameter, "")
        if parameter == "scale" and comments.get(last):
            meaning = f"{SAME_EVERYWHERE[parameter]}: {comments[last]}"
        if above and isinstance(statement.value, ast.Constant) and statement.value.value is None:
            meaning = "; ".join(text for text in (meaning, _of_one(above[-1])) if text)
        found.append(Parameter(parameter, ast.unparse(statement.value), meaning))
    return tuple(found)


def parameters_table(names: Sequence[str], folder: Path | str) -> pd.DataFrame:
    """Parameters of several notebooks, a row each."""
    rows = [
        (name, p.name, p.default, p.meaning)
        for name in names
        for p in parameters_of(Path(folder) / f"{name}.ipynb")[1]
    ]
    return pd.DataFrame(rows, columns=["notebook", "parameter", "default", "meaning"])


def parameters_page(names: Sequence[str], folder: Path | str) -> str:
    """All parameters as a page in Markdown."""
    parts = [HEAD]
    for name in names:
        title, parameters = parameters_of(Path(folder) / f"{name}.ipynb")
        parts += [
            f"## {name}\n",
            f"{title}\n",
            "| parameter | default | meaning |",
            "|---|---|---|",
        ]
        parts += [f"| `{p.name}` | `{p.default}` | {_escaped(p.meaning)} |" for p in parameters]
        parts.append("")
    return "\n".join(parts)


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _of_one(text: str) -> str:
    """A comment on several parameters, as it reads beside one of them."""
    return text.split(", see")[0].replace("takes these", "takes it").rstrip(".")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
