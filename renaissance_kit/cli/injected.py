"""Parameters under plain papermill: the check that `renaissance-kit run` makes, from within.

Papermill writes what it is given into a cell of its own below the parameters and asks nothing. The
cell below that one checks it, so that a misspelt name fails at once and with the nearest one,
whoever runs the notebook.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from renaissance_kit.cli.batch import BatchError, check_given
from renaissance_kit.cli.parameters import read_parameters
from renaissance_kit.core.errors import DataError

INJECTED = "# Parameters"
"""How papermill begins its cell."""


def check_injected(cells: Sequence[str] | None = None) -> None:
    """Check names and kinds of the parameters that papermill put into this notebook.

    Args:
        cells: sources of the cells that ran so far; those of the running notebook if not given.

    Raises:
        BatchError: the notebook has no such parameter, or a value is of another kind.

    >>> check_injected(["seed = 1", "# Parameters\\nseed = 7"])
    >>> check_injected(["seed = 1", "# Parameters\\nsead = 7"])
    Traceback (most recent call last):
        ...
    renaissance_kit.cli.batch.BatchError: this notebook has no parameter 'sead'; did you mean seed?
    """
    ran = _of_this_notebook() if cells is None else list(cells)
    place = next((i for i, source in enumerate(ran) if source.startswith(INJECTED)), 0)
    if place == 0:
        return
    try:
        known = {parameter.name: parameter for parameter in read_parameters(ran[place - 1])}
        given = {name: ast.literal_eval(value) for name, value in _assignments(ran[place])}
    except (DataError, ValueError) as error:
        raise BatchError(f"the parameters of this notebook cannot be read: {error}") from error
    check_given("this notebook", known, given)


def _of_this_notebook() -> list[str]:
    from IPython.core.getipython import get_ipython  # only where a notebook runs

    shell = get_ipython()
    return [] if shell is None else [source for source in shell.user_ns.get("In", []) if source]


def _assignments(source: str) -> list[tuple[str, ast.expr]]:
    return [
        (statement.targets[0].id, statement.value)
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    ]
