"""Designs that are known: published ones, in the optional table ``designs.csv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renaissance_kit.core.columns import Column
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.design.optimum import Changes
from renaissance_kit.network.network import Network
from renaissance_kit.network.other_names import meant

DESIGN_TABLE = Table(
    "designs.csv",
    (
        Column("design", filled=True),
        Column("reaction", filled=True),
        Column("change", filled=True, words=("up", "down")),
        Column("source", filled=True),
    ),
    key=("design", "reaction"),
)


def published_designs(network: Network) -> dict[str, dict[str, int]]:
    """Which enzymes each published design raises (1) or lowers (−1), in the order of the table.

    Empty where the network has no such table.

    Raises:
        DataError: an unknown reaction, or a row that stands twice.

    >>> from renaissance_kit import Network
    >>> published_designs(Network.example())["d-1"]
    {'DDPA': 1, 'GLUDy': -1, 'PYK': 1}
    """
    if network.folder is None:
        return {}
    found: dict[str, dict[str, int]] = {}

    def take(row: Row) -> None:
        name = row["reaction"]
        if name not in network.reaction_index:
            hint = meant(network, name, network.kinetic_reactions)
            raise row.error(f"{name!r} is unknown{hint} Correct it or remove the row")
        found.setdefault(row["design"], {})[name] = 1 if row["change"] == "up" else -1

    each(DESIGN_TABLE.read_if_there(network.folder), take)
    return found


def changes_of(levers: Sequence[str], reactions: Mapping[str, int]) -> Changes:
    """Changes of enzymes from those of reactions; a tied reaction changes its whole enzyme.

    Args:
        levers: names of the enzymes, such as `LinearResponse.levers`.
        reactions: 1 for up and −1 for down, by reaction.

    Raises:
        ParameterError: a reaction that no enzyme here has, or one enzyme in both directions.

    >>> changes_of(("DDPA", "TKT1+TKT2"), {"TKT1": 1, "TKT2": 1})
    ((1, 1),)
    """
    lever = {name: j for j, names in enumerate(levers) for name in names.split("+")}
    found: dict[int, int] = {}
    for name, way in reactions.items():
        if name not in lever:
            raise ParameterError(
                f"{name!r} is not among the enzymes that may change{nearest(name, lever)}"
            )
        if found.setdefault(lever[name], way) != way:
            raise ParameterError(f"{levers[lever[name]]} goes up and down; choose one")
    return tuple(sorted(found.items()))


def in_words(levers: Sequence[str], changes: Changes) -> str:
    """A design as figures and tables call it.

    >>> in_words(("DDPA", "GLUDy"), ((0, 1), (1, -1)))
    'DDPA ↑, GLUDy ↓'
    """
    return ", ".join(f"{levers[j]} {'↑' if way > 0 else '↓'}" for j, way in changes) or "none"
