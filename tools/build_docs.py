"""Build the documentation: python tools/build_docs.py [build/docs]

Copies `docs/` beside the result, adds the notebooks (run at smoke scale in `build/docs-notebooks`,
again only after a change), the reference pages, the description of the data and the changelog, and
runs Sphinx with warnings as errors. Nothing is fetched, and the pages load nothing from elsewhere:
that is checked at the end.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import notebook_pages
from sphinx.cmd.build import main as sphinx

import renaissance_kit

ROOT = Path(__file__).resolve().parents[1]

HOW_TO = "how-to guides: every page that is named nowhere else"


def public_modules() -> list[str]:
    """Every module without an underscore, as ``figures.theme``."""
    found = pkgutil.walk_packages(renaissance_kit.__path__, "renaissance_kit.")
    names = [module.name.removeprefix("renaissance_kit.") for module in found]
    return [name for name in names if not any(part.startswith("_") for part in name.split("."))]


def stub_names(package: ModuleType) -> list[str]:
    """Names that the face of a package offers, in the order of its stub."""
    stub = Path(str(package.__file__)).with_suffix(".pyi")
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return [alias.name for node in imports for alias in node.names]


def rooms() -> list[str]:
    """The rooms of the package, in the order in which data flows."""
    inside = {m.name for m in pkgutil.iter_modules(renaissance_kit.__path__) if m.ispkg}
    return [name for name in stub_names(renaissance_kit) if name in inside]


def by_chapter(names: list[str]) -> dict[str, list[str]]:
    """The modules of each room, the room itself first."""
    return {room: [n for n in names if n.split(".")[0] == room] for room in rooms()}


def first_sentence(thing: object) -> str:
    """What the docstring begins with."""
    paragraph = (getattr(thing, "__doc__", None) or "").strip().split("\n\n")[0]
    return re.split(r"(?<=[.?!])\s", " ".join(paragraph.split()), maxsplit=1)[0]


def in_markdown(text: str) -> str:
    """Text of a docstring, with its literals in single backticks."""
    return text.replace("``", "`").replace("|", "\\|")


def write_reference(folder: Path) -> None:
    """One page a module, and the table of contents with the main path on top."""
    folder.mkdir(parents=True, exist_ok=True)
    modules: dict[str, ModuleType] = {
        name: importlib.import_module(f"renaissance_kit.{name}") for name in public_modules()
    }
    page = [
        "# Reference\n",
        "What `import renaissance_kit` offers, in the order in which data flows:\n",
        "| name | |",
        "|---|---|",
    ]
    for name in stub_names(renaissance_kit):
        if name in rooms():
            continue
        thing = getattr(renaissance_kit, name)
        role = "class" if isinstance(thing, type) else "func"
        target = f"{{py:{role}}}`~{thing.__module__}.{thing.__qualname__}`"
        page.append(f"| {target} | {in_markdown(first_sentence(thing))} |")
    page.append("\nEvery public name stands on the page of its module.\n")
    for room, names in by_chapter(list(modules)).items():
        page += [f"## {room}\n", in_markdown(first_sentence(modules[room])), ""]
        page += ["| module | |", "|---|---|"]
        page += [
            f"| [{name}]({name}.md) | {in_markdown(first_sentence(modules[name]))} |"
            for name in names
        ]
        page += ["", "```{toctree}", ":hidden:", *names, "```", ""]
    (folder / "index.md").write_text("\n".join(page), encoding="utf-8")
    for name, module in modules.items():
        text = [f"# {name}\n", *contents(module), "```{eval-rst}"]
        text += [f".. automodule:: {module.__name__}", "   :members:", "   :ignore-module-all:"]
        text += ["```", ""]
        (folder / f"{name}.md").write_text("\n".join(text), encoding="utf-8")


def contents(module: ModuleType) -> list[str]:
    """Links to the classes and functions that a module defines, as they stand in its file."""
    named = [(name, thing) for name, thing in vars(module).items() if not name.startswith("_")]
    own = [n for n, t in named if callable(t) and getattr(t, "__module__", "") == module.__name__]
    documented = [name for name in own if getattr(vars(module)[name], "__doc__", None)]
    links = [f"[{name}](#{module.__name__}.{name})" for name in documented]
    return [f"On this page: {', '.join(links)}.\n"] if len(links) > 1 else []


def write_source(folder: Path, runs: Path | None = None) -> None:
    """Everything that Sphinx reads.

    Args:
        runs: folder of executed notebooks; without it their pages have no outputs.
    """
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("__pycache__"))
    index = folder / "index.md"
    text = index.read_text(encoding="utf-8")
    guides = sorted(p.stem for p in folder.glob("*.md") if f"\n{p.stem}\n" not in text)
    guides.remove("index")
    index.write_text(text.replace(HOW_TO, "\n".join(guides)), encoding="utf-8")
    for page in folder.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("(../data/README.md)", "(data.md)"), encoding="utf-8")
    data = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (folder / "data.md").write_text(data.replace("(../docs/", "("), encoding="utf-8")
    shutil.copy(ROOT / "CHANGELOG.md", folder / "changelog.md")
    notebook_pages.write_pages(folder / "notebooks", runs)
    write_reference(folder / "reference")


class Loads(HTMLParser):
    """What a browser would fetch to show a page."""

    ATTRIBUTES = ("src", "srcset", "data", "poster")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses of one tag; a link that one clicks on is no load."""
        values = dict(attrs)
        names = [*self.ATTRIBUTES, *(["href"] if tag == "link" else [])]
        self.found += [values[name] or "" for name in names if name in values]


def loads_from_elsewhere(site: Path) -> list[str]:
    """Addresses outside the site that its pages, styles and scripts load."""
    problems = []
    for page in sorted(site.rglob("*.html")):
        parser = Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        outside = [url for url in parser.found if re.match(r"\s*(https?:)?//", url)]
        problems += [f"{page.relative_to(site)}: {url}" for url in outside]
    for style in sorted(site.rglob("*.css")):
        text = style.read_text(encoding="utf-8")
        found = re.findall(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)", text)
        problems += [f"{style.relative_to(site)}: {url}" for url in found]
    return problems


def build(target: Path, *, builder: str = "html", runs: Path | None = None) -> int:
    """Build into ``target``; return 0, or what Sphinx returns.

    Args:
        builder: of Sphinx; ``dummy`` reads and resolves everything and writes no pages.
        runs: folder of executed notebooks; without it their pages have no outputs.
    """
    source = target.with_name(f".{target.name}-source")
    doctrees = target.with_name(f".{target.name}-doctrees")
    write_source(source, runs)
    if target.exists():
        shutil.rmtree(target)
    options = ["-b", builder, "-q", "-W", "--keep-going", "-E", "-d", str(doctrees)]
    code = int(sphinx([*options, str(source), str(target)]))
    if code == 0:
        shutil.rmtree(source)
    shutil.rmtree(doctrees, ignore_errors=True)
    shutil.rmtree(target.parent / "jupyter_execute", ignore_errors=True)  # myst-nb's figures
    return code


def main(target: Path) -> int:
    """Run the notebooks, build the pages and check that they load nothing from elsewhere."""
    runs = ROOT / "build" / "docs-notebooks"
    notebook_pages.run_all(runs)
    code = build(target, runs=runs)
    problems = [] if code else loads_from_elsewhere(target)
    if problems:
        print("\n".join(["loaded from elsewhere:", *problems]), file=sys.stderr)
    if code or problems:
        return code or 1
    print(target / "index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs").resolve()))
