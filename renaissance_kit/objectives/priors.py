"""Measured or predicted Michaelis constants as log-normal priors, beside the hard ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.objective import (
    Objective,
    ScoreDerivative,
    Scores,
    require_positive,
)


@dataclass(frozen=True)
class KMPriors(Objective):
    """How near constants come to what was measured or predicted, each with its uncertainty.

    With z = (ln KM − ln median) / sd of the named constants, the score is exp(−½ mean of z²), which
    is 1 at the medians. A model meets the objective when no |z| is above ``most``.

    Args:
        names: of constants, as in `Network.km_names`.
        median_mM: of each.
        sd: of ln KM of each; ln 2 = 0.69 is a factor of 2.
        most: largest |z| of a constant that agrees with its prior.

    >>> from renaissance_kit import Network
    >>> KMPriors.of(Network.example("tiny"), {"PGI:g6p_c": (0.3, 0.5)}).median_mM
    (0.3,)
    """

    names: tuple[str, ...]
    median_mM: tuple[float, ...]
    sd: tuple[float, ...]
    most: float = 2.0

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "most")
        if not self.names or not len(self.names) == len(self.median_mM) == len(self.sd):
            raise ParameterError("give a median and a standard deviation for each constant")
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise ParameterError(f"{twice} stands twice; give one median and deviation for it")
        for name, median, sd in zip(self.names, self.median_mM, self.sd, strict=True):
            if not (0 < median < np.inf and 0 < sd < np.inf):
                raise ParameterError(
                    f"prior of {name}: median {median:g} mM, standard deviation {sd:g} of ln KM; "
                    "give positive numbers"
                )

    @classmethod
    def of(
        cls, network: Network, priors: Mapping[str, tuple[float, float]], *, most: float = 2.0
    ) -> KMPriors:
        """From (median in mM, standard deviation of ln KM) by name of the constant.

        Raises:
            ParameterError: an unknown constant; names the nearest.
        """
        pairs = [(float(m), float(sd)) for m, sd in priors.values()]
        found = cls(tuple(priors), tuple(m for m, _ in pairs), tuple(sd for _, sd in pairs), most)
        found.check(network)
        return found

    def check(self, network: Network) -> None:
        """Raise ParameterError for an unknown constant; names the nearest."""
        for name in self.names:
            if name not in network.km_index:
                raise ParameterError(
                    f"{name!r} is not a KM of {network.name}{nearest(name, network.km_names)} "
                    "Names are 'reaction:metabolite'."
                )

    def z(self, models: KineticModels) -> Array:
        """(models, names) distance of ln KM from the medians, in standard deviations."""
        self.check(models.network)
        columns = [models.network.km_index[name] for name in self.names]
        distance = np.log(models.km_mM[:, columns]) - np.log(self.median_mM)
        return np.asarray(distance / np.array(self.sd))

    def log_density(self, models: KineticModels) -> Array:
        """(models,) ln of the prior density of ln KM, up to a constant: −½ Σ z²."""
        return np.asarray(-0.5 * (self.z(models) ** 2).sum(axis=1))

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Score every model of a batch; ``largest_z`` is the largest |z| of its constants."""
        z = self.z(models)
        largest = np.abs(z).max(axis=1)
        return Scores.of(
            np.exp(-0.5 * (z**2).mean(axis=1)),
            met=largest <= self.most,
            values={"largest_z": largest},
        )

    def derivative(
        self, models: KineticModels, *, tau: float = TAU, workers: int = 2
    ) -> ScoreDerivative:
        """Scores and their derivatives by ln KM."""
        z = self.z(models)
        score = np.exp(-0.5 * (z**2).mean(axis=1))
        by_log_km = np.zeros_like(models.km_mM)
        columns = [models.network.km_index[name] for name in self.names]
        by_log_km[:, columns] = -score[:, None] * z / np.array(self.sd) / len(self.names)
        return ScoreDerivative(score, by_log_km, np.full(len(models), np.nan))
