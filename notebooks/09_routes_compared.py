# %% [markdown]
# # Which route to valid models?
#
# There is more than one way to Michaelis constants with which a steady state is fast enough. The
# published one trains a generator by natural evolution strategies (NES), anew at every steady
# state. The derivative of the eigenvalues offers others: train the generator by back-propagation,
# train one generator for all states, or search for each set of constants directly. This notebook
# runs them at the same states on the same machine and asks what they cost, how often they succeed,
# and whether a faster one pays with a narrower distribution.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (hours)
output_dir = "../build/figures/09_routes_compared"
network = "ecoli_w3110_trpd9923"
seed = 1
states = "own"  # at which routes are compared: own, or published (the study's)
labels: list[int] = None  # numbers of these states; None: the default profile, then further ones
held_out = 0.1  # share of all states that the conditional generator never sees
diversity = 10.0  # weight of the divergence, training by gradient at one state
conditional_diversity = 0.5  # the same for the conditional generator
workers = 2

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit import KMRanges, Network, Recipe, studies, train
from renaissance_kit.cli import check_injected
from renaissance_kit.core import ParameterError, Run, derived_seed, write_csv
from renaissance_kit.figures import Source, routes as figures, save, use_theme
from renaissance_kit.kinetics import incidence_of
from renaissance_kit.objectives import (
    ConstantsChanged,
    FastestDynamics,
    FitToCourses,
    ReturnsAfter,
    objectives_for,
)
from renaissance_kit.states import StateFeatures
from renaissance_kit.studies.pages import answers, routes as page
from renaissance_kit.training import split_states

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")

# %%
size = page.Sizes.at(scale)
page.Sizes.table()


# %%
def fermentation_of(network, conditions):
    """The objective of the measured fermentation; None where nothing was measured."""
    if "fermentation" not in objectives_for(network):
        return None
    return FitToCourses.of(network, conditions=conditions)


# %% [markdown]
# ## States that the conditional generator never sees
#
# A fixed random part of our 5,000 states is held back, and the default profile with it. All
# comparisons are at states that are held back, or at published states, which are none of ours.

# %%
network = Network.open(network)
made = output.parent / "01_steady_states" / "states.nc"
every, _ = studies.states_of(network, made)
compared, _ = studies.states_of(network, made, states)
threshold = network.conditions["eigenvalue_threshold"].value
trained, held = split_states(len(every), held_out, seed=seed)
default = int(np.flatnonzero(every.dataset.state.values == every.default_label)[0])
trained, held = trained[trained != default], held[held != default]
order = np.random.default_rng(derived_seed(seed, 1)).permutation(held)
run = Run(workers, output / "runs")
if labels is not None:
    chosen = [compared.numbered(int(label)) for label in labels]
elif states == "own":  # the default profile, the study's own, a hard one, and others
    several = [every[int(i)] for i in order[: size.hard_states]]
    hard = studies.hardest_state(
        network, several, models=200, rng=np.random.default_rng(derived_seed(seed, 8)),
        threshold_per_h=threshold, run=run,
    )  # fmt: skip
    rest = [s for s in several if s.label != hard.label]
    chosen = [every.default, *studies.study_state(network), hard, *rest][: size.states]
else:
    others = [s for s in compared if s.label != compared.default.label]
    chosen = [compared.default, *others[: size.states - 1]]
if states == "own":
    trained = np.array([i for i in trained if every[int(i)].label not in {s.label for s in chosen}])
unseen = [every[int(i)] for i in order[-size.held_out_states :]]
source = Source(network.name, ", ".join(s.label for s in chosen), seed, scale)
page.compared_at(chosen, trained=len(trained), unseen=len(unseen), held=len(held))

# %% [markdown]
# ## One state at a time
#
# * **NES**: the toolkit's recipe, and the same strategy with the reward of the published study of
#   steady states, 0.5 · exp(−0.1 · mean λmax of the ten fastest models).
# * **Score**: a search gradient. The outputs of the generator are perturbed instead of its weights,
#   so that every model teaches; like NES it needs no derivatives.
# * **Gradient**: back-propagation through the eigenvalues, with the divergence from independent
#   log-uniform constants in the objective, and with the reward alone.
# * **REKINDLE, iSCHRUNK, flow**: they learn from labelled sets that were drawn without bias: a
#   conditional adversarial network, rules of a classification tree, and a normalising flow fitted
#   by maximum likelihood. Making the sets counts among their evaluations and seconds.
# * **Direct search**: descent on λmax in ln KM itself, from random sets, one set at a time.
# * **Unbiased sampling**: log-uniform constants.

# %%
nes = Recipe.default(
    network,
    generations=size.generations,
    population=size.population,
    models_per_generator=size.models_per_generator,
    monitor_models=min(100, size.models_per_generator),
)
study = nes.but("study's reward", objective=FastestDynamics(n_fastest=10))
gradient = Recipe.by_gradient(
    network, threshold_per_h=threshold, steps=size.gradient_steps,
    models_per_step=size.gradient_models, diversity=diversity,
)  # fmt: skip
alone = gradient.but("reward alone", diversity=0.0)
score = Recipe.by_score(
    network, threshold_per_h=threshold, steps=size.score_steps, models_per_step=size.score_models
)
learned = {  # from labelled sets of constants, drawn without bias at the state
    "REKINDLE": Recipe.rekindle(network, threshold_per_h=threshold, samples=size.labelled_sets),
    "iSCHRUNK": Recipe.ischrunk(
        network, threshold_per_h=threshold, samples=size.labelled_sets // 3
    ),
    "flow": Recipe.flow(network, threshold_per_h=threshold, samples=size.labelled_sets),
}
common = {"models": size.models, "workers": workers}
runs = []
for number, state in enumerate(chosen):
    for repeat in range(max(size.nes_repeats, size.gradient_repeats)):
        own = derived_seed(seed, 2, number, repeat)
        recipes = {}
        if repeat < size.nes_repeats:
            recipes |= {"NES": nes, "NES, study's reward": study}
        if repeat < size.gradient_repeats:
            recipes |= {"score": score, "gradient": gradient, "gradient, reward alone": alone}
        for route, recipe in recipes.items():
            runs.append(
                studies.by_training(
                    network, state, recipe, route=route, seed=own, models=size.models, run=run
                )
            )
    for route, recipe in learned.items():
        own = derived_seed(seed, 9, number)
        try:
            runs.append(
                studies.by_training(
                    network, state, recipe, route=route, seed=own, models=size.models, run=run
                )
            )
        except ParameterError as why:  # too few valid sets to learn from
            print(f"{route} at state {state.label}: {why}")
    own = derived_seed(seed, 3, number)
    runs.append(
        studies.by_search(
            network, state, route="direct search", seed=own, models=size.searches,
            threshold_per_h=threshold, workers=workers,
        )
    )  # fmt: skip
    runs.append(
        studies.by_sampling(
            network, state, route="unbiased sampling", seed=own, models=size.unbiased_models,
            threshold_per_h=threshold, workers=workers,
        )
    )  # fmt: skip
    print(f"state {state.label} done")

# %% [markdown]
# ## All states at once
#
# The conditional generator sees the steady state beside the noise, and is trained at thousands of
# states with the same objective. For comparison one of the same size and training is not shown the
# state.

# %%
at_many = Recipe.conditional(
    network,
    steps=size.conditional_steps,
    models_per_step=size.conditional_models,
    states_per_step=size.states_per_step,
    diversity=conditional_diversity,
)
seen = [every[int(i)] for i in trained[: size.trained_states]]


def report(state) -> None:
    """Say how far the training is."""
    if state.step % 100 == 0:
        last = np.concatenate([record.lambda_max_per_h for record in state.history[-50:]])
        recent = incidence_of(last, threshold)
        print(f"step {state.step}: incidence {recent:.0%} at the states of the last 50 steps")


def trained_at_many(features=None, name: str = "conditional"):
    """A training at all states that are not held back."""
    return train(
        network, seen, seed=derived_seed(seed, 4), recipe=at_many.but(name, features=features),
        progress=report, workers=workers, resume=True,
        checkpoint=Path(run.store) / f"{name}-{len(seen)}-{size.conditional_steps}.npz",
    )  # fmt: skip


conditional = trained_at_many()
conditional.generator.save(output / "conditional.npz")
blind = trained_at_many(StateFeatures.none(network), "blind")
for number, state in enumerate(chosen):
    runs.append(
        studies.by_conditional(
            conditional, state, route="conditional", seed=derived_seed(seed, 5, number), **common
        )
    )

# %% [markdown]
# ## What it costs
#
# The seconds are those of this machine with two workers, all in this run. An evaluation with a
# derivative takes longer than one without.

# %%
history = studies.history_table(runs)
costs = studies.cost_table(runs)
for name, table in (("history", history), ("costs", costs)):
    write_csv(output / f"{name}.csv", table)
titles = {s.label: f"State {s.label}" for s in chosen}
titles[compared.default.label] = f"State {compared.default.label} (default profile)"
figure = figures.incidence_over_cost(history, states=titles, source=source)
save(figure, output / "cost")
figure

# %%
middle = costs.drop(columns=["state", "seed"]).groupby("route", sort=False).median()
middle.round(3)

# %%
page.time_to_90(costs)

# %% [markdown]
# ## Is speed bought by collapse?
#
# A generator could reach 100 % by always making the same model. The valid models of each route are
# compared in samples of one size: how wide each constant is, how much the constants depend on each
# other, and which share of the valid models found by the other routes lies near, pair of constants
# by pair. Unbiased sets, valid or not, are the widest and most independent that there are.

# %%
rng = np.random.default_rng(derived_seed(seed, 6))
table = studies.diversity_table(runs, rng)
coverage = studies.coverage_by_state(runs, rng, pairs=size.coverage_pairs)
table["coverage"] = studies.mean_coverage(runs, coverage)
write_csv(output / "diversity.csv", table)
write_csv(output / "coverage.csv", coverage)
table.drop(columns=["seed"]).groupby(["route", "state"], sort=False).mean().round(2)

# %%
ranges = KMRanges.of(network)
log_uniform = studies.log_uniform_diversity(ranges, runs, table, rng)
figure = figures.diversity_against_incidence(table, log_uniform=log_uniform, source=source)
save(figure, output / "diversity")
figure

# %%
page.diversity(table)

# %% [markdown]
# ## What are the models good for?
#
# The valid models of each route are asked three questions more. Do they stay valid when all
# constants change by 1 %? Are they back within 1 % of the steady state 24 min after a disturbance
# of ±50 %? Do they match the measured fermentation? Nothing in their making asked for any of it.

# %%
questions = {
    name: part
    for name, part in {
        "stays valid after 1 %": ConstantsChanged(threshold_per_h=threshold),
        "back in 24 min": ReturnsAfter(minutes=24.0),
        "matches the fermentation": fermentation_of(network, states),
    }.items()
    if part is not None
}
asked = studies.answers_table(
    runs, network, {s.label: s for s in chosen}, questions, models=size.asked_models, run=run
)
tournament = studies.tournament_table(costs, table, asked)
write_csv(output / "answers.csv", asked)
write_csv(output / "tournament.csv", tournament)
tournament.round(3)

# %%
page.tournament(tournament)

# %% [markdown]
# ## States never seen
#
# Four ways to make models at a state that was not trained at: the conditional generator, the one
# that cannot see the state, a generator trained by gradient at our default profile alone, and
# log-uniform constants.

# %%
single = studies.kept_training(
    network, every.default, gradient, seed=derived_seed(seed, 2, 0, 0), run=run
)
ranges = KMRanges.of(network)
by_state = studies.incidence_by_state(
    network,
    unseen,
    {
        "conditional": conditional.generator.generate,
        "without seeing the state": blind.generator.generate,
        "gradient": lambda _, n, rng: single.km(n, rng),
        "unbiased sampling": lambda _, n, rng: ranges.uniform(n, rng),
    },
    models=size.held_out_models,
    seed=derived_seed(seed, 7),
    threshold_per_h=threshold,
    workers=workers,
)
write_csv(output / "held_out.csv", by_state)
figure = figures.held_out_incidence(by_state, trained_at=len(seen), source=source)
save(figure, output / "held_out")
figure

# %%
held_table = studies.held_out_table(by_state)
held_table.round(3)

# %%
seconds = float(conditional.history.seconds.sum())
page.at_unseen_states(held_table, costs, seconds=seconds, evaluations=conditional.models_evaluated)

# %% [markdown]
# ## Beside the paper
#
# The paper gives the time of a training, 3 to 20 minutes on a workstation.

# %%
rows = page.claims(costs, chosen[0].label)
claims = studies.claims_table(network, [(*row, scale in ("laptop", "paper")) for row in rows])
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.routes(network, costs, held_table)
answer

# %%
ninety = costs[costs.state == chosen[0].label].groupby("route").seconds_to_90.median()
summary = {
    "model": network.name,
    "steady_state": ", ".join(s.label for s in chosen),
    "scale": scale,
    "seed": seed,
    "models": size.models,
    "trained_at_states": len(seen),
    "conditional_seconds": seconds,
    "conditional_evaluations": conditional.models_evaluated,
    **{
        f"held_out_{row.generator.replace(' ', '_')}": float(row.incidence)
        for row in held_table.itertuples()
    },
    **{f"seconds_to_90_{r.replace(' ', '_')}": v for r, v in ninety.dropna().items()},
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)
