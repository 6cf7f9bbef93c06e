"""The rooms of the package: who may import whom, what a room loads, and that faces hold."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import renaissance_kit

PACKAGE = Path(renaissance_kit.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in PACKAGE.rglob("*.py")
}

# The arrows that are allowed: a room may import the rooms named here, and no others. Every room
# stands below those that name it, so the table cannot hold a circle.
ALLOWED = {
    "core": set(),
    "laws": {"core"},
    "network": {"core", "laws"},
    "states": {"core", "laws", "network"},
    "draft": {"core", "laws", "network"},
    "omics": {"core", "network", "states"},
    "kinetics": {"core", "laws", "network", "states"},
    "control": {"core", "kinetics"},
    "km": {"core", "laws", "network", "kinetics"},
    "objectives": {"core", "network", "states", "kinetics", "control", "simulation"},
    "training": {"core", "network", "states", "kinetics", "km", "objectives"},
    "search": {"core", "network", "states", "kinetics", "km"},
    "simulation": {"core", "laws", "network", "states", "kinetics"},
    "analysis": {"core", "laws", "network", "states", "kinetics", "km"},
    "design": {"core", "network", "states", "kinetics", "control"},
    "formats": {"core", "laws", "network", "states", "kinetics", "simulation"},
    "studies": {
        "core", "network", "states", "draft", "omics", "kinetics", "control", "km", "objectives",
        "training",
        "search", "simulation", "design", "analysis", "formats",
    },
    "figures": {"core", "kinetics", "studies"},
    "panels": {
        "core", "network", "states", "kinetics", "control", "km", "objectives", "training",
        "simulation", "analysis", "studies", "figures",
    },
    "cli": {
        "core", "network", "states", "draft", "omics", "kinetics", "km", "objectives", "training",
        "simulation", "design", "formats",
    },
}  # fmt: skip
ROOMS = tuple(ALLOWED)


def imported(tree: ast.AST) -> set[str]:
    """Modules of the package that a piece of code imports, at any depth."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                inside = {module, f"{module}.__init__"} & set(MODULES)
                found.add(module if inside else node.module)
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith(PACKAGE.name)}
    return {m if m in MODULES else f"{m}.__init__" for m in found}


GRAPH = {name: imported(ast.parse(path.read_text())) for name, path in MODULES.items()}


def room_of(module: str) -> str:
    """The room that a module stands in."""
    return module.split(".")[1]


def test_every_folder_is_a_room_and_the_hall_is_small() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == set(ROOMS)
    assert {p.name for p in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert len(set(dir(renaissance_kit)) - set(ROOMS)) <= 15


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    arrows = {
        (module, target)
        for module in MODULES
        if room_of(module) == room
        for target in GRAPH[module]
        if room_of(target) not in ALLOWED[room] | {room}
    }
    assert not arrows


def test_the_table_has_no_circle_and_no_arrow_that_nobody_uses() -> None:
    list(TopologicalSorter(ALLOWED).static_order())
    used = {(room_of(m), room_of(t)) for m in MODULES for t in GRAPH[m] if m.count(".") > 1}
    spare = {(a, b) for a, targets in ALLOWED.items() for b in targets} - used
    assert not spare, "take these out of the table"


def test_no_module_imports_itself_on_any_path() -> None:
    try:
        order = list(TopologicalSorter(GRAPH).static_order())
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))
    assert set(order) == set(MODULES)  # no import of a module that is not there
    assert len(order) > 40


def test_nothing_is_imported_inside_a_function() -> None:
    inside = {
        (name, module)
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for module in imported(node)
    }
    assert inside == set()


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_every_name_of_a_face_is_there(room: str) -> None:
    face = importlib.import_module(f"renaissance_kit.{room}".rstrip("."))
    assert dir(face)
    for name in dir(face):
        assert getattr(face, name) is not None


def loaded_by(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after a line of code."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )  # fmt: skip
    return {name.split(".")[0] for name in json.loads(run.stdout.splitlines()[-1])}


HEAVY = {"torch", "numba", "pytfa", "cobra", "altair", "xarray", "sklearn", "ipywidgets", "pandas"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ("import renaissance_kit", set()),
        (f"import {', '.join(f'renaissance_kit.{room}' for room in ROOMS)}", set()),
        ("from renaissance_kit import Network; Network.example('tiny')", set()),
        ("from renaissance_kit.core import Table", set()),
        ("from renaissance_kit.core import run_chunks, use_cluster", set()),
        ("from renaissance_kit.core import single_threaded\nwith single_threaded(): pass", set()),
        ("from renaissance_kit.states import Constraints, Polytope", set()),
        ("from renaissance_kit import SteadyStates", {"xarray", "pandas"}),
        ("from renaissance_kit import sample_steady_states", HEAVY - {"torch", "altair"}),
        ("from renaissance_kit.analysis import wilson_interval", set()),
        ("from renaissance_kit import KineticEnsemble", {"numba", "xarray", "pandas"}),
        ("from renaissance_kit import KineticModels", {"numba", "xarray", "pandas"}),
        ("from renaissance_kit.search import survey_states", {"numba", "xarray", "pandas"}),
        ("from renaissance_kit import perturb, cultivate", {"numba", "xarray", "pandas"}),
    ],
)
def test_a_room_loads_only_what_it_needs(code: str, needs: set[str]) -> None:
    assert loaded_by(code) & HEAVY <= needs
