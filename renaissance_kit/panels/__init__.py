"""Panels for JupyterLab and Voilà: the notebooks' studies with controls and live charts.

Nothing else in the package imports this one.
"""

from renaissance_kit.panels.bioreactor import BioreactorPanel
from renaissance_kit.panels.jobs import Job, State, Update
from renaissance_kit.panels.robustness import RobustnessPanel
from renaissance_kit.panels.training import TrainingPanel

__all__ = ["BioreactorPanel", "Job", "RobustnessPanel", "State", "TrainingPanel", "Update"]
