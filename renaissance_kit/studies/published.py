"""Published values to stand beside our own: the optional table ``published.csv`` of a network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from renaissance_kit.core.columns import Column, Kind
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState
from renaissance_kit.states.steady_states import SteadyStates
from renaissance_kit.studies.text import percent
from renaissance_kit.studies.verdicts import Rule, verdict

PUBLISHED_TABLE = Table(
    "published.csv",
    (
        Column("claim", filled=True),
        Column("quantity", filled=True),
        Column("time_min", Kind.NUMBER, least=0, most=1e6),
        Column("value", filled=True),
        Column("low", Kind.NUMBER, optional=True, least=-1e6, most=1e6),
        Column("high", Kind.NUMBER, optional=True, least=-1e6, most=1e6),
        Column("beyond_chance", Kind.FLAG, optional=True),
        Column("because", optional=True),
        Column("source", filled=True),
    ),
    ranges=(("low", "", "high"),),
    key=("claim", "quantity", "time_min"),
)
NOT_GIVEN, NO_PAPER = "not given", "none"
NO_RULE = Rule(because="the paper does not give it")
Claim = tuple[str, str, str, str, bool]


def published(network: Network) -> pd.DataFrame:
    """The table of published values, as read; time_min is NaN where there is none.

    Empty where the network has no ``published.csv``.

    Raises:
        DataError: the table has mistakes, or a share is none.
    """
    if network.folder is None or not (rows := PUBLISHED_TABLE.read_if_there(network.folder)):
        return pd.DataFrame(columns=[column.name for column in PUBLISHED_TABLE.columns])
    each(rows, _check)
    numbers = ("time_min", "low", "high")
    return pd.DataFrame(
        [
            {
                **row,
                **{name: row.number(name) for name in numbers},
                "beyond_chance": row.flag("beyond_chance"),
            }
            for row in rows
        ]
    )


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


def published_incidence(
    network: Network, state: SteadyState, *, threshold_per_h: float
) -> float | None:
    """The published share of valid models after training, where it is of the same problem.

    Args:
        state: at which models are trained. The published share is of the first state in
            ``published_states.csv``.
        threshold_per_h: bound on λmax. The published share is of the network's own.

    Returns:
        A share, 0 to 1; None where the network has none, or for another state or threshold.

    >>> network = Network.example()
    >>> published_incidence(network, SteadyStates.published(network).default, threshold_per_h=-2.5)
    0.92
    >>> published_incidence(network, SteadyStates.example(network).default, threshold_per_h=-2.5)
    """
    table = published(network)
    texts = table.value[table.quantity == "mean incidence after training"]
    found = re.search(r"(\d[\d.]*) ?%", " ".join(texts))
    limit = network.conditions.get("eigenvalue_threshold")
    if found is None or limit is None or threshold_per_h != limit.value:
        return None
    if not network.file("published_states.csv").is_file():
        return None
    same = replace(SteadyStates.published(network).default, label=state.label) == state
    return float(found[1]) / 100 if same else None


def claims_table(network: Network, rows: Iterable[Claim]) -> pd.DataFrame:
    """Computed values beside the published ones.

    Args:
        network: whose published values are meant.
        rows: claim, quantity, value here, spread, and whether this run is of the published size.

    Returns:
        Columns quantity, paper, here, spread, verdict. What is published nowhere has `NOT_GIVEN`
        as paper, everything of a network without ``published.csv`` has `NO_PAPER`.
    """
    known, rules = _values(network), published_rules(network)
    missing = NOT_GIVEN if known else NO_PAPER
    return pd.DataFrame(
        [
            (quantity, _with_minus(known.get(quantity, missing)), _with_minus(here),
             _with_minus(spread),
             verdict(rules.get(quantity, NO_RULE), here, spread, full_size=comparable))
            for _, quantity, here, spread, comparable in rows
        ],
        columns=["quantity", "paper", "here", "spread", "verdict"],
    )  # fmt: skip


def published_rules(network: Network) -> dict[str, Rule]:
    """When a quantity of a table of claims agrees with the paper."""
    rules = {}
    for row in published(network).to_dict("records"):
        rule = Rule(row["low"], row["high"], row["beyond_chance"], row["because"])
        if not rule.decides and math.isfinite(row["time_min"]):  # the value is a number itself
            rule = replace(rule, low=float(row["value"]), high=float(row["value"]))
        rules[_quantity(row)] = rule
    return rules


def _values(network: Network) -> dict[str, str]:
    """Published values in words, by quantity of a table of claims."""
    return {
        _quantity(row): f"{percent(float(row['value']), 1)}"
        if math.isfinite(row["time_min"])
        else row["value"]
        for row in published(network).to_dict("records")
    }


def _quantity(row: Mapping[Any, Any]) -> str:
    back = f" back within {row['time_min']:g} min" if math.isfinite(row["time_min"]) else ""
    return f"{row['quantity']}{back}"


def _with_minus(text: str) -> str:
    """Numbers with a minus sign in place of a hyphen, which a spreadsheet takes for a formula."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)
