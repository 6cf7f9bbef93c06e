"""The six tables of a network: what each may hold. Their meaning stands in ``data/README.md``."""

from __future__ import annotations

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.tables import Table
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.network.conditions import CONDITIONS

METABOLITE_ROLES = ("dynamic", "constant", "water")
REACTION_ROLES = ("kinetic", "growth", "water_transport", "exchange")
COMPARTMENT_ROLES = ("cytosol", "periplasm", "organelle", "medium")
TRANSPORT_CLASSES = ("porin", "diffusion", "symport", "driven")
LABEL_KINDS = ("flux", "ratio", "variable", "inside", "name", "km", "pathway")

_ID = Column("id", Kind.ID, filled=True)
_SOURCE = Column("source", filled=True)

COMPARTMENT_TABLE = Table(
    "compartments.csv",
    (
        _ID,
        Column("name"),
        Column("role", words=COMPARTMENT_ROLES, filled=True),
        Column("volume_fraction", Kind.NUMBER, above=0, most=1,
               meaning="a share of the volume of the cell"),
        Column("pH", Kind.NUMBER, least=0, most=14, filled=True),
        Column("ionic_strength_M", Kind.NUMBER, least=0, most=5, filled=True, meaning="in mol/L"),
        Column("potential_to_c_mV", Kind.NUMBER, optional=True, filled=True, least=-1000, most=1000,
               like="potential_to_[A-Za-z0-9_]+_mV", meaning="in mV"),
        _SOURCE,
    ),
    key=("id",),
)  # fmt: skip
CONDITION_TABLE = Table(
    "conditions.csv",
    (
        Column("quantity", words=tuple(CONDITIONS), filled=True),
        Column("value", Kind.NUMBER, filled=True),
        Column("low", Kind.NUMBER),
        Column("high", Kind.NUMBER),
        Column("unit", filled=True),
        _SOURCE,
    ),
    key=("quantity",),
    ranges=(("low", "value", "high"),),
)
METABOLITE_TABLE = Table(
    "metabolites.csv",
    (
        _ID,
        Column("name"),
        Column("formula"),
        Column("charge", Kind.NUMBER, least=-100, most=100),
        Column("compartment", filled=True),
        Column("role", words=METABOLITE_ROLES, filled=True),
        Column("currency", Kind.FLAG),
        Column("dgf0_kJ_mol", Kind.NUMBER, least=-1e6, most=1e6),
        Column("dgf0_error_kJ_mol", Kind.NUMBER, least=0, most=1e6),
        Column("n_h", Kind.NUMBER, least=0, most=1e5),
        Column("pka", Kind.NUMBERS, least=-100, most=100),
        Column("seed_id"),
        _SOURCE,
    ),
    key=("id",),
)
REACTION_TABLE = Table(
    "reactions.csv",
    (
        _ID,
        Column("name"),
        Column("equation", filled=True),
        Column("subsystem"),
        Column("transport", optional=True, words=TRANSPORT_CLASSES),
        Column("ec"),
        Column("gpr", optional=True),
        Column("gpr_source", optional=True),
        Column("role", words=REACTION_ROLES, filled=True),
        Column("rate_law"),
        Column("substrates"),
        Column("products"),
        Column("proton_terms"),
        Column("balance_exempt"),
        Column("dgr0_kJ_mol", Kind.NUMBER, least=-1e6, most=1e6),
        Column("dgr0_error_kJ_mol", Kind.NUMBER, least=0, most=1e6),
        Column("dgr0_note"),
        _SOURCE,
    ),
    key=("id",),
)
REGULATION_TABLE = Table(
    "regulation.csv",
    (
        Column("reaction", filled=True),
        Column("metabolite", filled=True),
        Column("kind", words=tuple(MODIFIERS), filled=True),
        _SOURCE,
    ),
    key=("reaction", "metabolite", "kind"),
)
OTHER_ID_TABLE = Table(
    "ids.csv",
    (
        Column("id", Kind.ID, filled=True),
        Column("database", filled=True),
        Column("other_id", filled=True),
        _SOURCE,
    ),
    key=("id", "database", "other_id"),
)
LABEL_TABLE = Table(
    "figures.csv",
    (
        Column("kind", words=LABEL_KINDS, filled=True),
        Column("id", filled=True),
        Column("label", filled=True),
    ),
    key=("kind", "id"),
)
