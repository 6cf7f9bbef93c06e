"""Figures: plain functions from data to an Altair chart, one file a topic.

Nothing here simulates. `use_theme` sets colours, fonts and a renderer that needs no network;
`save` writes PNG and SVG without a browser.
"""

from renaissance_kit.figures.save import save
from renaissance_kit.figures.theme import Source, use_theme

__all__ = ["Source", "save", "use_theme"]
