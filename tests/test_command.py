"""The command: help at once, errors in one line, nothing replaced, nothing lost."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import cobra
import pytest
from commands import LACTIC, said
from patience import PATIENCE_S
from test_rooms import HEAVY, loaded_by

from renaissance_kit import Network
from renaissance_kit.cli import batch, main, read_values
from renaissance_kit.cli.command import group
from renaissance_kit.cli.notebook_commands import some_home
from renaissance_kit.simulation import PerturbationResult

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("check", "draft", "states", "train", "generate", "perturb", "cultivate", "export",
            "import", "notebooks", "parameters", "run", "gallery")  # fmt: skip

pytestmark = pytest.mark.usefixtures("here")


# --- help ----------------------------------------------------------------------------------------


def test_help_lists_the_commands_in_the_order_of_work(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, ["--help"])
    assert tuple(group.list_commands(click.Context(group))) == COMMANDS
    listed = shown.split("Commands:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert not any(line.endswith("...") for line in listed)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_help_has_examples_whose_options_exist(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(capsys, [*name.split(), "--help"])
    lines = shown.split("Examples:\n")[1].splitlines()
    assert lines
    for line in lines:
        program, *words = shlex.split(line.strip().removeprefix("$ "))
        if program == "jupyter":
            continue
        assert program == "renaissance-kit"
        assert name in ("", words[0])
        known = {opt for p in group.commands[words[0]].params for opt in p.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["trian"], ["generate"]])
def test_help_and_mistakes_load_nothing_that_takes_time(arguments: list[str]) -> None:
    code = f"from renaissance_kit.cli.command import main; main({arguments})"
    heavy = {*HEAVY, "numpy", "scipy", "joblib", "papermill", "nbformat", "yaml"}
    assert not loaded_by(code) & heavy


def test_python_m_is_the_same_command() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "renaissance_kit", "--version"], capture_output=True, text=True,
        timeout=PATIENCE_S, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    assert run.stdout.startswith("renaissance-kit, version 0.")


# --- mistakes ------------------------------------------------------------------------------------

MISTAKES = {
    "trian tiny": "No such command 'trian'. Did you mean 'train'?",
    "train": "Missing argument 'NETWORK'",
    "train tinny": "'tinny' is neither an example network nor a folder; did you mean 'tiny'?",
    "train tiny --out a_file": "a_file is a file",
    "train tiny -p generation 3": "no setting 'generation'; did you mean 'generations'?",
    "train tiny -p generations abc": "generations is 'abc'; write a whole number, such as 50",
    "train tiny -p sigma 0.1 -p sigma 0.2": "setting sigma is given twice",
    "train tiny -p sigma -1": "sigma is -1",
    "train tiny --seed -1": "-1 is not in the range x>=0",
    "train tiny --states none.nc": "none.nc does not exist",
    "train tiny --states a_file": "a_file cannot be read",
    "train tiny --recipe papper": "'papper' is not one of",
    "generate nothing": "nothing holds no training; renaissance-kit train makes one",
    "generate nothing --number 0": "0 is not in the range x>=1",
    "generate nothing --out e.csv": "e.csv ends in .csv, and this file will be .nc",
    "generate nothing --out .": "write one such as new.nc",
    "generate nothing --out a_file/e": "a_file is a file, so that a_file cannot be a folder",
    "states tiny": "the quantity 'temperature' (K) is missing",
    "perturb tiny": "tiny comes without an ensemble",
    "cultivate tiny --models {models}": "bioreactor.csv does not exist",
    "perturb tiny --models {models} --size 2": "size is 2.0; give δ above 0 and below 1",
    "perturb tiny --models {models} --metabolites atp": "neither 'all' nor a compartment",
    "perturb tiny --models {models} --metabolites atp_c,pyr": "'pyr' is no dynamic metabolite",
    "perturb tiny --models {models} --out {models} --force": "is what this command reads",
    "export tiny": "tiny comes without an ensemble",
    "export tiny --models {models} --out m.abc": "no format has the suffix .abc",
    "export tiny --models {models} --format sbl": "'sbl' is not one of",
    "export tiny --models {models} --conditions own": "bioreactor.csv does not exist",
    "import a_file --out mine": "a_file: no format has the suffix",
    "import a_file --format sbml --out mine": "not SBML that can be read",
    "import a_file --format omex --out mine": "this format is written only",
    "import a_file --format sbml": "Missing option '--out'",
    "draft none.xml": "none.xml does not exist",
    "draft a_file": "a_file",
    "check nothing": "'nothing' is neither an example network nor a folder",
    "run 99": "no notebook '99'",
    "run 02 --scale labtop": "did you mean laptop?",
    "run 02 -p output_dir mine": "give --out instead",
    "run 02 --parameters a_file": "a_file is neither .json nor .yaml",
    "gallery .": "make figures",
    "parameters 02 03_robustnes": "did you mean 03_robustness?",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_with_the_remedy(
    line: str, here: Path, models_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a_file").write_text("no data")
    error = said(capsys, shlex.split(line.format(models=models_file)), 2)
    assert MISTAKES[line] in error
    *before, last = error.splitlines()
    assert last.startswith("error: ")
    assert all("building" in text for text in before)
    assert sorted(p.name for p in here.iterdir()) == ["a_file"]


def test_what_the_system_says_is_one_line_too(
    models_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("renaissance_kit.simulation.perturb", full)
    error = said(capsys, ["perturb", "tiny", "--models", str(models_file)], 2)
    assert (
        error == "error: the memory is full; ask for fewer models or states, or for fewer workers\n"
    )

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr("renaissance_kit.simulation.perturb", denied)
    error = said(capsys, ["perturb", "tiny", "--models", str(models_file)], 2)
    assert error == "error: /somewhere: Permission denied\n"


# --- what is there stays -------------------------------------------------------------------------


def test_nothing_is_replaced_without_force(
    here: Path, models_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "mine.nc").write_text("kept")
    for line in (
        "states tiny", "generate training", f"perturb tiny --models {models_file}",
        f"cultivate tiny --models {models_file}",
    ):  # fmt: skip
        error = said(capsys, [*line.split(), "--out", "mine"], 2)
        assert "mine.nc is there already; --force replaces it" in error
    assert (here / "mine.nc").read_text() == "kept"
    perturb = ["perturb", "tiny", "--models", str(models_file), "--workers", "1", "-n", "1"]
    assert main([*perturb, "--out", "mine.nc", "--force"]) == 0
    assert len(PerturbationResult.load(here / "mine.nc").dataset.model) == 1


def test_the_home_folder_is_where_a_tilde_says(
    here: Path, models_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = here.parent / "home"
    home.mkdir()
    shutil.copy(models_file, home / "models.nc")
    shutil.copytree(Network.example("tiny").folder, home / "mine")
    monkeypatch.setenv("HOME", str(home))
    perturb = ["perturb", "~/mine", "--models", "~/models.nc", "--workers", "1", "-n", "1"]
    assert main([*perturb, "--out=~/new/perturbed"]) == 0
    assert [p.name for p in (home / "new").iterdir()] == ["perturbed.nc"]
    assert main(["check", "~/mine"]) == 0
    assert main(["notebooks", "~/books"]) == 0
    assert (home / "books" / "00_start_here.ipynb").is_file()
    assert not list(here.iterdir())


def test_a_folder_is_told_from_an_example_of_its_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cannot be used" not in said(capsys, ["check", "tiny"])
    (here / "tiny").mkdir()
    assert "cannot be used" not in said(capsys, ["check", "tiny"])
    assert "cannot be used" in said(capsys, ["check", "./tiny"], 1)


# --- check and draft -----------------------------------------------------------------------------


def test_check_names_every_table_and_every_problem(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(capsys, ["check", str(LACTIC)])
    assert shown.startswith("lactic: Network('lactic': ")
    assert "\nconstraints.csv: bounds of " in shown
    assert "\nbioreactor.csv: " in shown
    assert shown.endswith("\nno problems\n")
    shutil.copytree(LACTIC, here / "mine")
    table = here / "mine" / "constraints.csv"
    wrong = "\nNOTHING,flux,1,2,mmol/gDW/h,,,\nNONE,flux,1,2,mmol/gDW/h,,,\n"
    table.write_text(table.read_text(encoding="utf-8").rstrip() + wrong, encoding="utf-8")
    (here / "mine" / "bioreactor.csv").write_text("kind,id\n")
    shown = said(capsys, ["check", "mine"], 1)
    assert "constraints.csv: cannot be used\n  problem: constraints.csv, line " in shown
    assert "bioreactor.csv: cannot be used\n  problem: bioreactor.csv" in shown
    count = shown.count("  problem: ")
    assert count >= 3
    assert shown.endswith(f"\n{count} problems\n")


def test_check_says_which_moieties_cancel_by_rounding_only(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(LACTIC, here / "mine")
    table = here / "mine" / "reactions.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("25 adp_in", "25.00001 adp_in"), encoding="utf-8")
    shown = said(capsys, ["check", "mine"])
    assert "; conserved: atp_in + adp_in (left by rounding: 1e-05 in BIOMASS)\n" in shown


@pytest.mark.slow
def test_check_asks_whether_there_is_any_state(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "steady states: there are some" in said(capsys, ["check", str(LACTIC), "--feasible"])


@pytest.mark.slow
def test_a_draft_is_written_edited_and_written_again(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cobra.io.save_json_model(cobra.io.load_model("textbook"), "model.json")
    model = ["draft", "model.json", "--growth", "Biomass_Ecoli_core"]
    shown = said(capsys, [*model, "--out", "mine"], 1)
    assert "problem 1: no formation energy" in shown
    assert sorted(p.name for p in (here / "mine").iterdir()) == ["decisions.csv", "to_fill_in.csv"]
    energies = ["--energies", str(ROOT / "tests" / "data" / "e_coli_core_energies.csv")]
    error = said(capsys, [*model, *energies, "--out", "mine"], 2)
    assert "mine holds decisions.csv; --force replaces" in error
    assert "--decisions mine/decisions.csv" in error
    edited = here / "mine" / "decisions.csv"
    text = edited.read_text(encoding="utf-8")
    assert "\n*,doubling time," in text
    lines = [
        "*,doubling time,60,,," if line.startswith("*,doubling time,") else line
        for line in text.splitlines()
    ]
    edited.write_text("\n".join(lines) + "\n", encoding="utf-8")
    again = [*model, *energies, "--decisions", "mine/decisions.csv", "--out", "mine"]
    shown = said(capsys, again)
    assert "doubling time: 60" in shown
    assert "mine: Network('mine': 69 kinetic reactions" in shown
    assert "*,doubling time,60," in edited.read_text(encoding="utf-8")
    assert "mine holds compartments.csv" in said(capsys, again, 2)
    assert "no problems" in said(capsys, ["check", "mine"])


# --- notebooks -----------------------------------------------------------------------------------


def test_notebooks_are_copied_whole_and_not_replaced(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = [p for p in (ROOT / "notebooks").rglob("*.ipynb") if "-checkpoint" not in p.name]
    assert f"mine: {len(shipped)} notebooks" in said(capsys, ["notebooks", "mine"])
    shipped = ROOT / "notebooks" / "panels" / "km.ipynb"
    assert (here / "mine" / "panels" / "km.ipynb").read_bytes() == shipped.read_bytes()
    mine = here / "mine" / "02_generator_training.ipynb"
    mine.write_text("edited")
    assert "02_generator_training.ipynb" in said(capsys, ["notebooks", "mine"], 2)
    assert mine.read_text() == "edited"
    assert main(["notebooks", "mine", "--force"]) == 0
    assert mine.read_text() != "edited"


def test_kernels_find_a_home_where_the_user_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    before = os.environ.get("HOME")
    with some_home():
        assert Path(os.environ["HOME"]).is_dir()
        assert os.environ["HOME"] != before
    assert os.environ.get("HOME") == before


# --- the page ------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_is_followed_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```\n(?:.*?)^```text\n(.*?)^```\n", PAGE, re.M | re.S)
    assert len(blocks) == 3
    for lines, expected in blocks:
        shown = [said(capsys, shlex.split(line)[1:]) for line in lines.splitlines()]
        assert "".join(shown) == expected


def test_the_page_names_every_command_and_only_options_that_exist() -> None:
    listed = re.findall(r"^\| `(\w+)(?: [A-Z]+)?` \|", PAGE, re.M)
    assert tuple(listed) == COMMANDS
    for line in re.findall(r"^renaissance-kit .*", PAGE, re.M):
        name, *words = shlex.split(line, comments=True)[1:]
        known = {opt for p in group.commands[name].params for opt in p.opts}
        assert {word for word in words if word.startswith("-") and word != "-276"} <= known, line


def test_the_file_of_parameters_on_the_page_is_one(here: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
    (here / "mine.yaml").write_text(text)
    path = batch.notebook_path(batch.full_name("02"))
    batch.check_parameters(path, read_values(here / "mine.yaml"))
