from .distance import (
    reaction_distances as reaction_distances,
    with_distance as with_distance,
)
from .elements import molar_mass_g_mol as molar_mass_g_mol
from .gene_rules import (
    SPONTANEOUS as SPONTANEOUS,
    GeneRule as GeneRule,
    enzymes_needed as enzymes_needed,
)
from .moieties import ConservedMoiety as ConservedMoiety, conserved_moieties as conserved_moieties
from .network import Network as Network
from .other_names import meant as meant, other_ids as other_ids
from .reading import read_tables as read_tables
from .records import (
    Compartment as Compartment,
    Metabolite as Metabolite,
    Quantity as Quantity,
    Reaction as Reaction,
    Regulation as Regulation,
)
from .regulation import regulations as regulations
from .tables import (
    COMPARTMENT_TABLE as COMPARTMENT_TABLE,
    CONDITION_TABLE as CONDITION_TABLE,
    LABEL_TABLE as LABEL_TABLE,
    METABOLITE_TABLE as METABOLITE_TABLE,
    OTHER_ID_TABLE as OTHER_ID_TABLE,
    REACTION_TABLE as REACTION_TABLE,
    REGULATION_TABLE as REGULATION_TABLE,
)
from .writing import tables_of as tables_of, write_tables as write_tables
