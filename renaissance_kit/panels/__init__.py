"""Panels for JupyterLab and Voilà: the notebooks' studies with controls and live charts.

Nothing else in the package imports this one. `renaissance_kit.panels.states` has the panel of
notebook 05 and is imported by itself, since the sampler behind it takes long to import.
"""

from renaissance_kit.panels.bioreactor import BioreactorPanel
from renaissance_kit.panels.jobs import Job, State, Update
from renaissance_kit.panels.km import KMPanel
from renaissance_kit.panels.panel import Panel
from renaissance_kit.panels.robustness import RobustnessPanel
from renaissance_kit.panels.training import TrainingPanel

__all__ = [
    "BioreactorPanel",
    "Job",
    "KMPanel",
    "Panel",
    "RobustnessPanel",
    "State",
    "TrainingPanel",
    "Update",
]
