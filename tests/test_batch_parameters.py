"""Parameters of the command line and of files: a wrong kind is named before anything runs."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from renaissance_kit.cli import batch, is_of_kind, main, parameters_of, parse_value, read_values
from renaissance_kit.core import DataError

CELL = """\
scale = "smoke"
output_dir = "out"
network = "tiny"
seed = 1  # all else derives from it
size = 0.5
widgets = True
models: int = None
names: list[str] = "all"
factors: list[float] = None
medium_mM: dict[str, float] = None
store: str = None
free = None
"""
WRONG = {
    "seed": ["abc", 1.5, [1], True, None, "1_5", {"a": 1}],
    "size": ["abc", [0.5], False, None, float("nan"), float("inf")],
    "widgets": ["yes", 1, None],
    "models": ["abc", 3.0, True, [3]],
    "names": [3, ["a", 3], {"a": "b"}],
    "factors": ["a", [1.0, "b"], True],
    "medium_mM": ["glc", [1], {"glc": "a"}, {3: 1.0}],
    "store": [3, ["a"], True],
    "network": [3, None, ["tiny"]],
    "output_dir": [3, None],
}
RIGHT = {
    "seed": [7, -1],
    "size": [1, 0.25],
    "widgets": [False],
    "models": [None, 3],
    "names": ["all", ["a", "b"]],
    "factors": [None, 2, [1.0, 2]],
    "medium_mM": [None, {"glc": 3, "o2": 0.5}],
    "store": [None, "folder"],
    "free": [None, 3, "a", [1]],
}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Path of a notebook with a parameter of each kind."""
    cells = [
        nbformat.v4.new_markdown_cell("# Toy"),
        nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("raise RuntimeError('it ran')"),
    ]
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "toy.ipynb")
    return folder / "toy.ipynb"


def attempt(toy: Path, *arguments: str) -> int:
    common = ["run", "toy", "--notebooks", str(toy.parent), "--out", str(toy.parent.parent / "o")]
    return main([*common, *arguments])


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in WRONG.items() for v in vs])
def test_a_value_of_another_kind_is_named(toy: Path, name: str, value: Any) -> None:
    with pytest.raises(batch.BatchError) as caught:
        batch.check_parameters(toy, {name: value})
    said = str(caught.value)
    assert f"toy.ipynb: {name} is {value!r}; write " in said
    assert said.endswith(f"such as the default {dict(defaults(toy))[name]}")


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in RIGHT.items() for v in vs])
def test_a_value_of_the_kind_passes(toy: Path, name: str, value: Any) -> None:
    batch.check_parameters(toy, {name: value})


def defaults(path: Path) -> list[tuple[str, str]]:
    return [(p.name, p.default) for p in parameters_of(path)[1]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["-p", "seed", "abc"], "seed is 'abc'; write a whole number, such as the default 1"),
        (["-p", "seed", "[1, 2]"], "seed is [1, 2]; write a whole number"),
        (["-p", "seed", "1_000"], "seed is '1_000'"),
        (["-p", "seed", "0x10"], "seed is '0x10'"),
        (["-p", "size", "1e999"], "size is inf; write a number"),
        (["-p", "models", "many"], "models is 'many'; write a whole number"),
        (["-p", "medium_mM", "{[]: 1}"], "medium_mM is '{[]: 1}'; write a mapping"),
        (["-p", "seed", "[" * 5000], "seed is '[["),
        (["-p", "sead", "1"], "no parameter 'sead'; did you mean seed?"),
        (["-p", "seed", "1", "-p", "seed", "2"], "parameter seed is given twice"),
        (["-p", "scale", "smoky"], "unknown scale 'smoky'; did you mean smoke?"),
        (["--scale", "smoky"], "unknown scale 'smoky'; did you mean smoke?"),
    ],
)
def test_mistakes_on_the_command_line(
    toy: Path, typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(toy, *typed) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert not (toy.parent.parent / "o").exists(), "nothing ran"


def test_text_stays_text(toy: Path) -> None:
    typed = [("store", "2024"), ("network", "1e3"), ("names", "all")]
    given = batch.read_given(toy, typed)
    assert given == {"store": "2024", "network": "1e3", "names": "all"}
    batch.check_parameters(toy, given)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"seed": ', "cannot be read as parameters"),
        (b"", "cannot be read as parameters"),
        (b"\xff\xfe\x81", "cannot be read as parameters"),
        (b"[" * 100_000, "cannot be read as parameters"),
        (b"[1]", "holds no parameters"),
        (b'"seed"', "holds no parameters"),
        (b'{"seed": 1, "seed": 2}', "'seed' stands twice"),
        (b'{"size": NaN}', "NaN is no number"),
        (b'{"size": Infinity}', "Infinity is no number"),
        (b'{"seed": "1"}', "seed is '1'; write a whole number"),
        (b'{"sead": 1}', "did you mean seed?"),
        (b'{"medium_mM": {"glc": "much"}}', "medium_mM is {'glc': 'much'}; write a mapping"),
    ],
)
def test_a_damaged_file_of_parameters(
    toy: Path, tmp_path: Path, content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "parameters.json"
    file.write_bytes(content)
    assert attempt(toy, "--parameters", str(file)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error


def test_a_file_that_is_not_there_or_is_a_folder(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, said in ((tmp_path, "is no file"), (tmp_path / "none.json", "does not exist")):
        assert attempt(toy, "--parameters", str(path)) == 2
        assert f"{path} {said}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mine.yaml", "mine.yml", "mine.YAML"])
def test_yaml_means_what_is_written(name: str, tmp_path: Path) -> None:
    """What YAML 1.1 would take for truth values, dates, octal numbers or texts."""
    file = tmp_path / name
    file.write_text(
        "# of my run\nseed: 7\nsize: 1e-3\nwidgets: false\nmodels: null\nfactors: [1, 2.5]\n"
        "medium_mM: {glc__D_e: 20}\nstore: no\nnames: [on, 2024-01-01, 0o17, 1_5, 12:30]\n"
        "free: '3'\n",
        encoding="utf-8-sig",
    )
    assert read_values(file) == {
        "seed": 7, "size": 0.001, "widgets": False, "models": None, "factors": [1, 2.5],
        "medium_mM": {"glc__D_e": 20}, "store": "no",
        "names": ["on", "2024-01-01", "0o17", "1_5", "12:30"], "free": "3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("seed: [", "cannot be read as parameters"),
        ("seed: 1\nseed: 2", "'seed' stands twice"),
        ("medium_mM: {glc: 1, glc: 2}", "'glc' stands twice"),
        ("- 1", "holds no parameters"),
        ("", "holds no parameters"),
        ("a: !!python/object/apply:os.system ['true']", "cannot be read as parameters"),
        ("&a [*a]", "holds no parameters"),
        ("seed: .nan", "seed is '.nan'; write a whole number"),
        ("widgets: yes", "widgets is 'yes'; write True or False"),
        ("seed: 0x10", "seed is '0x10'; write a whole number"),
    ],
)
def test_a_damaged_file_of_yaml(
    toy: Path, tmp_path: Path, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "parameters.yaml"
    file.write_text(content)
    assert attempt(toy, "--parameters", str(file)) == 2
    assert said in capsys.readouterr().err


def test_a_file_with_a_mark_of_byte_order_is_read(tmp_path: Path) -> None:
    file = tmp_path / "parameters.json"
    file.write_text(json.dumps({"seed": 3}), encoding="utf-8-sig")
    assert read_values(file) == {"seed": 3}


@pytest.mark.parametrize("content", ["{", "[]", "{}", "", '{"cells": 3}'])
def test_a_damaged_notebook_is_named(
    toy: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.write_text(content)
    assert attempt(toy) == 2
    assert f"error: {toy} cannot be read: not a notebook" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"toy\.ipynb"):
        parameters_of(toy)


def test_a_parameters_cell_that_is_no_python(toy: Path) -> None:
    notebook = nbformat.read(toy, as_version=4)
    notebook.cells[1].source = "seed = = 1"
    nbformat.write(notebook, toy)
    with pytest.raises(batch.BatchError, match=r"toy\.ipynb: the parameters cell is no Python"):
        batch.check_parameters(toy, {})


def test_a_folder_that_cannot_be_made(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o").write_text("a file")
    assert attempt(toy) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("name", batch.NOTEBOOKS)
def test_every_parameter_has_a_kind_and_its_default_is_of_it(name: str) -> None:
    for parameter in parameters_of(batch.notebook_path(name))[1]:
        assert parameter.kind, f"{name}: write {parameter.name}: int = None, or another kind"
        default = ast.literal_eval(parameter.default)
        assert default is None or is_of_kind(default, parameter.kind), parameter.name
        assert is_of_kind(object(), parameter.kind) is False, parameter.name


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("-7", -7), ("[1, 2]", [1, 2]), ("'7'", "7"), ("1_5", "1_5"), ("1j", "1j")],
)
def test_numbers_are_written_as_in_tables(text: str, value: object) -> None:
    assert parse_value(text) == value
