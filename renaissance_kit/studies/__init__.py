"""Studies of states and training: what the notebooks compute and `renaissance_kit.figures` draws.

Every run that takes long writes a checkpoint, so that a study that was killed goes on where it
stopped, to the same result.
"""

from renaissance_kit.studies.baseline import Baseline, unbiased_sampling
from renaissance_kit.studies.cultivations import (
    biomass_ceilings,
    changed_media,
    course_table,
    cultivation_outcomes,
    cultivation_store,
    inside_table,
    matches_by_cut,
    measured_table,
    misfit_table,
    predicted_strain,
    shape_table,
)
from renaissance_kit.studies.intervals import (
    derived_seed,
    incidence_interval,
    mean_interval,
    repeat_seeds,
    wilson_interval,
)
from renaissance_kit.studies.models import Confirmation, confirm_valid, km_shift, valid_ensemble
from renaissance_kit.studies.repeats import (
    Repeat,
    checkpoint_file,
    incidence_history,
    lambda_history,
    mean_over_repeats,
    run_repeats,
)
from renaissance_kit.studies.settings import leave_one_out, settings_grid
from renaissance_kit.studies.state_checks import agreement, changed_constraints, check_table
from renaissance_kit.studies.states import (
    KEY_FLUXES,
    QUANTILES,
    concentration_table,
    constraints_table,
    diagnostics_table,
    energy_table,
    flux_table,
    measured_rates,
    metabolite_pathways,
    profile_table,
    reaction_pathways,
)
from renaissance_kit.studies.timing import time_budget, time_km_sets
from renaissance_kit.studies.turnover import (
    search_by_turnover,
    states_by_turnover,
    turnover_table,
    turnover_times_min,
    unbiased_by_turnover,
)

__all__ = [
    "KEY_FLUXES",
    "QUANTILES",
    "Baseline",
    "Confirmation",
    "Repeat",
    "agreement",
    "biomass_ceilings",
    "changed_constraints",
    "changed_media",
    "check_table",
    "checkpoint_file",
    "concentration_table",
    "confirm_valid",
    "constraints_table",
    "course_table",
    "cultivation_outcomes",
    "cultivation_store",
    "derived_seed",
    "diagnostics_table",
    "energy_table",
    "flux_table",
    "incidence_history",
    "incidence_interval",
    "inside_table",
    "km_shift",
    "lambda_history",
    "leave_one_out",
    "matches_by_cut",
    "mean_interval",
    "mean_over_repeats",
    "measured_rates",
    "measured_table",
    "metabolite_pathways",
    "misfit_table",
    "predicted_strain",
    "profile_table",
    "reaction_pathways",
    "repeat_seeds",
    "run_repeats",
    "search_by_turnover",
    "settings_grid",
    "shape_table",
    "states_by_turnover",
    "time_budget",
    "time_km_sets",
    "turnover_table",
    "turnover_times_min",
    "unbiased_by_turnover",
    "unbiased_sampling",
    "valid_ensemble",
    "wilson_interval",
]
