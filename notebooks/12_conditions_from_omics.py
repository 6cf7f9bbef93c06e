# %% [markdown]
# # What do the genes of a condition change?
#
# Transcripts and proteins are measured by gene, in a condition; kinetic models stand at a steady
# state. This notebook goes from a table of genes to a set of steady states for each of two
# conditions, trains a generator of Michaelis constants at several states of both, and asks what
# differs between them. The levels of enzymes meet the fluxes by REMI (Pandey et al. 2019 PLoS
# Comput Biol 15:e1007036), mass balance and the second law kept, with open solvers. The data:
# proteins of *E. coli* BW25113 in a glucose batch and in a glucose-limited chemostat (Schmidt et
# al. 2016 Nat Biotechnol 34:104). They are of another strain than the network, whose uptake,
# secretion and growth are those of its own fermentation: the notebook shows the way, and says of
# this strain what would follow if its enzymes changed so. `docs/omics.md` goes the same way in
# words.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (hours)
output_dir = "../build/figures/12_conditions_from_omics"
network = "ecoli_w3110_trpd9923"
levels: str = None  # table of levels of genes; None: expression.csv of the network
before = "glucose batch"  # one condition of the table
after = "glucose chemostat"  # the other
threshold = 2.0  # levels that change by more, up or down, count
seed = 1
workers = 2
store: str = None  # folder that keeps the ensembles; None is one in output_dir
# None takes these from the scale, see the table below.
n_states: int = None  # steady states of each condition
sets: int = None  # largest sets of ratios whose states are made and trained at
trainings: int = None  # generators of each condition and set, each at a state of its own
steps: int = None  # steps of a training by gradient
models: int = None  # models drawn from each generator
permutations: int = None  # of the conditions, for the null distribution of a change

# %%
import time
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit import Network, Recipe, sample_steady_states, studies
from renaissance_kit.analysis import change_table
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, derived_seed, write_csv
from renaissance_kit.figures import (
    Source,
    genes as figures,
    km_change as change_figures,
    save,
    use_theme,
)
from renaissance_kit.omics import Expression, remi, tex_fba
from renaissance_kit.studies.pages import answers, genes as page

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")

# %%
size = page.Sizes.at(
    scale, n_states=n_states, sets=sets, trainings=trainings, steps=steps, models=models,
    permutations=permutations,
)  # fmt: skip
page.Sizes.table()

# %% [markdown]
# ## From genes to reactions
#
# The gene rule of a reaction says which genes make its enzymes: the ratio of a complex is the
# geometric mean over its subunits, that of isoenzymes their mean.

# %%
network = Network.open(network)
expression = Expression.example(network) if levels is None else Expression.read(network, levels)
ratios = expression.reaction_ratios(before, after)
page.measured(expression, ratios, threshold)

# %% [markdown]
# ## Which of them can fluxes follow?
#
# Two copies of the flux model, one a condition, each with its mass balance, the second law and the
# constraints of the network. For a level that rises by r the flux is to rise by r or more, and so
# on downwards. Not all of that can be; a mixed-integer program finds the largest sets that can, and
# for every other ratio what it contradicts.

# %%
begun = time.perf_counter()
fit = remi(
    network, expression, before, after, threshold=threshold, alternatives=size.alternatives
)  # fmt: skip
seconds_of_levels = time.perf_counter() - begun
source = Source(network.name, network.name, seed, scale)
outcomes = studies.ratio_outcomes(network, fit)
write_csv(output / "ratios.csv", outcomes)
figure = figures.ratios(outcomes, before, after, source=source)
save(figure, output / "ratios")
figure

# %%
page.outcomes(outcomes, fit)

# %%
outcomes[["name", "pathway", "ratio", "outcome", "against"]].round(2)

# %% [markdown]
# One condition alone can be asked as well (TEX-FBA, Pandey et al. 2019 bioRxiv 536235): which
# enzymes are plenty, and which are scarce?

# %%
alone = {condition: tex_fba(network, expression, condition) for condition in (before, after)}
alone[after].table()[["name", "wanted", "kind", "level", "met"]].round(3)

# %%
page.single(alone)

# %% [markdown]
# ## The states of each condition
#
# Every ratio that is followed is parted into two bounds, one a condition, about a threshold between
# the fluxes of both. So the states of each condition are sampled by themselves, and every pair of
# them meets the ratios. Where there are several largest sets, the levels do not say which is true:
# two of them are taken, one after the other, and what is concluded has to hold with both.

# %%
alternatives, begun = [], time.perf_counter()
for number in range(min(size.sets, len(fit.agreements))):
    constraints = fit.of_alternative(number)
    alternatives.append(
        {
            condition: sample_steady_states(
                network, size.n_states, seed=seed, constraints=constraints[condition],
                steps_per_dimension=size.steps_per_dimension,
            )
            for condition in (before, after)
        }
    )  # fmt: skip
    for condition, sample in alternatives[number].items():
        sample.save(output / f"states_{studies.file_word(condition)}_{number}.nc")
seconds_of_states = time.perf_counter() - begun
apart = [studies.fluxes_apart(network, states) for states in alternatives]
write_csv(output / "fluxes.csv", apart[0])
shown = studies.condition_fluxes(alternatives[0], list(apart[0].name[:20]))
figure = figures.fluxes(shown, before, after, source=source)
save(figure, output / "fluxes")
figure

# %%
page.sampled(alternatives[0], apart)

# %%
apart[0].head(12).round(3)

# %% [markdown]
# ## A generator at several states of each condition
#
# By gradient, the cheapest recipe. Every training has a state and a seed of its own.

# %%
run = Run(workers, output / "ensembles" if store is None else store, print)
trained = [
    studies.trained_in_conditions(
        network,
        states,
        Recipe.by_gradient(network, steps=size.steps, models_per_step=size.models_per_step),
        trainings=size.trainings,
        models=size.models,
        seed=derived_seed(seed, number),
        run=run,
    )
    for number, states in enumerate(alternatives)
]
studies.run_table(
    {f"set {i}, {c}": runs for i, groups in enumerate(trained) for c, runs in groups.items()}
).drop(columns="constants held").round(4)

# %%
page.trained(trained)

# %% [markdown]
# ## What differs between them
#
# The shift of the median of every Michaelis constant from one condition to the other, beside its
# permutation null distribution: the conditions are permuted among the trainings, so that what
# differs from state to state within a condition counts as chance.

# %%
changes = []
for number, groups in enumerate(trained):
    one, two = (
        [run.parameters("km", valid_only=size.valid_only) for run in groups[condition]]
        for condition in (before, after)
    )
    rng = np.random.default_rng(derived_seed(seed, 3, number))
    changes.append(change_table(one, two, rng=rng, permutations=size.permutations))
    write_csv(output / f"constants_{number}.csv", changes[number])
figure = change_figures.moved_most(
    changes[0], what="Michaelis constants", names=network.names, source=source
)
save(figure, output / "constants")
figure

# %%
page.differences(changes[0], (before, after))

# %% [markdown]
# **Is it the same with another of the largest sets of ratios?**

# %%
figure = figures.alternatives(changes[0], changes[-1], source=source)
save(figure, output / "alternatives")
figure

# %%
page.compared(changes)

# %% [markdown]
# ## The answer

# %%
answer = answers.genes(outcomes, fit, apart, changes)
answer

# %%
summary = {
    "model": network.name,
    "steady_state": f"{before}, {after}",
    "scale": scale,
    "seed": seed,
    "conditions": [before, after],
    "genes_measured": len(set().union(*expression.levels.values())),
    "ratios": len(outcomes),
    "ratios_followed": fit.met,
    "alternatives": len(fit.agreements),
    "states": size.n_states,
    "trainings": size.trainings,
    "training_steps": size.steps,
    "models": size.models,
    "permutations": size.permutations,
    "sets_trained": len(trained),
    "fluxes_apart": [studies.differing_fluxes(table) for table in apart],
    "fluxes_apart_in_all_sets": len(studies.common_fluxes(apart)),
    "constants_shifted": [studies.shifted_constants(table) for table in changes],
    "constants_shifted_in_all_sets": len(studies.common_shifts(changes)),
    "seconds_of_levels": seconds_of_levels,
    "seconds_of_states": seconds_of_states,
    "seconds_of_training": float(
        sum(r.seconds for groups in trained for runs in groups.values() for r in runs)
    ),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## What to do next
#
# Put your own table in the place of this one (`-p levels my_levels.csv -p before … -p after …`),
# and the uptake, secretion and growth of each condition into constraints of its own. The states of
# a condition are files in the folder of the results; `renaissance-kit train --states` takes them.
