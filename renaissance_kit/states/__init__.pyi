from .bounds import Bound as Bound, Measured as Measured
from .constraints import Constraints as Constraints
from .diagnostics import effective_sample_size as effective_sample_size, split_rhat as split_rhat
from .energies import (
    reaction_energies as reaction_energies,
    with_reaction_energies as with_reaction_energies,
)
from .enzyme_pool import EnzymePool as EnzymePool
from .features import StateFeatures as StateFeatures
from .fermentation import (
    Estimate as Estimate,
    MeasuredTimeCourse as MeasuredTimeCourse,
    biomass_integral as biomass_integral,
    biomass_time_course as biomass_time_course,
    quantities as quantities,
    read_time_course as read_time_course,
    specific_rate as specific_rate,
    uptake_range as uptake_range,
)
from .hit_and_run import sample_polytope as sample_polytope
from .polytope import LinearProgram as LinearProgram, Polytope as Polytope
from .reading import choose_measurements as choose_measurements
from .requirements import Requirement as Requirement, minimal_conflict as minimal_conflict
from .sampling import (
    StateSpace as StateSpace,
    not_mixed as not_mixed,
    sample_steady_states as sample_steady_states,
)
from .steady_state import SteadyState as SteadyState
from .steady_states import SteadyStates as SteadyStates
from .tables import (
    CONCENTRATION_TABLE as CONCENTRATION_TABLE,
    CONSTRAINT_TABLE as CONSTRAINT_TABLE,
    FERMENTATION_TABLE as FERMENTATION_TABLE,
    MEDIUM_TABLE as MEDIUM_TABLE,
    PUBLISHED_STATE_TABLE as PUBLISHED_STATE_TABLE,
    STEADY_STATE_TABLE as STEADY_STATE_TABLE,
)
from .tfa import ThermodynamicModel as ThermodynamicModel
from .turnover import bound_turnover as bound_turnover
from .validation import Check as Check, require_valid as require_valid, state_checks as state_checks
from .writing import state_table as state_table
