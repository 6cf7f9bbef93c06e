from . import (
    bioreactor as bioreactor,
    choices as choices,
    density as density,
    displacement as displacement,
    km_change as km_change,
    km_exact as km_exact,
    km_overlap as km_overlap,
    km_shifts as km_shifts,
    landscape as landscape,
    live as live,
    overview as overview,
    robustness as robustness,
    routes as routes,
    rows as rows,
    sampling as sampling,
    settings as settings,
    states as states,
    surveys as surveys,
    theme as theme,
    training as training,
)
from .saving import save as save
from .theme import Source as Source, use_theme as use_theme
