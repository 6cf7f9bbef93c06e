"""What is done to a culture: gas transfer, dilution by growth, and events at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError, nearest

DENSEST_GDW_L = 1200.0  # a litre of cells weighs about 1,100 g, water included
FASTEST_KLA_PER_H = 10_000.0  # the best aerated fermenters reach about 1,000 1/h


class Dilution(StrEnum):
    """What growth does to intracellular metabolites.

    ``REPLACED``: growth dilutes every metabolite but the members of conserved moieties (CoA,
    adenylates, NAD(H), NADP(H), quinones). The network does not make these, so their synthesis and
    their dilution are taken to balance; diluted, they would fall thirtyfold in a batch. ``ALL``:
    every metabolite. ``NONE``: none, as in the published simulations.
    """

    REPLACED = "replaced"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True)
class Transfer:
    """Transfer of a substance between gas and medium, kLa (e_sat − e).

    Attributes:
        kla_per_h: volumetric transfer coefficient kLa.
        saturation_mM: concentration in equilibrium with the gas; 0 for what the gas carries away.
    """

    kla_per_h: float
    saturation_mM: float

    def __post_init__(self) -> None:
        require_kinds(self)
        for kind, value in (("kla", self.kla_per_h), ("saturation", self.saturation_mM)):
            if wrong := out_of_range(kind, value):
                raise ParameterError(wrong)


@dataclass(frozen=True)
class Event:
    """Something that is done to the culture at a time.

    Attributes:
        time_h: when.
        kind: ``pulse`` adds ``value`` mM of ``metabolite`` to the medium; ``harvest`` takes the
            share ``value`` of the volume away; ``inflow`` and ``outflow`` set the pumps to
            ``value`` L/h from then on.
        value: with the unit of its kind.
        metabolite: of a pulse.
    """

    time_h: float
    kind: str
    value: float
    metabolite: str = ""


def check_event(event: Event, duration_h: float) -> None:
    """Raise ParameterError where an event cannot be."""
    kinds = ("pulse", "harvest", "inflow", "outflow")
    if event.kind not in kinds:
        raise ParameterError(f"event {event.kind!r} is unknown{nearest(event.kind, kinds)}")
    if not 0 <= event.time_h <= duration_h:
        raise ParameterError(
            f"{event.kind} at {event.time_h:g} h is outside the simulation of {duration_h:g} h"
        )
    if not 0 <= event.value < float("inf"):
        raise ParameterError(f"{event.kind} of {event.value}; give 0 or more")
    if event.kind == "harvest" and event.value >= 1:
        raise ParameterError(f"harvest of {event.value:g}; give a share of the volume below 1")
    if (event.kind == "pulse") != bool(event.metabolite):
        raise ParameterError(f"{event.kind}: a pulse names a metabolite, other events do not")


def out_of_range(kind: str, value: float) -> str:
    """What is wrong with a number; empty where nothing is, or it is looked at elsewhere."""
    if kind in ("growth_density", "exchange_density") and not 0 < value < DENSEST_GDW_L:
        return (
            f"{kind} is {value:g} gDW/L; give gDW per litre of cell, above 0 and below "
            f"{DENSEST_GDW_L:,.0f}"
        )
    if kind == "kla" and not 0 < value <= FASTEST_KLA_PER_H:
        return f"kla is {value:g} 1/h; give a positive number, at most {FASTEST_KLA_PER_H:,.0f}"
    if kind == "saturation" and not 0 <= value < float("inf"):
        return f"saturation is {value:g} mM; give 0 or more"
    return ""


def dilution_of(value: str) -> Dilution:
    """Read one; raises ParameterError with the known ones."""
    known = [str(d) for d in Dilution]
    if value not in known:
        raise ParameterError(f"dilution {value!r} is unknown; give {', '.join(known)}")
    return Dilution(value)
