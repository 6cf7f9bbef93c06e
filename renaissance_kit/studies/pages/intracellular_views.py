"""Notebook 05: what a map of the states and single concentrations tell of fast models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from renaissance_kit.analysis.intervals import wilson_interval
from renaissance_kit.studies.text import Text, between, percent
from renaissance_kit.studies.views import METABOLITES, best_view


def views(table: pd.DataFrame, names: Mapping[str, str], cells: pd.DataFrame) -> Text:
    """Which view of the states tells how fast models are, and how far cells of the map differ.

    Args:
        table: as from `renaissance_kit.studies.state_views`.
        names: of metabolites.
        cells: as from `renaissance_kit.analysis.neighbourhood_table`.
    """
    parts = []
    for row in _rows(table.drop_duplicates("view")):
        pair = f" ({names[row.x_of]} and {names[row.y_of]})" if row.view == METABOLITES else ""
        parts.append(f"{row.view}{pair} {row.rho:.2f} ({row.low:.2f} to {row.high:.2f})")
    return Text(
        f"**{best_view(table)}.** Rank correlation of a state with its neighbours: "
        f"{'; '.join(parts)}. Of the states in a cell of the map, "
        f"{between(cells.share.min(), cells.share.max())} support valid dynamics."
    )


def thresholds(tables: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> Text:
    """Which concentrations divide supporting states from the others.

    Args:
        tables: as from `renaissance_kit.studies.threshold_table`, by population.
        names: of metabolites.
    """
    parts = []
    for population, table in tables.items():
        found = "; ".join(
            f"{names[t.metabolite]} {'below' if t.below else 'above'} {t.value_mM:.2g} mM "
            f"({t.low_mM:.2g} to {t.high_mM:.2g}), {percent(t.share_inside)} support against "
            f"{percent(t.share_outside)}"
            for t in _rows(table[table.found])
        )
        parts.append(f"{population}: {found or f'none of the {len(table)} that are looked at'}")
    if not parts:
        return Text("All states are of one kind; no threshold to look for.")
    return Text(
        f"Concentrations that divide supporting states from the others, {'. '.join(parts)}."
    )


def held(table: pd.DataFrame, metabolites: int) -> Text:
    """How many states support valid dynamics with metabolites constrained to part of their range.

    Args:
        table: as from `renaissance_kit.studies.unbiased_table`, of the new states.
        metabolites: that are constrained.
    """
    parts = "; ".join(
        f"{row.population} {row.supporting:,} of {row.states:,} "
        f"({between(*wilson_interval(int(row.supporting), int(row.states)))})"
        for row in _rows(table)
    )
    return Text(
        f"With {metabolites} metabolites constrained, states that support valid dynamics: {parts}."
    )


def _rows(table: pd.DataFrame) -> Iterable[Any]:
    return table.itertuples(index=False)
