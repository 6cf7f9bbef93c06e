"""Tables of a network, written from its records: the way back of `renaissance_kit.network.reading`.

For networks that come from other places than a folder, such as a file of another program.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from renaissance_kit.core.errors import DataError
from renaissance_kit.core.formulas import formula_text
from renaissance_kit.core.sheets import write_csv
from renaissance_kit.laws.record import Terms
from renaissance_kit.network.network import Network
from renaissance_kit.network.reading import imbalance
from renaissance_kit.network.records import Compartment, Metabolite, Quantity, Reaction
from renaissance_kit.network.tables import (
    COMPARTMENT_TABLE,
    CONDITION_TABLE,
    METABOLITE_TABLE,
    REACTION_TABLE,
    REGULATION_TABLE,
)

_UNBALANCED = "not balanced, or of unknown formula, where this table was written from"


def tables_of(network: Network) -> dict[str, pd.DataFrame]:
    """The tables of a network by name of their files; every cell a text.

    >>> from renaissance_kit import Network
    >>> from renaissance_kit.network import tables_of
    >>> tables_of(Network.example("tiny"))["compartments.csv"].id.tolist()
    ['c', 'e']
    """
    others = list(network.compartments)
    potentials = [f"potential_to_{other}_mV" for other in others]
    header = [c.name for c in COMPARTMENT_TABLE.columns if not c.like]
    given = any(c.potential_mV for c in network.compartments.values())
    regulation = [
        [r.id, m.metabolite, m.kind, m.source]
        for r in network.reactions.values()
        for m in r.modifiers
    ]
    columns = [c.name for c in REGULATION_TABLE.columns]
    tables = {
        COMPARTMENT_TABLE.name: _frame(
            [*header[:-1], *(potentials if given else []), header[-1]],
            (_compartment(c, others if given else []) for c in network.compartments.values()),
        ),
        CONDITION_TABLE.name: _frame(
            [c.name for c in CONDITION_TABLE.columns],
            (_condition(name, q) for name, q in network.conditions.items()),
        ),
        METABOLITE_TABLE.name: _frame(
            [c.name for c in METABOLITE_TABLE.columns],
            (_metabolite(m) for m in network.metabolites.values()),
        ),
        REACTION_TABLE.name: _frame(
            [c.name for c in REACTION_TABLE.columns],
            (_reaction(r, network.metabolites) for r in network.reactions.values()),
        ),
    }
    return {**tables, REGULATION_TABLE.name: _frame(columns, regulation)} if regulation else tables


def write_tables(network: Network, folder: str | Path, *, force: bool = False) -> Network:
    """Write the tables of a network into a folder, and read it from there.

    Args:
        force: replace tables that are there.

    Raises:
        DataError: tables are there already, or what was written is refused.
    """
    folder = Path(folder).expanduser()
    tables = tables_of(network)
    names = dict.fromkeys([*tables, REGULATION_TABLE.name])  # an old regulation would be read too
    there = [name for name in names if (folder / name).exists()]
    if there and not force:
        raise DataError(
            f"{folder} holds {', '.join(there)} already; give another folder, or force=True to "
            "replace them"
        )
    for name, table in tables.items():
        write_csv(folder / name, table)
    for name in set(there) - set(tables):
        (folder / name).unlink()
    return Network.from_folder(folder)


def terms_text(terms: Terms) -> str:
    """One side of an equation.

    >>> terms_text((("adp_c", 2.0), ("pi_c", 1.0)))
    '2 adp_c + pi_c'
    """
    return " + ".join(name if n == 1 else f"{number_text(n)} {name}" for name, n in terms)


def number_text(n: float) -> str:
    """A number as short as it can be without loss; empty for NaN."""
    if math.isnan(n):
        return ""
    return f"{n:g}" if float(f"{n:g}") == n else repr(float(n))


def _frame(header: Sequence[str], rows: Iterable[Sequence[str]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(header), dtype=object)


def _compartment(c: Compartment, others: Sequence[str]) -> list[str]:
    fraction = math.nan if c.volume_fraction is None else c.volume_fraction
    return [
        c.id, c.name, c.role, number_text(fraction), number_text(c.ph),
        number_text(c.ionic_strength_M), *(number_text(c.potential_mV[o]) for o in others),
        "the network that was written",
    ]  # fmt: skip


def _condition(name: str, q: Quantity) -> list[str]:
    return [name, number_text(q.value), number_text(q.low), number_text(q.high), q.unit, q.source]


def _metabolite(m: Metabolite) -> list[str]:
    charge = math.nan if m.charge is None else m.charge
    return [
        m.id, m.name, formula_text(m.formula), number_text(charge), m.compartment, m.role,
        "1" if m.currency else "", number_text(m.formation_energy_kJ_mol),
        number_text(m.formation_energy_error_kJ_mol), number_text(m.hydrogens),
        ";".join(number_text(p) for p in m.pka), m.database_id, m.source,
    ]  # fmt: skip


def _reaction(r: Reaction, metabolites: Mapping[str, Metabolite]) -> list[Any]:
    protons = "; ".join(f"{mode} {number_text(n)} {m}" for m, n, mode in r.protons)
    exempt = r.role != "exchange" and imbalance(r, metabolites)
    return [
        r.id, r.name, f"{terms_text(r.left)} <=> {terms_text(r.right)}".strip(), r.subsystem,
        r.transport, r.ec, r.gpr, r.gpr_source, r.role, r.rate_law,
        terms_text(r.substrates), terms_text(r.products),
        protons, _UNBALANCED if exempt else "", number_text(r.standard_energy_kJ_mol),
        number_text(r.standard_energy_error_kJ_mol), r.standard_energy_note, r.source,
    ]  # fmt: skip
