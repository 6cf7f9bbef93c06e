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
# There are two populations. **The shipped states** bound every unmeasured pool by its turnover
# (notebook 01), and with that the slow states were kept out from the start. **Generic states**
# have no such bound, as in the paper: unmeasured pools range over 1e-4 to 50 mM. The questions
# about slow states are answered there.

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
held = 30  # metabolites held to ranges
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
from IPython.display import Markdown, display

from renaissance_kit import Network, SteadyStates, studies
from renaissance_kit.analysis import (
    bounds_of,
    features,
    held_ranges,
    map_of,
    neighbourhood_table,
    neighbourhoods,
    ranges_of_metabolites,
    resample,
    running_quantiles,
    threshold_of,
    wilson_interval,
)
from renaissance_kit.core import atomic_path
from renaissance_kit.figures import Source, save, use_theme
from renaissance_kit.figures import landscape as figures
from renaissance_kit.figures import surveys as charts
from renaissance_kit.search import SEARCH, shorter_search, survey_states
from renaissance_kit.search import repeated as search_again
from renaissance_kit.states import Constraints, StateSpace

use_theme()
output = Path(output_dir)
runs = output / "runs" if store is None else Path(store)  # a run that was killed resumes from here

# %%
SIZES = pd.DataFrame(
    {
        "smoke": [24, 24, 4, 60, 2, 4, 4, 2],
        "demo": [200, 400, 60, 1_000, 4, 30, 30, 20],
        "laptop": [1_000, 5_000, 500, 4_000, 20, 100, 100, 40],
        "paper": [5_000, 5_000, 5_000, 4_000, 50, 300, 300, 300],
    },
    index=[
        "states",
        "sampled",
        "shipped",
        "steps",
        "repeated",
        "resampled",
        "held_states",
        "timed",
    ],
)
asked = {name: globals().get(name) for name in SIZES.index}
size = {k: int(SIZES.loc[k, scale] if v is None else v) for k, v in asked.items()}
SIZES

# %%
network = Network.open(network)
constraints = Constraints.from_folder(network)
threshold = network.conditions["eigenvalue_threshold"].value
settings = shorter_search(size["steps"])
source = Source(network.name, network.name, seed, scale)
fine = 16 if scale != "smoke" else 1  # steps of the sampler per dimension
space = StateSpace.of(network, replace(constraints, turnover_time_min=float("inf")))
if generic is None:
    everyone = space.states(size["sampled"], seed=seed, steps_per_dimension=fine)
else:
    everyone = SteadyStates.load(generic)
sample = everyone[:: max(1, len(everyone) // size["states"])][: size["states"]]
known, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc")
known = known[:: max(1, len(known) // size["shipped"])][: size["shipped"]]


def survey(which, name, **changes):
    """Survey states; what is done is kept under that name."""
    options = {"seed": seed, "settings": settings, "workers": workers, **changes}
    return survey_states(
        network, which, store=runs / f"{name}_{len(which)}", **{"progress": print, **options}
    )


display(
    Markdown(
        f"{len(sample):,} generic states of {len(everyone):,} sampled, and {len(known):,} shipped "
        f"ones. Pools of generic states: {constraints.pool_mM.low:g} to "
        f"{constraints.pool_mM.high:g} mM where not measured. Turnover bound of the shipped ones: "
        f"{constraints.turnover_time_min:g} min."
    )
)

# %% [markdown]
# ## How many states have no fast model?
#
# The first descent begins in the middle of the bounds. Up to 99 restarts begin at random points and
# at the best point so far with a fifth of its constants drawn anew, in turn. Where a descent ends
# above the threshold, eigenvalue placement by Newton steps moves the slowest eigenvalues further
# together. The search ends with the first fast model.

# %%
shipped_survey = survey(known, "shipped")
found = survey(sample, "generic")
found.save(output / "survey.nc")
surveys = {"shipped": shipped_survey, "generic": found}
shares = studies.share_table(surveys)
at_once = studies.share_table(surveys, of="first_descent")
shares.merge(at_once.drop(columns=["share", "low", "high"]))

# %%
shipped_row, generic_row = shares.itertuples(index=False)
shipped_at_once, generic_at_once = at_once.itertuples(index=False)
display(
    Markdown(
        f"**{generic_row.slow_share:.2%} of the generic states are slow** "
        f"({len(found) - generic_row.fast:,} of {len(found):,}; 95 % interval "
        f"{generic_row.slow_low:.2%} to {generic_row.slow_high:.2%}); the paper found 18.4 % of "
        f"its 5,000. The first descent fails at {generic_at_once.failed_share:.1%} "
        f"({generic_at_once.failed_low:.1%} to {generic_at_once.failed_high:.1%}). Of the shipped "
        "states "
        f"{len(shipped_survey) - shipped_row.fast:,} of {len(shipped_survey):,} are slow (up to "
        f"{shipped_row.slow_high:.2%}), and the first descent fails at "
        f"{shipped_at_once.failed_share:.1%}, as their turnover is bounded. Status of the fastest "
        "models: "
        + ", ".join(f"{n:,} {k.lower().replace('_', ' ')}" for k, n in found.counts().items() if n)
        + f". A state took {found.dataset.evaluations.values.mean():.0f} models on average, "
        f"{found.dataset.seconds.values.mean():.2f} core-seconds."
    )
)

# %% [markdown]
# **Would more effort turn the slow ones?** Up to fifty of them, drawn at random, get ten times the
# descents.

# %%
if found.fast.all() or not size["repeated"]:
    turned, tried, still_slow = 0, 0, float(generic_row.slow_share)
    models = found.dataset.evaluations.values
    late = int((models > models.max() / 10).sum())
    display(
        Markdown(
            "No state was searched again. "
            + ("No state is slow. " if found.fast.all() else "")
            + f"The longest search took {models.max():,} models. A tenth of that would not have "
            f"been enough at {late:,} of {len(found):,} states ({late / len(found):.2%})."
        )
    )
else:
    before, after = search_again(
        network, sample, found, n=size["repeated"], effort=10, seed=seed + 1, workers=workers,
        chunk=1, store=runs / f"repeated_{size['repeated']}_of_{len(found)}", progress=print,
    )  # fmt: skip
    turned, tried = int(after.fast.sum()), len(after)
    still_slow = generic_row.slow_share * (1 - turned / tried)
    gain = after.lambda_max_per_h - before.lambda_max_per_h
    display(
        Markdown(
            f"**{turned} of {tried} slow states turned fast** with ten times the effort. λmax fell "
            f"by {-np.median(gain):.3f} 1/h in the median, by {-gain.min():.2f} at most. Those "
            "that turned had been at "
            + (", ".join(f"{v:.2f}" for v in before.lambda_max_per_h[after.fast]) or "—")
            + " 1/h. If all slow states turned at that rate, "
            f"{still_slow:.2%} of the states would stay slow. "
            "A search that fails proves nothing, so this too is an upper bound."
        )
    )

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
    most=10 if scale == "smoke" else 200,
)  # fmt: skip
with atomic_path(output / "exactness.csv") as path:
    exactness.to_csv(path, index=False)
figure = charts.exactness(exactness, threshold_per_h=threshold, source=source)
save(figure, output / "exactness")
figure

# %%
held_to = exactness.pivot(index="change", columns="group", values="share")
display(
    Markdown(
        "Share of the models that stay fast when every constant changes by 0.1 % and by 1 %: "
        + "; ".join(
            f"**{name} {held_to[name].get(1e-3):.0%} and {held_to[name].get(1e-2):.0%}**"
            for name in held_to
        )
        + ". Where several eigenvalues have met, λmax is steep, and constants must be met more "
        "exactly. The share of slow states says at how many no fast model was found; that of "
        "states where the first descent fails, at how many it takes more effort, and how exact "
        "such models are, these curves."
    )
)

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
new, width = {}, {}
for k, (name, members) in enumerate(groups.items()):
    if members.sum() < 2:
        continue
    for central in (0.5, 0.8, 1.0):
        bounds = bounds_of(network, sample, members, central=central)
        if space.within(bounds).has_room():
            break
    else:
        continue
    width[name] = central
    drawn = resample(space, bounds, size["resampled"], seed=seed + 10 + k, steps_per_dimension=fine)
    new[f"new in {name}"] = survey(drawn, f"new_{k}")
anywhere = space.states(size["resampled"], seed=seed + 20, steps_per_dimension=fine)
new["new anywhere"] = survey(anywhere, "anywhere")
new_shares = studies.share_table(new, of="first_descent")
new_fast = studies.share_table(new)
for name, members in groups.items():
    if name.endswith("cell"):
        new_shares.loc[len(new_shares)] = studies.share_table(
            {f"members of the {name}": found.select(members)}, of="first_descent"
        ).iloc[0]
figure = charts.neighbourhood_shares(new_shares, covered=width, source=source)
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
significant = ranges[ranges.found]
display(
    Markdown(
        f"**{len(significant)} of {len(ranges)} metabolites** differ between states where the "
        "first descent succeeds and the others (false discovery rate 5 %): "
        + (", ".join(significant.metabolite[:12]) or "none")
        + "."
    )
)
ranges.head(12).round(4)

# %% [markdown]
# **Thresholds.** The concentration that best divides the states where the first descent succeeds
# from the others, with its bootstrap interval; 3-phosphoglycerate because the paper names it, then
# the metabolites that matter most here.

# %%
first = [first_metabolite] if first_metabolite in network.species_index else []
watched = list(dict.fromkeys([*first, *ranges.metabolite[:3]]))[:3]
rows = []
for name in watched:
    x = sample.dataset.concentration.sel(metabolite=name).values
    t = threshold_of(x, found.first_descent, seed=seed)
    row = ranges.set_index("metabolite").loc[name]
    rows.append({"metabolite": name, **vars(t), "q": row.q, "found": row.found})
thresholds = pd.DataFrame(rows)
points = pd.concat(
    pd.DataFrame(
        {
            "metabolite": name,
            "concentration_mM": sample.dataset.concentration.sel(metabolite=name).values,
            "lambda_max_per_h": found.first_lambda_max_per_h,
        }
    )
    for name in watched
).dropna()
running = pd.concat(
    running_quantiles(part.concentration_mM.to_numpy(), part.lambda_max_per_h.to_numpy()).assign(
        metabolite=name
    )
    for name, part in points.groupby("metabolite", sort=False)
)
figure = figures.against_concentration(
    points,
    running,
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
# moves. Several eigenvalues have met there, so these modes mix many pools. What no constants
# change is how fast a pool could relax by itself at best: with a large pool, a small flux, a
# concentration far above the largest KM, and driving forces far from equilibrium, that limit is
# low. It is shown for the metabolite that sets the two kinds of states apart most.

# %%
modes = studies.slow_modes(network, sample, found)
with atomic_path(output / "slow_modes.csv") as path:
    modes.to_csv(path, index=False)
by_metabolite = (
    modes.groupby("metabolite")
    .agg(
        states=("state", "size"),
        participation=("participation", "median"),
        turnover_min=("turnover_min", "median"),
        limit_per_h=("limit_per_h", "median"),
        lambda_max_per_h=("lambda_max_per_h", "median"),
    )
    .sort_values("states", ascending=False)
)
by_metabolite.head(10).round(3)

# %%
culprit = str(ranges.metabolite.iloc[0])
pool = studies.limits_of_pool(network, sample, culprit).assign(succeeds=found.first_descent)
medians = pool.groupby("succeeds").median(numeric_only=True).drop(columns="state")
medians.index = [f"first descent {'succeeds' if s else 'fails'}" for s in medians.index]
limited = pool.limit_per_h < -threshold


def succeeds_at(mask):
    """At how many of some states the first descent succeeds, in words."""
    return f"{int(pool.succeeds[mask].sum()):,} of {int(mask.sum()):,}"


display(
    Markdown(
        f"**{culprit} sets the two kinds apart most.** By itself it relaxes slower than "
        f"the threshold, whatever the constants, at {int(limited.sum()):,} of {len(pool):,} "
        f"states. The first descent succeeds at {succeeds_at(limited)} of these, of the others at "
        f"{succeeds_at(~limited)}. Largest share in the slowest mode where it fails: "
        + ", ".join(f"{n} at {int(k)}" for n, k in by_metabolite.states.head(5).items())
        + f" of {len(modes):,}."
    )
)
medians.round(3)

# %% [markdown]
# ## Thirty metabolites held to ranges
#
# The metabolites with the largest differences are held to the half of their range in which
# the first descent succeeds less often. The control holds the same metabolites to the other half.

# %%
held_table, bad, good = held_ranges(space, network, sample, found.first_descent, metabolites=held)
populations = {"free": anywhere}
for k, (name, bounds) in enumerate((("supporting", good), ("non-supporting", bad))):
    populations[name] = resample(
        space, bounds, size["held_states"], seed=seed + 30 + k, steps_per_dimension=fine
    )
held_surveys = {
    "free": new["new anywhere"],
    **{n: survey(populations[n], n) for n in ("supporting", "non-supporting")},
}
held_shares = studies.share_table(held_surveys, of="first_descent")
held_fast = studies.share_table(held_surveys)
figure = figures.held_distributions(
    pd.concat(
        pd.DataFrame({"population": n, "lambda_max_per_h": s.first_lambda_max_per_h})
        for n, s in held_surveys.items()
    ),
    threshold_per_h=threshold,
    held=len(held_table),
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
    network, sample[: size["timed"]], sorted({1, workers}), seed=seed,
    chunk=max(1, size["timed"] // 100), settings=settings,
)  # fmt: skip
cost = studies.survey_cost(network, found, chunk=20, start_s=float(timing.start_s.iloc[0]))
# Seconds of the survey above were taken while all workers were busy; a single one may be faster.
WORKERS = [1, 2, 4, 8, 16, 32, 64, 100, 250, 500, 1000]
goal = 5_000
modelled = cost.table(goal, WORKERS)
scaled = timing.assign(
    wall_s=timing.wall_s / size["timed"] * goal * cost.per_state_s
    / (timing.core_s.to_numpy() / size["timed"])
)  # fmt: skip
figure = charts.cost_by_cores(
    modelled, scaled, states=goal, per_state_s=cost.per_state_s, source=source
)
save(figure, output / "cost")
figure

# %%
speedup = float(timing.speedup.iloc[-1])
on_two = cost.wall_s(goal, 2) / 60
on_many = cost.wall_s(goal, 1000, chunk=1) / 60
display(
    Markdown(
        f"{cost.per_state_s:.2f} core-seconds a state, {cost.per_model_ms:.2f} ms a model with its "
        f"derivatives; a task of {cost.chunk} states moves {cost.bytes_out / 1e3:,.0f} kB out and "
        f"{cost.bytes_back / 1e3:,.0f} kB back. From 1 to {int(timing.workers.iloc[-1])} workers: "
        f"{speedup:.2f} times faster. {goal:,} states: {on_two:.0f} min on 2 cores, "
        f"{on_many:.1f} min on 1,000 with one state in a task."
    )
)
timing.round(2)

# %% [markdown]
# ## Beside the paper
#
# Computed values beside the published ones. A short run cannot be compared with the paper; the
# last column says which rows can.

# %%
full = len(found) >= 1_000 and size["steps"] >= SEARCH.steps
turned_low, turned_high = wilson_interval(turned, tried) if tried else (0.0, 1.0)
new_by, new_fast_by = (t.set_index("population") for t in (new_shares, new_fast))
held_by, held_fast_by = (t.set_index("population") for t in (held_shares, held_fast))


def share_text(first, fast):
    """Shares of successful first descents and of fast states, counts, and their intervals."""
    return (
        f"{first.share:.1%} at the first descent ({int(first.first_descent):,} of "
        f"{int(first.states):,}), {fast.share:.1%} fast ({int(fast.fast):,})",
        f"{first.low:.1%} to {first.high:.1%}, {fast.low:.1%} to {fast.high:.1%} (Wilson)",
    )


rows = [
    ("C11", "states without a valid model, no bound on turnover", "18.4 % (918 of 5,000)",
     f"{generic_row.slow_share:.2%} ({len(found) - generic_row.fast:,} of {len(found):,})",
     f"{generic_row.slow_low:.2%} to {generic_row.slow_high:.2%} (Wilson)", full),
    ("C11", f"states that one descent of {size['steps']:,} steps leaves slow", "not given",
     f"{generic_at_once.failed_share:.1%} "
     f"({len(found) - generic_at_once.first_descent:,} of {len(found):,})",
     f"{generic_at_once.failed_low:.1%} to {generic_at_once.failed_high:.1%} (Wilson)", full),
    ("C11", "states without a valid model among the shipped, bounded by turnover", "not given",
     f"{shipped_row.slow_share:.1%} ({len(shipped_survey) - shipped_row.fast:,} of "
     f"{len(shipped_survey):,})", f"up to {shipped_row.slow_high:.2%} (Wilson)", full),
]  # fmt: skip
if tried:
    rows += [
        ("C11", "slow states that ten times the effort turns fast", "not given",
         f"{turned} of {tried}", f"{turned_low:.0%} to {turned_high:.0%} (Wilson)", full),
        ("C11", "states without a valid model, less those that ten times the effort would turn",
         "18.4 %", f"{still_slow:.2%}",
         f"{generic_row.slow_low * (1 - turned_high):.2%} to "
         f"{generic_row.slow_high * (1 - turned_low):.2%} (both intervals)", full),
    ]  # fmt: skip
for name, paper in (
    ("new in best cell", "fast"), ("new in worst cell", "not given"),
    ("new in all where it succeeds", "fast"), ("new in all where it fails", "not given"),
    ("new anywhere", "not given"),
):  # fmt: skip
    if name in new_by.index:
        found_there = share_text(new_by.loc[name], new_fast_by.loc[name])
        rows.append(("C12", f"states {name}", paper, *found_there, full))
for t in thresholds.itertuples():
    side = "below" if t.below else "above"
    rows.append(
        ("C13", f"threshold of {t.metabolite} (mM), descent succeeds {side} it",
         "about 2 (measured 1.5)" if t.metabolite == "3pg_c" else "not given",
         f"{t.value_mM:.3g}" if t.found else f"none (q = {t.q:.2g})",
         f"{t.low_mM:.3g} to {t.high_mM:.3g} (bootstrap); succeeds on this side at "
         f"{t.share_inside:.0%}, on the other at {t.share_outside:.0%}", full)
    )  # fmt: skip
for name, paper in (("non-supporting", "nearly none"), ("supporting", "not given")):
    rows.append(
        ("C13", f"states with {len(held_table)} metabolites in {name} ranges", paper,
         *share_text(held_by.loc[name], held_fast_by.loc[name]), full)
    )  # fmt: skip
claims = pd.DataFrame(rows, columns=["claim", "quantity", "paper", "here", "spread", "comparable"])
with atomic_path(output / "claims.csv") as path:
    claims.to_csv(path, index=False)
claims

# %%
summary = {
    "model": network.name,
    "scale": scale,
    "seed": seed,
    "states": len(found),
    "fast": int(found.fast.sum()),
    "slow_share": float(generic_row.slow_share),
    "slow_interval_95": [float(generic_row.slow_low), float(generic_row.slow_high)],
    "first_descent": int(found.first_descent.sum()),
    "failed_share": float(generic_at_once.failed_share),
    "failed_interval_95": [
        float(generic_at_once.failed_low),
        float(generic_at_once.failed_high),
    ],
    "stay_fast_by_change": {
        name: {f"{k:g}": float(v) for k, v in held_to[name].items()} for name in held_to
    },
    "shipped_states": len(shipped_survey),
    "shipped_slow": int((~shipped_survey.fast).sum()),
    "turned_of_tried": [turned, tried],
    "significant_metabolites": significant.metabolite.tolist(),
    "culprit": culprit,
    "core_seconds_per_state": cost.per_state_s,
    "ms_per_model": cost.per_model_ms,
    "minutes_for_5000_on_2_cores": on_two,
    "speedup_with_workers": speedup,
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
        steps_per_dimension=fine,
        folder=output / "panel",
        workers=workers,
        seed=seed,
        **{name: size[name] for name in ("states", "sampled", "steps", "resampled")},
    )
    display(panel)
