"""Names of databases: what a KEGG, MetaNetX or ModelSEED id, an EC number or a word is called here.

The optional table ``ids.csv`` says so of databases; EC numbers, ids of ModelSEED and names in words
stand in the tables of metabolites and reactions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from renaissance_kit.core.errors import nearest
from renaissance_kit.core.tables import Row, each
from renaissance_kit.network.network import Network
from renaissance_kit.network.tables import OTHER_ID_TABLE

_PREFIX = re.compile(
    r"(kegg|metanetx|seed|bigg|ec)([._-]?(compound|reaction|chemical|metabolite|code))?[ :]\s*",
    re.IGNORECASE,
)
_SHOWN = 6


def meant(network: Network, name: str, known: Collection[str]) -> str:
    """A hint what a name of another database is called here; else as `core.nearest`.

    Args:
        name: as somebody wrote it: an id of a database, an EC number, a name in words, or the id of
            a substance without its compartment.
        known: ids that may be meant.

    Raises:
        DataError: ``ids.csv`` of the network has a mistake.

    >>> from renaissance_kit import Network
    >>> network = Network.example()
    >>> meant(network, "C00074", network.species), meant(network, "2.7.1.11", network.reactions)
    ("; here that is 'pep_c'.", "; here that is 'PFK' or 'PFK_3'.")
    """
    wanted = _PREFIX.sub("", name.strip(), count=1).casefold()
    found = list(dict.fromkeys(i for i in _called(network, wanted) if i in known))
    if not found:
        return nearest(name, known)
    *most, last = (repr(i) for i in found[:_SHOWN])
    listed = f"{', '.join(most)} or {last}" if most else last
    return f"; here that is {listed}."


def other_ids(network: Network) -> Mapping[str, frozenset[str]]:
    """Ids here of reactions and substances, by that of a database in small letters.

    Raises:
        DataError: ``ids.csv`` has a mistake.

    >>> from renaissance_kit import Network
    >>> sorted(other_ids(Network.example())["c00074"])
    ['pep']
    """
    if network.folder is None:
        return {}
    path = network.folder / OTHER_ID_TABLE.name
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    rows = _read(network.folder, stamp)
    ids = {
        *network.reactions,
        *network.metabolites,
        *(m.base for m in network.metabolites.values()),
    }
    found: dict[str, set[str]] = {}

    def take(row: Row) -> None:
        if row["id"] not in ids:
            raise row.error(f"{row['id']!r} is unknown{nearest(row['id'], ids)} Correct the row")
        found.setdefault(row["other_id"].casefold(), set()).add(row["id"])

    each(rows, take)
    return {name: frozenset(here) for name, here in found.items()}


def _called(network: Network, wanted: str) -> Iterator[str]:
    others = other_ids(network).get(wanted, ())
    for m in network.metabolites.values():
        if wanted in (m.base.casefold(), m.name.casefold(), m.database_id.casefold()) or (
            m.id in others or m.base in others
        ):
            yield m.id
    for r in network.reactions.values():
        codes = [code.strip() for code in r.ec.split(";")]
        if wanted in codes or wanted == r.name.casefold() or r.id in others:
            yield r.id


@lru_cache(maxsize=8)
def _read(folder: Path, stamp: int) -> list[Row]:
    return OTHER_ID_TABLE.read_if_there(folder)
