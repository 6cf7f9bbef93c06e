from .clusters import (
    SchurForm as SchurForm,
    cluster_labels as cluster_labels,
    eigenvalue_derivative as eigenvalue_derivative,
    matched_labels as matched_labels,
    power_sum_derivatives as power_sum_derivatives,
    power_sums as power_sums,
    restricted as restricted,
)
from .descent import ValleyDescent as ValleyDescent
from .fastest import (
    Fastest as Fastest,
    SearchSettings as SearchSettings,
    fastest_dynamics as fastest_dynamics,
    restart_point as restart_point,
    restart_rounds as restart_rounds,
)
from .placement import (
    Placed as Placed,
    least_change as least_change,
    place_slowest as place_slowest,
)
from .survey import (
    CHUNK as CHUNK,
    SEARCH as SEARCH,
    Job as Job,
    Survey as Survey,
    SurveyTask as SurveyTask,
    shorter_search as shorter_search,
    survey_states as survey_states,
)
from .tracking import SlowModes as SlowModes
