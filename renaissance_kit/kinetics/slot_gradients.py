"""How the slot derivatives of a model depend on its Michaelis constants, at a fixed steady state.

With concentrations, fluxes and displacements fixed, Vmax = v/f takes the numerator of a rate law
with it, and the slot derivative g = Vmax · ∂f/∂c = v · ∂ln f/∂c depends on KM through
−v · ∂ln D/∂c only (`renaissance_kit.kinetics.rate_laws`). With scaled concentrations c̃ = c/K and
e_k = ∂ln D/∂ln c̃_k,

    ∂g_k/∂ln K_j = v/c_k · H_kj,   H = ∂²ln D / ∂ln c̃ ∂ln c̃.

H by form, A and B being the two sides of a modular law, D = A + B − 1, and α_k = ∂ln A/∂ln c̃_k
(∂ln B for a product):

* paired: δ_kj e_k − e_k e_j within a pair, 0 between pairs;
* modular: δ_kj A/D · ∂α_k/∂ln c̃_k + [same side] e_k α_j − e_k e_j;
* irreversible, where ln f = Σ ln(c̃/(1 + c̃)): δ_kj c̃_k/(1 + c̃_k)²;
* mass action: none.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.rate_laws import PROTON, Slots
from renaissance_kit.network.families import IRREVERSIBLE, MASS_ACTION, PAIRED


@njit(cache=True, nogil=True, error_model="numpy")
def slot_gradient_kernel(
    slots: Slots, c: Array, km: Array, flux: Array, weights: Array, out: Array
) -> None:
    """Add ∂(Σ_k w_k g_k)/∂ln K to ``out``, for one model.

    Args:
        slots: table of the rate laws.
        c: (species,) concentrations in mM.
        km: (km,) in mM.
        flux: (reactions,) in mM/h.
        weights: (slots,) w.
        out: (km,), added to.
    """
    scaled = np.empty(len(weights))
    pull = np.empty(len(weights))  # w_k v / c_k
    for r in range(len(flux)):
        lo, hi, form = slots.first[r], slots.first[r + 1], slots.form[r]
        if form == MASS_ACTION:
            continue
        for k in range(lo, hi):
            scaled[k], pull[k] = 0.0, 0.0
            if slots.km[k] >= 0:
                scaled[k] = c[slots.species[k]] / km[slots.km[k]]
                pull[k] = weights[k] * flux[r] / c[slots.species[k]]
        if form == IRREVERSIBLE:
            for k in range(lo, hi):
                if slots.km[k] >= 0:
                    out[slots.km[k]] += pull[k] * scaled[k] / (1.0 + scaled[k]) ** 2
        elif form == PAIRED:
            _paired(slots, lo, hi, scaled, pull, out)
        else:
            _modular(slots, lo, hi, scaled, pull, out)


@njit(cache=True, nogil=True, error_model="numpy")
def _paired(slots: Slots, lo: int, hi: int, scaled: Array, pull: Array, out: Array) -> None:
    for k in range(lo, hi):
        if slots.side[k] != PROTON:
            factor, total = 1.0 + scaled[k], scaled[k] * pull[k]
            if slots.partner[k] >= 0:
                factor += scaled[slots.partner[k]]
                total += scaled[slots.partner[k]] * pull[slots.partner[k]]
            out[slots.km[k]] += scaled[k] / factor * (pull[k] - total / factor)


@njit(cache=True, nogil=True, error_model="numpy")
def _modular(slots: Slots, lo: int, hi: int, scaled: Array, pull: Array, out: Array) -> None:
    sides = np.ones(2)
    for k in range(lo, hi):
        if slots.side[k] != PROTON:
            sides[slots.side[k]] *= _logarithmic(scaled[k], int(slots.order[k]))[0]
    denominator = sides[0] + sides[1] - 1.0
    totals = np.zeros(2)
    for k in range(lo, hi):
        if slots.side[k] != PROTON:
            _, slope, _ = _logarithmic(scaled[k], int(slots.order[k]))
            share = sides[slots.side[k]] / denominator
            totals[slots.side[k]] += share * slope * pull[k]
    for k in range(lo, hi):
        if slots.side[k] != PROTON:
            _, slope, curvature = _logarithmic(scaled[k], int(slots.order[k]))
            share, same = sides[slots.side[k]] / denominator, totals[slots.side[k]]
            out[slots.km[k]] += (
                share * curvature * pull[k] + slope * same - share * slope * (totals[0] + totals[1])
            )


@njit(cache=True, nogil=True, error_model="numpy")
def _logarithmic(x: float, degree: int) -> tuple[float, float, float]:
    """p = Σ_{k≤degree} xᵏ, and the first and second derivative of ln p with respect to ln x."""
    value, first, second, power = 1.0, 0.0, 0.0, 1.0
    for k in range(1, degree + 1):
        power *= x
        value += power
        first += k * power
        second += k * k * power
    slope = first / value
    return value, slope, second / value - slope * slope
