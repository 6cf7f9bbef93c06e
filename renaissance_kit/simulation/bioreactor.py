"""The bioreactor: intracellular metabolites, medium and biomass together.

The equations are in `renaissance_kit.simulation.dynamics`, what the reactor is given in
`renaissance_kit.simulation.conditions`. Between events the equations are integrated as they are;
at an event the state or the pumps change and the integration starts again. With inflow F_in and
outflow F_out the volume is V = V₀ + (F_in − F_out) t, and the feed dilutes the culture by F_in/V.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from renaissance_kit.core.datasets import Labelled, Layout, Variable
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.runs import RUN, Run, run_chunks
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.simulation.conditions import ReactorConditions
from renaissance_kit.simulation.courses import course_of
from renaissance_kit.simulation.dynamics import Dynamics
from renaissance_kit.simulation.equations import Feed, System
from renaissance_kit.simulation.integrators import Outcome, TimeCourse, Tolerances
from renaissance_kit.simulation.operations import Event
from renaissance_kit.simulation.perturbation import identity

CHUNK = 5  # models
TOLERANCES = Tolerances(relative=1e-6, absolute=1e-6, seconds=300.0)


@dataclass(frozen=True)
class Bioreactor:
    """A bioreactor simulation of kinetic models.

    Attributes:
        conditions: medium, inoculum, feed and events.
        vmax_factors: by reaction, for engineered strains: maximal velocities are multiplied.
        times_h: hours at which the state is kept; every half hour if not given.
        solver, tolerances: see `renaissance_kit.simulation.integrators`.
    """

    conditions: ReactorConditions
    vmax_factors: Mapping[str, float] = field(default_factory=dict)
    times_h: Array | None = None
    solver: str = "cvode"
    tolerances: Tolerances = TOLERANCES

    def __post_init__(self) -> None:
        end = self.conditions.duration_h
        if self.times_h is None:
            times = np.linspace(0.0, end, max(2, round(2 * end) + 1))
        else:
            times = np.asarray(self.times_h, dtype=np.float64)
        if times.ndim != 1 or len(times) < 2 or times[0] != 0 or not (np.diff(times) > 0).all():
            raise ParameterError("times_h must rise from 0, with at least two times")
        if times[-1] > end:
            raise ParameterError(
                f"times_h end at {times[-1]:g} h, after the simulation of {end:g} h"
            )
        object.__setattr__(self, "times_h", times)

    def dynamics(self, models: KineticModels) -> Dynamics:
        """The equations of a batch of models in this reactor.

        Raises:
            ParameterError: a metabolite or reaction that the network does not have.
        """
        given = self.conditions
        given.check(models.network)
        dynamics = Dynamics(
            models, True, given.dilution, given.held, given.growth_density_gDW_L,
            given.exchange_density_gDW_L, given.transfer,
        )  # fmt: skip
        return dynamics.with_vmax_factors(dict(self.vmax_factors))

    def start(self, dynamics: Dynamics) -> Array:
        """State at time 0, (states,): cells at their steady state in the fresh medium."""
        start = dynamics.steady_state.copy()
        for name, gas in self.conditions.transfer.items():
            start[dynamics.index[name]] = gas.saturation_mM
        for name, value in self.conditions.medium_mM.items():
            start[dynamics.index[name]] = value
        start[-1] = self.conditions.inoculum_gDW_L
        return start

    def run(self, dynamics: Dynamics, model: int) -> tuple[TimeCourse, Array]:
        """Simulate one model.

        Returns:
            The course of all state variables, and the volume, (times,) in L.
        """
        assert self.times_h is not None
        conditions, times = self.conditions, self.times_h
        feed = np.zeros(len(dynamics.names))
        for name, value in conditions.feed_mM.items():
            feed[dynamics.index[name]] = value
        system = dynamics.system(model)
        scale = np.maximum(dynamics.steady_state, 1e-6)
        scale[dynamics.index["biomass"]] = conditions.inoculum_gDW_L
        state, volume = self.start(dynamics), conditions.volume_L
        pumps = {"inflow": 0.0, "outflow": 0.0}
        states = np.full((len(times), len(state)), np.nan)
        volumes = np.full(len(times), np.nan)
        outcome, reason, evaluations, seconds = Outcome.FINISHED, "", 0, 0.0
        stops = [e.time_h for e in conditions.events] + [float(times[-1])]
        begin = 0.0
        for event, end in zip([None, *conditions.events], stops, strict=True):
            if event is not None:
                state, volume = _apply(event, state, volume, pumps, dynamics)
            if end <= begin:
                continue
            asked = times[(times >= begin) & (times <= end)]
            points = np.unique(np.concatenate([[begin], asked, [end]]))
            piece = _integrate_piece(system, state, points, feed, volume, dict(pumps), scale, self)
            evaluations, seconds = evaluations + piece.evaluations, seconds + piece.seconds
            at = np.isin(times, points)
            states[at] = piece.states[np.isin(points, times)]
            volumes[at] = volume + (pumps["inflow"] - pumps["outflow"]) * (times[at] - begin)
            if piece.outcome != Outcome.FINISHED:
                outcome, reason = piece.outcome, piece.reason
                break
            state = np.maximum(piece.states[-1], 0.0)
            volume += (pumps["inflow"] - pumps["outflow"]) * (end - begin)
            begin = end
        course = TimeCourse(times, states, outcome, reason, evaluations, seconds)
        return course, volumes

    def settings(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        assert self.times_h is not None
        return {
            "conditions": self.conditions.to_dict(),
            "vmax_factors": dict(self.vmax_factors),
            "times_h": self.times_h.tolist(),
            "solver": self.solver,
            "tolerances": asdict(self.tolerances),
        }


def _integrate_piece(
    system: System, state: Array, points: Array, feed: Array, volume: float,
    pumps: Mapping[str, float], scale: Array, reactor: Bioreactor,
) -> TimeCourse:  # fmt: skip
    """From one event to the next; the pumps do not change meanwhile."""
    inflow, net = pumps["inflow"], pumps["inflow"] - pumps["outflow"]
    if volume + net * (points[-1] - points[0]) <= 0:
        raise ParameterError(
            f"the outflow empties the reactor before {points[-1]:g} h; lower it or end earlier"
        )

    return course_of(
        system, state, points, scale=scale,
        feed=Feed(inflow, volume, net, float(points[0]), feed),
        tolerances=reactor.tolerances, solver=reactor.solver,
    )  # fmt: skip


def _apply(
    event: Event, state: Array, volume: float, pumps: dict[str, float], dynamics: Dynamics
) -> tuple[Array, float]:
    if event.kind == "pulse":
        state = state.copy()
        state[dynamics.index[event.metabolite]] += event.value
    elif event.kind == "harvest":
        volume *= 1 - event.value
    else:
        pumps[event.kind] = event.value
    return state, volume


@dataclass(frozen=True)
class BioreactorResult(Labelled):
    """Time courses of bioreactor simulations.

    Attributes:
        dataset: ``state`` (model, time_h, variable): mM, biomass in gDW/L; ``growth_rate``
            (model, time_h) in 1/h; ``volume`` (time_h) in L; ``outcome``, ``reason``, ``seconds``
            (model). NaN after an integration ended early. Attributes hold the settings, and the
            dry weight per litre of cell that was used for growth and for the exchange.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        what="bioreactor result",
        made_by="notebook 04",
        rows="model",
        variables={
            "state": Variable(("model", "time_h", "variable")),
            "growth_rate": Variable(("model", "time_h"), "1/h"),
            "volume": Variable(("time_h",), "L"),
            "outcome": Variable(("model",), flags=Outcome),
            "reason": Variable(("model",)),
            "unit": Variable(("variable",)),
            "time_h": Variable(("time_h",), "h"),
        },
        attributes={
            "network_digest": str, "models_digest": str, "settings": str,
            "growth_density_gDW_L": float, "exchange_density_gDW_L": float,
        },
    )  # fmt: skip

    def time_course(self, variable: str) -> Array:
        """One state variable, (model, time) in mM or gDW/L.

        Raises:
            ParameterError: an unknown variable; names the nearest.
        """
        names = [str(v) for v in self.dataset.variable.values]
        if variable not in names:
            raise ParameterError(f"{variable!r} is no variable{nearest(variable, names)}")
        return np.asarray(self.dataset.state.sel(variable=variable).values, dtype=np.float64)

    @property
    def finished(self) -> NDArray[np.bool_]:
        """(model,) True where the integration reached the end."""
        return np.asarray(self.dataset.outcome.values == Outcome.FINISHED)

    def at(self, variable: str, times_h: ArrayLike) -> Array:
        """A state variable at any times, (model, times), linear between kept times."""
        kept, asked = self.dataset.time_h.values, np.asarray(times_h, dtype=np.float64)
        return np.array([np.interp(asked, kept, course) for course in self.time_course(variable)])


def cultivate(
    models: KineticModels,
    reactor: Bioreactor,
    *,
    run: Run = RUN,
) -> BioreactorResult:
    """Simulate the bioreactor for every model of a batch.

    Args:
        models: a batch, such as ``ensemble.models(network)``.
        reactor: what to simulate.
        run: workers, store, progress and stop; chunks of 5 models.

    Raises:
        ParameterError: wrong conditions, or stopped before anything was done.
    """
    dynamics = reactor.dynamics(models)
    densities = {
        "growth_density_gDW_L": dynamics.growth_density,
        "exchange_density_gDW_L": dynamics.exchange_density,
    }
    columns = run_chunks(
        _Task(models, reactor), len(models), name="cultivation", chunk=CHUNK, run=run,
        settings={**reactor.settings(), **identity(models), **densities},
    )  # fmt: skip
    if not len(columns["item"]):
        raise ParameterError("stopped before any model was done; nothing to return")
    units = ["gDW/L" if name == "biomass" else "mM" for name in dynamics.names]
    return BioreactorResult.sealed(
        xr.Dataset(
            {
                "state": (("model", "time_h", "variable"), columns["state"]),
                "growth_rate": (("model", "time_h"), columns["growth_rate"], {"units": "1/h"}),
                "volume": ("time_h", columns["volume"][0], {"units": "L"}),
                "outcome": ("model", columns["outcome"]),
                "reason": ("model", columns["reason"].astype(str)),
                "seconds": ("model", columns["seconds"], {"units": "s"}),
                "unit": ("variable", units),
            },
            coords={
                "model": columns["item"],
                "time_h": ("time_h", reactor.times_h, {"units": "h"}),
                "variable": list(dynamics.names),
            },
            attrs={
                "network": models.network.name,
                "steady_state": models.state.label,
                **identity(models),
                **densities,
                "settings": json.dumps(reactor.settings(), sort_keys=True),
            },
        )
    )  # fmt: skip


@dataclass(frozen=True)
class _Task:
    """Simulates some models; goes to the worker processes."""

    models: KineticModels
    reactor: Bioreactor

    def __call__(self, items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        dynamics = self.reactor.dynamics(self.models.with_km(self.models.km_mM[items]))
        members = [self._member(dynamics, i) for i in range(len(items))]
        return {key: np.stack([m[key] for m in members]) for key in members[0]}

    def _member(self, dynamics: Dynamics, model: int) -> dict[str, NDArray[Any]]:
        course, volume = self.reactor.run(dynamics, model)
        growth = np.full(len(course.times_h), np.nan)
        reached = np.isfinite(course.states).all(axis=1)
        growth[reached] = dynamics.growth_rate_per_h(model, course.states[reached])
        return {
            "state": course.states.astype(np.float32),
            "growth_rate": growth,
            "volume": volume,
            "outcome": np.array(course.outcome, dtype=np.int8),
            "reason": np.array(course.reason, dtype="U200"),
            "seconds": np.array(course.seconds),
        }


def batch_of(network: Network, conditions: str = "own", **changes: Any) -> Bioreactor:
    """A bioreactor of a network's folder, with some conditions replaced.

    Args:
        network: read from a folder.
        conditions: their name, see `ReactorConditions.from_folder`.
        changes: see `ReactorConditions.but`.

    Raises:
        ParameterError: no conditions of that name, or an unknown change.
        DataError: the table has mistakes.

    >>> from renaissance_kit import Network
    >>> reactor = batch_of(Network.example(), duration_h=20.0)
    >>> float(reactor.times_h[-1])
    20.0
    """
    return Bioreactor(ReactorConditions.from_folder(network, conditions).but(**changes))


def engineered(reactor: Bioreactor, factors: Mapping[str, float]) -> Bioreactor:
    """The same bioreactor with a strain whose maximal velocities are multiplied."""
    values = {**reactor.vmax_factors, **factors}
    return Bioreactor(
        reactor.conditions, values, reactor.times_h, reactor.solver, reactor.tolerances,
    )  # fmt: skip
