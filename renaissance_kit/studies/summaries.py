"""The results of a notebook in one small file, ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from renaissance_kit.core.files import atomic_path
from renaissance_kit.core.versions import MADE_WITH, versions


def write_summary(folder: str | Path, results: Mapping[str, Any]) -> pd.DataFrame:
    """Write ``summary.json``, with the versions that made it, whole or not at all.

    Args:
        results: settings and results of the notebook, values JSON can hold.

    Returns:
        The same, one row a result.
    """
    made_with = ", ".join(f"{name} {version}" for name, version in versions().items())
    about = {**results, MADE_WITH: made_with}
    with atomic_path(Path(folder) / "summary.json") as path:
        path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return pd.Series(about, name="summary").to_frame()
