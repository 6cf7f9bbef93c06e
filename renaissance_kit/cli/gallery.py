"""A page with every figure of a run, readable without a server and without a network.

    python -m renaissance_kit gallery build/figures

Reads what the notebooks left in a folder: executed notebooks, figures, tables. Writes
``index.html`` and each notebook as a page beside its file. All links are relative, so the folder
can be copied, zipped or put on a stick.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import nbformat
import pandas as pd
from nbconvert.exporters import HTMLExporter
from pygments.formatters import HtmlFormatter

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.files import atomic_path

_DATA = (".nc", ".json", ".npz", ".csv")
_SAVE = r"save\(\s*\w+,\s*\w+ / [\"']([^\"']+)[\"']"


@dataclass(frozen=True)
class FigureFile:
    """One figure as it was saved.

    Args:
        path: of the PNG; the SVG stands beside it.
        headline, caption: as the figure itself says.
        alternative: text for readers who do not see it: headline and axes.
        width: of the SVG in points; 0 if it is missing.
    """

    path: Path
    headline: str
    caption: str
    alternative: str
    width: int

    @classmethod
    def read(cls, path: Path) -> FigureFile:
        """What the SVG beside a PNG says of itself; without one, the name of the file."""
        name = path.stem.replace("_", " ")
        svg = path.with_suffix(".svg")
        if not svg.is_file():
            return cls(path, name, "", f"Figure: {name}", 0)
        root = ElementTree.fromstring(svg.read_text(encoding="utf-8"))
        space = "{http://www.w3.org/2000/svg}"
        headline = root.findtext(f"{space}title") or name
        caption = root.findtext(f"{space}desc") or ""
        found = re.findall(r"([XY])-axis titled '([^']*)'", " ".join(_labels(root)))
        axes = list(dict.fromkeys(f"{axis.lower()}: {title}" for axis, title in found))
        shown = f" Axes: {'; '.join(axes)}." if axes else ""
        width = int(float(root.get("width", "0")))
        return cls(path, headline, caption, f"{headline.rstrip('.')}.{shown}", width)


@dataclass(frozen=True)
class NotebookRun:
    """One executed notebook and what it wrote.

    Args:
        path: of the executed notebook.
        title, introduction: its first heading and the paragraph after it.
        figures: in the order in which the notebook saves them.
        questions: of the figures that have one, by name of the file.
        files: other results, tables first.
        about: settings and results from ``summary.json``.
    """

    path: Path
    title: str
    introduction: str
    figures: tuple[FigureFile, ...]
    questions: dict[str, str]
    files: tuple[Path, ...]
    about: dict[str, object]

    @classmethod
    def read(cls, path: Path, *, leave: frozenset[str] = frozenset()) -> NotebookRun:
        """Read an executed notebook with the files beside it.

        Args:
            leave: names of figures that belong to other notebooks in the same folder.
        """
        notebook = nbformat.read(path, as_version=4)
        first = notebook.cells[0].source if notebook.cells else ""
        heading, _, rest = first.partition("\n")
        questions = figure_questions(notebook)
        present = {p.stem: p for p in sorted(path.parent.glob("*.png"))}
        order = [n for n in questions if n in present]
        order += [n for n in present if n not in questions and n not in leave]
        files = [p for p in path.parent.iterdir() if p.suffix in _DATA and p.is_file()]
        files.sort(key=lambda p: (p.suffix != ".csv", p.name))
        summary = path.parent / "summary.json"
        about = json.loads(summary.read_text(encoding="utf-8")) if summary.is_file() else {}
        return cls(
            path,
            heading.lstrip("# ").strip() or path.stem,
            " ".join(rest.strip().split("\n\n")[0].split()),
            tuple(FigureFile.read(present[name]) for name in order),
            {name: questions[name] for name in order if questions.get(name)},
            tuple(files),
            about,
        )


def figure_questions(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Names of the figures that a notebook saves, in order, with the question each one answers.

    A question is the first bold sentence of the text above the cell, or the last heading; none
    is given twice.
    """
    questions: dict[str, str] = {}
    last = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            bold = re.findall(r"\*\*(.+?)\*\*", " ".join(cell.source.split()))
            headings = re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE)
            last = next(iter(bold), "") or (headings[-1] if headings else last)
        else:
            for name in re.findall(_SAVE, cell.source):
                questions[name] = "" if last in questions.values() else last
    return questions


def find_runs(folder: Path | str) -> list[NotebookRun]:
    """Executed notebooks in a folder and in the folders directly in it, by name.

    Raises:
        DataError: there are none.
    """
    root = Path(folder)
    found = [*root.glob("*.ipynb"), *root.glob("*/*.ipynb")]
    paths = [p for p in found if not p.name.startswith(".") and ".failed" not in p.name]
    if not paths:
        raise DataError(f"no executed notebook in {root}; run `make figures` first")
    runs = []
    for path in sorted(paths, key=lambda p: p.stem):
        beside = [p for p in paths if p.parent == path.parent and p != path]
        others = {n for p in beside for n in figure_questions(nbformat.read(p, as_version=4))}
        runs.append(NotebookRun.read(path, leave=frozenset(others)))
    return runs


def write_gallery(folder: Path | str) -> Path:
    """Write ``index.html`` into a folder of results, and a page beside each executed notebook.

    Args:
        folder: with executed notebooks in it, or in the folders directly in it.

    Returns:
        Path of the index.

    Raises:
        DataError: there is no executed notebook.
    """
    root = Path(folder).resolve()
    runs = find_runs(root)
    for run in runs:
        with atomic_path(run.path.with_suffix(".html")) as page:
            page.write_text(notebook_page(run, root), encoding="utf-8")
    index = root / "index.html"
    with atomic_path(index) as page:
        page.write_text(index_page(runs, root), encoding="utf-8")
    return index


# --- pages ---------------------------------------------------------------------------------------


def index_page(runs: list[NotebookRun], root: Path) -> str:
    """The page with all figures."""
    count = sum(len(run.figures) for run in runs)
    menu = "".join(
        f'<li><a href="#{escape(run.path.stem)}">{escape(run.path.stem.replace("_", " "))}</a>: '
        f"{escape(run.title)}</li>"
        for run in runs
    )
    body = (
        f"<header><h1>Figures of renaissance_kit</h1><p>{count} figures from {len(runs)} "
        "notebooks. Click a figure to see it alone, as vector graphics.</p>"
        f'<nav aria-label="Notebooks"><ol>{menu}</ol></nav></header>'
        f"<main>{''.join(_section(run, root) for run in runs)}</main>"
    )
    return _page("Figures of renaissance_kit", body)


def notebook_page(run: NotebookRun, root: Path) -> str:
    """An executed notebook as one page, with its images in it."""
    notebook = nbformat.read(run.path, as_version=4)
    texts = {figure.path.stem: figure.alternative for figure in run.figures}
    for cell in notebook.cells:
        saved = re.findall(_SAVE, cell.source)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                alternative = texts.get(saved[-1] if saved else "", "Figure")
                metadata = output.metadata.setdefault("image/png", nbformat.NotebookNode())
                metadata["alt"] = alternative
    exporter = HTMLExporter(
        template_name="basic",
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    content, _ = exporter.from_notebook_node(notebook)
    colours = HtmlFormatter(style="default").get_style_defs(".highlight")
    up = _link(root / "index.html", run.path.parent)
    body = f'<nav><a href="{up}">All figures</a></nav><main class="notebook">{content}</main>'
    return _page(run.title, body, style=colours)


def _section(run: NotebookRun, root: Path) -> str:
    page = _link(run.path.with_suffix(".html"), root)
    links = [
        f'<a href="{page}">The notebook as it ran</a>',
        f'<a href="{_link(run.path, root)}">{escape(run.path.name)}</a> (for JupyterLab)',
    ]
    keys = ("model", "steady_state", "scale", "seed")
    settings = "; ".join(f"{k.replace('_', ' ')} {run.about[k]}" for k in keys if k in run.about)
    parts = [
        f'<section id="{escape(run.path.stem)}"><h2>{escape(run.title)}</h2>',
        f"<p>{_inline(run.introduction)}</p>" if run.introduction else "",
        f'<p class="links">{" · ".join(links)}</p>',
        f'<p class="links">{escape(settings)}</p>' if settings else "",
        *(_figure(figure, run.questions.get(figure.path.stem, ""), root) for figure in run.figures),
    ]
    claims = run.path.parent / "claims.csv"
    if claims.is_file():
        parts.append("<h3>Beside the paper</h3>" + _table(claims))
    files = [p for p in run.files if p.name != "summary.json"]
    if files:
        items = "".join(
            f'<li><a href="{_link(p, root)}">{escape(p.name)}</a> {_about(p)}</li>' for p in files
        )
        parts.append(f"<h3>Tables and data</h3><ul>{items}</ul>")
    return "".join(parts) + "</section>"


def _figure(figure: FigureFile, question: str, root: Path) -> str:
    png = _link(figure.path, root)
    svg_file = figure.path.with_suffix(".svg")
    svg = _link(svg_file, root) if svg_file.is_file() else ""
    width = f' width="{round(1.3 * figure.width)}"' if figure.width else ""
    image = f'<img src="{png}" alt="{escape(figure.alternative, quote=True)}"{width}>'
    files = f'<a href="{svg}">SVG</a> · ' * bool(svg) + f'<a href="{png}">PNG</a>'
    asked = f"<h3>{escape(question or figure.headline)}</h3>"
    caption = f"<b>{escape(figure.headline.rstrip('.'))}.</b> {escape(figure.caption)}"
    return (
        f'{asked}<figure id="{escape(figure.path.stem)}"><a href="{svg or png}">{image}</a>'
        f"<figcaption>{caption} <span>{files}</span></figcaption></figure>"
    )


def _table(path: Path) -> str:
    table = pd.read_csv(path, dtype=str).fillna("").replace({"True": "yes", "False": "no"})
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in table.itertuples(index=False)
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _about(path: Path) -> str:
    """Rows of a table, size of anything else."""
    if path.suffix == ".csv":
        table = pd.read_csv(path, dtype=str)
        return f"({len(table):,} rows, {len(table.columns)} columns)"
    size = path.stat().st_size
    return f"({size / 1e6:.1f} MB)" if size >= 1e5 else f"({size / 1e3:.1f} kB)"


def _labels(root: ElementTree.Element) -> list[str]:
    return [element.get("aria-label", "") for element in root.iter()]


def _inline(text: str) -> str:
    """The few marks of Markdown that our introductions use."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    html = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html)
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", html)


def _link(path: Path, start: Path) -> str:
    return quote(Path(os.path.relpath(path.resolve(), start.resolve())).as_posix())


def _page(title: str, body: str, *, style: str = "") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


_STYLE = """
:root { color-scheme: light; }
body { font: 1.125rem/1.55 "Liberation Sans", Arial, Helvetica, sans-serif; color: #222222;
  background: #ffffff; margin: 0 auto; padding: 1.5rem; max-width: 76rem; }
h1, h2, h3 { line-height: 1.25; }
h1 { font-size: 2.2rem; } h2 { font-size: 1.8rem; } h3 { font-size: 1.35rem; }
section { border-top: 3px solid #0072B2; margin-top: 3.5rem; }
p, li, figcaption { max-width: 48rem; }
a { color: #00507D; } a:focus-visible, [tabindex]:focus-visible { outline: 3px solid #D55E00; }
.links, figcaption span { color: #444444; font-size: 1rem; }
figure { margin: 1rem 0 3rem; } figure img { max-width: 100%; height: auto; }
figcaption { margin-top: .4rem; } figcaption span { white-space: nowrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 1rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid #c8c8c8; }
code, pre { font-family: "Liberation Mono", Menlo, Consolas, monospace; font-size: 1rem; }
.notebook img { max-width: 100%; height: auto; }
.notebook pre, .output_area { overflow-x: auto; }
.input_area { background: #f6f6f6; padding: .2rem .8rem; }
.text_cell p, .text_cell li { max-width: 48rem; }
details { border-left: 4px solid #0072B2; padding-left: 1rem; }
summary { cursor: pointer; }
@media print { body { max-width: none; } figure { break-inside: avoid; } }
"""
