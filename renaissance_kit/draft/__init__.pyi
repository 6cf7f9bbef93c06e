from .decisions import DECISIONS_TABLE as DECISIONS_TABLE, Decision as Decision
from .draft import RULES as RULES, NetworkDraft as NetworkDraft
from .species import ENERGIES_TABLE as ENERGIES_TABLE
