"""Selected or trained? Models that match a measured fermentation, by two routes.

The published models were selected: valid ones were drawn from a generator until some matched the
fermentation. Here a generator is trained for the fermentation itself, and both routes get the same
number of simulations. How wide it stays is weighed against how many of its models match, and
several weights give the curve of the trade-off. What strains will do that neither has seen is then
predicted by both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.analysis.crps import crps
from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.core.seeds import derived_seed, rng_of
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.combined import all_of
from renaissance_kit.objectives.courses import FitToCourses
from renaissance_kit.objectives.dynamics import SmoothIncidence
from renaissance_kit.objectives.objective import Objective, Scores
from renaissance_kit.simulation.bioreactor import Bioreactor, cultivate, engineered
from renaissance_kit.simulation.fit import MeasuredCurve, measured_curves, measured_start
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.repeats import checkpoint_file
from renaissance_kit.training.fit import Training, train
from renaissance_kit.training.recipes import Recipe
from renaissance_kit.training.trainers import trainer_of

SELECTED, TRAINED = "selected", "trained"


@dataclass(frozen=True)
class Route:
    """Models of one route.

    Attributes:
        name: `SELECTED`, `TRAINED`, or that with a further weight of the diversity.
        models: that were drawn from the generator.
        scores: of them.
        simulations: spent before and for them.
        diversity: weight of the training, see `ScoreGradientSettings`; NaN of selection.
    """

    name: str
    models: KineticModels
    scores: Scores
    simulations: int
    diversity: float = float("nan")

    @property
    def matching(self) -> KineticModels | None:
        """Those that match all curves; None where there are none."""
        met = self.scores.met
        return self.models.with_km(self.models.km_mM[met]) if met.any() else None


def wanted_fermentation(
    reactor: Bioreactor,
    curves: Sequence[MeasuredCurve],
    *,
    threshold_per_h: float,
    threshold: float = 1.0,
) -> Objective:
    """Valid models that match the curves; only valid ones are simulated."""
    fit = FitToCourses(reactor, tuple(curves), threshold)
    dynamics = SmoothIncidence(partition_per_h=threshold_per_h)
    return all_of(
        dynamics=dynamics, fermentation=fit, weights={"dynamics": 1, "fermentation": 3},
        stages=[["dynamics"], ["fermentation"]],
    )  # fmt: skip


def selected_and_trained(
    network: Network,
    state: SteadyState,
    objective: Objective,
    *,
    start: Recipe,
    diversities: Sequence[float],
    steps: int,
    models_per_step: int,
    drawn: int,
    seed: int,
    run: Run = RUN,
) -> tuple[list[Route], list[Training]]:
    """Models that meet an objective, by selection and by training, after as many simulations.

    A generator is trained for valid models (``start``). Selection draws models from it and keeps
    those that meet the objective. Training goes on from its weights with `Recipe.by_score`, once
    for each weight of diversity. Begin with a wide generator, as by gradient: training finds
    matches in the region that a generator covers and hardly outside.

    Args:
        start: recipe of the generator that all begin with.
        diversities: weights; the route of the first one is called `TRAINED`.
        steps, models_per_step: of each training; selection may simulate as many models.
        drawn: models drawn from each trained generator in the end.
        seed: of all draws.
        run: workers, store (keeps all trainings) and stop.

    Returns:
        The routes, selection first, and the trainings in the order of the weights.

    Raises:
        ParameterError: no weight, one twice, or stopped before the end.
    """
    if not diversities or len(set(diversities)) < len(diversities):
        raise ParameterError("no weight of diversity, or one twice; give some, such as [0.3, 1.0]")
    begin = _train(network, state, start, derived_seed(seed, 0), None, run)
    trainings = [
        _train(
            network, state,
            Recipe.by_score(
                network, objective, threshold_per_h=start.threshold_per_h,
                ranges=start.generator.ranges, steps=steps, models_per_step=models_per_step,
                diversity=diversity,
            ).but(generator=start.generator),
            derived_seed(seed, 1), begin, run,
        )
        for diversity in diversities
    ]  # fmt: skip
    budget = steps * models_per_step + drawn
    routes = []
    names = [TRAINED, *(f"{TRAINED}, diversity {d:g}" for d in diversities[1:])]
    for name, source, n, diversity in [
        (SELECTED, begin, budget, float("nan")),
        *((name, t, drawn, d) for name, t, d in zip(names, trainings, diversities, strict=True)),
    ]:
        models = source.models(n, rng_of(derived_seed(seed, 2)))
        scores = objective.evaluate(models, workers=run.threads)
        routes.append(Route(name, models, scores, budget, float(diversity)))
    return routes, trainings


def _train(
    network: Network, state: SteadyState, recipe: Recipe, seed: int, begin: Training | None,
    run: Run,
) -> Training:  # fmt: skip
    checkpoint = None
    if run.store is not None:
        trainer = trainer_of(network, state, recipe, workers=run.threads)
        begun_with = "new" if begin is None else fingerprint(begin.weights)
        checkpoint = checkpoint_file(Path(run.store) / begun_with, trainer, seed)
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
    found = train(
        network, state, seed=seed, recipe=recipe, checkpoint=checkpoint,
        resume=checkpoint is not None, stop=run.stop, workers=run.threads,
        initial_weights=None if begin is None else begin.weights,
        progress=lambda s: run.say(f"{recipe.label}: step {s.step} of {recipe.settings.n_steps}"),
    )  # fmt: skip
    if found.state.step < found.settings.n_steps:
        raise ParameterError("stopped before the training was done; the same call goes on")
    return found


def routes_table(routes: Sequence[Route], ranges: KMRanges) -> pd.DataFrame:
    """One row a route.

    Columns: route, diversity, simulations, drawn, match (models), share, low, high (95 % Wilson
    interval of the share of the drawn models), spread (mean standard deviation of ln KM of the
    drawn ones over that of the first route), spread_matching (the same of those that match; NaN for
    fewer than 10).
    """
    free = ~ranges.fixed
    rows: list[dict[str, float | str]] = []
    widest = np.nan
    for route in routes:
        spread = _spread(route.models.km_mM[:, free])
        widest = spread if np.isnan(widest) else widest
        met = int(route.scores.met.sum())
        n = len(route.models)
        low, high = wilson_interval(met, n)
        chosen = route.models.km_mM[route.scores.met][:, free]
        rows.append(
            {
                "route": route.name,
                "diversity": route.diversity,
                "simulations": route.simulations,
                "drawn": n,
                "match": met,
                "share": met / n,
                "low": low,
                "high": high,
                "spread": spread / widest,
                "spread_matching": _spread(chosen) / widest if met >= 10 else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _spread(km_mM: np.ndarray) -> float:
    return float(np.log(km_mM).std(axis=0, ddof=1).mean()) if len(km_mM) > 1 else float("nan")


def strain_scores(
    routes: Mapping[str, KineticModels],
    network: Network,
    reactor: Bioreactor,
    strains: Mapping[str, Sequence[str]],
    factor: float,
    *,
    within: float = 0.9,
    run: Run = RUN,
) -> pd.DataFrame:
    """How well ensembles predict strains that they have not seen, one row a strain and curve.

    Args:
        routes: models by name.
        reactor: of the host; each strain begins with its own measured start.
        strains: overexpressed reactions by strain, measured in ``fermentation.csv``.
        factor: on their maximal velocities.
        within: probability of the central interval whose coverage is counted.

    Returns:
        route, strain, quantity, models (that finished), points, crps (mean over the measured points
        after the start, in the unit of the measurements), crps_of_largest (the same over the
        largest measured value), coverage (share of the points within the interval).
    """
    rows = []
    tail = (1 - within) / 2
    for strain, reactions in strains.items():
        curves = measured_curves(network, strain)
        begun = replace(reactor, conditions=reactor.conditions.but(**measured_start(curves)))
        changed = engineered(begun, dict.fromkeys(reactions, float(factor)))
        for name, models in routes.items():
            result = cultivate(models, changed, run=run)
            last = float(result.dataset.time_h.values[-1])
            for curve in curves:
                course = curve.time_course
                points = (course.time_h > 0) & (course.time_h <= last)
                values = curve.simulated(result)[result.finished][:, points]
                if not len(values) or not points.any():
                    continue
                low, high = np.quantile(values, [tail, 1 - tail], axis=0)
                seen = course.value[points]
                score = float(crps(values, seen).mean())
                rows.append(
                    {
                        "route": name,
                        "strain": strain,
                        "quantity": curve.quantity,
                        "models": len(values),
                        "points": len(seen),
                        "crps": score,
                        "crps_of_largest": score / float(course.value.max()),
                        "coverage": float(((low <= seen) & (seen <= high)).mean()),
                    }
                )
    columns = ["route", "strain", "quantity", "models", "points", "crps", "crps_of_largest",
               "coverage"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
