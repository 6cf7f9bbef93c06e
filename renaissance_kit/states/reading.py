"""Reads what is known of steady states from three tables of a data folder.

``constraints.csv`` (fluxes and general rules), ``medium.csv`` (extracellular concentrations) and
``concentrations.csv`` (measured concentrations).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.numbers import PURE_WATER_MM
from renaissance_kit.core.tables import Row, each
from renaissance_kit.network.labels import ratio_of
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant
from renaissance_kit.states.bounds import Bound, Measured
from renaissance_kit.states.fermentation import uptake_range
from renaissance_kit.states.tables import (
    CONCENTRATION_TABLE,
    CONSTRAINT_TABLE,
    CONSTRAINT_UNITS,
    FERMENTATION_TABLE,
    MEDIUM_TABLE,
)

_GENERAL = ("every_flux", "total_flux", "driving_force", "measured_fold", "pool", "turnover_time")
_ENDS = {
    "total_flux": ("high",),
    "driving_force": ("low",),
    "measured_fold": ("high",),
    "turnover_time": ("high",),
    "unmeasured": (),
}  # of the other kinds both


def choose_measurements(rows: Iterable[Row]) -> dict[str, Measured]:
    """The measured concentration of each metabolite, in mM.

    Raises:
        DataError: a metabolite has several rows, and they do not say which one is used.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["metabolite"], []).append(row)
    chosen, problems = {}, []
    for name, of_name in found.items():
        used = [row for row in of_name if row.flag("preferred")]
        if len(of_name) == 1 and not of_name[0]["preferred"]:
            used = of_name
        silent = [row for row in of_name if not row["preferred"]]
        if len(of_name) > 1 and (len(used) > 1 or silent):
            places = ", ".join(str(row.line) for row in of_name)
            problem = (
                f"{name} has several measurements (in {of_name[0].counted} {places}); average "
                "replicates into one row, with the least in low_mM and the greatest in high_mM; or "
                "write 1 into the column preferred of the one to use, and 0 into that of every "
                "other"
            )
            problems.append(str((silent or used)[-1].error(problem)))
        for row in used:
            value, low, high = (row.number(f"{x}_mM") for x in ("value", "low", "high"))
            chosen[name] = Measured.of(value, low, high, row["source"])
    if problems:
        raise DataError(*problems)
    return chosen


def read_constraints(network: Network, folder: Path) -> dict[str, Any]:
    """Read the three tables of a folder: the attributes of a `Constraints`.

    Raises:
        DataError: with file, line and remedy.
    """
    rows = CONSTRAINT_TABLE.read(folder / CONSTRAINT_TABLE.name)
    transport = {r.transport for r in network.reactions.values() if r.transport}
    general: dict[str, Row] = {}
    unmeasured: set[str] = set()
    directions: dict[str, int] = {}
    bounds: dict[str, dict[str, Bound]] = {kind: {} for kind in CONSTRAINT_UNITS}
    known: dict[str, Collection[str]] = {
        "flux": network.reactions,
        "fermentation": network.reactions,
        "direction": network.kinetic_reactions,
        "energy": network.kinetic_reactions,
        "displacement": {*network.kinetic_reactions, *transport},
        "concentration": network.species_index,
        "unmeasured": network.species_index,
    }

    def take(row: Row) -> None:
        kind, name = row["kind"], row["id"]
        _check_cells(row, network)
        if kind in _GENERAL:
            general[kind] = row
        elif kind == "unmeasured":
            if name != "*":
                _known(row, network, known[kind])
            unmeasured.add(name)
        elif kind == "ratio":
            for reaction in chain(*ratio_of(name, row)):
                if reaction not in network.reactions:
                    raise row.error(
                        f"{reaction!r} is unknown{meant(network, reaction, network.reactions)} "
                        "Correct it or remove the row"
                    )
            bounds[kind][name] = _bound(row)
        else:
            _known(row, network, known[kind])
            if kind == "direction":
                directions[name] = _direction(row)
            elif kind == "fermentation":
                bounds[kind][name] = _fermented(row, network, folder)
            else:
                bounds[kind][name] = _bound(row)

    each(rows, take)
    for row in rows:
        if row["kind"] == "fermentation" and row["id"] in bounds["flux"]:
            raise row.error(f"{row['id']} has a row of kind flux too; remove one of the two")
    missing = [kind for kind in _GENERAL if kind not in general]
    if missing:
        raise rows[0].error(f"the table has no row '*' of kind {', '.join(missing)}; add it")
    medium = _medium(network, folder)
    measured = {} if "*" in unmeasured else _measured(network, folder, unmeasured, medium)
    for row in rows:
        if row["kind"] == "concentration" and row["id"] in (*medium, *measured):
            where = MEDIUM_TABLE.name if row["id"] in medium else CONCENTRATION_TABLE.name
            raise row.error(f"{where} has a row of {row['id']} too; remove one of the two")
    of_class = {
        r: bounds["displacement"][network.reactions[r].transport]
        for r in network.kinetic_reactions
        if network.reactions[r].transport in bounds["displacement"]
    }
    of_one = {r: b for r, b in bounds["displacement"].items() if r not in transport}
    ends = {
        (kind, end): general[kind].number(end)
        for kind in _GENERAL
        for end in _ENDS.get(kind, ("low", "high"))
    }
    return {
        "fluxes": {**bounds["flux"], **bounds["fermentation"]},
        "directions": directions,
        "energies_kJ_mol": bounds["energy"],
        "displacements": {**of_class, **of_one},
        "ratios": bounds["ratio"],
        "measured_mM": measured,
        "medium_mM": medium,
        "pools_mM": bounds["concentration"],
        "pool_mM": _bound(general["pool"]),
        "minimum_flux": ends["every_flux", "low"],
        "maximum_flux": ends["every_flux", "high"],
        "total_flux_factor": ends["total_flux", "high"],
        "driving_force_kJ_mol": ends["driving_force", "low"],
        "measured_fold": ends["measured_fold", "high"],
        "turnover_time_min": ends["turnover_time", "high"],
    }


def _check_cells(row: Row, network: Network) -> None:
    """Raise unless a row has the id, unit and numbers that its kind takes, and no others."""
    kind = row["kind"]
    if kind in _GENERAL and row["id"] != "*":
        raise row.error(f"kind {kind!r} is a general rule; write '*' as its id")
    if kind not in (*_GENERAL, "unmeasured") and row["id"] == "*":
        raise row.error(f"kind {kind!r} is for one item; write its id instead of '*'")
    unit = network.flux_unit(row["id"]) if kind == "flux" else CONSTRAINT_UNITS[kind]
    if row["unit"] != unit:
        raise row.error(f"unit {row['unit']!r}; write {unit!r}")
    for end in ("low", "high"):
        if end in _ENDS.get(kind, ("low", "high")):
            row.required_number(end)
        elif row[end]:
            raise row.error(f"{kind} has no {end}; leave it empty")
    if kind in ("pool", "concentration") and row.number("high") > PURE_WATER_MM:
        raise row.error(f"high is {row['high']} mM; write at most {PURE_WATER_MM:,.0f}, pure water")
    for column in ("strain", "quantity"):
        if row[column] and kind != "fermentation":
            raise row.error(f"{column} is for rows of kind fermentation; leave it empty")


def _medium(network: Network, folder: Path) -> dict[str, Bound]:
    def bound(row: Row) -> tuple[str, Bound]:
        _known(row, network, network.constant, "metabolite")
        low, high = row.number("low_mM"), row.number("high_mM")
        return row["metabolite"], Bound(low, high, row["source"])

    return dict(each(MEDIUM_TABLE.read(folder / MEDIUM_TABLE.name), bound))


def _measured(
    network: Network, folder: Path, unmeasured: set[str], medium: Mapping[str, Bound]
) -> dict[str, Measured]:
    rows = CONCENTRATION_TABLE.read(folder / CONCENTRATION_TABLE.name)

    def check(row: Row) -> None:
        _known(row, network, network.species_index, "metabolite")
        if row["metabolite"] in medium:
            raise row.error(f"{row['metabolite']} is in medium.csv as well; keep one of the two")

    each(rows, check)
    return choose_measurements(row for row in rows if row["metabolite"] not in unmeasured)


def _known(row: Row, network: Network, known: Collection[str], column: str = "id") -> None:
    if row[column] not in known:
        hint = meant(network, row[column], known)
        raise row.error(f"{row[column]!r} is unknown{hint} Correct it or remove the row")


def _direction(row: Row) -> int:
    sign = row.number("low")
    if sign not in (-1.0, 1.0) or row.number("high") != sign:
        raise row.error("a direction is 1 or -1, the same in low and high")
    return int(sign)


def _fermented(row: Row, network: Network, folder: Path) -> Bound:
    """Bounds of an exchange flux from the fermentation of a strain."""
    if network.reactions[row["id"]].role != "exchange":
        raise row.error("a fermentation measures exchanges; use the exchange reaction")
    strain, quantity = row["strain"], row["quantity"]
    if not strain or not quantity:
        raise row.error(
            "a fermentation row needs the columns strain and quantity, written as in "
            "fermentation.csv; fill them in"
        )
    window = _bound(row)
    rate = uptake_range(
        network, quantity, window.low, window.high, strain, folder / FERMENTATION_TABLE.name
    )
    return Bound(-rate.high, -rate.low, row["source"])


def _bound(row: Row) -> Bound:
    return Bound(row.required_number("low"), row.required_number("high"), row["source"])
