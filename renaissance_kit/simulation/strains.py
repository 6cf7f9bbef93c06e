"""Engineered strains of an organism: the optional table ``strains.csv``."""

from __future__ import annotations

from renaissance_kit.core.columns import Column
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant

STRAIN_TABLE = Table(
    "strains.csv",
    (
        Column("strain", filled=True),
        Column("reaction", filled=True),
        Column("source", filled=True),
    ),
    key=("strain", "reaction"),
)


def engineered_strains(network: Network) -> dict[str, tuple[str, ...]]:
    """Reactions whose enzyme is overexpressed, by strain, in the order of ``strains.csv``.

    Empty where the network has no such table.

    Raises:
        DataError: an unknown reaction, or a row that stands twice.

    >>> from renaissance_kit import Network
    >>> engineered_strains(Network.example())["W3110 trpD9923/pJLaroGfbrtktA"]
    ('DDPA', 'TKT1', 'TKT2')
    """
    if network.folder is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}

    def take(row: Row) -> None:
        name = row["reaction"]
        if name not in network.reaction_index:
            hint = meant(network, name, network.kinetic_reactions)
            raise row.error(f"{name!r} is unknown{hint} Correct it or remove the row")
        found[row["strain"]] = (*found.get(row["strain"], ()), name)

    each(STRAIN_TABLE.read_if_there(network.folder), take)
    return found
