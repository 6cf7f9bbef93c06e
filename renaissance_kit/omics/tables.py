"""The tables of omics data: what each may hold. Their meaning stands in ``docs/omics.md``."""

from __future__ import annotations

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.tables import Table

AMOUNTS = ("protein_umol_gDW", "protein_uM")
_MOST = {"protein_umol_gDW": 1e3, "protein_uM": 1e6}  # were all of a cell a protein of 1,000 g/mol
_REPLICATES = "average replicates into one row, or name the conditions apart"
_SOURCE = Column("source", filled=True)

EXPRESSION_TABLE = Table(
    "expression.csv",
    (
        Column("gene", filled=True),
        Column("condition", filled=True),
        Column("level", Kind.NUMBER, filled=True, least=0, most=1e8,
               meaning="proportional to the amount, not its logarithm; divide large ones"),
        _SOURCE,
    ),
    key=("gene", "condition"),
    twice=_REPLICATES,
)  # fmt: skip
PROTEIN_TABLE = Table(
    "a table of proteins",
    (
        Column("gene", filled=True),
        Column("condition", filled=True),
        *(
            Column(name, Kind.NUMBER, least=0, most=_MOST[name], optional=True, filled=True)
            for name in AMOUNTS
        ),
        Column("molar_mass_g_mol", Kind.NUMBER, above=100, most=1e7, optional=True,
               meaning="of one chain"),
        _SOURCE,
    ),
    key=("gene", "condition"),
    twice=_REPLICATES,
    one_of=(AMOUNTS,),
)  # fmt: skip
TURNOVER_TABLE = Table(
    "a table of turnover numbers",
    (
        Column("reaction", filled=True),
        Column("enzyme", optional=True),
        Column("kcat_per_s", Kind.NUMBER, filled=True, above=0, most=1e8,
               meaning="catalase, the fastest, has 4e7 1/s"),
        Column("kcat_reverse_per_s", Kind.NUMBER, optional=True, above=0, most=1e8,
               meaning="catalase, the fastest, has 4e7 1/s"),
        _SOURCE,
    ),
    key=("reaction", "enzyme"),
    twice="average replicates into one row, or name the isoenzyme of each in a column enzyme",
)  # fmt: skip
