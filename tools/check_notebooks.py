"""Check the committed notebooks: python tools/check_notebooks.py [FOLDER]

Each, and each page in panels/, needs a script, no output, the canonical form that
tools/sync_notebooks.py writes and a title in its first cell; a notebook also one cell tagged
`parameters` with the required names, and a place in the list of renaissance_kit.cli.batch.
"""

import sys
from pathlib import Path

import nbformat
from notebook_pairs import METADATA, NOTEBOOKS_DIR, PANELS_DIR, render

from renaissance_kit.cli import NOTEBOOKS, BatchError, check_listing, check_parameters

REMEDY = "run: python tools/sync_notebooks.py"


def problems_of(path: Path) -> list[str]:
    """Return what is wrong with one notebook, each as a sentence."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    problems = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(cell.outputs for cell in code):
        problems.append(f"has outputs; {REMEDY}")
    if any(cell.execution_count is not None for cell in code):
        problems.append(f"has execution counts; {REMEDY}")
    if notebook.metadata != METADATA:
        problems.append(f"has metadata beyond the kernel; {REMEDY}")
    script = path.with_suffix(".py")
    if not script.is_file():
        problems.append(f"has no script {script.name}; run: jupytext --to py:percent {path.name}")
    elif text != render(script.read_text(encoding="utf-8")):
        problems.append(f"differs from {script.name}; {REMEDY}")
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        problems.append("does not begin with a title: a Markdown cell that starts with '# '")
    if path.parent != PANELS_DIR:
        try:
            check_parameters(path, {})
        except BatchError as error:
            problems.append(str(error))
    return problems


def main(folder: Path = NOTEBOOKS_DIR) -> int:
    """Print every problem; return how many there are, at most 1."""
    problems = []
    try:
        check_listing(NOTEBOOKS, folder)
    except BatchError as error:
        problems.append(str(error))
    for name in NOTEBOOKS:
        path = folder / f"{name}.ipynb"
        found = problems_of(path) if path.is_file() else [f"is missing; {REMEDY}"]
        problems += [f"{path.name} {problem}" for problem in found]
    pages = sorted(PANELS_DIR.glob("*.py")) if folder == NOTEBOOKS_DIR else []
    for path in (script.with_suffix(".ipynb") for script in pages):
        found = problems_of(path) if path.is_file() else [f"is missing; {REMEDY}"]
        problems += [f"panels/{path.name} {problem}" for problem in found]
    clean = f"{len(NOTEBOOKS)} notebooks and {len(pages)} panels are clean"
    print("\n".join(problems) or clean, flush=True)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
