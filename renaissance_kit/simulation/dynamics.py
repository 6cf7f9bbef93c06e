"""The nonlinear equations: right-hand side and Jacobian of one model, in a cell or in a reactor.

Intracellular metabolites, mM per litre of their compartment:

    dc/dt = (1/φ) Σ S v − μ c        (the last term in a reactor only, see `Dilution`)

Extracellular metabolites, mM in the medium, and biomass X, gDW per litre of medium:

    de/dt = (X/ρ_e) Σ S v + D (e_feed − e) + kLa (e_sat − e)        dX/dt = (μ − D) X

Rates v are in mM/h per litre of cell, μ = v_growth/ρ_g is the growth rate, φ the volume fraction of
the compartment, D = F/V the rate at which feed dilutes the culture, and kLa (1/h) the coefficient
of the transfer between gas and medium, where e_sat is the saturation. Rates and their derivatives
come from the kernel that makes the Jacobians of `renaissance_kit.kinetics.models`, so the linear
and the nonlinear model are one.

The dry weight of a litre of cell, ρ, is one number, and both conversions take that of the steady
state unless told otherwise. Published simulations use one for growth, ρ_g, and another for the
exchange with the medium, ρ_e. Mass is then not conserved exactly: per gram of biomass made, the
medium changes by ρ_g/ρ_e times what the reactions balance (331.5/280 = 1.18 in the published ones).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.pointers import fitting
from renaissance_kit.laws.sides import PROTON
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.equations import System, Terms
from renaissance_kit.simulation.operations import Dilution, Transfer


@dataclass(frozen=True)
class Dynamics:
    """Equations of the models of one batch; pass the number of the model to its methods.

    Args:
        models: a batch of models at one steady state.
        reactor: with medium and biomass as state variables; else those of a cell in a medium
            that stays as it is.
        dilution: what growth does to intracellular metabolites in a reactor.
        held: metabolites whose concentration stays as it is at the start.
        growth_density_gDW_L, exchange_density_gDW_L: dry weight of a litre of cell, for the growth
            rate and for the exchange with the medium; that of the steady state if not given.
        transfer: between gas and medium, by metabolite of the medium.

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
    growth_density_gDW_L: float | None = None
    exchange_density_gDW_L: float | None = None
    transfer: Mapping[str, Transfer] = field(default_factory=dict)
    _vmax: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_vmax", self.models.vmax_mM_h)
        object.__setattr__(self, "dilution", Dilution(self.dilution))
        if self.reactor:
            self.network.require_growth("a reactor")
        for name in self.held:
            if name not in self.names:
                raise ParameterError(f"held: {name!r} is no variable{nearest(name, self.names)}")
        for name in self.transfer:
            if name not in self.medium:
                raise ParameterError(
                    f"transfer: {name!r} is not in the medium{nearest(name, self.medium)}"
                )

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

    @property
    def growth_density(self) -> float:
        """gDW per litre of cell that makes the growth rate from the rate of growth."""
        given = self.growth_density_gDW_L
        return self.models.state.density_gDW_L if given is None else given

    @property
    def exchange_density(self) -> float:
        """gDW per litre of cell that makes changes of the medium from rates."""
        given = self.exchange_density_gDW_L
        return self.models.state.density_gDW_L if given is None else given

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
        self.network.require_reactions(factors)
        vmax = self._vmax.copy()
        for name, factor in factors.items():
            if not (np.isfinite(factor) and factor > 0):
                raise ParameterError(f"factor of {name} is {factor}; give a positive number")
            vmax[:, self.network.reaction_index[name]] *= factor
        changed = replace(self)
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
        return self.rates_mM_h(model, states)[..., growth] / self.growth_density

    def system(self, model: int) -> System:
        """The compiled equations of one model."""
        return System(self.models, model, self._vmax, self.terms)

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
        kla, saturation = np.zeros(len(self.names)), np.zeros(len(self.names))
        for name, gas in self.transfer.items():
            kla[self.index[name]] = gas.kla_per_h
            saturation[self.index[name]] = gas.saturation_mM
        terms = Terms(
            row.astype(np.int64),
            reaction.astype(np.int64),
            matrix[row, reaction],
            laws.slot_reaction,
            first.astype(np.int64),
            variable[laws.slots.species],
            self._lowest(),
            diluted,
            held,
            kla,
            saturation,
            variable,
            len(self.inside),
            len(self.names),
            network.reaction_index[network.require_growth("a reactor")] if self.reactor else -1,
            self.growth_density,
            self.exchange_density,
        )
        return fitting(terms)

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
