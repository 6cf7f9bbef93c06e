"""Rates and their derivatives, for one model or a batch, from one compiled implementation.

A rate is ``v = Vmax · f(c, K)``. For a reversible law

    f = (S − P) / D,   S = Π_s (c_s/K_s)^ν,   P = S · ρ,   ρ = Π c^n / Keq,

with the thermodynamic displacement ρ over substrates (n = −ν), products (n = ν) and protons
(n = their coefficient), and D by family (see `renaissance_kit.families`). P is written without
dividing by substrates, so that rates are defined when a substrate runs out. For an irreversible
law ``f = Π_s s̃/(1 + s̃) · Π c_h^|n|`` over the consumed protons.

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

from renaissance_kit.families import FAMILIES, IRREVERSIBLE, MASS_ACTION, PAIRED
from renaissance_kit.network import Network, Reaction

Array = NDArray[np.float64]
Index = NDArray[np.int64]

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
        rates_kernel(self.slots, concentrations, km, np.exp(-log_keq), f, df, True)
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
    return x**n


@njit(cache=True, nogil=True, error_model="numpy")
def _polynomial(x: float, degree: int) -> tuple[float, float]:
    """Σ_{k≤degree} xᵏ and its derivative."""
    value, slope, power = 1.0, 0.0, 1.0
    for k in range(1, degree + 1):
        slope += k * power
        power *= x
        value += power
    return value, slope


@njit(cache=True, nogil=True, error_model="numpy")
def _denominator(
    slots: Slots, lo: int, hi: int, form: int, scaled: Array, d_scaled: Array
) -> float:
    """D of one reaction; writes ∂D/∂c̃ of its slots into d_scaled."""
    for k in range(lo, hi):
        d_scaled[k] = 0.0
    if form == MASS_ACTION:
        return 1.0
    if form == PAIRED:
        total = 1.0
        for k in range(lo, hi):
            if slots.side[k] == SUBSTRATE or (slots.side[k] == PRODUCT and slots.partner[k] < 0):
                partner = slots.partner[k]
                factor = 1.0 + scaled[k] + (scaled[partner] if partner >= 0 else 0.0)
                d_scaled[k] = 1.0 / factor
                if partner >= 0:
                    d_scaled[partner] = d_scaled[k]
                total *= factor
        for k in range(lo, hi):
            d_scaled[k] *= total
        return total
    denominator = -1.0
    for side in (SUBSTRATE, PRODUCT):
        product = 1.0
        for k in range(lo, hi):
            if slots.side[k] == side:
                value, _ = _polynomial(scaled[k], int(slots.order[k]))
                product *= value
        for k in range(lo, hi):
            if slots.side[k] == side:
                value, slope = _polynomial(scaled[k], int(slots.order[k]))
                d_scaled[k] = product / value * slope
        denominator += product
    return denominator


@njit(cache=True, nogil=True, error_model="numpy")
def _reversible(
    slots: Slots,
    lo: int,
    hi: int,
    form: int,
    c: Array,
    km: Array,
    inverse_keq: float,
    scaled: Array,
    df: Array,
    derivatives: bool,
) -> float:
    """f of one reversible reaction; writes ∂f/∂c of its slots into df where they are asked for."""
    # Each side of the numerator is a product. The derivative by one factor is the product of the
    # others, taken from both ends, so that nothing is divided by a concentration that may be zero.
    inverse_k, forward, backward = 1.0, 1.0, 1.0
    denominator = _denominator(slots, lo, hi, form, scaled, df)
    for k in range(lo, hi):
        x = c[slots.species[k]]
        if slots.side[k] == SUBSTRATE:
            if slots.km[k] >= 0:
                inverse_k /= _power(km[slots.km[k]], slots.order[k])
            forward *= _power(x, slots.order[k])
        else:
            backward *= _power(x, slots.displacement[k])
    forward *= inverse_k
    backward *= inverse_k * inverse_keq
    f = (forward - backward) / denominator
    if not derivatives:
        return f
    for k in range(lo, hi):
        df[k] *= -f
        if slots.km[k] >= 0:
            df[k] /= km[slots.km[k]]
    before_s, before_p = inverse_k, -inverse_k * inverse_keq
    for k in range(lo, hi):
        x = c[slots.species[k]]
        if slots.side[k] == SUBSTRATE:
            n = slots.order[k]
            after = 1.0
            for j in range(k + 1, hi):
                if slots.side[j] == SUBSTRATE:
                    after *= _power(c[slots.species[j]], slots.order[j])
            df[k] += n * _power(x, n - 1.0) * before_s * after
            before_s *= _power(x, n)
        else:
            n = slots.displacement[k]
            after = 1.0
            for j in range(k + 1, hi):
                if slots.side[j] != SUBSTRATE:
                    after *= _power(c[slots.species[j]], slots.displacement[j])
            df[k] += n * _power(x, n - 1.0) * before_p * after
            before_p *= _power(x, n)
        df[k] /= denominator
    return f


@njit(cache=True, nogil=True, error_model="numpy")
def _irreversible(
    slots: Slots, lo: int, hi: int, c: Array, km: Array, scaled: Array, df: Array, derivatives: bool
) -> float:
    """f of one irreversible reaction; writes ∂f/∂c of its slots into df where asked for."""
    f = 1.0
    for k in range(lo, hi):  # df holds the product of the factors before
        df[k] = f
        if slots.side[k] == SUBSTRATE:
            f *= scaled[k] / (1.0 + scaled[k])
        else:
            f *= _power(c[slots.species[k]], slots.order[k])
    if not derivatives:
        return f
    after = 1.0
    for k in range(hi - 1, lo - 1, -1):
        x, n = c[slots.species[k]], slots.order[k]
        if slots.side[k] == SUBSTRATE:
            df[k] *= after / (km[slots.km[k]] * (1.0 + scaled[k]) ** 2)
            after *= scaled[k] / (1.0 + scaled[k])
        else:
            df[k] *= after * n * _power(x, n - 1.0)
            after *= _power(x, n)
    return f


@njit(cache=True, nogil=True, error_model="numpy")
def rates_kernel(
    slots: Slots, c: Array, km: Array, inverse_keq: Array, f: Array, df: Array, derivatives: bool
) -> None:
    """Fill f (reactions,) and df = ∂f/∂c (slots,) at concentrations c and constants km.

    Without derivatives, df is working memory only.
    """
    scaled = np.empty(len(df))
    for k in range(len(df)):
        scaled[k] = c[slots.species[k]]
        if slots.km[k] >= 0:
            scaled[k] /= km[slots.km[k]]
    for r in range(len(f)):
        lo, hi = slots.first[r], slots.first[r + 1]
        if slots.form[r] == IRREVERSIBLE:
            f[r] = _irreversible(slots, lo, hi, c, km, scaled, df, derivatives)
        else:
            f[r] = _reversible(
                slots, lo, hi, slots.form[r], c, km, inverse_keq[r], scaled, df, derivatives
            )
