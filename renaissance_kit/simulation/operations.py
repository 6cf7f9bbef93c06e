"""What is done to a culture: gas transfer, dilution, events; and how large each may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.numbers import PURE_WATER_MM


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
class Allowed:
    """What the value of one kind of condition may be.

    Attributes:
        unit: that a table must state.
        most: the greatest one.
        why: no greater one makes sense.
        positive: 0 is too little.
        below: ``most`` itself is too much.
    """

    unit: str
    most: float
    why: str
    positive: bool = False
    below: bool = False

    def problem(self, name: str, value: float) -> str:
        """What is wrong with a value, and the remedy; empty where nothing is."""
        enough = value > 0 if self.positive else value >= 0
        if enough and (value < self.most if self.below else value <= self.most):
            return ""
        least = "a positive number" if self.positive else "0 or more"
        most = f"{'below' if self.below else 'at most'} {self.most:,.0f}"
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{name} is {value:g}{unit}; give {least}, {most} ({self.why})"


_WATER = "water alone has no more molecules in a litre"
_CELLS = "a litre of cells weighs about 1,100 g, water included"
_VESSEL = "the largest fermenters hold a few million litres"
ALLOWED: Mapping[str, Allowed] = {
    "inoculum": Allowed("g/L", 1200.0, _CELLS, positive=True, below=True),
    "duration": Allowed("h", 1e5, "more than ten years", positive=True),
    "volume": Allowed("L", 1e7, _VESSEL, positive=True),
    "medium": Allowed("mM", PURE_WATER_MM, _WATER),
    "feed": Allowed("mM", PURE_WATER_MM, _WATER),
    "inflow": Allowed("L/h", 1e7, _VESSEL),
    "outflow": Allowed("L/h", 1e7, _VESSEL),
    "pulse": Allowed("mM", PURE_WATER_MM, _WATER),
    "harvest": Allowed("1", 1.0, "a share of the volume", below=True),
    "kla": Allowed("1/h", 10_000.0, "the best fermenters reach about 1,000 1/h", positive=True),
    "saturation": Allowed("mM", PURE_WATER_MM, _WATER),
    "growth_density": Allowed("gDW/L", 1200.0, _CELLS, positive=True, below=True),
    "exchange_density": Allowed("gDW/L", 1200.0, _CELLS, positive=True, below=True),
}
"""Kinds of conditions that have a value, each with its range."""


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
            if wrong := ALLOWED[kind].problem(kind, value):
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
    if wrong := ALLOWED[event.kind].problem(event.kind, event.value):
        raise ParameterError(wrong)
    if (event.kind == "pulse") != bool(event.metabolite):
        raise ParameterError(f"{event.kind}: a pulse names a metabolite, other events do not")


def dilution_of(value: str) -> Dilution:
    """Read one; raises ParameterError with the known ones."""
    known = [str(d) for d in Dilution]
    if value not in known:
        raise ParameterError(f"dilution {value!r} is unknown; give {', '.join(known)}")
    return Dilution(value)
