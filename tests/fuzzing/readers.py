"""Subjects: files, and how the kit reads them. Here the tables of networks and of users."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from renaissance_kit import (
    KMMeasurements,
    Network,
    ReactorConditions,
    SteadyState,
    SteadyStates,
    studies,
)
from renaissance_kit.analysis import EnzymeCapacities
from renaissance_kit.core import data_folder
from renaissance_kit.design import published_designs
from renaissance_kit.network import other_ids
from renaissance_kit.objectives import Phenotypes
from renaissance_kit.simulation import engineered_strains
from renaissance_kit.states import Constraints, quantities, read_time_course

from . import described, described_measurements as measured, described_states
from .described import Names
from .mutations import Mutation, of_tables
from .oracle import Meaning, Verdict
from .tables import Table

LACTIC = Path(__file__).resolve().parents[1] / "data" / "lactic"
Read = Callable[[Path], Meaning]


@dataclass(frozen=True)
class Subject:
    """One file among those that belong to it.

    Attributes:
        name: of the subject.
        files: all of its folder, by name.
        target: the one that is changed.
        read: reads the folder as a user does.
        mutations: by name.
        judge: what reading other content should do, where a mutation does not say it.
        places: one of them stands in a message that says where.
    """

    name: str
    files: Mapping[str, bytes]
    target: str
    read: Read
    mutations: Mapping[str, Mutation]
    places: Sequence[str]
    judge: Callable[[bytes], Verdict] | None = None


def subjects() -> dict[str, Callable[[], Subject]]:
    """What makes each subject, by its name."""
    out: dict[str, Callable[[], Subject]] = {}
    for folder, read, tables in _FOLDERS:
        for table in tables:
            out[f"{folder}/{table}.csv"] = lambda f=folder, r=read, t=table: _table(f, r, t)
    for name in _OWN:
        out[f"own/{name}.csv"] = lambda n=name: _own(n)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """The tables of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def _subject(
    name: str, files: dict[str, bytes], target: str, read: Read, description: Table,
    more: Sequence[str] = (),
) -> Subject:  # fmt: skip
    """A table; its description must allow what it holds."""
    original = files[target]
    description.verdict(original, original)
    return Subject(
        name, files, target, read, of_tables(), (target, *more),
        lambda changed: description.verdict(original, changed),
    )  # fmt: skip


# --- the tables of a network -----------------------------------------------------------------


def _table(folder: str, read: Callable[[Path, str], Meaning], table: str) -> Subject:
    where = LACTIC if folder == "lactic" else data_folder() / folder
    files = contents(where)
    if table == "km_measurements":  # a part of 556 rows, with all that its columns may hold
        lines = files["km_measurements.csv"].splitlines(keepends=True)
        flagged = [line for line in lines[1:] if b"outlier" in line or b"unit" in line]
        files["km_measurements.csv"] = b"".join(dict.fromkeys([*lines[:60], *flagged[:10]]))
    names = Names.of(files)
    description = _DESCRIBED[table](names)
    ids = (*names.ids("metabolites"), *names.ids("reactions"), *names.ids("compartments"))
    return _subject(
        f"{folder}/{table}.csv", files, f"{table}.csv", lambda path: read(path, table),
        description, [i for i in ids if len(i) > 2],
    )  # fmt: skip


def _entries(network: Network, table: str) -> list[Any] | None:
    """One entry for each row of a table of the network itself."""
    if table == "figures":
        return [(kind, *item) for kind, items in network.labels.items() for item in items.items()]
    records = getattr(network, table, None)
    if not isinstance(records, Mapping):
        return None
    return [repr((name, _plain(asdict(record)))) for name, record in records.items()]


def _plain(record: Mapping[str, Any]) -> list[Any]:
    """A record as text does not tell the order of its mappings apart."""
    items = sorted(record.items())
    return [(k, _plain(v) if isinstance(v, Mapping) else v) for k, v in items]


def _network_of(path: Path, table: str) -> tuple[Network, Meaning]:
    network = Network.from_folder(path)
    parts = ("metabolites", "reactions", "compartments", "conditions", "figures")
    rest = {part: sorted(map(repr, _entries(network, part) or ())) for part in parts}
    return network, Meaning(_entries(network, table), {"digest of kinetics": "", **rest})


def _read_tiny(path: Path, table: str) -> Meaning:
    network, meaning = _network_of(path, table)
    state = SteadyState.from_folder(network)
    rows = _state_rows(network, state)
    own = rows if table == "steady_state" else meaning.rows
    return Meaning(own, {**meaning.rest, "state": sorted(rows)})


def _state_rows(network: Network, state: SteadyState) -> list[Any]:
    numbers = (
        ("c", network.species, state.concentrations_mM),
        ("v", network.kinetic_reactions, state.fluxes_mmol_gDW_h),
        ("rho", network.kinetic_reactions, state.log_displacement),
    )
    return [
        (kind, *item)
        for kind, names, array in numbers
        for item in zip(names, array.tolist(), strict=True)
    ]


def _read_lactic(path: Path, table: str) -> Meaning:
    network, meaning = _network_of(path, table)
    rest, rows = dict(meaning.rest), meaning.rows
    known = Constraints.from_folder(network)
    rest["constraints"] = {k: sorted(map(repr, _items(v))) for k, v in known.to_dict().items()}
    rest["reactor"] = reactor = _reactor_rows(ReactorConditions.from_folder(network))
    rest["courses"] = courses = _courses(network)
    own = {
        "medium": [(m, repr(b)) for m, b in known.medium_mM.items()],
        "bioreactor": reactor, "fermentation": courses,
    }  # fmt: skip
    rest["reactor"], rest["courses"] = sorted(map(repr, reactor)), sorted(map(repr, courses))
    return Meaning(own.get(table, rows), rest)


def _items(value: Any) -> list[Any]:
    return list(value.items()) if isinstance(value, Mapping) else [value]


def _reactor_rows(given: ReactorConditions) -> list[Any]:
    """One entry a row; what has a default counts as not written where it is the default."""
    rows: list[Any] = [("inoculum", given.inoculum_gDW_L), ("duration", given.duration_h)]
    rows += [("volume", given.volume_L), ("dilution", str(given.dilution))]
    rows += [("growth_density", given.growth_density_gDW_L)]
    rows += [("exchange_density", given.exchange_density_gDW_L)]
    rows += [("medium", *item) for item in given.medium_mM.items()]
    rows += [("feed", *item) for item in given.feed_mM.items()]
    rows += [("held", name) for name in given.held]
    rows += [("event", e.time_h, e.kind, e.value, e.metabolite) for e in given.events]
    for name, gas in given.transfer.items():
        rows += [("kla", name, gas.kla_per_h), ("saturation", name, gas.saturation_mM)]
    default = (("volume", 1.0), ("dilution", "replaced"), ("duration", 60.0))
    return [row for row in rows if row[1:] != (None,) and row not in default]


def _courses(network: Network) -> list[Any]:
    rows: list[Any] = []
    quantities(network)
    text = network.file("fermentation.csv").read_text("utf-8-sig")
    text = text.removeprefix("sep=,\n").removeprefix("sep=,\r\n")
    cells = [row for row in csv.reader(io.StringIO(text)) if "".join(row).strip()]
    at = [name.strip() for name in cells[0]].index("strain")
    for strain in dict.fromkeys(row[at].strip() for row in cells[1:]):
        for quantity in quantities(network, strain):
            course = read_time_course(network, quantity, strain)
            about = (strain, quantity, course.variable, course.unit, repr(course.molar_mass_g_mol))
            points = zip(course.time_h, course.value, course.low, course.high, strict=True)
            rows += [(*about, *map(float, point)) for point in points]
    return rows


# --- the tables that only the large network has ------------------------------------------------


def _large(path: Path) -> Network:
    """The E. coli network with its tables in another folder; its own four are not read again."""
    global _ECOLI
    if _ECOLI is None:
        _ECOLI = Network.example()
    return replace(_ECOLI, folder=path)


_ECOLI: Network | None = None


def _read_large(path: Path, table: str) -> Meaning:
    network = _large(path)
    if table == "strains":
        found = engineered_strains(network)
        return Meaning([(s, r) for s, reactions in found.items() for r in reactions])
    if table == "designs":
        known = published_designs(network)
        return Meaning([(d, r, way) for d, ways in known.items() for r, way in ways.items()])
    if table == "published":
        frame = studies.published(network)
        kept = frame[[
            "claim", "quantity", "time_min", "value", "low", "high", "beyond_chance", "because",
            "source",
        ]]  # fmt: skip
        rows = [tuple(map(repr, row)) for row in kept.itertuples(index=False)]
        return Meaning(rows, {"returns": studies.published_returns(network)})
    if table == "km_measurements":
        return _km(KMMeasurements.example(network))
    if table == "published_states":
        return _published_states(network, SteadyStates.published(network))
    if table == "fermentation":
        return Meaning(_courses(network))
    if table.startswith("bioreactor"):
        name = table.partition("_")[2] or "own"
        return Meaning(_reactor_rows(ReactorConditions.from_folder(network, name)))
    if table == "regulation_published":
        regulated = Network.from_folder(path, regulation="published").reactions.values()
        rows = [(r.id, m.metabolite, m.kind, m.source) for r in regulated for m in r.modifiers]
        return Meaning(rows)
    if table == "ids":
        found = other_ids(Network.from_folder(path))
        return Meaning(None, {name: sorted(ids) for name, ids in found.items()})
    if table == "figures":
        again = Network.from_folder(path)
        return Meaning(_entries(again, "figures"))
    known = Constraints.from_folder(network)
    return Meaning(None, {k: sorted(map(repr, _items(v))) for k, v in known.to_dict().items()})


def _published_states(network: Network, states: SteadyStates) -> Meaning:
    each = {s.label: s for s in states}
    order = sorted(each)
    rows: list[Any] = [("density", tuple(order), tuple(each[n].density_gDW_L for n in order))]
    for kind in ("concentrations_mM", "fluxes_mmol_gDW_h", "log_displacement"):
        names = network.species if kind == "concentrations_mM" else network.kinetic_reactions
        for j, name in enumerate(names):
            values = tuple(getattr(each[n], kind)[j] for n in order)
            if values[0] == values[0]:
                rows.append((kind, name, tuple(order), values))
    return Meaning(rows)


# --- tables that users bring -------------------------------------------------------------------


def _km(table: KMMeasurements) -> Meaning:
    rows = [
        (m.name, m.value_mM, m.low_mM, m.high_mM, m.source, m.distinct, m.flag)
        for m in table.measurements
    ]
    return Meaning(rows, {"ranges": {k: tuple(v) for k, v in table.ranges().items()}})


def _own(name: str) -> Subject:
    content, description, read = _OWN[name]
    network = Network.example("tiny")
    names = Names.of(contents(data_folder() / "tiny"))
    return _subject(
        f"own/{name}.csv", {"mine.csv": content.encode()}, "mine.csv",
        lambda path: read(network, path / "mine.csv"), description(names),
    )  # fmt: skip


def _phenotypes(network: Network, path: Path) -> Meaning:
    found = Phenotypes.read(network, path).phenotypes
    return Meaning(
        None,
        {
            f"{seen.strain}: {seen.quantity}": repr(
                (sorted(seen.vmax_factors.items()), seen.low, seen.high)
            )
            for seen in found
        },
    )


def _capacities(network: Network, path: Path) -> Meaning:
    found = EnzymeCapacities.read(network, path).capacities
    return Meaning(None, {name: repr(capacity) for name, capacity in found.items()})


_KM_IN_UNITS = """reaction,metabolite,value,unit,low,high,source,flag,note
HEX,glc__D_c,0.04,mM,0.03,0.05,"my assay, 2026",,
HEX,glc__D_c,90,uM,,,a paper of 2019,,"25 °C, pH 7.5"
HEX,atp_c,0.0002,M,,,my assay,,
PGI,g6p_c,280,µM,250,300,my assay,,
PGI,f6p_c,150000,nM,,,my assay,,
FRUK,f6p_c,33,mM,,,a paper of 1984,ten times what others find,
FRUK,adp_c,0.35,mM,,,my assay,,
"""
_KM_PLAIN = """reaction,metabolite,km_mM,distinct,flag,source
HEX,glc__D_c,0.04,1,,my assay
HEX,glc__D_c,0.04,0,,a database that copied it
PGI,g6p_c,0.28,1,,my assay
PGI,g6p_c,2.8,1,another temperature,a paper
FRUK,adp_c,0.35,1,,my assay
"""
_PHENOTYPES = """strain,reaction,factor,quantity,low,high,source
half HEX,HEX,0.5,PGI,0.6,0.9,my assay
no PGI,PGI,0,FRUK,0,0.1,"knock-out, 2026"
two,HEX,2,FRUK,1,1.8,a paper
two,PGI,3,FRUK,1,1.8,a paper
"""
_ENZYMES = """reaction,kcat_per_s,enzyme_umol_gDW,kcat_reverse_per_s,source
HEX,100,0.01,,"turnover: my assay; amount: proteomics, 2026"
PGI,250,0.02,180,my assay
FRUK,12.5,0.004,1.5,a paper
"""
_OWN: dict[str, tuple[str, Callable[[Names], Table], Callable[[Network, Path], Meaning]]] = {
    "km_in_units": (
        _KM_IN_UNITS, lambda names: measured.measured_km(names, amount="value"),
        lambda network, path: _km(KMMeasurements.read(network, path)),
    ),
    "km_plain": (
        _KM_PLAIN, measured.measured_km,
        lambda network, path: _km(KMMeasurements.read(network, path)),
    ),
    "enzymes": (_ENZYMES, measured.enzymes, _capacities),
    "phenotypes": (_PHENOTYPES, measured.phenotypes, _phenotypes),
}  # fmt: skip

_DESCRIBED: dict[str, Callable[[Names], Table]] = {
    **{
        name: getattr(described, name)
        for name in ("metabolites", "reactions", "compartments", "conditions", "figures", "ids")
    },
    **{
        name: getattr(described_states, name)
        for name in (
            "steady_state", "published_states", "medium", "concentrations", "constraints",
        )
    },
    "fermentation": measured.fermentation, "strains": measured.strains, "designs": measured.designs,
    "published": measured.published, "bioreactor": measured.bioreactor,
    "bioreactor_aerated": measured.bioreactor, "bioreactor_published": measured.bioreactor,
    "km_measurements": measured.measured_km, "regulation_published": described.regulation,
}  # fmt: skip
_FOLDERS = (
    (
        "tiny", _read_tiny,
        ("metabolites", "reactions", "compartments", "conditions", "figures", "steady_state"),
    ),
    (
        "lactic", _read_lactic,
        (
            "metabolites", "reactions", "compartments", "conditions", "constraints", "medium",
            "concentrations", "fermentation", "bioreactor",
        ),
    ),
    (
        "ecoli_w3110_trpd9923", _read_large,
        (
            "strains", "designs", "published", "km_measurements", "published_states",
            "fermentation", "bioreactor", "bioreactor_aerated", "bioreactor_published", "figures",
            "constraints", "concentrations", "medium", "ids",
            "regulation_published",
        ),
    ),
)  # fmt: skip
