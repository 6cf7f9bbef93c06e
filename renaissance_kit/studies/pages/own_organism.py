"""Notebook 10, your own organism: its sizes and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.draft.draft import NetworkDraft
from renaissance_kit.network.network import Network
from renaissance_kit.states.sampling import not_mixed
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.baseline import Baseline
from renaissance_kit.studies.exchange import Exchange
from renaissance_kit.studies.models import Confirmation
from renaissance_kit.studies.repeats import Repeat
from renaissance_kit.studies.robustness import CYTOSOL, share_at
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent


@dataclass(frozen=True)
class Sizes(Scale):
    """Sizes of the runs.

    Attributes:
        n_states: steady states that are sampled.
        steps_per_dimension: coordinate steps between kept states, for each dimension.
        examined: states among which the default profile is chosen.
        profile_models: unbiased models at each of them.
        models: unbiased models, and models of the ensemble.
        generations: of the training.
        population: generators tried in a generation.
        models_per_generator: models that each of them is judged by.
        perturbed: valid models that are perturbed.
    """

    n_states: int
    steps_per_dimension: int
    examined: int
    profile_models: int
    models: int
    generations: int
    population: int
    models_per_generator: int
    perturbed: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "n_states": (8, 50, 500, 5_000),
        "steps_per_dimension": (2, 5, 20, 20),
        "examined": (4, 20, 100, 400),
        "profile_models": (20, 50, 100, 200),
        "models": (40, 300, 1_000, 5_000),
        "generations": (2, 10, 20, 50),
        "population": (4, 20, 20, 20),
        "models_per_generator": (10, 50, 100, 100),
        "perturbed": (3, 10, 50, 1_000),
    }


def read_min(network: Network) -> tuple[float, float]:
    """When returns are read, min: after half a doubling time, and after one."""
    doubling = network.conditions["doubling_time"].value
    return round(doubling / 2), round(doubling)


# --- sentences -----------------------------------------------------------------------------------


def drafted(draft: NetworkDraft) -> Text:
    """What a draft has, what it decided, and what stands in its way."""
    removed = draft.decisions("keep")
    blocked = int(removed.why.str.startswith("it carries no flux").sum())
    cycles = int(removed.why.str.contains("internal cycle").sum())
    protonation = len(draft.decisions("protonation"))
    problems = draft.problems()
    state = (
        f"{len(problems)} problems stand in its way" if problems
        else "Nothing stands between it and a network"
    )  # fmt: skip
    return Text(
        f"The draft grows at {draft.growth_per_h:.3g} 1/h, as the model does. Reactions left out: "
        f"{blocked} without any flux in this medium, {cycles} that would close an internal cycle. "
        f"Metabolites written with the hydrogens of their energy: {protonation}. {state}."
    )


def decisions(summary: pd.DataFrame) -> Text:
    """How many decisions were made, by how many rules, and by whom.

    Args:
        summary: as from `renaissance_kit.draft.NetworkDraft.summary`.
    """
    most = summary.decisions.idxmax()
    return Text(
        f"{int(summary.decisions.sum()):,} decisions by {len(summary)} rules, "
        f"{int(summary['given by the user'].sum())} of them given by the user; most are of the "
        f"rule {most} ({int(summary.decisions.max()):,})."
    )


def sampled(network: Network, states: SteadyStates) -> Text:
    """How fast sampled states grow, and whether the chains mixed."""
    growth = states.dataset.flux.sel(reaction=network.require_growth("this notebook")).values
    ess, problem = states.dataset.ess.values, not_mixed(states)
    mixed = f"{problem[0].upper()}{problem[1:]}." if problem else "All chains mixed."
    return Text(
        f"{len(states):,} states, which grow at {growth.min():.2f} to {growth.max():.2f} 1/h; the "
        f"least effective sample size of a variable is {np.nanmin(ess):.0f}. {mixed}"
    )


def profile(states: SteadyStates, unbiased: Baseline) -> Text:
    """Which state was chosen, and what unbiased models are worth there and elsewhere."""
    low, high = unbiased.interval
    quantile = states.dataset.lambda_max_quantile.values
    quantile = quantile[np.isfinite(quantile)]
    return Text(
        f"State {states.default_label} is the median of {len(quantile)}. There "
        f"{percent(unbiased.incidence, 0)} ({percent(low, 0)} to {percent(high, 0)}) of "
        f"{len(unbiased.lambda_max_per_h):,} "
        f"unbiased models are valid, λmax at or below {unbiased.threshold_per_h:.3g} 1/h. The 5 % "
        f"quantile of λmax is {quantile.min():.3g} 1/h at the fastest of these states and "
        f"{quantile.max():.3g} 1/h at the slowest."
    )


def trained(run: Repeat, unbiased: Baseline, check: Confirmation) -> Text:
    """What training made of the share of valid models, and that the file says so too."""
    median = float(np.nanmedian(run.ensemble.lambda_max_per_h))
    return Text(
        f"Training took {run.training.history.seconds.sum():.0f} s. Of {check.models:,} models "
        f"from the generator {check.counted:,} are valid "
        f"({percent(check.counted / check.models, 0)}, "
        f"unbiased {percent(unbiased.incidence, 0)}), and {check.confirmed:,} of them when all "
        f"their "
        f"eigenvalues are computed anew from the file. The median λmax is {median:.3g} 1/h, "
        f"unbiased {np.nanmedian(unbiased.lambda_max_per_h):.3g} 1/h."
    )


def returned(
    shares: pd.DataFrame, at_min: Sequence[float], *, tolerance: float, size: float
) -> Text:
    """Which share of the perturbed models is back, and when."""
    parts = []
    for minutes in at_min:
        row = share_at(shares, CYTOSOL, minutes, tolerance)
        parts.append(
            f"{percent(row.share, 0)} ({percent(row.low, 0)} to {percent(row.high, 0)}) after "
            f"{minutes:g} min"
        )
    return Text(
        f"Of {int(row.perturbed)} models whose concentrations were changed by up to "
        f"{percent(size, 0)}, "
        f"all cytosolic metabolites are within {percent(tolerance, 0)} of the steady state for "
        f"good in "
        f"{' and in '.join(parts)}; the cell doubles in {at_min[-1]:g} min."
    )


def exchanged(exchange: Exchange) -> Text:
    """What became of a model on its way to SBML and back."""
    own, other = (exchange.table().loc[name] for name in exchange.table().index)
    lost = (
        "every number to the last bit" if own["constants"] == own["Vmax"] == 0
        else f"constants to {own['constants']:.0e}"
    )  # fmt: skip
    return Text(
        f"libSBML finds {exchange.complaints} errors and warnings. Our own file gives back "
        f"{lost}. Without our annotation {exchange.laws_recognised} of "
        f"{len(exchange.network.kinetic_reactions)} rate laws are recognised, with constants to "
        f"{other['constants']:.0e} and eigenvalues to {other['eigenvalues']:.0e}."
    )
