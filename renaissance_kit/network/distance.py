"""How far apart two reactions are: steps from reaction to reaction over shared metabolites.

Metabolites that take part in reactions everywhere would make all reactions neighbours. They are
left out: those marked as ``currency`` in ``metabolites.csv``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.network.network import Network


def reaction_distances(
    network: Network, sources: str | Iterable[str], *, currency: Collection[str] | None = None
) -> pd.Series:
    """Steps from each kinetic reaction to the nearest of some reactions.

    Args:
        sources: ids of reactions, or names of their constants (``reaction:metabolite``).
        currency: metabolites that do not connect reactions; those of the network's table if not
            given.

    Returns:
        By reaction: 0 for the sources, 1 for reactions that share a metabolite with one, and so
        on; infinite where no path leads. The growth reaction connects nothing either, since it
        takes from every pathway.

    Raises:
        ParameterError: an unknown reaction.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.network import reaction_distances
    >>> reaction_distances(Network.example("tiny"), "HEX").astype(int).to_dict()
    {'GLCt': 1, 'HEX': 0, 'PGI': 1, 'FRUK': 2, 'FRUt': 3}
    """
    names = list(network.kinetic_reactions)
    given = [sources] if isinstance(sources, str) else list(sources)
    start = []
    for source in given:
        reaction = source.partition(":")[0]
        if reaction not in network.reaction_index:
            raise ParameterError(f"{reaction!r} is no kinetic reaction{nearest(reaction, names)}")
        start.append(network.reaction_index[reaction])
    if not start:
        raise ParameterError("no reaction to measure distances from; name at least one")
    touches = network.stoichiometric_matrix(network.species, network.kinetic_reactions) != 0
    aside = set(network.currency if currency is None else currency)
    carriers = np.array([m in aside for m in network.species])
    touches[carriers] = False
    for j, name in enumerate(names):
        if name == network.growth:
            touches[:, j] = False
    steps = shortest_path(csr_array(touches.T.astype(int) @ touches.astype(int)), unweighted=True)
    return pd.Series(steps[start].min(axis=0), index=names, name="distance")


def with_distance(
    table: pd.DataFrame, network: Network, sources: Iterable[str], *, column: str = "name"
) -> pd.DataFrame:
    """A table of parameters with the ``distance`` of their reactions from some constants."""
    steps = reaction_distances(network, sources)
    reactions = table[column].str.partition(":")[0]
    return table.assign(distance_steps=reactions.map(steps).to_numpy())
