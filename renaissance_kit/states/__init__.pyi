from .constraints import (
    Bound as Bound,
)
from .constraints import (
    Constraints as Constraints,
)
from .constraints import (
    choose_measurements as choose_measurements,
)
from .diagnostics import effective_sample_size as effective_sample_size
from .diagnostics import split_rhat as split_rhat
from .features import StateFeatures as StateFeatures
from .fermentation import (
    Estimate as Estimate,
)
from .fermentation import (
    MeasuredTimeCourse as MeasuredTimeCourse,
)
from .fermentation import (
    biomass_integral as biomass_integral,
)
from .fermentation import biomass_time_course as biomass_time_course
from .fermentation import quantities as quantities
from .fermentation import (
    read_time_course as read_time_course,
)
from .fermentation import (
    specific_rate as specific_rate,
)
from .fermentation import (
    uptake_range as uptake_range,
)
from .hit_and_run import sample_polytope as sample_polytope
from .polytope import Polytope as Polytope
from .requirements import Requirement as Requirement
from .requirements import minimal_conflict as minimal_conflict
from .sampling import StateSpace as StateSpace
from .sampling import sample_steady_states as sample_steady_states
from .steady_states import SteadyState as SteadyState
from .steady_states import SteadyStates as SteadyStates
from .tfa import ThermodynamicModel as ThermodynamicModel
from .turnover import bound_turnover as bound_turnover
from .validation import Check as Check
from .validation import require_valid as require_valid
from .validation import state_checks as state_checks
