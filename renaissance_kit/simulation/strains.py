"""Engineered strains of an organism: the optional table ``strains.csv``."""

from __future__ import annotations

from renaissance_kit.core.errors import nearest
from renaissance_kit.core.tables import read_table
from renaissance_kit.network.network import Network

FILE = "strains.csv"


def engineered_strains(network: Network) -> dict[str, tuple[str, ...]]:
    """Reactions whose enzyme is overexpressed, by strain, in the order of ``strains.csv``.

    Empty where the network has no such table.

    Raises:
        DataError: an unknown reaction, or a row that stands twice.

    >>> from renaissance_kit import Network
    >>> engineered_strains(Network.example())["W3110 trpD9923/pJLaroGfbrtktA"]
    ('DDPA', 'TKT1', 'TKT2')
    """
    if network.folder is None or not network.file(FILE).is_file():
        return {}
    found: dict[str, tuple[str, ...]] = {}
    columns = ("strain", "reaction", "source")
    for row in read_table(network.file(FILE), columns, key=("strain", "reaction")):
        name = row["reaction"]
        if name not in network.reaction_index:
            raise row.error(f"{name!r} is unknown{nearest(name, network.kinetic_reactions)}")
        found[row["strain"]] = (*found.get(row["strain"], ()), name)
    return found
