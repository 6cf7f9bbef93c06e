from .distance import (
    reaction_distances as reaction_distances,
    with_distance as with_distance,
)
from .elements import molar_mass_g_mol as molar_mass_g_mol
from .moieties import ConservedMoiety as ConservedMoiety, conserved_moieties as conserved_moieties
from .network import Network as Network
from .reading import read_tables as read_tables
from .records import (
    Compartment as Compartment,
    Metabolite as Metabolite,
    Quantity as Quantity,
    Reaction as Reaction,
)
