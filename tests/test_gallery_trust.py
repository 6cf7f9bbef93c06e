"""A gallery of someone else's results: nothing in it acts, and a damaged file stops nothing."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from pages import Page

from renaissance_kit.cli import clean_html, main, read_svg, write_gallery
from renaissance_kit.core import DataError

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><title>Fine</title>{}</svg>'
HOSTILE = [
    "<script>steal()</script>",
    "<ScRiPt src=https://example.org/a.js></sCrIpT>",
    '<img src=x onerror="steal()">',
    "<svg onload=steal()><script>steal()</script></svg>",
    '<svg><a xlink:href="javascript:steal()"><text>x</text></a></svg>',
    '<a href="javascript:steal()">x</a>',
    '<a href=" java&#10;script:steal()">x</a>',
    '<a href="data:text/html,<script>steal()</script>">x</a>',
    '<iframe src="https://example.org"></iframe>',
    '<iframe srcdoc="<script>steal()</script>"></iframe>',
    '<object data="a.html"></object><embed src="a.html">',
    '<form action="https://example.org"><input name=a><button formaction="javascript:steal()">',
    '<base href="https://example.org/"><link rel=stylesheet href="https://example.org/a.css">',
    '<meta http-equiv="refresh" content="0; url=https://example.org">',
    "<math><mtext><mglyph><style><img src=x onerror=steal()></style></mglyph></mtext></math>",
    '<noscript><p title="</noscript><img src=x onerror=steal()>"></noscript>',
    '<p style="background: url(https://example.org/a.png); position: fixed">x</p>',
    '<img src="https://example.org/seen.png"><img src="//example.org/seen.png">',
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<div onclick="steal()" onmouseover=steal()>x</div>',
]
ACTIVE = [
    "<script>steal()</script>",
    '<g onclick="steal()"/>',
    '<a href="javascript:steal()"><text>x</text></a>',
    '<a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="javascript:steal()"/>',
    '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
    '<use href="https://example.org/a.svg#b"/>',
    '<image href="https://example.org/a.png"/>',
    '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
    "<style>@import url(https://example.org/a.css);</style>",
    '<rect style="fill: url(https://example.org/a.svg#b)"/>',
    '<rect style="fill: u\\72l(https://example.org)"/>',
    '<rect><set attributeName="href" to="javascript:steal()"/></rect>',
    '<rect><animate attributeName="href" values="javascript:steal()"/></rect>',
    '<h:script xmlns:h="http://www.w3.org/1999/xhtml">steal()</h:script>',
]


def requires_nothing_active(page: Path) -> None:
    """The page has no element, attribute or address that acts or loads from elsewhere."""
    read = Page(page)
    assert not read.all(
        "script", "iframe", "object", "embed", "form", "input", "button", "base", "link", "svg",
        "math", "frame", "frameset", "applet", "portal", "noscript",
    )  # fmt: skip
    policies = [a for a in read.all("meta") if "http-equiv" in a]
    assert [a["http-equiv"] for a in policies] == ["Content-Security-Policy"]
    assert "script-src 'none'" in policies[0]["content"]
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert not re.search(r"url|position", attributes.get("style", "")), tag
        for name in ("href", "src", "action", "formaction", "srcdoc", "data", "xlink:href"):
            address = attributes.get(name, "")
            if tag == "a" and address.startswith("https://"):
                continue
            assert not re.match(r"\s*(https?:|//)", address), (tag, address)
            assert re.match(r"data:image/png;base64,|[^:]*$", address), (tag, address)


def saved_run(folder: Path, outputs: list[nbformat.NotebookNode], *texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fine.png").write_bytes(PNG)
    (folder / "fine.svg").write_text(SVG.format('<path d="M0,0L1,1"/>'))
    picture = nbformat.v4.new_output(
        "display_data", data={"image/png": base64.b64encode(PNG).decode(), "text/plain": "chart"}
    )
    cells = [
        nbformat.v4.new_markdown_cell("# A run"),
        nbformat.v4.new_code_cell('save(figure, output / "fine")', outputs=[picture, *outputs]),
        *(nbformat.v4.new_markdown_cell(text) for text in texts),
        *(nbformat.v4.new_raw_cell(text, metadata={"format": "text/html"}) for text in texts),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    path = folder / f"{folder.name}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize("html", HOSTILE)
def test_outputs_texts_and_tables_do_not_act(html: str, tmp_path: Path) -> None:
    outputs = [
        nbformat.v4.new_output("display_data", data={"text/html": html}),
        nbformat.v4.new_output("display_data", data={"text/markdown": html}),
        nbformat.v4.new_output("display_data", data={"image/svg+xml": html}),
        nbformat.v4.new_output("display_data", data={"text/latex": html}),
        nbformat.v4.new_output("display_data", data={"application/javascript": "steal()"}),
        nbformat.v4.new_output(
            "display_data",
            data={"application/vnd.jupyter.widget-view+json": {"model_id": html}, "text/plain": ""},
        ),
        nbformat.v4.new_output("stream", text=html),
        nbformat.v4.new_output("error", ename=html, evalue=html, traceback=[html]),
    ]
    folder = tmp_path / "01_run"
    path = saved_run(folder, outputs, html, f"```\n{html}\n```")
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = f"# {html}\n\n{html}"
    notebook["metadata"] = {"title": html, "kernelspec": {"name": html, "display_name": html}}
    path.write_text(json.dumps(notebook))
    (folder / "claims.csv").write_text(f'claim,here\nC1,"{html.replace(chr(34), chr(34) * 2)}"\n')
    (folder / "summary.json").write_text(json.dumps({"scale": html}))
    gallery = write_gallery(tmp_path)
    assert not gallery.problems
    for page in (gallery.page, path.with_suffix(".html")):
        requires_nothing_active(page)
    shown = [a.get("src") for a in Page(path.with_suffix(".html")).all("img") if "alt" in a]
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in shown


def test_what_a_notebook_needs_stays(tmp_path: Path) -> None:
    table = (
        '<table border="1" class="dataframe"><thead><tr style="text-align: right;">'
        '<th scope="col">λ</th></tr></thead><tbody><tr><td colspan="2">&lt;1</td></tr></table>'
    )
    links = "[here](https://example.org/a) [beside](states.nc) [mail](mailto:a@example.org)"
    output = nbformat.v4.new_output(
        "display_data", data={"text/html": f"<style>p {{}}</style>{table}"}
    )
    path = saved_run(tmp_path / "01_run", [output], f"**bold** `code` $x^2$ {links}")
    write_gallery(tmp_path)
    page = Page(path.with_suffix(".html"))
    assert [a["class"] for a in page.all("table")] == ["dataframe"]
    assert page.all("th", "td") == [{"scope": "col"}, {"colspan": "2"}]
    assert {"https://example.org/a", "states.nc", "mailto:a@example.org"} <= {
        a.get("href") for a in page.all("a")
    }
    assert "p {}" not in page.text, "a style sheet is no text"
    assert "$x^2$" in page.text
    assert page.all("strong", "code")
    assert [a for a in page.all("span") if a.get("class") == "n"], "code is coloured"


def test_clean_html_leaves_text() -> None:
    assert clean_html("a &lt;b&gt; <b>c</b>") == "a &lt;b&gt; <b>c</b>"


@pytest.mark.parametrize("inside", ACTIVE)
def test_a_drawing_that_acts_is_not_linked(inside: str, tmp_path: Path) -> None:
    folder = tmp_path / "01_run"
    saved_run(folder, [])
    (folder / "fine.svg").write_text(SVG.format(inside))
    with pytest.raises(DataError):
        read_svg(SVG.format(inside))
    gallery = write_gallery(tmp_path)
    (problem,) = gallery.problems
    assert problem.startswith("01_run/fine.svg: ")
    page = Page(gallery.page)
    assert "fine.svg" not in " ".join(a.get("href", "") for a in page.all("a"))
    assert [a["src"] for a in page.figures()] == ["01_run/fine.png"]
    requires_nothing_active(gallery.page)


@pytest.mark.parametrize(
    "text",
    [
        '<?xml-stylesheet href="a.css"?>' + SVG.format(""),
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;"),
        "<html><svg/></html>",
        "<svg/>",
        "",
    ],
)
def test_what_is_no_plain_drawing(text: str) -> None:
    with pytest.raises(DataError):
        read_svg(text)


def test_our_own_drawings_pass() -> None:
    clip = '<defs><clipPath id="c0"><rect/></clipPath></defs><g clip-path="url(#c0)"/>'
    assert read_svg('<?xml version="1.0"?>' + SVG.format(clip)).get("width") == "40"


BROKEN: dict[str, tuple[str, bytes]] = {
    "drawing cut short": ("fine.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><g>'),
    "drawing not text": ("fine.svg", b"\xff\xfe\x00\x81"),
    "drawing empty": ("fine.svg", b""),
    "settings cut short": ("summary.json", b'{"scale": "smo'),
    "settings not text": ("summary.json", b"\xff\xfe\x81"),
    "settings a list": ("summary.json", b"[1, 2]"),
    "settings a number": ("summary.json", b"7"),
    "settings too deep": ("summary.json", b"[" * 100_000),
    "other data": ("other.json", b"{"),
    "claims ragged": ("claims.csv", b"claim,here\nC1,1,2,3\n"),
    "claims empty": ("claims.csv", b""),
    "claims not text": ("claims.csv", b"claim\n\xff\xfe\x81\n"),
    "claims with an open quote": ("claims.csv", b'claim,here\n"C1,2\n'),
    "table ragged": ("returns.csv", b"a,b\n1,2,3\n4,5,6,7\n"),
    "table empty": ("returns.csv", b""),
    "notebook cut short": ("02_other.ipynb", b'{"cells": ['),
    "notebook of nothing": ("02_other.ipynb", b"{}"),
    "notebook a list": ("02_other.ipynb", b"[]"),
    "notebook empty": ("02_other.ipynb", b""),
    "cell without source": (
        "02_other.ipynb",
        b'{"cells": [{"cell_type": "markdown"}], "metadata": {}, "nbformat": 4,'
        b'"nbformat_minor": 5}',
    ),
    "cells no list": (
        "02_other.ipynb",
        b'{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_file_is_named_and_stops_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, content = BROKEN[name]
    folder = tmp_path / "01_run"
    saved_run(folder, [])
    (folder / "claims.csv").write_text("claim,here\nC1,2\n")
    (folder / "summary.json").write_text('{"scale": "smoke"}')
    shutil.copytree(folder, tmp_path / "03_whole")
    (folder / file).write_bytes(content)
    assert main(["gallery", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(tmp_path / "index.html")
    assert said.err.startswith(f"warning: not shown: 01_run/{file}: ")
    assert said.err.count("\n") == 1, "one line for one file"
    page = Page(tmp_path / "index.html")
    assert f"01_run/{file}: " in page.text
    assert [a["src"] for a in page.figures()] == ["01_run/fine.png", "03_whole/fine.png"]
    assert not page.broken_links()


def test_a_notebook_that_cannot_be_drawn_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved_run(tmp_path / "01_run", [])

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no <b>lexer</b>")

    monkeypatch.setattr("nbconvert.exporters.HTMLExporter.from_notebook_node", broken)
    gallery = write_gallery(tmp_path)
    assert gallery.problems == (
        "01_run/01_run.ipynb: cannot be made a page (RuntimeError: no <b>lexer</b>)",
    )
    assert not Page(gallery.page).broken_links()
    assert not Page(path.with_suffix(".html")).all("b")


def test_text_that_no_file_can_hold(tmp_path: Path) -> None:
    """Half of a surrogate pair, as a JSON file may have it."""
    path = saved_run(tmp_path / "01_run", [])
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = "# half \ud800"
    path.write_text(json.dumps(notebook))
    assert "half" in Page(write_gallery(tmp_path).page).text


def test_only_broken_notebooks_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "01_run.ipynb").write_text("{")
    with pytest.raises(DataError, match=r"no executed notebook that can be read \(.*01_run\.ipynb"):
        write_gallery(tmp_path)
