"""From a panel to a batch run: the settings as a file, and the command that does the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from renaissance_kit.core.files import atomic_path


def command(
    notebook: str, parameters: Mapping[str, Any], *, scale: str, out: str | Path = "build/mine"
) -> str:
    """The shell command that runs a notebook with the parameters of a panel.

    >>> print(command("02_generator_training", {"seed": 7, "sigma": 0.1}, scale="smoke"))
    python -m renaissance_kit run 02_generator_training --scale smoke --out build/mine \\
        -p seed 7 \\
        -p sigma 0.1
    """
    first = f"python -m renaissance_kit run {shlex.quote(notebook)} --scale {scale}"
    lines = [f"{first} --out {shlex.quote(str(out))}"]
    lines += [f"-p {name} {shlex.quote(literal(value))}" for name, value in parameters.items()]
    return " \\\n    ".join(lines)


def literal(value: Any) -> str:
    """A value as `renaissance_kit.cli.parse_value` reads it back.

    >>> literal(0.1), literal(["atp_c"]), literal("all"), literal(None)
    ('0.1', '["atp_c"]', 'all', 'None')
    """
    if isinstance(value, list | tuple | dict):
        return json.dumps(value)
    return value if isinstance(value, str) else repr(value)


def save_parameters(path: str | Path, parameters: Mapping[str, Any]) -> Path:
    """Write parameters as JSON, which papermill and `renaissance_kit.cli.batch` read."""
    path = Path(path)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(dict(parameters), indent=2) + "\n", encoding="utf-8")
    return path
