"""Objectives by a name, for the command, the notebooks and the panels."""

from __future__ import annotations

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.changed import ConstantsChanged
from renaissance_kit.objectives.combined import all_of
from renaissance_kit.objectives.courses import FitToCourses
from renaissance_kit.objectives.dynamics import SmoothIncidence
from renaissance_kit.objectives.objective import Objective
from renaissance_kit.objectives.returns import ReturnsAfter
from renaissance_kit.objectives.signs import ControlSigns
from renaissance_kit.simulation.strains import STRAIN_TABLE
from renaissance_kit.states.fermentation import FILE as FERMENTATION_FILE

OBJECTIVES = {
    "dynamics": "valid models: λmax at or below the threshold",
    "exactness": "valid models that stay valid when all constants change by 1 %",
    "return": "valid models that are back within 1 % 24 min after a disturbance of ±50 %",
    "fermentation": "valid models that match the measured fermentation of the network's strain",
    "control": "valid models in which the enzymes of engineered strains control what these made",
}
"""Names, and what is wanted."""

RETURN_MIN = 24.0
"""Minutes of the objective ``return``: one of the times at which the study asks."""


def objectives_for(network: Network) -> dict[str, str]:
    """The named objectives that a network has the data for, and what is wanted.

    >>> from renaissance_kit import Network
    >>> list(objectives_for(Network.example("tiny")))
    ['dynamics', 'exactness', 'return']
    """
    folder = network.folder
    measured = folder is not None and (folder / FERMENTATION_FILE).is_file()
    built = folder is not None and (folder / STRAIN_TABLE.name).is_file()
    lacking = {"fermentation": not measured, "control": not (measured and built)}
    return {n: text for n, text in OBJECTIVES.items() if not lacking.get(n)}


def named_objective(
    network: Network,
    name: str,
    *,
    threshold_per_h: float | None = None,
    conditions: str = "own",
) -> Objective:
    """An objective by its name.

    All but ``dynamics`` have two stages: only valid models are simulated.

    Args:
        name: one of `OBJECTIVES`.
        threshold_per_h: of a valid model; the network's condition ``eigenvalue_threshold`` if not
            given.
        conditions: of the reactor for the fermentation.

    Raises:
        ParameterError: an unknown name.
        DataError: the network has no measured fermentation, or no engineered strains.

    >>> from renaissance_kit import Network
    >>> named_objective(Network.example("tiny"), "dynamics")
    SmoothIncidence(partition_per_h=-2.5, width=0.5)
    """
    if name not in OBJECTIVES:
        raise ParameterError(
            f"objective {name!r} is unknown{nearest(name, OBJECTIVES)} There are: "
            f"{', '.join(OBJECTIVES)}"
        )
    threshold = threshold_per_h
    if threshold is None:
        threshold = network.conditions["eigenvalue_threshold"].value
    dynamics = SmoothIncidence(partition_per_h=threshold)
    if name == "dynamics":
        return dynamics
    if name == "exactness":
        then: Objective = ConstantsChanged(threshold_per_h=threshold)
    elif name == "return":
        then = ReturnsAfter(minutes=RETURN_MIN)
    elif name == "control":
        then = ControlSigns.of_strains(network)
    else:
        then = FitToCourses.of(network, conditions=conditions)
    return all_of(dynamics=dynamics, then=then, stages=[["dynamics"], ["then"]])
