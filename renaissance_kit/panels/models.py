"""Which valid models a panel works with, and how they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renaissance_kit import studies
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.paths import example_folder, example_names
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.network.network import Network
from renaissance_kit.panels.controls import Words
from renaissance_kit.states.steady_states import OWN

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


@dataclass(frozen=True)
class ModelSource:
    """Where a panel takes its valid models from, and how a batch run is told the same.

    Attributes:
        network: of the models.
        ensemble: a file of an ensemble; None leaves the choice to `studies.valid_ensemble`.
        trained: what a training may have left, which goes before the shipped ensemble.
        states: ``own`` or ``published``, at which shipped models stand.
    """

    network: Network
    ensemble: str | Path | None = None
    trained: str | Path | None = None
    states: str = OWN

    def valid(self, models: int | Sequence[int]) -> tuple[KineticEnsemble, str]:
        """So many valid models, or those of these numbers; and in words where they come from.

        Raises:
            CheckpointError: a file is missing or cannot be read.
            ParameterError: no valid model, or none of a number.
        """
        return studies.valid_ensemble(
            self.network, models, path=self.ensemble, trained=self.trained, states=self.states
        )

    @property
    def parameters(self) -> dict[str, str]:
        """Network, set of states and file as parameters of a notebook; its defaults left out."""
        which = {} if self.states == OWN else {"states": self.states}
        path = self.trained if self.ensemble is None else self.ensemble
        if path is None or not Path(path).is_file():
            source = {}
        else:
            source = {"ensemble": str(Path(path).resolve())}
        return {**network_parameter(self.network), **which, **source}


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
