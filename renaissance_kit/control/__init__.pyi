from .coefficients import (
    ControlCoefficients as ControlCoefficients,
    control_coefficients as control_coefficients,
)
from .labels import ControlStatus as ControlStatus
from .responses import Responses as Responses, responses as responses
