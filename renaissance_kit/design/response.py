"""The linear response of a model to its enzymes: what a design gains, and which limits it keeps.

With control coefficients C, the changes of ln flux and ln concentration are C y, y = ln(E/E⁰). So
are those of ln ρ = ΔrG′/RT, the sum of the ln concentrations by their exponents.

Reference: Tsouka et al. 2021 Metab Eng 66:191 (network response analysis).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renaissance_kit.control.coefficients import ControlCoefficients
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.types import Array
from renaissance_kit.design.problem import DesignProblem, lever_name
from renaissance_kit.kinetics.rate_laws import RateLaws
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState


@dataclass(frozen=True)
class LinearResponse:
    """A design problem in one model: maximise ``gain @ y`` with ``low <= rows @ y <= high``.

    y is ln of the fold of each enzyme.

    Attributes:
        levers: names of the enzymes.
        gain: (levers,) ln fold of the target per y.
        rows: (limits, levers).
        low, high: (limits,).
        limits: what each row limits, in words.
        lowest, highest: bounds of y.
        enzymes: how many may differ from 0.
    """

    levers: tuple[str, ...]
    gain: Array
    rows: Array
    low: Array
    high: Array
    limits: tuple[str, ...]
    lowest: float
    highest: float
    enzymes: int

    @property
    def known(self) -> bool:
        """Whether the model has control coefficients."""
        return bool(np.isfinite(self.gain).all() and np.isfinite(self.rows).all())

    def violation(self, y: Array) -> tuple[float, str]:
        """By how much a design passes its limits at most, and the limit in words.

        Args:
            y: (levers,).

        Returns:
            0 and an empty text where all limits are kept.
        """
        values = self.rows @ y
        over = np.maximum(np.maximum(values - self.high, self.low - values), 0.0)
        worst = int(over.argmax()) if len(over) else 0
        if not len(over) or over[worst] == 0:
            return 0.0, ""
        return float(over[worst]), self.limits[worst]


def linear_responses(
    problem: DesignProblem, control: ControlCoefficients, network: Network, state: SteadyState
) -> list[LinearResponse]:
    """The design problem in each model of an ensemble.

    Args:
        control: of the models.
        network, state: of the models.

    Raises:
        ParameterError: a name that is unknown, or coefficients of another network or state.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.control import control_coefficients
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> problem = DesignProblem({"FRUt": 1.0})
    >>> control = control_coefficients(models)
    >>> linear_responses(problem, control, network, models.state)[0].gain.round(2)
    array([0.27, 0.32, 0.26, 0.11, 0.04])
    """
    problem.check(network)
    if (control.fluxes, control.metabolites) != (network.kinetic_reactions, network.dynamic):
        raise ParameterError(
            f"the control coefficients are of another network; compute them anew for {network.name}"
        )
    there = {"network_digest": network.digest, "steady_state": state.label}
    if control.origin and not there.items() <= control.origin.items():
        raise ParameterError(
            f"the control coefficients are of {control.origin['network']} at steady state "
            f"{control.origin['steady_state']}, not of {network.name} at {state.label}; compute "
            "them anew"
        )
    levers = problem.levers(network)
    tie = np.zeros((len(network.kinetic_reactions), len(levers)))
    for j, names in enumerate(levers):
        tie[[network.reaction_index[name] for name in names], j] = 1.0
    exponents, bound, log_rho = _second_law(problem, network, state)
    return [
        _response(problem, network, levers, c_v @ tie, c_x @ tie, exponents, bound, log_rho)
        for c_v, c_x in zip(control.flux, control.concentration, strict=True)
    ]


def _second_law(
    problem: DesignProblem, network: Network, state: SteadyState
) -> tuple[Array, list[int], Array]:
    """The reactions that keep their direction: exponents of metabolites in ρ, numbers, ln ρ."""
    laws = RateLaws.of(network)
    exponents = np.zeros((len(laws.reversible), len(network.species)))
    np.add.at(exponents, (laws.slot_reaction, laws.slots.species), laws.slots.displacement)
    turning = np.isin(network.kinetic_reactions, problem.may_turn)
    bound = np.flatnonzero(laws.reversible & ~turning & problem.second_law).tolist()
    return exponents[bound, : len(network.dynamic)], bound, state.log_displacement[bound]


def _response(
    problem: DesignProblem, network: Network, levers: tuple[tuple[str, ...], ...], flux: Array,
    concentration: Array, exponents: Array, bound: list[int], log_rho: Array,
) -> LinearResponse:  # fmt: skip
    index = network.reaction_index
    rows, low, high, limits = [], [], [], []
    for i, name in enumerate(network.dynamic):
        fold = problem.concentration_folds.get(name, problem.concentration_fold)
        if np.isfinite(fold):
            rows.append(concentration[i])
            low.append(-np.log(fold))
            high.append(np.log(fold))
            limits.append(f"concentration of {name}")
    for name, (least, most) in problem.flux_folds.items():
        rows.append(flux[index[name]])
        low.append(np.log(least) if least > 0 else -np.inf)
        high.append(np.log(most))
        limits.append(f"flux of {name}")
    rows += list(exponents @ concentration / log_rho[:, None])  # change of ln ρ, relative
    low += [-1.0] * len(log_rho)
    high += [np.inf] * len(log_rho)
    limits += [f"sign of the reaction energy of {network.kinetic_reactions[r]}" for r in bound]
    return LinearResponse(
        tuple(lever_name(names) for names in levers),
        np.sum([w * flux[index[name]] for name, w in problem.target.items()], axis=0),
        np.array(rows).reshape(len(rows), len(levers)),
        np.array(low),
        np.array(high),
        tuple(limits),
        float(np.log(problem.lowest_fold)),
        float(np.log(problem.highest_fold)),
        problem.enzymes,
    )
