"""Unbiased sampling: the baseline that training is compared with."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.core.seeds import rng_of
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import incidence_of, is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState


@dataclass(frozen=True)
class Baseline:
    """Models whose KM are drawn log-uniformly within their bounds.

    Attributes:
        km_mM: (models, km).
        lambda_max_per_h: (models,); NaN for a model without eigenvalues.
        threshold_per_h: of a valid model.
        seed: of the draws.
        seconds: wall time.
    """

    km_mM: Array
    lambda_max_per_h: Array
    threshold_per_h: float
    seed: int
    seconds: float

    @property
    def valid(self) -> int:
        """Number of valid models."""
        return int(is_valid(self.lambda_max_per_h, self.threshold_per_h).sum())

    @property
    def not_finite(self) -> int:
        """Number of models without eigenvalues, whose Jacobian is not finite; never valid."""
        return int(np.isnan(self.lambda_max_per_h).sum())

    @property
    def incidence(self) -> float:
        """Share of valid models among all that were drawn, `not_finite` ones included."""
        return incidence_of(self.lambda_max_per_h, self.threshold_per_h)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the incidence, a share of all models that were drawn."""
        return wilson_interval(self.valid, len(self.lambda_max_per_h))


def unbiased_sampling(
    network: Network,
    state: SteadyState,
    n: int,
    *,
    seed: int,
    threshold_per_h: float,
    ranges: KMRanges | None = None,
    workers: int = 2,
) -> Baseline:
    """Draw n models without a generator: the baseline that training is compared with."""
    began = time.perf_counter()
    km = (ranges or KMRanges.of(network)).uniform(n, rng_of(seed))
    spectrum = KineticModels(network, state, km).spectrum(
        threshold_per_h=threshold_per_h, workers=workers
    )
    seconds = time.perf_counter() - began
    return Baseline(km, spectrum.lambda_max_per_h.copy(), threshold_per_h, seed, seconds)
