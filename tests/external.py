"""Files of other programs that are not shipped: their folder, and what skips tests without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("RENAISSANCE_KIT_EXTERNAL", ""))
external = pytest.mark.skipif(
    not os.environ.get("RENAISSANCE_KIT_EXTERNAL"), reason="RENAISSANCE_KIT_EXTERNAL is not set"
)
