# %% [markdown]
# # What do four measured KM tell?
#
# The Michaelis constants of aconitase have been measured. What do they say about the parameters
# that have not? This notebook trains generators with and without the four constants and compares
# what they make: the width of each distribution, its median, its shape, and the correlations
# between parameters. A generator that is trained twice gives two different distributions, so every
# change is compared with what appears when the labels "with" and "without" are shuffled among the
# trainings. The results stand beside the published ones (Choudhury et al. 2024 Nat Catal 7:1086,
# "the paper" below).

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (an hour or two)
output_dir = "../build/figures/06_km_aconitase"
network = "ecoli_w3110_trpd9923"
seed = 1
reactions = "ACONTa ACONTb"  # whose measured constants are held to their data
km_table = None  # a table of your own; None is the network's
start = "new"  # generators begin untrained ("new"), or go on from one without data ("trained")
workers = 2
store = None  # folder that keeps the ensembles; None is one in output_dir
# None takes these from the scale, see the table below.
repeats = None  # generators without the data, and as many with them
steps = None  # steps of a training by gradient
models_per_step = None  # models that judge a step
models = None  # models drawn from each generator
permutations = None  # shufflings that tell a change from noise
evolution_repeats = None  # trainings by evolution with and without data; 0: none
widgets = True  # False leaves out the panel at the end

# %%
import json
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from renaissance_kit import KMMeasurements, Network, Recipe, studies
from renaissance_kit.analysis import (
    Pairs,
    change_table,
    correlation_changes,
    incidence_by_measurement,
    measured_intervals,
    narrowing,
)
from renaissance_kit.analysis.km_conflicts import ALL_IN, AS_GENERATED
from renaissance_kit.core import Run, atomic_path, derived_seed, repeat_seeds
from renaissance_kit.figures import Source, save, use_theme
from renaissance_kit.figures import km_change as figures
from renaissance_kit.network import reaction_distances, with_distance

use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)

# %% [markdown]
# What each scale does. Repeats are trainings by gradient, each with and without data; they take a
# fraction of the time of the published evolution strategy, which is run for comparison.

# %%
SIZES = pd.DataFrame(
    {
        "smoke": [2, 3, 12, 40, 50, 1],
        "demo": [3, 50, 64, 400, 500, 0],
        "laptop": [10, 50, 64, 400, 2_000, 1],
        "paper": [20, 100, 64, 1_500, 10_000, 5],
    },
    index=["repeats", "steps", "models_per_step", "models", "permutations", "evolution_repeats"],
)
EVOLUTION = {"smoke": (2, 3, 8), "demo": (50, 20, 100), "laptop": (50, 20, 50),
             "paper": (50, 20, 100)}  # generations, generators, models of each  # fmt: skip
given = {name: globals().get(name) for name in SIZES.index}
size = {k: int(SIZES.loc[k, scale] if v is None else v) for k, v in given.items()}
valid_only = scale != "smoke"  # too short a training has no valid models
SIZES

# %% [markdown]
# ## The data

# %%
network = Network.open(network)
states, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc")
state = states.default
source = Source(network.name, state.label, seed, scale)
table = (
    KMMeasurements.example(network) if km_table is None else KMMeasurements.read(network, km_table)
)
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
recipe = Recipe.by_gradient(network, steps=size["steps"], models_per_step=size["models_per_step"])
job = studies.Integration(
    network,
    state,
    recipe,
    size["models"],
    Run(workers, output / "ensembles" if store is None else store, print),
    (
        output.parent / "07_km_tca" / "ensembles",
        output.parent / "08_km_global_shifts" / "ensembles",
    ),
)
seeds = repeat_seeds(derived_seed(seed, 5), size["repeats"])
without = job.repeats(None, seeds=repeat_seeds(seed, size["repeats"]), label="without data")
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
pool = without[0].ensemble
pool = pool.select(np.flatnonzero(pool.valid | (not valid_only))[:200])
blame = incidence_by_measurement(
    pool.models(network), measured.ranges(), seed=derived_seed(seed, 2), workers=workers
)
as_before, all_in = blame.without[AS_GENERATED], blame.without[ALL_IN]
blame.round(4)

# %%
bound = ""
if valid_only:
    bound = (
        " A model into which the data are put keeps all its other constants. So there is a "
        "distribution of the other constants that goes with the data: that of the models that "
        f"stay valid, which is the one without data but for {1 - all_in:.1%} of its mass. The "
        "dynamics force no other constant to move further than that; what moves further is the "
        "choice of the generator among many good answers."
    )
display(
    Markdown(
        f"With all {len(names)} constants put in, {all_in:.1%} of {len(pool)} models are valid, "
        f"against {as_before:.1%} before." + bound
    )
)

# %% [markdown]
# ## Before and after


# %%
def tables_of(group: list, kind: str) -> list[pd.DataFrame]:
    """Parameters of every ensemble of a group; without those of mass action, which no KM moves."""
    tables = [run.parameters(kind, valid_only=valid_only) for run in group]
    moves = tables[0].columns[np.ptp(np.log10(tables[0].to_numpy()), axis=0) > 1e-9]
    return [t[moves] for t in tables]


KINDS = {"km": "KM", "vmax": "Vmax", "vmax_per_km": "Vmax/KM"}
before = {kind: tables_of(without, kind) for kind in KINDS}
after = {kind: tables_of(with_data, kind) for kind in KINDS}
SHOWN = [
    ("vmax_per_km", "ACONTa:cit_c", "Vmax/KM of ACONTa for citrate", "1/h"),
    ("vmax_per_km", "ACONTb:icit_c", "Vmax/KM of ACONTb for isocitrate", "1/h"),
    ("vmax", "ICDHyr", "Vmax of ICDHyr", "mM/h"),
    ("vmax", "AKGDH", "Vmax of AKGDH", "mM/h"),
    ("km", "ICDHyr:icit_c", "KM of ICDHyr for isocitrate", "mM"),
    ("km", "AKGDH:akg_c", "KM of AKGDH for 2-oxoglutarate", "mM"),
]
figure = figures.densities(
    [
        figures.Panel(
            title,
            unit,
            [t[name].to_numpy() for t in before[kind]],
            [t[name].to_numpy() for t in after[kind]],
            intervals.get(name) if kind == "km" else None,
        )
        for kind, name, title, unit in SHOWN
    ],
    integrated=f"the {len(names)} measured constants of {' and '.join(held_reactions)}",
    models=sum(len(t) for t in before["km"] + after["km"]),
    source=source,
)
save(figure, output / "densities")
figure

# %% [markdown]
# The rate law and the steady state tie Vmax to KM: with both constants of ACONTa held, its Vmax and
# its Vmax/KM are narrow by arithmetic, in one model as in a thousand. That says nothing yet about
# propagation, which is about parameters of other reactions.
#
# ## What changed, and how far away
#
# Three numbers for each parameter: shift of the median, narrowing of the central 95 %, and the
# Jensen-Shannon distance of the two distributions. Each has a p-value from shuffled trainings and,
# over all parameters of a kind, a false discovery rate q (Benjamini & Hochberg).

# %%
rng = np.random.default_rng(derived_seed(seed, 3))
changes = {}
for kind, label in KINDS.items():
    found = change_table(
        before[kind], after[kind], rng=rng, permutations=size["permutations"], paired=trained
    )
    found = found[~found.name.isin(names)] if kind == "km" else found
    changes[label] = with_distance(found.reset_index(drop=True), network, names)
for label, found in changes.items():
    with atomic_path(output / f"changes_{label.replace('/', '_per_')}.csv") as path:
        found.to_csv(path, index=False)
display(
    Markdown(
        "Not counted as steps between reactions: "
        + ", ".join(sorted({network.metabolites[m].base for m in network.currency}))
        + ", in every compartment, and the growth reaction."
    )
)
figure = figures.change_by_distance(changes, source=source)
save(figure, output / "by_distance")
figure

# %%
elsewhere = {
    label: found[~found.name.str.partition(":")[0].isin(held_reactions)]
    for label, found in changes.items()
}
counts = pd.DataFrame(
    {
        label: {
            "parameters of other reactions": len(found),
            "shifted (q < 0.05)": int((found.q_shift < 0.05).sum()),
            "narrowed (q < 0.05)": int(((found.q_narrowing < 0.05) & (found.narrowing > 0)).sum()),
            "widened (q < 0.05)": int(((found.q_narrowing < 0.05) & (found.narrowing < 0)).sum()),
            "other shape (q < 0.05)": int((found.q_distance < 0.05).sum()),
            "largest shift (decades)": float(found["shift"].abs().max()),
        }
        for label, found in elsewhere.items()
    }
)
counts.round(3)

# %%
figure = figures.moved_most(elsewhere["KM"], rows=20, what="KM of other reactions", source=source)
save(figure, output / "moved_most")
figure

# %%
near = reaction_distances(network, names)
neighbours = [n for n in network.km_names if near[n.partition(":")[0]] <= 1]
total = int(counts.loc["shifted (q < 0.05)"].sum() + counts.loc["other shape (q < 0.05)"].sum())
display(
    Markdown(
        f"Of {int(counts.loc['parameters of other reactions'].sum())} parameters of other "
        f"reactions, {int(counts.loc['shifted (q < 0.05)'].sum())} shifted and "
        f"{int(counts.loc['other shape (q < 0.05)'].sum())} changed shape by more than shuffled "
        "trainings do. "
        + (
            "No propagation can be told from noise here. The generator is trained for the widest "
            "distribution of valid models, and the data leave nearly all models valid, so nothing "
            "has to move."
            if total == 0
            else "These are the parameters to which the data propagate."
        )
    )
)
pd.concat(
    [found.assign(kind=label) for label, found in elsewhere.items()]
).sort_values("p_distance", kind="stable").head(12)[
    ["kind", "name", "distance_steps", "shift", "p_shift", "q_shift", "narrowing", "q_narrowing",
     "distance", "distance_shuffled", "q_distance"]
].round(4)  # fmt: skip

# %% [markdown]
# **Correlations.** Pairs of constants of the reactions with data and of their neighbours.

# %%
local = [n for n in neighbours if n not in names]
joint_before, joint_after = (
    [
        pd.concat([km.add_prefix("KM "), vmax.add_prefix("Vmax ")], axis=1)
        for km, vmax in zip(group["km"], group["vmax"], strict=True)
    ]
    for group in (before, after)
)
first = [f"KM {n}" for n in local]
second = first + [f"Vmax {r}" for r in near.index[near <= 1] if r not in held_reactions]
pairs = Pairs.between(first, second, list(joint_before[0].columns))
correlations = correlation_changes(
    joint_before, joint_after, pairs, rng=rng, permutations=size["permutations"], paired=trained
)
with atomic_path(output / "correlations.csv") as path:
    correlations.to_csv(path, index=False)
display(
    Markdown(
        f"Of {len(correlations):,} pairs {int((correlations.q_value < 0.05).sum())} change their "
        "correlation by more than shuffled trainings do (q < 0.05)."
    )
)
correlations.head(8).round(4)

# %% [markdown]
# ## The published route
#
# The evolution strategy ends in narrower distributions, at a place that depends on the seed. One
# training of each kind cannot be tested; what two trainings without data differ by is shown beside
# it.

# %%
by_evolution = None
if size["evolution_repeats"]:
    generations, population, each = EVOLUTION[scale]
    evolved = studies.Integration(
        network,
        state,
        Recipe.default(
            network, generations=generations, population=population, models_per_generator=each,
            monitor_models=min(100, 5 * each),
        ),
        size["models"],
        job.run,
        job.also,
    )  # fmt: skip
    n = size["evolution_repeats"]
    others = repeat_seeds(derived_seed(seed, 4), 2 * n + 1)
    evolved_without = evolved.repeats(None, seeds=others[: n + 1], label="evolution without data")
    evolved_with = evolved.repeats(measured, seeds=others[n + 1 :], label="evolution with data")
    free = [name for name in network.km_names if name not in names]
    rows = []
    for what, a, b in (
        ("without → with data", evolved_without[0], evolved_with[0]),
        ("without → without, another seed", evolved_without[0], evolved_without[-1]),
        ("by gradient, without → with data", without[0], with_data[0]),
        ("by gradient, without → without, another seed", without[0], without[-1]),
    ):
        pair = narrowing(*(run.parameters("km", valid_only=valid_only)[free] for run in (a, b)))
        rows.append(
            {
                "comparison": what,
                "incidence after": b.incidence,
                "median width before (decades)": pair.width_before.median(),
                "median width after (decades)": pair.width_after.median(),
                "median |shift| (decades)": pair["shift"].abs().median(),
                "narrowed constants": float((pair.narrowing > 0).mean()),
                "median Jensen-Shannon distance": pair.distance.median(),
            }
        )
    by_evolution = pd.DataFrame(rows)
    with atomic_path(output / "routes.csv") as path:
        by_evolution.to_csv(path, index=False)
    display(by_evolution.round(3))
    data_moves, seed_moves = by_evolution["median |shift| (decades)"].iloc[:2]
    display(
        Markdown(
            f"By evolution, a training with data differs from one without by {data_moves:.2f} "
            f"decades (median over the constants), and two trainings without data by "
            f"{seed_moves:.2f}. "
            + (
                "A single comparison would show a change of nearly every constant, and nearly all "
                "of it would be that of the seed."
                if data_moves < 1.5 * seed_moves
                else "The data move more than the seed does."
            )
        )
    )

# %% [markdown]
# ## Beside the paper
#
# The paper shows distributions before and after. Here a change counts if it is more than what
# shuffled trainings show.


# %%
def verdict(row: pd.Series) -> str:
    """Whether a narrowing is more than shuffled trainings show."""
    return f"p = {row.p_narrowing:.3g}, q = {row.q_narrowing:.3g} for the width; " + (
        f"shift {row['shift']:+.2f} decades, q = {row.q_shift:.3g}"
    )


published_size = size["repeats"] >= 10 and scale in ("laptop", "paper") and km_table is None
rows = []
for label, name, expected in (
    ("Vmax/KM", "ACONTa:cit_c", "narrower"),
    ("Vmax", "ICDHyr", "narrower"),
    ("Vmax", "AKGDH", "narrower"),
):
    row = changes[label].set_index("name").loc[name]
    rows.append(
        ("C14", f"width of {label} of {name} (decades)", expected,
         f"{row.width_before:.2f} → {row.width_after:.2f}", verdict(row), published_size)
    )  # fmt: skip
downstream = changes["KM"][changes["KM"].distance_steps.between(1, 3)]
rows.append(
    ("C14", "KM within 1 to 3 steps that change (q < 0.05)", "downstream KM change",
     f"{int((downstream.q_distance < 0.05).sum())} of {len(downstream)}",
     f"{int((downstream.q_shift < 0.05).sum())} by their median; "
     f"{size['repeats']} trainings with and without data, {size['permutations']:,} permutations",
     published_size)
)  # fmt: skip
claims = pd.DataFrame(rows, columns=["claim", "quantity", "paper", "here", "spread", "comparable"])
with atomic_path(output / "claims.csv") as path:
    claims.to_csv(path, index=False)
claims

# %%
summary = {
    "model": network.name,
    "steady_state": state.label,
    "scale": scale,
    "seed": seed,
    "constants_held": list(names),
    "repeats": size["repeats"],
    "training_steps": size["steps"],
    "models": size["models"],
    "permutations": size["permutations"],
    "start": start,
    "incidence_without": float(runs.incidence[0]),
    "incidence_with": float(runs.incidence[1]),
    "incidence_with_data_put_in": float(all_in),
    **{
        f"{label}_of_other_reactions_{what.split(' (')[0].replace(' ', '_')}": float(value)
        for label in counts.columns
        for what, value in counts[label].items()
    },
    "correlations_tested": len(correlations),
    "correlations_changed": int((correlations.q_value < 0.05).sum()),
    "seconds_of_training": float(sum(run.seconds for run in [*without, *with_data])),
    "workers": workers,
}
with atomic_path(output / "summary.json") as path:
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
pd.Series(summary, name="summary").to_frame()

# %% [markdown]
# ## Try it yourself
#
# Pick other measurements, and see whether the distributions of the constants that are not held, and
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
        **{name: size[name] for name in ("repeats", "steps", "models_per_step", "models")},
    )
    display(panel)
