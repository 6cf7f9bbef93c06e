from .calibration import (
    calibration_table as calibration_table,
    rank_counts as rank_counts,
    rank_of as rank_of,
    uniform_band as uniform_band,
)
from .correlations import state_correlations as state_correlations
from .crps import crps as crps
from .diversity import (
    Diversity as Diversity,
    coverage as coverage,
    diversity_of as diversity_of,
    nearest_neighbour_entropy as nearest_neighbour_entropy,
    neighbour_distances as neighbour_distances,
    pair_coverage as pair_coverage,
)
from .enzymes import ENZYME_TABLE as ENZYME_TABLE, EnzymeCapacities as EnzymeCapacities
from .intervals import (
    central_interval as central_interval,
    incidence_interval as incidence_interval,
    mean_interval as mean_interval,
    wilson_interval as wilson_interval,
)
from .km_change import (
    Pairs as Pairs,
    change_table as change_table,
    correlation_changes as correlation_changes,
    jensen_shannon as jensen_shannon,
    median_log10 as median_log10,
    narrowing as narrowing,
    parameters_of as parameters_of,
    width_decades as width_decades,
)
from .km_conflicts import (
    incidence_by_measurement as incidence_by_measurement,
    with_measured as with_measured,
)
from .km_overlap import (
    by_subsystem as by_subsystem,
    held_out_scores as held_out_scores,
    jaccard as jaccard,
    measured_intervals as measured_intervals,
    overlap_scores as overlap_scores,
    subsystem_of as subsystem_of,
)
from .km_posterior import Chains as Chains, KMPosterior as KMPosterior
from .landscape import (
    Map as Map,
    bounds_of as bounds_of,
    constrained_ranges as constrained_ranges,
    features as features,
    map_of as map_of,
    neighbourhood_table as neighbourhood_table,
    neighbourhoods as neighbourhoods,
    ranges_of_metabolites as ranges_of_metabolites,
    resample as resample,
    running_quantiles as running_quantiles,
    threshold_of as threshold_of,
)
from .permutations import (
    PermutationTest as PermutationTest,
    false_discovery_rate as false_discovery_rate,
    least_p_value as least_p_value,
    permutation_test as permutation_test,
    permuted_labels as permuted_labels,
)
from .profiles import (
    distances_to_centroid as distances_to_centroid,
    example_steady_states as example_steady_states,
    with_default_profile as with_default_profile,
)
from .relaxation import relaxation_limits as relaxation_limits
from .saturation import consumed as consumed, unsaturated_ranges as unsaturated_ranges
from .two_samples import (
    compare_samples as compare_samples,
    compare_with_unbiased as compare_with_unbiased,
    least_distance as least_distance,
)
from .unbiased import (
    UnbiasedModels as UnbiasedModels,
    UnbiasedTask as UnbiasedTask,
    unbiased_models as unbiased_models,
)
