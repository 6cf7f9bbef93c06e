from .archives import load_archive as load_archive, save_archive as save_archive
from .arguments import require_kinds as require_kinds
from .clusters import use_cluster as use_cluster
from .columns import Column as Column, Kind as Kind
from .datasets import Labelled as Labelled, Layout as Layout, Variable as Variable
from .endings import orderly_end as orderly_end
from .errors import (
    CheckpointError as CheckpointError,
    DataError as DataError,
    InfeasibleError as InfeasibleError,
    ParameterError as ParameterError,
    RenaissanceError as RenaissanceError,
    SteadyStateError as SteadyStateError,
    nearest as nearest,
)
from .files import atomic_hdf5 as atomic_hdf5, atomic_path as atomic_path
from .fingerprint import fingerprint as fingerprint
from .formulas import parse_formula as parse_formula, parse_terms as parse_terms
from .linear import row_echelon as row_echelon
from .locks import sole_use as sole_use
from .numbers import number_of as number_of
from .paths import (
    data_folder as data_folder,
    example_folder as example_folder,
    example_names as example_names,
    network_folder as network_folder,
    network_place as network_place,
    notebooks_folder as notebooks_folder,
)
from .records import compared_by_value as compared_by_value, same_value as same_value
from .runs import RUN as RUN, Progress as Progress, Run as Run, run_chunks as run_chunks
from .seeds import (
    child_rng as child_rng,
    derived_seed as derived_seed,
    labelled_seeds as labelled_seeds,
    repeat_seeds as repeat_seeds,
    rng_from as rng_from,
)
from .sheets import plain_cell as plain_cell, write_csv as write_csv
from .stores import read_store as read_store, store_of as store_of
from .tables import Row as Row, Table as Table, each as each
from .threads import (
    in_threads as in_threads,
    single_threaded as single_threaded,
    single_threaded_pool as single_threaded_pool,
)
from .types import Array as Array, Index as Index, Mask as Mask, Weights as Weights
from .versions import (
    require_same_versions as require_same_versions,
    sources_digest as sources_digest,
    versions as versions,
)
