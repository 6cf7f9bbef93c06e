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
from .fastest import (
    fastest_of_states as fastest_of_states,
)
from .placement import (
    place_slowest as place_slowest,
)
from .placement import (
    power_sum_derivatives as power_sum_derivatives,
)
from .placement import (
    power_sums as power_sums,
)
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
