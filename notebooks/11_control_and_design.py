# %% [markdown]
# # What limits a flux, and what would change it?
#
# Which enzymes limit what a strain makes, and how fast it grows? Metabolic control analysis answers
# for small changes: a *control coefficient* is the change of a flux or a concentration in percent
# when the maximal velocity of one enzyme rises by 1 %. It is exact at the steady state, and
# differs from model to model of an ensemble, since constants do. This notebook ranks the enzymes
# with their spread over models, by enzyme and by pathway, asks the same of constants and of the
# medium, and follows the steady state under large changes, where coefficients need not hold.
#
# Then it designs strains. From the coefficients of each model a mixed-integer linear problem finds
# the few enzymes to make more or less of for the largest yield, within limits on concentrations,
# growth and directions (network response analysis, Tsouka et al. 2021 Metab Eng 66:191; Narayanan
# et al. 2024 Nat Commun 15:723). Each design is taken to all models, and to the equations
# themselves; the designs that were published and the strains that were built stand beside.

# %% tags=["parameters"]
scale = "demo"  # smoke, demo (a minute), laptop (minutes) or paper (half an hour)
output_dir = "../build/figures/11_control_and_design"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's, 1712)
condition: str = None  # one whose levels of genes are measured; models are made at its states
levels: str = None  # table of levels of genes; None: expression.csv of the network
seed = 1
ensemble: str = None  # file of one; None: notebook 02's of the same run, else the shipped one
targets: list[str] = None  # reactions whose fluxes are asked for; None: measured products, growth
enzymes: list[str] = None  # reactions that are scanned; None: those with the most control
models: list[int] = None  # how many valid models, or which; None takes it from the scale
product: str = None  # reaction whose flux a design raises; None: what releases the product
uptake: str = None  # per flux of this reaction; None: what takes up the measured substrate
excluded: list[str] = None  # reactions whose enzyme a design leaves alone; None: ATP maintenance
highest_fold = 5.0  # of an enzyme in a design
lowest_fold = 0.01  # of an enzyme in a design; stands for a knock-out
concentration_fold = 3.0  # largest change of a concentration by a design
least_growth = 0.8  # share of the growth rate that a design keeps
near_best = 0.95  # share of the best ln fold that a design is listed from
# None takes these from the scale, see the table below.
design_models: int = None  # models that are searched for designs, at each set of states
design_enzymes: int = None  # changed at most by a design
designs_per_model: int = None  # that are listed at most
checked_designs: int = None  # taken to the equations
reactor_models: int = None  # in which designs are grown
feedback_models: int = None  # in which further strains are grown: without feedback, and so on
training_steps: int = None  # of the generators of the models that are designed with
condition_states: int = None  # steady states of the condition
workers = 2
widgets = True  # False leaves out the panel at the end

# %%
from pathlib import Path

import pandas as pd
from IPython.display import display

from renaissance_kit import Network, Recipe, studies, train
from renaissance_kit.cli import check_injected
from renaissance_kit.control import control_coefficients, responses
from renaissance_kit.core import Run, write_csv
from renaissance_kit.figures import (
    Source,
    control as figures,
    design as design_figures,
    save,
    use_theme,
)
from renaissance_kit.simulation import engineered_strains
from renaissance_kit.studies.pages import (
    answers,
    control as page,
    design as design_page,
    genes as gene_page,
)

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")
# A run that was killed resumes from what is kept in this folder.
run = Run(workers, output / "kept", progress=print)

# %%
sizes = page.Sizes.at(scale, models=models)
size = design_page.Sizes.at(
    scale,
    design_models=design_models,
    design_enzymes=design_enzymes,
    designs_per_model=designs_per_model,
    checked_designs=checked_designs,
    reactor_models=reactor_models,
    feedback_models=feedback_models,
    training_steps=training_steps,
    condition_states=condition_states,
)
chain = studies.Chain()
pd.concat([page.Sizes.table(), design_page.Sizes.table()])

# %% [markdown]
# ## The models and their control coefficients
#
# With a `condition`, the whole chain is walked: from the levels of its genes to steady states, to a
# generator, to its models, to their control, to designs and to the bioreactor.

# %%
network = Network.open(network)
expression = studies.expression_for(network, condition, levels)
if expression is not None:
    with chain.link(f"levels of genes and steady states, {condition}"):
        fit, sample = studies.states_in_condition(
            network, expression, condition, size.condition_states, seed=seed
        )
    sample.save(output / "states.nc")
    with chain.link(f"training, {condition}", sizes.models):
        recipe = Recipe.by_gradient(network, steps=size.training_steps or studies.FEW_STEPS)
        made = train(network, sample.default, seed=seed, recipe=recipe)
        ensemble = str(output / "ensemble.nc")
        made.ensemble(max(2 * sizes.models, 100), seed=seed).save(ensemble)
    display(gene_page.single({condition: fit}))

# %%
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
# ## Which strain?
#
# The control coefficients of a model say, in logarithms, what any set of changed enzymes does to
# fluxes and concentrations. So the best set of few enzymes is a mixed-integer linear problem, with
# limits that keep the answer near the steady state from which the coefficients were computed. The
# models are those of generators trained by gradient, in the network with inhibition and activation
# where there is a table of them, at the shipped states and at the study's.

# %%
# From a state to models, to their coefficients, to designs: the links of the chain are timed.
regulated = studies.regulated_network(network) or network
known = studies.known_designs(regulated)
if condition is None:
    first_states = output.parent / "01_steady_states" / "states.nc"
    places = studies.states_for_design(regulated, first_states, states)
else:
    places = {condition: sample.default}
found = {}
for at, state in places.items():
    with chain.link(f"training, {at}", size.design_models):
        trained = studies.models_for_design(
            regulated, at, state, size.design_models, steps=size.training_steps, seed=seed
        )
    with chain.link(f"control coefficients, {at}", len(trained)):
        control = control_coefficients(trained, workers=workers)
    problem = studies.yield_problem(
        regulated,
        trained.state,
        product,
        uptake,
        excluded=excluded,
        enzymes=size.design_enzymes,
        highest_fold=highest_fold,
        lowest_fold=lowest_fold,
        concentration_fold=concentration_fold,
        least_growth=least_growth,
    )
    with chain.link(f"designs, {at}", len(trained)):
        found[at] = studies.design_study(
            trained,
            control,
            problem,
            known=known,
            share=near_best,
            most=size.designs_per_model,
            run=run,
        )
target = design_page.target(regulated, problem)
design_page.problem(regulated, problem)

# %%
write_csv(output / "designs.csv", pd.concat([s.table.assign(states=at) for at, s in found.items()]))
for at, study in found.items():
    if study.found is not None:
        figure = design_figures.found_designs(
            study.table, target=target, source=study.source(seed, scale)
        )
        save(figure, output / f"designs_{studies.file_word(at)}")
        display(figure)

# %%
design_page.at_states({at: design_page.found(s, target=target) for at, s in found.items()})

# %% [markdown]
# **Does one strain serve all models?** The folds of the enzymes that are best differ between
# models; a strain has one set.

# %%
design_page.at_states({at: design_page.held(study) for at, study in found.items()})

# %%
pd.concat({at: studies.enzyme_table(s.designs).head(8) for at, s in found.items()}).round(2)

# %% [markdown]
# ## Would the ensemble have named what was published, and what was built?
#
# Published designs are those of ten models of the same strain at ten states. Two strains were
# built (Balderas-Hernández et al. 2009 Microb Cell Fact 8:19): with a feedback-resistant *aroG*
# (DDPA), and with *tktA* (TKT1, TKT2) as well.

# %%
built = list(engineered_strains(regulated))
measured = studies.measured_yields(regulated, built, product, uptake)
known_tables = {at: study.known_table for at, study in found.items()}
write_csv(
    output / "known_designs.csv", pd.concat([t.assign(states=a) for a, t in known_tables.items()])
)
for at, known_table in known_tables.items():
    if len(known_table):
        figure = design_figures.known_designs(
            known_table[known_table.name.isin([*built, *design_page.FIRST])],
            target=target,
            measured=measured,
            source=found[at].source(seed, scale),
        )
        save(figure, output / f"known_{studies.file_word(at)}")
        display(figure)

# %%
design_page.at_states(
    {at: design_page.known(t, built, measured, target=target) for at, t in known_tables.items()}
)

# %% [markdown]
# ## Do the equations agree?
#
# The same folds of the enzymes are given to every model: at its new steady state in a medium that
# stays, and in the bioreactor, beside the host, with the conditions of notebook 04. The bioreactor
# is left out where the product or the substrate of the design was not measured in one.

# %%
curves = studies.product_and_substrate(regulated, product, uptake)
checks = {}
for at, study in found.items():
    if study.found is None:
        continue
    best = study.found.top(size.checked_designs)
    with chain.link(f"new steady states, {at}", len(study.models)):
        cell = studies.steady_state_table(study.models, study.found, problem.target, best, run=run)
    checks[at] = studies.nonlinear_table(cell, "fold"), pd.DataFrame()
    if curves is None:
        continue
    few = study.few(size.reactor_models)
    with chain.link(f"bioreactor, {at}", len(few)):
        grown = studies.reactor_table(
            few, studies.reactor_for_design(regulated, at), study.found, best, *curves, run=run
        )
    checks[at] = checks[at][0], studies.nonlinear_table(grown, "yield_fold")
    write_csv(output / f"bioreactor_{studies.file_word(at)}.csv", grown)
    figure = design_figures.linear_and_not(
        grown,
        fold="yield_fold",
        target=target,
        where="in the bioreactor",
        source=study.source(seed, scale),
    )
    save(figure, output / f"bioreactor_{studies.file_word(at)}")
    display(figure)

# %%
design_page.at_states(
    {at: design_page.checked(*tables, target=target) for at, tables in checks.items()}
)

# %%
for at, tables in checks.items():
    display(pd.concat(tables, keys=[f"{at}, new steady state", f"{at}, bioreactor"]).round(2))

# %% [markdown]
# **How exactly do the enzymes have to be expressed?** Each at half and at one and a half of its
# fold: by the linear response, and the best design in the bioreactor too.

# %%
expressed = {}
for at, study in found.items():
    if study.found is not None:
        two = study.found.top(min(2, size.checked_designs))
        expressed[at] = studies.expression_table(study.responses, study.found, two)
        figure = design_figures.expression(
            expressed[at], target=target, source=study.source(seed, scale)
        )
        save(figure, output / f"expression_{studies.file_word(at)}")
        display(figure)

# %%
design_page.at_states(
    {at: design_page.expressed(table, target=target) for at, table in expressed.items()}
)

# %%
for at, study in found.items():
    if study.found is not None and curves is not None and size.feedback_models:
        few = study.few(size.feedback_models)
        with chain.link(f"expression in the bioreactor, {at}", len(few)):
            again = studies.expression_in_reactor(
                few,
                studies.reactor_for_design(regulated, at),
                study.found,
                study.found.top(1)[0],
                *curves,
                run=run,
            )
        write_csv(output / f"expression_{studies.file_word(at)}.csv", again)
        display(again.pivot_table("yield_fold", "enzyme", "expressed", "median").round(2))

# %% [markdown]
# **A feedback-resistant enzyme is more than more enzyme.** Where the network has feedback on it,
# the strains are grown without this feedback, at the maximal velocity of the host.

# %%
freed = studies.freed_enzyme(regulated)
resistant = dict.fromkeys(found, pd.DataFrame())
for at, study in found.items():
    if freed is not None and curves is not None and size.feedback_models:
        few = study.few(size.feedback_models)
        strains = studies.strain_factors(regulated, freed, highest_fold)
        with chain.link(f"feedback-resistant, {at}", len(few)):
            resistant[at] = studies.feedback_table(
                few, studies.reactor_for_design(regulated, at), strains, freed, *curves, run=run
            )
        write_csv(output / f"feedback_{studies.file_word(at)}.csv", resistant[at])
design_page.at_states(
    {at: design_page.released(table, freed, target=target) for at, table in resistant.items()}
)

# %% [markdown]
# ## The chain, link by link

# %%
links = chain.table()
write_csv(output / "chain.csv", links)
links.round(1)

# %% [markdown]
# ## The answer

# %%
answer = answers.control(table, names, design_page.in_short(found, checks, target=target))
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
    "designs": design_page.summary(found, built, checks),
    "links": links.to_dict("records"),
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
