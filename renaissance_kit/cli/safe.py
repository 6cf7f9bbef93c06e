"""What a page may hold: HTML without anything that acts, and drawings that only draw.

A notebook's outputs are written by whatever ran in it, and a folder of results may come from
someone else. Both pages and drawings are therefore held against a list of what is allowed; all
else is left out.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

import nh3

from renaissance_kit.core.errors import DataError

POLICY = (
    "script-src 'none'; object-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'none'"
)
"""Content security policy of our pages: the browser itself refuses scripts, frames and forms."""

_ATTRIBUTES = {
    "*": {"class", "id", "title", "lang", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "table": {"border"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
}
_STYLES = {"text-align", "color", "font-weight"}
_DROPPED_WHOLE = {"script", "style", "iframe", "object", "embed", "svg", "math", "noscript"}
_BITMAP = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWS = {
    "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline",
    "polygon", "text", "tspan", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
    "pattern", "marker", "symbol", "use", "image",
}  # fmt: skip


def clean_html(text: str) -> str:
    """HTML with text, tables, links and bitmaps only.

    Scripts, handlers of events, frames, forms, style sheets and drawings are left out; links lead
    to http, https, mailto or a file beside the page; images are bitmaps in the page or beside it.

    >>> clean_html('<p onclick="f()">a<script>f()</script> <a href="javascript:f()">b</a></p>')
    '<p>a <a rel="noopener noreferrer">b</a></p>'
    """
    return nh3.clean(
        text,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        clean_content_tags=_DROPPED_WHOLE,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "data"},
    )


def read_svg(text: str) -> ElementTree.Element:
    """The root of a drawing that only draws.

    Raises:
        DataError: not an SVG, or something in it acts or loads: a script, a handler of events, a
            style sheet, an entity, a link; the message names it.
    """
    if re.search(r"<!(DOCTYPE|ENTITY)|<\?(?!xml\s)", text, re.IGNORECASE):
        raise DataError("it has a document type, an entity or a style sheet; a figure needs none")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DataError(f"not an SVG ({error})") from error
    if root.tag != f"{_SVG}svg":
        raise DataError(f"not an SVG (it begins with {root.tag!r})")
    for element in root.iter():
        tag = element.tag.removeprefix(_SVG)
        if tag not in _DRAWS:
            raise DataError(f"it has an element {tag!r}; a figure needs none")
        for name, value in element.attrib.items():
            if not _drawing_only(name.rpartition("}")[2].lower(), value):
                raise DataError(f"{tag!r} has an attribute {name!r} that acts or loads something")
    return root


def _drawing_only(name: str, value: str) -> bool:
    if name.startswith("on"):
        return False
    if name in ("href", "src"):
        return value.startswith("#") or bool(_BITMAP.fullmatch(value))
    plain = re.sub(r"url\(\s*[\"']?#[\w.-]+[\"']?\s*\)", "", value)
    return name.startswith("aria-") or not re.search(r"url\s*\(|@import|\\", plain, re.IGNORECASE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href" and _scheme(value) == "data":
        return None
    if name == "src":
        scheme = _scheme(value)
        beside = scheme == "" and not value.lstrip().startswith(("/", "\\"))
        return value if beside or _BITMAP.fullmatch(value) else None
    return value


def _scheme(url: str) -> str | None:
    """Scheme of an address in small letters, empty for one beside the page, None if unreadable."""
    try:
        return urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return None
