from .baseline import Baseline as Baseline, unbiased_sampling as unbiased_sampling
from .bioreactor import (
    bioreactor_outcomes as bioreactor_outcomes,
    goodness_of_fit_table as goodness_of_fit_table,
    inside_table as inside_table,
    matches_by_threshold as matches_by_threshold,
    measured_table as measured_table,
    time_course_table as time_course_table,
)
from .chain import Chain as Chain
from .conditions import (
    compared_conditions as compared_conditions,
    conditions_summary as conditions_summary,
    conditions_table as conditions_table,
    differences as differences,
)
from .control import (
    coefficient_table as coefficient_table,
    flux_names as flux_names,
    group_table as group_table,
    knock_out_table as knock_out_table,
    scan_table as scan_table,
    target_fluxes as target_fluxes,
    with_most_control as with_most_control,
)
from .cost import (
    SurveyCost as SurveyCost,
    survey_cost as survey_cost,
    timed_surveys as timed_surveys,
)
from .criteria import (
    Criterion as Criterion,
    all_criteria as all_criteria,
    criteria_shares as criteria_shares,
    criteria_table as criteria_table,
    generator_table as generator_table,
    hardly_displaced as hardly_displaced,
    share_name as share_name,
)
from .design import (
    Candidates as Candidates,
    DesignStudy as DesignStudy,
    backed_off as backed_off,
    best_by_size as best_by_size,
    candidates_table as candidates_table,
    design_study as design_study,
    enzyme_table as enzyme_table,
    found_candidates as found_candidates,
    known_candidates as known_candidates,
    known_table as known_table,
    search_table as search_table,
)
from .design_cases import (
    FEW_STEPS as FEW_STEPS,
    freed_enzyme as freed_enzyme,
    known_designs as known_designs,
    measured_yields as measured_yields,
    models_for_design as models_for_design,
    product_and_substrate as product_and_substrate,
    reactor_for_design as reactor_for_design,
    states_for_design as states_for_design,
    strain_factors as strain_factors,
    without_enzyme as without_enzyme,
    yield_problem as yield_problem,
)
from .design_checks import (
    expression_in_reactor as expression_in_reactor,
    expression_table as expression_table,
    feedback_table as feedback_table,
    measured_folds as measured_folds,
    nonlinear_table as nonlinear_table,
    reactor_table as reactor_table,
    steady_state_table as steady_state_table,
)
from .displacement import (
    exchange_table as exchange_table,
    exchanged as exchanged,
    states_by_displacement as states_by_displacement,
    transport_table as transport_table,
    unbiased_by_state as unbiased_by_state,
    unphysical as unphysical,
)
from .exact_km import (
    AGAIN as AGAIN,
    WITHOUT as WITHOUT,
    ExactKM as ExactKM,
    exact_km as exact_km,
    exact_samples as exact_samples,
    exact_states as exact_states,
)
from .exactness import (
    exactness_groups as exactness_groups,
    exactness_table as exactness_table,
)
from .exchange import Exchange as Exchange, sbml_round_trip as sbml_round_trip
from .fitted import (
    SELECTED as SELECTED,
    TRAINED as TRAINED,
    Route as Route,
    routes_table as routes_table,
    selected_and_trained as selected_and_trained,
    strain_scores as strain_scores,
    wanted_fermentation as wanted_fermentation,
)
from .gene_conditions import (
    common_fluxes as common_fluxes,
    common_shifts as common_shifts,
    condition_fluxes as condition_fluxes,
    differing_fluxes as differing_fluxes,
    expression_for as expression_for,
    fluxes_apart as fluxes_apart,
    ratio_outcomes as ratio_outcomes,
    shifted_constants as shifted_constants,
    states_in_condition as states_in_condition,
    trained_in_conditions as trained_in_conditions,
)
from .held_out import held_out_table as held_out_table, incidence_by_state as incidence_by_state
from .intracellular import (
    Surveyed as Surveyed,
    concentration_points as concentration_points,
    new_states as new_states,
    participation as participation,
    running_table as running_table,
    share_row as share_row,
    share_table as share_table,
    slow_mode_table as slow_mode_table,
    slow_modes as slow_modes,
    threshold_table as threshold_table,
    unbiased_table as unbiased_table,
    without_model as without_model,
)
from .km_changes import (
    change_counts as change_counts,
    joint_tables as joint_tables,
    moving_parameters as moving_parameters,
    of_other_reactions as of_other_reactions,
    pairs_of_runs as pairs_of_runs,
    surest_changes as surest_changes,
)
from .km_comparisons import (
    Comparison as Comparison,
    compare_exact as compare_exact,
    compare_km as compare_km,
    comparison_table as comparison_table,
    exact_incidence as exact_incidence,
    rises_between as rises_between,
    rises_by_batch as rises_by_batch,
    scores_of as scores_of,
)
from .km_integration import (
    Integration as Integration,
    IntegrationRun as IntegrationRun,
    run_table as run_table,
)
from .km_shifts import (
    CommonFrame as CommonFrame,
    common_frame as common_frame,
    drawn_together as drawn_together,
    median_table as median_table,
    repeat_distances as repeat_distances,
    shift_apart as shift_apart,
    shift_table as shift_table,
)
from .labels import fresh_table as fresh_table, label_controls as label_controls
from .linear import (
    linear_result as linear_result,
    linearity_check as linearity_check,
    return_table as return_table,
)
from .measured import (
    INSIDE as INSIDE,
    OUTSIDE as OUTSIDE,
    combination_table as combination_table,
    first_models as first_models,
    mean_width_decades as mean_width_decades,
    measured_in as measured_in,
    measurements_of as measurements_of,
    scores_by_place as scores_by_place,
)
from .media import (
    GIVEN as GIVEN,
    biomass_ceilings as biomass_ceilings,
    biomass_gain as biomass_gain,
    changed_media as changed_media,
    exhausted as exhausted,
    final_values as final_values,
    growth_stops as growth_stops,
    plain_name as plain_name,
    richer_media as richer_media,
    why_growth_stops as why_growth_stops,
)
from .models import (
    Confirmation as Confirmation,
    confirm_valid as confirm_valid,
    km_shift as km_shift,
    place_in_words as place_in_words,
    states_of as states_of,
    valid_ensemble as valid_ensemble,
)
from .posterior import (
    EXACT as EXACT,
    Calibration as Calibration,
    by_chains as by_chains,
    by_data_alone as by_data_alone,
    by_generator as by_generator,
    by_posterior_generator as by_posterior_generator,
    by_rejection as by_rejection,
    calibrate as calibrate,
    joint_table as joint_table,
    marginal_table as marginal_table,
    told_apart as told_apart,
    valid_draws as valid_draws,
)
from .posterior_generator import (
    PosteriorGenerator as PosteriorGenerator,
    train_posterior as train_posterior,
)
from .progress import (
    incidence_row as incidence_row,
    incidence_so_far as incidence_so_far,
    lambda_bins as lambda_bins,
    lambda_edges as lambda_edges,
)
from .published import (
    NO_RULE as NO_RULE,
    PUBLISHED_TABLE as PUBLISHED_TABLE,
    claims_table as claims_table,
    published as published,
    published_incidence as published_incidence,
    published_returns as published_returns,
    published_rules as published_rules,
)
from .regulation import (
    feedback_networks as feedback_networks,
    regulated_network as regulated_network,
    regulation_courses as regulation_courses,
    trained_models as trained_models,
)
from .repeats import (
    Repeat as Repeat,
    checkpoint_file as checkpoint_file,
    first_and_last as first_and_last,
    incidence_history as incidence_history,
    kept_training as kept_training,
    lambda_history as lambda_history,
    mean_over_repeats as mean_over_repeats,
    run_repeats as run_repeats,
)
from .robustness import (
    CYTOSOL as CYTOSOL,
    RETURN_TIMES_MIN as RETURN_TIMES_MIN,
    extremes as extremes,
    latecomers as latecomers,
    outcome_table as outcome_table,
    return_map as return_map,
    return_shares as return_shares,
    share_at as share_at,
    share_interval as share_interval,
    time_courses as time_courses,
    variable_groups as variable_groups,
)
from .route_coverage import (
    coverage_by_state as coverage_by_state,
    first_runs as first_runs,
    log_uniform_diversity as log_uniform_diversity,
    mean_coverage as mean_coverage,
)
from .routes import (
    LEAST_VALID as LEAST_VALID,
    RouteRun as RouteRun,
    by_conditional as by_conditional,
    by_sampling as by_sampling,
    by_search as by_search,
    by_training as by_training,
    cost_table as cost_table,
    coverage_table as coverage_table,
    diversity_table as diversity_table,
    history_table as history_table,
)
from .settings import (
    leave_one_out as leave_one_out,
    recipe_table as recipe_table,
    settings_grid as settings_grid,
)
from .shapes import shape_summary as shape_summary, shape_table as shape_table
from .state_checks import (
    agreement as agreement,
    changed_constraints as changed_constraints,
    check_table as check_table,
    largest_differences as largest_differences,
)
from .states import (
    QUANTILES as QUANTILES,
    concentration_table as concentration_table,
    constraints_table as constraints_table,
    diagnostics_table as diagnostics_table,
    energy_table as energy_table,
    flux_ratios as flux_ratios,
    flux_table as flux_table,
    growth_phase_h as growth_phase_h,
    main_fluxes as main_fluxes,
    measured_rates as measured_rates,
    metabolite_pathways as metabolite_pathways,
    profile_table as profile_table,
    ratio_table as ratio_table,
    reaction_pathways as reaction_pathways,
)
from .strains import predicted_strain as predicted_strain, strain_changes as strain_changes
from .summaries import write_summary as write_summary
from .text import file_word as file_word
from .timing import time_budget as time_budget, time_km_sets as time_km_sets
from .tournament import (
    answers_table as answers_table,
    hardest_state as hardest_state,
    study_state as study_state,
    tournament_table as tournament_table,
)
from .turnover import (
    bound_makes_faster as bound_makes_faster,
    reached_by_turnover as reached_by_turnover,
    search_by_turnover as search_by_turnover,
    slowest_turnover as slowest_turnover,
    states_by_turnover as states_by_turnover,
    turnover_table as turnover_table,
    turnover_times_min as turnover_times_min,
    unbiased_by_turnover as unbiased_by_turnover,
)
from .verdicts import Rule as Rule, value_of as value_of, verdict as verdict
from .views import (
    METABOLITES as METABOLITES,
    best_view as best_view,
    neighbour_correlation as neighbour_correlation,
    state_views as state_views,
)
