"""The notebooks as pages of the documentation: run at smoke scale, then made ready for Sphinx.

Each is run by the project's own runner, once, and again only after a change of the package, the
data or the notebook. What Sphinx reads is a copy: code folded, figures with a text for readers who
do not see them, no paths of this machine, and no panel, which needs a kernel.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from renaissance_kit.cli import batch, find_results
from renaissance_kit.cli.results import NotebookRun

ROOT = Path(__file__).resolve().parents[1]
SCALE = "smoke"
AT_A_TIME = 2
TAKEN = ("01_steady_states", "02_generator_training")
SAVED = re.compile(r"""save\(\s*\w+,\s*\w+ / ["']([^"']+)["']""")
WIDGET = "application/vnd.jupyter.widget-view+json"
INJECTED = "injected-parameters"
RUN = ":::{{admonition}} Run at scale `smoke`, a test of seconds\n:class: important\n\n"
NOTE = (
    RUN
    + "The sentences and figures of this page show what the notebook does. **Do not believe its "
    "numbers.** For them run it at `laptop` scale:\n\n"
    "```bash\n.venv/bin/renaissance-kit run {number} --scale laptop --out build/mine\n```\n\n"
    "What such runs found stands in [](../reproduction.md) and [](../which-number.md); how to run "
    "and change notebooks in [](../notebooks.md).\n:::"
)
NOT_RUN = "This page was built without running the notebook: it shows code and text only."
PANEL = "A panel stands here when the notebook is open; [](../panels.md) shows it."


def newest_source(name: str) -> float:
    """When what a notebook computes with was last changed."""
    files = [*(ROOT / "renaissance_kit").rglob("*.py"), *(ROOT / "data").rglob("*.*")]
    return max(path.stat().st_mtime for path in [*files, batch.notebook_path(name)])


def is_current(folder: Path, name: str) -> bool:
    """Whether ``folder`` holds the results of this notebook, newer than all it is computed with."""
    target = folder / name
    done = target / f"{name}.ipynb"
    newer = done.exists() and done.stat().st_mtime > newest_source(name)
    return newer and batch.is_run_with(done, target, scale=SCALE)


def run_all(folder: Path) -> None:
    """Run the notebooks whose results in ``folder`` are missing, older, or of other settings.

    Two at a time, each in a process of its own; first those whose results others take.
    """
    stale = [name for name in batch.NOTEBOOKS if not is_current(folder, name)]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for part in ([n for n in stale if n in TAKEN], [n for n in stale if n not in TAKEN]):
            list(pool.map(partial(_run, folder), part))


def _run(folder: Path, name: str) -> None:
    print(f"running {name} at scale {SCALE}", flush=True)
    code = (
        "import sys; from renaissance_kit.cli import batch;"
        "batch.run(sys.argv[1], sys.argv[2], scale=sys.argv[3])"
    )
    subprocess.run([sys.executable, "-c", code, name, str(folder / name), SCALE], check=True)


def write_pages(target: Path, runs: Path | None) -> None:
    """Write one page a notebook, and the table of contents.

    Args:
        runs: folder of `run_all`; None makes pages of the notebooks as they are, without outputs.
    """
    target.mkdir(parents=True)
    results = {} if runs is None else {run.path.stem: run for run in find_results(runs).runs}
    rows = []
    for name in batch.NOTEBOOKS:
        run = results.get(name)
        notebook = run.notebook if run else nbformat.read(batch.notebook_path(name), as_version=4)
        title = notebook.cells[0].source.partition("\n")[0].lstrip("# ").strip()
        rows.append(f"| [{name}]({name}.ipynb) | {title} |")
        nbformat.write(as_page(notebook, name, run), target / f"{name}.ipynb")
    text = [
        "# The notebooks\n",
        f"Each asks one question. These pages were run at scale `{SCALE}`, which tests that "
        "everything works; [](../reproduction.md) has the numbers of full runs. How to run them: "
        "[](../notebooks.md).\n",
        "| notebook | |\n|---|---|",
        *rows,
        "\n```{toctree}\n:hidden:\n",
        *batch.NOTEBOOKS,
        "```\n",
    ]
    (target / "index.md").write_text("\n".join(text), encoding="utf-8")


def as_page(notebook: Any, name: str, run: NotebookRun | None) -> Any:
    """A notebook as Sphinx should read it."""
    page = nbformat.from_dict(notebook)
    cells = []
    figures = {figure.path.stem: figure.alternative for figure in run.figures} if run else {}
    for cell in page.cells:
        tags = cell.metadata.get("tags", [])
        if INJECTED in tags:
            continue  # paths of this machine; the scale is said on top
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.metadata.tags = ["hide-input"]
            saved = SAVED.search(cell.source)
            if saved and saved[1] in figures:
                cell.metadata.mystnb = {"image": {"alt": figures[saved[1]], "width": "100%"}}
            place = str(run.path.parent) if run else ""
            cell.outputs = [_shown(out, place, name) for out in cell.outputs]
        else:
            cell.source = cell.source.replace("](../docs/", "](../")
        cells.append(cell)
    about = NOTE.format(number=name[:2]) if run else NOT_RUN
    cells.insert(1, nbformat.v4.new_markdown_cell(about))
    page.cells = cells
    page.metadata = nbformat.NotebookNode(kernelspec=page.metadata.get("kernelspec", {}))
    return page


def _shown(output: Any, place: str, name: str) -> Any:
    """An output without widgets, and with the folder of results as a user has it."""
    usual = f"build/figures/{name}"
    if "text" in output:
        output.text = output.text.replace(place, usual) if place else output.text
    data = output.get("data", {})
    if WIDGET in data:
        output.data = {"text/markdown": PANEL}
    elif place:
        for kind, text in data.items():
            if kind.startswith("text/") and isinstance(text, str):
                data[kind] = text.replace(place, usual)
    return output
