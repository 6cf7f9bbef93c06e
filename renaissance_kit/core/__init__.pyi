from .clusters import use_cluster as use_cluster
from .datasets import load_dataset as load_dataset
from .datasets import save_dataset as save_dataset
from .errors import (
    CheckpointError as CheckpointError,
)
from .errors import (
    DataError as DataError,
)
from .errors import (
    InfeasibleError as InfeasibleError,
)
from .errors import (
    ParameterError as ParameterError,
)
from .errors import (
    RenaissanceError as RenaissanceError,
)
from .errors import (
    SteadyStateError as SteadyStateError,
)
from .errors import (
    nearest as nearest,
)
from .files import atomic_hdf5 as atomic_hdf5
from .files import atomic_path as atomic_path
from .fingerprint import fingerprint as fingerprint
from .linear import row_echelon as row_echelon
from .paths import data_folder as data_folder
from .paths import example_folder as example_folder
from .paths import example_names as example_names
from .paths import network_folder as network_folder
from .runs import RUN as RUN
from .runs import Progress as Progress
from .runs import Run as Run
from .runs import run_chunks as run_chunks
from .seeds import child_rng as child_rng
from .seeds import derived_seed as derived_seed
from .seeds import labelled_seeds as labelled_seeds
from .seeds import repeat_seeds as repeat_seeds
from .seeds import rng_from as rng_from
from .stores import read_store as read_store
from .stores import store_of as store_of
from .tables import (
    Row as Row,
)
from .tables import (
    parse_formula as parse_formula,
)
from .tables import (
    parse_terms as parse_terms,
)
from .tables import (
    read_table as read_table,
)
from .tables import (
    rows_of as rows_of,
)
from .threads import (
    single_threaded as single_threaded,
)
from .threads import (
    single_threaded_pool as single_threaded_pool,
)
from .types import Array as Array
from .types import Index as Index
from .types import Mask as Mask
from .types import Weights as Weights
