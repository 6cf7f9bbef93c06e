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
turnover_time_min = None  # bound on slow pools (min); None is the constraints' own, 4
workers = 2
# None takes these from the scale, see the table below.
n_states = None  # states of the fresh sample
steps_per_dimension = None  # of the random walk between two states that are kept
examined = None  # states among which the default profile of the fresh run is chosen
profile_models = None  # random models by which each of those is judged
remake = None  # True or False: make the shipped states anew and compare
turnover_states = None  # states sampled with each of several bounds on slow pools
model_states = None  # of those states, how many are tried with random models
models = None  # random models at each of these
search_models = None  # models of the search for the fastest one

# %%
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from renaissance_kit import Network, SteadyStates, sample_steady_states, studies
from renaissance_kit.analysis import wilson_interval, with_default_profile
from renaissance_kit.core import InfeasibleError, atomic_path, derived_seed
from renaissance_kit.figures import Source, sampling, save, use_theme
from renaissance_kit.figures import states as figures
from renaissance_kit.kinetics import is_valid
from renaissance_kit.states import Constraints, require_valid

use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)

# %% [markdown]
# What each scale does. The published size is 5,000 states.

# %%
SIZES = pd.DataFrame(
    {
        "smoke": [50, 1, 10, 10, False, 16, 2, 20, 120],
        "demo": [1_000, 4, 50, 50, False, 100, 4, 50, 800],
        "laptop": [5_000, 16, 400, 200, True, 200, 12, 100, 2_000],
        "paper": [5_000, 16, 400, 200, True, 1_000, 16, 200, 10_000],
    },
    index=[
        "n_states", "steps_per_dimension", "examined", "profile_models", "remake",
        "turnover_states", "model_states", "models", "search_models",
    ],
)  # fmt: skip
TURNOVER_TIMES = [math.inf, 4.0] if scale == "smoke" else [math.inf, 6.0, 4.0, 2.0]
given = {name: globals().get(name) for name in SIZES.index}
size = {k: SIZES.loc[k, scale] if v is None else v for k, v in given.items()}
size = {k: bool(v) if k == "remake" else int(v) for k, v in size.items()}
SIZES

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
    size["n_states"],
    seed=derived_seed(seed, 1),
    constraints=constraints,
    steps_per_dimension=size["steps_per_dimension"],
)
fresh = with_default_profile(
    network, fresh, examined=size["examined"], models=size["profile_models"], seed=seed
)
fresh.save(output / "states.nc")
take_fresh = other_turnover or shipped is None
states = fresh if take_fresh else shipped
name = "the fresh states" if take_fresh else "the shipped states"
if shipped is None:
    likeness = "chosen here"
elif fresh.provenance["directions"] == shipped.provenance["directions"]:
    likeness = "as shipped"
else:
    likeness = "other than those shipped"
shown = Source(network.name, network.name, int(states.provenance["seed"]), scale)
display(
    Markdown(
        f"`states.nc` holds {len(fresh):,} fresh states in "
        f"{sum(fresh.provenance['dimensions'])} free dimensions, with directions {likeness}"
        f"; its default profile is state {fresh.default_label}. The figures show {name}."
    )
)  # fmt: skip

# %%
largest = None
if size["remake"] and shipped is not None:
    again = sample_steady_states(network, len(shipped), seed=shipped.provenance["seed"])
    largest = {
        k: float(np.nanmax(np.abs(again.dataset[k] / shipped.dataset[k] - 1)))
        for k in ("flux", "concentration", "log_displacement")
    }
    text = f"The shipped states made anew with their seed ({len(again):,} states) differ by " + (
        ", ".join(f"{k.replace('_', ' ')} {v:.0e}" for k, v in largest.items())
        + " at most (relative)."
    )
else:
    text = f"The shipped states were not made anew at scale {scale}; set `remake=True`."
display(Markdown(text))

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
with atomic_path(output / "checks.csv") as path:
    checks.to_csv(path, index=False)
failed = int(checks.failed.max())
law = checks[checks.check == "sign(v) ΔrG′ < 0"].iloc[0]
display(
    Markdown(
        f"{len(states) - failed:,} of {len(states):,} states pass all {len(checks)} checks. The "
        f"reaction nearest to equilibrium is {law['where']}, at {-law.worst:.3g} kJ/mol."
    )
)
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
figure = sampling.convergence(diagnostics, draws=len(states), source=shown)
save(figure, output / "convergence")
figure

# %%
mine = studies.diagnostics_table(fresh)
display(
    Markdown(
        f"Of {name}: least effective sample size {diagnostics.ess.min():,.0f}, largest R-hat "
        f"{diagnostics.rhat.max():.4f}. Of the fresh run of {len(fresh):,}: "
        f"{mine.ess.min():,.0f} and {mine.rhat.max():.4f}"
        + (", too short to have converged." if mine.rhat.max() > 1.05 else ".")
    )
)

# %% [markdown]
# **Does an independent run find the same distribution?**

# %%
figure = None
if states is shipped:
    agreement = studies.agreement(shipped, fresh)
    figure = sampling.two_samples(
        agreement,
        names=("The shipped states", f"a fresh run of {len(fresh):,}"),
        source=source,
    )
    save(figure, output / "two_samples")
figure

# %% [markdown]
# ## Concentrations
#
# **Where do the sampled concentrations lie, beside what was measured and what was allowed?**

# %%
concentrations = studies.concentration_table(network, states, constraints)
figure = figures.concentration_ranges(
    concentrations, states=len(states), fold=constraints.measured_fold, source=shown
)
save(figure, output / "concentrations")
figure

# %%
measured = concentrations[concentrations.measured_mM.notna()]
ratio = (measured["median"] / measured.measured_mM).to_numpy()
off = np.abs(np.log(ratio)) > math.log(1.5)
pushed = [f"{m} ({r:.2f})" for m, r in zip(measured.metabolite[off], ratio[off], strict=True)]
free = concentrations[concentrations.measured_mM.isna()]
decades = np.log10(free.high_95 / free.low_95)
display(
    Markdown(
        f"{len(pushed)} of {len(measured)} measured concentrations have a median that differs from "
        f"the measurement by more than a factor of 1.5 ({', '.join(pushed) or 'none'}; median over "
        "measured value). Nothing pulls a state to the measurement within the allowed factor; the "
        "second law, and the room that it leaves, decide. The "
        f"{len(free)} unmeasured ones are wide: 95 % of the states span {decades.median():.1f} "
        f"decades (median), {decades.min():.1f} to {decades.max():.1f}. What a kinetic model says "
        "about them is no more certain than that."
    )
)

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
size_of = energies["median"].abs()
near = list(energies.reaction[size_of < 1])
wrong = energies[((energies.sign > 0) & (energies.most >= 0))
                 | ((energies.sign < 0) & (energies.least <= 0))]  # fmt: skip
display(
    Markdown(
        f"{len(wrong)} of {len(energies)} reactions run uphill in any state. {len(near)} are near "
        f"equilibrium (median below 1 kJ/mol): {', '.join(near)}. {(size_of > 20).sum()} are far "
        "from it (above 20 kJ/mol)."
    )
)

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
beside = rates.merge(fluxes, on="reaction", suffixes=("", "_bound"))
lines = [
    f"{row.text} {row['median']:.3g} {row.unit} (95 %: {row.low_95:.3g} to {row.high_95:.3g}), "
    f"measured {row.value:.3g} ({row.low:.3g} to {row.high:.3g})"
    for _, row in beside.iterrows()
]
ratios = studies.flux_ratios(network, states)
beyond = ", ".join(f"{r.text} {r.median:.2f}" for r in ratios.itertuples())
display(
    Markdown(
        "; ".join(lines)
        + (f". Beyond the measurements (medians): {beyond}. Nothing in the constraints measures "
           "these ratios. They follow from the directions and the even sampling, not from data on "
           "this strain." if beyond else ".")
    )
)  # fmt: skip

# %% [markdown]
# ## Turnover, and why cells need small pools
#
# A pool that holds many minutes of its own throughput answers slowly, whatever the enzymes. Most
# pools are not measured. Within generic bounds some of them hold hours, so each unmeasured pool is
# held to a few minutes of its least throughput.
#
# **How long does each pool last, with this bound and without?** Red is the time constant that a
# valid model must reach.

# %%
sampled = studies.states_by_turnover(
    network,
    TURNOVER_TIMES,
    size["turnover_states"],
    seed=derived_seed(seed, 2),
    directions=states.provenance["directions"],
    steps_per_dimension=size["steps_per_dimension"],
)
generic = sampled[math.inf]
turnover = studies.turnover_table(network, states, constraints, generic=generic)
figure = figures.turnover_times(
    turnover,
    bound_min=constraints.turnover_time_min,
    settle_min=settle_min,
    states=len(states),
    generic_states=len(generic),
    source=source,
)
save(figure, output / "turnover_times")
figure


# %%
def slowest(sample: SteadyStates) -> np.ndarray:
    """Turnover time of the slowest pool of each state, in min."""
    return studies.turnover_times_min(network, sample).max(axis=1)


with_bound, without = slowest(states), slowest(generic)
pools = np.array(network.dynamic)[studies.turnover_times_min(network, states).argmax(axis=1)]
most, how_often = pd.Series(pools).value_counts().index[0], pd.Series(pools).value_counts().iloc[0]
display(
    Markdown(
        f"The slowest pool of a state turns over in {np.median(without):.0f} min without the bound "
        f"(median; {(without > settle_min).mean():.0%} of {len(generic):,} states have one slower "
        f"than {settle_min:.0f} min) and in {np.median(with_bound):.1f} min with it (at most "
        f"{with_bound.max():.1f}). With it the slowest is {most} in {how_often / len(pools):.0%} "
        "of the states"
        + (", a measured pool that the bound leaves alone." if most in constraints.measured_mM
           else ".")
    )
)  # fmt: skip

# %% [markdown]
# **What is the bound worth?** At some states of each kind: λmax of random KM sets, and of the
# fastest model that a plain search over KM finds with the same effort at each.

# %%
common = {"n_states": size["model_states"], "seed": seed, "workers": workers}
unbiased = studies.unbiased_by_turnover(network, sampled, models=size["models"], **common)
found = studies.search_by_turnover(network, sampled, models=size["search_models"], **common)
for file, data in (("unbiased_by_turnover.csv", unbiased), ("search_by_turnover.csv", found)):
    with atomic_path(output / file) as path:
        data.to_csv(path, index=False)
figure = sampling.turnover_and_speed(
    unbiased, found, threshold_per_h=threshold, models=size["search_models"], source=source
)
save(figure, output / "turnover_and_speed")
figure

# %%
parts, intervals = [], {}
for time, group in found.groupby("turnover_time_min", sort=False):
    random = unbiased.lambda_max_per_h[unbiased.turnover_time_min == time]
    by_chance = is_valid(random, threshold).sum()
    valid = int(is_valid(group.lambda_max_per_h, threshold).sum())
    intervals[time] = wilson_interval(valid, len(group))
    parts.append(
        f"{'no bound' if math.isinf(time) else f'{time:g} min'}: {by_chance} of "
        f"{len(random):,} random models valid; the search found one at {valid} of {len(group)} "
        f"states (95 %: {intervals[time][0]:.0%} to {intervals[time][1]:.0%}), median λmax "
        f"{group.lambda_max_per_h.median():.2f} 1/h"
    )
bounded = [t for t in intervals if math.isfinite(t)]
above = [f"{t:g}" for t in bounded if intervals[t][0] > intervals[math.inf][1]]
overlap = max(intervals[t][0] for t in bounded) <= min(intervals[t][1] for t in bounded)
display(
    Markdown(
        "; ".join(parts)
        + (f". At {', '.join(above)} min valid models are within reach at more states than without "
           "a bound (the intervals are apart). " if above else
           ". Too few states to tell the bounds from none (the intervals overlap). ")
        + ("The bounds do not differ among themselves beyond their intervals; the choice between "
           "them rests on longer searches (see `renaissance_kit.states.turnover`)."
           if overlap and len(bounded) > 1 else "")
    )
)  # fmt: skip

# %% [markdown]
# ## The default profile
#
# Generators are trained at one state, chosen by a stated rule.
#
# **Where does it stand among the others?**

# %%
profile = studies.profile_table(network, states)
profile_models = 200 if states is shipped else size["profile_models"]
figure = sampling.default_profile(
    profile, threshold_per_h=threshold, models=profile_models, source=shown
)
save(figure, output / "default_profile")
figure

# %%
chosen = profile[profile.role == "default"].iloc[0]
rank = int((profile.lambda_max_quantile < chosen.lambda_max_quantile).sum()) + 1
display(
    Markdown(
        f"State {chosen.state} is the default: number {rank} of {len(profile)} by its quantile of "
        f"{chosen.lambda_max_quantile:.2f} 1/h, at {chosen.distance:.2f} standard deviations from "
        f"the centroid; its slowest pool turns over in {with_bound[chosen.state]:.1f} min. The "
        f"rule: {states.provenance['default_rule']}."
    )
)

# %% [markdown]
# ## Beside the paper
#
# The states are our own sample: those of the paper are not public in a form that can be compared.

# %%
kinetic = len(network.kinetic_reactions)
odes = len(network.dynamic) + len(network.constant) + 1  # in the bioreactor, with biomass
quality = (
    f"least effective sample size {diagnostics.ess.min():,.0f}, "
    f"largest R-hat {diagnostics.rhat.max():.4f}"
)
rows = [
    ("C1", "thermodynamically consistent steady states", f"{len(states) - failed:,}",
     quality, len(states) >= 5000),
    ("C1", "profiles used for generation", f"1 (state {states.default_label})",
     "by the rule above", True),
    ("C2", "differential equations (bioreactor)", f"{odes}", "exact", True),
    ("C2", "reactions", f"{kinetic}", "exact", True),
    ("C2", "KM", f"{len(network.km_names)}", "exact", True),
    ("C2", "Vmax", f"{kinetic}", "exact", True),
]  # fmt: skip
claims = studies.claims_table(network, rows)
with atomic_path(output / "claims.csv") as path:
    claims.to_csv(path, index=False)
claims

# %%
summary = {
    "model": network.name,
    "scale": scale,
    "seed": seed,
    "states": len(states),
    "states_valid": len(states) - failed,
    "states_fresh": len(fresh),
    "default_state": states.default_label,
    "turnover_time_min": constraints.turnover_time_min,
    "ess_least": float(diagnostics.ess.min()),
    "rhat_largest": float(diagnostics.rhat.max()),
    "remade_largest_relative_difference": largest,
    "slowest_pool_median_min": float(np.median(with_bound)),
    "slowest_pool_median_min_without_bound": float(np.median(without)),
}
with atomic_path(output / "summary.json") as path:
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
pd.Series(summary, name="summary").to_frame()
