"""Which valid models a panel works with, and how they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.paths import example_folder, example_names
from renaissance_kit.network.network import Network
from renaissance_kit.panels.controls import Words

MOST = 1000


def models_control(value: int | Sequence[int]) -> Words:
    """A number of models, or a list of their numbers."""
    return Words(
        "models",
        "Models (how many, or which)",
        "how many valid models, or their numbers among the valid ones (from 0) with commas; more "
        "give surer shares and take longer",
        value,
        _parse,
        _show,
        example=f"1 to {MOST:,} of them, or numbers: 3, 17, 40",
    )


def network_parameter(network: Network) -> dict[str, str]:
    """The network as a batch run is told it; nothing for one that was not read from a folder.

    >>> network_parameter(Network.open("ecoli_w3110_trpd9923+published"))
    {'network': 'ecoli_w3110_trpd9923+published'}
    """
    if network.folder is None:
        return {}
    folder = Path(network.folder).resolve()
    examples = {example_folder(name).resolve(): name for name in example_names()}
    regulation = f"+{network.regulation}" if network.regulation else ""
    return {"network": f"{examples.get(folder, folder)}{regulation}"}


def source_parameters(ensemble: str | Path | None, trained: str | Path | None) -> dict[str, str]:
    """The file that a batch run is told to take the models from, if it is not its own choice."""
    path = ensemble if ensemble is not None else trained
    if path is None or not Path(path).is_file():
        return {}
    return {"ensemble": str(Path(path).resolve())}


def _parse(text: str) -> int | list[int]:
    parts = [part.strip() for part in text.replace("[", "").replace("]", "").split(",")]
    try:
        numbers = [int(part) for part in parts if part]
    except ValueError:
        raise ParameterError(
            f"{text!r} is neither how many nor a list; give 20, or 3, 17, 40"
        ) from None
    if "," not in text:
        if len(numbers) != 1 or not 1 <= numbers[0] <= MOST:
            raise ParameterError(f"{text or 'nothing'} is out of bounds; give 1 to {MOST:,}")
        return numbers[0]
    if not numbers or min(numbers) < 0:
        raise ParameterError("numbers of models begin at 0")
    return numbers


def _show(value: Any) -> str:
    if isinstance(value, Sequence):
        return ", ".join(map(str, value)) + ("," if len(value) == 1 else "")
    return str(int(value))
