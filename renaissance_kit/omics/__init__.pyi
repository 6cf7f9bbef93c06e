from .agreement import Agreement as Agreement, Demand as Demand, Program as Program
from .expression import Expression as Expression
from .fit import OmicsFit as OmicsFit
from .fluxes import FluxProgram as FluxProgram
from .pools import (
    Turnovers as Turnovers,
    capacity_table as capacity_table,
    protein_pool as protein_pool,
    shared_enzymes as shared_enzymes,
)
from .proteins import Proteins as Proteins
from .remi import remi as remi
from .tables import (
    EXPRESSION_TABLE as EXPRESSION_TABLE,
    PROTEIN_TABLE as PROTEIN_TABLE,
    TURNOVER_TABLE as TURNOVER_TABLE,
)
from .tex_fba import tex_fba as tex_fba
