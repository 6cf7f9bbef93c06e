"""The slot table: a network's rate laws as plain arrays for compiled code.

There is one *slot* for each (reaction, metabolite) pair in a rate. Kernels walk over them; nothing
there knows how many models there are or where they come from.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.pointers import fitting
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.registry import FORMS, REGISTRY
from renaissance_kit.laws.sides import PRODUCT, PROTON, SUBSTRATE
from renaissance_kit.network.network import Network, Reaction


class Slots(NamedTuple):
    """The slot table.

    ``first[r]:first[r + 1]`` are the slots of reaction r, those of its modifiers last, from
    ``modifiers[r]``; ``modified`` lists the reactions that have any. ``order`` is ν of a substrate
    or product (1 where coefficients are no exponents), |n| of a first-order proton;
    ``displacement`` is the signed exponent n in ρ, 0 where the law has none; ``backward`` is 1 for
    the reactions that have a displacement, 0 for the others. ``side`` is one of
    `renaissance_kit.laws.sides`. ``pair`` numbers substrates and products within their side;
    ``partner`` is the slot of the same number on the other side, −1 without one. ``km`` is −1
    without a constant. ``by_form`` lists the reactions, those of form i (in the order of
    `renaissance_kit.laws.registry`) at ``start[i]:start[i + 1]``.
    """

    first: Index
    modifiers: Index
    modified: Index
    species: Index
    km: Index
    side: Index
    pair: Index
    partner: Index
    order: Array
    displacement: Array
    backward: Array
    by_form: Index
    start: Index

    @classmethod
    def of(cls, network: Network) -> Slots:
        """Make the table of a network."""
        rows: list[tuple[int, int, int, int, float, float]] = []
        form, first, modifiers, backward = [], [0], [], []
        for name in network.kinetic_reactions:
            reaction = network.reactions[name]
            law = REGISTRY[reaction.rate_law]
            form.append(FORMS.index(law.form))
            backward.append(float(law.reversible))
            rows += _slots_of(reaction, network)
            modifiers.append(len(rows))
            rows += _modifier_slots_of(reaction, network)
            first.append(len(rows))
        species, km, side, pair, order, displacement = (
            np.array(x) for x in zip(*rows, strict=True)
        )
        slots = cls(
            np.array(first), np.array(modifiers),
            np.flatnonzero(np.array(modifiers) < np.array(first)[1:]), species, km, side, pair,
            _partners(np.array(first), side, pair), order.astype(float),
            displacement.astype(float), np.array(backward), np.argsort(form, kind="stable"),
            np.cumsum([0, *np.bincount(form, minlength=len(FORMS))]),
        )  # fmt: skip
        return fitting(slots)


def _slots_of(
    reaction: Reaction, network: Network
) -> list[tuple[int, int, int, int, float, float]]:
    law = REGISTRY[reaction.rate_law]
    rows = []
    for side, terms in ((SUBSTRATE, reaction.substrates), (PRODUCT, reaction.products)):
        if side == PRODUCT and not law.reversible:
            continue
        for pair, (name, coefficient) in enumerate(terms):
            km = network.km_index.get(f"{reaction.id}:{name}", -1)
            order = coefficient if law.coefficients_are_orders else 1.0
            sign = (1 if side == PRODUCT else -1) if law.reversible else 0
            rows.append((network.species_index[name], km, side, pair, order, sign * coefficient))
    for name, coefficient, mode in reaction.protons:
        species = network.species_index[name]
        if mode == "displacement":
            rows.append((species, -1, PROTON, 0, 0.0, coefficient))
        elif mode == "first_order":
            rows.append((species, -1, PROTON, 0, abs(coefficient), 0.0))
    return rows


def _modifier_slots_of(
    reaction: Reaction, network: Network
) -> list[tuple[int, int, int, int, float, float]]:
    return [
        (
            network.species_index[m.metabolite],
            network.km_index[f"{reaction.id}:{m.metabolite}:{constant}"],
            effect, 0, 0.0, 0.0,
        )
        for m in reaction.modifiers
        for constant, effect in MODIFIERS[m.kind].constants
    ]  # fmt: skip


def _partners(first: Index, side: Index, pair: Index) -> Index:
    """The slot on the other side of the reaction with the same number; −1 without one."""
    partner = np.full(len(side), -1)
    for lo, hi in pairwise(first):
        found = {(side[k], pair[k]): k for k in range(lo, hi) if side[k] < PROTON}
        for (s, number), k in found.items():
            partner[k] = found.get((PRODUCT - s, number), -1)
    return partner
