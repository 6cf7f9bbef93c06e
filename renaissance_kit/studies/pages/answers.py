"""What each notebook found, in one sentence with its number and how sure that is.

A notebook asks one question, its title; the functions here answer it, each from the tables of its
notebook. The sentence ends the notebook and stands beside the question on the first screen of the
gallery, with what the paper says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.analysis.intervals import incidence_interval, wilson_interval
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.spectrum import Spectrum
from renaissance_kit.network.network import Network
from renaissance_kit.omics.fit import OmicsFit
from renaissance_kit.simulation.fit import Fit
from renaissance_kit.studies.baseline import Baseline
from renaissance_kit.studies.control import SURE
from renaissance_kit.studies.gene_conditions import (
    common_fluxes,
    common_shifts,
    differing_fluxes,
    shifted_constants,
)
from renaissance_kit.studies.intracellular import SEARCH, UNBIASED, share_row
from renaissance_kit.studies.km_comparisons import Comparison
from renaissance_kit.studies.measured import INSIDE
from renaissance_kit.studies.models import Confirmation
from renaissance_kit.studies.pages.genes import listed
from renaissance_kit.studies.published import published, published_returns
from renaissance_kit.studies.robustness import CYTOSOL, share_at
from renaissance_kit.studies.text import LEAST, Answer, between, percent, with_interval

ENOUGH = 20
"""Models, of which the middle 90 % is not just all of them."""
TOO_SMALL = "This run is too small to tell"
TRAINED = "{} of the models are valid after training"


def start_here(
    network: Network, random: Spectrum, trained: KineticEnsemble, generations: int
) -> Answer:
    """00: whether a generator can learn constants that make a model valid."""
    n, before, after = len(trained), int(random.valid.sum()), int(trained.valid.sum())
    untrained = wilson_interval(before, len(random.valid))
    learned = wilson_interval(after, n)
    said = (
        f"after {generations} generations {with_interval(after / n, *learned)} of the models of a "
        f"generator are valid, of models with random constants "
        f"{with_interval(before / len(random.valid), *untrained)}."
    )
    begun = "Yes: " if learned[0] > untrained[1] else "Not told by so short a training: "
    return Answer(begun + said, _value(network, TRAINED, "mean incidence after training"),
                  "ecoli_lambda_max")  # fmt: skip


def states(
    network: Network, checks: pd.DataFrame, diagnostics: pd.DataFrame, *, states: int
) -> Answer:
    """01: whether the states are possible.

    Args:
        checks, diagnostics: as from `renaissance_kit.studies.check_table` and
            `diagnostics_table`.
    """
    passed = states - int(checks.failed.max())
    low, high = wilson_interval(passed, states)
    mixed = diagnostics.rhat.max() <= 1.05
    text = (
        f"{'Yes: ' if passed == states else ''}{passed:,} of {states:,} states "
        f"({between(low, high)}) pass all {len(checks)} checks of balance, energy and data; the "
        f"sample is worth at least {diagnostics.ess.min():,.0f} independent ones"
        + ("." if mixed else f", and has not mixed (R-hat {diagnostics.rhat.max():.2f}).")
    )  # fmt: skip
    paper = _value(
        network,
        "{} thermodynamically consistent states",
        "thermodynamically consistent steady states",
    )
    return Answer(text, paper, "reaction_energies")


def training(
    network: Network, first_and_last: pd.DataFrame, baseline: Baseline, *, models: int
) -> Answer:
    """02: whether training works.

    Args:
        first_and_last: as from `renaissance_kit.studies.first_and_last`, the default recipe first.
        models: that each last share is of.
    """
    _, own = next(iter(first_and_last.groupby("group", sort=False)))
    low, high, _ = incidence_interval(list(own["last"]), [models] * len(own))
    sampled = baseline.interval
    steps = own.steps.iloc[0]
    text = (
        f"{'Yes' if low > sampled[1] else 'Not in so short a training'}: in {steps} generations "
        f"the share of valid models went from {percent(own['first'].mean())} to "
        f"{with_interval(own['last'].mean(), low, high)}, by {len(own)} "
        f"{'training' if len(own) == 1 else 'trainings'}; "
        f"unbiased constants give {with_interval(baseline.incidence, *sampled)}."
    )
    return Answer(text, _value(network, TRAINED, "mean incidence after training"), "incidence")


def robustness(
    network: Network, shares: pd.DataFrame, *, times_min: Sequence[float], tolerance: float,
    size: float,
) -> Answer:  # fmt: skip
    """03, and the end of 10: whether valid models come back from a large disturbance.

    Args:
        shares: as from `renaissance_kit.studies.return_shares`.
        times_min: at which the shares are read.
    """
    read = [share_at(shares, CYTOSOL, minutes, tolerance) for minutes in times_min]
    within = " and ".join(
        f"{with_interval(row.share, row.low, row.high)} within {minutes:g} min"
        for row, minutes in zip(read, times_min, strict=True)
    )
    begun = (
        "Yes" if read[-1].low > 0.5 else "Not most of them" if read[-1].high < 0.5 else TOO_SMALL
    )
    text = (
        f"{begun}: of {int(read[0].perturbed):,} perturbed models (each concentration by up to "
        f"{100 * size:g} %) all cytosolic metabolites are back to "
        f"{100 * tolerance:g} % in {within}."
    )
    known = published_returns(network)
    there = [
        f"{percent(known[CYTOSOL, m])} within {m:g} min" for m in times_min if (CYTOSOL, m) in known
    ]
    paper = f"{' and '.join(there)}; when a model counts as back is not said" if there else ""
    return Answer(text, paper, "returned")


def bioreactor(network: Network, fit: Fit) -> Answer:
    """04: whether the models ferment like the strain."""
    matching = int(fit.matches.sum())
    low, high = wilson_interval(matching, len(fit))
    curves = fit.matched.sum(axis=0)
    each = ", ".join(f"{name} {n:,}" for name, n in zip(fit.quantities, curves, strict=True))
    begun = "Some" if matching else "No" if high < 0.05 else TOO_SMALL
    text = (
        f"{begun}: {matching:,} of {len(fit):,} models ({between(low, high)}) match all "
        f"{len(fit.quantities)} measured curves; one by one {each}."
    )
    paper = _value(network, "{}, how closely is not said", "models that match all three curves")
    return Answer(text, paper, "courses")


def intracellular(network: Network, table: pd.DataFrame, *, models: int, generic: str) -> Answer:
    """05: in which states a cell can be.

    Args:
        table: as from `renaissance_kit.studies.without_model`.
        models: unbiased ones at each state.
        generic: name of the population that the answer is of.
    """
    rows = {effort: share_row(table[table.effort == effort], generic)
            for effort in (UNBIASED, SEARCH)}  # fmt: skip
    searched, random = (
        with_interval(row.share, row.low, row.high) for row in (rows[SEARCH], rows[UNBIASED])
    )
    told = rows[UNBIASED].low > rows[SEARCH].high
    text = (
        f"{'In more than random constants find' if told else TOO_SMALL}: {models:,} sets of random "
        f"constants leave {random} of {rows[SEARCH].states:,} {generic} states without a valid "
        f"model, a search for constants leaves {searched}."
    )
    paper = _value(network, "{} of the states are without a valid model",
                   "states without a valid model, no bound on turnover")  # fmt: skip
    return Answer(text, paper, "without_model")


def aconitase(
    network: Network, counts: pd.DataFrame, *, held: int, trainings: tuple[int, int],
    exact: Mapping[str, Comparison],
) -> Answer:  # fmt: skip
    """06: what a few measured constants tell of the others.

    Args:
        counts: as from `renaissance_kit.studies.change_counts`, of other reactions.
        held: measured constants.
        trainings: without and with data.
        exact: as from `renaissance_kit.studies.compare_exact`.
    """
    every = int(counts.loc["parameters of other reactions"].sum())
    moved = int(counts.loc["shifted (q < 0.05)"].sum())
    least = float(counts.loc[LEAST].max())
    low, high = wilson_interval(moved, every)
    together = int(np.ceil(least * every / len(counts.columns) / 0.05))
    if least > 0.05:
        said = (
            f"{TOO_SMALL} by training: with {trainings[1]} trainings against {trainings[0]} no "
            f"p-value falls below {least:.2g}"
        )
    else:
        much = "Nothing" if not moved else "Little" if high < 0.05 else "Much"
        said = (
            f"{much} of other reactions: with {held} measured constants {moved} of {every} "
            f"parameters ({between(low, high)}) shift beyond chance (fewer than {together} of a "
            "kind could not be told)"
            if together > 1
            else f"{much} of other reactions: with {held} measured constants {moved} of {every} "
            f"parameters ({between(low, high)}) shift beyond chance"
        )
    with_data = list(exact.values())[-1]
    if with_data.enough:
        said += f"; in exact samples {len(with_data.changed)} of {len(with_data.table)} change"
    paper = _value(network, "{}", "KM within 1 to 3 steps that change (q < 0.05)")
    return Answer(f"{said}.", paper, "by_distance")


def subsystem(network: Network, by_group: pd.DataFrame, *, least: float) -> Answer:
    """07: whether data on a subsystem help its other constants.

    Args:
        by_group: as from `renaissance_kit.studies.scores_by_place`.
        least: smallest p-value that so few trainings can have.
    """
    row = by_group.set_index("group").loc[INSIDE]
    low, high = wilson_interval(int(row.improved), int(row.constants))
    said = (
        f"{int(row.improved)} of {int(row.constants)} held-out constants of the cycle "
        f"({between(low, high)}) come nearer to their measurement, {row.improved_null:.1f} by "
        f"chance (p = {row.p_improved:.2g})."
    )
    if least > 0.05:
        begun = TOO_SMALL
    else:
        begun = "Yes" if row.p_improved < 0.05 else "Not beyond chance"
    paper = _value(
        network, "{} come nearer", "TCA constants with a higher overlap score when held out"
    )
    return Answer(f"{begun}: {said}", paper, "overlap")


def shifts(network: Network, table: pd.DataFrame, level: str, changes: pd.DataFrame) -> Answer:
    """08: where constants without data go.

    Args:
        table: as from `renaissance_kit.studies.shift_table`.
        level: of data, that the answer is of.
        changes: of the single constants at that level.
    """
    row = table.loc[level]
    moved = int((changes.q_shift < 0.05).sum())
    if row[LEAST] > 0.05:
        begun = TOO_SMALL
    elif row["p of shift"] >= 0.05:
        begun = "Nowhere beyond chance"
    else:
        low, high = wilson_interval(moved, len(changes))
        begun = f"{moved} of {len(changes)} ({between(low, high)}) shift beyond chance"
    text = (
        f"{begun}: with {level.removeprefix('all ')} constants in their ranges the others move by "
        f"{row['shift (decades)']:.2f} decades, {row['shift, null']:.2f} by chance "
        f"(p = {row['p of shift']:.2g}), and trainings agree "
        + ("better" if row["p of nearer"] < 0.05 else "no better than chance")
        + f" (p = {row['p of nearer']:.2g})."
    )
    paper = _value(
        network, "constants without data {}", f"shift of their medians, {level} (decades)"
    )
    return Answer(text, paper, "distances")


def routes(network: Network, costs: pd.DataFrame, held_out: pd.DataFrame) -> Answer:
    """09: which route to valid models is best.

    Args:
        costs: as from `renaissance_kit.studies.cost_table`.
        held_out: as from `renaissance_kit.studies.held_out_table`.
    """
    of_route = costs.groupby("route", sort=False).seconds_to_90
    slow, fast = of_route.median().reindex(["NES", "gradient"])
    unseen: Any = next(held_out[held_out.generator == "conditional"].itertuples())
    seconds = costs[costs.route == "gradient"].seconds_to_90.dropna()
    span = f" ({seconds.min():.1f} to {seconds.max():.1f})" if len(seconds) > 1 else ""
    reached = (
        f"By gradient: 90 % valid after {fast:.1f} s{span}, by NES after {slow:.0f} s"
        if np.isfinite(fast) and np.isfinite(slow)
        else f"By gradient: 90 % valid after {fast:.1f} s{span}; NES did not get there"
        if np.isfinite(fast)
        else f"{TOO_SMALL}: neither gradient nor NES reached 90 % valid in it"
    )
    text = (
        f"{reached}; one generator for all states makes "
        f"{with_interval(unseen.incidence, unseen.low, unseen.high)} valid at "
        f"{int(unseen.states):,} states that it has not seen."
    )
    return Answer(
        text, _value(network, "{}", "time of one training to 90 % incidence, NES"), "cost"
    )


def own_organism(
    check: Confirmation, unbiased: Baseline, shares: pd.DataFrame, *, at_min: float,
    tolerance: float,
) -> Answer:  # fmt: skip
    """10: whether it works for another organism.

    Args:
        shares: as from `renaissance_kit.studies.return_shares`.
        at_min: when they are read.
    """
    low, high = wilson_interval(check.counted, check.models)
    back = share_at(shares, CYTOSOL, at_min, tolerance)
    begun = "Yes" if low > unbiased.interval[1] and back.low > 0.5 else TOO_SMALL
    text = (
        f"{begun}: {with_interval(check.counted / check.models, low, high)} of the models of a "
        f"generator are valid, of unbiased ones "
        f"{with_interval(unbiased.incidence, *unbiased.interval)}; "
        f"{with_interval(back.share, back.low, back.high)} of {int(back.perturbed):,} perturbed "
        f"ones are back within {at_min:g} min."
    )
    return Answer(text, "", "lambda_max")


def control(table: pd.DataFrame, names: Mapping[str, str], designs: str = "") -> Answer:
    """11: what limits the fluxes that are asked for, and what would change them.

    Args:
        table: as from `renaissance_kit.studies.coefficient_table`, of control coefficients.
        names: of the fluxes.
        designs: what the strain designs say.
    """
    parts = []
    for target, rows in table.groupby("target", sort=False):
        first: Any = next(rows.rename(columns={"name": "enzyme"}).itertuples())
        called = names.get(str(target), str(target))
        if not first.sure >= SURE:
            agree = f"{percent(SURE)} of them agree on the sign"
            parts.append(f"{called} is limited most by {first.enzyme}, of which not {agree}")
            continue
        size = f"{first.median:+.2f} %, {first.low:+.2f} to {first.high:+.2f}".replace("-", "−")
        verb = "limited" if first.median > 0 else "held back"
        parts.append(f"{called} is {verb} most by {first.enzyme} ({size}, for 1 % more)")
    models = int(table.models.max())
    begun = "In" if models >= ENOUGH else f"{TOO_SMALL}, but in"
    said = "; ".join([*parts, *filter(None, [designs])])
    return Answer(f"{begun} {models:,} models (median, 5 to 95 %): {said}.", "", "ranked")


def genes(
    outcomes: pd.DataFrame,
    fit: OmicsFit,
    apart: Sequence[pd.DataFrame],
    changes: Sequence[pd.DataFrame],
) -> Answer:
    """12: what the genes of a condition change.

    Args:
        outcomes: as from `renaissance_kit.studies.ratio_outcomes`.
        fit: that they are of.
        apart, changes: of each set of ratios, as from `renaissance_kit.studies.fluxes_apart` and
            `renaissance_kit.analysis.change_table`.
    """
    every, fluxes = len(changes[0]), len(apart[0])
    differ, moved = len(common_fluxes(apart)), len(common_shifts(changes))
    least = max(float(t.p_least.max()) for t in changes)
    ways = f", in {len(changes)} ways" if len(changes) > 1 else ""
    all_ways = "both" if len(changes) == 2 else "all"
    both = (
        f"; in {all_ways} ways alike {differ} fluxes and {moved} constants" if len(changes) > 1
        else ""
    )  # fmt: skip
    each = listed([differing_fluxes(t) for t in apart])
    constants = listed([shifted_constants(t) for t in changes])
    interval = between(*wilson_interval(moved, every))
    said = (
        f"whether constants differ so few trainings cannot tell (p at least {least:.2g})"
        if least > 0.05
        else f"the generators of the two conditions differ in the median of "
        f"{constants} of {every} constants beyond what states of one condition differ by{both} "
        f"({interval})"
    )
    begun = (
        TOO_SMALL if least > 0.05
        else f"{_how_many(differ, fluxes).capitalize()} fluxes and {_how_many(moved, every)} "
        "Michaelis constants"
    )  # fmt: skip
    text = (
        f"{begun}: fluxes can follow {fit.met} of {len(outcomes)} changed levels{ways}, {each} of "
        f"{fluxes} fluxes then differ in every pair of states, and {said}."
    )
    return Answer(text, "", "constants")


def _how_many(some: int, every: int) -> str:
    """A number of many, in a word."""
    share = some / every
    return "no" if not some else "few" if share < 0.1 else "some" if share < 0.5 else "most"


def _value(network: Network, sentence: str, quantity: str) -> str:
    """A published value in words; nothing where the network has none."""
    table: Mapping[str, str] = dict(zip(*(published(network)[c] for c in ("quantity", "value")),
                                        strict=True))  # fmt: skip
    return sentence.format(table[quantity]) if quantity in table else ""
