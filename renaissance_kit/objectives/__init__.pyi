from .changed import ConstantsChanged as ConstantsChanged
from .combined import AllOf as AllOf, all_of as all_of
from .courses import FitToCourses as FitToCourses
from .dynamics import (
    LAMBDA_MAX as LAMBDA_MAX,
    DynamicsObjective as DynamicsObjective,
    FastestDynamics as FastestDynamics,
    Incidence as Incidence,
    SmoothDynamics as SmoothDynamics,
    SmoothIncidence as SmoothIncidence,
    SoftMargin as SoftMargin,
)
from .named import (
    OBJECTIVES as OBJECTIVES,
    named_objective as named_objective,
    objectives_for as objectives_for,
)
from .objective import (
    DifferentiableObjective as DifferentiableObjective,
    Objective as Objective,
    Scored as Scored,
    ScoreDerivative as ScoreDerivative,
    Scores as Scores,
    step as step,
)
from .phenotypes import (
    PHENOTYPE_TABLE as PHENOTYPE_TABLE,
    Phenotype as Phenotype,
    Phenotypes as Phenotypes,
)
from .priors import KMPriors as KMPriors
from .pulses import InhibitorPulse as InhibitorPulse
from .returns import ReturnsAfter as ReturnsAfter
from .signs import ControlSigns as ControlSigns, WantedSign as WantedSign
