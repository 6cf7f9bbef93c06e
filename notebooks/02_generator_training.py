# %% [markdown]
# # Does training work?
#
# A generator makes Michaelis constants (KM) for the kinetic model of *E. coli* W3110 trpD9923 at
# one steady state. Training should raise its *incidence*: the share of its models that are stable
# and return to the steady state as fast as observed, λmax ≤ −2.5 1/h.
#
# This notebook trains generators with several seeds, compares them with unbiased sampling and
# with the published settings, and sets the results beside the published ones
# (Choudhury et al. 2024 Nat Catal 7:1086, "the paper" below).

# %% tags=["parameters"]
scale = "demo"  # smoke (seconds), demo (minutes), laptop (half an hour) or paper (hours)
output_dir = "../build/figures/02_generator_training"
network = "ecoli_w3110_trpd9923"
seed = 1
steady_state = -1  # number of the state; -1 is the default profile
threshold_per_h = None  # bound on λmax; None is the network's, −2.5
workers = 2
# None takes these from the scale, see the table below.
repeats = None  # trainings with the default recipe, a seed each
generations = None  # steps of a training
population = None  # n: generators tried in a generation
models_per_generator = None  # models that each of them is judged by
paper_repeats = None  # trainings with the paper's settings
paper_generations = None  # steps of these
baseline_models = None  # unbiased models for comparison
ensemble_models = None  # models in the ensemble that is written
km_sets = None  # KM sets in the measurement of time
grid = None  # True or False: train over a grid of settings
parts = None  # True or False: train without each part of the recipe
part_repeats = None  # trainings without each part, a seed each
# None takes these from NESSettings.
sigma = None  # σ: size of the random changes of the weights (dimensionless)
learning_rate = None  # α: size of a step (dimensionless)
decay = None  # share by which α shrinks in a generation, 0 to 1
monitor_models = None  # models that watch the training; None takes it from the scale
# None takes these from the network's conditions.
km_low_mM = None  # lower bound of the generated KM
km_high_mM = None  # upper bound of the generated KM
widgets = True  # False leaves out the panel at the end

# %%
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from renaissance_kit import KMRanges, Network, Recipe, studies
from renaissance_kit.analysis import incidence_interval
from renaissance_kit.core import Run, atomic_path, repeat_seeds
from renaissance_kit.figures import Source, save, use_theme
from renaissance_kit.figures import settings as settings_figures
from renaissance_kit.figures import training as figures

use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
# A run that was killed resumes from the checkpoints in this folder.
run = Run(workers, output / "checkpoints", progress=print)

# %% [markdown]
# What each scale does. The published size is 50 generations × 20 generators × 100 models.

# %%
SIZES = pd.DataFrame(
    {
        "smoke": [2, 3, 4, 10, 1, 3, 100, 40, 20_000, True, 20, True, 1],
        "demo": [1, 50, 20, 100, 1, 10, 2_000, 1_000, 100_000, False, 100, False, 1],
        "laptop": [3, 50, 20, 100, 3, 50, 10_000, 1_500, 1_000_000, True, 100, True, 1],
        "paper": [10, 50, 20, 100, 10, 50, 50_000, 1_500, 1_000_000, True, 100, True, 3],
    },
    index=[
        "repeats", "generations", "population", "models_per_generator", "paper_repeats",
        "paper_generations", "baseline_models", "ensemble_models", "km_sets", "grid",
        "monitor_models", "parts", "part_repeats",
    ],
)  # fmt: skip
GRIDS = {  # σ and α as multiples of the default ones
    "smoke": {"sigma": [0.5, 2], "learning_rate": [0.5, 2], "generations": 2, "models": 40},
    "demo": {"sigma": [0.5, 2], "learning_rate": [0.5, 2], "generations": 10, "models": 100},
    "laptop": {
        "sigma": [0.5, 1, 2], "learning_rate": [0.5, 1, 2], "population": [10, 20],
        "decay": [0.0, 0.05], "generations": 30, "models": 600,
    },
    "paper": {
        "sigma": [0.25, 0.5, 1, 2], "learning_rate": [0.25, 0.5, 1, 2],
        "population": [10, 20, 40], "decay": [0.0, 0.05], "generations": 50, "models": 1_000,
    },
}  # fmt: skip
given = {name: globals().get(name) for name in SIZES.index}
size = {k: SIZES.loc[k, scale] if v is None else v for k, v in given.items()}
SIZES

# %%
network = Network.open(network)
states, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc")
state = states.default if steady_state < 0 else states[steady_state]
threshold = threshold_per_h
if threshold is None:
    threshold = network.conditions["eigenvalue_threshold"].value
source = Source(network.name, state.label, seed, scale)

budget = {k: int(size[k]) for k in ("population", "models_per_generator", "monitor_models")}
chosen = {"sigma": sigma, "learning_rate": learning_rate, "decay": decay}
ranges = KMRanges.of(network, low_mM=km_low_mM, high_mM=km_high_mM)
default = Recipe.default(
    network,
    threshold_per_h=threshold,
    ranges=ranges,
    generations=int(size["generations"]),
    **budget,
    **{k: v for k, v in chosen.items() if v is not None},
)
published = Recipe.paper(
    network,
    threshold_per_h=threshold,
    ranges=ranges,
    generations=int(size["paper_generations"]),
    **budget,
)
pd.DataFrame({recipe.label: asdict(recipe.settings) for recipe in (default, published)})

# %% [markdown]
# The two differ in more than these numbers. The default reward counts models smoothly as they come
# near the threshold and keeps weights in units of their initial spread. The published one counts
# valid models only, and stretches each batch of outputs between its smallest and largest, which
# concentrates the KM in the middle of their range before any training.
#
# ## Unbiased sampling
#
# The baseline: KM drawn evenly on a logarithmic scale within the same bounds, at the same state.
# Every incidence here is a share of all models that were drawn, whatever became of them.

# %%
baseline = studies.unbiased_sampling(
    network,
    state,
    int(size["baseline_models"]),
    seed=seed,
    threshold_per_h=threshold,
    ranges=ranges,
    workers=workers,
)
low, high = baseline.interval
display(
    Markdown(
        f"{baseline.valid:,} of {len(baseline.lambda_max_per_h):,} unbiased models are valid: "
        f"{baseline.incidence:.2%} (95 % Wilson interval {low:.2%} to {high:.2%}). A model whose "
        f"Jacobian is not finite counts as not valid; there are {baseline.not_finite:,}."
    )
)

# %% [markdown]
# ## Training

# %%
seeds = repeat_seeds(seed, max(int(size["repeats"]), int(size["paper_repeats"])))
runs = studies.run_repeats(
    network,
    state,
    default,
    seeds=seeds[: int(size["repeats"])],
    models=int(size["ensemble_models"]),
    run=run,
)
paper_runs = studies.run_repeats(
    network,
    state,
    published,
    seeds=seeds[: int(size["paper_repeats"])],
    models=int(size["ensemble_models"]),
    run=run,
)

# %% [markdown]
# **Does the share of valid models rise, how far do repeats differ, and what would have come out
# without training or with the published settings?**

# %%
history = studies.incidence_history([*runs, *paper_runs])
figure = figures.incidence_over_generations(history, baseline=baseline, source=source)
save(figure, output / "incidence")
figure

# %%
first = history[(history.group == default.label) & (history.step == 0)].incidence
last = pd.Series([run.incidence for run in runs])
paper_last = pd.Series([run.incidence for run in paper_runs])
display(
    Markdown(
        f"Mean incidence went from {first.mean():.1%} to {last.mean():.1%} in "
        f"{size['generations']} generations over {len(runs)} repeat(s), from {last.min():.1%} to "
        f"{last.max():.1%}. Unbiased sampling has {baseline.incidence:.2%} ({low:.2%} to "
        f"{high:.2%}). The published settings reached {paper_last.mean():.1%} in "
        f"{size['paper_generations']} generations over {len(paper_runs)} repeat(s)."
    )
)

# %% [markdown]
# **Do all models become faster, or only a few?**

# %%
lambdas = studies.lambda_history(runs)
figure = figures.lambda_ridge(lambdas, threshold_per_h=threshold, source=source)
save(figure, output / "lambda_max")
figure

# %%
by_step = lambdas.groupby("step").lambda_max_per_h
medians, fastest = by_step.median(), by_step.min()
display(
    Markdown(
        f"The median λmax went from {medians.iloc[0]:.3g} to {medians.iloc[-1]:.3g} 1/h and the "
        f"smallest from {fastest.iloc[0]:.3g} to {fastest.iloc[-1]:.3g} 1/h; the threshold is "
        f"{threshold:g} 1/h."
    )
)

# %% [markdown]
# ## Which settings?
#
# Step σ, learning rate α, population n and decay, each combination trained with the same number of
# models in a generation, in shorter runs than above. Whether this runs depends on the scale.

# %%
grid_table = None
if size["grid"]:
    space = GRIDS[scale]
    values = {k: space[k] for k in ("population", "decay") if k in space}
    for name in ("sigma", "learning_rate"):
        values[name] = [factor * getattr(default.settings, name) for factor in space[name]]
    grid_table = studies.settings_grid(
        network,
        state,
        default.but(
            generations=space["generations"],
            models_per_generator=space["models"] // default.settings.population,
            monitor_models=0,
        ),
        grid=values,
        seeds=seeds[:1],
        models=min(200, int(size["ensemble_models"])),
        run=run,
    )
    with atomic_path(output / "grid.csv") as path:
        grid_table.to_csv(path, index=False)

# %% [markdown]
# **Which settings train best in the same time?**

# %%
figure = None
best = None
if grid_table is not None:
    figure = settings_figures.settings_grid(
        grid_table,
        default={"sigma": default.settings.sigma, "learning_rate": default.settings.learning_rate,
                 "population": default.settings.population, "decay": default.settings.decay},
        length=f"Short trainings: {space['generations']} generations of {space['models']} models; "
        f"the default has {default.settings.generations} of "
        f"{default.settings.population * default.settings.models_per_generator:,}.",
        source=source,
    )  # fmt: skip
    save(figure, output / "settings_grid")
    best = grid_table.sort_values("incidence", ascending=False, kind="stable").iloc[0]
figure

# %%
if best is None:
    sentence = f"Not computed at scale {scale}; set `grid=True`, or a larger scale."
else:
    sentence = (
        f"Best of {len(grid_table)} trainings: σ = {best.sigma:g}, α = {best.learning_rate:g}, "
        f"n = {best.population:.0f}, decay {best.decay:.0%}, with an incidence of "
        f"{best.incidence:.1%}; the worst had {grid_table.incidence.min():.1%}."
    )
display(Markdown(sentence))

# %% [markdown]
# ## What matters?
#
# The default recipe differs from the published one in several parts. Each variant below takes one
# of them away, all else and the number of models the same. The spread of ln KM stands beside the
# incidence, since a generator that makes one model over and over could reach 100 % as well.

# %%
part_table = None
if size["parts"]:
    part_table = studies.leave_one_out(
        network,
        state,
        seeds=seeds[: int(size["part_repeats"])],
        models=min(500, int(size["ensemble_models"])),
        threshold_per_h=threshold,
        ranges=ranges,
        run=run,
        generations=int(size["generations"]),
        **budget,
    )
    with atomic_path(output / "recipe_parts.csv") as path:
        part_table.to_csv(path, index=False)

# %% [markdown]
# **Which parts of the recipe does the incidence come from?**

# %%
figure = None
if part_table is not None:
    figure = settings_figures.recipe_parts(part_table, source=source)
    save(figure, output / "recipe_parts")
figure

# %%
if part_table is None:
    sentence = f"Not computed at scale {scale}; set `parts=True`, or a larger scale."
else:
    mean = part_table.groupby("variant", sort=False).incidence.mean()
    loss = (mean.iloc[0] - mean.iloc[1:]).sort_values(ascending=False)
    sentence = (
        f"The default recipe reached {mean.iloc[0]:.1%}. The largest losses: "
        + ", ".join(f"{name} ({mean[name]:.1%})" for name in loss.index[:4])
        + "."
    )
display(Markdown(sentence))

# %% [markdown]
# ## The ensemble, and what training did to the KM
#
# The ensemble of the first repeat is saved, valid models and others, labelled with units and
# provenance. Each model counted as valid is then confirmed from the file: its Jacobian is computed
# anew and all its eigenvalues in double precision.

# %%
ensemble_file = output / "ensemble.nc"
runs[0].ensemble.save(ensemble_file)
check = studies.confirm_valid(ensemble_file, network)
assert check.confirmed == check.counted
display(
    Markdown(
        f"`{ensemble_file.name}` holds {check.models:,} models, {check.counted:,} counted as "
        f"valid and {check.confirmed:,} of them confirmed; stored and recomputed λmax differ by at "
        f"most {check.largest_difference:.1e} (relative)."
    )
)

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
    source=source,
)
save(figure, output / "km_shift")
figure

# %%
top = shift.iloc[0]
display(
    Markdown(
        f"{top['name'].replace(':', ' ')} moved most: its median went from "
        f"{top.median_before_mM:.3g} to {top.median_after_mM:.3g} mM "
        f"(Kolmogorov–Smirnov distance {top.distance:.2f}). "
        f"{(shift.distance > 0.5).sum()} of {len(shift)} constants moved by more than 0.5, "
        f"{(shift.distance < 0.1).sum()} by less than 0.1."
    )
)
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
stream = studies.time_km_sets(runs[0].training, int(size["km_sets"]), stream_file, seed=seed)
stream_file.unlink()  # large; only the time matters here
full = stream["sets"] >= 1_000_000
seconds_training = float(np.mean([run.seconds for run in runs]))
display(
    Markdown(
        f"{100 * times.share[times.part == 'eigenvalues'].iloc[0]:.0f} % of the time goes to "
        f"eigenvalues. A training took {seconds_training:.0f} s of wall time on {workers} "
        f"workers. {stream['sets']:,.0f} sets of KM were written in {stream['seconds']:.1f} s "
        f"({stream['megabytes']:,.0f} MB), "
        + ("" if full else "which extrapolates to ")
        + f"{stream['seconds_per_million']:.1f} s a million."
    )
)

# %% [markdown]
# ## Beside the paper
#
# Computed values beside the published ones (Choudhury et al. 2024 Nat Catal 7:1086). A short run
# cannot be compared with the paper; the last column says which rows can.


# %%
def spread(shares: pd.Series) -> str:
    """Range of the repeats, and the 95 % interval of their mean."""
    a, b, basis = incidence_interval(list(shares), [check.models] * len(shares))
    return (
        f"{shares.min():.1%} to {shares.max():.1%} over {len(shares)} repeat(s); "
        f"95 % interval, by {basis}, {a:.1%} to {b:.1%}"
    )


settings = default.settings
published_size = (
    settings.generations >= 50 and settings.population * settings.models_per_generator >= 2000
)
odes = len(network.dynamic) + len(network.constant) + 1  # in the bioreactor, with biomass
rows = [
    ("C2", "differential equations (bioreactor)", f"{odes}", "exact", True),
    ("C2", "reactions", f"{len(network.kinetic_reactions)}", "exact", True),
    ("C2", "KM", f"{len(network.km_names)}", "exact", True),
    ("C2", "Vmax", f"{len(network.kinetic_reactions)}", "exact", True),
    ("C3", "mean incidence after training", f"{last.mean():.1%}", spread(last),
     published_size),
    ("C3", "repeats at 100 %", f"{(last == 1).sum()} of {len(last)}",
     f"best {last.max():.1%}", published_size),
    ("C3", "mean incidence with the paper's settings", f"{paper_last.mean():.1%}",
     spread(paper_last), published.settings.generations >= 50 and published_size),
    ("C4", "median λmax, first and last generation (1/h)",
     f"{medians.iloc[0]:.3g}, {medians.iloc[-1]:.3g}", f"{len(lambdas):,} models", published_size),
    ("C5", "incidence of unbiased sampling", f"{baseline.incidence:.2%}",
     f"{low:.2%} to {high:.2%} (Wilson), {len(baseline.lambda_max_per_h):,} models", True),
    ("C6", "time of a training (min)", f"{seconds_training / 60:.2f}",
     f"{len(runs)} training(s), {workers} workers", published_size),
    ("C6", "time for a million KM sets (s)", f"{stream['seconds_per_million']:.1f}",
     "measured once" if full else f"extrapolated from {stream['sets']:,.0f} sets", full),
    ("C7", "settings by grid search",
     "not computed" if best is None else
     f"σ {best.sigma:g}, α {best.learning_rate:g}, n {best.population:.0f}, decay {best.decay:.0%}",
     "" if best is None else
     f"{len(grid_table)} trainings of {GRIDS[scale]['generations']} generations, one seed",
     best is not None and GRIDS[scale]["generations"] >= 50),
]  # fmt: skip
claims = studies.claims_table(network, rows)
with atomic_path(output / "claims.csv") as path:
    claims.to_csv(path, index=False)
with atomic_path(output / "incidence.csv") as path:
    history.to_csv(path, index=False)
claims

# %%
evaluated = runs[0].training.models_evaluated  # of one training, without those made to watch it
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
    "repeats": len(runs),
    "generations": settings.generations,
    "incidence_first": float(first.mean()),
    "incidence_last": float(last.mean()),
    "incidence_last_of_repeats": last.tolist(),
    "not_finite_last_of_repeats": [run.not_finite for run in runs],
    "paper_settings_generations": published.settings.generations,
    "paper_settings_incidence_last": float(paper_last.mean()),
    "paper_settings_not_finite_last_of_repeats": [run.not_finite for run in paper_runs],
    "baseline_incidence": baseline.incidence,
    "baseline_interval_95": [low, high],
    "baseline_models": len(baseline.lambda_max_per_h),
    "baseline_not_finite": baseline.not_finite,
    "ensemble_models": check.models,
    "ensemble_not_finite": runs[0].not_finite,
    "valid_models": check.confirmed,
    "seconds_training": seconds_training,
    "models_evaluated": evaluated,
    "models_per_second": evaluated / seconds_training,
    "seconds_per_million_km_sets": stream["seconds_per_million"],
    "workers": workers,
}
with atomic_path(output / "summary.json") as path:
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
pd.Series(summary, name="summary").to_frame()

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
        ensemble_models=int(size["ensemble_models"]),
        km_low_mM=km_low_mM,
        km_high_mM=km_high_mM,
        **{name: getattr(default.settings, name) for name in ("sigma", "learning_rate", "decay")},
        **{name: getattr(default.settings, name) for name in ("generations", *budget)},
    )
    display(panel)
