"""The documentation builds without a warning, has every name, loads nothing from elsewhere."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from patience import PATIENCE_S

import renaissance_kit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import build_docs  # noqa: E402
import notebook_pages  # noqa: E402

from renaissance_kit.cli import batch  # noqa: E402


def sphinx(target: Path, *, builder: str) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own: Sphinx changes the state of docutils for good."""
    code = (
        "import sys; sys.path.insert(0, 'tools'); import build_docs; from pathlib import Path;"
        "sys.exit(build_docs.build(Path(sys.argv[1]), builder=sys.argv[2]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(target), builder],
        capture_output=True, text=True, timeout=PATIENCE_S, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "http_proxy": "http://localhost:1"},
    )  # fmt: skip


@pytest.mark.slow
def test_no_warning_in_any_page_or_docstring(tmp_path: Path) -> None:
    run = sphinx(tmp_path / "site", builder="dummy")
    assert run.returncode == 0, run.stderr
    assert not run.stderr.strip()


def pages() -> dict[str, str]:
    """The pages of docs/ by name."""
    return {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md")}


def glossary() -> list[str]:
    """Words of the glossary, as they stand in it."""
    inside = pages()["glossary"].partition("```{glossary}")[2].partition("```")[0]
    return [line for line in inside.splitlines() if line and not line.startswith((" ", ":"))]


def terms(text: str) -> list[str]:
    """Words that a page links to the glossary."""
    roles = re.findall(r"\{term\}`([^`]+)`", text)
    return [re.sub(r".*<(.+)>$", r"\1", role, flags=re.DOTALL) for role in roles]


def test_the_glossary_is_in_order_and_short() -> None:
    words = glossary()
    assert len(words) > 30
    assert [w.lower() for w in words] == sorted({w.lower() for w in words})
    inside = pages()["glossary"].partition(":sorted:")[2].partition("```")[0]
    for entry in re.split(r"\n\n(?=\S)", inside.strip()):
        word, _, meaning = entry.partition("\n")
        sentences = re.split(r"(?<=[.?!])\s+(?=[A-Zλ0-9])", " ".join(meaning.split()))
        assert 1 <= len(sentences) <= 3, word


def test_every_term_is_in_the_glossary_and_pages_use_it() -> None:
    known = {word.lower() for word in glossary()}
    used = {name: terms(text) for name, text in pages().items()}
    for name, words in used.items():
        missing = [word for word in words if word.lower() not in known]
        assert not missing, f"docs/{name}.md: not in docs/glossary.md: {missing}"
    assert sum(1 for words in used.values() if words) >= 8
    assert len(used["method"]) >= 10


def test_numbers_to_trust_stand_on_the_page_that_they_come_from() -> None:
    """Every share, interval and p-value of notebooks on the page is one of docs/reproduction.md."""
    source = pages()["reproduction"]
    for row in pages()["which-number"].splitlines():
        cells = [cell.strip() for cell in row.split("|")]
        if len(cells) < 5 or "notebook" not in cells[3]:
            continue
        for number in re.findall(r"(?<![\d.])\d+\.\d+(?![\d.])", " ".join(cells[2:5])):
            short = number.removesuffix(".0")
            assert re.search(rf"(?<![\d.]){re.escape(short)}", source), (number, row)


def test_every_panel_has_a_small_picture() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\((images/panel-\w+\.webp)\)", pages()["panels"])
    names = {p.stem for p in (ROOT / "notebooks" / "panels").glob("*.py")}
    assert {Path(path).stem.removeprefix("panel-") for _, path in shown} == names
    for alternative, path in shown:
        assert len(alternative) > 30
        assert (ROOT / "docs" / path).stat().st_size < 150_000, path


@pytest.mark.slow
def test_a_notebook_becomes_a_page_with_its_figures(tmp_path: Path) -> None:
    name = "00_start_here"
    runs = tmp_path / "runs"
    batch.run(name, runs / name, scale="smoke")
    notebook_pages.write_pages(tmp_path / "pages", runs)
    text = (tmp_path / "pages" / f"{name}.ipynb").read_text(encoding="utf-8")
    page = nbformat.reads(text, as_version=4)
    pictures = [
        o for c in page.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})
    ]
    assert len(pictures) >= 3
    assert "Run at scale `smoke`" in page.cells[1].source
    assert f"run {name[:2]} --scale laptop" in page.cells[1].source
    assert str(tmp_path) not in text, "no path of this machine"
    assert "widget-view" not in text
    written = {p.stem for p in (tmp_path / "pages").glob("*.ipynb")}
    assert written == set(batch.NOTEBOOKS)


def test_every_module_is_in_one_chapter() -> None:
    names = build_docs.public_modules()
    chapters = build_docs.by_chapter(names)
    assert sorted(n for part in chapters.values() for n in part) == sorted(names)
    assert list(chapters)[:3] == ["core", "laws", "network"]


def test_every_public_name_has_a_first_sentence() -> None:
    for name in set(renaissance_kit.__all__) - set(build_docs.rooms()):
        thing = getattr(renaissance_kit, name)
        assert len(build_docs.first_sentence(thing)) > 10, name
        assert inspect.getmodule(thing).__name__.removeprefix("renaissance_kit.") in (
            build_docs.public_modules()
        )


def test_reference_pages(tmp_path: Path) -> None:
    build_docs.write_reference(tmp_path)
    written = {path.stem for path in tmp_path.glob("*.md")}
    assert written == {"index", *build_docs.public_modules()}
    page = (tmp_path / "training.fit.md").read_text(encoding="utf-8")
    assert ".. automodule:: renaissance_kit.training.fit" in page
    assert "[train](#renaissance_kit.training.fit.train)" in page
    assert "NDArray" not in page, "what a module imports is not its own"


def test_pages_are_listed_and_relative_links_are_kept(tmp_path: Path) -> None:
    build_docs.write_source(tmp_path / "source")
    index = (tmp_path / "source" / "index.md").read_text(encoding="utf-8")
    assert "\nown-km\n" in index
    assert build_docs.HOW_TO not in index
    for page in (tmp_path / "source").glob("*.md"):
        assert "](../" not in page.read_text(encoding="utf-8"), page.name


def test_the_tests_that_a_promise_names_are_there() -> None:
    """And a promise that is held names at least one."""
    rows = 0
    for line in (ROOT / "docs" / "trust.md").read_text(encoding="utf-8").splitlines():
        named = re.findall(r"`(tests/\w+\.py)`", line)
        assert all((ROOT / name).is_file() for name in named), line
        if line.startswith("| ") and line.endswith("| held |"):
            rows += 1
            assert named, line
    assert rows > 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<script src="https://cdn.example/x.js"></script>'),
        ("a.html", '<link rel="stylesheet" href="//fonts.example/x.css">'),
        ("a.html", '<img src="http://example.org/x.png">'),
        ("a.css", "@import 'https://fonts.example/x';"),
        ("a.css", "p { background: url(//example.org/x.png) }"),
    ],
)
def test_what_is_loaded_from_elsewhere_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "fine.html").write_text('<a href="https://example.org">x</a><img src="b.png">')
    assert build_docs.loads_from_elsewhere(tmp_path) == []
    (tmp_path / name).write_text(text)
    assert len(build_docs.loads_from_elsewhere(tmp_path)) == 1
