"""Panels for JupyterLab and Voilà: the notebooks' studies with controls and live charts.

Nothing else in the package imports this room.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
