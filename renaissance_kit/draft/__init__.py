"""From a constraint-based model to the tables of a network, with every decision on paper."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
