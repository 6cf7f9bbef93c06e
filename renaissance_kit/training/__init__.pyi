from .adam import adam_memory as adam_memory, adam_step as adam_step
from .at_states import nes_of_states as nes_of_states
from .boxes import Boxes as Boxes, BoxGenerator as BoxGenerator
from .checkpoints import load_checkpoint as load_checkpoint, save_checkpoint as save_checkpoint
from .conditional import (
    ConditionalSettings as ConditionalSettings,
    ConditionalTrainer as ConditionalTrainer,
    chances as chances,
    split_states as split_states,
)
from .conditional_net import (
    ConditionalGenerator as ConditionalGenerator,
    ConditionalNet as ConditionalNet,
)
from .data_fitness import DataFitness as DataFitness, Labelled as Labelled
from .differentiable import (
    EDGE as EDGE,
    ModelScores as ModelScores,
    ProjectedShare as ProjectedShare,
    divergence as divergence,
)
from .fit import Training as Training, run as run, train as train
from .fitness import Evaluation as Evaluation, Fitness as Fitness
from .flow import (
    FlowGenerator as FlowGenerator,
    FlowSettings as FlowSettings,
    FlowTrainer as FlowTrainer,
)
from .generator import Generator as Generator
from .generators import KMGenerator as KMGenerator
from .gradient import GradientSettings as GradientSettings, GradientTrainer as GradientTrainer
from .ischrunk import (
    IschrunkSettings as IschrunkSettings,
    IschrunkTrainer as IschrunkTrainer,
)
from .labelled import DataSettings as DataSettings, LabelledKM as LabelledKM
from .nes import (
    NESSettings as NESSettings,
    NESTrainer as NESTrainer,
    gradient_estimate as gradient_estimate,
    shape_rewards as shape_rewards,
)
from .recipes import Recipe as Recipe
from .rekindle import (
    RekindleSettings as RekindleSettings,
    RekindleTrainer as RekindleTrainer,
    mean_divergence as mean_divergence,
)
from .rekindle_net import (
    Discriminator as Discriminator,
    RekindleGenerator as RekindleGenerator,
)
from .score_gradient import (
    ScoreGradientSettings as ScoreGradientSettings,
    ScoreGradientTrainer as ScoreGradientTrainer,
)
from .trainer import (
    Record as Record,
    Settings as Settings,
    Trainer as Trainer,
    TrainingState as TrainingState,
)
from .trainers import TRAINERS as TRAINERS, trainer_of as trainer_of
