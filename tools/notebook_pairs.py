"""How a notebook's script becomes its .ipynb: one text for one script, without any output."""

from pathlib import Path

import jupytext
import nbformat

NOTEBOOKS_DIR = Path(__file__).resolve().parents[1] / "notebooks"
PANELS_DIR = NOTEBOOKS_DIR / "panels"  # pages for Voilà: a panel each, no parameters

METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def render(script: str) -> str:
    """Return the canonical .ipynb text of a py:percent script.

    Cell ids are the cells' numbers and the only cell metadata are tags, so that the same script
    gives the same bytes.
    """
    notebook = jupytext.reads(script, fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        tags = cell.metadata.get("tags", [])
        cell["metadata"] = nbformat.from_dict({"tags": tags} if tags else {})
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"
