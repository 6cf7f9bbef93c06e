# %% [markdown]
# # Where do unknown KM go?
#
# The more Michaelis constants are constrained to measured ranges, the fewer are left to the
# generator. Where do those without any data go, and do generators that were trained with different
# seeds come to agree? This notebook compares trainings without data, with nine constants of the
# citric acid cycle, with all of the cycle, and with every measured constant of the network:
# principal components in one frame, and distances between trainings. It uses the ensembles of
# notebook 07 if they are there, and makes them otherwise. What data say about the other constants
# without any training, notebook 07 shows by rejection sampling. The paper: Choudhury et al. 2024
# Nat Catal 7:1086.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (a quarter of an hour) or paper (an hour or two)
output_dir = "../build/figures/08_km_global_shifts"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's)
seed = 1
subsystem = "Citric Acid Cycle"  # whose constants are constrained to measured ranges
also_reactions = "SUCDi"  # of the cycle, but tabulated elsewhere
km_table: str = None  # a table of your own; None is the network's
held = 9  # constants of the cycle constrained to measured ranges at a time
workers = 2
store: str = None  # folder that keeps the ensembles; None is one in output_dir
# None takes these from the scale, see the table below.
repeats: int = None  # generators without data, and as many with some of the cycle
full_repeats: int = None  # generators with all data of the cycle, and as many with all data
steps: int = None  # steps of a training by gradient
models: int = None  # models drawn from each generator
permutations: int = None  # of the labels, for the null distribution of a change

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit import Network, Recipe, studies
from renaissance_kit.analysis import change_table
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, derived_seed, repeat_seeds, write_csv
from renaissance_kit.figures import (
    Source,
    km_change as change_figures,
    km_shifts as figures,
    save,
    use_theme,
)
from renaissance_kit.studies.pages import answers, shifts as page

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")

# %%
size = page.Sizes.at(
    scale, repeats=repeats, full_repeats=full_repeats, steps=steps, models=models,
    permutations=permutations,
)  # fmt: skip
page.Sizes.table()

# %% [markdown]
# ## Levels of data

# %%
network = Network.open(network)
states, _ = studies.states_of(network, output.parent / "01_steady_states" / "states.nc", states)
state = states.default
source = Source(network.name, state.label, seed, scale)
table = studies.measurements_of(network, km_table)
cycle = studies.measured_in(network, table, subsystem, also_reactions.split())
rng = np.random.default_rng(derived_seed(seed, 6))  # the combinations of notebook 07
nine = [cycle.sample(held, rng) for _ in range(size.repeats)]
unknown = [name for name in network.km_names if name not in table.names]
job = studies.Integration(
    network,
    state,
    Recipe.by_gradient(network, steps=size.steps, models_per_step=size.models_per_step),
    size.models,
    Run(workers, output / "ensembles" if store is None else store, print),
    tuple(output.parent / f / "ensembles" for f in ("07_km_tca", "06_km_aconitase")),
)
full_seeds = [repeat_seeds(derived_seed(seed, i), size.full_repeats) for i in (8, 9)]
NONE, SOME, CYCLE, ALL = (
    "no data", f"{held} KM of the TCA cycle", f"{len(cycle.names)} KM of the TCA cycle",
    f"all {len(table.names)} measured",
)  # fmt: skip
levels = {
    NONE: job.repeats(None, seeds=repeat_seeds(seed, size.repeats), label=NONE),
    SOME: job.repeats(
        nine,
        seeds=repeat_seeds(derived_seed(seed, 7), size.repeats),
        label=SOME,
    ),
    CYCLE: job.repeats(cycle, seeds=full_seeds[0], label=CYCLE),
    ALL: job.repeats(table, seeds=full_seeds[1], label=ALL),
}
studies.run_table(levels).round(4)

# %% [markdown]
# Every figure below is about the constants that no level constrains to measured ranges.
#
# ## One frame

# %%
km = {
    level: [run.parameters("km", valid_only=size.valid_only) for run in runs]
    for level, runs in levels.items()
}
rng = np.random.default_rng(derived_seed(seed, 3))
frame = studies.common_frame(km, unknown, rng=rng, models=min(400, size.models))
figure = figures.common_frame(frame, constants=len(unknown), source=source)
save(figure, output / "frame")
figure

# %%
page.components(frame)

# %% [markdown]
# ## Do they shift, and do they draw together?
#
# The distance of two trainings is the root mean square, over the constants, of the difference
# between their medians on log10. The finite number of models alone makes some of it. Permuting the
# labels of trainings tells whether a level lies apart from "no data", and whether its trainings are
# nearer to each other than those without data.

# %%
distances = studies.repeat_distances(km, unknown, rng=rng)
write_csv(output / "distances.csv", distances)
figure = figures.repeat_distances(distances, source=source)
save(figure, output / "distances")
figure

# %%
page.distances(distances)

# %%
shifts = studies.shift_table(
    km, unknown, levels=(SOME, CYCLE, ALL), rng=rng, permutations=size.permutations
)
write_csv(output / "shifts.csv", shifts, index=True)
shifts.T.round(4)

# %% [markdown]
# ## The constants behind the shift

# %%
changes = change_table(km[NONE], km[ALL], rng=rng, permutations=size.permutations)
changes = changes[changes.name.isin(unknown)].reset_index(drop=True)
write_csv(output / "constants.csv", changes)
figure = change_figures.moved_most(
    changes, what="constants without data", names=network.names, source=source
)
save(figure, output / "constants")
figure

# %%
page.shifted(shifts, ALL, changes)

# %% [markdown]
# ## Beside the paper

# %%
published_size = (
    size.repeats >= 10 and held == 9 and scale in ("laptop", "paper") and km_table is None
)
rows = page.claims(
    shifts, (SOME, ALL), unknown=len(unknown), measured=len(table.names),
    constants=len(network.km_names),
)  # fmt: skip
claims = studies.claims_table(network, [(*row, published_size) for row in rows])
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.shifts(network, shifts, ALL, changes)
answer

# %%
summary = {
    "model": network.name,
    "steady_state": state.label,
    "scale": scale,
    "seed": seed,
    "repeats": size.repeats,
    "full_repeats": size.full_repeats,
    "training_steps": size.steps,
    "models": size.models,
    "permutations": size.permutations,
    "constants_without_data": len(unknown),
    "explained_by_two_components": float(frame.explained.sum()),
    **page.summary(shifts),
    "constants_shifted": page.shifted_constants(changes),
    "seconds_of_training": float(sum(r.seconds for runs in levels.values() for r in runs)),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)
