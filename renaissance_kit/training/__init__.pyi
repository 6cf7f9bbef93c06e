from .at_states import nes_of_states as nes_of_states
from .checkpoints import load_checkpoint as load_checkpoint
from .checkpoints import save_checkpoint as save_checkpoint
from .conditional import (
    ConditionalGenerator as ConditionalGenerator,
)
from .conditional import (
    ConditionalNet as ConditionalNet,
)
from .conditional import (
    ConditionalSettings as ConditionalSettings,
)
from .conditional import (
    split_states as split_states,
)
from .conditional import (
    train_conditional as train_conditional,
)
from .fit import KineticObjective as KineticObjective
from .fit import Training as Training
from .fit import train as train
from .generator import Generator as Generator
from .gradient import (
    GradientSettings as GradientSettings,
)
from .gradient import (
    GradientTraining as GradientTraining,
)
from .gradient import (
    SmoothLambdaMax as SmoothLambdaMax,
)
from .gradient import (
    SoftMargin as SoftMargin,
)
from .gradient import (
    divergence as divergence,
)
from .gradient import (
    train_by_gradient as train_by_gradient,
)
from .nes import (
    run as run,
)
from .nes import (
    shape_rewards as shape_rewards,
)
from .nes import (
    start as start,
)
from .nes import (
    step as step,
)
from .recipes import Recipe as Recipe
from .rewards import (
    FastestDynamics as FastestDynamics,
)
from .rewards import (
    Incidence as Incidence,
)
from .rewards import (
    SmoothIncidence as SmoothIncidence,
)
from .state import EvolutionState as EvolutionState
from .state import NESSettings as NESSettings
from .state import Record as Record
