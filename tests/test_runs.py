"""Runs in chunks: what a damaged store says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from renaissance_kit.errors import CheckpointError
from renaissance_kit.runs import run_chunks


def doubled(items: np.ndarray) -> dict[str, np.ndarray]:
    return {"x": 2.0 * items}


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_damaged_part_is_named_and_done_again(kept: float, tmp_path: Path) -> None:
    def run() -> dict[str, np.ndarray]:
        return run_chunks(doubled, 5, chunk=2, settings={}, store=tmp_path / "store", workers=1)

    whole = run()
    part = tmp_path / "store" / "part-000001.npz"
    content = part.read_bytes()
    part.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match=r"part-000001\.npz is damaged .* delete this file"):
        run()
    part.unlink()
    again = run()
    assert all(np.array_equal(again[name], whole[name]) for name in whole)
