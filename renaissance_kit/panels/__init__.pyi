from .bioreactor import BioreactorPanel as BioreactorPanel
from .control import ControlPanel as ControlPanel
from .jobs import Job as Job, State as State, Update as Update
from .km import KMPanel as KMPanel
from .panel import Panel as Panel
from .robustness import RobustnessPanel as RobustnessPanel
from .states import StatesPanel as StatesPanel
from .training import TrainingPanel as TrainingPanel
