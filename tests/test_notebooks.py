"""The notebooks run at smoke scale, and the runner refuses what it must refuse."""

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import psutil
import pytest
from patience import PATIENCE_S

from renaissance_kit.cli import batch, find_results, main, parameters_of

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import notebook_pages  # noqa: E402

PARAMETERS = (
    'scale = "smoke"\noutput_dir = "build/figures"\nnetwork = "tiny"\nseed = 1\nfail = False\n'
)
BODY = """\
import json, sys
from pathlib import Path
if fail:
    raise RuntimeError("asked to fail")
Path(output_dir, "seen.json").write_text(json.dumps([scale, seed, sys.executable]))
"""


LONG = """\
import os, time
from pathlib import Path
print(os.getpid(), flush=True)
try:
    while True:
        time.sleep(0.05)
finally:
    Path(output_dir, "tidy").touch()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one small notebook, `toy`."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    write_notebook(notebooks / "toy.ipynb", PARAMETERS, BODY)
    return notebooks


def write_notebook(path: Path, parameters: str, body: str) -> None:
    cells = [
        nbformat.v4.new_markdown_cell("# Toy"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(body),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.mark.slow
@pytest.mark.parametrize("name", batch.NOTEBOOKS)
def test_notebook_runs_at_smoke_scale(name: str, tmp_path: Path) -> None:
    """Run here, unless the documentation was built from this same code: it runs them as well."""
    folder = ROOT / "build" / "docs-notebooks"
    if notebook_pages.is_current(folder, name):
        target = folder / name
    else:
        target = tmp_path
        assert batch.run(name, target, scale="smoke") == target / f"{name}.ipynb"
    assert list(target.rglob("*.png")), "a notebook writes at least one PNG to output_dir"
    assert not list(target.rglob("*.failed.ipynb"))
    summary = json.loads((target / "summary.json").read_text(encoding="utf-8"))
    assert summary["answer"]
    assert (target / f"{summary['answer_figure']}.svg").is_file(), "the figure of the answer"
    (run,) = find_results(target).runs
    for figure in run.figures:
        shown = run.findings.get(figure.path.stem) or figure.headline
        assert shown != figure.caption, f"{figure.path.stem}: the caption repeats the subtitle"
    said = [
        output.get("text", "") for cell in run.notebook.cells for output in cell.get("outputs", [])
    ]
    # That a small sample has not mixed is ours to say.
    foreign = [text for text in said if "Warning" in text and "have not mixed" not in text]
    assert not foreign, "clean pages"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["02_generator_training", "03_robustness", "06_km_aconitase"])
def test_notebook_runs_at_published_states(name: str, tmp_path: Path) -> None:
    batch.run(name, tmp_path, scale="smoke", parameters={"states": "published", "widgets": False})
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert str(summary["steady_state"]) == "1712"


@pytest.mark.parametrize("name", batch.NOTEBOOKS)
def test_without_widgets_only_the_panel_is_left_out(name: str) -> None:
    """The rest of a notebook is the same with `widgets` and without."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    with_panels = [i for i, source in enumerate(code) if "renaissance_kit.panels" in source]
    asking = [
        i for i, source in enumerate(code)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and node.id == "widgets" and isinstance(node.ctx, ast.Load)
    ]  # fmt: skip
    assert asking == with_panels
    if with_panels:
        assert with_panels == [len(code) - 1]
        (block,) = ast.parse(code[-1]).body
        assert isinstance(block, ast.If)
        assert ast.unparse(block.test) == "widgets"
        assert not block.orelse


def test_every_notebook_is_listed() -> None:
    batch.check_listing()


@pytest.mark.slow
def test_committed_notebooks_are_clean() -> None:
    command = [sys.executable, str(ROOT / "tools" / "check_notebooks.py")]
    check = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert check.returncode == 0, check.stdout + check.stderr


def test_run_sets_parameters_and_uses_this_interpreter(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = batch.run("toy", out, scale="laptop", parameters={"seed": 7}, notebooks_dir=folder)
    assert json.loads((out / "seen.json").read_text()) == ["laptop", 7, sys.executable]
    assert "widgets" not in nbformat.read(done, as_version=4).metadata
    assert [path.name for path in out.glob("*toy*")] == ["toy.ipynb"]


@pytest.mark.slow
def test_failed_run_keeps_the_earlier_result(folder: Path, tmp_path: Path) -> None:
    good = batch.run("toy", tmp_path, notebooks_dir=folder).read_bytes()
    with pytest.raises(batch.BatchError, match="asked to fail"):
        batch.run("toy", tmp_path, parameters={"fail": True}, notebooks_dir=folder)
    assert (tmp_path / "toy.ipynb").read_bytes() == good
    failed = nbformat.read(tmp_path / "toy.failed.ipynb", as_version=4)
    outputs = [output for cell in failed.cells for output in cell.get("outputs", [])]
    assert any(output.output_type == "error" for output in outputs)
    assert not list(tmp_path.glob(".toy*"))
    batch.run("toy", tmp_path, notebooks_dir=folder)
    assert not (tmp_path / "toy.failed.ipynb").exists()


def test_dead_kernel_is_a_clear_error(folder: Path, tmp_path: Path) -> None:
    write_notebook(folder / "dies.ipynb", PARAMETERS, "import os\nos._exit(9)\n")
    with pytest.raises(batch.BatchError, match="kernel died"):
        batch.run("dies", tmp_path, notebooks_dir=folder)
    assert not (tmp_path / "dies.ipynb").exists()


def test_mistyped_parameter_names_the_nearest(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(batch.BatchError, match=r"no parameter 'sead'; did you mean seed\?"):
        batch.run("toy", tmp_path / "out", parameters={"sead": 2}, notebooks_dir=folder)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_time_limit_ends_the_command_and_its_kernel(
    number: signal.Signals, folder: Path, tmp_path: Path
) -> None:
    """The cell hears of it as of Ctrl-C, and tidies up."""
    write_notebook(folder / "long.ipynb", PARAMETERS, LONG)
    command = [sys.executable, "-m", "renaissance_kit", "run", "long", "--notebooks", str(folder)]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stdout is not None
    kernel = psutil.Process(int(process.stdout.readline()))
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number
    assert said.splitlines()[-1] == "stopped; the same command goes on from what is kept"
    psutil.wait_procs([kernel], PATIENCE_S)
    assert not kernel.is_running()
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["long.failed.ipynb", "tidy"]


def test_mistyped_scale_and_notebook_name_the_nearest(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(batch.BatchError, match=r"did you mean laptop\?"):
        batch.run("toy", tmp_path, scale="labtop", notebooks_dir=folder)
    with pytest.raises(batch.BatchError, match=r"did you mean toy\?"):
        batch.run("toi", tmp_path, notebooks_dir=folder)


def test_a_folder_of_notebooks_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    for command in (["run", "toy"], ["run", "all"], ["parameters", "toy"]):
        assert main([*command, "--notebooks", str(gone)]) == 2
        assert f"there is no folder {gone}" in capsys.readouterr().err


def test_notebook_that_exists_only_as_script(folder: Path, tmp_path: Path) -> None:
    (folder / "later.py").write_text("# %%\n")
    with pytest.raises(batch.BatchError, match=r"sync_notebooks\.py"):
        batch.run("later", tmp_path, notebooks_dir=folder)


def test_unlisted_notebook_is_an_error(folder: Path) -> None:
    batch.check_listing(["toy"], folder)
    with pytest.raises(batch.BatchError, match="toy"):
        batch.check_listing([], folder)


def test_parameters_cell_is_required(folder: Path) -> None:
    write_notebook(folder / "few.ipynb", "scale = 'smoke'\n", "")
    with pytest.raises(batch.BatchError, match="does not define output_dir, seed"):
        batch.check_parameters(folder / "few.ipynb", {})
    notebook = nbformat.read(folder / "few.ipynb", as_version=4)
    notebook.cells[1].metadata = {}
    nbformat.write(notebook, folder / "none.ipynb")
    with pytest.raises(batch.BatchError, match="0 cells tagged"):
        batch.check_parameters(folder / "none.ipynb", {})


def test_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["run", "toy", "--notebooks", str(folder), "--out", str(tmp_path)]
    assert main([*common, "-p", "seed", "3", "-p", "fail", "false"]) == 0
    assert json.loads((tmp_path / "seen.json").read_text())[1] == 3
    assert main([*common, "-p", "sead", "3"]) == 2
    assert "did you mean seed?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("7", 7), ("True", True), ("none", None), ("[1, 2]", [1, 2]), ("a/b", "a/b")],
)
def test_values_on_the_command_line(text: str, value: object) -> None:
    assert batch.parse_value(text) == value


@pytest.mark.slow
def test_import_starts_nothing() -> None:
    code = "import renaissance_kit.cli.batch, multiprocessing as m; assert not m.active_children()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S, env=environment)


def test_the_number_of_a_notebook_is_enough(folder: Path) -> None:
    write_notebook(folder / "07_toy.ipynb", PARAMETERS, BODY)
    for name in ("07", "07_toy", "07_toy.ipynb"):
        assert batch.full_name(name, folder) == "07_toy"
    assert batch.full_name("toy", folder) == "toy"
    write_notebook(folder / "07_other.ipynb", PARAMETERS, BODY)
    with pytest.raises(batch.BatchError, match="no notebook '07'"):
        batch.full_name("07", folder)


def test_what_was_run_is_not_run_again_and_not_replaced(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "toy", "--notebooks", str(folder), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    (tmp_path / "out" / "seen.json").unlink()
    assert main(command) == 0
    assert "toy: done already; --force runs it again" in capsys.readouterr().err
    assert not (tmp_path / "out" / "seen.json").exists()
    for changed in (["-p", "seed", "2"], ["--scale", "demo"]):
        assert main([*command, *changed]) == 2
        assert "toy.ipynb was run with other parameters" in capsys.readouterr().err
    assert main([*command, "-p", "seed", "2", "--force"]) == 0
    assert json.loads((tmp_path / "out" / "seen.json").read_text())[1] == 2


def test_paths_start_where_the_user_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at the notebook, which may stand in the installation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "mine").mkdir()
    names = [p.name for n in batch.NOTEBOOKS for p in parameters_of(batch.notebook_path(n))[1]]
    assert {*batch.PATHS, *batch.NAMES_OR_PATHS} < set(names)
    meant = {"store": "kept", "ensemble": "~/models.nc", "network": "mine", "generic": None}
    values = batch.run_values("out", parameters=meant)
    assert values == {
        "scale": "smoke", "output_dir": str(tmp_path / "out"), "store": str(tmp_path / "kept"),
        "ensemble": str(tmp_path / "home" / "models.nc"), "network": str(tmp_path / "mine"),
        "generic": None,
    }  # fmt: skip
    assert batch.run_values("out", parameters={"network": "tiny"})["network"] == "tiny"


@pytest.mark.parametrize("name", batch.NOTEBOOKS)
def test_parameters_that_are_files_or_folders_are_known_as_paths(name: str) -> None:
    for parameter in parameters_of(batch.notebook_path(name))[1]:
        words = parameter.meaning.split(";")[0]
        if parameter.kind == "str" and any(
            w in words for w in ("path", "file", "folder", "table of", "decisions.csv")
        ):
            known = {*batch.PATHS, *batch.NAMES_OR_PATHS, "output_dir"}
            assert parameter.name in known, parameter.meaning


def test_a_page_of_somebody_else_is_not_replaced(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    batch.run("toy", out, notebooks_dir=folder)
    assert main(["gallery", str(out)]) == 0
    assert main(["gallery", str(out)]) == 0  # ours
    (out / "toy.html").write_text("<p>mine</p>")
    assert main(["gallery", str(out)]) == 2
    assert "toy.html: a page of somebody else; --force replaces it" in capsys.readouterr().err
    assert (out / "toy.html").read_text() == "<p>mine</p>"
    assert main(["gallery", str(out), "--force"]) == 0
    assert (out / "toy.html").read_text() != "<p>mine</p>"
