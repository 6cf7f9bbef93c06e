"""Rates of a network and their derivatives, for one model, from the compiled rate laws.

What a rate is stands in `renaissance_kit.laws`. The displacement ρ is over substrates (n = −ν),
products (n = ν) and protons (n = their coefficient).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.types import Array, Index
from renaissance_kit.kinetics.compiled import compiled
from renaissance_kit.kinetics.kernels import rates_of, slot_gradient_kernel
from renaissance_kit.kinetics.slots import Slots
from renaissance_kit.network.network import Network


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
        slots = Slots.of(network)
        influential = np.zeros(len(network.km_names), dtype=bool)
        influential[slots.km[slots.km >= 0]] = True
        return cls(slots, slots.backward > 0, influential)

    @property
    def slot_reaction(self) -> Index:
        """Reaction of each slot."""
        return np.repeat(np.arange(len(self.reversible)), np.diff(self.slots.first))

    def log_equilibrium_constants(self, concentrations: Array, log_displacement: Array) -> Array:
        """ln Keq, such that the displacement at the given concentrations is the given one.

        Args:
            concentrations: (species,) in mM.
            log_displacement: (reactions,) ln ρ; ignored where the law has none.

        Returns:
            (reactions,), 0 where the law has no displacement. Keq refers to mM.
        """
        log_quotient = np.zeros(len(self.reversible))
        terms = self.slots.displacement * np.log(concentrations[self.slots.species])
        np.add.at(log_quotient, self.slot_reaction, terms)
        return np.where(self.reversible, log_quotient - log_displacement, 0.0)

    def inverse(self, km: Array) -> Array:
        """(..., slots) 1/KM in 1/mM, 1 where a slot has none; ``km`` is (..., km) in mM."""
        inverse, has_km = np.ones((*km.shape[:-1], len(self.slots.km))), self.slots.km >= 0
        inverse[..., has_km] = 1.0 / km[..., self.slots.km[has_km]]
        return inverse

    def rates(self, concentrations: Array, km: Array, log_keq: Array) -> Array:
        """Rates per Vmax, (reactions,), at one set of concentrations (mM) and KM (mM)."""
        return self.rates_and_derivatives(concentrations, km, log_keq)[0]

    def rates_and_derivatives(
        self, concentrations: Array, km: Array, log_keq: Array
    ) -> tuple[Array, Array]:
        """f, (reactions,), and ∂f/∂c, (slots,) in 1/mM."""
        f = np.empty(len(self.reversible))
        df = np.empty(len(self.slots.species))
        _rates_kernel(self.slots, concentrations, self.inverse(km), np.exp(-log_keq), f, df)
        return f, df

    def derivatives_by_log_km(
        self, concentrations: Array, km: Array, fluxes: Array, weights: Array
    ) -> Array:
        """How the slot derivatives g = Vmax · ∂f/∂c move with KM at a fixed steady state.

        Vmax = v/f follows, so the numerators of reversible laws have no part in it.

        Args:
            concentrations: (species,) in mM.
            km: (km,) in mM.
            fluxes: (reactions,) v in mM/h.
            weights: (slots,) w.

        Returns:
            (km,) ∂(Σ_k w_k g_k)/∂ln K.
        """
        out = np.zeros(len(km))
        slot_gradient_kernel(self.slots, concentrations, km, fluxes, weights, out)
        return out


@compiled
def _rates_kernel(
    slots: Slots, c: Array, inverse: Array, inverse_keq: Array, f: Array, df: Array
) -> None:
    rates_of(slots, c, inverse, inverse_keq, f, df, bool(1))
