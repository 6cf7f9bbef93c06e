"""The one sentence of each notebook: it follows the data and says how sure it is."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from renaissance_kit import Network, studies
from renaissance_kit.cli import NOTEBOOKS
from renaissance_kit.studies.pages import answers
from renaissance_kit.studies.text import between, percent, with_interval

ROOT = Path(__file__).resolve().parents[1]
SENTENCE = re.compile(r"^\s*\w*page\.\w+\(", re.MULTILINE)


# --- shares --------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.99, 0.995, 0.9967, 0.9999, 0.99999, 1 - 1e-9])
def test_what_is_not_all_is_never_100_percent(share: float) -> None:
    assert not percent(share).startswith("100")
    assert percent(1.0) == "100 %"


@pytest.mark.parametrize("share", [1e-9, 1e-5, 0.0004, 0.004])
def test_what_is_not_none_is_never_0_percent(share: float) -> None:
    assert not re.match(r"0(\.0*)? %", percent(share))
    assert percent(0.0) == "0 %"


def test_pages_write_shares_by_the_one_function() -> None:
    pages = (ROOT / "renaissance_kit" / "studies" / "pages").glob("*.py")
    rounded = re.compile(r":\.\d%\}|\"\.\d%\"")  # would make 100.0% of 99.97 %
    assert not [path.name for path in pages if rounded.search(path.read_text(encoding="utf-8"))]


def test_intervals_have_one_sign() -> None:
    assert between(0.9996, 1.0) == "99.96 to 100 %"
    assert with_interval(0.5, 0.25, 0.75) == "50 % (25 to 75 %)"


# --- notebooks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_asks_one_question_and_ends_with_its_answer(name: str) -> None:
    text = (ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    assert re.match(r"# %% \[markdown\]\n# # .+\?\n", text), "the title is the question"
    assert text.count("\n# ## The answer\n") == 1
    _, _, end = text.partition("\n# ## The answer\n")
    assert "**answer.summary()" in end, "the gallery takes it from summary.json"
    assert "save(figure" not in end, "nothing is shown after it but what to do next"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_figure_is_followed_by_a_sentence_that_says_what_it_shows(name: str) -> None:
    text = (ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    waiting: list[str] = []
    for cell in text.split("# %%")[1:]:
        if cell.startswith(" [markdown]"):
            assert not waiting or "\n# #" not in cell, f"no sentence on {waiting}"
            continue
        if saved := re.findall(r"save\(\w+, \w+ / f?\"([^\"]+)\"", cell):
            assert not waiting, f"no sentence on {waiting} before {saved}"
            waiting = saved
        if SENTENCE.search(cell):
            waiting = []
    assert not waiting


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_answer_is_a_function_of_results(name: str) -> None:
    tree = ast.parse((ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8"))
    calls = [
        node.value.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and getattr(node.targets[0], "id", "") == "answer"
    ]  # fmt: skip
    assert len(calls) == 1
    assert hasattr(answers, calls[0])


# --- sentences -----------------------------------------------------------------------------------


def trained(last: list[float], sampled: tuple[float, float]) -> Any:
    rows = pd.DataFrame({"group": "own", "repeat": range(len(last)), "steps": 50,
                         "first": 0.02, "last": last})  # fmt: skip
    return rows, SimpleNamespace(incidence=sum(sampled) / 2, interval=sampled)


def test_training_works_only_if_it_does_better_than_chance(ecoli: Network, tiny: Network) -> None:
    rows, sampled = trained([0.998, 0.999, 0.9994], (0.01, 0.02))
    answer = answers.training(ecoli, rows, sampled, models=1500)
    assert answer.text.startswith("Yes: in 50 generations")
    assert "99.9 %" in answer.text
    assert answer.paper == "about 92 % of the models are valid after training"
    assert answers.training(tiny, rows, sampled, models=1500).paper == "", "nothing is published"
    rows, sampled = trained([0.0, 0.05], (0.01, 0.1))
    assert answers.training(ecoli, rows, sampled, models=40).text.startswith("Not in so short")


def test_robustness_needs_enough_models(ecoli: Network) -> None:
    def of(share: float, low: float, high: float) -> str:
        shares = pd.DataFrame(
            {"group": studies.CYTOSOL, "tolerance": 0.01, "time_min": [24.0, 34.0], "share": share,
             "low": low, "high": high, "perturbed": 1000}
        )  # fmt: skip
        answer = answers.robustness(ecoli, shares, times_min=(24.0, 34.0), tolerance=0.01, size=0.5)
        assert answer.paper.startswith("75 % within 24 min and 93 % within 34 min")
        return answer.text.partition(":")[0]

    assert of(0.98, 0.97, 0.99) == "Yes"
    assert of(0.2, 0.1, 0.3) == "Not most of them"
    assert of(0.6, 0.3, 0.9) == answers.TOO_SMALL


def test_no_model_matches_or_too_few_were_grown(ecoli: Network) -> None:
    def of(models: int, matching: int) -> str:
        matched = np.zeros((models, 3), dtype=bool)
        matched[:matching] = True
        fit: Any = type("Fit", (), {
            "matched": matched, "matches": matched.all(axis=1), "__len__": lambda _: models,
            "quantities": ("biomass", "glucose", "anthranilate"),
        })()  # fmt: skip
        return answers.bioreactor(ecoli, fit).text

    assert of(1000, 0).startswith("No: 0 of 1,000 models (0 to 0.4 %)")
    assert of(3, 0).startswith(answers.TOO_SMALL)
    assert of(1000, 13).startswith("Some: 13 of 1,000")


def test_a_subsystem_helps_beyond_chance_or_cannot_be_told(ecoli: Network) -> None:
    def of(p: float, least: float) -> str:
        row = {"group": studies.INSIDE, "improved": 9, "constants": 14, "improved_null": 7.0,
               "p_improved": p}  # fmt: skip
        return answers.subsystem(ecoli, pd.DataFrame([row]), least=least).text.partition(":")[0]

    assert of(0.003, 0.001) == "Yes"
    assert of(0.2, 0.001) == "Not beyond chance"
    assert of(0.1, 0.1) == answers.TOO_SMALL
