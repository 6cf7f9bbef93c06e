"""From levels of genes and proteins to constraints on the steady states of a condition."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
