# %% [markdown]
# # Does data on a subsystem help?
#
# Some Michaelis constants of the citric acid cycle have been measured. If nine of them are
# constrained to their measured ranges, do the generated values of the others come nearer to theirs?
# Nine are drawn at random, ten times; each time the constants that were left out, in the cycle and
# outside it, are compared with their own measurements. Trainings without any data give the score to
# beat, and permuted labels say how large a difference chance makes. The counts stand beside the
# published ones (Choudhury et al. 2024 Nat Catal 7:1086, "the paper" below).

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (an hour or two)
output_dir = "../build/figures/07_km_tca"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's)
seed = 1
subsystem = "Citric Acid Cycle"  # whose constants are constrained to measured ranges
also_reactions = "SUCDi"  # of the cycle, but tabulated elsewhere
km_table: str = None  # a table of your own; None is the network's
held = 9  # constants constrained to measured ranges at a time
start = "new"  # generators begin untrained ("new"), or continue from one without data ("trained")
workers = 2
store: str = None  # folder that keeps the ensembles; None is one in output_dir
# None takes these from the scale, see the table below.
combinations: int = None  # random choices of these constants, a generator each
repeats: int = None  # generators without the data, a seed each
steps: int = None  # steps of a training by gradient
models: int = None  # models drawn from each generator
permutations: int = None  # of the labels, for the null distribution of a change
exact_draws: int = None  # unbiased models of each exact sample
published_trainings: int = None  # with the published recipe, with and without data; 0: none

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit import Network, Recipe, studies
from renaissance_kit.analysis import (
    held_out_scores,
    incidence_by_measurement,
    least_p_value,
    measured_intervals,
    permutation_test,
    subsystem_of,
)
from renaissance_kit.analysis.km_conflicts import ALL_IN
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, derived_seed, repeat_seeds, write_csv
from renaissance_kit.figures import Source, km_exact, km_overlap as figures, save, use_theme
from renaissance_kit.studies.pages import answers, exact as exact_page, tca as page

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")

# %%
size = page.Sizes.at(
    scale, combinations=combinations, repeats=repeats, steps=steps, models=models,
    permutations=permutations, exact_draws=exact_draws, published_trainings=published_trainings,
)  # fmt: skip
page.Sizes.table()

# %% [markdown]
# ## The data

# %%
network = Network.open(network)
states, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc", states)
state = states.default
source = Source(network.name, state.label, seed, scale)
table = studies.measurements_of(network, km_table)
cycle = studies.measured_in(network, table, subsystem, also_reactions.split())
rng = np.random.default_rng(derived_seed(seed, 6))
chosen = [cycle.sample(held, rng) for _ in range(size.combinations)]
groups = {
    name: studies.INSIDE if name in cycle.names else group
    for name, group in subsystem_of(network, table.names).items()
}
page.combinations(table, cycle, chosen, held)

# %%
studies.combination_table(cycle.names, chosen)

# %% [markdown]
# ## The score
#
# Overlap of two intervals on log10 KM, their common part over their union: the central 95 % of the
# generated values, and the measurements from the least to the greatest, widened by 20 % at each
# end. Beside it the share of generated values inside the measured interval. Both definitions are
# ours. For measurements well inside the generated interval the first is the ratio of the widths, so
# it rises when the generated values narrow, and hardly when they only move.

# %%
intervals = measured_intervals(table)
page.measured_widths(intervals)

# %% [markdown]
# ## Training

# %%
recipe = Recipe.by_gradient(network, steps=size.steps, models_per_step=size.models_per_step)
job = studies.Integration(
    network,
    state,
    recipe,
    size.models,
    Run(workers, output / "ensembles" if store is None else store, print),
    tuple(output.parent / f / "ensembles" for f in ("06_km_aconitase", "08_km_global_shifts")),
)
if start == "trained" and size.repeats != size.combinations:
    raise ValueError("start='trained' compares pairs; give as many repeats as combinations")
trained = start == "trained"
without = job.repeats(None, seeds=repeat_seeds(seed, size.repeats), label="without data")
seeds = repeat_seeds(derived_seed(seed, 7), size.combinations)
with_data = job.repeats(
    chosen, seeds=seeds, starts=without if trained else None, label=f"{held} constants held"
)
if trained:  # what training longer does by itself must not pass for an effect of the data
    without = job.repeats(None, seeds=seeds, starts=without, label="without data, as long")
runs = studies.run_table({"without data": without, f"{held} held": with_data})
runs.round(4)

# %% [markdown]
# Do the data contradict the dynamics, and if so, which of them? All constants of the cycle that
# have data are put into valid models that were made without, and one at a time is left out.

# %%
pool = studies.first_models(without[0].ensemble, valid_only=size.valid_only)
blame = incidence_by_measurement(
    pool.models(network),
    cycle.ranges(),
    seed=derived_seed(seed, 2),
    workers=workers,
)
write_csv(output / "conflicts.csv", blame, index=True)
page.conflicts(blame)

# %%
blame.round(4).head(8)

# %% [markdown]
# ## Scores without and with data

# %%
km_without = [run.parameters("km", valid_only=size.valid_only) for run in without]
km_with = [run.parameters("km", valid_only=size.valid_only) for run in with_data]
rng = np.random.default_rng(derived_seed(seed, 3))
tests = {}
for measure in ("overlap", "inside"):
    before = held_out_scores(km_without, intervals, [()] * len(without), measure)
    after = held_out_scores(km_with, intervals, [c.names for c in chosen], measure)
    tests[measure] = permutation_test(
        before, after, list(intervals), rng=rng, permutations=size.permutations, paired=trained
    )
scores = tests["overlap"].table().assign(group=[groups[n] for n in intervals])
write_csv(output / "overlap.csv", scores)
write_csv(output / "inside.csv", tests["inside"].table())
least = least_p_value(len(without), len(with_data), size.permutations, paired=trained)
figure = figures.overlap_by_constant(
    scores,
    runs=(len(without), len(with_data)),
    least=least,
    names=network.names,
    source=source,
)
save(figure, output / "overlap")
figure

# %%
page.overlap(scores)

# %%
by_group = studies.scores_by_place(tests["overlap"], network, cycle.names)
write_csv(output / "subsystems.csv", by_group)
figure = figures.overlap_by_group(
    by_group, paper=page.published_counts(network), least=least, source=source
)
save(figure, output / "subsystems")
figure

# %%
page.rises(by_group, scores, tests["inside"], least)

# %%
by_group.round(4)

# %%
others = [name for name in network.km_names if name not in cycle.names]
width_without = studies.mean_width_decades(km_without, others)
width_with = studies.mean_width_decades(km_with, others)
page.widths(width_without, width_with)

# %% [markdown]
# ## The exact answer
#
# Where a fair share of unbiased models is valid, no training is needed to learn what data say about
# the other constants. Draw every KM log-uniformly, the measured ones within their ranges, and keep
# the valid models: they are an exact sample of "KM given valid", with or without data (rejection
# sampling). Such samples are made at the examined state with the lowest 5 % quantile of λmax over
# random KM, where they are cheapest, and at the state of the trainings above. Two samples without
# data show what chance does. Constants are compared by the Kolmogorov-Smirnov test, with a false
# discovery rate over all that are not held (Benjamini & Hochberg).

# %%
quiet = Run(workers, job.run.store)
data = {f"{held} KM of the cycle": chosen[0], f"all {len(cycle.names)} KM of the cycle": cycle}
exact = [
    studies.exact_samples(
        network, at, size.exact_draws, data, seed=derived_seed(seed, 11), run=quiet
    )
    for at in studies.exact_states(states)
]
incidence = pd.concat([studies.exact_incidence(samples) for samples in exact], ignore_index=True)
write_csv(output / "exact_incidence.csv", incidence)
incidence.round(4)

# %%
found = [studies.compare_exact(samples, intervals) for samples in exact]
exact_page.answers(exact, found, incidence)

# %% [markdown]
# **One training against another.** A generator is one distribution of KM among many that are valid.
# Two of them differ, with data or without, and the same test tells them apart. Is the rise of the
# published scores a difference of that kind? Single trainings with the published recipe, with nine
# constants held and without data, are compared here. This recipe also stretches the outputs of each
# batch between their smallest and largest, so that widths depend on the number of models drawn.

# %%
n = size.published_trainings
published_recipe = Recipe.paper(
    network, generations=size.generations, population=size.population,
    models_per_generator=size.models_per_generator,
    monitor_models=min(100, size.models_per_generator),
)  # fmt: skip
published_job = studies.Integration(
    network, state, published_recipe, size.models, job.run, job.also
)
own_seeds = repeat_seeds(derived_seed(seed, 10), 2 * n)
single_without = published_job.repeats(None, seeds=own_seeds[:n], label="published recipe, no data")
single_with = published_job.repeats(
    chosen[:n], seeds=own_seeds[n:], label=f"published recipe, {held} constants held"
)
pairs = {
    "by gradient: without → with data": (without[0], with_data[0]),
    "by gradient: without → without, another seed": (without[0], without[-1]),
}
if n > 1:
    pairs |= {
        "published recipe: without → with data": (single_without[0], single_with[0]),
        "published recipe: without → without, another seed": (single_without[0], single_without[1]),
    }
between = {
    label: studies.compare_km(
        *(run.parameters("km", valid_only=size.valid_only) for run in pair),
        pair[1].integrated,
        intervals,
    )
    for label, pair in pairs.items()
}
shown = {
    f"exact, state {samples[studies.WITHOUT].state.label}: {studies.WITHOUT} → {name}": comparison
    for samples, comparisons in zip(exact, found, strict=True)
    for name, comparison in comparisons.items()
} | {f"{label}, state {state.label}": comparison for label, comparison in between.items()}
at = " and ".join(samples[studies.WITHOUT].state.label for samples in exact)
figure = km_exact.distances(shown, source=Source(network.name, at, seed, scale))
save(figure, output / "exact")
figure

# %%
comparisons = studies.comparison_table(shown, cycle.names)
write_csv(output / "exact.csv", comparisons)
comparisons.round(3)

# %%
exact_page.trained(between)

# %% [markdown]
# How many scores outside the cycle rise from one training with the published recipe to another, and
# from small batches of one generator to a large one:

# %%
outside = {name: span for name, span in intervals.items() if name not in cycle.names}
published_rises = pd.DataFrame()
if n:
    scores_without, scores_with = (
        studies.scores_of(runs_of, outside, valid_only=size.valid_only)
        for runs_of in (single_without, single_with)
    )
    published_rises = pd.concat(
        [
            studies.rises_between(scores_without, scores_with),
            studies.rises_by_batch(
                published_job.generator(None), [run.weights for run in single_without], outside,
                models=max(size.models, 1_000), batch=50, seed=derived_seed(seed, 12),
            ),
        ],
        ignore_index=True,
    )  # fmt: skip
    write_csv(output / "published_rises.csv", published_rises)
published_rises

# %%
paper_counts = page.published_counts(network)
exact_page.rises(published_rises, paper_counts.get(studies.OUTSIDE))

# %% [markdown]
# ## Beside the paper

# %%
published_size = (
    size.combinations >= 10 and held == 9 and scale in ("laptop", "paper") and km_table is None
)
design = page.design(len(with_data), len(without), size.permutations)
rows = [
    *page.claims(by_group, design=design),
    *exact_page.claims(
        exact[0][studies.WITHOUT].state.label, found[0], cycle.names, published_rises
    ),
]
claims = studies.claims_table(network, [(*row, published_size) for row in rows])
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.subsystem(
    network,
    by_group,
    least=least,
)
answer

# %%
places = by_group.set_index("group")
tca, rest = places.loc[studies.INSIDE], places.loc[studies.OUTSIDE]
summary = {
    "model": network.name,
    "steady_state": state.label,
    "scale": scale,
    "seed": seed,
    "constants_held": held,
    "combinations": size.combinations,
    "repeats": size.repeats,
    "training_steps": size.steps,
    "models": size.models,
    "permutations": size.permutations,
    "start": start,
    "measured_constants": len(intervals),
    "incidence_without": float(runs.incidence[0]),
    "incidence_with": float(runs.incidence[1]),
    "incidence_with_all_of_the_cycle_put_in": float(blame.without[ALL_IN]),
    "tca_improved": int(tca.improved),
    "tca_constants": int(tca.constants),
    "tca_improved_shuffled": float(tca.improved_null),
    "outside_improved": int(rest.improved),
    "outside_constants": int(rest.constants),
    "outside_improved_shuffled": float(rest.improved_null),
    "constants_beyond_shuffling": page.beyond_chance(scores),
    "exact_draws": size.exact_draws,
    **exact_page.summary(exact, found),
    "mean_width_without_decades": width_without,
    "mean_width_with_decades": width_with,
    "seconds_of_training": float(sum(run.seconds for run in [*without, *with_data])),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)
