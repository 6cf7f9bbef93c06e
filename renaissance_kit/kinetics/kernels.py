"""Compiled code that goes over all rate laws of a network: rates, their derivatives, and KM.

Numerators stand here, since they are the same for all laws, and what modifiers do. P is written
without dividing by substrates, so that rates are defined when a substrate runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled, inlined
from renaissance_kit.kinetics.slots import Slots
from renaissance_kit.laws.arithmetic import power
from renaissance_kit.laws.modifiers import bend, factor, factor_slope
from renaissance_kit.laws.registry import FORMS
from renaissance_kit.laws.sides import COMPETITOR, PRODUCT, PROTON, SUBSTRATE


def _in_turn(loops: Sequence[Any]) -> Any:
    """One compiled function that calls others in turn, with the same arguments."""
    one, *others = loops
    if not others:
        return one
    rest = _in_turn(others)

    def both(*arguments: Any) -> None:
        one(*arguments)
        rest(*arguments)

    return inlined(both)


# Each function below makes the loop over the reactions of one form. The law is inlined there:
# handing arrays to a function of one reaction takes longer than its rate law.


def _denominators_of(form: int, denominator: Callable[..., Any]) -> Any:
    law = inlined(denominator)

    def loop(
        by_form: Index, start: Index, first: Index, last: Index, side: Index, partner: Index,
        order: Array, x: Array, denominator: Array, slope: Array, derivatives: bool,
    ) -> None:  # fmt: skip
        for i in range(start[form], start[form + 1]):
            r = by_form[i]
            denominator[r] = law(first[r], last[r], side, partner, order, x, slope, derivatives)

    return inlined(loop)


def _curvatures_of(form: int, curvature: Callable[..., None]) -> Any:
    law = inlined(curvature)

    def loop(
        by_form: Index, start: Index, first: Index, last: Index, side: Index, partner: Index,
        order: Array, x: Array, pull: Array, moved: Array,
    ) -> None:  # fmt: skip
        for i in range(start[form], start[form + 1]):
            r = by_form[i]
            law(first[r], last[r], side, partner, order, x, pull, moved)

    return inlined(loop)


_denominators = _in_turn([_denominators_of(i, form.denominator) for i, form in enumerate(FORMS)])
_curvatures = _in_turn([_curvatures_of(i, form.curvature) for i, form in enumerate(FORMS)])


@inlined
def rates_of(
    slots: Slots, c: Array, inverse: Array, inverse_keq: Array, f: Array, df: Array,
    derivatives: bool,
) -> None:  # fmt: skip
    """Fill f (reactions,) and, where asked for, df = ∂f/∂c (slots,) at concentrations c.

    Takes 1/KM of each slot, from `RateLaws.inverse`. Without derivatives, df is left as it is.
    """
    # Arrays are taken out of the table here: in loops, that would take most of the time.
    x, species = np.empty(len(df)), slots.species
    for k in range(len(df)):
        x[k] = c[species[k]] * inverse[k]
    denominator = np.empty(len(f))
    _denominators(
        slots.by_form, slots.start, slots.first, slots.modifiers, slots.side, slots.partner,
        slots.order, x, denominator, df, derivatives,
    )  # fmt: skip
    if len(slots.modified) > 0:
        _compete(slots.modified, slots.first, slots.modifiers, slots.side, x, denominator)
    _numerators(
        slots.first, slots.modifiers, slots.species, slots.side, slots.order,
        slots.displacement, slots.backward, c, inverse, inverse_keq, denominator, f, df,
        derivatives,
    )  # fmt: skip
    if len(slots.modified) > 0:
        _modify(
            slots.modified, slots.first, slots.modifiers, slots.side, x, inverse, denominator, f,
            df, derivatives,
        )  # fmt: skip


@inlined
def _compete(
    modified: Index, first: Index, modifiers: Index, side: Index, x: Array, denominator: Array
) -> None:
    """Add the competitors to the denominators."""
    for r in modified:
        for k in range(modifiers[r], first[r + 1]):
            if side[k] == COMPETITOR:
                denominator[r] += x[k]


@inlined
def _modify(
    modified: Index, first: Index, modifiers: Index, side: Index, x: Array, inverse: Array,
    denominator: Array, f: Array, df: Array, derivatives: bool,
) -> None:  # fmt: skip
    """Multiply f and its derivatives by the factors of the modifiers; add theirs."""
    for r in modified:
        lo, hi = modifiers[r], first[r + 1]
        whole = 1.0
        for k in range(lo, hi):
            whole *= factor(side[k], x[k])
        if derivatives:
            for k in range(first[r], lo):
                df[k] *= whole
            for k in range(lo, hi):
                if side[k] == COMPETITOR:
                    df[k] = -f[r] * whole / denominator[r] * inverse[k]
                    continue
                others = 1.0
                for j in range(lo, hi):
                    if j != k:
                        others *= factor(side[j], x[j])
                df[k] = f[r] * others * factor_slope(side[k], x[k]) * inverse[k]
        f[r] *= whole


@inlined
def _numerators(
    first: Index, last: Index, species: Index, side: Index, order: Array, displacement: Array,
    backward: Array, c: Array, inverse: Array, inverse_keq: Array, denominator: Array, f: Array,
    df: Array, derivatives: bool,
) -> None:  # fmt: skip
    """f = N/D of all reactions, before factors; where asked for, turns ∂D/∂x in df to ∂f/∂c."""
    # Each side of the numerator is a product. The derivative by one factor is the product of the
    # others, taken from both ends, so that nothing is divided by a concentration that may be zero.
    # Where there is no displacement, all powers of the right side are 0 and it counts nothing.
    for r in range(len(f)):
        lo, hi = first[r], last[r]
        inverse_k, left, right = 1.0, 1.0, 1.0
        for k in range(lo, hi):
            x = c[species[k]]
            if side[k] == SUBSTRATE:
                inverse_k *= power(inverse[k], order[k])
                left *= power(x, order[k])
            else:
                if side[k] == PROTON:
                    left *= power(x, order[k])
                right *= power(x, displacement[k])
        back = inverse_keq[r] * backward[r]
        f[r] = inverse_k * (left - back * right) / denominator[r]
        if not derivatives:
            continue
        for k in range(lo, hi):
            df[k] *= -f[r]
            df[k] *= inverse[k]
        before_s, before_p = inverse_k, -inverse_k * back
        for k in range(lo, hi):
            x = c[species[k]]
            if side[k] != PRODUCT and order[k] != 0.0:
                after = 1.0
                for j in range(k + 1, hi):
                    if side[j] != PRODUCT:
                        after *= power(c[species[j]], order[j])
                df[k] += order[k] * power(x, order[k] - 1.0) * before_s * after
                before_s *= power(x, order[k])
            if side[k] != SUBSTRATE and displacement[k] != 0.0:
                after = 1.0
                for j in range(k + 1, hi):
                    if side[j] != SUBSTRATE:
                        after *= power(c[species[j]], displacement[j])
                df[k] += displacement[k] * power(x, displacement[k] - 1.0) * before_p * after
                before_p *= power(x, displacement[k])
            df[k] /= denominator[r]


@compiled
def slot_gradient_kernel(
    slots: Slots, c: Array, km: Array, flux: Array, weights: Array, out: Array
) -> None:
    """Add ∂(Σ_k w_k g_k)/∂ln K to ``out``, for one model at its steady state.

    Args:
        slots: table of the rate laws.
        c: (species,) concentrations in mM.
        km: (km,) in mM.
        flux: (reactions,) in mM/h.
        weights: (slots,) w of the slot derivatives g = Vmax · ∂f/∂c.
        out: (km,), added to.
    """
    x, pull = np.zeros(len(weights)), np.zeros(len(weights))  # pull: w_k v / c_k
    for r in range(len(flux)):
        for k in range(slots.first[r], slots.first[r + 1]):
            if slots.km[k] >= 0:
                x[k] = c[slots.species[k]] / km[slots.km[k]]
                pull[k] = weights[k] * flux[r] / c[slots.species[k]]
    moved = np.zeros(len(weights))
    _curvatures(
        slots.by_form, slots.start, slots.first, slots.modifiers, slots.side, slots.partner,
        slots.order, x, pull, moved,
    )  # fmt: skip
    if len(slots.modified) > 0:
        denominator, slope = np.empty(len(flux)), np.zeros(len(weights))
        _denominators(
            slots.by_form, slots.start, slots.first, slots.modifiers, slots.side, slots.partner,
            slots.order, x, denominator, slope, True,
        )  # fmt: skip
        _bend(
            slots.modified, slots.first, slots.modifiers, slots.side, x, denominator, slope, pull,
            moved,
        )  # fmt: skip
    for k in range(len(moved)):
        if slots.km[k] >= 0:
            out[slots.km[k]] += moved[k]


@inlined
def _bend(
    modified: Index, first: Index, modifiers: Index, side: Index, x: Array, denominator: Array,
    slope: Array, pull: Array, moved: Array,
) -> None:  # fmt: skip
    """What modifiers do to the curvature times pull, of the reactions that have any.

    With competitors the denominator is D + J, J = Σ x_i. Then, with e_k = ∂ln D/∂ln x_k,
    s = D/(D + J) and ι_i = x_i/(D + J), the curvature is s H_kj + s(1 − s) e_k e_j between
    reactants, −s e_k ι_i of a reactant with a competitor and δ_ij ι_i − ι_i ι_j of competitors.
    """
    for r in modified:
        lo, mid, hi = first[r], modifiers[r], first[r + 1]
        whole = denominator[r]
        for k in range(mid, hi):
            if side[k] == COMPETITOR:
                whole += x[k]
        share = denominator[r] / whole
        reactants, competitors = 0.0, 0.0
        for k in range(lo, mid):
            slope[k] *= x[k] / denominator[r]  # e_k
            reactants += slope[k] * pull[k]
        for k in range(mid, hi):
            if side[k] == COMPETITOR:
                competitors += x[k] / whole * pull[k]
        for k in range(lo, mid):
            moved[k] = share * (moved[k] + slope[k] * ((1.0 - share) * reactants - competitors))
        for k in range(mid, hi):
            if side[k] == COMPETITOR:
                moved[k] = x[k] / whole * (pull[k] - share * reactants - competitors)
            else:
                moved[k] = bend(side[k], x[k]) * pull[k]
