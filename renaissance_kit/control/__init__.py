"""Metabolic control analysis: what limits a flux or a concentration, over ensembles of models."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
