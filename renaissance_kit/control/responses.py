"""Responses of a steady state to Michaelis constants and to the concentrations that are held.

A parameter p acts through the rates that it enters: R = C ∂ ln v/∂ ln p at constant concentrations,
with the control coefficients C (Kacser & Burns 1973). Equilibrium constants and maximal velocities
stay as they are, those of a product's KM too.

With x = c/K, a rate depends on K through x and on c through x and the displacement ρ, so

    ∂ ln v/∂ ln K = −(∂ ln v/∂ ln c + n ρ/(1 − ρ)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.control.coefficients import (
    ControlCoefficients,
    control_coefficients,
    origin_of,
)
from renaissance_kit.control.labels import Coefficients
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels

KM, CONSTANTS = "km", "constants"


@dataclass(frozen=True)
class Responses(Coefficients):
    """Scaled responses of a batch of models.

    The last axis of ``flux``, d ln v/d ln p, and ``concentration``, d ln x/d ln p, is that of the
    parameters. The fields are those of `Coefficients`.
    """

    AXIS: ClassVar[str] = "parameter"

    @property
    def parameters(self) -> tuple[str, ...]:
        """`Network.km_names`, or `Network.constant`."""
        return self.names


def responses(
    models: KineticModels,
    to: str,
    *,
    coefficients: ControlCoefficients | None = None,
    workers: int = 2,
) -> Responses:
    """Responses of every model of a batch to its constants or to its surroundings.

    Those to the maximal velocities are the control coefficients themselves.

    Args:
        models: a batch at one steady state. 1,000 models of the *E. coli* network give 0.7 GB for
            all KM.
        to: ``km``, all constants in mM, those of modifiers too; or ``constants``, the
            concentrations that are held (medium and by-products).
        coefficients: of these models, if they are at hand.
        workers: threads.

    Raises:
        ParameterError: another word, or coefficients of other models.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> responses(models, "constants").of("FRUt").round(2).loc[0].to_dict()
    {'glc__D_e': 0.55, 'fru_e': -0.04}
    """
    if to not in (KM, CONSTANTS):
        raise ParameterError(f"responses to {to!r} are unknown{nearest(to, (KM, CONSTANTS))}")
    control = coefficients or control_coefficients(models, workers=workers)
    if len(control) != len(models) or control.enzymes != models.network.kinetic_reactions:
        raise ParameterError(
            f"coefficients of {len(control)} models with {len(control.enzymes)} enzymes do not "
            f"belong to {len(models)} models of {models.network.name}; leave them out"
        )
    if control.origin and control.origin != origin_of(models):
        raise ParameterError(
            f"the coefficients are of other models than these {len(models)}, of "
            f"{control.origin['network']} at steady state {control.origin['steady_state']}; leave "
            "them out"
        )
    if to == KM:
        reaction, sensitivity = _by_log_km(models)
        return Responses(
            control.flux[:, :, reaction] * sensitivity[:, None],
            control.concentration[:, :, reaction] * sensitivity[:, None],
            control.fluxes, control.metabolites, models.network.km_names, control.status,
            control.origin,
        )  # fmt: skip
    by_constant = _by_log_constant(models)
    return Responses(
        control.flux @ by_constant, control.concentration @ by_constant, control.fluxes,
        control.metabolites, models.network.constant, control.status, control.origin,
    )  # fmt: skip


def _elasticities(models: KineticModels) -> Array:
    """(models, slots) ∂ ln v/∂ ln c of each slot."""
    slots, state = models.laws.slots, models.state
    scale = state.concentrations_mM[slots.species] / state.fluxes_mM_h[models.laws.slot_reaction]
    return np.asarray(models.rate_derivatives_per_h() * scale)


def _by_log_km(models: KineticModels) -> tuple[NDArray[np.int64], Array]:
    """The reaction of each KM, (km,), and ∂ ln v/∂ ln K of that reaction, (models, km)."""
    slots, laws = models.laws.slots, models.laws
    has_km = np.flatnonzero(slots.km >= 0)
    log_rho = models.state.log_displacement[laws.slot_reaction]
    with np.errstate(invalid="ignore"):
        pull = slots.displacement / np.expm1(-log_rho)  # n ρ/(1 − ρ)
    pull = np.where(slots.displacement == 0, 0.0, pull)
    out = np.zeros((len(models), len(models.network.km_names)))
    out[:, slots.km[has_km]] = -(_elasticities(models) + pull)[:, has_km]
    names = models.network.km_names
    reaction = np.array([models.network.reaction_index[n.split(":")[0]] for n in names], dtype=int)
    return reaction, out


def _by_log_constant(models: KineticModels) -> Array:
    """(models, reactions, constants) ∂ ln v/∂ ln c of the concentrations that are held."""
    network, laws = models.network, models.laws
    first = len(network.dynamic)
    out = np.zeros((len(models), len(network.kinetic_reactions), len(network.constant)))
    elasticities = _elasticities(models)
    for k in np.flatnonzero(laws.slots.species >= first):
        out[:, laws.slot_reaction[k], laws.slots.species[k] - first] += elasticities[:, k]
    return out
