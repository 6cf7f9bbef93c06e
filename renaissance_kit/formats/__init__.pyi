from .omex import write_archive as write_archive
from .sbml import write_sbml as write_sbml
from .sbml_reading import ReadModels as ReadModels, read_sbml as read_sbml
from .skimpy import SkimpyModel as SkimpyModel, read_skimpy as read_skimpy
from .skimpy_names import bigg_id as bigg_id, skimpy_id as skimpy_id
from .skimpy_parameters import SkimpyParameters as SkimpyParameters
from .skimpy_regulation import SKIMPY_REGULATION_TABLE as SKIMPY_REGULATION_TABLE
from .skimpy_writing import (
    write_skimpy as write_skimpy,
    write_skimpy_parameters as write_skimpy_parameters,
    write_skimpy_regulation as write_skimpy_regulation,
)
