"""Perturbation: displace the concentrations of a cell and see when it is back.

Every chosen concentration is multiplied by a number drawn uniformly from 1 − δ to 1 + δ, the
nonlinear model is integrated, and the deviation from the steady state is kept for every metabolite
and for growth. When and how far a model returns is then a question to the stored time course.

Reference: Choudhury et al. 2024 Nat Catal 7:1086 (1,000 models, δ = 0.5).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.datasets import Labelled, Layout, Variable
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.seeds import require_seed
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.labels import GROWTH_RATE
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.courses import course_of
from renaissance_kit.simulation.dynamics import Dynamics
from renaissance_kit.simulation.integrators import SOLVERS, Outcome, Tolerances

TOTALS = ("keep", "resample")
CHUNK = 10  # models


class Return(IntEnum):
    """What became of one perturbed model."""

    RETURNED = 0
    AWAY = 1
    FAILED = 2
    NEGATIVE = 3
    OUT_OF_TIME = 4

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            Return.RETURNED: "all variables are within the tolerance at the last time",
            Return.AWAY: "integrated to the last time, but some variable is still away",
            Return.FAILED: "the solver gave up; the reason is kept",
            Return.NEGATIVE: "a concentration fell below zero",
            Return.OUT_OF_TIME: "the integration took longer than allowed",
        }[self]


_STATUS_OF = {
    Outcome.FAILED: Return.FAILED,
    Outcome.NEGATIVE: Return.NEGATIVE,
    Outcome.OUT_OF_TIME: Return.OUT_OF_TIME,
}


def default_times_min() -> Array:
    """Minutes 0 to 60 one by one, then 20 more to 10 h."""
    return np.concatenate([np.arange(61.0), np.geomspace(60.0, 600.0, 21)[1:]])


@dataclass(frozen=True)
class Perturbation:
    """How to perturb.

    Attributes:
        size: δ, above 0 and below 1.
        metabolites: those that are displaced: ``all``, ``cytosol`` (any compartment's name), or
            a sequence of ids.
        per_model: perturbations of each model.
        totals: ``keep`` moves the members of each conserved moiety as little as it takes for its
            total to stay that of the steady state, within ±δ, also those that are not displaced;
            otherwise (``resample``) a total changes with its members, and the model settles at
            another state.
        times_min: minutes at which the time course is kept, from 0.
        solver: see `renaissance_kit.simulation.integrators`.
        tolerances: of the integration.
        seed: each perturbation has a random stream of its own, made from the seed, the number of
            the model and of the perturbation.
    """

    size: float = 0.5
    metabolites: str | Sequence[str] = "all"
    per_model: int = 1
    totals: str = "keep"
    times_min: Array = field(default_factory=default_times_min)
    solver: str = "cvode"
    tolerances: Tolerances = field(default_factory=Tolerances)
    seed: int = 1

    def __post_init__(self) -> None:
        require_kinds(self)
        times = np.asarray(self.times_min, dtype=np.float64)
        object.__setattr__(self, "times_min", times)
        object.__setattr__(self, "seed", require_seed(self.seed))
        if not 0 < self.size < 1:
            raise ParameterError(f"size is {self.size}; give δ above 0 and below 1 (0.5: ±50 %)")
        if self.per_model < 1:
            raise ParameterError("per_model must be at least 1")
        if self.totals not in TOTALS:
            raise ParameterError(f"totals is {self.totals!r}{nearest(self.totals, TOTALS)}")
        if self.solver not in SOLVERS:
            raise ParameterError(f"solver is {self.solver!r}{nearest(self.solver, SOLVERS)}")
        if times.ndim != 1 or len(times) < 2 or times[0] != 0 or not (np.diff(times) > 0).all():
            raise ParameterError("times_min must rise from 0, with at least two times")

    def displaced(self, network: Network) -> NDArray[np.bool_]:
        """(dynamic,) True for the metabolites that are displaced.

        Raises:
            ParameterError: an unknown metabolite or compartment; names the nearest.
        """
        names = network.dynamic
        if isinstance(self.metabolites, str):
            if self.metabolites == "all":
                return np.ones(len(names), dtype=bool)
            found = compartment_members(network, self.metabolites)
        else:
            found = tuple(self.metabolites)
            if not found:
                raise ParameterError("metabolites is empty; name some, or 'all'")
        for name in found:
            if name not in names:
                raise ParameterError(
                    f"{name!r} is no dynamic metabolite of {network.name}{nearest(name, names)}"
                )
        return np.isin(names, found)

    def starts(self, models: KineticModels, model: int) -> Array:
        """Perturbed concentrations of one model, (per_model, dynamic) in mM.

        Args:
            model: the number that its random stream is made with, its place in a batch if nothing
                else is said.
        """
        network = models.network
        steady = models.state.concentrations_mM[: len(network.dynamic)]
        displaced = self.displaced(network)
        out = np.empty((self.per_model, len(steady)))
        for i in range(self.per_model):
            rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(model, i)))
            factor = rng.uniform(1 - self.size, 1 + self.size, len(steady))
            start = steady * np.where(displaced, factor, 1.0)
            if self.totals == "keep":
                start = keep_totals(network, start, steady, self.size)
            out[i] = start
        return out

    def settings(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        named = self.metabolites
        return {
            **asdict(self),
            "metabolites": named if isinstance(named, str) else list(named),
            "times_min": self.times_min.tolist(),
        }


def compartment_members(network: Network, compartment: str) -> tuple[str, ...]:
    """Dynamic metabolites of a compartment, by its id or name.

    Raises:
        ParameterError: no such compartment.
    """
    known = {key: c.id for c in network.compartments.values() for key in (c.id, c.name)}
    if compartment not in known:
        raise ParameterError(
            f"metabolites {compartment!r}: neither 'all' nor a compartment"
            f"{nearest(compartment, known)} For single metabolites give a list."
        )
    chosen = known[compartment]
    return tuple(m for m in network.dynamic if network.metabolites[m].compartment == chosen)


def keep_totals(network: Network, concentrations: Array, reference: Array, size: float) -> Array:
    """The nearest concentrations that have the totals of a reference and are within ±size of it.

    Nearest in c/c*, so that a small concentration keeps its value and the large ones of its moiety
    make up for it. Dykstra's projections, on the totals and on the bounds in turn.

    Args:
        concentrations, reference: (dynamic,) in mM.
        size: δ, below 1.

    Returns:
        (dynamic,) in mM, with totals as those of the reference to 1e-12. What belongs to no
        moiety stays as it is.
    """
    index, phi = network.species_index, network.volume_fractions
    content = np.zeros((len(network.moieties), len(reference)))
    for row, moiety in zip(content, network.moieties, strict=True):
        for name, coefficient in moiety.coefficients.items():
            row[index[name]] = coefficient * phi[index[name]] * reference[index[name]]
    members = content.any(axis=0)
    out = concentrations.copy()
    if not members.any():
        return out
    content = content[:, members] / content.sum(axis=1, keepdims=True)
    onto_totals = np.eye(int(members.sum())) - np.linalg.pinv(content) @ content
    x = onto_totals @ (concentrations / reference - 1)[members]
    beyond = np.zeros_like(x)
    for _ in range(1000):
        if np.abs(x).max() <= size * (1 + 1e-9):
            break
        inside = np.clip(x + beyond, -size, size)
        beyond += x - inside
        x = onto_totals @ inside
    x *= size / max(size, float(np.abs(x).max()))  # keeps the totals
    out[members] = reference[members] * (1 + x)
    return out


@dataclass(frozen=True)
class PerturbationResult(Labelled):
    """Time courses of perturbed models.

    Attributes:
        dataset: ``deviation`` (model, perturbation, time_min, variable): c/c* − 1 of every dynamic
            metabolite, and of growth where the network has it; NaN where the integration ended.
            ``outcome`` (model, perturbation) of the integration with ``reason``, ``seconds`` and
            ``evaluations``. Attributes hold the settings.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        what="perturbation result",
        made_by="notebook 03",
        rows="model",
        variables={
            "deviation": Variable(("model", "perturbation", "time_min", "variable"), "1"),
            "outcome": Variable(("model", "perturbation"), flags=Outcome),
            "reason": Variable(("model", "perturbation")),
            "time_min": Variable(("time_min",), "min"),
        },
        attributes={"network_digest": str, "models_digest": str, "settings": str},
    )

    @property
    def variables(self) -> tuple[str, ...]:
        """Metabolites, and ``growth``."""
        return tuple(str(v) for v in self.dataset.variable.values)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """(model, perturbation) True where the integration reached the last time."""
        return np.asarray(self.dataset.outcome.values == Outcome.FINISHED)

    def status(self, tolerance: float = 0.01) -> NDArray[np.int8]:
        """(model, perturbation) values of `Return`.

        Args:
            tolerance: largest |c/c* − 1| of a variable that has returned.
        """
        outcome = self.dataset.outcome.values
        last = self._away(tolerance)[:, :, -1, :].any(axis=-1)
        status = np.where(last, Return.AWAY, Return.RETURNED).astype(np.int8)
        for ended, meaning in _STATUS_OF.items():
            status[outcome == ended] = meaning
        return status

    def return_time_min(
        self, tolerance: float = 0.01, variables: Sequence[str] | None = None
    ) -> Array:
        """When each variable is back for good, (model, perturbation, variable) in minutes.

        The first kept time from which on |c/c* − 1| stays within the tolerance to the last kept
        time; infinite where it does not, or where the integration did not finish.
        """
        away = self._away(tolerance, variables)
        times = np.append(self.dataset.time_min.values, np.inf)
        ever = away.any(axis=2)
        last_away = away.shape[2] - 1 - np.argmax(away[:, :, ::-1], axis=2)
        return np.where(ever, times[last_away + 1], times[0])

    def returned_by(
        self, minutes: float, tolerance: float = 0.01, variables: Sequence[str] | None = None
    ) -> NDArray[np.bool_]:
        """(model, perturbation) True where all the variables are back for good by then."""
        return np.all(self.return_time_min(tolerance, variables) <= minutes, axis=-1)

    def _away(self, tolerance: float, variables: Sequence[str] | None = None) -> NDArray[np.bool_]:
        if not tolerance > 0:
            raise ParameterError(f"tolerance is {tolerance}; give a share above 0, such as 0.01")
        data = self.dataset.deviation
        if variables is not None:
            known = self.variables
            for name in variables:
                if name not in known:
                    raise ParameterError(f"{name!r} was not recorded{nearest(name, known)}")
            data = data.sel(variable=list(variables))
        with np.errstate(invalid="ignore"):
            away = ~(np.abs(data.values) <= tolerance)
        return np.asarray(away | ~self.finished[:, :, None, None])


def perturb(
    models: KineticModels,
    settings: Perturbation | None = None,
    *,
    numbers: Sequence[int] | None = None,
    run: Run = RUN,
) -> PerturbationResult:
    """Perturb every model of a batch and integrate.

    A member whose integration fails keeps its place, with the reason.

    Args:
        models: a batch, such as ``ensemble.models(network)``.
        settings: ±50 % of all metabolites if not given.
        numbers: one a model, that its random stream is made with; places in the batch if not given.
        run: workers, store, progress and stop; chunks of 10 models.

    Returns:
        The time courses; of the models that were done, if the run was stopped.

    Raises:
        ParameterError: wrong settings, not one number a model, or stopped before anything was done.

    >>> import numpy as np
    >>> from renaissance_kit import KineticModels, Network, SteadyState
    >>> from renaissance_kit.core import Run
    >>> network = Network.example("tiny")
    >>> models = KineticModels(network, SteadyState.from_folder(network), np.ones((2, 10)))
    >>> result = perturb(models, Perturbation(size=0.1), run=Run(workers=1))
    >>> bool(result.returned_by(10).all())
    True
    """
    chosen = settings or Perturbation()
    chosen.displaced(models.network)  # complain before any work
    task = _Task(models, chosen, _numbers(numbers, len(models)))
    asked = chosen.settings()
    if numbers is not None:
        asked["numbers"] = list(task.numbers)
    columns = run_chunks(
        task, len(models), name="perturbation", chunk=CHUNK, run=run,
        settings={**asked, **identity(models)},
    )  # fmt: skip
    if not len(columns["item"]):
        raise ParameterError("stopped before any model was done; nothing to return")
    variables = task.variables
    dims = ("model", "perturbation")
    return PerturbationResult.sealed(
        xr.Dataset(
            {
                "deviation": (
                    (*dims, "time_min", "variable"), columns["deviation"],
                    {"units": "1", "long_name": "c/c* - 1"},
                ),
                "outcome": (dims, columns["outcome"]),
                "reason": (dims, columns["reason"].astype(str)),
                "evaluations": (dims, columns["evaluations"]),
                "seconds": (dims, columns["seconds"], {"units": "s"}),
            },
            coords={
                "model": columns["item"],
                "perturbation": np.arange(chosen.per_model),
                "time_min": ("time_min", chosen.times_min, {"units": "min"}),
                "variable": list(variables),
            },
            attrs={
                "network": models.network.name,
                "steady_state": models.state.label,
                **identity(models),
                "settings": json.dumps(asked, sort_keys=True),
            },
        )
    )  # fmt: skip


def _numbers(given: Sequence[int] | None, models: int) -> tuple[int, ...]:
    if given is None:
        return tuple(range(models))
    if len(given) != models:
        raise ParameterError(f"{len(given)} numbers for {models} models; give one a model")
    try:
        return tuple(map(require_seed, given))
    except ParameterError as error:
        raise ParameterError(f"numbers: {str(error).removeprefix('seed is ')}") from error


def identity(models: KineticModels) -> dict[str, str]:
    """What tells one batch of models from another: network, state with its energies, constants."""
    state = models.state
    arrays = (
        models.km_mM, state.concentrations_mM, state.fluxes_mM_h, state.log_displacement,
    )  # fmt: skip
    return {"network_digest": models.network.digest, "models_digest": fingerprint(*arrays)}


@dataclass(frozen=True)
class _Task:
    """Integrates the perturbations of some models; goes to the worker processes."""

    models: KineticModels
    settings: Perturbation
    numbers: tuple[int, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        growth = () if self.models.network.growth is None else (GROWTH_RATE,)
        return (*self.models.network.dynamic, *growth)

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        dynamics = Dynamics(self.models.with_km(self.models.km_mM[items]))
        members = [self._member(dynamics, i, self.numbers[item]) for i, item in enumerate(items)]
        return {key: np.stack([m[key] for m in members]) for key in members[0]}

    def _member(self, dynamics: Dynamics, model: int, number: int) -> dict[str, NDArray[Any]]:
        starts = self.settings.starts(self.models, number)
        courses = [self._time_course(dynamics, model, start) for start in starts]
        return {
            "deviation": np.stack([c[0] for c in courses]).astype(np.float32),
            "outcome": np.array([c[1].outcome for c in courses], dtype=np.int8),
            "reason": np.array([c[1].reason for c in courses], dtype="U200"),
            "evaluations": np.array([c[1].evaluations for c in courses]),
            "seconds": np.array([c[1].seconds for c in courses]),
        }

    def _time_course(self, dynamics: Dynamics, model: int, start: Array) -> tuple[Array, Any]:
        settings, steady = self.settings, dynamics.steady_state
        course = course_of(
            dynamics.system(model), start, settings.times_min / 60, scale=steady,
            solver=settings.solver, tolerances=settings.tolerances,
        )  # fmt: skip
        deviation = course.states / steady - 1
        if len(self.variables) > len(steady):
            reached = np.isfinite(course.states).all(axis=1)
            growth = np.full(len(course.states), np.nan)
            growth[reached] = dynamics.growth_rate_per_h(model, course.states[reached])
            rest = dynamics.growth_rate_per_h(model, steady)
            deviation = np.column_stack([deviation, growth / rest - 1])
        return deviation, course


def linear_response(models: KineticModels, model: int, start: ArrayLike, times_min: Array) -> Array:
    """What linear stability promises: exp(J t) (c₀ − c*), (times, dynamic) in mM.

    The independent metabolites follow the reduced Jacobian, the dependent ones their moiety. Agrees
    with the nonlinear time course for small perturbations with kept totals. Times must not fall;
    evenly spaced ones need one matrix exponential.
    """
    network = models.network
    steady = models.state.concentrations_mM[: len(network.dynamic)]
    jacobian = models.with_km(models.km_mM[model : model + 1]).jacobians_per_h()[0]
    rows = [network.species_index[m] for m in network.independent]
    x = (np.asarray(start, float) - steady)[rows]
    steps = {float(step): expm(jacobian * step / 60) for step in np.unique(np.diff(times_min))}
    x = expm(jacobian * times_min[0] / 60) @ x
    course = [x]
    for step in np.diff(times_min):
        x = steps[float(step)] @ x
        course.append(x)
    return np.asarray(steady + np.array(course) @ network.link_matrix.T)
