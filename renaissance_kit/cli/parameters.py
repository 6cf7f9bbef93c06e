"""The parameters of the notebooks: name, default and meaning, read from the notebooks themselves.

    renaissance-kit parameters 02
    renaissance-kit parameters --markdown > docs/parameters.md

The meaning is the comment behind a parameter, the kind its annotation or that of its default. A
comment on a line of its own holds for all parameters below it, up to the next one.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from renaissance_kit.cli.results import read_notebook
from renaissance_kit.cli.values import in_words
from renaissance_kit.core.errors import DataError

SAME_EVERYWHERE = {
    "scale": "how much is computed",
    "output_dir": "folder of the results; a relative path starts at the working directory",
    "network": "name of an example, or path of a folder of tables",
    "seed": "all random numbers derive from it",
    "workers": "processes or threads at a time",
}
"""Meaning of the parameters that need no comment, since they mean the same in every notebook."""

HEAD = """# Parameters of the notebooks

Generated from the notebooks by `make sync`; do not edit. Set them in the second cell of a
notebook, or from the shell:

```bash
renaissance-kit run 02 --scale laptop --out build/mine -p seed 7 -p sigma 0.1
```

A misspelt name is an error that names the nearest one, and a value of another kind is an error too.
`make figures SCALE=laptop` runs all notebooks at one scale. The same checks are made in the first
cell of each notebook, so papermill alone serves as well, from any folder:
`papermill notebooks/02_generator_training.ipynb out.ipynb -p scale laptop -p output_dir results`.
A relative path starts at the working directory, which in JupyterLab is the folder of the notebook;
each notebook says where its results are.
"""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Args:
        name: as it is set.
        default: its value as it stands in the notebook.
        meaning: what it does; with its unit.
        kind: what it may be: int, float, bool, str, list[...], dict[...]; empty if unknown.
    """

    name: str
    default: str
    meaning: str
    kind: str = ""


def parameters_of(path: Path | str) -> tuple[str, tuple[Parameter, ...]]:
    """Title and parameters of a notebook.

    Raises:
        DataError: it is damaged, has no cell tagged ``parameters`` or several, or a line in that
            cell that is no assignment.
    """
    try:
        notebook = read_notebook(path)
    except DataError as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    title = "".join(cell.source for cell in notebook.cells[:1]).partition("\n")[0].lstrip("# ")
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise DataError(
            f"{path} has {len(tagged)} cells tagged 'parameters'; it needs exactly one, which sets "
            "them"
        )
    return title, read_parameters(tagged[0].source, str(path))


def read_parameters(source: str, name: str = "parameters") -> tuple[Parameter, ...]:
    """Parameters of the source of a cell.

    >>> cell = "sigma: float = None  # a step\\n# None takes these from the scale.\\nn: int = None"
    >>> for parameter in read_parameters(cell):
    ...     print(parameter.name, parameter.kind, parameter.default, parameter.meaning)
    sigma float None a step
    n int None None takes it from the scale

    Raises:
        DataError: no Python, or a line is no assignment to one name; the message names it.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError(f"{name}: the parameters cell is no Python ({error})") from error
    comments = _comments(source)
    lines = source.splitlines()
    alone = {n: text for n, text in comments.items() if lines[n - 1].lstrip().startswith("#")}
    found = []
    for statement in statements:
        target = _target(statement)
        if target is None:
            line = lines[statement.lineno - 1]
            raise DataError(
                f"{name}: {line!r} in the parameters cell is no assignment; papermill reads "
                "assignments only, move it to another cell"
            )
        parameter, value, kind = target
        last = statement.end_lineno or statement.lineno
        above = [text for n, text in sorted(alone.items()) if n < statement.lineno]
        meaning = comments.get(last, "") or SAME_EVERYWHERE.get(parameter, "")
        if parameter == "scale" and comments.get(last):
            meaning = f"{SAME_EVERYWHERE[parameter]}: {comments[last]}"
        if above and isinstance(value, ast.Constant) and value.value is None:
            meaning = "; ".join(text for text in (meaning, _of_one(above[-1])) if text)
        found.append(Parameter(parameter, ast.unparse(value), meaning, kind))
    return tuple(found)


def parameters_table(names: Sequence[str], folder: Path | str) -> pd.DataFrame:
    """Parameters of several notebooks, a row each."""
    rows = [
        (name, p.name, in_words(p.kind), p.default, p.meaning)
        for name in names
        for p in parameters_of(Path(folder) / f"{name}.ipynb")[1]
    ]
    return pd.DataFrame(rows, columns=["notebook", "parameter", "kind", "default", "meaning"])


def parameters_page(names: Sequence[str], folder: Path | str) -> str:
    """All parameters as a page in Markdown."""
    parts = [HEAD]
    for name in names:
        title, parameters = parameters_of(Path(folder) / f"{name}.ipynb")
        parts += [
            f"## {name}\n",
            f"{title}\n",
            "| parameter | kind | default | meaning |",
            "|---|---|---|---|",
        ]
        parts += [
            f"| `{p.name}` | {in_words(p.kind)} | `{p.default}` | {_escaped(p.meaning)} |"
            for p in parameters
        ]
        parts.append("")
    return "\n".join(parts)


def _target(statement: ast.stmt) -> tuple[str, ast.expr, str] | None:
    """Name, value and kind of an assignment to one name; None for anything else."""
    kind = ""
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
        kind = ast.unparse(statement.annotation)
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return None
    value = statement.value
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or value is None:
        return None
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError):
        default = None
    plain = type(default).__name__ if isinstance(default, bool | int | float | str) else ""
    return targets[0].id, value, kind or plain


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _of_one(text: str) -> str:
    """A comment on several parameters, as it reads beside one of them."""
    return text.split(", see")[0].replace("takes these", "takes it").rstrip(".")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
