from .distance import (
    reaction_distances as reaction_distances,
)
from .distance import (
    with_distance as with_distance,
)
from .elements import molar_mass_g_mol as molar_mass_g_mol
from .moieties import ConservedMoiety as ConservedMoiety
from .moieties import conserved_moieties as conserved_moieties
from .network import Network as Network
from .reading import read_tables as read_tables
from .records import (
    Compartment as Compartment,
)
from .records import (
    Metabolite as Metabolite,
)
from .records import (
    Quantity as Quantity,
)
from .records import (
    Reaction as Reaction,
)
