"""Studies: what the notebooks compute and `renaissance_kit.figures` draws.

Every run that takes long writes a checkpoint, so that a study that was killed resumes where it
stopped, to the same result.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
