"""The tables that say what is known of steady states: what each may hold.

Their meaning stands in ``data/README.md``.
"""

from __future__ import annotations

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.numbers import PURE_WATER_MM
from renaissance_kit.core.tables import Table

_SOURCE = Column("source", filled=True)
_UNIT = Column("unit", filled=True)
_REPLICATES = (
    "average replicates into one row: their mean in value, the least in low and the greatest in "
    "high"
)
_ANY = 1e6  # of several units: no cell turns over more, and no reaction yields more


def _concentration(name: str, *, filled: bool = False) -> Column:
    meaning = f"pure water has {PURE_WATER_MM:,.0f} mM"
    return Column(name, Kind.NUMBER, filled=filled, above=0, most=PURE_WATER_MM, meaning=meaning)


def _amount(name: str, *, filled: bool = False) -> Column:
    meaning = "in g/L or mM"
    return Column(name, Kind.NUMBER, filled=filled, least=0, most=PURE_WATER_MM, meaning=meaning)


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
        Column("low", Kind.NUMBER, least=-_ANY, most=_ANY),
        Column("high", Kind.NUMBER, least=-_ANY, most=_ANY),
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
        _concentration("value_mM", filled=True),
        _concentration("low_mM"),
        _concentration("high_mM"),
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
        _concentration("value_mM", filled=True),
        _concentration("low_mM", filled=True),
        _concentration("high_mM", filled=True),
        _SOURCE,
    ),
    key=("metabolite",),
    twice=_REPLICATES,
    ranges=(("low_mM", "value_mM", "high_mM"),),
)
FERMENTATION_TABLE = Table(
    "fermentation.csv",
    (
        Column("strain", filled=True),
        Column("quantity", filled=True),
        Column("variable", filled=True),
        Column("weighed_as", optional=True),
        Column("time_h", Kind.NUMBER, least=0, most=1e5, filled=True),
        _amount("value", filled=True),
        _amount("low"),
        _amount("high"),
        Column("unit", words=("g/L", "mM"), filled=True),
        _SOURCE,
    ),
    key=("strain", "quantity", "time_h"),
    twice=_REPLICATES,
    ranges=(("low", "value", "high"),),
)
PUBLISHED_STATE_TABLE = Table(
    "published_states.csv",
    (
        Column("quantity", filled=True,
               words=("concentration", "flux", "log_displacement", "density")),
        Column("id", filled=True),
        _UNIT,
        Column("state_1712", Kind.NUMBER, optional=True, filled=True, least=-_ANY, most=_ANY,
               like="state_[1-9][0-9]*"),
        _SOURCE,
    ),
    key=("quantity", "id"),
)  # fmt: skip
STEADY_STATE_TABLE = Table(
    "steady_state.csv",
    (
        Column("quantity", words=("concentration", "flux", "log_displacement"), filled=True),
        Column("id", filled=True),
        Column("value", Kind.NUMBER, filled=True, least=-_ANY, most=_ANY),
        _UNIT,
        _SOURCE,
    ),
    key=("quantity", "id"),
)
