"""What the notebooks left in a folder: executed notebooks, figures, tables and data.

A file that cannot be read is named among the problems of its run, and everything else is shown.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import nbformat

from renaissance_kit.cli.safe import read_svg
from renaissance_kit.core.errors import DataError

_DATA = (".nc", ".json", ".npz", ".csv")
SAVED = r"save\(\s*\w+,\s*\w+ / f?[\"']([^\"']+)[\"']"
"""Where a cell saves a figure; the group is the figure's name, with what is filled in in braces."""
_TITLES = r"^#+ +(.+)$"

Content = TypeVar("Content")
Table = tuple[list[str], list[list[str]]]
"""Names of the columns, and the rows."""


@dataclass(frozen=True)
class FigureFile:
    """One figure as it was saved.

    Args:
        path: of the PNG.
        headline, caption: as the figure itself says.
        alternative: text for readers who do not see it: headline and axes.
        width, height: of the SVG in points; 0 if that is unknown.
        svg: the drawing beside the PNG; None where there is none that only draws.
    """

    path: Path
    headline: str
    caption: str
    alternative: str
    width: int
    height: int
    svg: Path | None

    @classmethod
    def read(cls, svg: Path) -> FigureFile:
        """The figure of an SVG, with what that says of itself; the PNG stands beside it.

        Raises:
            DataError: the SVG cannot be read, or something in it acts or loads.
        """
        path = svg.with_suffix(".png")
        root = read_svg(svg.read_text(encoding="utf-8"))
        space = "{http://www.w3.org/2000/svg}"
        headline = root.findtext(f"{space}title") or cls.alone(path).headline
        caption = root.findtext(f"{space}desc") or ""
        labels = " ".join(element.get("aria-label", "") for element in root.iter())
        found = re.findall(r"([XY])-axis titled '([^']*)'", labels)
        axes = list(dict.fromkeys(f"{axis.lower()}: {title}" for axis, title in found))
        shown = f" Axes: {'; '.join(axes)}." if axes else ""
        alternative = f"{headline.rstrip('.')}.{shown}"
        width, height = (_points(root.get(side, "")) for side in ("width", "height"))
        return cls(path, headline, caption, alternative, width, height, svg)

    @classmethod
    def alone(cls, path: Path) -> FigureFile:
        """A figure of which only the PNG is known."""
        name = path.stem.replace("_", " ")
        return cls(path, name, "", f"Figure: {name}", 0, 0, None)


@dataclass(frozen=True)
class DataFile:
    """A table or another result, with its size in words."""

    path: Path
    size: str


@dataclass(frozen=True)
class NotebookRun:
    """One executed notebook and what it wrote.

    Args:
        path: of the executed notebook.
        notebook: its content.
        title, introduction: its first heading and the paragraph after it.
        figures: in the order in which the notebook saves them.
        questions: of the figures that have one, by name of the file.
        findings: what the figures show, as the notebook says below them, by name of the file.
        files: other results, tables first.
        claims: the paper's numbers beside those of this run, if it has any.
        about: settings and results from ``summary.json``, among them the notebook's answer.
        problems: files that cannot be shown, each with the reason.
    """

    path: Path
    notebook: nbformat.NotebookNode
    title: str
    introduction: str
    figures: tuple[FigureFile, ...]
    questions: dict[str, str]
    findings: dict[str, str]
    files: tuple[DataFile, ...]
    claims: Table | None
    about: dict[str, object]
    problems: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        path: Path,
        notebook: nbformat.NotebookNode,
        *,
        leave: frozenset[str] = frozenset(),
    ) -> NotebookRun:
        """Read what lies beside an executed notebook.

        Args:
            leave: names of figures that belong to other notebooks in the same folder.
        """
        problems: list[str] = []

        def read_or_name(read: Callable[[Path], Content], file: Path, instead: Content) -> Content:
            try:
                return read(file)
            except (OSError, ValueError, RecursionError) as error:
                problems.append(_problem(file, error))
                return instead

        first = notebook.cells[0].source if notebook.cells else ""
        heading, _, rest = first.partition("\n")
        present = {p.stem: p for p in sorted(path.parent.glob("*.png"))}
        questions = _by_file(figure_questions(notebook), present)
        findings = _by_file(figure_findings(notebook), present)
        others = _by_file(dict.fromkeys(leave, ""), present)
        order = [*questions, *(n for n in present if n not in questions and n not in others)]
        files = [p for p in path.parent.iterdir() if p.suffix in _DATA and p.is_file()]
        files.sort(key=lambda p: (p.suffix != ".csv", p.name))
        claims, summary = path.parent / "claims.csv", path.parent / "summary.json"
        return cls(
            path,
            notebook,
            heading.lstrip("# ").strip() or path.stem,
            " ".join(rest.strip().split("\n\n")[0].split()),
            tuple(
                read_or_name(FigureFile.read, svg, FigureFile.alone(present[name]))
                if (svg := present[name].with_suffix(".svg")).is_file()
                else FigureFile.alone(present[name])
                for name in order
            ),
            {name: questions[name] for name in order if questions.get(name)},
            findings,
            tuple(
                DataFile(p, read_or_name(_size, p, "(cannot be read)"))
                for p in files
                if p != summary
            ),
            read_or_name(_table, claims, None) if claims in files else None,
            read_or_name(_settings, summary, {}) if summary in files else {},
            tuple(dict.fromkeys(problems)),
        )


@dataclass(frozen=True)
class Results:
    """The runs in a folder, and the files that cannot be shown, each with the reason."""

    runs: tuple[NotebookRun, ...]
    problems: tuple[str, ...]


def find_results(folder: Path | str) -> Results:
    """Executed notebooks in a folder and in the folders directly in it, by name.

    Raises:
        DataError: there are none, or none can be read.
    """
    root = Path(folder)
    found = [*root.glob("*.ipynb"), *root.glob("*/*.ipynb")]
    paths = [p for p in found if not p.name.startswith(".") and ".failed" not in p.name]
    notebooks, problems = {}, []
    for path in sorted(paths, key=lambda p: (p.stem, p)):
        try:
            notebooks[path] = read_notebook(path)
        except DataError as error:
            problems.append(_problem(path, error))
    if not notebooks:
        broken = f" that can be read ({'; '.join(problems)})" if problems else ""
        raise DataError(f"no executed notebook{broken} in {root}; run `make figures` first")
    runs = []
    for path, notebook in notebooks.items():
        beside = (other for p, other in notebooks.items() if p.parent == path.parent and p != path)
        others = frozenset(name for other in beside for name in figure_questions(other))
        runs.append(NotebookRun.read(path, notebook, leave=others))
    return Results(tuple(runs), (*problems, *(p for run in runs for p in run.problems)))


def read_notebook(path: Path | str) -> nbformat.NotebookNode:
    """Read a notebook whole.

    Raises:
        DataError: it is damaged. (nbformat alone raises many kinds of errors, or only warns.)
    """
    try:
        wrong: dict[str, Exception] = {}
        text = Path(path).read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4, capture_validation_error=wrong)
        for error in wrong.values():
            raise error
    except Exception as error:
        line = next(iter(str(error).splitlines()), "")
        raise DataError(f"not a notebook ({line or type(error).__name__})") from error
    return notebook


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
            headings = re.findall(_TITLES, cell.source, re.MULTILINE)
            last = next(iter(bold), "") or (headings[-1] if headings else last)
        else:
            for name in re.findall(SAVED, cell.source):
                questions[name] = "" if last in questions.values() else last
    return questions


def figure_findings(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Names of the figures that a notebook saves, with what it says of each.

    That is the first text of a cell's output at or below the figure, before the next figure or
    heading.
    """
    findings: dict[str, str] = {}
    waiting: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if re.search(_TITLES, cell.source, re.MULTILINE):
                waiting = []
            continue
        waiting = re.findall(SAVED, cell.source) or waiting
        said = [
            text
            for output in cell.get("outputs", [])
            if (text := output.get("data", {}).get("text/markdown"))
        ]
        if said and waiting:
            findings |= dict.fromkeys(waiting, " ".join("".join(said[0]).split()))
            waiting = []
    return findings


def _by_file(of_names: Mapping[str, str], present: Iterable[str]) -> dict[str, str]:
    """The same by files that are there: names with something filled in stand for several."""
    found: dict[str, str] = {}
    for name, text in of_names.items():
        parts = [re.escape(part) for part in re.split(r"\{[^}]*\}", name)]
        for file in present:
            if file not in found and re.fullmatch(".+".join(parts), file):
                found[file] = "" if text in found.values() and text else text
    return found


def _settings(path: Path) -> dict[str, object]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise DataError("it holds no settings by name")
    return content


def _table(path: Path) -> Table:
    """A table whose lines all have the same number of cells."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = [row for row in csv.reader(file, strict=True) if row]
        except csv.Error as error:
            raise DataError(f"not a table ({error})") from error
    if not rows:
        raise DataError("it is empty")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise DataError(f"row {number} has {len(row)} cells for {len(rows[0])} columns")
        if any("\n" in cell or "\r" in cell for cell in row):
            raise DataError(f"row {number} has a cell that goes over a line break")
    return rows[0], rows[1:]


def _size(path: Path) -> str:
    """Rows of a table, size of anything else."""
    if path.suffix == ".csv":
        names, rows = _table(path)
        return f"({len(rows):,} rows, {len(names)} columns)"
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    size = path.stat().st_size
    return f"({size / 1e6:.1f} MB)" if size >= 1e5 else f"({size / 1e3:.1f} kB)"


def _points(width: str) -> int:
    try:
        points = float(width)
    except ValueError:
        return 0
    return int(points) if math.isfinite(points) and 0 < points < 1e5 else 0


def _problem(path: Path, error: Exception) -> str:
    """The file with its folder, and the reason in one line."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].strip()
    return f"{path.parent.name}/{path.name}: {reason[:200]}"
