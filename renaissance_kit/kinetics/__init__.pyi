from .ensembles import (
    KineticEnsemble as KineticEnsemble,
    example_file as example_file,
    write_km_stream as write_km_stream,
)
from .gradients import (
    GradientStatus as GradientStatus,
    eigenvalue_gradients as eigenvalue_gradients,
    pinned_smooth_lambda_max as pinned_smooth_lambda_max,
    smooth_lambda_max as smooth_lambda_max,
)
from .models import JacobianMap as JacobianMap, KineticModels as KineticModels
from .rate_laws import RateLaws as RateLaws
from .slots import Slots as Slots
from .spectrum import (
    Spectrum as Spectrum,
    Status as Status,
    eigenvalues as eigenvalues,
    incidence_of as incidence_of,
    is_valid as is_valid,
    spectrum_of as spectrum_of,
    time_constant_min as time_constant_min,
)
