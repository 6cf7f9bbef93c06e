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

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.control.kernels import Tables, control_kernel
from renaissance_kit.control.labels import Coefficients
from renaissance_kit.core.arguments import require_whole
from renaissance_kit.core.threads import single_threaded, single_threaded_pool
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.lu import LUWorkspace, lu_routines
from renaissance_kit.kinetics.models import KineticModels

CHUNK = 16  # models


@dataclass(frozen=True)
class ControlCoefficients(Coefficients):
    """Scaled control coefficients of a batch of models.

    They say what a small change does to a steady state, whether or not a cell would come back to
    it: that is what `KineticModels.spectrum` says.

    Args:
        flux: (models, fluxes, enzymes) d ln v/d ln Vmax; NaN for a model without.
        concentration: (models, metabolites, enzymes) d ln x/d ln Vmax; NaN for a model without.
        fluxes: names of the reactions whose rates respond, `Network.kinetic_reactions`.
        metabolites: names of the metabolites that respond, `Network.dynamic`.
        enzymes: names of the reactions whose Vmax changes, `Network.kinetic_reactions`.
        status: (models,) values of `ControlStatus`.
        origin: network and steady state.
    """

    flux: Array
    concentration: Array
    fluxes: tuple[str, ...]
    metabolites: tuple[str, ...]
    enzymes: tuple[str, ...]
    status: NDArray[np.int8]
    origin: Mapping[str, str] = field(default_factory=dict)
    AXIS: ClassVar[str] = "enzyme"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the enzymes."""
        return self.enzymes


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
    require_whole("workers", workers)
    network = models.network
    fluxes, metabolites = network.kinetic_reactions, network.dynamic
    flux = np.empty((len(models), len(fluxes), len(fluxes)))
    concentration = np.empty((len(models), len(metabolites), len(fluxes)))
    condition, status = np.empty(len(models)), np.empty(len(models), dtype=np.int8)
    tables, routines, n = Tables.of(models), lu_routines(), len(network.independent)
    _ = models.log_keq  # before threads ask for it

    def one(start: int) -> None:
        part = slice(start, start + CHUNK)
        g = models.with_km(models.km_mM[part]).rate_derivatives_per_h()
        control_kernel(
            routines, LUWorkspace.of(n), tables, g, flux[part], concentration[part],
            condition[part], status[part],
        )  # fmt: skip

    starts = range(0, len(models), CHUNK)
    with single_threaded():
        if workers > 1 and len(starts) > 1:
            with single_threaded_pool(workers) as pool:
                list(pool.map(one, starts))
        else:
            for start in starts:
                one(start)
    return ControlCoefficients(
        flux, concentration, fluxes, metabolites, fluxes, status, origin_of(models)
    )


def origin_of(models: KineticModels) -> dict[str, str]:
    """Where coefficients come from, for the attributes of a data set."""
    network = models.network
    return {
        "network": network.name,
        "network_digest": network.digest,
        "steady_state": models.state.label,
    }
