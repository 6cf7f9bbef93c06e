"""The nonlinear equations: right-hand side and Jacobian of one model, in a cell or in a reactor.

Intracellular metabolites, mM per litre of their compartment:

    dc/dt = (1/φ) Σ S v − μ c        (the last term in a reactor only, see `Dilution`)

Extracellular metabolites, mM in the medium, and biomass X, gDW per litre of medium:

    de/dt = (X/ρ) Σ S v + D (e_feed − e)        dX/dt = (μ − D) X

Rates v are in mM/h per litre of cell, ρ is the dry weight of a litre of cell, μ = v_growth/ρ the
growth rate, φ the volume fraction of the compartment, and D = F/V the rate at which feed dilutes
the culture. Rates and their derivatives come from the kernel that makes the Jacobians of
`renaissance_kit.kinetics.models`, so the linear and the nonlinear model are one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.kernels import rates_kernel
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.slots import Slots
from renaissance_kit.laws.record import PROTON
from renaissance_kit.network.network import Network


class Dilution(StrEnum):
    """What growth does to intracellular metabolites.

    ``REPLACED``: growth dilutes every metabolite but the members of conserved moieties (CoA,
    adenylates, NAD(H), NADP(H), quinones). The network does not make these, so their synthesis and
    their dilution are taken to balance; diluted, they would fall thirtyfold in a batch. ``ALL``:
    every metabolite. ``NONE``: none, as in the published simulations.
    """

    REPLACED = "replaced"
    ALL = "all"
    NONE = "none"


class Terms(NamedTuple):
    """The balances as flat arrays for compiled code.

    Entry e adds ``coefficient[e] · v[reaction[e]]`` to row ``row[e]``. Rows below ``n_inside`` are
    intracellular; those up to ``n_states`` − 1 are in the medium; the last one is the biomass.
    ``slot_variable`` is the state variable of each slot, −1 for one that does not change.
    ``lowest`` is, by species, the concentration below which rates follow their tangent.
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
    species_variable: Index
    n_inside: int
    n_states: int
    growth: int
    density: float


@dataclass(frozen=True)
class Dynamics:
    """Equations of the models of one batch; pass the number of the model to its methods.

    Args:
        models: a batch of models at one steady state.
        reactor: with medium and biomass as state variables; else those of a cell in a medium
            that stays as it is.
        dilution: what growth does to intracellular metabolites in a reactor.
        held: metabolites whose concentration stays as it is at the start.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
    >>> cell = Dynamics(models)
    >>> bool(np.abs(cell.derivative(0, cell.steady_state)).max() < 1e-9)
    True
    """

    models: KineticModels
    reactor: bool = False
    dilution: Dilution = Dilution.REPLACED
    held: tuple[str, ...] = ()
    _vmax: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_vmax", self.models.vmax_mM_h)
        object.__setattr__(self, "dilution", Dilution(self.dilution))
        if self.reactor:
            self.network.require_growth("a reactor")
        for name in self.held:
            if name not in self.names:
                raise ParameterError(f"held: {name!r} is no variable{nearest(name, self.names)}")

    @property
    def network(self) -> Network:
        """The network of the models."""
        return self.models.network

    @cached_property
    def inside(self) -> tuple[str, ...]:
        """Intracellular metabolites; in a reactor with those that are constant in a cell."""
        if not self.reactor:
            return self.network.dynamic
        by_products = [m for m in self.network.constant if self._compartment_volume(m) is not None]
        return (*self.network.dynamic, *by_products)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """State variables: metabolites inside, then medium and ``biomass`` in a reactor."""
        if not self.reactor:
            return self.inside
        medium = [m for m in self.network.constant if m not in set(self.inside)]
        return (*self.inside, *medium, "biomass")

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each state variable."""
        return {name: i for i, name in enumerate(self.names)}

    @property
    def medium(self) -> tuple[str, ...]:
        """State variables in the medium."""
        return self.names[len(self.inside) : -1] if self.reactor else ()

    @cached_property
    def steady_state(self) -> Array:
        """(states,) concentrations of the steady state in mM; biomass is 1 gDW/L."""
        c = self.models.state.concentrations_mM
        index = self.network.species_index
        return np.array([c[index[name]] if name in index else 1.0 for name in self.names])

    def with_vmax_factors(self, factors: dict[str, float]) -> Dynamics:
        """The same equations with some maximal velocities multiplied, as in an engineered strain.

        Args:
            factors: by reaction; positive.

        Raises:
            ParameterError: an unknown reaction or a factor that is not positive.
        """
        reactions = self.network.kinetic_reactions
        vmax = self._vmax.copy()
        for name, factor in factors.items():
            if name not in self.network.reaction_index:
                raise ParameterError(f"{name!r} is not a reaction{nearest(name, reactions)}")
            if not (np.isfinite(factor) and factor > 0):
                raise ParameterError(f"factor of {name} is {factor}; give a positive number")
            vmax[:, self.network.reaction_index[name]] *= factor
        changed = Dynamics(self.models, self.reactor, self.dilution, self.held)
        object.__setattr__(changed, "_vmax", vmax)
        return changed

    def derivative(
        self, model: int, state: Array, *, feed_per_h: float = 0.0, feed: Array | None = None
    ) -> Array:
        """dy/dt of one model, (states,), in mM/h and, for biomass, gDW/L/h.

        Args:
            model: number in the batch.
            state: (states,).
            feed_per_h: D, volume of feed per volume of culture and hour.
            feed: (states,) of the feed; pure water if not given.
        """
        out = np.empty(len(self.names))
        self.system(model).derivative(state, out, feed_per_h, self._feed(feed))
        return out

    def jacobian(self, model: int, state: Array, *, feed_per_h: float = 0.0) -> Array:
        """∂(dy/dt)/∂y of one model, (states, states), in 1/h."""
        n = len(self.names)
        out = np.empty((n, n))
        self.system(model).jacobian(state, out, feed_per_h)
        return out

    def rates_mM_h(self, model: int, states: Array) -> Array:
        """Rates of all reactions, (..., reactions), along states (..., states)."""
        states = np.asarray(states, dtype=np.float64)
        flat = np.ascontiguousarray(states.reshape(-1, len(self.names)))
        system = self.system(model)
        out = np.array([system.rates(state) for state in flat])
        return out.reshape(*states.shape[:-1], -1)

    def growth_rate_per_h(self, model: int, states: Array) -> Array:
        """μ along states (..., states), in 1/h.

        Raises:
            DataError: the network has no growth reaction.
        """
        growth = self.network.reaction_index[self.network.require_growth("a growth rate")]
        return self.rates_mM_h(model, states)[..., growth] / self.models.state.density_gDW_L

    def system(self, model: int) -> System:
        """The compiled equations of one model."""
        return System(self, model)

    @cached_property
    def terms(self) -> Terms:
        """The balances as flat arrays."""
        network, laws = self.network, self.models.laws
        reactions = network.kinetic_reactions
        metabolites = [n for n in self.names if n != "biomass"]
        matrix = network.stoichiometric_matrix(tuple(metabolites), reactions)
        for i, name in enumerate(self.inside):
            matrix[i] /= self._compartment_volume(name)
        held = np.array([name in self.held for name in self.names])
        matrix[held[: len(metabolites)]] = 0.0
        # entries are sorted by reaction, so that a slot finds those of its reaction together
        reaction, row = np.nonzero(matrix.T)
        first = np.searchsorted(reaction, np.arange(len(reactions) + 1))
        variable = np.array([self.index.get(name, -1) for name in network.species])
        moieties = {name for m in network.moieties for name in m.coefficients}
        diluted = np.zeros(len(self.names))
        if self.reactor and self.dilution != Dilution.NONE:
            spared = moieties if self.dilution == Dilution.REPLACED else set()
            for i, name in enumerate(self.inside):
                diluted[i] = float(name not in spared and name not in self.held)
        return Terms(
            row.astype(np.int64),
            reaction.astype(np.int64),
            matrix[row, reaction],
            laws.slot_reaction,
            first.astype(np.int64),
            variable[laws.slots.species],
            self._lowest(),
            diluted,
            held,
            variable,
            len(self.inside),
            len(self.names),
            network.reaction_index[network.require_growth("a reactor")] if self.reactor else -1,
            self.models.state.density_gDW_L,
        )

    def _lowest(self) -> Array:
        """(species,) 0; for protons with a negative power a millionth of the steady state."""
        slots, c = self.models.laws.slots, self.models.state.concentrations_mM
        lowest = np.zeros(len(c))
        singular = slots.species[(slots.side == PROTON) & (slots.displacement < 0)]
        lowest[singular] = 1e-6 * c[singular]
        return lowest

    def _compartment_volume(self, metabolite: str) -> float | None:
        compartment = self.network.metabolites[metabolite].compartment
        return self.network.compartments[compartment].volume_fraction

    def _feed(self, feed: Array | None) -> Array:
        return np.zeros(len(self.names)) if feed is None else np.asarray(feed, dtype=np.float64)


class System:
    """Compiled right-hand side and Jacobian of one model, with their working memory."""

    def __init__(self, dynamics: Dynamics, model: int) -> None:
        models = dynamics.models
        self.terms = dynamics.terms
        self.slots = models.laws.slots
        self.inverse_km = 1.0 / models.km_mM[model]
        self.vmax = np.ascontiguousarray(dynamics._vmax[model])
        self.inverse_keq = np.exp(-models.log_keq)
        self.concentrations = models.state.concentrations_mM.copy()
        self.f = np.empty(len(self.vmax))
        self.df = np.empty(len(self.slots.species))

    def derivative(self, state: Array, out: Array, feed_per_h: float, feed: Array) -> None:
        """Fill out, (states,), with dy/dt."""
        _derivative(
            self.slots, self.terms, self.inverse_km, self.vmax, self.inverse_keq,
            self.concentrations, state, feed_per_h, feed, self.f, self.df, out,
        )  # fmt: skip

    def jacobian(self, state: Array, out: Array, feed_per_h: float) -> None:
        """Fill out, (states, states), with ∂(dy/dt)/∂y."""
        _jacobian(
            self.slots, self.terms, self.inverse_km, self.vmax, self.inverse_keq,
            self.concentrations, state, feed_per_h, self.f, self.df, out,
        )  # fmt: skip

    def rates(self, state: Array) -> Array:
        """Rates, (reactions,) in mM/h."""
        _rates(
            self.slots, self.terms, self.inverse_km, self.inverse_keq, self.concentrations, state,
            self.f, self.df, False,
        )  # fmt: skip
        return self.vmax * self.f


# Arrays are taken out of the tables before the loops: inside, that would take most of the time.


@compiled
def _rates(
    slots: Slots, terms: Terms, inverse_km: Array, inverse_keq: Array, c: Array, state: Array,
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
    rates_kernel(slots, c, inverse_km, inverse_keq, f, df, derivatives or below)
    if below:
        reaction, species, slot_variable = terms.slot_reaction, slots.species, terms.slot_variable
        for k in range(len(df)):
            j = slot_variable[k]
            if j >= 0 and state[j] < lowest[species[k]]:
                f[reaction[k]] += df[k] * (state[j] - lowest[species[k]])


@compiled
def _derivative(
    slots: Slots, terms: Terms, inverse_km: Array, vmax: Array, inverse_keq: Array, c: Array,
    state: Array, feed_per_h: float, feed: Array, f: Array, df: Array, out: Array,
) -> None:  # fmt: skip
    _rates(slots, terms, inverse_km, inverse_keq, c, state, f, df, False)
    row, reaction, coefficient = terms.row, terms.reaction, terms.coefficient
    n_inside, growth, density = terms.n_inside, terms.growth, terms.density
    last = terms.n_states - 1
    for i in range(terms.n_states):
        out[i] = 0.0
    for e in range(len(row)):
        out[row[e]] += coefficient[e] * vmax[reaction[e]] * f[reaction[e]]
    if growth < 0:
        return
    diluted, held = terms.diluted, terms.held
    mu = vmax[growth] * f[growth] / density
    for i in range(n_inside):
        out[i] -= mu * diluted[i] * state[i]
    for i in range(n_inside, last):
        if not held[i]:
            out[i] = out[i] * state[last] / density + feed_per_h * (feed[i] - state[i])
    out[last] = (mu - feed_per_h) * state[last] + feed_per_h * feed[last]


@compiled
def _jacobian(
    slots: Slots, terms: Terms, inverse_km: Array, vmax: Array, inverse_keq: Array, c: Array,
    state: Array, feed_per_h: float, f: Array, df: Array, out: Array,
) -> None:  # fmt: skip
    _rates(slots, terms, inverse_km, inverse_keq, c, state, f, df, True)
    row, reaction, coefficient = terms.row, terms.reaction, terms.coefficient
    variable, slot_reaction, first = (
        terms.slot_variable, terms.slot_reaction, terms.slot_first_entry,
    )  # fmt: skip
    n_inside, growth, density = terms.n_inside, terms.growth, terms.density
    diluted, held = terms.diluted, terms.held
    last = terms.n_states - 1
    reactor = growth >= 0
    outside = state[last] / density if reactor else 1.0
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
            out[row[e], last] += coefficient[e] * vmax[reaction[e]] * f[reaction[e]] / density
    for i in range(n_inside):
        out[i, i] -= mu * diluted[i]
    for i in range(n_inside, last):
        if not held[i]:
            out[i, i] -= feed_per_h
    out[last, last] += mu - feed_per_h
