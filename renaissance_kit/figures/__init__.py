"""Figures: plain functions from data to an Altair chart, one file a topic.

Nothing here simulates. `use_theme` sets colours, fonts and a renderer that needs no network;
`save` writes PNG and SVG without a browser.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
