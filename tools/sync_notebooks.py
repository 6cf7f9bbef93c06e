"""Write every notebook anew from its script, the panels too: python tools/sync_notebooks.py

The scripts (py:percent) are what people edit; JupyterLab with jupytext keeps both in step while
one works there. Run this before a commit: it drops outputs and restores the minimal metadata.
The table of all parameters, docs/parameters.md, is written anew as well.
"""

from notebook_pairs import NOTEBOOKS_DIR, PANELS_DIR, render

from renaissance_kit.cli import show_parameters


def main() -> None:
    """Write the notebooks that differ from their scripts, and name them."""
    for script in sorted([*NOTEBOOKS_DIR.glob("*.py"), *PANELS_DIR.glob("*.py")]):
        target = script.with_suffix(".ipynb")
        text = render(script.read_text(encoding="utf-8"))
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
            print(f"wrote {target.relative_to(NOTEBOOKS_DIR.parent)}")
    page = NOTEBOOKS_DIR.parent / "docs" / "parameters.md"
    text = show_parameters(markdown=True) + "\n"
    if page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page.relative_to(NOTEBOOKS_DIR.parent)}")


if __name__ == "__main__":
    main()
