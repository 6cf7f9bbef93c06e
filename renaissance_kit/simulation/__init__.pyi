from .bioreactor import (
    Bioreactor as Bioreactor,
    BioreactorResult as BioreactorResult,
    batch_of as batch_of,
    cultivate as cultivate,
    engineered as engineered,
)
from .conditions import (
    REACTOR_TABLE as REACTOR_TABLE,
    ReactorConditions as ReactorConditions,
    condition_names as condition_names,
    medium_of as medium_of,
)
from .courses import course_of as course_of
from .dynamics import Dynamics as Dynamics
from .equations import Feed as Feed
from .fit import (
    Fit as Fit,
    MeasuredCurve as MeasuredCurve,
    fit_of as fit_of,
    measured_curves as measured_curves,
    measured_start as measured_start,
)
from .integrators import (
    SOLVERS as SOLVERS,
    Outcome as Outcome,
    TimeCourse as TimeCourse,
    Tolerances as Tolerances,
    integrate as integrate,
)
from .new_states import (
    NewState as NewState,
    NewStates as NewStates,
    knock_outs as knock_outs,
    new_steady_states as new_steady_states,
)
from .operations import (
    ALLOWED as ALLOWED,
    Dilution as Dilution,
    Event as Event,
    Transfer as Transfer,
)
from .perturbation import (
    Perturbation as Perturbation,
    PerturbationResult as PerturbationResult,
    Return as Return,
    keep_totals as keep_totals,
    linear_response as linear_response,
    perturb as perturb,
)
from .shifts import (
    SHIFT_TOLERANCES as SHIFT_TOLERANCES,
    Shifted as Shifted,
    Step as Step,
    shift as shift,
)
from .strains import STRAIN_TABLE as STRAIN_TABLE, engineered_strains as engineered_strains
