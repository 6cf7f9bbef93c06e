# %% [markdown]
# # Do the models ferment like the strain?
#
# Valid models answer small disturbances as fast as the cell. Nothing in their making looked at a
# fermentation. This notebook grows each of them for 60 h in a simulated batch, under our conditions
# or the published ones, and compares biomass, glucose and anthranilate with what was measured on
# *E. coli* W3110 trpD9923 (Balderas-Hernández et al. 2009 Microb Cell Fact 8:19). It asks which
# choice of conditions decides and why growth stops, and predicts two engineered strains. The
# results stand beside the published ones (Choudhury et al. 2024 Nat Catal 7:1086, "the paper"
# below).

# %% tags=["parameters"]
scale = "demo"  # smoke (a minute), demo (minutes), laptop (half an hour) or paper (hours)
output_dir = "../build/figures/04_bioreactor"
network = "ecoli_w3110_trpd9923"
states = "own"  # at which models are made: own, or published (the study's)
seed = 1  # draws the unbiased models
ensemble: str = None  # file of one; None: notebook 02's of the same run, else the shipped one
models: list[int] = None  # how many valid models, or which; None takes it from the scale
cut = 1.0  # threshold: largest goodness of fit of a curve that is matched
reactor: str = None  # own, published, aerated, or NAME of bioreactor_NAME.csv; None: states
duration_h: float = None  # length of the simulation (h); None is that of the conditions, 60
inoculum_gDW_L: float = None  # biomass at the start; None is that of the conditions
medium_mM: dict[str, float] = None  # what differs from the conditions, such as {"glc__D_e": 20.0}
dilution: str = None  # of the cell's content by growth: replaced, all, none; None: as conditions
vmax_factor = 2.0  # factor on Vmax of the overexpressed enzymes of the engineered strains
vmax_scan: list[float] = None  # such factors to compare; None takes them from the scale
scarcest_factor = 3.0  # factor on the scarcest nutrient of the medium, to see if it limits growth
second_factor = 10.0  # the same for the next scarcest
best_models: int = None  # models that are looked at closely; None takes it from the scale
control_models: int = None  # unbiased models for comparison; None takes it from the scale
compared_models: int = None  # grown under each of the compared conditions; None: from the scale
fit_steps: int = None  # of the training for the fermentation; None takes it from the scale
fit_models: int = None  # simulated in each of these steps; None takes it from the scale
fit_drawn: int = None  # drawn from that generator in the end; None takes it from the scale
fit_diversity = 0.3  # weight of the diversity in it: more is wider, and fewer models match
fit_scan: list[float] = None  # further weights, for the trade-off; None: from the scale
start_steps: int = None  # of the generator that is selected from; None: from the scale
workers = 2
store: str = None  # folder that keeps what is done; None is one in output_dir
widgets = True  # False leaves out the panel at the end

# %%
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import display

from renaissance_kit import KineticModels, KMRanges, Network, Recipe, cultivate, studies
from renaissance_kit.cli import check_injected
from renaissance_kit.core import Run, write_csv
from renaissance_kit.figures import (
    Source,
    bioreactor as figures,
    conditions,
    fitted as fitted_figures,
    regulation,
    save,
    use_theme,
)
from renaissance_kit.simulation import (
    batch_of,
    engineered_strains,
    fit_of,
    measured_curves,
    measured_start,
)
from renaissance_kit.studies.pages import answers, bioreactor as page, bioreactor_claims as tables

check_injected()
use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
print(f"results: {output.resolve()}")
# A run that was killed resumes from this folder.
run = Run(workers, output / "runs" if store is None else store, progress=print)

# %%
size = page.Sizes.at(
    scale,
    models=models,
    best_models=best_models,
    control_models=control_models,
    vmax_scan=vmax_scan,
    compared_models=compared_models,
    start_steps=start_steps,
    fit_steps=fit_steps,
    fit_models=fit_models,
    fit_drawn=fit_drawn,
    fit_scan=fit_scan,
)
page.Sizes.table()

# %% [markdown]
# ## The bioreactor
#
# Intracellular metabolites, medium and biomass are one system of 113 differential equations; cells
# start at their steady state. Everything else is a table of conditions, which has a name. `own` is
# `bioreactor.csv`: the measured inoculum and glucose, with oxygen and carbon dioxide held by
# aeration and the pH by control; growth dilutes every metabolite but the members of conserved
# moieties, whose synthesis the network does not contain. `published` is what the published
# simulations were given, and `aerated` our own with oxygen from air, limited by its transfer.

# %%
network = Network.open(network)
chosen, where = studies.valid_ensemble(
    network,
    size.models,
    path=ensemble,
    trained=output.parent / "02_generator_training" / "ensemble.nc",
    states=states,
)
reactor = reactor or states
batch = chosen.models(network)
source = Source(network.name, batch.state.label, seed, scale, studies.place_in_words(where))
asked_for = {"duration_h": duration_h, "inoculum_gDW_L": inoculum_gDW_L}
changes = {name: float(value) for name, value in asked_for.items() if value is not None}
changes |= {} if dilution is None else {"dilution": dilution}
changes["medium_mM"] = {name: float(value) for name, value in (medium_mM or {}).items()}
culture = batch_of(network, reactor, **changes)
curves = measured_curves(network)
for curve in curves:
    curve.require_comparable(culture.conditions.duration_h)
released = [c.quantity for c in curves[1:] if not c.time_course.falls]
measured = studies.measured_table(curves)
page.experiment(len(batch), where, culture.conditions, batch.state.density_gDW_L)

# %%
result = cultivate(batch, culture, run=run)
result.save(output / "cultivations.nc")
outcomes = studies.bioreactor_outcomes(result)
outcomes

# %%
page.integrations(result)

# %% [markdown]
# ## Which models match the measurements?
#
# The goodness of fit of a curve is the root mean square, over the measured times, of (simulated −
# measured)/u: the smaller, the better. The uncertainty u is the larger of half the error bar and
# 10 % of the largest measured value of that curve. A model matches a curve when this is at most the
# threshold, and matches when it matches all three. The paper does not state its criterion.

# %%
fit = fit_of(result, curves, cut)
assert fit.finished.any(), "no integration reached the end; see the reasons above"
write_csv(output / "fit.csv", fit.table())
fit.counts().to_frame("models")

# %%
figure = figures.time_courses(
    studies.time_course_table(result, fit, curves, best=size.best_models),
    measured,
    models=len(fit),
    finished=int(fit.finished.sum()),
    threshold=cut,
    source=source,
)
save(figure, output / "courses")
figure

# %%
page.matches(fit)

# %% [markdown]
# **What do the curves look like?** Growth rate over the first 8 h, the time when biomass and
# anthranilate reach 90 % of their last value, glucose left, and the share of the used glucose that
# was used in the last 24 h (near 0 where uptake has stopped).

# %%
early_h = studies.growth_phase_h(network)[0]
shapes = studies.shape_table(result, curves, early_h=early_h)
front = fit.shown(size.best_models)
group = page.group_shown(fit, front)
shape_summary = studies.shape_summary(shapes, front, group)
shape_summary.round(3)

# %% [markdown]
# **Is the threshold at a natural place, and do unbiased models ferment as well?** The comparison:
# models with KM drawn evenly on a logarithmic scale within the same bounds, at the same steady
# state.

# %%
km = KMRanges.of(network).uniform(size.control_models, np.random.default_rng(seed))
control = KineticModels(network, batch.state, km)
control_result = cultivate(control, culture, run=run)
control_fit = fit_of(control_result, curves, cut)
fits = {"valid": fit, "unbiased": control_fit}
figure = figures.goodness_of_fit(
    studies.goodness_of_fit_table(fits),
    threshold=cut,
    failed={name: int((~f.finished).sum()) for name, f in fits.items()},
    source=source,
)
save(figure, output / "misfit")
figure

# %%
page.unbiased(fit, control_fit)

# %%
studies.matches_by_threshold(fit, sorted({*page.THRESHOLDS, cut}))

# %% [markdown]
# ## Which choice of conditions decides?
#
# The published simulations were given another batch than ours. Dissolved oxygen is a stock of
# 140 mM that nothing renews: a slip of a unit, since water under air holds 0.21 mM, and at the same
# time what the culture lives on for 20 hours. A litre of cell weighs 331.5 gDW where growth is
# computed and 280 gDW where the medium is, though it is one quantity. No metabolite is diluted by
# growth, and the inoculum is a sixth smaller than the measured one. Here the same models grow under
# both conditions, and under each with one difference taken from the other.

# %%
few = batch.with_km(batch.km_mM[: size.compared_models])
compared = pd.DataFrame()
figure = None
hours = culture.conditions.duration_h
reactors = {
    name: batch_of(network, name, duration_h=hours)
    for name in studies.compared_conditions(network, reactor)
}
if len(reactors) == 2:
    effects = studies.conditions_table(few, reactors, curves, run=run)
    compared = studies.conditions_summary(effects, cut)
    figure = conditions.one_change_at_a_time(effects, threshold=cut, source=source)
    save(figure, output / "conditions")
    write_csv(output / "conditions.csv", compared)
figure

# %%
page.compared(compared)

# %%
compared.round(2)

# %% [markdown]
# ## What does regulation do?
#
# So far an enzyme knows its substrates and products only. In the cell phenylalanine inhibits DDPA,
# the first enzyme of the pathway, and the engineered strains of the study carry a DDPA that is free
# of it. The published models had 94 such inhibitions and activations (`regulation_published.csv`).
# Here a generator is trained with them, by gradient, and its valid models are grown three times:
# regulated, without the feedback on the enzymes of the first engineered strain, and without any.
# Constants and steady state stay, so nothing but the regulation differs.

# %%
strains = engineered_strains(network)
regulated = studies.regulated_network(network)
regulation_effect = pd.DataFrame()
incidence = None
figure = None
if regulated is not None:
    feedback = next(iter(strains.values()), [])
    if regulated is network:
        trained = batch.with_km(batch.km_mM[: size.compared_models])
    else:
        trained, incidence = studies.trained_models(
            regulated, batch.state, size.compared_models, seed=seed
        )
    courses, regulation_effect = studies.regulation_courses(
        trained,
        studies.feedback_networks(regulated, feedback),
        culture,
        curves,
        threshold=cut,
        run=run,
    )
    figure = regulation.courses(courses, measured, source=source)
    save(figure, output / "regulation")
    write_csv(output / "regulation.csv", regulation_effect)
figure

# %%
product = released[-1] if released else ""  # the last substance of the table that is released
page.regulation(regulation_effect, product, incidence, batch.state.label)

# %%
regulation_effect.round(2)

# %% [markdown]
# ## Why does growth stop?
#
# **What runs out, and when?** Of what is neither held nor renewed, and of gases, in how many models
# less than 1 % of the start (of the saturation) is left, and from when on.

# %%
studies.exhausted(result, culture.conditions).round(4)

# %% [markdown]
# The strain cannot make tryptophan, and is said to stop growing when it is used up. In the model
# this can be tried: the same batch with more tryptophan, with more ammonium, and with both.

# %%
order = fit.best_first[: size.best_models]
order = order[fit.finished[order]]
few = batch.with_km(batch.km_mM[order])
ceilings = studies.biomass_ceilings(network, culture.conditions)
scarce = list(dict.fromkeys(ceilings.medium))[:2]
factors = dict(zip(scarce, (scarcest_factor, second_factor), strict=False))
factors = dict(reversed(factors.items()))
media = studies.richer_media(network, factors)
used = [c.variable for c in curves[1:] if c.time_course.falls]
watched = list(dict.fromkeys([*factors, *used]))[:3]
changed = studies.changed_media(few, culture, media, watched=watched, run=run)
figure = figures.why_growth_stops(
    changed,
    best=0,
    media=page.media_labels(network, factors),
    left={m: studies.plain_name(network, m) for m in watched},
    ceilings=ceilings,
    source=source,
)
save(figure, output / "why_growth_stops")
figure

# %%
ends = studies.final_values(changed, ["biomass", *factors])
called = {m: studies.plain_name(network, m) for m in watched}
why = studies.why_growth_stops(studies.growth_stops(changed, studies.GIVEN, watched), called)
page.media(network, ends, culture.conditions, why)

# %%
ceilings.round(4)

# %%
# In the medium as given, no more biomass than its elements allow (none where it did not finish).
given = ends["biomass"][studies.GIVEN]
assert not (given > 1.2 * ceilings.ceiling_gDW_L.max()).any()
ends["biomass"].round(3)

# %% [markdown]
# ## Engineered strains
#
# Two plasmids raise the flux into the pathway: one with a feedback-resistant *aroG* (DDPA), one
# with *tktA* as well (TKT1, TKT2). How much more enzyme the cells have is not known, so Vmax is
# multiplied by a factor. The models were chosen by the host strain alone, and each strain starts
# with its own measured inoculum and glucose. Then the measured curves are laid over the predicted
# ones.

# %%
vmax_factors = sorted({float(f) for f in size.vmax_scan} | {float(vmax_factor)})
predictions = []
strain_points = []
for strain, reactions in strains.items():
    strain_curves = measured_curves(network, strain)
    started = culture.conditions.but(**measured_start(strain_curves))
    predictions.append(
        studies.predicted_strain(
            few,
            replace(culture, conditions=started),
            reactions,
            vmax_factors,
            strain_curves,
            run=run,
        )
    )
    strain_points.append(studies.measured_table(strain_curves))
figure = None
if predictions:
    strain_fits = pd.concat([fits for _, fits in predictions])
    figure = figures.engineered_strains(
        pd.concat([predicted for predicted, _ in predictions]),
        pd.concat(strain_points),
        host=measured,
        changed=strains,
        default_factor=float(vmax_factor),
        source=source,
    )
    save(figure, output / "engineered_strains")
figure

# %%
strain_changes = pd.DataFrame()
if predictions:
    curve = next(c for c in curves if c.quantity == product)
    strain_changes = studies.strain_changes(
        strain_fits[strain_fits.quantity == product],
        pd.Series(curve.simulated(result)[order, -1], index=range(len(order))),
        float(curve.time_course.value[-1]),
    )
    write_csv(output / "engineered_strains.csv", strain_fits)
page.strains(strain_changes, product, vmax_factor)

# %%
strain_changes.round(3)

# %% [markdown]
# ## Select, or train?
#
# The models above were drawn from a generator of valid models, and those that match were selected,
# as in the published study. A generator can also be trained for the fermentation itself. Its
# objective has two stages, so only valid models are simulated. The training needs no derivatives:
# it perturbs the outputs of the generator and climbs the mean score. Both begin with a generator
# that was trained by gradient, since it is the widest. Selection may simulate as many models. Then
# the models of both routes that match the host predict the engineered strains.

# %%
goal = studies.wanted_fermentation(
    culture,
    curves,
    threshold_per_h=network.conditions["eigenvalue_threshold"].value,
    threshold=cut,
)
weights = list(dict.fromkeys([float(fit_diversity), *map(float, size.fit_scan)]))
fitted, trainings = studies.selected_and_trained(
    network,
    batch.state,
    goal,
    start=Recipe.by_gradient(network, steps=size.start_steps),
    diversities=weights,
    steps=size.fit_steps,
    models_per_step=size.fit_models,
    drawn=size.fit_drawn,
    seed=seed,
    run=run,
)
routes = studies.routes_table(fitted, trainings[0].fitness.ranges)
matching = {route.name: route.matching for route in fitted[:2]}
scores = studies.strain_scores(
    {name: models for name, models in matching.items() if models is not None},
    network,
    culture,
    strains,
    vmax_factor,
    run=run,
)
write_csv(output / "fitted.csv", routes)
write_csv(output / "strain_scores.csv", scores)
figure = fitted_figures.matches(
    trainings[0].history, routes, scores, models_per_step=size.fit_models, source=source
)
save(figure, output / "fitted")
figure

# %%
page.fitted(routes, scores)

# %%
display(routes.round(3), scores.round(3))

# %% [markdown]
# **How wide can a generator stay whose models match?** The same training with other weights of the
# diversity.

# %%
figure = None
if len(weights) > 1:
    figure = fitted_figures.trade_off(routes, source=source)
    save(figure, output / "trade_off")
figure

# %%
page.trade_off(routes)

# %% [markdown]
# ## Inside the cell
#
# **Do the cells stay in a sensible state?** Concentrations of some metabolites relative to the
# steady state they started from.

# %%
inside = network.labels["inside"] or {m: m for m in network.dynamic[:9]}
figure = figures.inside_the_cell(
    studies.inside_table(result, fit, batch, list(inside), best=size.best_models, background=40),
    titles=inside,
    source=source,
)
save(figure, output / "inside")
figure

# %%
page.inside(network, batch.state, result, front)

# %% [markdown]
# ## Beside the paper
#
# Computed values beside the published ones. A short run cannot be compared with the paper; the last
# column says which rows can.

# %%
rows = tables.claims(
    fit,
    control_fit,
    curves,
    shape_summary,
    group,
    early_h=early_h,
    duration_h=culture.conditions.duration_h,
)
claims = studies.claims_table(network, rows)
write_csv(output / "claims.csv", claims)
claims

# %% [markdown]
# ## The answer

# %%
answer = answers.bioreactor(network, fit)
answer

# %%
summary = {
    "model": network.name,
    "steady_state": batch.state.label,
    "scale": scale,
    "seed": seed,
    "models": len(fit),
    "cut": cut,
    "conditions": reactor,
    "duration_h": culture.conditions.duration_h,
    "dilution": str(culture.conditions.dilution),
    "compared_conditions": compared.to_dict("records"),
    "regulation": regulation_effect.to_dict("records"),
    "incidence_with_regulation": incidence,
    **tables.summary(network, fit, control_fit, result, ends, factors, vmax_factor),
    "workers": workers,
    **answer.summary(),
}
studies.write_summary(output, summary)

# %% [markdown]
# ## Try it yourself
#
# Change the conditions, the medium, the inoculum or the models, and see whether the time courses
# still run through the measurements.

# %%
if widgets:
    from renaissance_kit.panels import BioreactorPanel

    panel = BioreactorPanel(
        network,
        ensemble=ensemble,
        trained=output.parent / "02_generator_training" / "ensemble.nc",
        states=states,
        scale=scale,
        folder=output / "panel",
        workers=workers,
        reactor=reactor,
        dilution=dilution,
        models=len(batch) if models is None else models,
        inoculum_gDW_L=inoculum_gDW_L,
        duration_h=duration_h,
        medium_mM=medium_mM,
        cut=cut,
    )
    display(panel)
