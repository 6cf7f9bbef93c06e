# %% [markdown]
# # Which states can a cell be in?
#
# A steady state fixes fluxes, concentrations and driving forces. The Michaelis constants are what
# is left to choose. A model is **valid** when all its eigenvalues are at or below the threshold, so
# that the cell settles fast enough. Which states have valid models, which have them even among
# random constants, and what sets these states apart? The published study (Choudhury et al. 2024
# Nat Catal 7:1086, "the paper" below) trained a generator anew at each of 5,000 states.
#
# Four populations of states:
#
# - **shipped**: those of this toolkit. Every unmeasured metabolite is bounded by its turnover, and
#   passive transport is near equilibrium (notebook 01);
# - **generic**: without the bound on turnover, as in the paper. Unmeasured concentrations range
#   over 1e-4 to 50 mM;
# - **transport displaced**: also without the bounds on displacement, so that passive transport may
#   be far from equilibrium;
# - **published**: ten of the study's own states.
#
# Two words: a state **supports** valid dynamics when at least one of its N **unbiased** models is
# valid. These have log-uniform constants, the same sets at all states. This depends on N: a state
# where one model in a thousand is valid rarely supports them by a hundred. A state is **slow** when
# not even a search finds a valid model.

# %% tags=["parameters"]
scale = "demo"  # smoke (seconds), demo (minutes), laptop (a quarter of an hour) or paper
output_dir = "../build/figures/05_intracellular_states"
network = "ecoli_w3110_trpd9923"
first_metabolite = "3pg_c"  # whose threshold is looked at first, where the network has it
seed = 1
n_states: int = None  # generic states to survey; None takes it and all below from the scale
sampled: int = None  # generic states to sample, of which those are evenly spaced
shipped: int = None  # shipped states to survey
displaced: int = None  # states with displaced transport to survey
models: int = None  # unbiased models at each state
steps: int = None  # of a descent; the further effort of a search is in proportion
resampled: int = None  # new states in each kind of neighbourhood, and anywhere
held = 30  # metabolites constrained to a part of their range
held_states: int = None  # with non-supporting ranges, and as many in the control
timed: int = None  # states for the comparison of one and two workers
generic: str = None  # file of generic states; None samples them
workers = 2
store: str = None  # folder that keeps what is done; None is one in output_dir
widgets = True  # False leaves out the panel at the end

# %%
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import display

from renaissance_kit import Network, SteadyStates, studies
from renaissance_kit.analysis import (
    constrained_ranges,
    features,
    map_of,
    neighbourhood_table,
    neighbourhoods,
    ranges_of_metabolites,
    resample,
    state_correlations,
    unbiased_models,
)
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, write_csv
from renaissance_kit.figures import (
    Source,
    landscape as figures,
    save,
    surveys as charts,
    use_theme,
    views,
)
from renaissance_kit.search import CHUNK, SEARCH, shorter_search, survey_states
from renaissance_kit.states import Constraints, StateSpace
from renaissance_kit.studies.pages import (
    answers,
    intracellular as page,
    intracellular_views as views_page,
)

check_injected()
use_theme()
output = Path(output_dir)
print(f"results: {output.resolve()}")
# A run that was killed resumes from this folder.
run = Run(workers, output / "runs" if store is None else store, progress=print)

# %%
size = page.Sizes.at(
    scale, n_states=n_states, sampled=sampled, shipped=shipped, displaced=displaced, models=models,
    steps=steps, resampled=resampled, held_states=held_states, timed=timed,
)  # fmt: skip
page.Sizes.table()

# %%
network = Network.open(network)
constraints = Constraints.from_folder(network)
threshold = network.conditions["eigenvalue_threshold"].value
settings = shorter_search(size.steps)
source = Source(network.name, network.name, seed, scale)
free = replace(constraints, turnover_time_min=float("inf"))
space = StateSpace.of(network, free)
if generic is None:
    everyone = space.states(size.sampled, seed=seed, steps_per_dimension=size.sampler_steps)
else:
    everyone = SteadyStates.load(generic)
known, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc")
states = {
    page.SHIPPED: known[:: max(1, len(known) // size.shipped)][: size.shipped],
    page.GENERIC: everyone[:: max(1, len(everyone) // size.n_states)][: size.n_states],
}
if constraints.displacements:
    states[page.DISPLACED] = StateSpace.of(network, replace(free, displacements={})).states(
        size.displaced, seed=seed, steps_per_dimension=size.sampler_steps
    )
if network.file("published_states.csv").is_file():
    states[page.PUBLISHED] = SteadyStates.published(network)


def look(which):
    """Unbiased models and a search at some states, with the settings of this notebook."""
    unbiased = unbiased_models(network, which, models=size.models, seed=seed, run=run)
    found = survey_states(network, which, seed=seed, settings=settings, run=run)
    return studies.Surveyed(which, unbiased, found)


# %% [markdown]
# ## How many states have no valid model?
#
# Three efforts to find one. N **unbiased models** do not search at all. The **first descent**
# follows the exact derivative of λmax by the constants from the middle of the bounds. The **whole
# search** adds restarts at random points and at the best point so far with a fifth of its constants
# drawn anew, and eigenvalue placement by Newton steps; it ends with the first valid model.

# %%
surveyed = {name: look(which) for name, which in states.items()}
page.populations(surveyed, len(everyone), constraints)

# %%
table = studies.without_model(surveyed)
write_csv(output / "without_model.csv", table)
figure = charts.without_model(table, models=size.models, threshold_per_h=threshold, source=source)
save(figure, output / "without_model")
figure

# %%
page.no_model(table, surveyed)

# %%
table.set_index(["population", "effort"]).round(4)

# %% [markdown]
# ## What do random constants give?
#
# Where a search finds a model everywhere, what distinguishes states is how special its constants
# must be: the number of valid ones among unbiased models, and how fast the fastest twentieth of
# them is (the **5 % quantile of λmax**).

# %%
of_random = studies.unbiased_table(surveyed)
page.random_models(of_random)

# %%
of_random.round(3)

# %%
here = surveyed[page.GENERIC]
sample, unbiased, supports = here.states, here.unbiased, here.unbiased.supports
quantile = unbiased.lambda_max_quantile_per_h
unbiased.save(output / "unbiased.nc")
here.survey.save(output / "survey.nc")
page.kinds(unbiased)

# %% [markdown]
# ## How exactly must the constants be met?
#
# A valid model is worth something only if constants can be met as exactly as it needs them. All
# constants of valid models are changed a little at random: by how much until half of the copies of
# a model are no longer valid? Measured constants are known to some tens of percent. The models are
# those that the search finds, at shipped states where many unbiased models are valid, at shipped
# states where none is, and where transport is displaced; and valid unbiased models.

# %%
rng = np.random.default_rng(seed)
models_of = studies.exactness_groups(
    network, surveyed[page.SHIPPED], surveyed.get(page.DISPLACED), rng=rng,
    most=size.exactness_models,
)  # fmt: skip
exactness = studies.exactness_table(models_of, rng=rng, threshold_per_h=threshold)
write_csv(output / "exactness.csv", exactness)
figure = charts.exactness(exactness, threshold_per_h=threshold, source=source)
save(figure, output / "exactness")
figure

# %%
stay_valid = exactness.pivot(index="change", columns="group", values="share")
page.exactness(stay_valid)

# %% [markdown]
# ## A map of the states
#
# From here on the generic states. Log concentrations and log fluxes, standardised; principal
# components; t-SNE; polar coordinates about the centroid. A neighbourhood is a polar cell: the map
# is cut into rings with equal numbers of states, each ring into sectors with equal numbers. **Does
# the map tell how fast models are, more than two metabolites do?**

# %%
scores, names = features(network, sample)
chart = map_of(scores, seed=seed)
rings, sectors = (2, 6) if len(sample) >= 100 else (1, 3)
cell = neighbourhoods(chart, rings=rings, sectors=sectors)
cells = neighbourhood_table(chart, cell, supports)
shown = studies.state_views(network, sample, chart, quantile)
figure = views.state_views(
    shown, models=size.models, threshold_per_h=threshold, names=network.names, source=source
)
save(figure, output / "map")
figure

# %%
views_page.views(shown, network.names, cells)

# %% [markdown]
# **Do supporting states have supporting neighbours?** New states are drawn inside the bounds of a
# neighbourhood: every concentration and flux between the quantiles of its members, from the same
# space and by the same sampler. For comparison, new states drawn anywhere. A second kind of
# neighbourhood does without the map: the ranges of *all* supporting states against those of *all*
# others, and, as a control, of all states.

# %%
order = cells.sort_values("share", ascending=False, kind="stable").cell.to_numpy()
groups = {
    "best cell": cell == order[0],
    "worst cell": cell == order[-1],
    "all supporting states": supports,
    "all others": ~supports,
    "all states": np.ones(len(sample), dtype=bool),
}
new, covered = {}, {}
for k, (name, members) in enumerate(groups.items()):
    drawn = studies.new_states(
        space, network, sample, members, size.resampled, seed=seed + 10 + k,
        steps_per_dimension=size.sampler_steps,
    )  # fmt: skip
    if drawn is not None:
        there, covered[name] = drawn
        new[f"new in {name}"] = look(there)
anywhere = look(
    space.states(size.resampled, seed=seed + 20, steps_per_dimension=size.sampler_steps)
)
new["new anywhere"] = anywhere
members = {f"members of the {name}": supports[groups[name]] for name in ("best cell", "worst cell")}
new_shares = studies.share_table(
    {**{name: one.unbiased.supports for name, one in new.items()}, **members}
)
figure = charts.supporting_shares(new_shares, covered=covered, models=size.models, source=source)
save(figure, output / "neighbourhoods")
figure

# %%
page.neighbours(new_shares)

# %%
of_new = studies.unbiased_table(new)[["population", "incidence", "q50"]]
new_shares.merge(of_new, how="left").round(3)

# %% [markdown]
# ## Which concentrations support valid dynamics?
#
# For each metabolite, the distribution among supporting states against that among the others
# (Kolmogorov–Smirnov), with the false discovery rate controlled over all metabolites: at generic
# states, and at shipped ones, whose pools are bounded by their turnover.

# %%
ranges = {}
for name in (page.GENERIC, page.SHIPPED):
    one = surveyed[name]
    which = one.unbiased.supports
    if 0 < which.sum() < len(which):
        ranges[name] = ranges_of_metabolites(network, one.states, which)
        write_csv(output / f"metabolites_{name}.csv", ranges[name])
        figure = figures.supporting_ranges(
            ranges[name], states=len(which), supporting=int(which.sum()), population=name,
            names=network.names, source=source,
        )  # fmt: skip
        save(figure, output / f"metabolites_{name}")
        display(figure)
page.metabolites(ranges, network.names)

# %% [markdown]
# **Thresholds.** The concentration that best divides supporting states from the others, with its
# bootstrap interval; 3-phosphoglycerate because the paper names it, then the metabolites that
# matter most here.

# %%
first = [first_metabolite] if first_metabolite in network.species_index else []
thresholds = {}
for name, differences in ranges.items():
    one = surveyed[name]
    watched = list(dict.fromkeys([*first, *differences.metabolite[:3]]))[:3]
    thresholds[name] = studies.threshold_table(
        one.states, one.unbiased.supports, differences, watched, seed=seed
    )
    at = studies.concentration_points(one.states, one.unbiased.lambda_max_quantile_per_h, watched)
    figure = figures.against_concentration(
        at,
        studies.running_table(at),
        thresholds[name][thresholds[name].found],
        threshold_per_h=threshold,
        measured={m: one.value for m, one in constraints.measured_mM.items()},
        population=name,
        names=network.names,
        source=source,
    )
    save(figure, output / f"thresholds_{name}")
    display(figure)
views_page.thresholds(thresholds, network.names)

# %%
pd.concat(thresholds).round(4) if thresholds else None

# %% [markdown]
# ## What else goes with fast random models?
#
# Fluxes and displacements make a state as well as concentrations. The rank correlation of the 5 %
# quantile of λmax with each of them, over the generic states, and over the shipped states, whose
# pools are bounded by their turnover.

# %%
of_speed = {
    name: state_correlations(
        network, surveyed[name].states, surveyed[name].unbiased.lambda_max_quantile_per_h
    )
    for name in (page.SHIPPED, page.GENERIC)
}
for name, one in of_speed.items():
    write_csv(output / f"correlations_{name}.csv", one)
figure = figures.correlations(
    {f"{n}, {len(surveyed[n].states):,} states": t.head(10) for n, t in of_speed.items()},
    names=network.names,
    source=source,
)
save(figure, output / "correlations")
figure

# %%
page.correlations(of_speed, network.names)

# %%
pd.concat({name: one.head(10) for name, one in of_speed.items()}, names=["population", ""]).round(4)

# %% [markdown]
# **What is slow in them?** At each generic state the eigenvectors of the unbiased model nearest to
# the quantile say which metabolite its slowest mode moves most. Beside it, in what time that
# metabolite turns over, and how fast it could relax by itself at best, whatever the constants.

# %%
modes = studies.slow_modes(network, sample, unbiased)
write_csv(output / "slow_modes.csv", modes)
by_metabolite = studies.slow_mode_table(modes)
page.slow_modes(modes, by_metabolite)

# %%
by_metabolite.head(10).round(3)

# %% [markdown]
# ## Thirty metabolites constrained to a part of their range
#
# The metabolites with the largest differences are constrained to the half of their range in which
# supporting states are rarer. In the control, to the other half.

# %%
held_at, constrained, figure = {}, pd.DataFrame(), None
if page.GENERIC in ranges:
    constrained, bad, good = constrained_ranges(space, network, sample, supports, metabolites=held)
    for k, (name, bounds) in enumerate((("supporting", good), ("non-supporting", bad))):
        held_at[name] = look(
            resample(
                space, bounds, size.held_states, seed=seed + 30 + k,
                steps_per_dimension=size.sampler_steps,
            )
        )  # fmt: skip
    figure = figures.constrained_distributions(
        pd.concat(
            pd.DataFrame(
                {"population": n, "lambda_max_per_h": one.unbiased.lambda_max_quantile_per_h}
            )
            for n, one in {"free": anywhere, **held_at}.items()
        ),
        threshold_per_h=threshold,
        constrained=len(constrained),
        source=source,
    )
    save(figure, output / "held")
figure

# %%
held_table = studies.unbiased_table({"free": anywhere, **held_at})
views_page.held(held_table, len(constrained))

# %%
held_table.round(3)

# %% [markdown]
# ## What does it cost?
#
# The same small survey by search with one and with two workers, then the model of the costs:
# core-seconds of the surveyed states, tasks handed out one by one, their bytes, the start of the
# workers.

# %%
timing, _ = studies.timed_surveys(
    network, sample[: size.timed], sorted({1, workers}), seed=seed,
    chunk=max(1, size.timed // 100), settings=settings,
)  # fmt: skip
cost = studies.survey_cost(network, here.survey, chunk=CHUNK, start_s=float(timing.start_s.iloc[0]))
# Seconds of the survey above were taken while all workers were busy; a single one may be faster.
goal = 5_000
modelled = cost.table(goal, page.WORKERS)
scaled = cost.scaled(timing, timed=size.timed, states=goal)
figure = charts.cost_by_cores(
    modelled, scaled, states=goal, per_state_s=cost.per_state_s, source=source
)
save(figure, output / "cost")
figure

# %%
page.cost(cost, timing, states=goal)

# %%
timing.round(2)

# %% [markdown]
# ## Beside the paper
#
# Computed values beside the published ones. A short run cannot be compared with the paper; the
# last column says which rows can. The paper's states without a valid model are those at which its
# generators, trained for a fixed time, made none.

# %%
full = len(sample) >= 1_000 and size.steps >= SEARCH.steps
rows = [
    *page.no_model_claims(table),
    *page.neighbourhood_claims(new),
    *page.metabolite_claims(thresholds, held_at, metabolites=len(constrained)),
]
claims = studies.claims_table(network, [(*row, full) for row in rows])
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.intracellular(network, table, models=size.models, generic=page.GENERIC)
answer

# %%
summary = {
    "model": network.name,
    "scale": scale,
    "seed": seed,
    "unbiased_models": size.models,
    "states": {name: len(one.states) for name, one in surveyed.items()},
    "supporting": {name: int(one.unbiased.supports.sum()) for name, one in surveyed.items()},
    "first_descent": {name: int(one.survey.first_descent.sum()) for name, one in surveyed.items()},
    "slow": {name: int((~one.survey.fast).sum()) for name, one in surveyed.items()},
    "stay_valid_by_change": {
        name: {f"{k:g}": float(v) for k, v in stay_valid[name].items()} for name in stay_valid
    },
    "significant_metabolites": {n: t.metabolite[t.found].tolist() for n, t in ranges.items()},
    "models_per_state": float(cost.evaluations.mean()),
    "core_seconds_per_state": cost.per_state_s,
    "ms_per_model": cost.per_model_ms,
    "minutes_for_5000_on_2_cores": cost.wall_s(goal, 2) / 60,
    "speedup_with_workers": float(timing.speedup.iloc[-1]),
    "bytes_out_of_task": cost.bytes_out,
    "bytes_back_of_task": cost.bytes_back,
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## Try it yourself
#
# Draw a rectangle on the map, or choose a cell from the list: which concentrations set the
# neighbourhood apart, and do new states that are drawn inside its bounds support valid dynamics as
# often as its members?

# %%
if widgets:
    from renaissance_kit.panels.states import StatesPanel

    panel = StatesPanel(
        network,
        scale=scale,
        generic=generic,
        steps_per_dimension=size.sampler_steps,
        folder=output / "panel",
        workers=workers,
        seed=seed,
        n_states=size.n_states,
        sampled=size.sampled,
        models=size.models,
        resampled=size.resampled,
    )
    display(panel)
