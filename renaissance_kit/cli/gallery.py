"""A page with every figure of a run, readable without a server and without a network.

    renaissance-kit gallery build/figures

Reads what the notebooks left in a folder: executed notebooks, figures, tables. Writes
``index.html`` and each notebook as a page beside its file. All links are relative, so the folder
can be copied, zipped or put on a stick. Nothing in the pages acts: see `renaissance_kit.cli.safe`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import nbformat
from nbconvert.exporters import HTMLExporter
from pygments.formatters import HtmlFormatter

from renaissance_kit.cli.results import SAVED, FigureFile, NotebookRun, Table, find_results
from renaissance_kit.cli.safe import POLICY, clean_html
from renaissance_kit.core.files import atomic_path


@dataclass(frozen=True)
class Gallery:
    """The page that was written, and what it could not show, each file with the reason."""

    page: Path
    problems: tuple[str, ...]


def write_gallery(folder: Path | str) -> Gallery:
    """Write ``index.html`` into a folder of results, and a page beside each executed notebook.

    Args:
        folder: with executed notebooks in it, or in the folders directly in it.

    Returns:
        The index, and the files that cannot be shown; the index names them too.

    Raises:
        DataError: there is no executed notebook that can be read.
    """
    root = Path(folder).expanduser().resolve()
    results = find_results(root)
    problems = list(results.problems)
    for run in results.runs:
        try:
            content = notebook_page(run, root)
        except Exception as error:  # of nbconvert, by an output that it cannot draw
            reason = f"cannot be made a page ({type(error).__name__}: {error})"
            problems.append(f"{run.path.parent.name}/{run.path.name}: {reason}")
            content = _page(run.title, f"<main><p>This notebook {escape(reason)}.</p></main>")
        _write(run.path.with_suffix(".html"), content)
    index = root / "index.html"
    _write(index, index_page(results.runs, root, problems))
    return Gallery(index, tuple(problems))


def gallery_pages(folder: Path | str) -> list[Path]:
    """The pages that `write_gallery` would write and that are there already.

    Raises:
        DataError: there is no executed notebook that can be read.
    """
    root = Path(folder).expanduser().resolve()
    pages = [run.path.with_suffix(".html") for run in find_results(root).runs]
    return [path for path in (root / "index.html", *pages) if path.exists()]


def is_page_of_ours(path: Path) -> bool:
    """Whether a page was written here: all of ours have one policy at their beginning."""
    with path.open("rb") as file:
        return POLICY.encode() in file.read(1_000)


def _write(path: Path, page: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")


# --- pages ---------------------------------------------------------------------------------------


_WORDS = (
    '<p class="links"><b>Valid</b>: every small disturbance fades as fast as in the cell. '
    "Brackets: 95 % intervals. <b>Paper</b>: Choudhury et al. 2024 Nat Catal 7:1086.</p>"
)


def index_page(runs: Sequence[NotebookRun], root: Path, problems: Sequence[str] = ()) -> str:
    """The page with questions and answers, then all figures, and the files that cannot be shown."""
    count = sum(len(run.figures) for run in runs)
    cards = "".join(_card(run, root) for run in runs)
    smoke = [run.path.stem[:2] for run in runs if run.about.get("scale") == "smoke"]
    which = ", ".join(smoke) if len(smoke) < len(runs) else "all"
    warning = (
        f"<p><b>Scale smoke: {which}.</b> Such a run only tests that everything works; do not "
        "believe its numbers.</p>"
        if smoke
        else ""
    )
    body = (
        f"<header><h1>What renaissance_kit found</h1>{_WORDS}{warning}</header>"
        '<main><section class="answers" aria-label="Questions and answers">'
        f"<ol>{cards}</ol></section>{_not_shown(problems)}"
        f'<nav aria-label="Contents"><h2>All {count} figures from {len(runs)} notebooks</h2>'
        f"<ul>{''.join(_contents(run) for run in runs)}</ul><p>A click on a figure opens it in "
        "full size. The lines above a plot say how it was made, the text below it what it shows."
        f"</p></nav>{''.join(_section(run, root) for run in runs)}</main>"
    )
    return _page("What renaissance_kit found", body)


def _card(run: NotebookRun, root: Path) -> str:
    """Question, answer, what the paper says, and a picture, of one notebook."""
    shown = next(
        (f for f in run.figures if f.path.stem == run.about.get("answer_figure")),
        next(iter(run.figures), None),
    )
    picture = ""
    if shown:
        alternative = escape(shown.alternative, quote=True)
        source = _link(shown.path, root)
        picture = f'<img class="thumbnail" src="{source}" alt="{alternative}" loading="lazy">'
    answer, paper = (str(run.about.get(key, "")) for key in ("answer", "paper"))
    said = _inline(answer) or "This run gives no answer; run its notebook again."
    target = f"#{escape(run.path.stem)}"
    return (
        f'<li><a href="{target}">{picture}</a><div><h2><a href="{target}">'
        f"{escape(run.path.stem[:2])} {_inline(run.title)}</a></h2><p>{said}</p>"
        + (f'<p class="paper"><b>Paper:</b> {_inline(paper)}.</p>' if paper else "")
        + "</div></li>"
    )


def _contents(run: NotebookRun) -> str:
    figures = "".join(
        f'<li><a href="#{_id_of(run, figure)}">'
        f"{_inline(run.questions.get(figure.path.stem) or figure.headline)}</a></li>"
        for figure in run.figures
    )
    return (
        f'<li><a href="#{escape(run.path.stem)}">{_inline(run.title)}</a>'
        + (f"<ul>{figures}</ul>" if figures else "")
        + "</li>"
    )


def _id_of(run: NotebookRun, figure: FigureFile) -> str:
    return escape(f"{run.path.stem}-{figure.path.stem}")


def notebook_page(run: NotebookRun, root: Path) -> str:
    """An executed notebook as one page, with its images in it."""
    notebook = deepcopy(run.notebook)
    texts = {figure.path.stem: figure.alternative for figure in run.figures}
    for cell in notebook.cells:
        saved = re.findall(SAVED, cell.source)
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
    main = f'<main class="notebook">{clean_html(content)}</main>'
    return _page(run.title, f'<nav><a href="{up}">All figures</a></nav>{main}', style=colours)


def _section(run: NotebookRun, root: Path) -> str:
    page = _link(run.path.with_suffix(".html"), root)
    links = [
        f'<a href="{page}">The notebook as it ran</a>',
        f'<a href="{_link(run.path, root)}">{escape(run.path.name)}</a> (for JupyterLab)',
    ]
    keys = ("model", "steady_state", "scale", "seed")
    settings = "; ".join(f"{k.replace('_', ' ')} {run.about[k]}" for k in keys if k in run.about)
    parts = [
        f'<section id="{escape(run.path.stem)}"><h2>{_inline(run.title)}</h2>',
        f"<p><b>{_inline(answer)}</b></p>" if (answer := str(run.about.get("answer", ""))) else "",
        f"<p>{_inline(run.introduction)}</p>" if run.introduction else "",
        f'<p class="links">{" · ".join(links)}</p>',
        f'<p class="links">{escape(settings)}</p>' if settings else "",
        *(_figure(run, figure, root) for figure in run.figures),
    ]
    if run.claims is not None:
        parts.append("<h3>Beside the paper</h3>" + _table(run.claims))
    if run.files:
        items = "".join(
            f'<li><a href="{_link(f.path, root)}">{escape(f.path.name)}</a> {f.size}</li>'
            for f in run.files
        )
        parts.append(f"<h3>Tables and data</h3><ul>{items}</ul>")
    return "".join(parts) + "</section>"


def _figure(run: NotebookRun, figure: FigureFile, root: Path) -> str:
    name = figure.path.stem
    png = _link(figure.path, root)
    svg = _link(figure.svg, root) if figure.svg else ""
    size = "".join(  # known before the image is loaded, so that a link leads where it should
        f' {side}="{round(1.3 * points)}"'
        for side, points in (("width", figure.width), ("height", figure.height))
        if points
    )
    alternative = escape(figure.alternative, quote=True)
    image = f'<img src="{png}" alt="{alternative}"{size} loading="lazy">'
    files = f'<a href="{svg}">SVG</a> · ' * bool(svg) + f'<a href="{png}">PNG</a>'
    asked = f"<h3>{_inline(run.questions.get(name) or figure.headline)}</h3>"
    shows = _inline(run.findings.get(name, "")) or f"{escape(figure.headline.rstrip('.'))}."
    return (
        f'{asked}<figure id="{_id_of(run, figure)}"><a href="{png}">{image}</a>'
        f"<figcaption>{shows} <span>{files}</span></figcaption></figure>"
    )


def _not_shown(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
    return (
        f'<section id="not-shown" role="alert"><h2>Not shown</h2><p>{len(problems)} files cannot '
        f"be shown; run their notebooks again.</p><ul>{items}</ul></section>"
    )


def _table(table: Table) -> str:
    words = {"True": "yes", "False": "no"}
    names, cells = table
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(words.get(cell, cell))}</td>" for cell in row) + "</tr>"
        for row in cells
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _inline(text: str) -> str:
    """The few marks of Markdown that our introductions use."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    html = html.replace(" %", "\u00a0%")  # a number keeps its sign at the end of a line
    html = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html)
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", html)


def _link(path: Path, start: Path) -> str:
    return quote(Path(os.path.relpath(path.resolve(), start.resolve())).as_posix())


def _page(title: str, body: str, *, style: str = "") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


_STYLE = """
:root { color-scheme: light; }
body { font: 1.125rem/1.55 "Liberation Sans", Arial, Helvetica, sans-serif; color: #222222;
  background: #ffffff; margin: 0 auto; padding: .7rem 1.5rem; max-width: 84rem; }
h1, h2, h3 { line-height: 1.25; }
h1 { font-size: 2.2rem; } h2 { font-size: 1.8rem; } h3 { font-size: 1.35rem; }
section { border-top: 3px solid #0072B2; margin-top: 3.5rem; }
p, li, figcaption { max-width: 48rem; }
a { color: #00507D; } a:focus-visible, [tabindex]:focus-visible { outline: 3px solid #D55E00; }
.links, figcaption span { color: #444444; font-size: 1rem; }
.answers p { margin: 0; font-size: 1rem; line-height: 1.2; }
.answers ol { list-style: none; padding: 0; margin: .2rem 0; display: grid; gap: .3rem 1.6rem;
  grid-template-columns: repeat(auto-fit, minmax(29rem, 1fr)); }
.answers li { display: flex; gap: .8rem; max-width: none; }
.answers h2 { font-size: 1rem; margin: 0; line-height: 1.2; }
.answers img { width: 7.4rem; height: 5.2rem; object-fit: cover; object-position: 0 100%;
  border: 1px solid #c8c8c8; }
section.answers { border: 0; margin: 0; } .paper { color: #444444; }
header { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: baseline; }
header h1, header p { margin: 0; } header p { font-size: 1rem; max-width: none; }
header h1 { font-size: 1.5rem; line-height: 1.2; } nav ul { columns: 30rem; padding-left: 1.2rem; }
nav ul ul { columns: auto; } nav li { break-inside: avoid-column; font-size: 1rem; }
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
