"""Compiled code that goes over all rate laws of a network: rates, their derivatives, and KM.

Numerators stand here, since they are the same for all reversible laws. P is written without
dividing by substrates, so that rates are defined when a substrate runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled, inlined
from renaissance_kit.kinetics.slots import Slots
from renaissance_kit.laws.arithmetic import power
from renaissance_kit.laws.record import SUBSTRATE, IrreversibleForm, ReversibleForm
from renaissance_kit.laws.registry import FORMS


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
        by_form: Index, start: Index, first: Index, side: Index, partner: Index, order: Array,
        x: Array, denominator: Array, slope: Array, derivatives: bool,
    ) -> None:  # fmt: skip
        for i in range(start[form], start[form + 1]):
            r = by_form[i]
            denominator[r] = law(
                first[r], first[r + 1], side, partner, order, x, slope, derivatives
            )

    return inlined(loop)


def _rates_of(form: int, rate: Callable[..., Any]) -> Any:
    law = inlined(rate)

    def loop(
        by_form: Index, start: Index, first: Index, side: Index, order: Array, x: Array,
        inverse: Array, f: Array, df: Array, derivatives: bool,
    ) -> None:  # fmt: skip
        for i in range(start[form], start[form + 1]):
            r = by_form[i]
            f[r] = law(first[r], first[r + 1], side, order, x, inverse, df, derivatives)

    return inlined(loop)


def _curvatures_of(form: int, curvature: Callable[..., None]) -> Any:
    law = inlined(curvature)

    def loop(
        by_form: Index, start: Index, first: Index, side: Index, partner: Index, order: Array,
        x: Array, pull: Array, moved: Array,
    ) -> None:  # fmt: skip
        for i in range(start[form], start[form + 1]):
            r = by_form[i]
            law(first[r], first[r + 1], side, partner, order, x, pull, moved)

    return inlined(loop)


_NUMBERED = tuple(enumerate(FORMS))  # as in `Slots.start`
_DENOMINATORS = [
    _denominators_of(i, form.denominator)
    for i, form in _NUMBERED
    if isinstance(form, ReversibleForm)
]
_N_REVERSIBLE = len(_DENOMINATORS)
_denominators = _in_turn(_DENOMINATORS)
_irreversible = _in_turn(
    [_rates_of(i, form.rate) for i, form in _NUMBERED if isinstance(form, IrreversibleForm)]
)
_curvatures = _in_turn([_curvatures_of(i, form.curvature) for i, form in _NUMBERED])


@compiled
def rates_kernel(
    slots: Slots, c: Array, inverse_km: Array, inverse_keq: Array, f: Array, df: Array,
    derivatives: bool,
) -> None:  # fmt: skip
    """Fill f (reactions,) and, where asked for, df = ∂f/∂c (slots,) at concentrations c.

    Takes 1/KM. Without derivatives, df is left as it is.
    """
    # Arrays are taken out of the table here: in loops, that would take most of the time.
    x, inverse = np.empty(len(df)), np.empty(len(df))
    for k in range(len(df)):
        inverse[k] = inverse_km[slots.km[k]] if slots.km[k] >= 0 else 1.0
        x[k] = c[slots.species[k]] * inverse[k]
    denominator = np.empty(len(f))
    _denominators(
        slots.by_form, slots.start, slots.first, slots.side, slots.partner, slots.order, x,
        denominator, df, derivatives,
    )  # fmt: skip
    _reversible(
        slots.by_form, slots.start, slots.first, slots.species, slots.side, slots.order,
        slots.displacement, c, inverse, inverse_keq, denominator, f, df, derivatives,
    )  # fmt: skip
    _irreversible(
        slots.by_form, slots.start, slots.first, slots.side, slots.order, x, inverse, f, df,
        derivatives,
    )  # fmt: skip


@compiled
def _reversible(
    by_form: Index, start: Index, first: Index, species: Index, side: Index, order: Array,
    displacement: Array, c: Array, inverse: Array, inverse_keq: Array, denominator: Array,
    f: Array, df: Array, derivatives: bool,
) -> None:  # fmt: skip
    """f of the reversible reactions; where asked for, turns ∂D/∂x in df to ∂f/∂c."""
    # Each side of the numerator is a product. The derivative by one factor is the product of the
    # others, taken from both ends, so that nothing is divided by a concentration that may be zero.
    for i in range(start[_N_REVERSIBLE]):
        r = by_form[i]
        lo, hi = first[r], first[r + 1]
        inverse_k, forward, backward = 1.0, 1.0, 1.0
        for k in range(lo, hi):
            x = c[species[k]]
            if side[k] == SUBSTRATE:
                inverse_k *= power(inverse[k], order[k])
                forward *= power(x, order[k])
            else:
                backward *= power(x, displacement[k])
        f[r] = inverse_k * (forward - inverse_keq[r] * backward) / denominator[r]
        if not derivatives:
            continue
        for k in range(lo, hi):
            df[k] *= -f[r]
            df[k] *= inverse[k]
        before_s, before_p = inverse_k, -inverse_k * inverse_keq[r]
        for k in range(lo, hi):
            x, after = c[species[k]], 1.0
            if side[k] == SUBSTRATE:
                for j in range(k + 1, hi):
                    if side[j] == SUBSTRATE:
                        after *= power(c[species[j]], order[j])
                df[k] += order[k] * power(x, order[k] - 1.0) * before_s * after
                before_s *= power(x, order[k])
            else:
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
        slots.by_form, slots.start, slots.first, slots.side, slots.partner, slots.order, x, pull,
        moved,
    )  # fmt: skip
    for k in range(len(moved)):
        if slots.km[k] >= 0:
            out[slots.km[k]] += moved[k]
