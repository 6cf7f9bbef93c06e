"""Subjects: what a network is drafted from, a constraint-based model with tables beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import cobra
import pandas as pd

from renaissance_kit.draft import NetworkDraft

from .described import ENERGY, ITS_SOURCE
from .mutations import of_tables
from .mutations_of_archives import of_json
from .oracle import Expect, Meaning
from .readers import LACTIC, Subject
from .tables import Column, Row, Table, formula, identifier, number, numbers, text

GROWTH = "BIOMASS"
_ENERGIES = """metabolite,formula,charge,dgf0_kJ_mol,dgf0_error_kJ_mol,pka,source
glc__D,C6H12O6,0,-913.3,6.5,,my table
lac__D,C3H5O3,-1,-515.3,1.1,3.78;14.53,"my table, 2026"
"""
ENERGIES = Table(
    (
        Column("metabolite", identifier, filled=True), Column("formula", formula, filled=True),
        Column("charge", number(-1000, 1000), filled=True),
        Column("dgf0_kJ_mol", number(-ENERGY, ENERGY), filled=True),
        Column("dgf0_error_kJ_mol", number(0, ENERGY), filled=True),
        Column("pka", numbers(-1e3, 1e3)), ITS_SOURCE,
    ),
    key=("metabolite",), rowwise=False,
)  # fmt: skip


def _decisions(original: bytes) -> Table:
    """A table of decisions: its subjects and rules are those that the draft made."""
    known = {tuple(row) for row in _rows(original)}

    def row(cells: Row) -> str | None:
        there = (cells["subject"], cells["rule"]) in known
        return None if there else f"no decision {cells['subject']}, {cells['rule']}"

    columns = [Column(name, text, filled=True, used=False) for name in ("subject", "rule")]
    choices = Column("choice", text)
    others = ("by_rule", "alternatives", "why")
    rest = [Column(name, text, needed=False, used=False) for name in others]
    return Table((*columns, choices, *rest), key=("subject", "rule"), row=row, rowwise=False)


def _rows(content: bytes) -> Sequence[Sequence[str]]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "it.csv").write_bytes(content)
        table = pd.read_csv(Path(folder) / "it.csv", dtype=str, keep_default_na=False)
    return table[["subject", "rule"]].values.tolist()


def _model() -> cobra.Model:
    """The made-up lactic bacterium of the tests, with the ids of BiGG."""

    def bigg(words: str) -> str:
        return re.sub(r"_in\b", "_c", re.sub(r"_out\b", "_e", words))

    model = cobra.Model("lactic")
    tables = {n: pd.read_csv(LACTIC / f"{n}.csv", dtype=str) for n in ("metabolites", "reactions")}
    for row in tables["metabolites"].itertuples():
        name = bigg(row.id)
        metabolite = cobra.Metabolite(
            name, row.formula, row.name, int(row.charge), compartment=name[-1]
        )
        model.add_metabolites([metabolite])
    for row in tables["reactions"].itertuples():
        reaction = cobra.Reaction(bigg(row.id), row.name, lower_bound=-50, upper_bound=50)
        model.add_reactions([reaction])
        sides = [side.strip() for side in bigg(row.equation).split("<=>")]
        reaction.build_reaction_from_string(" <=> ".join(sides))
    for name, low in (("EX_glc__D_e", -8.0), ("EX_lac__D_e", 0.0), ("MAINT", 0.5), (GROWTH, 0.0)):
        model.reactions.get_by_id(name).bounds = (low, 50.0)
    model.objective = GROWTH
    return model


@cache
def _files() -> Mapping[str, bytes]:
    with TemporaryDirectory() as folder:
        place = Path(folder)
        cobra.io.save_json_model(_model(), str(place / "model.json"))
        (place / "energies.csv").write_text(_ENERGIES, encoding="utf-8")
        draft = NetworkDraft.from_cobra(
            place / "model.json", growth=GROWTH, energies=place / "energies.csv"
        )
        draft.decisions().to_csv(place / "decisions.csv", index=False)
        return {path.name: path.read_bytes() for path in place.iterdir()}


def _read(folder: Path) -> Meaning:
    draft = NetworkDraft.from_cobra(
        folder / "model.json", growth=GROWTH, energies=folder / "energies.csv",
        decisions=folder / "decisions.csv",
    )  # fmt: skip
    network = draft.write(folder / "written")
    records = (*network.metabolites.values(), *network.reactions.values())
    choices = draft.decisions()[["subject", "rule", "choice"]].astype(str).values.tolist()
    return Meaning(
        None, {"records": sorted(repr(asdict(r)) for r in records), "choices": sorted(choices)}
    )


def _judge_model(changed: bytes) -> Expect:
    try:
        whole = isinstance(json.loads(changed.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        return Expect.FAIL
    return Expect.DIFFER if whole else Expect.FAIL


def _subject(target: str) -> Subject:
    files = _files()
    places = (target, "the draft has", "model", "conditions.csv", "compartments.csv")
    if target == "model.json":
        mutations = of_json(_judge_model)
        return Subject(f"draft/{target}", files, target, _read, mutations, places)
    original = files[target]
    table = ENERGIES if target == "energies.csv" else _decisions(original)
    return Subject(
        f"draft/{target}", files, target, _read, of_tables(), places,
        lambda changed: table.verdict(original, changed),
    )  # fmt: skip


def subjects() -> Mapping[str, Callable[[], Subject]]:
    """What makes each subject, by its name."""
    names = ("energies.csv", "decisions.csv", "model.json")
    return {f"draft/{name}": lambda n=name: _subject(n) for name in names}
