from .bioreactor import (
    Bioreactor as Bioreactor,
)
from .bioreactor import (
    BioreactorResult as BioreactorResult,
)
from .bioreactor import (
    batch_of as batch_of,
)
from .bioreactor import (
    cultivate as cultivate,
)
from .bioreactor import (
    engineered as engineered,
)
from .conditions import (
    Event as Event,
)
from .conditions import (
    ReactorConditions as ReactorConditions,
)
from .conditions import (
    medium_of as medium_of,
)
from .dynamics import Dilution as Dilution
from .dynamics import Dynamics as Dynamics
from .fit import (
    Fit as Fit,
)
from .fit import (
    MeasuredCurve as MeasuredCurve,
)
from .fit import (
    fit_of as fit_of,
)
from .fit import (
    measured_curves as measured_curves,
)
from .fit import (
    measured_start as measured_start,
)
from .integrators import (
    SOLVERS as SOLVERS,
)
from .integrators import (
    Outcome as Outcome,
)
from .integrators import (
    TimeCourse as TimeCourse,
)
from .integrators import (
    Tolerances as Tolerances,
)
from .integrators import (
    integrate as integrate,
)
from .perturbation import (
    Perturbation as Perturbation,
)
from .perturbation import (
    PerturbationResult as PerturbationResult,
)
from .perturbation import (
    Return as Return,
)
from .perturbation import (
    keep_totals as keep_totals,
)
from .perturbation import (
    linear_response as linear_response,
)
from .perturbation import (
    perturb as perturb,
)
from .strains import engineered_strains as engineered_strains
