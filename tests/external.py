"""Files of other programs that are not shipped: their folder, and what skips tests without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from renaissance_kit import KineticModels, Network, SteadyStates
from renaissance_kit.formats import SkimpyParameters

FOLDER = Path(os.environ.get("RENAISSANCE_KIT_EXTERNAL", ""))
external = pytest.mark.skipif(
    not os.environ.get("RENAISSANCE_KIT_EXTERNAL"), reason="RENAISSANCE_KIT_EXTERNAL is not set"
)


def published_models() -> list[KineticModels]:
    """The ten published models of the strain, with regulation, each at its own state."""
    network = Network.example(regulation="published")
    sets = SkimpyParameters.read(FOLDER / "skimpy_ecoli_parameters.hdf5", network, growth_scale=5e5)
    states = SteadyStates.published(network)
    return [
        sets.models(i, states.numbered(int(label.split(",")[0])))
        for i, label in enumerate(sets.labels)
    ]
