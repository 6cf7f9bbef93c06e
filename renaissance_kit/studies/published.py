"""Published values to stand beside our own: the optional table ``published.csv`` of a network."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.network.network import Network

PUBLISHED_TABLE = Table(
    "published.csv",
    (
        Column("claim", filled=True),
        Column("quantity", filled=True),
        Column("time_min", Kind.NUMBER, least=0, most=1e6),
        Column("value", filled=True),
        Column("source", filled=True),
    ),
    key=("claim", "quantity", "time_min"),
)
NOT_GIVEN, NO_PAPER = "not given", "none"
Claim = tuple[str, str, str, str, bool]


def published(network: Network) -> pd.DataFrame:
    """The table of published values: claim, quantity, time_min (NaN without one), value, source.

    Empty where the network has no ``published.csv``.

    Raises:
        DataError: the table has mistakes, or a share is none.
    """
    if network.folder is None or not (rows := PUBLISHED_TABLE.read_if_there(network.folder)):
        return pd.DataFrame(columns=[column.name for column in PUBLISHED_TABLE.columns])
    each(rows, _check)
    return pd.DataFrame([{**row, "time_min": row.number("time_min")} for row in rows])


def _check(row: Row) -> None:
    if row["time_min"] and not 0 <= row.required_number("value") <= 1:
        raise row.error(
            f"value is {row['value']}; with a time_min it is a share of the models, 0 to 1"
        )


def published_returns(network: Network) -> dict[tuple[str, float], float]:
    """Published shares of models that return, by group and minutes; empty without any."""
    table = published(network)
    rows = table[table.time_min.notna()].to_dict("records")
    return {(row["quantity"], float(row["time_min"])): float(row["value"]) for row in rows}


def claims_table(network: Network, rows: Iterable[Claim]) -> pd.DataFrame:
    """Computed values beside the published ones.

    Args:
        network: whose published values are meant.
        rows: claim, quantity, value here, spread, and whether this run is of the published size.

    Returns:
        Columns claim, quantity, paper, here, spread, comparable. A network without
        ``published.csv`` has nothing to compare with: paper is `NO_PAPER`, comparable False.
    """
    table = published(network)
    rest = table[table.time_min.isna()].to_dict("records")
    known = {(row["claim"], row["quantity"]): row["value"] for row in rest}
    for row in table[table.time_min.notna()].to_dict("records"):
        text = f"{row['quantity']} back within {row['time_min']:g} min"
        known[row["claim"], text] = f"{float(row['value']):.1%}"
    missing = NOT_GIVEN if len(table) else NO_PAPER
    return pd.DataFrame(
        [
            (claim, quantity, _with_minus(known.get((claim, quantity), missing)),
             _with_minus(here), _with_minus(spread), comparable and len(table) > 0)
            for claim, quantity, here, spread, comparable in rows
        ],
        columns=["claim", "quantity", "paper", "here", "spread", "comparable"],
    )  # fmt: skip


def _with_minus(text: str) -> str:
    """Numbers with a minus sign in place of a hyphen, which a spreadsheet takes for a formula."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)
