from .adam import adam_memory as adam_memory, adam_step as adam_step
from .at_states import nes_of_states as nes_of_states
from .checkpoints import load_checkpoint as load_checkpoint, save_checkpoint as save_checkpoint
from .conditional import (
    ConditionalSettings as ConditionalSettings,
    ConditionalTrainer as ConditionalTrainer,
    split_states as split_states,
)
from .conditional_net import (
    ConditionalGenerator as ConditionalGenerator,
    ConditionalNet as ConditionalNet,
)
from .differentiable import (
    EDGE as EDGE,
    ProjectedShare as ProjectedShare,
    SmoothLambdaMax as SmoothLambdaMax,
    divergence as divergence,
)
from .fit import Training as Training, run as run, train as train
from .generator import Generator as Generator
from .gradient import GradientSettings as GradientSettings, GradientTrainer as GradientTrainer
from .nes import (
    NESSettings as NESSettings,
    NESTrainer as NESTrainer,
    gradient_estimate as gradient_estimate,
    shape_rewards as shape_rewards,
)
from .objective import KineticObjective as KineticObjective
from .recipes import Recipe as Recipe
from .rewards import (
    DifferentiableReward as DifferentiableReward,
    FastestDynamics as FastestDynamics,
    Incidence as Incidence,
    Reward as Reward,
    SmoothIncidence as SmoothIncidence,
    SoftMargin as SoftMargin,
)
from .trainer import (
    Record as Record,
    Settings as Settings,
    Trainer as Trainer,
    TrainingState as TrainingState,
)
from .trainers import TRAINERS as TRAINERS, trainer_of as trainer_of
