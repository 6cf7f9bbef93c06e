"""Parameters under plain papermill are checked by the notebook itself."""

from __future__ import annotations

from pathlib import Path

import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from renaissance_kit.cli import NOTEBOOKS, BatchError, check_injected

ROOT = Path(__file__).resolve().parents[1]
CELL = "seed = 1\nsigma: float = None  # a step\nlabels: list[int] = None"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("sead = 7", "no parameter 'sead'; did you mean seed"),
        ("seed = 'abc'", "seed is 'abc'; write a whole number"),
        ("labels = 'x'", "labels is 'x'; write"),
        ("seed = open('x')", "cannot be read"),
    ],
)
def test_a_slip_is_named_with_the_remedy(given: str, says: str) -> None:
    with pytest.raises(BatchError, match=says.replace("(", "\\(")):
        check_injected([CELL, f"# Parameters\n{given}"])


def test_what_fits_and_what_is_not_injected_passes() -> None:
    check_injected([CELL, "# Parameters\nseed = 7\nsigma = 0.5\nlabels = [1, 2]"])
    check_injected([CELL, "import os", "sead = 7"])
    check_injected()  # no notebook runs this test


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_checks_in_its_first_cell_and_says_where_results_are(name: str) -> None:
    text = (ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    _, _, below = text.partition('tags=["parameters"]')
    first = below.split("# %%")[1]
    assert "\ncheck_injected()\n" in first
    assert "output.resolve()" in first


@pytest.mark.slow
def test_plain_papermill_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = ROOT / "notebooks" / "02_generator_training.ipynb"
    with pytest.raises(PapermillExecutionError, match="did you mean population"):
        papermill.execute_notebook(
            str(notebook), "out.ipynb", parameters={"populatoin": 4, "output_dir": "results"},
            kernel_name="python3", progress_bar=False,
        )  # fmt: skip
