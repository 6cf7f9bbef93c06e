"""The documentation builds without a warning, has every name, loads nothing from elsewhere."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE_S

import renaissance_kit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import build_docs  # noqa: E402


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
