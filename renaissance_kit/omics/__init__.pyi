from .agreement import Agreement as Agreement, Demand as Demand, Program as Program
from .expression import Expression as Expression
from .fit import OmicsFit as OmicsFit
from .fluxes import FluxProgram as FluxProgram
from .remi import remi as remi
from .tables import (
    EXPRESSION_TABLE as EXPRESSION_TABLE,
    PROTEIN_TABLE as PROTEIN_TABLE,
    TURNOVER_TABLE as TURNOVER_TABLE,
)
from .tex_fba import tex_fba as tex_fba
