"""The command, as the tests call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from renaissance_kit.cli import main

LACTIC = Path(__file__).parent / "data" / "lactic"


def said(capsys: pytest.CaptureFixture[str], arguments: list[str], status: int = 0) -> str:
    """What a command writes to the output, or to the errors where it ends with another status."""
    capsys.readouterr()
    assert main(arguments) == status
    out, error = capsys.readouterr()
    return out if status in (0, 1) else error
