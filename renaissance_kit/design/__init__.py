"""Strain design: which enzymes to make more or less of, by network response analysis."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
