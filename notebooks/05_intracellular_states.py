# %% [markdown]
# # Which states can a cell be in?
#
# A steady state fixes fluxes, concentrations and driving forces. The Michaelis constants are what
# is left to choose, and at some states no choice gives a cell that settles fast enough. Which
# states, how many, and why? The published study (Choudhury et al. 2024 Nat Catal 7:1086, "the
# paper" below) trained a generator anew at each of 5,000 states. Here each state gets a search
# along the exact derivative of λmax by the constants, which takes about a second on one core.
#
# The words used here: a state is **fast** when constants were found with all eigenvalues at or
# below the threshold, and **slow** when none were. The **first descent**, from the middle of the
# bounds, succeeds at a state when it finds them already. At how many states it succeeds depends on
# its length; how many are slow, on all the effort.
#
# There are two populations. **The shipped states** bound every unmeasured metabolite by its
# turnover (notebook 01), which kept the slow states out. **Generic states** have no such bound, as
# in the paper: unmeasured concentrations range over 1e-4 to 50 mM. The questions about slow states
# are answered there.

# %% tags=["parameters"]
scale = "demo"  # smoke (seconds), demo (minutes), laptop (a quarter of an hour) or paper
output_dir = "../build/figures/05_intracellular_states"
network = "ecoli_w3110_trpd9923"
first_metabolite = "3pg_c"  # whose threshold is looked at first, where the network has it
seed = 1
states = None  # generic states to survey; None takes it and all below from the scale
sampled = None  # generic states to sample, of which those are evenly spaced
shipped = None  # shipped states to survey
steps = None  # of a descent; the further effort of a search is in proportion
repeated = None  # slow states to search again with ten times the descents; 0 leaves that out
resampled = None  # new states in each kind of neighbourhood, and anywhere
held = 30  # metabolites constrained to a part of their range
held_states = None  # with non-supporting ranges, and as many in the control
timed = None  # states for the comparison of one and two workers
generic = None  # file of generic states; None samples them
workers = 2
store = None  # folder that keeps what is done; None is one in output_dir
widgets = True  # False leaves out the panel at the end

# %%
import json
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
)
from renaissance_kit.core import Run, atomic_path
from renaissance_kit.figures import Source, landscape as figures, save, surveys as charts, use_theme
from renaissance_kit.search import SEARCH, repeated as search_again, shorter_search, survey_states
from renaissance_kit.states import Constraints, StateSpace
from renaissance_kit.studies.pages import intracellular as page

use_theme()
output = Path(output_dir)
# A run that was killed resumes from this folder.
run = Run(workers, output / "runs" if store is None else store, progress=print)

# %%
size = page.Sizes.at(
    scale, states=states, sampled=sampled, shipped=shipped, steps=steps, repeated=repeated,
    resampled=resampled, held_states=held_states, timed=timed,
)  # fmt: skip
page.Sizes.table()

# %%
network = Network.open(network)
constraints = Constraints.from_folder(network)
threshold = network.conditions["eigenvalue_threshold"].value
settings = shorter_search(size.steps)
source = Source(network.name, network.name, seed, scale)
space = StateSpace.of(network, replace(constraints, turnover_time_min=float("inf")))
if generic is None:
    everyone = space.states(size.sampled, seed=seed, steps_per_dimension=size.sampler_steps)
else:
    everyone = SteadyStates.load(generic)
sample = everyone[:: max(1, len(everyone) // size.states)][: size.states]
known, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc")
known = known[:: max(1, len(known) // size.shipped)][: size.shipped]


def survey(which):
    """Survey states with the settings of this notebook."""
    return survey_states(network, which, seed=seed, settings=settings, run=run)


page.populations(sample, everyone, known, constraints)

# %% [markdown]
# ## How many states have no fast model?
#
# The first descent begins in the middle of the bounds. Up to 99 restarts begin at random points and
# at the best point so far with a fifth of its constants drawn anew, in turn. Where a descent ends
# above the threshold, eigenvalue placement by Newton steps moves the slowest eigenvalues further
# together. The search ends with the first fast model.

# %%
shipped_survey = survey(known)
found = survey(sample)
found.save(output / "survey.nc")
surveys = {"shipped": shipped_survey, "generic": found}
shares = studies.share_table(surveys)
at_once = studies.share_table(surveys, of="first_descent")
shares.merge(at_once.drop(columns=["share", "low", "high"]))

# %%
page.slow_states(found, shares, at_once)

# %% [markdown]
# **Would more effort turn the slow ones?** Up to fifty of them, drawn at random, get ten times the
# descents.

# %%
again = None
if size.repeated and not found.fast.all():
    again = search_again(
        network, sample, found, n=size.repeated, effort=10, seed=seed + 1,
        run=replace(run, chunk=1),
    )  # fmt: skip
effort = studies.MoreEffort.of(found, again)
page.more_effort(effort)

# %% [markdown]
# ## How exactly must the constants be met?
#
# A fast model counts only if constants can be met as exactly as it needs them. All constants of
# the fastest models are changed a little at random: by how much until half of the copies of a
# model are no longer fast? Measured constants are known to some tens of percent.

# %%
kinds = {
    "first descent succeeds": found.first_descent,
    "first descent fails": ~found.first_descent,
}
exactness = studies.exactness_table(
    network, sample, found, kinds, rng=np.random.default_rng(seed),
    most=size.exactness_models,
)  # fmt: skip
with atomic_path(output / "exactness.csv") as path:
    exactness.to_csv(path, index=False)
figure = charts.exactness(exactness, threshold_per_h=threshold, source=source)
save(figure, output / "exactness")
figure

# %%
stay_fast = exactness.pivot(index="change", columns="group", values="share")
page.exactness(stay_fast)

# %% [markdown]
# ## A map of the states
#
# Log concentrations and log fluxes, standardised; principal components; t-SNE; polar coordinates
# about the centroid. A neighbourhood is a polar cell: the map is cut into rings with equal numbers
# of states, each ring into sectors with equal numbers.

# %%
table, names = features(network, sample)
chart = map_of(table, seed=seed)
rings, sectors = (2, 6) if len(sample) >= 100 else (1, 3)
cell = neighbourhoods(chart, rings=rings, sectors=sectors)
cells = neighbourhood_table(chart, cell, found.first_descent)
figure = figures.state_map(
    pd.DataFrame(
        {
            "x": chart.xy[:, 0],
            "y": chart.xy[:, 1],
            "lambda_max_per_h": found.first_lambda_max_per_h,
        }
    ),
    cells,
    threshold_per_h=threshold,
    perplexity=min(30.0, (len(sample) - 1) / 3),
    explained=float(chart.explained.sum()),
    source=source,
)
save(figure, output / "map")
figure

# %% [markdown]
# **Where the first descent succeeds, does it succeed at new states nearby?** New states are drawn
# inside the bounds of a neighbourhood: every concentration and flux between the quantiles of its
# members, from the same space and by the same sampler. For comparison, new states drawn anywhere.
# A second kind of neighbourhood does without the map: the range of concentrations of *all* states
# where the first descent succeeds against that of *all* others.

# %%
order = cells.sort_values("share", ascending=False).cell.to_numpy()
groups = {
    "best cell": cell == order[0],
    "worst cell": cell == order[-1],
    "all where it succeeds": found.first_descent,
    "all where it fails": ~found.first_descent,
}
new, covered = {}, {}
for k, (name, members) in enumerate(groups.items()):
    drawn = studies.new_states(
        space, network, sample, members, size.resampled, seed=seed + 10 + k,
        steps_per_dimension=size.sampler_steps,
    )  # fmt: skip
    if drawn is not None:
        there, covered[name] = drawn
        new[f"new in {name}"] = survey(there)
anywhere = space.states(size.resampled, seed=seed + 20, steps_per_dimension=size.sampler_steps)
new["new anywhere"] = survey(anywhere)
of_cells = {
    f"members of the {name}": found.select(members)
    for name, members in groups.items()
    if name.endswith("cell")
}
new_shares = studies.share_table({**new, **of_cells}, of="first_descent")
new_fast = studies.share_table(new)
figure = charts.neighbourhood_shares(new_shares, covered=covered, source=source)
save(figure, output / "neighbourhoods")
figure

# %%
new_shares.merge(new_fast[["population", "fast"]], how="left").round(3)

# %% [markdown]
# ## Which concentrations support fast dynamics?
#
# For each metabolite, the distribution among states where the first descent succeeds against that
# among the others (Kolmogorov–Smirnov), with the false discovery rate controlled over all
# metabolites.

# %%
both_kinds = 0 < found.first_descent.sum() < len(found)
assert both_kinds, "all states are of one kind; survey more of them"
ranges = ranges_of_metabolites(network, sample, found.first_descent)
with atomic_path(output / "metabolites.csv") as path:
    ranges.to_csv(path, index=False)
figure = figures.supporting_ranges(
    ranges, states=len(sample), succeeded=int(found.first_descent.sum()), source=source
)
save(figure, output / "metabolites")
figure

# %%
page.metabolites(ranges)

# %%
ranges.head(12).round(4)

# %% [markdown]
# **Thresholds.** The concentration that best divides the states where the first descent succeeds
# from the others, with its bootstrap interval; 3-phosphoglycerate because the paper names it, then
# the metabolites that matter most here.

# %%
first = [first_metabolite] if first_metabolite in network.species_index else []
watched = list(dict.fromkeys([*first, *ranges.metabolite[:3]]))[:3]
thresholds = studies.threshold_table(sample, found, ranges, watched, seed=seed)
points = studies.concentration_points(sample, found, watched)
figure = figures.against_concentration(
    points,
    studies.running_table(points),
    thresholds[thresholds.found],
    threshold_per_h=threshold,
    measured={m: b.low for m, b in constraints.measured_mM.items()},
    source=source,
)
save(figure, output / "thresholds")
figure

# %%
thresholds.round(4)

# %% [markdown]
# ## Why does the first descent fail?
#
# Where it fails, the eigenvectors of the fastest model say which metabolite its slowest mode
# moves. Several eigenvalues have met there, so these modes mix many metabolites. What no constants
# change is how fast a metabolite could relax by itself at best: with much of it, a small flux, a
# concentration far above the largest KM, and driving forces far from equilibrium, that limit is
# low. It is shown for the metabolite that sets the two kinds of states apart most.

# %%
modes = studies.slow_modes(network, sample, found)
with atomic_path(output / "slow_modes.csv") as path:
    modes.to_csv(path, index=False)
by_metabolite = studies.slow_mode_table(modes)
by_metabolite.head(10).round(3)

# %%
culprit = str(ranges.metabolite.iloc[0])
limits = studies.limits_of_metabolite(network, sample, culprit).assign(succeeds=found.first_descent)
medians = limits.groupby("succeeds").median(numeric_only=True).drop(columns="state")
medians.index = [f"first descent {'succeeds' if s else 'fails'}" for s in medians.index]
page.culprit(culprit, limits, modes, by_metabolite, threshold)

# %%
medians.round(3)

# %% [markdown]
# ## Thirty metabolites constrained to a part of their range
#
# The metabolites with the largest differences are constrained to the half of their range in which
# the first descent succeeds less often. In the control, to the other half.

# %%
constrained, bad, good = constrained_ranges(
    space, network, sample, found.first_descent, metabolites=held
)
populations = {"free": anywhere}
for k, (name, bounds) in enumerate((("supporting", good), ("non-supporting", bad))):
    populations[name] = resample(
        space, bounds, size.held_states, seed=seed + 30 + k, steps_per_dimension=size.sampler_steps
    )
held_surveys = {
    "free": new["new anywhere"],
    **{n: survey(populations[n]) for n in ("supporting", "non-supporting")},
}
held_shares = studies.share_table(held_surveys, of="first_descent")
held_fast = studies.share_table(held_surveys)
figure = figures.constrained_distributions(
    pd.concat(
        pd.DataFrame({"population": n, "lambda_max_per_h": s.first_lambda_max_per_h})
        for n, s in held_surveys.items()
    ),
    threshold_per_h=threshold,
    constrained=len(constrained),
    source=source,
)
save(figure, output / "held")
figure

# %%
held_shares.merge(held_fast[["population", "fast"]]).round(3)

# %% [markdown]
# ## What does it cost?
#
# The same small survey with one and with two workers, then the model of the costs: core-seconds of
# the surveyed states, tasks handed out one by one, their bytes, the start of the workers.

# %%
timing, _ = studies.timed_surveys(
    network, sample[: size.timed], sorted({1, workers}), seed=seed,
    chunk=max(1, size.timed // 100), settings=settings,
)  # fmt: skip
cost = studies.survey_cost(network, found, chunk=20, start_s=float(timing.start_s.iloc[0]))
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
# last column says which rows can.

# %%
full = len(found) >= 1_000 and size.steps >= SEARCH.steps
rows = [
    *page.slow_claims(shares, at_once, effort, steps=size.steps),
    *page.neighbourhood_claims(new_shares, new_fast),
    *page.metabolite_claims(thresholds, held_shares, held_fast, metabolites=len(constrained)),
]
claims = studies.claims_table(network, [(*row, full) for row in rows])
with atomic_path(output / "claims.csv") as path:
    claims.to_csv(path, index=False)
claims

# %%
slow, failed = (studies.share_row(table, "generic") for table in (shares, at_once))
summary = {
    "model": network.name,
    "scale": scale,
    "seed": seed,
    "states": len(found),
    "fast": int(found.fast.sum()),
    "slow_share": float(slow.slow_share),
    "slow_interval_95": [float(slow.slow_low), float(slow.slow_high)],
    "first_descent": int(found.first_descent.sum()),
    "failed_share": float(failed.failed_share),
    "failed_interval_95": [float(failed.failed_low), float(failed.failed_high)],
    "stay_fast_by_change": {
        name: {f"{k:g}": float(v) for k, v in stay_fast[name].items()} for name in stay_fast
    },
    "shipped_states": len(shipped_survey),
    "shipped_slow": int((~shipped_survey.fast).sum()),
    "turned_of_tried": [effort.turned, effort.tried],
    "significant_metabolites": ranges.metabolite[ranges.found].tolist(),
    "culprit": culprit,
    "core_seconds_per_state": cost.per_state_s,
    "ms_per_model": cost.per_model_ms,
    "minutes_for_5000_on_2_cores": cost.wall_s(goal, 2) / 60,
    "speedup_with_workers": float(timing.speedup.iloc[-1]),
    "bytes_out_of_task": cost.bytes_out,
    "bytes_back_of_task": cost.bytes_back,
    "workers": workers,
}
with atomic_path(output / "summary.json") as path:
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
pd.Series(summary, name="summary").to_frame()

# %% [markdown]
# ## Try it yourself
#
# Draw a rectangle on the map, or choose a cell from the list: which concentrations set the
# neighbourhood apart, and are new states that are drawn inside its bounds as fast as its members?

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
        states=size.states,
        sampled=size.sampled,
        steps=size.steps,
        resampled=size.resampled,
    )
    display(panel)
