"""Compiled right-hand side and Jacobian of `renaissance_kit.simulation.dynamics`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.kernels import rates_of
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.slots import Slots


class Terms(NamedTuple):
    """The balances as flat arrays for compiled code.

    Entry e adds ``coefficient[e] · v[reaction[e]]`` to row ``row[e]``. Rows below ``n_inside`` are
    intracellular; those up to ``n_states`` − 1 are in the medium; the last one is the biomass.
    ``slot_variable`` is the state variable of each slot, −1 for one that does not change.
    ``lowest`` is, by species, the concentration below which rates follow their tangent. ``kla`` is
    0 where nothing is exchanged with a gas.
    """

    row: Index
    reaction: Index
    coefficient: Array
    slot_reaction: Index
    slot_first_entry: Index
    slot_variable: Index
    lowest: Array
    diluted: Array
    held: NDArray[np.bool_]
    kla: Array
    saturation: Array
    species_variable: Index
    n_inside: int
    n_states: int
    growth: int
    growth_density: float
    exchange_density: float


class Feed(NamedTuple):
    """What is fed to a reactor: the dilution rate is inflow / (volume + net · (t − begin)).

    Volumes are in L, their changes in L/h, times in h; ``mM`` is (states,), biomass in gDW/L.
    """

    inflow: float
    volume: float
    net: float
    begin: float
    mM: Array

    @classmethod
    def none(cls, states: int) -> Feed:
        """A cell, or a batch."""
        return cls(0.0, 1.0, 0.0, 0.0, np.zeros(states))

    def dilution_per_h(self, t: float) -> float:
        """At a time in h."""
        return self.inflow / (self.volume + self.net * (t - self.begin))


class System:
    """Compiled right-hand side and Jacobian of one model, with their working memory."""

    def __init__(self, models: KineticModels, model: int, vmax: Array, terms: Terms) -> None:
        self.terms = terms
        self.slots = models.laws.slots
        self.inverse = models.laws.inverse(models.km_mM[model])
        self.vmax = np.ascontiguousarray(vmax[model])
        self.inverse_keq = np.exp(-models.log_keq)
        self.concentrations = models.state.concentrations_mM.copy()
        self.f = np.empty(len(self.vmax))
        self.df = np.empty(len(self.slots.species))

    def derivative(self, state: Array, out: Array, feed_per_h: float, feed: Array) -> None:
        """Fill out, (states,), with dy/dt."""
        derivative_kernel(
            self.slots, self.terms, self.inverse, self.vmax, self.inverse_keq,
            self.concentrations, state, feed_per_h, feed, self.f, self.df, out,
        )  # fmt: skip

    def jacobian(self, state: Array, out: Array, feed_per_h: float) -> None:
        """Fill out, (states, states), with ∂(dy/dt)/∂y."""
        jacobian_kernel(
            self.slots, self.terms, self.inverse, self.vmax, self.inverse_keq,
            self.concentrations, state, feed_per_h, self.f, self.df, out,
        )  # fmt: skip

    def rates(self, state: Array) -> Array:
        """Rates, (reactions,) in mM/h."""
        _rates(
            self.slots, self.terms, self.inverse, self.inverse_keq, self.concentrations, state,
            self.f, self.df, False,
        )  # fmt: skip
        return self.vmax * self.f


# Arrays are taken out of the tables before the loops: inside, that would take most of the time.


@compiled
def _rates(
    slots: Slots, terms: Terms, inverse: Array, inverse_keq: Array, c: Array, state: Array,
    f: Array, df: Array, derivatives: bool,
) -> None:  # fmt: skip
    """Rates per Vmax and, where asked for, their derivatives; fills c, f and df.

    A solver's trial step may fall below zero. Below `Terms.lowest` a rate continues along its
    tangent, so that it has no kink. With concentrations cut off at zero instead, a metabolite that
    is used up makes the solver's steps shrink to nothing.
    """
    variable, lowest = terms.species_variable, terms.lowest
    below = False
    for i in range(len(c)):
        j = variable[i]
        if j >= 0:
            c[i] = max(state[j], lowest[i])
            below = below or state[j] < lowest[i]
    rates_of(slots, c, inverse, inverse_keq, f, df, derivatives or below)
    if below:
        reaction, species, slot_variable = terms.slot_reaction, slots.species, terms.slot_variable
        for k in range(len(df)):
            j = slot_variable[k]
            if j >= 0 and state[j] < lowest[species[k]]:
                f[reaction[k]] += df[k] * (state[j] - lowest[species[k]])


@compiled
def derivative_kernel(
    slots: Slots, terms: Terms, inverse: Array, vmax: Array, inverse_keq: Array, c: Array,
    state: Array, feed_per_h: float, feed: Array, f: Array, df: Array, out: Array,
) -> None:  # fmt: skip
    """Fill out, (states,), with dy/dt; f and df are working memory."""
    _rates(slots, terms, inverse, inverse_keq, c, state, f, df, bool(0))
    row, reaction, coefficient = terms.row, terms.reaction, terms.coefficient
    n_inside, growth, exchange = terms.n_inside, terms.growth, terms.exchange_density
    last = terms.n_states - 1
    for i in range(terms.n_states):
        out[i] = 0.0
    for e in range(len(row)):
        out[row[e]] += coefficient[e] * vmax[reaction[e]] * f[reaction[e]]
    if growth < 0:
        return
    diluted, held, kla, saturation = terms.diluted, terms.held, terms.kla, terms.saturation
    mu = vmax[growth] * f[growth] / terms.growth_density
    for i in range(n_inside):
        out[i] -= mu * diluted[i] * state[i]
    for i in range(n_inside, last):
        if not held[i]:
            out[i] = out[i] * state[last] / exchange + feed_per_h * (feed[i] - state[i])
            out[i] += kla[i] * (saturation[i] - state[i])
    out[last] = (mu - feed_per_h) * state[last] + feed_per_h * feed[last]


@compiled
def jacobian_kernel(
    slots: Slots, terms: Terms, inverse: Array, vmax: Array, inverse_keq: Array, c: Array,
    state: Array, feed_per_h: float, f: Array, df: Array, out: Array,
) -> None:  # fmt: skip
    """Fill out, (states, states), with ∂(dy/dt)/∂y; f and df are working memory."""
    _rates(slots, terms, inverse, inverse_keq, c, state, f, df, bool(1))
    row, reaction, coefficient = terms.row, terms.reaction, terms.coefficient
    variable, slot_reaction, first = (
        terms.slot_variable, terms.slot_reaction, terms.slot_first_entry,
    )  # fmt: skip
    n_inside, growth = terms.n_inside, terms.growth
    density, exchange = terms.growth_density, terms.exchange_density
    diluted, held, kla = terms.diluted, terms.held, terms.kla
    last = terms.n_states - 1
    reactor = growth >= 0
    outside = state[last] / exchange if reactor else 1.0
    out[:, :] = 0.0
    for k in range(len(df)):
        j, r = variable[k], slot_reaction[k]
        if j < 0:
            continue
        g = vmax[r] * df[k]
        for e in range(first[r], first[r + 1]):
            out[row[e], j] += coefficient[e] * g * (outside if row[e] >= n_inside else 1.0)
        if r == growth:
            for i in range(n_inside):
                out[i, j] -= g / density * diluted[i] * state[i]
            out[last, j] += g / density * state[last]
    if not reactor:
        return
    mu = vmax[growth] * f[growth] / density
    for e in range(len(row)):
        if row[e] >= n_inside:
            out[row[e], last] += coefficient[e] * vmax[reaction[e]] * f[reaction[e]] / exchange
    for i in range(n_inside):
        out[i, i] -= mu * diluted[i]
    for i in range(n_inside, last):
        if not held[i]:
            out[i, i] -= feed_per_h + kla[i]
    out[last, last] += mu - feed_per_h
