"""Reads the tables of a data folder that a `Network` is made of, and checks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.formulas import parse_formula, parse_terms
from renaissance_kit.core.numbers import number_of
from renaissance_kit.core.tables import Row, Table, each
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.conditions import CONDITIONS, condition_of
from renaissance_kit.network.gene_rules import GeneRule
from renaissance_kit.network.labels import Labels, read_labels
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction
from renaissance_kit.network.regulation import regulated, regulation_rows
from renaissance_kit.network.tables import (
    COMPARTMENT_TABLE,
    CONDITION_TABLE,
    METABOLITE_TABLE,
    REACTION_TABLE,
)

PROTON_MODES = ("displacement", "first_order", "balance_only")
_BALANCE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class NetworkTables:
    """The rows of the four tables, by id (of the conditions: by quantity), and the labels."""

    metabolites: Mapping[str, Metabolite]
    reactions: Mapping[str, Reaction]
    compartments: Mapping[str, Compartment]
    conditions: Mapping[str, Quantity]
    labels: Labels


def read_tables(folder: Path, regulation: str = "") -> NetworkTables:
    """Read ``compartments``, ``conditions``, ``metabolites`` and ``reactions`` from a folder.

    Also ``figures.csv`` and ``regulation.csv``, where there are any.

    Args:
        regulation: as in `renaissance_kit.network.regulation.regulation_rows`.

    Raises:
        DataError: with the file, the line and the remedy.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give one that holds reactions.csv")
    found = tables_from(
        lambda table: table.read(folder / table.name), lambda: regulation_rows(folder, regulation)
    )
    return replace(found, labels=read_labels(folder, found.metabolites, found.reactions))


def tables_from(
    rows_of: Callable[[Table], list[Row]], regulation: Callable[[], list[Row]]
) -> NetworkTables:
    """Read the four tables and the regulation from wherever they are.

    Args:
        rows_of: checked rows of a table, by its description: from a file or a data frame.
        regulation: checked rows of the regulation; none where there is none.

    Raises:
        DataError: with the table, the row and the remedy.
    """
    rows = rows_of(COMPARTMENT_TABLE)
    known = {row["id"] for row in rows}
    compartments = {c.id: c for c in each(rows, lambda row: _compartment(row, known))}
    _once(rows, "cytosol")
    conditions = dict(each(rows_of(CONDITION_TABLE), condition_of))
    rows = rows_of(METABOLITE_TABLE)
    metabolites = {m.id: m for m in each(rows, lambda row: _metabolite(row, compartments))}
    rows = rows_of(REACTION_TABLE)
    reactions = {r.id: r for r in each(rows, lambda row: _reaction(row, metabolites))}
    reactions = regulated(reactions, metabolites, regulation())
    _once(rows, "growth")
    for name, condition in CONDITIONS.items():
        if condition.required and name not in conditions:
            raise DataError(
                f"conditions.csv: the quantity {name!r} is missing; add a row, in {condition.unit}"
            )
    low, high = conditions["km_lower_bound"], conditions["km_upper_bound"]
    if low.value >= high.value:
        raise DataError(
            f"conditions.csv: km_lower_bound {low.value:g} mM is not below km_upper_bound "
            f"{high.value:g} mM; exchange the two"
        )
    return NetworkTables(metabolites, reactions, compartments, conditions, {})


def _once(rows: list[Row], role: str) -> None:
    marked = [row for row in rows if row["role"] == role]
    if len(marked) > 1:
        raise marked[1].error(f"{marked[0]['id']} has the role {role!r} already; one may have it")


def _compartment(row: Row, known: set[str]) -> Compartment:
    fraction = row.number("volume_fraction")
    if row["role"] == "medium" and fraction == fraction:
        raise row.error("the medium is outside the cell; leave volume_fraction empty")
    prefix, suffix = "potential_to_", "_mV"
    potentials = {
        column[len(prefix) : -len(suffix)]: row.required_number(column)
        for column in row
        if column.startswith(prefix)
    }
    for other in potentials:
        if other not in known:
            raise row.error(
                f"column {prefix}{other}{suffix}: there is no compartment {other!r}"
                f"{nearest(other, known)}"
            )
    return Compartment(
        row["id"],
        row["name"],
        row["role"],
        None if fraction != fraction else fraction,
        row.required_number("pH"),
        row.required_number("ionic_strength_M"),
        potentials,
    )


def _metabolite(row: Row, compartments: dict[str, Compartment]) -> Metabolite:
    if row["compartment"] not in compartments:
        raise row.error(f"compartment {row['compartment']!r} is not in compartments.csv; add it")
    if row["role"] == "dynamic" and compartments[row["compartment"]].volume_fraction is None:
        raise row.error(
            f"dynamic, but compartment {row['compartment']!r} has no volume_fraction; "
            "give one in compartments.csv or make the metabolite constant"
        )
    charge = row.number("charge")
    return Metabolite(
        row["id"],
        row["name"],
        parse_formula(row["formula"], row) if row["formula"] else {},
        None if charge != charge else charge,
        row["compartment"],
        row["role"],
        row.flag("currency"),
        row.number("dgf0_kJ_mol"),
        row.number("dgf0_error_kJ_mol"),
        row.number("n_h"),
        tuple(number_of(part.strip()) for part in row["pka"].split(";") if part),
        row["seed_id"],
        row["source"],
    )


def _reaction(row: Row, metabolites: dict[str, Metabolite]) -> Reaction:
    role = row["role"]
    left, arrow, right = row["equation"].partition("<=>")
    if not arrow:
        raise row.error("the equation has no '<=>'; write 'a_c + 2 b_c <=> c_c'")
    reaction = Reaction(
        row["id"],
        row["name"],
        parse_terms(left, row, metabolites),
        parse_terms(right, row, metabolites),
        row["subsystem"],
        row["transport"],
        row["ec"],
        role,
        row["rate_law"],
        parse_terms(row["substrates"], row, metabolites),
        parse_terms(row["products"], row, metabolites),
        _protons(row, metabolites),
        row.number("dgr0_kJ_mol"),
        row.number("dgr0_error_kJ_mol"),
        row["dgr0_note"],
        row["source"],
        gpr=_gene_rule(row),
        gpr_source=row["gpr_source"],
    )
    if role != "exchange" and not row["balance_exempt"]:
        _check_balance(row, reaction, metabolites)
    if reaction.kinetic:
        _check_kinetics(row, reaction, metabolites)
    elif reaction.rate_law:
        raise row.error(f"a rate law, but role {role}; set role to kinetic or clear rate_law")
    return reaction


def _gene_rule(row: Row) -> str:
    if row["gpr"]:
        try:
            GeneRule.of(row["gpr"])
        except DataError as error:
            raise row.error(str(error)) from None
    return row["gpr"]


def _protons(row: Row, metabolites: dict[str, Metabolite]) -> tuple[tuple[str, float, str], ...]:
    terms = []
    for part in filter(None, (p.strip() for p in row["proton_terms"].split(";"))):
        words = part.split()
        if len(words) != 3 or words[0] not in PROTON_MODES:
            raise row.error(
                f"cannot read proton term {part!r}; write 'displacement -1 h_c' with one of "
                f"{', '.join(PROTON_MODES)}"
            )
        mode, coefficient, name = words
        if name not in metabolites:
            raise row.error(f"proton {name!r} is not in metabolites.csv; add it")
        try:
            terms.append((name, number_of(coefficient), mode))
        except ValueError as error:
            raise row.error(f"coefficient {coefficient!r} of {name}: {error}") from None
    return tuple(terms)


def _check_balance(row: Row, reaction: Reaction, metabolites: Mapping[str, Metabolite]) -> None:
    if problem := imbalance(reaction, metabolites):
        raise row.error(problem)


def imbalance(reaction: Reaction, metabolites: Mapping[str, Metabolite]) -> str:
    """What keeps a reaction from being balanced, with the remedy; empty where nothing does."""
    totals: dict[str, float] = {}
    for name, coefficient in reaction.stoichiometry.items():
        metabolite = metabolites[name]
        if not metabolite.formula or metabolite.charge is None:
            return (
                f"cannot be balanced: {name} has no formula or charge; fill them in "
                "metabolites.csv or give the reason in balance_exempt"
            )
        for element, count in metabolite.formula.items():
            totals[element] = totals.get(element, 0.0) + coefficient * count
        totals["charge"] = totals.get("charge", 0.0) + coefficient * metabolite.charge
    wrong = {k: v for k, v in totals.items() if abs(v) > _BALANCE_TOLERANCE}
    if not wrong:
        return ""
    text = ", ".join(f"{k} {v:+g}" for k, v in sorted(wrong.items()))
    return (
        f"not balanced (right minus left: {text}); correct the equation, formulas or "
        "charges, or give the reason in balance_exempt"
    )


def _check_kinetics(row: Row, reaction: Reaction, metabolites: dict[str, Metabolite]) -> None:
    if reaction.rate_law not in REGISTRY:
        raise row.error(
            f"unknown rate law {reaction.rate_law!r}{nearest(reaction.rate_law, REGISTRY)} "
            f"Choose one of {', '.join(REGISTRY)}"
        )
    law = REGISTRY[reaction.rate_law]
    problem = law.problem(reaction.substrates, reaction.products)
    if problem:
        raise row.error(problem)
    net = reaction.stoichiometry
    kinetic: dict[str, float] = {}
    for sign, terms in ((-1.0, reaction.substrates), (1.0, reaction.products)):
        for name, coefficient in terms:
            if metabolites[name].role == "water":
                raise row.error(f"water ({name}) cannot stand in a rate law; remove it")
            if name in kinetic:
                raise row.error(f"{name} is both substrate and product; keep one")
            kinetic[name] = sign * coefficient
    for name, coefficient, mode in reaction.protons:
        if name in kinetic:
            raise row.error(f"{name} is in substrates or products and in proton_terms; keep one")
        if mode == "displacement" and not law.reversible:
            raise row.error(
                f"an irreversible law has no displacement; use first_order or balance_only "
                f"for {name}"
            )
        if mode == "first_order" and (law.reversible or coefficient >= 0):
            raise row.error(
                f"first_order is for protons that an irreversible law consumes; use "
                f"{'displacement' if law.reversible else 'balance_only'} for {name}"
            )
        kinetic[name] = coefficient
    for name in (n for n in net if metabolites[n].role != "water"):
        if name not in kinetic:
            raise row.error(f"{name} is in the equation but not in the rate law; add it")
    for name, coefficient in kinetic.items():
        expected = net.get(name, 0.0)
        exact = law.reversible or law.coefficients_are_orders
        same = expected == coefficient if exact else expected * coefficient > 0
        if not same:
            raise row.error(
                f"{name} has coefficient {coefficient:g} in the rate law and {expected:g} in the "
                "equation; make them agree"
            )
