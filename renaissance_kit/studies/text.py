"""Sentences with computed numbers, as a notebook shows them."""

from __future__ import annotations


class Text(str):
    """A text that Jupyter shows as Markdown when it ends a cell.

    >>> Text("**3 of 4** models are valid")._repr_markdown_()
    '**3 of 4** models are valid'
    """

    def _repr_markdown_(self) -> str:
        return str(self)
