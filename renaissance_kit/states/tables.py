"""The tables that say what is known of steady states: what each may hold.

Their meaning stands in ``data/README.md``.
"""

from __future__ import annotations

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.tables import Table

_SOURCE = Column("source", filled=True)
_UNIT = Column("unit", filled=True)

CONSTRAINT_UNITS = {
    "every_flux": "mmol/gDW/h",
    "total_flux": "1",
    "driving_force": "kJ/mol",
    "measured_fold": "1",
    "pool": "mM",
    "turnover_time": "min",
    "flux": "mmol/gDW/h",
    "fermentation": "h",
    "concentration": "mM",
    "energy": "kJ/mol",
    "displacement": "1",
    "ratio": "1",
    "direction": "1",
    "unmeasured": "1",
}
CONSTRAINT_TABLE = Table(
    "constraints.csv",
    (
        Column("id", filled=True),
        Column("kind", words=tuple(CONSTRAINT_UNITS), filled=True),
        Column("low", Kind.NUMBER),
        Column("high", Kind.NUMBER),
        _UNIT,
        _SOURCE,
        Column("strain", optional=True),
        Column("quantity", optional=True),
    ),
    key=("id", "kind"),
    ranges=(("low", "", "high"),),
)
CONCENTRATION_TABLE = Table(
    "concentrations.csv",
    (
        Column("metabolite", filled=True),
        Column("value_mM", Kind.NUMBER, above=0, filled=True),
        Column("low_mM", Kind.NUMBER, above=0),
        Column("high_mM", Kind.NUMBER, above=0),
        Column("condition", optional=True),
        Column("preferred", Kind.FLAG, optional=True),
        _SOURCE,
        Column("licence", optional=True),
    ),
    ranges=(("low_mM", "value_mM", "high_mM"),),
)
MEDIUM_TABLE = Table(
    "medium.csv",
    (
        Column("metabolite", filled=True),
        Column("value_mM", Kind.NUMBER, above=0, filled=True),
        Column("low_mM", Kind.NUMBER, above=0, filled=True),
        Column("high_mM", Kind.NUMBER, above=0, filled=True),
        _SOURCE,
    ),
    key=("metabolite",),
    ranges=(("low_mM", "value_mM", "high_mM"),),
)
FERMENTATION_TABLE = Table(
    "fermentation.csv",
    (
        Column("strain", filled=True),
        Column("quantity", filled=True),
        Column("variable", filled=True),
        Column("weighed_as", optional=True),
        Column("time_h", Kind.NUMBER, least=0, filled=True),
        Column("value", Kind.NUMBER, least=0, filled=True),
        Column("low", Kind.NUMBER, least=0),
        Column("high", Kind.NUMBER, least=0),
        Column("unit", words=("g/L", "mM"), filled=True),
        _SOURCE,
    ),
    key=("strain", "quantity", "time_h"),
    twice=(
        "average replicates into one row: their mean in value, the least in low and the greatest "
        "in high"
    ),
    ranges=(("low", "value", "high"),),
)
PUBLISHED_STATE_TABLE = Table(
    "published_states.csv",
    (
        Column("quantity", filled=True,
               words=("concentration", "flux", "log_displacement", "density")),
        Column("id", filled=True),
        _UNIT,
        Column("state_1712", Kind.NUMBER, optional=True, filled=True, like="state_[1-9][0-9]*"),
        _SOURCE,
    ),
    key=("quantity", "id"),
)  # fmt: skip
STEADY_STATE_TABLE = Table(
    "steady_state.csv",
    (
        Column("quantity", words=("concentration", "flux", "log_displacement"), filled=True),
        Column("id", filled=True),
        Column("value", Kind.NUMBER, filled=True),
        _UNIT,
        _SOURCE,
    ),
    key=("quantity", "id"),
)
