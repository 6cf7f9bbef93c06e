"""What the models of each route are good for: the same questions to the same number of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.kinetics.spectrum import is_valid
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.objective import Objective
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.states.tables import PUBLISHED_STATE_TABLE
from renaissance_kit.studies.routes import RouteRun


def study_state(network: Network) -> tuple[SteadyState, ...]:
    """The published default profile as a tuple of one; empty where the folder has none.

    >>> from renaissance_kit import Network
    >>> [s.label for s in study_state(Network.example())], study_state(Network.example("tiny"))
    (['1712'], ())
    """
    folder = network.folder
    if folder is None or not (folder / PUBLISHED_STATE_TABLE.name).is_file():
        return ()
    return (SteadyStates.published(network).default,)


def hardest_state(
    network: Network,
    states: Sequence[SteadyState],
    *,
    models: int,
    rng: np.random.Generator,
    threshold_per_h: float,
    run: Run = RUN,
) -> SteadyState:
    """The state at which the fewest unbiased models are valid; the slowest of equal ones.

    Args:
        states: to choose from.
        models: unbiased ones, the same at every state.
        rng: draws them.
    """
    km = KMRanges.of(network).uniform(models, rng)
    batch = KineticModels(network, states[0], km)
    found = []
    for i, state in enumerate(states):
        spectrum = batch.at(state).spectrum(threshold_per_h=threshold_per_h, workers=run.threads)
        middle = float(np.nanmedian(spectrum.lambda_max_per_h))
        found.append((spectrum.incidence, -middle, i))
    return states[min(found)[2]]


def answers_table(
    runs: Sequence[RouteRun],
    network: Network,
    states: Mapping[str, SteadyState],
    questions: Mapping[str, Objective],
    *,
    models: int,
    run: Run = RUN,
) -> pd.DataFrame:
    """Which share of the valid models of each route does what is asked, one row a run and question.

    Args:
        runs: of the routes.
        states: by label.
        questions: objectives by name.
        models: valid ones that are asked, the first of each run; fewer where it has fewer.

    Returns:
        route, state, seed, question, models, met, share, low, high (95 % Wilson interval), failed.
        No row where a run has no valid model.
    """
    rows: list[dict[str, object]] = []
    for one in runs:
        valid = one.km_mM[is_valid(one.lambda_max_per_h, one.threshold_per_h)][:models]
        if not len(valid):
            continue
        batch = KineticModels(network, states[one.state], valid)
        for question, objective in questions.items():
            scores = objective.evaluate(batch, workers=run.threads)
            met = int(scores.met.sum())
            low, high = wilson_interval(met, len(valid))
            rows.append(
                {
                    "route": one.route,
                    "state": one.state,
                    "seed": one.seed,
                    "question": question,
                    "models": len(valid),
                    "met": met,
                    "share": met / len(valid),
                    "low": low,
                    "high": high,
                    "failed": scores.counts()["FAILED"],
                }
            )
    columns = ["route", "state", "seed", "question", "models", "met", "share", "low", "high",
               "failed"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def tournament_table(
    costs: pd.DataFrame, diversity: pd.DataFrame, answers: pd.DataFrame
) -> pd.DataFrame:
    """All routes in one table, a row for each route and state; medians over the repeats.

    Args:
        costs: as from `renaissance_kit.studies.cost_table`.
        diversity: as from `renaissance_kit.studies.diversity_table`.
        answers: as from `answers_table`.

    Returns:
        repeats; evaluations and seconds to 50 and 90 % incidence (NaN: not reached, in half of the
        repeats or more); incidence; spread of ln KM and lost entropy of the valid models; and the
        share of the valid ones that met each question, over all repeats.
    """
    by = ["state", "route"]
    reached = [f"{u}_to_{level}" for level in (50, 90) for u in ("evaluations", "seconds")]

    def middle(column: pd.Series) -> float:
        """The median, in which a level that was never reached counts as infinite."""
        value = float(column.fillna(np.inf).median())
        return value if np.isfinite(value) else float("nan")

    table = costs.groupby(by, sort=False)[reached].agg(middle)
    table.insert(0, "repeats", costs.groupby(by, sort=False).size())
    table["incidence"] = costs.groupby(by, sort=False).incidence.median()
    wide = diversity.groupby(by, sort=False)[["std_mean", "joint_deficit"]].median()
    table = table.join(wide)
    if len(answers):
        pooled = answers.groupby([*by, "question"], sort=False)[["met", "models"]].sum()
        share = (pooled.met / pooled.models).unstack("question")
        table = table.join(share[list(dict.fromkeys(answers.question))])
    return table.reset_index()
