# %% [markdown]
# # Are these states possible?
#
# A kinetic model stands on a steady state: fluxes and concentrations at which nothing changes.
# Measurements leave most of them open. This notebook samples them within everything that is known
# of *E. coli* W3110 trpD9923, checks every state, and shows where the samples stand beside the
# data.
#
# A state must balance every metabolite, run every reaction downhill (second law), and keep within
# measured growth, uptake, secretion and concentrations. "The paper" below is Choudhury et al. 2024
# Nat Catal 7:1086.

# %% tags=["parameters"]
scale = "demo"  # smoke (seconds), demo (a minute), laptop (minutes) or paper (half an hour)
output_dir = "../build/figures/01_steady_states"
network = "ecoli_w3110_trpd9923"
seed = 1
turnover_time_min: float = None  # bound on turnover times (min); None is the constraints' own, 4
workers = 2
# None takes these from the scale, see the table below.
n_states: int = None  # states of the fresh sample
steps_per_dimension: int = None  # of the random walk between two states that are kept
examined: int = None  # states among which the default profile of the fresh run is chosen
profile_models: int = None  # random models by which each of those is judged
remake: bool = None  # True or False: regenerate the shipped states and compare
turnover_states: int = None  # states sampled with each of several bounds on turnover
model_states: int = None  # of those states, how many are tried with random models
models: int = None  # random models at each of these
search_models: int = None  # models of the search for the fastest one
displacement_states: int = None  # states sampled with each set of bounds on displacement
displacement_models: int = None  # random models at each of these
exchange_models: int = None  # random models at each combination of our state and the published one

# %%
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd

from renaissance_kit import Network, SteadyStates, sample_steady_states, studies
from renaissance_kit.analysis import with_default_profile
from renaissance_kit.cli import check_injected
from renaissance_kit.core import InfeasibleError, derived_seed, write_csv
from renaissance_kit.figures import (
    Source,
    displacement,
    sampling,
    save,
    states as figures,
    use_theme,
)
from renaissance_kit.states import Constraints, require_valid
from renaissance_kit.studies.pages import answers, states as page, states_claims as tables

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")

# %% [markdown]
# What each scale does. The published size is 5,000 states.

# %%
size = page.Sizes.at(
    scale,
    n_states=n_states,
    steps_per_dimension=steps_per_dimension,
    examined=examined,
    profile_models=profile_models,
    remake=remake,
    turnover_states=turnover_states,
    model_states=model_states,
    models=models,
    search_models=search_models,
    displacement_states=displacement_states,
    displacement_models=displacement_models,
    exchange_models=exchange_models,
)
page.Sizes.table()

# %%
network = Network.open(network)
shipped = None  # a network may come without states; those that are made here stand for them
if network.file("steady_states.nc").is_file():
    shipped = SteadyStates.example(network)
constraints = Constraints.from_folder(network)
other_turnover = turnover_time_min not in (None, constraints.turnover_time_min)
if other_turnover:
    constraints = replace(constraints, turnover_time_min=float(turnover_time_min))
threshold = network.conditions["eigenvalue_threshold"].value
settle_min = -60 / threshold
source = Source(network.name, network.name, seed, scale)
print(network)
if shipped is not None:
    print(f"{len(shipped):,} states are shipped, made with seed {shipped.provenance['seed']}")

# %% [markdown]
# ## What is asked of a state
#
# Every row has its source in the tables of the data folder. Uptake is negative.

# %%
table = studies.constraints_table(network, constraints)
for side in ("low", "high"):
    table[side] = [f"{v:.4g}" if v != "" else "" for v in table[side]]
table

# %% [markdown]
# ### When too much is asked
#
# Constraints that contradict each other give an error that names a smallest set of them: without
# any one of these, the rest of the set agrees. Here growth on less than half of the substrate that
# the strain takes up at least:

# %%
rates = studies.measured_rates(network)
uptake = next(r for r in rates.reaction[1:] if constraints.fluxes[r].high < 0)
little = constraints.with_flux(uptake, 0.4 * constraints.fluxes[uptake].high, -0.005)
try:
    sample_steady_states(network, 4, constraints=little)
    message = ""
except InfeasibleError as error:
    message = str(error)
assert message, f"so little uptake ({uptake}) should not be feasible"
print(message)

# %% [markdown]
# ## A fresh sample
#
# First the direction of every reaction is fixed: that of the smallest total flux which meets all
# constraints. Fluxes, and concentrations with reaction energies, are then two polytopes, sampled
# evenly by hit-and-run. The seed of this run is derived from `seed`, so that it is independent of
# the shipped states.

# %%
fresh = sample_steady_states(
    network,
    size.n_states,
    seed=derived_seed(seed, 1),
    constraints=constraints,
    steps_per_dimension=size.steps_per_dimension,
)
fresh = with_default_profile(
    network, fresh, examined=size.examined, models=size.profile_models, seed=seed
)
fresh.save(output / "states.nc")
take_fresh = other_turnover or shipped is None
states = fresh if take_fresh else shipped
name = "the fresh states" if take_fresh else "the shipped states"
shown = Source(network.name, network.name, int(states.provenance["seed"]), scale)
page.fresh_sample(fresh, shipped, name)

# %%
largest = None
if size.remake and shipped is not None:
    again = sample_steady_states(network, len(shipped), seed=shipped.provenance["seed"])
    largest = studies.largest_differences(shipped, again)
page.regenerated(largest, 0 if shipped is None else len(shipped), scale)

# %% [markdown]
# ## Is every state valid?
#
# Each state is checked against the tables alone, without the solver that made it. `failed` counts
# states, `worst` is the largest value of all (the limit must not be exceeded), `where` names it.

# %%
changed = studies.changed_constraints(states, constraints)
assert not changed, f"the states were made with other constraints ({changed}); sample anew"
require_valid(network, constraints, states, states.provenance["directions"])
checks = studies.check_table(network, states, constraints)
write_csv(output / "checks.csv", checks)
page.checks(checks, len(states))

# %%
checks.style.format({"states": "{:,}", "worst": "{:.2g}", "limit": "{:.2g}"}, na_rep="").hide(
    axis="index"
)

# %% [markdown]
# ## Has the sampling converged?
#
# **Do the four chains agree (R-hat near 1), and how many independent states is each variable
# worth?**

# %%
diagnostics = studies.diagnostics_table(states)
figure = sampling.convergence(diagnostics, draws=len(states), names=network.names, source=shown)
save(figure, output / "convergence")
figure

# %%
page.convergence(diagnostics, studies.diagnostics_table(fresh), name, len(fresh))

# %% [markdown]
# **Does an independent run find the same distribution?**

# %%
figure = agreement = None
if states is shipped:
    agreement = studies.agreement(shipped, fresh)
    figure = sampling.two_samples(
        agreement,
        names=("The shipped states", f"a fresh run of {len(fresh):,}"),
        source=source,
    )
    save(figure, output / "two_samples")
figure

# %%
page.two_samples(agreement)

# %% [markdown]
# ## Concentrations
#
# **Where do the sampled concentrations lie, beside what was measured and what was allowed?**

# %%
concentrations = studies.concentration_table(network, states, constraints)
figure = figures.concentration_ranges(
    concentrations,
    states=len(states),
    fold=constraints.measured_fold,
    names=network.names,
    source=shown,
)
save(figure, output / "concentrations")
figure

# %%
page.concentrations(concentrations)

# %% [markdown]
# ## Reaction energies
#
# **Does every flux run downhill, and how far from equilibrium?** Growth is a lumped reaction
# without an energy.

# %%
energies = studies.energy_table(network, states)
figure = figures.reaction_energies(energies, states=len(states), source=shown)
save(figure, output / "reaction_energies")
figure

# %%
page.energies(energies)

# %% [markdown]
# ## Fluxes
#
# **Do the main fluxes agree with the fermentation, and how much do the constraints leave open?**

# %%
fluxes = studies.flux_table(network, states, constraints)
values = states.dataset.flux.sel(reaction=list(fluxes.reaction)).to_pandas().abs()
figure = figures.key_fluxes(fluxes, values, rates, states=len(states), source=shown)
save(figure, output / "fluxes")
figure

# %%
page.fluxes(fluxes, rates, studies.flux_ratios(network, states))

# %% [markdown]
# Splits that ¹³C experiments with *E. coli* on glucose measured, as bounds, and what our states and
# the study's have. A row of the study's outside of the bounds is where the two differ.

# %%
published = None
if network.file("published_states.csv").is_file():
    published = SteadyStates.published(network)
studies.ratio_table(states, constraints, published).round(3)

# %% [markdown]
# ## Does turnover have to be fast?
#
# A metabolite whose amount is many minutes of its own throughput answers slowly, whatever the
# enzymes. Most concentrations are not measured. Within generic bounds some metabolites take hours
# to turn over, so each unmeasured one is bounded by a few minutes of its least throughput.
#
# **How long does each metabolite last, with this bound and without?** Red is the time constant that
# a valid model must reach.

# %%
sampled = studies.states_by_turnover(
    network,
    page.TURNOVER_TIMES_MIN[scale],
    size.turnover_states,
    seed=derived_seed(seed, 2),
    directions=states.provenance["directions"],
    steps_per_dimension=size.steps_per_dimension,
)
generic = sampled[math.inf]
turnover = studies.turnover_table(network, states, constraints, generic=generic)
figure = figures.turnover_times(
    turnover,
    bound_min=constraints.turnover_time_min,
    settle_min=settle_min,
    states=len(states),
    generic_states=len(generic),
    names=network.names,
    source=source,
)
save(figure, output / "turnover_times")
figure

# %%
slowest = studies.slowest_turnover(network, states)
slowest_generic = studies.slowest_turnover(network, generic)
page.turnover(slowest, slowest_generic, constraints, settle_min)

# %% [markdown]
# **What is the bound worth?** At some states of each kind: λmax of random KM sets, and of the
# fastest model that a plain search over KM finds with the same effort at each.

# %%
common = {"n_states": size.model_states, "seed": seed, "workers": workers}
unbiased = studies.unbiased_by_turnover(network, sampled, models=size.models, **common)
found = studies.search_by_turnover(network, sampled, models=size.search_models, **common)
for file, data in (("unbiased_by_turnover.csv", unbiased), ("search_by_turnover.csv", found)):
    write_csv(output / file, data)
figure = sampling.turnover_and_speed(
    unbiased, found, threshold_per_h=threshold, models=size.search_models, source=source
)
save(figure, output / "turnover_and_speed")
figure

# %%
page.bound(studies.reached_by_turnover(unbiased, found, threshold))

# %% [markdown]
# ## The default profile
#
# Generators are trained at one state, chosen by a stated rule.
#
# **Where does it stand among the others?**

# %%
profile = studies.profile_table(network, states)
profile_models = 200 if states is shipped else size.profile_models
figure = sampling.default_profile(
    profile, threshold_per_h=threshold, models=profile_models, source=shown
)
save(figure, output / "default_profile")
figure

# %%
page.default_profile(profile, states, slowest)

# %% [markdown]
# ## Why is my model slow?
#
# A porin is a hole: what passes it needs hardly any difference of concentrations, so that the
# displacement of the reaction, ln ρ = ΔrG′/RT, is close to zero. A state in which passive transport
# stands far from equilibrium is bad physics, and its models cannot be fast. Far from equilibrium a
# reaction does not feel its product, so that nothing holds the pool behind it.
#
# **What are the bounds on displacement worth?** The same random KM sets at states that were sampled
# without these bounds, and with the bounds of one class of transport after another.

# %%
by_bound = studies.states_by_displacement(
    network,
    size.displacement_states,
    seed=derived_seed(seed, 3),
    constraints=constraints,
    steps_per_dimension=size.steps_per_dimension,
)
of_states = studies.unbiased_by_state(
    network,
    by_bound,
    n_states=size.displacement_states,
    models=size.displacement_models,
    threshold_per_h=threshold,
    seed=seed,
    workers=workers,
)
write_csv(output / "unbiased_by_displacement.csv", of_states)
figure = None
if len(of_states):
    figure = displacement.incidence_by_bound(
        of_states, models=size.displacement_models, threshold_per_h=threshold, source=source
    )
    save(figure, output / "displacement")
figure

# %%
page.displacement(of_states)

# %% [markdown]
# ### The study's own states
#
# Ten of the study's 5,000 states are known, state 1712 of the paper among them
# (`published_states.csv`; `data/README.md` says how they were reconstructed). They are what to
# compare with, not what to believe: some of their numbers cannot be true of a cell.

# %%
far = None if published is None else studies.unphysical(network, published, constraints)
page.unphysical(far)

# %%
transport = studies.transport_table(network, states)
if published is not None:
    transport = transport.merge(
        studies.transport_table(network, published),
        on=["reaction", "transport"],
        suffixes=("", "_published"),
    )
transport.round(3)

# %% [markdown]
# **Which part of a state decides?** Fluxes, concentrations and displacements of our default state
# and of the published one in all combinations.

# %%
exchanged = figure = None
if published is not None:
    exchanged = studies.exchange_table(
        network,
        states.default,
        published.default,
        models=size.exchange_models,
        threshold_per_h=threshold,
        seed=seed,
        workers=workers,
    )
    write_csv(output / "exchange.csv", exchanged)
    figure = displacement.exchange(
        exchanged,
        own=f"state {states.default.label}",
        published=f"study's {published.default.label}",
        threshold_per_h=threshold,
        source=source,
    )
    save(figure, output / "exchange")
figure

# %%
page.exchange(exchanged)

# %% [markdown]
# ## Beside the paper
#
# The states of the figures are our own sample. The study's own, as far as they are known, are in
# the section above.

# %%
claims = studies.claims_table(network, tables.claims(network, states, checks, diagnostics))
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.states(network, checks, diagnostics, states=len(states))
answer

# %%
summary = {
    "model": network.name,
    "scale": scale,
    "seed": seed,
    **tables.summary(
        states,
        fresh,
        checks,
        diagnostics,
        largest,
        slowest,
        slowest_generic,
        turnover_time_min=constraints.turnover_time_min,
    ),
    **answer.summary(),
}
studies.write_summary(output, summary)
