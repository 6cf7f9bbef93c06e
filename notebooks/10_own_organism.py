# %% [markdown]
# # Does it work for my organism?
#
# You have a constraint-based model of an organism, for cobrapy, and want kinetic models of it. This
# notebook goes the whole way with the core model of *E. coli* that cobrapy ships (Orth et al. 2010
# EcoSal Plus 4:10.2.1): a network drafted by rules, steady states, a trained generator, and models
# that are disturbed. For another organism change the parameters. The page `docs/own-network.md`
# goes the same way in words, and says what to do when a step fails.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (minutes), laptop (less than ten minutes) or paper (hours)
output_dir = "../build/figures/10_own_organism"
model = "textbook"  # a model that cobrapy ships, or path of SBML-fbc, JSON, YAML or MATLAB
new_network = "e_coli_core"  # name of what is drafted; its tables are written in output_dir
growth: str = "Biomass_Ecoli_core"  # id of the biomass reaction; None is the objective of the model
energies: str = None  # table of formation energies; None: that of acetyl phosphate
decisions: str = None  # decisions.csv of an earlier run, edited; None: all by rule
density_gDW_L = 300.0  # dry weight of a litre of cell
seed = 1
size = 0.5  # δ: concentrations are multiplied by 1 − δ to 1 + δ
tolerance = 0.01  # largest |c/c* − 1| of what has returned
workers = 2
# None takes these from the scale, see the table below.
n_states: int = None  # steady states that are sampled
generations: int = None  # steps of the training
models: int = None  # unbiased models, and models of the ensemble
perturbed: int = None  # valid models that are perturbed

# %%
from pathlib import Path

import cobra
import numpy as np
import pandas as pd

from renaissance_kit import Perturbation, Recipe, perturb, sample_steady_states, studies
from renaissance_kit.analysis import with_default_profile
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, write_csv
from renaissance_kit.draft import NetworkDraft
from renaissance_kit.figures import (
    Source,
    draft as draft_figures,
    overview,
    robustness as figures,
    save,
    use_theme,
)
from renaissance_kit.formats import write_sbml
from renaissance_kit.studies.pages import answers, own_organism as page

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")
# A run that was killed resumes from what is kept in this folder.
run = Run(workers, output / "kept", progress=print)

# %%
sizes = page.Sizes.at(
    scale, n_states=n_states, generations=generations, models=models, perturbed=perturbed
)
page.Sizes.table()

# %% [markdown]
# ## What the model does not say
#
# A constraint-based model has the reactions, a medium and the biomass. It has no energies. The kit
# has those of the metabolites of its *E. coli* network; what else is needed, the draft lists as a
# table to be filled in.

# %%
flux_model = model if Path(model).suffix else cobra.io.load_model(model)
first = NetworkDraft.from_cobra(flux_model, growth=growth, energies=energies)
first.missing_energies()

# %% [markdown]
# Acetyl phosphate: its hydrolysis has −43.1 kJ/mol at pH 7 (Jencks 1976); with the kit's energies
# of acetate and phosphate its energy of formation is −1226.4 kJ/mol. Formula and charge say of
# which protonation that is, and need not be those of the model.

# %%
if energies is None:
    energies = output / "energies.csv"
    row = {
        "metabolite": "actp",
        "formula": "C2H3O5P",
        "charge": -2,
        "dgf0_kJ_mol": -1226.4,
        "dgf0_error_kJ_mol": 8.4,
        "pka": 4.8,
        "source": "hydrolysis -43.1 kJ/mol at pH 7 (Jencks 1976)",
    }
    write_csv(energies, pd.DataFrame([row]))
draft = NetworkDraft.from_cobra(
    flux_model,
    growth=growth,
    energies=energies,
    decisions=decisions,
    density_gDW_L=density_gDW_L,
)
print(draft)
page.drafted(draft)

# %% [markdown]
# ## What the draft decides
#
# Rate laws, protons, directions, bounds: a constraint-based model leaves them open, and each has a
# rule. Every decision is a row with a reason; to decide otherwise, edit the column `choice` of
# `decisions.csv` and give the file back.

# %%
source = Source(new_network, draft.name, seed, scale)
figure = draft_figures.decisions_by_rule(draft.summary(), source=source)
save(figure, output / "decisions")
figure

# %%
page.decisions(draft.summary())

# %%
draft.decisions("transport").head(8)

# %%
network = draft.write(output / new_network, force=True)
print(network)

# %% [markdown]
# ## Steady states
#
# Nothing is measured yet: concentrations are between 1e-4 and 50 mM, as far as energies, fluxes and
# the turnover time allow. Own measurements go into `concentrations.csv` and `constraints.csv` of
# the folder. The state to work at is chosen by rule, the one of median speed.

# %%
sample = sample_steady_states(
    network, sizes.n_states, seed=seed, steps_per_dimension=sizes.steps_per_dimension
)
sample = with_default_profile(
    network, sample, examined=sizes.examined, models=sizes.profile_models, seed=seed
)
sample.save(network.folder / "steady_states.nc")
page.sampled(network, sample)

# %%
state = sample.default
threshold = network.conditions["eigenvalue_threshold"].value
source = Source(network.name, state.label, seed, scale)
unbiased = studies.unbiased_sampling(
    network, state, sizes.models, seed=seed, threshold_per_h=threshold, workers=workers
)
page.profile(sample, unbiased)

# %% [markdown]
# Where unbiased models are hardly ever valid, look at the state before you train: passive transport
# far from equilibrium and slow turnover are the usual reasons (`docs/slow-models.md`).

# %%
studies.transport_table(network, sample).round(3)

# %% [markdown]
# ## Training

# %%
recipe = Recipe.default(
    network,
    generations=sizes.generations,
    population=sizes.population,
    models_per_generator=sizes.models_per_generator,
    monitor_models=min(100, sizes.models_per_generator),
)
(trained,) = studies.run_repeats(network, state, recipe, seeds=[seed], models=sizes.models, run=run)
ensemble_file = output / "ensemble.nc"
trained.ensemble.save(ensemble_file)
check = studies.confirm_valid(ensemble_file, network)
assert check.confirmed == check.counted

# %% [markdown]
# **How fast are models with random constants, and how fast those of the generator?**

# %%
figure = overview.lambda_histogram(
    {
        "random KM": unbiased.lambda_max_per_h,
        f"after {sizes.generations} generations": trained.ensemble.lambda_max_per_h,
    },
    threshold_per_h=threshold,
    source=source,
)
save(figure, output / "lambda_max")
figure

# %%
page.trained(trained, unbiased, check)

# %% [markdown]
# ## Do they come back?
#
# Eigenvalues speak of small disturbances. Here every concentration is multiplied by a random number
# between 1 − δ and 1 + δ; totals of conserved moieties stay. The models are saved as
# `valid_models.nc` in the folder of the network, where the other notebooks look for them.

# %%
valid = trained.ensemble.select(trained.ensemble.valid)
if not len(valid):  # a test of seconds may not train long enough
    valid = trained.ensemble
valid.save(network.folder / "valid_models.nc")
read_min = page.read_min(network)
times_min = np.union1d(studies.RETURN_TIMES_MIN, read_min)
result = perturb(
    valid.select(np.arange(min(sizes.perturbed, len(valid)))).models(network),
    Perturbation(size=size, times_min=times_min, seed=seed),
    run=run,
)
shares = studies.return_shares(
    result,
    studies.variable_groups(network),
    times_min=times_min[times_min <= 2 * read_min[-1]],
    tolerances=[tolerance],
)
figure = figures.returned_over_time(shares, marked_min=read_min, source=source)
save(figure, output / "returned")
figure

# %%
page.returned(shares, read_min, tolerance=tolerance, size=size)

# %% [markdown]
# ## Take it to other programs
#
# One model as SBML, for COPASI, tellurium and others, and back. Our own file comes back to the last
# bit. Without what we write beside the model it is like a file of another program: then every rate
# law has to be recognised by the rates that it gives, and the constants are those of the formulas.

# %%
member = valid.select([0]).models(network)
(sbml_file,) = write_sbml(output / "model.xml", member)
exchange = studies.sbml_round_trip(network, member, sbml_file)
exchange.table()

# %%
page.exchanged(exchange)

# %% [markdown]
# ## The answer

# %%
answer = answers.own_organism(check, unbiased, shares, at_min=read_min[-1], tolerance=tolerance)
answer

# %%
summary = {
    "model": network.name,
    "constraint_based_model": draft.name,
    "steady_state": state.label,
    "scale": scale,
    "seed": seed,
    "growth_per_h": draft.growth_per_h,
    "n_decisions": len(draft.decisions()),
    "n_reactions": len(network.kinetic_reactions),
    "n_metabolites_dynamic": len(network.dynamic),
    "n_km": len(network.km_names),
    "states": len(sample),
    "threshold_per_h": threshold,
    "incidence_unbiased": unbiased.incidence,
    "incidence_trained": check.counted / check.models,
    "perturbed_models": result.finished.size,
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## What to do next
#
# Replace what the draft assumed by what you know: the medium, the growth rate, uptake and release,
# concentrations, dry weight. Then run the other notebooks with this network, for instance
#
# ```bash
# python -m renaissance_kit run 03_robustness -p network build/figures/10_own_organism/e_coli_core
# ```
