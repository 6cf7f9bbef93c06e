"""XML of SED-ML and of archives, as text."""

from __future__ import annotations

from xml.etree.ElementTree import Element, indent, tostring


def xml_text(root: Element) -> str:
    """A document with its declaration, an element a line; indents ``root``."""
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")
