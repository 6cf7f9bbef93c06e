"""The package's modules import each other in one direction, and at the top of the file."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "renaissance_kit"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
}


def imported(tree: ast.AST) -> set[str]:
    """Modules of the package that a piece of code imports, at any depth."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                found.add(module if module in MODULES else node.module)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith(PACKAGE.name)}
    return {m if m in MODULES else f"{m}.__init__" for m in found}


GRAPH = {name: imported(ast.parse(path.read_text())) for name, path in MODULES.items()}


def test_no_module_imports_itself_on_any_path() -> None:
    try:
        order = list(TopologicalSorter(GRAPH).static_order())
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))
    assert set(order) == set(MODULES)  # no import of a module that is not there
    assert len(order) > 40


def test_nothing_is_imported_inside_a_function() -> None:
    """Except the sampler, which takes longer to import than all the rest."""
    inside = {
        (name, module)
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for module in imported(node)
    }
    assert inside == {("renaissance_kit.__init__", "renaissance_kit.sampling")}


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("renaissance_kit.network", "renaissance_kit.steady_states"),
        ("renaissance_kit.steady_states", "renaissance_kit.kinetics"),
        ("renaissance_kit.kinetics", "renaissance_kit.generator"),
        ("renaissance_kit.sampling", "renaissance_kit.generator"),
        ("renaissance_kit.training", "renaissance_kit.studies"),
        ("renaissance_kit.studies", "renaissance_kit.figures"),
    ],
)
def test_what_is_below_does_not_reach_up(below: str, above: str) -> None:
    waiting = [m for m in MODULES if m == below or m.startswith(f"{below}.")]
    assert waiting
    reached: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += GRAPH[module]
    assert not [m for m in reached if m == above or m.startswith(f"{above}.")]
