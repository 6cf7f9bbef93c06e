"""Signs of control coefficients: an enzyme that was seen to raise a flux must do so in a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renaissance_kit.control.coefficients import ControlCoefficients, control_coefficients
from renaissance_kit.control.derivatives import control_by_log_km
from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import DataError, ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.gradients import TAU
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.objective import (
    Objective,
    ScoreDerivative,
    Scores,
    joined,
    require_positive,
    step,
)
from renaissance_kit.simulation.fit import measured_curves
from renaissance_kit.simulation.strains import engineered_strains


@dataclass(frozen=True)
class WantedSign:
    """What more of some enzymes, all by the same factor, does to a flux or a concentration.

    Attributes:
        target: a reaction or a dynamic metabolite.
        enzymes: reactions.
        sign: 1 where the target rises, −1 where it falls.
    """

    target: str
    enzymes: tuple[str, ...]
    sign: int

    def __post_init__(self) -> None:
        if self.sign not in (1, -1):
            raise ParameterError(f"sign of {self} is {self.sign}; give 1 or −1")
        if not self.enzymes:
            raise ParameterError(f"no enzyme for {self.target}; give at least one")

    def __str__(self) -> str:
        return f"{self.target} by {' + '.join(self.enzymes)}"

    def check(self, network: Network) -> None:
        """Raise ParameterError for an unknown target or enzyme; names the nearest."""
        known = (*network.kinetic_reactions, *network.dynamic)
        if self.target not in known:
            raise ParameterError(
                f"{self.target!r} is neither a reaction nor a dynamic metabolite"
                f"{nearest(self.target, known)}"
            )
        network.require_reactions(self.enzymes)


@dataclass(frozen=True)
class ControlSigns(Objective):
    """Whether control coefficients have the signs that were seen.

    The coefficients of a sign's enzymes are added up to C. Its score is the smooth step
    1/(1 + exp((least − sign · C)/width)), and a model scores their mean; it meets the objective
    when sign · C is above ``least`` for each. Models without coefficients fail. Has a derivative.

    Args:
        wanted: the signs.
        least: size of a coefficient that counts.
        width: of the step.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> signs = ControlSigns((WantedSign("FRUt", ("HEX",), 1), WantedSign("g6p_c", ("PGI",), -1)))
    >>> scores = signs.evaluate(models)
    >>> scores.share, scores.values["FRUt by HEX"].round(2)
    (1.0, array([0.32, 0.32]))
    """

    wanted: tuple[WantedSign, ...]
    least: float = 0.0
    width: float = 0.05

    def __post_init__(self) -> None:
        require_kinds(self)
        require_positive(self, "width")
        if not self.wanted:
            raise ParameterError("no sign is wanted; give at least one")
        if not 0 <= self.least < np.inf:
            raise ParameterError(f"least is {self.least}; give 0 or more")

    @classmethod
    def of_strains(cls, network: Network) -> ControlSigns:
        """What the engineered strains of ``strains.csv`` released more of, or less.

        For each strain and each product whose course was measured in ``fermentation.csv`` on it and
        on the wild type, the first strain there: the enzymes that the strain has more of, and the
        sign of the difference of the largest values.

        Raises:
            DataError: the network has no such strain or no such measurement.
        """
        wanted = []
        strains = engineered_strains(network)
        most = _largest_released(network, None) if strains else {}
        for strain, enzymes in strains.items():
            for release, value in _largest_released(network, strain).items():
                if value != most.get(release, value):
                    wanted.append(WantedSign(release, enzymes, 1 if value > most[release] else -1))
        if not wanted:
            raise DataError(
                f"{network.name} has no engineered strain of which a product was measured; give "
                "the signs yourself, ControlSigns((WantedSign(...),))"
            )
        return cls(tuple(wanted))

    def evaluate(self, models: KineticModels, *, workers: int = 2) -> Scores:
        """Score every model; values ``TARGET by ENZYMES`` are the coefficients."""
        found = self._coefficients(models, workers)
        values = {str(sign): _together(found, sign) for sign in self.wanted}
        margins = joined([s.sign * values[str(s)] - self.least for s in self.wanted])
        return Scores.of(
            step(-margins, self.width).mean(axis=1),
            met=(margins > 0).all(axis=1),
            failed=~found.done,
            values=values,
            cost={"factorisations": len(models)},
        )

    def derivative(
        self, models: KineticModels, *, tau: float = TAU, workers: int = 2
    ) -> ScoreDerivative:
        """Scores and their derivatives by ln KM; 0 for models without coefficients."""
        found = self._coefficients(models, workers)
        score, slope = np.zeros(len(models)), np.zeros(models.km_mM.shape)
        for sign in self.wanted:
            value, by_log_km = control_by_log_km(models, found, sign.target, sign.enzymes)
            each = step(self.least - sign.sign * value, self.width)
            score += each / len(self.wanted)
            factor = sign.sign * each * (1.0 - each) / self.width / len(self.wanted)
            slope += np.nan_to_num(factor[:, None] * by_log_km)
        return ScoreDerivative(score, slope, np.full(len(models), np.nan))

    def _coefficients(self, models: KineticModels, workers: int) -> ControlCoefficients:
        for sign in self.wanted:
            sign.check(models.network)
        return control_coefficients(models, workers=workers)


def _together(found: ControlCoefficients, sign: WantedSign) -> Array:
    return np.asarray(found.of(sign.target)[list(sign.enzymes)].sum(axis=1, skipna=False))


def _largest_released(network: Network, strain: str | None) -> dict[str, float]:
    """By releasing reaction, the largest value measured on a strain, in mM; empty if none was."""
    try:
        curves = measured_curves(network, strain)
    except DataError:
        if strain is None:
            raise
        return {}  # a strain that was built and not grown
    found = {
        _release(network, c.variable): float(c.time_course.value.max()) / c.per_state_unit
        for c in curves
    }
    return {release: value for release, value in found.items() if release is not None}


def _release(network: Network, metabolite: str) -> str | None:
    """The one kinetic reaction, growth aside, that makes a constant metabolite; None without."""
    if metabolite not in network.constant:
        return None
    found = [
        r for r in network.kinetic_reactions
        if r != network.growth and network.reactions[r].stoichiometry.get(metabolite, 0) > 0
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None
