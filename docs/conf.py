"""Settings of Sphinx; `make docs` builds the site, with pages that tools/build_docs.py makes."""

from __future__ import annotations

import importlib
import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.roles import XRefRole

import renaissance_kit

project = "renaissance_kit"
author = "the authors of renaissance_kit"
copyright = "the authors; Apache-2.0"
version = release = renaissance_kit.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
nb_execution_mode = "off"  # tools/build_docs.py runs the notebooks, with the project's own runner
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

html_math_renderer = "mathml"  # browsers draw it; other renderers load a script from elsewhere

html_theme = "furo"
html_title = f"renaissance_kit {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False

toc_object_entries = False  # copying them into the menu of every page takes half of the build
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_rtype = False

# In our docstrings `Name` is a name in the code: a link where there is something to link to.
default_role = "code_name"


class CodeName(XRefRole):
    """A name as Python would find it from where the docstring stands."""

    def process_link(
        self, env: Any, refnode: Any, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        """Give the link its full target."""
        refnode["refdomain"], refnode["reftype"] = "py", "obj"
        module = env.ref_context.get("py:module")
        inside = env.ref_context.get("py:class")
        return title, full_name(target, module, inside) or target


def full_name(name: str, module: str | None, inside: str | None) -> str | None:
    """Where a name is defined: from the class, the module, the package, or absolute."""
    starts = [f"{module}.{inside}"] if module and inside else []
    starts += [module, module.rpartition(".")[0]] if module else []
    rooms = [f"renaissance_kit.{room}" for room in dir(renaissance_kit) if room.islower()]
    for start in [*starts, "renaissance_kit", *rooms, ""]:
        parts = [*start.split("."), *name.split(".")] if start else name.split(".")
        found = _look_up(parts)
        if found:
            return found
    return None


def _look_up(parts: list[str]) -> str | None:
    for n in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:n]))
        except (ImportError, ValueError):
            continue
        full = thing.__name__
        for part in parts[n:]:
            owner, thing = thing, getattr(thing, part, None)
            if thing is None and part not in getattr(owner, "__annotations__", {}):
                return None
            home, inner = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
            full = f"{home}.{inner}" if isinstance(home, str) and inner else f"{full}.{part}"
        return full
    return None


def plain_text(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """What our docstrings mean: |x| is an absolute value, no substitution of reStructuredText.

    Indented lines after a paragraph are a formula or a command, and stay as they are.
    """
    out: list[str] = []
    for line in lines:
        after_paragraph = len(out) > 1 and out[-1] == "" and out[-2] and not out[-2].startswith(" ")
        if line.startswith("    ") and after_paragraph and not out[-2].endswith("::"):
            out += ["::", ""]
        between = re.split(r"(`+[^`]*`+)", line)
        out.append("".join(t if t[:1] == "`" else t.replace("|", r"\|") for t in between))
    lines[:] = out


def not_ours(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what a module only imports."""
    home = getattr(obj, "__module__", None)
    elsewhere = isinstance(home, str) and not home.startswith("renaissance_kit")
    return True if what == "module" and elsewhere and callable(obj) else None


def short_types(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, returns: str
) -> tuple[str | None, str | None]:
    """Arrays as we write them: NDArray[float64]."""
    long = r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(\w+|Any)\]\]"
    short = [re.sub(long, r"NDArray[\1]", text) if text else text for text in (signature, returns)]
    return short[0], short[1]


def visit_math(writer: Any, node: nodes.math) -> None:
    """A formula within a line."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def visit_math_block(writer: Any, node: nodes.math_block) -> None:
    """A formula on a line of its own."""
    formula = tex2mathml(node.astext(), as_block=True)
    writer.body.append(f'<div class="math">{formula}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role, and the plain text before napoleon reads the sections."""
    app.add_role("code_name", CodeName())
    app.connect("autodoc-process-docstring", plain_text, priority=400)
    app.connect("autodoc-process-signature", short_types)
    app.connect("autodoc-skip-member", not_ours)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
