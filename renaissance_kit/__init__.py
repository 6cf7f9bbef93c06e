"""Generate kinetic models of metabolism whose dynamics are those observed.

The names of this page are the main path, in the order in which data flows; `__init__.pyi` lists
them. Everything else is in the rooms: ``renaissance_kit.states``, ``renaissance_kit.training`` and
so on, each loaded when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"
