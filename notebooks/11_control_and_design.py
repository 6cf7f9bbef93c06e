# %% [markdown]
# # What limits a flux, and what would change it?
#
# Which enzymes limit what a strain makes, and how fast it grows? Metabolic control analysis answers
# for small changes: a *control coefficient* is the change of a flux or a concentration in percent
# when the maximal velocity of one enzyme rises by 1 %. It is exact at the steady state, and
# differs from model to model of an ensemble, since constants do. This notebook ranks the enzymes
# with their spread over models, by enzyme and by pathway, asks the same of constants and of the
# medium, and follows the steady state under large changes, where coefficients need not hold.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (a minute), laptop (minutes) or paper (half an hour)
output_dir = "../build/figures/11_control_and_design"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's, 1712)
seed = 1
ensemble: str = None  # file of one; None: notebook 02's of the same run, else the shipped one
targets: list[str] = None  # reactions whose fluxes are asked for; None: measured products, growth
enzymes: list[str] = None  # reactions that are scanned; None: those with the most control
models: list[int] = None  # how many valid models, or which; None takes it from the scale
workers = 2
widgets = True  # False leaves out the panel at the end

# %%
from pathlib import Path

import pandas as pd
from IPython.display import display

from renaissance_kit import Network, studies
from renaissance_kit.cli import check_injected
from renaissance_kit.control import control_coefficients, responses
from renaissance_kit.core import Run, write_csv
from renaissance_kit.figures import Source, control as figures, save, use_theme
from renaissance_kit.studies.pages import answers, control as page

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")
# A run that was killed resumes from what is kept in this folder.
run = Run(workers, output / "kept", progress=print)

# %%
sizes = page.Sizes.at(scale, models=models)
page.Sizes.table()

# %% [markdown]
# ## The models and their control coefficients

# %%
network = Network.open(network)
chosen, where = studies.valid_ensemble(
    network,
    sizes.models,
    path=ensemble,
    trained=output.parent / "02_generator_training" / "ensemble.nc",
    states=states,
)
batch = chosen.models(network)
source = Source(network.name, batch.state.label, seed, scale, studies.place_in_words(where))
wanted = studies.target_fluxes(network, batch.state, targets)
names = {**network.names, **studies.flux_names(network, wanted)}
coefficients = control_coefficients(batch, workers=workers)
page.models(chosen, coefficients, where)

# %% [markdown]
# ## Which enzymes limit?
#
# Coefficients of one flux over all enzymes sum to 1 (the summation theorem), so control is shared
# out. Where a flux takes part in a branch, single coefficients may be negative or above 1.

# %%
pathways = studies.reaction_pathways(network)
table = studies.coefficient_table(coefficients, wanted, pathways)
write_csv(output / "control.csv", table)
figure = figures.ranked(table, names=names, source=source)
save(figure, output / "ranked")
figure

# %%
page.ranked(table, names)

# %%
table.groupby("target", sort=False).head(8).round(3)

# %% [markdown]
# ## Which pathways?
#
# The sum of the coefficients of a pathway's enzymes: what a flux gains when all of them rise by 1 %
# together.

# %%
by_pathway = studies.group_table(coefficients, wanted, pathways)
write_csv(output / "pathways.csv", by_pathway)
figure = figures.ranked(by_pathway, of="pathway", names=names, source=source)
save(figure, output / "by_pathway")
figure

# %%
page.ranked(by_pathway, names, "pathway")

# %% [markdown]
# ## Which constants?
#
# The response to a Michaelis constant is the control of its enzyme times what the constant does to
# the rate. Vmax stays here; in a generator it follows the constants, so that the fluxes stay.

# %%
by_constant = studies.coefficient_table(
    responses(batch, "km", coefficients=coefficients),
    wanted,
    {name: pathways[name.split(":")[0]] for name in network.km_names},
)
write_csv(output / "constants.csv", by_constant)
figure = figures.ranked(by_constant, of="constant", names=names, source=source)
save(figure, output / "constants")
figure

# %%
page.ranked(by_constant, names, "constant")

# %% [markdown]
# And the surroundings: metabolites of the medium and others that are held.

# %%
around = studies.coefficient_table(
    responses(batch, "constants", coefficients=coefficients), wanted, {}
)
write_csv(output / "surroundings.csv", around)
around.groupby("target", sort=False).head(5).drop(columns="group").round(3)

# %% [markdown]
# ## Do large changes do what the coefficients say?
#
# From the steady state a branch is followed while one Vmax moves to its new value. It may end: then
# the model has no steady state there, and metabolites run away.

# %%
scanned = batch.with_km(batch.km_mM[: sizes.scanned_models])
first = studies.with_most_control(table) if enzymes is None else enzymes
scan = studies.scan_table(
    scanned, control_coefficients(scanned, workers=workers), first, wanted, page.FACTORS, run=run
)
write_csv(output / "scans.csv", scan)
figure = figures.scans(scan, names=names, source=source)
save(figure, output / "scans")
figure

# %%
page.scans(scan, names)

# %% [markdown]
# ## What becomes of a model without an enzyme?

# %%
knocked = batch.with_km(batch.km_mM[: sizes.knocked_models])
gone = studies.knock_out_table(knocked, wanted, pathways, run=run)
write_csv(output / "knock_outs.csv", gone)
page.knock_outs(gone)

# %%
gone.head(15).round(3)

# %% [markdown]
# ## The answer

# %%
answer = answers.control(table, names)
answer

# %%
summary = {
    "model": network.name,
    "steady_state": batch.state.label,
    "scale": scale,
    "seed": seed,
    "models": len(batch),
    "scanned_models": len(scanned),
    "knocked_models": len(knocked),
    "targets": list(wanted),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## Try it yourself
#
# Ask for other fluxes, and multiply Vmax of enzymes that you name.

# %%
if widgets:
    from renaissance_kit.panels import ControlPanel

    panel = ControlPanel(
        network,
        ensemble=ensemble,
        trained=output.parent / "02_generator_training" / "ensemble.nc",
        states=states,
        scale=scale,
        folder=output / "panel",
        workers=workers,
        models=len(chosen) if models is None else models,
        targets=targets,
        enzymes=enzymes,
    )
    display(panel)
