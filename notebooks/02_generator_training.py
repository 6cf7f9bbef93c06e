# %% [markdown]
# # Does training work?
#
# A generator makes Michaelis constants (KM) for the kinetic model of *E. coli* W3110 trpD9923 at
# one steady state. Training should raise its *incidence*: the share of its models that are stable
# and return to the steady state as fast as observed, λmax ≤ −2.5 1/h.
#
# This notebook trains generators with several seeds, compares them with unbiased sampling and
# with the published settings, and sets the results beside the published ones
# (Choudhury et al. 2024 Nat Catal 7:1086, "the paper" below). The paper's text and the
# configuration of the code released with it differ, so there are two published recipes.

# %% tags=["parameters"]
scale = "demo"  # smoke (seconds), demo (minutes), laptop (half an hour) or paper (hours)
output_dir = "../build/figures/02_generator_training"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's)
seed = 1
steady_state = -1  # number of the state; -1 is the default profile
objective = "dynamics"  # what is wanted: dynamics, exactness, return, fermentation or control
threshold_per_h: float = None  # bound on λmax; None is the network's, −2.5
workers = 2
# None takes these from the scale, see the table below.
repeats: int = None  # trainings with the default recipe, a seed each
generations: int = None  # steps of a training
population: int = None  # n: generators tried in a generation
models_per_generator: int = None  # models that each of them is judged by
paper_repeats: int = None  # trainings with the paper's settings
released_repeats: int = None  # trainings with the released code's settings
paper_generations: int = None  # steps of those with the paper's settings
released_generations: int = None  # steps of those with the released code's settings
baseline_models: int = None  # unbiased models for comparison
ensemble_models: int = None  # models in the ensemble that is written
km_sets: int = None  # KM sets in the measurement of time
grid: bool = None  # True or False: train over a grid of settings
parts: bool = None  # True or False: train without each part of the recipe
part_repeats: int = None  # trainings without each part, a seed each
# None takes these from NESSettings.
sigma: float = None  # σ: size of the random changes of the weights (dimensionless)
learning_rate: float = None  # α: size of a step (dimensionless)
decay: float = None  # share by which α shrinks in a generation, 0 to 1
monitor_models: int = None  # models that watch the training; None takes it from the scale
# None takes these from the network's conditions.
km_low_mM: float = None  # lower bound of the generated KM
km_high_mM: float = None  # upper bound of the generated KM
widgets = True  # False leaves out the panel at the end

# %%
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import display

from renaissance_kit import KMRanges, Network, Recipe, studies
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, repeat_seeds, write_csv
from renaissance_kit.figures import (
    Source,
    save,
    settings as settings_figures,
    training as figures,
    use_theme,
)
from renaissance_kit.objectives import named_objective
from renaissance_kit.studies.pages import answers, training as page, training_claims as tables

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")
# A run that was killed resumes from the checkpoints in this folder.
run = Run(workers, output / "checkpoints", progress=print)

# %% [markdown]
# What each scale does. The published size is 50 generations × 20 generators × 100 models in the
# paper's text, and 25 generations in the released code.

# %%
size = page.Sizes.at(
    scale,
    repeats=repeats,
    generations=generations,
    population=population,
    models_per_generator=models_per_generator,
    paper_repeats=paper_repeats,
    paper_generations=paper_generations,
    released_repeats=released_repeats,
    released_generations=released_generations,
    baseline_models=baseline_models,
    ensemble_models=ensemble_models,
    km_sets=km_sets,
    grid=grid,
    monitor_models=monitor_models,
    parts=parts,
    part_repeats=part_repeats,
)
page.Sizes.table()

# %%
network = Network.open(network)
states, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc", states)
state = states.numbered(steady_state)
threshold = threshold_per_h
if threshold is None:
    threshold = network.conditions["eigenvalue_threshold"].value
source = Source(network.name, state.label, seed, scale)

budget = {
    "population": size.population,
    "models_per_generator": size.models_per_generator,
    "monitor_models": size.monitor_models,
}
chosen = {"sigma": sigma, "learning_rate": learning_rate, "decay": decay}
ranges = KMRanges.of(network, low_mM=km_low_mM, high_mM=km_high_mM)
default = Recipe.default(
    network,
    threshold_per_h=threshold,
    ranges=ranges,
    generations=size.generations,
    **budget,
    **{k: v for k, v in chosen.items() if v is not None},
).but(objective=named_objective(network, objective, threshold_per_h=threshold))
published = Recipe.paper(
    network,
    threshold_per_h=threshold,
    ranges=ranges,
    generations=size.paper_generations,
    **budget,
)
released = Recipe.released_code(
    network,
    threshold_per_h=threshold,
    generations=size.released_generations,
    **budget,
)
studies.recipe_table([default, published, released])

# %% [markdown]
# The default reward counts models smoothly as they come near the threshold. The paper's text
# counts valid models only. The released code looks at the ten fastest of a generator's models and
# rewards a fast λmax, whatever the other models are; its KM are in mol/L, so its bounds span 28
# units of ln KM where the text has 10. Both published recipes stretch each batch of outputs between
# its smallest and largest, which concentrates the KM in the middle of their range before any
# training.
#
# ## Unbiased sampling
#
# The baseline: KM drawn evenly on a logarithmic scale, at the same state, within the bounds of the
# default and of the paper's text. Every incidence here is a share of all models that were drawn,
# whatever became of them.

# %%
baseline = studies.unbiased_sampling(
    network,
    state,
    size.baseline_models,
    seed=seed,
    threshold_per_h=threshold,
    ranges=ranges,
    workers=workers,
)
page.unbiased(baseline)

# %% [markdown]
# ## Training

# %%
seeds = repeat_seeds(seed, max(size.repeats, size.paper_repeats, size.released_repeats))
runs = studies.run_repeats(
    network,
    state,
    default,
    seeds=seeds[: size.repeats],
    models=size.ensemble_models,
    run=run,
)
paper_runs = studies.run_repeats(
    network,
    state,
    published,
    seeds=seeds[: size.paper_repeats],
    models=size.ensemble_models,
    run=run,
)
released_runs = studies.run_repeats(
    network,
    state,
    released,
    seeds=seeds[: size.released_repeats],
    models=size.ensemble_models,
    run=run,
)

# %% [markdown]
# **Does the share of valid models rise, how far do repeats differ, and what would have come out
# without training or with the published settings?**

# %%
history = studies.incidence_history([*runs, *paper_runs, *released_runs])
figure = figures.incidence_over_generations(
    history,
    baseline=baseline,
    paper_incidence=studies.published_incidence(network, state, threshold_per_h=threshold),
    source=source,
)
save(figure, output / "incidence")
figure

# %%
first_and_last = studies.first_and_last(history)
page.incidence(first_and_last, baseline)

# %% [markdown]
# **Do all models become faster, or only a few?**

# %%
lambdas = studies.lambda_history(runs)
figure = figures.lambda_ridge(lambdas, threshold_per_h=threshold, source=source)
save(figure, output / "lambda_max")
figure

# %%
page.lambda_max(lambdas, threshold)

# %% [markdown]
# ## Which settings?
#
# Step σ, learning rate α, population n and decay, each combination trained with the same number of
# models in a generation, in shorter runs than above. Whether this runs depends on the scale.

# %%
grid_table = None
if size.grid:
    short = page.GRIDS[scale]
    grid_table = studies.settings_grid(
        network,
        state,
        default.but(
            generations=short.generations,
            models_per_generator=short.models // default.settings.population,
            monitor_models=0,
        ),
        grid=short.around(default.settings),
        seeds=seeds[:1],
        models=min(200, size.ensemble_models),
        run=run,
    )
    write_csv(output / "grid.csv", grid_table)

# %% [markdown]
# **Which settings train best in the same time?**

# %%
figure = None
if grid_table is not None:
    figure = settings_figures.settings_grid(
        grid_table,
        default={
            name: getattr(default.settings, name)
            for name in ("sigma", "learning_rate", "population", "decay")
        },
        length=short.length(default.settings),
        source=source,
    )
    save(figure, output / "settings_grid")
figure

# %%
page.settings_grid(grid_table, scale)

# %% [markdown]
# ## What matters?
#
# The default recipe differs from the published ones in several parts. Each variant below takes one
# of them away, all else and the number of models the same; the last two are the published recipes.
# The spread of ln KM stands beside the incidence, since a generator that makes one model over and
# over could reach 100 % as well.

# %%
part_table = None
if size.parts:
    part_table = studies.leave_one_out(
        network,
        state,
        seeds=seeds[: size.part_repeats],
        models=min(500, size.ensemble_models),
        threshold_per_h=threshold,
        ranges=ranges,
        run=run,
        generations=size.generations,
        **budget,
    )
    write_csv(output / "recipe_parts.csv", part_table)

# %% [markdown]
# **Which parts of the recipe does the incidence come from?**

# %%
figure = None
if part_table is not None:
    figure = settings_figures.recipe_parts(part_table, source=source)
    save(figure, output / "recipe_parts")
figure

# %%
page.recipe_parts(part_table, scale)

# %% [markdown]
# ## The ensemble, and what training did to the KM
#
# The ensemble of the first repeat is saved, valid models and others, labelled with units and
# provenance. Each model counted as valid is then confirmed from the file: its Jacobian is computed
# again and all its eigenvalues in double precision.

# %%
ensemble_file = output / "ensemble.nc"
runs[0].ensemble.save(ensemble_file)
check = studies.confirm_valid(ensemble_file, network)
assert check.confirmed == check.counted
page.ensemble(ensemble_file.name, check)

# %% [markdown]
# **Which constants did training move, and where to?** Grey is before, blue after. A constant far
# below the concentration of its metabolite means a saturated enzyme, one far above it an enzyme
# that answers to every change.

# %%
ensembles = [run.ensemble.select(run.ensemble.valid) for run in runs]
enough = sum(map(len, ensembles)) >= 20
if not enough:  # too few valid models to speak of: show all models of the generators
    ensembles = [run.ensemble for run in runs]
km_after = np.concatenate([e.dataset.km.values for e in ensembles])
shift = studies.km_shift(baseline.km_mM, km_after, network.km_names)
figure = figures.km_shift(
    pd.DataFrame(baseline.km_mM, columns=network.km_names),
    pd.DataFrame(km_after, columns=network.km_names),
    names=list(shift.name[:12]),
    concentrations_mM=dict(zip(network.species, state.concentrations_mM, strict=True)),
    after="valid model" if enough else "model",
    called=network.names,
    source=source,
)
save(figure, output / "km_shift")
figure

# %%
page.km_shift(shift, network.names)

# %%
shift.head(12).round(4)

# %% [markdown]
# ## Time
#
# **What does a generation spend its time on?**

# %%
times = studies.time_budget(runs[0].training)
figure = figures.time_budget(times, source=source)
save(figure, output / "time_budget")
figure

# %%
stream_file = output / "km_sets.nc"
stream = studies.time_km_sets(runs[0].training, size.km_sets, stream_file, seed=seed)
stream_file.unlink()  # large; only the time matters here
page.time(times, runs, stream, workers)

# %% [markdown]
# ## Beside the paper
#
# Computed values beside the published ones (Choudhury et al. 2024 Nat Catal 7:1086). A short run
# cannot be compared with the paper; the last column says which rows can.

# %%
rows = tables.claims(
    network,
    default.settings,
    first_and_last,
    lambdas,
    baseline,
    runs,
    stream,
    grid_table,
    scale=scale,
    workers=workers,
)
claims = studies.claims_table(network, rows)
write_csv(output / "claims.csv", claims)
write_csv(output / "incidence.csv", history)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.training(network, first_and_last, baseline, models=len(runs[0].ensemble))
answer

# %%
summary = {
    "model": network.name,
    "steady_state": state.label,
    "scale": scale,
    "seed": seed,
    "n_metabolites_dynamic": len(network.dynamic),
    "n_independent": len(network.independent),
    "n_reactions": len(network.kinetic_reactions),
    "n_km": len(network.km_names),
    "threshold_per_h": threshold,
    **tables.summary(first_and_last, baseline, runs, paper_runs, released_runs, check, stream),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## Try it yourself
#
# Change a setting, press Run, and watch. Pause and Stop act after the present generation. Larger
# steps σ or rates α train faster until they overshoot; narrower KM bounds or a lower threshold make
# valid models rarer. Below the charts is the command that does the same without a browser.

# %%
if widgets:
    from renaissance_kit.panels import TrainingPanel

    panel = TrainingPanel(
        network,
        states,
        scale=scale,
        folder=output / "panel",
        workers=workers,
        steady_state=steady_state,
        threshold_per_h=threshold,
        seed=seed,
        ensemble_models=size.ensemble_models,
        km_low_mM=km_low_mM,
        km_high_mM=km_high_mM,
        **{name: getattr(default.settings, name) for name in ("sigma", "learning_rate", "decay")},
        **{name: getattr(default.settings, name) for name in ("generations", *budget)},
    )
    display(panel)
