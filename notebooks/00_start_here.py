# %% [markdown]
# # Start here
#
# A kinetic model says how fast every reaction of a cell runs at given concentrations, and so how
# the cell reacts to a disturbance. Its fluxes and concentrations can be measured or computed; most
# of its Michaelis constants (KM) cannot, and random ones give models that react far too slowly or
# not stably at all. This toolkit trains a small neural network, the *generator*, that proposes KM
# sets whose models are stable and as fast as the real cell.
#
# First on a network of five reactions, then on *E. coli*. Every number has its unit: mM,
# mmol/gDW/h (per gram of dry weight), 1/h, min.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo, laptop or paper
output_dir = "../build/figures/00_start_here"
seed = 1
steady_state = -1  # number of the E. coli state; -1 is the default profile
workers = 2
# None takes these from the scale, see the table below.
models = None  # E. coli models with random KM, and from the generator
generations = None  # steps of the training on E. coli
population = None  # n: generators tried in a generation
models_per_generator = None  # models that each of them is judged by

# %%
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from renaissance_kit import (
    Generator,
    KineticModels,
    KMRanges,
    Network,
    Recipe,
    SteadyState,
    SteadyStates,
    train,
)
from renaissance_kit.figures import Source, overview, save, use_theme

use_theme()
output = Path(output_dir)

# %% [markdown]
# How large the *E. coli* part is at each scale:

# %%
SIZES = pd.DataFrame(
    {
        "smoke": {"models": 60, "generations": 2, "population": 4, "models_per_generator": 10},
        "demo": {"models": 500, "generations": 5, "population": 10, "models_per_generator": 40},
        "laptop": {"models": 2000, "generations": 15, "population": 20, "models_per_generator": 50},
        "paper": {"models": 5000, "generations": 50, "population": 20, "models_per_generator": 100},
    }
)
given = {
    "models": models,
    "generations": generations,
    "population": population,
    "models_per_generator": models_per_generator,
}
size = {k: int(SIZES.loc[k, scale]) if v is None else int(v) for k, v in given.items()}
SIZES

# %% [markdown]
# ## The ten lines, on five reactions
#
# Glucose enters, is phosphorylated by ATP, rearranged to fructose 6-phosphate, and leaves as
# fructose; the phosphate goes back to ADP. Everything below is a variation of these lines.

# %%
network = Network.example("tiny")
state = SteadyState.from_folder(network)

ranges = KMRanges.of(network)
km = ranges.uniform(500, np.random.default_rng(seed))
random_models = KineticModels(network, state, km)
spectrum = random_models.spectrum()

print(network)
print(f"λmax of the first model: {spectrum.lambda_max_per_h[0]:.0f} 1/h")
print(f"valid: {spectrum.incidence:.0%} of {len(random_models)} models")

# %% [markdown]
# What came from where:
#
# - `network`: which metabolite takes part in which reaction, and the rate law of each.
# - `state`: one steady state. Concentrations and fluxes at which nothing changes.
# - `km`: 500 random sets of Michaelis constants, spread evenly on a logarithmic scale between the
#   bounds 1.3e-3 and 20 mM. A reaction runs at half its maximal rate when its only substrate is at
#   a concentration of KM.
# - The maximal velocities (Vmax) are not free: they follow from fluxes, concentrations and KM.
# - `spectrum`: the eigenvalues of each model's Jacobian, see below.

# %%
pd.DataFrame(
    {
        "reaction": [
            " + ".join(m for m, _ in r.left) + " ⇌ " + " + ".join(m for m, _ in r.right)
            for r in network.reactions.values()
        ],
        "rate law": [r.rate_law.replace("_", " ") for r in network.reactions.values()],
        "flux (mmol/gDW/h)": state.fluxes_mmol_gDW_h,
        "Vmax of model 0 (mM/h)": random_models.vmax_mM_h[0].round(1),
    },
    index=pd.Index(network.reactions, name="id"),
)

# %%
tiny_source = Source(network.name, state.label, seed, scale)
figure = overview.concentrations(network.species, state.concentrations_mM, source=tiny_source)
save(figure, output / "tiny_concentrations")
figure

# %% [markdown]
# ## What λmax means
#
# Push the concentrations a little away from the steady state. Close to it, every way of returning
# is an exponential, exp(λt), and the λ are the eigenvalues of the Jacobian. With a positive real
# part the disturbance grows: the model is unstable. Otherwise it fades, and the slowest one, with
# the largest real part λmax, decides how long the cell takes: its time constant is −60/λmax
# minutes. *E. coli* W3110 trpD9923 doubles every 134 min, and a model counts as valid when
# λmax ≤ −2.5 1/h, a time constant of at most 24 min.

# %%
threshold = network.conditions["eigenvalue_threshold"].value
figure = overview.eigenvalues(
    spectrum.eigenvalues_per_h[0], threshold_per_h=threshold, source=tiny_source
)
save(figure, output / "tiny_eigenvalues")
figure

# %%
display(
    Markdown(
        f"Model 0 has λmax = {spectrum.lambda_max_per_h[0]:.0f} 1/h, a time constant of "
        f"{60 * spectrum.dominant_time_constant_min[0]:.0f} seconds. "
        f"{len(network.dynamic)} metabolites give {spectrum.eigenvalues_per_h.shape[1]} "
        f"eigenvalues, since {len(network.moieties)} sums of metabolites are conserved."
    )
)

# %% [markdown]
# ## A training in seconds
#
# Five reactions are fast whatever the KM. To have something to learn, ask for more: the threshold
# that only a tenth of the random models meet. The generator is a small network here, and natural
# evolution strategies change its weights: try random changes, and move towards those whose models
# are better.

# %%
strict = float(np.quantile(spectrum.lambda_max_per_h, 0.1).round())
training = train(
    network,
    state,
    seed=seed,
    recipe=Recipe.default(
        network, threshold_per_h=strict, generations=10, models_per_generator=50
    ).but(generator=Generator(ranges, hidden=(32, 32))),
    workers=workers,
)
trained = training.models(500, np.random.default_rng(seed + 1)).spectrum(threshold_per_h=strict)

# %% [markdown]
# **Do models from the trained generator meet a threshold that random ones miss?**

# %%
figure = overview.lambda_histogram(
    {"random KM": spectrum.lambda_max_per_h, "trained generator": trained.lambda_max_per_h},
    threshold_per_h=strict,
    source=tiny_source,
)
save(figure, output / "tiny_lambda_max")
figure

# %%
before = float((spectrum.lambda_max_per_h <= strict).mean())
display(
    Markdown(
        f"At a threshold of {strict:.0f} 1/h, {before:.0%} of the random models are valid and "
        f"{trained.incidence:.0%} of those of the generator, after "
        f"{training.models_evaluated:,} models in {training.history.seconds.sum():.1f} s."
    )
)

# %% [markdown]
# ## The same on *E. coli*
#
# The same lines; only the names differ. The steady states come with the toolkit (notebook 01 makes
# them), and the default profile is the one on which the generators are trained.

# %%
ecoli = Network.example("ecoli_w3110_trpd9923")
states = SteadyStates.example(ecoli)
profile = states.default if steady_state < 0 else states[steady_state]

km = KMRanges.of(ecoli).uniform(size["models"], np.random.default_rng(seed))
ecoli_spectrum = KineticModels(ecoli, profile, km).spectrum(workers=workers)
print(ecoli)
print(f"{len(states):,} steady states; this is number {profile.label}")

# %%
pd.Series(ecoli_spectrum.counts(), name="random models").to_frame()

# %% [markdown]
# A short training, too short to finish; notebook 02 does it at full length.

# %%
training = train(
    ecoli,
    profile,
    seed=seed,
    recipe=Recipe.default(ecoli, **{k: v for k, v in size.items() if k != "models"}),
    workers=workers,
)
ensemble = training.ensemble(size["models"], seed=seed + 1)
ensemble.save(output / "ecoli_ensemble.nc")
training.history.round(4)

# %% [markdown]
# **Which way do the models move?**

# %%
ecoli_threshold = ecoli.conditions["eigenvalue_threshold"].value
figure = overview.lambda_histogram(
    {
        "random KM": ecoli_spectrum.lambda_max_per_h,
        f"after {size['generations']} generations": ensemble.lambda_max_per_h,
    },
    threshold_per_h=ecoli_threshold,
    source=Source(ecoli.name, profile.label, seed, scale),
)
save(figure, output / "ecoli_lambda_max")
figure

# %%
medians = [np.nanmedian(v) for v in (ecoli_spectrum.lambda_max_per_h, ensemble.lambda_max_per_h)]
display(
    Markdown(
        f"Of {size['models']:,} models each, {int(ecoli_spectrum.valid.sum()):,} with random KM "
        f"and {int(ensemble.valid.sum()):,} from the generator are valid (λmax at or below "
        f"{ecoli_threshold:g} 1/h). The median λmax went from {medians[0]:.3g} to "
        f"{medians[1]:.3g} 1/h."
    )
)

# %% [markdown]
# Where to go on: `01_steady_states` (where fluxes and concentrations come from),
# `02_generator_training` (the training at full length, with repeats and comparisons),
# `03_robustness` (what valid models do after a perturbation), `04_bioreactor` (and in a batch
# fermentation).
# `ensemble.to_dataframe()` gives everything as a table, and the saved file opens with xarray alone.
