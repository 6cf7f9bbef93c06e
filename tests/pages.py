"""What a page of HTML says, links to and loads; the tests of gallery and documentation use it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote


class Page(HTMLParser):
    """Tags with their attributes, in order, and the text in them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def figures(self) -> list[dict[str, str]]:
        """Images but for the small ones beside the answers."""
        return [a for a in self.all("img") if a.get("class") != "thumbnail"]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def broken_links(self) -> list[str]:
        """Relative links and sources that lead to no file, and fragments without a target."""
        ids = {attributes.get("id") for _, attributes in self.tags}
        urls = [a[k] for _, a in self.tags for k in ("href", "src") if k in a]
        broken = []
        for url in urls:
            file, _, fragment = url.partition("#")
            if file.startswith(("http://", "https://", "data:", "mailto:")):
                continue
            if (file and not (self.path.parent / unquote(file)).exists()) or (
                not file and fragment and fragment not in ids
            ):
                broken.append(url)
        return broken

    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.tags if tag in ("h1", "h2", "h3", "h4")]


def contrast(first: str, second: str) -> float:
    """Contrast of two colours as #rrggbb, by the definition of WCAG 2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
