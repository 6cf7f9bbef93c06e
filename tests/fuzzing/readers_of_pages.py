"""Subjects: what the page of all figures is made of. It goes on without a file that is damaged."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import nbformat

from renaissance_kit.cli import write_gallery

from .mutations import Mutant, Mutation, Rng, of_bytes, of_tables, pick
from .mutations_of_archives import of_json
from .oracle import Expect, Meaning, SaidSo, SilentlyWrong, Verdict
from .readers import Subject
from .tables import Wrong, grid

NAME = "01_first"
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
_SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">
<title>Share of valid models</title><desc>Twenty models; seed 1.</desc>
<g aria-label="X-axis titled 'Time (min)'"><rect width="10" height="10"/></g></svg>
"""
_CLAIMS = b"""claim,quantity,paper,here,spread,comparable
C1,steady states,"5,000","5,000",exact,True
C2,KM,384,384,exact,True
C9,models back within 24 min,92.5%,90.1%,"<5 %, 20 runs",False
C9,none,,not given,NA,False
"""
_TABLE = b"reaction,flux_mmol_gDW_h\nPGI,1.5\nPFK,0.5\n"
_SUMMARY = {"model": "tiny", "steady_state": "12", "scale": "smoke", "seed": 7, "time": {"s": 1.5}}
_SCRIPTS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><script>alert(1)</script>',
    "<iframe src='javascript:alert(1)'></iframe>", "<a href='javascript:alert(1)'>x</a>",
    "<svg onload=alert(1)></svg>", "</title><script>alert(1)</script>",
)  # fmt: skip
_SVG_SCRIPTS = (
    b"<script>alert(1)</script>", b'<g onload="alert(1)"/>', b'<a href="javascript:alert(1)">x</a>',
    b"<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>1</script></body>"
    b"</foreignObject>",
)  # fmt: skip


def _notebook() -> bytes:
    image = nbformat.v4.new_output(
        "display_data", data={"image/png": base64.b64encode(_PNG).decode(), "text/plain": "figure"}
    )
    page = nbformat.v4.new_output("execute_result", data={"text/html": "<table><td>1</td></table>"})
    cells = [
        nbformat.v4.new_markdown_cell("# A question?\n\nWhat it is *about*: `km`."),
        nbformat.v4.new_markdown_cell("**Does it work?** It should."),
        nbformat.v4.new_code_cell('save(figure, output / "shares")', outputs=[image]),
        nbformat.v4.new_code_cell("table", outputs=[page]),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()


class Page(HTMLParser):
    """What a page shows and what it could run."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.text = ""
        self.active: list[str] = []
        self.links: list[str] = []
        self._cell = False
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        if tag in ("script", "iframe", "object", "embed", "base", "form", "foreignobject"):
            self.active.append(tag)
        for name, value in attrs:
            link = (value or "").strip().lower()
            if name.startswith("on") or link.startswith(("javascript:", "vbscript:", "data:text")):
                self.active.append(f"{tag} {name}={value}")
            if name in ("href", "src", "data") and value:
                self.links.append(value)
        if tag == "tr":
            self.rows.append([])
        self._cell = tag in ("td", "th")
        if self._cell and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._style = False
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.text += data
        if self._cell and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def _read(folder: Path, target: str) -> Meaning:
    """The page as a reader sees it; `SilentlyWrong` where it could run what a file brought."""
    gallery = write_gallery(folder)
    index = Page(gallery.page.read_text("utf-8"))
    pages = [index, *(Page(p.read_text("utf-8")) for p in folder.glob("*/*.html"))]
    for page in pages:
        if page.active:
            raise SilentlyWrong(f"the page would run {page.active[0][:80]}")
    linked = {Path(link).suffix for link in index.links}
    for path in folder.glob("*/*.svg"):
        if ".svg" in linked and re.search(
            rb"<script|<foreignobject|\son\w+\s*=|javascript:", path.read_bytes(), re.IGNORECASE
        ):
            raise SilentlyWrong(f"the page links to {path.name}, which holds a script")
    name = Path(target).name
    for problem in gallery.problems:
        if name in problem:
            if problem.split(":")[0] not in index.text:
                raise SilentlyWrong(f"a problem that the page does not show: {problem}")
            raise SaidSo(f"{problem}; run the notebook again")
    cells = Counter(tuple(" ".join(c.split()) for c in row) for row in index.rows)
    if name == "claims.csv":
        return Meaning(list(cells.elements()))
    return Meaning(None, {"text": " ".join(index.text.split())})


# --- judges ----------------------------------------------------------------------------------


def _judge_claims(changed: bytes) -> Verdict:
    """Every cell must be on the page as it stands in the file."""

    def shown(content: bytes) -> Counter[tuple[str, ...]]:
        rows = [[" ".join(cell.split()) for cell in row] for row in grid(content)]
        if not rows or any(len(row) != len(rows[0]) for row in rows):
            raise Wrong("rows of different lengths")
        words = {"True": "yes", "False": "no"}
        return Counter(tuple(words.get(cell, cell) for cell in row) for row in rows)

    try:
        now = shown(changed)
    except Wrong as wrong:
        return Verdict(Expect.FAIL, str(wrong))
    was = shown(_CLAIMS)
    added, gone = (now - was).total(), (was - now).total()
    if not added and not gone:
        return Verdict(Expect.EQUAL, "the same rows")
    return Verdict(Expect.DIFFER, "other rows", added, gone)


def _judge_json(changed: bytes) -> Expect:
    try:
        whole = isinstance(json.loads(changed.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        return Expect.FAIL
    return Expect.DIFFER if whole else Expect.FAIL


def _judge_notebook(changed: bytes) -> Expect:
    try:
        content = json.loads(changed.decode("utf-8"))
    except (ValueError, RecursionError):
        return Expect.FAIL
    return Expect.DIFFER if isinstance(content, dict) else Expect.FAIL


def _judge_svg(changed: bytes) -> Verdict:
    try:
        ElementTree.fromstring(changed.decode("utf-8"))
    except (ElementTree.ParseError, ValueError):
        return Verdict(Expect.FAIL, "no XML")
    return Verdict(Expect.DIFFER, "another drawing")


def _judge_table(changed: bytes) -> Verdict:
    """The page says how many rows and columns it has, no more."""
    try:
        rows = grid(changed)
    except Wrong as wrong:
        return Verdict(Expect.FAIL, str(wrong))
    if not rows:
        return Verdict(Expect.FAIL, "an empty file")
    return Verdict(Expect.DIFFER, "another table")


# --- scripts ---------------------------------------------------------------------------------


def _script_in_svg(content: bytes, rng: Rng) -> Mutant:
    script = _SVG_SCRIPTS[pick(rng, len(_SVG_SCRIPTS))]
    return Mutant(content.replace(b"</svg>", script + b"</svg>"), Expect.DIFFER)


def _script_in_table(content: bytes, rng: Rng) -> Mutant:
    words = (b"steady states", b"PGI", b"exact")
    script = _SCRIPTS[pick(rng, len(_SCRIPTS))].replace('"', '""').encode()
    word = next(w for w in words[pick(rng, 2) :] + words if w in content)
    return Mutant(content.replace(word, b'"' + script + b'"', 1))


def _script_in_summary(content: bytes, rng: Rng) -> Mutant:
    about = json.loads(content)
    about[("model", "scale", "seed")[pick(rng, 3)]] = _SCRIPTS[pick(rng, len(_SCRIPTS))]
    return Mutant(json.dumps(about).encode(), Expect.DIFFER)


def _script_in_notebook(content: bytes, rng: Rng) -> Mutant:
    notebook = json.loads(content)
    script = _SCRIPTS[pick(rng, len(_SCRIPTS))]
    kind = ("text/html", "text/markdown", "image/svg+xml", "application/javascript")[pick(rng, 4)]
    where = pick(rng, 4)
    if where == 0:
        notebook["cells"][3]["outputs"][0]["data"] = {kind: script}
    elif where == 1:
        notebook["cells"][pick(rng, 2)]["source"] = [f"# {script}\n", script]
    elif where == 2:
        stream = {"output_type": "stream", "name": "stdout", "text": [script]}
        notebook["cells"][3]["outputs"] = [stream]
    else:
        notebook["cells"][2]["outputs"][0]["data"]["image/png"] = script
    return Mutant(json.dumps(notebook).encode(), Expect.DIFFER)


def subjects() -> Mapping[str, Callable[[], Subject]]:
    """What makes each subject, by its name."""
    return {f"pages/{name}": lambda n=name: _page(n) for name in _MUTATIONS}


_MUTATIONS: dict[
    str, tuple[Callable[[], dict[str, Mutation]], Callable[[bytes], Verdict] | None]
] = {
    "claims.csv": (lambda: of_tables() | {"a script": _script_in_table}, _judge_claims),
    "states.csv": (lambda: of_tables() | {"a script": _script_in_table}, _judge_table),
    "summary.json": (lambda: of_json(_judge_json) | {"a script": _script_in_summary}, None),
    f"{NAME}.ipynb": (lambda: of_json(_judge_notebook) | {"a script": _script_in_notebook}, None),
    "shares.svg": (lambda: of_bytes() | {"a script": _script_in_svg}, _judge_svg),
}


def _page(target: str) -> Subject:
    mutations, judge = _MUTATIONS[target]
    files = {
        f"{NAME}.ipynb": _notebook(), "shares.png": _PNG, "shares.svg": _SVG, "states.csv": _TABLE,
        "claims.csv": _CLAIMS, "summary.json": json.dumps(_SUMMARY).encode(),
    }  # fmt: skip
    files = {f"{NAME}/{name}": content for name, content in files.items()}
    place = f"{NAME}/{target}"
    return Subject(
        f"pages/{target}", files, place, lambda folder: _read(folder, place), mutations(),
        (target,), judge,
    )  # fmt: skip
