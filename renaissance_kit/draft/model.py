"""A constraint-based model as plain records, whatever file or object it comes from."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cobra
from cobra.util.solver import linear_reaction_coefficients

from renaissance_kit.core.errors import DataError, nearest
from renaissance_kit.network.gene_rules import enzymes_needed

READERS: Mapping[str, Callable[[str], Any]] = {
    ".xml": cobra.io.read_sbml_model,
    ".sbml": cobra.io.read_sbml_model,
    ".json": cobra.io.load_json_model,
    ".yml": cobra.io.load_yaml_model,
    ".yaml": cobra.io.load_yaml_model,
    ".mat": cobra.io.load_matlab_model,
}
_NAMES = ("bigg.metabolite", "seed.compound")
_DATABASES = {
    "kegg.compound": "KEGG", "kegg.reaction": "KEGG", "metanetx.chemical": "MetaNetX",
    "metanetx.reaction": "MetaNetX", "seed.compound": "ModelSEED", "seed.reaction": "ModelSEED",
    "bigg.metabolite": "BiGG", "bigg.reaction": "BiGG",
}  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class ModelMetabolite:
    """A metabolite as the model has it; formula and charge may be missing.

    Attributes:
        base: id without the compartment: the substance.
        known_as: other ids of the substance by the model's annotations, of BiGG and ModelSEED.
        other_ids: (database, id) of all databases that a network's ``ids.csv`` is written of.
    """

    id: str
    base: str
    name: str
    formula: str
    charge: float | None
    compartment: str
    known_as: tuple[str, ...] = ()
    other_ids: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ModelReaction:
    """A reaction as the model has it: coefficients by metabolite, bounds in mmol/gDW/h, genes."""

    id: str
    name: str
    subsystem: str
    ec: str
    stoichiometry: Mapping[str, float]
    low: float
    high: float
    other_ids: tuple[tuple[str, str], ...] = ()
    gpr: str = ""

    @property
    def boundary(self) -> bool:
        """Whether it is of one metabolite: an exchange, a sink or a demand."""
        return len(self.stoichiometry) == 1


@dataclass(frozen=True)
class FluxModel:
    """What a draft needs of a constraint-based model.

    Attributes:
        compartments: name by id.
        renamed: new id by old, where an id is not letters, digits and ``_``, or does not end with
            its compartment.
        left_out: constraints of the model besides balances and bounds of fluxes, which a draft
            does not take over.
    """

    name: str
    metabolites: Mapping[str, ModelMetabolite]
    reactions: Mapping[str, ModelReaction]
    growth: str
    compartments: Mapping[str, str]
    renamed: Mapping[str, str]
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, model: Any, growth: str | None) -> FluxModel:
        """Read a cobrapy model, or a file that cobrapy reads.

        Args:
            model: ``cobra.Model``, or path of SBML, JSON, YAML or MATLAB.
            growth: id of the growth reaction; the objective if not given.

        Raises:
            DataError: the file is missing or cannot be read, or there is no such reaction.
        """
        found = _read(model) if isinstance(model, str | Path) else model
        if not isinstance(found, cobra.Model):
            raise DataError(
                f"model is a {type(found).__name__}; give a cobra.Model, or the path of a file "
                f"({', '.join(READERS)})"
            )
        rooms = {c: _room(c) for c in sorted({str(m.compartment or "") for m in found.metabolites})}
        metabolites, named = _metabolites(found, rooms)
        reactions, called = _reactions(found, named)
        growth = called.get(growth or "", growth or "") or called[_objective(found)]
        if growth not in reactions:
            raise DataError(
                f"growth: the model has no reaction {growth!r}{nearest(growth, reactions)} Give "
                "the id of the biomass reaction"
            )
        names = {rooms[c]: str(found.compartments.get(c) or "") for c in rooms if rooms[c]}
        renamed = {old: new for old, new in (*named.items(), *called.items()) if old != new}
        own = {m.id for m in found.metabolites}
        others = tuple(sorted(c.name for c in found.constraints if c.name not in own))
        name = re.sub(r"[^A-Za-z0-9_]", "_", str(found.id or "")) or "model"
        return cls(name, metabolites, reactions, growth, names, renamed, others)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep cobrapy's and the solver's messages to themselves."""
    logger = logging.getLogger("cobra")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _read(path: str | Path) -> Any:
    path = Path(path).expanduser()
    if not path.is_file():
        raise DataError(f"{path} does not exist; give the path of a model")
    suffix = next((s for s in reversed(path.suffixes) if s not in (".gz", ".bz2", ".zip")), "")
    reader = READERS.get(suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: no reader for {suffix or 'no suffix'}; known: {', '.join(READERS)}"
        )
    try:
        with quiet():
            return reader(str(path))
    except Exception as error:  # of any of cobrapy's parsers
        raise DataError(
            f"{path} cannot be read as a constraint-based model ({type(error).__name__}: {error})"
        ) from error


def _objective(model: Any) -> str:
    names = [r.id for r in linear_reaction_coefficients(model)]
    if len(names) != 1:
        raise DataError(
            "growth: the model's objective is "
            f"{'no reaction' if not names else 'several reactions, ' + ', '.join(names)}; give the "
            "id of the biomass reaction"
        )
    return str(names[0])


def _room(compartment: str) -> str:
    """Id of a compartment as tables have it: ``C_c`` and ``[c]`` are ``c``."""
    inner = re.sub(r"[^A-Za-z0-9_]", "", compartment)
    return inner[2:] if re.fullmatch(r"C_\w+", inner) else inner


def _ends(model: Any) -> dict[str, tuple[str, ...]]:
    """How the ids of the metabolites of each compartment may end: models write it in many ways."""
    ids: dict[str, list[str]] = {}
    for m in model.metabolites:
        ids.setdefault(str(m.compartment or ""), []).append(m.id)
    found = {}
    for compartment, names in ids.items():
        room = _room(compartment)
        known = [f"_{room}", f"[{room}]", f"({room})", f"_{compartment}", f"[{compartment}]"]
        shared = {f"_{name.rpartition('_')[2]}" for name in names}  # atp_c in "cytosol"
        if len(names) > 1 and len(shared) == 1 and len(*shared) < 4:
            known += shared
        found[compartment] = tuple(known) if compartment else ()
    return found


def _substance(name: str, ends: tuple[str, ...]) -> str:
    """Id of a metabolite without its compartment."""
    return next((name.removesuffix(e) for e in ends if name.endswith(e) and name != e), name)


def _plain(name: str, taken: Collection[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name)
    plain = name if plain == name else plain.strip("_") or "_"
    while plain in taken:
        plain += "_"
    return plain


def _metabolites(
    model: Any, rooms: Mapping[str, str]
) -> tuple[dict[str, ModelMetabolite], dict[str, str]]:
    """Records by new id, and the new id by the model's."""
    records: dict[str, ModelMetabolite] = {}
    named: dict[str, str] = {}
    ends = _ends(model)
    for m in model.metabolites:
        compartment = str(m.compartment or "")
        base, room = _substance(m.id, ends[compartment]), rooms[compartment]
        base = base.replace("-", "__")  # as BiGG's ids were changed
        new = named[m.id] = _plain(f"{base}_{room}" if room else base, records)
        records[new] = ModelMetabolite(
            new, new.removesuffix(f"_{room}") if room else new, str(m.name or m.id),
            str(m.formula or ""), None if m.charge is None else float(m.charge), room,
            tuple(name for base in _NAMES for name in _noted(m.annotation, base)),
            _other_ids(m.annotation),
        )  # fmt: skip
    return records, named


def _noted(annotation: Any, database: str) -> list[str]:
    """The ids of one database among the annotations of a metabolite or reaction."""
    names = annotation.get(database, []) if isinstance(annotation, Mapping) else []
    return [names] if isinstance(names, str) else [str(n) for n in names]


def _other_ids(annotation: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, i) for key, name in _DATABASES.items() for i in _noted(annotation, key))


def _gene_rule(text: str) -> str:
    """The gene rule; empty where the reaction also runs by itself."""
    return text.strip() if enzymes_needed(text.strip()) else ""


def _reactions(
    model: Any, named: Mapping[str, str]
) -> tuple[dict[str, ModelReaction], dict[str, str]]:
    """Records by new id, and the new id by the model's."""
    records: dict[str, ModelReaction] = {}
    called: dict[str, str] = {}
    taken = set(named.values())
    for r in model.reactions:
        ec = _noted(r.annotation, "ec-code")
        new = called[r.id] = _plain(r.id, taken)
        taken.add(new)
        records[new] = ModelReaction(
            new, str(r.name or r.id), str(r.subsystem or ""), ";".join(ec),
            {named[m.id]: float(c) for m, c in r.metabolites.items() if c},
            float(r.lower_bound), float(r.upper_bound), _other_ids(r.annotation),
            _gene_rule(r.gene_reaction_rule),
        )  # fmt: skip
    return records, called
