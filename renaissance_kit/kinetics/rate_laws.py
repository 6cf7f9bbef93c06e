"""Rates and their derivatives, for one model or a batch, from one compiled implementation.

A rate is ``v = Vmax · f(c, K)``. For a reversible law

    f = (S − P) / D,   S = Π_s (c_s/K_s)^ν,   P = S · ρ,   ρ = Π c^n / Keq,

with the thermodynamic displacement ρ over substrates (n = −ν), products (n = ν) and protons (n =
their coefficient), and D by family (see `renaissance_kit.network.families`). P is written without
dividing by substrates, so that rates are defined when a substrate runs out. For an irreversible law
``f = Π_s s̃/(1 + s̃) · Π c_h^|n|`` over the consumed protons.

The network becomes a flat table of *slots*, one for each (reaction, metabolite) pair in a rate.
Kernels walk over it; nothing here knows how many models there are or where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from renaissance_kit.core.types import Array, Index
from renaissance_kit.network.families import FAMILIES, IRREVERSIBLE, MASS_ACTION, PAIRED
from renaissance_kit.network.network import Network, Reaction

SUBSTRATE, PRODUCT, PROTON = range(3)


class Slots(NamedTuple):
    """The slot table, as plain arrays for compiled code.

    ``first[r]:first[r + 1]`` are the slots of reaction r. ``order`` is ν of a substrate or
    product (1 in irreversible laws), |n| of a first-order proton; ``displacement`` is the signed
    exponent n in ρ, 0 where the law has none. ``pair`` numbers substrates and products within
    their side; ``partner`` is the slot of the same number on the other side, −1 without one.
    ``km`` is −1 without a Michaelis constant.
    """

    form: Index
    first: Index
    species: Index
    km: Index
    side: Index
    pair: Index
    partner: Index
    order: Array
    displacement: Array


@dataclass(frozen=True)
class RateLaws:
    """Rate laws of a network, compiled to a table of slots.

    Attributes:
        reversible: (reactions,) True where the law has a displacement.
        influential_km: (km,) False for constants that no rate depends on (products of
            irreversible laws, kept because the published model counts them as parameters).
    """

    slots: Slots
    reversible: NDArray[np.bool_]
    influential_km: NDArray[np.bool_]

    @classmethod
    def of(cls, network: Network) -> RateLaws:
        """Compile the rate laws of a network."""
        rows: list[tuple[int, int, int, int, float, float]] = []
        form, first = [], [0]
        for name in network.kinetic_reactions:
            reaction = network.reactions[name]
            form.append(FAMILIES[reaction.rate_law])
            rows += _slots_of(reaction, network)
            first.append(len(rows))
        species, km, side, pair, order, displacement = (
            np.array(x) for x in zip(*rows, strict=True)
        )
        partner = _partners(np.array(first), side, pair)
        slots = Slots(
            np.array(form), np.array(first), species, km, side, pair, partner,
            order.astype(float), displacement.astype(float),
        )  # fmt: skip
        influential = np.zeros(len(network.km_names), dtype=bool)
        influential[km[km >= 0]] = True
        return cls(slots, np.array(form) != IRREVERSIBLE, influential)

    @property
    def slot_reaction(self) -> Index:
        """Reaction of each slot."""
        return np.repeat(np.arange(len(self.slots.form)), np.diff(self.slots.first))

    def log_equilibrium_constants(self, concentrations: Array, log_displacement: Array) -> Array:
        """ln Keq, such that the displacement at the given concentrations is the given one.

        Args:
            concentrations: (species,) in mM.
            log_displacement: (reactions,) ln ρ; ignored where the law has none.

        Returns:
            (reactions,), 0 where the law has no displacement. Keq refers to mM.
        """
        log_quotient = np.zeros(len(self.slots.form))
        terms = self.slots.displacement * np.log(concentrations[self.slots.species])
        np.add.at(log_quotient, self.slot_reaction, terms)
        return np.where(self.reversible, log_quotient - log_displacement, 0.0)

    def rates(self, concentrations: Array, km: Array, log_keq: Array) -> Array:
        """Rates per Vmax, (reactions,), at one set of concentrations (mM) and KM (mM)."""
        return self.rates_and_derivatives(concentrations, km, log_keq)[0]

    def rates_and_derivatives(
        self, concentrations: Array, km: Array, log_keq: Array
    ) -> tuple[Array, Array]:
        """f, (reactions,), and ∂f/∂c, (slots,) in 1/mM."""
        f = np.empty(len(self.slots.form))
        df = np.empty(len(self.slots.species))
        rates_kernel(self.slots, concentrations, 1.0 / km, np.exp(-log_keq), f, df, True)
        return f, df


def _slots_of(
    reaction: Reaction, network: Network
) -> list[tuple[int, int, int, int, float, float]]:
    irreversible = FAMILIES[reaction.rate_law] == IRREVERSIBLE
    rows = []
    for side, terms in ((SUBSTRATE, reaction.substrates), (PRODUCT, reaction.products)):
        if irreversible and side == PRODUCT:
            continue
        for pair, (name, coefficient) in enumerate(terms):
            km = network.km_index.get(f"{reaction.id}:{name}", -1)
            order = 1.0 if irreversible else coefficient
            exponent = 0.0 if irreversible else coefficient * (1 if side == PRODUCT else -1)
            rows.append((network.species_index[name], km, side, pair, order, exponent))
    for name, coefficient, mode in reaction.protons:
        species = network.species_index[name]
        if mode == "displacement":
            rows.append((species, -1, PROTON, 0, 0.0, coefficient))
        elif mode == "first_order":
            rows.append((species, -1, PROTON, 0, abs(coefficient), 0.0))
    return rows


def _partners(first: Index, side: Index, pair: Index) -> Index:
    """The slot on the other side of the reaction with the same number; −1 without one."""
    partner = np.full(len(side), -1)
    for lo, hi in pairwise(first):
        found = {(side[k], pair[k]): k for k in range(lo, hi) if side[k] != PROTON}
        for (s, number), k in found.items():
            partner[k] = found.get((PRODUCT - s, number), -1)
    return partner


@njit(cache=True, nogil=True, error_model="numpy")
def _power(x: float, n: float) -> float:
    """x**n, quick for the exponents that occur."""
    if n == 1.0:
        return x
    if n == 0.0:
        return 1.0
    if n == 2.0:
        return x * x
    if n == -1.0:
        return 1.0 / x
    return x**n


@njit(cache=True, nogil=True, error_model="numpy")
def _polynomial(x: float, degree: int) -> tuple[float, float]:
    """Σ_{k≤degree} xᵏ and its derivative."""
    if degree == 1:
        return 1.0 + x, 1.0
    value, slope, power = 1.0, 0.0, 1.0
    for k in range(1, degree + 1):
        slope += k * power
        power *= x
        value += power
    return value, slope


@njit(cache=True, nogil=True, error_model="numpy")
def rates_kernel(
    slots: Slots, c: Array, inverse_km: Array, inverse_keq: Array, f: Array, df: Array,
    derivatives: bool,
) -> None:  # fmt: skip
    """Fill f (reactions,) and, where asked for, df = ∂f/∂c (slots,) at concentrations c.

    Takes 1/KM. Without derivatives, df is left as it is.
    """
    # Each function below goes over all reactions: handing arrays to a function of one reaction
    # takes longer than its rate law.
    scaled = np.empty(len(df))
    for k in range(len(df)):
        scaled[k] = c[slots.species[k]]
        if slots.km[k] >= 0:
            scaled[k] *= inverse_km[slots.km[k]]
    denominator = np.empty(len(f))
    _denominators(
        slots.form, slots.first, slots.side, slots.partner, slots.order, scaled, denominator, df,
        derivatives,
    )  # fmt: skip
    _reversible(
        slots.form, slots.first, slots.species, slots.km, slots.side, slots.order,
        slots.displacement, c, inverse_km, inverse_keq, denominator, f, df, derivatives,
    )  # fmt: skip
    _irreversible(
        slots.form, slots.first, slots.species, slots.km, slots.side, slots.order, c, inverse_km,
        scaled, f, df, derivatives,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _denominators(
    form: Index, first: Index, side: Index, partner: Index, order: Array, scaled: Array,
    denominator: Array, d_scaled: Array, derivatives: bool,
) -> None:  # fmt: skip
    """D of the reversible reactions; where asked for, ∂D/∂c̃ of their slots."""
    for r in range(len(form)):
        lo, hi = first[r], first[r + 1]
        if form[r] == IRREVERSIBLE:
            continue
        if derivatives:
            for k in range(lo, hi):
                d_scaled[k] = 0.0
        if form[r] == MASS_ACTION:
            denominator[r] = 1.0
        elif form[r] == PAIRED:
            total = 1.0
            for k in range(lo, hi):
                other = partner[k]
                if side[k] == SUBSTRATE or (side[k] == PRODUCT and other < 0):
                    factor = 1.0 + scaled[k] + (scaled[other] if other >= 0 else 0.0)
                    total *= factor
                    if derivatives:
                        d_scaled[k] = 1.0 / factor
                        if other >= 0:
                            d_scaled[other] = 1.0 / factor
            if derivatives:
                for k in range(lo, hi):
                    d_scaled[k] *= total
            denominator[r] = total
        else:
            substrates, products = 1.0, 1.0
            for k in range(lo, hi):
                if side[k] == SUBSTRATE:
                    substrates *= _polynomial(scaled[k], int(order[k]))[0]
                elif side[k] == PRODUCT:
                    products *= _polynomial(scaled[k], int(order[k]))[0]
            if derivatives:
                for k in range(lo, hi):
                    if side[k] != PROTON:
                        value, slope = _polynomial(scaled[k], int(order[k]))
                        every = substrates if side[k] == SUBSTRATE else products
                        d_scaled[k] = every / value * slope
            denominator[r] = substrates + products - 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _reversible(
    form: Index, first: Index, species: Index, km: Index, side: Index, order: Array,
    displacement: Array, c: Array, inverse_km: Array, inverse_keq: Array, denominator: Array,
    f: Array, df: Array, derivatives: bool,
) -> None:  # fmt: skip
    """f of the reversible reactions; where asked for, turns ∂D/∂c̃ in df to ∂f/∂c."""
    # Each side of the numerator is a product. The derivative by one factor is the product of the
    # others, taken from both ends, so that nothing is divided by a concentration that may be zero.
    for r in range(len(form)):
        if form[r] == IRREVERSIBLE:
            continue
        lo, hi = first[r], first[r + 1]
        inverse_k, forward, backward = 1.0, 1.0, 1.0
        for k in range(lo, hi):
            x = c[species[k]]
            if side[k] == SUBSTRATE:
                if km[k] >= 0:
                    inverse_k *= _power(inverse_km[km[k]], order[k])
                forward *= _power(x, order[k])
            else:
                backward *= _power(x, displacement[k])
        f[r] = inverse_k * (forward - inverse_keq[r] * backward) / denominator[r]
        if not derivatives:
            continue
        for k in range(lo, hi):
            df[k] *= -f[r]
            if km[k] >= 0:
                df[k] *= inverse_km[km[k]]
        before_s, before_p = inverse_k, -inverse_k * inverse_keq[r]
        for k in range(lo, hi):
            x, after = c[species[k]], 1.0
            if side[k] == SUBSTRATE:
                for j in range(k + 1, hi):
                    if side[j] == SUBSTRATE:
                        after *= _power(c[species[j]], order[j])
                df[k] += order[k] * _power(x, order[k] - 1.0) * before_s * after
                before_s *= _power(x, order[k])
            else:
                for j in range(k + 1, hi):
                    if side[j] != SUBSTRATE:
                        after *= _power(c[species[j]], displacement[j])
                df[k] += displacement[k] * _power(x, displacement[k] - 1.0) * before_p * after
                before_p *= _power(x, displacement[k])
            df[k] /= denominator[r]


@njit(cache=True, nogil=True, error_model="numpy")
def _irreversible(
    form: Index, first: Index, species: Index, km: Index, side: Index, order: Array, c: Array,
    inverse_km: Array, scaled: Array, f: Array, df: Array, derivatives: bool,
) -> None:  # fmt: skip
    """f of the irreversible reactions; where asked for, ∂f/∂c of their slots into df."""
    for r in range(len(form)):
        if form[r] != IRREVERSIBLE:
            continue
        lo, hi = first[r], first[r + 1]
        numerator, denominator = 1.0, 1.0
        for k in range(lo, hi):
            if derivatives:
                df[k] = numerator / denominator  # product of the factors before
            if side[k] == SUBSTRATE:
                numerator *= scaled[k]
                denominator *= 1.0 + scaled[k]
            else:
                numerator *= _power(c[species[k]], order[k])
        f[r] = numerator / denominator
        if not derivatives:
            continue
        after = 1.0
        for k in range(hi - 1, lo - 1, -1):
            if side[k] == SUBSTRATE:
                df[k] *= after * inverse_km[km[k]] / (1.0 + scaled[k]) ** 2
                after *= scaled[k] / (1.0 + scaled[k])
            else:
                x, n = c[species[k]], order[k]
                df[k] *= after * n * _power(x, n - 1.0)
                after *= _power(x, n)
