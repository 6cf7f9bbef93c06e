"""What a bioreactor is given: medium, inoculum, feed, pulses and harvests, from a checked table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.tables import Row, read_table
from renaissance_kit.network.network import Network

COLUMNS = ("kind", "id", "time_h", "value", "unit", "source")
UNITS = {
    "inoculum": "g/L", "duration": "h", "volume": "L", "medium": "mM", "held": "1",
    "inflow": "L/h", "outflow": "L/h", "feed": "mM", "pulse": "mM", "harvest": "1",
}  # fmt: skip
NAMELESS = ("inoculum", "duration", "volume", "inflow", "outflow", "harvest")


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


@dataclass(frozen=True)
class ReactorConditions:
    """Conditions of a bioreactor simulation.

    A batch has no pumps. With inflow alone it is a fed-batch, with inflow and outflow equal a
    chemostat.

    Attributes:
        medium_mM: metabolites of the fresh medium; those that are not named start at the
            concentration of the steady state.
        inoculum_gDW_L: biomass at the start.
        duration_h: length of the simulation.
        held: metabolites of the medium that stay as they are, by aeration or pH control.
        volume_L: of the culture at the start.
        feed_mM: medium of the inflow; metabolites that are not named are not in it.
        events: in any order.
    """

    medium_mM: Mapping[str, float]
    inoculum_gDW_L: float
    duration_h: float = 60.0
    held: tuple[str, ...] = ()
    volume_L: float = 1.0
    feed_mM: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        for name in ("inoculum_gDW_L", "duration_h", "volume_L"):
            if not getattr(self, name) > 0:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        for what, table in (("medium", self.medium_mM), ("feed", self.feed_mM)):
            for metabolite, value in table.items():
                if not 0 <= value < float("inf"):
                    raise ParameterError(f"{what}: {metabolite} is {value} mM; give 0 or more")
        for event in self.events:
            _check_event(event, self.duration_h)
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda e: e.time_h)))

    @classmethod
    def from_folder(cls, network: Network) -> ReactorConditions:
        """Read ``bioreactor.csv`` of a network's folder.

        Raises:
            DataError: the network was not read from a folder, or the table has mistakes.
        """
        return cls.read(network, network.file("bioreactor.csv"))

    @classmethod
    def read(cls, network: Network, path: str | Path) -> ReactorConditions:
        """Read a table with the columns kind, id, time_h, value, unit and source.

        Raises:
            DataError: names the file, the line and the remedy.
        """
        rows = read_table(Path(path), COLUMNS)
        single: dict[str, float] = {}
        tables: dict[str, dict[str, float]] = {"medium": {}, "feed": {}}
        held: list[str] = []
        events: list[Event] = []
        seen: dict[tuple[str, str, str], Row] = {}
        for row in rows:
            kind = _checked_kind(row, network)
            earlier = seen.setdefault((kind, row["id"], row["time_h"]), row)
            if earlier is not row:
                raise row.error(f"{kind} stands in line {earlier.line} already; delete one")
            if kind == "held":
                held.append(row["id"])
                continue
            value = row.required_number("value")
            if kind in tables:
                tables[kind][row["id"]] = value
            elif kind in ("inoculum", "duration", "volume"):
                single[kind] = value
            else:
                events.append(Event(row.required_number("time_h"), kind, value, row["id"]))
        if "inoculum" not in single:
            raise DataError(f"{Path(path).name}: no row of kind 'inoculum'; add one in g/L")
        try:
            return cls(
                tables["medium"], single["inoculum"], single.get("duration", 60.0), tuple(held),
                single.get("volume", 1.0), tables["feed"], tuple(events),
            )  # fmt: skip
        except ParameterError as error:
            raise DataError(f"{Path(path).name}: {error}") from error

    def but(self, **changes: Any) -> ReactorConditions:
        """The same with some attributes replaced; ``medium_mM`` and ``feed_mM`` are merged.

        Raises:
            ParameterError: an unknown attribute.

        >>> from renaissance_kit import Network
        >>> batch = ReactorConditions.from_folder(Network.example())
        >>> batch.but(medium_mM={"glc__D_e": 20.0}).medium_mM["nh4_e"]
        18.0
        """
        known = list(self.__dataclass_fields__)
        for name in changes:
            if name not in known:
                raise ParameterError(f"{name!r} is no condition{nearest(name, known)}")
        for name in ("medium_mM", "feed_mM"):
            if name in changes:
                changes[name] = {**getattr(self, name), **changes[name]}
        return replace(self, **changes)

    def chemostat(self, dilution_per_h: float, **feed_mM: float) -> ReactorConditions:
        """The same culture with inflow and outflow from the start; feeds the medium.

        Args:
            dilution_per_h: D, inflow over volume.
            feed_mM: metabolites of the feed that differ from the medium.
        """
        flow = dilution_per_h * self.volume_L
        pumps = (Event(0.0, "inflow", flow), Event(0.0, "outflow", flow))
        return replace(self, feed_mM={**self.medium_mM, **feed_mM}, events=self.events + pumps)

    def fed_batch(
        self, inflow_L_h: float, feed_mM: Mapping[str, float], *, start_h: float = 0.0
    ) -> ReactorConditions:
        """The same culture with inflow from a time on."""
        events = (*self.events, Event(start_h, "inflow", inflow_L_h))
        return replace(self, feed_mM=dict(feed_mM), events=events)

    def check(self, network: Network) -> None:
        """Raise ParameterError unless every metabolite is one of the network's medium."""
        medium = medium_of(network)
        named = {
            **dict.fromkeys(self.medium_mM, "medium"), **dict.fromkeys(self.feed_mM, "feed"),
            **dict.fromkeys(self.held, "held"),
            **{e.metabolite: "pulse" for e in self.events if e.kind == "pulse"},
        }  # fmt: skip
        for metabolite, what in named.items():
            if metabolite not in medium:
                raise ParameterError(
                    f"{what}: {metabolite!r} is not in the medium{nearest(metabolite, medium)}"
                )

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {
            "medium_mM": dict(self.medium_mM),
            "inoculum_gDW_L": self.inoculum_gDW_L,
            "duration_h": self.duration_h,
            "held": list(self.held),
            "volume_L": self.volume_L,
            "feed_mM": dict(self.feed_mM),
            "events": [[e.time_h, e.kind, e.value, e.metabolite] for e in self.events],
        }


def medium_of(network: Network) -> tuple[str, ...]:
    """Metabolites outside the cell."""
    return tuple(
        name
        for name in network.constant
        if network.compartments[network.metabolites[name].compartment].volume_fraction is None
    )


def _check_event(event: Event, duration_h: float) -> None:
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


def _checked_kind(row: Row, network: Network) -> str:
    kind = row["kind"]
    if kind not in UNITS:
        raise row.error(f"unknown kind {kind!r}{nearest(kind, UNITS)}")
    if row["unit"] != UNITS[kind]:
        raise row.error(f"unit {row['unit']!r} of {kind}; write {UNITS[kind]!r}")
    if kind in NAMELESS:
        if row["id"]:
            raise row.error(f"{kind} has no id; leave {row['id']!r} out")
    elif row["id"] not in medium_of(network):
        medium = medium_of(network)
        raise row.error(f"{row['id']!r} is not in the medium{nearest(row['id'], medium)}")
    return kind
