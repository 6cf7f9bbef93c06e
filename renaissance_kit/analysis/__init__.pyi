from .diversity import (
    Diversity as Diversity,
)
from .diversity import (
    coverage as coverage,
)
from .diversity import (
    diversity_of as diversity_of,
)
from .diversity import (
    nearest_neighbour_entropy as nearest_neighbour_entropy,
)
from .diversity import (
    neighbour_distances as neighbour_distances,
)
from .diversity import (
    pair_coverage as pair_coverage,
)
from .enzymes import EnzymeCapacities as EnzymeCapacities
from .intervals import (
    central_interval as central_interval,
)
from .intervals import (
    incidence_interval as incidence_interval,
)
from .intervals import (
    mean_interval as mean_interval,
)
from .intervals import (
    wilson_interval as wilson_interval,
)
from .km_change import (
    Pairs as Pairs,
)
from .km_change import (
    change_table as change_table,
)
from .km_change import (
    correlation_changes as correlation_changes,
)
from .km_change import (
    jensen_shannon as jensen_shannon,
)
from .km_change import (
    median_log10 as median_log10,
)
from .km_change import (
    narrowing as narrowing,
)
from .km_change import (
    parameters_of as parameters_of,
)
from .km_change import (
    width_decades as width_decades,
)
from .km_conflicts import (
    incidence_by_measurement as incidence_by_measurement,
)
from .km_conflicts import (
    with_measured as with_measured,
)
from .km_overlap import (
    by_subsystem as by_subsystem,
)
from .km_overlap import (
    held_out_scores as held_out_scores,
)
from .km_overlap import (
    jaccard as jaccard,
)
from .km_overlap import (
    measured_intervals as measured_intervals,
)
from .km_overlap import (
    overlap_scores as overlap_scores,
)
from .km_overlap import (
    subsystem_of as subsystem_of,
)
from .landscape import (
    Map as Map,
)
from .landscape import (
    bounds_of as bounds_of,
)
from .landscape import (
    constrained_ranges as constrained_ranges,
)
from .landscape import (
    features as features,
)
from .landscape import (
    map_of as map_of,
)
from .landscape import (
    neighbourhood_table as neighbourhood_table,
)
from .landscape import (
    neighbourhoods as neighbourhoods,
)
from .landscape import (
    ranges_of_metabolites as ranges_of_metabolites,
)
from .landscape import (
    resample as resample,
)
from .landscape import (
    running_quantiles as running_quantiles,
)
from .landscape import (
    threshold_of as threshold_of,
)
from .permutations import (
    PermutationTest as PermutationTest,
)
from .permutations import (
    false_discovery_rate as false_discovery_rate,
)
from .permutations import (
    permutation_test as permutation_test,
)
from .permutations import (
    permuted_labels as permuted_labels,
)
from .profiles import (
    distances_to_centroid as distances_to_centroid,
)
from .profiles import (
    example_steady_states as example_steady_states,
)
from .profiles import (
    lambda_max_quantiles as lambda_max_quantiles,
)
from .profiles import (
    with_default_profile as with_default_profile,
)
from .relaxation import relaxation_limits as relaxation_limits
