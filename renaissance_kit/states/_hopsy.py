"""The one import of hopsy, which works without a home folder.

hopsy loads ArviZ, which warns of its own plans once a day and keeps the date in the user's cache
folder. Where that cannot be written the import fails; so it is given another one then. The warning
is for those who use ArviZ.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from typing import Any
from unittest.mock import patch


def _imported() -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\s*ArviZ is undergoing", FutureWarning)
        try:
            return importlib.import_module("hopsy")
        except OSError:
            with (
                tempfile.TemporaryDirectory() as folder,
                patch.dict(os.environ, XDG_CACHE_HOME=folder),
            ):
                return importlib.import_module("hopsy")


hopsy = _imported()
