# %% [markdown]
# # Do the models ferment like the strain?
#
# Valid models answer small disturbances as fast as the cell. Nothing in their making looked at a
# fermentation. This notebook grows each of them for 60 h in a simulated batch, with the medium and
# the inoculum of the experiment, and compares biomass, glucose and anthranilate with what was
# measured on *E. coli* W3110 trpD9923 (Balderas-Hernández et al. 2009 Microb Cell Fact 8:19). Then
# it asks why growth stops, and predicts two engineered strains. The results stand beside the
# published ones (Choudhury et al. 2024 Nat Catal 7:1086, "the paper" below).

# %% tags=["parameters"]
scale = "demo"  # smoke (a minute), demo (minutes), laptop (half an hour) or paper (hours)
output_dir = "../build/figures/04_bioreactor"
network = "ecoli_w3110_trpd9923"
seed = 1  # draws the unbiased models
ensemble = None  # file of an ensemble; None: notebook 02's of the same run, else the shipped one
models = None  # how many valid models, or a list of numbers; None takes it from the scale
cut = 1.0  # largest misfit of a curve that is matched
duration_h = None  # length of a cultivation (h); None is that of bioreactor.csv, 60
inoculum_gDW_L = None  # biomass at the start; None is that of bioreactor.csv
medium_mM = None  # what differs from bioreactor.csv, such as {"glc__D_e": 20.0}
dilution = "replaced"  # what growth does to intracellular pools: replaced, all or none
vmax_factor = 2.0  # factor on Vmax of the overexpressed enzymes of the engineered strains
vmax_scan = None  # such factors to compare; None takes them from the scale
scarcest_factor = 3.0  # factor on the scarcest nutrient of the medium, to see if it limits growth
second_factor = 10.0  # the same for the next scarcest
best_models = None  # models that are looked at closely; None takes it from the scale
control_models = None  # unbiased models for comparison; None takes it from the scale
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

from renaissance_kit import KineticModels, KMRanges, Network, cultivate, studies
from renaissance_kit.analysis import wilson_interval
from renaissance_kit.core import Run, atomic_path
from renaissance_kit.figures import Source, save, use_theme
from renaissance_kit.figures import bioreactor as figures
from renaissance_kit.simulation import (
    batch_of,
    engineered_strains,
    fit_of,
    measured_curves,
    measured_start,
)

use_theme()
pd.set_option("display.max_colwidth", 120)
output = Path(output_dir)
# A run that was killed resumes from this folder.
run = Run(workers, output / "runs" if store is None else store, progress=print)

# %%
SIZES = pd.DataFrame(
    {
        "smoke": [3, 2, 2, (1, 2)],
        "demo": [20, 3, 10, (1, 2, 4, 8)],
        "laptop": [200, 10, 100, (1, 2, 4, 8)],
        "paper": [1_000, 13, 300, (1, 2, 4, 8)],
    },
    index=["models", "best_models", "control_models", "vmax_scan"],
)
asked = {name: globals().get(name) for name in SIZES.index}
size = {k: SIZES.loc[k, scale] if v is None else v for k, v in asked.items()}
SIZES

# %% [markdown]
# ## The cultivation
#
# Intracellular pools, medium and biomass are one system of 113 differential equations. The medium,
# the inoculum and what is held (oxygen and carbon dioxide by aeration, the pH) stand in
# `bioreactor.csv`; cells start at their steady state. Growth dilutes every pool but the members of
# conserved moieties, whose synthesis the network does not contain.

# %%
network = Network.open(network)
chosen, where = studies.valid_ensemble(
    network,
    size["models"],
    path=ensemble,
    trained=output.parent / "02_generator_training" / "ensemble.nc",
)
batch = chosen.models(network)
source = Source(network.name, batch.state.label, seed, scale)
asked_for = {"duration_h": duration_h, "inoculum_gDW_L": inoculum_gDW_L}
changes = {name: float(value) for name, value in asked_for.items() if value is not None}
changes["medium_mM"] = {name: float(value) for name, value in (medium_mM or {}).items()}
reactor = replace(batch_of(network, **changes), dilution=dilution)
curves = measured_curves(network)
released = [c.quantity for c in curves[1:] if not c.course.falls]
measured = studies.measured_table(curves)
display(
    Markdown(
        f"{len(batch):,} valid models from {where}. Medium (mM): "
        + ", ".join(f"{m} {v:g}" for m, v in reactor.conditions.medium_mM.items())
        + f". Inoculum {reactor.conditions.inoculum_gDW_L:g} gDW/L, "
        f"{reactor.conditions.duration_h:g} h; held: {', '.join(reactor.conditions.held)}."
    )
)

# %%
result = cultivate(batch, reactor, run=run)
result.save(output / "cultivations.nc")
outcomes = studies.cultivation_outcomes(result)
outcomes

# %%
seconds = result.dataset.seconds.values
display(
    Markdown(
        f"{result.finished.sum():,} of {len(batch):,} integrations reached the end. The others "
        f"match nothing below and are counted apart. A cultivation took {np.median(seconds):.2f} s "
        f"(median), the longest {seconds.max():.1f} s."
    )
)

# %% [markdown]
# ## Which models match the measurements?
#
# The misfit of a curve is the root mean square, over the measured times, of (simulated −
# measured)/u. The uncertainty u is the larger of half the error bar and 10 % of the largest
# measured value of that curve. A model matches a curve when its misfit is at most the cut, and
# matches when it matches all three. The paper does not state its criterion.

# %%
fit = fit_of(result, curves, cut)
assert fit.finished.any(), "no integration reached the end; see the reasons above"
with atomic_path(output / "fit.csv") as path:
    fit.table().to_csv(path, index=False)
low, high = wilson_interval(int(fit.matches.sum()), len(fit))
counts = fit.counts()
counts.to_frame("models")

# %%
figure = figures.courses(
    studies.course_table(result, fit, curves, best=int(size["best_models"])),
    measured,
    models=len(fit),
    finished=int(fit.finished.sum()),
    cut=cut,
    source=source,
)
save(figure, output / "courses")
figure

# %%
by_curve = dict(zip(fit.quantities, fit.matched.sum(axis=0).tolist(), strict=True))
leader = int(fit.best_first[0])
display(
    Markdown(
        f"**{fit.matches.sum():,} of {len(fit):,} models match all curves** (95 % Wilson "
        f"interval {low:.1%} to {high:.1%}); "
        + "; ".join(f"{n:,} {name}" for name, n in counts[:-1].items())
        + ". One by one: "
        + ", ".join(f"{name} {n:,}" for name, n in by_curve.items())
        + ". The best model has misfits of "
        + ", ".join(f"{v:.2f}" for v in fit.misfit[leader])
        + f" ({', '.join(fit.quantities)})."
    )
)

# %% [markdown]
# **What do the curves look like?** Growth rate over the first 8 h, the time when biomass and
# anthranilate reach 90 % of their last value, glucose left, and the share of the used glucose that
# was used in the last 24 h (near 0 where uptake has stopped).

# %%
early_h = studies.growth_phase_h(network)[0]
shapes = studies.shape_table(result, curves, early_h=early_h)
front = fit.shown(int(size["best_models"]))
group = "matching" if fit.matches.any() else f"best {len(front)}"
of_models = shapes.drop(index="measured")
shape_summary = pd.DataFrame(
    {
        "measured": shapes.loc["measured"],
        f"{group}, median": of_models.iloc[front].median(),
        f"{group}, smallest": of_models.iloc[front].min(),
        f"{group}, largest": of_models.iloc[front].max(),
        "all finished, median": of_models.median(),
        "all finished, 5 %": of_models.quantile(0.05),
        "all finished, 95 %": of_models.quantile(0.95),
    }
)
shape_summary.round(3)

# %% [markdown]
# **Is the cut at a natural place, and do unbiased models ferment as well?** The comparison: models
# with KM drawn evenly on a logarithmic scale within the same bounds, at the same steady state.

# %%
km = KMRanges.of(network).uniform(int(size["control_models"]), np.random.default_rng(seed))
control = KineticModels(network, batch.state, km)
control_result = cultivate(control, reactor, run=run)
control_fit = fit_of(control_result, curves, cut)
fits = {"valid": fit, "unbiased": control_fit}
figure = figures.misfit_distribution(
    studies.misfit_table(fits),
    cut=cut,
    failed={name: int((~f.finished).sum()) for name, f in fits.items()},
    source=source,
)
save(figure, output / "misfit")
figure

# %%
by_cut = studies.matches_by_cut(fit, sorted({0.5, 0.75, 1.0, 1.25, 1.5, 2.0, cut}))
display(
    Markdown(
        f"{control_fit.matches.sum():,} of {len(control_fit):,} unbiased models match all curves; "
        f"{(~control_fit.finished).sum():,} did not finish. Median of the worst misfit: "
        f"{np.median(fit.worst[fit.finished]):.2f} (valid), "
        f"{np.median(control_fit.worst[control_fit.finished]):.2f} (unbiased). How many valid "
        "models match at other cuts:"
    )
)
by_cut

# %% [markdown]
# ## Why does growth stop?
#
# The strain cannot make tryptophan, and is said to stop growing when it is used up. In the model
# this can be tried: the same batch with more tryptophan, with more ammonium, and with both.

# %%
order = fit.best_first[: int(size["best_models"])]
order = order[fit.finished[order]]
few = batch.with_km(batch.km_mM[order])
ceilings = studies.biomass_ceilings(network, reactor.conditions)
scarce = list(dict.fromkeys(ceilings.medium))[:2]
factors = dict(zip(scarce, (scarcest_factor, second_factor), strict=False))
factors = dict(reversed(factors.items()))
called = {m: studies.plain_name(network, m) for m in reactor.conditions.medium_mM}
media = {
    "published": {},
    **{called[m]: {m: factor} for m, factor in factors.items()},
    "both": factors,
}
used = [c.variable for c in curves[1:] if c.course.falls]
watched = list(dict.fromkeys([*factors, *used]))[:3]
changed = studies.changed_media(few, reactor, media, watched=watched, run=run)
figure = figures.why_growth_stops(
    changed,
    best=0,
    media={
        "published": "published medium",
        **{called[m]: f"{called[m]} × {factor:g}" for m, factor in factors.items()},
        "both": "both",
    },
    left={m: called[m] for m in watched},
    ceilings=ceilings,
    source=source,
)
save(figure, output / "why_growth_stops")
figure

# %%
ends = changed[changed.time_h == changed.time_h.max()]
ends = ends.pivot(index="model", columns="medium", values=["biomass", *factors])
given = reactor.conditions.medium_mM
left = {m: ends[m]["published"].median() / given[m] for m in factors}
gain = ends["biomass"].div(ends["biomass"]["published"], axis=0)
display(
    Markdown(
        "Last biomass relative to the published medium, median over "
        f"{len(few)} models (and range): "
        + "; ".join(
            f"{name} {gain[name].median():.2f} ({gain[name].min():.2f} to {gain[name].max():.2f})"
            for name in media
            if name != "published"
        )
        + ". In the published medium "
        + " and ".join(f"{share:.0%} of the {called[m]}" for m, share in left.items())
        + " are left at the end (median). A model that stops at once in another medium is "
        "one whose cell loses its balance there."
    )
)
ceilings.round(4)

# %%
# Of cultivations that did not finish there is no biomass to compare.
assert not (ends["biomass"].to_numpy() > 1.2 * ceilings.ceiling_gDW_L.max()).any()
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
strains = engineered_strains(network)
vmax_factors = sorted({float(f) for f in size["vmax_scan"]} | {float(vmax_factor)})
predictions = []
strain_points = []
for strain, reactions in strains.items():
    strain_curves = measured_curves(network, strain)
    conditions = reactor.conditions.but(**measured_start(strain_curves))
    predictions.append(
        studies.predicted_strain(
            few,
            replace(reactor, conditions=conditions),
            reactions,
            vmax_factors,
            strain_curves,
            run=run,
        )
    )
    strain_points.append(studies.measured_table(strain_curves))
figure = None
if predictions:
    strain_misfits = pd.concat([misfits for _, misfits in predictions])
    figure = figures.engineered_strains(
        pd.concat([courses for courses, _ in predictions]),
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
    product = released[-1]  # the last substance of the table that is released
    of_product = strain_misfits[strain_misfits.quantity == product]
    last_host = float(measured[measured.quantity == product]["value"].iloc[-1])
    curve = next(c for c in curves if c.quantity == product)
    host_models = pd.Series(
        curve.simulated(result)[order, -1] if len(order) else [], index=range(len(order))
    )
    rows = []
    for (strain, factor), part in of_product.groupby(["strain", "factor"], sort=False):
        ratio = part.set_index("model")["last"] / host_models
        rows.append(
            {
                "strain": strain,
                "factor": factor,
                "predicted change": ratio.median(),
                "smallest": ratio.min(),
                "largest": ratio.max(),
                "measured change": part.measured_last.iloc[0] / last_host,
                "median misfit": part.misfit.median(),
            }
        )
    strain_changes = pd.DataFrame(rows)
    with atomic_path(output / "engineered_strains.csv") as path:
        strain_misfits.to_csv(path, index=False)
    chosen_rows = strain_changes[strain_changes.factor == vmax_factor]
    sentence = f"{product.capitalize()} at the end, relative to the host strain: " + "; ".join(
        f"{row.strain}: predicted × {row['predicted change']:.2f} at a factor of "
        f"{vmax_factor:g}, measured × {row['measured change']:.2f}"
        for _, row in chosen_rows.iterrows()
    )
else:
    sentence = "The network's folder names no engineered strain (strains.csv)"
display(Markdown(sentence + "."))
strain_changes.round(3)

# %% [markdown]
# ## Inside the cell
#
# **Do the cells stay in a sensible state?** Concentrations of some metabolites relative to the
# steady state they started from.

# %%
inside = network.labels["inside"] or {m: m for m in network.dynamic[:9]}
figure = figures.inside_the_cell(
    studies.inside_table(
        result, fit, batch, list(inside), best=int(size["best_models"]), background=40
    ),
    titles=inside,
    source=source,
)
save(figure, output / "inside")
figure

# %%
carriers = [m for m in network.labels["variable"] if m in network.species_index]
carrier = carriers[0] if carriers else network.dynamic[0]  # ATP, of E. coli
stationary = result.at(carrier, [reactor.conditions.duration_h])[:, 0]
steady = batch.state.concentrations_mM[network.species_index[carrier]]
collapsed = (stationary < 0.01 * steady) & result.finished
display(
    Markdown(
        f"At the end {network.labels['variable'].get(carrier, carrier)} is below 1 % of its steady "
        f"state in {collapsed.sum():,} of {result.finished.sum():,} models, and in "
        f"{collapsed[front].sum():,} of the {len(front):,} in blue. The models have no regulation "
        "and no maintenance of a starving cell, so what they say about the time after growth is "
        "about the medium, not about the cell."
    )
)

# %% [markdown]
# ## Beside the paper
#
# Computed values beside the published ones. A short run cannot be compared with the paper; the last
# column says which rows can.


# %%
def shape(column: str, style: str) -> tuple[str, str]:
    """Median of the models in blue with the measured value, and their range."""
    row = shape_summary.loc[column]
    return (
        f"{row[f'{group}, median']:{style}} ({group}); measured {row['measured']:{style}}",
        f"{row[f'{group}, smallest']:{style}} to {row[f'{group}, largest']:{style}} ({group}); "
        f"{row['all finished, 5 %']:{style}} to {row['all finished, 95 %']:{style}} "
        "(90 % of all that finished)",
    )


full = len(fit) >= 1_000 and reactor.conditions.duration_h >= 60
n = len(curves)
every = {2: "both", 3: "all three"}.get(n, f"all {n}")
fewer = [f"match {i} of {n}" for i in range(n - 1, 0, -1)]
how_many = " and ".join(str(i) for i in range(n - 1, 0, -1))
rows = [
    ("C10", f"models that match {every} curves", f"{fit.matches.sum():,} of {len(fit):,}",
     f"misfit ≤ {cut:g} of each curve; {low:.1%} to {high:.1%} (Wilson); paper's criterion not "
     "stated", full),
    ("C10", f"models that match {how_many} of {n} curves",
     f"{' and '.join(f'{counts[name]:,}' for name in fewer)} of {len(fit):,}",
     f"{counts['did not finish']:,} did not finish", full),
    ("C10", f"unbiased models that match {every} curves",
     f"{control_fit.matches.sum():,} of {len(control_fit):,}", "control", full),
    ("C10", f"exponential phase: growth rate over {early_h:g} h (1/h)",
     *shape("growth_rate_per_h", ".2f"), full),
    ("C10", "stationary phase: biomass at 90 % of its last value (h)",
     *shape("growth_ends_h", ".1f"), full),
    *(("C10", f"uptake of {c.quantity} halted: used in the last 24 h, of all used",
       *shape(f"{c.quantity}_late_share", ".1%"), full) for c in curves[1:] if c.course.falls),
    *(("C10", f"{name} at 90 % of its last value (h)", *shape(f"{name}_saturates_h", ".1f"), full)
      for name in released),
]  # fmt: skip
claims = studies.claims_table(network, rows)
with atomic_path(output / "claims.csv") as path:
    claims.to_csv(path, index=False)
claims

# %%
summary = {
    "model": network.name,
    "steady_state": batch.state.label,
    "scale": scale,
    "seed": seed,
    "models": len(fit),
    "cut": cut,
    "duration_h": reactor.conditions.duration_h,
    "dilution": str(reactor.dilution),
    "finished": int(fit.finished.sum()),
    "match_all": int(fit.matches.sum()),
    "match_all_interval_95": [low, high],
    "match_fewer": {name: int(counts[name]) for name in fewer},
    "match_by_curve": by_curve,
    "best_misfits": fit.misfit[leader].tolist(),
    "control_models": len(control_fit),
    "control_match_all": int(control_fit.matches.sum()),
    "vmax_factor": vmax_factor,
    **{f"{called[m]}_factor": factor for m, factor in factors.items()},
    **{f"biomass_gain_{name}": float(gain[name].median()) for name in media if media[name]},
    "median_seconds": float(np.median(seconds)),
    "workers": workers,
}
with atomic_path(output / "summary.json") as path:
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
pd.Series(summary, name="summary").to_frame()

# %% [markdown]
# ## Try it yourself
#
# Change the medium, the inoculum or the models, and see whether the courses still run through the
# measurements, which were made in the published medium.

# %%
if widgets:
    from renaissance_kit.panels import BioreactorPanel

    panel = BioreactorPanel(
        network,
        ensemble=ensemble,
        trained=output.parent / "02_generator_training" / "ensemble.nc",
        scale=scale,
        folder=output / "panel",
        workers=workers,
        dilution=dilution,
        models=len(batch) if models is None else models,
        inoculum_gDW_L=inoculum_gDW_L,
        duration_h=duration_h,
        medium_mM=medium_mM,
        cut=cut,
    )
    display(panel)
