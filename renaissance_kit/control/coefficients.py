"""Control coefficients: what an enzyme's activity does to the fluxes and concentrations.

At a steady state with fluxes v and concentrations x, for the maximal velocities E of all reactions
(for mass action the rate constant, for growth its maximal rate),

    C^x = ∂ ln x/∂ ln E = −(1/x) L (N_R ∂v/∂x L)⁻¹ N_R diag(v),     C^v = ∂ ln v/∂ ln E = 1 + ε C^x

with the link matrix L of the conserved moieties, whose totals stay, the reduced stoichiometric
matrix N_R and the scaled elasticities ε = (x/v) ∂v/∂x. Every rate is proportional to its E, so each
row of C^v sums to 1 and each row of C^x to 0 (summation theorems).

References: Reder 1988 J Theor Biol 135:175; Heinrich & Schuster 1996, The Regulation of Cellular
Systems, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from renaissance_kit.control.kernels import Tables, control_kernel
from renaissance_kit.control.labels import Coefficients
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.threads import in_threads, single_threaded
from renaissance_kit.kinetics.lapack import routines
from renaissance_kit.kinetics.lu import LURoutines, LUWorkspace
from renaissance_kit.kinetics.models import KineticModels

CHUNK = 16  # models


@dataclass(frozen=True)
class ControlCoefficients(Coefficients):
    """Scaled control coefficients of a batch of models.

    They say what a small change does to a steady state, whether or not a cell would come back to
    it: that is what `KineticModels.spectrum` says.

    The last axis of ``flux``, d ln v/d ln Vmax, and ``concentration``, d ln x/d ln Vmax, is that of
    the enzymes. The fields are those of `Coefficients`.
    """

    AXIS: ClassVar[str] = "enzyme"

    @property
    def enzymes(self) -> tuple[str, ...]:
        """Names of the reactions whose Vmax changes, `Network.kinetic_reactions`."""
        return self.names


def control_coefficients(models: KineticModels, *, workers: int = 2) -> ControlCoefficients:
    """Flux and concentration control coefficients of every model of a batch.

    Args:
        models: a batch at one steady state. 1,000 models of the *E. coli* network give 0.2 GB.
        workers: threads; they do not change the result.

    Raises:
        ParameterError: no worker.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> control = control_coefficients(models)
    >>> control.of("FRUt").round(2).loc[0].to_dict()
    {'GLCt': 0.27, 'HEX': 0.32, 'PGI': 0.26, 'FRUK': 0.11, 'FRUt': 0.04}
    """
    network = models.network
    fluxes, metabolites = network.kinetic_reactions, network.dynamic
    flux = np.empty((len(models), len(fluxes), len(fluxes)))
    concentration = np.empty((len(models), len(metabolites), len(fluxes)))
    status = np.empty(len(models), dtype=np.int8)
    tables, lapack, n = Tables.of(models), routines(LURoutines), len(network.independent)
    _ = models.log_keq  # before threads ask for it

    def one(start: int) -> None:
        part = slice(start, start + CHUNK)
        g = models.with_km(models.km_mM[part]).rate_derivatives_per_h()
        control_kernel(
            lapack, LUWorkspace.of(n), tables, g, flux[part], concentration[part], status[part],
        )  # fmt: skip

    with single_threaded():
        in_threads(one, range(0, len(models), CHUNK), workers)
    return ControlCoefficients(
        flux, concentration, fluxes, metabolites, fluxes, status, origin_of(models)
    )


def origin_of(models: KineticModels) -> dict[str, str]:
    """Where coefficients come from: for the attributes of a data set, and to tell batches apart."""
    network, state = models.network, models.state
    return {
        "network": network.name,
        "network_digest": network.digest,
        "steady_state": state.label,
        "models_digest": fingerprint(
            models.km_mM, state.concentrations_mM, state.fluxes_mM_h, state.log_displacement
        ),
    }
