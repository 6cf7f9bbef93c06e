"""How control coefficients move with Michaelis constants, at a steady state that stays.

Coefficients depend on constants through the elasticities ε alone. With C = −(N_R ε L)⁻¹ N_R inside,
the derivative of the inverse gives, for a flux or a concentration i and an enzyme j,

    dC_ij = Σ_rs C_ir dε_rs C^x_sj,

so one factorisation gives all of them. dε follows from the curvature of the rate laws, as in
`renaissance_kit.kinetics.gradients`: Vmax takes up what the constants do, so that the fluxes stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from renaissance_kit.control.coefficients import ControlCoefficients
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels


def control_by_log_km(
    models: KineticModels, coefficients: ControlCoefficients, target: str, enzymes: Sequence[str]
) -> tuple[Array, Array]:
    """The control of some enzymes together, and its derivative by ln KM.

    Args:
        models: a batch at one steady state.
        coefficients: of these models.
        target: a reaction or a dynamic metabolite.
        enzymes: whose coefficients are added up.

    Returns:
        (models,) Σ_j C_ij, and (models, km) its derivatives with Vmax in tow; NaN for a model
        without coefficients, 0 for constants that no rate depends on.

    Raises:
        ParameterError: the target is neither a reaction nor a dynamic metabolite.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.control import control_by_log_km, control_coefficients
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> value, slope = control_by_log_km(models, control_coefficients(models), "FRUt", ["HEX"])
    >>> slope.shape
    (2, 10)
    """
    laws, state = models.laws, models.state
    slots, reaction = laws.slots, laws.slot_reaction
    c, v = state.concentrations_mM, state.fluxes_mM_h
    by_reaction = coefficients.of(target).to_numpy()
    columns = [coefficients.enzymes.index(name) for name in enzymes]
    moved = coefficients.concentration[:, :, columns].sum(axis=2)
    dynamic = slots.species < len(models.network.dynamic)
    weights = np.zeros((len(models), len(slots.species)))
    weights[:, dynamic] = (
        by_reaction[:, reaction[dynamic]]
        * moved[:, slots.species[dynamic]]
        * (c[slots.species] / v[reaction])[dynamic]
    )
    slopes = np.full(models.km_mM.shape, np.nan)
    for m in np.flatnonzero(coefficients.done):
        slopes[m] = laws.derivatives_by_log_km(c, models.km_mM[m], v, weights[m])
    return by_reaction[:, columns].sum(axis=1), slopes
