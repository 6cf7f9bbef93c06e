"""Descriptions of all tables, and rows that each allows, for tests."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable
from pathlib import Path

from test_rooms import ROOMS

from renaissance_kit.core import Column, Table, data_folder

DATA = data_folder()
SAMPLES = {  # of tables that no shipped network has
    "a table of enzymes": """reaction,enzyme,kcat_per_s,kcat_reverse_per_s,enzyme_uM,source
HEX1,glk,100,1,5,made up
""",
    "a table of proteins": """gene,condition,protein_uM,molar_mass_g_mol,source
b2388,batch,5,34700,made up
b1263,batch,2,56900,made up
""",
    "a table of turnover numbers": """reaction,enzyme,kcat_per_s,kcat_reverse_per_s,source
HEX1,,100,1,made up
PFK,b3916,80,,made up
""",
    "regulation.csv": """reaction,metabolite,kind,source
PFK,pep_c,inhibition,made up
PFK,adp_c,activation,made up
PYK,fdp_c,essential_activation,made up
""",
    "a table of phenotypes": """strain,reaction,factor,quantity,low,high,source
down,PFK,0.5,growth,0.2,0.9,made up
out,PYK,0,growth,0.8,1.1,made up
""",
    "a list of regulation": """reaction_id,regulator,regulation
PFK,pep_c,competitive inhibition
PFK,pep_c,inhibition
PYK,fdp_c,activation
""",
    "energies.csv": """metabolite,formula,charge,dgf0_kJ_mol,dgf0_error_kJ_mol,pka,source
ac,C2H3O2,-1,-369.4,2.1,4.75,made up
""",
    "decisions.csv": """subject,rule,choice,by_rule,alternatives,why
PFK,rate law,convenience,convenience,irreversible_michaelis_menten,2 substrates
""",
}


def descriptions() -> dict[str, Table]:
    """All descriptions that the faces of the rooms show, by the name of their table."""
    found = {}
    for room in ROOMS:
        face = importlib.import_module(f"renaissance_kit.{room}")
        for name in (n for n in dir(face) if n.endswith("_TABLE")):
            found[getattr(face, name).name] = getattr(face, name)
    return found


TABLES = descriptions()


def shipped(name: str) -> Path | None:
    """A shipped table of a name, that of E. coli first."""
    return next(iter(sorted(DATA.glob(f"*/{name}"))), None)


def rows_of(table: Table) -> list[dict[str, str]]:
    """Header and some rows that the description allows."""
    path = shipped(table.name)
    text = SAMPLES[table.name] if path is None else path.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))[:40]


def columns_of(table: Table) -> dict[str, Column]:
    """Columns of the rows above that have a description which says more than 'a remark'."""
    known = {name: table.column(name) for name in rows_of(table)[0]}
    return {n: c for n, c in known.items() if c is not None and not n.startswith("note")}


def written(rows: list[dict[str, str]], path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def cases(wanted: Callable[[Column], bool]) -> list[tuple[str, str]]:
    """Table and column of all columns of a kind."""
    every = ((t, n, c) for t, table in TABLES.items() for n, c in columns_of(table).items())
    return [(t, n) for t, n, c in every if wanted(c)]
