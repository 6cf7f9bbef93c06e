"""Growth that conserves what the rest of the network conserves.

Where no reaction but growth makes or takes a moiety (the adenylates, the nicotinamide of NAD), its
coefficients in growth must cancel exactly. In models they often cancel to the last printed digit
only, and the moiety would drain away over hours, with an eigenvalue near zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from renaissance_kit.draft.decisions import Decisions
from renaissance_kit.draft.model import FluxModel
from renaissance_kit.draft.reactions import DraftReaction
from renaissance_kit.network.moieties import conserved_moieties

_ROUNDING = 1e-3  # of the largest member: above this it is no rounding


def conserving(
    growth: DraftReaction,
    others: Mapping[str, DraftReaction],
    dynamic: tuple[str, ...],
    decisions: Decisions,
    problems: list[str],
) -> DraftReaction:
    """The growth reaction with each conserved moiety exact.

    Args:
        others: the kinetic reactions without growth.
        dynamic: ids of the dynamic metabolites.
    """
    row = {m: i for i, m in enumerate(dynamic)}
    matrix = np.zeros((len(dynamic), len(others)))
    for j, reaction in enumerate(others.values()):
        for m, n in reaction.stoichiometry.items():
            if m in row:
                matrix[row[m], j] = n
    net = dict(growth.stoichiometry)
    if not matrix.size:
        return growth
    for moiety in conserved_moieties(matrix, dynamic, tuple(others)):
        members = {m: c * net[m] for m, c in moiety.coefficients.items() if m in net}
        excess = sum(members.values())
        if not members or abs(excess) < 1e-13 * max(map(abs, members.values())):
            continue
        name = f"{growth.id}: {' + '.join(sorted(members))}"
        largest = max(members, key=lambda m: abs(members[m]))
        if abs(excess) > _ROUNDING * abs(members[largest]):
            problems.append(
                f"{growth.id} {'makes' if excess > 0 else 'takes'} {abs(excess):g} of what no "
                f"other reaction {'takes' if excess > 0 else 'makes'}: "
                f"{', '.join(sorted(members))}; add its synthesis to the model, or cancel it in "
                "the growth reaction"
            )
            continue
        adjusted = net[largest] - excess / moiety.coefficients[largest]
        decisions.choose(
            largest, "moiety", f"{adjusted!r} in {growth.id}",
            f"{name} is conserved by all other reactions; growth left {excess:g}, and its largest "
            f"coefficient, {net[largest]!r}, takes up the difference",
        )  # fmt: skip
        net[largest] = adjusted
    return replace(growth, stoichiometry=net)


def without_biomass(model: FluxModel, decisions: Decisions) -> FluxModel:
    """The model without metabolites that stand for the cell itself.

    Some models let growth make one unit of biomass, which only a boundary takes away. Here one
    gram of dry weight leaves the balance in the growth reaction, and needs no name.
    """
    growth = model.reactions[model.growth]
    made = {m for m, n in growth.stoichiometry.items() if n > 0}
    for reaction in model.reactions.values():
        if reaction.id != growth.id and not (reaction.boundary and reaction.high > 0):
            made -= set(reaction.stoichiometry)
    made = {m for m in made if not model.metabolites[m].formula}
    if not made or made >= set(growth.stoichiometry):
        return model
    for m in sorted(made):
        decisions.choose(
            m, "biomass", "left out", f"{growth.id} makes it, and only a boundary takes it away"
        )
    reactions = {
        r.id: replace(r, stoichiometry={m: n for m, n in r.stoichiometry.items() if m not in made})
        for r in model.reactions.values()
        if not (r.boundary and made & set(r.stoichiometry))
    }
    metabolites = {i: m for i, m in model.metabolites.items() if i not in made}
    return replace(model, reactions=reactions, metabolites=metabolites)
