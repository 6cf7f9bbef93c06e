"""Kinetic models at a steady state: Vmax by back-calculation, elasticities, Jacobians."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.kernels import rates_of
from renaissance_kit.kinetics.rate_laws import RateLaws
from renaissance_kit.kinetics.slots import Slots
from renaissance_kit.kinetics.spectrum import Spectrum, spectrum_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState


@dataclass(frozen=True)
class JacobianMap:
    """The linear map from slot derivatives g = Vmax · ∂f/∂c to the entries of a Jacobian.

    Entry ``row[e], column[e]`` is Σ coefficient · g over ``start[e]:start[e + 1]``; entries that
    are zero by structure are not in the table.
    """

    size: int
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    start: NDArray[np.int64]
    slot: NDArray[np.int64]
    coefficient: Array

    @classmethod
    def of(cls, network: Network, laws: RateLaws, *, reduced: bool) -> JacobianMap:
        """Map for the independent metabolites (``reduced``), or for all dynamic ones."""
        names = network.independent if reduced else network.dynamic
        rows = np.array([network.species_index[name] for name in names])
        balance = (network.stoichiometry / network.volume_fractions[:, None])[rows]
        link = network.link_matrix if reduced else np.eye(len(names))
        entries: dict[tuple[int, int], list[tuple[int, float]]] = {}
        reactions = laws.slot_reaction
        for slot, species in enumerate(laws.slots.species):
            if species >= len(network.dynamic):
                continue  # held constant
            for i in np.flatnonzero(balance[:, reactions[slot]]):
                for j in np.flatnonzero(link[species]):
                    value = balance[i, reactions[slot]] * link[species, j]
                    entries.setdefault((int(i), int(j)), []).append((slot, float(value)))
        keys = sorted(entries)
        terms = [entries[key] for key in keys]
        return cls(
            len(names),
            np.array([i for i, _ in keys]),
            np.array([j for _, j in keys]),
            np.cumsum([0] + [len(t) for t in terms]),
            np.array([slot for t in terms for slot, _ in t]),
            np.array([value for t in terms for _, value in t]),
        )


@dataclass(frozen=True)
class KineticModels:
    """A batch of kinetic models of one network at one steady state.

    Args:
        network: the network.
        state: a steady state of it; checked on construction.
        km_mM: (models, km) or (km,) Michaelis constants in the order of `Network.km_names`.

    Raises:
        SteadyStateError: the state is not a steady state of this network.
        ParameterError: wrong shape, no models, or constants that are not positive and finite.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((3, 10)))
    >>> models.spectrum().incidence
    1.0
    """

    network: Network
    state: SteadyState
    km_mM: Array
    _laws: RateLaws | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._laws is None:  # `with_km` keeps a state that was checked
            self.state.check(self.network)
        km = np.atleast_2d(np.ascontiguousarray(self.km_mM, dtype=np.float64))
        names = self.network.km_names
        if km.ndim != 2 or km.shape[1] != len(names):
            raise ParameterError(
                f"km_mM has shape {km.shape}; give (models, {len(names)}), columns in the order "
                "of network.km_names"
            )
        if len(km) == 0:
            raise ParameterError("km_mM holds no models; give at least one row")
        bad = ~(np.isfinite(km) & (km > 0)).all(axis=0)
        if bad.any():
            listed = ", ".join(np.array(names)[bad][:5])
            raise ParameterError(f"KM must be positive and finite; look at {listed}")
        object.__setattr__(self, "km_mM", km)

    def __len__(self) -> int:
        return len(self.km_mM)

    @cached_property
    def laws(self) -> RateLaws:
        """The compiled rate laws."""
        return self._laws or RateLaws.of(self.network)

    @cached_property
    def log_keq(self) -> Array:
        """(reactions,) ln Keq that makes the state's displacements exact; Keq refers to mM."""
        return self.laws.log_equilibrium_constants(
            self.state.concentrations_mM, self.state.log_displacement
        )

    @cached_property
    def vmax_mM_h(self) -> Array:
        """(models, reactions) maximal velocities that reproduce the steady-state fluxes.

        For mass action the rate constant, for growth the maximal growth rate × density.
        """
        return self._vmax_and_slots(0, len(self))[0]

    def rate_derivatives_per_h(self) -> Array:
        """(models, slots) g = Vmax · ∂f/∂c at the steady state, in 1/h; see `RateLaws`."""
        return self._vmax_and_slots(0, len(self))[1]

    def jacobians_per_h(self, *, reduced: bool = True) -> Array:
        """Jacobians ∂(dc/dt)/∂c at the steady state in 1/h, (models, n, n).

        Args:
            reduced: over the independent metabolites (moieties removed) or all dynamic ones.
        """
        return self._jacobians(0, len(self), self.jacobian_map if reduced else self._full_map)

    def spectrum(self, *, threshold_per_h: float | None = None, workers: int = 2) -> Spectrum:
        """Eigenvalues of the reduced Jacobians and what they say of each model.

        Args:
            threshold_per_h: bound on the real parts; the network's condition
                ``eigenvalue_threshold`` if not given.
            workers: threads.
        """
        if threshold_per_h is None:
            threshold_per_h = self.network.conditions["eigenvalue_threshold"].value
        return spectrum_of(
            len(self),
            lambda start, stop: self._jacobians(start, stop, self.jacobian_map),
            threshold_per_h=threshold_per_h,
            workers=workers,
        )

    def with_km(self, km_mM: ArrayLike) -> KineticModels:
        """The same network and state with other constants; compiled tables are shared."""
        models = KineticModels(self.network, self.state, np.asarray(km_mM, float), self.laws)
        for name in ("log_keq", "jacobian_map"):
            models.__dict__[name] = getattr(self, name)
        return models

    def in_network(self, network: Network) -> KineticModels:
        """The same state and constants in a network with fewer of them, such as without regulation.

        Vmax is computed anew, so that the steady state stays; see `Network.without_modifiers`.

        Raises:
            ParameterError: the network has a constant that these models have not.
            SteadyStateError: its reactions are others, so that the state is none of it.

        >>> import numpy as np
        >>> from renaissance_kit import KineticModels, Network, SteadyStates
        >>> network = Network.example(regulation="published")
        >>> state = SteadyStates.published(network).default
        >>> models = KineticModels(network, state, np.ones(490))
        >>> models.in_network(network.without_modifiers("DDPA")).km_mM.shape
        (1, 488)
        """
        missing = [name for name in network.km_names if name not in self.network.km_index]
        if missing:
            raise ParameterError(
                f"{', '.join(missing[:5])} of {network.name} are not among the constants of these "
                "models; give a network with the same constants, or fewer"
            )
        columns = [self.network.km_index[name] for name in network.km_names]
        return KineticModels(network, self.state, self.km_mM[:, columns])

    def at(self, state: SteadyState) -> KineticModels:
        """The same network and constants at another steady state; compiled tables are shared."""
        state.check(self.network)
        models = KineticModels(self.network, state, self.km_mM, self.laws)
        models.__dict__["jacobian_map"] = self.jacobian_map
        return models

    @cached_property
    def jacobian_map(self) -> JacobianMap:
        """From `rate_derivatives_per_h` to the entries of the reduced Jacobian."""
        return JacobianMap.of(self.network, self.laws, reduced=True)

    @cached_property
    def _full_map(self) -> JacobianMap:
        return JacobianMap.of(self.network, self.laws, reduced=False)

    def _vmax_and_slots(self, start: int, stop: int) -> tuple[Array, Array]:
        slots = self.laws.slots
        vmax = np.empty((stop - start, len(self.laws.reversible)))
        g = np.empty((stop - start, len(slots.species)))
        _batch_kernel(
            slots, self.state.concentrations_mM, self.laws.inverse(self.km_mM[start:stop]),
            np.exp(-self.log_keq), self.state.fluxes_mM_h, vmax, g,
        )  # fmt: skip
        return vmax, g

    def _jacobians(self, start: int, stop: int, table: JacobianMap) -> Array:
        _, g = self._vmax_and_slots(start, stop)
        out = np.zeros((stop - start, table.size, table.size))
        _scatter_kernel(table.row, table.column, table.start, table.slot, table.coefficient, g, out)
        return out


@compiled
def _batch_kernel(
    slots: Slots, c: Array, inverse: Array, inverse_keq: Array, flux: Array, vmax: Array, g: Array
) -> None:
    f = np.empty(vmax.shape[1])
    for m in range(len(inverse)):
        rates_of(slots, c, inverse[m], inverse_keq, f, g[m], bool(1))
        for r in range(len(f)):
            vmax[m, r] = flux[r] / f[r]
            for k in range(slots.first[r], slots.first[r + 1]):
                g[m, k] *= vmax[m, r]


@compiled
def _scatter_kernel(
    row: Index, column: Index, start: Index, slot: Index, coefficient: Array, g: Array, out: Array
) -> None:
    for m in range(len(g)):
        for e in range(len(row)):
            total = 0.0
            for t in range(start[e], start[e + 1]):
                total += coefficient[t] * g[m, slot[t]]
            out[m, row[e], column[e]] = total
