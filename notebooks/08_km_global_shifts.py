# %% [markdown]
# # Where do unknown KM go?
#
# The more Michaelis constants are held to data, the fewer are left to the generator. Where do those
# without any data go, and do generators that were trained with different seeds come to agree? This
# notebook compares trainings without data, with nine constants of the citric acid cycle, with all
# of the cycle, and with every measured constant of the network: principal components in one frame,
# and distances between trainings. It goes on from the ensembles of notebook 07 if they are there,
# and makes them otherwise. The paper: Choudhury et al. 2024 Nat Catal 7:1086.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (an hour or two)
output_dir = "../build/figures/08_km_global_shifts"
network = "ecoli_w3110_trpd9923"
seed = 1
subsystem = "Citric Acid Cycle"  # whose constants are held to data
also_reactions = "SUCDi"  # of the cycle, but tabulated elsewhere
km_table = None  # a table of your own; None is the network's
held = 9  # constants of the cycle held to data at a time
workers = 2
store = None  # folder that keeps the ensembles; None is one in output_dir
# None takes these from the scale, see the table below.
repeats = None  # generators without data, and as many with some of the cycle
full_repeats = None  # generators with all data of the cycle, and as many with all data
steps = None  # steps of a training by gradient
models = None  # models drawn from each generator
permutations = None  # shufflings that tell a change from noise

# %%
import json
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from renaissance_kit import KMMeasurements, Network, Recipe, studies
from renaissance_kit.analysis import change_table, label_test, width_decades
from renaissance_kit.core import Run, atomic_path, derived_seed, repeat_seeds
from renaissance_kit.figures import Source, save, use_theme
from renaissance_kit.figures import km_change as change_figures
from renaissance_kit.figures import km_shifts as figures

use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)

# %%
SIZES = pd.DataFrame(
    {
        "smoke": [2, 2, 3, 12, 40, 50],
        "demo": [3, 2, 50, 64, 400, 500],
        "laptop": [10, 5, 50, 64, 400, 2_000],
        "paper": [10, 10, 100, 64, 1_500, 10_000],
    },
    index=["repeats", "full_repeats", "steps", "models_per_step", "models", "permutations"],
)
given = {name: globals().get(name) for name in SIZES.index}
size = {k: int(SIZES.loc[k, scale] if v is None else v) for k, v in given.items()}
valid_only = scale != "smoke"  # too short a training has no valid models
SIZES

# %% [markdown]
# ## Levels of data

# %%
network = Network.open(network)
states, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc")
state = states.default
source = Source(network.name, state.label, seed, scale)
table = (
    KMMeasurements.example(network) if km_table is None else KMMeasurements.read(network, km_table)
)
also = also_reactions.split()
cycle = table.select(
    reactions=[
        r
        for r in network.kinetic_reactions
        if network.reactions[r].subsystem == subsystem or r in also
    ]
)
rng = np.random.default_rng(derived_seed(seed, 6))  # the combinations of notebook 07
nine = [cycle.sample(held, rng) for _ in range(size["repeats"])]
unknown = [name for name in network.km_names if name not in table.names]
job = studies.Integration(
    network,
    state,
    Recipe.by_gradient(network, steps=size["steps"], models_per_step=size["models_per_step"]),
    size["models"],
    Run(workers, output / "ensembles" if store is None else store, print),
    tuple(output.parent / f / "ensembles" for f in ("07_km_tca", "06_km_aconitase")),
)
full_seeds = [repeat_seeds(derived_seed(seed, i), size["full_repeats"]) for i in (8, 9)]
NONE, SOME, CYCLE, ALL = (
    "no data", f"{held} KM of the TCA cycle", f"{len(cycle.names)} KM of the TCA cycle",
    f"all {len(table.names)} measured",
)  # fmt: skip
levels = {
    NONE: job.repeats(None, seeds=repeat_seeds(seed, size["repeats"]), label=NONE),
    SOME: job.repeats(
        nine,
        seeds=repeat_seeds(derived_seed(seed, 7), size["repeats"]),
        label=SOME,
    ),
    CYCLE: job.repeats(cycle, seeds=full_seeds[0], label=CYCLE),
    ALL: job.repeats(table, seeds=full_seeds[1], label=ALL),
}
studies.run_table(levels).round(4)

# %% [markdown]
# Every figure below is about the constants that no level holds to data.
#
# ## One frame

# %%
km = {
    level: [run.parameters("km", valid_only=valid_only) for run in runs]
    for level, runs in levels.items()
}
rng = np.random.default_rng(derived_seed(seed, 3))
frame = studies.common_frame(km, unknown, rng=rng, models=min(400, size["models"]))
figure = figures.common_frame(frame, constants=len(unknown), source=source)
save(figure, output / "frame")
figure

# %%
even = 1 / len(unknown)
display(
    Markdown(
        f"The two components hold {frame.explained.sum():.1%} of the variance; two of "
        f"{len(unknown)} independent constants would hold {2 * even:.1%}. A frame of two "
        "components shows a small part of what the constants do, so the statements below are "
        "about all of them."
    )
)

# %% [markdown]
# ## Do they shift, and do they draw together?
#
# The distance of two trainings is the root mean square, over the constants, of the difference
# between their medians on log10. The finite number of models alone makes some of it. Shuffling the
# labels of trainings tells whether a level lies apart from "no data", and whether its trainings are
# nearer to each other than those without data.

# %%
distances = studies.repeat_distances(km, unknown, rng=rng)
with atomic_path(output / "distances.csv") as path:
    distances.to_csv(path, index=False)
figure = figures.repeat_distances(distances, source=source)
save(figure, output / "distances")
figure

# %%
rows = []
for level in (SOME, CYCLE, ALL):
    options = {"rng": rng, "permutations": size["permutations"]}
    apart = studies.shift_apart(km[NONE], km[level], unknown, **options)
    together = studies.drawn_together(km[NONE], km[level], unknown, **options)
    widths = [[width_decades(t[unknown]) for t in km[which]] for which in (NONE, level)]
    narrow = label_test(*widths, unknown, **options)
    width = narrow.mean()
    rows.append(
        {
            "level": level,
            "shift (decades)": apart.observed,
            "shift, shuffled": apart.mean,
            "p of shift": apart.p_value,
            "nearer to each other by (decades)": together.observed,
            "p of nearer": together.p_value,
            "width before (decades)": narrow.before.mean(),
            "width after (decades)": narrow.after.mean(),
            "width change, shuffled low": width.low,
            "width change, shuffled high": width.high,
            "narrower constants": int((narrow.change < 0).sum()),
            "narrower, shuffled": float((narrow.null < 0).sum(axis=1).mean()),
        }
    )
shifts = pd.DataFrame(rows).set_index("level")
with atomic_path(output / "shifts.csv") as path:
    shifts.to_csv(path)
shifts.T.round(4)

# %% [markdown]
# ## The constants behind the shift

# %%
changes = change_table(km[NONE], km[ALL], rng=rng, permutations=size["permutations"])
changes = changes[changes.name.isin(unknown)].reset_index(drop=True)
with atomic_path(output / "constants.csv") as path:
    changes.to_csv(path, index=False)
figure = change_figures.moved_most(changes, what="constants without data", source=source)
save(figure, output / "constants")
figure

# %%
last = shifts.loc[ALL]
found = int((changes.q_shift < 0.05).sum())
sentences = [
    f"With {ALL.removeprefix('all ')} constants held to data the constants without data shift by "
    f"{last['shift (decades)']:.3f} decades (root mean square; shuffled trainings: "
    f"{last['shift, shuffled']:.3f}, p = {last['p of shift']:.2g}).",
    f"{found} of {len(unknown)} shift beyond shuffling at q < 0.05.",
    "Trainings with data are "
    + ("nearer" if last["nearer to each other by (decades)"] > 0 else "further apart")
    + f" by {abs(last['nearer to each other by (decades)']):.4f} decades than those without "
    f"(p = {last['p of nearer']:.2g}).",
]
if not (last["p of shift"] < 0.05 or last["p of nearer"] < 0.05):
    sentences.append(
        "Neither is more than chance: a generator trained for the widest distribution covers what "
        "is valid, and data that leave most of it valid need not move it."
    )
display(Markdown(" ".join(sentences)))

# %% [markdown]
# ## Beside the paper

# %%
published_size = (
    size["repeats"] >= 10 and held == 9 and scale in ("laptop", "paper") and km_table is None
)
rows = [
    ("C17", "constants without data", "276", f"{len(unknown)}",
     f"{len(table.names)} of {len(network.km_names)} have data here", published_size)
]  # fmt: skip
for level in (SOME, ALL):
    row = shifts.loc[level]
    rows += [
        ("C17", f"shift of their medians, {level} (decades)", "shift",
         f"{row['shift (decades)']:.3f}",
         f"shuffled {row['shift, shuffled']:.3f}, p = {row['p of shift']:.3g}", published_size),
        ("C17", f"trainings nearer to each other, {level} (decades)", "draw together",
         f"{row['nearer to each other by (decades)']:+.4f}", f"p = {row['p of nearer']:.3g}",
         published_size),
        ("C17", f"mean width of 95 %, {level} (decades)", "narrower",
         f"{row['width before (decades)']:.3f} → {row['width after (decades)']:.3f}",
         f"shuffled change {row['width change, shuffled low']:+.4f} to "
         f"{row['width change, shuffled high']:+.4f}", published_size),
    ]  # fmt: skip
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
    "repeats": size["repeats"],
    "full_repeats": size["full_repeats"],
    "training_steps": size["steps"],
    "models": size["models"],
    "permutations": size["permutations"],
    "constants_without_data": len(unknown),
    "explained_by_two_components": float(frame.explained.sum()),
    **{
        f"{what} {level}".replace(" ", "_"): float(shifts.loc[level, column])
        for level in shifts.index
        for what, column in (
            ("shift", "shift (decades)"),
            ("p of shift", "p of shift"),
            ("nearer", "nearer to each other by (decades)"),
            ("p of nearer", "p of nearer"),
        )
    },
    "constants_shifted": found,
    "seconds_of_training": float(sum(r.seconds for runs in levels.values() for r in runs)),
    "workers": workers,
}
with atomic_path(output / "summary.json") as path:
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
pd.Series(summary, name="summary").to_frame()
