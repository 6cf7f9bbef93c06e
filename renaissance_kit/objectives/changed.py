"""Exactness: does a model stay valid when its constants are only nearly what they are?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.arguments import require_kinds, require_whole
from renaissance_kit.core.seeds import require_seed, rng_of
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.objectives.objective import Objective, Scores, require_positive, step


@dataclass(frozen=True)
class ConstantsChanged(Objective):
    """λmax of copies of a model whose constants are changed by a little, by default 1 %.

    A copy has every constant multiplied by exp(change · z), z standard normal, and Vmax computed
    anew, so that the steady state stays. The score is the mean over the copies of the smooth step
    of `SmoothIncidence`; a model meets the objective when all its copies meet the threshold.

    Args:
        change: standard deviation of ln KM.
        copies: of each model.
        threshold_per_h: bound on λmax.
        width: of the step, in asinh(λ / 1 h⁻¹).
        seed: of z, which is the same for every model.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> ConstantsChanged(copies=3).evaluate(models).share
    1.0
    """

    change: float = 0.01
    copies: int = 10
    threshold_per_h: float = -2.5
    width: float = 0.5
    seed: int = 1

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "change", "width")
        require_whole("copies", self.copies)
        require_seed(self.seed)

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Score every model of a batch; ``worst_copy_per_h`` is the largest λmax of its copies."""
        z = rng_of(self.seed).standard_normal((self.copies, models.km_mM.shape[1]))
        factors = np.exp(self.change * z)
        copies = (models.km_mM[:, None, :] * factors).reshape(-1, models.km_mM.shape[1])
        spectrum = models.with_km(copies).spectrum(
            threshold_per_h=self.threshold_per_h, workers=workers
        )
        lambda_max = spectrum.lambda_max_per_h.reshape(len(models), -1)
        distance = np.arcsinh(lambda_max) - np.arcsinh(self.threshold_per_h)
        return Scores.of(
            step(distance, self.width).mean(axis=1),
            met=spectrum.valid.reshape(len(models), -1).all(axis=1),
            failed=np.isnan(lambda_max).any(axis=1),
            values={"worst_copy_per_h": lambda_max.max(axis=1)},
            cost={"spectra": len(copies)},
        )
