from .clusters import SchurForm as SchurForm
from .clusters import cluster_labels as cluster_labels
from .clusters import eigenvalue_derivative as eigenvalue_derivative
from .clusters import matched_labels as matched_labels
from .clusters import power_sum_derivatives as power_sum_derivatives
from .clusters import power_sums as power_sums
from .clusters import restricted as restricted
from .descent import ValleyDescent as ValleyDescent
from .fastest import (
    Fastest as Fastest,
)
from .fastest import (
    SearchSettings as SearchSettings,
)
from .fastest import (
    fastest_dynamics as fastest_dynamics,
)
from .fastest import restart_point as restart_point
from .placement import Placed as Placed
from .placement import least_change as least_change
from .placement import place_slowest as place_slowest
from .survey import (
    SEARCH as SEARCH,
)
from .survey import (
    Survey as Survey,
)
from .survey import (
    repeated as repeated,
)
from .survey import (
    shorter_search as shorter_search,
)
from .survey import (
    survey_states as survey_states,
)
from .tracking import SlowModes as SlowModes
