"""A constraint-based model as plain records, whatever file or object it comes from."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cobra

from renaissance_kit.core.errors import DataError, nearest

READERS: Mapping[str, Callable[[str], Any]] = {
    ".xml": cobra.io.read_sbml_model,
    ".sbml": cobra.io.read_sbml_model,
    ".json": cobra.io.load_json_model,
    ".yml": cobra.io.load_yaml_model,
    ".yaml": cobra.io.load_yaml_model,
    ".mat": cobra.io.load_matlab_model,
}
_PLAIN = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class ModelMetabolite:
    """A metabolite as the model has it; formula and charge may be missing."""

    id: str
    base: str
    name: str
    formula: str
    charge: float | None
    compartment: str


@dataclass(frozen=True)
class ModelReaction:
    """A reaction as the model has it: coefficients by metabolite, bounds in mmol/gDW/h."""

    id: str
    name: str
    subsystem: str
    ec: str
    stoichiometry: Mapping[str, float]
    low: float
    high: float


@dataclass(frozen=True)
class FluxModel:
    """What a draft needs of a constraint-based model.

    Attributes:
        cobra: a copy of the model, for flux balance analysis; its ids are those of the records.
        renamed: new id by old, where an id holds other signs than letters, digits and ``_``.
    """

    name: str
    metabolites: Mapping[str, ModelMetabolite]
    reactions: Mapping[str, ModelReaction]
    growth: str
    cobra: Any
    renamed: Mapping[str, str]

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
        with quiet():
            found = found.copy()
        renamed = _plain_ids(found)
        growth = renamed.get(growth or "", growth or "") or _objective(found)
        ids = [r.id for r in found.reactions]
        if growth not in ids:
            raise DataError(
                f"growth: the model has no reaction {growth!r}{nearest(growth, ids)} Give the id "
                "of the biomass reaction"
            )
        found.objective = growth
        metabolites = {m.id: _metabolite(m) for m in found.metabolites}
        reactions = {r.id: _reaction(r) for r in found.reactions}
        name = re.sub(r"[^A-Za-z0-9_]", "_", str(found.id or "")) or "model"
        return cls(name, metabolites, reactions, growth, found, renamed)


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
    names = [r.id for r in model.reactions if r.objective_coefficient]
    if len(names) != 1:
        raise DataError(
            "growth: the model's objective is "
            f"{'no reaction' if not names else 'several reactions, ' + ', '.join(names)}; give the "
            "id of the biomass reaction"
        )
    return str(names[0])


def _plain_ids(model: Any) -> dict[str, str]:
    renamed: dict[str, str] = {}
    taken = {x.id for x in (*model.metabolites, *model.reactions)}
    for item in (*model.metabolites, *model.reactions):
        if not _PLAIN.fullmatch(item.id):
            plain = re.sub(r"[^A-Za-z0-9_]", "_", item.id) or "_"
            while plain in taken:
                plain += "_"
            taken.add(plain)
            renamed[item.id] = plain
            item.id = plain
    model.repair()
    return renamed


def _metabolite(m: Any) -> ModelMetabolite:
    compartment = str(m.compartment or "")
    base = m.id.removesuffix(f"_{compartment}")
    charge = None if m.charge is None else float(m.charge)
    return ModelMetabolite(
        m.id, base, str(m.name or m.id), str(m.formula or ""), charge, compartment
    )


def _reaction(r: Any) -> ModelReaction:
    codes = r.annotation.get("ec-code", []) if isinstance(r.annotation, dict) else []
    ec = [codes] if isinstance(codes, str) else [str(c) for c in codes]
    return ModelReaction(
        r.id,
        str(r.name or r.id),
        str(r.subsystem or ""),
        ";".join(ec),
        {m.id: float(c) for m, c in r.metabolites.items() if c},
        float(r.lower_bound),
        float(r.upper_bound),
    )
