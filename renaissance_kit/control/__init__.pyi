from .coefficients import (
    ControlCoefficients as ControlCoefficients,
    control_coefficients as control_coefficients,
)
from .derivatives import control_by_log_km as control_by_log_km
from .labels import ControlStatus as ControlStatus
from .responses import Responses as Responses, responses as responses
