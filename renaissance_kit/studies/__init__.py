"""Studies: what the notebooks compute and `renaissance_kit.figures` draws.

Every run that takes long writes a checkpoint, so that a study that was killed goes on where it
stopped, to the same result.
"""

from renaissance_kit.studies.baseline import Baseline, unbiased_sampling
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
from renaissance_kit.studies.robustness import (
    CYTOSOL,
    PAPER_RETURNS,
    courses,
    deviation_map,
    extremes,
    latecomers,
    linear_result,
    linearity_check,
    norm_shares,
    outcome_table,
    return_shares,
    return_table,
    share_interval,
    store_folder,
    variable_groups,
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
    "CYTOSOL",
    "KEY_FLUXES",
    "PAPER_RETURNS",
    "QUANTILES",
    "Baseline",
    "Confirmation",
    "Repeat",
    "agreement",
    "changed_constraints",
    "check_table",
    "checkpoint_file",
    "concentration_table",
    "confirm_valid",
    "constraints_table",
    "courses",
    "derived_seed",
    "deviation_map",
    "diagnostics_table",
    "energy_table",
    "extremes",
    "flux_table",
    "incidence_history",
    "incidence_interval",
    "km_shift",
    "lambda_history",
    "latecomers",
    "leave_one_out",
    "linear_result",
    "linearity_check",
    "mean_interval",
    "mean_over_repeats",
    "measured_rates",
    "metabolite_pathways",
    "norm_shares",
    "outcome_table",
    "profile_table",
    "reaction_pathways",
    "repeat_seeds",
    "return_shares",
    "return_table",
    "run_repeats",
    "search_by_turnover",
    "settings_grid",
    "share_interval",
    "states_by_turnover",
    "store_folder",
    "time_budget",
    "time_km_sets",
    "turnover_table",
    "turnover_times_min",
    "unbiased_by_turnover",
    "unbiased_sampling",
    "valid_ensemble",
    "variable_groups",
    "wilson_interval",
]
