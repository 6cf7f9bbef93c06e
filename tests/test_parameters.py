"""The table of parameters: read from the notebooks, complete, and up to date."""

from __future__ import annotations

from pathlib import Path

import papermill
import pytest

from renaissance_kit.cli import batch, main, parameters_of, parameters_table, read_parameters
from renaissance_kit.core import DataError

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", batch.NOTEBOOKS)
def test_names_and_defaults_are_those_that_papermill_reads(name: str) -> None:
    path = batch.notebook_path(name)
    theirs = papermill.inspect_notebook(str(path))
    ours = {p.name: p.default for p in parameters_of(path)[1]}
    assert list(ours) == list(theirs)
    for parameter, default in ours.items():
        assert batch.parse_value(default) == batch.parse_value(theirs[parameter]["default"])


@pytest.mark.parametrize("name", batch.NOTEBOOKS)
def test_every_parameter_says_what_it_means(name: str) -> None:
    table = parameters_table([name], batch.NOTEBOOKS_DIR)
    silent = table[table.meaning.str.match(r"^(None takes|$)")]
    assert silent.empty, f"write a comment behind {list(silent.parameter)} in {name}.py"


def test_a_name_means_the_same_kind_of_thing_everywhere() -> None:
    """Where one notebook takes a list too, the others take a member of it."""
    table = parameters_table(batch.NOTEBOOKS, batch.NOTEBOOKS_DIR)
    kinds = table.kind.str.removesuffix(", or a list of such").groupby(table.parameter).nunique()
    assert list(kinds.index[kinds > 1]) == []
    networks = table[table.parameter == "network"].meaning
    assert networks.str.endswith("an example, or path of a folder of tables").all()


def test_page_in_the_documentation_is_up_to_date() -> None:
    committed = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert committed == batch.show_parameters(markdown=True) + "\n", "run: make sync"


def test_comments_of_one_and_of_several() -> None:
    cell = (
        'scale = "demo"  # smoke or demo\nseed = 1\nsize = 0.5  # δ | relative\n'
        "# None takes these from the scale, see below.\nmodels = None  # how many\nrepeats = None\n"
        "many = [\n    1,  # inside\n    2,\n]  # a list\n"
    )
    found = {p.name: (p.default, p.meaning) for p in read_parameters(cell)}
    assert found["scale"] == ("'demo'", "how much is computed: smoke or demo")
    assert found["seed"] == ("1", "all random numbers derive from it")
    assert found["models"] == ("None", "how many; None takes it from the scale")
    assert found["repeats"] == ("None", "None takes it from the scale")
    assert found["many"] == ("[1, 2]", "a list")
    assert found["size"][1] == "δ | relative"


def test_a_line_that_papermill_does_not_read_is_refused() -> None:
    with pytest.raises(DataError, match=r"a\.ipynb: 'import os'"):
        read_parameters("seed = 1\nimport os\n", "a.ipynb")


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "02_generator_training"]) == 0
    shown = capsys.readouterr().out
    assert "sigma" in shown
    assert "04_bioreactor" not in shown
    assert main(["parameters", "02_generator_trainin"]) == 2
    assert "did you mean 02_generator_training?" in capsys.readouterr().err
