from .ensembles import KineticEnsemble as KineticEnsemble
from .ensembles import write_km_stream as write_km_stream
from .gradients import (
    GradientStatus as GradientStatus,
)
from .gradients import (
    eigenvalue_gradients as eigenvalue_gradients,
)
from .gradients import (
    pinned_over_states as pinned_over_states,
)
from .gradients import (
    pinned_smooth_lambda_max as pinned_smooth_lambda_max,
)
from .gradients import (
    smooth_lambda_max as smooth_lambda_max,
)
from .models import KineticModels as KineticModels
from .rate_laws import RateLaws as RateLaws
from .slots import Slots as Slots
from .spectrum import (
    Spectrum as Spectrum,
)
from .spectrum import (
    Status as Status,
)
from .spectrum import (
    eigenvalues as eigenvalues,
)
from .spectrum import (
    incidence_of as incidence_of,
)
from .spectrum import (
    is_valid as is_valid,
)
from .spectrum import (
    spectrum_of as spectrum_of,
)
from .spectrum import (
    time_constant_min as time_constant_min,
)
