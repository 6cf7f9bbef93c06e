"""What a bioreactor is given: medium, inoculum, gas, feed and events, from a checked table.

A network's folder may hold several such tables: ``bioreactor.csv`` has the name ``own``, and
``bioreactor_NAME.csv`` the name NAME.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.records import compared_by_value
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant
from renaissance_kit.simulation.operations import (
    ALLOWED,
    Dilution,
    Event,
    Transfer,
    check_event,
    dilution_of,
)

UNITS = {kind: allowed.unit for kind, allowed in ALLOWED.items()} | {"held": "1", "dilution": "1"}
SINGLE = (
    "inoculum", "duration", "volume", "growth_density", "exchange_density", "dilution",
)  # fmt: skip
NAMELESS = (*SINGLE, "inflow", "outflow", "harvest")
EVENTS = ("inflow", "outflow", "pulse", "harvest")
_ATTRIBUTES = {
    "inoculum": "gDW_L", "duration": "h", "volume": "L", "growth_density": "gDW_L",
    "exchange_density": "gDW_L",
}  # fmt: skip
OWN = "own"
REACTOR_TABLE = Table(
    "bioreactor.csv",
    (
        Column("kind", words=tuple(UNITS), filled=True),
        Column("id"),
        Column("time_h", Kind.NUMBER, least=0, most=ALLOWED["duration"].most),
        Column("value"),
        Column("unit", filled=True),
        Column("source", filled=True),
    ),
    key=("kind", "id", "time_h"),
)


@compared_by_value
@dataclass(frozen=True)
class ReactorConditions:
    """Conditions of a bioreactor simulation.

    A batch has no pumps. With inflow alone it is a fed-batch, with inflow and outflow equal a
    chemostat. A metabolite of the medium that is neither held nor exchanged with a gas is a finite
    supply.

    Attributes:
        medium_mM: metabolites of the fresh medium. Those that are not named start saturated where
            they are exchanged with a gas, else at the concentration of the steady state.
        inoculum_gDW_L: biomass at the start.
        duration_h: length of the simulation.
        held: metabolites of the medium that stay as they are, by aeration or pH control.
        volume_L: of the culture at the start.
        feed_mM: medium of the inflow; metabolites that are not named are not in it.
        events: in any order.
        transfer: between gas and medium, by metabolite.
        growth_density_gDW_L: dry weight of a litre of cell with which a rate of growth (mM/h)
            becomes a growth rate (1/h); that of the steady state if not given. With another one
            cells do not start at the growth rate of the steady state.
        exchange_density_gDW_L: the same with which rates become changes of the medium. In a cell
            both are one number; where two are given, mass is not conserved exactly (see
            `renaissance_kit.simulation.dynamics`).
        dilution: what growth does to intracellular metabolites.
    """

    medium_mM: Mapping[str, float]
    inoculum_gDW_L: float
    duration_h: float = 60.0
    held: tuple[str, ...] = ()
    volume_L: float = 1.0
    feed_mM: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    transfer: Mapping[str, Transfer] = field(default_factory=dict)
    growth_density_gDW_L: float | None = None
    exchange_density_gDW_L: float | None = None
    dilution: Dilution = Dilution.REPLACED

    def __post_init__(self) -> None:
        require_kinds(self)
        object.__setattr__(self, "dilution", dilution_of(self.dilution))
        for name, unit in _ATTRIBUTES.items():
            value = getattr(self, f"{name}_{unit}")
            if value is not None and (wrong := ALLOWED[name].problem(name, value)):
                raise ParameterError(wrong)
        for kind, table in (("medium", self.medium_mM), ("feed", self.feed_mM)):
            for metabolite, value in table.items():
                if wrong := ALLOWED[kind].problem(f"{kind}: {metabolite}", value):
                    raise ParameterError(wrong)
        for metabolite in set(self.held) & set(self.transfer):
            raise ParameterError(f"{metabolite} is held and exchanged with a gas; choose one")
        for event in self.events:
            check_event(event, self.duration_h)
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda e: e.time_h)))

    @classmethod
    def from_folder(cls, network: Network, name: str = OWN) -> ReactorConditions:
        """Read conditions of a network's folder by their name.

        Args:
            name: ``own`` for ``bioreactor.csv``, else that of a file ``bioreactor_NAME.csv``.

        Raises:
            ParameterError: no conditions of that name; lists those that exist.
            DataError: the network was not read from a folder, or the table has mistakes.

        >>> from renaissance_kit import Network
        >>> published = ReactorConditions.from_folder(Network.example(), "published")
        >>> published.growth_density_gDW_L, published.exchange_density_gDW_L
        (331.5, 280.0)
        """
        names = condition_names(network)
        if names and name not in names:
            folder = network.file("").name
            raise ParameterError(
                f"conditions {name!r} are not in the folder {folder}{nearest(name, names)} There "
                f"are {', '.join(names)}; to add some, write {_file_of(name)}"
            )
        return cls.read(network, network.file(_file_of(name)))

    @classmethod
    def read(cls, network: Network, path: str | Path) -> ReactorConditions:
        """Read a table with the columns kind, id, time_h, value, unit and source.

        Raises:
            DataError: names the file, the line and the remedy.
        """
        rows = REACTOR_TABLE.read(path)
        single: dict[str, Any] = {}
        tables: dict[str, dict[str, float]] = {
            "medium": {},
            "feed": {},
            "kla": {},
            "saturation": {},
        }
        held: list[str] = []
        events: list[Event] = []

        def take(row: Row) -> None:
            kind, name = row["kind"], row["id"]
            _check_cells(row, network)
            if kind == "held":
                held.append(name)
            elif kind == "dilution":
                single[kind] = _dilution_in(row)
            else:
                value = row.required_number("value")
                if wrong := ALLOWED[kind].problem(kind, value):
                    raise row.error(wrong)
                if kind in tables:
                    tables[kind][name] = value
                elif kind in SINGLE:
                    single[kind] = value
                else:
                    events.append(Event(row.required_number("time_h"), kind, value, name))

        each(rows, take)
        if "inoculum" not in single:
            raise DataError(f"{Path(path).name}: no row of kind 'inoculum'; add one in g/L")
        _check_gas(rows)
        transfer = {m: Transfer(kla, tables["saturation"][m]) for m, kla in tables["kla"].items()}
        try:
            return cls(
                tables["medium"], single["inoculum"], single.get("duration", 60.0), tuple(held),
                single.get("volume", 1.0), tables["feed"], tuple(events), transfer,
                single.get("growth_density"), single.get("exchange_density"),
                single.get("dilution", Dilution.REPLACED),
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

    def with_held(self, metabolite: str) -> ReactorConditions:
        """The same with a metabolite that stays as it is.

        >>> from renaissance_kit import Network
        >>> batch = ReactorConditions.from_folder(Network.example(), "published")
        >>> batch.with_held("o2_e").held
        ('co2_e', 'h_e', 'o2_e')
        """
        held = (*(m for m in self.held if m != metabolite), metabolite)
        return replace(self, held=held, transfer=self._gas_without(metabolite))

    def with_finite(self, metabolite: str, medium_mM: float) -> ReactorConditions:
        """The same with a metabolite of which there is what the medium holds, and no more."""
        return replace(
            self, medium_mM={**self.medium_mM, metabolite: medium_mM},
            held=self._held_without(metabolite), transfer=self._gas_without(metabolite),
        )  # fmt: skip

    def with_transfer(
        self, metabolite: str, kla_per_h: float, saturation_mM: float
    ) -> ReactorConditions:
        """The same with a metabolite that is exchanged with a gas; the fresh medium is saturated.

        >>> from renaissance_kit import Network
        >>> batch = ReactorConditions.from_folder(Network.example())
        >>> batch.with_transfer("o2_e", 100.0, 0.21).transfer["o2_e"].kla_per_h
        100.0
        """
        medium = {m: v for m, v in self.medium_mM.items() if m != metabolite}
        gas = {**self.transfer, metabolite: Transfer(kla_per_h, saturation_mM)}
        return replace(self, medium_mM=medium, held=self._held_without(metabolite), transfer=gas)

    def _held_without(self, metabolite: str) -> tuple[str, ...]:
        return tuple(m for m in self.held if m != metabolite)

    def _gas_without(self, metabolite: str) -> dict[str, Transfer]:
        return {m: gas for m, gas in self.transfer.items() if m != metabolite}

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
            **dict.fromkeys(self.held, "held"), **dict.fromkeys(self.transfer, "transfer"),
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
            "transfer": {name: asdict(gas) for name, gas in self.transfer.items()},
            "growth_density_gDW_L": self.growth_density_gDW_L,
            "exchange_density_gDW_L": self.exchange_density_gDW_L,
            "dilution": str(self.dilution),
        }


def condition_names(network: Network) -> tuple[str, ...]:
    """Names of the conditions in a network's folder, ``own`` first.

    >>> from renaissance_kit import Network
    >>> condition_names(Network.example())
    ('own', 'aerated', 'published')
    """
    folder = network.file("")
    own = (OWN,) if (folder / _file_of(OWN)).is_file() else ()
    others = sorted(path.stem.removeprefix("bioreactor_") for path in folder.glob(_file_of("*")))
    return (*own, *others)


def _file_of(name: str) -> str:
    return "bioreactor.csv" if name == OWN else f"bioreactor_{name}.csv"


def medium_of(network: Network) -> tuple[str, ...]:
    """Metabolites outside the cell."""
    return tuple(
        name
        for name in network.constant
        if network.compartments[network.metabolites[name].compartment].volume_fraction is None
    )


def _dilution_in(row: Row) -> Dilution:
    try:
        return dilution_of(row["value"])
    except ParameterError as error:
        raise row.error(str(error)) from error


def _check_gas(rows: list[Row]) -> None:
    """Raise DataError unless kla and saturation of a metabolite stand together, and alone."""
    by_kind = {(row["kind"], row["id"]): row for row in rows}
    for kind, other in (("kla", "saturation"), ("saturation", "kla")):
        for (this, metabolite), row in by_kind.items():
            if this == kind and (other, metabolite) not in by_kind:
                raise row.error(f"{kind} without {other}; add a row {other} in {UNITS[other]}")
            if this == kind and ("held", metabolite) in by_kind:
                held = by_kind["held", metabolite].line
                raise row.error(f"line {held} holds {metabolite}; delete one of the two")


def _check_cells(row: Row, network: Network) -> None:
    """Raise DataError unless a row has what its kind takes, and nothing else."""
    kind = row["kind"]
    if row["unit"] != UNITS[kind]:
        raise row.error(f"unit {row['unit']!r} of {kind}; write {UNITS[kind]!r}")
    if kind in NAMELESS:
        if row["id"]:
            raise row.error(f"{kind} has no id; leave {row['id']!r} out")
    elif row["id"] not in medium_of(network):
        medium = medium_of(network)
        raise row.error(f"{row['id']!r} is not in the medium{meant(network, row['id'], medium)}")
    if kind not in EVENTS and row["time_h"]:
        raise row.error(f"{kind} holds from the start; leave time_h empty")
    if kind == "held" and row["value"]:
        raise row.error("held has no value; leave it empty, and give the start in a row medium")
