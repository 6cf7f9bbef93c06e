# %% [markdown]
# # What do four measured KM tell?
#
# The Michaelis constants of aconitase have been measured. What do they say about the parameters
# that have not? This notebook trains generators with and without the four constants and compares
# what they make: the width of each distribution, its median, its shape, and the correlations
# between parameters. A generator that is trained twice gives two different distributions, so every
# change is compared with its permutation null distribution: what appears when the labels "with" and
# "without" are permuted among the trainings. The results stand beside the published ones (Choudhury
# et al. 2024 Nat Catal 7:1086, "the paper" below).

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (an hour or two)
output_dir = "../build/figures/06_km_aconitase"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's)
seed = 1
reactions = "ACONTa ACONTb"  # whose constants are constrained to their measured ranges
km_table: str = None  # a table of your own; None is the network's
start = "new"  # generators begin untrained ("new"), or continue from one without data ("trained")
workers = 2
store: str = None  # folder that keeps the ensembles; None is one in output_dir
# None takes these from the scale, see the table below.
repeats: int = None  # generators without the data, and as many with them
steps: int = None  # steps of a training by gradient
models_per_step: int = None  # models that judge a step
models: int = None  # models drawn from each generator
permutations: int = None  # of the labels, for the null distribution of a change
exact_draws: int = None  # unbiased models of each exact sample
evolution_repeats: int = None  # trainings by evolution with and without data; 0: none
truths: int = None  # on the small network, for the calibration of ranges
widgets = True  # False leaves out the panel at the end

# %%
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import display

from renaissance_kit import KMRanges, Network, Recipe, SteadyState, studies
from renaissance_kit.analysis import (
    KMPosterior,
    Pairs,
    change_table,
    correlation_changes,
    incidence_by_measurement,
    measured_intervals,
)
from renaissance_kit.analysis.km_conflicts import ALL_IN
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, derived_seed, repeat_seeds, write_csv
from renaissance_kit.figures import (
    Source,
    km_change as figures,
    posterior as posterior_figures,
    save,
    use_theme,
)
from renaissance_kit.network import reaction_distances, with_distance
from renaissance_kit.studies.pages import (
    aconitase as page,
    answers,
    exact as exact_page,
    meaning as meaning_page,
)

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")

# %% [markdown]
# What each scale does. Repeats are trainings by gradient, each with and without data; they take a
# fraction of the time of the published evolution strategy, which is run for comparison.

# %%
size = page.Sizes.at(
    scale, repeats=repeats, steps=steps, models_per_step=models_per_step, models=models,
    permutations=permutations, evolution_repeats=evolution_repeats, exact_draws=exact_draws,
    truths=truths,
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
measured = table.select(reactions=reactions.split())
names = measured.names
held_reactions = sorted({name.partition(":")[0] for name in names})
intervals = measured_intervals(table)
measured.summary()[
    [
        "n_distinct",
        "geometric_mean_mM",
        "min_mM",
        "max_mM",
        "range_low_mM",
        "range_high_mM",
        "remarks",
    ]
]

# %% [markdown]
# Each constant is drawn uniformly within ±20 % of the geometric mean of its measurements, in
# training and afterwards; the generator makes the others.
#
# ## Training

# %%
recipe = Recipe.by_gradient(network, steps=size.steps, models_per_step=size.models_per_step)
job = studies.Integration(
    network,
    state,
    recipe,
    size.models,
    Run(workers, output / "ensembles" if store is None else store, print),
    (
        output.parent / "07_km_tca" / "ensembles",
        output.parent / "08_km_global_shifts" / "ensembles",
    ),
)
seeds = repeat_seeds(derived_seed(seed, 5), size.repeats)
without = job.repeats(None, seeds=repeat_seeds(seed, size.repeats), label="without data")
trained = start == "trained"
with_data = job.repeats(
    measured,
    seeds=seeds,
    starts=without if trained else None,
    label="with data",
)
if trained:  # what training longer does by itself must not pass for an effect of the data
    without = job.repeats(None, seeds=seeds, starts=without, label="without data, as long")
runs = studies.run_table({"without data": without, "with data": with_data})
runs.round(4)

# %% [markdown]
# ## Do the data contradict the dynamics?
#
# Before asking what the data change, ask whether they are in conflict with anything. The measured
# constants are put into valid models that were made without them, all at once, all but one, and one
# alone; nothing is trained.

# %%
pool = studies.first_models(without[0].ensemble, valid_only=size.valid_only)
blame = incidence_by_measurement(
    pool.models(network), measured.ranges(), seed=derived_seed(seed, 2), workers=workers
)
blame.round(4)

# %%
page.conflicts(blame, models=len(pool), valid_only=size.valid_only)

# %% [markdown]
# ## Before and after

# %%
before, after = (
    {
        kind: studies.moving_parameters(group, kind, valid_only=size.valid_only)
        for kind in page.KINDS
    }
    for group in (without, with_data)
)
shown = page.shown(
    network,
    [
        ("vmax_per_km", "ACONTa:cit_c", "Vmax/KM of ACONTa for citrate", "1/h"),
        ("vmax_per_km", "ACONTb:icit_c", "Vmax/KM of ACONTb for isocitrate", "1/h"),
        ("vmax", "ICDHyr", "Vmax of ICDHyr", "mM/h"),
        ("vmax", "AKGDH", "Vmax of AKGDH", "mM/h"),
        ("km", "ICDHyr:icit_c", "KM of ICDHyr for isocitrate", "mM"),
        ("km", "AKGDH:akg_c", "KM of AKGDH for 2-oxoglutarate", "mM"),
    ],
    names,
)
figure = figures.densities(
    [
        figures.Panel(
            title,
            unit,
            [t[name].to_numpy() for t in before[kind]],
            [t[name].to_numpy() for t in after[kind]],
            intervals.get(name) if kind == "km" else None,
        )
        for kind, name, title, unit in shown
    ],
    integrated=f"the {len(names)} measured constants of {' and '.join(held_reactions)}",
    models=sum(len(t) for t in before["km"] + after["km"]),
    source=source,
)
save(figure, output / "densities")
figure

# %%
page.densities(shown, before, after)

# %% [markdown]
# The rate law and the steady state tie Vmax to KM: with both constants of ACONTa measured, its Vmax
# and its Vmax/KM are narrow by arithmetic, in one model as in a thousand. That says nothing yet
# about propagation, which is about parameters of other reactions.
#
# ## What changed, and how far away
#
# Three numbers for each parameter: shift of the median, narrowing of the central 95 %, and the
# Jensen-Shannon distance of the two distributions. Each has a p-value from a permutation test and,
# over all parameters of a kind, a false discovery rate q (Benjamini & Hochberg).

# %%
rng = np.random.default_rng(derived_seed(seed, 3))
changes = {}
for kind, label in page.KINDS.items():
    found = change_table(
        before[kind], after[kind], rng=rng, permutations=size.permutations, paired=trained
    )
    found = found[~found.name.isin(names)] if kind == "km" else found
    changes[label] = with_distance(found.reset_index(drop=True), network, names)
for label, found in changes.items():
    write_csv(output / f"changes_{label.replace('/', '_per_')}.csv", found)
page.currency(network)

# %%
figure = figures.change_by_distance(changes, source=source)
save(figure, output / "by_distance")
figure

# %%
page.by_distance(changes)

# %%
elsewhere = studies.of_other_reactions(changes, held_reactions)
counts = studies.change_counts(elsewhere)
counts.round(3)

# %%
figure = figures.moved_most(
    elsewhere["KM"], rows=20, what="KM of other reactions", names=network.names, source=source
)
save(figure, output / "moved_most")
figure

# %%
page.propagation(counts)

# %%
studies.surest_changes(elsewhere).round(4)

# %% [markdown]
# **Correlations.** Pairs of constants of the reactions with data and of their neighbours.

# %%
near = reaction_distances(network, names)
local = [n for n in network.km_names if near[n.partition(":")[0]] <= 1 and n not in names]
joint_before, joint_after = (
    studies.joint_tables(group["km"], group["vmax"]) for group in (before, after)
)
first = [f"KM {n}" for n in local]
second = first + [f"Vmax {r}" for r in near.index[near <= 1] if r not in held_reactions]
pairs = Pairs.between(first, second, list(joint_before[0].columns))
correlations = correlation_changes(
    joint_before, joint_after, pairs, rng=rng, permutations=size.permutations, paired=trained
)
write_csv(output / "correlations.csv", correlations)
page.correlations(correlations)

# %%
correlations.head(8).round(4)

# %% [markdown]
# ## The exact answer
#
# Where a fair share of unbiased models is valid, "KM given valid" is sampled without training: draw
# all KM log-uniformly, the measured ones within their ranges, and keep the valid models (notebook
# 07). Here this is done at the state where it is cheapest, for KM and Vmax of the other reactions;
# two samples without data show what chance does.

# %%
exact = studies.exact_samples(
    network,
    studies.exact_states(states)[0],
    size.exact_draws,
    {f"{len(names)} KM of {' and '.join(held_reactions)}": measured},
    seed=derived_seed(seed, 11),
    run=Run(workers, job.run.store),
)
incidence = studies.exact_incidence(exact)
incidence.round(4)

# %%
found = studies.compare_exact(exact, intervals)
exact_page.answers([exact], [found], incidence)

# %%
vmax = studies.compare_exact(exact, kind="vmax", leave_out=held_reactions)
exact_table = studies.comparison_table(
    {f"{kind}: {studies.WITHOUT} → {name}": comparison
     for kind, comparisons in {"KM": found, "Vmax of other reactions": vmax}.items()
     for name, comparison in comparisons.items()}
)  # fmt: skip
write_csv(output / "exact.csv", exact_table)
exact_table.round(3)

# %% [markdown]
# ## The published route
#
# The evolution strategy ends in narrower distributions, at a place that depends on the seed. One
# training of each kind cannot be tested; what two trainings without data differ by is shown beside
# it.

# %%
compared = {}
if size.evolution_repeats:
    evolved = studies.Integration(
        network,
        state,
        Recipe.default(
            network, generations=size.generations, population=size.population,
            models_per_generator=size.models_per_generator,
            monitor_models=min(100, 5 * size.models_per_generator),
        ),
        size.models,
        job.run,
        job.also,
    )  # fmt: skip
    n = size.evolution_repeats
    others = repeat_seeds(derived_seed(seed, 4), 2 * n + 1)
    evolved_without = evolved.repeats(None, seeds=others[: n + 1], label="evolution without data")
    evolved_with = evolved.repeats(measured, seeds=others[n + 1 :], label="evolution with data")
    compared = {
        "without → with data": (evolved_without[0], evolved_with[0]),
        "without → without, another seed": (evolved_without[0], evolved_without[-1]),
        "by gradient, without → with data": (without[0], with_data[0]),
        "by gradient, without → without, another seed": (without[0], without[-1]),
    }
free = [name for name in network.km_names if name not in names]
by_evolution = studies.pairs_of_runs(compared, free, valid_only=size.valid_only)
if len(by_evolution):
    write_csv(output / "routes.csv", by_evolution)
page.by_evolution(by_evolution)

# %%
by_evolution.round(3)

# %% [markdown]
# ## What do generated ranges mean?
#
# On the small network exact draws cost nothing, so there the question has an answer. Truths are
# drawn from the valid models, two of their ten constants are measured with an error (a factor of
# 1.5 and of 2), and each method sees the measurements alone. If its ranges mean what they say, the
# rank of the truth among its draws is uniform. More in the guide "What generated ranges mean".

# %%
small = Network.example("tiny")
data = {"PGI:g6p_c": (0.3, 1.5), "FRUK:adp_c": (5.0, 2.0)}  # mM, factor
posterior = KMPosterior(
    small, SteadyState.from_folder(small), KMRanges.of(small), threshold_per_h=-257.0
)
samplers = {
    "exact draws": studies.by_rejection,
    "data alone, validity ignored": studies.by_data_alone,
    "trained to be the posterior": partial(
        studies.by_posterior_generator, steps=size.posterior_steps
    ),
    "valid and wide, data to ±20 %": partial(studies.by_generator, steps=size.posterior_steps),
}
samples = {studies.EXACT: studies.by_rejection(posterior.given(data), size.posterior_draws, seed)}
for i, (name, sampler) in enumerate(samplers.items()):
    samples[name] = sampler(posterior.given(data), size.posterior_draws, derived_seed(seed, 5, i))
samples["Markov chains (emcee)"] = studies.by_chains(
    posterior.given(data), size.posterior_draws, derived_seed(seed, 6), steps=size.chain_steps
)
nearness = meaning_page.nearness(
    studies.marginal_table(samples, small.km_names), studies.joint_table(samples, seed=seed)
)
write_csv(output / "nearness.csv", nearness.reset_index())
nearness.round(3)

# %%
calibration = studies.calibrate(
    posterior,
    {name: factor for name, (_, factor) in data.items()},
    samplers,
    repeats=size.truths,
    seed=derived_seed(seed, 7),
    run=job.run,
)
coverage = calibration.table()
write_csv(output / "coverage.csv", coverage)
figure = posterior_figures.ranks(
    calibration, data, source=Source(small.name, posterior.state.label, seed, scale)
)
save(figure, output / "ranks")
figure

# %%
meaning_page.ranges(coverage, data)

# %% [markdown]
# ## Beside the paper
#
# The paper shows distributions before and after. Here a change counts if it is more than
# the permutation null distribution allows.

# %%
published_size = size.repeats >= 10 and scale in ("laptop", "paper") and km_table is None
published_widths = [("Vmax/KM", "ACONTa:cit_c"), ("Vmax", "ICDHyr"), ("Vmax", "AKGDH")]
rows = page.claims(changes, published_widths, size)
claims = studies.claims_table(network, [(*row, published_size) for row in rows])
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.aconitase(
    network,
    counts,
    held=len(names),
    trainings=(len(without), len(with_data)),
    exact=found,
)
answer

# %%
summary = {
    "model": network.name,
    "steady_state": state.label,
    "scale": scale,
    "seed": seed,
    "constants_held": list(names),
    "repeats": size.repeats,
    "training_steps": size.steps,
    "models": size.models,
    "permutations": size.permutations,
    "start": start,
    "incidence_without": float(runs.incidence[0]),
    "incidence_with": float(runs.incidence[1]),
    "incidence_with_data_put_in": float(blame.without[ALL_IN]),
    **{
        f"{label}_of_other_reactions_{what.split(' (')[0].replace(' ', '_')}": float(value)
        for label in counts.columns
        for what, value in counts[label].items()
    },
    "correlations_tested": len(correlations),
    "correlations_changed": int((correlations.q_value < 0.05).sum()),
    "exact_draws": size.exact_draws,
    **exact_page.summary([exact], [found]),
    "seconds_of_training": float(sum(run.seconds for run in [*without, *with_data])),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## Try it yourself
#
# Pick other measurements, and see whether the distributions of the other constants, and
# their scores, change. Repeats differ by themselves; look at the thin lines before believing in a
# difference of the thick ones.

# %%
if widgets:
    from renaissance_kit.panels import KMPanel

    panel = KMPanel(
        network,
        state,
        table=table,
        km_table=km_table,
        scale=scale,
        folder=output / "panel",
        workers=workers,
        reactions=reactions,
        seed=seed,
        repeats=size.repeats,
        steps=size.steps,
        models_per_step=size.models_per_step,
        models=size.models,
    )
    display(panel)
