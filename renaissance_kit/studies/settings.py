"""Which settings, and which parts of the recipe, make training work."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.runs import RUN, Run
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.dynamics import FastestDynamics, Incidence
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.studies.repeats import run_repeats
from renaissance_kit.studies.text import percent
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.generators import require_generator
from renaissance_kit.training.nes import NESSettings
from renaissance_kit.training.recipes import Recipe


def recipe_table(recipes: Sequence[Recipe]) -> pd.DataFrame:
    """Recipes side by side, one column each: reward, bounds of KM, generator and settings."""
    columns = {}
    for recipe in recipes:
        generator = require_generator(recipe.generator, Generator)
        ranges = generator.ranges
        free = ~ranges.fixed
        columns[recipe.label] = {
            "objective": repr(recipe.objective),
            "KM (mM)": f"{ranges.low_mM[free].min():.2g} to {ranges.high_mM[free].max():.2g}",
            "outputs rescaled": generator.rescale,
            "first weights": generator.first_weights
            + (", calibrated" if generator.calibrated else ""),
            "unit of the weights": "spread of their layer" if generator.scaled else "plain",
            **asdict(recipe.settings),
        }
    return pd.DataFrame(columns)


def settings_grid(
    network: Network,
    state: SteadyState,
    recipe: Recipe,
    *,
    grid: Mapping[str, Sequence[float]],
    seeds: Sequence[int],
    models: int,
    run: Run = RUN,
) -> pd.DataFrame:
    """Train with every combination of settings at the same number of models in a generation.

    Args:
        recipe: what stays the same; ``population × models_per_generator`` is the budget.
        grid: values by name of the setting: sigma, learning_rate, population, decay.
        seeds: of the repeats at each point.
        models: drawn after the last step of each training.
        run: threads, store of checkpoints, progress and stop.

    Returns:
        One row a training: the settings, seed, final incidence (of all models drawn), not_finite
        (those of them without eigenvalues) and median λmax (1/h) of the others.

    Raises:
        ParameterError: the recipe is of another method.
    """
    usual = recipe.settings
    if not isinstance(usual, NESSettings):
        raise ParameterError(
            f"the recipe is of the method {usual.method!r}; a grid is made of the settings of "
            "natural evolution strategies, as those of Recipe.default"
        )
    budget = usual.models_per_step
    rows = []
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    for i, point in enumerate(points):
        population = int(point.get("population", usual.population))
        changed: dict[str, Any] = {
            **point,
            "population": population,
            "models_per_generator": max(1, round(budget / population)),
        }
        for repeat in run_repeats(
            network, state, recipe.but(**changed), seeds=seeds, models=models,
            run=replace(run, progress=None),
        ):  # fmt: skip
            settings = asdict(repeat.training.settings)
            rows.append(
                {k: settings[k] for k in ("sigma", "learning_rate", "population", "decay")}
                | {
                    "seed": repeat.training.seed,
                    "incidence": repeat.incidence,
                    "not_finite": repeat.not_finite,
                    "lambda_max_median_per_h": float(
                        np.nanmedian(repeat.ensemble.lambda_max_per_h)
                    ),
                }
            )
        run.say(f"grid: {i + 1} of {len(points)} settings")
        if run.stopped:
            break
    return pd.DataFrame(rows)


def leave_one_out(
    network: Network,
    state: SteadyState,
    *,
    seeds: Sequence[int],
    models: int,
    threshold_per_h: float | None = None,
    run: Run = RUN,
    **settings: Any,
) -> pd.DataFrame:
    """What each part of the default recipe is worth: train without it, all else the same.

    Args:
        seeds: of the repeats of each variant.
        models: drawn after the last step of each training.
        run: threads, store of checkpoints, progress and stop.
        settings: size of the trainings (generations, population, models_per_generator), and
            ``ranges`` of the KM, of all recipes but that of the released code.

    Returns:
        One row a training: variant, seed, incidence (of all models drawn), not_finite (those of
        them without eigenvalues), lambda_max_median_per_h (1/h) of the others and spread, the mean
        standard deviation of ln KM among the models (log-uniform: 2.78, and 8.08 within the bounds
        of the released code).
    """
    default = Recipe.default(network, threshold_per_h=threshold_per_h, **settings)
    paper = Recipe.paper(network, threshold_per_h=threshold_per_h, **settings)
    settings.pop("ranges", None)  # the released code has bounds of its own
    released = Recipe.released_code(network, threshold_per_h=threshold_per_h, **settings)
    threshold, published = default.threshold_per_h, NESSettings.paper()
    generator = require_generator(default.generator, Generator)
    variants = [
        default.but("default recipe"),
        default.but("incidence as the reward", objective=Incidence(partition_per_h=threshold)),
        default.but("reward of the ten fastest", objective=FastestDynamics()),
        default.but("biases in plain units", generator=replace(generator, bias_unit=1.0)),
        default.but("outputs start at half the spread",
                    generator=replace(generator, output_scale=0.5)),
        default.but("plain weights", generator=replace(generator, scaled=False)),
        default.but("Glorot first weights",
                    generator=replace(generator, first_weights="glorot")),
        default.but("own noise for each generator", common_noise=False),
        default.but("mirrored perturbations", mirrored=True),
        default.but("standardised rewards", shaping="standardised"),
        default.but("Adam", optimiser="adam", learning_rate=0.03),
        default.but("published σ and α", sigma=published.sigma,
                    learning_rate=published.learning_rate),
        default.but("published decay", decay=published.decay),
        paper.but("recipe of the paper's text"),
        released.but("recipe of the released code"),
    ]  # fmt: skip
    rows = []
    for recipe in variants:
        for repeat in run_repeats(
            network, state, recipe, seeds=seeds, models=models, run=replace(run, progress=None)
        ):
            log_km = np.log(repeat.ensemble.dataset.km.values)
            rows.append(
                {
                    "variant": recipe.label,
                    "seed": repeat.training.seed,
                    "incidence": repeat.incidence,
                    "not_finite": repeat.not_finite,
                    "lambda_max_median_per_h": float(
                        np.nanmedian(repeat.ensemble.lambda_max_per_h)
                    ),
                    "spread": float(log_km.std(axis=0).mean()),
                }
            )
        run.say(f"without one part: {recipe.label}, incidence {percent(rows[-1]['incidence'])}")
        if run.stopped:
            break
    return pd.DataFrame(rows)
