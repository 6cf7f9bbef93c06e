# ruff: noqa: I001  (the order is that in which data flows)
from .network import Network as Network
from .states import (
    SteadyState as SteadyState,
    SteadyStates as SteadyStates,
    sample_steady_states as sample_steady_states,
)
from .km import KMMeasurements as KMMeasurements, KMRanges as KMRanges
from .kinetics import KineticModels as KineticModels, KineticEnsemble as KineticEnsemble
from .training import Generator as Generator, Recipe as Recipe, train as train
from .simulation import (
    Perturbation as Perturbation,
    perturb as perturb,
    ReactorConditions as ReactorConditions,
    cultivate as cultivate,
)
from . import (
    core as core,
    laws as laws,
    network as network,
    states as states,
    draft as draft,
    kinetics as kinetics,
    control as control,
    km as km,
    simulation as simulation,
    objectives as objectives,
    training as training,
    design as design,
    search as search,
    analysis as analysis,
    formats as formats,
    studies as studies,
    figures as figures,
    panels as panels,
    cli as cli,
)

__version__: str
