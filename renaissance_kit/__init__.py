"""Generate kinetic models of metabolism whose dynamics are those observed.

The names below are the main path, in the order in which data flows.
"""
# ruff: noqa: I001

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from renaissance_kit.sampling import sample_steady_states

from renaissance_kit.network import Network
from renaissance_kit.steady_states import SteadyState, SteadyStates
from renaissance_kit.constraints import Constraints
from renaissance_kit.km_data import KMMeasurements
from renaissance_kit.km_ranges import KMRanges
from renaissance_kit.kinetics import KineticModels
from renaissance_kit.stability import Spectrum, Status
from renaissance_kit.generator import Generator
from renaissance_kit.rewards import FastestDynamics, Incidence, SmoothIncidence
from renaissance_kit.evolution import NESSettings
from renaissance_kit.recipes import Recipe
from renaissance_kit.training import Training, train
from renaissance_kit.state_trainings import nes_of_states
from renaissance_kit.gradients import smooth_lambda_max
from renaissance_kit.gradient_training import GradientSettings, train_by_gradient
from renaissance_kit.conditional import (
    ConditionalGenerator,
    ConditionalSettings,
    split_states,
    train_conditional,
)
from renaissance_kit.diversity import diversity_of
from renaissance_kit.ensembles import KineticEnsemble
from renaissance_kit.integrators import TimeCourse, Tolerances
from renaissance_kit.dynamics import Dilution, Dynamics
from renaissance_kit.perturbation import Perturbation, PerturbationResult, perturb
from renaissance_kit.reactor_conditions import Event, ReactorConditions
from renaissance_kit.bioreactor import Bioreactor, BioreactorResult, cultivate
from renaissance_kit.enzymes import EnzymeCapacities
from renaissance_kit.km_change import change_table, narrowing, parameters_of
from renaissance_kit.km_conflicts import incidence_by_measurement
from renaissance_kit.km_overlap import overlap_scores
from renaissance_kit.network_distance import reaction_distances
from renaissance_kit.permutations import label_test
from renaissance_kit.clusters import use_cluster
from renaissance_kit.fastest import SearchSettings, fastest_dynamics, fastest_of_states
from renaissance_kit.survey import Survey, survey_states
from renaissance_kit.landscape import map_of, neighbourhoods, resample, threshold_of

__all__ = [  # noqa: RUF022
    "Network",
    "SteadyState",
    "SteadyStates",
    "Constraints",
    "sample_steady_states",
    "KineticModels",
    "Spectrum",
    "Status",
    "KMMeasurements",
    "Generator",
    "KMRanges",
    "FastestDynamics",
    "Incidence",
    "SmoothIncidence",
    "NESSettings",
    "Recipe",
    "Training",
    "train",
    "nes_of_states",
    "smooth_lambda_max",
    "GradientSettings",
    "train_by_gradient",
    "ConditionalGenerator",
    "ConditionalSettings",
    "split_states",
    "train_conditional",
    "diversity_of",
    "KineticEnsemble",
    "TimeCourse",
    "Tolerances",
    "Dilution",
    "Dynamics",
    "Perturbation",
    "PerturbationResult",
    "perturb",
    "Event",
    "ReactorConditions",
    "Bioreactor",
    "BioreactorResult",
    "cultivate",
    "EnzymeCapacities",
    "change_table",
    "incidence_by_measurement",
    "label_test",
    "narrowing",
    "overlap_scores",
    "parameters_of",
    "reaction_distances",
    "use_cluster",
    "SearchSettings",
    "fastest_dynamics",
    "fastest_of_states",
    "Survey",
    "survey_states",
    "map_of",
    "neighbourhoods",
    "resample",
    "threshold_of",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the sampler when it is asked for: it takes longer than all the rest."""
    if name == "sample_steady_states":
        from renaissance_kit.sampling import sample_steady_states

        return sample_steady_states
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
