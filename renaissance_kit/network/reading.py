"""Reads the tables of a data folder that a `Network` is made of, and checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.core.tables import Row, parse_formula, parse_terms, read_table
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.conditions import CONDITIONS, condition_of
from renaissance_kit.network.labels import Labels, read_labels
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction

METABOLITE_ROLES = ("dynamic", "constant", "water")
REACTION_ROLES = ("kinetic", "growth", "water_transport", "exchange")
COMPARTMENT_ROLES = ("cytosol", "periplasm", "organelle", "medium")
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


def read_tables(folder: Path) -> NetworkTables:
    """Read ``compartments``, ``conditions``, ``metabolites`` and ``reactions`` from a folder.

    Also ``figures.csv``, where there is one.

    Raises:
        DataError: with the file, the line and the remedy.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give one that holds reactions.csv")
    rows = _rows(folder, "compartments", "id")
    compartments = {c.id: c for c in map(_compartment, rows)}
    _once(rows, "cytosol")
    conditions = dict(map(condition_of, _rows(folder, "conditions", "quantity")))
    metabolites = {
        m.id: m
        for m in (_metabolite(row, compartments) for row in _rows(folder, "metabolites", "id"))
    }
    rows = _rows(folder, "reactions", "id")
    reactions = {r.id: r for r in (_reaction(row, metabolites) for row in rows)}
    _once(rows, "growth")
    for name, known in CONDITIONS.items():
        if known.required and name not in conditions:
            raise DataError(
                f"conditions.csv: the quantity {name!r} is missing; add a row, in {known.unit}"
            )
    low, high = conditions["km_lower_bound"], conditions["km_upper_bound"]
    if low.value >= high.value:
        raise DataError(
            f"conditions.csv: km_lower_bound {low.value:g} mM is not below km_upper_bound "
            f"{high.value:g} mM; exchange the two"
        )
    labels = read_labels(folder, metabolites, reactions)
    return NetworkTables(metabolites, reactions, compartments, conditions, labels)


def _once(rows: list[Row], role: str) -> None:
    marked = [row for row in rows if row["role"] == role]
    if len(marked) > 1:
        raise marked[1].error(f"{marked[0]['id']} has the role {role!r} already; one may have it")


_COLUMNS = {
    "compartments": ("id", "name", "role", "volume_fraction", "pH", "ionic_strength_M", "source"),
    "conditions": ("quantity", "value", "low", "high", "unit", "source"),
    "metabolites": (
        "id", "name", "formula", "charge", "compartment", "role", "currency", "dgf0_kJ_mol",
        "dgf0_error_kJ_mol", "n_h", "pka", "seed_id", "source",
    ),
    "reactions": (
        "id", "name", "equation", "subsystem", "ec", "role", "rate_law", "substrates", "products",
        "proton_terms", "balance_exempt", "dgr0_kJ_mol", "dgr0_error_kJ_mol", "dgr0_note",
        "source",
    ),
}  # fmt: skip


def _rows(folder: Path, table: str, key: str) -> list[Row]:
    rows = read_table(folder / f"{table}.csv", _COLUMNS[table], key=key)
    if not rows:
        raise DataError(f"{table}.csv has no rows; fill it as data/README.md describes")
    return rows


def _compartment(row: Row) -> Compartment:
    role = _choice(row, "role", COMPARTMENT_ROLES)
    fraction = row.number("volume_fraction", positive=True)
    if role == "medium" and fraction == fraction:
        raise row.error("the medium is outside the cell; leave volume_fraction empty")
    prefix, suffix = "potential_to_", "_mV"
    potentials = {
        column[len(prefix) : -len(suffix)]: row.required_number(column)
        for column in row
        if column.startswith(prefix) and column.endswith(suffix)
    }
    if fraction > 1:
        raise row.error(
            f"volume_fraction is {fraction:g}; it is a share of the volume of the cell, 0 to 1"
        )
    ph, ionic_strength = row.required_number("pH"), row.required_number("ionic_strength_M")
    if not 0 <= ph <= 14:
        raise row.error(f"pH is {ph:g}; it lies between 0 and 14")
    if not 0 <= ionic_strength <= 5:
        raise row.error(f"ionic_strength_M is {ionic_strength:g} mol/L; it lies between 0 and 5")
    for other, millivolt in potentials.items():
        if abs(millivolt) > 1000:
            raise row.error(
                f"the potential to {other} is {millivolt:g} mV; it lies between -1000 and 1000 mV"
            )
    return Compartment(
        row["id"],
        row["name"],
        role,
        None if fraction != fraction else fraction,
        ph,
        ionic_strength,
        potentials,
    )


def _choice(row: Row, column: str, choices: tuple[str, ...]) -> str:
    if row[column] not in choices:
        raise row.error(
            f"{column} is {row[column]!r}{nearest(row[column], choices)} "
            f"Choose one of {', '.join(choices)}"
        )
    return row[column]


def _metabolite(row: Row, compartments: dict[str, Compartment]) -> Metabolite:
    if row["compartment"] not in compartments:
        raise row.error(f"compartment {row['compartment']!r} is not in compartments.csv; add it")
    role = _choice(row, "role", METABOLITE_ROLES)
    if role == "dynamic" and compartments[row["compartment"]].volume_fraction is None:
        raise row.error(
            f"dynamic, but compartment {row['compartment']!r} has no volume_fraction; "
            "give one in compartments.csv or make the metabolite constant"
        )
    charge = row.number("charge")
    if row["currency"] not in ("", "1"):
        raise row.error(f"currency is {row['currency']!r}; write 1 or leave it empty")
    try:
        pka = tuple(float(x) for x in row["pka"].split(";") if x)
    except ValueError:
        raise row.error(f"cannot read pka {row['pka']!r}; write '4.75;9.2'") from None
    return Metabolite(
        row["id"],
        row["name"],
        parse_formula(row["formula"], row) if row["formula"] else {},
        None if charge != charge else charge,
        row["compartment"],
        role,
        row["currency"] == "1",
        row.number("dgf0_kJ_mol"),
        row.number("dgf0_error_kJ_mol"),
        row.number("n_h"),
        pka,
        row["seed_id"],
        row["source"],
    )


def _reaction(row: Row, metabolites: dict[str, Metabolite]) -> Reaction:
    role = _choice(row, "role", REACTION_ROLES)
    left, arrow, right = row["equation"].partition("<=>")
    if not arrow:
        raise row.error("the equation has no '<=>'; write 'a_c + 2 b_c <=> c_c'")
    reaction = Reaction(
        row["id"],
        row["name"],
        parse_terms(left, row, metabolites),
        parse_terms(right, row, metabolites),
        row["subsystem"],
        row.get("transport", ""),
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
    )
    if role != "exchange" and not row["balance_exempt"]:
        _check_balance(row, reaction, metabolites)
    if reaction.kinetic:
        _check_kinetics(row, reaction, metabolites)
    elif reaction.rate_law:
        raise row.error(f"a rate law, but role {role}; set role to kinetic or clear rate_law")
    return reaction


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
            terms.append((name, float(coefficient), mode))
        except ValueError:
            raise row.error(f"coefficient {coefficient!r} is not a number") from None
    return tuple(terms)


def _check_balance(row: Row, reaction: Reaction, metabolites: dict[str, Metabolite]) -> None:
    totals: dict[str, float] = {}
    for name, coefficient in reaction.stoichiometry.items():
        metabolite = metabolites[name]
        if not metabolite.formula or metabolite.charge is None:
            raise row.error(
                f"cannot be balanced: {name} has no formula or charge; fill them in "
                "metabolites.csv or give the reason in balance_exempt"
            )
        for element, count in metabolite.formula.items():
            totals[element] = totals.get(element, 0.0) + coefficient * count
        totals["charge"] = totals.get("charge", 0.0) + coefficient * metabolite.charge
    wrong = {k: v for k, v in totals.items() if abs(v) > _BALANCE_TOLERANCE}
    if wrong:
        text = ", ".join(f"{k} {v:+g}" for k, v in sorted(wrong.items()))
        raise row.error(
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
